"""The named cameras. No Qt here."""

CAMERA_VIEWS: dict[str, tuple[float, float]] = {"3-D": (-34.0, 24.0), "Top": (0.0, 90.0), "Front": (0.0, 0.0)}
"""(yaw, pitch) of the named cameras, in degrees."""

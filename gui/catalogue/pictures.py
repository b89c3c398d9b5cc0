"""The formats of pictures, by name. No Qt here."""

PICTURE_FORMATS = ("png", "svg", "pdf")
ANIMATION_FORMAT = "gif"
"""The format of the camera's turn."""

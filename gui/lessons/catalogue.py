"""The bundled lessons in their order. No Qt here."""

from pathlib import Path

from engine.files.paths import RESOURCES

LESSONS = ("why_1x1", "convolution", "counting", "receptive_fields", "bottlenecks", "trained_layer")
"""Names of their files; the first one is where a newcomer begins."""


def lesson_path(name: str) -> Path:
    return RESOURCES / "lessons" / f"{name}.toml"

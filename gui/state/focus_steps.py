"""Steps of the focus from one value of a volume to another, along an axis or in reading order. No Qt here."""

from msgspec.structs import replace

from engine.shapes import Shape
from gui.state.focus import Focus

FocusStep = tuple[int, int, int]
"""Channels, rows, columns."""


def middle_pixel(shape: Shape) -> tuple[int, int]:
    """Row and column of the middle value of a map; the upper left one if there are two or four."""
    return (shape.height - 1) // 2, (shape.width - 1) // 2


def step_focus(focus: Focus, shape: Shape, by: FocusStep) -> Focus:
    """The focus after an arrow key, clamped to the volume; without a map, the middle of the first one."""
    channels, rows, columns = by
    if focus.channel is None:
        return replace(focus, channel=0, pixel=focus.pixel or middle_pixel(shape))
    y, x = focus.pixel or middle_pixel(shape)
    return replace(
        focus,
        channel=min(max(focus.channel + channels, 0), shape.channels - 1),
        pixel=(min(max(y + rows, 0), shape.height - 1), min(max(x + columns, 0), shape.width - 1)),
    )


def next_focus(focus: Focus, shape: Shape) -> Focus | None:
    """The position after this one in reading order; None after the last."""
    y, x = focus.pixel or (0, -1)
    if x + 1 < shape.width:
        return replace(focus, pixel=(y, x + 1))
    return replace(focus, pixel=(y + 1, 0)) if y + 1 < shape.height else None

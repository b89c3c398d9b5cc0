"""Where headings and legend are while the picture is zoomed: they stay visible, at the size of the screen's text."""

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF

from gui.paint.volumes.layout import VolumesLayout


class PinnedParts(NamedTuple):
    """Positions in pixels of the screen."""

    heading_tops: tuple[float | None, ...]
    """Top of each design's heading; None if no part of the design is visible."""
    covers: tuple[QRectF, ...]
    """Strips that headings and legend cover; none unless the picture is zoomed."""

    def cover(self, point: QPointF) -> bool:
        """Whether a heading or the legend lies over the volumes at a point."""
        return any(rect.contains(point) for rect in self.covers)


def place_pinned_parts(layout: VolumesLayout, width: float, height: float, zoom: float, top: float) -> PinnedParts:
    """Place the headings where their designs are, or at the top as long as their design goes on below it.

    Parameters
    ----------
    top
        First visible row of the whole picture, in its pixels.
    """
    bottom = height - layout.legend_height
    starts = [(y - top) * zoom for _, y in layout.scene.heading_points]
    ends = [*starts[1:], max((bottom - top) * zoom, bottom)] if starts else []
    tops: list[float | None] = []
    for start, end in zip(starts, ends, strict=True):
        pinned = max(start, min(0.0, end - layout.header_height))
        tops.append(pinned if pinned < bottom and end > 0 else None)
    if zoom == 1.0:
        return PinnedParts(tuple(tops), ())
    headings = [QRectF(0, y, width, layout.header_height) for y in tops if y is not None]
    return PinnedParts(tuple(tops), (*headings, QRectF(0, bottom, width, layout.legend_height)))

"""How a view is zoomed, as a value: which part of a whole is visible. Free of widgets."""

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSizeF


class Zoom(NamedTuple):
    """The magnification relative to fitting, and the middle of the view.

    The middle is in fractions of the whole, so that a zoom stays meaningful when the view is resized, and for
    another whole beside it.
    """

    across: float = 1.0
    """Horizontal magnification; 1 fits the whole into the view."""
    down: float = 1.0
    x: float = 0.5
    y: float = 0.5


FIT = Zoom()


def visible_rect(whole: QRectF, size: QSizeF, zoom: Zoom, *, keeps_aspect: bool, from_corner: bool = False) -> QRectF:
    """The part of the plane that a view of a size shows.

    Nothing beyond the whole is visible, except where all of it is visible and leaves space: then it is in the middle,
    or in the top left corner with `from_corner`.

    Parameters
    ----------
    whole
        What fitting shows, in units of the plane.
    size
        Size of the view in pixels.
    keeps_aspect
        Whether a unit has the same length in both directions.
    """
    width, height = fitted_size(whole, size, keeps_aspect=keeps_aspect)
    width, height = width / zoom.across, height / zoom.down
    left = _start(whole.left(), whole.width(), width, zoom.x, from_start=from_corner)
    top = _start(whole.top(), whole.height(), height, zoom.y, from_start=from_corner)
    return QRectF(left, top, width, height)


def fitted_size(whole: QRectF, size: QSizeF, *, keeps_aspect: bool) -> tuple[float, float]:
    """Width and height of the part of the plane that a view shows when the whole fits into it."""
    if not keeps_aspect:
        return whole.width(), whole.height()
    units_per_pixel = max(whole.width() / size.width(), whole.height() / size.height())
    return size.width() * units_per_pixel, size.height() * units_per_pixel


def _start(start: float, extent: float, visible: float, middle: float, *, from_start: bool) -> float:
    """The first visible coordinate of one direction."""
    if visible >= extent:
        return start if from_start else start - (visible - extent) / 2
    return min(max(start + middle * extent - visible / 2, start), start + extent - visible)


def scale_about(visible: QRectF, point: QPointF, across: float, down: float) -> QRectF:
    """A visible rectangle after zooming about a point, which stays where it is."""
    left = point.x() - (point.x() - visible.left()) / across
    top = point.y() - (point.y() - visible.top()) / down
    return QRectF(left, top, visible.width() / across, visible.height() / down)

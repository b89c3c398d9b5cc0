"""A ViewBox with the zoom and pan that all views have in common."""

from collections.abc import Iterable

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseDragEvent
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtWidgets import QGraphicsSceneResizeEvent, QGraphicsSceneWheelEvent

from gui.graphics.zoom import FIT, Zoom, fitted_size, scale_about, visible_rect

_WHEEL_BASE = 1.0015
"""Magnification per unit of the wheel's angle, of which a notch has 120."""
ZOOM_STEP = 1.25
"""Magnification of a key or button."""
MOST_ZOOM = 64.0


class ZoomBox(pg.ViewBox):
    """Shows a part of a whole: the wheel zooms about the mouse, a drag moves the part.

    Linked boxes show the same part of their wholes. Neither pyqtgraph's automatic ranges nor its own links and aspect
    lock are used: a locked aspect and a link work against each other as soon as two boxes differ in size.

    Parameters
    ----------
    keeps_aspect
        Whether a unit has the same length in both directions; if so, both are zoomed together.
    zooms
        The directions that can be zoomed.
    up
        Whether y increases upwards.
    from_corner
        Where a whole is put that is smaller than the box: in the top left corner, or else in the middle.
    """

    zoom_changed = Signal(object)
    """The new Zoom, after mouse, key or button have changed it."""

    def __init__(
        self, *, keeps_aspect: bool = True, zooms: str = "xy", up: bool = False, from_corner: bool = False
    ) -> None:
        super().__init__(enableMenu=False, invertY=not up, defaultPadding=0.0)
        self.disableAutoRange()
        self.zoom = FIT
        self.least = 1.0
        """The smallest magnification."""
        self.most = MOST_ZOOM
        self.zooms = zooms
        self._keeps_aspect, self._from_corner = keeps_aspect, from_corner
        self._whole = QRectF(0, 0, 1, 1)
        self._linked: list[ZoomBox] = []

    # What is visible

    @property
    def whole(self) -> QRectF:
        """What fitting shows, in view coordinates."""
        return self._whole

    def set_whole(self, whole: QRectF) -> None:
        """Change what fitting shows; the zoom stays."""
        if whole != self._whole and whole.width() > 0 and whole.height() > 0:
            self._whole = whole
            self.apply_zoom()

    @property
    def pixels_per_unit(self) -> tuple[float, float]:
        """Horizontal and vertical scale."""
        rect = self.viewRect()
        return self.width() / rect.width(), self.height() / rect.height()

    @property
    def fitted_scale(self) -> float:
        """Pixels per unit when the whole fits, horizontally."""
        return float(self.width() / fitted_size(self._whole, self._box_size(), keeps_aspect=self._keeps_aspect)[0])

    def _box_size(self) -> QSizeF:
        return QSizeF(max(self.width(), 1.0), max(self.height(), 1.0))

    def apply_zoom(self) -> None:
        """Make the part visible that the zoom names."""
        rect = visible_rect(
            self._whole, self._box_size(), self.zoom, keeps_aspect=self._keeps_aspect, from_corner=self._from_corner
        )
        self.setRange(rect, padding=0, disableAutoRange=True)
        self.updateMatrix()  # a ViewBox does it while it is painted, which makes Qt paint twice

    def resizeEvent(self, event: QGraphicsSceneResizeEvent) -> None:
        super().resizeEvent(event)
        self.apply_zoom()

    # Zoom and pan

    def link(self, boxes: Iterable["ZoomBox"]) -> None:
        """Zoom and move these boxes together with this one."""
        self._linked = [box for box in boxes if box is not self]

    def set_zoom(self, zoom: Zoom) -> None:
        """Show another part, in all linked boxes; a direction that one of two cannot zoom is not linked."""
        for box in (self, *self._linked):
            if "x" in self.zooms and "x" in box.zooms:
                box.zoom = box.zoom._replace(across=zoom.across, x=zoom.x)
            if "y" in self.zooms and "y" in box.zooms:
                box.zoom = box.zoom._replace(down=zoom.down, y=zoom.y)
            box.apply_zoom()
        self.zoom_changed.emit(zoom)

    def fit(self) -> None:
        """Show the whole."""
        self.set_zoom(FIT)

    def zoom_by(self, factor: float, about: QPointF | None = None, directions: str = "xy") -> None:
        """Zoom about a point in view coordinates, the middle by default."""
        old = self.zoom
        across = self._limit("x", old.across * factor) if "x" in directions else old.across
        down = self._limit("y", old.down * factor) if "y" in directions else old.down
        visible = self.viewRect()
        point = visible.center() if about is None else about
        self._show_around(across, down, scale_about(visible, point, across / old.across, down / old.down).center())

    def zoom_to(self, rect: QRectF) -> None:
        """Show a rectangle, as large as fits and the limits permit."""
        width, height = fitted_size(self._whole, self._box_size(), keeps_aspect=self._keeps_aspect)
        across, down = width / max(rect.width(), 1e-9), height / max(rect.height(), 1e-9)
        if self._keeps_aspect:
            across = down = min(across, down)
        self._show_around(self._limit("x", across), self._limit("y", down), rect.center())

    def pan_by(self, pixels: QPointF) -> None:
        """Move what is visible by pixels of the screen."""
        across, down = self.pixels_per_unit
        up = -1.0 if self.yInverted() else 1.0
        middle = self.viewRect().center() + QPointF(-pixels.x() / across, up * pixels.y() / down)
        self._show_around(self.zoom.across, self.zoom.down, middle)

    def _limit(self, direction: str, factor: float) -> float:
        return min(max(factor, self.least), self.most) if direction in self.zooms else 1.0

    def _show_around(self, across: float, down: float, middle: QPointF) -> None:
        """Zoom so that this point is in the middle, or as near to it as the whole permits."""
        whole = self._whole
        zoom = Zoom(
            across, down, (middle.x() - whole.left()) / whole.width(), (middle.y() - whole.top()) / whole.height()
        )
        allowed = visible_rect(
            whole, self._box_size(), zoom, keeps_aspect=self._keeps_aspect, from_corner=self._from_corner
        ).center()
        x, y = (allowed.x() - whole.left()) / whole.width(), (allowed.y() - whole.top()) / whole.height()
        self.set_zoom(FIT if across == down == 1.0 else zoom._replace(x=x, y=y))

    # Mouse

    def wheelEvent(self, event: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        """Zoom about the mouse; on an axis, only in its direction."""
        directions = "xy" if axis is None else "xy"[axis]
        self.zoom_by(_WHEEL_BASE ** event.delta(), self.mapSceneToView(event.scenePos()), directions)
        event.accept()

    def mouseDragEvent(self, event: MouseDragEvent, axis: int | None = None) -> None:
        """Move what is visible."""
        if event.button() == Qt.MouseButton.RightButton:
            event.ignore()
            return
        event.accept()
        step = event.scenePos() - event.lastScenePos()
        self.pan_by(QPointF(0.0 if axis == 1 else step.x(), 0.0 if axis == 0 else step.y()))

"""The canvas of the filters view: mosaics and a detail of the chosen map, zoomed and chosen with mouse and keys."""

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from engine.shapes import Shape
from gui.paint.maps.detail.details import PlacedBody
from gui.paint.maps.mosaic import MosaicContent, MosaicLayout, draw_mosaics, lay_out_mosaics
from gui.paint.maps.mosaic_panels import MosaicPanel, describe_map_value
from gui.paint.maps.tiles import MapOrdering, MapSpot, MosaicZoom, Projection, pan_by, scale_to_fit, zoom_at
from gui.state import focus_steps
from gui.state.focus_steps import FocusStep
from gui.state.view_state import DetailKind, Focus, ViewState
from gui.theme import THEMES
from gui.views.step_keys import KEY_STEPS

_MOST_ZOOM = 64.0
_CLICK_SHOWS: dict[DetailKind, str] = {
    "kernel": "its kernel",
    "kernel by size": "its kernel",
    "histogram": "its histogram",
    "contributions": "what input channels give to it",
}
"""Which detail of a map a click on it brings."""


def step_ordered_focus(focus: Focus, shape: Shape, by: FocusStep, order: MapOrdering | None = None) -> Focus:
    """The choice after a key, from map to map as they are shown; from nothing chosen to the first one's middle."""
    if order is None:
        return focus_steps.step_focus(focus, shape, by)
    tile = None if focus.channel is None else int(order.tiles[focus.channel])
    at = focus_steps.step_focus(replace(focus, channel=tile), shape, by)
    return replace(at, channel=int(order.channels[at.channel or 0]))


class MosaicCanvas(QWidget):
    """The picture on the screen, with zoom: the wheel zooms about the mouse, dragging pans, a double click fits."""

    chosen = Signal(object)
    """A Focus that a person asks for."""
    hovered = Signal(str)

    def __init__(self, state: ViewState, content: MosaicContent, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.zoom = MosaicZoom()
        self._state, self._content = state, content
        self._scene: MosaicLayout | None = None
        """Where everything is, once that was asked for."""
        self._pressed: QPointF | None = None
        self._dragged: QPointF | None = None
        self._said = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 160)
        self.setAccessibleName("Feature maps")

    def show_content(self, state: ViewState, content: MosaicContent) -> None:
        self._state, self._content, self._scene = state, content, None
        parts = [f"{plate.design}, {plate.title} {plate.note}".strip() for plate in content.panels]
        parts += [content.legend, *(plate.legend_text for plate in content.panels)]
        if content.detail is not None:
            parts.append(content.detail.text or f"{content.detail.title}: {content.detail.reason}")
        self.setAccessibleDescription(". ".join(filter(None, parts)))
        self.update()

    def set_zoom(self, zoom: MosaicZoom) -> None:
        self.zoom, self._scene = zoom, None
        self.update()

    def fit(self) -> None:
        self.set_zoom(MosaicZoom())

    def show_true_size(self) -> None:
        """One pixel a value."""
        seen = self._first_projection()
        if seen is not None:
            factor = 1 / (scale_to_fit(seen.grid, seen.rect) * seen.grid.repeat)
            self.set_zoom(zoom_at(seen, factor, seen.rect.topLeft()))

    def current_layout(self) -> MosaicLayout:
        """Where everything is now."""
        if self._scene is None:
            self._scene = lay_out_mosaics(QRectF(self.rect()), self._content, self.zoom)
        return self._scene

    def describe(self, point: QPointF) -> str:
        """What is under a point, in words; "" for nothing."""
        found = self._panel_at(point)
        if found is not None:
            return describe_map_value(*found) + self._click_hint(found[1])
        scene, body = self.current_layout(), self._detail_body()
        if scene.legend_rect.contains(point):
            return self._content.legend
        return "" if body is None else body.describe(point)

    def _click_hint(self, spot: MapSpot) -> str:
        """What a click shows, as long as no map is chosen."""
        if self._state.focus.channel is not None or spot.channel < 0:
            return ""
        shown = _CLICK_SHOWS.get(self._state.look.detail, "")
        return f" · click: {shown}" if shown else ""

    def _detail_body(self) -> PlacedBody | None:
        """What is shown of the chosen map."""
        detail = self.current_layout().detail
        return None if detail is None else detail.body

    def _first_projection(self) -> Projection | None:
        return next((frame.projection for frame in self.current_layout().panels if frame.projection is not None), None)

    def _projection_at(self, point: QPointF) -> Projection | None:
        projections = (frame.projection for frame in self.current_layout().panels)
        return next((seen for seen in projections if seen is not None and seen.rect.contains(point)), None)

    def _panel_at(self, point: QPointF) -> tuple[MosaicPanel, MapSpot] | None:
        for frame, plate in zip(self.current_layout().panels, self._content.panels, strict=True):
            spot = frame.projection.spot_at(point) if frame.projection is not None else None
            if spot is not None:
                return plate, spot
        return None

    def _report_hover(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self.hovered.emit(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = THEMES[self._state.look.theme]
        painter = QPainter(self)
        draw_mosaics(painter, QRectF(self.rect()), self._content, self.current_layout(), theme)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._scene = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position(), None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        if self._pressed is None:
            self._report_hover(self.describe(point))
            return
        far = (point - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if self._dragged is None and far:
            self._dragged = self._pressed
        seen = self._projection_at(self._pressed)
        if self._dragged is not None and seen is not None:
            self.set_zoom(pan_by(seen, self.zoom.factor, point - self._dragged))
            self._dragged = point

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._pressed is not None and self._dragged is None
        self._pressed = self._dragged = None
        if event.button() == Qt.MouseButton.LeftButton and clicked:
            self._choose(self._focus_at(event.position()))

    def _focus_at(self, point: QPointF) -> Focus | None:
        """What a click chooses: a value, in a difference that of the chosen design; or a part of the detail."""
        found, body = self._panel_at(point), self._detail_body()
        if found is None:
            return None if body is None else body.focus_at(point)
        plate, spot = found
        place = plate.ref or self._content.focus.ref
        return Focus(*place, spot.channel, (spot.y, spot.x)) if spot.channel >= 0 else None

    def _choose(self, focus: Focus | None) -> None:
        if focus is not None:
            self.chosen.emit(focus)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def leaveEvent(self, event: QEvent) -> None:
        self._report_hover("")

    def wheelEvent(self, event: QWheelEvent) -> None:
        seen = self._projection_at(event.position())
        if seen is None:
            event.ignore()
            return
        self._zoom_by(2 ** (event.angleDelta().y() / 480), seen, event.position())

    def _zoom_by(self, times: float, seen: Projection, point: QPointF) -> None:
        least = min(1.0, 1 / (scale_to_fit(seen.grid, seen.rect) * seen.grid.repeat))
        self.set_zoom(zoom_at(seen, min(max(self.zoom.factor * times, least), _MOST_ZOOM), point))

    def event(self, event: QEvent) -> bool:
        """A tooltip says why a map is dead, and what a part of the detail is."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            point = QPointF(event.pos())
            found, body = self._panel_at(point), self._detail_body()
            text = "" if body is None else body.describe(point)
            if found is not None:
                text = found[0].dead_reasons.get(found[1].channel, "")
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        seen, body = self._first_projection(), self._detail_body()
        if event.key() in KEY_STEPS:
            self._step_focus(KEY_STEPS[event.key()])
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Minus) and seen is not None:
            self._zoom_by(2.0 if event.key() == Qt.Key.Key_Plus else 0.5, seen, seen.rect.center())
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        elif Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9 and body is not None:
            self._choose(body.focus_for_key(event.key() - Qt.Key.Key_0))
        else:
            super().keyPressEvent(event)

    def _step_focus(self, by: FocusStep) -> None:
        focus = self._content.focus
        plate = next((plate for plate in self._content.panels if plate.ref == focus.ref), None)
        if plate is None or plate.shape is None:
            return
        if by[0] and self._state.look.order == "likeness":
            focus = replace(
                focus, order_anchor=focus.likeness_channel
            )  # else going on would sort anew, and never get far
        self.chosen.emit(step_ordered_focus(focus, plate.shape, by, plate.order))

"""The canvas of the Filters view: paints mosaics and details of the selected map, handles zoom, mouse and keys."""

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

from engine.layers.explanation import Spot
from engine.shapes import Shape
from gui.paint.maps.detail.base import PlacedBody
from gui.paint.maps.mosaic import MosaicContent, MosaicLayout, draw_mosaics, lay_out_mosaics
from gui.paint.maps.mosaic_panels import MosaicPanel, describe_map_value
from gui.paint.maps.tile_grid import MapOrdering, MosaicZoom, Projection, pan_by, scale_to_fit, zoom_at
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
    "contributions": "contributions of its input channels",
}
"""What a click on a map shows, by the kind of details."""


def step_ordered_focus(focus: Focus, shape: Shape, by: FocusStep, order: MapOrdering | None = None) -> Focus:
    """Return the focus after a step, in the displayed order of maps; without a focus, the middle of the first map."""
    if order is None:
        return focus_steps.step_focus(focus, shape, by)
    tile = None if focus.channel is None else int(order.tiles[focus.channel])
    at = focus_steps.step_focus(replace(focus, channel=tile), shape, by)
    return replace(at, channel=int(order.channels[at.channel or 0]))


class MosaicCanvas(QWidget):
    """The picture with zoom: the wheel zooms about the mouse, dragging pans, a double click fits."""

    focus_requested = Signal(object)
    """The requested Focus."""
    hovered = Signal(str)

    def __init__(self, state: ViewState, content: MosaicContent, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.zoom = MosaicZoom()
        self._state, self._content = state, content
        self._layout: MosaicLayout | None = None
        """Cached layout, computed on demand."""
        self._pressed: QPointF | None = None
        self._dragged: QPointF | None = None
        self._hover_text = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 160)
        self.setAccessibleName("Feature maps")

    def show_content(self, state: ViewState, content: MosaicContent) -> None:
        self._state, self._content, self._layout = state, content, None
        parts = [f"{panel.design}, {panel.title} {panel.note}".strip() for panel in content.panels]
        parts += [content.legend, *(panel.legend_text for panel in content.panels)]
        if content.detail is not None:
            parts.append(content.detail.text or f"{content.detail.title}: {content.detail.reason}")
        self.setAccessibleDescription(". ".join(filter(None, parts)))
        self.update()

    def set_zoom(self, zoom: MosaicZoom) -> None:
        self.zoom, self._layout = zoom, None
        self.update()

    def fit(self) -> None:
        self.set_zoom(MosaicZoom())

    def show_true_size(self) -> None:
        """Zoom to one pixel per value."""
        projection = self._first_projection()
        if projection is not None:
            factor = _true_size_factor(projection)
            self.set_zoom(zoom_at(projection, factor, projection.rect.topLeft()))

    def current_layout(self) -> MosaicLayout:
        if self._layout is None:
            self._layout = lay_out_mosaics(QRectF(self.rect()), self._content, self.zoom)
        return self._layout

    def describe(self, point: QPointF) -> str:
        """Describe what is under a point; "" for nothing."""
        hit = self._panel_at(point)
        if hit is not None:
            return describe_map_value(*hit) + self._click_hint(hit[1])
        layout, body = self.current_layout(), self._detail_body()
        if layout.legend_rect.contains(point):
            return self._content.legend
        return "" if body is None else body.describe(point)

    def _click_hint(self, spot: Spot) -> str:
        """Describe what a click shows, as long as no map is selected."""
        if self._state.focus.channel is not None or spot.channel < 0:
            return ""
        detail = _CLICK_SHOWS.get(self._state.look.detail, "")
        return f" · click: {detail}" if detail else ""

    def _detail_body(self) -> PlacedBody | None:
        """Return the details of the selected map."""
        detail = self.current_layout().detail
        return None if detail is None else detail.body

    def _first_projection(self) -> Projection | None:
        return next((panel.projection for panel in self.current_layout().panels if panel.projection is not None), None)

    def _projection_at(self, point: QPointF) -> Projection | None:
        projections = (panel.projection for panel in self.current_layout().panels)
        return next((p for p in projections if p is not None and p.rect.contains(point)), None)

    def _panel_at(self, point: QPointF) -> tuple[MosaicPanel, Spot] | None:
        for layout, panel in zip(self.current_layout().panels, self._content.panels, strict=True):
            spot = layout.projection.spot_at(point) if layout.projection is not None else None
            if spot is not None:
                return panel, spot
        return None

    def _report_hover(self, text: str) -> None:
        if text != self._hover_text:
            self._hover_text = text
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
        self._layout = None

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
        projection = self._projection_at(self._pressed)
        if self._dragged is not None and projection is not None:
            self.set_zoom(pan_by(projection, self.zoom.factor, point - self._dragged))
            self._dragged = point

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._pressed is not None and self._dragged is None
        self._pressed = self._dragged = None
        if event.button() == Qt.MouseButton.LeftButton and clicked:
            self._select(self._focus_at(event.position()))

    def _focus_at(self, point: QPointF) -> Focus | None:
        """Return the focus that a click sets: a value, or what a part of the details stands for."""
        hit, body = self._panel_at(point), self._detail_body()
        if hit is None:
            return None if body is None else body.focus_at(point)
        panel, spot = hit
        ref = panel.ref or self._content.focus.ref
        return Focus(*ref, spot.channel, (spot.y, spot.x)) if spot.channel >= 0 else None

    def _select(self, focus: Focus | None) -> None:
        if focus is not None:
            self.focus_requested.emit(focus)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def leaveEvent(self, event: QEvent) -> None:
        self._report_hover("")

    def wheelEvent(self, event: QWheelEvent) -> None:
        projection = self._projection_at(event.position())
        if projection is None:
            event.ignore()
            return
        self._zoom_by(2 ** (event.angleDelta().y() / 480), projection, event.position())

    def _zoom_by(self, times: float, projection: Projection, point: QPointF) -> None:
        least = min(1.0, _true_size_factor(projection))
        self.set_zoom(zoom_at(projection, min(max(self.zoom.factor * times, least), _MOST_ZOOM), point))

    def event(self, event: QEvent) -> bool:
        """Show a tool tip: why a map is dead, or what a part of the details is."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            point = QPointF(event.pos())
            hit, body = self._panel_at(point), self._detail_body()
            text = "" if body is None else body.describe(point)
            if hit is not None:
                text = hit[0].dead_reasons.get(hit[1].channel, "")
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        projection, body = self._first_projection(), self._detail_body()
        if event.key() in KEY_STEPS:
            self._step_focus(KEY_STEPS[event.key()])
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Minus) and projection is not None:
            self._zoom_by(2.0 if event.key() == Qt.Key.Key_Plus else 0.5, projection, projection.rect.center())
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        elif Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9 and body is not None:
            self._select(body.focus_for_key(event.key() - Qt.Key.Key_0))
        else:
            super().keyPressEvent(event)

    def _step_focus(self, by: FocusStep) -> None:
        focus = self._content.focus
        panel = next((panel for panel in self._content.panels if panel.ref == focus.ref), None)
        if panel is None or panel.shape is None:
            return
        if by[0] and self._state.look.order == "likeness":
            # Without an anchor each step would sort the maps again, and stepping would never get far.
            focus = replace(focus, order_anchor=focus.likeness_channel)
        self.focus_requested.emit(step_ordered_focus(focus, panel.shape, by, panel.order))


def _true_size_factor(projection: Projection) -> float:
    """Return the zoom factor at which a value is one pixel wide."""
    return 1 / (scale_to_fit(projection.grid, projection.rect) * projection.grid.repeat)

"""The canvas of the Volumes view: paints the boxes and handles turning, zoom, mouse and keys."""

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from engine.cost import metrics
from engine.network.analysis import Report
from engine.network.node_ref import NodeRef
from gui.paint.volumes import drawing, hits
from gui.paint.volumes.hits import Direction, VolumeHit
from gui.paint.volumes.layout import VolumesLayout, lay_out_volumes
from gui.state.focus_steps import FocusStep, step_focus
from gui.state.view_state import ViewState
from gui.theme import THEMES
from gui.views.step_keys import KEY_STEPS

_SMALLEST_TEXT = 6.0
"""Height in pixels below which text is not drawn."""

_DEGREES_PER_PIXEL = 0.4
_NEAREST, _FARTHEST = 60.0, 0.4
"""Limits of the zoom."""

_AROUND_BLOCK, _AROUND_VOLUME = 1.1, 2.2
"""Width of the view, in widths of the selected block or volume, after zooming to it."""

_CAMERA_KEYS = {Qt.Key.Key_1: "3-D", Qt.Key.Key_3: "3-D", Qt.Key.Key_T: "Top", Qt.Key.Key_F: "Front"}
_ARROW_KEYS: dict[int, Direction] = {
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
}
_TURNS: dict[int, tuple[float, float]] = {
    Qt.Key.Key_Left: (-5.0, 0.0),
    Qt.Key.Key_Right: (5.0, 0.0),
    Qt.Key.Key_Up: (0.0, 5.0),
    Qt.Key.Key_Down: (0.0, -5.0),
}
_ZOOM_KEYS = {Qt.Key.Key_Plus: 1.25, Qt.Key.Key_Equal: 1.25, Qt.Key.Key_Minus: 0.8}


class VolumesCanvas(QWidget):
    """The picture with its own zoom and pan; it reports what mouse and keys request."""

    turned = Signal(float, float)
    """Degrees of yaw and pitch to add."""
    camera_chosen = Signal(str)
    ref_selected = Signal(object)
    focus_requested = Signal(object)
    """The Focus of a value."""
    hit_selected = Signal(object)
    block_toggled = Signal(object)
    """Reference of a block to open or close."""
    hovered = Signal(str)

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.zoom = 1.0
        self.offset = QPointF()
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._drag_mode: str = ""
        self._space_down = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Volumes")
        self.setMinimumSize(240, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(900, 500)

    def show_state(self, state: ViewState) -> None:
        self._keep_block_in_place(self.state, state)
        self.state = state
        self.update()

    def current_layout(self) -> VolumesLayout:
        return lay_out_volumes(self.state, self.width(), self.height())

    def hit_at(self, position: QPointF) -> VolumeHit | None:
        """Return what is under a point of the widget."""
        at = (position - self.offset) / self.zoom
        return hits.hit_volumes(self.state, self.current_layout(), at.x(), at.y())

    def zoom_by(self, factor: float, about: QPointF | None = None) -> None:
        """Zoom about a point of the widget, its middle by default."""
        fixed = QPointF(self.width() / 2, self.height() / 2) if about is None else about
        zoom = min(_NEAREST, max(_FARTHEST, self.zoom * factor))
        self.offset = fixed - (fixed - self.offset) * (zoom / self.zoom)
        self.zoom = zoom
        self.update()

    def fit(self) -> None:
        """Show the whole picture."""
        self.zoom, self.offset = 1.0, QPointF()
        self.update()

    def zoom_to_focus(self) -> None:
        """Show the selected volume and its surroundings, or the selected block."""
        ref = self.state.focus.ref
        rect = self._rect_of(self.state, ref)
        if rect is not None:
            opened = self.state.check.block(ref) is not None and self.state.is_open(ref)
            zoom = min(self.width() / rect.width(), self.height() / rect.height())
            self.zoom = min(_NEAREST, max(1.0, zoom / (_AROUND_BLOCK if opened else _AROUND_VOLUME)))
            self.offset = QPointF(self.width() / 2, self.height() / 2) - rect.center() * self.zoom
            self.update()

    def _rect_of(self, state: ViewState, ref: NodeRef) -> QRectF | None:
        """Return the rectangle of a node in the whole picture of a state."""
        scene = lay_out_volumes(state, self.width(), self.height()).scene
        edges = hits.find_rect(state, scene, ref)
        if edges is None:
            return None
        left, top, right, bottom = (edge * scene.shrink for edge in edges)
        return QRectF(left, top, right - left, bottom - top)

    def _keep_block_in_place(self, old: ViewState, new: ViewState) -> None:
        """Keep a block that is opened or closed at its position if the picture is zoomed."""
        toggled = old.look.toggled_blocks ^ new.look.toggled_blocks
        if len(toggled) == 1 and self.zoom > 1.0:
            before, after = (self._rect_of(state, ref) for state in (old, new) for ref in toggled)
            if before is not None and after is not None:
                self.offset += (before.center() - after.center()) * self.zoom

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = THEMES[self.state.look.theme]
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.base))
        painter.save()
        painter.translate(self.offset)
        painter.scale(self.zoom, self.zoom)
        rect = QRectF(0, 0, self.width(), self.height())
        visible = QRectF(-self.offset / self.zoom, self.size() / self.zoom)
        drawing.draw_volumes(
            painter, rect, self.state, theme, self.current_layout(), _SMALLEST_TEXT, self.zoom, visible
        )
        painter.restore()
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self._last = event.position()
        self._drag_mode = ""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._pressed is None:
            self._report_hover(position)
            return
        if not self._drag_mode and (position - self._pressed).manhattanLength() >= QApplication.startDragDistance() / 2:
            shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier) or self._space_down
            panning = shifted or bool(event.buttons() & Qt.MouseButton.MiddleButton)
            self._drag_mode = "pan" if panning else "turn"
        step, self._last = position - self._last, position
        if self._drag_mode == "pan":
            self.offset += step
            self.update()
        elif self._drag_mode == "turn":
            self.turned.emit(_DEGREES_PER_PIXEL * step.x(), _DEGREES_PER_PIXEL * step.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._pressed is not None and not self._drag_mode and event.button() == Qt.MouseButton.LeftButton
        self._pressed, self._drag_mode = None, ""
        hit = self.hit_at(event.position()) if clicked else None
        if hit is not None:
            self.hit_selected.emit(hit)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        hit = self.hit_at(event.position())
        if hit is None or self.state.check.block(hit.ref) is None:
            self.fit()
        else:
            self.block_toggled.emit(hit.ref)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom_by(1.0015 ** event.angleDelta().y(), event.position())
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, shifted = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key == Qt.Key.Key_Space:
            self._space_down = True
        elif key in _CAMERA_KEYS:
            self.camera_chosen.emit(_CAMERA_KEYS[Qt.Key(key)])
        elif key in _TURNS and shifted:
            self.turned.emit(*_TURNS[key])
        elif key in KEY_STEPS and (key not in _ARROW_KEYS or event.modifiers() & Qt.KeyboardModifier.ControlModifier):
            self._step_focus(KEY_STEPS[key])
        elif key in _ARROW_KEYS:
            self._select_neighbour(_ARROW_KEYS[key])
        elif key in _ZOOM_KEYS:
            self.zoom_by(_ZOOM_KEYS[Qt.Key(key)])
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key == Qt.Key.Key_Z and not event.modifiers():
            self.zoom_to_focus()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_down = False
        super().keyReleaseEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            hit = self.hit_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if hit is None else self._tip_text(hit), self)
            return True
        return super().event(event)

    def _step_focus(self, by: FocusStep) -> None:
        """Select another value of the selected volume."""
        if (shape := hits.visible_shape(self.state, self.state.focus.ref)) is not None:
            self.focus_requested.emit(step_focus(self.state.focus, shape, by))

    def _select_neighbour(self, direction: Direction) -> None:
        scene = self.current_layout().scene
        ref = hits.find_neighbour(scene, hits.find_box(self.state, scene, self.state.focus.ref), direction)
        if ref is not None:
            self.ref_selected.emit(ref)

    def _report_hover(self, position: QPointF) -> None:
        hit = self.hit_at(position)
        self.hovered.emit("" if hit is None else hits.describe_hit(self.state, hit))

    def _tip_text(self, hit: VolumeHit) -> str:
        """Return the label of a layer and its exact costs with formulas."""
        state = self.state
        report = state.report(hit.ref)
        if report is None:
            return ""
        lines = [f"{report.name}: {report.layer.label()}"]
        if state.check.block(hit.ref) is not None:
            return "\n".join([*lines, *self._block_tip_lines(state, hit.ref[0], report)])
        for metric in metrics.METRICS:
            if not metric.is_derived and (formula := state.costs.formula(metric, hit.ref[0], report)):
                lines.append(f"{formula} {metric.unit}")
        return "\n".join(lines)

    def _block_tip_lines(self, state: ViewState, design: str, report: Report) -> Iterator[str]:
        """Yield a block's shapes, the sums of its layers, and what a double click does."""
        shapes = [str(shape or "unknown") for shape in (*report.input_shapes, report.output_shape)]
        block = state.check.block((design, report.name))
        yield " → ".join(shapes) + (f", {len(block.parts)} layers" if block else "")
        for metric in metrics.METRICS:
            amount = None if metric.is_derived else state.costs.amount(metric, design, report)
            if amount is not None:
                yield f"{amount:,} {metric.unit}"
        yield f"double-click: {'close' if state.is_open((design, report.name)) else 'open'}"

"""The canvas of the Volumes view: a pyqtgraph view of the painted boxes, whose camera turns by mouse and keys."""

from functools import partial, reduce

from msgspec.structs import replace
from pyqtgraph.GraphicsScene.mouseEvents import MouseDragEvent
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.network.node_ref import NodeRef
from gui.graphics.canvas import Canvas
from gui.graphics.painted_item import PaintedItem
from gui.graphics.passes import WorkInPasses
from gui.graphics.text_scale import text_scale
from gui.graphics.zoom_box import ZoomBox
from gui.paint.volumes import hits
from gui.paint.volumes.camera import Rect
from gui.paint.volumes.hits import Direction, VolumeHit
from gui.paint.volumes.layout import VolumesLayout, lay_out_volumes
from gui.paint.volumes.pinned_parts import PinnedParts, place_pinned_parts
from gui.paint.volumes.retained_picture import RetainedPicture, VolumesPage
from gui.state.focus_steps import FocusStep, step_focus
from gui.state.view_state import ViewState
from gui.theme import THEMES
from gui.views.base import looks_differ
from gui.views.box_drag import BoxDrag
from gui.views.step_keys import KEY_STEPS
from gui.views.volume_tips import volume_tip

_SMALLEST_TEXT = 6.0
"""Height in pixels below which text is not drawn."""

_READABLE_TEXT = 7.5
"""Least height in pixels of the small texts after zooming to the selection."""

_SMALLEST_BOX = 12.0
"""Longer side in pixels below which a box is flat."""

_DEGREES_PER_PIXEL = 0.4

_DRAWN_BY = (
    "yaw",
    "pitch",
    "scale",
    "metric",
    "convention",
    "colour_map",
    "zero_centred",
    "theme",
    "blocks",
    "toggled_blocks",
)
"""Settings of the look that the picture depends on."""

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


class _CameraBox(ZoomBox):
    """A zoom box in which a drag turns the camera, and moves the picture with Shift, Space or the middle button.

    Parameters
    ----------
    drag
        The drag of boxes, which comes first.
    """

    turned = Signal(float, float)
    """Pixels to the right and down."""

    def __init__(self, drag: BoxDrag) -> None:
        super().__init__()
        self.space_down = False
        self._drag, self._drags_box = drag, False

    def mouseDragEvent(self, event: MouseDragEvent, axis: int | None = None) -> None:
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier) or self.space_down
        if event.button() != Qt.MouseButton.LeftButton or shifted:
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        if event.isStart():
            self._drags_box = self._drag.begin(QPointF(event.buttonDownScenePos()), event.modifiers())
        if self._drags_box:
            (self._drag.finish if event.isFinish() else self._drag.move)(QPointF(event.scenePos()))
            return
        step = event.scenePos() - event.lastScenePos()
        self.turned.emit(step.x(), step.y())


class VolumesCanvas(Canvas):
    """The picture in a ViewBox; it reports what mouse and keys request."""

    edit_proposed = Signal(object)
    """The Edit of a drag."""
    turned = Signal(float, float)
    """Degrees of yaw and pitch to add."""
    camera_chosen = Signal(str)
    ref_selected = Signal(object)
    focus_requested = Signal(object)
    """The Focus of a value."""
    hit_selected = Signal(object)
    ref_toggled = Signal(object)
    """Reference of a layer or block to add to the selection, or to take out."""
    block_toggled = Signal(object)
    """Reference of a block to open or close."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__("Volumes", THEMES[state.look.theme], parent)
        self.state = state
        self._pictured = state
        """The first of the states since then that the picture does not tell apart: it need not be painted anew."""
        self.drag = BoxDrag(self, self.edit_proposed.emit, self.focus_requested.emit, self.hovered.emit)
        self._box = _CameraBox(self.drag)
        self._picture = PaintedItem(self._paint)
        self._retained = RetainedPicture()
        self._passes = WorkInPasses(self)
        """Prepares the picture of results that arrive; whoever needs it before paints what is left."""
        self._box.addItem(self._picture)
        self._box.sigResized.connect(self._on_box_resized)
        self.setCentralItem(self._box)
        self._box.turned.connect(
            lambda right, down: self.turned.emit(_DEGREES_PER_PIXEL * right, _DEGREES_PER_PIXEL * down)
        )
        self.keys |= {key: partial(self.camera_chosen.emit, name) for key, name in _CAMERA_KEYS.items()}
        self.setMinimumSize(240, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(900, 500)

    @property
    def zoom_box(self) -> ZoomBox:
        return self._box

    def show_state(self, state: ViewState) -> None:
        old, self.state = self.state, state
        self.show_theme(THEMES[state.look.theme])
        if old.session != state.session:
            self.fit()
        else:
            self._keep_block_in_place(old, state)
            self._follow_selection(old, state)
        if _picture_differs(old, state):
            self._pictured = state
            is_run = not self._passes.busy and not _picture_differs(replace(old, run=state.run), state)
            self._passes.stop()
            if is_run:
                self._passes.start(self._retained.prepare(self._page()), self._picture.update)
            else:
                self._picture.update()

    def current_layout(self) -> VolumesLayout:
        return lay_out_volumes(self.state, self.width(), self.height(), text_scale(self))

    def _on_box_resized(self) -> None:
        whole = QRectF(0, 0, self.width(), self.height())
        self._box.set_whole(whole)
        self._picture.set_rect(whole)

    def _pinned_parts(self) -> PinnedParts:
        zoom, top = self._box.zoom.across, self._box.viewRect().top()
        return place_pinned_parts(self.current_layout(), self.width(), self.height(), zoom, top)

    def picture_point(self, position: QPointF) -> QPointF:
        """Return the point of the whole picture at a point of the widget."""
        return QPointF(self._box.mapSceneToView(position))

    def widget_point(self, point: QPointF) -> QPointF:
        """Return the point of the widget at a point of the whole picture."""
        return QPointF(self._box.mapViewToScene(point))

    def hit_at(self, position: QPointF) -> VolumeHit | None:
        """Return what is under a point of the widget."""
        if self._pinned_parts().cover(position):
            return None
        at = self.picture_point(position)
        return hits.hit_volumes(self.state, self.current_layout(), at.x(), at.y())

    def zoom_to_selection(self) -> None:
        """Show the selected volume and its surroundings, or the selected block, as far as it is readable."""
        ref, scene = self.state.focus.ref, self.current_layout().scene
        rects = self._rects_of(self.state, ref)
        if not rects:
            return
        opened = self.state.check.block(ref) is not None and self.state.is_open(ref)
        around = _AROUND_BLOCK if opened else _AROUND_VOLUME
        readable = max(1.0, _READABLE_TEXT / (scene.line_breaks.text_sizes.small * scene.shrink))
        whole, first = _bounding_rect(rects), rects[0]
        if readable * around * max(whole.width() / self.width(), whole.height() / self.height()) <= 1.0:
            self._box.zoom_to(_with_size(whole, whole.size() * around))
        else:
            visible = _with_size(first, QSizeF(self.width(), self.height()) / readable)
            visible.moveLeft(min(visible.left(), first.left() - (around - 1.0) / 2 * visible.width()))
            self._box.zoom_to(visible)

    def _rects_of(self, state: ViewState, ref: NodeRef) -> list[QRectF]:
        """Return the rectangles of a node in the whole picture of a state: an open block has one per line."""
        scene = lay_out_volumes(state, self.width(), self.height(), text_scale(self)).scene
        return [_scaled_rect(rect, scene.shrink) for rect in hits.find_rects(state, scene, ref)]

    def box_rect(self, ref: NodeRef) -> QRectF | None:
        """Return the rectangle of a box with its texts, or of the frame of an open block, in pixels of the widget.

        It may be outside the widget; None if there is neither.
        """
        scene = self.current_layout().scene
        rects = [frame.rect for frame in scene.frames if frame.ref == ref]
        box = hits.find_box(self.state, scene, ref)
        if not rects and box is not None:
            rects = [box.bounds, *(text.rect for text in box.texts), box.caption_rect]
        whole = QRectF()
        for edges in rects:
            left, top, right, bottom = (edge * scene.shrink for edge in edges)
            corners = self.widget_point(QPointF(left, top)), self.widget_point(QPointF(right, bottom))
            whole = whole.united(QRectF(*corners))
        return None if whole.isEmpty() else whole

    def _keep_block_in_place(self, old: ViewState, new: ViewState) -> None:
        """Keep a block that is opened or closed at its position if the picture is zoomed."""
        toggled = old.look.toggled_blocks ^ new.look.toggled_blocks
        if len(toggled) == 1 and self._box.zoom.across > 1.0:
            before, after = (self._rects_of(state, ref) for state in (old, new) for ref in toggled)
            if before and after:
                distance = _bounding_rect(before).center() - _bounding_rect(after).center()
                self._box.pan_by(distance * self._box.zoom.across)

    def _follow_selection(self, old: ViewState, new: ViewState) -> None:
        """Move a zoomed picture to a node that was selected elsewhere or by keys, unless it is visible."""
        if old.focus.ref == new.focus.ref or self._box.zoom.across <= 1.0:
            return
        scene, rects = self.current_layout().scene, self._rects_of(new, new.focus.ref)
        points = [rect.center() for rect in rects]
        if (box := hits.find_box(new, scene, new.focus.ref)) is not None:
            points.append(QPointF(box.x, box.y) * scene.shrink)
        if rects and not any(map(self._is_visible, points)):
            self._box.zoom_to(_with_size(rects[0], self._box.viewRect().size()))

    def _is_visible(self, point: QPointF) -> bool:
        """Whether a point of the whole picture is in the view, and nothing that stays in place covers it."""
        position = self.widget_point(point)
        return QRectF(self.rect()).contains(position) and not self._pinned_parts().cover(position)

    def _page(self) -> VolumesPage:
        return VolumesPage(
            self._pictured,
            self._theme,
            self.current_layout(),
            self.width(),
            self.height(),
            self._box.zoom.across,
            self._box.viewRect(),
            self.devicePixelRatioF(),
            _SMALLEST_TEXT,
            _SMALLEST_BOX,
        )

    def _paint(self, painter: QPainter) -> None:
        """Paint the visible part in pixels of the screen: texts are sharp and readable at every zoom."""
        painter.resetTransform()  # the box's has rounding errors, which would move letters off the pixels
        self._retained.paint(painter, self._page()._replace(density=painter.device().devicePixelRatioF()))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        self.drag.paint(painter)
        painter.end()

    # Mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A right click selects the box of the menu that it opens, unless that is selected among others."""
        super().mousePressEvent(event)
        hit = self.hit_at(event.position()) if event.button() == Qt.MouseButton.RightButton else None
        selected = {(self.state.focus.design, name) for name in self.state.selected_nodes}
        if hit is not None and self.state.editable_ref(hit.ref) not in selected:
            self.hit_selected.emit(hit)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if not event.buttons():
            self.drag.hover(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.drag.hover(None)

    def event(self, event: QEvent) -> bool:
        """Keep Esc from the window during a drag, which it cancels."""
        if event.type() == QEvent.Type.ShortcutOverride and self.drag.active:
            event.accept()
            return True
        return bool(super().event(event))

    def describe(self, point: QPointF) -> str:
        hit = self.hit_at(point)
        return "" if hit is None else hits.describe_hit(self.state, hit)

    def tip(self, point: QPointF) -> str:
        hit = self.hit_at(point)
        return "" if hit is None else volume_tip(self.state, hit.ref)

    def click(self, point: QPointF) -> None:
        hit = self.hit_at(point)
        if hit is not None:
            self.hit_selected.emit(hit)

    def click_more(self, point: QPointF) -> None:
        hit = self.hit_at(point)
        if hit is not None:
            self.ref_toggled.emit(hit.ref)

    def double_click(self, point: QPointF) -> None:
        """Open or close a block, or show the whole picture."""
        hit = self.hit_at(point)
        if hit is None or self.state.check.block(hit.ref) is None:
            self.fit()
        else:
            self.block_toggled.emit(hit.ref)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers()
        if self.drag.active:
            if key == Qt.Key.Key_Escape:
                self.drag.cancel()
        elif key == Qt.Key.Key_Space:
            self._box.space_down = True
        elif key in _TURNS and modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.turned.emit(*_TURNS[key])
        elif key in KEY_STEPS and (key not in _ARROW_KEYS or modifiers & Qt.KeyboardModifier.ControlModifier):
            self._step_focus(KEY_STEPS[key])
        elif key in _ARROW_KEYS:
            self._select_neighbour(_ARROW_KEYS[key])
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._box.space_down = False
        super().keyReleaseEvent(event)

    def _step_focus(self, by: FocusStep) -> None:
        """Select another value of the selected volume."""
        if (shape := hits.visible_shape(self.state, self.state.focus.ref)) is not None:
            self.focus_requested.emit(step_focus(self.state.focus, shape, by))

    def _select_neighbour(self, direction: Direction) -> None:
        scene = self.current_layout().scene
        ref = hits.find_neighbour(scene, hits.find_box(self.state, scene, self.state.focus.ref), direction)
        if ref is not None:
            self.ref_selected.emit(ref)


def _scaled_rect(rect: Rect, scale: float) -> QRectF:
    left, top, right, bottom = (scale * edge for edge in rect)
    return QRectF(left, top, right - left, bottom - top)


def _bounding_rect(rects: list[QRectF]) -> QRectF:
    return reduce(QRectF.united, rects)


def _with_size(rect: QRectF, size: QSizeF) -> QRectF:
    """A rectangle of a size with the same middle."""
    middle = rect.center()
    return QRectF(middle.x() - size.width() / 2, middle.y() - size.height() / 2, size.width(), size.height())


def _picture_differs(old: ViewState, new: ViewState) -> bool:
    """Whether the picture may differ between two states."""
    return (
        old.project is not new.project
        or old.check is not new.check
        or old.focus != new.focus
        or old.query != new.query
        or old.run.results is not new.run.results
        or old.run.problems is not new.run.problems
        or looks_differ(old, new, _DRAWN_BY)
    )

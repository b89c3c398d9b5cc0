"""The Inspector view: how one value is computed, with fields for its position and a button to play all positions."""

from collections.abc import Iterator

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QRect, QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.files.paths import FileFault
from engine.kernels import Checkpoint
from engine.network.node_ref import NodeRef
from gui.paint.inspector.content import (
    InspectorContent,
    build_inspector_content,
    focus_with_value,
    with_earlier_explanation,
)
from gui.paint.inspector.filter_weights import (
    LayerWeights,
    filter_weights_key,
    has_filter_weights,
    load_filter_weights,
    loads_quickly,
)
from gui.paint.inspector.input_and_output import count_filled_values
from gui.state.focus import Focus
from gui.state.focus_steps import FocusStep, next_focus, step_focus
from gui.state.view_state import ViewState
from gui.views.base import View, looks_differ
from gui.views.inspector_canvas import InspectorCanvas
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.number_controls import IntegerBox
from gui.worker import Worker

_SPEEDS = ((1, "1/s"), (4, "4/s"), (12, "12/s"), (40, "40/s"))
_FIELDS = {
    "Map": "Number of the map and of its filter (Page Up, Page Down)",
    "y": "Row of the value (Up, Down)",
    "x": "Column of the value (Left, Right)",
}
_MOST = 999_999
_LEAST_WIDTH, _MARGIN = 240, 6
_DRAWN_BY = ("colour_map", "zero_centred", "theme")
"""Settings of the look that the figure depends on."""
_NARROW = 360
"""Width in pixels below which the controls take two rows."""


class InspectorView(View):
    """Fields for map, y and x, buttons to play, and the figure, which scrolls."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._timer = QTimer(self)
        self._played_focus: Focus | None = None
        """The position that playing has reached."""
        self._fault: tuple[object, FileFault] | None = None
        """A key of weights that could not be loaded, and why."""
        self.worker = Worker(self)
        self._pending_key: object = None
        """The key of the weights that a thread is loading."""
        self.fields = {name: IntegerBox(0, _MOST, self, digits=3) for name in _FIELDS}
        self.play = QToolButton(self)
        self.speed = ChoiceBox(_SPEEDS, self)
        self.speed.show_value(12)
        self.canvas = InspectorCanvas(build_inspector_content(state, self._find_weights()))
        self.scroll_area = QScrollArea(self)
        self._controls = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._set_accessible_names()
        self._compose()
        self._connect()
        self._show_playing()
        self._show_fields()
        self._fit_canvas()

    @property
    def playing(self) -> bool:
        """Whether positions are being played."""
        return self._timer.isActive()

    @property
    def content(self) -> InspectorContent:
        return self.canvas.content

    def _set_accessible_names(self) -> None:
        for name, box in self.fields.items():
            box.setAccessibleName(name)
            box.setToolTip(_FIELDS[name])
            box.setKeyboardTracking(False)
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("Positions per second")

    def _compose(self) -> None:
        position_row, play_row = QHBoxLayout(), QHBoxLayout()
        for name, box in self.fields.items():
            label = QLabel(name, self)
            label.setBuddy(box)
            position_row.addWidget(label)
            position_row.addWidget(box)
        for row, widgets in ((position_row, ()), (play_row, (self.play, self.speed))):
            row.setSpacing(4)
            for widget in widgets:
                row.addWidget(widget)
            row.addStretch(1)
        self._controls.setContentsMargins(_MARGIN, 3, _MARGIN, 3)
        self._controls.setSpacing(4)
        self._controls.addLayout(position_row)
        self._controls.addLayout(play_row, 1)
        bar = QWidget(self)
        bar.setLayout(self._controls)
        bar.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.scroll_area.setWidget(self.canvas)
        self.scroll_area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.scroll_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll_area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.scroll_area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self.scroll_area, 1)
        self.setFocusProxy(self.canvas)
        self.setMinimumWidth(max(_LEAST_WIDTH, position_row.sizeHint().width() + 2 * _MARGIN))

    def _connect(self) -> None:
        for box in self.fields.values():
            box.valueChanged.connect(self._on_box_changed)
        self.play.clicked.connect(self._on_play_clicked)
        self.speed.chosen.connect(self._on_speed_chosen)
        self._timer.timeout.connect(self._on_timer_timeout)
        self.canvas.focus_requested.connect(self.focus_requested)
        self.canvas.step_requested.connect(self._on_canvas_stepped)
        self.canvas.play_requested.connect(self._on_play_clicked)
        self.canvas.hovered.connect(self.hovered)
        self.worker.reported.connect(self._on_worker_reported)
        self.worker.ended.connect(self._on_worker_ended)
        self.scroll_area.viewport().installEventFilter(self)

    # State → picture

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        if self.playing and new.focus != self._played_focus:
            self.stop_playing()
        if old.session != new.session:
            self.canvas.show_content(build_inspector_content(new, None))  # nothing of the project before
        if _content_differs(old, new):
            self._show_inspected()

    def _show_inspected(self) -> None:
        content = build_inspector_content(self._state, self._find_weights())
        before = self.content
        if content.is_stale and before.explanation is not None and before.focus == content.focus:
            content = with_earlier_explanation(content, before)
        elif before.focus.ref == content.focus.ref:
            content = replace(content, selected_term=before.selected_term)
        if self.playing and (content.explanation is None or content.is_stale):
            self.stop_playing()
        if self.playing:
            content = replace(
                content, filled_count=count_filled_values(content), least_head_height=self.canvas.head_height()
            )
        self.canvas.show_content(content)
        self._show_fields()
        self._fit_canvas()

    def _show_fields(self) -> None:
        content, shape = self.content, self._state.volume_at(self._state.focus.ref).shape
        at = content.spot or (0, 0, 0)
        for index, box in enumerate(self.fields.values()):
            box.setEnabled(shape is not None)
            if shape is not None:
                with QSignalBlocker(box):
                    box.setMaximum(max(shape[index] - 1, 0))
                box.show_number(at[index])
        self.play.setEnabled(self.playing or (content.explanation is not None and not content.is_stale))

    def _find_weights(self) -> LayerWeights | FileFault | None:
        """Return the weights of the layer, or why there are none; None while a thread loads them."""
        state = self._state
        at, focus = state.volume_at(state.focus.ref), focus_with_value(state)
        ref, report = at.source, state.report(at.source)
        if focus.channel is None or report is None or not report.array_shapes or not at.is_fresh:
            self._pending_key = None
            self.worker.cancel()
            return LayerWeights({})
        try:
            key = filter_weights_key(state, ref, focus.channel)
            if self._fault is not None and self._fault[0] == key:
                return self._fault[1]
            if loads_quickly(report) or has_filter_weights(state, ref, focus.channel):
                self._pending_key = None
                self.worker.cancel()
                return load_filter_weights(state, ref, focus.channel, lambda: None)
        except FileFault as fault:
            return fault
        if key != self._pending_key:
            self._load_weights(state, ref, focus.channel, key)
        return None

    def _load_weights(self, state: ViewState, ref: NodeRef, channel: int, key: object) -> None:
        def task(checkpoint: Checkpoint) -> Iterator[LayerWeights]:
            yield load_filter_weights(state, ref, channel, checkpoint)

        self._pending_key = key
        self.worker.start(task)

    def _on_worker_reported(self) -> None:
        self._pending_key = None
        self._show_inspected()

    def _on_worker_ended(self, error: Exception | None) -> None:
        if isinstance(error, FileFault):
            self._fault, self._pending_key = (self._pending_key, error), None
            self._show_inspected()
        elif error is not None:
            raise error

    # User actions

    def _on_box_changed(self) -> None:
        channel, y, x = (box.value() for box in self.fields.values())
        self.focus_requested.emit(Focus(*self._state.focus.ref, channel, (y, x)))

    def _on_canvas_stepped(self, by: FocusStep) -> None:
        shape = self._state.volume_at(self._state.focus.ref).shape
        if shape is not None:
            self.focus_requested.emit(step_focus(focus_with_value(self._state), shape, by))

    def _on_play_clicked(self) -> None:
        if self.playing:
            self.stop_playing()
        else:
            self.start_playing()

    def start_playing(self) -> None:
        """Play the positions from the selected one on; from the first if the last is selected."""
        content = self.content
        if content.explanation is None or content.is_stale:
            return
        focus = content.focus
        if next_focus(focus, content.required_explanation.shape) is None:
            focus = replace(focus, pixel=(0, 0))
        self._played_focus = focus
        # Playing stays at one channel.
        self.canvas.show_content(replace(content, selected_term=content.shown_term))
        self._timer.start(1000 // self.speed.value())
        self._show_playing()
        self.focus_requested.emit(focus)
        if self._state.focus == focus:  # nothing has changed, so no new state will come
            self._show_inspected()

    def stop_playing(self) -> None:
        """Stop at the current position."""
        self._timer.stop()
        self._played_focus = None
        self._show_playing()
        if self.content.filled_count is not None:
            content = replace(self.content, filled_count=None, least_head_height=0.0, selected_term=None)
            self.canvas.show_content(content)
            self._fit_canvas()

    def _on_timer_timeout(self) -> None:
        content = self.content
        focus = None
        if content.explanation is not None and self._played_focus is not None:
            focus = next_focus(self._played_focus, content.required_explanation.shape)
        if focus is None:
            self.stop_playing()
        else:
            self._played_focus = focus
            self.focus_requested.emit(focus)

    def _on_speed_chosen(self, speed: int) -> None:
        self._timer.setInterval(1000 // speed)

    def _show_playing(self) -> None:
        self.play.setText("Stop" if self.playing else "Play")
        tip = "Stop at this position (Esc)" if self.playing else "Play all positions: the window moves over the input"
        self.play.setToolTip(tip)
        self.play.setAccessibleName(tip)

    # Events

    def event(self, event: QEvent) -> bool:
        """Stop playing at Escape, which has no other effect then."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and self.playing:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.stop_playing()
                return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange and not self.isEnabled():
            self.stop_playing()

    def hideEvent(self, event: QHideEvent) -> None:
        self.stop_playing()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        directions = QBoxLayout.Direction
        self._controls.setDirection(directions.TopToBottom if self.width() < _NARROW else directions.LeftToRight)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Fit the canvas to the viewport when that is resized."""
        if event.type() == QEvent.Type.Resize:
            self._fit_canvas()
        return False

    def _fit_canvas(self) -> None:
        area: QRect = self.scroll_area.viewport().rect()
        self.canvas.show_height(area.height())
        self.canvas.resize(area.width(), max(area.height(), self.canvas.height_for(area.width())))

    def close_down(self) -> None:
        self.stop_playing()
        self.worker.close()


def _content_differs(old: ViewState, new: ViewState) -> bool:
    """Whether the content may differ between two states."""
    return (
        old.check is not new.check
        or old.focus != new.focus
        or old.run.results is not new.run.results
        or old.run.problems is not new.run.problems
        or looks_differ(old, new, _DRAWN_BY)
    )

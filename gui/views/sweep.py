"""The Sweep view: what a project sweeps, how far that is, and its points."""

from collections.abc import Mapping

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.network.node_ref import NodeRef
from engine.project.project import SweepSettings
from engine.sweep.answers import answer_lines
from engine.sweep.columns import MEASURES
from engine.sweep.suggestions import suggested_axes
from engine.text.units import count_text
from gui.state import edits
from gui.state.edit import Edit
from gui.state.requests import BrushSweep, Cancel, RunSweep, ShowPoint
from gui.state.view_state import ViewState
from gui.views.base import View, looks_differ
from gui.views.sweep_answers import SweepAnswers
from gui.views.sweep_axes import SweepAxes, lines_of
from gui.views.sweep_forecast import SweepForecast
from gui.views.sweep_points import SweepPoints
from gui.views.sweep_workers import WorkersButton
from gui.widgets.flow import FlowLayout

_MEASURE_TITLES = {"error": "Error", "agreement": "Agreement", "ms": "Time"}


class SweepView(View):
    """Texts of the axes and conditions above; below them the points, and what they say in sentences."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.texts = SweepAxes(state, self.settings, self)
        self.axes, self.where = self.texts.axes, self.texts.where
        self.measures = {name: QCheckBox(_MEASURE_TITLES[name], self) for name in MEASURES}
        self.workers = WorkersButton(self)
        self.start = QPushButton("Start", self)
        self.add = QPushButton("Add as a design", self)
        self.note = QLabel(self)
        self.answers = SweepAnswers(self)
        self.points = SweepPoints(state, self)
        self._forecast_text = ""
        self.forecast = SweepForecast(lambda: (self._state.project, self.settings(), self.workers.settings), self)
        self._describe()
        self._compose()
        self._connect()
        self._show_settings()
        self._show_points()

    def _describe(self) -> None:
        self.measures["error"].setToolTip("Relative error of the last volume against the first other design, on photos")
        self.measures["agreement"].setToolTip("How often classifiers name the same class")
        self.measures["ms"].setToolTip("Milliseconds of a run, the median of five")
        self.add.setToolTip("Add the selected point to the project (Enter in the table)")
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def _compose(self) -> None:
        controls = FlowLayout()
        controls.setSpacing(6)
        points = self.points
        for widget in (
            *self.measures.values(),
            self.workers,
            self.start,
            points.across,
            points.up,
            self.add,
            points.export,
        ):
            controls.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addWidget(self.texts)
        column.addLayout(controls)
        column.addWidget(self.points, 1)
        last_row = QHBoxLayout()
        last_row.addWidget(self.note, 1)
        last_row.addWidget(points.clear, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(last_row)
        column.addWidget(self.answers)
        self.setFocusProxy(self.texts)

    def _connect(self) -> None:
        self.start.clicked.connect(self._start_or_stop)
        self.texts.changed.connect(self._ask_forecast)
        self.texts.edit_proposed.connect(self.edit_proposed)
        for check in self.measures.values():
            check.toggled.connect(self._ask_forecast)
        self.workers.changed.connect(self._ask_forecast)
        self.forecast.changed.connect(self._on_forecast_changed)
        self.add.clicked.connect(self._add_selected)
        self.answers.row_selected.connect(self.points.select)
        self.points.hovered.connect(self.hovered)
        self.points.point_activated.connect(self._add_selected)
        self.points.point_changed.connect(self._show_selection)
        # Queued: the selection may end while a state is shown, and views must see one change after the other.
        self.points.point_changed.connect(self._show_point, Qt.ConnectionType.QueuedConnection)
        self.points.pair_changed.connect(self._show_note)
        self.points.brushed.connect(lambda ranges: self.requested.emit(BrushSweep(ranges)))

    # State → widgets

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        self.texts.show_state(new)
        if old.session != new.session or old.project.sweep != new.project.sweep:
            self._show_settings()
        if old.sweep.sweep is not new.sweep.sweep:
            self.points.forget_selection()
        if old.project is not new.project:
            self._ask_forecast()
        if old.sweep is not new.sweep or old.check is not new.check or looks_differ(old, new, ("theme", "convention")):
            self._show_points()

    def begin(self) -> None:
        """Name axes for the selected layer, if there are none yet."""
        if not self.axes.toPlainText().strip():
            ref = self._state.editable_ref(self._state.focus.ref)
            self.axes.setPlainText("\n".join(suggested_axes(self._state.project, ref)))
        self.axes.setFocus()

    def sweep_setting(self, ref: NodeRef, setting: str, *, everywhere: bool = False) -> None:
        """Add an axis of a setting to what is typed, unless it has one, and select its values."""
        self.texts.sweep_setting(ref, setting, everywhere=everywhere)

    def _show_settings(self) -> None:
        settings = self._state.project.sweep or SweepSettings(())
        self.texts.show_settings(settings)
        for name, box in self.measures.items():
            box.setChecked(name in settings.measure)

    def _show_points(self) -> None:
        state = self._state.sweep
        self.start.setText("Stop" if state.is_busy else "Start")
        self.points.show_state(self._state)
        self._show_note()
        self.answers.show_state(self._state, self.points.rows_within)
        self._show_selection()

    def _show_note(self) -> None:
        is_brushed = bool(self._state.sweep.brush)
        self.note.setMinimumHeight(self.note.height() if is_brushed else 0)  # else plots would move under the mouse
        self.note.setText(self._note())

    def _show_selection(self) -> None:
        self.add.setEnabled(self._edit() is not None)

    def _note(self) -> str:
        state, sweep = self._state.sweep, self._state.sweep.sweep
        if state.problems and not self._forecast_text:
            return "\n".join(problem.text for problem in state.problems)
        if sweep is None or (self._forecast_text and not state.is_busy):
            return self._forecast_text
        if state.is_busy:
            within = f", {int(self.points.within.sum()):,} of them within the marked ranges" if state.brush else ""
            progress = f"{len(state.rows):,} of {count_text(state.total, 'point')}{within}"
            return f"{progress}; {state.place}" if state.place else progress
        total = len(state.rows) if state.brush else None
        text = "\n".join(answer_lines(sweep, self.points.rows_within, self.points.pair, total))
        return text.replace(f"{sweep.design}/", "")  # as in the heads of the table

    # Forecast

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._state.sweep.sweep is None:
            self._ask_forecast()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.forecast.cancel()

    def close_down(self) -> None:
        self.forecast.close()
        self.points.export.close_down()

    def _ask_forecast(self) -> None:
        if self.isVisible() and not self._state.sweep.is_busy:
            self.forecast.ask()

    def _on_forecast_changed(self, text: str) -> None:
        sweep = self._state.sweep.sweep
        is_shown = sweep is not None and _is_same(sweep.settings, self.settings())
        self._forecast_text = "" if is_shown else text
        self._show_note()

    # Widgets → proposals

    def settings(self) -> SweepSettings:
        """What the fields say; what they have no place for stays."""
        return replace(
            self._state.project.sweep or SweepSettings(()),
            axes=lines_of(self.axes),
            where=lines_of(self.where),
            measure=tuple(name for name, box in self.measures.items() if box.isChecked()),
        )

    def _start_or_stop(self) -> None:
        if self._state.sweep.is_busy:
            self.requested.emit(Cancel())
            return
        settings = self.settings()
        edit = edits.set_sweep(self._state.project, settings)
        if edit is not None:
            self.edit_proposed.emit(edit)
        self.forecast.cancel()
        self._forecast_text = ""
        self.requested.emit(RunSweep(settings, self.workers.settings))

    def _show_point(self) -> None:
        self.requested.emit(ShowPoint(self._selected_row()))

    def _selected_row(self) -> Mapping[str, object] | None:
        rows, selected = self._state.sweep.rows, self.points.selected
        return rows[selected] if selected is not None and selected < len(rows) else None

    def _edit(self) -> Edit | None:
        row = self._selected_row()
        return None if row is None else edits.add_point(self._state, row)

    def _add_selected(self) -> None:
        edit = self._edit()
        if edit is not None:
            self.edit_proposed.emit(edit)


def _is_same(done: SweepSettings, new: SweepSettings) -> bool:
    """Whether both have the same points and measures."""
    return (done.axes, done.where, done.measure) == (new.axes, new.where, new.measure)

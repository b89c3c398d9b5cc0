"""The Sweep view: what a project sweeps, the points in two metrics, and a table of them."""

from msgspec.structs import replace
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from engine.project.project import SweepSettings
from engine.sweep.answers import answer_lines, default_pair
from engine.sweep.columns import COUNTED, FITS, MACHINE, MEASURES, PROBLEM_COLUMN, column_title
from engine.sweep.suggestions import suggested_axes
from engine.text.spreadsheet import delimited_text
from engine.text.units import count_text
from gui.paint.sweep.content import empty_plot, sweep_plot
from gui.state import edits
from gui.state.edit import Edit
from gui.state.requests import Cancel, RunSweep
from gui.state.view_state import ViewState
from gui.views.base import View, looks_differ
from gui.views.sweep_answers import SweepAnswers
from gui.views.sweep_canvas import SweepCanvas
from gui.views.sweep_forecast import SweepForecast
from gui.views.sweep_model import SweepModel, sorted_model
from gui.views.sweep_workers import WorkersButton
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.flow import FlowLayout
from gui.widgets.tables import make_row_table
from gui.widgets.texts import make_note

_MEASURE_TITLES = {"error": "Error", "agreement": "Agreement", "ms": "Time"}
_SHARE = 500
"""Size of plot and of table in proportion, until a person drags their border."""
_WIDEST = 24
"""Digits of the widest column of the table."""
_LEAST_LINES, _LINES = 2, 3
"""Lines of each text field, in small windows and else."""
_HINT = "Axes, one per line: a setting and its values, as net/conv.filters=4..64..4"
_EMPTY_TABLE = "Here will be a row per point, with its settings and metrics. Name axes above and press Start."
_COUNTED_PAIR = "macs", "params"


class SweepView(View):
    """Texts of the axes and conditions above; below them a scatter plot beside a table."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.axes, self.where = QPlainTextEdit(self), QPlainTextEdit(self)
        self.measures = {name: QCheckBox(_MEASURE_TITLES[name], self) for name in MEASURES}
        self.workers = WorkersButton(self)
        self.start = QPushButton("Start", self)
        self.add = QPushButton("Add as a design", self)
        self.copy = QPushButton("Copy table", self)
        self.across, self.up = ChoiceBox(parent=self), ChoiceBox(parent=self)
        self.note = QLabel(self)
        self.answers = SweepAnswers(self)
        self.canvas = SweepCanvas(state, self)
        self.model = SweepModel(state)
        self.sorted = sorted_model(self.model)
        self.table = make_row_table(self.sorted, "Points of the sweep", "Axes and metrics")
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.rows = QStackedWidget(self)
        self._selected: int | None = None
        self._options: list[tuple[str, str]] = []
        self._forecast_text = ""
        self.forecast = SweepForecast(lambda: (self._state.project, self.settings(), self.workers.settings), self)
        self._describe()
        self._compose()
        self._connect()
        self._show_settings()
        self._show_points()

    def _describe(self) -> None:
        for field, name, hint in (
            (self.axes, "Axes", _HINT),
            (self.where, "Conditions", "Conditions, one per line: macs < 20e6"),
        ):
            field.setAccessibleName(name)
            field.setPlaceholderText(hint)
            field.setToolTip(hint)
            field.setTabChangesFocus(True)
            for lines, set_bound in ((_LEAST_LINES, field.setMinimumHeight), (_LINES, field.setMaximumHeight)):
                set_bound(field.fontMetrics().lineSpacing() * lines + 12)
        self.measures["error"].setToolTip("Relative error of the last volume against the first other design, on photos")
        self.measures["agreement"].setToolTip("How often classifiers name the same class")
        self.measures["ms"].setToolTip("Milliseconds of a run, the median of five")
        self.across.setAccessibleName("Horizontal axis")
        self.up.setAccessibleName("Vertical axis")
        for box in (self.across, self.up):
            box.setMinimumContentsLength(12)
        self.add.setToolTip("Add the selected point to the project (Enter in the table)")
        self.copy.setToolTip("Copy all points with all digits, for a spreadsheet")
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def _compose(self) -> None:
        texts = QHBoxLayout()
        for title, field, share in (("Axes", self.axes, 3), ("Conditions", self.where, 2)):
            label = QLabel(title, self)
            label.setBuddy(field)
            titled = QVBoxLayout()
            titled.setSpacing(2)
            titled.addWidget(label)
            titled.addWidget(field)
            texts.addLayout(titled, share)
        controls = FlowLayout()
        controls.setSpacing(6)
        for widget in (*self.measures.values(), self.workers, self.start, self.across, self.up, self.add, self.copy):
            controls.addWidget(widget)
        splitter = QSplitter(self)
        splitter.addWidget(self.canvas)
        hint = make_note(_EMPTY_TABLE)
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint.setMargin(12)
        self.rows.addWidget(hint)
        self.rows.addWidget(self.table)
        splitter.addWidget(self.rows)
        splitter.setChildrenCollapsible(False)
        for index in range(splitter.count()):
            splitter.setStretchFactor(index, 1)
        splitter.setSizes([_SHARE, _SHARE])
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addLayout(texts)
        column.addLayout(controls)
        column.addWidget(splitter, 1)
        column.addWidget(self.note)
        column.addWidget(self.answers)
        self.setFocusProxy(self.axes)

    def _connect(self) -> None:
        self.start.clicked.connect(self._start_or_stop)
        for field in (self.axes, self.where):
            field.textChanged.connect(self._ask_forecast)
        for check in self.measures.values():
            check.toggled.connect(self._ask_forecast)
        self.workers.changed.connect(self._ask_forecast)
        self.forecast.changed.connect(self._on_forecast_changed)
        self.add.clicked.connect(self._add_selected)
        self.copy.clicked.connect(self._copy_table)
        for box in (self.across, self.up):
            box.chosen.connect(lambda _: self._show_plot())
        self.canvas.row_selected.connect(self._select)
        self.answers.row_selected.connect(self._select)
        self.canvas.hovered.connect(self.hovered)
        self.table.selectionModel().currentRowChanged.connect(self._on_current_row_changed)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            shortcut = QShortcut(QKeySequence(key), self.table, context=Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(self._add_selected)

    # State → widgets

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        if old.session != new.session or old.project.sweep != new.project.sweep:
            self._show_settings()
        if old.sweep.sweep is not new.sweep.sweep:
            self._selected = None
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

    def _show_settings(self) -> None:
        settings = self._state.project.sweep or SweepSettings(())
        self.axes.setPlainText("\n".join(settings.axes))
        self.where.setPlainText("\n".join(settings.where))
        for name, box in self.measures.items():
            box.setChecked(name in settings.measure)

    def _show_points(self) -> None:
        state, sweep = self._state.sweep, self._state.sweep.sweep
        self.start.setText("Stop" if state.is_busy else "Start")
        before = self.model.columns
        self.model.show_state(self._state)
        self.rows.setCurrentIndex(int(sweep is not None))
        self._show_options()
        if self.model.columns != before:
            self._fit_columns()
        self.note.setText(self._note())
        self.answers.show_state(self._state)
        self._show_plot()

    def _note(self) -> str:
        state, sweep = self._state.sweep, self._state.sweep.sweep
        if state.problems and not self._forecast_text:
            return "\n".join(problem.text for problem in state.problems)
        if sweep is None or (self._forecast_text and not state.is_busy):
            return self._forecast_text
        if state.is_busy:
            progress = f"{len(state.rows):,} of {count_text(state.total, 'point')}"
            return f"{progress}; {state.place}" if state.place else progress
        return "\n".join(answer_lines(sweep, state.rows, self._pair()))

    def _show_options(self) -> None:
        """Offer the metrics for both axes of the plot; a choice stays as long as there is the same to choose from."""
        sweep = self._state.sweep.sweep
        names = [metric.id for metric in COUNTED]
        if sweep is not None:
            names = [name for name in sweep.columns[len(sweep.axes) :] if name not in (FITS, MACHINE, PROBLEM_COLUMN)]
        convention = self._state.picture_costs.convention if sweep is None else sweep.convention
        options = [(name, column_title(name, convention)) for name in names]
        if options == self._options:
            return
        self._options = options
        pair = _COUNTED_PAIR if sweep is None else default_pair(sweep)
        for box, value in zip((self.across, self.up), pair, strict=True):
            box.set_options(options)
            box.show_value(value)

    def _fit_columns(self) -> None:
        """Give each column of the table its width."""
        widest = _WIDEST * self.table.fontMetrics().horizontalAdvance("0")
        for column in range(self.sorted.columnCount()):
            width = max(self.table.sizeHintForColumn(column), self.table.horizontalHeader().sectionSizeHint(column)) + 8
            self.table.setColumnWidth(column, min(width, widest))

    def _pair(self) -> tuple[str, str]:
        return self.across.value() or _COUNTED_PAIR[0], self.up.value() or _COUNTED_PAIR[1]

    def _show_plot(self) -> None:
        sweep, rows = self._state.sweep.sweep, self._state.sweep.rows
        costs = self._state.picture_costs
        pair = self._pair()
        plot = empty_plot(self._state.project, pair, costs) if sweep is None else sweep_plot(sweep, rows, pair, costs)
        self.canvas.show_plot(self._state, plot, self._selected)
        self.copy.setEnabled(bool(rows))
        self.add.setEnabled(self._selected is not None and self._edit() is not None)

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

    def _ask_forecast(self) -> None:
        if self.isVisible() and not self._state.sweep.is_busy:
            self.forecast.ask()

    def _on_forecast_changed(self, text: str) -> None:
        sweep = self._state.sweep.sweep
        is_shown = sweep is not None and _is_same(sweep.settings, self.settings())
        self._forecast_text = "" if is_shown else text
        self.note.setText(self._note())

    # Widgets → proposals

    def settings(self) -> SweepSettings:
        """What the fields say; what they have no place for stays."""
        return replace(
            self._state.project.sweep or SweepSettings(()),
            axes=_lines(self.axes),
            where=_lines(self.where),
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

    def _edit(self) -> Edit | None:
        rows = self._state.sweep.rows
        is_row = self._selected is not None and self._selected < len(rows)
        return edits.add_point(self._state, rows[self._selected or 0]) if is_row else None

    def _add_selected(self) -> None:
        edit = self._edit()
        if edit is not None:
            self.edit_proposed.emit(edit)

    def _copy_table(self) -> None:
        columns = self.model.columns
        rows = ([row.get(column, "") for column in columns] for row in self._state.sweep.rows)
        QGuiApplication.clipboard().setText(delimited_text((columns, *rows), "excel-tab"))

    def _select(self, row: int) -> None:
        index = self.sorted.mapFromSource(self.model.index(row, 0))
        flags = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.table.scrollTo(index, QTableView.ScrollHint.PositionAtCenter)

    def _on_current_row_changed(self, current: QModelIndex) -> None:
        self._selected = self.sorted.mapToSource(current).row() if current.isValid() else None
        self._show_plot()


def _lines(field: QPlainTextEdit) -> tuple[str, ...]:
    return tuple(line.strip() for line in field.toPlainText().splitlines() if line.strip())


def _is_same(done: SweepSettings, new: SweepSettings) -> bool:
    """Whether both have the same points and measures."""
    return (done.axes, done.where, done.measure) == (new.axes, new.where, new.measure)

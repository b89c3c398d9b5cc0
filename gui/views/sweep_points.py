"""The points of a sweep in three ways that select and filter together: two metrics, all axes, and a table."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QPushButton, QSplitter, QStackedWidget, QTableView, QTabWidget, QVBoxLayout, QWidget

from engine.sweep.answers import default_pair
from engine.sweep.brushing import Positions, add_positions, points_within
from engine.sweep.columns import COUNTED, FITS, MACHINE, PROBLEM_COLUMN, Values, column_title
from gui.paint.sweep.content import SweepPlot, empty_plot, sweep_plot
from gui.paint.sweep.parallel import ParallelAxis, ParallelPlot, parallel_axes, point_shares
from gui.state.view_state import ViewState
from gui.views.sweep_canvas import SweepCanvas
from gui.views.sweep_export import ExportButton
from gui.views.sweep_model import PointsProxy, SweepModel
from gui.views.sweep_parallel import ParallelCanvas
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.tables import make_row_table
from gui.widgets.texts import make_note

_SHARE = 500
"""Size of plot and of table in proportion, until a person drags their border."""
_TALL = 400
"""Pixels of height from which on the parallel coordinates are below; else they are a tab beside the table."""
_WIDEST = 24
"""Digits of the widest column of the table."""
_EMPTY_TABLE = "Here will be a row per point, with its settings and metrics. Name axes above and press Start."
_EMPTY_AXES = "Here each axis and metric will be a vertical line. Drag along one to see the points of that range alone."
_COUNTED_PAIR = "macs", "params"


class SweepPoints(QWidget):
    """A scatter plot beside a table, and parallel coordinates below; in little height these are a tab of the table."""

    hovered = Signal(str)
    point_changed = Signal()
    """Another point is selected."""
    point_activated = Signal()
    """Enter has been pressed in the table."""
    pair_changed = Signal()
    """Other metrics are shown."""
    brushed = Signal(object)
    """A person marks these ranges, a tuple of `ColumnRange`."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.across, self.up = ChoiceBox(parent=self), ChoiceBox(parent=self)
        self.clear = QPushButton("Show all", self)
        self.export = ExportButton(self.shown_table, lambda: self._state.sweep.sweep, self)
        self.canvas, self.parallel = SweepCanvas(state, self), ParallelCanvas(state, self)
        self.model = SweepModel(state)
        self.sorted = PointsProxy(self.model)
        self.table = make_row_table(self.sorted, "Points of the sweep", "Axes and metrics")
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.rows, self.axes = QStackedWidget(self), QStackedWidget(self)
        self.tabs = QTabWidget(self)
        self.upper, self.splitter = QSplitter(self), QSplitter(Qt.Orientation.Vertical, self)
        self.selected: int | None = None
        """The position of the selected point among all."""
        self._options: list[tuple[str, str]] = []
        self._rows: tuple[Values, ...] = ()
        self._positions: Positions = {}
        self._axes: tuple[ParallelAxis, ...] = ()
        self._shares = np.empty((0, 0))
        self._fits = np.empty(0, dtype=bool)
        self.within = np.empty(0, dtype=bool)
        """Which points are within all ranges that are marked."""
        self._describe()
        self._compose()
        self._connect()

    def _describe(self) -> None:
        self.across.setAccessibleName("Horizontal axis")
        self.up.setAccessibleName("Vertical axis")
        for box in (self.across, self.up):
            box.setMinimumContentsLength(12)
        self.clear.setToolTip("Clear all ranges that are marked (Esc in the plot of all axes)")
        policy = self.clear.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # else plots would move under the mouse that marks a range
        self.clear.setSizePolicy(policy)
        self.clear.hide()

    def _compose(self) -> None:
        for stack, text, filled in ((self.rows, _EMPTY_TABLE, self.table), (self.axes, _EMPTY_AXES, self.parallel)):
            hint = make_note(text)
            hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
            hint.setMargin(12)
            stack.addWidget(hint)
            stack.addWidget(filled)
        self.tabs.setDocumentMode(True)
        self.tabs.setTabBarAutoHide(True)
        self.tabs.addTab(self.rows, "Table")
        self.tabs.addTab(self.axes, "All axes")
        self.upper.addWidget(self.canvas)
        self.upper.addWidget(self.tabs)
        self.splitter.addWidget(self.upper)
        for splitter in (self.upper, self.splitter):
            splitter.setChildrenCollapsible(False)
        for index in range(self.upper.count()):
            self.upper.setStretchFactor(index, 1)
        self.upper.setSizes([_SHARE, _SHARE])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.splitter)

    def _connect(self) -> None:
        for box in (self.across, self.up):
            box.chosen.connect(self._on_pair_chosen)
        for canvas in (self.canvas, self.parallel):
            canvas.row_selected.connect(self.select)
            canvas.hovered.connect(self.hovered)
        self.parallel.brushed.connect(self.brushed)
        self.clear.clicked.connect(self.parallel.clear)
        self.table.selectionModel().currentRowChanged.connect(self._on_current_row_changed)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._add_shortcut(QKeySequence(key), self.point_activated.emit)
        self._add_shortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.export.copy)

    def _add_shortcut(self, keys: QKeySequence, act: Callable[[], None]) -> None:
        QShortcut(keys, self.table, context=Qt.ShortcutContext.WidgetShortcut).activated.connect(act)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_below, fits_below = self.splitter.count() > 1, self.height() >= _TALL
        if fits_below and not is_below:
            self.splitter.addWidget(self.axes)  # takes it out of the tabs
            self.splitter.setSizes([3 * _SHARE, 2 * _SHARE])
            self.axes.show()
        elif is_below and not fits_below:
            self.tabs.addTab(self.axes, "All axes")

    # State → widgets

    def show_state(self, state: ViewState) -> None:
        """Show the points of the last sweep."""
        self._state = state
        sweep, rows = state.sweep.sweep, state.sweep.rows
        self._take_rows()
        self.within = points_within(self._positions, state.sweep.brush)
        if self.selected is not None and not (self.selected < len(rows) and self.within[self.selected]):
            self.table.setCurrentIndex(QModelIndex())  # else it would go to a neighbour
        before = self.model.columns
        self.sorted.show_only(self.within if state.sweep.brush else None)
        self.model.show_state(state)
        for stack in (self.rows, self.axes):
            stack.setCurrentIndex(int(sweep is not None))
        self._show_options()
        if self.model.columns != before:
            self._fit_columns()
        self.clear.setVisible(bool(state.sweep.brush))
        self.export.set_available(bool(rows))
        self.show_plots()

    def _take_rows(self) -> None:
        """Take over the positions of new points; those of the same sweep are added."""
        sweep, rows = self._state.sweep.sweep, self._state.sweep.rows
        if sweep is None:
            self._rows, self._positions = (), {}
            return
        old_count = len(self._rows)
        if sweep is not self.model.sweep or rows[:1] != self._rows[:1] or len(rows) < old_count:
            self._positions, old_count = {}, 0
        elif len(rows) == old_count and self._positions:
            return
        self._positions = add_positions(self._positions, sweep, rows[old_count:])
        self._rows = rows
        self._axes = parallel_axes(sweep, self._positions)
        self._shares = point_shares(self._axes, self._positions)
        self._fits = self._positions.get(FITS, np.ones(len(rows))) != 0

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

    @property
    def pair(self) -> tuple[str, str]:
        """The metrics of the scatter plot."""
        return self.across.value() or _COUNTED_PAIR[0], self.up.value() or _COUNTED_PAIR[1]

    @property
    def rows_within(self) -> tuple[Values, ...]:
        """The rows of the points within all ranges, as they have come."""
        rows = self._state.sweep.rows
        return tuple(row for row, is_within in zip(rows, self.within.tolist(), strict=True) if is_within)

    def shown_table(self) -> tuple[tuple[str, ...], list[Values]]:
        """The heads and the rows of the table, filtered and sorted as they are shown."""
        indices = (self.sorted.mapToSource(self.sorted.index(row, 0)).row() for row in range(self.sorted.rowCount()))
        return self.model.columns, [self.model.rows[index] for index in indices]

    def show_plots(self) -> None:
        """Draw the points in the chosen metrics, and on all axes."""
        state, sweep = self._state, self._state.sweep.sweep
        if sweep is None:
            self.canvas.show_plot(state, empty_plot(state.project, self.pair, state.picture_costs), self.selected)
            self.parallel.show_plot(state, None, None)
            return
        measured = state.sweep.measured_designs(state.project)
        plot = sweep_plot(sweep, state.sweep.rows, self.pair, state.picture_costs, self.within, measured)
        self.canvas.show_plot(state, plot, self.selected)
        self.parallel.show_plot(state, self._parallel_plot(plot), self.selected)

    def _parallel_plot(self, plot: SweepPlot) -> ParallelPlot:
        front = tuple(point.row for point in plot.front)
        return ParallelPlot(self._axes, self._shares, self.within, self._fits, front, self._state.sweep.brush)

    # Selection

    def forget_selection(self) -> None:
        """Select no point, before another sweep is shown."""
        self.selected = None

    def select(self, row: int) -> None:
        """Select a point in the table by its position among all."""
        index = self.sorted.mapFromSource(self.model.index(row, 0))
        flags = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.table.scrollTo(index, QTableView.ScrollHint.PositionAtCenter)

    def _on_current_row_changed(self, current: QModelIndex) -> None:
        self.selected = self.sorted.mapToSource(current).row() if current.isValid() else None
        self.show_plots()
        self.point_changed.emit()

    def _on_pair_chosen(self, _: object) -> None:
        self.show_plots()
        self.pair_changed.emit()

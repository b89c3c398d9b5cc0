"""The table as an item model that changes in place, so that selection and scroll position stay."""

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon

from engine.cost.metrics import Costs, Metric, exact_of
from engine.network.node_ref import STEM, NodeRef
from engine.reports.tables import OUTPUT, PROBLEM, TableColumn, TableRow, operations_columns, visible_metrics
from gui.state.view_state import ViewState
from gui.views.report_model import NO_PARENT, ROLE, Index, ReportModel
from gui.widgets.plain_text import plain_tip

DESIGN_COLUMN, NODE_COLUMN = 0, 1
"""Positions of the columns with icons."""


class OperationsModel(ReportModel):
    """One row per node and a total per design, as `engine.reports.tables` defines them."""

    def __init__(self, state: ViewState) -> None:
        super().__init__(state)
        self.rows: tuple[TableRow, ...] = _rows_of(state)
        self.columns: tuple[TableColumn, ...] = _columns_of(state, self.rows)

    def show_state(self, state: ViewState) -> tuple[TableRow, ...]:
        """Show a state: only cells that differ are changed, rows are inserted and removed where they differ.

        Returns the rows with other contents, or all if the columns differ.
        """
        rows = _rows_of(state)
        columns = _columns_of(state, rows)
        renamed = _design_names(self._state) != _design_names(state)
        recoloured = self._take_state(state) or renamed
        if [column.title for column in columns] != [column.title for column in self.columns]:
            self.beginResetModel()
            self.rows, self.columns = rows, columns
            self.endResetModel()
            return rows
        changed = self._replace_rows(rows)
        if recoloured and rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(columns) - 1))
        return changed

    def _replace_rows(self, new: tuple[TableRow, ...]) -> tuple[TableRow, ...]:
        """Insert and remove rows only in the range that differs, then report and return the rows with other contents.

        Inserted rows are among these.
        """
        old = self.rows
        inserted: tuple[TableRow, ...] = ()
        if len(old) != len(new):
            first = next(
                (i for i, pair in enumerate(zip(old, new, strict=False)) if not _is_same_row(*pair)),
                _shorter_length(old, new),
            )
            last = _common_end(old[first:], new[first:])
            removed, inserted = old[first : len(old) - last], new[first : len(new) - last]
            if removed:
                self.beginRemoveRows(NO_PARENT, first, first + len(removed) - 1)
                self.rows = (*old[:first], *old[first + len(removed) :])
                self.endRemoveRows()
            if inserted:
                self.beginInsertRows(NO_PARENT, first, first + len(inserted) - 1)
                self.rows = (*self.rows[:first], *inserted, *self.rows[first:])
                self.endInsertRows()
        metrics = [column.metric for column in self.columns if column.metric is not None]
        changed = [i for i, pair in enumerate(zip(self.rows, new, strict=True)) if _rows_differ(*pair, metrics)]
        self.rows = new
        if changed:
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(self.columns) - 1))
        return (*inserted, *(new[i] for i in changed))

    def row_of(self, ref: NodeRef) -> int | None:
        """Return the row of a node."""
        matches = (i for i, row in enumerate(self.rows) if not row.is_total and (row.design, row.node) == ref)
        return next(matches, None)

    def total_row(self, design: str) -> int | None:
        """Return the row of the total of a design."""
        return next((i for i, row in enumerate(self.rows) if row.is_total and row.design == design), None)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == ROLE.TextAlignmentRole:
            return _alignment(column)
        return column.title if role == ROLE.DisplayRole else None

    def _cell_data(self, index: Index, role: int) -> Any:
        row, column = self.rows[index.row()], self.columns[index.column()]
        match role:
            case ROLE.DisplayRole:
                return self.cell_text(row, column)
            case ROLE.ToolTipRole:
                return plain_tip(operations_cell_tip(self._state.costs, row, column))
            case ROLE.StatusTipRole:
                return operations_cell_tip(self._state.costs, row, column)
            case ROLE.TextAlignmentRole:
                return _alignment(column)
            case ROLE.FontRole:
                return self._bold if row.is_total else None
            case ROLE.ForegroundRole:
                return QColor(self._theme.muted) if self._earlier_text(row, column) else self._foreground(row)
            case ROLE.BackgroundRole:
                return QColor(self._theme.window) if row.is_total else None
            case ROLE.DecorationRole:
                return self._decoration(row, index.column())
        return None

    def cell_text(self, row: TableRow, column: TableColumn) -> str:
        """The text of a cell, that of before a mistake for what the mistake has made unknown."""
        return self._earlier_text(row, column) or column.text(row)

    def _earlier_text(self, row: TableRow, column: TableColumn) -> str:
        """``was 160,563,200`` or ``was 32×28×28`` for what a mistake has made unknown; "" for others."""
        metric = column.metric
        if column is OUTPUT:
            shape = None if row.is_total else self._state.earlier_shape((row.design, row.node))
            return "" if shape is None else f"was {shape}"
        if metric is None or row.design not in self._state.earlier or row.value(metric) is not None:
            return ""
        earlier = self._state.earlier_amount(metric, row.design, row.node)
        return "" if earlier is None else f"was {exact_of(metric, earlier)}"

    def _foreground(self, row: TableRow) -> QColor:
        return QColor(self._theme.error if row.problem else self._theme.text)

    def _decoration(self, row: TableRow, column: int) -> QColor | QIcon | None:
        if column == NODE_COLUMN and row.problem:
            return self._mistake
        if column != DESIGN_COLUMN:
            return None
        stem = row.design == STEM
        return QColor(self._theme.muted if stem else self._theme.design(self._state.colour_index(row.design)))


def _rows_of(state: ViewState) -> tuple[TableRow, ...]:
    """Return the rows to show: the designs, which are compared, then the stem, which they share."""
    return tuple(sorted(state.cost_rows, key=lambda row: row.design == STEM))


def _columns_of(state: ViewState, rows: tuple[TableRow, ...]) -> tuple[TableColumn, ...]:
    """Return the columns: numbers before what the list of layers shows too, so that a narrow dock shows numbers."""
    design, node, layer, inputs, output, *metrics = operations_columns(
        visible_metrics(state.look.metric), state.look.convention
    )
    problem = (PROBLEM,) if any(row.problem for row in rows) else ()
    return (design, node, *problem, *metrics, output, layer, inputs)


def _design_names(state: ViewState) -> list[str]:
    return [design.name for design in state.project.designs]


def operations_cell_tip(costs: Costs, row: TableRow, column: TableColumn) -> str:
    """Return details of a cell: a number's formula or exact value, and the node's mistake."""
    parts = [row.problem]
    if column.metric is not None:
        value, text = row.value(column.metric), column.text(row)
        unit = column.metric.unit or costs.unit(column.metric)
        exact = row.formula(column.metric) or (text if value is None else f"{text} {unit}")
        shorter = isinstance(value, int) and value >= 1000
        parts.insert(0, f"{exact} ({costs.short(column.metric, value)})" if shorter else exact)
    else:
        parts.insert(0, column.text(row))
    return "\n".join(dict.fromkeys(part for part in parts if part))


def _alignment(column: TableColumn) -> Qt.AlignmentFlag:
    """Numbers are in line at the right, texts at the left; shapes are centred, as they would touch the numbers."""
    side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
    if column is OUTPUT:
        side = Qt.AlignmentFlag.AlignHCenter
    return side | Qt.AlignmentFlag.AlignVCenter


def _is_same_row(one: TableRow, other: TableRow) -> bool:
    return (one.design, one.node, one.is_total) == (other.design, other.node, other.is_total)


def _rows_differ(before: TableRow, after: TableRow, metrics: Iterable[Metric]) -> bool:
    """Whether two rows differ. Amounts may differ for the same layer: receptive fields do."""
    if (before.report, before.problem) != (after.report, after.problem):
        return True
    return any(before.value(metric) != after.value(metric) for metric in metrics)


def _shorter_length(old: tuple[TableRow, ...], new: tuple[TableRow, ...]) -> int:
    return min(len(old), len(new))


def _common_end(old: tuple[TableRow, ...], new: tuple[TableRow, ...]) -> int:
    """Return how many rows at the end belong to the same nodes."""
    pairs = zip(reversed(old), reversed(new), strict=False)
    return next((i for i, pair in enumerate(pairs) if not _is_same_row(*pair)), _shorter_length(old, new))

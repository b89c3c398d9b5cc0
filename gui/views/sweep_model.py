"""The table of a sweep as an item model that grows while the sweep runs; a proxy sorts it."""

from typing import Any

import numpy as np
from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor

from engine.cost.metrics import METRICS
from engine.rank_search.report import error_text
from engine.sweep.answers import fitting_rows
from engine.sweep.axis_values import label_text
from engine.sweep.columns import FITS, MACHINE, PROBLEM_COLUMN, column_title
from engine.sweep.sweep import Sweep
from engine.text.units import abbreviate, exact_text
from gui.state.view_state import ViewState
from gui.views.report_model import NO_PARENT, ROLE, Index, ReportModel

_SORT_ROLE = Qt.ItemDataRole.UserRole
"""The value of a cell by which rows are sorted."""
_TEXTS = (FITS, MACHINE, PROBLEM_COLUMN)
_AMOUNTS = frozenset(metric.id for metric in METRICS)


class SweepModel(ReportModel):
    """A row per point, a column per axis and metric."""

    def __init__(self, state: ViewState) -> None:
        super().__init__(state)
        self.sweep: Sweep | None = None
        self.rows: tuple[dict[str, Any], ...] = ()
        self.columns: tuple[str, ...] = ()

    def show_state(self, state: ViewState) -> None:
        """Show other points: those of the same sweep are added below."""
        self._take_state(state)
        sweep, rows = state.sweep.sweep, state.sweep.rows
        count = len(self.rows)
        if sweep is self.sweep and rows[:1] == self.rows[:1] and len(rows) >= count:
            if len(rows) > count:
                self.beginInsertRows(NO_PARENT, count, len(rows) - 1)
                self.rows = rows
                self.endInsertRows()
            return
        self.beginResetModel()
        self.sweep, self.rows, self.columns = sweep, rows, () if sweep is None else sweep.columns
        self.endResetModel()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and section < len(self.columns):
            column = self.columns[section]
            if role in (ROLE.DisplayRole, ROLE.ToolTipRole) and self.sweep is not None:
                title = column_title(column, self.sweep.convention)
                return title if role == ROLE.ToolTipRole else title.replace(f"{self.sweep.design}/", "")
            if role == ROLE.TextAlignmentRole:
                return _alignment(column)
        return None

    def _cell_data(self, index: Index, role: int) -> Any:
        column, row = self.columns[index.column()], self.rows[index.row()]
        value = row.get(column)
        match role:
            case ROLE.DisplayRole:
                return cell_text(column, value)
            case ROLE.TextAlignmentRole:
                return _alignment(column)
            case ROLE.ToolTipRole:
                return row.get(PROBLEM_COLUMN) or (exact_text(value) if column in _AMOUNTS else None)
            case ROLE.ForegroundRole if not fitting_rows([row]):
                return QColor(self._theme.muted)
        return _sort_key(value) if role == _SORT_ROLE else None


def cell_text(column: str, value: Any) -> str:
    """A value of the table as text for people."""
    if value is None or value == "":
        return ""
    if column.startswith("error"):
        return error_text(value)
    if column == "agreement":
        return f"{100 * value:.4g} %"
    if column == FITS:
        return "yes" if value else "no"
    if column in _AMOUNTS:
        return exact_text(value) if isinstance(value, float) else abbreviate(value)
    return label_text(value)


def _alignment(column: str) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column in _TEXTS else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _sort_key(value: Any) -> Any:
    """What is unknown comes first."""
    if value is None:
        return float("-inf")
    return float(value) if isinstance(value, bool | int | float) else str(value)


class PointsProxy(QSortFilterProxyModel):
    """The points in the order of a column that a click on its head chooses, and perhaps only some of them."""

    def __init__(self, model: SweepModel) -> None:
        super().__init__()
        self._within: np.ndarray | None = None
        self.setSourceModel(model)
        self.setSortRole(_SORT_ROLE)

    def show_only(self, within: np.ndarray | None) -> None:
        """Show the points for which this is true, (points,); None: all. Further ones may be added to the model then."""
        count = self.sourceModel().rowCount()
        if np.array_equal(_first(self._within, count), _first(within, count)):
            self._within = within
            return
        self.beginFilterChange()
        self._within = within
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        return self._within is None or row >= len(self._within) or bool(self._within[row])


def _first(within: np.ndarray | None, count: int) -> np.ndarray:
    return np.ones(count, dtype=bool) if within is None else within[:count]

"""The convolutions of a design as an item model: what each can save at several errors, and which are checked."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, Qt, Signal
from PySide6.QtGui import QColor

from engine.network.analysis import Report
from engine.rank_search import ErrorCurve
from engine.rank_search.report import LEVELS, ReportColumn
from engine.text.units import abbreviate, exact_text
from gui.state.view_state import ViewState
from gui.theme import THEMES, Theme
from gui.views.report_model import NO_PARENT, ROLE, Index
from gui.widgets.plain_text import plain_tip

_LAYER_COLUMN, _WEIGHTS_COLUMN, _MACS_COLUMN = 0, 1, 2
"""Positions of the columns to the left of those of the errors."""
_NOT_SEARCHED = "not searched"


class BottleneckModel(QAbstractTableModel):
    """One row per convolution with a check box, sorted by what it saves at the selected error."""

    checked_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.reports: tuple[Report, ...] = ()
        self.curves: dict[str, ErrorCurve] = {}
        self.checked: frozenset[str] = frozenset()
        self.columns = tuple(ReportColumn(level) for level in LEVELS)
        self._theme: Theme = THEMES["light"]
        self._design = ""

    def show_state(self, state: ViewState, design: str, reports: tuple[Report, ...], form: str, error: float) -> None:
        """List the convolutions, with the curves that are still valid for the current settings."""
        curves = {
            ref[1]: curve
            for (ref, curve_form), curve in state.rank_search.curves.items()
            if ref[0] == design and curve_form == form and curve.measured_at and state.check.keys.get(ref) == curve.key
        }
        columns = tuple(ReportColumn(level) for level in sorted({*LEVELS, error}))
        ordered = tuple(sorted(reports, key=lambda r: -_saved_macs(curves.get(r.name), error)))
        theme = THEMES[state.look.theme]
        current = self.reports, self.curves, self.columns, self._theme, self._design
        if current == (ordered, curves, columns, theme, design):
            return
        self.beginResetModel()
        if design != self._design:  # a layer of the same name is another layer there
            self._design, self.checked = design, frozenset()
        self.reports, self.curves, self.columns, self._theme = ordered, curves, columns, theme
        self.checked &= {report.name for report in reports}
        self.endResetModel()

    def set_checked(self, names: frozenset[str]) -> None:
        """Check these rows and no others."""
        if names != self.checked:
            self.checked = names
            last = self.index(self.rowCount() - 1, 0)
            self.dataChanged.emit(self.index(0, 0), last, [ROLE.CheckStateRole])
            self.checked_changed.emit()

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.reports)

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else 3 + len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == ROLE.TextAlignmentRole:
            return _alignment(section)
        titles = ("Layer", "Weights", "MACs", *(column.title.capitalize() for column in self.columns))
        return titles[section] if role == ROLE.DisplayRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == _LAYER_COLUMN else flags

    def data(self, index: Index, role: int = ROLE.DisplayRole) -> Any:
        if not index.isValid():
            return None
        report, column = self.reports[index.row()], index.column()
        match role:
            case ROLE.DisplayRole:
                return self._text(report, column)
            case ROLE.ToolTipRole:
                return plain_tip(self._tip(report, column))
            case ROLE.TextAlignmentRole:
                return _alignment(column)
            case ROLE.CheckStateRole if column == _LAYER_COLUMN:
                return Qt.CheckState.Checked if report.name in self.checked else Qt.CheckState.Unchecked
            case ROLE.ForegroundRole if column > _MACS_COLUMN:
                return QColor(self._theme.text if report.name in self.curves else self._theme.muted)
        return None

    def setData(self, index: Index, value: Any, role: int = ROLE.EditRole) -> bool:
        if role != ROLE.CheckStateRole or index.column() != _LAYER_COLUMN:
            return False
        self.set_checked(self.checked ^ {self.reports[index.row()].name})
        return True

    def _text(self, report: Report, column: int) -> str:
        if column == _LAYER_COLUMN:
            return report.name
        if column == _WEIGHTS_COLUMN:
            return "×".join(map(str, report.array_shapes["weight"]))
        if column == _MACS_COLUMN:
            return abbreviate(report.macs)
        curve = self.curves.get(report.name)
        return _NOT_SEARCHED if curve is None else self.columns[column - 3].text(curve)

    def _tip(self, report: Report, column: int) -> str:
        curve = self.curves.get(report.name)
        if column <= _MACS_COLUMN or curve is None:
            return f"{exact_text(report.macs)} MACs" if column == _MACS_COLUMN else report.layer.label()
        index = curve.cheapest_within(self.columns[column - 3].error)
        if index is None:
            return "nothing cheaper has so small an error"
        return f"{exact_text(curve.costs[index])} MACs instead of {exact_text(curve.macs)}"


def _saved_macs(curve: ErrorCurve | None, error: float) -> int:
    return 0 if curve is None else curve.macs_saved(curve.cheapest_within(error))


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column <= _WEIGHTS_COLUMN else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter

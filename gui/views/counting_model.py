"""Counting rules as an item model: one row per rule, one column per kind of arithmetic that the design does."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, Qt
from PySide6.QtGui import QColor, QFont

from engine.cost.counting import Convention, Tally
from engine.cost.terms import TERM_BY_ID, Term
from engine.reports.counting_table import LEFT_OUT, TITLE_COLUMN, TOTAL_COLUMN, CountingTable, counting_table
from engine.text.units import exact_text
from gui.state.view_state import ViewState
from gui.theme import THEMES, Theme
from gui.views.report_model import NO_PARENT, ROLE, Index
from gui.widgets.plain_text import plain_tip


class CountingModel(QAbstractTableModel):
    """The total of a design by each counting rule, and the terms that make it up."""

    def __init__(self) -> None:
        super().__init__()
        self.table = CountingTable()
        self._theme: Theme = THEMES["light"]
        self._bold = QFont()
        self._bold.setBold(True)

    @property
    def conventions(self) -> tuple[Convention, ...]:
        return self.table.conventions

    @property
    def tallies(self) -> tuple[Tally | None, ...]:
        return self.table.tallies

    @property
    def terms(self) -> tuple[Term, ...]:
        return self.table.terms

    @property
    def current_row(self) -> int:
        return self.table.current_row

    def show_state(self, state: ViewState, design: str) -> None:
        """Count a design by every rule."""
        analysis = state.analysis(design)
        self.beginResetModel()
        self._theme = THEMES[state.look.theme]
        self.table = counting_table(() if analysis is None else analysis.reports, state.look.convention)
        self.endResetModel()

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.conventions)

    def columnCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else 2 + len(self.terms)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == ROLE.TextAlignmentRole:
            return _alignment(section)
        if role == ROLE.ToolTipRole and section >= 2:
            return self.terms[section - 2].what
        return self.table.heads[section] if role == ROLE.DisplayRole else None

    def data(self, index: Index, role: int = ROLE.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        match role:
            case ROLE.DisplayRole:
                return self.table.text(row, column)
            case ROLE.ToolTipRole:
                return plain_tip(self._tip(row, column))
            case ROLE.StatusTipRole:
                return self._tip(row, column)
            case ROLE.TextAlignmentRole:
                return _alignment(column)
            case ROLE.FontRole:
                return self._bold if row == self.current_row or column == TOTAL_COLUMN else None
            case ROLE.ForegroundRole:
                return QColor(self._theme.muted if self.table.text(row, column) == LEFT_OUT else self._theme.text)
        return None

    def _tip(self, row: int, column: int) -> str:
        rule, counts = self.conventions[row], self.tallies[row]
        if column == TITLE_COLUMN or counts is None:
            return "\n".join(filter(None, (rule.title, rule.source)))
        if column == TOTAL_COLUMN:
            return f"{exact_text(counts.total)} {rule.unit}"
        term = self.terms[column - 2]
        if term.id in counts.counted:
            factor = dict(rule.factors)[term.id]
            times = "" if factor == 1 else f", each as {factor}"
            return f"{term.what}{times}: {exact_text(counts.counted[term.id])} {rule.unit}"
        if term.subject in rule.subjects:
            others = [TERM_BY_ID[other].title for other in counts.counted if TERM_BY_ID[other].subject == term.subject]
            return f"counted as {', '.join(others)}: {term.what}"
        return f"left out: {term.what}"


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == TITLE_COLUMN else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter

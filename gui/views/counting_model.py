"""Counting rules as an item model: one row per rule, one column per kind of arithmetic that the design does."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, Qt
from PySide6.QtGui import QColor, QFont

from engine.cost.counting import CONVENTIONS, CUSTOM, Convention, Tally, tally
from engine.cost.terms import TERM_BY_ID, TERMS, Term
from engine.text.units import abbreviate, exact_text
from gui.state.view_state import ViewState
from gui.theme import THEMES, Theme
from gui.views.report_model import NO_PARENT, ROLE, Index

TITLE_COLUMN, _TOTAL_COLUMN = 0, 1
"""Positions of the columns to the left of those of the terms."""
_LEFT_OUT = "–"
_COUNTED_ELSEWHERE = ""
"""In the column of a term whose arithmetic the rule counts in another column."""


class CountingModel(QAbstractTableModel):
    """The total of a design by each counting rule, and the terms that make it up."""

    def __init__(self) -> None:
        super().__init__()
        self.conventions: tuple[Convention, ...] = ()
        self.tallies: tuple[Tally | None, ...] = ()
        self.terms: tuple[Term, ...] = ()
        self.current_row = 0
        self._theme: Theme = THEMES["light"]
        self._bold = QFont()
        self._bold.setBold(True)

    def show_state(self, state: ViewState, design: str) -> None:
        """Count a design by every rule, including the one in use, which comes last if it is the user's own."""
        current, analysis = state.look.convention, state.analysis(design)
        reports = () if analysis is None else analysis.reports
        ready = tuple(current if rule.id == current.id else rule for rule in CONVENTIONS)
        conventions = (*ready, current) if current.id == CUSTOM else ready
        terms = tuple(term for term in TERMS if any(r.output_shape and term.amount(r) for r in reports))
        self.beginResetModel()
        self.conventions, self.terms, self._theme = conventions, terms, THEMES[state.look.theme]
        self.tallies = tuple(tally(reports, rule) for rule in conventions)
        self.current_row = next((i for i, rule in enumerate(conventions) if rule.id == current.id), 0)
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
        names = ("Counted", "Total", *(term.title for term in self.terms))
        return names[section] if role == ROLE.DisplayRole else None

    def data(self, index: Index, role: int = ROLE.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        match role:
            case ROLE.DisplayRole:
                return self._text(row, column)
            case ROLE.ToolTipRole | ROLE.StatusTipRole:
                return self._tip(row, column)
            case ROLE.TextAlignmentRole:
                return _alignment(column)
            case ROLE.FontRole:
                return self._bold if row == self.current_row or column == _TOTAL_COLUMN else None
            case ROLE.ForegroundRole:
                return QColor(self._theme.muted if self._text(row, column) == _LEFT_OUT else self._theme.text)
        return None

    def _text(self, row: int, column: int) -> str:
        rule, counts = self.conventions[row], self.tallies[row]
        if column == TITLE_COLUMN:
            return rule.title
        if column == _TOTAL_COLUMN:
            return f"{abbreviate(None if counts is None else counts.total)} {rule.unit}"
        term = self.terms[column - 2]
        if counts is not None and term.id in counts.counted:
            return abbreviate(counts.counted[term.id])
        return _COUNTED_ELSEWHERE if term.subject in rule.subjects else _LEFT_OUT

    def _tip(self, row: int, column: int) -> str:
        rule, counts = self.conventions[row], self.tallies[row]
        if column == TITLE_COLUMN or counts is None:
            return "\n".join(filter(None, (rule.title, rule.source)))
        if column == _TOTAL_COLUMN:
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

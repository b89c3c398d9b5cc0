"""Conventions as an item model: a row each, a column for every sort of arithmetic that the design does."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont

from engine.cost.counting import CONVENTIONS, CUSTOM, TERMS, Convention, Tally, Term, tally
from engine.text.units import abbreviate, exact_text
from gui.state.view_state import ViewState
from gui.theme import THEMES, Theme

_Index = QModelIndex | QPersistentModelIndex
_ROLE = Qt.ItemDataRole
_NO_PARENT = QModelIndex()
TITLE_COLUMN, TOTAL_COLUMN = 0, 1
"""Positions of the columns before those of the terms."""
LEFT_OUT = "–"


class CountingModel(QAbstractTableModel):
    """What each convention counts of one design, and which term makes the difference."""

    def __init__(self) -> None:
        super().__init__()
        self.conventions: tuple[Convention, ...] = ()
        self.tallies: tuple[Tally | None, ...] = ()
        self.terms: tuple[Term, ...] = ()
        self.chosen = 0
        self._theme: Theme = THEMES["light"]
        self._bold = QFont()
        self._bold.setBold(True)

    def show_state(self, state: ViewState, design: str) -> None:
        """Count a design by every convention; the one in use is among them, last where it is nobody's."""
        used, analysis = state.look.convention, state.analysis(design)
        reports = () if analysis is None else analysis.reports
        ready = tuple(used if rule.id == used.id else rule for rule in CONVENTIONS)
        conventions = (*ready, used) if used.id == CUSTOM else ready
        terms = tuple(term for term in TERMS if any(r.output_shape and term.amount(r) for r in reports))
        self.beginResetModel()
        self.conventions, self.terms, self._theme = conventions, terms, THEMES[state.look.theme]
        self.tallies = tuple(tally(reports, rule) for rule in conventions)
        self.chosen = next((i for i, rule in enumerate(conventions) if rule.id == used.id), 0)
        self.endResetModel()

    def rowCount(self, parent: _Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.conventions)

    def columnCount(self, parent: _Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else 2 + len(self.terms)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == _ROLE.TextAlignmentRole:
            return _alignment(section)
        if role == _ROLE.ToolTipRole and section >= 2:
            return self.terms[section - 2].what
        names = ("Counted", "Total", *(term.title for term in self.terms))
        return names[section] if role == _ROLE.DisplayRole else None

    def data(self, index: _Index, role: int = _ROLE.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        match role:
            case _ROLE.DisplayRole:
                return self._text(row, column)
            case _ROLE.ToolTipRole | _ROLE.StatusTipRole:
                return self._tip(row, column)
            case _ROLE.TextAlignmentRole:
                return _alignment(column)
            case _ROLE.FontRole:
                return self._bold if row == self.chosen or column == TOTAL_COLUMN else None
            case _ROLE.ForegroundRole:
                return QColor(self._theme.muted if self._text(row, column) == LEFT_OUT else self._theme.text)
        return None

    def _text(self, row: int, column: int) -> str:
        rule, found = self.conventions[row], self.tallies[row]
        if column == TITLE_COLUMN:
            return rule.title
        if column == TOTAL_COLUMN:
            return f"{abbreviate(None if found is None else found.total)} {rule.unit}"
        amount = None if found is None else found.counted.get(self.terms[column - 2].id)
        return LEFT_OUT if amount is None else abbreviate(amount)

    def _tip(self, row: int, column: int) -> str:
        rule, found = self.conventions[row], self.tallies[row]
        if column == TITLE_COLUMN or found is None:
            return "\n".join(filter(None, (rule.title, rule.source)))
        if column == TOTAL_COLUMN:
            return f"{exact_text(found.total)} {rule.unit}"
        term = self.terms[column - 2]
        if term.id in found.counted:
            factor = dict(rule.factors)[term.id]
            times = "" if factor == 1 else f", each as {factor}"
            return f"{term.what}{times}: {exact_text(found.counted[term.id])} {rule.unit}"
        return f"left out: {term.what}"


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == TITLE_COLUMN else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter

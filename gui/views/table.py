"""The Table view: shapes and exact costs of every node, to read, to select from and to copy."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, QSignalBlocker, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from engine.cost.metrics import metric_by_id
from engine.network.node_ref import design_text
from engine.reports.table_formats import TABLE_FORMATS, to_tsv
from engine.reports.tables import TableRow, comparisons
from gui.paint.tables.operations_table import NO_DESIGN_HINT
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.views.base import View
from gui.views.report_model import NO_PARENT
from gui.views.table_model import DESIGN_COLUMN, NODE_COLUMN, OperationsModel, operations_cell_tip
from gui.widgets.copy_button import CopyButton
from gui.widgets.plain_text import plain_tip
from gui.widgets.tables import make_row_table

_WIDEST = 28
"""Digits. Names wider than the widest column are shortened, numbers and tool tips are not."""
_SIGN, _PADDING = 24, 12
"""Pixels."""


class TableView(View):
    """The table of operations."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.model = OperationsModel(state)
        self.table = _make_table(self.model)
        self.hint = QLabel(NO_DESIGN_HINT)
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setMargin(_PADDING)
        self.note = QLabel()
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setAccessibleName("Comparison")
        self.note.setWordWrap(True)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        formats = (table_format for table_format in TABLE_FORMATS if table_format.ending)
        copies = {table_format.title: partial(self.copy_all, table_format.text) for table_format in formats}
        self.copy_button = CopyButton(self.table, copies, self.copy_selected)
        self._compose()
        self.table.selectionModel().currentRowChanged.connect(self._on_current_row_changed)
        self.table.entered.connect(self._on_cell_entered)
        self.table.viewport().installEventFilter(self)
        self._fit_columns(self.model.rows, reset=True)
        self._show_texts()
        self._select_ref()

    def _compose(self) -> None:
        below = QHBoxLayout()
        below.setContentsMargins(6, 3, 6, 3)
        below.setSpacing(8)
        below.addWidget(self.note, 1)
        below.addWidget(self.copy_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.hint, 1)
        column.addWidget(self.table, 1)
        column.addLayout(below)

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        changed = old.costs_key != new.costs_key
        if changed:
            self._show_rows()
            self._show_texts()
        if changed or old.focus != new.focus:
            self._select_ref()

    def _show_rows(self) -> None:
        """Update the rows. Signals are blocked because Qt moves the current row when rows come and go."""
        titles = [column.title for column in self.model.columns]
        with QSignalBlocker(self.table.selectionModel()):
            changed = self.model.show_state(self._state)
        if titles != [column.title for column in self.model.columns]:
            self._fit_columns(self.model.rows, reset=True)
        else:
            self._fit_columns(changed)

    def _show_texts(self) -> None:
        self.hint.setVisible(not self._state.project.designs)
        self.table.setVisible(bool(self.model.rows))
        lines = comparisons(self.model.rows, metric_by_id(self._state.look.metric))
        self.note.setText("  ·  ".join(lines))
        self.note.setToolTip(plain_tip("\n".join(lines)))

    def _select_ref(self) -> None:
        """Make the selected node's row the current one, unless it is already."""
        selection = self.table.selectionModel()
        row = self.model.row_of(self._state.visible_ref(self._state.focus.ref))
        if row is None:
            selection.clear()
        elif selection.currentIndex().row() != row or not selection.isRowSelected(row, NO_PARENT):
            column = max(selection.currentIndex().column(), 0)
            index = self.model.index(row, column)
            flags = QItemSelectionModel.SelectionFlag
            # Qt scrolls to it; if the table is hidden, once it is shown.
            selection.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)

    def _on_current_row_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        if not current.isValid():
            return
        row = self.model.rows[current.row()]
        if not row.is_total and (row.design, row.node) != self._state.visible_ref(self._state.focus.ref):
            self.focus_requested.emit(Focus(row.design, row.node))

    def _on_cell_entered(self, index: QModelIndex) -> None:
        row = self.model.rows[index.row()]
        tip = operations_cell_tip(self._state.costs, row, self.model.columns[index.column()]).replace("\n", ": ")
        self.hovered.emit(f"{design_text(row.design)} / {row.node or 'total'}: {tip}" if tip else "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Clear the status bar when the mouse leaves the cells."""
        if event.type() == QEvent.Type.Leave:
            self.hovered.emit("")
        return False

    def selected_rows(self) -> tuple[TableRow, ...]:
        """Return the selected rows from top to bottom, or all rows if none is selected."""
        positions = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return tuple(self.model.rows[row] for row in positions) or self.model.rows

    def copy_selected(self) -> None:
        QGuiApplication.clipboard().setText(to_tsv(self.selected_rows()))

    def copy_all(self, text_of: Callable[[Sequence[TableRow]], str]) -> None:
        QGuiApplication.clipboard().setText(text_of(self.model.rows))

    def _fit_columns(self, rows: Sequence[TableRow], *, reset: bool = False) -> None:
        """Widen columns to the longest text of these rows; they only shrink if `reset`, so that an edit moves none."""
        header, font = self.table.horizontalHeader(), self.table.font()
        font.setBold(True)  # as in totals
        metrics = QFontMetrics(font)
        widest = _WIDEST * metrics.horizontalAdvance("0")
        for position, column in enumerate(self.model.columns):
            texts = (self.model.cell_text(row, column) for row in rows)
            longest = max((column.title, *texts), key=len)
            width = (
                1.05 * metrics.horizontalAdvance(longest)
                + (_SIGN if position in (DESIGN_COLUMN, NODE_COLUMN) else 0)
                + _PADDING
            )
            needed = round(width) if column.is_number else min(round(width), widest)
            if reset or header.sectionSize(position) < needed:
                header.resizeSection(position, needed)


def _make_table(model: OperationsModel) -> QTableView:
    table = make_row_table(model, "Table of operations")
    table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    table.setMouseTracking(True)
    table.horizontalHeader().setMinimumSectionSize(40)
    table.horizontalHeader().setDefaultSectionSize(60)
    return table

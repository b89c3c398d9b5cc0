"""The table of the view of differences: its columns, what the mouse is on, the selected row, and copies."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, QRect, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStyle

from engine.reports.difference_formats import COPY_FORMATS, DifferenceRow, to_tsv
from engine.reports.differences import DesignDifferences
from gui.paint.differences.content import DifferencesContent
from gui.state.view_state import ViewState
from gui.views.differences_model import TEXT_COLUMN, DifferencesModel
from gui.views.report_model import NO_PARENT
from gui.widgets.copy_button import CopyButton
from gui.widgets.tables import RowDelegate, make_row_table

_NARROWEST_TEXT = 140
"""Pixels for what differs."""
_MOST_LINES = 3
"""Lines of a row; what is left out there is in the tool tip."""


class DifferencesTable(QObject):
    """Owns the table, its model, and the button that copies it."""

    position_selected = Signal(int)
    """The user has selected a layer, by its position in the comparison."""
    hovered = Signal(str)

    def __init__(self, state: ViewState, content: DifferencesContent, parent: QObject) -> None:
        super().__init__(parent)
        self.model = DifferencesModel(state, content)
        self.table = make_row_table(self.model, "What differs")
        self.table.setMouseTracking(True)
        self.table.setItemDelegateForColumn(TEXT_COLUMN, RowDelegate(self.table))  # a sentence wraps, or loses its end
        self.table.setWordWrap(True)
        copies = {title: partial(self.copy_all, text_of) for title, text_of in COPY_FORMATS.items()}
        self.copy_button = CopyButton(self.table, copies, self.copy_selected)
        self.natural_width = 0
        """Pixels that the table needs to show all texts in one line."""
        self.least_width = 0
        """Pixels that it needs to show all columns, with the texts in several lines."""
        self.table.selectionModel().currentRowChanged.connect(self._on_current_row_changed)
        self.table.entered.connect(self._on_cell_entered)
        self.table.viewport().installEventFilter(self)

    def show_content(self, state: ViewState, content: DifferencesContent, *, every_layer: bool) -> None:
        """List another content. Signals are blocked because Qt moves the current row when rows come and go."""
        with QSignalBlocker(self.table.selectionModel()):
            self.model.show_content(state, content, every_layer=every_layer)
        self.fit_columns()

    def select(self, position: int | None) -> None:
        """Make the row of a layer the current one, by its position in the comparison."""
        selection, row = self.table.selectionModel(), self.model.row_of(position)
        if row is None:
            selection.clear()
        elif selection.currentIndex().row() != row or not selection.isRowSelected(row, NO_PARENT):
            flags = QItemSelectionModel.SelectionFlag
            index = self.model.index(row, max(selection.currentIndex().column(), 0))
            selection.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)

    def fit_columns(self) -> None:
        """Give numbers the width that they need, and the texts of the differences the rest."""
        header, widths = self.table.horizontalHeader(), []
        for column in range(self.model.columnCount()):
            widths.append(max(self.table.sizeHintForColumn(column), header.sectionSizeHint(column)) + 8)
        self.natural_width = sum(widths) + self.table.verticalScrollBar().sizeHint().width() + 4
        if widths:
            self.least_width = self.natural_width - max(widths[TEXT_COLUMN] - _NARROWEST_TEXT, 0)
            rest = self.table.viewport().width() - sum(widths) + widths[TEXT_COLUMN]
            widths[TEXT_COLUMN] = min(widths[TEXT_COLUMN], max(rest, _NARROWEST_TEXT))
        for column, width in enumerate(widths):
            self.table.setColumnWidth(column, width)
        self._fit_rows()

    def _fit_rows(self) -> None:
        """Give rows whose texts are wider than their column more lines."""
        metrics, header = self.table.fontMetrics(), self.table.verticalHeader()
        margin = self.table.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin) + 1
        column = QRect(0, 0, self.table.columnWidth(TEXT_COLUMN) - 2 * margin, 10_000)
        for row in range(self.model.rowCount()):
            text = str(self.model.index(row, TEXT_COLUMN).data() or "")
            wrapped = metrics.boundingRect(column, Qt.TextFlag.TextWordWrap, text).height()
            extra = min(wrapped, _MOST_LINES * metrics.lineSpacing()) - metrics.height()
            header.resizeSection(row, header.defaultSectionSize() + max(0, extra))

    def _on_current_row_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        position = self.model.rows[current.row()].position if current.isValid() else None
        if position is not None:
            self.position_selected.emit(position)

    def _on_cell_entered(self, index: QModelIndex) -> None:
        self.hovered.emit(self.model.tip(self.model.rows[index.row()], index.column()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Clear the status bar when the mouse leaves the cells; fit the columns when their space changes."""
        if event.type() == QEvent.Type.Leave:
            self.hovered.emit("")
        if event.type() == QEvent.Type.Resize:
            self.fit_columns()
        return False

    def copy_selected(self) -> None:
        """Copy the selected row, or all rows if none is selected."""
        content = self.model.content
        rows = [self.model.rows[index.row()].position for index in self.table.selectionModel().selectedRows()]
        chosen = tuple(content.rows[position] for position in rows if position is not None)
        if content.differences is not None:
            QGuiApplication.clipboard().setText(to_tsv(content.differences, chosen or self.model.listed))

    def copy_all(self, text_of: Callable[[DesignDifferences, Sequence[DifferenceRow]], str]) -> None:
        if self.model.content.differences is not None:
            QGuiApplication.clipboard().setText(text_of(self.model.content.differences, self.model.listed))

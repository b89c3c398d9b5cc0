"""The view of the paper's table: numbers of maps are edited in it, published figures stand beside recounted ones."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, QSignalBlocker, Qt
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.network.graph import INPUT
from engine.network.node_ref import STEM
from engine.reports.form_switch import FormSwitch, switch_form
from engine.reports.googlenet_table import PaperRow, footnotes
from engine.reports.tables import design_title
from gui.paint.tables.googlenet_table import NO_LAYER_HINT, choose_table_design
from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.views.base import View
from gui.views.googlenet_table_model import TYPE_COLUMN, GooglenetTableModel, googlenet_cell_tip
from gui.views.report_model import Index
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.plain_text import plain_tip
from gui.widgets.tables import FittingDelegate
from gui.widgets.texts import NameEditor, make_note

_PADDING = 12
_LOWEST = 40
"""Minimum height of the table in pixels, so that a low window still shows the selected row."""
_NARROWEST = 50
_TRIGGERS = QAbstractItemView.EditTrigger


class GooglenetTableView(View):
    """One row per block or layer; typing in a number of maps proposes an edit."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._switch: FormSwitch | None = None
        self.model = GooglenetTableModel(state, choose_table_design(state))
        self.table = GooglenetTableWidget(self.model)
        self.table.setMinimumHeight(_LOWEST)
        self.design = ChoiceBox()
        self.design.setAccessibleName("Design of the paper's table")
        self.switch = QAction("Make separable", self)
        self.button = QToolButton()
        self.button.setDefaultAction(self.switch)
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for widget in (self.design, self.button):  # a narrow dock cuts their texts, which the tool tips repeat
            widget.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            widget.setMinimumWidth(_NARROWEST)
        self.table.addAction(self.switch)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.hint = QLabel(NO_LAYER_HINT)
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setMargin(_PADDING)
        self.note = make_note()
        self.note.setAccessibleName("Notes on the selected row")
        self._compose()
        self._connect()
        self.table.fit_columns(self.model.rows, reset=True)
        self._show_designs()
        self._show_row()

    def _compose(self) -> None:
        above = QHBoxLayout()
        above.setContentsMargins(6, 3, 6, 3)
        above.setSpacing(8)
        above.addWidget(self.design)
        above.addWidget(self.button)
        above.addStretch()
        self.note.setContentsMargins(6, 3, 6, 5)
        self.note.setMinimumHeight(self.note.fontMetrics().lineSpacing())
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(above)
        column.addWidget(self.hint, 1)
        column.addWidget(self.table, 1)
        column.addWidget(self.note)

    def _connect(self) -> None:
        self.model.edit_proposed.connect(self.edit_proposed)
        self.design.chosen.connect(self._on_design_chosen)
        self.switch.triggered.connect(self._on_switch_triggered)
        self.table.selectionModel().currentChanged.connect(self._on_current_cell_changed)
        self.table.entered.connect(self._on_cell_entered)
        self.table.viewport().installEventFilter(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave most of a low dock to the table; the note's full text is in its tool tip."""
        super().resizeEvent(event)
        line = self.note.fontMetrics().lineSpacing()
        self.note.setMaximumHeight(max(self.height() // 4 // line, 1) * line + _PADDING)

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        design = choose_table_design(new)
        changed = old.look.theme != new.look.theme or old.check is not new.check or design != self.model.design
        if changed:
            self._show_rows(design)
            self._show_designs()
        if changed or old.focus.ref != new.focus.ref:
            self._show_row()

    def _show_rows(self, design: str) -> None:
        """Update the rows. Signals are blocked because Qt moves the current row when rows come and go."""
        titles = [column.id for column in self.model.columns]
        with QSignalBlocker(self.table.selectionModel()):
            changed = self.model.show_state(self._state, design)
        self.table.fit_columns(changed, reset=titles != [column.id for column in self.model.columns])

    def _show_designs(self) -> None:
        analyses = self._state.check.analyses
        names = [name for name in analyses if name != STEM or analyses[name].reports]
        self.design.set_options([(name, design_title(name)) for name in names])
        self.design.show_value(self.model.design)
        self.design.setVisible(len(names) > 1)
        self.hint.setVisible(not self.model.rows)
        for widget in (self.table, self.button, self.note):
            widget.setVisible(bool(self.model.rows))

    def _show_row(self) -> None:
        """Make the selected node's row the current one, in the same column if that can be edited.

        Nothing moves if the row is current already.
        """
        row = self.model.row_of(self._state.focus.ref)
        selection = self.table.selectionModel()
        current = selection.currentIndex()
        if row is None:
            selection.clear()
        elif current.row() != row or not selection.isSelected(current):
            index = current.siblingAtRow(row)
            index = (
                index
                if self.model.map_count_at(index)
                else self.model.index(row, self.model.first_editable_column(row))
            )
            # Qt scrolls to it; if the table is hidden, once it is shown.
            selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._show_row_notes(None if row is None else self.model.rows[row])

    def _show_row_notes(self, row: PaperRow | None) -> None:
        """Show what the switch does for the selected row, and its notes below the table."""
        switch = "Select a convolution larger than 1×1" if row is None else switch_form(self._state.project, row)
        self._switch = switch if isinstance(switch, FormSwitch) else None
        self.switch.setEnabled(self._switch is not None)
        self.switch.setText("Make separable" if self._switch is None else self._switch.text)
        self.switch.setToolTip(plain_tip(switch if isinstance(switch, str) else switch.words))
        self.note.setText(self._row_note(row))
        self.note.setToolTip(plain_tip(self.note.text()))

    def _row_note(self, row: PaperRow | None) -> str:
        """Return the notes on a row, or else what the columns mean."""
        if row is not None and not row.is_total:
            form = "" if self._switch is None else f"{self._switch.text}: {self._switch.words}".replace("\n", "; ")
            text = "\n".join(part for part in (row.problem, row.note) if part) or form
            if text:
                return f"{row.title}: {text}" if text != form else text
        return "\n".join(footnotes(self._state.project, ()))

    def _on_current_cell_changed(self, current: QModelIndex) -> None:
        if not current.isValid():
            return
        row = self.model.rows[current.row()]
        if row.is_total:
            self._show_row_notes(row)
        elif current.row() != self.model.row_of(self._state.focus.ref):
            self.focus_requested.emit(Focus(row.design, row.node))
        else:
            self._show_row_notes(row)

    def _on_cell_entered(self, index: QModelIndex) -> None:
        row, column = self.model.rows[index.row()], self.model.columns[index.column()]
        self.hovered.emit(f"{row.name}, {column.title}: {googlenet_cell_tip(row, column)}".replace("\n", "; "))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Clear the status bar when the mouse leaves the cells."""
        if event.type() == QEvent.Type.Leave:
            self.hovered.emit("")
        return False

    def _on_design_chosen(self, design: str) -> None:
        rows = self._state.project.network(design).nodes
        self.focus_requested.emit(Focus(design, rows[0].name if rows else INPUT))

    def _on_switch_triggered(self) -> None:
        row = self.model.rows[self.table.currentIndex().row()]
        if self._switch is not None:
            project = self._state.project.with_network(row.design, self._switch.network)
            self.edit_proposed.emit(Edit(self._switch.text, project, focus=Focus(row.design, row.node)))


class GooglenetTableWidget(QTableView):
    """A table to move in with the arrow keys: Enter or a digit starts editing, Tab edits the next cell."""

    def __init__(self, model: GooglenetTableModel) -> None:
        super().__init__()
        self._model = model
        self.setModel(model)
        self.setItemDelegate(MapCountDelegate(model, self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(_TRIGGERS.DoubleClicked | _TRIGGERS.EditKeyPressed | _TRIGGERS.AnyKeyPressed)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("The paper's table; type in a cell to change its number of maps")
        # The names are in the header, which stays visible if a narrow dock shows only some columns.
        names = self.verticalHeader()
        names.setDefaultSectionSize(self.fontMetrics().height() + 8)
        names.setHighlightSections(True)
        names.setSectionsClickable(True)
        names.setAccessibleName("Blocks and layers")
        names.sectionPressed.connect(self._on_name_pressed)
        self.horizontalHeader().setMinimumSectionSize(30)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setAccessibleName("Columns of the paper's table")

    def fit_columns(self, rows: Sequence[PaperRow], *, reset: bool) -> None:
        """Widen columns to their longest text; they only shrink if `reset`, so that an edit does not make them jump."""
        header, metrics = self.horizontalHeader(), self.fontMetrics()
        self.setColumnHidden(TYPE_COLUMN, True)
        for position, column in enumerate(self._model.columns):
            longest = max((*column.head, *map(column.text, rows)), key=len)
            needed = round(1.1 * metrics.horizontalAdvance(longest)) + _PADDING
            if reset or header.sectionSize(position) < needed:
                header.resizeSection(position, needed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Scroll to the current cell again once the table has a size; without one, Qt scrolls too far."""
        super().resizeEvent(event)
        if event.oldSize().isEmpty():
            self.horizontalScrollBar().setValue(0)
            self.scrollTo(self.currentIndex())

    def _on_name_pressed(self, row: int) -> None:
        self.setCurrentIndex(
            self._model.index(row, max(self.currentIndex().column(), 0) or self._model.first_editable_column(row))
        )
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and self.state() != QAbstractItemView.State.EditingState and self._editable(self.currentIndex()):
            self.edit(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        """Edit the next editable cell after Tab, the previous one after Shift+Tab."""
        hints = QAbstractItemDelegate.EndEditHint
        steps = {hints.EditNextItem: 1, hints.EditPreviousItem: -1}
        if hint not in steps:
            super().closeEditor(editor, hint)
            return
        super().closeEditor(editor, hints.NoHint)
        target = self._next_editable(steps[hint])
        if target is not None:
            self.setCurrentIndex(target)
            self.edit(target)

    def _next_editable(self, step: int) -> QModelIndex | None:
        """Return the next editable cell in reading order, or the previous one."""
        columns = self._model.columnCount()
        at = self.currentIndex().row() * columns + self.currentIndex().column() + step
        while 0 <= at < columns * self._model.rowCount():
            index = self._model.index(at // columns, at % columns)
            if self._editable(index):
                return index
            at += step
        return None

    def _editable(self, index: QModelIndex) -> bool:
        return bool(self._model.flags(index) & Qt.ItemFlag.ItemIsEditable)


class MapCountDelegate(FittingDelegate):
    """Edits a number of maps in a line that only accepts allowed numbers and explains why others are not."""

    def __init__(self, model: GooglenetTableModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        map_count = self._model.map_count_at(index)
        assert map_count is not None

        def refusal(text: str) -> str:
            try:
                map_count.read(text)
            except ValueError as error:
                return str(error)
            return ""

        editor = NameEditor(refusal, parent)
        editor.setFrame(False)
        editor.setAlignment(Qt.AlignmentFlag.AlignRight)
        editor.setAccessibleName(f"{map_count.title} of {self._model.rows[index.row()].name}")
        editor.textChanged.connect(lambda: _keep_label_visible(editor.reason, parent))
        return editor

    def setModelData(self, editor: QWidget, model: object, index: Index) -> None:
        assert isinstance(editor, NameEditor)
        self._model.setData(index, editor.text())


def _keep_label_visible(label: QLabel, parent: QWidget) -> None:
    """Move a label inside its parent."""
    x = max(min(label.x(), parent.width() - label.width()), 0)
    y = label.y() if label.y() + label.height() <= parent.height() else max(label.y() - 2 * label.height() - 4, 0)
    label.move(x, y)

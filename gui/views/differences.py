"""The view of what differs between two designs: layers, settings, their costs, and errors along the network."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSplitter,
    QStyledItemDelegate,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.kernels import Checkpoint
from engine.network.node_ref import STEM
from engine.reports.difference_formats import COPY_FORMATS, SAME, DifferenceRow, to_tsv
from engine.reports.differences import DesignDifferences, describe_seeds
from gui.paint.differences.content import (
    COMPARE_HINT,
    build_differences,
    compute_errors,
    selected_layer,
)
from gui.state import edits
from gui.state.comparison import compared_pair
from gui.state.view_state import Focus, ViewState
from gui.views.base import View
from gui.views.differences_model import TEXT_COLUMN, DifferencesModel
from gui.views.error_canvas import ErrorCanvas
from gui.views.report_model import NO_PARENT
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.flow import FlowLayout
from gui.widgets.tables import make_row_table
from gui.widgets.texts import shorten_long_names
from gui.worker import Worker

_REDRAW_MS = 100
"""Least time between two repaints while errors are computed."""
_NARROWEST_TEXT = 180
"""Pixels for what differs; what is left out there is in the tool tip."""
_SHARES = 640, 360
"""Sizes of table and chart in proportion, until a person drags their border."""
_WIDE = 1.6
"""Ratio of width to height from which the chart is beside the table, not below it."""


class DifferencesView(View):
    """A table of the differences beside the chart of errors; a row or a column of the chart selects its layer."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._content = build_differences(state)
        self.first, self.second = ChoiceBox(parent=self), ChoiceBox(parent=self)
        self.swap, self.copy_button = QToolButton(self), QToolButton(self)
        self.every_layer = QCheckBox("All layers", self)
        self.model = DifferencesModel(state, self._content)
        self.table = make_row_table(self.model, "What differs")
        self.table.setMouseTracking(True)
        self.table.setItemDelegateForColumn(TEXT_COLUMN, QStyledItemDelegate(self.table))  # a sentence loses its end
        self.canvas = ErrorCanvas(self._content, state, self)
        self.hint, self.note = QLabel(self), QLabel(self)
        self.share = QToolButton(self)
        self.splitter = QSplitter(self)
        self._redraw = QTimer(self, singleShot=True, interval=_REDRAW_MS)
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)
        self._redraw.timeout.connect(self._show_errors)
        self._describe_controls()
        self._add_copy_menu()
        self._compose()
        self._connect()
        self._show_content()

    def _describe_controls(self) -> None:
        self.first.setAccessibleName("Design a")
        self.first.setToolTip("The design that the other one is compared with")
        self.second.setAccessibleName("Design b")
        self.second.setToolTip("The design whose costs and errors are relative to the first")
        self.swap.setText("⇄")
        self.swap.setAccessibleName("Swap the designs")
        self.swap.setToolTip("Swap the designs")
        self.every_layer.setToolTip("Also list layers that do not differ, with their errors")
        for label in (self.hint, self.note):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setMargin(12)
        self.note.setContentsMargins(0, 0, 0, 0)
        self.share.setToolTip("Then equal layers compute equal values, and errors show what the differences do")
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def _add_copy_menu(self) -> None:
        """Add the formats to the button and the context menu; the platform's copy key copies the selected row."""
        menu = QMenu(self)
        for title, text_of in COPY_FORMATS.items():
            action = QAction(f"Copy as {title}", self)
            action.triggered.connect(partial(self.copy_all, text_of))
            menu.addAction(action)
            self.table.addAction(action)
        self.copy_button.setText("Copy table")
        self.copy_button.setToolTip("Copy the whole table; Ctrl+C in the table copies the selected row")
        self.copy_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.copy_button.setMenu(menu)
        copy_action = QAction("Copy selected row as TSV", self.table)
        copy_action.setShortcut(QKeySequence.StandardKey.Copy)
        copy_action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy_action.triggered.connect(self.copy_selected)
        self.table.addAction(copy_action)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _compose(self) -> None:
        controls = FlowLayout()
        controls.setContentsMargins(6, 4, 6, 4)
        controls.setSpacing(4)
        for widget in (self.first, self.swap, self.second, self.every_layer, self.copy_button):
            controls.addWidget(widget)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(self.canvas)
        self.splitter.setChildrenCollapsible(False)
        self._table_width = 0
        """Pixels that the table needs to show all texts."""
        self._is_dragged = False
        """Whether a person has dragged the border between table and chart."""
        self.splitter.splitterMoved.connect(self._on_splitter_moved)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(controls)
        column.addWidget(self.hint, 1)
        column.addWidget(self.splitter, 1)
        below = QHBoxLayout()
        below.setContentsMargins(6, 3, 6, 3)
        below.addWidget(self.note, 1)
        below.addWidget(self.share)
        column.addLayout(below)
        self.setFocusProxy(self.table)

    def _connect(self) -> None:
        self.first.chosen.connect(lambda name: self._request_pair(name, self.second.value()))
        self.second.chosen.connect(lambda name: self._request_pair(self.first.value(), name))
        self.share.clicked.connect(self._propose_sharing)
        self.swap.clicked.connect(lambda: self._request_pair(self.second.value(), self.first.value()))
        self.every_layer.clicked.connect(self._show_content)
        self.table.selectionModel().currentRowChanged.connect(self._on_current_row_changed)
        self.table.entered.connect(self._on_cell_entered)
        self.table.viewport().installEventFilter(self)
        self.canvas.layer_selected.connect(self._select_layer)
        self.canvas.hovered.connect(self.hovered)

    # State → widgets

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        if _shows_other(old, new):
            self._content = build_differences(new)
            self._show_content()
        elif old.focus.ref != new.focus.ref:
            self._show_focus()

    def close_down(self) -> None:
        self._redraw.stop()
        self._worker.close()

    def _show_content(self) -> None:
        """Show the cached errors at once, and compute the others in the background."""
        differences = self._content.differences
        self._show_designs()
        with QSignalBlocker(self.table.selectionModel()):
            self.model.show_content(self._state, self._content, every_layer=self.every_layer.isChecked())
        self._fit_columns()
        self._share_space()
        self._show_texts(differences)
        self._show_focus()
        self._worker.cancel()
        if not self._content.is_complete:
            self._worker.start(partial(_compute, self._state))

    def _show_designs(self) -> None:
        names = [name for name in self._state.check.analyses if name != STEM]
        for choice, name in zip((self.first, self.second), compared_pair(self._state) or (None, None), strict=True):
            choice.set_options([(design, design) for design in names])
            choice.show_value(name)
            choice.setEnabled(len(names) > 1)
        for widget in (self.swap, self.every_layer, self.copy_button):
            widget.setEnabled(len(names) > 1)

    def _show_texts(self, differences: DesignDifferences | None) -> None:
        has_rows = bool(self.model.rows)
        self.table.setVisible(has_rows)
        self.splitter.setVisible(differences is not None and bool(differences.layers))
        self.hint.setVisible(not has_rows)
        if differences is None:
            self.hint.setText(COMPARE_HINT)
        else:
            self.hint.setText(f"{differences.first} and {differences.second}: {SAME} differs")
        note = "" if differences is None else describe_seeds(differences)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.share.setVisible(bool(note))
        if differences is not None:
            self.share.setText(f"Use those of {shorten_long_names([differences.first])[differences.first]}")

    def _show_errors(self) -> None:
        """Show the errors that have been computed since."""
        self._content = build_differences(self._state)
        self.model.show_content(self._state, self._content, every_layer=self.every_layer.isChecked())
        self.canvas.show_content(self._content, self._state)
        self._fit_columns()

    def _show_focus(self) -> None:
        """Make the row of the selected layer the current one."""
        self.canvas.show_content(self._content, self._state)
        selection, row = self.table.selectionModel(), self.model.row_of(selected_layer(self._content, self._state))
        if row is None:
            selection.clear()
        elif selection.currentIndex().row() != row or not selection.isRowSelected(row, NO_PARENT):
            flags = QItemSelectionModel.SelectionFlag
            index = self.model.index(row, max(selection.currentIndex().column(), 0))
            selection.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)

    def _fit_columns(self) -> None:
        """Give numbers the width that they need, and the texts of the differences the rest."""
        header, widths = self.table.horizontalHeader(), []
        for column in range(self.model.columnCount()):
            widths.append(max(self.table.sizeHintForColumn(column), header.sectionSizeHint(column)) + 8)
        self._table_width = sum(widths) + self.table.verticalScrollBar().sizeHint().width() + 4
        if widths:
            rest = self.table.viewport().width() - sum(widths) + widths[TEXT_COLUMN]
            widths[TEXT_COLUMN] = min(widths[TEXT_COLUMN], max(rest, _NARROWEST_TEXT))
        for column, width in enumerate(widths):
            self.table.setColumnWidth(column, width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the chart beside the table, or below it if the view is narrow."""
        super().resizeEvent(event)
        is_wide = self.width() > _WIDE * self.height()
        orientation = Qt.Orientation.Horizontal if is_wide else Qt.Orientation.Vertical
        if orientation != self.splitter.orientation():
            self.splitter.setOrientation(orientation)
            self._is_dragged = False
        self._share_space()

    def _share_space(self) -> None:
        """Share the space between table and chart, until a person drags their border: no more than the table needs."""
        if self._is_dragged:
            return
        first, second = _SHARES
        if self.splitter.orientation() == Qt.Orientation.Horizontal:
            width = self.splitter.width()
            first = min(first * width // sum(_SHARES), self._table_width)
            second = width - first
        self.splitter.setSizes([first, second])

    # Widgets → requests

    def _on_splitter_moved(self) -> None:
        self._is_dragged = True

    def _request_pair(self, first: str, second: str) -> None:
        """Compare these designs; choosing the other one swaps them."""
        current = compared_pair(self._state)
        if first == second and current is not None:
            first, second = current[::-1]
        self.look_requested.emit(replace(self._state.look, pair=(first, second)))

    def _propose_sharing(self) -> None:
        edit = edits.share_random_weights(self._state)
        if edit is not None:
            self.edit_proposed.emit(edit)

    def _on_current_row_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        position = self.model.rows[current.row()].position if current.isValid() else None
        if position is not None:
            self._select_layer(position)

    def _select_layer(self, position: int) -> None:
        """Select a layer: in the design of the selection if that has it, else in the second one, else in the first."""
        differences = self._content.differences
        if differences is None or selected_layer(self._content, self._state) == position:
            return
        refs = [ref for ref in differences.refs(differences.layers[position]) if ref is not None]
        own = [ref for ref in refs if ref[0] == self._state.focus.design]
        self.focus_requested.emit(Focus(*(own or refs[::-1])[0]))

    def _on_cell_entered(self, index: QModelIndex) -> None:
        self.hovered.emit(self.model.tip(self.model.rows[index.row()], index.column()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Clear the status bar when the mouse leaves the cells; fit the columns when their space changes."""
        if event.type() == QEvent.Type.Leave:
            self.hovered.emit("")
        if event.type() == QEvent.Type.Resize:
            self._fit_columns()
        return False

    def copy_selected(self) -> None:
        """Copy the selected row, or all rows if none is selected."""
        rows = [self.model.rows[index.row()].position for index in self.table.selectionModel().selectedRows()]
        chosen = tuple(self._content.rows[position] for position in rows if position is not None)
        if self._content.differences is not None:
            QGuiApplication.clipboard().setText(to_tsv(self._content.differences, chosen or self.model.listed))

    def copy_all(self, text_of: Callable[[DesignDifferences, Sequence[DifferenceRow]], str]) -> None:
        if self._content.differences is not None:
            QGuiApplication.clipboard().setText(text_of(self._content.differences, self.model.listed))

    # Errors, in the background

    def _on_worker_reported(self) -> None:
        if not self._redraw.isActive():
            self._redraw.start()

    def _on_worker_ended(self, error: Exception | None) -> None:
        if error is not None:
            raise error
        self._redraw.stop()
        self._show_errors()


def _shows_other(old: ViewState, new: ViewState) -> bool:
    """Whether anything differs besides the selection."""
    looks = ("theme", "pair", "blocks", "toggled_blocks", "convention", "metric")
    return (
        old.session != new.session
        or old.check is not new.check
        or old.run.results is not new.run.results
        or any(getattr(old.look, name) != getattr(new.look, name) for name in looks)
    )


def _compute(state: ViewState, checkpoint: Checkpoint) -> Iterator[object]:
    yield from compute_errors(state, checkpoint)

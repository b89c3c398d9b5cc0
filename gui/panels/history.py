"""The history: a row per step, in which the current one is selected and the saved one marked; a click jumps there."""

from itertools import takewhile
from typing import Any

from msgspec import Struct
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.network.node_ref import design_text
from engine.text.short_names import shorten_sentence
from engine.text.units import count_text
from gui.panels.base import Panel
from gui.state.history import History, Step, Version
from gui.state.view_state import ViewState
from gui.theme import THEMES
from gui.widgets.icons import load_icon
from gui.widgets.plain_text import plain_tip

_FIRST = "As opened"
_ROW_ROLE = Qt.ItemDataRole.UserRole
_PADDING, _ICON, _GAP = 4, 14, 8

_AnyIndex = QModelIndex | QPersistentModelIndex


class HistoryRow(Struct, frozen=True):
    """A version that undo or redo leads to: the step that made it, and where that is."""

    text: str
    design: str = ""
    """The design of the step; "" if there is only one, or none."""
    is_done: bool = True
    """Whether undo leads here; otherwise redo does."""
    is_saved: bool = False

    @property
    def sentence(self) -> str:
        """The row for tool tips and screen readers."""
        parts = (self.text, self.design, "saved" if self.is_saved else "", "" if self.is_done else "undone")
        return ", ".join(filter(None, parts))


def edited_design(step: Step) -> str:
    """The design that a step has edited, "stem" for the stem; "" if there is only one, or if it has edited others."""
    before, after = dict(step.before.project.networks()), dict(step.after.project.networks())
    edited = [name for name, network in after.items() if before.get(name) is not network]
    edited = [name for name in edited if before.get(name) != after[name]]
    return design_text(edited[0]) if len(edited) == 1 and len(after) > 1 else ""


class HistoryPanel(Panel):
    """The steps of the open project; the workbench shows the version of the row that is selected."""

    index_requested = Signal(int)
    """Number of steps that are to be done."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.setAccessibleName("History")
        self.count_label = QLabel()
        self.count_label.setContentsMargins(8, 4, 8, 0)
        self.count_label.setMinimumWidth(1)
        self.model = _HistoryModel()
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_RowDelegate(self.list))
        self.list.setAccessibleName("Steps of the history")
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.count_label)
        column.addWidget(self.list, 1)
        self.setFocusProxy(self.list)
        self.list.selectionModel().currentChanged.connect(self._on_current_changed)
        self._steps: tuple[Step, ...] = ()
        self._designs: tuple[str, ...] = ()
        """The edited design of each step."""
        self.show_history(History((), 0, 0, Version(state.project, state.focus), state.path))
        self._paint_icon()

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        if old.look.theme != new.look.theme:
            self._paint_icon()

    def show_history(self, history: History) -> None:
        """Show the steps, and select that of the current version."""
        rows = self._rows(history)
        count = len(history.steps)
        words = count_text(count, "step") if count else "No steps yet"
        undone = count - history.index
        self.count_label.setText(f"{words}, {undone} undone" if undone else words)
        with QSignalBlocker(self.list.selectionModel()):
            self.model.show_rows(rows)
            current = self.model.index(history.index)
            self.list.setCurrentIndex(current)
        self.list.scrollTo(current)
        self.list.viewport().update()

    def _rows(self, history: History) -> tuple[HistoryRow, ...]:
        """The version that was opened, then one per step."""
        known = sum(
            1 for _ in takewhile(lambda pair: pair[0] is pair[1], zip(self._steps, history.steps, strict=False))
        )
        self._designs = (*self._designs[:known], *map(edited_design, history.steps[known:]))
        self._steps = history.steps
        saved = history.clean_index if history.path is not None else -1
        steps = enumerate(zip(history.steps, self._designs, strict=True), 1)
        rows = (
            HistoryRow(step.text, design, number <= history.index, saved == number) for number, (step, design) in steps
        )
        return (HistoryRow(_FIRST, is_saved=saved == 0), *rows)

    def _paint_icon(self) -> None:
        theme = THEMES[self._state.look.theme]
        self.model.saved_icon = load_icon("save", theme.text, theme.muted)
        self.list.viewport().update()

    def _on_current_changed(self, index: QModelIndex) -> None:
        if index.isValid():
            self.index_requested.emit(index.row())


class _HistoryModel(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[HistoryRow, ...] = ()
        self.saved_icon: Any = None

    def show_rows(self, rows: tuple[HistoryRow, ...]) -> None:
        """Insert and remove at the end only, and report which of the others differ."""
        common = min(len(self.rows), len(rows))
        parent = QModelIndex()
        if len(self.rows) > common:
            self.beginRemoveRows(parent, common, len(self.rows) - 1)
            self.rows = self.rows[:common]
            self.endRemoveRows()
        elif len(rows) > common:
            self.beginInsertRows(parent, common, len(rows) - 1)
            self.rows = (*self.rows, *rows[common:])
            self.endInsertRows()
        changed = [row for row in range(common) if self.rows[row] != rows[row]]
        self.rows = rows
        if changed:
            self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))

    def rowCount(self, parent: _AnyIndex = QModelIndex()) -> int:  # noqa: B008  (as Qt calls it)
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.text
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(row.sentence)
            case Qt.ItemDataRole.AccessibleTextRole:
                return row.sentence
            case Qt.ItemDataRole.DecorationRole:
                return self.saved_icon if row.is_saved else None
            case _:
                return row if role == _ROW_ROLE else None


class _RowDelegate(QStyledItemDelegate):
    """Paints the text of a step, if there is space its design, and the sign of the saved version before the text."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _AnyIndex) -> QSize:
        return QSize(100, option.fontMetrics.height() + 2 * _PADDING)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _AnyIndex) -> None:
        option.widget.style().drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget
        )
        row: HistoryRow = index.data(_ROW_ROLE)
        roles = QPalette.ColorRole
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        quiet = option.palette.color(roles.HighlightedText if selected else roles.PlaceholderText)
        text = option.palette.color(roles.HighlightedText if selected else roles.Text)
        rect, metrics = QRect(option.rect).adjusted(_PADDING, 0, -_PADDING, 0), option.fontMetrics
        icon = QRect(rect.left(), rect.center().y() - _ICON // 2, _ICON, _ICON)
        if row.is_saved:
            index.data(Qt.ItemDataRole.DecorationRole).paint(painter, icon)
        rect.setLeft(icon.right() + _GAP)
        painter.save()
        painter.setFont(option.font)
        needed = metrics.horizontalAdvance(row.text) + _GAP + metrics.horizontalAdvance(row.design)
        if row.design and needed <= rect.width():
            painter.setPen(quiet)
            painter.drawText(rect, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), row.design)
        painter.setPen(text if row.is_done else quiet)
        width = rect.width()
        short = shorten_sentence(row.text, lambda shorter: metrics.horizontalAdvance(shorter) <= width)
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), short)
        painter.restore()

"""The list of all mistakes, each with a link to its node and buttons for the nearest valid values."""

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.network.graph import INPUT
from engine.network.node_ref import STEM
from engine.text.problems import Problem
from engine.text.units import count_text
from gui.panels.base import Panel
from gui.state import edits
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.widgets.fix_buttons import FixButtons
from gui.widgets.glyphs import mistake_icon
from gui.widgets.plain_text import plain_tip
from gui.widgets.tab_order import chain_tab_order

_PROBLEM = Qt.ItemDataRole.UserRole
_ICON_SIDE = 16
_GAP = 5
_INDENT = _ICON_SIDE + 2 * _GAP
"""Of the buttons below the text, which is beside the sign."""

_AnyIndex = QModelIndex | QPersistentModelIndex


def problem_location(problem: Problem) -> str:
    """The location of a problem: "naive › conv5x5", "stem › conv1", "input"."""
    if problem.design is None:
        return problem.place
    node = "" if problem.node == INPUT else problem.node
    head = ("stem" if node else "input") if problem.design == STEM else problem.design
    return " › ".join(filter(None, (head, node)))


class ProblemsPanel(Panel):
    """The mistakes that the check of the project and the last run found."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.setAccessibleName("Mistakes")
        self._problems = state.problems
        self.count_label = QLabel()
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("Copy all mistakes as text")
        self.copy.setAccessibleName("Copy mistakes")
        self.list = QListWidget()
        self.list.setAccessibleName("Mistakes")
        self.list.setWordWrap(True)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setIconSize(QSize(_ICON_SIDE, _ICON_SIDE))
        self.list.setItemDelegate(_ProblemDelegate(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        top = QHBoxLayout()
        top.setContentsMargins(8, 4, 4, 0)
        top.addWidget(self.count_label, 1)
        top.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        self.list.itemClicked.connect(self._go_to_problem)
        self.list.itemActivated.connect(self._go_to_problem)
        self.copy.clicked.connect(self._on_copy_clicked)
        self.setFocusProxy(self.list)
        self._fill_list()

    @property
    def count(self) -> int:
        """Number of mistakes."""
        return len(self._problems)

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        before, self._problems = self._problems, new.problems
        if self._problems != before:
            self._fill_list()

    def text(self) -> str:
        """All problems, one per line, with their places in the file."""
        return "\n".join(map(str, self._problems))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_icons()

    def _fill_list(self) -> None:
        count = self.count
        self.count_label.setText(count_text(count, "mistake") if count else "No mistakes")
        self.list.setVisible(bool(count))
        self.copy.setVisible(bool(count))
        self.list.clear()
        for problem in self._problems:
            text = problem.text.removeprefix(f"{problem.node}: ")
            item = QListWidgetItem(f"{problem_location(problem)}\n{text}", self.list)
            item.setData(_PROBLEM, problem)
            item.setToolTip(plain_tip(str(problem)))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{problem_location(problem)}: {text}")
            if problem.fixes:
                self.list.setItemWidget(item, self._make_buttons(problem))
        self._paint_icons()
        buttons = [button for fixes in self.list.findChildren(FixButtons) for button in fixes.buttons]
        chain_tab_order([self.list, *buttons])

    def _make_buttons(self, problem: Problem) -> FixButtons:
        buttons = FixButtons()
        buttons.show_texts([fix.text for fix in problem.fixes])
        buttons.chosen.connect(
            lambda index: self.edit_proposed.emit(edits.apply_fix(self._state.project, problem, problem.fixes[index]))
        )
        return buttons

    def _paint_icons(self) -> None:
        colours = self.palette()
        icon = mistake_icon(colours.brightText().color(), colours.base().color())
        for row in range(self.list.count()):
            self.list.item(row).setIcon(icon)

    def _go_to_problem(self, item: QListWidgetItem) -> None:
        problem: Problem = item.data(_PROBLEM)
        if problem.design is not None:
            self.focus_requested.emit(Focus(problem.design, problem.node or INPUT))

    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self.text())


class _ProblemDelegate(QStyledItemDelegate):
    """Paints a problem above its buttons, which are the widget of its row."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _AnyIndex) -> QSize:
        size = super().sizeHint(option, index)
        return QSize(size.width(), size.height() + self._buttons_height(option, index))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _AnyIndex) -> None:
        option.widget.style().drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget
        )
        text = QStyleOptionViewItem(option)
        text.rect = QRect(option.rect).adjusted(0, 0, 0, -self._buttons_height(option, index))
        super().paint(painter, text, index)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _AnyIndex) -> None:
        rect = QRect(option.rect)
        rect.setTop(rect.bottom() + 1 - self._buttons_height(option, index))
        editor.setGeometry(rect.adjusted(_INDENT, 0, -_GAP, -_GAP))

    def _buttons_height(self, option: QStyleOptionViewItem, index: _AnyIndex) -> int:
        view = option.widget
        if not isinstance(view, QListWidget):
            return 0
        buttons = view.indexWidget(index)
        if not isinstance(buttons, FixButtons):
            return 0
        return buttons.height_at(view.viewport().width() - _INDENT - _GAP) + _GAP

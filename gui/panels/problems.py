"""The list of all mistakes, each with a link to its node."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.network.graph import INPUT
from engine.network.node_ref import STEM
from engine.text.problems import Problem
from engine.text.units import count_text
from gui.panels.base import Panel
from gui.state.view_state import Focus, ViewState
from gui.widgets.glyphs import mistake_icon
from gui.widgets.plain_text import plain_tip

_PROBLEM = Qt.ItemDataRole.UserRole


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
        self.list.setIconSize(QSize(16, 16))
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
        self._paint_icons()

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

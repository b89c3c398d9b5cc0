"""The panel of the notes of a project: its source, and its notes with links to their nodes."""

from collections.abc import Iterator

from msgspec import Struct
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from engine.network.graph import INPUT
from engine.network.node_ref import STEM
from engine.project.project import Project
from gui.panels.base import Panel
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.widgets.plain_text import plain_tip
from gui.widgets.tables import SpacedDelegate

_FOCUS = Qt.ItemDataRole.UserRole
_NOTHING = "This project has no notes."


class ListedNote(Struct, frozen=True):
    """A row of the list: the place, the text, and the selection after a click."""

    location: str
    text: str
    focus: Focus | None = None

    @property
    def sentence(self) -> str:
        return f"{self.location}\n{self.text}" if self.location else self.text


def list_notes(state: ViewState) -> tuple[ListedNote, ...]:
    """The notes of the project, then those of its published figures about further nodes."""
    return tuple(_listed_notes(state.project, state))


def _listed_notes(project: Project, state: ViewState) -> Iterator[ListedNote]:
    refs = set()
    for note in project.notes:
        refs.add((note.design, note.node))
        yield _listed_note(state, note.design, note.node, note.text)
    for figure in project.published:
        if figure.note and (figure.design, figure.node) not in refs:
            yield _listed_note(state, figure.design, figure.node, figure.note)


def _listed_note(state: ViewState, design: str, node: str, text: str) -> ListedNote:
    """A note about a node or design; if that is missing, the row names it without a link."""
    where = " › ".join(filter(None, (design if design != STEM or not node else "stem", node)))
    focus = Focus(design, node or INPUT)
    return ListedNote(where, text, focus if where and focus.ref in state.check else None)


class NotesPanel(Panel):
    """A list of notes below the source of the project."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.setAccessibleName("Notes")
        self._notes = list_notes(state)
        self.source = QLabel()
        self.source.setTextFormat(Qt.TextFormat.PlainText)
        self.source.setWordWrap(True)
        self.source.setContentsMargins(8, 6, 8, 4)
        self.source.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.source.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.list = QListWidget()
        self.list.setAccessibleName("Notes")
        self.list.setWordWrap(True)
        self.list.setItemDelegate(SpacedDelegate(self.list))
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setMinimumSize(QSize(60, 40))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.source)
        column.addWidget(self.list, 1)
        self.list.itemClicked.connect(self._go_to_note)
        self.list.itemActivated.connect(self._go_to_note)
        self._show_source()
        self._fill_list()

    @property
    def count(self) -> int:
        """Number of notes."""
        return len(self._notes)

    def show_state(self, old: ViewState, new: ViewState) -> None:
        """Update the list if a note has changed."""
        self._state = new
        before, self._notes = self._notes, list_notes(new)
        self._show_source()
        if self._notes != before:
            self._fill_list()

    def _show_source(self) -> None:
        source = self._state.project.source
        self.source.setText(f"Source: {source}" if source else "" if self._notes else _NOTHING)
        self.source.setVisible(bool(self.source.text()))

    def _fill_list(self) -> None:
        self.list.clear()
        self.list.setVisible(bool(self._notes))
        for note in self._notes:
            item = QListWidgetItem(note.sentence, self.list)
            item.setData(_FOCUS, note.focus)
            if note.focus is not None:
                item.setToolTip(plain_tip(f"Show {note.location}"))

    def _go_to_note(self, item: QListWidgetItem) -> None:
        focus: Focus | None = item.data(_FOCUS)
        if focus is not None:
            self.focus_requested.emit(focus)

"""The row of the form with the list of classes of a project: its file, to be chosen or removed."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from engine.files import paths
from engine.files.labels import LABEL_SUFFIXES
from engine.run.label_check import LABELS_PLACE
from engine.text.units import count_text
from gui.state.view_state import ViewState
from gui.widgets.file_filters import file_filter
from gui.widgets.file_row import FileRow
from gui.widgets.glyphs import GlyphButton
from gui.widgets.texts import make_note, show_note


class LabelRow(QWidget):
    """The file with the names of the classes, how many it has, and what they are used for."""

    chosen = Signal(str)
    """Path of another file; "" for none."""

    def __init__(self) -> None:
        super().__init__()
        self.file = FileRow("list of classes", file_filter("Lists of classes", LABEL_SUFFIXES))
        self.bundled, self.remove = QPushButton("Bundled"), GlyphButton("close", "Use no list of classes")
        self.bundled.setToolTip("Choose a list that comes with the program")
        menu = QMenu(self.bundled)
        for path in paths.bundled_files("labels", LABEL_SUFFIXES[0]):
            menu.addAction(Path(path).stem).triggered.connect(partial(self._on_bundled_chosen, path))
        self.bundled.setMenu(menu)
        self.note = make_note()
        for button in (self.bundled, self.remove):
            self.file.add_button(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.file)
        column.addWidget(self.note)
        self.setFocusProxy(self.file)
        self.file.chosen.connect(self.chosen)
        self.remove.clicked.connect(lambda: self.chosen.emit(""))

    def show_state(self, state: ViewState) -> None:
        path = state.project.labels
        self.remove.setEnabled(bool(path))
        if path:
            self.file.show_file(path, paths.resolve_path(path))
        else:
            self.file.show_nothing("none")
        show_note(self.note, _use_text(state))

    def _on_bundled_chosen(self, path: str, _checked: bool = False) -> None:
        self.chosen.emit(path)


def label_mistake(state: ViewState) -> str:
    """The mistakes of the list of classes, one per line; "" without any."""
    return "\n".join(problem.text for problem in state.check.problems if problem.place == LABELS_PLACE)


def _use_text(state: ViewState) -> str:
    """How many classes there are, and where their probabilities come from."""
    check = state.check
    if not check.labels:
        return "" if state.project.labels else "A text file with a class per line names what a classifier answers."
    count = count_text(len(check.labels), "class")
    notices = [notice.text for notice in check.notices if notice.place == LABELS_PLACE]
    sources = {prediction.source for prediction in state.predictions.values()}
    return "; ".join([count, *notices, *(f"probabilities by {source}" for source in sorted(sources))])

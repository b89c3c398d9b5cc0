"""A row that shows a file, with a button to choose another."""

import os
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from engine.files.arrays import ARRAY_SUFFIXES
from engine.files.photo_formats import PHOTO_SUFFIXES
from gui.widgets.file_filters import file_filter
from gui.widgets.glyphs import GlyphButton
from gui.widgets.plain_text import plain_tip
from gui.widgets.texts import ElidedLabel

PHOTO_FILTER = file_filter("Photos", PHOTO_SUFFIXES)
ARRAY_FILTER = file_filter("Arrays", ARRAY_SUFFIXES)


class FileRow(QWidget):
    """A file's name, with its path as the tool tip, and a button."""

    chosen = Signal(str)
    """The absolute path of the other file."""

    def __init__(self, title: str, filters: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._filters, self._folder = title, filters, ""
        self.label = ElidedLabel()
        self.browse = GlyphButton("folder", f"Choose another {title}…")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self.label, 1)
        row.addWidget(self.browse)
        self.setFocusProxy(self.browse)
        self.browse.clicked.connect(self.choose_file)

    def show_file(self, path: str, real_path: Path) -> None:
        """Show a file's name and its path as in the project; the dialog starts in the folder of `real_path`."""
        self.label.set_text(real_path.name)
        self.label.setToolTip(plain_tip(path))
        folder = str(real_path.parent)
        self._folder = folder if os.path.isdir(folder) else ""

    def show_nothing(self, words: str) -> None:
        """Show that there is no file."""
        self.label.set_text(words)

    def add_button(self, button: QWidget) -> None:
        layout = self.layout()
        if layout is not None:
            layout.addWidget(button)

    def choose_file(self) -> None:
        """Open the dialog to choose another file."""
        path, _ = QFileDialog.getOpenFileName(
            self, f"Choose another {self._title}", self._folder, f"{self._filters};;All files (*)"
        )
        if path:
            self.chosen.emit(str(Path(path).absolute()))

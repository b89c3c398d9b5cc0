"""Dialogs that ask for the name of a file, each in the folder where files for its purpose were last."""

import os
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from gui.window.settings import Settings
from gui.workbench.document import Document

PROJECT_FOLDER, INPUT_FOLDER, FIGURE_FOLDER = "files/folder", "files/input_folder", "export/figure_folder"
LESSON_FOLDER = "files/lesson_folder"
"""Purposes: the settings with the folders in which files for them were last opened or saved."""


class FileDialogs:
    """Asks, and stores the folder of the answer at once."""

    def __init__(self, window: QWidget, document: Document, settings: Settings) -> None:
        self._window, self._document, self._settings = window, document, settings

    def ask_open(self, title: str, kinds: str, purpose: str) -> Path | None:
        """An existing file; None if the user cancels."""
        name, _ = QFileDialog.getOpenFileName(self._window, title, str(self.folder(purpose)), kinds)
        return self._stored(name, purpose)

    def ask_save(self, title: str, name: str, kinds: Iterable[str], purpose: str) -> Path | None:
        """A file to write; None if the user cancels."""
        first = str(self.folder(purpose) / name)
        chosen, _ = QFileDialog.getSaveFileName(self._window, title, first, ";;".join(kinds))
        return self._stored(chosen, purpose)

    def folder(self, purpose: str) -> Path:
        """The folder that files for a purpose were last in; before that, the one of the project."""
        project = self._document.path
        if purpose == PROJECT_FOLDER and project is not None:
            return project.parent
        folder = self._settings.text(purpose)
        if folder and os.path.isdir(folder):
            return Path(folder)
        return Path() if project is None else project.parent

    def _stored(self, name: str, purpose: str) -> Path | None:
        if not name:
            return None
        path = Path(name)
        self._settings.set(purpose, str(path.parent))
        return path

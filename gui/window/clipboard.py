"""Commands of the clipboard: layers and designs as text of a project file, photos, and files."""

import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QStandardPaths, QUrl, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from engine.project.fragment import read_fragment
from engine.text.names import unique_name
from engine.text.problems import ProjectError
from gui.state import edits
from gui.state.edit import Edit
from gui.window.file_commands import FileCommands
from gui.workbench.workbench import Workbench

_PHOTO = "pasted photo"
_LONGEST_PATH = 4096
_WEB = re.compile(r"(https?|ftp)://\S+$")


class Clipboard(QObject):
    """Copies and pastes; what cannot be pasted is refused with the reason, and changes nothing.

    Parameters
    ----------
    propose
        Makes an edit the next step.
    """

    done = Signal(str)
    """Text for the status bar about what has been copied or pasted."""

    def __init__(
        self, window: QWidget, workbench: Workbench, files: FileCommands, propose: Callable[[Edit], None]
    ) -> None:
        super().__init__(window)
        self._window, self._workbench, self._files, self._propose = window, workbench, files, propose

    def copy(self) -> None:
        """Put the selected layers, or the design, on the clipboard."""
        state = self._workbench.state
        if text := edits.copied_text(state):
            QGuiApplication.clipboard().setText(text)
            self.done.emit(f"Copied {edits.copied_words(state)} as text of a project file")

    def cut(self) -> None:
        """Copy the selected layers or the design, and remove them."""
        edit = edits.cut_selection(self._workbench.state)
        if edit is not None:
            self.copy()
            self._propose(edit)

    def paste(self) -> None:
        """Paste layers or designs, or use a photo or a file."""
        data = QGuiApplication.clipboard().mimeData() or QMimeData()  # None on some platforms if it is empty
        text = data.text() if data.hasText() else ""
        path = _local_path(data, text.strip())
        if path is not None:
            self._files.use_file(path)
        elif _WEB.match(text.strip()):
            self.done.emit("Nothing on the web is opened: save the file, then paste or drop it")
        elif data.hasImage() and "=" not in text:
            self._paste_photo(QImage(data.imageData()))
        elif text.strip():
            self._paste_text(text)
        else:
            self.done.emit("Nothing to paste: copy layers, a design, a photo or a file first")

    def _paste_text(self, text: str) -> None:
        folder = self._workbench.document.path
        try:
            fragment = read_fragment(text, Path.cwd() if folder is None else folder.parent)
        except ProjectError as error:
            self._files.show_message("This text cannot be pasted", str(error))
            return
        if not fragment.nodes and not fragment.designs:
            self.done.emit("Nothing to paste: the text has no layers and no designs")
            return
        edit = edits.paste_fragment(self._workbench.state, fragment)
        self._propose(edit)
        left_out = "; the input and the stem of that project are left out" if fragment.is_project else ""
        self.done.emit(f"{edit.text}{left_out}")

    def _paste_photo(self, image: QImage) -> None:
        """Store a photo beside the project, or where the user says, and use it as the input."""
        project = self._workbench.document.path
        path = None if project is None else _free_path(project.parent)
        if path is None or not self._store(path, image):
            pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
            name, _ = QFileDialog.getSaveFileName(
                self._window, "Store the photo that is pasted", str(_free_path(Path(pictures))), "PNG (*.png)"
            )
            path = Path(name) if name else None
            if path is not None and not self._store(path, image, report=True):
                return
        if path is not None:
            self._files.use_file(path)
            self.done.emit(f"The photo is stored as {path}, and is the input")

    def _store(self, path: Path, image: QImage, *, report: bool = False) -> bool:
        try:
            from gui.export.files import write_file  # what few need takes no time of the start
            from gui.export.pictures import png_bytes

            write_file(path, png_bytes(image))
        except ProjectError as error:
            if report:
                self._files.show_message("This photo cannot be stored", str(error))
            return False
        return True


def _local_path(data: QMimeData, text: str) -> Path | None:
    """The first file on the clipboard, or the one that a text names; None if there is none."""
    urls = [QUrl(text)] if text.startswith("file:") and "\n" not in text else data.urls()
    for url in urls:
        if url.isLocalFile():
            return Path(url.toLocalFile())
    path = Path(text.strip("\"'"))
    if not text or "\n" in text or len(text) > _LONGEST_PATH or not path.is_absolute():
        return None
    try:
        return path if path.is_file() else None
    except (OSError, ValueError):
        return None


def _free_path(folder: Path) -> Path:
    """A name for the photo that no file of the folder has."""
    try:
        names = {path.stem for path in folder.iterdir()}
    except OSError:
        names = set()
    return folder / f"{unique_name(_PHOTO, names)}.png"

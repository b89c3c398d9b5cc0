"""The open project with its undo history and its file."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.files import paths
from engine.files.paths import FileFault, Stamp
from engine.files.targets import same_file
from engine.project.file import ProjectFile, save_project
from engine.project.project import FORMAT, Project
from engine.text.problems import Problem, ProjectError
from gui.state.view_state import Focus

_MERGE_ID = 1


class FileChangedError(Exception):
    """The file on disk is not the one that was opened or saved last."""


class Version(Struct, frozen=True):
    """A project, and the selection that goes with it."""

    project: Project
    focus: Focus


class SetProject(QUndoCommand):
    """One edit: project and selection before and after. Successive edits with the same merge key become one.

    Parameters
    ----------
    show
        Makes a version the current one.
    """

    def __init__(self, show: Callable[[Version], None], text: str, before: Version, after: Version, merge: str) -> None:
        super().__init__(text.replace("&", "&&"))
        self._show = show
        self._before = before
        self.after = after
        self.merge = merge

    def id(self) -> int:
        return _MERGE_ID if self.merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, SetProject) or other.merge != self.merge:
            return False
        self.after = other.after
        self.setText(other.text())
        return True

    def redo(self) -> None:
        self._show(self.after)

    def undo(self) -> None:
        self._show(self._before)


class Document(QObject):
    """A project, its undo history and its file. It is clean if the undo stack is; there is no other flag."""

    version_changed = Signal(Version)
    file_changed = Signal()
    """The path or the clean state has changed."""

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.cleanChanged.connect(self._on_undo_stack_clean_changed)
        self.project = project
        self.path: Path | None = None
        self.read_only = False
        self._stamp: Stamp | None = None

    @property
    def clean(self) -> bool:
        return self.undo_stack.isClean()

    def edit(self, text: str, before: Focus, after: Version, merge: str = "") -> None:
        """Make another version the current one as one undo step; an equal project is not an edit.

        Parameters
        ----------
        before
            The selection that undo restores.
        """
        if after.project != self.project:
            self.undo_stack.push(SetProject(self._show_version, text, Version(self.project, before), after, merge))

    def replace(self, version: Version, path: Path | None = None, file: ProjectFile | None = None) -> None:
        """Replace the project and start a new history; `path` is the file that Save writes, if any."""
        self.undo_stack.clear()
        self.path = path
        self.read_only = file is not None and file.read_only
        self._stamp = file.stamp if file is not None and path is not None else None
        self._show_version(version)
        self.file_changed.emit()

    def save(self, path: Path, *, overwrite: bool = False) -> None:
        """Write the project; on any failure, the document, its history and the old file stay unchanged.

        Raises
        ------
        ProjectError
            The file cannot be written, or has a newer format, which is never overwritten.
        FileChangedError
            Another program has changed the file since it was opened; `overwrite` ignores this.
        """
        is_own_file = self.path is not None and (path == self.path or same_file(path, self.path))
        if self.read_only and is_own_file:
            text = f"has a newer format than {FORMAT}, which may be read only in part; save under another name"
            raise ProjectError([Problem(text, "$.format")], path)
        if not overwrite and is_own_file and self._stamp not in (None, _file_stamp(path)):
            raise FileChangedError(str(path))
        self._stamp = save_project(self.project, path)
        self.path, self.read_only = path, False
        self.undo_stack.setClean()
        self.file_changed.emit()

    def _on_undo_stack_clean_changed(self, clean: bool) -> None:
        self.file_changed.emit()

    def _show_version(self, version: Version) -> None:
        self.project = version.project
        self.version_changed.emit(version)


def _file_stamp(path: Path) -> Stamp | None:
    try:
        return paths.stamp_of(str(path))
    except FileFault:
        return None

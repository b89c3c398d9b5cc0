"""The open project with its undo history and its file."""

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.files.paths import FileFault
from engine.files.targets import same_file
from engine.files.versions import FileVersion, digest_of, version_of
from engine.project.file import ProjectFile, project_content, write_project
from engine.project.project import FORMAT, Project
from engine.text.problems import Problem, ProjectError
from gui.state.edit import merged_text
from gui.state.focus import Focus
from gui.state.history import History, Step
from gui.state.history import Version as Version
from gui.state.lesson_place import LessonPlace
from gui.widgets.plain_text import plain_label

_MERGE_ID = 1


class FileChangedError(Exception):
    """The file on disk is not the one that was opened or saved last."""


class SetProject(QUndoCommand):
    """One edit. Successive edits with the same merge key become one step.

    Parameters
    ----------
    show
        Makes a version the current one.
    """

    def __init__(self, show: Callable[[Version], None], step: Step, merge: str = "") -> None:
        super().__init__(plain_label(step.text))
        self._show = show
        self.step = step
        self.merge = merge

    def id(self) -> int:
        return _MERGE_ID if self.merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, SetProject) or other.merge != self.merge:
            return False
        self.step = Step(merged_text(self.step.text, other.step.text), self.step.before, other.step.after)
        self.setText(plain_label(self.step.text))
        return True

    def redo(self) -> None:
        self._show(self.step.after)

    def undo(self) -> None:
        self._show(self.step.before)


class Document(QObject):
    """A project, its undo history and its file. It is clean if the undo stack is; there is no other flag."""

    version_changed = Signal(Version)
    file_changed = Signal()
    """The path or the clean state has changed."""
    history_changed = Signal()
    """A step has been added, merged, undone or redone, or another one is the saved one."""
    history_ended = Signal()
    """The history so far is saved, or has made way for another one: nothing of it is needed any more."""

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.cleanChanged.connect(self._on_undo_stack_clean_changed)
        self.undo_stack.indexChanged.connect(self._on_undo_stack_index_changed)
        self.file_changed.connect(self.history_changed)
        self.project = project
        self.path: Path | None = None
        self.lesson: LessonPlace | None = None
        """The step of a lesson that the project belongs to; None for a project of a person."""
        self.session = 0
        """Number of the opened project, see `ViewState.session`."""
        self.read_only = False
        self.file_version: FileVersion | None = None
        """That of the file when it was opened or saved last; None if it is not known."""
        self._attempt = b""
        """The digest of what a save that failed may have left in the file all the same."""
        self._is_jumping = False

    @property
    def clean(self) -> bool:
        """Whether nothing would be lost: what is tried in a lesson is nobody's work."""
        return self.lesson is not None or self.undo_stack.isClean()

    def edit(self, text: str, before: Focus, after: Version, merge: str = "") -> None:
        """Make another version the current one as one undo step; an equal project is not an edit.

        Parameters
        ----------
        before
            The selection that undo restores.
        """
        if after.project != self.project:
            step = Step(text, Version(self.project, before), after)
            self.undo_stack.push(SetProject(self._show_version, step, merge))

    def replace(
        self,
        version: Version,
        path: Path | None = None,
        file: ProjectFile | None = None,
        lesson: LessonPlace | None = None,
    ) -> None:
        """Replace the project and start a new history; `path` is the file that Save writes, if any."""
        self.undo_stack.clear()
        self.session += 1
        self.path, self.lesson = path, lesson
        self.read_only = file is not None and file.read_only
        self.file_version = file.version if file is not None and path is not None else None
        self._show_version(version)
        self.file_changed.emit()
        self.history_ended.emit()

    def reload(self, file: ProjectFile, focus: Focus) -> None:
        """Make what the file contains now the current version, as one step; it is what is saved."""
        name = self.path.name if self.path else "the file"
        self.edit(f"Reload {name}", focus, Version(file.project, focus))
        self.file_version, self.read_only = file.version, file.read_only
        self.undo_stack.setClean()
        self.file_changed.emit()

    def history(self, focus: Focus) -> History:
        """The undo history as it is now, with the current selection."""
        stack = self.undo_stack
        commands = (stack.command(number) for number in range(stack.count()))
        steps = tuple(command.step for command in commands if isinstance(command, SetProject))
        current = Version(self.project, focus)
        return History(steps, stack.index(), stack.cleanIndex(), current, self.path, self.file_version, self.read_only)

    def restore(self, history: History) -> None:
        """Replace the project, its history and its file by those of an earlier window.

        Its steps merge with no later edit: a restart is a pause like any other.
        """
        stack = self.undo_stack
        stack.clear()
        self.session += 1
        self.path, self.file_version, self.read_only = history.path, history.file_version, history.read_only
        self.lesson = None
        self._is_jumping = True
        for number, step in enumerate(history.steps, 1):
            stack.push(SetProject(self._show_version, step))
            if number == history.clean_index:
                stack.setClean()
        if history.clean_index < 0:
            stack.resetClean()
        stack.setIndex(history.index)
        self._is_jumping = False
        self._show_version(history.current)
        self.file_changed.emit()
        self.history_ended.emit()

    def go_to(self, index: int) -> None:
        """Undo or redo until so many steps are done; only the last version is shown."""
        stack, before = self.undo_stack, self.undo_stack.index()
        command = stack.command(index if index < before else index - 1)
        if index == before or not isinstance(command, SetProject):
            return
        self._is_jumping = True
        stack.setIndex(index)
        self._is_jumping = False
        self._show_version(command.step.before if index < before else command.step.after)

    def save(self, path: Path, *, overwrite: bool = False) -> None:
        """Write the project; on any failure, the document, its history and the old file stay unchanged.

        That of a lesson is written as a copy: the lesson goes on without a file.

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
        if is_own_file and not overwrite and self._is_changed(path):
            raise FileChangedError(str(path))
        content = project_content(self.project, path, self.path)
        if self.lesson is not None:
            write_project(content, path)
            return
        self._attempt = digest_of(content)
        self.file_version = write_project(content, path)
        self.path, self.read_only = path, False
        self.undo_stack.setClean()
        self.file_changed.emit()
        self.history_ended.emit()

    def _is_changed(self, path: Path) -> bool:
        try:
            return self.has_changed(find_version(path, self.file_version))
        except FileFault as fault:
            raise ProjectError([Problem(f"cannot be saved: {fault}", "")], path) from None

    def has_changed(self, found: FileVersion | None) -> bool:
        """Whether that version of the file, None if it is gone, is another program's."""
        known = self.file_version
        if known is None or found == known:
            return False
        if found is None or found.digest not in (known.digest, self._attempt):
            return True
        self.file_version = found  # only its time has changed, or a save that failed has replaced it
        return False

    def _on_undo_stack_index_changed(self, _index: int) -> None:
        self.history_changed.emit()

    def _on_undo_stack_clean_changed(self, clean: bool) -> None:
        self.file_changed.emit()

    def _show_version(self, version: Version) -> None:
        if self._is_jumping:  # only the last one is shown
            return
        self.project = version.project
        self.version_changed.emit(version)


def find_version(path: Path, known: FileVersion | None) -> FileVersion | None:
    """The version of a file now; None if it is gone. FileFault if it exists, but cannot be read."""
    try:
        return version_of(path, known)
    except FileFault:
        if os.path.exists(path):
            raise
        return None

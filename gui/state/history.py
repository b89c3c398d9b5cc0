"""The undo history of a document as a value, as the journal keeps it. No Qt here."""

from pathlib import Path

from msgspec import Struct

from engine.files.versions import FileVersion
from engine.project.project import Project
from gui.state.focus import Focus


class Version(Struct, frozen=True):
    """A project, and the selection that goes with it."""

    project: Project
    focus: Focus


class Step(Struct, frozen=True):
    """One undo step: its name, and the version before and after it."""

    text: str
    before: Version
    after: Version


class History(Struct, frozen=True):
    """The steps of a document, which of them are done, and the file that it is saved in."""

    steps: tuple[Step, ...]
    index: int
    """Number of steps that are done; the others can be redone."""
    clean_index: int
    """The index at which the file is up to date; -1 if that cannot be reached by undo or redo."""
    current: Version
    path: Path | None = None
    file_version: FileVersion | None = None
    """That of the file when it was opened or saved last."""
    read_only: bool = False

    @property
    def has_unsaved(self) -> bool:
        """Whether something would be lost without the history: an edit that is not saved, or one to be redone."""
        return self.index != self.clean_index or self.index < len(self.steps)

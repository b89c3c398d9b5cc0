"""What panels and views propose: the project as it would be."""

from msgspec import Struct

from engine.project.project import Project
from gui.state.view_state import Focus


class Edit(Struct, frozen=True):
    """A proposal: the whole project as it would be, and what the step is called in the undo history."""

    text: str
    project: Project
    merge: str = ""
    """Successive edits of one key, those of one drag for example, become one undo step; "" merges with none."""
    focus: Focus | None = None
    """Where the selection goes with the edit; None: it stays."""

"""The proposals that panels and views make."""

from msgspec import Struct

from engine.project.project import Project
from gui.state.view_state import Focus


class Edit(Struct, frozen=True):
    """A proposal: the whole project as it would be, and the name of the step in the undo history."""

    text: str
    project: Project
    merge: str = ""
    """Successive edits with the same key, such as those of one drag, become one undo step; "" merges with none."""
    focus: Focus | None = None
    """The selection after the edit; None keeps the current one."""

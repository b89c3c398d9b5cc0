"""The proposals that panels and views make."""

from msgspec import Struct

from engine.project.project import Project
from gui.state.focus import Focus

_ARROW = " → "


def change_text(what: str, before: object, after: object) -> str:
    """``Filters of conv5x5: 32 → 48``."""
    return f"{what}: {before}{_ARROW}{after}"


def merged_text(first: str, last: str) -> str:
    """The name of two steps that become one: "…: 32 → 48" and "…: 48 → 64" are "…: 32 → 64"; else that of the last."""
    what, _, before = first.rpartition(_ARROW)[0].rpartition(": ")
    return change_text(what, before, last.rpartition(_ARROW)[2]) if what and _ARROW in last else last


class Edit(Struct, frozen=True):
    """A proposal: the whole project as it would be, and the name of the step in the undo history."""

    text: str
    project: Project
    merge: str = ""
    """Successive edits with the same key, such as those of one drag, become one undo step; "" merges with none."""
    focus: Focus | None = None
    """The selection after the edit; None keeps the current one."""

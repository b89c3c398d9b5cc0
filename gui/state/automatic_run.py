"""The state of automatic runs, for the menu and the status bar. No Qt here."""

from msgspec import Struct


class AutomaticRunState(Struct, frozen=True):
    """Whether edits start runs, and what became of the last edit."""

    enabled: bool = False
    text: str = ""
    """That the run was automatic, or was restarted, or why there was none; "" if there is nothing to say."""
    is_running: bool = False
    """Whether the run in progress was started by an edit."""

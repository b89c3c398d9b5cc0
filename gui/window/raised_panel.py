"""A panel that the window has brought to the front for a reason, and that goes back when the reason is gone."""

from gui.window.dock_frame import DockFrame
from gui.window.docks import Docks


class RaisedPanel:
    """Brings a panel to the front, and puts it back unless a person has brought it to the front since."""

    def __init__(self, docks: Docks) -> None:
        self._docks = docks
        self._part_id = ""
        """The panel; "" for none."""
        self._was_open = False
        self._covered = ""
        """The dock that it covers; "" for none."""
        self._frame: DockFrame | None = None
        """The layout it was raised in."""

    def show(self, part_id: str) -> None:
        """Bring a panel to the front."""
        docks = self._docks
        if docks.is_in_front(part_id):
            return
        in_front, self._was_open = [other for other in docks if docks.is_in_front(other)], docks.is_open(part_id)
        docks.bring_forward(part_id)
        tabs = docks.frame.tabifiedDockWidgets(docks[part_id])
        self._covered = next((other for other in in_front if docks[other] in tabs), "")
        self._part_id, self._frame = part_id, docks.frame

    def keep(self, part_id: str) -> None:
        """A person has asked for a panel: it stays."""
        if part_id == self._part_id:
            self._part_id = ""

    def end(self) -> None:
        """The reason is gone."""
        part_id, self._part_id = self._part_id, ""
        if not part_id or self._docks.frame is not self._frame:
            return
        was_in_front = self._docks.is_in_front(part_id)
        if not self._was_open:
            self._docks[part_id].hide()
        if was_in_front and self._covered and self._docks.is_open(self._covered):
            self._docks[self._covered].raise_()

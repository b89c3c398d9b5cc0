"""Commands that act on panels and views: one is brought to the front, maximised, closed or copied."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow

from engine.network.node_ref import NodeRef
from gui.panels.sweep_button import SweepButton
from gui.widgets.tab_order import focus_entry
from gui.window.contents import Contents
from gui.window.docks import Docks
from gui.window.export_commands import ExportCommands
from gui.window.raised_panel import RaisedPanel
from gui.window.workspaces import Workspaces

# The start page has no drawings, and pyqtgraph takes a quarter of the start.
if TYPE_CHECKING:
    from gui.graphics.canvas import Canvas


class PartCommands:
    """Acts on the panel or view with the keyboard focus, or on a named one."""

    def __init__(
        self, window: QMainWindow, contents: Contents, docks: Docks, workspaces: Workspaces, exports: ExportCommands
    ) -> None:
        self._window = window
        self._views, self._part = contents.views, contents.part
        self._docks, self._workspaces, self._exports = docks, workspaces, exports
        self.raised = RaisedPanel(docks)
        contents.sweep_requested.connect(self._sweep)

    @property
    def _focused(self) -> str:
        """The panel or view with the keyboard focus; else what is in front in the middle, or the list of designs."""
        return self._docks.part_of(self._window.focusWidget()) or next(iter(self._docks.centre_ids), "designs")

    @property
    def canvas(self) -> "Canvas":
        """The drawing that had the focus last in the window, otherwise that of the volumes."""
        from gui.graphics.canvas import Canvas

        widget = self._window.focusWidget()
        return widget if isinstance(widget, Canvas) else self._views["volumes"].findChildren(Canvas)[0]

    def open(self, part_id: str) -> None:
        """Bring a panel or view to the front, with the keyboard focus; it is never hidden."""
        self.raised.keep(part_id)
        self._docks.bring_forward(part_id)
        target = focus_entry(self._docks.contents[part_id])
        if target is not None:
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    def begin(self, part_id: str) -> None:
        """Bring a panel or view to the front and begin there with the selection."""
        self.raised.keep(part_id)
        self._workspaces.open_for(part_id)
        self._part(part_id).begin()

    def sweep_setting(self) -> None:
        """Add an axis of the setting with the focus to the sweep; without one, begin with the selection."""
        focused = self._window.focusWidget()
        buttons = [button for button in self._window.findChildren(SweepButton) if button.is_of(focused)]
        if buttons:
            buttons[0].choose()
        else:
            self.begin("sweep")

    def _sweep(self, ref: NodeRef, setting: str, everywhere: bool) -> None:
        from gui.views.sweep import SweepView

        self.raised.keep("sweep")
        self._workspaces.open_for("sweep")
        view = self._views["sweep"]
        if isinstance(view, SweepView):
            view.sweep_setting(ref, setting, everywhere=everywhere)

    def toggle_maximised(self) -> None:
        """Give the panel or view with the focus the whole window, or put it back."""
        self._docks.toggle_maximised(self._focused)

    def close(self) -> None:
        """Close the panel or view with the focus."""
        self._docks.close_part(self._focused)

    def copy_picture(self) -> None:
        """Copy the view with the focus as a picture, otherwise the volumes."""
        part_id = self._docks.part_of(self._window.focusWidget())
        view_id = part_id if part_id in self._views else "volumes"
        self._exports.copy_view(view_id, self._views[view_id].size())

    def turn_camera(self, name: str) -> None:
        """Turn the camera of the volumes to a named view."""
        from gui.views.volumes import VolumesView

        self._workspaces.open_for("volumes")
        view = self._views["volumes"]
        if isinstance(view, VolumesView):
            view.turn_to(name)

"""Saves and restores the size of the window and the places of its docks and toolbars."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QMainWindow

from gui.window.docks import LAYOUT_VERSION, Docks
from gui.window.settings import Settings

_FIRST_SIZE = 1600, 1000


class WindowLayout:
    """The layout of a window whose docks and toolbars are in their first places; restores the one saved last, if any.

    Parameters
    ----------
    settings
        Where the layout is saved between two starts of the program.
    """

    def __init__(self, window: QMainWindow, docks: Docks, settings: Settings) -> None:
        self._window = window
        self._docks = docks
        self._settings = settings
        self._default = window.saveState(LAYOUT_VERSION)
        self._space_is_shared = self._restore_size() and self._restore_places()

    def _restore_size(self) -> bool:
        """Restore the size of the window; returns whether there is one."""
        geometry = self._settings.data("window/geometry")
        if geometry is not None and self._window.restoreGeometry(geometry):
            return True
        if geometry is not None:
            self._settings.reject("window/geometry")
        self._window.resize(self._window.screen().availableSize().boundedTo(QSize(*_FIRST_SIZE)))
        return False

    def _restore_places(self) -> bool:
        """Restore the places of docks and toolbars; returns whether there are any, of this version."""
        places, version = self._settings.data("window/state"), str(LAYOUT_VERSION)
        if places is None or self._window.restoreState(places, LAYOUT_VERSION):
            return places is not None
        if self._settings.text("window/version") == version:
            self._settings.reject("window/state")
        return False

    def complete(self) -> None:
        """Finish a layout as its window is shown: only now are the sizes known."""
        if not self._space_is_shared:
            self._space_is_shared = True
            self._docks.share_space()
        self._docks.hide_stray_tab_bars()

    def reset(self) -> None:
        """Put every dock back where it was at first."""
        for dock in self._docks.values():
            dock.setFloating(False)
        self._window.restoreState(self._default, LAYOUT_VERSION)
        self._docks.share_space()

    def save(self) -> None:
        self._settings.set("window/geometry", self._window.saveGeometry())
        self._settings.set("window/state", self._window.saveState(LAYOUT_VERSION))
        self._settings.set("window/version", str(LAYOUT_VERSION))

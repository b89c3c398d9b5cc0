"""Saves and restores the size of the window and the places of its docks and toolbars."""

from PySide6.QtCore import QSettings, QSize
from PySide6.QtWidgets import QMainWindow

from gui.window.docks import LAYOUT_VERSION, Docks

_FIRST_SIZE = 1600, 1000


class WindowLayout:
    """The layout of a window whose docks and toolbars are in their first places; restores the one saved last, if any.

    Parameters
    ----------
    settings
        Where the layout is saved between two starts of the program.
    """

    def __init__(self, window: QMainWindow, docks: Docks, settings: QSettings) -> None:
        self._window = window
        self._docks = docks
        self._settings = settings
        self._default = window.saveState(LAYOUT_VERSION)
        self._space_is_shared = settings.contains("window/geometry")
        if self._space_is_shared:
            window.restoreGeometry(settings.value("window/geometry"))
            window.restoreState(settings.value("window/state"), LAYOUT_VERSION)
        else:
            window.resize(window.screen().availableSize().boundedTo(QSize(*_FIRST_SIZE)))

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
        self._settings.setValue("window/geometry", self._window.saveGeometry())
        self._settings.setValue("window/state", self._window.saveState(LAYOUT_VERSION))

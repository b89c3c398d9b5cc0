"""Stores and restores the size and position of the window, and the layout of its workspaces, as soon as they change."""

from PySide6.QtCore import QEvent, QObject, QRect, QSize, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from gui.window.docks import Docks
from gui.window.settings import Settings
from gui.window.workspaces import Workspaces

_FIRST_SIZE = 1600, 1000
_FRAME = QSize(8, 40)
"""About the largest frame that a desktop adds; the real one is only known after the window is shown."""
_DELAY = 400
"""Milliseconds without further changes after which the layout is stored."""
_CHANGES = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide)


class WindowLayout(QObject):
    """The layout of a window: restored when it is made, and stored while it is used, not only when it closes.

    Parameters
    ----------
    settings
        Where the layout is stored.
    """

    def __init__(self, window: QMainWindow, docks: Docks, workspaces: Workspaces, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._workspaces = workspaces
        self._settings = settings
        self._delay = QTimer(self, singleShot=True, interval=_DELAY)
        self._delay.timeout.connect(self.store)
        for widget in (window, *docks.contents.values()):
            widget.installEventFilter(self)

    def restore_size(self) -> None:
        """Restore the size and position of the window, within the screen."""
        geometry = self._settings.data("window/geometry")
        if geometry is None or not self._window.restoreGeometry(geometry):
            if geometry is not None:
                self._settings.reject("window/geometry")
            self._window.resize(*_FIRST_SIZE)
        self.fit_screen()

    def fit_screen(self) -> None:
        """Make the window no larger than its screen, and move all of it there."""
        screen = QGuiApplication.screenAt(self._window.geometry().center()) or self._window.screen()
        available, frame = screen.availableGeometry(), self._window.frameGeometry()
        window = self._window.geometry()
        margins = (frame.size() - window.size()).expandedTo(_FRAME)
        size = window.size().boundedTo(available.size() - margins)
        self._window.resize(size)
        place = QRect(frame.topLeft(), size + margins)
        place.moveRight(min(place.right(), available.right()))
        place.moveBottom(min(place.bottom(), available.bottom()))
        place.moveLeft(max(place.left(), available.left()))
        place.moveTop(max(place.top(), available.top()))
        if place.topLeft() != frame.topLeft():
            self._window.move(place.topLeft())  # where its frame begins

    def store_soon(self) -> None:
        """Store the layout after a while without changes."""
        self._delay.start()

    def store(self) -> None:
        """Store the layout, as its delay has passed or the window closes."""
        self._delay.stop()
        self._settings.set("window/geometry", self._window.saveGeometry())
        self._workspaces.store()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _CHANGES and self._window.isVisible():
            self.store_soon()
        return False

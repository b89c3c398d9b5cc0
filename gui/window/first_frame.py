"""Tells when a window has been painted for the first time."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget


class FirstFrame(QObject):
    """Calls a function once, after the first frame of a window that has been shown; never if it closes before."""

    def __init__(self, window: QWidget, on_painted: Callable[[], None]) -> None:
        super().__init__(window)
        self._window, self._on_painted = window, on_painted
        handle = window.windowHandle()
        if handle.isExposed():
            self._call_soon()
        else:
            handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Expose:
            watched.removeEventFilter(self)
            self._call_soon()  # the widgets are painted while the event is handled
        return False

    def _call_soon(self) -> None:
        QTimer.singleShot(0, self._call)

    def _call(self) -> None:
        if self._window.isVisible():
            self._on_painted()

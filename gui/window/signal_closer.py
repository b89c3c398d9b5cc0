"""Closes the window on Ctrl+C and SIGTERM as its user would; another signal while it asks ends the program at once."""

import signal
import socket
from time import monotonic
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, QTimer

from gui.window.main_window import MainWindow

_TOGETHER = 1.0
"""Seconds within which signals count as one: some programs send it to the process and to its group."""


class SignalCloser(QObject):
    """Python handles a signal only when it gets to run, which Qt's event loop prevents: a socket wakes it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._window.stayed.connect(self._on_window_stayed)
        self.number = 0
        """The signal that closes or has closed the window; 0 for none."""
        self._first = 0.0
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._notifier = QSocketNotifier(self._woken.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_notifier_activated)
        self._fd_before = signal.set_wakeup_fd(self._wake.fileno())
        self._before = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGINT, signal.SIGTERM)
            if signal.getsignal(number) is not signal.SIG_IGN
        }

    def close_down(self) -> None:
        """Handle signals as before."""
        self._restore()
        signal.set_wakeup_fd(self._fd_before)
        self._notifier.setEnabled(False)
        self._wake.close()
        self._woken.close()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_notifier_activated(self) -> None:
        self._woken.recv(64)

    def _on_window_stayed(self) -> None:
        """The user has answered, so the next signal asks again."""
        self.number = 0

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if not self.number:
            self.number, self._first = number, monotonic()
            QTimer.singleShot(0, self._window.close)
        elif monotonic() - self._first > _TOGETHER:
            self._restore()
            signal.raise_signal(number)

"""Work in several passes of the event loop, so that what a person does meanwhile is handled between them."""

from collections.abc import Callable, Iterator
from time import perf_counter

from PySide6.QtCore import QObject, QTimer

_PASS = 0.008
"""Seconds of work in a pass: half a frame of a screen."""


class WorkInPasses(QObject):
    """Does the steps of one work at a time; another work ends the one before."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps: Iterator[object] = iter(())
        self._then: Callable[[], None] = lambda: None
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._on_timer_timeout)

    @property
    def busy(self) -> bool:
        """Whether there are steps left."""
        return self._timer.isActive()

    def start(self, steps: Iterator[object], then: Callable[[], None]) -> None:
        """Do these steps from the next pass on, and after the last one call `then`."""
        self._steps, self._then = steps, then
        self._timer.start()

    def stop(self) -> None:
        """Leave out the steps that are left, and what would follow them."""
        self._timer.stop()
        self._steps = iter(())

    def _on_timer_timeout(self) -> None:
        end = perf_counter() + _PASS
        for _ in self._steps:
            if perf_counter() >= end:
                return
        self.stop()
        self._then()

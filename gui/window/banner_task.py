"""Work in the background that a command starts: a banner tells how far it is, can give it up, and has the result."""

from collections.abc import Callable
from time import monotonic
from typing import Any, ClassVar

from PySide6.QtCore import QObject

from engine.text.problems import ProjectError
from gui.window.banners import Banner, BannerArea
from gui.workbench.workbench import Workbench
from gui.worker import Task, Worker

_PAUSE = 0.1
"""Seconds between two reports of progress."""


class BannerTask(QObject):
    """Does one piece of work at a time; another one takes the place of the one in progress.

    A task reports texts about its progress, then its result.
    """

    title: ClassVar[str]
    """Of a message about what cannot be done."""

    def __init__(
        self, workbench: Workbench, area: BannerArea, show_message: Callable[[str, str], object], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._workbench, self._area, self._show_message = workbench, area, show_message
        self.banner: Banner | None = None
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)

    def result_banner(self, result: Any) -> Banner:
        """What is shown at the end."""
        raise NotImplementedError  # each task has it; the metaclass of Qt rules out ABC

    def close_down(self) -> None:
        self._worker.close()

    def _begin(self, text: str, task: Task) -> None:
        """Start a task in its thread."""
        self._show(Banner(text, "…", (("Cancel", self._cancel),)))
        self._worker.start(task)

    def _cancel(self) -> None:
        self._worker.cancel()
        self._show(None)

    def _close(self) -> None:
        self._show(None)

    def _show(self, banner: Banner | None) -> None:
        """Show a banner in place of the last one; None shows none."""
        if self.banner is not None:
            self._area.remove(self.banner)
        self.banner = banner
        if banner is not None:
            self._area.add(banner)

    def _on_worker_reported(self, report: object) -> None:
        if not isinstance(report, str):
            self._show(self.result_banner(report))
        elif self.banner is not None:
            self.banner.text.setText(report)

    def _on_worker_ended(self, error: Exception | None) -> None:
        if error is None:
            return
        self._show(None)
        if not isinstance(error, ProjectError):
            raise error
        self._show_message(self.title, str(error))


class Pace:
    """Says when progress is worth a report: not more often than a person can read it."""

    def __init__(self) -> None:
        self._last = 0.0

    def is_due(self) -> bool:
        if monotonic() - self._last < _PAUSE:
            return False
        self._last = monotonic()
        return True

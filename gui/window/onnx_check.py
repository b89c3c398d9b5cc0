"""The command that checks a design against ONNX Runtime, on a thread: a banner tells how far it is, and the result."""

from collections.abc import Callable, Iterator
from functools import partial
from time import monotonic

from PySide6.QtCore import QObject

from engine.files.onnx_model import ONNX_SUFFIX
from engine.kernels import Checkpoint
from engine.onnx_files.verification import Verification, model_path, run_and_verify
from engine.project.project import Project
from engine.run.cache import VolumeCache
from engine.run.execute import NodeStarted
from engine.text.names import quoted
from engine.text.problems import ProjectError
from engine.text.units import number_text
from gui.state.view_state import Focus, ViewState
from gui.window.banners import Answer, Banner, BannerArea
from gui.workbench.workbench import Workbench
from gui.worker import Worker

_TITLE = "Check against ONNX Runtime"
_PAUSE = 0.1
"""Seconds between two reports of progress."""


def has_model(state: ViewState) -> bool:
    """Whether a design may come from an ONNX model: a file of one is named, and nothing is computed before designs."""
    return state.project.stem is None and any(path.lower().endswith(ONNX_SUFFIX) for path in state.check.files)


class OnnxCheck(QObject):
    """Checks one design at a time; another check takes the place of the one in progress."""

    def __init__(
        self, workbench: Workbench, area: BannerArea, show_message: Callable[[str, str], object], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._workbench, self._area, self._show_message = workbench, area, show_message
        self.banner: Banner | None = None
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)

    def start(self) -> None:
        """Check the design in focus, or if it has no model, the first one that has."""
        project, focus = self._workbench.state.project, self._workbench.state.focus
        names = [design.name for design in project.designs if model_path(design.network)]
        if not names:
            self._show_message(_TITLE, "No design has its weights in an ONNX file.")
            return
        name = focus.design if focus.design in names else names[0]
        self._show(Banner(f"{name} is checked against ONNX Runtime", "…", (("Cancel", self._cancel),)))
        self._worker.start(lambda checkpoint: _check(project, name, self._workbench.cache, checkpoint))

    def close_down(self) -> None:
        self._worker.close()

    def _cancel(self) -> None:
        self._worker.cancel()
        self._show(None)

    def _show(self, banner: Banner | None) -> None:
        """Show a banner in place of the last one; None shows none."""
        if self.banner is not None:
            self._area.remove(self.banner)
        self.banner = banner
        if banner is not None:
            self._area.add(banner)

    def _on_worker_reported(self, report: str | Verification) -> None:
        if isinstance(report, Verification):
            self._show_result(report)
        elif self.banner is not None:
            self.banner.text.setText(report)

    def _show_result(self, result: Verification) -> None:
        error, worst = result.errors[result.worst], result.worst
        text = (
            f"The largest error, relative to the largest value of its volume, is {number_text(error, 2)} at "
            f"{quoted(worst)}."
        )
        select: Answer = ("Select it", partial(self._select, result.design, worst))
        self._show(Banner(f"{result.design}: {result.verdict}", text, (select, ("Close", partial(self._show, None)))))

    def _select(self, design: str, node: str) -> None:
        """Select a node, if the project still has it."""
        if (design, node) in self._workbench.state.check:
            self._workbench.set_focus(Focus(design, node))

    def _on_worker_ended(self, error: Exception | None) -> None:
        if error is None:
            return
        self._show(None)
        if not isinstance(error, ProjectError):
            raise error
        self._show_message(_TITLE, str(error))


def _check(project: Project, design: str, cache: VolumeCache, checkpoint: Checkpoint) -> Iterator[str | Verification]:
    """In the thread: texts about the progress, then the result."""
    last = 0.0
    for event in run_and_verify(project, design, cache, checkpoint):
        if isinstance(event, Verification):
            yield event
        elif event.done + 1 == event.total:
            yield f"Layer {event.total:,} of {event.total:,}, then ONNX Runtime computes the model"
        elif monotonic() - last > _PAUSE:
            last = monotonic()
            yield _progress_text(event)


def _progress_text(event: NodeStarted) -> str:
    return f"Layer {event.done + 1:,} of {event.total:,}"

"""The command that checks a design against ONNX Runtime."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from engine.files.onnx_model import ONNX_SUFFIX
from engine.kernels import Checkpoint
from engine.project.project import Project
from engine.run.cache import VolumeCache
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.window.banner_task import BannerTask, Pace
from gui.window.banners import Answer, Banner

if TYPE_CHECKING:
    from engine.onnx_files.verification import Verification


def has_model(state: ViewState) -> bool:
    """Whether a design may come from an ONNX model: a file of one is named, and nothing is computed before designs."""
    return state.project.stem is None and any(path.lower().endswith(ONNX_SUFFIX) for path in state.check.files)


class OnnxCheck(BannerTask):
    """Runs a design and its model, and names the node with the largest error."""

    title = "Check against ONNX Runtime"

    def start(self) -> None:
        """Check the design in focus, or if it has no model, the first one that has."""
        from engine.onnx_files.model_volumes import model_path  # few windows check a model, and all would load it

        project, focus = self._workbench.state.project, self._workbench.state.focus
        names = [design.name for design in project.designs if model_path(design.network)]
        if not names:
            self._show_message(self.title, "No design has its weights in an ONNX file.")
            return
        name = focus.design if focus.design in names else names[0]
        cache = self._workbench.cache
        self._begin(
            f"{name} is checked against ONNX Runtime", lambda checkpoint: _check(project, name, cache, checkpoint)
        )

    def result_banner(self, result: "Verification") -> Banner:
        worst = result.worst
        text = f"{result.worst_text[0].upper()}{result.worst_text[1:]}."
        select: Answer = ("Select it", partial(self._select, result.design, worst))
        return Banner(f"{result.design}: {result.verdict}", text, (select, ("Close", self._close)))

    def _select(self, design: str, node: str) -> None:
        """Select a node, if the project still has it."""
        if (design, node) in self._workbench.state.check:
            self._workbench.set_focus(Focus(design, node))


def _check(project: Project, design: str, cache: VolumeCache, checkpoint: Checkpoint) -> "Iterator[str | Verification]":
    """In the thread: texts about the progress, then the result."""
    from engine.onnx_files.verification import Verification, run_and_verify

    pace = Pace()
    for event in run_and_verify(project, design, cache, checkpoint):
        if isinstance(event, Verification):
            yield event
        elif event.done + 1 == event.total:
            yield f"Layer {event.total:,} of {event.total:,}, then ONNX Runtime computes the model"
        elif pace.is_due():
            yield f"Layer {event.done + 1:,} of {event.total:,}"

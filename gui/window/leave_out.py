"""The command that leaves out the selected map, and tells how the output of its design changes."""

from collections.abc import Iterator
from functools import partial

from engine.kernels import Checkpoint
from engine.network.node_ref import STEM, NodeRef
from engine.project.project import Project
from engine.run.cache import VolumeCache
from engine.run.leave_out import LeftOut, leave_map_out
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.window.banner_task import BannerTask, Pace
from gui.window.banners import Answer, Banner


def has_map(state: ViewState) -> bool:
    """Whether a map of a design is selected."""
    return state.focus.channel is not None and state.focus.design != STEM


class LeaveOut(BannerTask):
    """Computes a design without one map."""

    title = "Leave map out"

    def start(self) -> None:
        """Leave out the selected map."""
        state = self._workbench.state
        if state.focus.channel is not None:
            self._leave_out(state.focus.ref, state.focus.channel)

    def result_banner(self, result: LeftOut) -> Banner:
        answers: list[Answer] = [("Close", self._close)]
        following = result.channel + 1
        if following < result.maps:
            answers.insert(0, ("Next map", partial(self._go_to, result.ref, following)))
        return Banner(result.title, result.text(), answers)

    def _go_to(self, ref: NodeRef, channel: int) -> None:
        """Select another map and leave that out, if the project still has the node."""
        if ref in self._workbench.state.check:
            self._workbench.set_focus(Focus(*ref, channel))
            self._leave_out(ref, channel)

    def _leave_out(self, ref: NodeRef, channel: int) -> None:
        project, cache = self._workbench.state.project, self._workbench.cache
        text = f"{ref[0]} is computed without map {channel} of {ref[1]}"
        self._begin(text, lambda checkpoint: _compute(project, ref, channel, cache, checkpoint))


def _compute(
    project: Project, ref: NodeRef, channel: int, cache: VolumeCache, checkpoint: Checkpoint
) -> Iterator[str | LeftOut]:
    """In the thread: texts about the progress, then the result."""
    pace = Pace()
    for event in leave_map_out(project, ref, channel, cache, checkpoint):
        if isinstance(event, LeftOut):
            yield event
        elif pace.is_due():
            yield f"Layer {event.done + 1:,} of {event.total:,}"

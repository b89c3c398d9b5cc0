"""Runs that an edit starts: if what is not cached is predicted to take little time."""

from collections import deque
from collections.abc import Callable, Mapping
from time import perf_counter

from msgspec.structs import replace
from PySide6.QtCore import QObject, Qt, QTimer

from engine.network.input_specs import ImageInput
from engine.network.node_ref import NodeRef
from engine.project.project import Project
from engine.run.execute import NodeDone
from engine.run.prediction import LayerTime, Speed, remaining_work
from engine.run.request import RunRequest
from engine.text.units import number_text
from gui.state.automatic_run import AutomaticRunState
from gui.state.view_state import ViewState
from gui.workbench.runner import RunEvent
from gui.workbench.workbench import Workbench

_CHEAP = 0.3
"""Seconds up to which a run starts by itself."""
_WORTH_WAITING = 3.0
"""Seconds up to which it does after the choice of another photo, which asks for nothing else."""
_DELAY_MS = 300
"""Time without another edit after which a run starts, so that typing does not start one per key."""
_UNLEARNED = 8
"""Runs that are remembered until the speed is needed: earlier ones would hardly count."""
_RUNS = "Runs automatically"
_RESTARTED = "The edit restarted the run"
_CONTINUES = "The run goes on with the settings before the edit: run again (F5) for the current ones"
_WHILE_RUNNING = (_RUNS, _RESTARTED, _CONTINUES)
"""What is true during a run only."""


class AutomaticRun(QObject):
    """Listens to a workbench, and runs its project after edits.

    A run that is in progress during an edit is restarted, whoever started it, unless it computes what the edited
    project needs all the same.

    Parameters
    ----------
    store
        Called with whether automatic runs are on when that changes.
    obstacle
        Returns what should not be disturbed by a run now, in words; "" for nothing.
    """

    def __init__(
        self, workbench: Workbench, store: Callable[[bool], None], obstacle: Callable[[], str], *, enabled: bool
    ) -> None:
        super().__init__(workbench)
        self._workbench, self._store, self._obstacle = workbench, store, obstacle
        self._speed = Speed()
        """See `speed`."""
        self._unlearned: deque[tuple[RunRequest, Mapping[NodeRef, LayerTime]]] = deque(maxlen=_UNLEARNED)
        """Runs that it does not include yet, with the time of each node that they have computed."""
        self._request: RunRequest | None = None
        """That of the current or last run."""
        self._times: dict[NodeRef, LayerTime] = {}
        """The time of each node that it has computed."""
        self._start = 0.0
        self._is_starting = False
        """Whether the run that starts now is started here."""
        self._is_new_photo = False
        """Whether the last edit was the choice of another photo."""
        self._timer = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        # Queued: what is said here changes the state, and views must see one change after the other.
        workbench.changed.connect(self._on_workbench_changed, Qt.ConnectionType.QueuedConnection)
        workbench.runner.started.connect(self._on_runner_started)
        workbench.runner.advanced.connect(self._on_runner_advanced)
        workbench.runner.ended.connect(self._on_runner_ended)
        workbench.set_automatic(AutomaticRunState(enabled))

    @property
    def speed(self) -> Speed:
        """How fast this machine is, from the runs so far; found when it is needed, not while a picture is awaited."""
        while self._unlearned:
            self._speed = self._speed.after(*self._unlearned.popleft())
        return self._speed

    @speed.setter
    def speed(self, speed: Speed) -> None:
        self._speed = speed
        self._unlearned.clear()

    def toggle(self) -> None:
        """Switch automatic runs on or off, also for the next start of the program."""
        enabled = not self._workbench.state.automatic.enabled
        self._store(enabled)
        self._workbench.set_automatic(AutomaticRunState(enabled))
        self.reconsider()

    def reconsider(self) -> None:
        """Run after a while if that is cheap: after an edit, or when what had prevented it is over."""
        self._timer.stop()
        if self._workbench.state.automatic.enabled:
            self._timer.start()

    def close(self) -> None:
        """Start no run any more; the stored choice stays."""
        self._timer.stop()
        self._workbench.set_automatic(AutomaticRunState())

    def _say(self, text: str, *, is_running: bool = False) -> None:
        self._workbench.set_automatic(replace(self._workbench.state.automatic, text=text, is_running=is_running))

    def _on_workbench_changed(self, old: ViewState, new: ViewState) -> None:
        if old.project is not new.project or old.session != new.session:
            self._is_new_photo = old.session == new.session and _is_other_photo(old.project, new.project)
            self._on_edit(self._workbench.state)
        elif old.rank_search.busy_text and not new.rank_search.busy_text:
            self.reconsider()
        elif self._workbench.state.run.progress is None and self._workbench.state.automatic.text in _WHILE_RUNNING:
            self._say("")  # the run was cancelled

    def _on_edit(self, state: ViewState) -> None:
        if state.automatic.enabled:
            self.reconsider()
        else:
            self._say(_CONTINUES if state.run.progress is not None and self._is_outdated(state) else "")

    def _is_outdated(self, state: ViewState) -> bool:
        """Whether the run in progress does not compute all that the current project needs."""
        return self._request is None or not set(state.check.keys.values()) <= set(self._request.check.keys.values())

    def _on_timer_timeout(self) -> None:
        state = self._workbench.state
        if state.run.progress is not None:
            if self._is_outdated(state):
                self._run(_RESTARTED, automatic=state.automatic.is_running)
            return
        busy = self._obstacle() or (state.rank_search.busy_text and "a bottleneck is searched for")
        request = RunRequest(state.project, state.check)
        work = remaining_work(request, self._workbench.cache)
        if not work.layers:
            self._say("")
            return
        seconds, most = self.speed.seconds(work.cost), _WORTH_WAITING if self._is_new_photo else _CHEAP
        reason = busy or work.obstacle or (f"it takes about {_time_text(seconds)}" if seconds > most else "")
        if reason:
            self._say(f"Not run automatically, as {reason}: Run (F5)")
        else:
            self._run(_RUNS, automatic=True)

    def _run(self, text: str, *, automatic: bool) -> None:
        self._say(text, is_running=automatic)
        self._is_starting = True
        self._workbench.run()
        self._is_starting = False

    def _on_runner_started(self, request: RunRequest) -> None:
        self._request, self._times, self._start = request, {}, perf_counter()
        if not self._is_starting:
            self._say("")

    def _on_runner_advanced(self, events: tuple[RunEvent, ...]) -> None:
        computed = [event for event in events if isinstance(event, NodeDone) and not event.is_reused]
        self._times |= {event.ref: LayerTime(event.seconds, event.had_weights) for event in computed}

    def _on_runner_ended(self, error: Exception | None) -> None:
        was_automatic = self._workbench.state.automatic.is_running
        if self._request is not None:
            self._unlearned.append((self._request, self._times))
        duration = _time_text(perf_counter() - self._start)
        self._say(f"Run automatically, in {duration}" if was_automatic and error is None else "")


def _is_other_photo(old: Project, new: Project) -> bool:
    """Whether two projects differ in the path of their photo, and in nothing but the input."""
    if not isinstance(new.input, ImageInput) or replace(old, input=new.input) != new:
        return False
    return not isinstance(old.input, ImageInput) or old.input.path != new.input.path


def _time_text(seconds: float) -> str:
    return f"{number_text(seconds, 2)} s" if seconds >= 1 else f"{number_text(1000 * seconds, 2)} ms"

"""Runs requests in the background, the latest wins; its events reach the window in batches, a frame for each."""

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from threading import Event, Lock
from time import monotonic, thread_time

from PySide6.QtCore import QObject, QTimer, Signal

from engine.kernels import Checkpoint
from engine.network.node_ref import NodeRef
from engine.run.cache import VolumeCache
from engine.run.execute import NodeDone, NodeStarted, execute
from engine.run.request import RunRequest
from gui.paint.basics.colours import colour_map_name
from gui.paint.maps.map_measures import count_non_finite
from gui.paint.volumes.faces import compute_flat_colours, most_varied_channel
from gui.state.look import Look
from gui.state.volume_at import Float32Volume
from gui.worker import Worker

RunEvent = NodeStarted | NodeDone
_FRAME, _LONGEST_FRAME = 1 / 15, 1.0
"""Seconds between two batches: at least, and at most even if painting takes long."""
_FIRST_FRAME = 0.2
"""Seconds to the first batch, which costs the most: the results of a run that takes less are painted once."""
_SHARE = 16
"""The window works on a run for at most the time between two batches divided by this: Python code of a run waits
while the window paints."""
_MEASURING = 0.01
"""Seconds between two times that volumes are measured: each waits for the run's thread, and it for them."""
_MOST_WITH_FACES = 64
"""Boxes beyond so many are mostly too small for pictures of maps: one colour each."""


class _Mailbox:
    """Events of one run on their way from its thread to the window's."""

    def __init__(self) -> None:
        self._events: list[RunEvent] = []
        self._lock = Lock()

    def put(self, events: Sequence[RunEvent]) -> bool:
        """Add events; return whether they are the first ones that wait."""
        with self._lock:
            are_first = bool(events) and not self._events
            self._events += events
        return are_first

    def take(self) -> tuple[RunEvent, ...]:
        """Return all events that wait, in order; they wait no longer."""
        with self._lock:
            events, self._events = self._events, []
        return tuple(events)


class Runner(QObject):
    """Executes the latest request in a thread and emits its events in the thread of the window."""

    started = Signal(object)
    """A run has begun: its `RunRequest`."""
    advanced = Signal(tuple)
    """What has happened since the last time, as a tuple of `RunEvent` in order; at most 15 times a second."""
    ended = Signal(object)
    """The run has ended: None if it is complete, else the exception that ended it. All its events came before."""

    _arrived = Signal()
    """An event waits where none did."""

    def __init__(self, cache: VolumeCache, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cache = cache
        self.worker = Worker(self)
        self._arrived.connect(self._on_arrived)
        self.worker.ended.connect(self._on_worker_ended)
        self._mailbox = _Mailbox()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._last_batch, self._work_before = 0.0, 0.0
        """When the run started or the last batch was emitted, and the processor time of the window's thread then."""
        self._least_frame = _FIRST_FRAME
        """Seconds to the next batch at least."""
        self._outcomes: list[Exception | None] = []
        """That of the run, once its thread has ended, until `ended` is emitted."""

    def start(self, request: RunRequest, visible_refs: frozenset[NodeRef], look: Look) -> None:
        """Run a request; cancel the current one first. The boxes of the `visible_refs` are drawn in that look."""
        self.cancel()
        mailbox = self._mailbox
        self._last_batch, self._work_before = monotonic(), thread_time()
        self._least_frame = _FIRST_FRAME
        self.worker.start(lambda checkpoint: self._work(request, visible_refs, look, mailbox, checkpoint))
        self.started.emit(request)

    def cancel(self) -> None:
        """Stop the run; it emits nothing more."""
        self._timer.stop()
        self.worker.cancel()
        self._outcomes = []
        self._mailbox = _Mailbox()  # a run that was stopped holds no volumes

    def flush(self) -> None:
        """Emit at once what has been computed so far."""
        self._timer.stop()
        events = self._mailbox.take()
        if events:
            self._last_batch, self._work_before = monotonic(), thread_time()
            self._least_frame = _FRAME
            self.advanced.emit(events)

    def close(self) -> None:
        """Cancel and wait for the thread, so that it does not outlive the window."""
        self._timer.stop()
        self.worker.close()

    def _work(
        self,
        request: RunRequest,
        visible_refs: frozenset[NodeRef],
        look: Look,
        mailbox: _Mailbox,
        checkpoint: Checkpoint,
    ) -> Iterable[object]:
        """Run in the thread of the worker; another thread measures volumes and hands the events on meanwhile."""
        computed: deque[RunEvent] = deque()
        is_over = Event()

        def hand_on() -> None:
            is_last = False
            while not is_last:
                is_last = is_over.wait(_MEASURING)
                events = [computed.popleft() for _ in range(len(computed))]
                visible = [event for event in events if isinstance(event, NodeDone) and event.ref in visible_refs]
                _measure([done.volume for done in visible], look, have_faces=len(visible_refs) <= _MOST_WITH_FACES)
                if mailbox.put(events):
                    self._arrived.emit()

        with ThreadPoolExecutor(1) as measurer:
            end = measurer.submit(hand_on)
            try:
                for event in execute(request, self.cache, checkpoint):
                    computed.append(event)
            finally:
                is_over.set()
        end.result()
        return ()

    # Batches are emitted by the timer alone: what a person does is handled before the next one.

    def _on_arrived(self) -> None:
        self._timer.start(0)

    def _on_worker_ended(self, error: Exception | None) -> None:
        self._outcomes = [error]
        self._timer.start(0)

    def _on_timer_timeout(self) -> None:
        """Emit what waits, unless it is too early; then do so later."""
        frame = max(self._least_frame, min(_SHARE * (thread_time() - self._work_before), _LONGEST_FRAME))
        wait = self._last_batch + frame - monotonic()
        if wait > 0 and not self._outcomes:
            self._timer.start(ceil(1000 * wait))
            return
        outcomes, self._outcomes = self._outcomes, []
        self.flush()
        for error in outcomes:
            self.ended.emit(error)


def _measure(volumes: Sequence[Float32Volume], look: Look, *, have_faces: bool) -> None:
    """Cache what the first picture of volumes needs, for which the thread of the window would have to wait."""
    if have_faces:
        for volume in volumes:
            most_varied_channel(volume)
    else:
        compute_flat_colours(volumes, colour_map_name(look), zero_centred=look.zero_centred)
    for volume in volumes:
        count_non_finite(volume)

"""Shares the blocks of a kernel among a few threads of our own, while BLAS keeps to the thread that calls it.

BLAS's own threads wait for each other in every product, spinning: as soon as other programs use the cores, one that is
not running delays all. Here whoever is free takes the next block, so that a thread that is not running delays only the
block it has. The thread that calls a kernel computes as well, and waits for others only where they have taken a
block: a kernel within a kernel, or many callers at once, cannot block each other.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from functools import cache
from queue import SimpleQueue
from threading import Condition, Lock, Thread, local
from typing import Any, Generic, TypeVar

from engine.kernels.blocks import Checkpoint, Region, blocks

_Part = TypeVar("_Part")

MOST_THREADS = 4
"""Blocks are cut for so many, however many there are: results and memory do not depend on the machine."""

_FEWEST_BLOCKS = 4
"""Blocks of the size of a cache that another thread is worth: each takes about 30 µs."""

_POLL_SECONDS = 0.02
"""How often a checkpoint is called while other threads finish their last blocks."""


def share(
    parts: Iterable[_Part],
    work: Callable[[_Part, Checkpoint], object],
    checkpoint: Checkpoint,
    *,
    fewest: int = 1,
) -> None:
    """Call ``work(part, checkpoint)`` for every part, in any order and on any thread.

    Each thread has a checkpoint of its own: ``checkpoint`` is called by this thread alone, which
    calls it after each of its parts as well. If it raises, or a part does, then no further part begins, the others end
    at their next checkpoint, and the exception is raised here when they have.

    Parameters
    ----------
    fewest
        Number of parts for which another thread is worth while: waking it takes about 0.1 ms.
    """
    limit_blas()
    waiting = [*parts]
    if len(waiting) <= fewest or _POOL.limit == 1:
        for part in waiting:
            work(part, checkpoint)
            checkpoint()
    else:
        _POOL.run(_Job(waiting, work), checkpoint, fewest)


def share_blocks(shape: tuple[int, ...], values: int, fill: Callable[[Region], object], checkpoint: Checkpoint) -> None:
    """Call ``fill(block)`` for blocks of (channels, height, width) of at most so many values; for cheap arithmetic."""
    share(blocks(shape, values), lambda block, _: fill(block), checkpoint, fewest=_FEWEST_BLOCKS)


@cache
def limit_blas() -> None:
    """Limit BLAS and LAPACK of this process to the calling thread, from now on and for the program around us too."""
    from threadpoolctl import threadpool_limits  # here, since it takes time that the first frame of a window has not

    threadpool_limits(1, "blas")


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def most_computing() -> int:
    """Threads that compute at the same time at most."""
    return _POOL.limit


@contextmanager
def free_threads(most: int) -> Iterator[int]:
    """So many threads, if no kernel is running on another one; else this one: to be used by a library, in one call."""
    with _POOL.occupy(most) as count:
        yield count


@contextmanager
def thread_limit(count: int) -> Iterator[None]:
    """Compute on so many threads: for workers that measure side by side, for benchmarks and tests."""
    global _POOL
    before, _POOL = _POOL, _Pool(count)
    try:
        yield
    finally:
        _POOL.close()
        _POOL = before


class _Stopped(Exception):
    """Ends a part on another thread, as its result is no longer needed."""


class _Job(Generic[_Part]):
    """The parts of one kernel, and the threads that are at them."""

    def __init__(
        self,
        parts: list[_Part],
        work: Callable[[_Part, Checkpoint], object],
    ) -> None:
        self._parts = parts
        self._taken = 0
        self._work = work
        self._context = copy_context()  # NumPy's errstate is part of it
        self._changed = Condition()
        self._helpers = 0
        self._is_stopped = False
        self.error: BaseException | None = None

    @property
    def waiting(self) -> int:
        """Number of parts that nobody has taken."""
        return 0 if self._is_stopped else len(self._parts) - self._taken

    def run(self, checkpoint: Checkpoint, after_each: Callable[[], bool]) -> None:
        """Take parts until none is left or ``after_each`` returns False."""
        while True:
            with self._changed:
                if not self.waiting:
                    return
                part = self._parts[self._taken]
                self._taken += 1
            self._work(part, checkpoint)
            if not after_each():
                return

    def help(self, has_room: Callable[[], bool]) -> None:
        """Take parts on another thread until none is left or ``has_room`` returns False."""
        with self._changed:
            if not self.waiting:
                return
            self._helpers += 1
        try:
            self._context.copy().run(self.run, self._raise_if_stopped, has_room)
        except _Stopped:
            pass
        except BaseException as error:  # raised again by the thread that called the kernel
            self.error = error
            self.stop()
        finally:
            with self._changed:
                self._helpers -= 1
                self._changed.notify_all()

    def stop(self) -> None:
        """Let no further part begin."""
        self._is_stopped = True

    def wait(self, seconds: float | None = None) -> bool:
        """Whether the parts that others have taken are done, after so many seconds at most."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._helpers, seconds)

    def _raise_if_stopped(self) -> None:
        if self._is_stopped:
            raise _Stopped


class _Pool:
    """Threads that help those that call kernels, so that no more than ``limit`` compute at a time."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = Lock()
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._threads = 0
        self._running = 0
        """Threads that compute: callers and helpers."""
        self._invited = 0
        """Helpers that were asked and have not come yet."""

    def run(self, job: _Job[Any], checkpoint: Checkpoint, fewest: int) -> None:
        """Run a job on this thread, and on others as far as they are free."""

        def proceed() -> bool:
            checkpoint()
            self._invite(job, fewest)
            return True

        is_counted = getattr(_THREAD, "is_counted", False)  # in a kernel within another
        _THREAD.is_counted = True
        with self._lock:
            self._running += not is_counted
        try:
            self._invite(job, fewest)
            job.run(checkpoint, proceed)
            checkpoint()  # others may have taken all parts
            while not job.wait(_POLL_SECONDS):
                checkpoint()
        finally:
            job.stop()
            job.wait()
            _THREAD.is_counted = is_counted
            with self._lock:
                self._running -= not is_counted
        error, job.error = job.error, None
        if error:
            try:
                raise error
            finally:
                del error  # its traceback holds this frame: a cycle would hold the volumes

    @contextmanager
    def occupy(self, most: int) -> Iterator[int]:
        """Let others compute on all threads of the limit, up to so many, or on this one alone if one is at work."""
        is_counted = getattr(_THREAD, "is_counted", False)
        with self._lock:
            count = min(most, self.limit) if self._running == is_counted else 1
            self._running += count - is_counted
        try:
            yield count
        finally:
            with self._lock:
                self._running -= count - is_counted

    def close(self) -> None:
        """End the threads."""
        for _ in range(self._threads):
            self._jobs.put(None)

    def _invite(self, job: _Job[Any], fewest: int) -> None:
        """Ask for as many helpers as cores are free, if there are parts for them."""
        if self._running + self._invited >= self.limit or job.waiting < fewest:
            return
        with self._lock:
            self._start_threads(min(self._running + self._invited + job.waiting // fewest, self.limit) - 1)
            count = max(min(self.limit - self._running - self._invited, job.waiting // fewest), 0)
            self._invited += count
        for _ in range(count):
            self._jobs.put(job)

    def _start_threads(self, count: int) -> None:
        """Have so many threads; if the system refuses one, those that there are have to do from now on."""
        while self._threads < count:
            # A daemon, as there is nothing to finish at exit: whoever calls a kernel waits for its parts.
            thread = Thread(target=self._help_all, name="kernels", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                self.limit = self._threads + 1
                return
            self._threads += 1

    def _help_all(self) -> None:
        _THREAD.is_counted = True
        while (job := self._jobs.get()) is not None:
            with self._lock:
                self._invited -= 1
                has_room = self._running < self.limit
                self._running += has_room
            if has_room:
                try:
                    job.help(lambda: self._running <= self.limit)
                finally:
                    with self._lock:
                        self._running -= 1
            del job  # a thread that waits holds no volumes


_THREAD = local()
_POOL = _Pool(min(available_cores(), MOST_THREADS))


def _start_anew() -> None:
    """In a forked process, which has none of the threads."""
    global _POOL
    _POOL = _Pool(_POOL.limit)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)

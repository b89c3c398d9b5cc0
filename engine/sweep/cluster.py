"""Measures points on processes of this machine or on a cluster, by dask.distributed, which is imported when it is used.

dask executes code that its peers send: a cluster belongs into a trusted network.
"""

import importlib
import importlib.util
import logging
import pickle
from asyncio import CancelledError
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError as FutureCancelledError
from contextlib import contextmanager
from itertools import groupby, islice
from pathlib import Path
from queue import Empty, SimpleQueue
from socket import create_connection
from time import monotonic, sleep
from typing import Any

from engine.kernels import Checkpoint
from engine.sweep import remote
from engine.sweep.columns import Values
from engine.sweep.counting import CountedPoint
from engine.sweep.measuring import Measure, Measured
from engine.sweep.sweep import Sweep
from engine.sweep.worker import pack_sweep
from engine.sweep.worker_settings import TlsFiles
from engine.text.problems import Problem, ProjectError
from engine.text.units import count_text

_RETRIES = 3
_START_SECONDS = 60
"""How long workers may take to start, or a scheduler to answer."""
_ATTEMPT_SECONDS = 2.5
"""How long an attempt to reach a scheduler or workers takes at most, before the next one."""
_ANSWER_SECONDS = 10
"""How long a scheduler that can be reached may take to answer."""
_LOST_SECONDS = 20
"""How long a scheduler may be silent before it counts as lost."""
_POLL_SECONDS = 0.2
_LOST = "the scheduler is lost; the rows so far are complete, run again to continue"
_PER_WORKER = 4
"""Tasks that are under way per worker, so that none waits for the next."""
_TASK_SECONDS = 1.0
"""About how long a task takes, if it has several points: what is lost of each worker if a sweep is stopped."""
_LONGEST_RUN = 16
"""The points of a task at most."""
_LOCAL_SETTINGS = {
    # Workers keep the memory of volumes for the next ones: if they return it after each, as dask has them do, the
    # system clears every page anew, which takes a third as long as the arithmetic on large maps.
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": 1 << 30,
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 1 << 32,
    "distributed.worker.profile.enabled": False,  # nobody sees it, and it takes a twentieth of a worker's time
}


Run = tuple[CountedPoint, ...]
"""Points next to each other, which are measured by one worker."""


def has_dask() -> bool:
    """Whether dask.distributed is installed."""
    return importlib.util.find_spec("distributed") is not None


@contextmanager
def local_cluster(workers: int) -> Iterator[Any]:
    """A client of that many single-threaded processes of this machine, which end with it."""
    distributed = _distributed()
    dask = importlib.import_module("dask")
    with (
        dask.config.set(_LOCAL_SETTINGS),
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # else an HTTP server listens at port 8787 even so
            memory_limit=0,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@contextmanager
def remote_cluster(address: str, tls: TlsFiles, checkpoint: Checkpoint = lambda: None) -> Iterator[Any]:
    """A client of an existing scheduler.

    Raises
    ------
    ProjectError
        It does not answer, or has no workers.
    """
    distributed = _distributed()
    security = None
    if address.startswith("tls:") or tls != TlsFiles():
        _require_tls_files(tls)
        security = distributed.Security(
            tls_ca_file=tls.ca,
            tls_client_cert=tls.certificate,
            tls_client_key=tls.key,
            require_encryption=True,
        )
    try:
        host, port = distributed.comm.get_address_host_port(address)
        _patiently(lambda seconds: create_connection((host, port), seconds).close(), checkpoint)
        client = distributed.Client(address, security=security, timeout=_ANSWER_SECONDS)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise _fault(f"no scheduler answers at {address}: {_first_line(error)}") from None
    with client:
        try:
            _patiently(lambda seconds: client.wait_for_workers(1, timeout=seconds), checkpoint)
        except OSError:
            text = f"the scheduler at {address} has no workers; start some: dask worker {address} --nthreads 1"
            raise _fault(text) from None
        yield client


def _require_tls_files(tls: TlsFiles) -> None:
    """ProjectError if a file of a connection by TLS is not named or cannot be read."""
    for path in (tls.ca, tls.certificate, tls.key):
        if path is None:
            raise _fault("TLS needs a certificate, its key, and the certificate of the authority that checks others")
        try:
            Path(path).read_bytes()
        except OSError as error:
            raise ProjectError([Problem(f"cannot be read: {error.strerror or error}", "")], Path(path)) from None


def _patiently(attempt: Callable[[float], Any], checkpoint: Checkpoint) -> None:
    """Try what may take long for a few seconds at a time, so that it can be cancelled; at last, OSError."""
    end = monotonic() + _START_SECONDS
    while True:
        checkpoint()
        start = monotonic()
        try:
            attempt(max(_POLL_SECONDS, min(end - start, _ATTEMPT_SECONDS)))
            return
        except OSError:
            if monotonic() >= end:
                raise
            sleep(max(0.0, start + _POLL_SECONDS - monotonic()))


def _distributed() -> Any:
    if not has_dask():
        raise _fault("dask.distributed is not installed; pip install 'convolume[dask]', or measure without workers")
    distributed = importlib.import_module("distributed")
    for name in logging.root.manager.loggerDict:
        if name.startswith("distributed"):  # its import has set levels of their own
            logging.getLogger(name).setLevel(logging.CRITICAL)
    return distributed


class _ByValue:
    """A function that can be unpickled where the program is not on the path, by a scheduler and by workers."""

    def __init__(self, function: Callable[..., Any]) -> None:
        cloudpickle = importlib.import_module("cloudpickle")
        cloudpickle.register_pickle_by_value(remote)
        self._function = function
        self._content: bytes = cloudpickle.dumps(function)

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def __reduce__(self) -> tuple[Callable[[bytes], Any], tuple[bytes]]:
        return pickle.loads, (self._content,)


def measure_on(client: Any, sweep: Sweep, checkpoint: Checkpoint = lambda: None) -> Measure:
    """Measure points on a cluster; they come back in any order.

    Points next to each other share most of what is computed, so about a second of them is one task of a worker. If a
    task fails in a way that is not the fault of its points, or its worker dies, it is tried again three times, or as
    often as the scheduler allows; then each of its points alone, whose problem is the reason if that fails too.
    ProjectError if the scheduler is lost; points that have come back stay.
    """
    message, function = pack_sweep(sweep), _ByValue(remote.measure_remotely)

    def submit(runs: Sequence[Sequence[CountedPoint]]) -> list[Any]:
        places = [[counted.point for counted in run] for run in runs]
        return list(client.map(function, [message] * len(runs), places, pure=False, retries=_RETRIES))

    def measure(points: Iterator[CountedPoint]) -> Iterator[Measured]:
        start, done = monotonic(), 0
        workers = max(len(client.nthreads()), 1)
        suspects: list[CountedPoint] = []

        def length() -> int:
            most = done * _TASK_SECONDS / ((monotonic() - start) * workers)
            return max(1, min(_LONGEST_RUN, int(most)))

        for run, future in _completed(client, submit, _runs(points, length), _PER_WORKER * workers, checkpoint):
            done += len(run)
            results, problem = _results_of(future)
            if problem:
                suspects += run
            for counted, result in zip(run, results, strict=False):
                yield counted, *result
        # Dask also blames points that only wait on a worker that another one kills; alone, none is blamed for others.
        alone = ((counted,) for counted in suspects)
        for run, future in _completed(client, submit, alone, 1, checkpoint):
            results, problem = _results_of(future)
            yield run[0], *(results[0] if results else ({}, problem))

    return measure


def _runs(points: Iterator[CountedPoint], length: Callable[[], int]) -> Iterator[Run]:
    """Yield points that differ in the last axis alone together, up to a number that is asked for each time."""
    for _, neighbours in groupby(points, lambda counted: counted.point[:-1]):
        while run := tuple(islice(neighbours, length())):
            yield run


def _completed(
    client: Any,
    submit: Callable[[Sequence[Run]], list[Any]],
    runs: Iterator[Run],
    limit: int,
    checkpoint: Checkpoint,
) -> Iterator[tuple[Run, Any]]:
    """Yield runs of points with their futures as these complete; at most `limit` are under way."""
    finished: SimpleQueue[Any] = SimpleQueue()
    under_way: dict[Any, Run] = {}
    heard = monotonic()
    while True:
        if len(under_way) <= limit // 2:  # several at a time, which takes a fraction of the time of one by one
            new = list(islice(runs, limit - len(under_way)))
            for future, run in zip(submit(new), new, strict=True):
                under_way[future] = run
                future.add_done_callback(finished.put)
        if not under_way:
            return
        try:
            future = finished.get(timeout=_POLL_SECONDS)
        except Empty:
            checkpoint()
            heard = _require_scheduler(client, heard)
            continue
        heard = monotonic()
        yield under_way.pop(future), future


def _require_scheduler(client: Any, heard: float) -> float:
    """ProjectError if there has been no connection for long; else when there was one last."""
    if client.status == "running":
        return monotonic()
    if monotonic() - heard > _LOST_SECONDS or client.status == "closed":
        raise _fault(_LOST)
    return heard


def _results_of(future: Any) -> tuple[list[tuple[Values, str]], str]:
    """What was measured, or no results and the reason."""
    try:
        error = future.exception(timeout=_LOST_SECONDS)
        if error is None:
            return future.result(timeout=_LOST_SECONDS), ""
    except (CancelledError, FutureCancelledError, TimeoutError, OSError):
        raise _fault(_LOST) from None
    if isinstance(error, ModuleNotFoundError):
        raise _fault(f"a worker cannot measure: {_first_line(error)}; install the same version on all workers")
    if type(error).__name__ == "KilledWorker":
        return [], f"its worker died {count_text(error.allowed_failures + 1, 'time')}"
    return [], f"failed {_RETRIES + 1} times: {type(error).__name__}: {_first_line(error)}"


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _fault(text: str) -> ProjectError:
    return ProjectError([Problem(text, "")])

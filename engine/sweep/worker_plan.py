"""Decides where a sweep measures, by the points that are left and the memory that is free, and measures there."""

from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from msgspec import Struct

from engine.kernels import Checkpoint
from engine.kernels.threads import available_cores
from engine.sweep.cluster import has_dask, local_cluster, measure_on, remote_cluster
from engine.sweep.measuring import Measure, measure_here, worker_bytes
from engine.sweep.sweep import Sweep
from engine.sweep.worker_settings import WorkerSettings
from engine.text.problems import Problem, ProjectError
from engine.text.units import byte_size, count_text

_FEW_POINTS = 16
"""Points that are measured before workers have started."""


class WorkerPlan(Struct, frozen=True):
    """The settings with a number of processes, and what a person should know of them."""

    settings: WorkerSettings
    texts: tuple[str, ...] = ()


def plan_workers(
    settings: WorkerSettings, sweep: Sweep, remaining: int, checkpoint: Checkpoint = lambda: None
) -> WorkerPlan:
    """At most as many processes as there is memory for.

    Parameters
    ----------
    remaining
        Points without a row.

    Raises
    ------
    ProjectError
        There is not enough memory for one.
    """
    here = WorkerSettings(0)
    if not sweep.settings.measure or not remaining:
        return WorkerPlan(here)
    if settings.scheduler:
        return WorkerPlan(settings, (f"each worker needs about {byte_size(worker_bytes(sweep, checkpoint))}",))
    if settings.count == 0 or (settings.count is None and remaining <= _FEW_POINTS):
        return WorkerPlan(here)
    if settings.count is None and not has_dask():
        return WorkerPlan(here, ("dask.distributed is not installed: points are measured one after the other",))
    most = min(settings.count or available_cores(), remaining)
    needed, free = worker_bytes(sweep, checkpoint), psutil.virtual_memory().available
    count = min(most, free // needed)
    if not count:
        text = f"a worker needs {byte_size(needed)}; {byte_size(free)} of memory are free. Make the designs smaller"
        raise ProjectError([Problem(text, "")])
    scarce = (f"memory for {count} of {most} workers",) if count < most else ()
    text = (
        f"measuring in {count_text(count, 'process')} of one thread each, with about {byte_size(needed)} of memory each"
    )
    return WorkerPlan(WorkerSettings(count), (*scarce, text))


@contextmanager
def measuring(plan: WorkerPlan, sweep: Sweep, checkpoint: Checkpoint = lambda: None) -> Iterator[Measure]:
    """What measures points: this process, others of this machine, which end with it, or a cluster.

    Raises
    ------
    ProjectError
        A scheduler does not answer, or has no workers.
    """
    settings = plan.settings
    if settings.scheduler:
        with remote_cluster(settings.scheduler, settings.tls, checkpoint) as client:
            yield measure_on(client, sweep, checkpoint)
    elif settings.count:
        with local_cluster(settings.count) as client:
            yield measure_on(client, sweep, checkpoint)
    else:
        yield measure_here(sweep, checkpoint)

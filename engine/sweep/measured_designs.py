"""What a sweep measures, of the designs of its project: they are shown beside the points."""

from collections.abc import Iterable
from contextlib import nullcontext, suppress

from engine.kernels import Checkpoint
from engine.kernels.threads import thread_limit
from engine.sweep.columns import MACHINE, Values
from engine.sweep.faults import SweepFault
from engine.sweep.measuring import PointMeasurer, machine_text
from engine.sweep.sweep import Sweep


def measured_designs(
    sweep: Sweep, rows: Iterable[Values], checkpoint: Checkpoint = lambda: None, *, limits_threads: bool = False
) -> dict[str, Values]:
    """Measure in this process, on as many threads as the points; without what a design does not have.

    Times are left out unless all points were measured on this machine with the same threads: others cannot be compared.

    Parameters
    ----------
    limits_threads
        Whether the threads of the whole process may be limited to one for a while, if one measured the points.
    """
    if not sweep.settings.measure:
        return {}
    machines = {row.get(MACHINE) for row in rows} - {None, ""}
    threads = 1 if limits_threads and machines == {machine_text(1)} else None
    is_comparable = machines == {machine_text(threads)}
    measurer = PointMeasurer(sweep, checkpoint, threads)
    values: dict[str, Values] = {}
    with nullcontext() if threads is None else thread_limit(threads):
        for design in sweep.project.designs:
            with suppress(SweepFault):
                values[design.name] = measurer.measure_design(design.name, with_time=is_comparable)
    return values

"""What a process that measures points for a sweep does: the sweep arrives once per task, as values, never as arrays."""

import pickle
import zlib
from collections.abc import Sequence
from threading import Lock

from msgspec.structs import replace

from engine.kernels.threads import thread_limit
from engine.project.project import Project, SweepSettings
from engine.rank_search.calibration import CalibrationSet
from engine.sweep.columns import Values
from engine.sweep.faults import SweepFault
from engine.sweep.measuring import PointMeasurer
from engine.sweep.point_projects import Point
from engine.sweep.sweep import Sweep, plan_sweep

_LOCK = Lock()
"""Points of one process are measured one after the other, so that none disturbs the time of another."""
_measurers: dict[bytes, PointMeasurer] = {}
"""That of the last sweep: its cache holds what points share."""


def pack_sweep(sweep: Sweep) -> bytes:
    """The sweep as a message to workers: a few kilobytes."""
    settings = replace(sweep.settings, where=())  # a worker receives only points that satisfy the conditions
    content = replace(sweep.project, sweep=None), settings, sweep.calibration
    return zlib.compress(pickle.dumps(content))


def measure_points(message: bytes, points: Sequence[Point]) -> list[tuple[Values, str]]:
    """What the sweep measures of each point, on one thread; or the reason why that is not possible."""
    with _LOCK, thread_limit(1):
        return [_measure_point(message, point) for point in points]


def _measure_point(message: bytes, point: Point) -> tuple[Values, str]:
    try:
        return _measurer(message).measure(point), ""
    except SweepFault as fault:
        return {}, str(fault)


def _measurer(message: bytes) -> PointMeasurer:
    if message not in _measurers:
        project: Project
        settings: SweepSettings
        calibration: CalibrationSet
        project, settings, calibration = pickle.loads(zlib.decompress(message))
        _measurers.clear()
        _measurers[message] = PointMeasurer(plan_sweep(project, settings, calibration), threads=1)
    return _measurers[message]

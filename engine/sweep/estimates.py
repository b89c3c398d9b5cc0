"""How long a sweep will take to count, from the first of its points."""

from itertools import islice
from time import perf_counter

from engine.kernels import Checkpoint
from engine.sweep.counting import count_points
from engine.sweep.sweep import Sweep
from engine.text.units import count_text

_SAMPLE = 20
_SAMPLE_SECONDS = 0.1
"""Time after which no more points are tried."""
_LEAST = 0.01
_MINUTE = 60


def counting_seconds(sweep: Sweep, checkpoint: Checkpoint = lambda: None) -> float:
    """The expected time to count all points; the first is dearer, since the others share layers with it."""
    began = perf_counter()
    ends = []
    for _ in islice(count_points(sweep, checkpoint), _SAMPLE):
        ends.append(perf_counter())
        if ends[-1] - began > _SAMPLE_SECONDS:
            break
    first, others = ends[0] - began, len(ends) - 1
    each = (ends[-1] - ends[0]) / others if others else first
    return first + (len(sweep) - 1) * each


def estimate_text(sweep: Sweep, checkpoint: Checkpoint = lambda: None) -> str:
    """The number of points and the expected time: "8 points, about 0.01 s"."""
    text = f"{count_text(len(sweep), 'point')}, about {_time_text(counting_seconds(sweep, checkpoint))}"
    return f"{text} to count; measuring takes longer" if sweep.settings.measure else text


def _time_text(seconds: float) -> str:
    if seconds < 1:
        return f"{max(seconds, _LEAST):.2f} s"
    return f"{seconds:.0f} s" if seconds < _MINUTE else f"{seconds / _MINUTE:.0f} min"

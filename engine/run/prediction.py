"""Predicts how long the part of a run takes that is not cached, at the speed of earlier runs on this machine."""

from collections.abc import Mapping

from msgspec import Struct

from engine.network.analysis import Report
from engine.network.graph import INPUT
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM, NodeRef
from engine.network.weight_specs import FileWeights
from engine.run.cache import VolumeCache
from engine.run.execute import RunRequest, uncached_refs

_MAC, _VALUE, _RANDOM, _STORED, _NODE = 2.5e-10, 1.5e-9, 1.2e-8, 4e-9, 1e-4
"""Seconds per multiply-accumulate, value read or written, random value, weight of a file, and layer, on a machine of
medium speed."""
_MEMORY = 0.7
"""How much the runs before the last one count, compared with it."""
_LEAST, _MOST = 0.05, 20.0
"""Limits of how fast or slow a machine can be, compared with the one of medium speed."""


class Work(Struct, frozen=True):
    """What a run has to compute that is not cached."""

    layers: int = 0
    seconds: float = 0.0
    """On a machine of medium speed."""
    obstacle: str = ""
    """What takes a time that cannot be predicted, in words."""


class Speed(Struct, frozen=True):
    """How much longer this machine takes than one of medium speed, from the runs so far."""

    predicted: float = 0.0
    """Seconds that were predicted for layers that have run, of which earlier ones count less and less."""
    measured: float = 0.0
    """Seconds that they took."""

    @property
    def factor(self) -> float:
        """1 before any run."""
        return min(max(self.measured / self.predicted, _LEAST), _MOST) if self.predicted else 1.0

    def seconds(self, work: Work) -> float:
        """The time that some work will take on this machine."""
        return work.seconds * self.factor

    def after(self, request: RunRequest, seconds: Mapping[NodeRef, float]) -> "Speed":
        """The speed that includes a run, from those of its layers whose time can be predicted.

        Parameters
        ----------
        seconds
            The time of each node that was computed, not taken from the cache.
        """
        predicted = measured = 0.0
        for ref, duration in seconds.items():
            report = request.check.reports.get(ref)
            if report is None or ref in request.check.low_rank_fits:
                continue
            predicted += _layer_seconds(report)
            measured += duration
        if not predicted:
            return self
        return Speed(_MEMORY * self.predicted + predicted, _MEMORY * self.measured + measured)


def remaining_work(request: RunRequest, cache: VolumeCache) -> Work:
    """The work of a run that is not in the cache; a volume of several nodes counts once."""
    refs = uncached_refs(request, cache)
    seconds = 0.0
    for ref in refs:
        obstacle = _obstacle(request, ref, cache)
        if obstacle:
            return Work(len(refs), obstacle=obstacle)
        report = request.check.reports.get(ref)
        seconds += _input_seconds(request) if report is None else _layer_seconds(report)
    return Work(len(refs), seconds)


def _obstacle(request: RunRequest, ref: NodeRef, cache: VolumeCache) -> str:
    """Why the time of a node cannot be predicted; "" if it can."""
    if ref == (STEM, INPUT):
        return "" if isinstance(request.project.input, NoiseInput) else "the input has to be read from its file"
    fit = request.check.low_rank_fits.get(ref)
    return "weights have to be fitted" if fit is not None and cache.get_fit(fit) is None else ""


def _input_seconds(request: RunRequest) -> float:
    shape = request.check.input_shape
    return _NODE if shape is None else _NODE + _RANDOM * shape.size


def _layer_seconds(report: Report) -> float:
    """Seconds for a layer on a machine of medium speed: its arithmetic, its values, and making its weights."""
    assert report.output_shape is not None, "a node with a key has a shape"
    read = sum(shape.size for shape in report.known_inputs)
    windows = report.sliding_windows
    if windows is not None and not report.macs:  # pooling reads each value several times
        read = report.output_shape.size * windows.kernel[0] * windows.kernel[1]
    weights = report.weight_bytes // 4
    per_weight = _STORED if isinstance(report.weights, FileWeights) else _RANDOM
    return _NODE + _MAC * (report.macs or 0) + _VALUE * (read + report.output_shape.size) + per_weight * weights

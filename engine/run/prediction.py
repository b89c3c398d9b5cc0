"""Predicts how long the part of a run takes that is not cached, at the speed of earlier runs on this machine."""

from bisect import bisect_left
from collections.abc import Mapping
from itertools import accumulate
from math import prod
from typing import NamedTuple

from msgspec import Struct

from engine.files.photo_headers import photo_size
from engine.network.analysis import Report
from engine.network.graph import INPUT
from engine.network.input_specs import ArrayInput, ImageInput
from engine.network.node_ref import STEM, NodeRef
from engine.network.weight_specs import FileWeights, LowRankWeights
from engine.run.cache import VolumeCache
from engine.run.cached_weights import has_cached_weights
from engine.run.inputs import decoded_pixels
from engine.run.request import RunRequest, uncached_refs

_LAYER, _ARRAY = 4e-5, 4e-5
"""Seconds that every layer takes, however small it is, and each array of weights, on a machine of medium speed."""
_MAC, _VALUE, _RANDOM, _STORED = 6e-11, 1e-9, 2.2e-8, 4e-9
"""Seconds per multiply-accumulate, value read or written, random value, and weight of a file."""
_PIXEL, _STORED_PIXEL = 2e-8, 2e-9
"""Seconds per pixel of a photo that is decoded, and per pixel in its file, of which a JPEG may be decoded in part."""
_MEMORY = 0.7
"""How much the runs before the last one count, compared with it."""
_LEAST, _MOST = 0.05, 20.0
"""Limits of how fast or slow a machine can be, compared with the one of medium speed."""
_OUTLIER = 4.0
"""How many times as slow as the usual layer of a run the slowest can count: the first of all warms up. Several are
slow if other programs are busy; that counts."""


class Cost(Struct, frozen=True):
    """Seconds that layers take on a machine of medium speed."""

    small: float = 0.0
    """Of layers that take most of their time for what is done once per layer."""
    large: float = 0.0
    """Of those that take it for arithmetic, values and random weights."""

    @property
    def seconds(self) -> float:
        return self.small + self.large

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.small + other.small, self.large + other.large)


class Work(Struct, frozen=True):
    """What a run has to compute that is not cached."""

    layers: int = 0
    cost: Cost = Cost()
    obstacle: str = ""
    """What takes a time that cannot be predicted, in words."""


class Rate(Struct, frozen=True):
    """How much longer this machine takes for some layers than one of medium speed, from the runs so far."""

    predicted: float = 0.0
    """Seconds that were predicted for layers that have run, of which earlier ones count less and less."""
    measured: float = 0.0
    """Seconds that they took."""

    @property
    def factor(self) -> float:
        """1 before any run."""
        return min(max(self.measured / self.predicted, _LEAST), _MOST) if self.predicted else 1.0

    def after(self, layers: list[tuple[float, float]]) -> "Rate":
        """The rate that includes a run, from the predicted and the measured seconds of its layers."""
        if not layers:
            return self
        by_ratio = sorted(layers, key=lambda layer: layer[1] / layer[0])
        predicted, slowest = by_ratio[-1]
        excess = max(0.0, slowest - _OUTLIER * _usual_ratio(by_ratio) * predicted)
        predicted, measured = (sum(seconds) for seconds in zip(*layers, strict=True))
        return Rate(_MEMORY * self.predicted + predicted, _MEMORY * self.measured + measured - excess)


def _usual_ratio(by_ratio: list[tuple[float, float]]) -> float:
    """Measured by predicted seconds: the ratio that half of the predicted time does not exceed."""
    reached = list(accumulate(predicted for predicted, _ in by_ratio))
    predicted, measured = by_ratio[bisect_left(reached, reached[-1] / 2)]
    return measured / predicted


class LayerTime(NamedTuple):
    """What a layer took, with its weights if it had none yet."""

    seconds: float
    had_weights: bool = False


class Speed(Struct, frozen=True):
    """How fast this machine is, from the runs so far. Small layers do not tell how fast it is at large ones."""

    small: Rate = Rate()
    large: Rate = Rate()

    def seconds(self, cost: Cost) -> float:
        """The time that some layers will take on this machine."""
        return cost.small * self.small.factor + cost.large * self.large.factor

    def after(self, request: RunRequest, times: Mapping[NodeRef, LayerTime]) -> "Speed":
        """The speed that includes a run, from those of its layers whose time can be predicted.

        Parameters
        ----------
        times
            Of each node that was computed, not taken from the cache.
        """
        small: list[tuple[float, float]] = []
        large: list[tuple[float, float]] = []
        for ref, (duration, had_weights) in times.items():
            report = request.check.reports.get(ref)
            if report is None or ref in request.check.low_rank_fits:
                continue
            cost = _layer_cost(report, had_weights)
            (small if cost.small else large).append((cost.seconds, duration))
        return Speed(self.small.after(small), self.large.after(large))


def remaining_work(request: RunRequest, cache: VolumeCache) -> Work:
    """The work of a run that is not in the cache; a volume of several nodes counts once."""
    refs = uncached_refs(request, cache)
    cost = Cost()
    for ref in refs:
        obstacle = _obstacle(request, ref, cache)
        if obstacle:
            return Work(len(refs), obstacle=obstacle)
        report = request.check.reports.get(ref)
        cost += _input_cost(request) if report is None else _layer_cost(report, _has_weights(request, ref, cache))
    return Work(len(refs), cost)


def _obstacle(request: RunRequest, ref: NodeRef, cache: VolumeCache) -> str:
    """Why the time of a node cannot be predicted; "" if it can."""
    if ref == (STEM, INPUT):
        return "the input has to be read from its file" if isinstance(request.project.input, ArrayInput) else ""
    fit = request.check.low_rank_fits.get(ref)
    return "weights have to be fitted" if fit is not None and cache.get_fit(fit) is None else ""


def _has_weights(request: RunRequest, ref: NodeRef, cache: VolumeCache) -> bool:
    """Whether the weights of a layer are cached; fitted ones are, or there is an obstacle."""
    is_fitted = isinstance(request.check.reports[ref].weights, LowRankWeights)
    return is_fitted or has_cached_weights(request, ref, cache)


def _input_cost(request: RunRequest) -> Cost:
    spec, shape = request.project.input, request.check.input_shape
    values = 0 if shape is None else shape.size
    if isinstance(spec, ImageInput):
        height, width = photo_size(spec.path)
        return _cost(_LAYER, _PIXEL * decoded_pixels(spec) + _STORED_PIXEL * height * width + _STORED * values)
    return _cost(_LAYER, _RANDOM * values)


def _layer_cost(report: Report, has_weights: bool = False) -> Cost:
    """What a layer costs: once, and for its arithmetic, its values and making its weights if it has none yet."""
    assert report.output_shape is not None, "a node with a key has a shape"
    read = sum(shape.size for shape in report.known_inputs)
    windows = report.sliding_windows
    if windows is not None:  # they overlap: each value is read several times
        read = prod(windows.output) * prod(windows.kernel) * report.known_inputs[0].channels
    per_weight = 0 if has_weights else _STORED if isinstance(report.weights, FileWeights) else _RANDOM
    return _cost(
        _LAYER + _ARRAY * len(report.array_shapes),
        _MAC * (report.macs or 0)
        + _VALUE * (read + report.output_shape.size)
        + per_weight * (report.weight_bytes // 4),
    )


def _cost(once: float, varying: float) -> Cost:
    return Cost(small=once + varying) if varying < once else Cost(large=once + varying)

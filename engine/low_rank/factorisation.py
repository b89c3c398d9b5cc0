"""The narrowest convolutions that do as one: 1×1 reductions and expansions found from the data that reaches a layer.

All errors are relative: ‖y − ŷ‖ / ‖y‖ over all values of the layer's output y before its bias, which both have.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.kernels import BLOCK_BYTES, Checkpoint, Volume
from engine.kernels.blocks import gather, split_range
from engine.layers.conv import Conv2d
from engine.network.weight_specs import Form
from engine.shapes import Shape

_Matrix = NDArray[np.float64]
Filters = NDArray[np.float32]
"""Weights of a convolution, (filters, channels, kh, kw)."""
Volumes = Callable[[], Iterable[Volume]]
"""The volumes (C×H×W) that reach a layer, one after the other, as often as they are asked for."""

_RANK_TOLERANCE = 1e-10
"""Directions whose energy is a smaller share of the largest one's hold no data: rounding made them."""


class NotFinite(ValueError):
    """Volumes have values that are not finite: nothing can be fitted to them, nor measured on them."""


class Split(Struct, frozen=True, eq=False):
    """Two convolutions for every width r at once: the first r of the directions in which the data has most energy."""

    before: NDArray[np.float64]
    """(R, C, kh, kw): what gives r maps."""
    behind: NDArray[np.float64]
    """(F, R, kh, kw): what makes the layer's maps of them."""
    energies: _Matrix
    """(R,), falling: what each direction adds to the output's energy."""

    @property
    def expected_errors(self) -> _Matrix:
        """(R + 1,): the error that the energies expect at each width, from 0 on: √(Σ_{i>r} eᵢ / Σ eᵢ)."""
        tail = np.append(np.cumsum(self.energies[::-1])[::-1], 0.0)
        return np.sqrt(tail / tail[0]) if tail[0] > 0 else np.zeros_like(tail)

    def pair(self, rank: int) -> tuple[Filters, Filters]:
        """Weights of the two; from the rank of the data on, further maps are zero."""
        return _pad(self.before[:rank], rank, 0), _pad(self.behind[:, :rank], rank, 1)


def _pad(weight: NDArray[Any], rank: int, axis: int) -> Filters:
    widths = [(0, 0)] * weight.ndim
    widths[axis] = (0, max(rank - weight.shape[axis], 0))
    return np.ascontiguousarray(np.pad(weight, widths), np.float32)


def input_covariance(volumes: Iterable[Volume], checkpoint: Checkpoint) -> _Matrix:
    """Σ = mean of x·xᵀ over all pixels, x being a pixel's channels: (C, C), uncentred."""
    return _covariance((volume.reshape(len(volume), -1) for volume in volumes), checkpoint)


def output_covariance(layer: Conv2d, weight: Filters, volumes: Iterable[Volume], checkpoint: Checkpoint) -> _Matrix:
    """The same of the layer's output before its bias: (F, F)."""
    outputs = (run_linear(layer, weight, volume, checkpoint) for volume in volumes)
    return _covariance((output.reshape(len(output), -1) for output in outputs), checkpoint)


def _covariance(values: Iterable[NDArray[Any]], checkpoint: Checkpoint) -> _Matrix:
    total, samples = np.zeros((0, 0)), 0
    for found in values:
        for columns in split_range(found.shape[1], max(1, BLOCK_BYTES // (8 * len(found)))):
            checkpoint()
            block = found[:, columns].astype(np.float64)
            product = block @ block.T
            total = product if not samples else total + product
            samples += block.shape[1]
    if not np.isfinite(total).all():
        raise NotFinite("the volume that reaches it has values that are not finite")
    return total / max(samples, 1)


def factor_reduction(weight: Filters, covariance: _Matrix | None = None) -> Split:
    """A 1×1 to r maps, then the k×k: the best pair for data of that covariance, for every r at once.

    With the unfolded weights M (F·kh·kw × C) and M·Σ^½ = U·S·Vᵀ the reduction is V_rᵀ·Σ^-½ and the k×k U_r·S_r. It is
    the least-squares optimum where the k×k taps are independent, which those of neighbouring pixels are not.
    Without a covariance Σ is the identity: plain singular value decomposition of the weights.
    """
    filters, channels, height, width = weight.shape
    unfolded = weight.astype(np.float64).transpose(0, 2, 3, 1).reshape(-1, channels)
    root, inverse = (np.eye(channels),) * 2 if covariance is None else _roots(covariance)
    left, values, right = np.linalg.svd(unfolded @ root, full_matrices=False)
    kept = values**2 > _RANK_TOLERANCE * max(values[0] ** 2, np.finfo(float).tiny)
    before = (right[kept] @ inverse)[:, :, None, None]
    behind = (left[:, kept] * values[kept]).reshape(filters, height, width, -1).transpose(0, 3, 1, 2)
    return Split(before, behind, values[kept] ** 2)


def _roots(covariance: _Matrix) -> tuple[_Matrix, _Matrix]:
    """Σ^½ and Σ^-½; directions without data have no inverse."""
    energies, directions = np.linalg.eigh(covariance)
    energies = energies.clip(0)
    known = energies > _RANK_TOLERANCE * energies[-1]
    roots = np.sqrt(energies)
    inverse = np.divide(1.0, roots, out=np.zeros_like(roots), where=known)
    return (directions * roots) @ directions.T, (directions * inverse) @ directions.T


def factor_expansion(weight: Filters, covariance: _Matrix | None = None) -> Split:
    """The k×k to r maps, then a 1×1 to all filters: the best pair for outputs of that covariance (F×F), for every r.

    With the output's principal directions U the k×k is U_rᵀ·W and the 1×1 U_r, which is the least-squares optimum.
    Without a covariance U are the left singular vectors of the unfolded weights (F × C·kh·kw).
    """
    filters = len(weight)
    unfolded = weight.astype(np.float64).reshape(filters, -1)
    energies, directions = np.linalg.eigh(unfolded @ unfolded.T if covariance is None else covariance)
    energies, directions = energies[::-1].clip(0), directions[:, ::-1]
    kept = energies > _RANK_TOLERANCE * max(energies[0], np.finfo(float).tiny)
    before = (directions[:, kept].T @ unfolded).reshape(-1, *weight.shape[1:])
    return Split(before, directions[:, kept][:, :, None, None], energies[kept])


def factor_both(inputs: Split, outputs: Split, ranks: Sequence[int]) -> tuple[Filters, Filters, Filters]:
    """Weights of 1×1, k×k, 1×1 of these two widths."""
    first, core = inputs.pair(ranks[0])
    _, last = outputs.pair(ranks[1])
    return first, project_filters(core, last), last


def project_filters(weight: Filters, last: Filters) -> Filters:
    """The part of a k×k (F, r₁, kh, kw) that a 1×1 (F, r₂, 1, 1) of orthogonal columns passes: (r₂, r₁, kh, kw)."""
    return np.asarray(np.tensordot(last[:, :, 0, 0].T, weight, 1), np.float32)


def run_linear(layer: Conv2d, weight: Filters, volume: Volume, checkpoint: Checkpoint) -> Volume:
    """What the layer gives with other weights, however many filters they are, before any bias."""
    return replace(layer, filters=len(weight), bias=False).forward([volume], {"weight": weight}, checkpoint)


ONE = Conv2d(1, 1, bias=False)
"""Any 1×1 convolution: `linear` gives it its filters."""


def layers_of_form(form: Form, layer: Conv2d) -> tuple[Conv2d, ...]:
    """Which layers the convolutions of a form are, their filters apart: the k×k has the layer's stride and padding."""
    return tuple(layer if part == "kxk" else ONE for part in form.split("+"))


def run_form(form: Form, layer: Conv2d, weights: Sequence[Filters], volume: Volume, checkpoint: Checkpoint) -> Volume:
    """What the convolutions of a form give together, without biases."""
    for part, weight in zip(layers_of_form(form, layer), weights, strict=True):
        volume = run_linear(part, weight, volume, checkpoint)
    return volume


class ErrorSums(Struct, frozen=True):
    """Energies of what widths get wrong, and of what is right: sums, so that those of several volumes add."""

    error: tuple[float, ...] = ()
    total: float = 0.0

    @property
    def errors(self) -> tuple[float, ...]:
        return tuple((energy / self.total) ** 0.5 if self.total else 0.0 for energy in self.error)

    def __add__(self, other: "ErrorSums") -> "ErrorSums":
        if not self.error:
            return other
        wrong = tuple(first + second for first, second in zip(self.error, other.error, strict=True))
        return ErrorSums(wrong, self.total + other.total)


def measure_errors(
    split: Split, layers: tuple[Conv2d, Conv2d], exact: Volume, volume: Volume, ranks: Sequence[int],
    checkpoint: Checkpoint,
) -> ErrorSums:  # fmt: skip
    """What pairs of rising widths get wrong on a volume whose exact output is known, all for little more than one run.

    Each direction adds its part to the output, so that what is left over shrinks from width to width.
    """
    left = exact.copy()
    wrong: list[float] = []
    done = 0
    for rank in ranks:
        end = min(rank, len(split.energies))
        if end > done:
            checkpoint()
            before, behind = (np.ascontiguousarray(w, np.float32) for w in (split.before[done:end],
                                                                            split.behind[:, done:end]))  # fmt: skip
            maps = run_linear(layers[0], before, volume, checkpoint)
            left -= run_linear(layers[1], behind, maps, checkpoint)
            done = end
        wrong.append(energy(left))
    return ErrorSums(tuple(wrong), energy(exact))


def energy(values: NDArray[Any]) -> float:
    """Sum of squares, in double precision; NotFinite where there is none."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    found = float(np.vdot(flat, flat))
    if not np.isfinite(found):
        raise NotFinite("what it gives has values that are not finite")
    return found


def refit(
    layer: Conv2d, start: Filters, first: Filters, goal: Callable[[Volume], Volume], volumes: Iterable[Volume],
    checkpoint: Checkpoint,
) -> Filters:  # fmt: skip
    """A k×k (F, r, kh, kw) fitted by least squares to `goal`, from what a 1×1 (r, C, 1, 1) leaves of the volumes.

    What is fitted is the change from `start`, with a ridge of the mean energy of one window: where there are as many
    weights as samples the fit would otherwise take the samples by heart. So the error on these volumes can only fall.
    """
    unknowns = int(np.prod(start.shape[1:]))
    gram, right, samples = np.zeros((unknowns, unknowns)), np.zeros((unknowns, len(start))), 0
    for volume in volumes:
        reduced = run_linear(ONE, first, volume, checkpoint)
        missing = goal(volume) - run_linear(layer, start, reduced, checkpoint)
        for windows, pixels in _windows(layer, reduced):
            checkpoint()
            gram += windows @ windows.T
            right += windows @ missing[:, pixels].reshape(len(missing), -1).astype(np.float64).T
        samples += missing[0].size
    if not np.isfinite(gram).all():
        raise NotFinite("the volume that reaches it has values that are not finite")
    gram[np.diag_indices(unknowns)] += max(np.trace(gram) / max(samples, 1), np.finfo(float).tiny)
    change = np.linalg.solve(gram, right).T.reshape(start.shape)
    return np.asarray(start + change, np.float32)


def _windows(layer: Conv2d, volume: Volume) -> Iterator[tuple[_Matrix, slice]]:
    """The windows that a layer meets, (channels·kh·kw, pixels), for some rows of its output at a time."""
    seen = layer.windows(Shape(*volume.shape))
    (height, width), (rows, across), (top, left, _, _) = seen.kernel, seen.output, seen.margins
    taps = len(volume) * height * width
    for some in split_range(rows, max(1, BLOCK_BYTES // (8 * taps * across))):
        found = np.empty((len(volume), height, width, some.stop - some.start, across))
        for i in range(height):
            for j in range(width):
                starts = (
                    some.start * seen.stride[0] + i * seen.dilation[0] - top,
                    j * seen.dilation[1] - left,
                )
                gather(volume, found[:, i, j], starts, seen.stride)
        yield found.reshape(taps, -1), some


class Fitter:
    """Finds the weights of every form for one layer; what several of them need is found once.

    Parameters
    ----------
    layer
        The convolution to do without, in one group.
    weight
        (F, C, kh, kw)
    volumes
        What reaches it. They are gone through once for each covariance and each refit; none is held.
    """

    def __init__(self, layer: Conv2d, weight: Filters, volumes: Volumes, checkpoint: Checkpoint) -> None:
        self.layer = layer
        self.weight = weight
        self._volumes = volumes
        self._checkpoint = checkpoint
        self._inputs: Split | None = None
        self._outputs: Split | None = None

    @property
    def inputs(self) -> Split:
        """The 1×1 reduction before the k×k."""
        if self._inputs is None:
            self._inputs = factor_reduction(self.weight, input_covariance(self._volumes(), self._checkpoint))
        return self._inputs

    @property
    def outputs(self) -> Split:
        """The 1×1 expansion behind the k×k."""
        if self._outputs is None:
            covariance = output_covariance(self.layer, self.weight, self._volumes(), self._checkpoint)
            self._outputs = factor_expansion(self.weight, covariance)
        return self._outputs

    def split(self, form: Form) -> Split:
        """The split of a form of two convolutions."""
        return self.inputs if form == "1x1+kxk" else self.outputs

    def weights(self, form: Form, ranks: Sequence[int], *, refit: bool = False) -> tuple[Filters, ...]:
        """Weights of the convolutions of a form in their order, for the widths between them."""
        if form == "kxk+1x1":
            return self.outputs.pair(ranks[0])
        if form == "1x1+kxk":
            first, core = self.inputs.pair(ranks[0])
            return first, self._refit(core, first, self._exact) if refit else core
        first, core, last = factor_both(self.inputs, self.outputs, ranks)
        if refit:
            core = self._refit(core, first, lambda volume: np.tensordot(last[:, :, 0, 0].T, self._exact(volume), 1))
        return first, core, last

    def _refit(self, start: Filters, first: Filters, goal: Callable[[Volume], Volume]) -> Filters:
        return refit(self.layer, start, first, goal, self._volumes(), self._checkpoint)

    def _exact(self, volume: Volume) -> Volume:
        return run_linear(self.layer, self.weight, volume, self._checkpoint)

"""Low-rank factors of a convolution: 1×1 reductions and expansions, computed from the data that reaches a layer.

LAPACK computes on one thread, as BLAS does in the kernels: see `engine.kernels.threads`.

All errors are relative: ‖y − ŷ‖ / ‖y‖ over all values of the layer's output y, both without the bias.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.kernels import BLOCK_BYTES, Checkpoint, Volume
from engine.kernels.blocks import split_range
from engine.kernels.threads import limit_blas
from engine.layers import Conv2d
from engine.low_rank.energies import NotFinite
from engine.low_rank.forms import POINTWISE, Filters, run_linear
from engine.low_rank.window_matrix import window_blocks
from engine.network.weight_specs import Form

_Matrix = NDArray[np.float64]
Volumes = Callable[[], Iterable[Volume]]
"""Iterates over the volumes (C×H×W) that reach a layer; may be called repeatedly."""

_RANK_TOLERANCE = 1e-10
"""Directions whose energy is a smaller share of the largest one's are rounding errors."""


class Split(Struct, frozen=True, eq=False):
    """Pairs of convolutions for all ranks r at once, from the r directions in which the data has most energy."""

    before: NDArray[np.float64]
    """(R, C, kh, kw): the convolution to r maps."""
    behind: NDArray[np.float64]
    """(F, R, kh, kw): the convolution from these to the layer's maps."""
    energies: _Matrix
    """(R,), falling: the energy that each direction adds to the output."""

    @property
    def expected_errors(self) -> _Matrix:
        """(R + 1,): the error that the energies predict for each rank r from 0 on: √(Σ_{i>r} eᵢ / Σ eᵢ)."""
        tail = np.append(np.cumsum(self.energies[::-1])[::-1], 0.0)
        return np.sqrt(tail / tail[0]) if tail[0] > 0 else np.zeros_like(tail)

    def pair(self, rank: int) -> tuple[Filters, Filters]:
        """Weights of the two; beyond the rank of the data, maps are zero."""
        return _pad(self.before[:rank], rank, 0), _pad(self.behind[:, :rank], rank, 1)


def _pad(weight: NDArray[Any], rank: int, axis: int) -> Filters:
    padding = [(0, 0)] * weight.ndim
    padding[axis] = (0, max(rank - weight.shape[axis], 0))
    return np.ascontiguousarray(np.pad(weight, padding), np.float32)


def input_covariance(volumes: Iterable[Volume], checkpoint: Checkpoint) -> _Matrix:
    """Σ = mean of x·xᵀ over all pixels, x being a pixel's channels: (C, C), uncentred."""
    return _covariance((volume.reshape(len(volume), -1) for volume in volumes), checkpoint)


def output_covariance(layer: Conv2d, weight: Filters, volumes: Iterable[Volume], checkpoint: Checkpoint) -> _Matrix:
    """The same for the layer's output before its bias: (F, F)."""
    outputs = (run_linear(layer, weight, volume, checkpoint) for volume in volumes)
    return _covariance((output.reshape(len(output), -1) for output in outputs), checkpoint)


def _covariance(values: Iterable[NDArray[Any]], checkpoint: Checkpoint) -> _Matrix:
    limit_blas()
    total, samples = np.zeros((0, 0)), 0
    for matrix in values:
        for columns in split_range(matrix.shape[1], max(1, BLOCK_BYTES // (8 * len(matrix)))):
            checkpoint()
            block = matrix[:, columns].astype(np.float64)
            product = block @ block.T
            total = product if not samples else total + product
            samples += block.shape[1]
    if not np.isfinite(total).all():
        raise NotFinite("the volume that reaches it has values that are not finite")
    return total / max(samples, 1)


def factor_reduction(weight: Filters, covariance: _Matrix | None = None) -> Split:
    """A 1×1 to r maps, then the k×k, for data of that covariance (C×C) and for every r at once.

    With the unfolded weights M (F·kh·kw × C) and M·Σ^½ = U·S·Vᵀ the reduction is V_rᵀ·Σ^-½ and the k×k U_r·S_r. This
    is the least-squares optimum if the k×k taps are independent, which those of neighbouring pixels are not.
    Without a covariance Σ is the identity: plain singular value decomposition of the weights.
    """
    limit_blas()
    filters, channels, height, width = weight.shape
    unfolded = weight.astype(np.float64).transpose(0, 2, 3, 1).reshape(-1, channels)
    root, inverse = (None, None) if covariance is None else _roots(covariance)
    # V and S² from the C×C matrix of products; to decompose M·Σ^½, with its F·kh·kw rows, takes 5 times as long.
    products = unfolded.T @ unfolded
    energies, directions = np.linalg.eigh(products if root is None else root @ products @ root)
    energies, directions = energies[::-1].clip(0), directions[:, ::-1]
    nonzero = energies > _RANK_TOLERANCE * max(energies[0], np.finfo(float).tiny)
    right = directions[:, nonzero]
    # The sign of a direction is arbitrary; with a rule for it, maps look the same whatever LAPACK computes them.
    right = right * np.where(right.sum(axis=0) < 0, -1.0, 1.0)
    before = (right.T if inverse is None else right.T @ inverse)[:, :, None, None]
    scaled = unfolded @ (right if root is None else root @ right)
    behind = scaled.reshape(filters, height, width, -1).transpose(0, 3, 1, 2)
    return Split(before, behind, energies[nonzero])


def _roots(covariance: _Matrix) -> tuple[_Matrix, _Matrix]:
    """Σ^½ and Σ^-½; the inverse is 0 in directions without data."""
    energies, directions = np.linalg.eigh(covariance)
    energies = energies.clip(0)
    has_data = energies > _RANK_TOLERANCE * energies[-1]
    roots = np.sqrt(energies)
    inverse = np.divide(1.0, roots, out=np.zeros_like(roots), where=has_data)
    return (directions * roots) @ directions.T, (directions * inverse) @ directions.T


def factor_expansion(weight: Filters, covariance: _Matrix | None = None) -> Split:
    """The k×k to r maps, then a 1×1 to all filters, for outputs of that covariance (F×F) and for every r.

    With the output's principal directions U the k×k is U_rᵀ·W and the 1×1 U_r, which is the least-squares optimum.
    Without a covariance, U holds the left singular vectors of the unfolded weights (F × C·kh·kw).
    """
    limit_blas()
    filters = len(weight)
    unfolded = weight.astype(np.float64).reshape(filters, -1)
    energies, directions = np.linalg.eigh(unfolded @ unfolded.T if covariance is None else covariance)
    energies, directions = energies[::-1].clip(0), directions[:, ::-1]
    nonzero = energies > _RANK_TOLERANCE * max(energies[0], np.finfo(float).tiny)
    before = (directions[:, nonzero].T @ unfolded).reshape(-1, *weight.shape[1:])
    return Split(before, directions[:, nonzero][:, :, None, None], energies[nonzero])


def factor_both(reduction: Split, expansion: Split, ranks: Sequence[int]) -> tuple[Filters, Filters, Filters]:
    """Weights of 1×1, k×k, 1×1 of these two ranks."""
    first, core = reduction.pair(ranks[0])
    _, last = expansion.pair(ranks[1])
    return first, project_filters(core, last), last


def project_filters(weight: Filters, last: Filters) -> Filters:
    """A k×k (F, r₁, kh, kw) projected on the orthogonal columns of a 1×1 (F, r₂, 1, 1): (r₂, r₁, kh, kw)."""
    return np.asarray(np.tensordot(last[:, :, 0, 0].T, weight, 1), np.float32)


def refit(
    layer: Conv2d, start: Filters, first: Filters, goal: Callable[[Volume], Volume], volumes: Iterable[Volume],
    checkpoint: Checkpoint,
) -> Filters:  # fmt: skip
    """A k×k (F, r, kh, kw) fitted by least squares to `goal`, behind a 1×1 (r, C, 1, 1) that reduces the volumes.

    Fits the change from `start`, with a ridge of the mean energy of one window: with as many weights as samples the
    fit would otherwise memorise the samples. So the error on these volumes can only fall.
    """
    limit_blas()
    unknowns = int(np.prod(start.shape[1:]))
    gram, right, samples = np.zeros((unknowns, unknowns)), np.zeros((unknowns, len(start))), 0
    for volume in volumes:
        reduced = run_linear(POINTWISE, first, volume, checkpoint)
        missing = goal(volume) - run_linear(layer, start, reduced, checkpoint)
        for windows, region in window_blocks(layer, reduced):
            checkpoint()
            gram += windows @ windows.T
            right += windows @ missing[region].reshape(len(missing), -1).astype(np.float64).T
        samples += missing[0].size
    if not np.isfinite(gram).all():
        raise NotFinite("the volume that reaches it has values that are not finite")
    gram[np.diag_indices(unknowns)] += max(np.trace(gram) / max(samples, 1), np.finfo(float).tiny)
    change = np.linalg.solve(gram, right).T.reshape(start.shape)
    return np.asarray(start + change, np.float32)


class Fitter:
    """Computes the weights of every form for one layer; what several forms need is computed once.

    Parameters
    ----------
    layer
        The convolution to replace, without groups.
    weight
        (F, C, kh, kw)
    volumes
        The volumes that reach it: iterated once per covariance and per refit; none is held.
    """

    def __init__(self, layer: Conv2d, weight: Filters, volumes: Volumes, checkpoint: Checkpoint) -> None:
        self.layer = layer
        self.weight = weight
        self._volumes = volumes
        self._checkpoint = checkpoint
        self._reduction: Split | None = None
        self._expansion: Split | None = None

    @property
    def reduction(self) -> Split:
        """The 1×1 reduction before the k×k."""
        if self._reduction is None:
            self._reduction = factor_reduction(self.weight, input_covariance(self._volumes(), self._checkpoint))
        return self._reduction

    @property
    def expansion(self) -> Split:
        """The 1×1 expansion behind the k×k."""
        if self._expansion is None:
            covariance = output_covariance(self.layer, self.weight, self._volumes(), self._checkpoint)
            self._expansion = factor_expansion(self.weight, covariance)
        return self._expansion

    def split(self, form: Form) -> Split:
        """The split of a form of two convolutions."""
        return self.reduction if form == "1x1+kxk" else self.expansion

    def weights(self, form: Form, ranks: Sequence[int], *, refit: bool = False) -> tuple[Filters, ...]:
        """Weights of the convolutions of a form in their order, for the ranks between them."""
        if form == "kxk+1x1":
            return self.expansion.pair(ranks[0])
        if form == "1x1+kxk":
            first, core = self.reduction.pair(ranks[0])
            return first, self._refit(core, first, self._exact) if refit else core
        first, core, last = factor_both(self.reduction, self.expansion, ranks)
        if refit:
            core = self._refit(core, first, lambda volume: np.tensordot(last[:, :, 0, 0].T, self._exact(volume), 1))
        return first, core, last

    def _refit(self, start: Filters, first: Filters, goal: Callable[[Volume], Volume]) -> Filters:
        return refit(self.layer, start, first, goal, self._volumes(), self._checkpoint)

    def _exact(self, volume: Volume) -> Volume:
        return run_linear(self.layer, self.weight, volume, self._checkpoint)

"""Measures how far the outputs of low-rank pairs are from the layer's own, for many ranks at once."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.kernels import BLOCK_BYTES, Checkpoint, Volume
from engine.kernels.blocks import CACHE_BYTES, blocks
from engine.kernels.threads import MOST_THREADS, share
from engine.layers import Conv2d
from engine.low_rank.energies import energy, energy_of_block
from engine.low_rank.factorisation import Split
from engine.low_rank.forms import run_linear
from engine.low_rank.window_matrix import window_matrix
from engine.shapes import Shape


class ErrorSums(Struct, frozen=True):
    """Energies of the errors per rank, and of the exact output: sums, so that those of several volumes add up."""

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
    """Errors of pairs of rising rank on a volume with a known exact output, all for little more than one run.

    Each direction adds its part to the output, so the remainder shrinks from rank to rank: block by block, as a block
    stays in the cache of a core meanwhile.
    """
    total = energy(exact)
    ends = [min(rank, len(split.energies)) for rank in ranks]
    if not ends or not ends[-1]:
        return ErrorSums((total,) * len(ends), total)
    maps = run_linear(layers[0], np.ascontiguousarray(split.before[: ends[-1]], np.float32), volume, checkpoint)
    windows = layers[1].windows(Shape(*maps.shape))
    taps = windows.kernel[0] * windows.kernel[1]
    steps = _steps(split, [0, *ends], taps)
    # The remainder of a block is changed in every step, and its windows are read once per block.
    pixels = max(1, min(CACHE_BYTES // (4 * len(exact)), BLOCK_BYTES // MOST_THREADS // (4 * taps * len(maps))))
    regions = [(slice(None), rows, cols) for _, rows, cols in blocks((1, *windows.output), pixels)]
    energies = np.empty((len(regions), len(ends)))

    def measure(number: int, checkpoint: Checkpoint) -> None:
        columns = window_matrix(windows, maps, regions[number], np.float32)
        remainder = exact[regions[number]].copy().reshape(len(exact), -1)
        part = np.empty_like(remainder)
        for index, (weights, directions) in enumerate(steps):
            if weights.size:
                checkpoint()
                remainder -= np.matmul(weights, columns[directions], out=part)
            energies[number, index] = energy_of_block(remainder)

    share(range(len(regions)), measure, checkpoint)
    return ErrorSums(tuple(energies.sum(axis=0).tolist()), total)


def _steps(split: Split, ends: Sequence[int], taps: int) -> list[tuple[NDArray[np.float32], slice]]:
    """Between two ranks, the weights behind the maps (F × maps·taps), and which rows of windows they multiply."""
    return [
        (
            np.ascontiguousarray(split.behind[:, done:end], np.float32).reshape(len(split.behind), -1),
            slice(taps * done, taps * end),
        )
        for done, end in pairwise(ends)
    ]

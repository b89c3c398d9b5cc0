"""Fixed, well-known kernels, scaled to any size that is large enough."""

from collections.abc import Callable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

_Bank = NDArray[np.float64]
"""(kernels, kh, kw)."""


class PresetKernel(Struct, frozen=True):
    """`kernels(kh, kw)` returns the bank; `least` is the smallest sensible height and width."""

    least: int
    kernels: Callable[[int, int], _Bank]


def _delta(height: int, width: int) -> _Bank:
    bank = np.zeros((1, height, width))
    # "same" padding puts the odd pixel at the bottom and right, so an even kernel's own pixel is left of its middle.
    bank[0, (height - 1) // 2, (width - 1) // 2] = 1
    return bank


def _box(height: int, width: int) -> _Bank:
    return np.full((1, height, width), 1 / (height * width))


def _offsets(size: int) -> NDArray[np.float64]:
    return np.arange(size, dtype=np.float64) - (size - 1) / 2


def _bell(size: int) -> NDArray[np.float64]:
    """A normal curve that falls to about a tenth at the border."""
    bell: NDArray[np.float64] = np.exp(-0.5 * (_offsets(size) / max(size / 4, 0.5)) ** 2)
    return bell


def _gaussian(height: int, width: int) -> _Bank:
    kernel: _Bank = np.outer(_bell(height), _bell(width))[None]
    kernel /= kernel.sum()
    return kernel


def _sharpen(height: int, width: int) -> _Bank:
    """Twice the pixel minus the mean around it."""
    return 2 * _delta(height, width) - _gaussian(height, width)


def _laplacian(height: int, width: int) -> _Bank:
    """The mean around the pixel minus the pixel; at 3×3 the classic kernel of 4 neighbours."""
    if (height, width) == (3, 3):
        return np.array([[[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]])
    return _gaussian(height, width) - _delta(height, width)


def _sobel(height: int, width: int) -> _Bank:
    """Horizontal, then vertical change; at 3×3 the classic kernels divided by 8."""
    across = np.outer(_smooth(height), _offsets(width))
    down = np.outer(_offsets(height), _smooth(width))
    return np.stack([across / np.abs(across).sum(), down / np.abs(down).sum()])


def _smooth(size: int) -> NDArray[np.float64]:
    """Binomial weights: 1 2 1 at size 3."""
    weights = np.ones(1, np.float64)
    for _ in range(size - 1):
        weights = np.convolve(weights, [0.5, 0.5])
    return weights


def _gabor(height: int, width: int) -> _Bank:
    """Eight waves under a bell, 22.5 degrees apart, of mean 0."""
    y, x = np.meshgrid(_offsets(height), _offsets(width), indexing="ij")
    bell = np.outer(_bell(height), _bell(width))
    bank = []
    for angle in np.arange(8) * np.pi / 8:
        phase = x * np.cos(angle) + y * np.sin(angle)
        wave = bell * np.cos(2 * np.pi * phase / max(3.0, min(height, width) / 1.5))
        wave -= bell * (wave.sum() / bell.sum())
        bank.append(wave / np.abs(wave).sum())
    return np.stack(bank)


PRESETS: dict[str, PresetKernel] = {
    "identity": PresetKernel(1, _delta),
    "box": PresetKernel(1, _box),
    "gaussian": PresetKernel(1, _gaussian),
    "sharpen": PresetKernel(3, _sharpen),
    "sobel": PresetKernel(3, _sobel),
    "laplacian": PresetKernel(3, _laplacian),
    "gabor": PresetKernel(3, _gabor),
}

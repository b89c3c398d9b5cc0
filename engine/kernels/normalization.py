"""Normalization: per channel with stored statistics, and across neighbouring channels."""

from contextlib import nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.kernels import onnx_runtime
from engine.kernels.blocks import (
    Checkpoint,
    Region,
    Volume,
    cache_values,
    indices_within,
    one_number_per_map,
    part_of,
    pixel_blocks,
)
from engine.kernels.threads import share, share_blocks


def batch_norm(
    volume: Volume,
    gamma: npt.NDArray[Any],
    beta: npt.NDArray[Any],
    mean: npt.NDArray[Any],
    var: npt.NDArray[Any],
    epsilon: float,
    checkpoint: Checkpoint,
) -> Volume:
    """``gamma · (x − mean) / √(var + epsilon) + beta``; the four arrays are (C,)."""
    factors = gamma / np.sqrt(var + epsilon)
    return scale(volume, factors, beta - mean * factors, checkpoint)


def scale(
    volume: Volume, gamma: npt.NDArray[Any] | None, bias: npt.NDArray[Any] | None, checkpoint: Checkpoint
) -> Volume:
    """``gamma · x + bias``; both arrays are (C,), or (1,) for all channels, or left out.

    With a number for each position they are (C, H, W), or have a size of 1 along axes for which one number counts.
    """
    operations = [
        (op, array if array.ndim > 1 else array[:, None, None])
        for op, array in ((np.multiply, gamma), (np.add, bias))
        if array is not None
    ]
    if not operations:
        return volume
    if gamma is not None and bias is not None and _suits_onnx_runtime(volume, gamma, bias):
        result = onnx_runtime.affine(volume[None], gamma, bias)
        checkpoint()
        return result
    result = np.empty(volume.shape, volume.dtype)

    def fill(block: Region) -> None:
        part = result[block]
        source = volume[block]
        for operation, array in operations:
            operation(source, part_of(array, block), out=part, casting="unsafe")
            source = part

    has_numbers_of_maps = all(array.shape[1:] == (1, 1) for _, array in operations)
    with one_number_per_map(volume.shape[1:]) if has_numbers_of_maps else nullcontext():
        share_blocks(volume.shape, cache_values(volume), fill, checkpoint)
    return result


def _suits_onnx_runtime(volume: Volume, gamma: npt.NDArray[Any], bias: npt.NDArray[Any]) -> bool:
    """Whether ONNX Runtime takes less time, which it does in one pass and a call: a third with maps of a few pixels."""
    return bool(
        _LEAST_VALUES <= volume.size <= _MOST_VALUES
        and all(array.dtype == np.float32 for array in (volume, gamma, bias))
        and gamma.shape == bias.shape == volume.shape[:1]
        and volume.flags.c_contiguous
        and onnx_runtime.is_available()
    )


_LEAST_VALUES, _MOST_VALUES = 2**13, 2**18
"""Fewer take a time that does not matter; more, from the memory, as long as ours, which threads share."""


def local_response_norm(
    volume: Volume, *, size: int, alpha: float, beta: float, k: float, checkpoint: Checkpoint
) -> Volume:
    """``x / (k + alpha/size · Σ x²)^beta``, the sum over ``size`` neighbouring channels.

    The channels are c − ⌊size/2⌋ to c + ⌈size/2⌉ − 1, as far as they exist. Krizhevsky, Sutskever and Hinton,
    "ImageNet classification with deep convolutional neural networks", 2012, section 3.3, with alpha divided by
    ``size`` as in Caffe and PyTorch.
    """
    result = np.empty(volume.shape, volume.dtype)
    below, above = min(size // 2, len(volume)), min((size - 1) // 2, len(volume))

    def fill(block: Region, checkpoint: Checkpoint) -> None:
        channels, rows, cols = block
        first = max(channels.start - below, 0)
        squares = np.square(volume[first : channels.stop + above, rows, cols])
        part = volume[channels, rows, cols]
        sums = np.zeros_like(part)
        for offset in range(channels.start - first - below, channels.start - first + above + 1):
            start, end = indices_within(len(squares), offset, 1, len(part))
            sums[start:end] += squares[offset + start : offset + end]
            checkpoint()
        result[block] = part / _power(k + alpha / size * sums, beta)

    share(pixel_blocks(volume.shape, cache_values(volume)), fill, checkpoint, fewest=2)
    return result


def _power(base: npt.NDArray[Any], exponent: float) -> npt.NDArray[Any]:
    """``base ** exponent``; that of the published networks by roots, which take a tenth of the time."""
    if exponent != 0.75:
        powers: npt.NDArray[Any] = base**exponent
        return powers
    root: npt.NDArray[Any] = np.sqrt(base)
    root *= np.sqrt(root)
    return root

"""Transposed convolution: per phase of the stride a convolution by the taps that meet there.

Phases that read the same windows are one convolution, whose filters are those of all of them: with a kernel as large as
the stride, each value is read once.
"""

from collections.abc import Iterator
from math import gcd
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.kernels.blocks import Checkpoint, Volume, cache_values, split_range
from engine.kernels.convolution import conv2d
from engine.kernels.threads import share
from engine.kernels.tiling import PART_BYTES
from engine.shapes import Margins, Pair, TransposedSpans, dilated_extent

_MAX_ROWS = 2**62
"""No limit."""


def conv_transpose2d(
    volume: Volume,
    weight: npt.NDArray[Any],
    bias: npt.NDArray[Any] | None,
    *,
    stride: Pair,
    margins: Margins,
    dilation: Pair,
    groups: int,
    extent: Pair,
    checkpoint: Checkpoint,
) -> Volume:
    """Add each value times each filter to the output, ``stride`` pixels apart; the gradient of a convolution.

    ``out[f, y, x] = bias[f] + Σ weight[c, f', i, j] · volume[c, m, n]`` over the channels c of the filter's group and
    all values and taps with ``m·sh + i·dh − top = y`` and ``n·sw + j·dw − left = x``, f' being the filter's number in
    its group.

    Parameters
    ----------
    volume
        (C, H, W)
    weight
        (C, filters / groups, kh, kw); ``groups`` divides C and filters.
    bias
        (filters,)
    extent
        Height and width of the output.

    Returns
    -------
    (filters, *extent)
    """
    own = _as_filters(weight, groups)
    result = np.empty((len(own), *extent), volume.dtype)
    most = max(1, PART_BYTES // (len(own) * stride[0] * extent[1] * volume.itemsize))
    phases: dict[object, list[_PhasePair]] = {}
    for rows in _phases(volume.shape[1], weight.shape[2], stride[0], dilation[0], margins[0], extent[0], most):
        for columns in _phases(volume.shape[2], weight.shape[3], stride[1], dilation[1], margins[1], extent[1]):
            if rows.is_empty or columns.is_empty:
                _fill(result[:, rows.outputs, columns.outputs], bias, checkpoint)
            else:
                phases.setdefault((rows.window, columns.window), []).append((rows, columns))
    for alike in phases.values():
        _convolve(volume, own, bias, alike, groups, result, checkpoint)
    return result


def _convolve(
    volume: Volume,
    weight: npt.NDArray[Any],
    bias: npt.NDArray[Any] | None,
    phases: "list[_PhasePair]",
    groups: int,
    result: Volume,
    checkpoint: Checkpoint,
) -> None:
    """Compute the phases of rows and columns that read the same windows; weight is (filters, C / groups, kh, kw)."""
    rows, columns = phases[0]
    shape = groups, len(weight) // groups, *weight.shape[1:2]
    filters = np.stack([weight[:, :, down.taps, across.taps][:, :, ::-1, ::-1] for down, across in phases])
    kernel = filters.shape[3:]
    stacked = filters.reshape(len(phases), *shape, *kernel).swapaxes(0, 1).reshape(-1, shape[2], *kernel)
    biases = None if bias is None else np.tile(bias.reshape(groups, 1, -1), (1, len(phases), 1)).ravel()
    part = conv2d(
        volume[:, rows.read, columns.read],
        stacked,
        biases,
        stride=(1, 1),
        padding=(rows.before, columns.before, rows.after, columns.after),
        dilation=(rows.step, columns.step),
        groups=groups,
        checkpoint=checkpoint,
    )
    maps = part.reshape(*shape[:1], len(phases), shape[1], *part.shape[1:])
    targets = result.reshape(*shape[:2], *result.shape[1:])
    for number, (down, across) in enumerate(phases):
        _copy(maps[:, number], targets[:, :, down.outputs, across.outputs], checkpoint)


class _Phase(NamedTuple):
    """Every s-th row of the output from one on: the taps that meet there, and the convolution that they are."""

    outputs: slice
    taps: slice
    read: slice
    """Rows of the input that the convolution receives."""
    before: int
    after: int
    step: int
    """Its dilation."""

    @property
    def window(self) -> tuple[int, ...]:
        """All that the convolution needs to know of them, the same for phases that read the same windows."""
        taps = len(range(self.taps.start, self.taps.stop, self.taps.step))
        return taps, self.read.start, self.read.stop, self.before, self.after, self.step

    @property
    def is_empty(self) -> bool:
        """Whether nothing is read."""
        return bool(self.taps.start >= self.taps.stop or self.read.start >= self.read.stop)


_PhasePair = tuple[_Phase, _Phase]
"""Of rows and of columns."""


def _phases(
    length: int, kernel: int, stride: int, dilation: int, margin: int, extent: int, most: int = _MAX_ROWS
) -> Iterator[_Phase]:
    """Yield the phases of an axis, of at most so many outputs each."""
    spans = TransposedSpans(kernel, stride, dilation, margin)
    period = stride // gcd(stride, dilation)
    for first in range(min(stride, extent)):
        tap = int(spans.first_tap(first))
        start, end = (int(place) for place in spans.at(first))
        window = dilated_extent(len(range(start, end, spans.step)), spans.step)
        for part in split_range(-(-(extent - first) // stride), most):
            low, high = start + part.start, start + part.stop - 1 + window  # a window begins at each of the values
            yield _Phase(
                slice(first + part.start * stride, first + (part.stop - 1) * stride + 1, stride),
                slice(tap, kernel, period),
                slice(max(low, 0), max(min(high, length), 0)),
                max(-low, 0),
                max(high - length, 0),
                spans.step,
            )


def _as_filters(weight: npt.NDArray[Any], groups: int) -> npt.NDArray[Any]:
    """(C, filters/groups, kh, kw) as (filters, C/groups, kh, kw), a view if there is one group."""
    channels, filters, *kernel = weight.shape
    split = weight.reshape(groups, channels // groups, filters, *kernel).swapaxes(1, 2)
    return split.reshape(groups * filters, channels // groups, *kernel)


def _fill(target: npt.NDArray[Any], bias: npt.NDArray[Any] | None, checkpoint: Checkpoint) -> None:
    target[...] = 0 if bias is None else bias[:, None, None]
    checkpoint()


def _copy(part: npt.NDArray[Any], target: npt.NDArray[Any], checkpoint: Checkpoint) -> None:
    """Copy maps (groups, filters, h, w)."""
    step = max(1, cache_values(part) // max(part[0, 0].size, 1))
    parts = [(group, maps) for group in range(len(part)) for maps in split_range(part.shape[1], step)]
    share(parts, lambda place, _: np.copyto(target[place], part[place]), checkpoint, fewest=4)

"""Convolution (cross-correlation) and dense layers: matrix products over blocks of pixels, or sums tap by tap."""

from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.kernels import columns, depthwise, onnx_convolution, shifts, tiling
from engine.kernels.blocks import Checkpoint, Volume, blocks, one_number_per_map, split_range
from engine.kernels.columns import Copies, Layout, as_matrices
from engine.kernels.scratch import scratch_array
from engine.kernels.threads import share
from engine.kernels.tiling import Block, Case, Matrices
from engine.shapes import Margins, Pair, dilated_extent, window_counts


def conv2d(
    volume: Volume,
    weight: npt.NDArray[Any],
    bias: npt.NDArray[Any] | None,
    *,
    stride: Pair,
    padding: Margins,
    dilation: Pair,
    groups: int,
    checkpoint: Checkpoint,
) -> Volume:
    """Cross-correlate a volume with filters; values outside the volume are 0.

    ``out[f, y, x] = bias[f] + Σ weight[f, c, i, j] · volume[g·C/groups + c, y·sh + i·dh − top, x·sw + j·dw − left]``
    over the C/groups channels c of the filter's group g and the taps (i, j).

    Parameters
    ----------
    volume
        (C, H, W)
    weight
        (filters, C / groups, kh, kw); ``groups`` divides C and filters.
    bias
        (filters,)

    Returns
    -------
    (filters, H', W'), with H' and W' from `engine.shapes.window_counts` for the dilated kernel.
    """
    filters, channels, *kernel = weight.shape
    window = dilated_extent(kernel[0], dilation[0]), dilated_extent(kernel[1], dilation[1])
    extent = window_counts(volume.shape[1:], padding, window, stride)
    case = Case(
        volume.reshape(groups, channels, *volume.shape[1:]),
        weight.reshape(groups, filters // groups, channels, *kernel),
        extent,
        stride,
        padding,
        dilation,
    )
    biases = None if bias is None else bias.reshape(groups, filters // groups, 1)
    plan = onnx_convolution.plan_of(case)
    if plan is not None:
        return onnx_convolution.convolve(plan, case, biases, checkpoint)
    result = np.empty((filters, *extent), volume.dtype)
    with np.errstate(invalid="ignore"):  # BLAS, which fills up its registers, has raised it for finite operands
        _fill(result.reshape(groups, filters // groups, *extent), case, biases, checkpoint)
    return result


def _fill(result: Volume, case: Case, biases: Matrices | None, checkpoint: Checkpoint) -> None:
    """Fill ``result`` (groups, filters, H', W') by NumPy."""
    pixels = prod(case.extent)
    if tiling.is_product(case):
        _multiply_in_place(case, biases, result.reshape(result.shape[1], pixels), checkpoint)
    elif depthwise.suits(case):
        depthwise.convolve(case, biases, result, checkpoint)
    elif shifts.suits(case):
        shifts.convolve(case, biases, result, checkpoint)
    else:
        _multiply(case, biases, result.reshape(*result.shape[:2], pixels), checkpoint)


def dense(volume: Volume, weight: npt.NDArray[Any], bias: npt.NDArray[Any] | None, checkpoint: Checkpoint) -> Volume:
    """``weight @ volume.ravel() + bias`` with weight (units, C·H·W) and bias (units,), as (units, 1, 1)."""
    return conv2d(
        volume.reshape(-1, 1, 1),
        weight[:, :, None, None],
        bias,
        stride=(1, 1),
        padding=(0, 0, 0, 0),
        dilation=(1, 1),
        groups=1,
        checkpoint=checkpoint,
    )


class _Job(NamedTuple):
    """One convolution in its layout; `result` is (groups, filters, pixels), `biases` (groups, filters, 1)."""

    case: Case
    layout: Layout
    parts: list[tuple[slice, slice, slice]]
    """Groups, rows and columns."""
    biases: Matrices | None
    result: Matrices

    def fill(self, part: tuple[slice, slice, slice], checkpoint: Checkpoint) -> None:
        """Compute some pixels of all filters."""
        with scratch_array(self.layout.scratch_values, self.result.dtype) as scratch:
            self._fill(part, scratch, checkpoint)

    def _fill(self, part: tuple[slice, slice, slice], scratch: Matrices, checkpoint: Checkpoint) -> None:
        groups, rows, cols = part
        width, channels = self.case.extent[1], self.case.weight.shape[2]
        pixels = slice(rows.start * width + cols.start, (rows.stop - 1) * width + cols.stop)
        depth = self.layout.weights.shape[-1] // channels
        for channel_part in split_range(channels, self.layout.tile.channels):
            matrix, stages = self.layout.columns(Block(groups, channel_part, rows, cols), scratch)
            for copies in stages:
                _copy(copies, checkpoint)
            _Product(
                self.layout.weights[:, groups, :, channel_part.start * depth : channel_part.stop * depth],
                matrix,
                self.layout.shift,
                self.result[groups, :, pixels],
                None if self.biases is None or channel_part.stop < channels else self.biases[groups],
                channel_part.start == 0,
            ).compute(1 if self.layout.takes_turns else len(self.parts), checkpoint)


class _Product(NamedTuple):
    """A block's sum of products, which sets ``target`` if it is the first and else is added to it, and its bias."""

    factors: Matrices
    matrix: Matrices
    shift: int
    target: Matrices
    bias: Matrices | None
    is_first: bool

    def compute(self, parts: int, checkpoint: Checkpoint) -> None:
        """Compute all pieces of this product, which is one of ``parts``."""
        depth = len(self.factors) * self.factors.shape[-1]
        cuts = tiling.pieces(self.target.shape, depth, parts, self.target.itemsize)
        filters, pixels = cuts[-1]  # as large as any
        adds = len(self.factors) > 1 or not self.is_first
        values = len(self.target) * (filters.stop - filters.start) * (pixels.stop - pixels.start) if adds else 0

        def compute(piece: tuple[slice, slice], checkpoint: Checkpoint) -> None:
            with scratch_array(values, self.target.dtype) as scratch:
                self._compute_piece(piece, scratch, checkpoint)

        share(cuts, compute, checkpoint)

    def _compute_piece(self, piece: tuple[slice, slice], scratch: Matrices, checkpoint: Checkpoint) -> None:
        filters, pixels = piece
        target = self.target[:, filters, pixels]
        for index, factor in enumerate(self.factors):
            first = index * self.shift + pixels.start
            operand = self.matrix[..., first : first + target.shape[-1]]
            if self.is_first and index == 0:
                np.matmul(factor[:, filters], operand, out=target)
            else:
                target += np.matmul(factor[:, filters], operand, out=as_matrices(scratch, target.shape))
            checkpoint()
        if self.bias is not None:
            target += self.bias[:, filters]


def _multiply_in_place(case: Case, biases: Matrices | None, result: Matrices, checkpoint: Checkpoint) -> None:
    """Fill ``result`` (filters, pixels) by products with the pixels where they lie, and nothing else."""
    channels = case.weight.shape[2]
    weight, pixels = case.weight[0, :, :, 0, 0], case.source.reshape(channels, -1)

    def compute(piece: tuple[slice, slice]) -> None:
        filters, part = piece
        target = result[filters, part]
        np.matmul(weight[filters], pixels[:, part], out=target)
        if biases is not None:
            target += biases[0, filters]

    pieces = tiling.pieces((1, *result.shape), channels, 1, result.itemsize)
    with one_number_per_map(case.extent):
        share(pieces, lambda piece, _: compute(piece), checkpoint)


def _multiply(case: Case, biases: Matrices | None, result: Matrices, checkpoint: Checkpoint) -> None:
    """Fill ``result`` (groups, filters, pixels) block by block."""
    layout = columns.layout_of(case)
    parts = [
        (groups, rows, cols)
        for groups in split_range(len(case.weight), layout.tile.groups)
        for _, rows, cols in blocks((1, *case.extent), layout.tile.pixels)
    ]
    job = _Job(case, layout, parts, biases, result)
    if layout.takes_turns:
        for part in parts:
            job.fill(part, checkpoint)
    else:
        share(parts, job.fill, checkpoint)


def _copy(copies: Copies, checkpoint: Checkpoint) -> None:
    share(copies, lambda copy, _: copy(), checkpoint, fewest=4)

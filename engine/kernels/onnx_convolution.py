"""Convolution by ONNX Runtime where it is installed and faster than our kernels: the rule, and the parts.

What is computed in one call is shared by ONNX Runtime's threads, the parts of what takes longer by ours. Neither parts
nor results depend on how many there are. Between parts a run can be cancelled.
"""

from collections.abc import Iterator
from functools import lru_cache
from math import ceil, prod
from typing import NamedTuple

import numpy as np

from engine.kernels import onnx_runtime
from engine.kernels.blocks import BLOCK_BYTES, Checkpoint, gather, split_range
from engine.kernels.onnx_models import Setting
from engine.kernels.scratch import aligned_array, scratch_array
from engine.kernels.threads import MOST_THREADS, free_threads, share
from engine.kernels.tiling import Case, Matrices, is_pointwise
from engine.shapes import Margins, Pair, dilated_extent

_LEAST_WORK = 2**20
"""Below it, what a call takes, 60 µs, is more than it saves. A MAC counts 1."""
_VALUE_WORK = 16
"""Work of reading or writing a value."""
_PIECES = 4
"""Several parts are a multiple of so many, so that all threads have as many; and limit of those by filters."""
_SHARED_WORK = 2**22
"""Minimum of a call that several threads share: about 0.1 ms."""
_MOST_WORK = 2**30
"""Maximum of a part: about 25 ms on a fast core, 200 ms on a slow one."""
_PART_VALUES = 3 * BLOCK_BYTES // (4 * MOST_THREADS) // (2 * 4)
"""Maximum of the values that a part reads and writes: they are there in both orders, for each thread."""
_WEIGHTS = 0.35
"""Share of a weight in it, so that weights in our order are within a quarter of `BLOCK_BYTES`."""
_LEAST_KERNEL = 2
"""Smaller ones take as long without blocks."""
_FEW_PIXELS = 256
"""Pixels up to which ordering the weights takes longer than it saves."""
_WIDE_PIXELS = 128 * MOST_THREADS
"""Pixels from which the ranges of all threads are summed in the same order."""
_FILTER_SET = 4
"""Blocks of filters that the operators compute at a time; with fewer, each value of the input is read more often."""
_MOST_PADDING = 2**15
"""ONNX Runtime refuses numbers that are not integers of 64 bits; there is nothing to gain far below."""
_PLANS = 512
"""Of a few hundred bytes each."""


class _Part(NamedTuple):
    """What one call computes: all of some groups, or some filters or rows."""

    groups: slice
    filters: slice
    rows: slice


class _Sizes(NamedTuple):
    """All of a case but its values."""

    source: tuple[int, ...]
    weight: tuple[int, ...]
    extent: Pair
    stride: Pair
    padding: Margins
    dilation: Pair

    @property
    def window(self) -> int:
        """Input rows of one output row."""
        return dilated_extent(self.weight[3], self.dilation[0])

    @property
    def macs(self) -> int:
        return prod(self.weight) * prod(self.extent)

    @property
    def values(self) -> int:
        """Values that are read and written."""
        return prod(self.source) + prod(self.weight[:2]) * prod(self.extent)

    @property
    def work(self) -> int:
        return self.macs + _VALUE_WORK * self.values


class Plan(NamedTuple):
    """How a convolution is computed: with how many channels per block, 0 for none, and in which parts."""

    lanes: int
    parts: tuple[_Part, ...]
    whole: Setting
    """Of all of it."""
    most_threads: int
    """That share one call."""


def plan_of(case: Case) -> Plan | None:
    """The plan if ONNX Runtime is installed and takes less time than our kernels; else None.

    Measured on one core, as multiples of ONNX Runtime with constant weights:

    ====================== ============= ================ ====
    layer                  ordered by us as they are      ours
    ====================== ============= ================ ====
    3×3, 5×5, dense        1.0           1.1–1.6          1.2–1.6
    7×7, stride 2, RGB     1.0           1.4              1.4
    1×1                    1.1           1.0              0.9–1.3
    groups of few channels not possible  1.0              1.5
    depthwise              1.1           2.5–5            2.5–5
    ====================== ============= ================ ====
    """
    if not onnx_runtime.is_available() or case.source.dtype != np.float32 or not case.source.flags.c_contiguous:
        return None
    return _plan(_Sizes(case.source.shape, case.weight.shape, *case[2:]))


def convolve(plan: Plan, case: Case, biases: Matrices | None, checkpoint: Checkpoint) -> Matrices:
    """The result (filters of all groups, H', W'); biases are (groups, filters, 1)."""
    groups, filters, channels, *kernel = case.weight.shape
    weight = np.ascontiguousarray(case.weight).reshape(groups * filters, channels, *kernel)
    bias = np.zeros(onnx_runtime.whole(groups * filters, plan.lanes), np.float32)
    if biases is not None:
        bias[: groups * filters] = biases.ravel()
    if len(plan.parts) == 1:
        x = case.source.reshape(1, groups * channels, *case.source.shape[2:])
        with scratch_array(len(bias) * weight[0].size if plan.lanes else 0, np.float32) as scratch:
            ready = onnx_runtime.order(weight, plan.lanes, scratch) if plan.lanes else weight
            with free_threads(plan.most_threads) as threads:
                maps = onnx_runtime.output(plan.whole, plan.lanes, threads, x, ready, bias)
        checkpoint()
        return maps
    ordered = None
    if plan.lanes and groups == 1 and len(plan.parts) > len({part.filters.start for part in plan.parts}):
        ordered = aligned_array(len(bias) * weight[0].size, np.float32)
        weight = onnx_runtime.order(weight, plan.lanes, ordered)
        checkpoint()
    result = np.empty((groups, filters, *case.extent), np.float32)
    job = _Job(plan.lanes, case, weight, bias, result, ordered is not None)
    share(plan.parts, lambda part, _: job.compute(part), checkpoint)
    return result.reshape(groups * filters, *case.extent)


@lru_cache(_PLANS)
def _plan(sizes: _Sizes) -> Plan | None:
    if sizes.work < _LEAST_WORK:
        return None
    groups, filters, channels = sizes.weight[:3]
    # One row of one group, which is the smallest part.
    values = sizes.window * channels * sizes.source[3] + filters * sizes.extent[1]
    macs = prod(sizes.weight[1:]) * sizes.extent[1]
    if max(_WEIGHTS * prod(sizes.weight), values) > _PART_VALUES or macs > _MOST_WORK or min(sizes.source) == 0:
        return None
    if prod(sizes.extent) == 1 or max(sizes.padding) >= _MOST_PADDING:
        return None
    lanes = _lanes_for(sizes)
    parts = tuple(_parts(sizes, lanes))
    if len(parts) > 1 and is_pointwise(sizes.weight, sizes.stride, sizes.padding):
        return None  # ours need no copies of rows
    kernel = sizes.weight[3], sizes.weight[4]
    whole = Setting(groups * filters, kernel, sizes.stride, sizes.padding, sizes.dilation, groups)
    is_shared = sizes.work >= _SHARED_WORK and (lanes or not _is_summed_by_thread(sizes))
    return Plan(lanes, parts, whole, MOST_THREADS if is_shared else 1)


def _is_summed_by_thread(sizes: _Sizes) -> bool:
    """Whether the number of threads decides in which order products are summed, and so the last bits.

    Without blocks, threads have ranges of pixels unless there are more filters, and narrow ranges are summed otherwise.
    """
    groups, filters = sizes.weight[:2]
    return groups == 1 and filters < prod(sizes.extent) < _WIDE_PIXELS


def _lanes_for(sizes: _Sizes) -> int:
    """Channels per block if operators for blocks are faster and have rules for these numbers of channels; else 0."""
    groups, filters, channels, *kernel = sizes.weight
    lanes = onnx_runtime.block_lanes()
    if not lanes or max(kernel) < _LEAST_KERNEL or (groups == 1 and prod(sizes.extent) <= _FEW_PIXELS):
        return 0
    if _WEIGHTS * onnx_runtime.whole(groups * filters, lanes) * prod(sizes.weight[2:]) > _PART_VALUES:
        return 0  # the last block is filled up: few filters of many channels may take several times their memory
    is_depthwise = groups > 1 and filters == channels == 1
    if groups == 1:
        fits = channels < lanes or channels % lanes == 0
    else:
        fits = groups % lanes == 0 if is_depthwise else channels % lanes == filters % lanes == 0
    return lanes if fits else 0


def _parts(sizes: _Sizes, lanes: int) -> Iterator[_Part]:
    """Cut into groups or filters, whose arrays lie in one piece; or rows, which have to be copied and overlap."""
    groups, filters, channels = sizes.weight[:3]
    height = sizes.extent[0]
    fewest = max(-(-sizes.work // _MOST_WORK), -(-sizes.values // _PART_VALUES), 1)
    count = fewest if fewest == 1 else -(-fewest // _PIECES) * _PIECES
    all_filters, all_rows, unit = slice(0, filters), slice(0, height), _FILTER_SET * (lanes or 1)
    fits = sizes.values <= _PART_VALUES and sizes.macs // max(filters // unit, 1) <= _MOST_WORK
    if groups > 1:
        cuts = [*_cut(groups, lanes if lanes and filters == channels == 1 else 1, count)]
        rows = split_range(height, _lines(sizes, cuts[0], fewest / len(cuts)))
        yield from (_Part(part, all_filters, row) for part in cuts for row in rows)
    elif fits and filters >= unit * min(count, _PIECES):
        yield from (_Part(slice(0, 1), part, all_rows) for part in _cut(filters, unit, count))
    else:
        overlap = 4 * (sizes.window - 1) // sizes.stride[0]
        lines = max(_lines(sizes, slice(0, 1), count), min(overlap, _lines(sizes, slice(0, 1), fewest)))
        yield from (_Part(slice(0, 1), all_filters, row) for row in split_range(height, lines))


def _cut(count: int, unit: int, parts: int) -> Iterator[slice]:
    """About so many slices of ``range(count)`` that begin at multiples of ``unit``."""
    units = -(-count // unit)
    for part in split_range(units, -(-units // min(parts, units))):
        yield slice(part.start * unit, min(part.stop * unit, count))


def _lines(sizes: _Sizes, groups: slice, count: float) -> int:
    """Rows of a part of these groups, of which there are about ``count``, within its bounds."""
    _, filters, channels = sizes.weight[:3]
    number = groups.stop - groups.start
    input_values, output_values = number * channels * sizes.source[3], number * filters * sizes.extent[1]
    room = (_PART_VALUES - sizes.window * input_values) // (sizes.stride[0] * input_values + output_values)
    macs = number * prod(sizes.weight[1:]) * sizes.extent[1]
    lines: int = min(ceil(sizes.extent[0] / max(count, 1)), room, _MOST_WORK // macs)
    return max(lines, 1)


class _Job(NamedTuple):
    """One convolution; `weight` is (filters of all groups, channels, kh, kw), `result` (groups, filters, H', W')."""

    lanes: int
    case: Case
    weight: Matrices
    bias: Matrices
    result: Matrices
    is_ordered: bool
    """Whether the weights are, for all parts."""

    def compute(self, part: _Part) -> None:
        """Fill a part of the result."""
        case, (groups, filters, rows) = self.case, part
        number, depth, kernel = groups.stop - groups.start, case.weight.shape[1], case.weight.shape[3:]
        source, target = case.source[groups].reshape(1, -1, *case.source.shape[2:]), self.result[groups, filters, rows]
        shape = (1, number * target.shape[1], *target.shape[2:])
        if target.shape[2] == case.extent[0]:
            setting = Setting(shape[1], kernel, case.stride, case.padding, case.dilation, number)
            self._run(setting, groups.start * depth + filters.start, source, target.reshape(shape))
            return
        padding = (0, case.padding[1], 0, case.padding[3])
        setting = Setting(shape[1], kernel, case.stride, padding, case.dilation, number)
        height = (target.shape[2] - 1) * case.stride[0] + dilated_extent(kernel[0], case.dilation[0])
        block = (1, source.shape[1], height, source.shape[3])
        with (
            scratch_array(prod(block), np.float32) as input_scratch,
            scratch_array(target.size, np.float32) as output_scratch,
        ):
            x, y = input_scratch.reshape(block), output_scratch.reshape(shape)
            gather(source, x, (rows.start * case.stride[0] - case.padding[0], 0), (1, 1))
            self._run(setting, groups.start * depth + filters.start, x, y)
            target[...] = y.reshape(target.shape)

    def _run(self, setting: Setting, first: int, x: Matrices, y: Matrices) -> None:
        """Compute y from x with the filters from ``first`` on."""
        filters = onnx_runtime.whole(setting.filters, self.lanes)
        bias = self.bias[first : first + filters]
        if self.is_ordered or not self.lanes:
            onnx_runtime.run(setting, self.lanes, x, self.weight[first : first + filters], bias, y)
            return
        weight = self.weight[first : first + setting.filters]
        with scratch_array(filters * weight[0].size, np.float32) as scratch:
            onnx_runtime.run(setting, self.lanes, x, onnx_runtime.order(weight, self.lanes, scratch), bias, y)

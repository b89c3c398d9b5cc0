"""The window of the project's input, and the region of every earlier volume, on which one value depends."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.layers.base import Mask
from engine.network.analysis import Analysis, Report
from engine.network.graph import INPUT
from engine.network.node_ref import STEM, NodeRef
from engine.run.check import ProjectCheck
from engine.shapes import Shape, Windows, single_pixels

_Axis = tuple[int, int, int]
"""Along one axis: start and length of the first value's window, and the step to the next value's."""

_ITSELF: _Axis = (0, 1, 1)


class ReceptiveField(Struct, frozen=True):
    """Windows of a volume's values on the project's input along both axes, padding included."""

    vertical: _Axis = _ITSELF
    horizontal: _Axis = _ITSELF

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of a window."""
        return self.vertical[1], self.horizontal[1]

    @property
    def step(self) -> tuple[int, int]:
        """Pixels between the windows of neighbours."""
        return self.vertical[2], self.horizontal[2]

    def window(self, y: int, x: int) -> tuple[int, int, int, int]:
        """Top, left, bottom and right (past the last) of the window of the values at (y, x), padding included."""
        (top, height, down), (left, width, right) = self.vertical, self.horizontal
        return top + y * down, left + x * right, top + y * down + height, left + x * right + width


class InsideAndPadding(NamedTuple):
    """The part of a window that is inside the input, and the rows and columns of padding around it."""

    height: int
    width: int
    above: int
    left: int
    below: int
    right: int

    @property
    def has_padding(self) -> bool:
        return any(self[2:])


def split_window(window: tuple[int, int, int, int], shape: Shape) -> InsideAndPadding:
    """Split a window (top, left, bottom, right) on an input of that shape into its inside and its padding."""
    top, left, bottom, right = window
    inside = [
        max(0, min(end, length) - max(start, 0))
        for start, end, length in ((top, bottom, shape.height), (left, right, shape.width))
    ]
    # A window that lies beside the input is padding altogether.
    before = [min(max(0, -start), end - start) for start, end in ((top, bottom), (left, right))]
    sizes = bottom - top, right - left
    after = [size - part - margin for size, part, margin in zip(sizes, inside, before, strict=True)]
    return InsideAndPadding(inside[0], inside[1], before[0], before[1], after[0], after[1])


@lru_cache(maxsize=4)
def receptive_fields(check: ProjectCheck) -> Mapping[NodeRef, ReceptiveField]:
    """The receptive field of every volume on the project's input, through the stem; without those that are unknown."""
    receptive: dict[NodeRef, ReceptiveField] = {}
    start: ReceptiveField | None = ReceptiveField()
    for design, analysis in check.analyses.items():
        if start is not None:
            receptive[design, INPUT] = start
        _add_fields(receptive, design, analysis)
        if design == STEM:
            start = receptive.get((STEM, analysis.output))
    return receptive


def _add_fields(receptive: dict[NodeRef, ReceptiveField], design: str, analysis: Analysis) -> None:
    for report in analysis.reports:
        input_fields = [receptive.get((design, name)) for name in report.inputs]
        fields = [field for field in input_fields if field is not None]
        if report.output_shape is None or not fields or len(fields) < len(input_fields):
            continue
        field = _field_behind(report, fields)
        if field is not None:
            receptive[design, report.name] = field


def _field_behind(report: Report, fields: list[ReceptiveField]) -> ReceptiveField | None:
    shape, windows = report.input_shapes[0], report.windows
    if shape is None or windows is None:
        return None
    if windows.repeat != (1, 1) or windows.shared is not None:  # such windows do not move in equal steps
        return None
    vertical = _union([field.vertical for field in fields], shape.height)
    horizontal = _union([field.horizontal for field in fields], shape.width)
    if vertical is None or horizontal is None:
        return None
    (height, width), (down, right), (top, left, _, _) = windows.kernel, windows.stride, windows.margins
    return ReceptiveField(
        _widen(vertical, height, windows.dilation[0], top, down),
        _widen(horizontal, width, windows.dilation[1], left, right),
    )


def _widen(axis: _Axis, kernel: int, dilation: int, margin: int, stride: int) -> _Axis:
    """Extent of a window of `kernel` taps, `dilation` apart: (k − 1)·d steps more than that of one value."""
    start, size, step = axis
    return start - margin * step, size + (kernel - 1) * dilation * step, step * stride


def _union(axes: Iterable[_Axis], count: int) -> _Axis | None:
    """The union of several inputs' windows; None if these do not move in the same step."""
    starts, sizes, steps = zip(*axes, strict=True)
    if len(set(steps)) > 1 and count > 1:
        return None
    start = min(starts)
    return start, max(first + size for first, size in zip(starts, sizes, strict=True)) - start, max(steps)


class Region(NamedTuple):
    """The smallest box around all values on which one value depends; ends are past the last."""

    top: int
    left: int
    bottom: int
    right: int
    first: int
    """Channel."""
    last: int
    """Past the last channel."""

    @property
    def window(self) -> tuple[int, int, int, int]:
        """Top, left, bottom and right."""
        return self.top, self.left, self.bottom, self.right


class _Footprint:
    """The values of a volume that are read: per set of channels (C,) the pixels (H×W) that are read of them.

    Exact, as each layer maps a set of channels at some pixels to one such set of its input. Pixels that several
    paths read of the same channels are joined.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.parts: dict[bytes, Mask] = {}

    def add(self, channels: Mask, pixels: Mask) -> None:
        key = channels.tobytes()
        self.parts[key] = self.parts[key] | pixels if key in self.parts else pixels

    def __iter__(self) -> Iterator[tuple[Mask, Mask]]:
        return ((np.frombuffer(key, np.bool_), pixels) for key, pixels in self.parts.items())

    def region(self) -> Region:
        channels, pixels = (np.array(masks) for masks in zip(*self, strict=True))
        (top, bottom), (left, right) = _ends(pixels.any(axis=(0, 2))), _ends(pixels.any(axis=(0, 1)))
        return Region(top, left, bottom, right, *_ends(channels.any(axis=0)))


def _ends(mask: Mask | np.bool_) -> tuple[int, int]:
    indices = np.flatnonzero(mask)
    return int(indices[0]), int(indices[-1]) + 1


@lru_cache(maxsize=8)
def regions_read(check: ProjectCheck, ref: NodeRef, channel: int | None, y: int, x: int) -> Mapping[NodeRef, Region]:
    """The region of every earlier volume on which the value at (channel, y, x), or all channels there, depend.

    Includes volumes of the design, of the stem, the project's input, and the value itself; a block has the region of
    its last layer. Without volumes of which only padding is read, and without those before an unknown layer.
    """
    design, name = ref
    analysis, stem = check.analyses.get(design), check.analyses.get(STEM)
    input_shape = check.input_shape if analysis is None else analysis.input_shape
    shape = input_shape if name == INPUT else check.reports[ref].output_shape
    if shape is None:
        return {}
    start = _Footprint(shape)
    pixels = np.zeros((shape.height, shape.width), bool)
    pixels[y, x] = True
    start.add(_only(shape.channels, channel), pixels)
    if analysis is None:  # the input of a project that has no stem
        return {ref: start.region()}
    own = _footprints_before(analysis, name, start)
    footprints = {(design, earlier): part for earlier, part in own.items()}
    if design != STEM and INPUT in own:
        behind = {INPUT: own[INPUT]}
        if stem is not None and stem.reports:
            behind = _footprints_before(stem, stem.output, own[INPUT])
        footprints |= {(STEM, earlier): part for earlier, part in behind.items()}
    return {other: part.region() for other, part in footprints.items()}


def _only(count: int, channel: int | None) -> Mask:
    mask = np.full(count, channel is None)
    if channel is not None:
        mask[channel] = True
    return mask


def _footprints_before(analysis: Analysis, name: str, start: _Footprint) -> dict[str, _Footprint]:
    """What the values `start` of the volume `name` read of every volume of an analysis, including that one."""
    block = analysis.foldable.get(name)
    footprints = {name if block is None else block.output: start}
    known: _KnownPixels = {}
    for report in reversed(analysis.reports):
        if report.name not in footprints:
            continue
        if report.output_shape is None:
            break
        for channels, pixels in footprints[report.name]:
            before = _pixels_before(report, pixels, known)
            if before.any():
                masks = report.channels_read(channels)
                for source, shape, channel_mask in zip(report.inputs, report.known_inputs, masks, strict=True):
                    if channel_mask.any():
                        footprints.setdefault(source, _Footprint(shape)).add(channel_mask, before)
    return footprints | {
        block.name: footprints[block.output] for block in analysis.foldable.values() if block.output in footprints
    }


_KnownPixels = dict[tuple[Windows, Shape, int, bytes], Mask]
"""What windows read of a shape, by these and by the width and values of the pixels whose windows they are.

Deep networks read whole maps by the same windows many times.
"""


def _pixels_before(report: Report, pixels: Mask, known: _KnownPixels) -> Mask:
    """The pixels of a layer's input on which these `pixels` of its output depend."""
    shape, windows = report.input_shapes[0], report.windows
    assert shape is not None, "a layer whose output is known knows its input"
    assert windows is not None, "a layer whose output is known knows its windows"
    if windows == single_pixels(shape):
        return pixels
    key = windows, shape, pixels.shape[1], pixels.tobytes()
    if key not in known:
        known[key] = _read_pixels(windows, shape, pixels)
    return known[key]


def _read_pixels(windows: Windows, shape: Shape, pixels: Mask) -> Mask:
    """The pixels of a `shape` that the windows of these `pixels` read."""
    (low, high), (before, behind) = _ends(pixels.any(axis=1)), _ends(pixels.any(axis=0))
    first_row, rows = _reads(*windows.spans(0, np.arange(low, high)), windows.dilation[0], shape.height)
    first_column, columns = _reads(*windows.spans(1, np.arange(before, behind)), windows.dilation[1], shape.width)
    counts: NDArray[np.float32] = rows.T @ pixels[low:high, before:behind].astype(np.float32) @ columns
    read = np.zeros((shape.height, shape.width), bool)
    read[first_row : first_row + len(counts), first_column : first_column + counts.shape[1]] = counts > 0
    return read


def _reads(
    starts: NDArray[np.intp], ends: NDArray[np.intp], dilation: int, count: int
) -> tuple[int, NDArray[np.float32]]:
    """Along one axis, the first value that may be read, and a matrix (windows, values from there on), without padding.

    It is 1 where a window, given by its first tap and one past its last, reads the value.
    """
    low = min(max(int(starts[0]), 0), count)
    high = max(min(int(ends[-1]), count), low)
    reads = np.zeros((len(starts), high - low), np.float32)
    for offset in range(0, int((ends - starts).max()), dilation):
        taps = starts + offset
        inside = (taps >= low) & (taps < np.minimum(ends, high))
        reads[np.flatnonzero(inside), taps[inside] - low] = 1
    return low, reads

"""The window of the project's input, and the region of every earlier volume, on which one value depends."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.layers.base import Layer, Mask, PartRead
from engine.network.analysis import Analysis, Report
from engine.network.graph import INPUT
from engine.network.node_ref import STEM, NodeRef
from engine.run.check import ProjectCheck
from engine.shapes import Shape, Windows, single_pixels

_Axis = tuple[int, int, int]
"""Along one axis: start and length of the first value's window, and the step to the next value's; a step of 0 if all
values read the same window."""

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
        _add_fields(receptive, design, analysis, check.input_shape)
        if design == STEM:
            start = receptive.get((STEM, analysis.output))
    return receptive


def _add_fields(receptive: dict[NodeRef, ReceptiveField], design: str, analysis: Analysis, whole: Shape | None) -> None:
    for report in analysis.reports:
        input_fields = [receptive.get((design, name)) for name in report.inputs]
        fields = [field for field in input_fields if field is not None]
        if report.output_shape is None or whole is None or not fields or len(fields) < len(input_fields):
            continue
        field = _field_behind(report, tuple(fields), whole)
        if field is not None:
            receptive[design, report.name] = field


def _field_behind(report: Report, fields: tuple[ReceptiveField, ...], whole: Shape) -> ReceptiveField | None:
    """The field of a layer whose inputs have these fields on a project's input of the shape `whole`."""
    layer = report.layer
    if not isinstance(layer, Layer) or None in report.input_shapes:
        return None
    return _layer_field(layer, report.known_inputs, fields, whole)


# Networks repeat their layers, and so do the designs of a sweep.
@lru_cache(maxsize=4096)
def _layer_field(
    layer: Layer, received: tuple[Shape, ...], fields: tuple[ReceptiveField, ...], whole: Shape
) -> ReceptiveField | None:
    windows = layer.input_windows(received)
    if not windows:
        return None
    behind = []
    for axis in (0, 1):
        axes = [
            _axis_behind((field.vertical, field.horizontal)[axis], part, axis)
            for field, part in zip(fields, windows, strict=True)
        ]
        known = [found for found in axes if found is not None]
        union = _union(known, windows[0].output[axis], whole[1 + axis]) if len(known) == len(axes) else None
        if union is None:
            return None
        behind.append(union)
    return ReceptiveField(behind[0], behind[1])


def _axis_behind(field: _Axis, windows: Windows, axis: int) -> _Axis | None:
    """The field of values that read these windows of an input with this field; None if it is not the same for all.

    A window of k taps, d apart, extends (k − 1)·d steps further than one value.
    """
    if windows.uneven is not None:  # such windows do not move in equal steps
        return None
    start, size, step = field
    kernel, stride, dilation = windows.kernel[axis], windows.stride[axis], windows.dilation[axis]
    first, length = start - windows.margins[axis] * step, size + (kernel - 1) * dilation * step
    repeat, count = windows.repeat[axis], windows.output[axis]
    if repeat == 1:
        return first, length, step * stride
    return (first, length, 0) if repeat >= count else None


def _union(axes: Sequence[_Axis], count: int, extent: int) -> _Axis | None:
    """The union of several inputs' windows on an `extent`; None if it does not move in equal steps."""
    starts, sizes, steps = zip(*axes, strict=True)
    if len(set(steps)) > 1 and count > 1:
        return _union_with_whole(axes, count, extent)
    start = min(starts)
    return start, max(first + size for first, size in zip(starts, sizes, strict=True)) - start, max(steps)


def _union_with_whole(axes: Iterable[_Axis], count: int, extent: int) -> _Axis | None:
    """What all values read together, if each reads the whole extent by windows that do not move; else None."""
    if not any(start <= 0 and start + size >= extent and not step for start, size, step in axes):
        return None
    first = min(start for start, _, _ in axes)
    return first, max(start + size + (count - 1) * step for start, size, step in axes) - first, 0


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
            for part in _parts_before(report, channels, pixels, known):
                if part.channels.any() and part.pixels.any():
                    source, shape = report.inputs[part.source], report.known_inputs[part.source]
                    footprints.setdefault(source, _Footprint(shape)).add(part.channels, part.pixels)
    return footprints | {
        block.name: footprints[block.output] for block in analysis.foldable.values() if block.output in footprints
    }


_KnownPixels = dict[tuple[Windows, Shape, int, bytes], Mask]
"""What windows read of a shape, by these and by the width and values of the pixels whose windows they are.

Deep networks read whole maps by the same windows many times.
"""


def _parts_before(report: Report, channels: Mask, pixels: Mask, known: _KnownPixels) -> Iterator[PartRead]:
    """What these channels and pixels of a layer's output read of its inputs."""
    parts = report.parts_read(channels, pixels)
    if parts is not None:
        yield from parts
        return
    inputs = zip(report.known_inputs, report.input_windows, report.channels_read(channels), strict=True)
    for source, (shape, windows, mask) in enumerate(inputs):
        yield PartRead(source, mask, _pixels_before(windows, shape, pixels, known))


def _pixels_before(windows: Windows, shape: Shape, pixels: Mask, known: _KnownPixels) -> Mask:
    """The pixels of an input of a `shape` on which these `pixels` of the output depend."""
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
    low = min(max(int(starts.min()), 0), count)
    high = max(min(int(ends.max()), count), low)
    reads = np.zeros((len(starts), high - low), np.float32)
    for offset in range(0, int((ends - starts).max()), dilation):
        taps = starts + offset
        inside = (taps >= low) & (taps < np.minimum(ends, high))
        reads[np.flatnonzero(inside), taps[inside] - low] = 1
    return low, reads

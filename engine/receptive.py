"""Which window of the project's input one value of a volume depends on."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.analysis import Analysis, Report
from engine.check import Place, ProjectCheck
from engine.layers import Conv2d, Dense, GlobalAvgPool2d
from engine.layers.pool import Pool
from engine.network import INPUT
from engine.problems import STEM

Axis = tuple[int, int, int]
"""Along one axis: where the window of the first value begins, how long it is, and the step to the next value's."""

ITSELF: Axis = (0, 1, 1)


class Receptive(Struct, frozen=True):
    """Windows on the project's input along both axes; those of values at the border reach into the padding."""

    vertical: Axis = ITSELF
    horizontal: Axis = ITSELF

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of a window."""
        return self.vertical[1], self.horizontal[1]

    @property
    def step(self) -> tuple[int, int]:
        """Pixels between the windows of neighbours."""
        return self.vertical[2], self.horizontal[2]

    def window(self, y: int, x: int) -> tuple[int, int, int, int]:
        """Top, left, bottom and right (past the last) of what the values at (y, x) see, padding included."""
        (top, height, down), (left, width, right) = self.vertical, self.horizontal
        return top + y * down, left + x * right, top + y * down + height, left + x * right + width


@lru_cache(maxsize=4)
def fields(check: ProjectCheck) -> Mapping[Place, Receptive]:
    """The receptive field of every volume on the project's input, through the stem; unknown ones are left out."""
    found: dict[Place, Receptive] = {}
    start: Receptive | None = Receptive()
    for design, analysis in check.analyses.items():
        if start is not None:
            found[design, INPUT] = start
        _add_fields(found, design, analysis)
        if design == STEM:
            start = found.get((STEM, analysis.output))
    return found


def _add_fields(found: dict[Place, Receptive], design: str, analysis: Analysis) -> None:
    for report in analysis.reports:
        received = [found.get((design, name)) for name in report.inputs]
        known = [field for field in received if field is not None]
        if report.output_shape is None or not known or len(known) < len(received):
            continue
        field = _through(report, known)
        if field is not None:
            found[design, report.name] = field


def _through(report: Report, received: list[Receptive]) -> Receptive | None:
    layer, shape = report.layer, report.input_shapes[0]
    if shape is None:
        return None
    vertical = _union([field.vertical for field in received], shape.height)
    horizontal = _union([field.horizontal for field in received], shape.width)
    if vertical is None or horizontal is None:
        return None
    if isinstance(layer, GlobalAvgPool2d | Dense):
        return Receptive(_widened(vertical, shape.height, 1, 0, 1), _widened(horizontal, shape.width, 1, 0, 1))
    if not isinstance(layer, Conv2d | Pool):
        return Receptive(vertical, horizontal)
    placed = layer.windows(shape)
    (height, width), (down, right), (top, left, _, _) = placed.kernel, placed.stride, placed.margins
    vertical_dilation, horizontal_dilation = placed.dilation
    return Receptive(
        _widened(vertical, height, vertical_dilation, top, down),
        _widened(horizontal, width, horizontal_dilation, left, right),
    )


def _widened(axis: Axis, kernel: int, dilation: int, margin: int, stride: int) -> Axis:
    """What a window of so many taps, `dilation` apart, sees: (k − 1)·d steps more than one of its values."""
    start, size, step = axis
    return start - margin * step, size + (kernel - 1) * dilation * step, step * stride


def _union(axes: Iterable[Axis], count: int) -> Axis | None:
    """What values side by side see together; None where several windows do not move in one step."""
    starts, sizes, steps = zip(*axes, strict=True)
    if len(set(steps)) > 1 and count > 1:
        return None
    start = min(starts)
    return start, max(first + size for first, size in zip(starts, sizes, strict=True)) - start, max(steps)


Indices = NDArray[np.intp]
Seen = tuple[Indices, Indices]
"""Rows and columns of a volume."""


def region(check: ProjectCheck, place: Place, y: int, x: int) -> tuple[int, int, int, int] | None:
    """Top, left, bottom and right (past the last) of the input's pixels that move the values at (y, x).

    Padding moves nothing, so at the border this may be less than what `Receptive.window` has within the input.
    None where all that is seen is padding, or where what lies before is unknown.
    """
    design, name = place
    stem = check.analyses.get(STEM)
    way = [] if name == INPUT else [(check.analyses[design], name)]
    if design != STEM and stem is not None and stem.reports:
        way.append((stem, stem.output))
    rows, columns = np.array([y]), np.array([x])
    for analysis, volume in way:
        seen = _seen_of_input(analysis, volume, (rows, columns))
        if seen is None:
            return None
        rows, columns = seen
    return int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1


def _seen_of_input(analysis: Analysis, name: str, seen: Seen) -> Seen | None:
    """Rows and columns of what an analysis receives that values of the volume called `name` depend on."""
    block = analysis.blocks.get(name)
    wanted = {name if block is None else block.output: [seen]}
    for report in reversed(analysis.reports):
        if report.name not in wanted:
            continue
        if report.output_shape is None:
            return None
        rows, columns = _joined(wanted.pop(report.name))
        before = _before(report, rows, columns)
        if before[0].size and before[1].size:
            for source in report.inputs:
                wanted.setdefault(source, []).append(before)
    return _joined(wanted[INPUT]) if INPUT in wanted else None


def _joined(parts: list[Seen]) -> Seen:
    if len(parts) == 1:
        return parts[0]
    rows, columns = zip(*parts, strict=True)
    return np.unique(np.concatenate(rows)), np.unique(np.concatenate(columns))


def _before(report: Report, rows: Indices, columns: Indices) -> Seen:
    """Rows and columns of a layer's input that those of its output depend on."""
    layer, shape = report.layer, report.input_shapes[0]
    assert shape is not None, "a layer whose output is known knows its input"
    if isinstance(layer, GlobalAvgPool2d | Dense):
        return np.arange(shape.height), np.arange(shape.width)
    if not isinstance(layer, Conv2d | Pool):
        return rows, columns
    placed = layer.windows(shape)
    (height, width), (down, right), (top, left, _, _) = placed.kernel, placed.stride, placed.margins
    vertical, horizontal = placed.dilation
    return (
        _taps(rows * down - top, np.arange(height) * vertical, shape.height),
        _taps(columns * right - left, np.arange(width) * horizontal, shape.width),
    )


def _taps(starts: Indices, offsets: Indices, count: int) -> Indices:
    """Where windows that begin at `starts` read, padding left out."""
    read = np.zeros(count, bool)
    at = (starts[:, np.newaxis] + offsets).ravel()
    read[at[(at >= 0) & (at < count)]] = True
    return np.flatnonzero(read)

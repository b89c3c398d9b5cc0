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


Seen = NDArray[np.bool_]
"""Which values of a map are seen, (height, width)."""


def region(check: ProjectCheck, place: Place, y: int, x: int) -> tuple[int, int, int, int] | None:
    """Top, left, bottom and right (past the last) of the input's pixels that move the values at (y, x).

    Padding moves nothing, so at the border this may be less than what `Receptive.window` has within the input.
    None where all that is seen is padding, or where what lies before is unknown.
    """
    design, name = place
    analysis, stem = check.analyses[design], check.analyses.get(STEM)
    shape = analysis.input_shape if name == INPUT else check.reports[place].output_shape
    if shape is None:
        return None
    value = np.zeros((shape.height, shape.width), bool)
    value[y, x] = True
    seen = _seen_of_input(analysis, name, value)
    if design != STEM and stem is not None and stem.reports and seen is not None:
        seen = _seen_of_input(stem, stem.output, seen)
    if seen is None:
        return None
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _seen_of_input(analysis: Analysis, name: str, seen: Seen) -> Seen | None:
    """What is seen of what an analysis receives by the values `seen` of the volume called `name`; None for nothing."""
    block = analysis.blocks.get(name)
    wanted = {name if block is None else block.output: seen}
    for report in reversed(analysis.reports):
        if report.name not in wanted:
            continue
        if report.output_shape is None:
            return None
        before = _before(report, wanted.pop(report.name))
        if before.any():
            for source in report.inputs:
                wanted[source] = wanted[source] | before if source in wanted else before
    return wanted.get(INPUT)


def _before(report: Report, seen: Seen) -> Seen:
    """What of a layer's input the values `seen` of its output depend on."""
    layer, shape = report.layer, report.input_shapes[0]
    assert shape is not None, "a layer whose output is known knows its input"
    if isinstance(layer, GlobalAvgPool2d | Dense):
        return np.ones((shape.height, shape.width), bool)
    if not isinstance(layer, Conv2d | Pool):
        return seen
    placed = layer.windows(shape)
    (height, width), (down, right), (top, left, _, _) = placed.kernel, placed.stride, placed.margins
    vertical, horizontal = placed.dilation
    rows = _reads(seen.shape[0], height, vertical, top, down, shape.height)
    columns = _reads(seen.shape[1], width, horizontal, left, right, shape.width)
    counts: NDArray[np.float32] = rows.T @ seen @ columns
    return counts > 0


def _reads(windows: int, kernel: int, dilation: int, margin: int, stride: int, count: int) -> NDArray[np.float32]:
    """1 where a window (rows) reads a value (columns) along one axis; what lies in the padding is left out."""
    reads = np.zeros((windows, count), np.float32)
    starts = np.arange(windows) * stride - margin
    for offset in np.arange(kernel) * dilation:
        inside = (starts + offset >= 0) & (starts + offset < count)
        reads[np.flatnonzero(inside), starts[inside] + offset] = 1
    return reads

"""Windows on a volume: what of it they read, and pooling."""

import numpy as np

from engine.explain.base import Explanation, Job, Meeting, Terms, many
from engine.kernels import Volume
from engine.layers import AvgPool2d, GlobalAvgPool2d, MaxPool2d
from engine.layers.pool import Pool
from engine.layers.windows import Windows, times
from engine.shapes import Shape
from engine.text.units import number


def read(volume: Volume, placed: Windows, y: int, x: int, channels: slice) -> Meeting:
    """What the window of the output's position (y, x) reads of some channels."""
    rows, columns = (
        at * placed.stride[axis] - placed.margins[axis] + np.arange(placed.kernel[axis]) * placed.dilation[axis]
        for axis, at in ((0, y), (1, x))
    )
    height, width = volume.shape[1:]
    inside_rows, inside_columns = (rows >= 0) & (rows < height), (columns >= 0) & (columns < width)
    inside = np.logical_and.outer(inside_rows, inside_columns)
    values = np.zeros((channels.stop - channels.start, *inside.shape))
    values[:, inside] = volume[channels][:, rows[inside_rows]][:, :, columns[inside_columns]].reshape(len(values), -1)
    return Meeting(values, rows, columns, inside, channels.start)


def _window(layer: Pool, job: Job) -> tuple[Meeting, str]:
    """What a pooling window reads, and where it stands."""
    channel, y, x = job.at
    volume = job.inputs[0]
    placed = layer.windows(Shape(*volume.shape))
    meeting = read(volume, placed, y, x, slice(channel, channel + 1))
    rows, columns = (taps[keep.any(axis=axis)] for taps, keep, axis in _sides(meeting))
    where = f"in[{channel}, {rows[0]}…{rows[-1]}, {columns[0]}…{columns[-1]}]"
    return meeting, where


def _sides(meeting: Meeting) -> tuple[tuple[np.ndarray, np.ndarray, int], ...]:
    return (meeting.rows, meeting.inside, 1), (meeting.columns, meeting.inside, 0)


def max_pooling(layer: MaxPool2d, job: Job) -> Explanation:
    meeting, where = _window(layer, job)
    candidates = np.where(meeting.inside, meeting.values[0], -np.inf)
    at = int(np.argmax(candidates))
    winner = divmod(at, candidates.shape[1])
    result = float(candidates[winner])
    y, x = meeting.rows[winner[0]], meeting.columns[winner[1]]
    count = int(np.count_nonzero(meeting.inside))
    what = (
        f"The largest of {many(count, 'value')} in a {times(candidates.shape)} window of the same channel; "
        "each channel by itself, no weights."
    )
    formula = (
        f"{job.title} = max of {where}",
        f"= {number(result)}, found at y {y}, x {x}",
    )
    kept = Meeting(meeting.values, meeting.rows, meeting.columns, meeting.inside, meeting.first, winner=winner)
    terms = Terms("The largest value", np.array([result]), first=job.at.channel)
    return Explanation(job.at, result, what, formula, kept, terms)


def avg_pooling(layer: AvgPool2d, job: Job) -> Explanation:
    meeting, where = _window(layer, job)
    divisor = _divisor(layer, job, meeting)
    return _mean(job, meeting, where, divisor, f"a {times(meeting.inside.shape)} window of the same channel")


def _divisor(layer: AvgPool2d, job: Job, meeting: Meeting) -> int:
    """Positions that count: those inside the input, or inside the padded input."""
    if not layer.count_padding:
        return int(np.count_nonzero(meeting.inside))
    shape = Shape(*job.inputs[0].shape)
    top, left, bottom, right = layer.windows(shape).margins
    rows = (meeting.rows >= -top) & (meeting.rows < shape.height + bottom)
    columns = (meeting.columns >= -left) & (meeting.columns < shape.width + right)
    return int(np.count_nonzero(rows) * np.count_nonzero(columns))


def global_avg_pooling(_layer: GlobalAvgPool2d, job: Job) -> Explanation:
    volume, channel = job.inputs[0], job.at.channel
    height, width = volume.shape[1:]
    values = volume[channel : channel + 1].astype(np.float64)
    meeting = Meeting(values, np.arange(height), np.arange(width), np.ones((height, width), bool), channel)
    return _mean(job, meeting, f"in[{channel}]", height * width, "the whole map")


def _mean(job: Job, meeting: Meeting, where: str, divisor: int, window: str) -> Explanation:
    terms = Terms("Sum of the window", np.array([meeting.values.sum()]), first=job.at.channel, divisor=divisor)
    what = f"The mean of {window}; each channel by itself, no weights."
    inside = meeting.inside.size - meeting.padded
    if divisor != inside:
        what += f" {many(divisor - inside, 'position')} of the padding count as 0."
    formula = (
        f"{job.title} = sum of {where} / {divisor:,}",
        f"= {number(terms.sum)} / {divisor:,} = {number(terms.total)}",
    )
    return Explanation(job.at, terms.total, what, formula, meeting, terms)

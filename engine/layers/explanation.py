"""The parts of an explanation of one value: what is read, what is added up, and the words for it."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.kernels import Volume
from engine.shapes import Windows
from engine.text.units import number_text

Numbers = NDArray[np.float64]
Roles = Mapping[str, NDArray[Any]]
"""Of each of a layer's weights by role what belongs to one output channel: its filter (C/groups, kh, kw), its bias."""


class Spot(NamedTuple):
    """Where a value stands in its volume."""

    channel: int
    y: int
    x: int


class Target(NamedTuple):
    """A value to explain: its layer's name and weights, the layer's inputs and their names, the value's place."""

    name: str
    inputs: tuple[Volume, ...]
    names: tuple[str, ...]
    weights: Mapping[str, Any]
    """By role, those of the value's channel."""
    at: Spot

    @property
    def title(self) -> str:
        """``conv5x5[3, 12, 7]``."""
        return f"{self.name}[{', '.join(map(str, self.at))}]"


class WindowProduct(Struct, frozen=True, eq=False):
    """The values that a window reads of an input volume, and the weights that they are multiplied by, if any."""

    values: Numbers
    """(C', kh, kw): the channels that are read, from `first` on; 0 in the padding."""
    rows: NDArray[np.intp]
    """(kh,): where the taps lie on the input; what is outside of it is padding."""
    columns: NDArray[np.intp]
    inside: NDArray[np.bool_]
    """(kh, kw): which taps lie on the input."""
    first: int = 0
    source: int = 0
    """Which of the inputs is read."""
    filter: Numbers | None = None
    """(C', kh, kw)."""
    winner: tuple[int, int] | None = None
    """The tap (row, column) of the value that is passed on, if a single one is."""

    @property
    def products(self) -> Numbers:
        """(C', kh, kw): weight × value; without weights the values themselves."""
        return self.values if self.filter is None else self.values * self.filter

    @property
    def padded(self) -> int:
        """Taps in the padding."""
        return int(self.inside.size - np.count_nonzero(self.inside))


class Terms(Struct, frozen=True, eq=False):
    """What is added up, a number for each channel or each input: (Σ values + offset) / divisor is the total."""

    title: str
    values: Numbers
    of: Literal["channel", "input"] = "channel"
    first: int = 0
    """Number of the first one's channel."""
    source: int = 0
    """Which of the inputs the channels are of."""
    offset: float = 0.0
    """The bias."""
    divisor: float = 1.0

    @property
    def sum(self) -> float:
        return float(self.values.sum())

    @property
    def total(self) -> float:
        return (self.sum + self.offset) / self.divisor


class Explanation(Struct, frozen=True, eq=False):
    """A value, and how it comes about."""

    at: Spot
    result: float
    """In double precision; the run's float32 value is this but for rounding."""
    what: str
    """What the layer does there, in a sentence or two."""
    formula: tuple[str, ...]
    """The formula, then the same with the numbers of this value."""
    window: WindowProduct | None = None
    terms: Terms | None = None
    """Their total is the result; of softmax and LRN it is what the value is divided by."""
    bias: float | None = None
    vector: bool = False
    """Whether the value is one row of a matrix times a vector: a 1×1 convolution, or a dense layer."""


def of_filter(weights: Roles, channel: int) -> dict[str, NDArray[Any]]:
    """What of a layer's weights by role belongs to one output channel, copied, so that the rest may go."""
    return {role: np.array(array[channel]) for role, array in weights.items()}


def shifted(start: int, step: int, letter: str) -> str:
    """``10 + i``, ``2i − 1``: where tap i lies."""
    tap = letter if step == 1 else f"{step}{letter}"
    return tap if not start else f"{start} + {tap}" if start > 0 else f"{tap} − {-start}"


def many(count: int, what: str) -> str:
    """``1 channel``, ``1,024 channels``."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def signed(value: float) -> str:
    """A number that may stand behind a sign."""
    return f"({number_text(value)})" if value < 0 else number_text(value)


def read_pixel(target: Target, source: int = 0, channel: int | None = None) -> WindowProduct:
    """The value of one channel of an input at the target's own pixel."""
    channel = target.at.channel if channel is None else channel
    _, y, x = target.at
    value = np.asarray(target.inputs[source][channel, y, x], np.float64).reshape(1, 1, 1)
    return WindowProduct(value, np.array([y]), np.array([x]), np.ones((1, 1), bool), channel, source)


def read_window(volume: Volume, windows: Windows, y: int, x: int, channels: slice) -> WindowProduct:
    """The values of some channels that the window of the output's position (y, x) reads."""
    rows, columns = (
        first + np.arange(windows.kernel[axis]) * windows.dilation[axis]
        for axis, first in enumerate(windows.first_tap(y, x))
    )
    height, width = volume.shape[1:]
    inside_rows, inside_columns = (rows >= 0) & (rows < height), (columns >= 0) & (columns < width)
    inside = np.logical_and.outer(inside_rows, inside_columns)
    values = np.zeros((channels.stop - channels.start, *inside.shape))
    values[:, inside] = volume[channels][:, rows[inside_rows]][:, :, columns[inside_columns]].reshape(len(values), -1)
    return WindowProduct(values, rows, columns, inside, channels.start)

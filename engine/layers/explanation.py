"""The explanation of one value: the values that it reads, the terms of its sum, and the text."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.kernels import Volume
from engine.shapes import Windows
from engine.text.units import number_text

Numbers = NDArray[np.float64]
WeightsByRole = Mapping[str, NDArray[Any]]
"""Weights by role, of a layer or of one of its output channels: filter (C/groups, kh, kw), bias."""


class Spot(NamedTuple):
    """Position of a value in its volume."""

    channel: int
    y: int
    x: int


class Target(NamedTuple):
    """A value to explain: its position, and the name, weights, inputs and input names of its layer."""

    name: str
    inputs: tuple[Volume, ...]
    names: tuple[str, ...]
    weights: Mapping[str, Any]
    """Weights of the value's channel by role."""
    at: Spot

    @property
    def title(self) -> str:
        """``conv5x5[3, 12, 7]``."""
        return f"{self.name}[{', '.join(map(str, self.at))}]"


class WindowProduct(Struct, frozen=True, eq=False):
    """The values that a window reads from an input volume, and the weights by which they are multiplied, if any."""

    values: Numbers
    """(C', kh, kw): the channels from `first` on; 0 in the padding."""
    rows: NDArray[np.intp]
    """(kh,): input rows of the taps; those outside the input are padding."""
    columns: NDArray[np.intp]
    """(kw,): input columns of the taps."""
    inside: NDArray[np.bool_]
    """(kh, kw): whether a tap lies on the input."""
    first: int = 0
    source: int = 0
    """Index of the input."""
    filter: Numbers | None = None
    """(C', kh, kw)."""
    winner: tuple[int, int] | None = None
    """(row, column) of the tap whose value is passed on, if it is a single one."""

    @property
    def products(self) -> Numbers:
        """(C', kh, kw): weight × value, or the values themselves if there are no weights."""
        return self.values if self.filter is None else self.values * self.filter

    @property
    def padding_taps(self) -> int:
        """Number of taps in the padding."""
        return int(self.inside.size - np.count_nonzero(self.inside))


class Terms(Struct, frozen=True, eq=False):
    """The terms of a sum, one per channel or per input: (Σ values + offset) / divisor is the total."""

    title: str
    values: Numbers
    of: Literal["channel", "input"] = "channel"
    first: int = 0
    """Channel of the first term."""
    source: int = 0
    """Index of the input to which the channels belong."""
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
    """A value, and how it is computed."""

    at: Spot
    result: float
    """In double precision; equals the float32 value of the run except for rounding. NaN if only a run computes it."""
    description: str
    """What the layer does at this position, in a sentence or two."""
    formula: tuple[str, ...]
    """The formula, then the same formula with numbers."""
    window: WindowProduct | None = None
    terms: Terms | None = None
    """Their total is the result; for softmax, LRN and lengths it is the divisor or the sum of squares."""
    bias: float | None = None
    vector: bool = False
    """Whether the value is one row of a matrix times a vector: a 1×1 convolution, or a dense layer."""


def channel_weights(weights: WeightsByRole, channel: int) -> dict[str, NDArray[Any]]:
    """Copy one output channel of a layer's weights, by role, so that the whole arrays can be released.

    An array of length 1 is of all channels.
    """
    return {role: np.array(array[channel if len(array) > 1 else 0]) for role, array in weights.items()}


def tap_text(start: int, step: int, letter: str) -> str:
    """Position of tap i: ``10 + i``, ``2i − 1``."""
    tap = letter if step == 1 else f"{step}{letter}"
    return tap if not start else f"{start} + {tap}" if start > 0 else f"{tap} − {-start}"


def operand_text(value: float) -> str:
    """A number for use after a sign: in parentheses if negative."""
    return f"({number_text(value)})" if value < 0 else number_text(value)


def read_pixel(target: Target, source: int = 0, channel: int | None = None) -> WindowProduct:
    """The value of one channel of an input at the target's pixel."""
    channel = target.at.channel if channel is None else channel
    _, y, x = target.at
    value = np.asarray(target.inputs[source][channel, y, x], np.float64).reshape(1, 1, 1)
    return WindowProduct(value, np.array([y]), np.array([x]), np.ones((1, 1), bool), channel, source)


def explain_copy(target: Target, source: Spot, description: str) -> Explanation:
    """The explanation of a value that is one of the first input, unchanged."""
    window = read_pixel(target._replace(at=source))
    result = float(window.values[0, 0, 0])
    formula = (f"{target.title} = in[{', '.join(map(str, source))}]", f"= {number_text(result)}")
    return Explanation(target.at, result, description, formula, window)


def read_window(volume: Volume, windows: Windows, y: int, x: int, channels: slice) -> WindowProduct:
    """The values of some channels in the window of the output position (y, x)."""
    rows, columns = np.array(windows.taps(0, y), np.intp), np.array(windows.taps(1, x), np.intp)
    height, width = volume.shape[1:]
    inside_rows, inside_columns = (rows >= 0) & (rows < height), (columns >= 0) & (columns < width)
    inside = np.logical_and.outer(inside_rows, inside_columns)
    values = np.zeros((channels.stop - channels.start, *inside.shape))
    values[:, inside] = volume[channels][:, rows[inside_rows]][:, :, columns[inside_columns]].reshape(len(values), -1)
    return WindowProduct(values, rows, columns, inside, channels.start)

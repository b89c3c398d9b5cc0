"""The scales of a sweep's picture: linear, or logarithmic if amounts differ by orders of magnitude."""

from collections.abc import Sequence
from math import log10
from typing import NamedTuple

import numpy as np

from engine.text.units import abbreviate
from gui.paint.basics.round_numbers import round_values
from gui.paint.basics.round_ticks import round_ticks, tick_text

_LOGARITHMIC = 20.0
"""Ratio of the largest to the smallest amount from which a scale is logarithmic."""
_MARGIN = 0.05
"""Space beyond the outermost points, relative to the whole."""
_MOST_TICKS = 6


class ScaleTick(NamedTuple):
    """A tick at a share of the axis."""

    share: float
    label: str


class PlotScale(NamedTuple):
    """Maps amounts to shares of an axis, from 0 to 1."""

    column: str
    low: float
    """The ends; powers of ten if it is logarithmic."""
    high: float
    is_logarithmic: bool

    def share(self, amount: float) -> float:
        """Where an amount is on the axis."""
        value = log10(amount) if self.is_logarithmic else amount
        return (value - self.low) / (self.high - self.low)

    def shares(self, amounts: np.ndarray) -> np.ndarray:
        """Where many amounts are on the axis; NaN for those that are NaN."""
        values = np.log10(amounts) if self.is_logarithmic else amounts
        return np.asarray((values - self.low) / (self.high - self.low))

    def amount(self, share: float) -> float:
        """The amount at a share of the axis."""
        value = self.low + share * (self.high - self.low)
        return float(10**value) if self.is_logarithmic else value

    def ticks(self) -> list[ScaleTick]:
        """Round amounts on the axis."""
        if not self.is_logarithmic:
            values = round_ticks(self.low, self.high, _MOST_TICKS)
            return [ScaleTick(self.share(value), amount_label(self.column, value, values)) for value in values]
        values = round_values(10**self.low, 10**self.high)
        if len(values) > 2 * _MOST_TICKS:
            values = [value for value in values if f"{value:.0e}".startswith("1")]
        visible = [value for value in values if 0 <= self.share(value) <= 1]
        return [ScaleTick(self.share(value), amount_label(self.column, value, values)) for value in visible]


def scale_of(column: str, amounts: Sequence[float], margin: float = _MARGIN) -> PlotScale:
    """The scale on which all amounts are visible, with a margin beyond the outermost, relative to their distance."""
    low, high = (min(amounts), max(amounts)) if amounts else (0.0, 1.0)
    positive = [amount for amount in amounts if amount > 0]
    is_logarithmic = bool(positive) and len(positive) == len(amounts) and high / low >= _LOGARITHMIC
    if is_logarithmic:
        low, high = log10(low), log10(high)
    space = margin * (high - low) if high > low else abs(high) * _MARGIN or 1.0
    return PlotScale(column, low - space, high + space, is_logarithmic)


def amount_label(column: str, value: float, values: list[float]) -> str:
    """An amount as the text of one of several ticks."""
    if column.startswith("error") or column == "agreement":
        return f"{100 * value:.6g} %"
    if abs(value) >= 1000:
        number, *prefix = abbreviate(round(value)).split(" ")
        return " ".join((number.rstrip("0").rstrip(".") if "." in number else number, *prefix))
    return tick_text(value, values)

"""Amounts counted again beside the figures that a paper prints for them."""

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple

from msgspec import Struct

from engine.cost.counting import convention_by_id
from engine.network.analysis import Report
from engine.text.printed_figures import POWERS, agrees, relative_excess
from engine.text.units import UNKNOWN, exact_text, factor_text

_WEIGHT_UNIT, MAC_UNIT = "weights", "MACs"
PAPER_KILO = convention_by_id("paper").kilo
"""The value of K for weights."""


class Recount(Struct, frozen=True):
    """A recounted amount, and the published figure ("" if there is none)."""

    unit: str
    count: int | None
    published: str = ""

    @property
    def kilo(self) -> int:
        """The value of K: for weights 1024, or 1000 if the published figure agrees with that; the paper has both."""
        return _compare(self).kilo

    @property
    def recounted(self) -> str:
        """``163328`` weights as "159.5K", with a decimal more than the paper prints; "" for 0."""
        if self.count is None:
            return UNKNOWN
        return abbreviate_as_printed(self.count, 1 if self.unit == _WEIGHT_UNIT else 2, self.kilo) if self.count else ""

    @property
    def agrees(self) -> bool | None:
        """Whether the count, rounded or truncated, is the published figure; None if there is nothing to compare."""
        return _compare(self).agrees

    @property
    def difference(self) -> str:
        """The difference of the recount: "=" if there is none, else "+7.5 %", "3.4×"."""
        comparison = _compare(self)
        if comparison.agrees is None:
            return ""
        if comparison.agrees:
            return "="
        excess = comparison.excess
        return factor_text(1 + excess) if excess >= 1 else f"{'+' if excess > 0 else '−'}{_percent(excess)}"

    @property
    def words(self) -> str:
        """The exact count, and its comparison with the published figure, in words."""
        count_text, comparison = f"{exact_text(self.count)} {self.unit}", _compare(self)
        if comparison.agrees is None:
            return count_text
        excess = comparison.excess
        if comparison.agrees:
            kilo = ", with K = 1000" if self.unit == _WEIGHT_UNIT and comparison.kilo != PAPER_KILO else ""
            return f"{count_text}, as published: {self.published}{kilo}"
        more = (
            f"{1 + excess:.1f} times" if excess >= 1 else f"{_percent(excess)} {'more' if excess > 0 else 'less'} than"
        )
        return f"{count_text}, {more} the published {self.published}"


class _Comparison(NamedTuple):
    """Whether a count agrees with the published figure, with which K, and (count − figure) / figure."""

    agrees: bool | None
    kilo: int
    excess: float


@lru_cache(maxsize=1024)
def _compare(figure: Recount) -> _Comparison:
    kilos = (PAPER_KILO, 1000) if figure.unit == _WEIGHT_UNIT else (1000,)
    if figure.count is None:
        return _Comparison(None, kilos[0], 0.0)
    matching_kilo = next((kilo for kilo in kilos if agrees(figure.count, figure.published, kilo)), None)
    excess = relative_excess(figure.count, figure.published, matching_kilo or kilos[0])
    return _Comparison(None if excess is None else matching_kilo is not None, matching_kilo or kilos[0], excess or 0.0)


def recount(parts: Sequence[Report], params: str = "", ops: str = "") -> tuple[Recount, Recount]:
    """Weights without biases, and MACs."""
    weights = sum([prod(part.param_shapes["weight"]) for part in parts if "weight" in part.param_shapes])
    macs = sum([part.macs or 0 for part in parts])
    is_complete = None not in [part.params for part in parts]
    return Recount(_WEIGHT_UNIT, weights if is_complete else None, params), Recount(
        MAC_UNIT, macs if is_complete else None, ops
    )


def abbreviate_as_printed(count: int, power: int, kilo: int) -> str:
    """``163328`` as "159.5K", as papers print it: in units of that power of K, from 10,000 of them in the next one."""
    while power < max(POWERS.values()) and count >= 10_000 * kilo**power:
        power += 1
    while power and count < kilo**power:
        power -= 1
    prefix = next(prefix for prefix, of in POWERS.items() if of == power)
    return f"{count / kilo**power:.1f}{prefix}" if power else exact_text(count)


def _percent(excess: float) -> str:
    percent = 100 * abs(excess)
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.1f} %" if percent >= 0.05 else "less than 0.1 %"

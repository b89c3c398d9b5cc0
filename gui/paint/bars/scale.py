"""The axis of bars, linear or logarithmic: lengths from amounts, and ticks."""

from collections.abc import Iterable
from math import log10

from msgspec import Struct

from engine.text.units import PREFIXES


class BarScale(Struct, frozen=True):
    """An axis from `low` to `high`; a linear one begins at 0, a logarithmic one at a power of ten."""

    low: float
    high: float
    logarithmic: bool = False

    def fraction(self, amount: float) -> float:
        """Fraction of the axis that a bar fills, 0..1; 0 for 0, which has no logarithm."""
        if amount <= 0 or self.high <= 0:
            return 0.0
        if not self.logarithmic:
            return min(amount / self.high, 1.0)
        return min(max((log10(amount) - log10(self.low)) / (log10(self.high) - log10(self.low)), 0.0), 1.0)

    @property
    def decades(self) -> float:
        """Length of a logarithmic axis in powers of ten."""
        return log10(self.high / self.low)

    def position(self, amount: float) -> float:
        """Place of an amount on the axis: itself, or its logarithm; the end of a bar of this amount."""
        return log10(max(amount, self.low)) if self.logarithmic else amount

    def part(self, factor: float) -> "BarScale":
        """The first part of the axis that has the length of the whole if it is enlarged by a factor."""
        high = self.low * 10 ** (self.decades / factor) if self.logarithmic else self.high / factor
        return BarScale(self.low, high, self.logarithmic)

    def ticks(self, max_count: int = 6) -> tuple[float, ...]:
        """At most `max_count` amounts with a label: powers of ten, or multiples of 1, 2 or 5 times a power."""
        if self.logarithmic:
            powers = [
                _power_of_ten(exponent) for exponent in range(_floor_exponent(self.low), _floor_exponent(self.high) + 1)
            ]
            return tuple(powers[:: -(-len(powers) // max(max_count, 1))])
        if self.high <= 0:
            return (0,)
        step: float = _tick_step(self.high, max(max_count - 1, 1))
        if step > self.high:
            power = _power_of_ten(_floor_exponent(self.high))
            step = self.high // power * power
        return tuple(_round_to_step(number * step) for number in range(round(self.high // step) + 1))

    def minor_ticks(self) -> tuple[float, ...]:
        """The eight amounts between two powers of ten, whose spacing shows that the axis is logarithmic."""
        if not self.logarithmic:
            return ()
        powers = (
            _power_of_ten(exponent) for exponent in range(_floor_exponent(self.low), _floor_exponent(self.high) + 1)
        )
        return tuple(power * digit for power in powers for digit in range(2, 10) if power * digit <= self.high)


def choose_scale(amounts: Iterable[float | None], *, logarithmic: bool) -> BarScale:
    """The axis that shows all these amounts; zeros and unknown amounts have no influence."""
    nonzero = [amount for amount in amounts if amount]
    highest = max(nonzero, default=0)
    if not nonzero or not logarithmic:
        return BarScale(0, highest)
    lowest = min(nonzero)
    power = _power_of_ten(_floor_exponent(lowest))
    # Even the smallest bar needs a length.
    low = _power_of_ten(_floor_exponent(lowest) - 1) if lowest == power != 1 else power
    return BarScale(low, max(highest, 10 * low), logarithmic=True)


def tick_label(amount: float) -> str:
    """Format a round number in few characters: "0", "500", "10 K", "2 M"."""
    for size, prefix in PREFIXES:
        if amount >= size:
            return f"{amount / size:g} {prefix}" if amount < 10**15 else f"{amount:.0e}".replace("e+", "e")
    return f"{amount:g}"


def _floor_exponent(amount: float) -> int:
    """Exponent of the largest power of ten that is not above a positive amount."""
    return len(str(amount)) - 1 if isinstance(amount, int) else int(f"{amount:e}".partition("e")[2])


def _power_of_ten(exponent: int) -> float:
    """A power of ten, as an integer if possible."""
    return 10**exponent if exponent >= 0 else float(f"1e{exponent}")


def _round_to_step(amount: float) -> float:
    """A multiple of a step without rounding noise in the last digits."""
    return amount if isinstance(amount, int) else float(f"{amount:.12g}")


def _tick_step(high: float, max_count: int) -> float:
    """The smallest of 1, 2, 5, 10, … that fits at most `max_count` times into `high`."""
    exponent = _floor_exponent(high) - 2
    if isinstance(high, int):
        exponent = max(exponent, 0)
    while True:
        for digit in (1, 2, 5):
            step = _round_to_step(digit * _power_of_ten(exponent))
            if high // step <= max_count:
                return step
        exponent += 1

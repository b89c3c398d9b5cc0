"""From amounts to lengths: the axis of bars, linear or logarithmic, and its ticks."""

from collections.abc import Iterable
from math import log10

from msgspec import Struct

from engine.text.units import PREFIXES


class BarScale(Struct, frozen=True):
    """An axis from `low` to `high`. A linear one begins at 0; a logarithmic one at a power of ten."""

    low: float
    high: float
    logarithmic: bool = False

    def fraction(self, amount: float) -> float:
        """Part of the axis that a bar takes, 0..1; nothing for 0, which no logarithm shows."""
        if amount <= 0 or self.high <= 0:
            return 0.0
        if not self.logarithmic:
            return min(amount / self.high, 1.0)
        return min(max((log10(amount) - log10(self.low)) / (log10(self.high) - log10(self.low)), 0.0), 1.0)

    def ticks(self, most: int = 6) -> tuple[float, ...]:
        """At most that many amounts worth a label: powers of ten, or multiples of 1, 2 or 5 times one."""
        if self.logarithmic:
            powers = [
                _power_of_ten(exponent) for exponent in range(_floor_exponent(self.low), _floor_exponent(self.high) + 1)
            ]
            return tuple(powers[:: -(-len(powers) // max(most, 1))])
        if self.high <= 0:
            return (0,)
        step: float = _tick_step(self.high, max(most - 1, 1))
        if step > self.high:
            power = _power_of_ten(_floor_exponent(self.high))
            step = self.high // power * power
        return tuple(_round_to_step(number * step) for number in range(round(self.high // step) + 1))

    def minor_ticks(self) -> tuple[float, ...]:
        """The eight amounts between two powers of ten, whose crowding shows that the axis is logarithmic."""
        if not self.logarithmic:
            return ()
        powers = (
            _power_of_ten(exponent) for exponent in range(_floor_exponent(self.low), _floor_exponent(self.high) + 1)
        )
        return tuple(power * digit for power in powers for digit in range(2, 10) if power * digit <= self.high)


def choose_scale(amounts: Iterable[float | None], *, logarithmic: bool) -> BarScale:
    """The axis on which all these amounts can be read; zeros and unknowns ask for no room."""
    known = [amount for amount in amounts if amount]
    highest = max(known, default=0)
    if not known or not logarithmic:
        return BarScale(0, highest)
    lowest = min(known)
    power = _power_of_ten(_floor_exponent(lowest))
    # The smallest bar must have a length, too.
    low = _power_of_ten(_floor_exponent(lowest) - 1) if lowest == power != 1 else power
    return BarScale(low, max(highest, 10 * low), logarithmic=True)


def tick_label(amount: float) -> str:
    """A round number in few characters: "0", "500", "10 K", "2 M"."""
    for size, prefix in PREFIXES:
        if amount >= size:
            return f"{amount / size:g} {prefix}" if amount < 10**15 else f"{amount:.0e}".replace("e+", "e")
    return f"{amount:g}"


def _floor_exponent(amount: float) -> int:
    """Of the largest power of ten that is not above a positive amount."""
    return len(str(amount)) - 1 if isinstance(amount, int) else int(f"{amount:e}".partition("e")[2])


def _power_of_ten(exponent: int) -> float:
    """A power of ten, an integer where it is one."""
    return 10**exponent if exponent >= 0 else float(f"1e{exponent}")


def _round_to_step(amount: float) -> float:
    """A multiple of a step without the noise of its last digits."""
    return amount if isinstance(amount, int) else float(f"{amount:.12g}")


def _tick_step(high: float, most: int) -> float:
    """The smallest of 1, 2, 5, 10, … of which at most that many fit."""
    exponent = _floor_exponent(high) - 2
    if isinstance(high, int):
        exponent = max(exponent, 0)
    while True:
        for digit in (1, 2, 5):
            step = _round_to_step(digit * _power_of_ten(exponent))
            if high // step <= most:
                return step
        exponent += 1

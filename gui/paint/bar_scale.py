"""From amounts to lengths: the axis of bars, linear or logarithmic, and its ticks."""

from collections.abc import Iterable
from math import log10

from msgspec import Struct

from engine.units import PREFIXES


class Scale(Struct, frozen=True):
    """An axis from `low` to `high`. A linear one begins at 0; a logarithmic one at a power of ten."""

    low: int
    high: int
    logarithmic: bool = False

    def fraction(self, amount: int) -> float:
        """Part of the axis that a bar takes, 0..1; nothing for 0, which no logarithm shows."""
        if amount <= 0 or self.high <= 0:
            return 0.0
        if not self.logarithmic:
            return min(amount / self.high, 1.0)
        return min(max((log10(amount) - log10(self.low)) / (log10(self.high) - log10(self.low)), 0.0), 1.0)

    def ticks(self, most: int = 6) -> tuple[int, ...]:
        """At most that many amounts worth a label: powers of ten, or multiples of 1, 2 or 5 times one."""
        if self.logarithmic:
            powers = [10**exponent for exponent in range(_exponent(self.low), _exponent(self.high) + 1)]
            step = -(-len(powers) // max(most, 1))
            return tuple(powers[::step])
        if self.high <= 0:
            return (0,)
        step = _step(self.high, max(most - 1, 1))
        if step > self.high:
            power: int = 10 ** _exponent(self.high)
            step = self.high // power * power
        return tuple(range(0, self.high + 1, step))

    def minor_ticks(self) -> tuple[int, ...]:
        """The eight amounts between two powers of ten, whose crowding shows that the axis is logarithmic."""
        if not self.logarithmic:
            return ()
        powers = (10**exponent for exponent in range(_exponent(self.low), _exponent(self.high) + 1))
        return tuple(power * digit for power in powers for digit in range(2, 10) if power * digit <= self.high)


def scale_for(amounts: Iterable[int | None], *, logarithmic: bool) -> Scale:
    """The axis on which all these amounts can be read; zeros and unknowns ask for no room."""
    known = [amount for amount in amounts if amount]
    highest = max(known, default=0)
    if not known or not logarithmic:
        return Scale(0, highest)
    lowest = min(known)
    power = 10 ** _exponent(lowest)
    # The smallest bar must have a length, too.
    low = power // 10 if lowest == power > 1 else power
    return Scale(low, max(highest, 10 * low), logarithmic=True)


def tick_label(amount: int) -> str:
    """A round number in few characters: "0", "500", "10 K", "2 M"."""
    for size, prefix in PREFIXES:
        if amount >= size:
            return f"{amount / size:g} {prefix}" if amount < 10**15 else f"{amount:.0e}".replace("e+", "e")
    return str(amount)


def _exponent(amount: int) -> int:
    """Of the largest power of ten that is not above a positive amount."""
    return len(str(amount)) - 1


def _step(high: int, most: int) -> int:
    """The smallest of 1, 2, 5, 10, … of which at most that many fit."""
    power: int = 10 ** max(_exponent(high) - 2, 0)
    while True:
        for digit in (1, 2, 5):
            if high // (digit * power) <= most:
                return digit * power
        power *= 10

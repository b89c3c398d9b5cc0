"""Groups of channels that do not mix: which channels belong together, and mistakes in how many groups there are."""

from collections.abc import Iterator
from math import gcd

import numpy as np

from engine.layers.base import Mask, Mistake
from engine.layers.fixes import nearest_divisors, nearest_multiples, setting_fixes


def channels_of_groups(channels: Mask, groups: int, count: int) -> Mask:
    """All of `count` input channels whose group has any of these output channels."""
    return np.repeat(channels.reshape(groups, -1).any(axis=1), count // groups)


def group_mistakes(groups: int, channels: int, filters: int | None = None) -> Iterator[Mistake]:
    """Yield a mistake if groups divide the input channels, or the filters if there are any, unequally."""
    divisors = nearest_divisors(gcd(channels, filters or 0), groups)
    use = f"use {' or '.join(map(str, divisors))}"
    fixes = setting_fixes("groups", divisors)
    if channels % groups:
        yield Mistake("groups", f"groups {groups} does not divide the {channels} input channels: {use}", fixes)
    if filters is not None and filters % groups:
        more = () if channels % groups else setting_fixes("filters", nearest_multiples(groups, filters))
        yield Mistake("groups", f"groups {groups} does not divide the {filters} filters: {use}", fixes + more)

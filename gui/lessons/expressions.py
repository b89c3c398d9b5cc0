"""The small language of lessons: numbers, comparisons, and what functions know of a project and of the window."""

from msgspec import Struct


class Expression(Struct, frozen=True):
    """An expression that has been parsed, such as ``macs('naive') / macs('bottleneck')``."""

    text: str

"""Which part of the input one output value depends on."""

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from engine.check import Place, ProjectCheck


class Receptive(Struct, frozen=True):
    """The window of the project's input that one value sees: (height, width), and the pixels between two such."""

    size: tuple[int, int]
    jump: tuple[int, int]


@lru_cache(maxsize=4)
def fields(check: ProjectCheck) -> Mapping[Place, Receptive]:
    """The receptive field of every layer's values on the project's input, through the stem."""
    return {}

"""Settings that are numbers of maps, by the column of the paper's table that they belong in."""

from collections.abc import Mapping
from functools import cache, lru_cache

from msgspec import Struct, inspect

from engine.layers import Kind
from engine.layers.windows import pair, size_text
from engine.text.units import exact_text

WIDTHS: dict[str, tuple[str, str]] = {
    "reduce": ("reduce", ""),
    "filters": ("filters", ""),
    "1x1": ("#1×1", ""),
    "3x3_reduce": ("#3×3", "reduce"),
    "3x3": ("#3×3", ""),
    "5x5_reduce": ("#5×5", "reduce"),
    "5x5": ("#5×5", ""),
    "pool_proj": ("pool", "proj"),
}
"""The columns by id, with the two lines of their heads.

Kinds say in `paper_columns` which of their settings stand in which. The first two are not the paper's: there stand the
filters of other kernels and the units of dense layers.
"""


class MapCount(Struct, frozen=True):
    """A setting that is a number of maps: what people call it, which numbers are allowed, and its value."""

    setting: str
    title: str
    least: int
    most: int
    value: int

    def read(self, text: str) -> int:
        """The number that a text means; ValueError, with a sentence, where it means none that is allowed."""
        typed = text.strip()
        if typed.isascii() and typed.isdigit() and self.least <= int(typed) <= self.most:
            return int(typed)
        wrong = f"{typed!r} is no number of maps" if typed else "a number of maps is needed"
        none = ", 0 for none" if self.least == 0 else ""
        raise ValueError(
            f"{self.title}: {wrong}; type a whole number from {self.least} to {exact_text(self.most)}{none}"
        )


@lru_cache(maxsize=512)
def map_counts_of(layer: Kind) -> Mapping[str, MapCount]:
    """The widths of a layer or block by the column's id."""
    size = size_text(pair(getattr(layer, "kernel", 0))).replace("×", "x")
    found: dict[str, MapCount] = {}
    for template, setting in layer.paper_columns:
        column = template.format(size)
        if column not in WIDTHS or column in found:
            column = "reduce" if template.endswith("reduce") else "filters"
        found[column] = _width(layer, setting)
    return found


def _width(layer: Kind, setting: str) -> MapCount:
    return MapCount(setting, *_describe(type(layer), setting), getattr(layer, setting))


@cache
def _describe(kind: type[Kind], setting: str) -> tuple[str, int, int]:
    """Title, least and most of a setting, as its kind declares them."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    described = next(field.type for field in info.fields if field.name == setting)
    assert isinstance(described, inspect.Metadata)
    number = described.type
    assert isinstance(number, inspect.IntType)
    title = str((described.extra_json_schema or {})["title"])
    return title[:1].lower() + title[1:], number.ge or 0, number.le or 10**9

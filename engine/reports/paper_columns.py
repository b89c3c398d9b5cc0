"""Settings that are numbers of maps, by their column in the paper's table."""

from collections.abc import Mapping
from functools import cache, lru_cache

from msgspec import Struct, inspect

from engine.layers import Kind
from engine.layers.windows import pair, size_text
from engine.text.units import exact_text

MAP_COUNT_COLUMNS: dict[str, tuple[str, str]] = {
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

Each kind assigns settings to columns in `paper_columns`. The first two are not the paper's: they show the filters of
other kernels and the units of dense layers.
"""


class MapCount(Struct, frozen=True):
    """A setting that is a number of maps: its title, its allowed range, and its value."""

    setting: str
    title: str
    least: int
    most: int
    value: int

    def read(self, text: str) -> int:
        """Parse a number in the allowed range; ValueError with a sentence for any other text."""
        entry = text.strip()
        if entry.isascii() and entry.isdigit() and self.least <= int(entry) <= self.most:
            return int(entry)
        wrong = f"{entry!r} is no number of maps" if entry else "a number of maps is needed"
        none = ", 0 for none" if self.least == 0 else ""
        raise ValueError(
            f"{self.title}: {wrong}; type a whole number from {self.least} to {exact_text(self.most)}{none}"
        )


@lru_cache(maxsize=512)
def map_counts_of(layer: Kind) -> Mapping[str, MapCount]:
    """The numbers of maps of a layer or block, by the column's id."""
    size = size_text(pair(getattr(layer, "kernel", 0))).replace("×", "x")
    counts: dict[str, MapCount] = {}
    for template, setting in layer.paper_columns:
        column = template.format(size)
        if column not in MAP_COUNT_COLUMNS or column in counts:
            column = "reduce" if template.endswith("reduce") else "filters"
        counts[column] = _map_count(layer, setting)
    return counts


def _map_count(layer: Kind, setting: str) -> MapCount:
    return MapCount(setting, *_describe(type(layer), setting), getattr(layer, setting))


@cache
def _describe(kind: type[Kind], setting: str) -> tuple[str, int, int]:
    """Title, least and greatest value of a setting, from its declaration."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    annotation = next(field.type for field in info.fields if field.name == setting)
    assert isinstance(annotation, inspect.Metadata)
    number = annotation.type
    assert isinstance(number, inspect.IntType)
    title = str((annotation.extra_json_schema or {})["title"])
    return title[:1].lower() + title[1:], number.ge or 0, number.le or 10**9

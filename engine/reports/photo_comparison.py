"""The comparison of designs over a folder of photos as text and as data."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

from engine.network.node_ref import NodeRef
from engine.reports.differences import DesignDifferences
from engine.reports.tables import one_line
from engine.run.photo_comparison import LayerUsage, PhotoComparison
from engine.text.text_table import align_columns
from engine.text.units import count_text, relative_error_text

_Data = dict[str, Any]


def photo_comparison_text(comparison: PhotoComparison, differences: DesignDifferences) -> str:
    """Sentences about both designs, and a table of the layers that have dead maps or copies."""
    lines = [*photo_comparison_sentences(comparison), ""]
    every_row = _rows(comparison, differences)
    rows = [row for row in every_row if any(usage and usage.dead + usage.copies for usage in row[1])]
    if not rows:
        return "\n".join([*lines, "No map is dead on every photo, and none is a copy of another."]) + "\n"
    lines += [f"a: {one_line(differences.first)}; b: {one_line(differences.second)}", ""]
    heads = ["Layer", *(f"{what} {letter}" for letter in "ab" for what in ("maps", "dead", "copies"))]
    cells = [[one_line(name), *(text for usage in usages for text in _cells(usage))] for name, usages in rows]
    title, rule, table = align_columns(heads, cells, [False, *[True] * 6])
    return "\n".join([*lines, title, rule, *table]) + "\n"


def photo_comparison_data(comparison: PhotoComparison, differences: DesignDifferences) -> _Data:
    """For programs."""
    agreement = comparison.agreement
    return {
        "photos": comparison.photos,
        "skipped": [{"path": path, "text": text} for path, text in comparison.skipped],
        "relative_error": comparison.error,
        "same_first_class": None if agreement is None else agreement.first,
        "first_class_among_five": None if agreement is None else agreement.five,
        "same_five_classes": None if agreement is None else agreement.equal_fives,
        "layers": [
            {"first": first, "second": second, "maps": _pair(usages, "maps"), "dead": _pair(usages, "dead"),
             "copies": _pair(usages, "copies")}
            for (first, second), usages in _named_rows(comparison, differences)
        ],
    }  # fmt: skip


def photo_comparison_sentences(comparison: PhotoComparison) -> Iterator[str]:
    """How much the last volumes differ, how often classifiers agree, and which photos were not used."""
    photos = count_text(comparison.photos, "photo")
    if comparison.error is not None:
        yield f"{photos}: the last volumes differ by {relative_error_text(comparison.error)} on average."
    else:
        yield f"{photos}: the last volumes have different shapes."
    agreement = comparison.agreement
    if agreement is not None:
        yield f"Same most likely class: {_share(agreement.first, comparison.photos)}."
        yield f"The first class of each among the first five of the other: {_share(agreement.five, comparison.photos)}."
        yield f"Same five classes, in any order: {_share(agreement.equal_fives, comparison.photos)}."
    yield from (f"Not used: {PurePath(path).name}: {text}" for path, text in comparison.skipped)


def _share(count: int, photos: int) -> str:
    return f"{count:,} of {photos:,} ({100 * count / photos:.1f} %)"


def _rows(
    comparison: PhotoComparison, differences: DesignDifferences
) -> Iterator[tuple[str, tuple[LayerUsage | None, LayerUsage | None]]]:
    for layer, (_, usages) in zip(differences.layers, _named_rows(comparison, differences), strict=True):
        yield layer.name, usages


def _named_rows(
    comparison: PhotoComparison, differences: DesignDifferences
) -> Iterator[tuple[tuple[str | None, str | None], tuple[LayerUsage | None, LayerUsage | None]]]:
    def usage(ref: NodeRef | None) -> LayerUsage | None:
        return None if ref is None else comparison.usage.get(ref)

    for layer in differences.layers:
        first, second = differences.refs(layer)
        names = (None if first is None else first[1], None if second is None else second[1])
        yield names, (usage(first), usage(second))


def _cells(usage: LayerUsage | None) -> Sequence[str]:
    return ("", "", "") if usage is None else tuple(f"{number:,}" for number in (usage.maps, usage.dead, usage.copies))


def _pair(usages: tuple[LayerUsage | None, LayerUsage | None], field: str) -> list[int | None]:
    return [None if usage is None else getattr(usage, field) for usage in usages]

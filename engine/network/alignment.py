"""Which layers of two designs correspond: first by name, then by kind and position."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec
from msgspec import Struct

from engine.blocks import Block
from engine.layers import Layer
from engine.network.report import Report
from engine.shapes import Shape

_EXACT = 250_000
"""Pairs of unnamed layers up to which the best alignment is searched for; beyond it takes the first that fits."""
_SAME_KIND, _SAME_SHAPE, _SAME_LAYER = 4, 2, 3
"""How well two layers of different names fit: only those of one kind do, better with equal outputs or settings.

Of two kinds those of the same general form do, if all of their shapes are equal.
"""

_Pairs = list[tuple[int, int]]
"""Positions in the first and in the second sequence."""

_encode = msgspec.json.Encoder().encode


class LayerPair(Struct, frozen=True):
    """Corresponding layers (or closed blocks) of two designs; None where only the other one has such a layer."""

    first: Report | None
    second: Report | None

    @property
    def mirrored(self) -> "LayerPair":
        return LayerPair(self.second, self.first)


def align(first: Sequence[Report], second: Sequence[Report]) -> tuple[LayerPair, ...]:
    """Pair the layers of two designs; each is in exactly one pair, and swapping the designs mirrors all pairs.

    Layers of the same name correspond. Between these, layers of the same kind do, in their order: those whose output
    shapes and settings are most alike.
    """
    if _content(first) > _content(second):  # a choice between equally good pairs must not depend on who is first
        return tuple(pair.mirrored for pair in align(second, first))
    named = _pairs_by_name(first, second)
    spine = _longest_ascent(named)
    taken_first, taken_second = {i for i, _ in named}, {j for _, j in named}
    crossing = dict(set(named) - set(spine))
    pairs: list[LayerPair] = []
    for (i, j), (end, stop) in pairwise([(-1, -1), *spine, (len(first), len(second))]):
        free = [index for index in range(i + 1, end) if index not in taken_first]
        other = [index for index in range(j + 1, stop) if index not in taken_second]
        matches = {free[a]: other[b] for a, b in align_by_kind([first[a] for a in free], [second[b] for b in other])}
        pairs += _merge(first, second, range(i + 1, end), other, matches, crossing)
        if end < len(first):
            pairs.append(LayerPair(first[end], second[stop]))
    return tuple(pairs)


def _content(reports: Sequence[Report]) -> list[bytes]:
    return [_encode((report.name, report.layer, report.inputs, report.weights)) for report in reports]


def _pairs_by_name(first: Sequence[Report], second: Sequence[Report]) -> _Pairs:
    """Positions of the layers of the same name; a name that occurs twice by mistake counts in its order."""
    positions = {name: index for index, name in enumerate(_numbered_names(second))}
    return [(index, positions[name]) for index, name in enumerate(_numbered_names(first)) if name in positions]


def _numbered_names(reports: Sequence[Report]) -> Iterator[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for report in reports:
        counts[report.name] += 1
        yield report.name, counts[report.name]


def _longest_ascent(pairs: _Pairs) -> _Pairs:
    """The most of these pairs that are in the same order in both designs; the others have been moved."""
    ends: list[int] = []
    """The last second position of the shortest ascent of each length."""
    chosen: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(chosen[length - 1] if length else -1)
        ends[length:] = [j, *ends[length + 1 :]]
        chosen[length:] = [index, *chosen[length + 1 :]]
    ascent, index = [], chosen[-1] if chosen else -1
    while index >= 0:
        ascent.append(pairs[index])
        index = before[index]
    return ascent[::-1]


class _Candidate(NamedTuple):
    """What decides how well a layer fits another one."""

    kind: str
    general: Layer | Block
    inputs: tuple[Shape | None, ...]
    output: Shape | None

    @classmethod
    def of(cls, report: Report) -> "_Candidate":
        return cls(report.layer.kind, report.general_layer, report.input_shapes, report.output_shape)


def fit_of(first: Report, second: Report) -> int:
    """How well two layers of different names fit; 0 if they do not."""
    return _fit(_Candidate.of(first), _Candidate.of(second))


def _fit(first: _Candidate, second: _Candidate) -> int:
    same_shape = first.output == second.output
    if first.kind != second.kind:
        is_one_function = first.general.kind == second.general.kind and same_shape and first.inputs == second.inputs
        if not is_one_function:
            return 0
    return _SAME_KIND + _SAME_SHAPE * same_shape + _SAME_LAYER * (first.general == second.general)


def align_by_kind(first: Sequence[Report], second: Sequence[Report]) -> _Pairs:
    """The pairs of layers of one kind or function, in the same order in both sequences, that fit best in total."""
    ones, others = [list(map(_Candidate.of, reports)) for reports in (first, second)]
    if len(ones) * len(others) > _EXACT:
        return _first_of_kind(ones, others)
    rows = [[0] * (len(others) + 1)]
    for one in reversed(ones):  # row i: the best totals of ones[i:], by the position in the second sequence
        below, row = rows[-1], [0] * (len(others) + 1)
        for j in range(len(others) - 1, -1, -1):
            fit = _fit(one, others[j])
            row[j] = max(below[j], row[j + 1], fit + below[j + 1] if fit else 0)
        rows.append(row)
    rows.reverse()
    pairs, i, j = [], 0, 0
    while i < len(ones) and j < len(others):
        fit = _fit(ones[i], others[j])
        if fit and rows[i][j] == fit + rows[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif rows[i][j] == rows[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _first_of_kind(first: Sequence[_Candidate], second: Sequence[_Candidate]) -> _Pairs:
    """Pair each layer with the next one of its kind or function: for very long sequences without common names."""
    positions: dict[str, list[int]] = {}
    for index, other in enumerate(second):
        positions.setdefault(other.general.kind, []).append(index)
    pairs: _Pairs = []
    for index, one in enumerate(first):
        candidates, last = positions.get(one.general.kind, []), pairs[-1][1] if pairs else -1
        at = bisect_left(candidates, last + 1)
        if at < len(candidates) and _fit(one, second[candidates[at]]):
            pairs.append((index, candidates[at]))
    return pairs


def _merge(
    first: Sequence[Report],
    second: Sequence[Report],
    own: Sequence[int],
    other: Sequence[int],
    matches: dict[int, int],
    crossing: dict[int, int],
) -> Iterator[LayerPair]:
    """The pairs between two neighbours of the spine, in the order of both designs.

    Parameters
    ----------
    own, other
        Positions in the first design, and those in the second that have no pair by name.
    matches, crossing
        The second position of a layer that corresponds by kind, or by name in another order.
    """
    waiting = list(other)
    for index in own:
        if index in matches:
            while waiting[0] != matches[index]:
                yield LayerPair(None, second[waiting.pop(0)])
            waiting.pop(0)
        partner = matches.get(index, crossing.get(index))
        yield LayerPair(first[index], None if partner is None else second[partner])
    yield from (LayerPair(None, second[index]) for index in waiting)

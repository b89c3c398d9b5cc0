"""Finds layers by the words of a query: ``conv``, ``5x5``, ``stride=2``, ``groups>1``, ``filters 64``. No Qt here.

All words have to match. A word is a condition on a setting, a kernel size, or a part of the name, of the kind or of the
settings in words.
"""

import operator
import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from engine.layers import Kind
from engine.network.analysis import BlockReport, Report
from engine.network.node_ref import NodeRef
from engine.project.reader import KINDS
from engine.run.check import ProjectCheck

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "≤": operator.le,
    "≥": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "!=": operator.ne,
    "≠": operator.ne,
    "=": operator.eq,
    ":": operator.eq,
}
"""Longer signs first."""

_SIGNS = "|".join(map(re.escape, _COMPARISONS))
_CONDITION = re.compile(rf"(\w+)({_SIGNS})(.+)")
_SIZE = re.compile(r"(\d+)[x×](\d+)", re.IGNORECASE)
_BOOLEANS = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}


class Condition(Struct, frozen=True):
    """A word of a query: a comparison with a setting, or without one a text to look for."""

    text: str
    setting: str = ""
    sign: str = ""

    def matches_name(self, name: str) -> bool:
        """Whether it applies to every layer and block of this name."""
        return not self.setting and self.text in name and not _SIZE.fullmatch(self.text)

    def matches_layer(self, layer: Kind) -> bool:
        """Whether it applies to a layer or block with these settings, whatever its name."""
        if self.setting:
            value = setting_value(layer, self.setting)
            return value is not None and _compares(value, self.sign, self.text)
        if _SIZE.fullmatch(self.text):
            return self._is_in_label(layer.label().casefold())
        words = (layer.kind, layer.title, *(v for v in _values(layer) if isinstance(v, str)))
        return any(self.text in word.casefold() for word in words) or self._is_in_label(layer.label().casefold())

    def _is_in_label(self, label: str) -> bool:
        """Whether the settings in words contain the text; a number or a size only as a whole."""
        size = _SIZE.fullmatch(self.text)
        text = f"{size[1]}×{size[2]}" if size else self.text
        if not text[0].isdigit():
            return text in label
        return re.search(rf"(?<![\d.×]){re.escape(text)}(?![\d.×])", label) is not None


@lru_cache(maxsize=4)
def find_nodes(check: ProjectCheck, query: str) -> tuple[NodeRef, ...]:
    """The layers, blocks and parts of blocks to which all words of a query apply, in the order of the list."""
    conditions = parse_query(query)
    if not conditions:
        return ()
    matches_layer = cache(Condition.matches_layer)  # a long network has few different layers
    return tuple(
        ref
        for ref, name, layer in _candidates(check)
        if all(condition.matches_name(name) or matches_layer(condition, layer) for condition in conditions)
    )


def next_match(check: ProjectCheck, found: tuple[NodeRef, ...], ref: NodeRef, by: int) -> NodeRef | None:
    """The match after a node of the list, or for −1 the one before it, from the last to the first."""
    if not found:
        return None
    if ref in found:
        return found[(found.index(ref) + by) % len(found)]
    order = {other: number for number, (other, _, _) in enumerate(_candidates(check))}
    own_design = (number for (design, _), number in order.items() if design == ref[0])
    at = order.get(ref, next(own_design, len(order)) - 1)  # a design's own row is before its first layer
    before = sum(1 for other in found if order[other] <= at)
    return found[(before if by > 0 else before - 1) % len(found)]


def parse_query(query: str) -> tuple[Condition, ...]:
    """The conditions of a query; a setting and its value may be two words, also with a sign between them."""
    words = re.sub(rf"\s*({_SIGNS})\s*", r"\1", query.casefold()).split()
    conditions: list[Condition] = []
    while words:
        word = words.pop(0)
        condition = _CONDITION.fullmatch(word)
        if condition and condition[1] in _settings():
            conditions.append(Condition(condition[3], condition[1], condition[2]))
        elif word in _settings() and words and (words[0] in _literals() or _parse(words[0]) != words[0]):
            conditions.append(Condition(words.pop(0), word, "="))
        else:
            conditions.append(Condition(word))
    return tuple(conditions)


def setting_value(layer: Kind, setting: str) -> Any:
    """The value of a setting, or that of the setting it follows if it is left out; None if there is none."""
    value = getattr(layer, setting, None) if setting in layer.__struct_fields__ else None
    return getattr(layer, "kernel", None) if value is None and setting == "stride" else value


def _candidates(check: ProjectCheck) -> Iterator[tuple[NodeRef, str, Kind]]:
    """Reference, own name and settings of each node in the order of the list, and after each block of its parts."""
    for design, analysis in check.analyses.items():
        nodes: list[Report | BlockReport] = [report for report in analysis.reports if report.block is None]
        for node in sorted((*nodes, *analysis.blocks.values()), key=lambda node: node.index):
            yield (design, node.name), node.name.casefold(), node.layer
            for part in node.parts if isinstance(node, BlockReport) else ():
                yield (design, part.name), part.name.removeprefix(f"{node.name}/").casefold(), part.layer


def _values(layer: Kind) -> Iterator[Any]:
    return (getattr(layer, name) for name in layer.__struct_fields__)


def _compares(value: Any, sign: str, text: str) -> bool:
    """Whether a value compares so with the one in a text; of a pair both, of margins all."""
    reference, compare = _parse(text), _COMPARISONS[sign]
    if isinstance(value, str) or isinstance(reference, str):
        return sign in ("=", ":", "!=", "≠") and compare(str(value).casefold(), text)
    if isinstance(value, bool):
        return sign in ("=", ":", "!=", "≠") and compare(value, bool(reference))
    own = value if isinstance(value, tuple) else (value,)
    reference = reference if isinstance(reference, tuple) else (reference,) * len(own)
    own = own * len(reference) if len(own) == 1 else own
    if len(own) != len(reference):
        return sign in ("!=", "≠")
    pairs = zip(own, reference, strict=True)
    return any(a != b for a, b in pairs) if compare is operator.ne else all(compare(a, b) for a, b in pairs)


def _parse(text: str) -> Any:
    """A number, a pair, a boolean, or the text itself."""
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    size = _SIZE.fullmatch(text)
    if size:
        return int(size[1]), int(size[2])
    try:
        return float(text)
    except ValueError:
        return text


@cache
def _settings() -> frozenset[str]:
    return frozenset(field.name for kind in KINDS.values() for field in fields(kind))


@cache
def _literals() -> frozenset[str]:
    """The values of settings that are words."""
    words = re.findall(r"'(\w+)'", " ".join(str(field.type) for kind in KINDS.values() for field in fields(kind)))
    return frozenset(words)

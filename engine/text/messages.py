"""What stands in a project file and what would be right there, in words for people."""

from collections.abc import Iterable
from datetime import date, time
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from msgspec import inspect

_LONGEST = 60
"""Characters of a value that a message shows."""

_MOST_SHOWN = 6
"""Entries of a list or table that a message shows."""


def value_text(value: object, depth: int = 3) -> str:
    """A value as the file writes it, cut where it is long or deep."""
    text = _render(value, depth)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _render(value: object, depth: int) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and value.bit_length() > 4 * _LONGEST:
        return f"an integer of about {round(value.bit_length() * 0.30103)} digits"
    if isinstance(value, str):
        return repr(value[:_LONGEST]) if len(value) <= _LONGEST else f"{value[: _LONGEST - 10]!r}…"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list | tuple | dict) and not depth:
        return "…"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_shorten([_render(item, depth - 1) for item in value[: _MOST_SHOWN + 1]]))}]"
    if isinstance(value, dict):
        pairs = [(key, value[key]) for key in list(value)[: _MOST_SHOWN + 1]]
        return f"{{{', '.join(_shorten([f'{key[:_LONGEST]} = {_render(item, depth - 1)}' for key, item in pairs]))}}}"
    return repr(value)


def _shorten(texts: list[str]) -> list[str]:
    return texts if len(texts) <= _MOST_SHOWN else [*texts[:_MOST_SHOWN], "…"]


@lru_cache(maxsize=256)
def accepted_text(kind: Any) -> str:
    """What a setting of this type may be: "an integer from 1 to 1000000, or a list of 2 such"."""
    return _accepted(inspect.type_info(kind))


_NOUNS: dict[type[inspect.Type], tuple[str, str]] = {
    inspect.IntType: ("an integer", "integers"),
    inspect.FloatType: ("a number", "numbers"),
    inspect.StrType: ("a text in quotes", "texts in quotes"),
    inspect.BoolType: ("true or false", "true or false"),
}


def _accepted(kind: inspect.Type, before: str = "") -> str:
    """`before` is what was said last: a list of just that is "a list of 2 such"."""
    match kind:
        case inspect.Metadata():
            return _accepted(kind.type)
        case inspect.UnionType():
            said = [""]
            for part in kind.types:
                if not isinstance(part, inspect.NoneType):  # "left out" has words of its own
                    said.append(_accepted(part, said[-1]))
            return ", or ".join(said[1:])
        case inspect.LiteralType():
            *others, last = [repr(value) for value in kind.values]
            return f"{', '.join(others)} or {last}" if others else last
        case inspect.VarTupleType():
            item = "such" if _accepted(kind.item_type) == before else _NOUNS[type(kind.item_type)][1] + _bounds(kind)
            return f"a list of {_length(kind)}{item}"
    return _NOUNS[type(kind)][0] + _bounds(kind)


def _length(kind: inspect.VarTupleType) -> str:
    least, most = kind.min_length, kind.max_length
    return "" if not least else f"{least} " if least == most else f"{least} to {most} "


def _bounds(kind: inspect.Type) -> str:
    number = kind.item_type if isinstance(kind, inspect.VarTupleType) else kind
    if not isinstance(number, inspect.IntType | inspect.FloatType):
        return ""
    if number.ge is not None and number.le is not None:
        return f" from {number.ge} to {number.le}"
    limits = {"≥": number.ge, ">": number.gt, "≤": number.le, "<": number.lt}
    said = " and ".join(f"{sign} {limit}" for sign, limit in limits.items() if limit is not None)
    return said and f" {said}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """What was probably meant, else everything there is."""
    names = list(known)
    close = get_close_matches(word[:_LONGEST], names, 1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names)}"

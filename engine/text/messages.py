"""Texts for messages: values of a project file, and the values that a setting accepts."""

from collections.abc import Callable, Iterable
from datetime import date, time
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from msgspec import inspect

from engine.text.other_names import own_name

_MAX_LENGTH = 60
"""Maximum number of characters of a value in a message."""

_MAX_ITEMS = 6
"""Maximum number of items of a list or table in a message."""

_MAX_CANDIDATES = 60
"""Maximum number of names that a message proposes."""


def value_text(value: object, depth: int = 3) -> str:
    """A value as in the file; of a long or nested one the beginning and the end, as long ones often differ there."""
    return _cut(_render(value, depth))


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH // 2]}…{text[1 - _MAX_LENGTH // 2 :]}"


def _render(value: object, depth: int) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and value.bit_length() > 4 * _MAX_LENGTH:
        # All digits would take long, and Python refuses to write more than 4,300.
        return f"an integer of about {round(value.bit_length() * 0.30103)} digits, the last {abs(value) % 10**6:06}"
    if isinstance(value, str):
        return repr(value) if len(value) <= _MAX_LENGTH - 2 else _quoted_ends(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list | tuple | dict) and not depth:
        return "…"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_ends(list(value), lambda item: _render(item, depth - 1)))}]"
    if isinstance(value, dict):
        pairs = _ends(list(value), lambda key: f"{_cut(key)} = {_render(value[key], depth - 1)}")
        return f"{{{', '.join(pairs)}}}"
    return repr(value)


def _quoted_ends(text: str) -> str:
    """Beginning and end of a text, in quotes; as many characters as their escapes allow."""
    count = _MAX_LENGTH // 2 - 2
    while len(ends := f"{repr(text[:count])[:-1]}…{repr(text[-count:])[1:]}") > _MAX_LENGTH and count > 1:
        count -= 1
    return ends


def _ends(items: list[Any], render: Callable[[Any], str]) -> list[str]:
    """The texts of all items, or of the first ones and the last."""
    if len(items) <= _MAX_ITEMS:
        return [render(item) for item in items]
    return [*map(render, items[: _MAX_ITEMS - 1]), "…", render(items[-1])]


def rejected_text(value: object, kind: Any) -> str:
    """A value that a type does not accept, what it accepts, and the one that was meant if others call it so."""
    type_ = inspect.type_info(kind)
    bare = type_.type if isinstance(type_, inspect.Metadata) else type_
    own = ""
    if isinstance(value, str) and isinstance(bare, inspect.LiteralType):
        own = own_name(value[:_MAX_LENGTH], bare.values)
    return f"is {value_text(value)}; " + (f"did you mean {own!r}?" if own else f"{accepted_text(kind)} is expected")


@lru_cache(maxsize=256)
def accepted_text(kind: Any) -> str:
    """The values that a type accepts: "an integer from 1 to 1000000, or a list of 2 such"."""
    return _accepted(inspect.type_info(kind))


_NOUNS: dict[type[inspect.Type], tuple[str, str]] = {
    inspect.IntType: ("an integer", "integers"),
    inspect.FloatType: ("a number", "numbers"),
    inspect.StrType: ("a text in quotes", "texts in quotes"),
    inspect.BoolType: ("true or false", "true or false"),
}


def _accepted(kind: inspect.Type, previous: str = "") -> str:
    """`previous` is the text of the alternative before; a list of the same is "a list of 2 such"."""
    match kind:
        case inspect.Metadata():
            return _accepted(kind.type)
        case inspect.UnionType():
            texts = [""]
            for part in kind.types:
                if not isinstance(part, inspect.NoneType):  # the form has its own text for None, "left out"
                    texts.append(_accepted(part, texts[-1]))
            return ", or ".join(texts[1:])
        case inspect.LiteralType():
            *others, last = [repr(value) for value in kind.values]
            return f"{', '.join(others)} or {last}" if others else last
        case inspect.VarTupleType():
            item = "such" if _accepted(kind.item_type) == previous else _NOUNS[type(kind.item_type)][1] + _bounds(kind)
            return f"a list of {_length(kind)}{item}"
    return _NOUNS[type(kind)][0] + _bounds(kind)


def _length(kind: inspect.VarTupleType) -> str:
    minimum, maximum = kind.min_length, kind.max_length
    return "" if not minimum else f"{minimum} " if minimum == maximum else f"{minimum} to {maximum} "


def _bounds(kind: inspect.Type) -> str:
    number = kind.item_type if isinstance(kind, inspect.VarTupleType) else kind
    if not isinstance(number, inspect.IntType | inspect.FloatType):
        return ""
    if number.ge is not None and number.le is not None:
        return f" from {number.ge} to {number.le}"
    limits = {"≥": number.ge, ">": number.gt, "≤": number.le, "<": number.lt}
    text = " and ".join(f"{sign} {limit}" for sign, limit in limits.items() if limit is not None)
    return text and f" {text}"


def suggestion(word: str, candidates: Iterable[str]) -> str:
    """The candidate that was probably meant, else all candidates, or the first of very many."""
    names = list(candidates)
    own = own_name(word[:_MAX_LENGTH], names)
    close = [own] if own else get_close_matches(word[:_MAX_LENGTH], names, 1)
    if close:
        return f"did you mean {close[0]!r}?"
    more = f" and {len(names) - _MAX_CANDIDATES:,} more" if len(names) > _MAX_CANDIDATES else ""
    return f"known are {', '.join(names[:_MAX_CANDIDATES])}{more}"

"""Fills the numbers of a lesson's texts: "{{ macs('naive') | exact }}" becomes "160,563,200"."""

import re
from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from engine.expressions.arithmetic import Value, number_of
from engine.expressions.faults import ExpressionError, NotKnownYetError
from engine.text.messages import suggestion, value_text
from engine.text.units import abbreviate, byte_size, exact_text, factor_text, number_text
from gui.lessons.expressions import Expression, evaluate, outer_function, parse_expression
from gui.lessons.facts import Facts

NOT_KNOWN = "…"
"""What stands in a text for a value that is not known yet."""

_PLAIN = 10_000
"""Integers below it are written with all their digits."""

_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_FORMAT = re.compile(r"""((?:'[^']*'|"[^"]*"|[^'"|])*)\|(.*)""", re.DOTALL)
_FENCE = re.compile(r"`+")
_MARKUP = re.compile(r"[\\`*_\[\]<>&~|#$]")


def _short(value: Value) -> str:
    number = number_of(value)
    if isinstance(number, float):
        return abbreviate(number) if number >= _PLAIN else number_text(number)
    return abbreviate(number) if number >= _PLAIN else _exact(number)


def _exact(value: Value) -> str:
    return exact_text(number_of(value)).replace("-", "−")


def _ratio(value: Value) -> str:
    return factor_text(float(number_of(value))).removesuffix("×").replace("-", "−")


def _text(value: Value) -> str:
    if isinstance(value, tuple):
        return "×".join(map(_text, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else "none" if value is None else _short(value)


VALUE_FORMATS: dict[str, tuple[Callable[[Value], str], str]] = {
    "short": (_short, "160.6 M; below 10,000 all digits"),
    "exact": (_exact, "160,563,200"),
    "ratio": (_ratio, "12.1"),
    "times": (lambda value: factor_text(float(number_of(value))).replace("-", "−"), "12.1×"),
    "percent": (lambda value: f"{number_text(100 * number_of(value), 3)} %", "25.2 %"),
    "bytes": (lambda value: byte_size(int(number_of(value))), "12.3 MiB"),
    "digits": (lambda value: number_text(number_of(value)), "0.1234"),
    "text": (_text, "256×28×28"),
}
"""How values are written, by the word after the bar, with an example."""


class Placeholder(Struct, frozen=True):
    """An expression within a text, and how its value is written."""

    expression: Expression
    format: str
    """A name of `VALUE_FORMATS`, a number of digits, or "" for the way of the outer function."""
    place: int
    """Index of the expression in the text."""
    is_code: bool
    """Whether it stands in code, where Markdown has no escapes."""


class Filled(Struct, frozen=True):
    """A text with its numbers."""

    text: str
    """Markdown."""
    is_complete: bool
    """Whether every value is known."""
    faults: tuple[str, ...] = ()
    """What is wrong with its expressions; nothing in a valid lesson, unless a person has changed the project."""


@lru_cache(maxsize=512)
def parse_text(text: str) -> tuple[str | Placeholder, ...]:
    """The pieces of a text; ExpressionError, with the place in the text, if one cannot be read."""
    pieces: list[str | Placeholder] = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        pieces.append(text[end : match.start()])
        before = "".join(piece for piece in pieces if isinstance(piece, str))
        pieces.append(_placeholder(match[1], match.start(1), _is_code(before)))
        end = match.end()
    if "{{" in text[end:]:
        raise ExpressionError("{{ has no }} behind it", text.index("{{", end))
    return *pieces, text[end:]


def _placeholder(content: str, place: int, is_code: bool) -> Placeholder:
    split = _FORMAT.fullmatch(content)
    text, form = (split[1], split[2].strip()) if split else (content, "")
    if split and form not in VALUE_FORMATS and not re.fullmatch(r"[1-9]|1\d", form):
        fault = (
            f"unknown format {value_text(form)}; {suggestion(form, VALUE_FORMATS)}, or a number of digits from 1 to 19"
        )
        raise ExpressionError(fault, place + len(content) - len(split[2].lstrip()))
    try:
        return Placeholder(parse_expression(text), form, place, is_code)
    except ExpressionError as error:
        raise ExpressionError(error.text, place + (error.place or 0)) from None


def _is_code(before: str) -> bool:
    """Whether what follows is within backticks: those of a paragraph, or of a fence, are pairs."""
    start = before.rfind("\n\n") + 1 if "```" not in before else 0
    opened = ""
    for fence in _FENCE.findall(before[start:]):
        opened = "" if opened == fence else opened or fence
    return bool(opened)


def fill_text(text: str, facts: Facts) -> Filled:
    """A text with its numbers, and "…" for those that are not known."""
    try:
        pieces = parse_text(text)
    except ExpressionError as error:
        return Filled(text, is_complete=True, faults=(str(error),))
    filled, faults, is_complete = "", [], True
    for piece in pieces:
        if isinstance(piece, str):
            filled += piece
            continue
        try:
            filled += _written(piece, facts, filled)
        except NotKnownYetError:
            filled, is_complete = filled + NOT_KNOWN, False
        except ExpressionError as error:
            filled += NOT_KNOWN
            faults.append(str(ExpressionError(error.text, piece.place + (error.place or 0))))
    return Filled(filled, is_complete, tuple(faults))


def _written(piece: Placeholder, facts: Facts, before: str) -> str:
    value = evaluate(piece.expression, facts)
    text = format_value(value, piece.format or _default_format(piece.expression, value))
    if piece.is_code:
        return text.replace("`", "'")
    return _escaped(text.replace(" ", "\N{NO-BREAK SPACE}") if _is_number(value) else text, before)


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _default_format(expression: Expression, value: Value) -> str:
    function = outer_function(expression)
    if not _is_number(value):
        return "text"
    return "short" if function is None or function.format == "text" else function.format


def format_value(value: Value, form: str) -> str:
    """A value as text, by the name of a format or with a number of digits; ExpressionError if it has another kind."""
    if form.isdigit():
        return number_text(number_of(value), int(form))
    if form == "bytes" and not abs(number_of(value)) < float("inf"):
        raise ExpressionError("is no number of bytes")
    return VALUE_FORMATS[form][0](value)


def _escaped(text: str, before: str) -> str:
    """A text that Markdown shows as it is: a name may have signs that would make it bold, or a link."""
    escaped = _MARKUP.sub(lambda sign: f"\\{sign[0]}", " ".join(text.split()) if "\n" in text else text)
    at_start = not before.rpartition("\n")[2].strip()
    return f"\\{escaped}" if at_start and escaped[:1] in ("-", "+", "=") else escaped

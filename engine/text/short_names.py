"""Shortens texts that do not fit: their middle goes, and names that differ still differ."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

_Fits = Callable[[str], bool]
"""Returns whether a text fits; a shorter text fits if a longer one does."""


def shorten_middle(text: str, fits: _Fits) -> str:
    """The text, or as much of its beginning and end as fits around an ellipsis: "Goog…et_2"."""
    return text if fits(text) else _longest(fits, lambda count: _cut(text, count), len(text) - 1)


def shorten_sentence(text: str, fits: _Fits) -> str:
    """The text, or as many words of its beginning and end as fit around an ellipsis: no number loses a digit.

    Only a text without two words that fit loses the middle of a word.
    """
    if fits(text):
        return text
    words = text.split(" ")

    def shown(count: int) -> str:
        return " ".join([*words[: (count + 1) // 2], "…", *words[len(words) - count // 2 :]])

    return _longest(fits, shown, len(words) - 1) if len(words) > 1 and fits(shown(1)) else shorten_middle(text, fits)


def shorten_names(names: Sequence[str], fits: _Fits) -> dict[str, str]:
    """Shorten names side by side: different names have different short forms, none of them another's name.

    Names whose short forms would be equal show the part that they differ in: "…a…", "…b…"; if not even that fits, their
    numbers, from 1 on.
    """
    short = {name: shorten_middle(name, fits) for name in names}
    for shorten in (_show_difference, _show_number):
        for equal in _equal_groups(short) if len(set(short.values())) < len(short) else ():
            # A name that fits is shown as it is, whatever others look like.
            changed = [name for name in equal if short[name] != name]
            short |= {name: shorten(name, equal, list(short), fits) for name in changed}
    return short


def _equal_groups(short: dict[str, str]) -> Iterable[list[str]]:
    """The groups of names with the same short form."""
    groups = defaultdict(list)
    for name, text in short.items():
        groups[text].append(name)
    return [names for names in groups.values() if len(names) > 1]


def _show_difference(name: str, equal: Sequence[str], _names: Sequence[str], fits: _Fits) -> str:
    before = _common_length(equal)
    after = _common_length([other[before:][::-1] for other in equal])
    core = name[before : len(name) - after]

    def shown(count: int) -> str:
        tail = min(after, count // 2)
        head = min(before, count - tail)
        end = name[len(name) - tail :] if tail else ""
        return f"{name[:head]}{'…' if head < before else ''}{core}{'…' if tail < after else ''}{end}"

    text = _longest(fits, shown, before + after)
    if fits(text):
        return text
    return _longest(fits, lambda count: f"…{_cut(core, count)}…".replace("……", "…"), len(core) - 1)


def _common_length(texts: Sequence[str]) -> int:
    """The number of characters at the beginning that all texts share."""
    return sum(1 for _ in takewhile(lambda characters: len(set(characters)) == 1, zip(*texts, strict=False)))


def _show_number(name: str, _equal: Sequence[str], names: Sequence[str], fits: _Fits) -> str:
    number = f"{names.index(name) + 1}:"
    while number in names:
        number += ":"
    return _longest(fits, lambda count: f"{number}{_cut(name, count)}" if count else number, len(name) - 1)


def _cut(text: str, count: int) -> str:
    """`count` characters of the beginning and the end."""
    return f"{text[: (count + 1) // 2]}…{text[len(text) - count // 2 :]}"


def _longest(fits: _Fits, make: Callable[[int], str], most: int) -> str:
    """The text of the largest count that fits; that of 0 if none does."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(make(middle)) else (low, middle - 1)
    return make(low)

"""Numbers that a person predicts: what is typed, and how far off it is, in words."""

import re
from math import isfinite, isnan

from engine.text.units import PREFIXES, abbreviate, exact_text, factor_text, number_text

_FACTORS = {"": 1, "k": 1e3, **{prefix.lower(): float(size) for size, prefix in PREFIXES}}
_WORDS = {"thousand": 1e3, "million": 1e6, "millions": 1e6, "billion": 1e9, "billions": 1e9, "trillion": 1e12}
_NUMBER = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*([a-zµ×%]*)")
_MOST_LENGTH = 40
_PLAIN = 10_000
"""Numbers below it are written with all their digits, as in the texts."""
_FAR = 1e6
"""Factor between guess and answer from which on it is not named."""


def parse_guess(text: str) -> float:
    """The number of a text: "160.5 M", "160,563,200", "1.6e8", "12x", "0,5"; the ValueError of another says what is.

    A comma before groups of three digits separates thousands, another one is a decimal comma.
    """
    words = text.strip().lower().replace("\u00a0", " ").replace("\u202f", " ").replace("−", "-")
    words = re.sub(r"(?<=\d)[ ,'](?=\d{3}(?:\D|$))", "", words) if _has_groups(words) else words.replace(",", ".", 1)
    match = _NUMBER.fullmatch(words) if len(words) <= _MOST_LENGTH else None
    factor = None if match is None else {**_FACTORS, **_WORDS, "x": 1, "×": 1, "%": 1}.get(match[2])
    if match is None or factor is None or not isfinite(value := float(match[1]) * factor):
        raise ValueError("a number is needed, such as 25000, 1.5 M or 12.1")
    return value


def _has_groups(words: str) -> bool:
    return re.match(r"[+-]?\d{1,3}(?:[ ,']\d{3})+(?!\d)", words) is not None


def answer_text(answer: float, unit: str = "") -> str:
    """A computed number: "160.6 M (160,563,200) multiplications", "12.1 times"."""
    if isinstance(answer, int) or (float(answer).is_integer() and abs(answer) >= 1000):
        exact = exact_text(int(answer)).replace("-", "−")
        text = exact if abs(answer) < _PLAIN else f"{abbreviate(int(answer))} ({exact})"
    else:
        text = abbreviate(answer) if answer >= _PLAIN else number_text(answer)
    return f"{text} {unit}".rstrip()


def guess_text(guess: float) -> str:
    """A predicted number: "160.5 M", "6,400", "12.1"."""
    if float(guess).is_integer() and abs(guess) < _PLAIN:
        return exact_text(int(guess)).replace("-", "−")
    return abbreviate(guess) if guess >= _PLAIN else number_text(guess)


def is_near(guess: float, answer: float, near: float) -> bool:
    """Whether a guess is within the factor `near` of the answer."""
    if not guess or not answer or (guess < 0) != (answer < 0):
        return guess == answer
    return max(guess / answer, answer / guess) <= near * (1 + 1e-9)


def describe_guess(guess: float, answer: float) -> str:
    """How far off a guess is: "exactly right", "0.4 % too high", "12.1× too low"; "" if the answer is not a number."""
    if guess == answer:
        return "exactly right"
    if isnan(answer):
        return ""
    direction = "too high" if guess > answer else "too low"
    if not answer or not guess or (guess < 0) != (answer < 0):
        return direction
    factor = max(guess / answer, answer / guess)
    if factor >= _FAR:
        return f"far {direction}"
    if factor >= 2:
        return f"{factor_text(factor)} {direction}"
    percent = 100 * abs(guess - answer) / abs(answer)
    return f"{number_text(percent, 2)} % {direction}" if percent >= 0.05 else f"less than 0.1 % {direction}"

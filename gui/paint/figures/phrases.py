"""Phrases of headings and captions, in lines with a dot between them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gui.paint.volumes.labels import Label, TextRole, measure_text

_SEPARATOR = " · "


class Phrase(NamedTuple):
    """A phrase of a heading or a caption; it is broken only if it is wider than a line."""

    text: str
    size: int
    role: TextRole = "muted"
    bold: bool = False

    @property
    def width(self) -> float:
        return measure_text(self.text, self.size, self.bold)


def flow_phrases(phrases: Sequence[Phrase], width: float) -> list[list[Phrase]]:
    """Arrange phrases in lines; a phrase wider than a line is broken between words."""
    lines: list[list[Phrase]] = [[]]
    for phrase in phrases:
        if phrase.text:
            for piece in _break_phrase(phrase, width):
                longer = [*lines[-1], piece]
                if lines[-1] and phrases_width(longer) > width:
                    lines.append([piece])
                else:
                    lines[-1] = longer
    return lines


def _break_phrase(phrase: Phrase, width: float) -> Iterator[Phrase]:
    """Break a phrase into pieces that fit into a line each."""
    piece = ""
    for word in phrase.text.split(" "):
        longer = f"{piece} {word}".lstrip()
        if piece and phrase._replace(text=longer).width > width:
            yield phrase._replace(text=piece)
            longer = word
        piece = longer
    yield phrase._replace(text=piece)


def phrases_width(line: Sequence[Phrase]) -> float:
    gaps = (measure_text(_SEPARATOR, min(phrase.size for phrase in line)) if len(line) > 1 else 0.0) * (len(line) - 1)
    return sum([phrase.width for phrase in line]) + gaps


def place_phrases(line: Sequence[Phrase], x: float, baseline: float) -> Iterator[Label]:
    """Place phrases beside each other with a dot between them."""
    for index, phrase in enumerate(line):
        if index:
            small = min(phrase.size, line[index - 1].size)
            gap = measure_text(_SEPARATOR, small)
            yield Label(_SEPARATOR, x, baseline, gap, small, "muted")
            x += gap
        yield Label(phrase.text, x, baseline, phrase.width, phrase.size, phrase.role, phrase.bold)
        x += phrase.width

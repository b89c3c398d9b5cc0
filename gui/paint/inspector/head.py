"""The inspector's head: which value, how large, what it is, and the formula with its numbers."""

import re
from math import isnan

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from gui.paint.basics.notes import STALE_OPACITY, Tone, draw_note
from gui.paint.basics.words import draw_text, draw_wrapped, number_text, wrapped_height
from gui.paint.inspector.content import FINDING, RUN_HINT, UNCHOSEN, Content, ValueExplanation
from gui.paint.inspector.marks import Hit
from gui.theme import Theme

QUIET = (RUN_HINT, FINDING, UNCHOSEN)
"""Notes that tell of nothing amiss."""
INDEX = re.compile(r"\[[^\]]*\]")


def height(content: Content, width: float, em: float) -> float:
    needed = sum(room for _, room, _, _ in _lines(content, width, em)) + _note_height(content, width, em) + 0.4 * em
    return max(needed, content.least)


def draw(painter: QPainter, rect: QRectF, content: Content, em: float, theme: Theme) -> None:
    y = rect.top()
    painter.setOpacity(STALE_OPACITY if content.stale else 1.0)
    for text, room, size, role in _lines(content, rect.width(), em):
        bold = role == "bold"
        colour = theme.muted if role == "muted" else theme.text
        place = QRectF(rect.left(), y, rect.width(), room)
        if role == "name":
            side = 0.76 * em
            design = theme.muted if content.design_index < 0 else theme.design(content.design_index)
            painter.fillRect(QRectF(rect.left(), y + 0.45 * em, side, side), QColor(design))
            draw_text(painter, place.adjusted(1.2 * em, 0, 0, 0), text, size, theme.text, bold=True)
        else:
            draw_wrapped(painter, place, text, size, colour, bold=bold)
        y += room
    painter.setOpacity(1.0)
    if content.note:
        tall = _note_height(content, rect.width(), em)
        tone: Tone = "mistake" if content.wrong else "hint" if content.note in QUIET else "warning"
        draw_note(painter, QRectF(rect.left(), y, rect.width(), tall), content.note, em, tone, theme)


def hit(rect: QRectF, content: Content, em: float, point: QPointF) -> Hit | None:  # noqa: ARG001 - a Part
    if content.told is None:
        return None
    told = content.told
    said = f"{told.value!r} in the run, {told.how.result!r} as told".replace("-", "−")
    return Hit(f"{content.title}{place_text(content)}: {said}")


def place_text(content: Content) -> str:
    """``[3, 12, 7]``."""
    return "" if content.at is None else f"[{', '.join(map(str, content.at))}]"


def _lines(content: Content, width: float, em: float) -> list[tuple[str, float, float, str]]:
    """Each paragraph: text, height, size, and its look."""
    lines = [(f"{content.title}{place_text(content)}", 1.7 * em, 1.1 * em, "name")]

    def add(text: str, size: float, role: str, gap: float = 0.25) -> None:
        lines.append((text, wrapped_height(text, width, size, bold=role == "bold") + gap * em, size, role))

    add(content.label, 0.92 * em, "muted")
    if content.value is not None:
        add(f"= {number_text(content.value, 6)}", 1.6 * em, "bold")
    if content.told is not None:
        add(content.told.how.what, em, "plain", 0.5)
        for line in content.told.how.formula:
            add(_unbroken(line), em, "plain", 0.15)
        add(_agreement(content.told), 0.92 * em, "muted")
    return lines


def _unbroken(formula: str) -> str:
    """The same with indices that stay on one line."""
    return INDEX.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), formula)


def _agreement(told: ValueExplanation) -> str:
    """What the run has, beside what the explanation gives."""
    if told.how.result == told.value or isnan(told.value):
        return "The run has exactly this value."
    return f"The run has {told.value:.7g}; as told, in double precision, {told.how.result:.9g}.".replace("-", "−")


def _note_height(content: Content, width: float, em: float) -> float:
    return wrapped_height(content.note, width - em, em) + 1.1 * em if content.note else 0.0

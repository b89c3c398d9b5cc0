"""Notes in pictures: mistakes, warnings that a result is stale, and hints what to do."""

from typing import Literal

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from gui.paint.basics.text_drawing import draw_wrapped_text
from gui.theme import Theme

STALE_HINT = "for earlier settings — run again (F5)"
STALE_OPACITY = 0.4
"""Opacity of stale results."""

NoteTone = Literal["mistake", "warning", "hint"]


def draw_note(painter: QPainter, rect: QRectF, text: str, size: float, tone: NoteTone, theme: Theme) -> None:
    """Draw a text in a frame: a mistake in red with a thick frame, a warning in its colour, a hint in plain text."""
    colour = {"mistake": theme.error, "warning": theme.warning, "hint": theme.text}[tone]
    painter.setBrush(QColor(theme.raised))
    painter.setPen(QPen(QColor(theme.grid if tone == "hint" else colour), 2 if tone == "mistake" else 1))
    painter.drawRect(rect.adjusted(1, 1, -1, -1))
    draw_wrapped_text(painter, rect.adjusted(size * 0.5, size * 0.3, -size * 0.5, 0), text, size, colour)

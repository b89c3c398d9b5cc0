"""Lines of text in figures: how wide they are, drawing one where it fits, and values as text."""

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from engine.text.units import number_text as number_text
from gui.theme import font

ALIGN_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
ALIGN_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WRAPPED = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap

ADD_DESIGN_HINT = "Add a design with + Design"
"""What figures say that have nothing to show."""


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = 1.0, *, bold: bool = False) -> float:
    """Width in units of a text whose font is `size` units high; a little more, as fonts have whole pixels."""
    return QFontMetricsF(font(100, bold=bold)).horizontalAdvance(text) / 100 * size * 1.06


def draw_text(
    painter: QPainter,
    rect: QRectF,
    text: str,
    pixels: float,
    colour: str,
    align: Qt.AlignmentFlag = ALIGN_LEFT,
    *,
    bold: bool = False,
) -> None:
    """One line of text; where it begins at the left, it is shortened to the rectangle."""
    used = font(pixels, bold=bold)
    painter.setFont(used)
    painter.setPen(QColor(colour))
    metrics = QFontMetricsF(used)
    fits = align != ALIGN_LEFT or metrics.horizontalAdvance(text) <= rect.width()
    shown = text if fits else metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, align | Qt.TextFlag.TextSingleLine, shown)


def draw_wrapped_text(
    painter: QPainter, rect: QRectF, text: str, pixels: float, colour: str, *, bold: bool = False
) -> None:
    """Text of as many lines as it needs, from the top left of the rectangle."""
    painter.setFont(font(pixels, bold=bold))
    painter.setPen(QColor(colour))
    painter.drawText(rect, _WRAPPED, text)


def wrapped_text_height(text: str, width: float, pixels: float, *, bold: bool = False) -> float:
    """How high that is in a width."""
    metrics = QFontMetricsF(font(pixels, bold=bold))
    return metrics.boundingRect(QRectF(0, 0, max(width, 1), 10_000), _WRAPPED, text).height()

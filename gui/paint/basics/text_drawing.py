"""Text in figures: measuring and drawing lines and paragraphs."""

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from gui.theme import font

ALIGN_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
ALIGN_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WRAPPED = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap

ADD_DESIGN_HINT = "Add a design with + Design"
ADD_LAYER_HINT = "Add a layer with + Layer"
"""Text of figures that have nothing to show."""


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = 1.0, *, bold: bool = False) -> float:
    """Return the width of a text in a font of `size` units; slightly more, as fonts have whole pixels."""
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
    """Draw one line of text; if it is aligned left, it is elided to fit the rectangle."""
    text_font = font(pixels, bold=bold)
    painter.setFont(text_font)
    painter.setPen(QColor(colour))
    metrics = QFontMetricsF(text_font)
    fits = align != ALIGN_LEFT or metrics.horizontalAdvance(text) <= rect.width()
    line = text if fits else metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, align | Qt.TextFlag.TextSingleLine, line)


def draw_wrapped_text(
    painter: QPainter, rect: QRectF, text: str, pixels: float, colour: str, *, bold: bool = False
) -> None:
    """Draw a wrapped text from the top left of the rectangle."""
    painter.setFont(font(pixels, bold=bold))
    painter.setPen(QColor(colour))
    painter.drawText(rect, _WRAPPED, text)


def wrapped_text_height(text: str, width: float, pixels: float, *, bold: bool = False) -> float:
    """Return the height of a text wrapped to a width."""
    metrics = QFontMetricsF(font(pixels, bold=bold))
    return metrics.boundingRect(QRectF(0, 0, max(width, 1), 10_000), _WRAPPED, text).height()

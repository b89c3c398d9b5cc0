"""Text in figures: measuring and drawing lines and paragraphs."""

import re
from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from engine.text.short_names import shorten_names, shorten_sentence
from gui.theme import font

ALIGN_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
ALIGN_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WRAPPED = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap

_ANYWHERE = "\N{ZERO WIDTH SPACE}"
_SHORT_WORD = 8
"""Characters of a word that fits every line."""
_SMALLEST = 0.7
"""Size of the smallest text before its middle is left out, relative to the full size."""
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
    among: Sequence[str] = (),
    smallest: float = _SMALLEST,
) -> None:
    """Draw one line of text that fits the width of the rectangle, see `fit_text`."""
    may_shorten, names = align == ALIGN_LEFT, tuple(among)
    line, size = fit_text(
        text, rect.width(), pixels, bold=bold, may_shorten=may_shorten, among=names, smallest=smallest
    )
    painter.setFont(font(size, bold=bold))
    painter.setPen(QColor(colour))
    painter.drawText(rect, align | Qt.TextFlag.TextSingleLine | Qt.TextFlag.TextDontClip, line)


@lru_cache(maxsize=4096)
def fit_text(
    text: str,
    width: float,
    pixels: float,
    *,
    bold: bool = False,
    may_shorten: bool = True,
    among: tuple[str, ...] = (),
    smallest: float = _SMALLEST,
) -> tuple[str, float]:
    """Return a text that fits a width, and its size: smaller, and if that is not enough, without words in its middle.

    Parameters
    ----------
    may_shorten
        Whether the text may lose its middle; a number may not, however small it gets.
    among
        The names side by side with this one, itself among them: it is shortened in full size so that all still differ.
    smallest
        The size before the text loses its middle, relative to the full one.
    """
    if _advance(text, pixels, bold) <= width:
        return text, pixels
    if among:
        return _short_names(among, width, pixels, bold)[text], pixels
    least = round(smallest * pixels) if may_shorten else 1
    size = max(least, int(pixels * width / _advance(text, pixels, bold)))
    while size > least and _advance(text, size, bold) > width:
        size -= 1
    if _advance(text, size, bold) <= width or not may_shorten:
        return text, size
    return shorten_sentence(text, lambda shorter: _advance(shorter, size, bold) <= width), size


@lru_cache(maxsize=64)
def _short_names(names: tuple[str, ...], width: float, pixels: float, bold: bool) -> dict[str, str]:
    return shorten_names(names, lambda shorter: _advance(shorter, pixels, bold) <= width)


def _advance(text: str, pixels: float, bold: bool) -> float:
    return QFontMetricsF(font(pixels, bold=bold)).horizontalAdvance(text)


def draw_wrapped_text(
    painter: QPainter, rect: QRectF, text: str, pixels: float, colour: str, *, bold: bool = False
) -> None:
    """Draw a wrapped text from the top left of the rectangle."""
    painter.setFont(font(pixels, bold=bold))
    painter.setPen(QColor(colour))
    painter.drawText(rect, _WRAPPED | Qt.TextFlag.TextDontClip, _breakable(text, rect.width(), pixels, bold))


@lru_cache(maxsize=256)
def wrapped_text_height(text: str, width: float, pixels: float, *, bold: bool = False) -> float:
    """Return the height of a text wrapped to a width; cached, as titles are measured at each move of the mouse."""
    metrics, width = QFontMetricsF(font(pixels, bold=bold)), max(width, 1)
    return metrics.boundingRect(QRectF(0, 0, width, 10_000), _WRAPPED, _breakable(text, width, pixels, bold)).height()


def _breakable(text: str, width: float, pixels: float, bold: bool) -> str:
    """Return a text whose words break anywhere if they are wider than a line, such as a long name."""
    words = re.split(r"(\s)", text)
    return "".join(
        _ANYWHERE.join(word) if len(word) > _SHORT_WORD and _advance(word, pixels, bold) > width else word
        for word in words
    )

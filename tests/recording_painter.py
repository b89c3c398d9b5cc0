"""A painter that records each text with its box, so that tests can tell whether anything is cut."""

from typing import Any, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter

from gui.theme import THEMES


class DrawnText(NamedTuple):
    """A text, where its ink is, and where it may be, in pixels of the picture."""

    text: str
    ink: QRectF
    space: QRectF

    @property
    def is_cut(self) -> bool:
        """Whether a part of the text is outside its space; rounding may take a pixel."""
        return not self.space.adjusted(-1, -1, 1, 1).contains(self.ink)


class RecordingPainter(QPainter):
    """Records the texts; the space of one is its box, the clip and the picture."""

    def __init__(self, image: QImage) -> None:
        super().__init__(image)
        self.texts: list[DrawnText] = []

    def drawText(self, *arguments: Any) -> Any:
        place, text = arguments[0], next(value for value in arguments if isinstance(value, str))
        metrics, device = QFontMetricsF(self.font(), self.device()), self.deviceTransform()
        whole = QRectF(0, 0, self.device().width(), self.device().height())
        if isinstance(place, QPointF):
            ink = metrics.tightBoundingRect(text).translated(place)
            space = whole
        else:
            assert not isinstance(place, int | float), "texts are placed at points or in boxes"
            flags = int(arguments[1])
            ink = metrics.boundingRect(QRectF(place), flags, text)
            if flags & Qt.TextFlag.TextSingleLine.value or not flags & Qt.TextFlag.TextWordWrap.value:
                tight = metrics.tightBoundingRect(text)
                ink = QRectF(ink.left(), ink.center().y() - tight.height() / 2, ink.width(), tight.height())
            space = device.mapRect(QRectF(place)).intersected(whole)
        if self.hasClipping():
            space = space.intersected(device.mapRect(self.clipBoundingRect()))
        if text.strip():
            self.texts.append(DrawnText(text, device.mapRect(ink), space))
        return super().drawText(*arguments)


def drawn_texts(paint, width, height, state=None):
    """The texts that a function draws: with a painter, or into a rectangle with a state and its theme."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    painter = RecordingPainter(image)
    try:
        if state is None:
            paint(painter)
        else:
            paint(painter, QRectF(0, 0, width, height), state, THEMES[state.look.theme])
    finally:
        painter.end()
    return painter.texts

"""A painter for vector files that draws large pictures in bands, so that no single call keeps the window waiting."""

from typing import Any

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

_BAND_PIXELS = 200_000
"""Pixels of a band: Qt compresses them within one call, during which no other Python thread runs."""
_OVERLAP = 2
"""Rows that a band has in common with the next one, which covers them: no gap can show between the two."""


class BandedPainter(QPainter):
    """Draws large images from top to bottom in bands, unless pixels are half transparent, as bands overlap."""

    def drawImage(self, *arguments: Any) -> None:
        match arguments:
            case (QRectF() as rect, QImage() as image) if _is_large(image) and not _is_translucent(image):
                self._draw_bands(rect, image)
            case _:
                super().drawImage(*arguments)

    def _draw_bands(self, rect: QRectF, image: QImage) -> None:
        rows = max(_BAND_PIXELS // image.width(), 1)
        scale = rect.height() / image.height()
        for top in range(0, image.height(), rows):
            height = min(rows + _OVERLAP, image.height() - top)
            band = QRectF(rect.left(), rect.top() + top * scale, rect.width(), height * scale)
            super().drawImage(band, image.copy(0, top, image.width(), height))


def _is_large(image: QImage) -> bool:
    return image.width() * image.height() > 4 * _BAND_PIXELS


def _is_translucent(image: QImage) -> bool:
    """Whether a pixel is neither opaque nor fully transparent."""
    if not image.hasAlphaChannel():
        return False
    if image.depth() != 32:
        return True  # a format that no picture of the program has
    pixels = np.frombuffer(image.constBits(), np.uint32)
    alpha = pixels >> np.uint32(24)
    return bool(((alpha != 0) & (alpha != 255)).any())

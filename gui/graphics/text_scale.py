"""How much larger than usual the texts of the window are: those of its drawings grow with them."""

from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QWidget

_USUAL = 13
"""Height in pixels up to which the texts of drawings keep their sizes."""


def text_scale(widget: QWidget) -> float:
    """Return the factor by which the font of a widget is larger than usual; 1 if it is not."""
    return max(1.0, QFontInfo(widget.font()).pixelSize() / _USUAL)

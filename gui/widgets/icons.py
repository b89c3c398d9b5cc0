"""Icons from the bundled SVG files in the colours of the theme; not every platform has icons of its own."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtSvg import QSvgRenderer

from engine.files.paths import RESOURCES

_SIZES = (16, 24, 48)


@lru_cache(maxsize=128)
def load_icon(name: str, colour: str, disabled: str) -> QIcon:
    """Load `resources/icons/NAME.svg` and replace its "currentColor" by the colours of both modes."""
    source = (RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    icon = QIcon()
    for mode, shade in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, disabled)):
        renderer = QSvgRenderer(QByteArray(source.replace("currentColor", shade).encode()))
        for size in _SIZES:
            pixmap = QPixmap(size, size)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter)
            painter.end()
            icon.addPixmap(pixmap, mode)
    return icon


@lru_cache(maxsize=64)
def colour_icon(colour: str, frame: str = "") -> QIcon:
    """A square of a colour; with a frame in a selected row, whose background may have that colour."""
    icon = QIcon()
    for size in _SIZES:
        pixmap = QPixmap(size, size)
        pixmap.fill(QColor(colour))
        icon.addPixmap(pixmap, QIcon.Mode.Normal)
        icon.addPixmap(pixmap, QIcon.Mode.Disabled)  # the current colour cannot be chosen
        if frame:
            icon.addPixmap(_framed(pixmap, frame), QIcon.Mode.Selected)
    return icon


def _framed(pixmap: QPixmap, colour: str) -> QPixmap:
    framed, width = QPixmap(pixmap), pixmap.width() // 8
    painter = QPainter(framed)
    painter.setPen(QPen(QColor(colour), 2 * width))  # half of it is within
    painter.drawRect(framed.rect())
    painter.end()
    return framed

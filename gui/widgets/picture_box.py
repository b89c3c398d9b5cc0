"""A small picture of a fixed size: each pixel visible if there are few, smooth if there are many."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_LINES = 6
"""Its side in lines of text, so that it grows with the font."""


def fitted(image: QSize, area: QRectF) -> QRectF:
    """The largest place of a picture in the middle of an area."""
    if image.isEmpty():
        return QRectF()
    scale = min(area.width() / image.width(), area.height() / image.height())
    width, height = scale * image.width(), scale * image.height()
    centre = area.center()
    return QRectF(centre.x() - width / 2, centre.y() - height / 2, width, height)


class PictureBox(QWidget):
    """A square for a picture; empty until there is one."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def image(self) -> QImage:
        return self._image

    def show_image(self, image: QImage) -> None:
        self._image = image
        self.update()

    def sizeHint(self) -> QSize:
        side = _LINES * self.fontMetrics().height()
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        place = fitted(self._image.size(), QRectF(self.rect()))
        if place.isEmpty():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().midlight())
            painter.drawRect(self.rect())
            return
        enlarged = place.width() * self.devicePixelRatioF() >= self._image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not enlarged)
        painter.drawImage(place, self._image)

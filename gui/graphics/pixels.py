"""Drawing in pixels of the scene from items with other units."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem


@contextmanager
def pixel_coordinates(item: QGraphicsItem, painter: QPainter) -> Iterator[None]:
    """Let a painter of an item draw in pixels of the scene.

    Texts keep their shape, and pens their width without being cosmetic: some programs show cosmetic lines of a vector
    file as wide as the picture.
    """
    painter.save()
    painter.setTransform(item.sceneTransform().inverted()[0] * painter.transform())
    try:
        yield
    finally:
        painter.restore()

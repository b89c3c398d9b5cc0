"""Drawing in pixels of the scene from items with other units."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtGui import QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem


@contextmanager
def pixel_coordinates(item: QGraphicsItem, painter: QPainter) -> Iterator[QTransform]:
    """Let a painter of an item draw in pixels of the scene; gives the transform from the item's units to them.

    Texts keep their shape, and pens their width without being cosmetic: some programs show cosmetic lines of a vector
    file as wide as the picture.
    """
    to_scene = item.sceneTransform()
    painter.save()
    painter.setTransform(to_scene.inverted()[0] * painter.transform())
    try:
        yield to_scene
    finally:
        painter.restore()

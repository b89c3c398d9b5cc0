"""Shapes from arrays, against the same shapes drawn one by one."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPolygonF

from gui.paint.basics.many_shapes import draw_rects, polygon_paths


def picture(draw: Callable[[QPainter], object]) -> NDArray[np.uint32]:
    image = QImage(200, 120, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(30, 90, 160))
    draw(painter)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint32).copy()


def corners() -> NDArray[np.float64]:
    """Triangles side by side, at any fractions of pixels."""
    rng = np.random.default_rng(3)
    starts = np.stack((np.arange(40) % 10 * 19.0, np.arange(40) // 10 * 29.0), axis=1)
    return starts[:, None] + rng.uniform(1.0, 16.0, (40, 3, 2))


@pytest.mark.parametrize("together", [1, 7, 40])
def test_filled_paths_of_polygons_look_as_the_polygons_drawn_one_by_one(together: int) -> None:
    polygons = [QPolygonF([QPointF(*corner) for corner in triangle]) for triangle in corners().tolist()]
    one_by_one = picture(lambda painter: [painter.drawPolygon(polygon) for polygon in polygons])
    paths = list(polygon_paths(corners(), np.arange(40) // together))
    assert len(paths) == -(-40 // together)
    assert np.array_equal(picture(lambda painter: [painter.drawPath(path) for path in paths]), one_by_one)


def test_rectangles_of_an_array_look_as_those_of_a_list() -> None:
    rects = np.array([[3.3, 50.0, 99.5], [2.1, 40.2, 7.7], [10.0, 30.5, 0.4], [5.5, 8.0, 100.0]])
    of_list = picture(lambda painter: painter.drawRects(list(map(QRectF, *rects.tolist()))))
    assert np.array_equal(picture(lambda painter: draw_rects(painter, rects)), of_list)


def test_no_shapes_are_nothing() -> None:
    assert not list(polygon_paths(np.empty((0, 3, 2)), np.empty(0, np.intp)))
    assert np.all(picture(lambda painter: draw_rects(painter, np.empty((4, 0)))) == QColor("white").rgb())

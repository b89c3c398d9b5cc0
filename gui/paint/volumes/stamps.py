"""Draws boxes that are too small for faces: each form is painted once, and copied in its colours to whole pixels."""

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, floor
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QPixmap, QTransform
from shiboken6 import Shiboken

from gui.paint.volumes.camera import Prism, Vector, make_box_edges
from gui.paint.volumes.scene import VolumesScene

_FORMAT = QImage.Format.Format_ARGB32_Premultiplied

_SHEET_WIDTH = 2048
"""Width in pixels of the sheets on which pictures of boxes are beside each other, unless one alone is wider."""

_LINE, _FILL = 0x00FF00, 0x0000FF
"""The colours in which forms are painted: the green and blue of a pixel are the opacities of line and fill."""

_BODY = np.uint64(32)
"""Bits below the number of a body in a look; they are the colour."""


def draw_stamps(
    painter: QPainter,
    scene: VolumesScene,
    numbers: NDArray[np.intp],
    fills: NDArray[np.uint32],
    line: int,
    width: float,
) -> None:
    """Draw the boxes of these numbers one after the other, with the painter in units of the scene.

    Parameters
    ----------
    fills
        Their colours as ARGB: opaque, or 0 for none.
    line
        The colour of all lines as ARGB, opaque.
    width
        That of the lines, in units of the scene.
    """
    if not len(numbers):
        return
    transform, to_device, places = painter.transform(), painter.deviceTransform(), scene.box_places
    scale, start = to_device.m11(), np.array([[to_device.dx()], [to_device.dy()]])
    used, body_of_each = np.unique(places.body_numbers[numbers], return_inverse=True)
    prisms = [places.bodies[number].box for number in used.tolist()]
    bounds = np.array([_pixels_of(*prism[2:], width, scale) for prism in prisms])
    forms = _paint_forms(prisms, bounds, width, scale, painter.renderHints())
    looks, look_of_each = np.unique(body_of_each.astype(np.uint64) << _BODY | fills, return_inverse=True)
    stamps = _Sheet(len(looks), forms.width, forms.height)
    stamps.put(_in_colours(forms.pictures()[(looks >> _BODY).astype(np.intp)], looks.astype(np.uint32), line))
    size = np.array((forms.width, forms.height))
    fragments = np.empty((len(numbers), 10))  # as so many of Qt's are in memory
    corners = np.rint(scale * places.corners[:, numbers] + start).T
    fragments[:, 0:2] = corners + bounds[body_of_each, :2] + size / 2  # the middle
    fragments[:, 2:4] = stamps.places[look_of_each]
    fragments[:, 4:6] = size
    fragments[:, 6:] = 1.0, 1.0, 0.0, 1.0  # scales, rotation and opacity
    first = cast(QPainter.PixmapFragment, Shiboken.wrapInstance(fragments.ctypes.data, QPainter.PixmapFragment))
    painter.setTransform(to_device.inverted()[0] * transform)  # one unit is one pixel, whatever the density
    painter.drawPixmapFragments(first, len(fragments), QPixmap.fromImage(stamps.image))
    painter.setTransform(transform)


class _Sheet:
    """An image of pictures beside each other, all of one size in pixels."""

    def __init__(self, count: int, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._columns = max(1, min(count, _SHEET_WIDTH // width))
        self._rows, self._count = ceil(count / self._columns), count
        self.image = QImage(self._columns * width, self._rows * height, _FORMAT)
        rows, columns = np.divmod(np.arange(count), self._columns)
        self.places = np.stack((columns * width, rows * height), axis=1)
        """Left and top of each picture, n × 2."""

    def pictures(self) -> NDArray[np.uint32]:
        """The pixels of the pictures, n × height × width."""
        pixels = np.frombuffer(self.image.constBits(), np.uint32)
        cells = pixels.reshape(self._rows, self.height, self._columns, self.width).swapaxes(1, 2)
        return cells.reshape(-1, self.height, self.width)[: self._count]

    def put(self, pictures: NDArray[np.uint32]) -> None:
        """Replace all pictures."""
        cells = np.zeros((self._rows * self._columns, self.height, self.width), np.uint32)
        cells[: self._count] = pictures
        pixels = np.frombuffer(self.image.bits(), np.uint32)
        shape = self._rows, self._columns, self.height, self.width
        pixels.reshape(shape[0], shape[2], shape[1], shape[3])[:] = cells.reshape(shape).swapaxes(1, 2)


def _paint_forms(
    prisms: Sequence[Prism], bounds: NDArray[np.intp], width: float, scale: float, hints: QPainter.RenderHint
) -> _Sheet:
    """Paint boxes whose pixels have these `bounds` in the colours of opacities, each within a picture of its own."""
    sheet = _Sheet(len(prisms), *bounds[:, 2:].max(axis=0).tolist())
    sheet.image.fill(0)
    painter = QPainter(sheet.image)
    painter.setRenderHints(hints)
    join, cap = Qt.PenJoinStyle.RoundJoin, Qt.PenCapStyle.SquareCap
    painter.setPen(QPen(QBrush(QColor.fromRgb(_LINE)), width, Qt.PenStyle.SolidLine, cap, join))
    painter.setBrush(QColor.fromRgb(_FILL))
    for prism, (x, y), (left, top) in zip(prisms, sheet.places.tolist(), bounds[:, :2].tolist(), strict=True):
        painter.setTransform(QTransform(scale, 0.0, 0.0, scale, x - left, y - top))
        painter.drawPolygon(make_box_edges(*prism[2:]).outline)
    painter.end()
    return sheet


def _in_colours(forms: NDArray[np.uint32], fills: NDArray[np.uint32], line: int) -> NDArray[np.uint32]:
    """Forms (n × height × width) filled with n colours, and with lines of one colour."""
    line_share, fill_share = (((forms >> shift) & 255).astype(np.uint16)[..., np.newaxis] for shift in (8, 0))
    fill_bytes = fills.view(np.uint8).reshape(-1, 1, 1, 4)
    mixed = line_share * np.array([line], np.uint32).view(np.uint8) + fill_share * fill_bytes
    mixed += 127  # both shares are 255 at most: all this fits in 16 bits
    mixed //= 255
    return mixed.astype(np.uint8).view(np.uint32)[..., 0]


@lru_cache(maxsize=1024)
def _pixels_of(width: Vector, height: Vector, depth: Vector, line: float, scale: float) -> tuple[int, int, int, int]:
    """Left, top, width and height of the pixels of a box with such a line; the corner of its front face is (0, 0)."""
    left, top, right, bottom = Prism(0.0, 0.0, width, height, depth).bounds()
    start = floor((left - line / 2) * scale) - 1, floor((top - line / 2) * scale) - 1
    return *start, ceil((right + line / 2) * scale) + 1 - start[0], ceil((bottom + line / 2) * scale) + 1 - start[1]

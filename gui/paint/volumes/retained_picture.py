"""The picture of a network of very many boxes, of which only what differs is painted again."""

from collections.abc import Callable
from functools import cache, partial
from math import ceil, floor
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QBuffer, QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPicture

from gui.paint.volumes.camera import Rect
from gui.paint.volumes.drawing import VisibleScene, draw_pinned_parts, find_visible_scene
from gui.paint.volumes.layout import VolumesLayout
from gui.paint.volumes.painted_scene import PaintedScene, changed_rects, describe_scene, merge_into_strips
from gui.paint.volumes.pinned_parts import place_pinned_parts
from gui.paint.volumes.scene_index import bounding_rect
from gui.state.view_state import ViewState
from gui.theme import Theme

_LEAST_FLAT, _MOST_LARGE = 200, 40
"""Least number of small boxes, and most others, with which a picture is retained: else all is painted quickly."""

_MOST_CHANGED = 0.6
"""Share of the picture above which all of it is painted again."""

_EDGE = 6.0
"""Pixels that marks and antialiasing reach beyond a shape, at most."""


class _Page(NamedTuple):
    """What is painted, and where: all that decides how a picture looks."""

    state: ViewState
    theme: Theme
    layout: VolumesLayout
    width: float
    height: float
    zoom: float
    area: QRectF
    density: float

    @property
    def place(self) -> tuple[object, ...]:
        """Where each point of the scene is painted, and how; two pictures that agree on this differ in parts alone."""
        scene = self.layout.scene
        area = (self.area.x(), self.area.y(), self.area.width(), self.area.height())
        page = (self.width, self.height, self.zoom, area, self.density, self.theme.name)
        return (*page, self.layout[1:], scene.shrink, scene.camera, scene.line_breaks.text_sizes)

    def to_device(self, rects: list[Rect]) -> list[Rect]:
        """The pixels that rectangles of the scene cover."""
        start = np.array([self.area.x(), self.area.y()] * 2)
        edges = (np.array(rects).reshape(-1, 4) * self.layout.scene.shrink - start) * (self.density * self.zoom)
        return list(zip(*np.floor(edges[:, :2].T).tolist(), *np.ceil(edges[:, 2:].T).tolist(), strict=True))

    def to_scene(self, rect: QRect) -> Rect:
        """The rectangle of the scene that covers pixels."""
        shrink, by = self.layout.scene.shrink, self.density * self.zoom
        x, y = self.area.x(), self.area.y()
        edges = (rect.left() / by + x, rect.top() / by + y), ((rect.right() + 1) / by + x, (rect.bottom() + 1) / by + y)
        return (edges[0][0] / shrink, edges[0][1] / shrink, edges[1][0] / shrink, edges[1][1] / shrink)


class RetainedPicture:
    """Paints the volumes of a window, and remembers them as long as there are very many small boxes.

    Painting always goes through a clip that is smaller than the image: then Qt blends every pixel of a line in the same
    way, whether all is painted or a part, and a picture that is painted in parts is that painted as a whole.
    """

    def __init__(self) -> None:
        self._image = QImage()
        self._last: tuple[tuple[object, ...], PaintedScene | None] = (), None
        """Where the last picture was painted, and what; not described before a second picture is painted there."""
        self._pinned: Callable[[], bytes] = bytes
        """Returns what headings and legend of the last picture consist of; asked for only if the next one needs it."""

    def paint(
        self,
        painter: QPainter,
        size: tuple[float, float],
        state: ViewState,
        theme: Theme,
        layout: VolumesLayout,
        smallest_text: float,
        zoom: float,
        area: QRectF,
        smallest_box: float,
    ) -> None:
        """Paint the volumes as `draw_volumes` does."""
        page = _Page(state, theme, layout, *size, zoom, area, painter.device().devicePixelRatioF())
        pixels = zoom * layout.scene.shrink
        visible = find_visible_scene(
            state, layout.scene, smallest_text, size[0], pixels, zoom=zoom, area=area, smallest_box=smallest_box
        )
        if len(visible.parts.flat_boxes) < _LEAST_FLAT or len(visible.parts.boxes) > _MOST_LARGE:
            self._image, self._last = QImage(), ((), None)
            _draw_page(painter, page, visible)
            return
        place, before = self._last
        now = describe_scene(state, visible, _EDGE / pixels) if place == page.place else None
        changed = None if before is None or now is None else changed_rects(before, now)
        self._last = page.place, now
        self._repaint(page, visible, changed)
        self._image.setDevicePixelRatio(page.density)
        painter.drawImage(QPointF(), self._image, QRectF(0, 0, *_device_size(page)))

    def _repaint(self, page: _Page, visible: VisibleScene, changed: list[Rect] | None) -> None:
        """Paint these rectangles of the scene, or all if None, and headings and legend if they differ."""
        width, height = _device_size(page)
        whole = QRect(0, 0, width, height)
        if (self._image.width(), self._image.height()) != (width + 1, height + 1):
            self._image = QImage(width + 1, height + 1, QImage.Format.Format_RGB32)
        self._image.setDevicePixelRatio(1.0)
        before, self._pinned = self._pinned, cache(partial(_pinned_content, page))
        rects = [whole]
        if changed is not None:
            pinned = _pinned_rects(page) if self._pinned() != before() else []
            strips = merge_into_strips([*page.to_device(changed), *pinned])
            parts = [QRectF(QPointF(*strip[:2]), QPointF(*strip[2:])).toRect() & whole for strip in strips]
            if sum(part.width() * part.height() for part in parts) < _MOST_CHANGED * width * height:
                rects = [part for part in parts if not part.isEmpty()]
        painter = QPainter(self._image)
        for rect in rects:
            _paint_rect(painter, page, visible if rect == whole else _part_of(visible, page.to_scene(rect)), rect)
        painter.end()


def _device_size(page: _Page) -> tuple[int, int]:
    return ceil(page.width * page.density), ceil(page.height * page.density)


def _pinned_rects(page: _Page) -> list[Rect]:
    """The pixels of headings and legend."""
    layout, density = page.layout, page.density
    pinned = place_pinned_parts(layout, page.width, page.height, page.zoom, page.area.y())
    tops = [(top, layout.header_height) for top in pinned.heading_tops if top is not None]
    strips = [*tops, (page.height - layout.legend_height, layout.legend_height)]
    return [
        (0, floor(top * density), ceil(page.width * density), ceil((top + height) * density)) for top, height in strips
    ]


def _pinned_content(page: _Page) -> bytes:
    """All that is drawn of headings and legend: it seldom changes, and to draw it takes as long as a line of boxes."""
    picture, content = QPicture(), QBuffer()
    painter = QPainter(picture)
    draw_pinned_parts(painter, page.width, page.height, page.state, page.theme, page.layout, page.zoom, page.area.y())
    painter.end()
    content.open(QBuffer.OpenModeFlag.WriteOnly)
    picture.save(content)
    return bytes(content.data().data())


def _paint_rect(painter: QPainter, page: _Page, visible: VisibleScene, rect: QRect) -> None:
    """Paint what is visible within some pixels."""
    painter.save()
    painter.setClipRect(rect)
    painter.fillRect(rect, QColor(page.theme.base))
    painter.scale(page.density, page.density)
    _draw_page(painter, page, visible, (rect.top() / page.density, (rect.bottom() + 1) / page.density))
    painter.restore()


def _draw_page(
    painter: QPainter, page: _Page, visible: VisibleScene, between: tuple[float, float] | None = None
) -> None:
    """Draw in pixels of the window; headings and legend only in some rows of it."""
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.save()
    painter.scale(page.zoom, page.zoom)
    painter.translate(-page.area.topLeft())
    painter.scale(page.layout.scene.shrink, page.layout.scene.shrink)
    visible.draw(painter, page.state, page.theme, page.density)
    painter.restore()
    size, top = (page.width, page.height), page.area.y()
    draw_pinned_parts(painter, *size, page.state, page.theme, page.layout, page.zoom, top, between)


def _part_of(visible: VisibleScene, rect: Rect) -> VisibleScene:
    """What reaches into a rectangle of the scene."""
    scene, parts = visible.scene, visible.parts
    reach = 2 * scene.line_breaks.text_sizes.em + _EDGE / visible.text_zoom.pixels
    left, top, right, bottom = rect[0] - reach, rect[1] - reach, rect[2] + reach, rect[3] + reach

    def overlaps(other: Rect) -> bool:
        return other[0] <= right and left <= other[2] and other[1] <= bottom and top <= other[3]

    flat = np.array(parts.flat_boxes, dtype=np.intp)
    lefts, tops, rights, bottoms = scene.box_places.bounds[:, flat]
    inside = np.flatnonzero((lefts <= right) & (left <= rights) & (tops <= bottom) & (top <= bottoms)).tolist()
    arrows = np.array(parts.arrows, dtype=np.intp)
    start, end, y, _ = scene.arrow_places
    near = (start[arrows] <= right) & (left <= end[arrows]) & (y[arrows] <= bottom) & (top <= y[arrows])
    return visible._replace(
        parts=parts._replace(
            flat_boxes=[parts.flat_boxes[at] for at in inside],
            flat_colours=[parts.flat_colours[at] for at in inside],
            arrows=arrows[near].tolist(),
            wires=[wire for wire in parts.wires if overlaps(bounding_rect(wire))],
        ),
        labels=[label for label in visible.labels if overlaps(label.text.rect)],
    )

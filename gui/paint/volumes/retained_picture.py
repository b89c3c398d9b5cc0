"""The picture of the volumes in a window: of very many boxes only what differs is painted again, in steps if wanted."""

from collections.abc import Callable, Iterator
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


class VolumesPage(NamedTuple):
    """What is painted, and where, as `draw_volumes` has it: all that decides how a picture looks."""

    state: ViewState
    theme: Theme
    layout: VolumesLayout
    width: float
    height: float
    zoom: float
    area: QRectF
    density: float
    """Pixels of the device per pixel of the window."""
    smallest_text: float
    smallest_box: float

    @property
    def pixels(self) -> float:
        """Pixels of the window per unit of the scene."""
        return self.zoom * self.layout.scene.shrink

    def find_visible(self) -> VisibleScene:
        """What is visible of the scene."""
        return find_visible_scene(
            self.state,
            self.layout.scene,
            self.smallest_text,
            self.width,
            self.pixels,
            zoom=self.zoom,
            area=self.area,
            smallest_box=self.smallest_box,
        )

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


class _Ready(NamedTuple):
    """A page that can be painted at once, and what is visible of it."""

    page: VolumesPage
    visible: VisibleScene
    scene: PaintedScene | None
    """Not described before a second picture is painted at this place."""
    pinned: Callable[[], bytes]
    """Returns what its headings and its legend consist of; asked for only if the next one needs it."""


class RetainedPicture:
    """Paints the volumes of a window, and remembers them as long as there are very many small boxes.

    Painting always goes through a clip that is smaller than the image: then Qt blends every pixel of a line in the same
    way, whether all is painted or a part, and a picture that is painted in parts is that painted as a whole.
    """

    def __init__(self) -> None:
        self._image = QImage()
        """Null while there are few boxes, which are painted as a whole."""
        self._ready: _Ready | None = None
        """The last page of which all steps are done."""
        self._unfinished: list[Rect] = []
        """Pixels in which the steps of another page have begun."""

    def paint(self, painter: QPainter, page: VolumesPage) -> None:
        """Paint the volumes as `draw_volumes` does, after all that is left of the steps."""
        for _ in self._retain(page):
            pass
        if self._ready is None or self._image.isNull():
            _draw_page(painter, page, page.find_visible() if self._ready is None else self._ready.visible)
        else:
            self._image.setDevicePixelRatio(page.density)
            painter.drawImage(QPointF(), self._image, QRectF(0, 0, *_device_size(page)))

    def prepare(self, page: VolumesPage) -> Iterator[None]:
        """Do most of what `paint` does for a page in short steps, of which any may be the last."""
        yield from self._retain(page)
        if self._ready is not None and self._image.isNull():
            yield from self._ready.visible.make_faces(page.state, page.theme, page.density)

    def _retain(self, page: VolumesPage) -> Iterator[None]:
        """Find what is visible, and paint what differs of very many boxes."""
        before = self._ready
        if before is not None and before.page == page:
            return
        visible, scene, pinned = page.find_visible(), None, cache(partial(_pinned_content, page))
        yield
        if len(visible.parts.flat_boxes) < _LEAST_FLAT or len(visible.parts.boxes) > _MOST_LARGE:
            self._image = QImage()
        else:
            changed, pinned_differ = None, False
            if before is not None and not self._image.isNull() and before.page.place == page.place:
                scene = _describe(page, visible)
                changed = changed_rects(before.scene or _describe(before.page, before.visible), scene)
                pinned_differ = pinned() != before.pinned()
            yield
            yield from self._repaint(page, visible, changed, pinned_differ=pinned_differ)
        self._ready, self._unfinished = _Ready(page, visible, scene, pinned), []

    def _repaint(
        self, page: VolumesPage, visible: VisibleScene, changed: list[Rect] | None, *, pinned_differ: bool
    ) -> Iterator[None]:
        """Paint these rectangles of the scene, or all if None, and headings and legend if they differ."""
        width, height = _device_size(page)
        whole = QRect(0, 0, width, height)
        if (self._image.width(), self._image.height()) != (width + 1, height + 1):
            self._image = QImage(width + 1, height + 1, QImage.Format.Format_RGB32)
        self._image.setDevicePixelRatio(1.0)
        rects = [whole]
        if changed is not None:
            pinned = _pinned_rects(page) if pinned_differ else []
            strips = merge_into_strips([*page.to_device(changed), *pinned, *self._unfinished])
            parts = [QRectF(QPointF(*strip[:2]), QPointF(*strip[2:])).toRect() & whole for strip in strips]
            if sum(part.width() * part.height() for part in parts) < _MOST_CHANGED * width * height:
                rects = [part for part in parts if not part.isEmpty()]
        for rect in rects:
            self._unfinished.append((rect.left(), rect.top(), rect.right() + 1, rect.bottom() + 1))
            painter = QPainter(self._image)
            _paint_rect(painter, page, visible if rect == whole else _part_of(visible, page.to_scene(rect)), rect)
            painter.end()
            yield


def _describe(page: VolumesPage, visible: VisibleScene) -> PaintedScene:
    return describe_scene(page.state, visible, _EDGE / page.pixels)


def _device_size(page: VolumesPage) -> tuple[int, int]:
    return ceil(page.width * page.density), ceil(page.height * page.density)


def _pinned_rects(page: VolumesPage) -> list[Rect]:
    """The pixels of headings and legend."""
    layout, density = page.layout, page.density
    pinned = place_pinned_parts(layout, page.width, page.height, page.zoom, page.area.y())
    tops = [(top, layout.header_height) for top in pinned.heading_tops if top is not None]
    strips = [*tops, (page.height - layout.legend_height, layout.legend_height)]
    return [
        (0, floor(top * density), ceil(page.width * density), ceil((top + height) * density)) for top, height in strips
    ]


def _pinned_content(page: VolumesPage) -> bytes:
    """All that is drawn of headings and legend: it seldom changes, and to draw it takes as long as a line of boxes."""
    picture, content = QPicture(), QBuffer()
    painter = QPainter(picture)
    draw_pinned_parts(painter, page.width, page.height, page.state, page.theme, page.layout, page.zoom, page.area.y())
    painter.end()
    content.open(QBuffer.OpenModeFlag.WriteOnly)
    picture.save(content)
    return bytes(content.data().data())


def _paint_rect(painter: QPainter, page: VolumesPage, visible: VisibleScene, rect: QRect) -> None:
    """Paint what is visible within some pixels."""
    painter.save()
    painter.setClipRect(rect)
    painter.fillRect(rect, QColor(page.theme.base))
    painter.scale(page.density, page.density)
    _draw_page(painter, page, visible, (rect.top() / page.density, (rect.bottom() + 1) / page.density))
    painter.restore()


def _draw_page(
    painter: QPainter, page: VolumesPage, visible: VisibleScene, between: tuple[float, float] | None = None
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

    lefts, tops, rights, bottoms = scene.box_places.bounds[:, parts.flat_boxes]
    inside = (lefts <= right) & (left <= rights) & (tops <= bottom) & (top <= bottoms)
    arrows = np.array(parts.arrows, dtype=np.intp)
    start, end, y, _ = scene.arrow_places
    near = (start[arrows] <= right) & (left <= end[arrows]) & (y[arrows] <= bottom) & (top <= y[arrows])
    return visible._replace(
        parts=parts._replace(
            flat_boxes=parts.flat_boxes[inside],
            flat_colours=parts.flat_colours[inside],
            arrows=arrows[near].tolist(),
            wires=[wire for wire in parts.wires if overlaps(bounding_rect(wire))],
        ),
        labels=[label for label in visible.labels if overlaps(label.text.rect)],
    )

"""The picture of the inspector: its parts in one to three columns, the same on the screen and in files."""

from itertools import combinations, pairwise
from math import ceil, inf
from typing import NamedTuple

from msgspec.structs import replace
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from gui.paint.basics.note_drawing import STALE_OPACITY
from gui.paint.inspector.channels import channels_height, draw_channels, hit_channels
from gui.paint.inspector.content import (
    ARITHMETIC,
    NO_VALUE_HINT,
    InspectorContent,
    load_inspector_content,
)
from gui.paint.inspector.head import draw_head, head_height, hit_head
from gui.paint.inspector.input_and_output import draw_maps, hit_maps, maps_height
from gui.paint.inspector.matrix import draw_matrix, hit_matrix, matrix_height
from gui.paint.inspector.part_drawing import InspectorHit, InspectorPart
from gui.paint.inspector.patch import draw_patch, hit_patch, patch_height
from gui.paint.inspector.source_views import draw_source_views, hit_source_views, source_views_height
from gui.paint.inspector.sums import draw_sums, hit_sums, sums_height
from gui.state.view_state import ViewState
from gui.theme import Theme

_HEAD = InspectorPart(head_height, draw_head, hit_head)
_PATCH = InspectorPart(patch_height, draw_patch, hit_patch)
_MATRIX = InspectorPart(matrix_height, draw_matrix, hit_matrix)
_SOURCES = InspectorPart(source_views_height, draw_source_views, hit_source_views)
_CORE = (_HEAD, _PATCH, _MATRIX)
"""What should be visible without scrolling; a layer has either a patch or a matrix."""
_INSPECTOR_PARTS: tuple[InspectorPart, ...] = (
    _HEAD,
    InspectorPart(maps_height, draw_maps, hit_maps),
    _PATCH,
    InspectorPart(channels_height, draw_channels, hit_channels),
    _MATRIX,
    InspectorPart(sums_height, draw_sums, hit_sums),
    _SOURCES,
)
"""In reading order."""

_SizedPart = tuple[InspectorPart, float]
"""A part and its height."""


class _Way(NamedTuple):
    """Parts in some order, the index of the first one of each column, and the number of parts."""

    parts: list[_SizedPart]
    breaks: tuple[int, ...]
    below: tuple[_SizedPart, ...] = ()
    """Parts as wide as all columns, below them."""


_COLUMN = 26.0
"""Least width of a column in ems; there are three at most."""
_MOST_COLUMNS = 3
_MARGIN, _GAP = 0.8, 1.2
"""Margin around the figure, and gap between its parts, in ems."""
_SMALLEST, _LARGEST = 12.0, 15.0
"""Limits of the height of the text in pixels."""
_NATURAL = 1200
"""Default width of a figure in a file."""


class InspectorLayout(NamedTuple):
    """The height of the text (em), the position of each part, and the total height."""

    em: float
    part_rects: tuple[tuple[InspectorPart, QRectF], ...]
    height: float


@ARITHMETIC
def lay_out_inspector(
    content: InspectorContent, width: float, visible: float = inf, text_scale: float = 1.0
) -> InspectorLayout:
    """Lay out the parts, one column after the other, with the highest column as low as possible.

    They are in reading order, with the earlier volumes in the last column or below all columns; but if the patch and
    its filter, or the matrix of a 1×1, would end below the `visible` height, they come next to the head or in another
    column, so that they are seen without scrolling.
    """
    em = max(min(width / 48, _LARGEST), _SMALLEST * text_scale)
    count = max(1, min(int(width // (_COLUMN * em)), _MOST_COLUMNS))
    inner = (width - 2 * _MARGIN * em - (count - 1) * 2 * _GAP * em) / count
    whole = width - 2 * _MARGIN * em
    in_order = [(part, tall) for part in _INSPECTOR_PARTS if (tall := part.height(content, inner, em))]
    core_first = sorted(in_order, key=lambda sized: sized[0] not in _CORE)
    below = [(part, part.height(content, whole, em)) for part, _ in in_order if part is _SOURCES]

    def ways(parts: list[_SizedPart]) -> list[_Way]:
        others = [sized for sized in parts if sized[0] is not _SOURCES] if below and count > 1 else []
        wide = [way._replace(below=tuple(below)) for way in _ways(others, count)] if others else []
        return [*_ways(parts, count), *wide]

    def badness(way: _Way) -> tuple[bool, float, float]:
        heights = [tall + _GAP * em for _, tall in way.parts]
        columns = [sum(heights[first:last]) for first, last in pairwise(way.breaks)]
        under = sum(tall + _GAP * em for _, tall in way.below)
        return _core_bottom(way, em) > visible, max(columns) + under, sum(column**2 for column in columns)

    way = min(ways(in_order), key=lambda way: badness(way)[1:])
    if badness(way)[0]:
        way = min([*ways(in_order), *ways(core_first)], key=badness)
    part_rects, columns_bottom = [], _MARGIN * em
    for column, (first, last) in enumerate(pairwise(way.breaks)):
        left, top = _MARGIN * em + column * (inner + 2 * _GAP * em), _MARGIN * em
        for part, tall in way.parts[first:last]:
            part_rects.append((part, QRectF(left, top, inner, tall)))
            top += tall + _GAP * em
        columns_bottom = max(columns_bottom, top)
    part_rects += [(part, QRectF(_MARGIN * em, columns_bottom, whole, tall)) for part, tall in way.below]
    bottom = max((rect.bottom() for _, rect in part_rects), default=0.0)
    return InspectorLayout(em, tuple(part_rects), bottom + _GAP * em)


def _ways(parts: list[_SizedPart], count: int) -> list[_Way]:
    """Return every way to break parts into columns."""
    middles = combinations(range(1, len(parts)), min(count, len(parts)) - 1)
    return [_Way(parts, (0, *middle, len(parts))) for middle in middles]


def _core_bottom(way: _Way, em: float) -> float:
    """Return where the patch and its filter, or the matrix, end; 0 for a layer without."""
    for first, last in pairwise(way.breaks):
        bottom = _MARGIN * em
        for part, tall in way.parts[first:last]:
            bottom += tall
            if part in (_PATCH, _MATRIX):
                return bottom
            bottom += _GAP * em
    return 0.0


@ARITHMETIC
def draw_inspector(
    painter: QPainter, content: InspectorContent, layout: InspectorLayout, theme: Theme, area: QRectF | None = None
) -> None:
    """Draw the parts that intersect an area; stale content is dimmed."""
    for part, rect in layout.part_rects:
        if area is not None and not area.intersects(rect.adjusted(-layout.em, -layout.em, layout.em, layout.em)):
            continue
        painter.save()
        painter.setOpacity(STALE_OPACITY if content.is_stale else 1.0)
        part.draw(painter, rect, content, layout.em, theme)
        painter.restore()


@ARITHMETIC
def hit_inspector(content: InspectorContent, layout: InspectorLayout, point: QPointF) -> InspectorHit | None:
    """Return what is at a point of the figure."""
    for part, rect in layout.part_rects:
        if rect.contains(point):
            return part.hit(rect, content, layout.em, point)
    return None


def paint_inspector(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw all parts into `rect`, scaled down if they do not fit."""
    content = _figure_content(state)
    width = rect.width()
    layout = lay_out_inspector(content, width)
    while layout.height * rect.width() / width > rect.height() and width < 8 * rect.width():
        width *= 1.1
        layout = lay_out_inspector(content, width)
    painter.save()
    painter.translate(rect.topLeft())
    painter.scale(rect.width() / width, rect.width() / width)
    draw_inspector(painter, content, layout, theme)
    painter.restore()


def inspector_figure_size(state: ViewState) -> tuple[int, int]:
    """Return width and height in pixels of a figure with all parts."""
    return _NATURAL, max(200, ceil(lay_out_inspector(_figure_content(state), _NATURAL).height))


def _figure_content(state: ViewState) -> InspectorContent:
    """Build the content for a file, where nothing can be clicked."""
    content = load_inspector_content(state)
    return replace(content, note="") if content.note == NO_VALUE_HINT else content

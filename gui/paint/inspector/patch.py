"""The patch of one channel, its filter, and their products, with the numbers in the cells."""

from math import floor, log10
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter

from engine.layers.explanation import WindowProduct
from engine.text.units import fixed_text, number_text
from gui.paint.basics.colours import DIVERGING, colour_map_name, largest_magnitude
from gui.paint.basics.outline import draw_outline
from gui.paint.basics.text_drawing import draw_text, text_width
from gui.paint.inspector.content import InspectorContent
from gui.paint.inspector.part_drawing import (
    InspectorHit,
    cell_index_at,
    cell_rect,
    draw_centred_caption,
    draw_part_title,
    draw_values,
    is_pale,
    part_title_height,
)
from gui.paint.maps.map_measures import volume_range
from gui.theme import Theme, font

_SIGN = 1.6
"""Space between two tiles in ems."""
_LARGEST = 15.0
"""Side of a tile in ems."""
_BELOW = 1.5
"""Space for the name of a tile in ems."""
_ROOMY = 25.0
"""Pixels of a cell with space for a number."""
_READABLE = 8.0
"""Pixels of the smallest number in a cell."""
_LONG = 10_000
"""Numbers from here on are divided by a power of ten."""
_MOST_CELLS = 15
"""Rows or columns of a tile with numbers."""

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class _PatchTile(NamedTuple):
    """A table of numbers (kh×kw), its colours and name."""

    name: str
    values: NDArray[np.float64]
    low: float
    high: float
    colour_map: str

    @property
    def power_of_ten(self) -> int:
        """The exponent, a multiple of 3, that keeps numbers short: not 0 if the largest is below 0.1 or from 10,000."""
        largest = largest_magnitude(self.values)
        if not 0 < largest < float("inf") or 0.1 <= largest < _LONG:
            return 0
        return 3 * floor((log10(largest) + (1 if largest < 1 else -1)) / 3)

    @property
    def power_text(self) -> str:
        """The power of ten behind the name: " · 10⁻³"."""
        return f" · 10{str(self.power_of_ten).translate(_RAISED)}" if self.power_of_ten else ""


def patch_height(content: InspectorContent, width: float, em: float) -> float:
    if (
        content.explanation is None
        or content.explanation.how.window is None
        or content.explanation.window.inside.size == 1
    ):
        return 0.0
    extent: tuple[int, ...] = content.explanation.window.inside.shape
    columns = _tiles_per_row(content, width, em)
    rows = 1 if content.explanation.window.filter is None else -(-3 // columns)
    tall = _tile_side(width, em, columns) * extent[0] / max(extent) + _BELOW * em
    return part_title_height(_title(content), width, em) + rows * tall + 1.9 * em


def draw_patch(painter: QPainter, rect: QRectF, content: InspectorContent, em: float, theme: Theme) -> None:
    window = content.required_explanation.window
    draw_part_title(painter, rect, _title(content), em, theme)
    tile_rects = _tile_rects(rect, content, em)
    for sign, tile, tile_rect in zip(("", "×", "="), _make_tiles(content, window), tile_rects, strict=False):
        draw_values(painter, tile_rect, tile.values, tile.low, tile.high, tile.colour_map, theme.edge)
        _draw_padding(painter, tile_rect, window, theme)
        has_numbers = _draw_numbers(painter, tile_rect, tile, window, em)
        name = QRectF(tile_rect.left(), tile_rect.bottom() + 0.1 * em, tile_rect.width(), 1.4 * em)
        power = tile.power_text if has_numbers else ""
        draw_centred_caption(painter, name, power, 0.92 * em, theme.muted, name=tile.name)
        before = QRectF(tile_rect.left() - _SIGN * em, tile_rect.top(), _SIGN * em, tile_rect.height())
        draw_centred_caption(painter, before, sign, 1.2 * em, theme.text, bold=True)
    if window.winner is not None:
        draw_outline(painter, cell_rect(tile_rects[0], window.inside.shape, window.winner), 2, "#000000", "#ffffff")
    below = QRectF(rect.left(), rect.bottom() - 1.7 * em, rect.width(), 1.5 * em)
    draw_text(painter, below, _sum_text(content, window), em, theme.text, bold=True)


def hit_patch(rect: QRectF, content: InspectorContent, em: float, point: QPointF) -> InspectorHit | None:
    window = content.required_explanation.window
    for tile_rect in _tile_rects(rect, content, em):
        at = cell_index_at(tile_rect, window.inside.shape, point)
        if at is not None:
            return InspectorHit(_describe_tap(content, window, at), term=content.shown_term)
    return None


def _visible_channel(content: InspectorContent, window: WindowProduct) -> int:
    """Return the index of the shown channel among those read."""
    return content.shown_term if len(window.values) > 1 else 0


def _title(content: InspectorContent) -> str:
    window = content.required_explanation.window
    channel = window.first + _visible_channel(content, window)
    if window.filter is None:
        return f"The window on channel {channel}"
    largest = ", which has the largest sum" if content.selected_term is None and len(window.values) > 1 else ""
    return f"Patch × filter on channel {channel}{largest}"


def _sum_text(content: InspectorContent, window: WindowProduct) -> str:
    at = _visible_channel(content, window)
    if window.winner is not None:
        return f"the largest: {number_text(window.values[0][window.winner])} (framed)"
    total = number_text(float(window.products[at].sum()))
    if window.filter is not None:
        return f"sum of the {window.inside.size} products = {total}"
    explanation = content.required_explanation
    return f"sum {total} / {number_text(explanation.terms.divisor, 9)} = {number_text(explanation.how.result)}"


def _make_tiles(content: InspectorContent, window: WindowProduct) -> list[_PatchTile]:
    at = _visible_channel(content, window)
    low, high = volume_range(content.required_explanation.inputs[window.source], zero_centred=content.look.zero_centred)
    patch = _PatchTile("patch", window.values[at], low, high, colour_map_name(content.look))
    if window.filter is None:
        return [patch]
    limits = [largest_magnitude(values) or 1.0 for values in (window.filter, window.products[at])]
    return [
        patch,
        _PatchTile("filter", window.filter[at], -limits[0], limits[0], DIVERGING),
        _PatchTile("products", window.products[at], -limits[1], limits[1], DIVERGING),
    ]


def _tiles_per_row(content: InspectorContent, width: float, em: float) -> int:
    """Return the tiles per row: three, unless only two leave space for the numbers."""
    longest = max(content.required_explanation.window.inside.shape)
    three, two = (_tile_side(width, em, columns) / longest for columns in (3, 2))
    return 2 if three < _ROOMY <= two else 3


def _tile_side(width: float, em: float, columns: int) -> float:
    """Return the longer side of a tile."""
    return min((width - (columns - 1) * _SIGN * em) / columns - (_SIGN * em if columns == 2 else 0), _LARGEST * em)


def _tile_rects(rect: QRectF, content: InspectorContent, em: float) -> list[QRectF]:
    window, columns = content.required_explanation.window, _tiles_per_row(content, rect.width(), em)
    side, extent = _tile_side(rect.width(), em, columns), window.inside.shape
    high, wide = (side * length / max(extent) for length in extent)
    left = rect.left() + (_SIGN * em if columns == 2 else 0)
    top = rect.top() + part_title_height(_title(content), rect.width(), em)
    count = 1 if window.filter is None else 3
    return [
        QRectF(left + at % columns * (wide + _SIGN * em), top + at // columns * (high + _BELOW * em), wide, high)
        for at in range(count)
    ]


def _draw_padding(painter: QPainter, rect: QRectF, window: WindowProduct, theme: Theme) -> None:
    """Hatch the taps in the padding, where nothing is read."""
    for row, column in np.argwhere(~window.inside):
        tap_rect = cell_rect(rect, window.inside.shape, (int(row), int(column)))
        painter.fillRect(tap_rect, QColor(theme.plain))
        painter.fillRect(tap_rect, QBrush(QColor(theme.muted), Qt.BrushStyle.BDiagPattern))


def _draw_numbers(painter: QPainter, rect: QRectF, tile: _PatchTile, window: WindowProduct, em: float) -> bool:
    """Draw the number in each cell, as large as it fits; return whether there is space for them."""
    rows, columns = extent = window.inside.shape
    if max(rows, columns) > _MOST_CELLS:
        return False
    values = tile.values / 10.0**tile.power_of_ten
    digits = sum(largest_magnitude(values) < most for most in (100, 10))
    texts = {
        (int(row), int(column)): _short_number(values[row, column], digits)
        for row, column in np.argwhere(window.inside)
    }
    widest = max((text_width(text) for text in texts.values()), default=1.0)
    size = min(0.8 * em, rect.width() / columns / widest, 0.8 * rect.height() / rows)
    if size < _READABLE:
        return False
    painter.setFont(font(size))
    pale = is_pale(tile.values, tile.low, tile.high, tile.colour_map)
    for at, text in texts.items():
        painter.setPen(QColor("#000000" if pale[at] else "#ffffff"))
        painter.drawText(cell_rect(rect, extent, at), Qt.AlignmentFlag.AlignCenter, text)
    return True


def _short_number(value: float, digits: int) -> str:
    """Format with `digits` decimals; a bare 0 is exactly zero, of either sign."""
    if np.isnan(value):
        return "NaN"
    return fixed_text(value, digits) if value and np.isfinite(value) else number_text(value)


def _describe_tap(content: InspectorContent, window: WindowProduct, at: tuple[int, int]) -> str:
    """Describe the tap under the mouse with its numbers."""
    channel = _visible_channel(content, window)
    where = f"channel {window.first + channel}, y {window.rows[at[0]]}, x {window.columns[at[1]]}"
    if not window.inside[at]:
        return f"{where}: padding, 0"
    value = window.values[channel][at]
    if window.filter is None:
        return f"{where}: {number_text(value)}"
    weight = window.filter[channel][at]
    return f"{where}: value {number_text(value)} × weight {number_text(weight)} = {number_text(value * weight)}"

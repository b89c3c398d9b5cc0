"""A 1×1 convolution or dense layer as a matrix times the vector of values at one pixel."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from engine.text.units import number_text
from gui.paint.basics import colours
from gui.paint.basics.outline import draw_outline
from gui.paint.basics.text_drawing import draw_text
from gui.paint.inspector.content import InspectorContent, ValueExplanation
from gui.paint.inspector.filter_weights import WeightMatrix
from gui.paint.inspector.part_drawing import (
    InspectorHit,
    cell_index_at,
    draw_part_title,
    draw_values,
    part_title_height,
)
from gui.paint.maps.map_measures import volume_range
from gui.state.focus import Focus
from gui.state.volume_at import Float32Volume
from gui.theme import Theme

_STRIP = 1.2
"""Thickness of a vector in ems."""
_LEAST, _LARGEST = 5.0, 15.0
"""Limits of the height of the matrix in ems."""
_LABELS = 5.6
"""Space for the names of the strips, in ems."""


class _MatrixRects(NamedTuple):
    """The vector above the matrix, the outputs beside it, the selected row and its products below."""

    vector: QRectF
    matrix: QRectF
    outputs: QRectF
    row: QRectF
    products: QRectF


def matrix_height(content: InspectorContent, width: float, em: float) -> float:
    if content.explanation is None or content.explanation.matrix is None:
        return 0.0
    matrix = content.explanation.matrix
    strips = 3 * (_STRIP + 0.5) * em
    return part_title_height(_title(matrix), width, em) + strips + _rows_height(matrix, em) + 2.0 * em


def draw_matrix(painter: QPainter, rect: QRectF, content: InspectorContent, em: float, theme: Theme) -> None:
    explanation, matrix = content.required_explanation, _required_matrix(content)
    draw_part_title(painter, rect, _title(matrix), em, theme)
    rects = _lay_out_rects(rect, matrix, em)
    vector, row = explanation.window.values.ravel(), explanation.filter_weights.ravel()
    products = row * vector
    limit, most = max(matrix.largest_weight, colours.largest_magnitude(row)), colours.largest_magnitude(products) or 1.0
    name, zero = colours.colour_map_name(content.look), content.look.zero_centred
    ends = volume_range(explanation.inputs[explanation.source_index], zero_centred=zero)
    _draw_strip(painter, rects.vector, vector, ends, name, "values", em, theme)
    draw_values(painter, rects.matrix, matrix.values, -limit, limit, colours.DIVERGING, theme.edge)
    outputs = _filter_outputs(explanation, matrix)[:: matrix.row_step, np.newaxis]
    draw_values(painter, rects.outputs, outputs, *volume_range(explanation.volume, zero_centred=zero), name, theme.edge)
    _draw_strip(painter, rects.row, row, (-limit, limit), colours.DIVERGING, "its row", em, theme)
    _draw_strip(painter, rects.products, products, (-most, most), colours.DIVERGING, "products", em, theme)
    _draw_links(painter, rects, content, em, theme)
    below = QRectF(rect.left(), rects.products.bottom() + 0.3 * em, rect.width(), 1.5 * em)
    draw_text(painter, below, _axes_text(matrix), 0.92 * em, theme.muted)


def _required_matrix(content: InspectorContent) -> WeightMatrix:
    matrix = content.required_explanation.matrix
    assert matrix is not None, "the part is shown only with a matrix"
    return matrix


def _filter_outputs(explanation: ValueExplanation, matrix: WeightMatrix) -> Float32Volume:
    """Return the outputs of all filters of the matrix at this pixel, one per row."""
    return explanation.volume[matrix.first_row : matrix.first_row + matrix.rows, explanation.at.y, explanation.at.x]


def _draw_strip(
    painter: QPainter,
    rect: QRectF,
    values: NDArray[np.float64],
    ends: tuple[float, float],
    name: str,
    label: str,
    em: float,
    theme: Theme,
) -> None:
    """Draw a horizontal vector, as wide as the matrix, and its name."""
    draw_values(painter, rect, values[np.newaxis], *ends, name, theme.edge)
    left = QRectF(rect.left() - _LABELS * em, rect.top(), (_LABELS - 0.4) * em, rect.height())
    draw_text(painter, left, label, 0.92 * em, theme.muted)


def _draw_links(painter: QPainter, rects: _MatrixRects, content: InspectorContent, em: float, theme: Theme) -> None:
    """Mark the selected row through matrix and outputs, and the columns of the shown term through all."""
    matrix, at = _required_matrix(content), content.required_explanation.at
    tall = rects.matrix.height() / matrix.rows
    y = rects.matrix.top() + (at.channel - matrix.first_row) * tall
    thick = max(tall, 2.0)
    row = QRectF(rects.matrix.left(), y + (tall - thick) / 2, rects.outputs.right() - rects.matrix.left(), thick)
    draw_outline(painter, row, 1.0, theme.base, theme.text)
    label = QRectF(rects.matrix.left() - _LABELS * em, row.center().y() - 0.7 * em, (_LABELS - 0.4) * em, 1.4 * em)
    draw_text(painter, label, f"filter {at.channel} ▸", 0.92 * em, theme.text, bold=True)
    wide = rects.matrix.width() / matrix.columns
    first, last = _term_columns(content, content.shown_term)
    left, right = rects.matrix.left() + first * wide, rects.matrix.left() + last * wide
    painter.setPen(QPen(QColor(theme.accent), 1.5))
    for x in (left, right) if right - left > 4 else ((left + right) / 2,):
        painter.drawLine(QLineF(x, rects.vector.top() - 3, x, rects.products.bottom() + 3))


def _term_columns(content: InspectorContent, term: int) -> tuple[int, int]:
    """Return the columns of a term: one channel of a 1×1, all pixels of a channel of a dense layer."""
    pixels = content.required_explanation.window.inside.size
    return term * pixels, (term + 1) * pixels


def hit_matrix(rect: QRectF, content: InspectorContent, em: float, point: QPointF) -> InspectorHit | None:
    explanation, matrix = content.required_explanation, _required_matrix(content)
    rects = _lay_out_rects(rect, matrix, em)
    cell = cell_index_at(rects.matrix, (matrix.rows, matrix.columns), point)
    if cell is not None:
        return _weight_hit(content, matrix, *cell)
    cell = cell_index_at(rects.outputs, (matrix.rows, 1), point)
    if cell is not None:
        filter_index = matrix.first_row + cell[0]
        value = number_text(explanation.volume[filter_index, explanation.at.y, explanation.at.x])
        return InspectorHit(
            f"filter {filter_index}: {value} here; click to select it", _filter_focus(content, filter_index)
        )
    for strip in (rects.vector, rects.row, rects.products):
        cell = cell_index_at(strip, (1, matrix.columns), point)
        if cell is not None:
            return _column_hit(content, cell[1])
    return None


def _weight_hit(content: InspectorContent, matrix: WeightMatrix, row: int, column: int) -> InspectorHit:
    filter_index = matrix.first_row + row
    words = f"filter {filter_index}, {_column_name(content, column)}"
    if row % matrix.row_step == 0 and column % matrix.column_step == 0:
        words += f": weight {number_text(matrix.values[row // matrix.row_step, column // matrix.column_step])}"
    return InspectorHit(
        f"{words}; click to select filter {filter_index}",
        _filter_focus(content, filter_index),
        _column_term(content, column),
    )


def _column_hit(content: InspectorContent, column: int) -> InspectorHit:
    explanation, term = content.required_explanation, _column_term(content, column)
    value, weight = float(explanation.window.values.flat[column]), float(explanation.filter_weights.flat[column])
    product = f"value {number_text(value)} × weight {number_text(weight)} = {number_text(value * weight)}"
    words = f"{_column_name(content, column)}: {product}"
    return InspectorHit(f"{words}; click to select it in the input", content.term_focus(term), term)


def _filter_focus(content: InspectorContent, filter_index: int) -> Focus:
    return Focus(*content.focus.ref, filter_index, content.focus.pixel)


def _column_term(content: InspectorContent, column: int) -> int:
    return column // content.required_explanation.window.inside.size


def _column_name(content: InspectorContent, column: int) -> str:
    window = content.required_explanation.window
    channel, pixel = divmod(column, window.inside.size)
    y, x = divmod(pixel, window.inside.shape[1])
    name = f"channel {window.first + channel}"
    return name if window.inside.size == 1 else f"{name}, y {y}, x {x}"


def _title(matrix: WeightMatrix) -> str:
    return f"Matrix × vector: {matrix.rows:,} filters × {matrix.columns:,} values"


def _axes_text(matrix: WeightMatrix) -> str:
    """Return the meaning of rows and columns, or their steps if not all are drawn."""
    steps = ((matrix.row_step, "rows"), (matrix.column_step, "columns"))
    parts = [f"1 of {step} {name}" for step, name in steps if step > 1]
    if parts:
        return f"{', '.join(parts)} drawn"
    return "rows: filters · right of them: their outputs"


def _rows_height(matrix: WeightMatrix, em: float) -> float:
    return min(max(matrix.rows * 0.3 * em, _LEAST * em), _LARGEST * em)


def _lay_out_rects(rect: QRectF, matrix: WeightMatrix, em: float) -> _MatrixRects:
    top = rect.top() + part_title_height(_title(matrix), rect.width(), em)
    left, width = rect.left() + _LABELS * em, rect.width() - (_LABELS + _STRIP + 0.5) * em
    tall, strip = _rows_height(matrix, em), _STRIP * em
    vector = QRectF(left, top, width, strip)
    whole = QRectF(left, vector.bottom() + 0.5 * em, width, tall)
    outputs = QRectF(whole.right() + 0.5 * em, whole.top(), strip, tall)
    row = QRectF(left, whole.bottom() + 0.5 * em, width, strip)
    return _MatrixRects(vector, whole, outputs, row, row.translated(0, strip + 0.4 * em))

"""Paints a row of the tree of designs in two lines, and edits its name in place."""

from collections.abc import Callable
from functools import lru_cache, partial

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from engine.network.node_ref import NodeRef
from engine.text.short_names import shorten_names
from gui.panels.design_rows import DesignTreeRow
from gui.panels.row_graph import paint_row_graph
from gui.widgets.glyphs import paint_mistake
from gui.widgets.texts import NameEditor

ROW_ROLE = Qt.ItemDataRole.UserRole
"""The role under which an item holds its `DesignTreeRow`."""
ROW_PADDING = 4

_AnyIndex = QModelIndex | QPersistentModelIndex
_CHIP = 10
_GRAPH_GAP = 4
_SIGN = 14
_FOUND_BAR = 3


class DesignRowDelegate(QStyledItemDelegate):
    """Paints a `DesignTreeRow` in two lines, and edits its name in place.

    Parameters
    ----------
    refusal
        Returns why a node cannot have a name; "" if it can.
    rename
        Called with a name that is allowed.
    """

    def __init__(
        self, refusal: Callable[[NodeRef, str], str], rename: Callable[[NodeRef, str], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._refusal, self._rename = refusal, rename

    def sizeHint(self, option: QStyleOptionViewItem, index: _AnyIndex) -> QSize:
        return QSize(100, 2 * option.fontMetrics.height() + 2 * ROW_PADDING)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _AnyIndex) -> None:
        style = option.widget.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        row: DesignTreeRow = index.data(ROW_ROLE)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setClipRect(option.rect)
        if row.is_found:
            _paint_found(painter, QRectF(option.rect), option.palette, selected=selected)
        rect = QRectF(option.rect).adjusted(ROW_PADDING, ROW_PADDING, -ROW_PADDING, -ROW_PADDING)
        paint_row(painter, rect, row, option.palette, selected, partial(_sibling_names, index))
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _AnyIndex) -> QWidget:
        ref: NodeRef = index.data(ROW_ROLE).ref
        return NameEditor(lambda name: self._refusal(ref, name), parent)

    def setEditorData(self, editor: QWidget, index: _AnyIndex) -> None:
        if isinstance(editor, QLineEdit):
            editor.setText(index.data(ROW_ROLE).name)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _AnyIndex) -> None:
        row: DesignTreeRow = index.data(ROW_ROLE)
        if isinstance(editor, QLineEdit) and editor.text() != row.name:
            self._rename(row.ref, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: _AnyIndex) -> None:
        rect = QRect(option.rect)
        rect.setHeight(min(rect.height(), editor.sizeHint().height()))
        editor.setGeometry(rect)


def _paint_found(painter: QPainter, rect: QRectF, palette: QPalette, *, selected: bool) -> None:
    """Mark a row that is looked for: a bar at its beginning and, unless it is selected, a tint."""
    colour = palette.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Accent)
    painter.fillRect(QRectF(rect.left(), rect.top() + 1, _FOUND_BAR, rect.height() - 2), colour)
    if not selected:
        colour.setAlphaF(0.14)
        painter.fillRect(rect, colour)


def _sibling_names(index: _AnyIndex) -> tuple[str, ...]:
    """The names of the rows beside this one, and its own."""
    model, parent = index.model(), index.parent()
    return tuple(model.index(row, 0, parent).data(ROW_ROLE).name for row in range(model.rowCount(parent)))


@lru_cache(maxsize=64)
def _short_names(names: tuple[str, ...], font: str, width: int) -> dict[str, str]:
    metrics = QFontMetrics(_font_of(font))
    return shorten_names(names, lambda text: metrics.horizontalAdvance(text) <= width)


def _font_of(description: str) -> QFont:
    font = QFont()
    font.fromString(description)
    return font


def paint_row(
    painter: QPainter,
    rect: QRectF,
    row: DesignTreeRow,
    palette: QPalette,
    selected: bool,
    sibling_names: Callable[[], tuple[str, ...]],
) -> None:
    """Paint a row: lines of branches, chip or sign, name and amount; below, operator and shape, or a mistake.

    A name that is too long is shortened so that it differs from those of the siblings.
    """
    roles = QPalette.ColorRole
    text, quiet, error = (
        palette.color(roles.HighlightedText if selected else role)
        for role in (roles.Text, roles.PlaceholderText, roles.BrightText)
    )
    font = painter.font()
    if row.graph is not None:
        space = rect.adjusted(0, -ROW_PADDING, 0, ROW_PADDING)
        line = text if selected else quiet
        paint_row_graph(painter, row.graph, space, rect.top() + painter.fontMetrics().height() / 2, line)
        rect = rect.adjusted(row.graph.width + _GRAPH_GAP, 0, 0, 0)
    font.setBold(row.is_heading)
    painter.setFont(font)
    height = painter.fontMetrics().height()
    first = QRectF(rect.left(), rect.top(), rect.width(), height)
    second = first.translated(0, height)
    indent = _paint_chip(painter, first, row.colour, text if selected else None) if row.colour else 0.0
    if row.mistake:
        sign = QRectF(rect.left() + indent, first.center().y() - _SIGN / 2, _SIGN, _SIGN)
        paint_mistake(painter, sign, error, palette.color(roles.Highlight if selected else roles.Base))
        indent += _SIGN + 4
    _paint_line(
        painter,
        first.adjusted(indent, 0, 0, 0),
        row.name,
        row.amount,
        text,
        quiet if row.amount.startswith("0 ") else text,
        sibling_names,
    )
    font.setBold(False)
    painter.setFont(font)
    if row.mistake:
        _paint_line(painter, second, row.mistake.partition("\n")[0], "", error, error)
    else:
        _paint_line(painter, second, row.operator, row.shape, quiet, quiet)


def _paint_chip(painter: QPainter, line: QRectF, colour: str, outline: QColor | None) -> float:
    """Paint the chip of a design at the beginning of a line; return the width that it takes."""
    chip = QRectF(line.left(), line.center().y() - _CHIP / 2, _CHIP, _CHIP)
    painter.fillRect(chip, QColor(colour))
    if outline is not None:
        painter.setPen(outline)
        painter.drawRect(chip)
    return _CHIP + 6


def _paint_line(
    painter: QPainter,
    rect: QRectF,
    left: str,
    right: str,
    left_colour: QColor,
    right_colour: QColor,
    names: Callable[[], tuple[str, ...]] | None = None,
) -> None:
    """Paint texts at both ends of a line; the left one is shortened if there is not enough space for both.

    Parameters
    ----------
    names
        Returns the names from which the left text must still differ, if it is a name.
    """
    metrics = painter.fontMetrics()
    centre = Qt.AlignmentFlag.AlignVCenter
    space = rect.width() - (metrics.horizontalAdvance(right) + 8 if right else 0)
    painter.setPen(left_colour)
    if metrics.horizontalAdvance(left) > space:
        short = names and _short_names(names(), painter.font().toString(), int(space))
        left = short[left] if short else metrics.elidedText(left, Qt.TextElideMode.ElideMiddle, int(space))
    painter.drawText(rect, int(centre | Qt.AlignmentFlag.AlignLeft), left)
    painter.setPen(right_colour)
    painter.drawText(rect, int(centre | Qt.AlignmentFlag.AlignRight), right)

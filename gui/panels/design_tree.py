"""The tree of designs and layers: how its rows are painted, named in place, and kept up to date."""

from collections.abc import Callable

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPalette, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from engine.run.check import NodeRef
from gui.panels.design_rows import DesignTreeRow
from gui.widgets.glyphs import paint_mistake
from gui.widgets.texts import NameEditor

ROW_ROLE = Qt.ItemDataRole.UserRole
"""Under this role an item holds its Row."""

_AnyIndex = QModelIndex | QPersistentModelIndex
_PAD = 4
_EMPTY = "No designs yet: add one with + Design, or its first layer with + Layer"
_CHIP = 10
_ARROW = 9
_SIGN = 14


class DesignTree(QTreeWidget):
    """Rows that are changed in place, so that an edit of one layer costs what it changes.

    Parameters
    ----------
    parts
        The rows of a block's layers; asked for when the block is open only.
    """

    key_pressed = Signal(object)
    """A key event, before the tree uses it; who accepts the event keeps it."""
    mouse_left = Signal()

    def __init__(self, parts: Callable[[NodeRef], tuple[DesignTreeRow, ...]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts = parts
        self.setAccessibleName("Designs and layers")
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(16)
        self.setMouseTracking(True)
        self.setExpandsOnDoubleClick(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.DoubleClicked)
        self.itemExpanded.connect(self._fill_parts)
        self.itemCollapsed.connect(self._on_item_collapsed)

    def show_rows(self, rows: tuple[tuple[DesignTreeRow, tuple[DesignTreeRow, ...]], ...]) -> None:
        """Make the items say what the rows say; items are added and taken away at the end only."""
        root = self.invisibleRootItem()
        heads = _children(root)
        opened = {_item_row(item).ref: item.isExpanded() for head in heads for item in (head, *_children(head))}
        places = {row.ref for head, below in rows for row in (head, *below)}

        def show(item: QTreeWidgetItem, row: DesignTreeRow, at_first: bool) -> None:
            before: DesignTreeRow | None = item.data(0, ROW_ROLE)
            renamed = before is not None and before.ref not in places
            _write_row(item, row)
            wanted = opened.get(row.ref, item.isExpanded() if renamed else at_first)
            if item.isExpanded() != wanted:
                item.setExpanded(wanted)

        _fit_child_count(root, len(rows))
        for item, (head, below) in zip(_children(root), rows, strict=True):
            _fit_child_count(item, len(below))
            for child, row in zip(_children(item), below, strict=True):
                show(child, row, False)
                self._fill_parts(child)
            # The stem's layers are the same for every design; they are folded until somebody asks.
            show(item, head, bool(head.colour))

    def select_ref(self, place: NodeRef, editable_ref: NodeRef) -> None:
        """Choose the row of a place; none where there is no such row. A part's block, at `written`, opens for it."""
        block = self.item_at(editable_ref) if editable_ref != place else None
        if block is not None and not block.isExpanded():
            block.setExpanded(True)
            self._fill_parts(block)
        item = self.item_at(place)
        if item is None:
            self.setCurrentIndex(QModelIndex())
            self.clearSelection()
        elif item is not self.currentItem():
            self.setCurrentItem(item)  # Qt scrolls to it, if the tree is hidden when it is first shown

    def item_at(self, place: NodeRef) -> QTreeWidgetItem | None:
        """The item of a place; None where there is none, as of a closed block's parts."""
        for head in _children(self.invisibleRootItem()):
            if _item_row(head).ref[0] == place[0]:
                nodes = _children(head)
                parts = (part for node in nodes if node.childCount() for part in _children(node))
                return next((item for item in (head, *nodes, *parts) if _item_row(item).ref == place), None)
        return None

    def _fill_parts(self, item: QTreeWidgetItem) -> None:
        """Give an open block's item its parts; a closed one has none."""
        row = _item_row(item)
        if row.is_heading or not (item.childCount() or item.isExpanded()):
            return
        below = self._parts(row.ref) if row.has_parts and item.isExpanded() else ()
        _fit_child_count(item, len(below), editable=False)
        for child, part in zip(_children(item), below, strict=True):
            _write_row(child, part)

    def _on_item_collapsed(self, item: QTreeWidgetItem) -> None:
        """A closed block is chosen in the place of its part."""
        chosen = self.currentItem()
        if _item_row(item).has_parts and chosen is not None and chosen.parent() is item:
            self.setCurrentItem(item)
        self._fill_parts(item)

    def drawBranches(self, painter: QPainter, rect: QRect, index: _AnyIndex) -> None:
        """An arrow beside the first line of what opens; as plain as the texts, and as large."""
        if not self.model().hasChildren(index):
            return
        roles, chosen = QPalette.ColorRole, self.selectionModel().isSelected(index)
        height = self.fontMetrics().height()
        arrow = QPolygonF([QPointF(-0.3, -0.45), QPointF(0.4, 0.0), QPointF(-0.3, 0.45)])
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(roles.HighlightedText if chosen else roles.Text))
        painter.translate(rect.right() - self.indentation() / 2, rect.top() + _PAD + height / 2)
        painter.scale(_ARROW, _ARROW)
        painter.rotate(90 if self.isExpanded(index) else 0)
        painter.drawPolygon(arrow)
        painter.restore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.topLevelItemCount():
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.viewport().rect().adjusted(_PAD, _PAD, -_PAD, -_PAD), flags, _EMPTY)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()
        self.key_pressed.emit(event)
        if not event.isAccepted():
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.mouse_left.emit()
        super().leaveEvent(event)


def _children(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    return [child for index in range(item.childCount()) if (child := item.child(index)) is not None]


def _item_row(item: QTreeWidgetItem) -> DesignTreeRow:
    row: DesignTreeRow = item.data(0, ROW_ROLE)
    return row


def _fit_child_count(item: QTreeWidgetItem, count: int, *, editable: bool = True) -> None:
    while item.childCount() > count:
        item.takeChild(item.childCount() - 1)
    if item.childCount() < count:
        item.addChildren([_make_item(editable) for _ in range(count - item.childCount())])


def _make_item(editable: bool) -> QTreeWidgetItem:
    item = QTreeWidgetItem()
    if editable:
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
    return item


def _write_row(item: QTreeWidgetItem, row: DesignTreeRow) -> None:
    if item.data(0, ROW_ROLE) == row:
        return
    item.setData(0, ROW_ROLE, row)
    policy = QTreeWidgetItem.ChildIndicatorPolicy
    item.setChildIndicatorPolicy(policy.ShowIndicator if row.has_parts else policy.DontShowIndicatorWhenChildless)
    item.setText(0, row.name)
    item.setToolTip(0, row.mistake or row.sentence)
    item.setData(0, Qt.ItemDataRole.AccessibleTextRole, row.sentence)


class RowDelegate(QStyledItemDelegate):
    """Paints a Row in two lines, and edits its name in place.

    Parameters
    ----------
    refusal
        Why a place cannot have a name; "" where it can.
    rename
        What to do with a name that is allowed.
    """

    def __init__(
        self, refusal: Callable[[NodeRef, str], str], rename: Callable[[NodeRef, str], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._refusal, self._rename = refusal, rename

    def sizeHint(self, option: QStyleOptionViewItem, index: _AnyIndex) -> QSize:
        return QSize(100, 2 * option.fontMetrics.height() + 2 * _PAD)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _AnyIndex) -> None:
        style = option.widget.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        row: DesignTreeRow = index.data(ROW_ROLE)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setClipRect(option.rect)
        paint_row(painter, QRectF(option.rect).adjusted(_PAD, _PAD, -_PAD, -_PAD), row, option.palette, chosen)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _AnyIndex) -> QWidget:
        place: NodeRef = index.data(ROW_ROLE).ref
        return NameEditor(lambda name: self._refusal(place, name), parent)

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


def paint_row(painter: QPainter, rect: QRectF, row: DesignTreeRow, palette: QPalette, chosen: bool) -> None:
    """A row: chip or sign, name and amount; below, the operator and the shape, or in their place the mistake."""
    roles = QPalette.ColorRole
    text, quiet, error = (
        palette.color(roles.HighlightedText if chosen else role)
        for role in (roles.Text, roles.PlaceholderText, roles.BrightText)
    )
    font = painter.font()
    font.setBold(row.is_heading)
    painter.setFont(font)
    height = painter.fontMetrics().height()
    first = QRectF(rect.left(), rect.top(), rect.width(), height)
    second = first.translated(0, height)
    indent = 0.0
    if row.colour:
        painter.fillRect(QRectF(rect.left(), first.center().y() - _CHIP / 2, _CHIP, _CHIP), QColor(row.colour))
        if chosen:
            painter.setPen(text)
            painter.drawRect(QRectF(rect.left(), first.center().y() - _CHIP / 2, _CHIP, _CHIP))
        indent = _CHIP + 6
    if row.mistake:
        sign = QRectF(rect.left() + indent, first.center().y() - _SIGN / 2, _SIGN, _SIGN)
        paint_mistake(painter, sign, error, palette.color(roles.Highlight if chosen else roles.Base))
        indent += _SIGN + 4
    _paint_line(
        painter,
        first.adjusted(indent, 0, 0, 0),
        row.name,
        row.amount,
        text,
        quiet if row.amount.startswith("0 ") else text,
    )
    font.setBold(False)
    painter.setFont(font)
    if row.mistake:
        _paint_line(painter, second, row.mistake.partition("\n")[0], "", error, error)
    else:
        _paint_line(painter, second, row.operator, row.shape, quiet, quiet)


def _paint_line(
    painter: QPainter, rect: QRectF, left: str, right: str, left_colour: QColor, right_colour: QColor
) -> None:
    """Texts at both ends of a line; the left one is elided where there is not room for both."""
    metrics = painter.fontMetrics()
    centre = Qt.AlignmentFlag.AlignVCenter
    room = rect.width() - (metrics.horizontalAdvance(right) + 8 if right else 0)
    painter.setPen(left_colour)
    painter.drawText(
        rect, int(centre | Qt.AlignmentFlag.AlignLeft), metrics.elidedText(left, Qt.TextElideMode.ElideRight, int(room))
    )
    painter.setPen(right_colour)
    painter.drawText(rect, int(centre | Qt.AlignmentFlag.AlignRight), right)

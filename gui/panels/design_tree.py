"""The tree of designs and layers: it updates its rows in place."""

from collections.abc import Callable

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QPainter,
    QPaintEvent,
    QPalette,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QTreeWidgetItem,
    QWidget,
)

from engine.network.node_ref import NodeRef
from engine.unchanged_items import differing
from gui.panels.design_row_delegate import ROW_PADDING, ROW_ROLE
from gui.panels.design_rows import DesignTreeRow
from gui.panels.row_tree import RowTree, children_of, item_row
from gui.widgets.plain_text import plain_tip

_Rows = tuple[tuple[DesignTreeRow, tuple[DesignTreeRow, ...]], ...]
_AnyIndex = QModelIndex | QPersistentModelIndex
_EMPTY = "No designs yet: add one with + Design, or its first layer with + Layer"
_ARROW = 9


class DesignTree(RowTree):
    """A tree whose items are updated in place: an edit of one layer updates one item.

    Parameters
    ----------
    parts
        Returns the rows of the layers of a block; called for open blocks only.
    describe_drop
        See `RowTree`.
    """

    mouse_left = Signal()

    def __init__(
        self,
        parts: Callable[[NodeRef], tuple[DesignTreeRow, ...]],
        describe_drop: Callable[[NodeRef, bool], tuple[str, bool]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(describe_drop, parent)
        self._parts = parts
        self._shown: _Rows = ()
        self._positions: dict[NodeRef, tuple[int, int]] = {}
        """Of each node: that of its design, and its own in this; −1 for the design itself."""
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

    def show_rows(self, rows: _Rows, *, reset: bool = False) -> None:
        """Update the items to these rows; items are added and removed at the end only.

        Rows stay open or closed, unless `reset`: those of another project are as at first.
        """
        root, before = self.invisibleRootItem(), self._shown
        self._shown = rows
        if not reset and _are_of_same_nodes(before, rows):
            self._show_changes(before)
            return
        if reset:
            _fit_child_count(root, 0)
        heads = children_of(root)
        was_expanded = {item_row(item).ref: item.isExpanded() for head in heads for item in (head, *children_of(head))}
        refs = {row.ref for head, below in rows for row in (head, *below)}

        def show(item: QTreeWidgetItem, row: DesignTreeRow, at_first: bool) -> None:
            before: DesignTreeRow | None = item.data(0, ROW_ROLE)
            is_renamed = before is not None and before.ref not in refs
            _write_row(item, row)
            expanded = was_expanded.get(row.ref, item.isExpanded() if is_renamed else at_first)
            if item.isExpanded() != expanded:
                item.setExpanded(expanded)

        _fit_child_count(root, len(rows))
        for item, (head, below) in zip(children_of(root), rows, strict=True):
            _fit_child_count(item, len(below))
            for child, row in zip(children_of(item), below, strict=True):
                show(child, row, False)
                self._fill_parts(child)
            # The layers of the stem are the same for every design, so they are folded at first.
            show(item, head, bool(head.colour))
        self._positions = {}
        for number, (head, below) in enumerate(rows):
            for at, row in enumerate((head, *below), -1):
                self._positions.setdefault(row.ref, (number, at))

    def _show_changes(self, before: _Rows) -> None:
        """Show rows of the same nodes as before: write those that differ, and the parts of blocks."""
        for number, ((old_head, old_below), (head, below)) in enumerate(zip(before, self._shown, strict=True)):
            item = self.topLevelItem(number)
            if item is None:
                continue
            if head is not old_head:
                _write_row(item, head)
            with_parts = [at for at, row in enumerate(below) if row.has_parts]
            for at in sorted({*differing(below, old_below), *with_parts}):
                child = item.child(at)
                if child is not None:
                    _write_row(child, below[at])
                    self._fill_parts(child)

    def item_at(self, ref: NodeRef) -> QTreeWidgetItem | None:
        number, at = self._positions.get(ref, (-1, -1))
        item = self.topLevelItem(number)
        if item is None:
            return super().item_at(ref)
        return item if at < 0 else item.child(at)

    def select_ref(self, ref: NodeRef, block_ref: NodeRef | None) -> None:
        """Select the row of a node, or nothing if there is no such row. For a part, its block `block_ref` opens."""
        block = self.item_at(block_ref) if block_ref not in (None, ref) else None
        if block is not None and not block.isExpanded():
            block.setExpanded(True)
            self._fill_parts(block)
        item = self.item_at(ref)
        if item is None:
            self.setCurrentIndex(QModelIndex())
            self.clearSelection()
        elif item is not self.currentItem():
            self.setCurrentItem(item)

    def _fill_parts(self, item: QTreeWidgetItem) -> None:
        """Add the parts to the item of an open block, or remove those of a closed one."""
        row = item_row(item)
        if row.is_heading or not (item.childCount() or item.isExpanded()):
            return
        below = self._parts(row.ref) if row.has_parts and item.isExpanded() else ()
        _fit_child_count(item, len(below), editable=False)
        for child, part in zip(children_of(item), below, strict=True):
            _write_row(child, part)

    def _on_item_collapsed(self, item: QTreeWidgetItem) -> None:
        """If a part of the block was selected, select the block."""
        selected = self.currentItem()
        if item_row(item).has_parts and selected is not None and selected.parent() is item:
            self.setCurrentItem(item)
        self._fill_parts(item)

    def drawBranches(self, painter: QPainter, rect: QRect, index: _AnyIndex) -> None:
        """Draw an arrow beside the first line of a row with children, in the colour and size of the text."""
        if not self.model().hasChildren(index):
            return
        roles, selected = QPalette.ColorRole, self.selectionModel().isSelected(index)
        height = self.fontMetrics().height()
        arrow = QPolygonF([QPointF(-0.3, -0.45), QPointF(0.4, 0.0), QPointF(-0.3, 0.45)])
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(roles.HighlightedText if selected else roles.Text))
        painter.translate(rect.right() - self.indentation() / 2, rect.top() + ROW_PADDING + height / 2)
        painter.scale(_ARROW, _ARROW)
        painter.rotate(90 if self.isExpanded(index) else 0)
        painter.drawPolygon(arrow)
        painter.restore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        self.drag.paint(painter)
        if not self.topLevelItemCount():
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(
                self.viewport().rect().adjusted(ROW_PADDING, ROW_PADDING, -ROW_PADDING, -ROW_PADDING), flags, _EMPTY
            )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the selected row visible: while the window is laid out, the list has had other heights."""
        super().resizeEvent(event)
        item = self.currentItem()
        if item is not None:
            self.scrollToItem(item)

    def leaveEvent(self, event: QEvent) -> None:
        self.mouse_left.emit()
        super().leaveEvent(event)


def _are_of_same_nodes(before: _Rows, now: _Rows) -> bool:
    """Whether rows are of the same nodes in the same order."""
    pairs = [((one, *ones), (other, *others)) for (one, ones), (other, others) in zip(before, now, strict=False)]
    return len(before) == len(now) and all(
        len(old) == len(new) and all(old[at].ref == new[at].ref for at in differing(new, old)) for old, new in pairs
    )


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
    item.setToolTip(0, plain_tip(row.mistake or row.sentence))
    item.setData(0, Qt.ItemDataRole.AccessibleTextRole, row.sentence)

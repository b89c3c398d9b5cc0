"""The tree of designs and layers: it updates its rows in place."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QSignalBlocker,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from engine.network.node_ref import NodeRef
from gui.panels.design_row_delegate import ROW_PADDING, ROW_ROLE
from gui.panels.design_rows import DesignTreeRow
from gui.panels.row_drag import DropTarget, RowDrag
from gui.widgets.plain_text import plain_tip

_AnyIndex = QModelIndex | QPersistentModelIndex
_EMPTY = "No designs yet: add one with + Design, or its first layer with + Layer"
_ARROW = 9


class DesignTree(QTreeWidget):
    """A tree whose items are updated in place: an edit of one layer updates one item.

    Parameters
    ----------
    parts
        Returns the rows of the layers of a block; called for open blocks only.
    describe_drop
        Returns what it would do to drop the selected rows above or below that of a node; "" if nothing.
    """

    key_pressed = Signal(object)
    """A key event before the tree handles it; a receiver that accepts it keeps it from the tree."""
    mouse_left = Signal()
    refs_selected = Signal()
    """The user has selected other rows, see `selected_refs`."""
    dropped = Signal(object, bool)
    """The selected rows are dropped at the row of a node: its reference, and whether below it."""
    drag_described = Signal(str)
    """What a drop would do, while rows are dragged; "" at the end."""

    def __init__(
        self,
        parts: Callable[[NodeRef], tuple[DesignTreeRow, ...]],
        describe_drop: Callable[[NodeRef, bool], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._parts = parts
        self.drag = RowDrag(
            self,
            lambda item: _is_node(item) or _is_design(item),
            lambda item, below: describe_drop(_item_row(item).ref, below),
            self._drop_target,
            self.drag_described.emit,
        )
        self.setAccessibleName("Designs and layers")
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(16)
        self.setMouseTracking(True)
        self.setExpandsOnDoubleClick(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.DoubleClicked)
        self.itemExpanded.connect(self._fill_parts)
        self.itemCollapsed.connect(self._on_item_collapsed)
        self._handles_input = self._selection_differs = False
        self.itemSelectionChanged.connect(self._on_selection_changed)
        self.currentItemChanged.connect(self._on_selection_changed)

    def show_rows(
        self, rows: tuple[tuple[DesignTreeRow, tuple[DesignTreeRow, ...]], ...], *, reset: bool = False
    ) -> None:
        """Update the items to these rows; items are added and removed at the end only.

        Rows stay open or closed, unless `reset`: those of another project are as at first.
        """
        root = self.invisibleRootItem()
        if reset:
            _fit_child_count(root, 0)
        heads = _children(root)
        was_expanded = {_item_row(item).ref: item.isExpanded() for head in heads for item in (head, *_children(head))}
        refs = {row.ref for head, below in rows for row in (head, *below)}

        def show(item: QTreeWidgetItem, row: DesignTreeRow, at_first: bool) -> None:
            before: DesignTreeRow | None = item.data(0, ROW_ROLE)
            is_renamed = before is not None and before.ref not in refs
            _write_row(item, row)
            expanded = was_expanded.get(row.ref, item.isExpanded() if is_renamed else at_first)
            if item.isExpanded() != expanded:
                item.setExpanded(expanded)

        _fit_child_count(root, len(rows))
        for item, (head, below) in zip(_children(root), rows, strict=True):
            _fit_child_count(item, len(below))
            for child, row in zip(_children(item), below, strict=True):
                show(child, row, False)
                self._fill_parts(child)
            # The layers of the stem are the same for every design, so they are folded at first.
            show(item, head, bool(head.colour))

    def select_ref(self, ref: NodeRef, editable_ref: NodeRef) -> None:
        """Select the row of a node, or nothing if there is no such row. For a part, its block `editable_ref` opens."""
        block = self.item_at(editable_ref) if editable_ref != ref else None
        if block is not None and not block.isExpanded():
            block.setExpanded(True)
            self._fill_parts(block)
        item = self.item_at(ref)
        if item is None:
            self.setCurrentIndex(QModelIndex())
            self.clearSelection()
        elif item is not self.currentItem():
            self.setCurrentItem(item)

    def select_others(self, ref: NodeRef, names: Collection[str]) -> None:
        """Select exactly the row of a node and, if it is among these nodes of its design, theirs."""
        refs = {ref, *((ref[0], name) for name in names)} if ref[1] in names else {ref}
        wanted = [item for item in map(self.item_at, refs) if item is not None]
        for item in self.selectedItems():
            if not any(item is other for other in wanted):
                item.setSelected(False)
        for item in wanted:
            if not item.isSelected():
                item.setSelected(True)

    def selected_refs(self) -> tuple[NodeRef, ...]:
        """References of the selected rows, that of the current one first, as far as they can be selected together.

        These are the layers and blocks of one design; the row of a design or of a part of a block is alone.
        """
        items, current = self.selectedItems(), self.currentItem()
        if not items:
            return ()
        lead = current if current is not None and current.isSelected() else items[-1]
        refs = [_item_row(item).ref for item in items if item is not lead and item.parent() is lead.parent()]
        return (_item_row(lead).ref, *(refs if _is_node(lead) else ()))

    def selectAll(self) -> None:
        """Select all layers and blocks of the design of the current row."""
        current = self.currentItem()
        if current is None:
            return
        heading = current
        while (above := heading.parent()) is not None:
            heading = above
        nodes = _children(heading)
        with QSignalBlocker(self):
            if nodes and (current is heading or current.parent() is not heading):
                self.setCurrentItem(nodes[0])
            for node in nodes:
                node.setSelected(True)
        self._on_selection_changed()

    def _on_selection_changed(self) -> None:
        """Report at once, or after a key or mouse event, in which Qt changes selection and current row in any order."""
        if self._handles_input:
            self._selection_differs = True
        else:
            self.refs_selected.emit()

    @contextmanager
    def _reporting_at_the_end(self) -> Iterator[None]:
        self._handles_input = True
        try:
            yield
        finally:
            self._handles_input = False
        if self._selection_differs:
            self._selection_differs = False
            self.refs_selected.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        with self._reporting_at_the_end():
            super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self.drag.press(event.position().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self.drag.move(event.position().toPoint()):
            return
        with self._reporting_at_the_end():
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        was_dragged, target = self.drag.active, self.drag.end()
        if target is not None:
            self.dropped.emit(_item_row(target[0]).ref, target[1])
        if was_dragged:
            return
        with self._reporting_at_the_end():
            super().mouseReleaseEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keep Esc from the window during a drag, which it cancels."""
        if event.type() == QEvent.Type.ShortcutOverride and self.drag.active and isinstance(event, QKeyEvent):
            event.accept()
            return True
        return bool(super().event(event))

    def item_at(self, ref: NodeRef) -> QTreeWidgetItem | None:
        """The item of a node; None if there is none, as for the parts of a closed block."""
        for head in _children(self.invisibleRootItem()):
            if _item_row(head).ref[0] == ref[0]:
                nodes = _children(head)
                parts = (part for node in nodes if node.childCount() for part in _children(node))
                return next((item for item in (head, *nodes, *parts) if _item_row(item).ref == ref), None)
        return None

    def _drop_target(self, dragged: QTreeWidgetItem, target: DropTarget, at: QPoint) -> DropTarget:
        """A design is dropped above or below another one with all its rows, whichever is nearer."""
        if not _is_design(dragged):
            return target
        heading = target[0]
        while (above := heading.parent()) is not None:
            heading = above
        last = heading
        while last.isExpanded() and (rows := _children(last)):
            last = rows[-1]
        middle = (self.visualItemRect(heading).top() + self.visualItemRect(last).bottom()) / 2
        return (last, True) if at.y() > middle else (heading, False)

    def _fill_parts(self, item: QTreeWidgetItem) -> None:
        """Add the parts to the item of an open block, or remove those of a closed one."""
        row = _item_row(item)
        if row.is_heading or not (item.childCount() or item.isExpanded()):
            return
        below = self._parts(row.ref) if row.has_parts and item.isExpanded() else ()
        _fit_child_count(item, len(below), editable=False)
        for child, part in zip(_children(item), below, strict=True):
            _write_row(child, part)

    def _on_item_collapsed(self, item: QTreeWidgetItem) -> None:
        """If a part of the block was selected, select the block."""
        selected = self.currentItem()
        if _item_row(item).has_parts and selected is not None and selected.parent() is item:
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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.drag.active:
            if event.key() == Qt.Key.Key_Escape:
                self.drag.end()
            return
        event.ignore()
        self.key_pressed.emit(event)
        if not event.isAccepted():
            with self._reporting_at_the_end():
                super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.mouse_left.emit()
        super().leaveEvent(event)


def _children(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    return [child for index in range(item.childCount()) if (child := item.child(index)) is not None]


def _item_row(item: QTreeWidgetItem) -> DesignTreeRow:
    row: DesignTreeRow = item.data(0, ROW_ROLE)
    return row


def _is_node(item: QTreeWidgetItem) -> bool:
    """Whether this is the row of a layer or block, not of a design or of a part."""
    parent = item.parent()
    return parent is not None and _item_row(parent).is_heading


def _is_design(item: QTreeWidgetItem) -> bool:
    """Whether this is the row of a design, not of the stem."""
    return item.parent() is None and bool(_item_row(item).colour)


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

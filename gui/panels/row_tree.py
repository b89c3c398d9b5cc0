"""A tree of designs and their layers in which several rows are selected together, and rows are dragged."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem, QWidget

from engine.network.node_ref import NodeRef
from gui.panels.design_row_delegate import ROW_ROLE
from gui.panels.design_rows import DesignTreeRow
from gui.panels.row_drag import DropTarget, RowDrag


class RowTree(QTreeWidget):
    """Layers and blocks of one design are selected together; the row of a design or of a part of a block is alone.

    Parameters
    ----------
    describe_drop
        Returns what it would do to drop the selected rows above or below that of a node, and True; or why it does
        nothing, and False.
    """

    key_pressed = Signal(object)
    """A key event before the tree handles it; a receiver that accepts it keeps it from the tree."""
    refs_selected = Signal()
    """The user has selected other rows, see `selected_refs`."""
    dropped = Signal(object, bool)
    """The selected rows are dropped at the row of a node: its reference, and whether below it."""
    drag_described = Signal(str)
    """What a drop would do, while rows are dragged; "" at the end."""

    def __init__(
        self, describe_drop: Callable[[NodeRef, bool], tuple[str, bool]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.drag = RowDrag(
            self,
            lambda item: _is_node(item) or _is_design(item),
            lambda item, below: describe_drop(item_row(item).ref, below),
            self._drop_target,
            self.drag_described.emit,
        )
        self.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self._handles_input = self._selection_differs = False
        self.itemSelectionChanged.connect(self._on_selection_changed)
        self.currentItemChanged.connect(self._on_selection_changed)

    def select_others(self, ref: NodeRef, names: Collection[str]) -> None:
        """Select exactly the row of a node and, if it is among these nodes of its design, theirs."""
        lead = self.item_at(ref)
        heading = None if lead is None else lead.parent()
        items = [] if lead is None else [lead]
        if heading is not None and ref[1] in names and len(names) > 1:
            items = [item for item in children_of(heading) if item_row(item).ref[1] in names]
        for item in self.selectedItems():
            if item not in items:
                item.setSelected(False)
        for item in items:
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
        refs = [item_row(item).ref for item in items if item is not lead and item.parent() is lead.parent()]
        return (item_row(lead).ref, *(refs if _is_node(lead) else ()))

    def selectAll(self) -> None:
        """Select all layers and blocks of the design of the current row."""
        current = self.currentItem()
        if current is None:
            return
        heading = current
        while (above := heading.parent()) is not None:
            heading = above
        nodes = children_of(heading)
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
            self.dropped.emit(item_row(target[0]).ref, target[1])
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

    def item_at(self, ref: NodeRef) -> QTreeWidgetItem | None:
        """The item of a node; None if there is none, as for the parts of a closed block."""
        for head in children_of(self.invisibleRootItem()):
            if item_row(head).ref[0] == ref[0]:
                nodes = children_of(head)
                parts = (part for node in nodes if node.childCount() for part in children_of(node))
                return next((item for item in (head, *nodes, *parts) if item_row(item).ref == ref), None)
        return None

    def heading_of(self, design: str) -> QTreeWidgetItem | None:
        """The item of a design itself."""
        heads = children_of(self.invisibleRootItem())
        return next((head for head in heads if item_row(head).ref[0] == design), None)

    def _drop_target(self, dragged: QTreeWidgetItem, target: DropTarget, at: QPoint) -> DropTarget:
        """A design is dropped above or below another one with all its rows, whichever is nearer."""
        if not _is_design(dragged):
            return target
        heading = target[0]
        while (above := heading.parent()) is not None:
            heading = above
        last = heading
        while last.isExpanded() and (rows := children_of(last)):
            last = rows[-1]
        middle = (self.visualItemRect(heading).top() + self.visualItemRect(last).bottom()) / 2
        return (last, True) if at.y() > middle else (heading, False)


def children_of(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    return [child for index in range(item.childCount()) if (child := item.child(index)) is not None]


def item_row(item: QTreeWidgetItem) -> DesignTreeRow:
    row: DesignTreeRow = item.data(0, ROW_ROLE)
    return row


def _is_node(item: QTreeWidgetItem) -> bool:
    """Whether this is the row of a layer or block, not of a design or of a part."""
    parent = item.parent()
    return parent is not None and item_row(parent).is_heading


def _is_design(item: QTreeWidgetItem) -> bool:
    """Whether this is the row of a design, not of the stem."""
    return item.parent() is None and bool(item_row(item).colour)

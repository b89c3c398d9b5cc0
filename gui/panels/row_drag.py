"""The drag of rows of the tree of designs: which row it is at, and the line that shows where a drop would put them."""

from collections.abc import Callable

from PySide6.QtCore import QLineF, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QPainter, QPalette, QPen
from PySide6.QtWidgets import QApplication, QTreeWidget, QTreeWidgetItem

_EDGE = 18
"""Pixels at the upper and lower end of the list in which a drag scrolls it."""
_SCROLL_MS = 60

DropTarget = tuple[QTreeWidgetItem, bool]
"""A row, and whether the drop is below it."""


class RowDrag(QObject):
    """A drag with the left button that begins on a draggable row; a small movement stays a click.

    Parameters
    ----------
    may_drag
        Whether a row can be dragged.
    describe
        Returns what a drop above or below a row would do, and True; or why there is no drop there, and False.
    target_of
        Returns where a drop at a row would put the dragged row, by its item and the mouse; usually at that row.
    report
        Called with what a drop would do at each move, and with "" at the end.
    """

    def __init__(
        self,
        tree: QTreeWidget,
        may_drag: Callable[[QTreeWidgetItem], bool],
        describe: Callable[[QTreeWidgetItem, bool], tuple[str, bool]],
        target_of: Callable[[QTreeWidgetItem, DropTarget, QPoint], DropTarget],
        report: Callable[[str], None],
    ) -> None:
        super().__init__(tree)
        self._tree, self._may_drag, self._describe, self._report = tree, may_drag, describe, report
        self._target_of = target_of
        self._start: QPoint | None = None
        self._item: QTreeWidgetItem | None = None
        """The row that is dragged."""
        self._at = QPoint()
        self.active = False
        self.target: DropTarget | None = None
        self._scrolling = QTimer(self, interval=_SCROLL_MS)
        self._scrolling.timeout.connect(self._scroll)

    def press(self, at: QPoint) -> None:
        """Remember where a drag could begin."""
        item = self._tree.itemAt(at)
        self._item = item if item is not None and self._may_drag(item) else None
        self._start = None if self._item is None else at

    def move(self, at: QPoint) -> bool:
        """Follow the mouse with its button down; returns whether a drag takes place or may begin."""
        if self._start is None:
            return False
        self._at = at
        if not self.active and (at - self._start).manhattanLength() >= QApplication.startDragDistance():
            self.active = True
            self._scrolling.start()
        if self.active:
            self._show_target()
        return True

    def end(self) -> DropTarget | None:
        """End the drag; returns where it drops."""
        target, was_active = self.target, self.active
        self._start, self._item, self.target, self.active = None, None, None, False
        self._scrolling.stop()
        if was_active:
            self._tree.viewport().unsetCursor()
            self._tree.viewport().update()
            self._report("")
        return target

    def _show_target(self) -> None:
        target = self._find_target()
        if target is not None and self._item is not None:
            target = self._target_of(self._item, target, self._at)
        text, is_allowed = ("", False) if target is None else self._describe(*target)
        self.target = target if is_allowed else None
        shape = Qt.CursorShape.ClosedHandCursor if is_allowed else Qt.CursorShape.ForbiddenCursor
        self._tree.viewport().setCursor(shape)
        self._report(text)
        self._tree.viewport().update()

    def _find_target(self) -> DropTarget | None:
        item = self._tree.itemAt(self._at)
        if item is None:  # below the last row
            last = self._tree.topLevelItem(self._tree.topLevelItemCount() - 1)
            while last is not None and last.isExpanded() and last.childCount():
                last = last.child(last.childCount() - 1)
            return None if last is None or self._at.y() < 0 else (last, True)
        return item, self._at.y() > self._tree.visualItemRect(item).center().y()

    def _scroll(self) -> None:
        bar, height = self._tree.verticalScrollBar(), self._tree.viewport().height()
        step = (self._at.y() > height - _EDGE) - (self._at.y() < _EDGE)
        if step:
            bar.setValue(bar.value() + step)
            self._show_target()

    def paint(self, painter: QPainter) -> None:
        """Draw the line at which the rows would be dropped."""
        if self.target is None:
            return
        item, below = self.target
        rect = self._tree.visualItemRect(item)
        y = rect.bottom() + 1 if below else rect.top()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._tree.palette().color(QPalette.ColorRole.Highlight), 2))
        painter.setBrush(self._tree.palette().color(QPalette.ColorRole.Base))
        painter.drawLine(QLineF(rect.left() + 6, y, rect.right() - 2, y))
        painter.drawEllipse(QPointF(rect.left() + 4, y), 3, 3)

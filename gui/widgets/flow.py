"""A layout of widgets in as few rows as the width allows."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Puts widgets side by side, their middles in line, and starts another row if the next one would not fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._heights: dict[int, int] = {}
        """Heights by width: a layout around this one asks for the same ones many times."""

    def invalidate(self) -> None:
        self._heights.clear()
        super().invalidate()

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)
        self._heights.clear()

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        self._heights.clear()
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if width not in self._heights:
            rects = self._item_rects(QRect(0, 0, width, 0))
            bottom = max((rect.bottom() + 1 for rect in rects), default=0)
            self._heights[width] = bottom + self.contentsMargins().bottom()
        return self._heights[width]

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Return a size in which each item fits on its own."""
        sizes = [item.minimumSize() for item in self._items]
        margins = self.contentsMargins()
        wide = max((size.width() for size in sizes), default=0) + margins.left() + margins.right()
        return QSize(wide, max((size.height() for size in sizes), default=0) + margins.top() + margins.bottom())

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        for item, item_rect in zip(self._items, self._item_rects(rect), strict=True):
            item.setGeometry(item_rect)

    def _item_rects(self, rect: QRect) -> list[QRect]:
        inner, gap = rect.marginsRemoved(self.contentsMargins()), self.spacing()
        rects: list[QRect] = []
        top = inner.top()
        for sizes in self._rows(inner.width()):
            left, height = inner.left(), max(size.height() for size in sizes)
            for size in sizes:
                at = QPoint(left, top + (height - size.height()) // 2)
                rects.append(QRect(at, QSize(min(size.width(), inner.width()), size.height())))
                left += size.width() + gap
            top += height + gap
        return rects

    def _rows(self, width: int) -> list[list[QSize]]:
        """The sizes of the items of each row of this width."""
        rows: list[list[QSize]] = []
        left = 0
        for size in (item.sizeHint() for item in self._items):
            if not rows or left + size.width() > width:
                rows.append([])
                left = 0
            rows[-1].append(size)
            left += size.width() + self.spacing()
        return rows

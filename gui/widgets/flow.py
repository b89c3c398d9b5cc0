"""Controls in as few rows as the width allows."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Puts widgets beside each other, and begins another row where they would not fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        placed = self._item_rects(QRect(0, 0, width, 0))
        bottom = max((rect.bottom() + 1 for rect in placed), default=0)
        return bottom + self.contentsMargins().bottom()

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """As wide as the widest of them."""
        sizes = [item.minimumSize() for item in self._items]
        margins = self.contentsMargins()
        wide = max((size.width() for size in sizes), default=0) + margins.left() + margins.right()
        return QSize(wide, max((size.height() for size in sizes), default=0) + margins.top() + margins.bottom())

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        for item, place in zip(self._items, self._item_rects(rect), strict=True):
            item.setGeometry(place)

    def _item_rects(self, rect: QRect) -> list[QRect]:
        """Where each item is."""
        room, gap = rect.marginsRemoved(self.contentsMargins()), self.spacing()
        left, top, high = room.left(), room.top(), 0
        placed = []
        for item in self._items:
            size = item.sizeHint()
            if left > room.left() and left + size.width() > room.right() + 1:
                left, top, high = room.left(), top + high + gap, 0
            placed.append(QRect(QPoint(left, top), QSize(min(size.width(), room.width()), size.height())))
            left, high = left + size.width() + gap, max(high, size.height())
        return placed

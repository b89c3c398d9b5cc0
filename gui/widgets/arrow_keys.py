"""Arrow keys between widgets that lie anywhere on a page: to the nearest one in their direction."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QWidget

ARROWS = {
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
}
"""Steps to the right and down."""


def nearest_part(page: QWidget, current: QWidget, parts: Sequence[QWidget], key: Qt.Key) -> QWidget | None:
    """The visible, enabled part that is nearest in the direction of a key; of equal ones the one that begins alike."""
    start, ways = _place_on(page, current), list[tuple[int, int, int]]()
    for number, part in enumerate(parts):
        if part is not current and part.isVisible() and part.isEnabled():
            ahead, aside, shift = _way(start, _place_on(page, part), *ARROWS[key])
            if ahead > 0:
                ways.append((ahead + 2 * aside, shift, number))
    return parts[min(ways)[2]] if ways else None


def _place_on(page: QWidget, part: QWidget) -> QRect:
    return part.rect().translated(part.mapTo(page, QPoint()))


def _way(start: QRect, end: QRect, right: int, down: int) -> tuple[int, int, int]:
    """How far one place is ahead of another in a direction, how far aside, and how its beginning is shifted."""
    way = end.center() - start.center()
    if down:
        gap = max(end.left() - start.right(), start.left() - end.right(), 0)
        return way.y() * down, gap, abs(end.left() - start.left())
    gap = max(end.top() - start.bottom(), start.top() - end.bottom(), 0)
    return way.x() * right, gap, abs(end.top() - start.top())

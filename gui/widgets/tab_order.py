"""The order of the Tab key: reading order, not the order in which widgets are created."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QScrollArea, QSplitter, QTabWidget, QWidget


def focusable_in_reading_order(widget: QWidget | None) -> Iterator[QWidget]:
    """Yield the widgets inside one that take the focus, in the order of its layouts."""
    if widget is None:
        return
    if isinstance(widget, QTabWidget):  # it takes the focus itself, for its bar
        yield widget.tabBar()
    if isinstance(widget, QTabWidget | QSplitter):  # what they hold is in no layout
        for index in range(widget.count()):
            yield from focusable_in_reading_order(widget.widget(index))
        return
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not isinstance(widget, QScrollArea):
        yield widget
        return
    if isinstance(widget, QScrollArea):
        yield from focusable_in_reading_order(widget.widget())
    layout = widget.layout()
    if layout is not None:
        yield from _layout_widgets(layout)


def _layout_widgets(layout: QLayout) -> Iterator[QWidget]:
    for index in range(layout.count()):
        item = layout.itemAt(index)
        if item is None:
            continue
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            yield from focusable_in_reading_order(widget)
        elif inner is not None:
            yield from _layout_widgets(inner)


def focusable_widgets(widgets: Iterable[QWidget]) -> list[QWidget]:
    """Return the widgets inside several that take the focus."""
    return [part for widget in widgets for part in focusable_in_reading_order(widget)]


def chain_tab_order(widgets: Sequence[QWidget]) -> None:
    """Make Tab go from each widget to the next."""
    for first, second in pairwise(widgets):
        QWidget.setTabOrder(first, second)


def focus_entry(part: QWidget) -> QWidget | None:
    """Return what had the focus last in a part of the window, else its main widget, else the first one."""
    known = [widget for widget in (part.focusWidget(), part.focusProxy()) if widget is not None]
    usable = (widget for widget in (*known, *focusable_in_reading_order(part)) if _is_usable(widget))
    return next(usable, None)


def _is_usable(widget: QWidget) -> bool:
    """Whether a widget can have the focus, and something of it or in it is visible."""
    return widget.isEnabled() and any(
        not part.visibleRegion().isEmpty() for part in (widget, *widget.findChildren(QWidget))
    )

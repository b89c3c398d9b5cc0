"""What is clipped in a window: labels, buttons, fields, tabs and headers that are smaller than their contents need."""

from collections.abc import Iterator

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLabel,
    QScrollBar,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QWidget,
)

_SIZED = (QLabel, QAbstractButton, QComboBox, QAbstractSpinBox)
"""Widgets that must be as large as they want to be, and visible as a whole."""


def clipped_widgets(window: QWidget) -> Iterator[str]:
    """Describe everything visible that is clipped."""
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and not widget.visibleRegion().isEmpty():
            text = "".join(_faults(widget))
            if text:
                yield f"{_name(widget)}: {text}"


def _faults(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, QTabBar):
        yield from _tab_faults(widget)
    elif isinstance(widget, QHeaderView):
        yield from _header_faults(widget)
    elif isinstance(widget, _SIZED):
        yield from _size_faults(widget)


def _size_faults(widget: QWidget) -> Iterator[str]:
    needed = widget.sizeHint()
    if isinstance(widget, QLabel) and widget.wordWrap():
        needed.setWidth(0)
        needed.setHeight(widget.heightForWidth(widget.width()))
    if isinstance(widget, QLabel) and widget.text() in ("", widget.toolTip()):
        return  # nothing to clip, or all of it is in the tool tip
    if isinstance(widget, QComboBox | QAbstractSpinBox):
        needed = widget.minimumSizeHint()
    if isinstance(widget, QComboBox) and (shown := _shown_text(widget)) != widget.currentText():
        yield f"{shown} instead of {widget.currentText()} "
    if widget.width() < needed.width() or widget.height() < needed.height():
        yield f"{widget.width()}×{widget.height()} of {needed.width()}×{needed.height()}"
    if not _scrolls(widget) and _visible_rect(widget) != widget.rect():
        yield f" visible only in {_visible_rect(widget).getRect()} of {widget.rect().getRect()}"


def _shown_text(box: QComboBox) -> str:
    """The current text of a combo box as it is painted: shortened by the box itself, or by Qt."""
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    part = QStyle.SubControl.SC_ComboBoxEditField
    room = box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, box).width()
    return box.fontMetrics().elidedText(option.currentText, Qt.TextElideMode.ElideRight, room)


def _visible_rect(widget: QWidget) -> QRect:
    """The part of a widget that its ancestors do not cut off."""
    rect, at = widget.rect(), widget
    while not at.isWindow():
        rect.translate(at.pos())
        at = at.parentWidget()
        rect &= at.rect()
    return rect.translated(widget.mapFrom(at, rect.topLeft()) - rect.topLeft())


def _scrolls(widget: QWidget) -> bool:
    """Whether a widget is in an area that scrolls."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea):
            bars: list[QScrollBar] = [parent.verticalScrollBar(), parent.horizontalScrollBar()]
            return any(bar.maximum() > 0 for bar in bars)
        parent = parent.parentWidget()
    return False


def _tab_faults(bar: QTabBar) -> Iterator[str]:
    for index in range(bar.count()):
        if bar.isTabVisible(index):
            room = bar.tabRect(index).intersected(bar.rect()).width()
            needed = bar.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, bar.tabText(index)).width() + 8
            if room < needed:
                yield f"tab {bar.tabText(index)} {room} of {needed} "


def _header_faults(header: QHeaderView) -> Iterator[str]:
    model = header.model()
    for section in range(header.count()):
        title = str(model.headerData(section, header.orientation()) or "")
        needed = max((header.fontMetrics().horizontalAdvance(line) for line in title.splitlines()), default=0) + 4
        if not header.isSectionHidden(section) and header.sectionSize(section) < needed:
            yield f"column {title} {header.sectionSize(section)} of {needed} "


def _name(widget: QWidget) -> str:
    text = getattr(widget, "text", str)
    name = widget.accessibleName() or widget.objectName() or str(text())
    return f"{type(widget).__name__} {name!r}"

"""The canvas of a drawing view: a GraphicsView with the mouse, keys and menu that all of them have in common."""

from collections.abc import Callable

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QToolTip, QWidget

from gui.graphics.zoom_box import ZOOM_STEP, ZoomBox
from gui.theme import Theme
from gui.widgets.plain_text import plain_tip


class Canvas(pg.GraphicsView):
    """A scene in pixels of the widget, with at least one zoom box.

    A click selects, a double click fits, hovering describes; + − 0 and Z zoom in, out, to the whole and to the
    selection. Right-click opens the menu of the actions that the window has added.
    """

    hovered = Signal(str)
    """Text of the status bar for what is under the mouse."""

    def __init__(self, name: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=theme.base)
        self._theme = theme
        self._hover_text = ""
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        self.setAccessibleName(name)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.sceneObj.sigMouseClicked.connect(self._on_scene_clicked)
        self.keys: dict[int, Callable[[], None]] = {
            **dict.fromkeys((Qt.Key.Key_Plus, Qt.Key.Key_Equal), self.zoom_in),
            Qt.Key.Key_Minus: self.zoom_out,
            Qt.Key.Key_0: self.fit,
            Qt.Key.Key_Z: self.zoom_to_selection,
        }
        """What keys without modifiers do."""

    # For subclasses

    @property
    def zoom_box(self) -> ZoomBox:
        """The box that keys and commands zoom, and all linked ones with it."""
        raise NotImplementedError  # each canvas has it; the metaclass of Qt rules out ABC

    def describe(self, point: QPointF) -> str:
        """Describe what is at a point of the widget, for the status bar; "" for nothing."""
        raise NotImplementedError  # each canvas has it; the metaclass of Qt rules out ABC

    def tip(self, point: QPointF) -> str:
        """The tool tip at a point of the widget."""
        return ""

    def click(self, point: QPointF) -> None:
        """Select what is at a point of the widget."""

    def click_more(self, point: QPointF) -> None:
        """Add what is at a point to the selection, or take it out: a click with Ctrl or Shift."""
        self.click(point)

    def double_click(self, point: QPointF) -> None:
        self.fit()

    def zoom_to_selection(self) -> None:
        """Zoom to the selection."""

    # Zoom

    def zoom_in(self) -> None:
        self.zoom_box.zoom_by(ZOOM_STEP)

    def zoom_out(self) -> None:
        self.zoom_box.zoom_by(1 / ZOOM_STEP)

    def fit(self) -> None:
        """Show the whole picture."""
        self.zoom_box.fit()

    # Look

    def show_theme(self, theme: Theme) -> None:
        if theme is not self._theme:
            self._theme = theme
            self.setBackground(theme.base)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))
            painter.end()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    # Mouse and keys

    def _on_scene_clicked(self, event: MouseClickEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not event.isAccepted():
            more = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
            (self.click_more if event.modifiers() & more else self.click)(QPointF(event.scenePos()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        event.accept()  # what no item wants is not the parent's either

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # Not the scene's, which would take its release for another click.
        self.sceneObj.clickEvents.clear()
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_click(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if not event.buttons():
            self._report_hover(self.describe(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._report_hover("")

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._report_hover("")  # the mouse leaves nothing that is hidden by a key

    def _report_hover(self, text: str) -> None:
        if text != self._hover_text:
            self._hover_text = text
            self.hovered.emit(text)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain_tip(self.tip(QPointF(event.pos()))), self)
            return True
        return bool(super().viewportEvent(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Not the scene's: there, a ViewBox would zoom by keys of its own.
        modifiers = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
        act = None if modifiers else self.keys.get(event.key())
        if act is None:
            event.ignore()
        else:
            act()

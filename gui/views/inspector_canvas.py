"""The canvas of the Inspector view: paints the figure and handles mouse and keys."""

from math import ceil, inf

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.graphics.text_scale import text_scale
from gui.paint.inspector import sums
from gui.paint.inspector.content import InspectorContent
from gui.paint.inspector.description import describe_inspector
from gui.paint.inspector.drawing import InspectorLayout, draw_inspector, hit_inspector, lay_out_inspector
from gui.paint.inspector.part_drawing import InspectorHit
from gui.theme import THEMES
from gui.views.step_keys import KEY_STEPS


class InspectorCanvas(QWidget):
    """A click selects what is under the mouse; arrows step through positions, page keys through maps; Space plays.

    1 to 9 select the input channels with the largest sums, as clicks on their bars do.
    """

    focus_requested = Signal(object)
    """The requested Focus."""
    step_requested = Signal(object)
    """Numbers of channels, rows and columns to step."""
    play_requested = Signal()
    """Start or stop playing."""
    hovered = Signal(str)

    def __init__(self, content: InspectorContent) -> None:
        super().__init__()
        self.content = content
        self._layout: InspectorLayout | None = None
        """Cached layout, computed on demand."""
        self._width = 0
        """The width of the cached layout."""
        self._visible_height = inf
        """The height that is visible without scrolling."""
        self._hover_text = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Inspector")
        self.setAccessibleDescription(describe_inspector(content))

    def show_content(self, content: InspectorContent) -> None:
        self.content, self._layout = content, None
        self.setAccessibleDescription(describe_inspector(content))
        self.update()

    def show_height(self, height: int) -> None:
        """Lay out the figure so that what matters most is within a height."""
        if height != self._visible_height:
            self._visible_height, self._layout = height, None

    def height_for(self, width: int) -> int:
        """Return the height that the figure needs at a width, in pixels."""
        return ceil(self.layout_for(width).height)

    def head_height(self) -> float:
        """Return the current height of the first part of the figure."""
        return self.layout_for(self.width()).part_rects[0][1].height()

    def layout_for(self, width: int) -> InspectorLayout:
        """Return the layout at a width."""
        if self._layout is None or self._width != width:
            self._width = width
            self._layout = lay_out_inspector(self.content, max(width, 1), self._visible_height, text_scale(self))
        return self._layout

    def hit_at(self, point: QPointF) -> InspectorHit | None:
        """Return what is at a point."""
        return hit_inspector(self.content, self.layout_for(self.width()), point)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = THEMES[self.content.look.theme]
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(theme.base))
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        draw_inspector(painter, self.content, self.layout_for(self.width()), theme, QRectF(event.rect()))
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hit = self.hit_at(event.position())
        self._report_hover("" if hit is None else hit.text)
        self._show_term(None if hit is None else hit.term)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        hit = self.hit_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and hit is not None and hit.focus is not None:
            self.focus_requested.emit(hit.focus)

    def leaveEvent(self, event: QEvent) -> None:
        self._report_hover("")
        if self.content.selected_term is not None:
            self.show_content(replace(self.content, selected_term=None))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._report_hover("")  # the mouse leaves nothing that is hidden by a key

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in KEY_STEPS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.step_requested.emit(KEY_STEPS[event.key()])
        elif event.key() == Qt.Key.Key_Space:
            self.play_requested.emit()
        elif Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9:
            self._select_term(event.key() - Qt.Key.Key_1)
        else:
            super().keyPressEvent(event)

    def _select_term(self, rank: int) -> None:
        """Select the input channel whose bar has this rank from the top."""
        terms = [row.term for row in sums.sum_bars(self.content) if row.term is not None]
        if rank < len(terms):
            self.focus_requested.emit(self.content.term_focus(terms[rank]))

    def _report_hover(self, text: str) -> None:
        if text != self._hover_text:
            self._hover_text = text
            self.hovered.emit(text)

    def _show_term(self, term: int | None) -> None:
        """Show the patch of the term under the mouse until the mouse reaches another term or leaves."""
        if term is not None and term != self.content.selected_term:
            self.show_content(replace(self.content, selected_term=term))

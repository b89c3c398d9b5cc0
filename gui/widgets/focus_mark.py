"""The mark around the widget with the keyboard focus: styles mark some widgets hardly, and some not at all."""

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QApplication, QWidget

_WIDTH = 2
"""Width in pixels of the line, which is outside the widget if there is space."""
_CHANGES = (
    QEvent.Type.Move,
    QEvent.Type.Resize,
    QEvent.Type.Show,
    QEvent.Type.Hide,
    QEvent.Type.ParentChange,
    QEvent.Type.ZOrderChange,
)


class FocusMark(QWidget):
    """A frame over a window that follows the focus once keys have moved it, until a click moves it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._is_active = False
        """Whether keys have moved the focus last."""
        self._watched: list[QWidget] = []
        """The widget with the focus and its ancestors in the window."""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_app_focus_changed)

    def begin(self) -> None:
        """Keys move the focus: mark where it is from now on."""
        self._is_active = True

    def _on_app_focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        if QApplication.mouseButtons():
            self._is_active = False
        for watched in self._watched:
            watched.removeEventFilter(self)
        self._watched = []
        widget = now if self._is_active and now is not None and self._window.isAncestorOf(now) else None
        while widget is not None and widget is not self._window:
            self._watched.append(widget)
            widget.installEventFilter(self)
            widget = widget.parentWidget()
        self._follow()

    def _follow(self) -> None:
        """Surround what is visible of the widget."""
        visible = self._visible_rect()
        if visible.isEmpty():
            self.hide()
            return
        outside = visible.adjusted(-_WIDTH, -_WIDTH, _WIDTH, _WIDTH) & self._window.rect()
        self.setGeometry(outside)
        inner = self.rect().adjusted(_WIDTH, _WIDTH, -_WIDTH, -_WIDTH)
        self.setMask(QRegion(self.rect()) - QRegion(inner))
        self.show()
        self.raise_()

    def _visible_rect(self) -> QRect:
        """The part of the widget that its ancestors do not cut off, in the window; empty if none is visible."""
        if not self._watched or not self._watched[0].isVisible():
            return QRect()
        rect = self._watched[0].rect()
        for widget in self._watched:
            rect = rect.intersected(widget.rect()).translated(widget.pos())
        return rect

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _CHANGES:
            self._follow()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(self.palette().highlight(), 2 * _WIDTH))
        painter.drawRect(self.rect())
        painter.end()

"""A frame drawn over the window around what a step of a lesson points at; it lets the mouse through."""

from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import QEasingCurve, QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer, QVariantAnimation
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

_LINE, _GAP, _RADIUS = 2.5, 2, 5.0
_REACH = 10
"""Pixels around the frame in which it pulses."""
_PULSES = 2
_CHANGES = (
    QEvent.Type.Move,
    QEvent.Type.Resize,
    QEvent.Type.Show,
    QEvent.Type.Hide,
    QEvent.Type.Paint,
    QEvent.Type.ParentChange,
    QEvent.Type.ZOrderChange,
)
"""Events after which what is framed may be somewhere else: zooming and scrolling paint."""


class HighlightFrame(QWidget):
    """Surrounds a part of a widget, wherever that goes; it is hidden while nothing of it is visible.

    Parameters
    ----------
    widget
        The widget, such as the drawing of the volumes.
    find
        Returns the part in pixels of the widget; empty if it is not there now.
    """

    pulse_milliseconds: ClassVar[int] = 700
    """Duration of each pulse as the frame appears; 0 for none."""

    def __init__(self, window: QWidget, widget: QWidget, find: Callable[[], QRect]) -> None:
        super().__init__(window)
        self._window, self._widget, self._find = window, widget, find
        self._pulse = 0.0
        """How far the frame is beyond its place now, from 0 to 1."""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.follow)
        self._motion = QVariantAnimation(self, startValue=0.0, endValue=1.0)
        self._motion.setEasingCurve(QEasingCurve.Type.SineCurve)
        self._motion.setLoopCount(_PULSES)
        self._motion.valueChanged.connect(self._on_motion_value_changed)
        self._watched: list[QWidget] = []
        """The widget and its ancestors in the window, which are others in another layout."""
        self._soon.start()

    @property
    def framed(self) -> QRect:
        """What is framed, in the window; empty if nothing of it is visible."""
        part = self._find() & self._widget.rect()
        at = self._widget
        while not part.isEmpty() and at is not self._window:
            if not at.isVisible():
                return QRect()
            part.translate(at.pos())
            parent = at.parentWidget()
            if parent is None:
                return QRect()
            at, part = parent, part & parent.rect()
        return part

    def follow(self) -> None:
        """Go where the part is now."""
        self._watch()
        part = self.framed
        if part.isEmpty():
            self.hide()
            return
        around = part.adjusted(-_REACH, -_REACH, _REACH, _REACH)
        if around == self.geometry() and not self.isHidden():
            return  # painting this again would paint what is below again, and so on
        is_new = self.isHidden()
        self.setGeometry(around)
        self.show()
        self.raise_()
        if is_new and self.pulse_milliseconds:
            self._motion.setDuration(self.pulse_milliseconds)
            self._motion.start()

    def _watch(self) -> None:
        """Watch the widget and its ancestors."""
        chain: list[QWidget] = []
        at: QWidget | None = self._widget
        while at is not None:
            chain.append(at)
            at = None if at is self._window else at.parentWidget()
        if chain != self._watched:
            self._unwatch()
            self._watched = chain
            for widget in chain:
                widget.installEventFilter(self)

    def _unwatch(self) -> None:
        for widget in self._watched:
            if isValid(widget):  # Qt deletes the docks of an earlier layout
                widget.removeEventFilter(self)
        self._watched = []

    def remove(self) -> None:
        """Take the frame away."""
        self._motion.stop()
        self._soon.stop()
        self._unwatch()
        self.hide()
        self.deleteLater()

    def _on_motion_value_changed(self, value: float) -> None:
        self._pulse = value
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _CHANGES and not self._soon.isActive():
            self._soon.start()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        gap = _GAP + self._pulse * (_REACH - _GAP - _LINE)
        inner = QRectF(self.rect()).adjusted(_REACH - gap, _REACH - gap, gap - _REACH, gap - _REACH)
        window = QRectF(self.mapFrom(self._window, QPoint()), self._window.size())
        inner &= window.adjusted(_LINE, _LINE, -_LINE, -_LINE)
        painter.setPen(QPen(self.palette().highlight(), _LINE))
        painter.drawRoundedRect(inner, _RADIUS, _RADIUS)
        painter.end()

"""Glyphs of buttons, drawn as paths: they follow the palette and the resolution of the screen."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QActionEvent, QColor, QIcon, QPainter, QPainterPath, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyleOptionToolButton, QStylePainter, QToolButton, QWidget

_DrawGlyph = Callable[[QPainterPath], None]
"""Adds the lines of a glyph to a path, in a square of 16×16."""


def _plus(path: QPainterPath) -> None:
    _add_lines(path, (8, 3), (8, 13))
    _add_lines(path, (3, 8), (13, 8))


def _up(path: QPainterPath) -> None:
    _add_lines(path, (8, 13), (8, 3))
    _add_lines(path, (4, 7), (8, 3), (12, 7))


def _down(path: QPainterPath) -> None:
    _add_lines(path, (8, 3), (8, 13))
    _add_lines(path, (4, 9), (8, 13), (12, 9))


def _copy(path: QPainterPath) -> None:
    path.addRect(QRectF(6, 6, 7.5, 7.5))
    _add_lines(path, (3, 10), (2.5, 10), (2.5, 2.5), (10, 2.5), (10, 3))


def _remove(path: QPainterPath) -> None:
    _add_lines(path, (2.5, 4.5), (13.5, 4.5))
    _add_lines(path, (6, 4), (6, 2.5), (10, 2.5), (10, 4))
    _add_lines(path, (4, 5), (4.7, 13.5), (11.3, 13.5), (12, 5))
    _add_lines(path, (6.8, 7), (7, 11.5))
    _add_lines(path, (9.2, 7), (9, 11.5))


def _rename(path: QPainterPath) -> None:
    _add_lines(path, (2.5, 13.5), (3.5, 10), (11, 2.5), (13.5, 5), (6, 12.5), (2.5, 13.5))
    _add_lines(path, (9.2, 4.3), (11.7, 6.8))


def _link(path: QPainterPath) -> None:
    path.addRoundedRect(QRectF(1.5, 5.5, 7.5, 5), 2.5, 2.5)
    path.addRoundedRect(QRectF(7, 5.5, 7.5, 5), 2.5, 2.5)


def _folder(path: QPainterPath) -> None:
    _add_lines(path, (1.5, 13), (1.5, 3.5), (6, 3.5), (7.5, 5.5), (14.5, 5.5), (14.5, 13), (1.5, 13))


def _close(path: QPainterPath) -> None:
    _add_lines(path, (4, 4), (12, 12))
    _add_lines(path, (12, 4), (4, 12))


def _axis(path: QPainterPath) -> None:
    _add_lines(path, (3, 12), (13, 12))
    for x, top in ((3, 9.5), (8, 6.5), (13, 3.5)):
        _add_lines(path, (x, 12), (x, top))


_GLYPHS: dict[str, _DrawGlyph] = {
    "plus": _plus,
    "close": _close,
    "up": _up,
    "down": _down,
    "copy": _copy,
    "remove": _remove,
    "rename": _rename,
    "link": _link,
    "folder": _folder,
    "axis": _axis,
}


def _add_lines(path: QPainterPath, *points: tuple[float, float]) -> None:
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)


def paint_glyph(painter: QPainter, name: str, rect: QRectF, colour: QColor) -> None:
    """Draw a glyph in the largest square in the middle of `rect`."""
    path = QPainterPath()
    _GLYPHS[name](path)
    side = min(rect.width(), rect.height())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.center() - QPointF(side / 2, side / 2))
    painter.scale(side / 16, side / 16)
    pen = QPen(colour, 1.4)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.restore()


def paint_mistake(painter: QPainter, rect: QRectF, colour: QColor, ground: QColor) -> None:
    """Draw the sign of a mistake: a filled disc with an exclamation mark."""
    side = min(rect.width(), rect.height())
    centre = rect.center()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(centre, side / 2, side / 2)
    painter.setBrush(ground)
    painter.drawRoundedRect(QRectF(centre.x() - side * 0.07, centre.y() - side * 0.3, side * 0.14, side * 0.36), 1, 1)
    painter.drawEllipse(centre + QPointF(0, side * 0.24), side * 0.085, side * 0.085)
    painter.restore()


def mistake_icon(colour: QColor, ground: QColor, side: int = 16) -> QIcon:
    """Return the sign of a mistake as an icon, sharp on screens with a pixel ratio of up to 2."""
    pixmap = QPixmap(2 * side, 2 * side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_mistake(painter, QRectF(2, 2, 2 * side - 4, 2 * side - 4), colour, ground)
    painter.end()
    pixmap.setDevicePixelRatio(2)
    return QIcon(pixmap)


class GlyphButton(QToolButton):
    """A button with a glyph; its tool tip is also its name for screen readers.

    A default action determines its tool tip and whether it is enabled.
    """

    def __init__(self, glyph: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.glyph = glyph
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_tip(tip)

    def set_tip(self, tip: str) -> None:
        self.setToolTip(tip)
        self.setAccessibleName(tip.partition(" (")[0])

    def actionEvent(self, event: QActionEvent) -> None:
        super().actionEvent(event)
        if event.action() is self.defaultAction():
            self.set_tip(event.action().toolTip())

    def sizeHint(self) -> QSize:
        side = self.fontMetrics().height() + 8
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        option.text = ""  # set by the default action
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        group = QPalette.ColorGroup.Normal if self.isEnabled() else QPalette.ColorGroup.Disabled
        colour = self.palette().color(group, QPalette.ColorRole.ButtonText)
        if not self.isEnabled():
            colour.setAlphaF(0.4)
        side = self.fontMetrics().height()
        box = QRectF(0, 0, side, side)
        box.moveCenter(QRectF(self.rect()).center())
        paint_glyph(painter, self.glyph, box, colour)

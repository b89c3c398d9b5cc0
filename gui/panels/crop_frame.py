"""A photo with the part of it that is used: a frame to be dragged by its inside, its edges and its corners."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QCursor,
    QFocusEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.state.crop import HANDLES, MOVE, Crop, Handle, crop_text, drag_crop, scale_crop
from gui.widgets.picture_box import fitted

_REACH = 9
"""Pixels around an edge or corner from which it is dragged."""
_GRIP = 7
"""Side of the squares that show where."""
_TALLEST, _LOWEST, _SHARE = 11, 5, 0.7
"""Height of the widget in lines of text, at most and at least; in a wide panel up to this share of its width."""
_STEPS = 100
"""Steps of an arrow key along the longer side of a photo; with Ctrl it is one pixel."""
_GROWTH = 1.05
_SHADE, _DARK, _BRIGHT = QColor(0, 0, 0, 150), QColor(0, 0, 0, 200), QColor(255, 255, 255)
_ARROWS = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}
_FACTORS = {Qt.Key.Key_Plus: _GROWTH, Qt.Key.Key_Equal: _GROWTH, Qt.Key.Key_Minus: 1 / _GROWTH}
_SHAPES = Qt.CursorShape
_CURSORS = {
    MOVE: _SHAPES.SizeAllCursor,
    **{handle: _SHAPES.SizeVerCursor for handle in HANDLES if not handle.horizontal},
    **{handle: _SHAPES.SizeHorCursor for handle in HANDLES if not handle.vertical},
    **{handle: _SHAPES.SizeFDiagCursor for handle in HANDLES if handle.vertical * handle.horizontal > 0},
    **{handle: _SHAPES.SizeBDiagCursor for handle in HANDLES if handle.vertical * handle.horizontal < 0},
}
_TIP = (
    "The part of the photo that the network receives. Drag it to move it; drag an edge or a corner to resize it, "
    "with Shift to another aspect ratio; drag outside it to draw another.\n"
    "Arrow keys move it, with Ctrl by one pixel; + and − resize it; 0 or a double click takes the largest part."
)


class _Drag:
    """A drag in progress: where it began, and the crop then."""

    def __init__(self, start: Crop, handle: Handle | None, at: QPointF) -> None:
        self.start, self.handle, self.at = start, handle, at


class CropFrame(QWidget):
    """Shows a crop and reports how it is dragged; it changes only when another one is shown."""

    changed = Signal(object)
    """The `Crop` that the user has dragged to."""
    cleared = Signal()
    """The user takes the largest part."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._photo = (1, 1)
        self._crop = Crop(0, 0, 1, 1)
        self._aspect = 1.0
        self._drag: _Drag | None = None
        self.setAccessibleName("Crop of the photo")
        self.setToolTip(_TIP)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def crop(self) -> Crop:
        return self._crop

    @property
    def image(self) -> QImage:
        return self._image

    def show_photo(self, image: QImage, size: tuple[int, int]) -> None:
        """Show another photo, whose full size (height, width) may be larger than the picture of it."""
        if size != self._photo:
            self._photo = size
            self.updateGeometry()
        self._image = image
        self.update()

    def show_crop(self, crop: Crop, aspect: float) -> None:
        """Show a crop, which keeps an aspect (width ÷ height) when it is dragged."""
        if (crop, aspect) != (self._crop, self._aspect):
            self._crop, self._aspect = crop, aspect
            self.setAccessibleDescription(crop_text(crop, aspect))
            self.update()

    def part(self) -> QImage:
        """The pixels of the crop in the picture of the photo."""
        y, x = self._image.height() / self._photo[0], self._image.width() / self._photo[1]
        top, left, height, width = self._crop
        return self._image.copy(round(x * left), round(y * top), max(1, round(x * width)), max(1, round(y * height)))

    # Geometry

    def sizeHint(self) -> QSize:
        width = 14 * self.fontMetrics().height()
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, _LOWEST * self.fontMetrics().height())

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        line = self.fontMetrics().height()
        height, photo_width = self._photo
        tallest = max(_TALLEST * line, round(_SHARE * width))
        return min(max(round(width * height / photo_width) + _GRIP, _LOWEST * line), tallest)

    @property
    def place(self) -> QRectF:
        """Where the photo is."""
        margin = _GRIP / 2 + 1
        return fitted(
            QSize(self._photo[1], self._photo[0]), QRectF(self.rect()).adjusted(margin, margin, -margin, -margin)
        )

    def frame(self) -> QRectF:
        """Where the crop is."""
        place, (height, width) = self.place, self._photo
        x, y = place.width() / width, place.height() / height
        crop = self._crop
        return QRectF(place.left() + x * crop.left, place.top() + y * crop.top, x * crop.width, y * crop.height)

    def grip(self, handle: Handle) -> QPointF:
        """The middle of an edge, or a corner."""
        frame = self.frame()
        centre = frame.center()
        return QPointF(
            centre.x() + handle.horizontal * frame.width() / 2, centre.y() + handle.vertical * frame.height() / 2
        )

    def _handle_at(self, at: QPointF) -> Handle | None:
        """What a drag from there drags: an edge, a corner, the crop, or None: another crop is drawn."""
        frame = self.frame()
        if not frame.adjusted(-_REACH, -_REACH, _REACH, _REACH).contains(at):
            return None
        # A small frame can still be moved by its inside.
        reach = QPointF(min(_REACH, frame.width() / 4), min(_REACH, frame.height() / 4))
        vertical = (at.y() > frame.bottom() - reach.y()) - (at.y() < frame.top() + reach.y())
        horizontal = (at.x() > frame.right() - reach.x()) - (at.x() < frame.left() + reach.x())
        return Handle(vertical, horizontal)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self._image.isNull():
            at = event.position()
            handle = self._handle_at(at)
            self._drag = _Drag(self._crop if handle is not None else self._empty_crop(at), handle, at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at, drag = event.position(), self._drag
        if drag is None:
            self._show_cursor(at)
            return
        place, (height, width) = self.place, self._photo
        down = (at.y() - drag.at.y()) * height / place.height()
        right = (at.x() - drag.at.x()) * width / place.width()
        if drag.handle is None:
            far = (at - drag.at).manhattanLength() >= QGuiApplication.styleHints().startDragDistance()
            if not far:
                return
        handle = drag.handle if drag.handle is not None else Handle(1 if down >= 0 else -1, 1 if right >= 0 else -1)
        is_free = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._propose(drag_crop(drag.start, handle, down, right, self._photo, None if is_free else self._aspect))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        self._show_cursor(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        if event.button() == Qt.MouseButton.LeftButton:
            self.cleared.emit()

    def _empty_crop(self, at: QPointF) -> Crop:
        """A crop without pixels where the drag of another one begins."""
        place, (height, width) = self.place, self._photo
        top = round((at.y() - place.top()) * height / place.height())
        left = round((at.x() - place.left()) * width / place.width())
        return Crop(min(max(top, 0), height - 1), min(max(left, 0), width - 1), 0, 0)

    def _show_cursor(self, at: QPointF) -> None:
        handle = None if self._image.isNull() else self._handle_at(at)
        self.setCursor(QCursor(_SHAPES.CrossCursor if handle is None else _CURSORS[handle]))

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _ARROWS:
            by_pixel = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            step = 1 if by_pixel else max(1, max(self._photo) // _STEPS)
            down, right = (step * direction for direction in _ARROWS[key])
            self._propose(drag_crop(self._crop, MOVE, down, right, self._photo))
        elif key in _FACTORS:
            self._propose(scale_crop(self._crop, _FACTORS[key], self._photo, self._aspect))
        elif key == Qt.Key.Key_0:
            self.cleared.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _propose(self, crop: Crop) -> None:
        if crop != self._crop and not self._image.isNull():
            self.changed.emit(crop)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        place = self.place
        if self._image.isNull():
            painter.fillRect(place, self.palette().midlight())
            return
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        painter.drawImage(place, self._image)
        frame = self.frame()
        outside = QPainterPath()
        outside.addRect(place)
        outside.addRect(frame)
        painter.fillPath(outside, _SHADE)  # the crop is within the photo: filled by turns
        # Dark beside bright, so that the frame is visible on every photo.
        bright = self.palette().highlight().color() if self.hasFocus() else _BRIGHT
        painter.setPen(QPen(_DARK, 3.0))
        painter.drawRect(frame)
        painter.setPen(QPen(bright, 1.5))
        painter.drawRect(frame)
        painter.setPen(QPen(_DARK, 1.0))
        painter.setBrush(bright)
        for handle in HANDLES:
            grip = self.grip(handle)
            painter.drawRect(QRectF(grip.x() - _GRIP / 2, grip.y() - _GRIP / 2, _GRIP, _GRIP))

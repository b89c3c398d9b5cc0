"""A button with a picture, a title and details: above each other, or side by side."""

from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from gui.widgets.picture_box import fitted
from gui.widgets.plain_text import plain_tip

_PADDING = 0.5
"""Around picture and texts, in lines of text, in which all sizes are."""
_GAP = 0.4
"""The same below a large title."""
_WIDEST = 36.0
"""Greatest width of texts beside the picture."""
_RADIUS = 6.0


class CardForm(Struct, frozen=True):
    """The form of a card; sizes are in lines of text, so that it grows with the font."""

    picture: tuple[float, float]
    """Width and height of the picture."""
    title_lines: int
    """At most; the details have what the title leaves of all lines."""
    lines: int
    title_size: float = 1.0
    """Size of the title relative to the font."""
    beside: float | None = None
    """Width from which the texts are beside the picture; None: always above each other."""
    fills: bool = False
    """Whether the card is as wide as its place, not only as its picture."""


class _Places(Struct, frozen=True):
    picture: QRect
    texts: QRect
    height: int


class PictureCard(QAbstractButton):
    """Shows a placeholder until there is a picture. Enter and Space press it."""

    def __init__(self, form: CardForm, title: str, details: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = form
        self.details = tuple(details)
        self._image = QImage()
        self._scale = 1.0
        self._text_heights: dict[int, int] = {}
        """By width, as layouts ask again and again; forgotten with the texts and the font."""
        self.setText(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(form.fills)
        self.setSizePolicy(policy)
        self._describe()

    def set_details(self, details: Sequence[str]) -> None:
        if tuple(details) != self.details:
            self.details = tuple(details)
            self._text_heights.clear()
            self._describe()
            self.updateGeometry()
            self.update()

    @property
    def image(self) -> QImage:
        return self._image

    def show_image(self, image: QImage) -> None:
        self._image = image
        self.update()

    def set_scale(self, scale: float) -> None:
        """Enlarge the picture."""
        if scale != self._scale:
            self._scale = scale
            self.updateGeometry()

    def picture_size(self) -> QSize:
        """The size of the picture in pixels of the window."""
        width, height = (round(self._scale * length * self._line) for length in self.form.picture)
        return QSize(width, height)

    def _describe(self) -> None:
        self.setAccessibleName(self.text())
        self.setAccessibleDescription("\n".join(self.details))
        self.setToolTip(plain_tip("\n".join((self.text(), *self.details))))

    # Geometry

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.form.beside is not None:  # no wider than its picture and its texts
            self.setMaximumWidth(self.picture_size().width() + round((_WIDEST + 3 * _PADDING) * self._line))

    @property
    def _line(self) -> int:
        return self.fontMetrics().height()

    @property
    def _gap(self) -> int:
        """Between the title and the details."""
        return round(_GAP * self._line * self.form.title_size) if self.form.title_size > 1 else 0

    def _title_font(self) -> QFont:
        font = self.font()
        font.setBold(True)
        if font.pixelSize() > 0:
            font.setPixelSize(round(font.pixelSize() * self.form.title_size))
        else:
            font.setPointSizeF(font.pointSizeF() * self.form.title_size)
        return font

    def _places(self, width: int) -> _Places:
        line, form = self._line, self.form
        padding, picture = round(_PADDING * line), self.picture_size()
        if form.beside is not None and width >= (form.beside + (self._scale - 1) * form.picture[0]) * line:
            left = 2 * padding + picture.width()
            text_width = max(1, min(width - left - padding, round(_WIDEST * line)))
            height = max(picture.height(), self._text_height(text_width)) + 2 * padding
            top = (height - picture.height()) // 2
            texts = QRect(left, padding, text_width, height - 2 * padding)
            return _Places(QRect(padding, top, picture.width(), picture.height()), texts, height)
        wide = max(1, width - 2 * padding)
        tall = round(wide * picture.height() / max(picture.width(), 1))
        top, text_height = 2 * padding + tall, self._text_height(wide)
        return _Places(
            QRect(padding, padding, wide, tall), QRect(padding, top, wide, text_height), top + text_height + padding
        )

    def sizeHint(self) -> QSize:
        line = self._line
        if self.form.beside is not None:
            width = round(max(self.form.beside, self._scale * self.form.picture[0]) * line)
        else:
            width = self.picture_size().width() + 2 * round(_PADDING * line)
        return QSize(width, self._places(width).height)

    def minimumSizeHint(self) -> QSize:
        if not self.form.fills:
            return self.sizeHint()
        width = round(8 * self._line)
        return QSize(width, self._places(width).height if self.form.beside is None else self._line)

    def hasHeightForWidth(self) -> bool:
        return self.form.fills

    def heightForWidth(self, width: int) -> int:
        return self._places(width).height

    def _text_height(self, width: int) -> int:
        """The height of the texts; of cards side by side that of as many lines as they may have."""
        if width not in self._text_heights:
            self._text_heights[width] = self._measured_text_height(width)
        return self._text_heights[width]

    def _measured_text_height(self, width: int) -> int:
        title, spacing = QFontMetrics(self._title_font()), self.fontMetrics().lineSpacing()
        titles, lines = self.form.title_lines, self.form.lines
        if self.form.fills:
            titles = len(_lines((self.text(),), title, width, titles))
            lines = titles + len(_lines(self.details, self.fontMetrics(), width, lines - titles))
        return titles * title.lineSpacing() + (lines - titles) * spacing + self._gap

    # Keys and painting

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._text_heights.clear()
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, palette = QPainter(self), self.palette()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        places = self._places(self.width())
        is_lit = self.isEnabled() and (self.hasFocus() or self.underMouse())
        width = 2.0 if is_lit else 1.0
        frame = QRectF(self.rect()).adjusted(width / 2, width / 2, -width / 2, -width / 2)
        painter.setPen(QPen(palette.highlight().color() if is_lit else palette.mid().color(), width))
        painter.setBrush(palette.midlight() if self.isDown() else palette.base())
        painter.drawRoundedRect(frame, _RADIUS, _RADIUS)
        self._paint_picture(painter, places.picture)
        self._paint_texts(painter, places.texts)

    def _paint_picture(self, painter: QPainter, place: QRect) -> None:
        if self._image.isNull():
            painter.fillRect(place, self.palette().window())
            return
        clip = QPainterPath()
        clip.addRect(QRectF(place))
        painter.save()
        painter.setClipPath(clip)
        painter.setOpacity(1.0 if self.isEnabled() else 0.4)
        painter.drawImage(fitted(self._image.size(), QRectF(place)), self._image)
        painter.restore()

    def _paint_texts(self, painter: QPainter, place: QRect) -> None:
        palette, title_font = self.palette(), self._title_font()
        titles = _lines((self.text(),), QFontMetrics(title_font), place.width(), self.form.title_lines)
        details = _lines(self.details, self.fontMetrics(), place.width(), self.form.lines - len(titles))
        parts = (
            (title_font, palette.text() if self.isEnabled() else palette.placeholderText(), titles),
            (self.font(), palette.placeholderText(), details),
        )
        top = place.top()
        if place.left() > self.picture_size().width():  # beside the picture: in the middle of its height
            top += max(0, (place.height() - self._text_height(place.width())) // 2)
        for font, colour, lines in parts:
            painter.setFont(font)
            painter.setPen(QPen(colour.color()))
            metrics = QFontMetrics(font)
            for line in lines:
                painter.drawText(place.left(), top + metrics.ascent(), line)
                top += metrics.lineSpacing()
            top += self._gap


def _lines(texts: Sequence[str], metrics: QFontMetrics, width: int, most: int) -> list[str]:
    """Wrap texts into at most so many lines: each has its share, the last of which is elided in its middle."""
    lines: list[str] = []
    for number, text in enumerate(texts):
        own = _wrapped(text, metrics, width, max(1, most - len(lines) - (len(texts) - number - 1)))
        lines += own
    return lines[:most]


def _wrapped(text: str, metrics: QFontMetrics, width: int, most: int) -> list[str]:
    lines, words = [""], text.split(" ")
    for number, word in enumerate(words):
        longer = f"{lines[-1]} {word}".strip()
        if not lines[-1] or metrics.horizontalAdvance(longer) <= width:
            lines[-1] = longer
        elif len(lines) < most:
            lines.append(word)
        else:
            lines[-1] = " ".join((lines[-1], *words[number:]))
            break
    return [metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, width) for line in lines]

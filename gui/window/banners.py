"""Banners below the toolbar: what the program has to say and to ask without making anyone wait for the answer."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QSizePolicy,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

_STRIPE = 4
"""Width of the line at the left, in pixels."""
_MARGIN = 8
_PICTURE_HEIGHT = 64
_LEAST_WIDTH = 120
"""Of a text, in pixels."""
Answer = tuple[str, Callable[[], object]]
"""The text of a button, and what it does."""


class Banner(QFrame):
    """A title, one or two sentences, perhaps a picture, and buttons for the answers."""

    def __init__(self, title: str, text: str, answers: Sequence[Answer], picture: QImage | None = None) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(_STRIPE + _MARGIN, _MARGIN, _MARGIN, _MARGIN)
        row.setSpacing(_MARGIN)
        if picture is not None:
            row.addWidget(_make_picture(picture))
        column = QVBoxLayout()
        column.setSpacing(2)
        self.title = _WrappedLabel(title)
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.text = _WrappedLabel(text)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addStretch()
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addStretch()
        row.addLayout(column, 1)
        self.buttons: dict[str, QPushButton] = {}
        for answer, act in answers:
            button = self.buttons[answer] = QPushButton(answer)
            button.clicked.connect(lambda _checked, act=act: act())
            row.addWidget(button)

    def take_width(self, width: int) -> None:
        """Be as wide as the window before it has a place there: narrow texts would make the window higher."""
        self.resize(width, self.height())
        layout = self.layout()
        if layout is not None:
            layout.activate()
        self.fit_height()

    def fit_height(self) -> None:
        """Be as high as the texts need at the current width."""
        for label in (self.title, self.text):
            label.fit_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.width() > self.window().width() // 2:  # a layout in progress would make the window higher for good
            self.fit_height()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        roles = self.palette()
        painter.fillRect(self.rect(), roles.color(QPalette.ColorRole.ToolTipBase))
        painter.fillRect(0, 0, _STRIPE, self.height(), roles.color(QPalette.ColorRole.Accent))
        line = QColor(roles.color(QPalette.ColorRole.Mid))
        painter.fillRect(0, self.height() - 1, self.width(), 1, line)


class BannerArea(QToolBar):
    """The place of the banners, across the window. It is visible whenever it has one, whatever a saved layout says."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__("Banners", window)
        self.setObjectName("banners")
        self.setMovable(False)
        self.setFloatable(False)
        self.setAllowedAreas(Qt.ToolBarArea.TopToolBarArea)
        self.toggleViewAction().setVisible(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setContentsMargins(0, 0, 0, 0)
        self.banners: list[Banner] = []
        content = QWidget()
        content.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        layout = self.layout()
        assert layout is not None
        layout.setContentsMargins(0, 0, 0, 0)
        self.addWidget(content)
        window.addToolBarBreak(Qt.ToolBarArea.TopToolBarArea)
        window.addToolBar(Qt.ToolBarArea.TopToolBarArea, self)
        self.setVisible(False)

    def add(self, banner: Banner) -> None:
        self.banners.append(banner)
        banner.take_width(self.window().width())
        self._column.addWidget(banner)
        self.setVisible(True)

    def remove(self, banner: Banner) -> None:
        """Remove a banner; the keyboard goes on in the window if it was there."""
        if banner not in self.banners:
            return
        has_focus = banner.isAncestorOf(self.window().focusWidget() or self)
        self.banners.remove(banner)
        self._column.removeWidget(banner)
        banner.hide()
        banner.deleteLater()
        self.setVisible(False)
        if has_focus:
            self.focusNextPrevChild(True)

    @property
    def buttons(self) -> list[QPushButton]:
        """All answers, in the order of the Tab key."""
        return [button for banner in self.banners for button in banner.buttons.values()]

    def setVisible(self, visible: bool) -> None:
        """Also called for a layout that was saved with or without banners."""
        super().setVisible(bool(self.banners))


class _WrappedLabel(QLabel):
    """A text in as many lines as its width asks for: a toolbar knows no height for a width."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._lines = self.fontMetrics().height()
        """Height of the text at its width."""

    def fit_height(self) -> None:
        self._lines = self.heightForWidth(max(self.width(), _LEAST_WIDTH))
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        """Layouts would ask for the height at the least width, and the window would grow to that for good."""
        return False

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_WIDTH, self._lines)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()


def _make_picture(picture: QImage) -> QLabel:
    label = QLabel()
    ratio = label.devicePixelRatioF()
    height = round(_PICTURE_HEIGHT * ratio)
    pixmap = QPixmap.fromImage(picture.scaledToHeight(height, Qt.TransformationMode.SmoothTransformation))
    pixmap.setDevicePixelRatio(ratio)
    label.setPixmap(pixmap)
    label.setFrameShape(QFrame.Shape.StyledPanel)
    label.setAccessibleName("Picture of the project")
    return label

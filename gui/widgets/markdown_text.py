"""A text in Markdown within a panel: as high as its lines, in the colours of the theme and the size of the font."""

from PySide6.QtCore import QEvent, QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QImage, QKeyEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from gui.widgets.markdown_style import style_document

_LEAST_WIDTH = 120


class MarkdownText(QTextBrowser):
    """Shows a text that can be selected, and whose links to the web open in the browser.

    It has no scroll bars of its own. Its text may be from anyone: no file is read for it, or opened by it.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._markdown = ""
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._on_anchor_clicked)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUndoRedoEnabled(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.viewport().setAutoFillBackground(False)

    @property
    def markdown(self) -> str:
        """The text as it was set."""
        return self._markdown

    def show_markdown(self, text: str) -> None:
        """Show another text; one that is equal stays as it is, with its selection."""
        if text != self._markdown:
            self._markdown = text
            self._fill()
            self.setAccessibleDescription(self.toPlainText())

    def _fill(self) -> None:
        # Raw HTML would look as it likes.
        self.document().setMarkdown(self._markdown, self.document().MarkdownFeature.MarkdownNoHTML)
        style_document(self.document(), self.palette())
        self._fit_height()

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """A picture of nothing for every file: one that never ends would be read as well."""
        nothing = QImage(1, 1, QImage.Format.Format_ARGB32)  # without a picture, Qt would read the file itself
        nothing.fill(Qt.GlobalColor.transparent)
        return nothing

    def _on_anchor_clicked(self, url: QUrl) -> None:
        if url.scheme() in ("http", "https"):
            QDesktopServices.openUrl(url)

    def sizeHint(self) -> QSize:
        return QSize(_LEAST_WIDTH, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(_LEAST_WIDTH, 0)

    def _fit_height(self) -> None:
        self.document().setTextWidth(max(self.viewport().width(), _LEAST_WIDTH))
        height = round(self.document().size().height() + 0.5)
        bar = self.horizontalScrollBar()
        if self.document().idealWidth() > self.viewport().width() + 1:  # a table or code that cannot be wrapped
            height += bar.sizeHint().height()
        if height != self.height():
            self.setFixedHeight(height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit_height()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and self._markdown:
            self._fill()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave Enter and the arrows to the panel, except for links and selections."""
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def show_muted(self) -> None:
        """Draw the text in the muted colour."""
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Text, palette.color(QPalette.ColorRole.PlaceholderText))
        self.setPalette(palette)

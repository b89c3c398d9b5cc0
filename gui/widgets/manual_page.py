"""A page of the manual: Markdown with tables, code and pictures that follow palette, zoom and width."""

import re
from itertools import groupby
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import (
    QDesktopServices,
    QFontMetrics,
    QImage,
    QPalette,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
    QTextFragment,
)
from PySide6.QtWidgets import QTextBrowser, QTextEdit, QWidget

from gui.widgets.manual_pages import MANUAL, START, slug
from gui.widgets.markdown_style import blocks_of, fragments, is_code, style_document

_LONGEST_LINE = "a line of prose that is as long as any should be, so that eyes find the next one"
_SIDE_MARGIN = 20
_ZOOM_STEPS = range(-4, 13)
_KEEP = QTextCursor.MoveMode.KeepAnchor


class ManualPage(QTextBrowser):
    """Shows a page. Links to other pages are followed here, other links open in the browser."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Page of the manual")
        self.setOpenLinks(False)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self._zoom = 0
        self._words: tuple[str, ...] = ()
        self._pictures: dict[str, QImage] = {}
        """Pictures in their original size, by path."""
        self._point_size = self.font().pointSizeF()
        self.anchorClicked.connect(self._on_anchor_clicked)
        self.sourceChanged.connect(self._on_source_changed)
        self.setUndoRedoEnabled(False)

    @property
    def page(self) -> Path:
        return Path(self.source().toLocalFile()) if self.source().isValid() else START

    def show_page(self, page: Path, heading: str = "") -> None:
        """Show a page from its top or from a heading on."""
        if not self.source().isValid() or page != self.page:
            self.setSource(QUrl.fromLocalFile(str(page)))
        if heading:
            self._scroll_to(heading)

    def zoom_by(self, steps: int) -> None:
        """Enlarge the text by a number of points, negative to shrink it; 0 resets its size."""
        self._zoom = min(max(self._zoom + steps, _ZOOM_STEPS[0]), _ZOOM_STEPS[-1]) if steps else 0
        font = self.font()
        font.setPointSizeF(max(5.0, self._point_size + self._zoom))
        self.setFont(font)
        self._fit_width()

    # Search

    def highlight(self, words: tuple[str, ...]) -> None:
        """Mark every occurrence of the words, and show the first."""
        self._words = words
        self._mark_words()
        if words:
            self.moveCursor(QTextCursor.MoveOperation.Start)
            self.show_next_hit()

    def show_next_hit(self) -> None:
        """Scroll to the next occurrence of a word; after the last one, to the first."""
        hits = self._hits()
        if not hits:
            return
        at = self.textCursor().selectionEnd()
        hit = next((hit for hit in hits if hit.selectionStart() >= at), hits[0])
        self.setTextCursor(hit)
        self.ensureCursorVisible()

    def _mark_words(self) -> None:
        marks = []
        for hit in self._hits():
            mark = QTextEdit.ExtraSelection()
            mark.cursor = hit
            mark.format.setBackground(self.palette().color(QPalette.ColorRole.Highlight))
            mark.format.setForeground(self.palette().color(QPalette.ColorRole.HighlightedText))
            marks.append(mark)
        self.setExtraSelections(marks)

    def _hits(self) -> list[QTextCursor]:
        text = self.document().toPlainText()
        if not self._words:
            return []
        hits = []
        for match in re.finditer("|".join(map(re.escape, self._words)), text, re.IGNORECASE):
            cursor = QTextCursor(self.document())
            cursor.setPosition(match.start())
            cursor.setPosition(match.end(), _KEEP)
            hits.append(cursor)
        return hits

    # Links

    def _on_anchor_clicked(self, url: QUrl) -> None:
        target = self.source().resolved(url)
        path = Path(target.toLocalFile()) if target.isLocalFile() else None
        if path is not None and path.parent == MANUAL:
            self.show_page(path, target.fragment())
        else:
            QDesktopServices.openUrl(target)

    def _scroll_to(self, heading: str) -> None:
        for block in blocks_of(self.document()):
            if block.blockFormat().headingLevel() and slug(block.text()) == heading:
                top = self.document().documentLayout().blockBoundingRect(block).top()
                self.verticalScrollBar().setValue(round(top) - _SIDE_MARGIN // 2)
                return

    # Looks

    def _on_source_changed(self) -> None:
        style_document(self.document(), self.palette())
        self._fit_width()
        self._mark_words()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.source().isValid():
            style_document(self.document(), self.palette())
            self._mark_words()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_width()

    def _fit_width(self) -> None:
        """Limit the length of lines in a wide window: text is a column in the middle, only large pictures are wider."""
        widest = self.viewport().width() - 2 * _SIDE_MARGIN
        longest = self.fontMetrics().horizontalAdvance(_LONGEST_LINE)
        margin = max(0, (widest - longest) // 2)
        self.document().setDocumentMargin(_SIDE_MARGIN)
        for code, blocks in groupby(blocks_of(self.document()), is_code):
            if code:
                self._fit_code(list(blocks), widest, margin)
            else:
                for block in blocks:
                    self._fit_block(block, widest, margin)
        for frame in self.document().rootFrame().childFrames():
            frame_format = frame.frameFormat()
            frame_format.setLeftMargin(margin)
            frame_format.setRightMargin(margin)
            frame.setFrameFormat(frame_format)

    def _fit_block(self, block: QTextBlock, widest: int, margin: int) -> None:
        cursor = QTextCursor(block)
        if cursor.currentTable() is None:  # a table has margins of its own
            pictures = [part for part in fragments(block) if part.charFormat().isImageFormat()]
            width = max((self._fit_picture(picture, widest) for picture in pictures), default=None)
            cursor.mergeBlockFormat(_margins(margin) if width is None else _margins((widest - width) // 2))

    def _fit_code(self, lines: list[QTextBlock], widest: int, margin: int) -> None:
        """Move code with long lines to the left, because its lines cannot be wrapped."""
        metrics = QFontMetrics(QTextCursor(lines[0]).charFormat().font())
        longest = max(metrics.horizontalAdvance(line.text()) for line in lines)
        left = max(0, min(margin, widest - longest - 2))
        margins = _margins(left)
        margins.setRightMargin(max(0, min(margin, widest - left - longest - 2)))
        for line in lines:
            QTextCursor(line).mergeBlockFormat(margins)

    def _fit_picture(self, fragment: QTextFragment, widest: int) -> int:
        """Scale a picture down to `widest` if it is wider; returns its width."""
        image_format = fragment.charFormat().toImageFormat()
        url = self.document().baseUrl().resolved(self.source().resolved(QUrl(image_format.name())))
        picture = self._pictures.setdefault(url.toLocalFile(), QImage(url.toLocalFile()))
        width = min(widest, picture.width())
        ratio = self.devicePixelRatioF()
        scaled = picture.scaledToWidth(round(width * ratio), Qt.TransformationMode.SmoothTransformation)
        scaled.setDevicePixelRatio(ratio)
        self.document().addResource(QTextDocument.ResourceType.ImageResource.value, url, scaled)
        image_format.setName(url.toString())
        image_format.setWidth(width)
        image_format.setHeight(scaled.height() / ratio)
        cursor = QTextCursor(self.document())
        cursor.setPosition(fragment.position())
        cursor.setPosition(fragment.position() + fragment.length(), _KEEP)
        cursor.setCharFormat(image_format)
        return width


def _margins(width: float) -> QTextBlockFormat:
    block_format = QTextBlockFormat()
    block_format.setLeftMargin(width)
    block_format.setRightMargin(width)
    return block_format

"""The window of the manual: contents and search on the left, the page on the right."""

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QKeySequence, QShortcut, QTextDocument
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.widgets.manual_page import ManualPage
from gui.widgets.manual_pages import START, hit_count, pages, query_words, title

_FIRST_SIZE = 1080, 800
_CONTENTS_WIDTH = 240
_KEYS = QKeySequence.StandardKey
_PAGE = Qt.ItemDataRole.UserRole


class ManualReader(QDialog):
    """Not modal; it still shows the same page when it is opened again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Manual – Convolume")
        self.resize(*_FIRST_SIZE)
        self._texts: dict[Path, str] = {}
        """Plain text per page, cached by the first search."""
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search (Ctrl+F)")
        self.search.setAccessibleName("Search the manual")
        self.search.setClearButtonEnabled(True)
        self.contents = QListWidget(self)
        self.contents.setAccessibleName("Pages of the manual")
        self.page = ManualPage(self)
        self.back = self._button("←", "Back (Alt+Left)")
        self.forward = self._button("→", "Forward (Alt+Right)")
        self._compose()
        self._connect()
        for page in pages():
            item = QListWidgetItem(title(page), self.contents)
            item.setData(_PAGE, page)
        self.show_page(START)

    def show_page(self, page: Path) -> None:
        self.page.show_page(page)

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip.partition(" (")[0])
        button.setAutoRaise(True)
        button.setEnabled(False)
        return button

    def _compose(self) -> None:
        left = QWidget(self)
        row = QHBoxLayout()
        for widget in (self.back, self.forward, self.search):
            row.addWidget(widget)
        column = QVBoxLayout(left)
        column.setContentsMargins(8, 8, 8, 8)
        column.addLayout(row)
        column.addWidget(self.contents)
        splitter = QSplitter(self)
        splitter.addWidget(left)
        splitter.addWidget(self.page)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([_CONTENTS_WIDTH, _FIRST_SIZE[0] - _CONTENTS_WIDTH])
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(splitter)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._on_search_text_changed)
        self.search.returnPressed.connect(self.page.show_next_hit)
        self.contents.currentItemChanged.connect(self._on_current_item_changed)
        self.page.sourceChanged.connect(self._on_source_changed)
        self.page.backwardAvailable.connect(self.back.setEnabled)
        self.page.forwardAvailable.connect(self.forward.setEnabled)
        self.back.clicked.connect(self.page.backward)
        self.forward.clicked.connect(self.page.forward)
        for keys, run in (
            (_KEYS.Find, self._focus_search),
            (_KEYS.FindNext, self.page.show_next_hit),
            ("Alt+Left", self.page.backward),
            ("Alt+Right", self.page.forward),
            ("Ctrl++", lambda: self.page.zoom_by(1)),
            ("Ctrl+=", lambda: self.page.zoom_by(1)),
            ("Ctrl+-", lambda: self.page.zoom_by(-1)),
            ("Ctrl+0", lambda: self.page.zoom_by(0)),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(run)

    def _focus_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def _on_search_text_changed(self, text: str) -> None:
        """List the pages with hits, and show the first one unless the current page has hits."""
        words = query_words(text)
        first: QListWidgetItem | None = None
        for row in range(self.contents.count()):
            item = self.contents.item(row)
            page: Path = item.data(_PAGE)
            hits = hit_count(self._text(page), words) if words else 0
            item.setText(f"{title(page)}  ({hits})" if hits else title(page))
            item.setHidden(bool(words) and not hits)
            first = item if hits and first is None else first
        current = self.contents.currentItem()
        if first is not None and (current is None or current.isHidden()):
            self.contents.setCurrentItem(first)
        self.page.highlight(words)

    def _text(self, page: Path) -> str:
        if page not in self._texts:
            document = QTextDocument()
            document.setMarkdown(page.read_text(encoding="utf-8"))
            self._texts[page] = document.toPlainText()
        return self._texts[page]

    def _on_current_item_changed(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.page.show_page(item.data(_PAGE))
            self.page.highlight(query_words(self.search.text()))

    def _on_source_changed(self, url: QUrl) -> None:
        """Select the page in the contents after a link was followed."""
        for row in range(self.contents.count()):
            if self.contents.item(row).data(_PAGE) == Path(url.toLocalFile()):
                self.contents.blockSignals(True)
                self.contents.setCurrentRow(row)
                self.contents.blockSignals(False)

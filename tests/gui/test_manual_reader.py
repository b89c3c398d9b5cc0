"""The reader of the manual: contents, search, links, keys, and a page that follows theme, zoom and width."""

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QTextTable
from PySide6.QtWidgets import QApplication

from gui.app import set_theme
from gui.theme import THEMES
from gui.widgets.manual_pages import MANUAL, START, hit_count, pages, query_words, slug, title
from gui.widgets.manual_reader import ManualReader


@pytest.fixture
def reader(qtbot):
    reader = ManualReader()
    qtbot.addWidget(reader)
    reader.show()
    qtbot.waitExposed(reader)
    return reader


def visible_titles(reader):
    items = [reader.contents.item(row) for row in range(reader.contents.count())]
    return [item.text() for item in items if not item.isHidden()]


def blocks(reader):
    block = reader.page.document().begin()
    while block.isValid():
        yield block
        block = block.next()


def picture_widths(reader):
    for block in blocks(reader):
        iterator = block.begin()
        while not iterator.atEnd():
            if iterator.fragment().charFormat().isImageFormat():
                yield iterator.fragment().charFormat().toImageFormat().width()
            iterator += 1


def test_the_contents_list_every_page_and_the_start_page_is_open(reader):
    assert visible_titles(reader) == [title(page) for page in pages()]
    assert reader.page.page == START
    assert reader.contents.currentRow() == 0


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_the_pictures_of_every_page_fit_the_window(reader, qtbot, page):
    reader.resize(900, 700)
    reader.show_page(page)
    qtbot.wait(1)
    assert reader.contents.currentItem().text() == title(page)
    assert all(0 < width <= reader.page.viewport().width() for width in picture_widths(reader))


def test_a_link_opens_a_heading_of_another_page_and_back_returns(reader):
    reader.page.anchorClicked.emit(QUrl("project-file.md#fitted-weights"))
    assert reader.page.page == MANUAL / "project-file.md"
    assert reader.page.verticalScrollBar().value() > 1000
    assert reader.contents.currentItem().text() == "The project file"
    reader.back.click()
    assert reader.page.page == START
    reader.forward.click()
    assert reader.page.page == MANUAL / "project-file.md"


def test_a_link_to_the_web_opens_in_the_browser(reader, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    reader.page.anchorClicked.emit(QUrl("https://example.org/paper"))
    assert opened == ["https://example.org/paper"]
    assert reader.page.page == START


def test_a_search_lists_the_pages_with_hits_and_marks_them(reader):
    reader.search.setText("receptive field")
    assert "Counting  (2)" in visible_titles(reader)
    assert all(text.endswith(")") for text in visible_titles(reader))
    current = reader.contents.currentItem().text()
    assert current in visible_titles(reader)
    marks = reader.page.extraSelections()
    assert f"({len(marks)})" in current
    assert {mark.cursor.selectedText().lower() for mark in marks} <= {"receptive", "field", "fields"}
    reader.search.clear()
    assert len(visible_titles(reader)) == len(pages())
    assert reader.page.extraSelections() == []


def test_enter_moves_from_hit_to_hit_and_wraps_around(reader, qtbot):
    reader.show_page(MANUAL / "inspector.md")
    reader.search.setText("arrow key")
    hits = len(reader.page.extraSelections())
    positions = [reader.page.textCursor().selectionStart()]
    for _ in range(hits):
        qtbot.keyClick(reader.search, Qt.Key.Key_Return)
        positions.append(reader.page.textCursor().selectionStart())
    assert len(set(positions)) == hits
    assert positions[0] == positions[-1]
    assert reader.isVisible()


def test_a_search_without_hits_lists_nothing(reader):
    reader.search.setText("xylophone")
    assert visible_titles(reader) == []
    assert reader.page.extraSelections() == []


def test_pages_are_zoomed_and_keys_focus_the_search_and_close(reader, qtbot):
    reader.activateWindow()
    reader.page.setFocus()
    size = reader.page.font().pointSizeF()
    reader.page.zoom_by(2)
    assert reader.page.font().pointSizeF() == size + 2
    reader.page.zoom_by(0)
    assert reader.page.font().pointSizeF() == size
    qtbot.keyClick(reader, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is reader.search
    qtbot.keyClick(reader, Qt.Key.Key_Escape)
    assert not reader.isVisible()


def test_tables_have_borders_in_the_colours_of_the_theme(reader, qtbot):
    reader.show_page(MANUAL / "counting.md")
    try:
        for name in ("dark", "light"):
            set_theme(name)
            qtbot.wait(1)
            frames = reader.page.document().rootFrame().childFrames()
            formats = [frame.format() for frame in frames if isinstance(frame, QTextTable)]
            assert {fmt.borderBrush().color().name() for fmt in formats} == {THEMES[name].grid}
            assert all(fmt.border() == 1 for fmt in formats)
    finally:
        set_theme("light")


def test_lines_have_at_most_80_characters_in_a_wide_window(reader, qtbot):
    reader.resize(1900, 900)
    reader.show_page(MANUAL / "inspector.md")
    qtbot.wait(1)
    prose = [block for block in blocks(reader) if len(block.text()) > 120]
    lines = [block.layout().lineAt(row).textLength() for block in prose for row in range(block.layout().lineCount())]
    assert prose
    assert max(lines) <= 80


def test_queries_are_split_into_words_hits_counted_and_headings_made_slugs():
    assert query_words("  Bars  bars MACs ") == ("bars", "macs")
    assert hit_count("MACs and macs in bars", ("macs", "bars")) == 3
    assert hit_count("MACs", ("macs", "bars")) == 0
    assert slug("The paper's table") == "the-papers-table"


# In the window


def test_the_manual_opens_at_the_page_about_the_focused_view(window, qtbot):
    window.activateWindow()
    window.views["filters"].setFocus()
    window.actions_by_id["manual"].trigger()
    reader = window.help.manual.reader
    assert reader.isVisible()
    assert not reader.isModal()
    assert reader.page.page == MANUAL / "filters.md"
    qtbot.keyClick(reader, Qt.Key.Key_Escape)
    window.designs.tree.setFocus()
    window.actions_by_id["manual"].trigger()
    assert window.help.manual.reader is reader
    assert reader.page.page == MANUAL / "designs-and-layers.md"


def test_the_manual_closes_with_the_window(window):
    window.actions_by_id["manual"].trigger()
    window.workbench.document.undo_stack.setClean()
    window.close()
    assert not window.help.manual.reader.isVisible()

"""Names that look like HTML or have an ampersand are shown as they are: labels, tool tips, menus and messages."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QLabel, QMenu, QTextBrowser, QWidget
from pytestqt.qtbot import QtBot

from engine.layers import Add, Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import save_project
from engine.project.project import Design, Note, Project
from gui.state.focus import Focus
from gui.widgets.message import Message
from gui.widgets.plain_text import plain_tip
from gui.window.main_window import MainWindow
from gui.window.mnemonics import plain_text

NAME, DESIGN = "<b>conv</b> &amp; <img src=x>", "<i>R&D</i>"
PROJECT = Project(
    NoiseInput((3, 8, 8)),
    (Design(DESIGN, Network((Node(NAME, Conv2d(4, 3)), Node("a<b>", Add(), (NAME, "gone<u>"))))),),
    title="<h1>title</h1>",
    source="<b>source</b>",
    notes=(Note("<b>note</b>", DESIGN, NAME),),
)


def shown_text(html: str) -> str:
    """What Qt shows of a tool tip."""
    if not html.startswith("<p"):
        return html
    browser = QTextBrowser()
    browser.setHtml(html)
    return browser.toPlainText()


@pytest.mark.parametrize("text", ["a", "<b>a</b>", "&amp;", "a & b", "1 < 2", "two\nlines <b>", NAME, ""])
def test_a_tool_tip_shows_exactly_its_text(text: str, qapp: object):
    assert shown_text(plain_tip(text)) == text


def test_no_label_of_the_window_takes_a_name_for_html(window: MainWindow, qtbot: QtBot):
    window.workbench.edit("Rename to <b> & more", PROJECT)
    for label in window.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText or not ("<" in label.text() or "&" in label.text())
    texts = {label.text() for label in window.findChildren(QLabel)}
    assert "Source: <b>source</b>" in texts


def test_undo_shows_the_ampersand_of_a_name(window: MainWindow):
    window.workbench.edit("Rename to R&D", PROJECT)
    assert plain_text(window.actions_by_id["undo"].text()) == "Undo Rename to R&D"


def test_recent_lists_a_file_once_however_it_is_spelled(window: MainWindow, tmp_path: Path):
    save_project(PROJECT, tmp_path / "p.toml")
    (tmp_path / "linked").symlink_to(tmp_path)
    for path in (tmp_path / "p.toml", tmp_path / "linked" / "p.toml", tmp_path / "linked" / ".." / "p.toml"):
        if path.exists():
            window.files.open_path(path)
            window.workbench.document.undo_stack.setClean()
    assert len(window.files.recent()) == 1


def test_messages_and_questions_show_the_name_of_a_file_as_it_is(window: MainWindow, qtbot: QtBot):
    window.files.show_message(NAME, DESIGN)
    labels = {label.text(): label for label in window.findChild(Message).findChildren(QLabel) if label.text()}
    assert set(labels) == {NAME, DESIGN}
    assert {label.textFormat() for label in labels.values()} == {Qt.TextFormat.PlainText}


def taken_for_html(tip: str | None) -> bool:
    return bool(re.search(r"<\w|&\w+;", tip or "")) and not str(tip).startswith("<p style")


def model_tips(window: MainWindow) -> Iterator[str]:
    for view in window.findChildren(QAbstractItemView):
        model = view.model()
        for row, column in product(range(model.rowCount()), range(20)):
            yield model.index(row, column).data(Qt.ItemDataRole.ToolTipRole)


def test_no_tool_tip_of_the_window_takes_a_name_for_html(window: MainWindow, tmp_path: Path):
    save_project(PROJECT, tmp_path / "<b>p.toml")
    window.files.open_path(tmp_path / "<b>p.toml")
    window.workbench.document.undo_stack.setClean()
    window.workbench.edit("Rename to <b> & more", PROJECT)
    window.workbench.set_focus(Focus(DESIGN, NAME))
    window.workbench.rank_search._set_state(
        replace(window.workbench.rank_search.state, busy_text=f"searching {NAME}", problems=())
    )
    menus = window.findChildren(QMenu)
    for menu in menus:
        if hasattr(menu, "fill"):
            menu.fill()
    entries = [action for menu in menus for action in (menu.menuAction(), *menu.actions())]
    titles = [plain_text(action.text()) for action in entries]
    assert f"After {NAME}" in titles
    assert f"Before {NAME}" in titles
    tips = [item.toolTip() for item in (*window.findChildren(QWidget), *entries, *window.actions_by_id.values())]
    assert any(NAME.split()[1] in shown_text(tip) for tip in tips)
    assert not [tip for tip in (*tips, *model_tips(window)) if taken_for_html(tip)]

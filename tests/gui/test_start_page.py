"""The start page: samples, recent files and options, by mouse and keys; pictures come from a thread and are stored."""

import os
import time
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSettings, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from engine.files.paths import RESOURCES
from engine.text.moments import moment_text
from gui import app
from gui.catalogue.samples import QUESTION, SAMPLE_GROUPS, SAMPLES, sample_path
from gui.catalogue.start_page import DROPS, SENTENCE
from gui.export import project_pictures
from gui.export.project_pictures import PictureRequest, ProjectPicture, ProjectPictures, answer_requests
from gui.widgets.manual_pages import START
from gui.window.banners import Banner
from gui.window.file_commands import NEW_PROJECT
from gui.window.main_window import MainWindow
from gui.window.settings import Settings
from gui.window.start_page import StartPage
from tests.gui.conftest import PROJECT
from tests.gui.window_input import activate

PROJECTS = RESOURCES / "projects"
SMALL = PROJECTS / "fixed_kernels.toml"


# The table of samples


def test_every_bundled_project_is_in_one_group_with_the_title_of_its_file():
    assert sorted(sample.name for sample in SAMPLES) == sorted(path.stem for path in PROJECTS.glob("*.toml"))
    for sample in SAMPLES:
        assert tomllib.loads(sample_path(sample).read_text(encoding="utf-8"))["title"] == sample.title
    assert SAMPLE_GROUPS[0].samples == (QUESTION,)


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (datetime(2026, 11, 27, 9, 5), "today at 9:05"),
        (datetime(2026, 11, 26, 23, 59), "yesterday at 23:59"),
        (datetime(2026, 11, 21, 8, 0), "Saturday at 8:00"),
        (datetime(2026, 11, 20, 8, 0), "20 November"),
        (datetime(2025, 3, 3), "3 March 2025"),
        (datetime(2026, 11, 28), "28 November"),  # the clock was wrong
    ],
)
def test_moments_are_said_as_people_do(then: datetime, words: str):
    assert moment_text(then, datetime(2026, 11, 27, 10, 0)) == words


# Pictures


def ask(path: Path, folder: Path, *, theme: str = "light", runs: bool = False) -> list[ProjectPicture]:
    request = PictureRequest(path, (120, 70), 1.0, theme, runs)
    return list(answer_requests([request], folder, lambda: None))


def colours(image: QImage) -> set[int]:
    return {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}


def test_a_picture_is_painted_once_and_then_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    first = ask(SMALL, tmp_path)
    assert [answer.image is None for answer in first] == [True, False]
    assert first[-1].image.size() == QSize(120, 70)
    assert len(colours(first[-1].image)) > 20  # the photo on the first face
    monkeypatch.setattr(project_pictures, "paint_project", lambda *_, **__: pytest.fail("painted again"))
    [second] = ask(SMALL, tmp_path)
    assert second.image.convertToFormat(QImage.Format.Format_RGB32) == first[-1].image
    assert second.modified == SMALL.stat().st_mtime


def test_another_content_or_theme_has_another_picture(tmp_path: Path):
    path = tmp_path / "p.toml"
    path.write_text(SMALL.read_text(encoding="utf-8"), encoding="utf-8")
    light = ask(path, tmp_path / "pictures")[-1].image
    assert ask(path, tmp_path / "pictures", theme="dark")[-1].image.pixelColor(0, 0).lightness() < 60
    assert light.pixelColor(0, 0).lightness() > 200
    path.write_text((PROJECTS / "resnet18.toml").read_text(encoding="utf-8"), encoding="utf-8")
    assert ask(path, tmp_path / "pictures")[-1].image != light
    assert len(list((tmp_path / "pictures").iterdir())) == 3


def test_a_missing_or_broken_file_has_no_picture_and_stores_none(tmp_path: Path):
    [missing] = ask(tmp_path / "no.toml", tmp_path / "pictures")
    assert (missing.image, missing.modified) == (None, None)
    [odd] = ask(Path("a\0b"), tmp_path / "pictures")
    assert odd.modified is None
    (tmp_path / "bad.toml").write_text("format = [", encoding="utf-8")
    [bad] = ask(tmp_path / "bad.toml", tmp_path / "pictures")
    assert bad.image is None
    assert bad.modified is not None
    assert not (tmp_path / "pictures").exists()


def test_pictures_are_painted_although_they_cannot_be_stored(tmp_path: Path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert ask(SMALL, tmp_path / "file" / "pictures")[-1].image is not None


def test_a_picture_with_values_comes_after_one_without_and_only_it_is_stored(tmp_path: Path):
    answers = ask(SMALL, tmp_path, runs=True)
    assert [answer.image is None for answer in answers] == [True, False, False]
    plain, full = (answer.image for answer in answers[1:])
    assert len(colours(full)) > len(colours(plain))
    assert len(list(tmp_path.iterdir())) == 1


def test_the_oldest_stored_pictures_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(project_pictures, "_MOST_STORED", 2)
    for number in range(3):
        old = tmp_path / f"{number}.png"
        old.write_bytes(b"")
        os.utime(old, (number, number))
    ask(SMALL, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    assert not (tmp_path / "0.png").exists()


# The page in the window


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of stored pictures."""
    folder = tmp_path / "pictures"
    monkeypatch.setattr(project_pictures, "picture_folder", lambda: folder)
    monkeypatch.setattr(project_pictures, "_run_results", lambda *_: {})  # the trained stem takes seconds
    return folder


@pytest.fixture
def start(pictures: Path, open_window: Callable[..., MainWindow]) -> MainWindow:
    """A window that was opened without a project."""
    window = open_window(NEW_PROJECT)
    window.show_start_page()
    return window


@pytest.fixture
def page(qtbot: QtBot, pictures: Path) -> StartPage:
    """The page alone."""
    page = StartPage(ProjectPictures(pictures))
    qtbot.addWidget(page, before_close_func=lambda _: page.close_down())
    page.resize(1280, 640)
    page.show()
    page.activateWindow()
    qtbot.waitExposed(page)
    settle()
    return page


def page_of(window: MainWindow) -> StartPage:
    assert window.start.page is not None
    return window.start.page


def settle() -> None:
    for _ in range(4):
        QApplication.sendPostedEvents()
        QApplication.processEvents()


def write_recent(settings: QSettings, *paths: Path) -> None:
    settings.setValue("files/recent", "\n".join(map(str, paths)))


def test_the_page_says_what_the_program_is_and_what_can_be_dropped(page: StartPage):
    texts = " ".join(label.text() for label in page.findChildren(QLabel) if not label.isHidden())
    assert SENTENCE in texts
    assert all(words in texts for _, words in DROPS)
    assert all(group.title in texts for group in SAMPLE_GROUPS[1:])


def test_the_question_is_the_first_and_largest_of_all_samples(page: StartPage):
    cards = list(page.cards.values())
    assert len(cards) == len(SAMPLES)
    areas = [card.width() * card.height() for card in cards]
    assert areas[0] == max(areas)
    assert areas[0] > 2 * max(areas[1:])
    assert all(card.accessibleName() for card in cards)


def test_the_page_takes_the_place_of_the_whole_middle(qtbot: QtBot, start: MainWindow):
    settle()
    page = page_of(start)
    place = page.geometry()
    assert place.top() == start.toolbar.geometry().bottom() + 1
    assert (place.left(), place.right(), place.bottom()) == (0, start.width() - 1, start.height() - 1)
    for x in (20, start.width() // 2, start.width() - 20):
        for y in (place.top() + 5, start.height() // 2, start.height() - 5):
            at = start.childAt(QPoint(x, y))
            assert at is page or page.isAncestorOf(at)
    start.resize(1000, 700)
    settle()
    assert page.geometry().bottomRight() == start.rect().bottomRight()
    reached = set()
    for _ in range(60):
        QTest.keyClick(QApplication.focusWidget() or start, Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    middle = start.centralWidget()
    assert not [widget for widget in reached if widget is not None and middle.isAncestorOf(widget)]
    assert reached >= {*page.cards.values(), page.new, page.open, page.reopen}


def test_a_banner_has_its_place_above_the_page(qtbot: QtBot, start: MainWindow):
    banner = Banner("Unsaved edits of lecture.toml", "The program ended before they were saved.", (("Restore", list),))
    start.banners.add(banner)
    settle()
    assert page_of(start).geometry().top() == start.banners.geometry().bottom() + 1
    assert start.childAt(banner.mapTo(start, banner.rect().center())) in (banner, banner.title, banner.text)
    banner.buttons["Restore"].setFocus()
    qtbot.keyClick(banner.buttons["Restore"], Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is start.toolbar.entry
    start.banners.remove(banner)
    settle()
    assert page_of(start).geometry().top() == start.toolbar.geometry().bottom() + 1


def test_f6_goes_between_the_page_the_toolbar_and_a_banner(qtbot: QtBot, start: MainWindow):
    activate(start, qtbot)
    banner = Banner("Unsaved edits of lecture.toml", "The program ended before they were saved.", (("Restore", list),))
    start.banners.add(banner)
    settle()
    page_of(start).open.setFocus()
    stops = [start.toolbar.entry, banner.buttons["Restore"], page_of(start).open]
    assert all(stop.isEnabled() for stop in stops)
    for modifier, order in (
        (Qt.KeyboardModifier.NoModifier, stops),
        (Qt.KeyboardModifier.ShiftModifier, [*reversed(stops[:-1]), stops[-1]]),
    ):
        for stop in order:
            qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_F6, modifier)
            assert QApplication.focusWidget() is stop
    start.banners.remove(banner)


def test_commands_that_need_a_project_are_disabled_until_one_is_shown(start: MainWindow):
    enabled = {action_id for action_id, action in start.actions_by_id.items() if action.isEnabled()}
    assert {"new", "open", "start_page", "manual", "about", "palette", "quit"} <= enabled
    assert not enabled & {"run", "save", "add_conv2d", "export_all", "choose_photo", "undo"}
    assert start.windowTitle() == "Convolume[*]"
    start.workbench.set_look(start.workbench.state.look)
    page_of(start).new.click()
    assert not start.start.is_shown
    assert start.actions_by_id["run"].isEnabled()
    assert start.actions_by_id["export_all"].isEnabled()
    assert not start.actions_by_id["undo"].isEnabled()
    assert start.windowTitle() == "Untitled[*] – Convolume"
    assert start.views["volumes"].isEnabled()


def test_a_sample_is_opened_by_a_click_and_by_enter(qtbot: QtBot, start: MainWindow):
    card = page_of(start).cards[SMALL]
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert not start.start.is_shown
    assert start.workbench.state.project.title.startswith("Fixed kernels")
    assert start.workbench.state.path is None  # a sample is not overwritten
    start.actions_by_id["start_page"].trigger()
    assert start.start.is_shown
    card = page_of(start).cards[PROJECTS / "nin.toml"]
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Return)
    assert start.workbench.state.project.title.startswith("Network in Network")
    assert not start.start.is_shown


def test_arrow_keys_go_from_picture_to_picture(qtbot: QtBot, page: StartPage):
    cards = list(page.cards.values())
    cards[0].setFocus()
    for key, expected in (
        (Qt.Key.Key_Down, cards[1]),
        (Qt.Key.Key_Right, cards[2]),
        (Qt.Key.Key_Left, cards[1]),
        (Qt.Key.Key_Down, cards[5]),
        (Qt.Key.Key_Up, cards[1]),
        (Qt.Key.Key_Up, cards[0]),
    ):
        qtbot.keyClick(QApplication.focusWidget(), key)
        assert QApplication.focusWidget() is expected
    for _ in range(10):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Right)
    assert QApplication.focusWidget() in (page.new, page.open, page.reopen)


def test_the_start_page_returns_to_the_open_project_with_its_edits(qtbot: QtBot, pictures: Path, window: MainWindow):
    window.designs.tree.setFocus()
    window.actions_by_id["add_design"].trigger()
    before = window.workbench.state.project
    assert before != PROJECT
    for leave in (lambda: page_of(window).back.click(), lambda: qtbot.keyClick(page_of(window), Qt.Key.Key_Escape)):
        window.actions_by_id["start_page"].trigger()
        assert page_of(window).back.text() == "Back to Two designs"
        assert not window.actions_by_id["undo"].isEnabled()
        leave()
        assert not window.start.is_shown
        assert window.workbench.state.project is before
    assert window.actions_by_id["undo"].isEnabled()
    window.actions_by_id["undo"].trigger()
    assert window.workbench.state.project == PROJECT
    window.workbench.document.undo_stack.redo()


def test_opening_from_the_page_asks_about_unsaved_changes(
    pictures: Path, window: MainWindow, monkeypatch: pytest.MonkeyPatch
):
    window.actions_by_id["add_design"].trigger()
    edited = window.workbench.state.project
    window.show_start_page()
    monkeypatch.setattr(QMessageBox, "exec", lambda _box: QMessageBox.StandardButton.Cancel)
    page_of(window).cards[SMALL].click()
    assert window.workbench.state.project is edited
    assert window.start.is_shown


def test_recent_files_have_a_picture_and_a_time_and_missing_ones_can_be_removed(
    qtbot: QtBot, settings: QSettings, start: MainWindow, tmp_path: Path
):
    kept, gone = tmp_path / "lecture.toml", tmp_path / "gone.toml"
    kept.write_text(SMALL.read_text(encoding="utf-8"), encoding="utf-8")
    os.utime(kept, (time.time(), time.time()))
    write_recent(settings, kept, gone)
    start.show_start_page()
    page = page_of(start)
    row, missing = page.recent_rows[kept], page.recent_rows[gone]
    qtbot.waitUntil(lambda: not row.card.image.isNull() and not missing.card.isEnabled(), timeout=30_000)
    assert row.card.details[1].startswith("today at ")
    assert row.remove.isHidden()
    assert missing.card.details == (str(tmp_path), "missing")
    assert missing.remove.accessibleName() == "Remove gone.toml from the list"
    missing.remove.click()
    assert start.files.recent() == [kept]
    assert list(page.recent_rows) == [kept]
    page.recent_rows[kept].card.click()
    assert start.workbench.state.path == kept
    assert not start.start.is_shown


def test_a_sample_that_is_a_recent_file_as_well_keeps_its_large_picture(
    qtbot: QtBot, settings: QSettings, start: MainWindow
):
    write_recent(settings, SMALL)
    start.show_start_page()
    page = page_of(start)
    card, row = page.cards[SMALL], page.recent_rows[SMALL]
    qtbot.waitUntil(lambda: not row.card.image.isNull(), timeout=30_000)
    assert card.image.width() >= card.picture_size().width()


def test_a_recent_file_is_removed_by_delete(qtbot: QtBot, settings: QSettings, start: MainWindow):
    write_recent(settings, SMALL)
    start.show_start_page()
    card = page_of(start).recent_rows[SMALL].card
    card.setFocus()
    qtbot.keyClick(card, Qt.Key.Key_Delete)
    assert start.files.recent() == []
    assert page_of(start).recent_rows == {}


def test_pictures_come_after_the_page_is_shown_and_are_there_at_once_the_next_time(
    qtbot: QtBot, pictures: Path, open_window: Callable[..., MainWindow], monkeypatch: pytest.MonkeyPatch
):
    first = open_window(NEW_PROJECT)
    first.show_start_page()
    cards = page_of(first).cards
    assert all(card.image.isNull() for card in cards.values())  # placeholders first
    qtbot.waitUntil(lambda: not any(card.image.isNull() for card in cards.values()), timeout=30_000)
    qtbot.waitUntil(lambda: not page_of(first)._pictures.busy, timeout=30_000)
    monkeypatch.setattr(project_pictures, "paint_project", lambda *_, **__: pytest.fail("painted again"))
    second = open_window(NEW_PROJECT)
    second.show_start_page()
    qtbot.waitUntil(lambda: not any(card.image.isNull() for card in page_of(second).cards.values()), timeout=30_000)


def test_pictures_follow_the_theme(qtbot: QtBot, start: MainWindow):
    card = page_of(start).cards[PROJECTS / "inception_3a_192.toml"]
    qtbot.waitUntil(lambda: not card.image.isNull(), timeout=30_000)
    assert card.image.pixelColor(1, 1).lightness() > 200
    start.actions_by_id["dark"].trigger()
    qtbot.waitUntil(lambda: card.image.pixelColor(1, 1).lightness() < 60, timeout=30_000)
    start.actions_by_id["dark"].trigger()


@pytest.mark.parametrize("size", [(1024, 700), (1280, 720), (2560, 1440)])
@pytest.mark.parametrize("font", [1.0, 1.5])
def test_nothing_is_clipped_or_overlaps(page: StartPage, size: tuple[int, int], font: float):
    bigger = page.font()
    bigger.setPointSizeF(font * bigger.pointSizeF())
    page.setFont(bigger)
    page.resize(*size)
    settle()
    content = page.widget()
    assert content.width() <= page.viewport().width()
    parts = [*page.cards.values(), page.new, page.open, page.reopen]
    parts += [label for label in page.findChildren(QLabel) if not label.isHidden()]
    rects = []
    for part in parts:
        rect = part.rect().translated(part.mapTo(content, QPoint()))
        assert content.rect().contains(rect), part.accessibleName()
        assert not any(rect.intersects(other) for other in rects), part.accessibleName()
        rects.append(rect)
        if isinstance(part, QLabel):
            assert part.height() >= part.heightForWidth(part.width())
        elif isinstance(part, QPushButton):
            assert part.width() >= part.fontMetrics().horizontalAdvance(part.text())


def test_help_is_reachable_from_the_start_page(qtbot: QtBot, start: MainWindow):
    start.actions_by_id["manual"].trigger()
    assert start.help.manual.reader is not None
    assert start.help.manual.reader.isVisible()
    assert start.help.manual.reader.page.source().fileName() == START.name
    assert start.actions_by_id["about"].isEnabled()
    assert start.actions_by_id["palette"].isEnabled()


# The start of the program


@pytest.fixture
def program(
    pictures: Path, settings: QSettings, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path | None, Callable[[MainWindow], None]], None]:
    """Starts the program, looks at its window, and closes it."""

    def run(path: Path | None, look: Callable[[MainWindow], None]) -> None:
        windows: list[MainWindow] = []
        monkeypatch.setattr(app, "QSettings", lambda: settings)
        real = app.MainWindow
        monkeypatch.setattr(app, "MainWindow", lambda *parts: windows.append(real(*parts)) or windows[0])

        def exec_() -> int:
            try:
                look(windows[0])
            finally:
                windows[0].workbench.document.undo_stack.setClean()
                windows[0].close()
                windows[0].deleteLater()
            return 0

        monkeypatch.setattr(QApplication, "exec", lambda *_: exec_())
        app.open_window(path)

    return run


def test_without_a_project_the_program_begins_with_the_start_page(program):
    def look(window: MainWindow) -> None:
        assert window.start.is_shown
        assert window.workbench.state.run.progress is None

    program(None, look)


def test_panels_are_arranged_when_the_page_that_the_program_began_with_is_left(program, open_window):
    def look(window: MainWindow) -> None:
        settle()
        assert not window.docks.visible_ids  # nothing is arranged behind the page
        window.files.open_sample(SMALL)
        window.workbench.cancel()
        settle()
        directly = open_window()
        settle()
        for docks in (window.docks, directly.docks):
            assert docks.is_in_front("layer")
        assert window.docks.visible_ids == directly.docks.visible_ids
        assert window.docks.centre_ids == directly.docks.centre_ids
        assert window.workspaces.present == directly.workspaces.present

    program(None, look)


def test_a_named_project_opens_directly(program):
    def look(window: MainWindow) -> None:
        assert not window.start.is_shown
        assert window.workbench.state.path == SMALL
        assert window.files.recent() == [SMALL]

    program(SMALL, look)


def test_the_last_project_is_reopened_on_demand_which_is_stored_at_once(program, settings: QSettings):
    def choose(window: MainWindow) -> None:
        page_of(window).reopen.click()
        again = QSettings(settings.fileName(), QSettings.Format.IniFormat)
        assert Settings(again).text("start/reopen") == "yes"

    write_recent(settings, SMALL)
    program(None, choose)

    def look(window: MainWindow) -> None:
        assert not window.start.is_shown
        assert window.workbench.state.path == SMALL

    program(None, look)


def test_a_last_project_that_is_gone_leads_to_the_start_page_and_is_reported(
    program, settings: QSettings, monkeypatch: pytest.MonkeyPatch
):
    texts: list[str] = []
    monkeypatch.setattr(
        "gui.window.file_commands.FileCommands.show_message", lambda self, title, text: texts.append(text)
    )
    write_recent(settings, Path("/nowhere/gone.toml"))
    settings.setValue("start/reopen", "yes")

    def look(window: MainWindow) -> None:
        assert page_of(window).isVisible()
        QApplication.processEvents()

    program(None, look)
    assert any("/nowhere/gone.toml" in text for text in texts)

"""The window offers what crashed windows have left: one after another, in a banner that nothing waits for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from engine.project.file import load_project, save_project
from gui.app import set_theme
from gui.window.main_window import MainWindow
from gui.window.recovery import Recovery
from gui.window.settings import Settings
from gui.workbench.journal import Journal
from gui.workbench.journal_file import JournalFile, claim_journals
from gui.workbench.workbench import Workbench
from tests.gui.conftest import PROJECT
from tests.gui.window_input import set_filters

Buttons = QMessageBox.StandardButton


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def leave_journal(folder: Path, title: str, path: Path | None = None, seed: int = 5) -> None:
    """What a crashed window leaves of a project with one edit."""
    workbench = Workbench(PROJECT)
    workbench.show_project(replace(PROJECT, title=title), path)
    workbench.edit("Set the seed", replace(workbench.state.project, seed=seed))
    file = JournalFile(folder)
    file.write(workbench.document.history(workbench.state.focus))
    file.release()
    workbench.close()


@pytest.fixture
def begin(open_window: Callable[[], MainWindow], folder: Path, qtbot: QtBot) -> Callable[..., MainWindow]:
    """Open a window that looks for lost work."""

    def begin_window(width: int = 1400, height: int = 900) -> MainWindow:
        window = open_window()
        window.resize(width, height)
        recovery = Recovery(window, Journal(window.workbench, folder), folder)
        with qtbot.waitSignal(recovery._worker.ended):
            recovery.begin()
        return window

    return begin_window


def texts(window: MainWindow) -> list[str]:
    return [f"{banner.title.text()}\n{banner.text.text()}" for banner in window.banners.banners]


def answer(window: MainWindow, button: str) -> None:
    (banner,) = window.banners.banners
    banner.buttons[button].click()


def wait_for_journal(window: MainWindow, qtbot: QtBot) -> None:
    (journal,) = window.workbench.findChildren(Journal)
    qtbot.waitUntil(lambda: not journal.busy)


def names(folder: Path) -> list[str]:
    return [path.suffix for path in folder.iterdir()] if folder.exists() else []


def test_a_start_after_a_regular_end_says_nothing(begin: Callable[[], MainWindow], folder: Path) -> None:
    window = begin()
    assert not window.banners.isVisible()
    assert not folder.exists()


def test_lost_edits_are_offered_with_title_time_and_a_picture_of_the_project(
    begin: Callable[[], MainWindow], folder: Path, tmp_path: Path
) -> None:
    leave_journal(folder, "A lesson", tmp_path / "lesson.toml")
    window = begin()
    assert window.banners.isVisible()
    (text,) = texts(window)
    assert text.startswith("Unsaved edits of lesson.toml\nThe program ended (today at ")
    assert str(tmp_path / "lesson.toml") in text
    (banner,) = window.banners.banners
    (picture,) = (label for label in banner.findChildren(QLabel) if not label.pixmap().isNull())
    image = picture.pixmap().toImage()
    assert len({image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}) > 20
    assert QApplication.activeModalWidget() is None
    assert window.workbench.state.project == PROJECT  # it is an offer


def test_restore_brings_back_steps_selection_path_and_dirty_mark(
    begin: Callable[[], MainWindow], folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    leave_journal(folder, "A lesson", tmp_path / "lesson.toml")
    window = begin()
    answer(window, "Restore")
    assert not window.banners.isVisible()
    assert window.workbench.state.project.seed == 5
    assert window.isWindowModified()
    assert window.windowTitle().startswith("lesson.toml")
    assert window.actions_by_id["undo"].text() == "&Undo Set the seed"
    wait_for_journal(window, qtbot)
    assert sorted(names(folder)) == [".journal", ".lock"]  # until it is saved
    save_project(PROJECT, tmp_path / "lesson.toml")
    window.workbench.document.save(tmp_path / "lesson.toml", overwrite=True)
    wait_for_journal(window, qtbot)
    assert names(folder) == []
    assert load_project(tmp_path / "lesson.toml").project.seed == 5


def test_a_file_that_has_changed_since_the_crash_is_not_overwritten_after_a_restore(
    begin: Callable[[], MainWindow], folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "lesson.toml"
    save_project(PROJECT, path)
    workbench = Workbench(PROJECT)
    workbench.open(path)
    workbench.edit("Set the seed", replace(PROJECT, seed=5))
    file = JournalFile(folder)
    file.write(workbench.document.history(workbench.state.focus))
    file.release()
    workbench.close()
    save_project(replace(PROJECT, title="Theirs"), path)
    window = begin()
    answer(window, "Restore")
    qtbot.waitUntil(lambda: bool(texts(window)))
    assert texts(window)[0].startswith("lesson.toml was changed by another program")
    assert not window.files.save()
    assert load_project(path).project.title == "Theirs"


def test_an_offer_above_the_start_page_can_be_restored(begin: Callable[..., MainWindow], folder: Path) -> None:
    leave_journal(folder, "A lesson")
    window = begin()
    window.show_start_page()
    assert window.banners.isVisible()
    answer(window, "Restore")
    assert not window.start.is_shown
    assert window.workbench.state.project.seed == 5
    assert window.isWindowModified()


def test_declined_edits_are_deleted_and_postponed_ones_are_offered_again(
    begin: Callable[[], MainWindow], folder: Path, qtbot: QtBot
) -> None:
    leave_journal(folder, "A lesson")
    first = begin()
    answer(first, "Later")
    assert not first.banners.isVisible()
    first.close()
    second = begin()
    answer(second, "Discard")
    wait_for_journal(second, qtbot)
    assert names(folder) == []
    second.close()
    assert not begin().banners.isVisible()


def test_an_offer_without_an_answer_is_made_again_by_the_next_window(
    begin: Callable[[], MainWindow], folder: Path
) -> None:
    leave_journal(folder, "A lesson")
    first = begin()
    assert begin().banners.banners == []  # it is offered by the first window
    first.close()
    assert len(texts(begin())) == 1


def test_several_crashed_windows_are_offered_one_after_another(
    begin: Callable[[], MainWindow], folder: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    for number, title in enumerate(("One", "Two", "Three")):
        leave_journal(folder, title, seed=number + 10)
    window = begin()
    assert texts(window)[0].startswith("Unsaved edits of Three (1 of 3)")
    answer(window, "Discard")
    assert texts(window)[0].startswith("Unsaved edits of Two (2 of 3)")
    answer(window, "Restore")
    assert window.workbench.state.project.seed == 11
    assert texts(window)[0].startswith("Unsaved edits of One (3 of 3)")
    monkeypatch.setattr(QMessageBox, "exec", lambda box: Buttons.Cancel)
    answer(window, "Restore")  # asks about the edits that have just been restored
    assert window.workbench.state.project.seed == 11
    monkeypatch.setattr(QMessageBox, "exec", lambda box: Buttons.Discard)
    answer(window, "Restore")
    assert window.workbench.state.project.seed == 10
    assert not window.banners.isVisible()
    wait_for_journal(window, qtbot)
    assert sorted(names(folder)) == [".journal", ".lock"]


def test_edits_made_beside_an_offer_have_a_journal_of_their_own(
    begin: Callable[[], MainWindow], folder: Path, qtbot: QtBot
) -> None:
    leave_journal(folder, "A lesson")
    window = begin()
    set_filters(window, 60)
    wait_for_journal(window, qtbot)
    assert sorted(names(folder)) == [".journal", ".journal", ".lock", ".lock"]
    window.workbench.document.undo_stack.setClean()
    window.close()
    assert names(folder).count(".journal") == 1  # the offer has not been answered


def test_an_unreadable_journal_is_set_aside_and_named_once(begin: Callable[[], MainWindow], folder: Path) -> None:
    leave_journal(folder, "A lesson")
    folder.joinpath("2026-01-01-000000-00000000.journal").write_bytes(b"no journal")
    first = begin()
    (aside,) = folder.glob("*.unreadable")
    assert aside.read_bytes() == b"no journal"
    unreadable, offer = texts(first)
    assert str(aside) in unreadable
    assert offer.startswith("Unsaved edits of A lesson\n")
    first.banners.banners[0].buttons["OK"].click()
    assert len(texts(first)) == 1
    first.close()
    assert [text[:13] for text in texts(begin())] == ["Unsaved edits"]


def test_a_journal_that_cannot_be_written_is_named_and_edits_go_on(
    begin: Callable[[], MainWindow], folder: Path, qtbot: QtBot
) -> None:
    window = begin()
    folder.write_text("a file where a folder should be")
    set_filters(window, 60)
    qtbot.waitUntil(lambda: bool(texts(window)))
    assert str(folder) in texts(window)[0]
    set_filters(window, 61)
    wait_for_journal(window, qtbot)
    assert len(texts(window)) == 1
    answer(window, "OK")
    assert not window.banners.isVisible()


def test_closing_the_window_ends_its_journal(
    begin: Callable[[], MainWindow], folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = begin()
    set_filters(window, 60)
    wait_for_journal(window, qtbot)
    monkeypatch.setattr(QMessageBox, "exec", lambda box: Buttons.Cancel)
    assert not window.close()
    assert sorted(names(folder)) == [".journal", ".lock"]
    monkeypatch.setattr(QMessageBox, "exec", lambda box: Buttons.Discard)
    assert window.close()
    assert names(folder) == []


def test_an_offer_stays_visible_whatever_the_layout_and_is_never_part_of_it(
    begin: Callable[[], MainWindow], folder: Path, settings: QSettings
) -> None:
    leave_journal(folder, "A lesson")
    first = begin()
    first.workspaces.reset()
    assert first.banners.isVisible()
    first.close()  # its layout is saved with a banner
    for path in folder.iterdir():
        path.unlink()
    second = begin()
    assert not second.banners.isVisible()
    second.close()  # its layout is saved without one
    leave_journal(folder, "A lesson")
    third = begin()
    assert third.banners.isVisible()
    assert third.banners.width() == third.width()


def test_the_keyboard_reaches_the_answers(begin: Callable[[], MainWindow], folder: Path, qtbot: QtBot) -> None:
    leave_journal(folder, "A lesson")
    window = begin()
    with qtbot.waitActive(window):
        window.activateWindow()
    (banner,) = window.banners.banners
    window.designs.tree.setFocus()
    seen = []
    for _ in range(200):
        QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        if QApplication.focusWidget() in banner.buttons.values():
            seen.append(QApplication.focusWidget().text())
        if len(seen) == 3:
            break
    assert seen == ["Restore", "Later", "Discard"]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget() not in banner.buttons.values()
    window.actions_by_id["previous_panel"].trigger()
    for _ in range(20):
        if QApplication.focusWidget() is banner.buttons["Restore"]:
            break
        window.actions_by_id["next_panel"].trigger()
    assert QApplication.focusWidget() is banner.buttons["Restore"]


@pytest.mark.parametrize("width", [1024, 1280, 2560])
def test_no_text_of_a_banner_is_clipped(
    begin: Callable[..., MainWindow], folder: Path, width: int, tmp_path: Path, qtbot: QtBot
) -> None:
    leave_journal(folder, "A lesson", tmp_path / "a folder with a long name" / "a project with a long name.toml")
    window = begin(width, 700)
    QApplication.processEvents()
    assert (window.width(), window.height()) == (width, 700)  # it does not make the window higher
    (banner,) = window.banners.banners
    for label in (banner.title, banner.text):
        assert label.height() >= label.heightForWidth(label.width())
        assert banner.rect().contains(label.geometry())
    for button in banner.buttons.values():
        assert banner.rect().contains(button.geometry())
        assert button.width() >= button.sizeHint().width()


def test_the_journal_of_a_window_in_use_is_found_by_nobody(begin: Callable[[], MainWindow], folder: Path) -> None:
    leave_journal(folder, "A lesson")
    window = begin()
    answer(window, "Restore")
    assert claim_journals(folder) == []


def test_a_picture_of_a_window_waits_for_no_offer(tmp_path: Path, folder: Path) -> None:
    """As `screenshot` does: it makes a window without looking for lost work."""
    leave_journal(folder, "A lesson")
    window = MainWindow(
        Workbench(PROJECT), Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)), set_theme
    )
    window.show()
    window.grab()
    assert not window.banners.isVisible()
    window.close()
    window.deleteLater()

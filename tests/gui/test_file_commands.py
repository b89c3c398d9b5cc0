"""Files as the user handles them: opened, dropped, saved, exported. Each failure is reported and changes nothing."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from engine.layers import Conv2d
from engine.network.input_specs import ArrayInput, ImageInput
from engine.network.weight_specs import FileWeights
from engine.project.file import load_project, save_project
from gui.catalogue.figures import FIGURE_IDS
from gui.catalogue.views import VIEW_IDS, view_row
from gui.export import pictures
from gui.export.pictures import render_view
from gui.state.focus import Focus
from gui.window.export_commands import _SCALES
from gui.window.main_window import MainWindow
from gui.window.mnemonics import plain_text
from tests.gui.conftest import PROJECT
from tests.gui.lesson_files import LESSON, write_lesson

Buttons = QMessageBox.StandardButton


@pytest.fixture
def messages(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The text of each message, which no box shows."""
    texts: list[str] = []
    monkeypatch.setattr(window.files, "show_message", lambda title, text: texts.append(text))
    return texts


def finish(window: MainWindow, qtbot: QtBot) -> None:
    """Wait for the exports in progress."""
    qtbot.waitUntil(lambda: not window.exports.single.busy)


def opened_entries(window: MainWindow, menu: str) -> list[QAction]:
    window.menus.dynamic[menu].aboutToShow.emit()
    return window.menus.dynamic[menu].actions()


def entries(window: MainWindow, menu: str) -> dict[str, QAction]:
    return {plain_text(action.text()): action for action in opened_entries(window, menu)}


def checked_entries(window: MainWindow, menu: str) -> list[str]:
    return [plain_text(action.text()) for action in opened_entries(window, menu) if action.isChecked()]


def edit_filters(window: MainWindow) -> None:
    layer = Conv2d(filters=60, kernel=5)
    network = window.workbench.state.project.network("naive").with_layer("conv5x5", layer)
    window.workbench.edit("Set filters to 60", window.workbench.state.project.with_network("naive", network))


UNUSABLE = (
    ("gone.toml", None, "gone.toml"),
    ("broken.toml", "format = 1\ntitle = 'a", "broken.toml"),
    ("empty.toml", "", "empty.toml"),
    ("newer.toml", "format = 99\n", "newer.toml"),
    ("list.json", "[]", "list.json"),
    ("letter.docx", "Dear", ".docx"),
    ("noending", "", "no ending"),
    ("broken.npy", "no array", "broken.npy"),
    ("gone.safetensors", None, "gone.safetensors"),
)
"""Name and content of a file, None if there is no such file, and what the message about it says."""


def test_an_unusable_file_is_reported_and_changes_nothing(
    window: MainWindow, messages: list[str], tmp_path: Path
) -> None:
    edit_filters(window)
    window.workbench.document.undo_stack.setClean()
    before = window.workbench.state.project
    for name, content, message in UNUSABLE:
        if content is not None:
            (tmp_path / name).write_text(content)
        window.files.use_file(tmp_path / name)
        (text,) = messages
        assert message in text
        assert window.workbench.state.project is before, name
        assert window.workbench.document.undo_stack.canUndo(), name
        assert window.files.recent() == [], name
        messages.clear()


def test_an_unreadable_photo_is_a_mistake_of_the_input_and_can_be_undone(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    window.files.use_file(tmp_path / "text.png")
    assert "text.png" in window.problems.text()
    assert window.status.mistakes.isVisible()
    assert not window.input.visibleRegion().isEmpty()
    window.actions_by_id["undo"].trigger()
    assert not window.status.mistakes.isVisible()


def test_recent_files_are_listed_with_their_folders_and_missing_ones_disabled(
    window: MainWindow, tmp_path: Path
) -> None:
    for name in ("one.toml", "R&D.toml"):
        save_project(PROJECT, tmp_path / name)
        window.files.open_path(tmp_path / name)
    (tmp_path / "one.toml").unlink()
    actions = opened_entries(window, "recent")
    assert [plain_text(action.text()).split()[0] for action in actions] == ["R&D.toml", "one.toml"]
    assert str(tmp_path) in actions[0].text().replace("&", "")
    assert [action.isEnabled() for action in actions] == [True, False]
    assert "missing" in plain_text(actions[1].text())
    actions[0].trigger()
    assert window.workbench.document.path == tmp_path / "R&D.toml"


def test_the_menu_of_recent_files_is_disabled_without_any(window: MainWindow) -> None:
    assert not window.menus.dynamic["recent"].menuAction().isEnabled()


def test_weights_that_fit_the_focused_layer_become_its_weights(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    np.savez(path, kernel=np.zeros((6, 8, 5, 5), np.float32), bias=np.zeros(6, np.float32))
    window.workbench.set_focus(Focus("naive", "conv5x5"))
    window.files.use_file(path)
    node = window.workbench.state.project.network("naive").node("conv5x5")
    assert isinstance(node.weights, FileWeights)
    assert node.weights.path == str(path)
    assert window.workbench.state.project.input == PROJECT.input
    assert not window.workbench.state.check.problems


def test_an_array_that_fits_no_weights_becomes_the_input(window: MainWindow, tmp_path: Path) -> None:
    np.save(tmp_path / "volume.npy", np.zeros((8, 12, 12), np.float32))
    window.files.use_file(tmp_path / "volume.npy")
    assert window.workbench.state.project.input == ArrayInput(str(tmp_path / "volume.npy"), axes="chw")
    assert not window.input.visibleRegion().isEmpty()


def test_a_photo_changed_on_disk_is_read_again_by_the_next_run(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    def paint(colour: str) -> None:
        image = QImage(40, 40, QImage.Format.Format_RGB32)
        image.fill(colour)
        image.save(str(path))

    def run() -> np.ndarray:
        window.actions_by_id["run"].trigger()
        qtbot.waitUntil(lambda: window.workbench.state.run.progress is None)
        result = window.workbench.state.volume_at(("", "input")).result
        assert result is not None
        assert window.workbench.state.volume_at(("", "input")).is_fresh
        return result.volume

    path = tmp_path / "photo.png"
    paint("red")
    window.workbench.show_project(PROJECT)
    window.files.use_file(path)
    assert isinstance(window.workbench.state.project.input, ImageInput)
    first = run()
    paint("lightgreen")
    assert not np.array_equal(first, run())


@pytest.mark.parametrize("view", ["volumes", "filters", "bars", "table"])
def test_an_exported_picture_has_the_chosen_scale(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, view: str
) -> None:
    for scale in _SCALES:
        path = tmp_path / f"{scale}.png"
        entries(window, "scale")[f"{scale}×"].trigger()
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        entries(window, "export_view")[f"{view_row(view).title}…"].trigger()
        finish(window, qtbot)
        assert QImage(str(path)).size() == window.views[view].size() * scale


def test_the_menus_offer_only_views_that_have_a_picture(window: MainWindow) -> None:
    titles = [view_row(view_id).title for view_id in VIEW_IDS]
    for menu, suffix in (("export_view", "…"), ("copy_view", "")):
        texts = list(entries(window, menu))
        assert texts == [title + suffix for title in titles]


def test_the_chosen_scale_is_checked_and_remembered(window: MainWindow, settings: QSettings) -> None:
    window.exports.set_scale(3)
    assert checked_entries(window, "scale") == ["3×"]
    assert settings.value("export/scale", 0.0, type=float) == 3.0


@pytest.mark.parametrize(("ending", "start"), [("tex", "% needs"), ("tsv", "design\t"), ("netron.json", "{")])
def test_the_table_is_written_in_the_format_of_the_ending(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, ending: str, start: str
) -> None:
    path = tmp_path / f"mine.{ending}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.exports.export_view("table", window.views["table"].size())
    finish(window, qtbot)
    assert path.read_text(encoding="utf-8").startswith(start)


@pytest.mark.parametrize(("name", "message"), [("no/figure.svg", "cannot be written"), ("figure.doc", ".png")])
def test_a_failed_export_is_reported(
    window: MainWindow,
    messages: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
    name: str,
    message: str,
) -> None:
    (tmp_path / "no").write_text("a file where a folder should be")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / name), ""))
    window.exports.export_view("bars", window.views["bars"].size())
    finish(window, qtbot)
    (text,) = messages
    assert message in text


@pytest.fixture
def slow_painting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """An event on which the painting of views waits."""
    go_on = Event()

    def render(*given: Any) -> bytes:
        assert go_on.wait(30)
        return render_view(*given)

    monkeypatch.setattr(pictures, "render_view", render)
    yield go_on
    go_on.set()


def test_the_window_does_not_wait_for_the_export_of_a_view(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, slow_painting: Event
) -> None:
    paths = [tmp_path / "a.png", tmp_path / "b.svg"]
    for path in paths:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        window.exports.export_view("bars", window.views["bars"].size())
    qtbot.waitUntil(lambda: window.exports.single.progress.dialog.isVisible())
    assert window.status.hover.text() == "Exporting a.png …"
    edit_filters(window)  # the window can be used, and the picture shows what was there
    assert not any(path.exists() for path in paths)
    slow_painting.set()
    finish(window, qtbot)
    assert all(path.stat().st_size for path in paths)
    assert "60 filters" not in paths[1].read_text()
    assert window.exports.single.progress.dialog is None
    assert window.status.hover.text() == f"Wrote {paths[1]}"


def test_the_window_does_not_wait_for_the_copy_of_a_view(
    window: MainWindow, qtbot: QtBot, slow_painting: Event
) -> None:
    QGuiApplication.clipboard().setText("before")
    window.actions_by_id["copy_picture"].trigger()
    qtbot.waitUntil(lambda: window.exports.single.progress.dialog.isVisible())
    assert window.status.hover.text() == "Copying Volumes …"
    edit_filters(window)
    assert QGuiApplication.clipboard().text() == "before"
    slow_painting.set()
    finish(window, qtbot)
    assert QGuiApplication.clipboard().mimeData().hasImage()
    assert window.status.hover.text() == "The picture is on the clipboard"


def test_a_cancelled_copy_leaves_the_clipboard(window: MainWindow, qtbot: QtBot, slow_painting: Event) -> None:
    QGuiApplication.clipboard().setText("before")
    window.actions_by_id["copy_picture"].trigger()
    qtbot.waitUntil(lambda: window.exports.single.progress.dialog.isVisible())
    window.exports.single.progress.dialog.canceled.emit()
    slow_painting.set()
    qtbot.waitUntil(lambda: not window.exports.single._worker.busy)
    QApplication.processEvents()
    assert QGuiApplication.clipboard().text() == "before"


def test_a_cancelled_export_of_a_view_writes_nothing(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, slow_painting: Event
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "a.png"), ""))
    window.exports.export_view("bars", window.views["bars"].size())
    qtbot.waitUntil(lambda: window.exports.single.progress.dialog.isVisible())
    window.exports.single.progress.dialog.canceled.emit()
    assert not window.exports.single.busy
    assert "cancelled" in window.status.hover.text()
    slow_painting.set()
    qtbot.waitUntil(lambda: not window.exports.single._worker.busy)
    assert list(tmp_path.glob("*.png")) == []


# Figures for papers and slides


@pytest.mark.parametrize("name", FIGURE_IDS)
def test_a_command_writes_a_figure_in_the_format_of_the_ending(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, name: str
) -> None:
    for ending, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        path = tmp_path / f"mine.{ending}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        window.actions_by_id[f"figure_{name}"].trigger()
        finish(window, qtbot)
        assert path.read_bytes().startswith(start)
        assert window.status.hover.text() == f"Wrote {path}"


def test_figures_have_the_chosen_width(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, settings: QSettings
) -> None:
    path = tmp_path / "figure.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    widths = []
    for title in ("Depending on the format", "85 mm", "174 mm", "Slide"):
        entries(window, "figure_width")[title].trigger()
        window.actions_by_id["figure_one-by-one"].trigger()
        finish(window, qtbot)
        widths.append(QImage(str(path)).width())
        assert checked_entries(window, "figure_width") == [title]
    assert widths == [1920, 2008, 4110, 1920]
    assert settings.value("export/width", "", type=str) == "slide"


@pytest.mark.parametrize(
    ("name", "message"), [("figure.gif", "must end in one of .png, .svg, .pdf"), ("no/figure.pdf", "cannot be written")]
)
def test_a_figure_that_cannot_be_written_is_reported(
    window: MainWindow,
    messages: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
    name: str,
    message: str,
) -> None:
    (tmp_path / "no").write_text("a file where a folder should be")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / name), ""))
    window.actions_by_id["figure_from-above"].trigger()
    finish(window, qtbot)
    (text,) = messages
    assert message in text


@pytest.mark.parametrize("action_id", [*(f"figure_{name}" for name in FIGURE_IDS), "turn"])
def test_a_figure_of_a_project_without_designs_is_refused_with_a_message(
    window: MainWindow,
    messages: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
    action_id: str,
) -> None:
    window.workbench.edit("Remove the designs", replace(PROJECT, designs=()))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "figure.png"), ""))
    window.actions_by_id[action_id].trigger()
    finish(window, qtbot)
    (text,) = messages
    assert "has nothing to" in text
    assert not (tmp_path / "figure.png").exists()


def test_the_gif_of_the_turn_is_written_in_the_background(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    path = tmp_path / "turn.gif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    with qtbot.waitSignal(window.exports.done, check_params_cb=lambda text: text.startswith("Wrote")):
        window.actions_by_id["turn"].trigger()
        assert not path.exists()
        assert window.status.hover.text() == "Painting turn.gif …"
    assert path.read_bytes().startswith(b"GIF89a")


def test_a_gif_that_cannot_be_written_is_reported(
    window: MainWindow, messages: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    (tmp_path / "no").write_text("a file where a folder should be")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "turn.gif"), ""))
    window.actions_by_id["turn"].trigger()
    qtbot.waitUntil(lambda: bool(messages))
    assert "cannot be written" in messages[0]


def test_a_gif_in_progress_is_abandoned_when_the_window_closes(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "turn.gif"), ""))
    window.actions_by_id["turn"].trigger()
    window.close()
    QApplication.processEvents()
    assert not (tmp_path / "turn.gif").exists()


def test_copying_a_view_puts_its_picture_on_the_clipboard(window: MainWindow, qtbot: QtBot) -> None:
    window.exports.set_scale(2)
    entries(window, "copy_view")["Operations"].trigger()
    finish(window, qtbot)
    assert QGuiApplication.clipboard().image().size() == window.views["bars"].size() * 2


def test_every_view_can_be_copied_and_exported_by_its_menu(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    window.exports.set_scale(1)
    for view in VIEW_IDS:
        entries(window, "copy_view")[view_row(view).title].trigger()
        finish(window, qtbot)
        assert QGuiApplication.clipboard().image().size() == window.views[view].size()
    endings = ("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")
    for view, (ending, start) in product(VIEW_IDS, endings):
        title, path = view_row(view).title, tmp_path / f"{view}.{ending}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        entries(window, "export_view")[f"{title}…"].trigger()
        finish(window, qtbot)
        assert path.read_bytes().startswith(start)


def test_a_message_can_be_copied_and_its_box_stays_open(
    open_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    open_window().show_message("This cannot be done", "p.toml: $.input: is missing")
    (box,) = (widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QMessageBox))
    (copy,) = (button for button in box.findChildren(QPushButton) if plain_text(button.text()) == "Copy")
    copy.click()
    assert QGuiApplication.clipboard().text() == "This cannot be done\np.toml: $.input: is missing"
    assert box.isVisible()
    box.close()


def test_a_name_without_an_ending_never_replaces_the_file_that_has_one(
    window: MainWindow, messages: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dialog has asked about the name as it was typed."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    (tmp_path / "mine.toml").write_text("other")
    assert not window.files.save_as()
    assert (tmp_path / "mine.toml").read_text() == "other"
    assert messages == [f"{tmp_path / 'mine.toml'} exists; choose it by its complete name to replace it"]
    (tmp_path / "mine.toml").unlink()
    assert window.files.save_as()
    assert window.files.save_as()
    assert window.workbench.document.path == tmp_path / "mine.toml"


def test_a_sample_project_is_saved_to_a_file_of_the_users_choice(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened_entries(window, "samples")[0].trigger()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine.toml"), ""))
    assert window.files.save()
    assert load_project(tmp_path / "mine.toml").project.designs == window.workbench.state.project.designs


def test_a_report_is_exported_and_opens_as_the_project_that_save_does_not_overwrite(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page, saved = tmp_path / "r.html", tmp_path / "saved.toml"
    edit_filters(window)
    edited = window.workbench.state.project
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (str(page), ""))
    window.actions_by_id["export_report"].trigger()
    finish(window, qtbot)
    content = page.read_bytes()
    window.workbench.document.undo_stack.setClean()
    window.files.new()
    window.files.use_files([page])  # dropped
    assert window.workbench.state.project == edited
    assert window.files.recent()[0] == page
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (str(saved), ""))
    assert window.files.save()
    assert load_project(saved).project == edited
    assert page.read_bytes() == content


def test_a_report_with_another_ending_is_refused(
    window: MainWindow, messages: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (str(tmp_path / "r.txt"), ""))
    window.exports.export_report()
    assert "must end in one of .html" in messages[0]
    assert not (tmp_path / "r.txt").exists()


def test_a_web_page_that_is_no_report_is_refused_and_changes_nothing(
    window: MainWindow, messages: list[str], tmp_path: Path
) -> None:
    (tmp_path / "p.html").write_text("<p>Hello")
    before = window.workbench.state
    window.files.open_path(tmp_path / "p.html")
    assert "a web page without a project" in messages[0]
    assert window.workbench.state is before


def test_a_lesson_is_exported_as_a_page_in_the_background(
    window: MainWindow, messages: list[str], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lesson, page = write_lesson(tmp_path), tmp_path / "page.html"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *given: (str(lesson), ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (str(page), ""))
    before = window.workbench.state
    window.actions_by_id["export_lesson"].trigger()
    qtbot.waitUntil(lambda: not window.exports.single.busy, timeout=60_000)
    assert not messages
    assert b"The wide one" in page.read_bytes()
    assert window.workbench.state is before


def test_a_lesson_with_a_fault_is_not_exported_but_reported(
    window: MainWindow, messages: list[str], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (str(page), ""))
    for text, words in (
        (LESSON.replace('== 2"\nhint', '== 3"\nhint'), "does not hold after the solution"),
        ("format = 2", "$.format"),
    ):
        lesson = write_lesson(tmp_path, text)
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *given, name=str(lesson): (name, ""))
        window.exports.export_lesson()
        qtbot.waitUntil(lambda: not window.exports.single.busy, timeout=60_000)
        assert words in messages.pop()
    assert not page.exists()

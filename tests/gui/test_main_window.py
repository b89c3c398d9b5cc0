"""The whole window, driven as a person drives it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QSlider,
    QSpinBox,
)
from pytestqt.qtbot import QtBot

from engine.layers import LAYERS, Conv2d, tag_of
from engine.network import Network, Node
from engine.project import Design, ImageInput, NoiseInput, Project
from engine.project_file import load, save
from gui.actions import ACTIONS, TOOLBAR
from gui.main_window import MainWindow
from gui.state import Focus
from gui.views import VIEWS
from tests.gui.conftest import PROJECT

Buttons = QMessageBox.StandardButton


def filters_box(window: MainWindow) -> QSpinBox:
    (box,) = (
        box for box in window.form.findChildren(QSpinBox) if box.isVisible() and box.accessibleName() == "Filters"
    )
    return box


def set_filters(window: MainWindow, filters: int) -> None:
    """Type a number, as a person does."""
    box = filters_box(window)
    box.setFocus()
    box.setValue(filters)


def run(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_by_id["run"].trigger()
    qtbot.waitUntil(lambda: window.workbench.state.run.progress is None)


def picture(window: MainWindow, view: str) -> QImage:
    return window.views[view].grab().toImage()


def test_typing_filters_changes_numbers_and_pictures_at_once(window: MainWindow, qtbot: QtBot) -> None:
    before = {id: picture(window, id) for id in ("volumes", "bars", "table")}
    set_filters(window, 60)
    assert window.workbench.state.project.network("naive").node("conv5x5").layer == Conv2d(filters=60, kernel=5)
    assert "MACs" in window.status.totals.text()
    assert f"{12 * 12 * 60 * 5 * 5 * 8:,}" in window.status.totals.toolTip()
    for id, old in before.items():
        assert picture(window, id) != old, f"{id} shows what it showed before"


def test_undo_brings_back_number_box_and_pictures(window: MainWindow) -> None:
    before = picture(window, "bars")
    set_filters(window, 60)
    window.actions_by_id["undo"].trigger()
    assert filters_box(window).value() == 6
    assert window.workbench.state.project == PROJECT
    assert picture(window, "bars") == before
    window.actions_by_id["redo"].trigger()
    assert filters_box(window).value() == 60


def test_the_undo_entry_says_what_it_takes_back(window: MainWindow) -> None:
    set_filters(window, 60)
    assert window.actions_by_id["undo"].text() == "Undo Set filters to 60"


def test_a_run_fills_volumes_and_filters(window: MainWindow, qtbot: QtBot) -> None:
    before = {id: picture(window, id) for id in ("volumes", "filters")}
    run(window, qtbot)
    for id, old in before.items():
        assert picture(window, id) != old


def test_progress_and_cancel_are_shown_only_during_a_run(
    open_window: Callable[[Project], MainWindow], qtbot: QtBot
) -> None:
    nodes = tuple(Node(f"conv{i}", Conv2d(filters=256, kernel=3)) for i in range(60))
    window = open_window(Project(NoiseInput((256, 56, 56)), (Design("slow", Network(nodes)),)))
    assert not window.status.run.isVisible()
    window.actions_by_id["run"].trigger()
    qtbot.waitUntil(lambda: "conv" in window.status.run_label.text())
    assert window.status.run.isVisible()
    assert window.actions_by_id["cancel"].isEnabled()
    qtbot.mouseClick(window.status.cancel, Qt.MouseButton.LeftButton)
    assert not window.status.run.isVisible()
    assert window.workbench.state.run.progress is None


def test_closing_during_a_run_ends_it(open_window: Callable[[Project], MainWindow], qtbot: QtBot) -> None:
    nodes = tuple(Node(f"conv{i}", Conv2d(filters=256, kernel=3)) for i in range(60))
    window = open_window(Project(NoiseInput((256, 56, 56)), (Design("slow", Network(nodes)),)))
    window.actions_by_id["run"].trigger()
    qtbot.waitUntil(lambda: "conv" in window.status.run_label.text())
    assert window.close()
    assert window.workbench.runner._pool.activeThreadCount() == 0


def test_a_mistake_is_listed_and_the_last_valid_window_stays_usable(window: MainWindow) -> None:
    network = window.workbench.state.project.network("naive").with_layer(
        "conv5x5", Conv2d(filters=6, kernel=5, groups=5)
    )
    window.workbench.edit("Set groups to 5", window.workbench.state.project.with_network("naive", network))
    assert window.docks["problems"].windowTitle() == "Mistakes (2)"
    assert "groups 5" in window.problems.text()
    assert "unknown" in window.status.totals.text()
    window.actions_by_id["undo"].trigger()
    assert window.docks["problems"].windowTitle() == "Mistakes"


@pytest.mark.parametrize("kind", [tag_of(kind) for kind in LAYERS])
def test_every_kind_can_be_added_from_the_menu_and_undone(window: MainWindow, kind: str) -> None:
    window.actions_by_id[f"add_{kind}"].trigger()
    nodes = window.workbench.state.project.network("naive").nodes
    assert kind in [node.layer.kind for node in nodes]
    assert window.workbench.state.focus.node in [node.name for node in nodes]
    window.actions_by_id["undo"].trigger()
    assert window.workbench.state.project == PROJECT


def test_design_commands_add_duplicate_and_remove(window: MainWindow) -> None:
    def names() -> list[str]:
        return [design.name for design in window.workbench.state.project.designs]

    window.actions_by_id["duplicate_design"].trigger()
    assert len(names()) == 3
    window.actions_by_id["remove_design"].trigger()
    assert names() == ["naive", "bottleneck"]
    window.actions_by_id["add_design"].trigger()
    assert len(names()) == 3


def test_one_selection_is_shown_by_list_form_and_title(window: MainWindow) -> None:
    window.workbench.set_focus(Focus("bottleneck", "reduce"))
    assert any(edit.text() == "reduce" for edit in window.form.findChildren(QLineEdit) if edit.isVisible())
    assert window.designs.tree.currentItem() is not None
    assert "reduce" in window.designs.tree.currentItem().text(0)


def test_the_theme_switch_repaints_everything_and_back(window: MainWindow) -> None:
    light = {id: picture(window, id) for id in window.views}
    window.actions_by_id["dark"].trigger()
    QApplication.processEvents()
    assert window.workbench.state.look.theme == "dark"
    for id, old in light.items():
        dark = picture(window, id)
        assert dark.pixelColor(dark.width() - 4, dark.height() // 2).lightness() < 100, id
        assert dark != old
    window.actions_by_id["dark"].trigger()
    QApplication.processEvents()
    assert {id: picture(window, id) == old for id, old in light.items()} == dict.fromkeys(light, True)


def test_every_toolbar_entry_exists_and_every_view_has_a_place() -> None:
    known = {action.id for action in ACTIONS} | {"undo", "redo", "samples", "count", "separator"}
    assert set(TOOLBAR) <= known
    assert len({kind.id for kind in VIEWS}) == len(VIEWS)


def test_no_two_actions_share_a_shortcut(window: MainWindow) -> None:
    keys = [key.toString() for action in window.actions_by_id.values() for key in action.shortcuts()]
    assert sorted(keys) == sorted(set(keys))


def test_the_palette_finds_a_command_by_its_words_and_does_it(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_by_id["palette"].trigger()
    palette = QApplication.activeModalWidget() or next(
        widget for widget in QApplication.topLevelWidgets() if widget.windowTitle() == "Find a command"
    )
    line = palette.findChild(QLineEdit)
    qtbot.keyClicks(line, "dup des")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert len(window.workbench.state.project.designs) == 3


def test_reset_layout_shows_every_panel_again(window: MainWindow) -> None:
    window.docks["filters"].close()
    window.docks["designs"].close()
    window.actions_by_id["reset_layout"].trigger()
    assert window.docks["filters"].isVisible()
    assert window.docks["designs"].isVisible()


def test_the_layout_and_theme_are_found_again(
    open_window: Callable[[], MainWindow], settings: QSettings, qtbot: QtBot
) -> None:
    first = open_window()
    first.docks["table"].close()
    first.actions_by_id["dark"].trigger()
    first.close()
    assert not open_window().docks["table"].isVisible()
    assert settings.value("look/theme", "", type=str) == "dark"


def test_the_title_names_the_file_and_marks_unsaved_edits(window: MainWindow, tmp_path: Path) -> None:
    save(PROJECT, tmp_path / "lesson.toml")
    window.files.open_path(tmp_path / "lesson.toml")
    assert window.windowTitle() == "lesson.toml[*] – Convolume"
    assert not window.isWindowModified()
    set_filters(window, 60)
    assert window.isWindowModified()


def test_save_writes_the_edited_project(window: MainWindow, tmp_path: Path) -> None:
    save(PROJECT, tmp_path / "lesson.toml")
    window.files.open_path(tmp_path / "lesson.toml")
    set_filters(window, 60)
    window.actions_by_id["save"].trigger()
    assert load(tmp_path / "lesson.toml").project.network("naive").node("conv5x5").layer == Conv2d(60, 5)
    assert not window.isWindowModified()


def test_save_as_asks_for_a_name_and_remembers_it(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = tmp_path / "named"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(chosen), ""))
    window.actions_by_id["save_as"].trigger()
    assert load(tmp_path / "named.toml").project == PROJECT
    assert window.files.recent()[0] == tmp_path / "named.toml"


def test_a_failed_save_is_told_and_the_edits_stay(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(window.files, "tell", lambda title, details: told.append(details))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "p.toml"), ""))
    set_filters(window, 60)
    window.actions_by_id["save_as"].trigger()
    assert len(told) == 1
    assert "p.toml" in told[0]
    assert window.isWindowModified()
    assert window.workbench.document.undo_stack.canUndo()


@pytest.mark.parametrize(
    ("answer", "closes", "written"),
    [(Buttons.Cancel, False, False), (Buttons.Discard, True, False), (Buttons.Save, True, True)],
)
def test_closing_with_unsaved_edits_asks(
    window: MainWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: QMessageBox.StandardButton,
    closes: bool,
    written: bool,
) -> None:
    path = tmp_path / "lesson.toml"
    save(PROJECT, path)
    window.files.open_path(path)
    set_filters(window, 60)
    monkeypatch.setattr(QMessageBox, "exec", lambda box: answer)
    assert window.close() is closes
    assert (load(path).project != PROJECT) is written


def test_a_wrong_file_is_told_with_file_place_and_value(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(window.files, "tell", lambda title, details: told.append(details))
    path = tmp_path / "wrong.toml"
    save(PROJECT, path)
    path.write_text(path.read_text().replace("filters = 2", "filters = 0"))
    window.files.open_path(path)
    assert "wrong.toml" in told[0]
    assert "$.designs[1].nodes[0].filters" in told[0]
    assert "0" in told[0]
    assert window.workbench.state.project == PROJECT


def test_messages_can_be_copied(window: MainWindow, qtbot: QtBot) -> None:
    window.tell("This cannot be done", "p.toml: $.input: is missing")
    (box,) = (widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QMessageBox))
    assert box.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
    assert "$.input" in box.informativeText()
    box.close()


def test_a_dropped_photo_becomes_the_input(window: MainWindow, tmp_path: Path) -> None:
    image = QImage(20, 10, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    image.save(str(tmp_path / "red.png"))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "red.png"))])
    event = QDropEvent(
        QPointF(10, 10), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dropEvent(event)
    assert window.workbench.state.project.input == ImageInput(str(tmp_path / "red.png"))
    assert window.actions_by_id["undo"].text() == "Undo Use photo red.png"


def test_samples_open_and_are_not_saved_over(window: MainWindow) -> None:
    samples = [action for action in window._samples.actions() if "inception 3a 5x5" in action.text()]
    samples[0].trigger()
    assert window.workbench.state.project.title.startswith("Inception 3a")
    assert window.workbench.document.path is None


def test_a_new_project_is_empty_and_says_what_to_do(window: MainWindow) -> None:
    window.actions_by_id["new"].trigger()
    (design,) = window.workbench.state.project.designs
    assert design.network.nodes == ()
    window.actions_by_id["add_conv2d"].trigger()
    assert len(window.workbench.state.project.designs[0].network.nodes) == 1


def test_accessible_names_are_given_to_what_can_be_operated(window: MainWindow) -> None:
    operated = (QSpinBox, QLineEdit, QComboBox, QCheckBox, QAbstractItemView, QSlider)
    for box in (box for kind in operated for box in window.findChildren(kind)):
        inside = box.parentWidget()
        part_of_another = isinstance(inside, (QSpinBox, QComboBox)) or box.objectName().startswith("qt_")
        if box.focusPolicy() & Qt.FocusPolicy.TabFocus and box.isVisible() and not part_of_another:
            assert box.accessibleName() or getattr(box, "text", str)(), f"{box} in {inside}"

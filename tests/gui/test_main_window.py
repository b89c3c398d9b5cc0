"""The whole window, operated as a user does."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QMimeData, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QSlider,
    QSpinBox,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.blocks import BLOCKS
from engine.cost.counting import Convention, convention_by_id
from engine.files.paths import RESOURCES
from engine.layers import LAYERS, Conv2d, tag_of
from engine.network.graph import Network, Node
from engine.network.input_specs import ImageInput, NoiseInput
from engine.project.file import load_project, save_project
from engine.project.project import Design, Project
from gui.state.view_state import Focus
from gui.widgets.about import AboutBox
from gui.widgets.tab_order import focusable_in_reading_order
from gui.window.actions import ACTIONS, TOOL_CONVENTIONS, TOOLBAR
from gui.window.main_window import MainWindow
from gui.window.menus import mnemonic_letter, plain_text
from tests.gui.conftest import NAIVE, PROJECT

Buttons = QMessageBox.StandardButton
SLOW_PROJECT = Project(
    NoiseInput((256, 56, 56)),
    (Design("slow", Network(tuple(Node(f"conv{i}", Conv2d(filters=256, kernel=3)) for i in range(60)))),),
)


def activate(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()


def filters_box(window: MainWindow) -> QSpinBox:
    (box,) = (
        box for box in window.form.findChildren(QSpinBox) if box.isVisible() and box.accessibleName() == "Filters"
    )
    return box


def visible_field(window: MainWindow, kind: type[QWidget], name: str) -> QWidget:
    return next(box for box in window.form.findChildren(kind) if box.isVisible() and box.accessibleName() == name)


def set_filters(window: MainWindow, filters: int) -> None:
    """Type a number, as a user does."""
    box = filters_box(window)
    box.setFocus()
    box.setValue(filters)


def menu_entries(window: MainWindow, menu: str) -> dict[str, QAction]:
    """Return the entries of a menu that is filled when it opens, by their texts."""
    window.dynamic_menus[menu].aboutToShow.emit()
    return {plain_text(action.text()): action for action in window.dynamic_menus[menu].actions()}


def run(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_by_id["run"].trigger()
    qtbot.waitUntil(lambda: window.workbench.state.run.progress is None)


def grab_image(window: MainWindow, view: str) -> QImage:
    return window.views[view].grab().toImage()


def test_typing_filters_updates_totals_and_pictures_at_once(window: MainWindow, qtbot: QtBot) -> None:
    before = {view: grab_image(window, view) for view in ("volumes", "bars", "table")}
    set_filters(window, 60)
    assert window.workbench.state.project.network("naive").node("conv5x5").layer == Conv2d(filters=60, kernel=5)
    assert "MACs" in window.status.totals.text()
    assert f"{12 * 12 * 60 * 5 * 5 * 8:,}" in window.status.totals.toolTip()
    for view, old in before.items():
        assert grab_image(window, view) != old, f"{view} did not change"


def test_undo_restores_number_box_and_pictures_and_redo_the_edit(window: MainWindow) -> None:
    before = grab_image(window, "bars")
    set_filters(window, 60)
    window.actions_by_id["undo"].trigger()
    assert filters_box(window).value() == 6
    assert window.workbench.state.project == PROJECT
    assert grab_image(window, "bars") == before
    window.actions_by_id["redo"].trigger()
    assert filters_box(window).value() == 60


def test_the_undo_entry_names_the_edit(window: MainWindow) -> None:
    set_filters(window, 60)
    assert window.actions_by_id["undo"].text() == "&Undo Set filters to 60"


def test_a_run_changes_the_pictures_of_volumes_and_filters(window: MainWindow, qtbot: QtBot) -> None:
    before = {view: grab_image(window, view) for view in ("volumes", "filters")}
    run(window, qtbot)
    for view, old in before.items():
        assert grab_image(window, view) != old


def test_progress_and_cancel_are_visible_only_during_a_run(
    open_window: Callable[[Project], MainWindow], qtbot: QtBot
) -> None:
    window = open_window(SLOW_PROJECT)
    assert not window.status.run.isVisible()
    window.actions_by_id["run"].trigger()
    qtbot.waitUntil(lambda: "conv" in window.status.run_label.text())
    assert window.status.run.isVisible()
    assert window.actions_by_id["cancel"].isEnabled()
    qtbot.mouseClick(window.status.cancel, Qt.MouseButton.LeftButton)
    assert not window.status.run.isVisible()
    assert window.workbench.state.run.progress is None


def test_the_progress_of_a_project_without_stem_mentions_no_stem(window: MainWindow) -> None:
    window.actions_by_id["run"].trigger()
    assert window.status.run_label.text().endswith("· input")
    assert "stem" not in window.status.run_label.text()


def test_closing_the_window_ends_a_run(open_window: Callable[[Project], MainWindow], qtbot: QtBot) -> None:
    window = open_window(SLOW_PROJECT)
    window.actions_by_id["run"].trigger()
    qtbot.waitUntil(lambda: "conv" in window.status.run_label.text())
    assert window.close()
    assert not window.workbench.runner.worker.busy


def test_a_mistake_is_listed_and_counted_until_it_is_undone(window: MainWindow) -> None:
    network = window.workbench.state.project.network("naive").with_layer(
        "conv5x5", Conv2d(filters=6, kernel=5, groups=5)
    )
    window.workbench.edit("Set groups to 5", window.workbench.state.project.with_network("naive", network))
    assert window.docks["problems"].windowTitle() == "Mistakes (2)"
    assert "groups 5" in window.problems.text()
    assert "unknown" in window.status.totals.text()
    window.actions_by_id["undo"].trigger()
    assert window.docks["problems"].windowTitle() == "Mistakes"


@pytest.mark.parametrize("kind", [tag_of(kind) for kind in (*LAYERS, *BLOCKS)])
def test_every_kind_can_be_added_from_the_menu_and_undone(window: MainWindow, kind: str) -> None:
    window.actions_by_id[f"add_{kind}"].trigger()
    nodes = window.workbench.state.project.network("naive").nodes
    assert kind in [node.layer.kind for node in nodes]
    assert window.workbench.state.focus.node in [node.name for node in nodes]
    window.actions_by_id["undo"].trigger()
    assert window.workbench.state.project == PROJECT


def test_commands_duplicate_remove_and_add_designs(window: MainWindow) -> None:
    def names() -> list[str]:
        return [design.name for design in window.workbench.state.project.designs]

    window.actions_by_id["duplicate_design"].trigger()
    assert len(names()) == 3
    window.actions_by_id["remove_design"].trigger()
    assert names() == ["naive", "bottleneck"]
    window.actions_by_id["add_design"].trigger()
    assert len(names()) == 3


def test_the_form_and_the_tree_show_the_focus(window: MainWindow) -> None:
    window.workbench.set_focus(Focus("bottleneck", "reduce"))
    assert any(edit.text() == "reduce" for edit in window.form.findChildren(QLineEdit) if edit.isVisible())
    assert window.designs.tree.currentItem() is not None
    assert "reduce" in window.designs.tree.currentItem().text(0)


def test_switching_the_theme_repaints_every_view_and_back(window: MainWindow) -> None:
    light = {view: grab_image(window, view) for view in window.views}
    window.actions_by_id["dark"].trigger()
    QApplication.processEvents()
    assert window.workbench.state.look.theme == "dark"
    for view, old in light.items():
        dark = grab_image(window, view)
        assert dark.pixelColor(dark.width() - 4, dark.height() // 2).lightness() < 100, view
        assert dark != old
    window.actions_by_id["dark"].trigger()
    QApplication.processEvents()
    assert {view: grab_image(window, view) == old for view, old in light.items()} == dict.fromkeys(light, True)


def test_a_drag_of_a_slider_is_one_undo_step_and_the_next_drag_another(window: MainWindow) -> None:
    slider = visible_field(window, QSlider, "Filters, slider")
    for position in (3, 4, 5):
        slider.setValue(position)
    window.edit_merging.end_merging()
    for position in (6, 7):
        slider.setValue(position)
    stack = window.workbench.document.undo_stack
    assert [stack.text(index) for index in range(stack.count())] == ["Set filters to 8", "Set filters to 16"]


def test_edits_of_two_fields_are_two_undo_steps(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    set_filters(window, 20)
    window.designs.tree.setFocus()
    set_filters(window, 30)
    assert window.workbench.document.undo_stack.count() == 2


def test_undo_in_a_number_box_undoes_the_edit(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    box = filters_box(window)
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "64")
    qtbot.keyClick(box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert box.value() == 6
    assert window.workbench.state.project == PROJECT
    assert window.workbench.document.clean


def test_undo_in_a_name_being_typed_undoes_the_typing(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    set_filters(window, 20)
    line = visible_field(window, QLineEdit, "Name")
    line.setFocus()
    qtbot.keyClicks(line, "x")
    qtbot.keyClick(line, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert line.text() == "conv5x5"
    assert filters_box(window).value() == 20


def test_escape_in_a_name_being_typed_does_not_cancel_the_run(
    open_window: Callable[[Project], MainWindow], qtbot: QtBot
) -> None:
    window = open_window(SLOW_PROJECT)
    activate(window, qtbot)
    line = visible_field(window, QLineEdit, "Name")
    line.setFocus()
    window.actions_by_id["run"].trigger()
    qtbot.keyClicks(line, "x")
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == "conv59"
    assert window.workbench.state.run.progress is not None
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert window.workbench.state.run.progress is None


def test_delete_removes_a_layer_from_the_list_and_the_volumes_but_not_from_a_field(
    window: MainWindow, qtbot: QtBot
) -> None:
    activate(window, qtbot)
    window.workbench.set_focus(Focus("bottleneck", "reduce"))
    for widget in (
        visible_field(window, QLineEdit, "Name"),
        visible_field(window, QComboBox, "Kind"),
        filters_box(window),
    ):
        widget.setFocus()
        qtbot.keyClick(widget, Qt.Key.Key_Delete)
    assert len(window.workbench.state.project.network("bottleneck").nodes) == 2
    (canvas,) = (
        part for part in focusable_in_reading_order(window.views["volumes"]) if part.accessibleName() == "Volumes"
    )
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_Delete)
    assert [node.name for node in window.workbench.state.project.network("bottleneck").nodes] == ["conv5x5"]
    window.designs.tree.setFocus()
    qtbot.keyClick(window.designs.tree, Qt.Key.Key_Delete)
    assert window.workbench.state.project.network("bottleneck").nodes == ()


def test_f2_starts_renaming_from_any_field(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    box = filters_box(window)
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_F2)
    qtbot.keyClicks(QApplication.focusWidget(), "big")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.workbench.state.focus == Focus("naive", "big"))


def test_commands_insert_a_1x1_convolution_or_another_layer_before_the_focus(window: MainWindow) -> None:
    window.actions_by_id["reduce"].trigger()
    assert window.workbench.state.project.network("naive").nodes == (
        Node("reduce", Conv2d(2, 1)),
        Node("conv5x5", Conv2d(6, 5)),
    )
    window.actions_by_id["before_conv2d"].trigger()
    assert [node.name for node in window.workbench.state.project.network("naive").nodes] == [
        "conv3x3",
        "reduce",
        "conv5x5",
    ]


def test_tab_visits_visible_fields_of_the_panels_in_reading_order(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    window.designs.tree.setFocus()
    visited: list[QWidget] = []
    while (focused := QApplication.focusWidget()) is not None and focused not in visited:
        visited.append(focused)
        assert not focused.visibleRegion().isEmpty() or window.form.isAncestorOf(focused), focused.accessibleName()
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    names = [widget.accessibleName() for widget in visited]
    expected = ("Designs and layers", "Add layer", "Name", "Kind", "Filters", "Kernel", "Input", "Weights", "Volumes")
    assert [name for name in names if name in expected] == list(expected)
    assert "Kind of input" not in names
    assert "Views in the middle" in names
    assert focused is window.designs.tree


def test_the_panels_menu_raises_views_in_the_middle_and_checks_the_visible_one(window: MainWindow) -> None:
    menu_entries(window, "panels")["Bottleneck"].trigger()
    assert window.docks.centre.currentWidget() is window.views["bottleneck"]
    assert [menu_entries(window, "panels")[title].isChecked() for title in ("Volumes", "Bottleneck")] == [False, True]


def test_every_entry_of_a_menu_has_a_mnemonic_letter_of_its_own(window: MainWindow) -> None:
    def menus(actions: list[QAction]) -> Iterator[list[QAction]]:
        yield actions
        for action in actions:
            if isinstance(action.menu(), QMenu):
                yield from menus(action.menu().actions())

    for actions in menus(window.menuBar().actions()):
        letters = [mnemonic_letter(action.text()) for action in actions if not action.isSeparator()]
        assert all(letters)
        assert len(set(letters)) == len(letters)


def test_no_field_has_a_mnemonic_letter_of_the_menu_bar(window: MainWindow) -> None:
    taken = {mnemonic_letter(action.text()) for action in window.menuBar().actions()}
    for kind in (QAbstractButton, QLabel):
        for widget in window.findChildren(kind):
            assert mnemonic_letter(widget.text()) not in taken or not mnemonic_letter(widget.text()), widget.text()


def test_the_status_bar_counts_mistakes_and_a_click_opens_their_list(window: MainWindow, qtbot: QtBot) -> None:
    assert not window.status.mistakes.isVisible()
    network = window.workbench.state.project.network("naive").with_layer("conv5x5", Conv2d(6, 5, groups=5))
    window.workbench.edit("Set groups to 5", window.workbench.state.project.with_network("naive", network))
    assert window.status.mistakes.text() == "2 mistakes"
    window.docks["problems"].close()
    qtbot.mouseClick(window.status.mistakes, Qt.MouseButton.LeftButton)
    assert not window.problems.list.visibleRegion().isEmpty()
    window.workbench.set_focus(Focus("bottleneck", "reduce"))
    window.problems.list.setCurrentRow(0)
    qtbot.keyClick(window.problems.list, Qt.Key.Key_Return)
    assert window.workbench.state.focus == Focus("naive", "conv5x5")


def test_a_run_that_needs_too_much_memory_raises_the_list_with_needed_and_free_memory(
    open_window: Callable[[Project], MainWindow], qtbot: QtBot
) -> None:
    network = Network((Node("conv", Conv2d(1000, 1)),))
    window = open_window(Project(NoiseInput((1000, 100_000, 10_000)), (Design("big", network),)))
    window.actions_by_id["run"].trigger()
    qtbot.waitUntil(lambda: window.workbench.state.run.progress is None)
    assert not window.problems.list.visibleRegion().isEmpty()
    assert "TiB" in window.problems.text()
    assert "free" in window.problems.text()


def test_long_names_do_not_widen_the_window(open_window: Callable[[Project], MainWindow]) -> None:
    designs = tuple(Design(f"{number} {'long ' * 12}", NAIVE) for number in range(30))
    window = open_window(Project(NoiseInput((8, 12, 12)), designs))
    window.resize(1100, 700)
    assert window.width() == 1100
    assert "more" in window.status.totals.text()


def test_the_toolbar_leaves_out_texts_in_a_narrow_window(window: MainWindow) -> None:
    def has_text(action_id: str) -> bool:
        button = window.toolbar.widgetForAction(window.actions_by_id[action_id])
        return button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonTextBesideIcon

    assert has_text("open")
    window.resize(1050, 700)
    assert not has_text("open")
    assert has_text("run")
    window.resize(1400, 900)
    assert has_text("open")


def test_the_undo_button_keeps_its_size_when_its_edit_changes(window: MainWindow) -> None:
    button = window.toolbar.widgetForAction(window.actions_by_id["undo"])
    before = button.sizeHint()
    set_filters(window, 60)
    assert button.sizeHint() == before
    assert "Set filters to 60" in button.toolTip()


def test_the_status_bar_suggests_a_run_and_says_that_results_are_stale(window: MainWindow, qtbot: QtBot) -> None:
    assert "F5" in window.status.hover.text()
    run(window, qtbot)
    assert "F5" not in window.status.hover.text()
    window.status.show_hover("channel 3")
    assert window.status.hover.text() == "channel 3"
    window.status.show_hover("")
    set_filters(window, 60)
    assert "earlier settings" in window.status.hover.text()


def test_the_panels_menu_hides_and_shows_a_dock(window: MainWindow) -> None:
    menu_entries(window, "panels")["Table"].trigger()
    assert not window.docks["table"].isVisible()
    assert not menu_entries(window, "panels")["Table"].isChecked()
    menu_entries(window, "panels")["Table"].trigger()
    assert window.docks["table"].isVisible()


def test_the_about_box_shows_the_credits_without_markdown(window: MainWindow) -> None:
    window.actions_by_id["about"].trigger()
    (box,) = (widget for widget in QApplication.topLevelWidgets() if isinstance(widget, AboutBox))
    text = box.credits.toPlainText()
    assert "chelsea.png" in text
    assert "|" not in text
    assert "#" not in text
    box.close()


def test_the_tooltips_of_the_metric_switch_define_a_flop(window: MainWindow) -> None:
    tips = [window.actions_by_id[f"metric_{metric}"].toolTip() for metric in ("macs", "flops")]
    assert all("1 MAC = 2 FLOPs" in tip for tip in tips)


def test_every_entry_of_the_toolbar_exists() -> None:
    ids = {action.id for action in ACTIONS} | {"undo", "redo", "samples", "count", "separator"}
    assert set(TOOLBAR) <= ids


def test_no_two_actions_share_a_shortcut(window: MainWindow) -> None:
    keys = [key.toString() for action in window.actions_by_id.values() for key in action.shortcuts()]
    assert sorted(keys) == sorted(set(keys))


def test_the_palette_finds_a_command_by_parts_of_its_words_and_triggers_it(window: MainWindow, qtbot: QtBot) -> None:
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


def test_layout_and_theme_are_restored_in_the_next_window(
    open_window: Callable[[], MainWindow], settings: QSettings, qtbot: QtBot
) -> None:
    first = open_window()
    first.docks["table"].close()
    first.actions_by_id["dark"].trigger()
    first.close()
    assert not open_window().docks["table"].isVisible()
    assert settings.value("look/theme", "", type=str) == "dark"


def test_the_title_names_the_file_and_marks_unsaved_edits(window: MainWindow, tmp_path: Path) -> None:
    save_project(PROJECT, tmp_path / "lesson.toml")
    window.files.open_path(tmp_path / "lesson.toml")
    assert window.windowTitle() == "lesson.toml[*] – Convolume"
    assert not window.isWindowModified()
    set_filters(window, 60)
    assert window.isWindowModified()


def test_save_writes_the_edited_project(window: MainWindow, tmp_path: Path) -> None:
    save_project(PROJECT, tmp_path / "lesson.toml")
    window.files.open_path(tmp_path / "lesson.toml")
    set_filters(window, 60)
    window.actions_by_id["save"].trigger()
    assert load_project(tmp_path / "lesson.toml").project.network("naive").node("conv5x5").layer == Conv2d(60, 5)
    assert not window.isWindowModified()


def test_save_as_writes_the_chosen_file_and_lists_it_as_recent(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "named"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.actions_by_id["save_as"].trigger()
    assert load_project(tmp_path / "named.toml").project == PROJECT
    assert window.files.recent()[0] == tmp_path / "named.toml"


def test_a_failed_save_is_reported_and_the_edits_stay(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    monkeypatch.setattr(window.files, "show_message", lambda title, details: messages.append(details))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "p.toml"), ""))
    set_filters(window, 60)
    window.actions_by_id["save_as"].trigger()
    assert len(messages) == 1
    assert "p.toml" in messages[0]
    assert window.isWindowModified()
    assert window.workbench.document.undo_stack.canUndo()


@pytest.mark.parametrize(
    ("answer", "closes", "saved"),
    [(Buttons.Cancel, False, False), (Buttons.Discard, True, False), (Buttons.Save, True, True)],
)
def test_closing_with_unsaved_edits_asks(
    window: MainWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: QMessageBox.StandardButton,
    closes: bool,
    saved: bool,
) -> None:
    path = tmp_path / "lesson.toml"
    save_project(PROJECT, path)
    window.files.open_path(path)
    set_filters(window, 60)
    monkeypatch.setattr(QMessageBox, "exec", lambda box: answer)
    assert window.close() is closes
    assert (load_project(path).project != PROJECT) is saved


def test_an_invalid_file_is_reported_with_file_position_and_value(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    monkeypatch.setattr(window.files, "show_message", lambda title, details: messages.append(details))
    path = tmp_path / "wrong.toml"
    save_project(PROJECT, path)
    path.write_text(path.read_text().replace("filters = 2", "filters = 0"))
    window.files.open_path(path)
    assert "wrong.toml" in messages[0]
    assert "$.designs[1].nodes[0].filters" in messages[0]
    assert "is 0" in messages[0]
    assert window.workbench.state.project == PROJECT


def test_the_text_of_a_message_can_be_selected(window: MainWindow, qtbot: QtBot) -> None:
    window.show_message("This cannot be done", "p.toml: $.input: is missing")
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
    assert window.actions_by_id["undo"].text() == "&Undo Use photo red.png"


def test_a_sample_opens_without_a_path(window: MainWindow) -> None:
    menu_entries(window, "samples")["Inception 3a, 5×5 branch: with and without a 1×1 bottleneck"].trigger()
    assert window.workbench.state.project.title.startswith("Inception 3a")
    assert window.workbench.document.path is None


def test_a_new_project_has_an_empty_design_that_takes_layers(window: MainWindow) -> None:
    window.actions_by_id["new"].trigger()
    (design,) = window.workbench.state.project.designs
    assert design.network.nodes == ()
    window.actions_by_id["add_conv2d"].trigger()
    assert len(window.workbench.state.project.designs[0].network.nodes) == 1


def test_every_field_has_an_accessible_name_or_a_text(window: MainWindow) -> None:
    kinds = (QSpinBox, QLineEdit, QComboBox, QCheckBox, QAbstractItemView, QSlider)
    for box in (box for kind in kinds for box in window.findChildren(kind)):
        parent = box.parentWidget()
        part_of_another = isinstance(parent, (QSpinBox, QComboBox)) or box.objectName().startswith("qt_")
        if box.focusPolicy() & Qt.FocusPolicy.TabFocus and box.isVisible() and not part_of_another:
            assert box.accessibleName() or getattr(box, "text", str)(), f"{box} in {parent}"


@pytest.mark.parametrize("rule", TOOL_CONVENTIONS, ids=lambda rule: rule.id)
def test_a_counting_rule_is_selected_from_the_menu_and_named_beside_the_totals(
    window: MainWindow, rule: Convention
) -> None:
    action = window.actions_by_id[f"count_{rule.id}"]
    assert action in window.menus["Count by a rule"].actions()
    action.trigger()
    look = window.workbench.state.look
    assert (look.convention, look.metric) == (rule, "ops")
    assert action.isChecked()
    assert f"({rule.id})" in window.status.totals.text()


def test_selecting_a_counting_rule_keeps_the_batch(window: MainWindow) -> None:
    workbench = window.workbench
    workbench.set_look(replace(workbench.state.look, convention=replace(TOOL_CONVENTIONS[0], batch=4)))
    window.actions_by_id["count_fvcore"].trigger()
    assert workbench.state.look.convention == replace(convention_by_id("fvcore"), batch=4)


def test_the_command_to_compare_counting_rules_raises_and_updates_their_view(window: MainWindow) -> None:
    view = window.views["counting"]
    assert not view.isEnabled()
    window.actions_by_id["counting"].trigger()
    QApplication.processEvents()
    assert view.isEnabled()
    assert view.model.rowCount() >= len(TOOL_CONVENTIONS)


def test_a_hidden_view_is_not_updated_until_it_is_visible(window: MainWindow, monkeypatch) -> None:
    updates = []
    view = window.views["counting"]
    monkeypatch.setattr(view, "show_state", lambda old, new: updates.append((old, new)))
    before = window.workbench.state
    window.actions_by_id["logarithmic"].trigger()
    assert updates == []
    window.actions_by_id["counting"].trigger()
    QApplication.processEvents()
    ((old, new),) = updates
    assert new is window.workbench.state
    assert old is before


@pytest.mark.parametrize("size", [(900, 560), (1280, 800), (1600, 1000)])
def test_each_dock_has_one_tab_in_the_visible_tab_bars(window: MainWindow, size: tuple[int, int]) -> None:
    def check_bars() -> None:
        QApplication.processEvents()
        bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        titles = [bar.tabText(index) for bar in bars if bar.isVisible() for index in range(bar.count())]
        assert len(titles) == len(set(titles)) >= 7

    window.resize(*size)
    check_bars()
    window.docks["paper"].close()
    window.actions_by_id["reset_layout"].trigger()
    check_bars()


def test_the_focused_row_is_visible_in_a_window_of_any_height(open_window: Callable[..., MainWindow]) -> None:
    window = open_window(load_project(RESOURCES / "projects" / "inception_3a_256.toml").project)
    tree = window.designs.tree
    for height in (720, 600, 900):
        window.resize(1280, height)
        QApplication.processEvents()
        assert tree.viewport().rect().contains(tree.visualItemRect(tree.currentItem()))

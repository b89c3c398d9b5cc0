"""The main window: views, panels, toolbar, menus and status bar, operated as by a user."""

from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from engine.blocks import BLOCKS
from engine.cost.counting import convention_by_id
from engine.files.paths import RESOURCES
from engine.layers import LAYERS, Conv2d, tag_of
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project
from engine.project.project import Design, Project
from gui.state.focus import Focus
from gui.widgets.about import AboutBox
from gui.window.actions import ACTIONS, TOOL_CONVENTIONS, TOOLBAR
from gui.window.main_window import MainWindow
from tests.gui.conftest import NAIVE, PROJECT
from tests.gui.window_input import SLOW_PROJECT, filters_box, menu_entries, run, set_filters


def grab_image(window: MainWindow, view: str) -> QImage:
    return window.views[view].grab().toImage()


def grab_in_front(window: MainWindow, view: str) -> QImage:
    """What a view shows once it is visible."""
    window.docks.bring_forward(view)
    QApplication.processEvents()
    return grab_image(window, view)


def test_typing_filters_updates_totals_and_pictures_at_once(window: MainWindow, qtbot: QtBot) -> None:
    window.docks.frame.splitDockWidget(window.docks["bars"], window.docks["table"], Qt.Orientation.Horizontal)
    window.docks["table"].show()
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
    assert window.actions_by_id["undo"].text() == "&Undo Filters of conv5x5: 6 → 60"


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
    qtbot.waitUntil(lambda: "conv" in window.status.run.label.text())
    assert window.status.run.isVisible()
    assert window.actions_by_id["cancel"].isEnabled()
    qtbot.mouseClick(window.status.run.cancel, Qt.MouseButton.LeftButton)
    assert not window.status.run.isVisible()
    assert window.workbench.state.run.progress is None


def test_the_progress_of_a_project_without_stem_mentions_no_stem(window: MainWindow) -> None:
    window.actions_by_id["run"].trigger()
    assert window.status.run.label.text().endswith("· input")
    assert "stem" not in window.status.run.label.text()


def test_closing_the_window_ends_a_run(open_window: Callable[[Project], MainWindow], qtbot: QtBot) -> None:
    window = open_window(SLOW_PROJECT)
    window.actions_by_id["run"].trigger()
    qtbot.waitUntil(lambda: "conv" in window.status.run.label.text())
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


def test_every_kind_can_be_added_from_the_menu_and_undone(window: MainWindow) -> None:
    for kind in map(tag_of, (*LAYERS, *BLOCKS)):
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
    for view in window.views:  # opening one changes the sizes of others
        window.docks.bring_forward(view)
    light = {view: grab_in_front(window, view) for view in window.views}
    window.actions_by_id["dark"].trigger()
    QApplication.processEvents()
    assert window.workbench.state.look.theme == "dark"
    for view, old in light.items():
        dark = grab_in_front(window, view)
        assert dark.pixelColor(dark.width() - 4, dark.height() // 2).lightness() < 100, view
        assert dark != old
    window.actions_by_id["dark"].trigger()
    QApplication.processEvents()
    assert {view: grab_in_front(window, view) == old for view, old in light.items()} == dict.fromkeys(light, True)


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


def test_the_panels_menu_raises_views_in_the_middle_and_checks_what_is_open(window: MainWindow) -> None:
    menu_entries(window, "panels")["Bottleneck"].trigger()
    assert window.docks.centre.currentWidget() is window.docks.contents["bottleneck"]
    assert [menu_entries(window, "panels")[title].isChecked() for title in ("Table", "Bottleneck")] == [False, True]


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
    assert "Filters of conv5x5: 6 → 60" in button.toolTip()


def test_the_status_bar_suggests_a_run_and_says_that_results_are_stale(window: MainWindow, qtbot: QtBot) -> None:
    assert "F5" in window.status.hover.text()
    run(window, qtbot)
    assert "F5" not in window.status.hover.text()
    window.status.show_hover("channel 3")
    assert window.status.hover.text() == "channel 3"
    window.status.show_hover("")
    set_filters(window, 60)
    assert "earlier settings" in window.status.hover.text()


def test_the_panels_menu_opens_and_raises_a_panel_and_never_hides_it(window: MainWindow) -> None:
    assert not menu_entries(window, "panels")["Input"].isChecked()
    for _ in range(2):
        menu_entries(window, "panels")["Input"].trigger()
        assert not window.input.visibleRegion().isEmpty()
        assert menu_entries(window, "panels")["Input"].isChecked()
    menu_entries(window, "panels")["Layer"].trigger()
    assert window.input.visibleRegion().isEmpty()
    menu_entries(window, "panels")["Input"].trigger()
    assert not window.input.visibleRegion().isEmpty()


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
    first.docks["bars"].close()
    first.actions_by_id["dark"].trigger()
    first.close()
    assert not open_window().docks["bars"].isVisible()
    assert settings.value("look/theme", "", type=str) == "dark"


def test_the_text_of_a_message_can_be_selected(window: MainWindow, qtbot: QtBot) -> None:
    window.show_message("This cannot be done", "p.toml: $.input: is missing")
    (box,) = (widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QMessageBox))
    assert box.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
    assert "$.input" in box.informativeText()
    box.close()


def test_a_counting_rule_is_selected_from_the_menu_and_named_beside_the_totals(window: MainWindow) -> None:
    for rule in TOOL_CONVENTIONS:
        window.workbench.set_look(replace(window.workbench.state.look, metric="macs"))
        action = window.actions_by_id[f"count_{rule.id}"]
        assert action in window.menus.by_name["Count by a rule"].actions()
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


def test_the_focused_row_is_visible_in_a_window_of_any_height(open_window: Callable[..., MainWindow]) -> None:
    window = open_window(load_project(RESOURCES / "projects" / "inception_3a_256.toml").project)
    tree = window.designs.tree
    for height in (720, 600, 900):
        window.resize(1280, height)
        QApplication.processEvents()
        assert tree.viewport().rect().contains(tree.visualItemRect(tree.currentItem()))

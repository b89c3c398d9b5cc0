"""Designs are moved and coloured by commands; copies of published designs and blocks keep their figures."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from engine.files.paths import RESOURCES
from engine.layers import Conv2d
from engine.layers.settings import settings_text
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project, save_project
from engine.project.project import Design, Project, Published
from engine.reports.googlenet_table import paper_rows
from engine.run.check import check
from gui.state import edits
from gui.state.focus import Focus
from gui.window.main_window import MainWindow
from tests.gui.conftest import PROJECT
from tests.gui.panel_harness import row_names

GOOGLENET = load_project(RESOURCES / "projects" / "googlenet.toml").project
CONV = Node("conv", Conv2d(8, 3))
PUBLISHED = Project(
    NoiseInput((3, 8, 8)),
    (Design("paper", Network((CONV, Node("last", Conv2d(4, 1))))),),
    published=(Published("paper", "conv", "conv 3×3", "216", "13K", "a remark"),),
)


def figures(project: Project, design: str) -> dict[str, tuple[str, str]]:
    """The published figures of each row of the paper's table."""
    rows = paper_rows(project, check(project), design)
    return {row.node: (row.params.published, row.ops.published) for row in rows if not row.is_total}


# Copies


def test_a_copy_of_a_published_design_has_all_its_figures_and_notes() -> None:
    (design,) = GOOGLENET.designs
    edit = edits.duplicate_design(GOOGLENET, design.name)
    copy = edit.project.designs[1].name
    assert figures(edit.project, copy) == figures(GOOGLENET, design.name)
    assert any(params for params, _ in figures(edit.project, copy).values())
    notes = [row.note for row in paper_rows(edit.project, check(edit.project), copy)]
    assert notes == [row.note for row in paper_rows(GOOGLENET, check(GOOGLENET), design.name)]


def test_a_copy_loses_its_figures_with_its_settings_and_undoing_these_restores_them() -> None:
    copied = edits.duplicate_design(PUBLISHED, "paper").project
    changed = edits.set_setting(copied, ("paper_2", "conv"), "filters", 16).project
    assert figures(changed, "paper_2")["conv"] == ("", "")
    assert figures(changed, "paper")["conv"] == ("216", "13K")
    restored = edits.set_setting(changed, ("paper_2", "conv"), "filters", 8).project
    assert figures(restored, "paper_2")["conv"] == ("216", "13K")


def test_the_original_keeps_its_figures_beside_any_settings() -> None:
    changed = edits.set_setting(PUBLISHED, ("paper", "conv"), "filters", 16).project
    assert figures(changed, "paper")["conv"] == ("216", "13K")


def test_a_copied_layer_or_block_has_the_figures_of_its_original() -> None:
    copied = edits.duplicate_nodes(PUBLISHED, "paper", ["conv"]).project
    (copy,) = {node.name for node in copied.designs[0].network.nodes} - {"conv", "last"}
    assert figures(copied, "paper")[copy] == ("216", "13K")
    (design,) = GOOGLENET.designs
    blocks = edits.duplicate_nodes(GOOGLENET, design.name, ["inception_3a"]).project
    (copy,) = {n.name for n in blocks.designs[0].network.nodes} - {n.name for n in design.network.nodes}
    assert figures(blocks, design.name)[copy] == figures(GOOGLENET, design.name)["inception_3a"]


def test_a_copy_of_a_copy_that_has_other_settings_has_no_figures() -> None:
    copied = edits.duplicate_design(PUBLISHED, "paper").project
    changed = edits.set_setting(copied, ("paper_2", "conv"), "filters", 16).project
    third = edits.duplicate_design(changed, "paper_2")
    name = third.focus.design if third.focus is not None else ""
    assert figures(third.project, name)["conv"] == ("", "")
    assert not [entry for entry in third.project.published if entry.design == name]


def test_copying_again_after_a_removal_leaves_one_entry_per_node() -> None:
    copied = edits.duplicate_design(PUBLISHED, "paper").project
    removed = edits.remove_design(copied, "paper_2").project
    again = edits.duplicate_design(removed, "paper").project
    assert len([entry for entry in again.published if entry.design == "paper_2"]) == 1


def test_figures_of_copies_survive_renaming_saving_and_opening(tmp_path: Path) -> None:
    copied = edits.duplicate_design(PUBLISHED, "paper").project
    renamed = edits.rename_design(copied, "paper_2", "mine").project
    renamed = edits.rename_node(renamed, "mine", "conv", "first").project
    save_project(renamed, tmp_path / "p.toml")
    opened = load_project(tmp_path / "p.toml").project
    assert opened == renamed
    assert figures(opened, "mine")["first"] == ("216", "13K")


def test_settings_are_written_as_in_a_project_file() -> None:
    assert settings_text(Conv2d(32, (3, 5), bias=False)) == "conv2d filters=32 kernel=[3,5] bias=false"


# Order and colour


@pytest.fixture
def window(open_window: Callable[[Project], MainWindow]) -> MainWindow:
    third = Design("third", Network((CONV,)))
    return open_window(PROJECT.with_designs((*PROJECT.designs, third)))


def design_names(window: MainWindow) -> list[str]:
    return [design.name for design in window.workbench.state.project.designs]


def test_designs_are_moved_by_commands_and_the_selected_layer_stays_selected(window: MainWindow) -> None:
    window.workbench.set_focus(Focus("bottleneck", "reduce"))
    window.actions_by_id["design_up"].trigger()
    assert design_names(window) == ["bottleneck", "naive", "third"]
    assert window.workbench.state.focus == Focus("bottleneck", "reduce")
    assert not window.actions_by_id["design_up"].isEnabled()
    assert [row[0] for row in row_names(window.designs)] == ["bottleneck", "naive", "third"]
    window.actions_by_id["design_down"].trigger()
    window.actions_by_id["design_down"].trigger()
    assert design_names(window) == ["naive", "third", "bottleneck"]
    assert not window.actions_by_id["design_down"].isEnabled()
    window.actions_by_id["undo"].trigger()
    assert design_names(window) == ["naive", "bottleneck", "third"]


def test_moved_designs_keep_their_colours(window: MainWindow) -> None:
    before = {design.name: design.colour for design in window.workbench.state.project.designs}
    window.workbench.set_focus(Focus("third"))
    window.actions_by_id["design_up"].trigger()
    assert {design.name: design.colour for design in window.workbench.state.project.designs} == before


def test_a_colour_is_chosen_and_the_design_that_had_it_gets_the_other_one(window: MainWindow) -> None:
    window.workbench.set_focus(Focus("naive", "conv5x5"))
    assert window.actions_by_id["colour_1"].isChecked()
    window.actions_by_id["colour_2"].trigger()
    colours = {design.name: design.colour for design in window.workbench.state.project.designs}
    assert colours == {"naive": 2, "bottleneck": 1, "third": 3}
    window.actions_by_id["colour_5"].trigger()
    colours = {design.name: design.colour for design in window.workbench.state.project.designs}
    assert colours == {"naive": 5, "bottleneck": 1, "third": 3}
    assert window.actions_by_id["colour_5"].isChecked()
    assert window.workbench.document.undo_stack.undoText() == "Change the colour of naive"


def test_the_colour_in_use_is_no_edit(window: MainWindow) -> None:
    window.workbench.set_focus(Focus("naive"))
    window.actions_by_id["colour_1"].trigger()
    assert window.workbench.state.clean


def test_the_menu_of_colours_has_their_swatches_in_both_themes(window: MainWindow) -> None:
    icon = window.actions_by_id["colour_2"].icon()
    light = icon.pixmap(16).toImage().pixelColor(8, 8).name()
    window.actions_by_id["dark"].trigger()
    dark = window.actions_by_id["colour_2"].icon().pixmap(16).toImage().pixelColor(8, 8).name()
    assert (light, dark) == ("#c44e00", "#f0913a")


def test_a_design_is_renamed_in_the_list_from_a_selected_layer(window: MainWindow, qtbot: QtBot) -> None:
    window.workbench.set_focus(Focus("naive", "conv5x5"))
    window.actions_by_id["rename_design"].trigger()
    assert window.workbench.state.focus == Focus("naive")
    item = window.designs.tree.currentItem()
    assert item is not None
    assert item.text(0) == "naive"
    assert window.designs.tree.state() == window.designs.tree.State.EditingState


def test_the_stem_is_neither_moved_nor_coloured(open_window: Callable[[Project], MainWindow]) -> None:
    window = open_window(replace(PROJECT, stem=Network((Node("relu", Conv2d(8, 1)),))))
    window.workbench.set_focus(Focus("", "relu"))
    for action_id in ("design_up", "design_down", "colour_3", "rename_design"):
        assert not window.actions_by_id[action_id].isEnabled()


def test_what_differs_is_shown_by_a_command(window: MainWindow) -> None:
    window.actions_by_id["differences"].trigger()
    assert window.views["differences"].isVisible()

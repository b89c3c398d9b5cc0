"""Another project begins anew: nothing that window, panels and views remember about one survives into the next."""

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QDockWidget

from engine.blocks import Fire
from engine.layers import Conv2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.network.node_ref import STEM
from engine.project.project import Design, Project
from gui.panels.design_row_delegate import ROW_ROLE
from gui.state.focus import Focus
from gui.theme import THEMES
from tests.gui.window_input import run

NETWORK = Network((Node("fire", Fire(2, 4, 4)), Node("conv", Conv2d(4, 3))))
PROJECT = Project(NoiseInput((3, 8, 8)), (Design("d", NETWORK),), Network((Node("first", Conv2d(3, 3)),)))
OTHER = replace(PROJECT, title="The next one", seed=1)


@pytest.fixture
def window(open_window):
    return open_window(PROJECT)


def head_item(window, ref):
    return window.designs.tree.item_at(ref)


def front(window, dock_id):
    """The dock in front among those that share a place with this one."""
    docks = [*window.docks.frame.tabifiedDockWidgets(window.docks[dock_id]), window.docks[dock_id]]
    return next(dock.objectName() for dock in docks if not dock.visibleRegion().isEmpty())


def test_opened_and_closed_blocks(window):
    workbench = window.workbench
    workbench.set_look(replace(workbench.state.look, blocks="closed", toggled_blocks=frozenset({("d", "fire")})))
    workbench.show_project(OTHER)
    assert workbench.state.look.blocks == "auto"
    assert not workbench.state.look.toggled_blocks


def test_the_rest_of_the_look_is_the_users_and_stays(window):
    workbench = window.workbench
    look = replace(workbench.state.look, theme="dark", metric="params", colour_map="cividis", yaw=10.0)
    workbench.set_look(look)
    workbench.show_project(OTHER)
    assert workbench.state.look == look


def test_an_opened_stem_and_opened_rows(window):
    for ref, expanded in (((STEM, INPUT), True), (("d", INPUT), False), (("d", "fire"), True)):
        head_item(window, ref).setExpanded(expanded)
    window.workbench.show_project(OTHER)
    assert not head_item(window, (STEM, INPUT)).isExpanded()
    assert head_item(window, ("d", INPUT)).isExpanded()
    assert not head_item(window, ("d", "fire")).isExpanded()


def test_the_stem_of_the_next_project_is_folded_where_a_design_was_open(window):
    window.workbench.show_project(Project(PROJECT.input, (Design("other", NETWORK),)))
    assert head_item(window, ("other", INPUT)).isExpanded()
    window.workbench.show_project(PROJECT)
    assert not head_item(window, (STEM, INPUT)).isExpanded()


@pytest.mark.parametrize("panel", ["input", "notes", "problems"])
def test_a_raised_panel(window, panel, qtbot):
    window.docks.bring_forward(panel)
    qtbot.waitUntil(lambda: front(window, "layer") == panel)
    window.workbench.show_project(OTHER)
    qtbot.waitUntil(lambda: front(window, "layer") == "layer")


def test_views_stay_where_the_user_has_put_them(window, qtbot):
    window.workspaces.switch_to("count")
    window.docks.bring_forward("paper")
    window.docks.bring_forward("bottleneck")
    window.workbench.show_project(OTHER)
    assert window.docks.centre.currentWidget() is window.docks.contents["bottleneck"]
    assert front(window, "counting") == "paper"
    assert all(isinstance(dock, QDockWidget) for dock in window.docks.values())


def test_files_of_the_inputs_before(window):
    state = window.workbench.state
    for spec in (ImageInput("/photo.png"), ArrayInput("/array.npy"), state.project.input):
        window.workbench.edit("Use it", replace(state.project, input=spec))
    window.workbench.show_project(OTHER)
    assert set(window.input._last) == {NoiseInput}


def test_the_explanation_and_the_selected_term_of_a_value(window, qtbot):
    window.workspaces.switch_to("inspect")
    run(window, qtbot)
    window.workbench.set_focus(Focus("d", "conv", 1, (2, 2)))
    canvas = window.views["inspector"].canvas
    canvas.show_content(replace(canvas.content, selected_term=3))
    window.workbench.show_project(OTHER)
    window.workbench.set_focus(Focus("d", "conv", 1, (2, 2)))
    assert canvas.content.explanation is None
    run(window, qtbot)
    assert canvas.content.selected_term is None


def test_a_design_keeps_its_colour_through_edits_undo_and_redo(window):
    def chips():
        theme = THEMES[window.workbench.state.look.theme]
        state = window.workbench.state
        return {design.name: theme.design(state.colour_index(design.name)) for design in state.project.designs}

    window.workbench.set_focus(Focus("d", INPUT))
    first = chips()["d"]
    window.actions_by_id["duplicate"].trigger()
    both = chips()
    assert both["d"] == first != both["d_2"]
    window.workbench.set_focus(Focus("d", INPUT))
    window.actions_by_id["remove"].trigger()
    assert chips() == {"d_2": both["d_2"]}
    assert head_item(window, ("d_2", INPUT)).data(0, ROW_ROLE).colour == both["d_2"]
    window.workbench.document.undo_stack.undo()
    assert chips() == both
    window.workbench.document.undo_stack.undo()
    window.workbench.document.undo_stack.redo()
    assert chips() == both

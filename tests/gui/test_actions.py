"""The table of commands: each does one thing, and can be done where it has something to do."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from engine.blocks import Inception, MlpConv, SeparableConv2d
from engine.layers import Activation, Add, Conv2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.project import Design, Project
from gui.state.view_state import Focus, ViewState
from gui.window.actions import ACTIONS, MENUS, Action
from gui.window.main_window import MainWindow
from gui.window.menus import mnemonic_letter
from tests.gui.test_panels import state

NETWORK = Network(
    (
        Node("conv", Conv2d(12, 3)),
        Node("relu", Activation("relu")),
        Node("inception", Inception(8, 4, 16, 2, 4, 4)),
        Node("pointwise", Conv2d(4, 1)),
        Node("grouped", Conv2d(4, 3, groups=2)),
        Node("separable", SeparableConv2d(8, 3)),
    )
)
WRONG = Network((Node("lost", MlpConv(4, 7, 4, 4), ("nowhere",)), Node("wide", MlpConv(4, 7, 4, 4, padding="valid"))))
PROJECTS = {
    "one design": Project(NoiseInput((3, 16, 16)), (Design("d", NETWORK),)),
    "several and a stem": Project(
        NoiseInput((3, 16, 16)),
        (Design("first", NETWORK), Design("empty", Network()), Design("last", Network((Node("add", Add()),)))),
        Network((Node("stem_conv", Conv2d(8, 3)), Node("stem_relu", Activation("relu")))),
    ),
    "no design": Project(NoiseInput((3, 8, 8))),
    "mistakes": Project(NoiseInput((3, 5, 5)), (Design("d", WRONG),)),
}


def states(project: Project) -> list[ViewState]:
    """A state per place that can be chosen, parts of blocks included."""
    start = state(project)
    inputs = [(design, INPUT) for design in (STEM, *start.check.analyses)]
    places = dict.fromkeys((*inputs, *start.check.reports))
    return [replace(start, focus=Focus(*place)) for place in places]


EDITS = [action for action in ACTIONS if action.edit is not None]


@pytest.mark.parametrize("project", PROJECTS)
@pytest.mark.parametrize("action", EDITS, ids=lambda action: action.id)
def test_a_command_is_enabled_where_it_has_an_edit(action: Action, project: str) -> None:
    assert action.edit is not None
    for shown in states(PROJECTS[project]):
        edit = action.edit(shown)
        assert action.enabled(shown) == (edit is not None), shown.focus
        assert edit is None or edit.project != shown.project


def test_each_command_is_enabled_somewhere_and_most_somewhere_not() -> None:
    every = [shown for project in PROJECTS.values() for shown in states(project)]
    for action in EDITS:
        answers = {action.enabled(shown) for shown in every}
        always = action.id.startswith("add_")
        assert answers == ({True} if always else {True, False}), action.id


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_a_command_does_one_thing_and_has_an_id_of_its_own(action: Action) -> None:
    assert [action.edit, action.look, action.run].count(None) == 2
    assert [other.id for other in ACTIONS].count(action.id) == 1
    assert any(action.id in ids for ids in MENUS.values())


@pytest.mark.parametrize("action", [action for action in ACTIONS if action.look], ids=lambda action: action.id)
def test_a_command_that_changes_the_look_checks_what_it_sets(action: Action) -> None:
    assert action.look is not None
    for shown in states(PROJECTS["one design"]):
        if action.enabled(shown) and action.checked is not None:
            after = replace(shown, look=action.look(shown))
            assert action.checked(after) != action.checked(shown) or (action.group and action.checked(after))


def test_buttons_and_menus_of_the_list_hold_the_windows_own_actions(window: MainWindow) -> None:
    actions = window.actions_by_id
    buttons = window.designs.buttons
    assert {glyph: button.defaultAction() for glyph, button in buttons.items()} == {
        "copy": actions["duplicate"],
        "remove": actions["remove"],
        "up": actions["move_up"],
        "down": actions["move_down"],
        "rename": actions["rename"],
    }
    assert window.designs.design_button.defaultAction() is actions["add_design"]
    assert {actions["add_conv2d"], actions["add_inception"], actions["reduce"]} <= set(
        window.designs.after_menu.actions()
    )
    assert {actions["before_conv2d"], actions["before_inception"]} <= set(window.designs.before_menu.actions())


def test_no_letter_of_the_menus_of_the_list_stands_for_more_than_two_entries(window: MainWindow) -> None:
    for menu in (window.designs.after_menu, window.designs.before_menu):
        letters = [mnemonic_letter(action.text()) for action in menu.actions() if not action.isSeparator()]
        assert max(letters.count(found) for found in letters if found) <= 2


def test_a_design_is_moved_duplicated_and_removed_by_the_commands_that_move_layers(
    open_window: Callable[[Project], MainWindow],
) -> None:
    window = open_window(PROJECTS["several and a stem"])
    window.workbench.set_focus(Focus("first"))
    for action_id in ("move_down", "duplicate", "move_up", "remove", "move_up"):
        window.actions_by_id[action_id].trigger()
    assert [design.name for design in window.workbench.state.project.designs] == ["first", "empty", "last"]

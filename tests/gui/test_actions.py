"""The table of commands: each does one thing and is enabled if it has something to do."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from engine.blocks import Inception, MlpConv, SeparableConv2d
from engine.layers import Activation, Add, Conv2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.project import Design, Project
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.window.actions import ACTIONS, MENUS, Action
from gui.window.main_window import MainWindow
from gui.window.mnemonics import mnemonic_letter
from tests.gui.view_harness import state_of

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
MISTAKES = Network(
    (Node("lost", MlpConv(4, 7, 4, 4), ("nowhere",)), Node("wide", MlpConv(4, 7, 4, 4, padding="valid")))
)
PROJECTS = {
    "one design": Project(NoiseInput((3, 16, 16)), (Design("d", NETWORK),)),
    "several and a stem": Project(
        NoiseInput((3, 16, 16)),
        (Design("first", NETWORK), Design("empty", Network()), Design("last", Network((Node("add", Add()),)))),
        Network((Node("stem_conv", Conv2d(8, 3)), Node("stem_relu", Activation("relu")))),
    ),
    "no design": Project(NoiseInput((3, 8, 8))),
    "mistakes": Project(NoiseInput((3, 5, 5)), (Design("d", MISTAKES),)),
}


def states(project: Project) -> list[ViewState]:
    """A state per possible focus, parts of blocks included."""
    start = state_of(project)
    inputs = [(design, INPUT) for design in (STEM, *start.check.analyses)]
    refs = dict.fromkeys((*inputs, *start.check.reports))
    several = [
        Focus(d.name, d.network.nodes[-1].name, others=frozenset({d.network.nodes[-2].name}))
        for d in project.designs
        if len(d.network.nodes) > 1
    ]
    return [replace(start, focus=focus) for focus in (*(Focus(*ref) for ref in refs), *several)]


EDITS = [action for action in ACTIONS if action.edit is not None]


@pytest.mark.parametrize("project", PROJECTS)
@pytest.mark.parametrize("action", EDITS, ids=lambda action: action.id)
def test_a_command_is_enabled_if_it_has_an_edit(action: Action, project: str) -> None:
    assert action.edit is not None
    for current in states(PROJECTS[project]):
        edit = action.edit(current)
        assert action.enabled(current) == (edit is not None), current.focus
        assert edit is None or edit.project != current.project


def test_each_command_is_enabled_in_some_state_and_disabled_in_another_unless_it_adds() -> None:
    all_states = [current for project in PROJECTS.values() for current in states(project)]
    for action in EDITS:
        enabled = {action.enabled(current) for current in all_states}
        always_enabled = action.id.startswith(("add_", "parallel_"))
        assert enabled == ({True} if always_enabled else {True, False}), action.id


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_a_command_does_one_thing_and_has_a_unique_id_in_a_menu(action: Action) -> None:
    assert [action.edit, action.look, action.run].count(None) == 2
    assert [other.id for other in ACTIONS].count(action.id) == 1
    assert any(action.id in ids for ids in MENUS.values())


CHECKED = [action for action in ACTIONS if action.look and action.checked]


@pytest.mark.parametrize("action", CHECKED, ids=lambda action: action.id)
def test_a_command_that_changes_the_look_checks_itself_in_a_group_and_else_toggles(action: Action) -> None:
    assert action.look is not None
    assert action.checked is not None
    enabled = [current for current in states(PROJECTS["one design"]) if action.enabled(current)]
    assert enabled
    for current in enabled:
        after = replace(current, look=action.look(current))
        assert action.checked(after) == (True if action.group else not action.checked(current))


@pytest.mark.parametrize(("action_id", "is_open"), [("open_blocks", True), ("close_blocks", False)])
@pytest.mark.parametrize("blocks", ["open", "closed"])
def test_all_blocks_are_opened_or_closed_even_those_toggled_before(blocks: str, action_id: str, is_open: bool) -> None:
    (look,) = (action.look for action in ACTIONS if action.id == action_id)
    assert look is not None
    refs = [("d", "inception"), ("d", "separable")]
    before = state_of(PROJECTS["one design"], blocks=blocks, toggled_blocks=frozenset(refs[:1]))
    after = replace(before, look=look(before))
    assert before.is_open(refs[0]) != before.is_open(refs[1])
    assert [after.is_open(ref) for ref in refs] == [is_open, is_open]


def test_buttons_and_menus_of_the_design_list_have_the_actions_of_the_window(window: MainWindow) -> None:
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

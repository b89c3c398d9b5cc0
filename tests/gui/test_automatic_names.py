"""Names of layers that follow their settings, until a person types another; what refers to them follows."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSpinBox
from pytestqt.qtbot import QtBot

from engine.blocks import Inception
from engine.layers import Activation, Add, Conv2d, MaxPool2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.weight_specs import LowRankWeights, SeedWeights
from engine.project.project import Design, Note, Project, Published
from engine.rank_search import calibration_set
from engine.rank_search.replacement import apply_low_rank
from engine.run.check import check
from gui.state import edits
from gui.state.focus import Focus
from gui.state.look import ColourLevels, Look
from gui.state.renames import Renames
from gui.window.main_window import MainWindow
from gui.workbench.workbench import Workbench
from tests.gui.test_edits import project, wires
from tests.gui.window_input import activate, run, visible_field

NETWORK = Network(
    (
        Node("conv3x3", Conv2d(8, 3)),
        Node("conv3x3_2", Conv2d(8, 3)),
        Node("sum", Add(), ("conv3x3", "conv3x3_2")),
        Node("relu", Activation("relu")),
        Node("pool", MaxPool2d(2)),
    )
)


@pytest.mark.parametrize(
    ("node", "setting", "value", "name"),
    [
        ("conv3x3", "kernel", 1, "conv1x1"),
        ("conv3x3_2", "kernel", (1, 7), "conv1x7"),
        ("conv3x3_2", "filters", 9, "conv3x3_2"),
        ("relu", "function", "tanh", "tanh"),
        ("pool", "kernel", 3, "pool"),
    ],
)
def test_a_name_follows_the_settings_unless_a_person_has_chosen_it(node, setting, value, name):
    edit = edits.set_setting(project(NETWORK), ("d0", node), setting, value)
    at = NETWORK.index(node)
    assert edit.project.network("d0").nodes[at].name == name
    assert len(edit.project.network("d0").nodes) == len(NETWORK.nodes)


def test_a_name_that_is_taken_is_numbered_and_follows_again():
    start = project(NETWORK.with_layer("pool", Conv2d(4, 1)).with_node_renamed("pool", "conv1x1"))
    first = edits.set_setting(start, ("d0", "conv3x3"), "kernel", 1).project
    assert first.network("d0").nodes[0].name == "conv1x1_2"
    assert edits.set_setting(first, ("d0", "conv1x1_2"), "kernel", 5).project.network("d0").nodes[0].name == "conv5x5"


def test_inputs_seeds_notes_and_published_figures_follow_the_name():
    other = Network((Node("copy", Conv2d(8, 3), weights=SeedWeights("d0", "conv3x3")),))
    start = replace(
        project(NETWORK, other),
        notes=(Note("a remark", "d0", "conv3x3"),),
        published=(Published("d0", "conv3x3", params="1K"),),
    )
    changed = edits.set_setting(start, ("d0", "conv3x3"), "kernel", 1).project
    assert wires(changed.network("d0"))["sum"] == ("conv1x1", "conv3x3_2")
    assert changed.network("d1").node("copy").weights == SeedWeights("d0", "conv1x1")
    assert (changed.notes[0].node, changed.published[0].node) == ("conv1x1", "conv1x1")


def test_recipes_of_fitted_weights_follow_the_name():
    start = Project(NoiseInput((8, 9, 10)), (Design("d", Network((Node("conv3x3", Conv2d(8, 3)),))),))
    low_rank = apply_low_rank(start, ("d", "conv3x3"), "1x1+kxk", (4,), calibration_set(start))
    reduce = low_rank.network("d").nodes[0]
    changed = edits.set_setting(low_rank, ("d", "conv3x3"), "kernel", 5).project
    for node in changed.network("d").nodes:
        assert isinstance(node.weights, LowRankWeights)
        assert node.weights.nodes == (reduce.name, "conv5x5")


def test_undo_restores_a_name_that_has_followed_together_with_the_selection_and_the_result(workbench: Workbench, qtbot):
    workbench.set_focus(Focus("naive", "conv5x5", 2, (1, 1), others=frozenset()))
    before = workbench.state
    edit = edits.set_setting(before.project, ("naive", "conv5x5"), "kernel", 3)
    workbench.edit(edit.text, edit.project, edit.merge, edit.focus)
    assert workbench.state.focus == Focus("naive", "conv3x3", 2, (1, 1))
    workbench.document.undo_stack.undo()
    assert (workbench.state.project, workbench.state.focus) == (before.project, before.focus)
    workbench.document.undo_stack.redo()
    assert workbench.state.focus.node == "conv3x3"


def test_the_earlier_result_of_a_renamed_layer_stays_and_is_stale(window, qtbot: QtBot):
    run(window, qtbot)
    before = window.workbench.state.volume_at(("naive", "conv5x5"))
    edit = edits.set_setting(window.workbench.state.project, ("naive", "conv5x5"), "kernel", 3)
    window.workbench.edit(edit.text, edit.project)
    after = window.workbench.state.volume_at(("naive", "conv3x3"))
    assert after.result is before.result
    assert not after.is_fresh


def test_a_number_is_typed_on_while_the_name_follows_in_one_undo_step(window, qtbot: QtBot):
    activate(window, qtbot)
    window.workbench.set_focus(Focus("naive", "conv5x5"))
    box = visible_field(window, QSpinBox, "Kernel")
    box.setFocus()
    box.lineEdit().selectAll()
    for digit, name in (("1", "conv1x1"), ("1", "conv11x11")):
        qtbot.keyClicks(box.lineEdit(), digit)
        assert window.workbench.state.focus.ref == ("naive", name)
        assert window.form.name.edit.text() == name
    assert box.text() == "11"
    stack = window.workbench.document.undo_stack
    assert stack.count() == 1
    stack.undo()
    assert window.workbench.state.focus.ref == ("naive", "conv5x5")


def test_open_blocks_parts_in_focus_and_colours_set_by_hand_follow_a_name():
    before = project(Network((Node("inception", Inception(8, 4, 8, 2, 4, 4)), Node("conv3x3", Conv2d(4, 3)))))
    after = before.with_node_renamed("d0", "inception", "mixed").with_node_renamed("d0", "conv3x3", "last")
    renames = Renames(before, after)
    assert check(after).reports.keys() == set(map(renames.ref, check(before).reports))
    look = Look(toggled_blocks=frozenset({("d0", "inception")}), levels=ColourLevels(0, ("d0", "conv3x3"), 0.0, 1.0))
    assert renames.look(look).toggled_blocks == {("d0", "mixed")}
    assert renames.look(look).levels.ref == ("d0", "last")
    focus = renames.focus(Focus("d0", "inception/1x1", others=frozenset({"conv3x3"})))
    assert focus == Focus("d0", "mixed/1x1", others=frozenset({"last"}))


def test_a_move_renames_nothing():
    moved = edits.move_nodes(project(NETWORK), "d0", ["relu"], 1).project
    assert not Renames(project(NETWORK), moved)


# The form in front


def is_in_front(window: MainWindow) -> bool:
    """Whether the form is visible, not behind another tab, where it would be disabled."""
    return window.docks["layer"].widget().isEnabled()


def test_a_selected_or_added_layer_brings_its_form_to_the_front_and_the_keyboard_focus_stays(window, qtbot: QtBot):
    activate(window, qtbot)
    window.docks.bring_forward("input")
    window.designs.tree.setFocus()
    assert not is_in_front(window)
    qtbot.keyClick(window.designs.tree, Qt.Key.Key_Up)
    assert is_in_front(window)
    assert window.designs.tree.hasFocus()
    window.docks.bring_forward("input")
    window.actions_by_id["add_conv2d"].trigger()
    assert is_in_front(window)


def test_the_form_does_not_cover_the_panel_that_has_the_keyboard_focus(window, qtbot: QtBot):
    activate(window, qtbot)
    window.docks.bring_forward("input")
    window.input.setFocus()
    field = next(child for child in window.input.findChildren(QSpinBox) if child.isVisible())
    field.setFocus()
    window.workbench.set_focus(Focus("bottleneck", "reduce"))
    assert field.hasFocus()
    assert not is_in_front(window)


def test_the_form_stays_closed_if_it_was_closed(window, qtbot: QtBot):
    window.docks["layer"].close()
    window.workbench.set_focus(Focus("bottleneck", "reduce"))
    assert not window.docks["layer"].isVisible()

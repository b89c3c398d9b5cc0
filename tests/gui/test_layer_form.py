"""The form of a layer: real clicks and keys propose edits, and shown states none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from engine.blocks import BLOCKS, MlpConv
from engine.layers import LAYERS, Activation, Add, BatchNorm, Conv2d, Kind, Layer, LocalResponseNorm, MaxPool2d, tag_of
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.weight_specs import FileWeights, PresetWeights
from engine.project.project import Design, Project
from gui.panels.base import Edit
from gui.panels.layer_form import LayerForm
from gui.panels.source_fields import array_names, match_arrays
from gui.state.edits import layer_settings, new_layer
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.window.main_window import MainWindow
from tests.gui.panel_harness import BOTTLENECK, BRANCHES, NAIVE, PROJECT, PanelHarness
from tests.gui.user_input import select_option, turn_wheel
from tests.gui.view_harness import state_of, update_view
from tests.gui.window_input import activate


def state_with(network: Network, node: str) -> ViewState:
    """A state of one design with the focus on a node."""
    return state_of(Project(NoiseInput((8, 12, 12)), (Design("d", network),)), Focus("d", node))


def open_form(qtbot: QtBot, network: Network, node: str) -> tuple[LayerForm, PanelHarness]:
    form = LayerForm(state_with(network, node))
    return form, PanelHarness(qtbot, form)


def focused_layer(harness: PanelHarness) -> Layer:
    return harness.state.project.network(harness.state.focus.design).node(harness.state.focus.node).layer


def valid_values(type_: inspect.Type) -> st.SearchStrategy[Any]:
    """Any valid value of a setting, from its declared type alone."""
    match type_:
        case inspect.Metadata():
            return valid_values(type_.type)
        case inspect.UnionType():
            return st.one_of([valid_values(member) for member in type_.types])
        case inspect.IntType():
            return st.integers(type_.ge or 0, type_.le)
        case inspect.VarTupleType():
            lengths = {type_.min_length or 0, type_.max_length or 0}
            item = valid_values(type_.item_type)
            return st.one_of([st.tuples(*[item] * length) for length in lengths])
        case inspect.LiteralType():
            return st.sampled_from(type_.values)
        case inspect.BoolType():
            return st.booleans()
        case inspect.FloatType():
            low = type_.ge if type_.ge is not None else type_.gt
            high = type_.le if type_.le is not None else type_.lt
            return st.floats(low, high, exclude_min=type_.gt is not None, exclude_max=type_.lt is not None)
        case inspect.NoneType():
            return st.none()
    raise AssertionError(type_)


@pytest.fixture(scope="module")
def shared_form(qapp: QApplication) -> LayerForm:
    return LayerForm(state_of(PROJECT))


@pytest.mark.parametrize("kind", [*LAYERS, *BLOCKS])
@given(data=st.data())
def test_the_form_of_every_kind_shows_any_valid_settings_without_an_edit(
    shared_form: LayerForm, kind: type[Kind], data: st.DataObject
):
    settings = {field.name: data.draw(valid_values(field.type), field.name) for field in layer_settings(kind)}
    layer = kind(**settings)
    proposals: list[Edit] = []
    shared_form.edit_proposed.connect(proposals.append)
    inputs = ("lost",) if kind in BLOCKS else ()  # with known inputs a block could be thousands of layers
    update_view(shared_form, state_with(Network((Node("n", layer, inputs),)), "n"))
    assert shared_form.settings[kind].values() == {name: getattr(layer, name) for name in settings}
    assert proposals == []
    shared_form.edit_proposed.disconnect(proposals.append)


@pytest.mark.parametrize("kind", [*LAYERS, *BLOCKS])
def test_every_setting_of_every_kind_has_a_title_a_tooltip_and_accessible_names(
    shared_form: LayerForm, kind: type[Kind]
):
    layer = new_layer(tag_of(kind))
    update_view(shared_form, state_with(Network((Node("n", layer),)), "n"))
    form = shared_form.settings[kind]
    for name, field in form.fields.items():
        assert field.title.text(), name
        assert field.title.toolTip() or form.controls[name].toolTip()
    for child in form.findChildren(QWidget):
        if child.window() is form.window() and child.focusPolicy() & Qt.FocusPolicy.TabFocus and not child.focusProxy():
            assert child.accessibleName(), child


def test_a_typed_number_of_filters_is_proposed_at_once_under_one_merge_key(qtbot: QtBot):
    form, harness = open_form(qtbot, BOTTLENECK, "conv5x5")
    box = form.settings[Conv2d].controls["filters"].box
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "64")
    assert [edit.text for edit in harness.edits] == ["Filters of conv5x5: 32 → 6", "Filters of conv5x5: 6 → 64"]
    assert {edit.merge for edit in harness.edits} == {"d/2/filters"}
    assert focused_layer(harness) == Conv2d(64, 5)
    assert "64×12×12" in form.summary.text()


def test_kernel_padding_bias_and_groups_are_edited_by_their_controls(qtbot: QtBot):
    form, harness = open_form(qtbot, BOTTLENECK, "conv5x5")
    controls = form.settings[Conv2d].controls
    qtbot.mouseClick(controls["kernel"].link, Qt.MouseButton.LeftButton)
    controls["kernel"].boxes[1].stepDown()
    assert focused_layer(harness).kernel == (5, 4)
    select_option(qtbot, controls["padding"].mode, 4)
    controls["padding"].boxes[2].stepUp()
    assert focused_layer(harness).padding == (0, 0, 1, 0)
    controls["bias"].box.click()
    assert focused_layer(harness).bias is False
    assert harness.edits[-1].text == "Bias of conv5x4: on → off"
    qtbot.keyClick(controls["groups"].slider, Qt.Key.Key_Right)
    assert focused_layer(harness).groups == 2


def test_a_stride_of_none_becomes_that_of_the_kernel_if_it_is_set(qtbot: QtBot):
    form, harness = open_form(qtbot, Network((Node("pool", MaxPool2d(3)),)), "pool")
    stride = form.settings[MaxPool2d].controls["stride"]
    assert stride.none_box.text() == "as the kernel"
    stride.none_box.click()
    assert focused_layer(harness) == MaxPool2d(3, stride=3)
    stride.control.boxes[0].stepDown()
    assert focused_layer(harness) == MaxPool2d(3, stride=2)
    stride.none_box.click()
    assert focused_layer(harness) == MaxPool2d(3)


def test_a_typed_decimal_is_proposed_and_an_invalid_one_refused_below_the_field(qtbot: QtBot):
    form, harness = open_form(qtbot, Network((Node("norm", BatchNorm()),)), "norm")
    control, field = (part["epsilon"] for part in (form.settings[BatchNorm].controls, form.settings[BatchNorm].fields))
    control.edit.selectAll()
    qtbot.keyClicks(control.edit, "0.001")
    assert focused_layer(harness) == BatchNorm(0.001)
    control.edit.selectAll()
    qtbot.keyClicks(control.edit, "-1")
    assert focused_layer(harness) == BatchNorm(0.001)
    assert field.error.text() == "-1 is not a number above 0"


def test_a_state_from_outside_updates_the_controls_without_an_edit(qtbot: QtBot):
    form, harness = open_form(qtbot, BOTTLENECK, "conv5x5")
    before = harness.state
    box = form.settings[Conv2d].controls["filters"].box
    box.setFocus()
    box.stepUp()
    assert box.value() == 33
    harness.edits.clear()
    harness.show(before)
    assert (box.value(), harness.edits) == (32, [])
    assert box.hasFocus()


def test_controls_are_reused_for_layers_of_the_same_kind(qtbot: QtBot):
    form, harness = open_form(qtbot, BOTTLENECK, "conv5x5")
    box = form.settings[Conv2d].controls["filters"].box
    harness.show(replace(harness.state, focus=Focus("d", "reduce")))
    assert form.settings[Conv2d].controls["filters"].box is box
    assert box.value() == 4
    harness.show(replace(harness.state, focus=Focus("d", "relu")))
    assert not box.isVisible()
    assert form.settings[Activation].isVisible()


def test_the_wheel_over_an_unfocused_setting_changes_nothing(qtbot: QtBot):
    form, harness = open_form(qtbot, BOTTLENECK, "conv5x5")
    form.name.edit.setFocus()
    for child in form.findChildren(QWidget):
        if not child.hasFocus():
            turn_wheel(child)
    assert harness.edits == []


def test_a_mistake_is_shown_below_its_setting(qtbot: QtBot):
    form, _ = open_form(qtbot, Network((Node("conv", Conv2d(4, 40, padding="valid", groups=3)),)), "conv")
    fields = form.settings[Conv2d].fields
    assert fields["kernel"].error.text().startswith("kernel 40×40 is larger than its padded input 12×12")
    assert fields["kernel"].error.isVisible()
    assert "does not divide the 8 input channels" in fields["groups"].error.text()
    assert not fields["filters"].error.isVisible()
    assert "unknown" in form.summary.text()


def test_tooltip_and_summary_have_the_formula_with_the_numbers_of_the_layer(qtbot: QtBot):
    form, _ = open_form(qtbot, BOTTLENECK, "conv5x5")
    formula = "12·12·32 × 5·5·4 = 460,800"
    assert formula in form.settings[Conv2d].fields["filters"].title.toolTip()
    assert "Number of output maps" in form.settings[Conv2d].fields["filters"].title.toolTip()
    assert formula in form.summary.text()
    assert "4×12×12 → 32×12×12" in form.summary.text()


def test_changing_the_kind_keeps_common_settings_and_changes_a_default_name(qtbot: QtBot):
    form, harness = open_form(qtbot, NAIVE, "conv5x5")
    select_option(qtbot, form.kind, "avg_pool2d")
    assert harness.state.focus.node == "avg_pool5x5"
    assert focused_layer(harness).kernel == 5
    assert form.name.edit.text() == "avg_pool5x5"


def test_a_typed_name_renames_the_layer_and_a_duplicate_is_refused(qtbot: QtBot):
    form, harness = open_form(qtbot, BOTTLENECK, "conv5x5")
    form.name.edit.selectAll()
    qtbot.keyClicks(form.name.edit, "relu")
    qtbot.keyClick(form.name.edit, Qt.Key.Key_Return)
    assert harness.edits == []
    assert "already" in form.name.reason.text()
    qtbot.keyClicks(form.name.edit, "_wide")
    qtbot.keyClick(form.name.edit, Qt.Key.Key_Return)
    assert [edit.text for edit in harness.edits] == ["Rename conv5x5 to relu_wide"]


def test_an_input_is_selected_from_the_nodes_that_do_not_depend_on_the_layer(qtbot: QtBot):
    form, harness = open_form(qtbot, BOTTLENECK, "relu")
    assert form.inputs.one.value() == ()
    assert form.inputs.one.currentText() == "the node before: reduce"
    model = form.inputs.one.model()
    after = [option[0] for option in form.inputs.one.options].index(("conv5x5",))
    assert not model.flags(model.index(after, 0)) & Qt.ItemFlag.ItemIsEnabled
    select_option(qtbot, form.inputs.one, (INPUT,))
    assert harness.state.project.network("d").node("relu").inputs == (INPUT,)
    assert harness.edits[-1].text == "Connect relu to input"


def test_several_inputs_are_listed_in_their_order_and_others_are_added(qtbot: QtBot):
    form, harness = open_form(qtbot, BRANCHES, "output")
    inputs = form.inputs.many
    assert inputs.isVisible()
    assert [inputs.list.item(row).text() for row in range(2)] == ["1. left   4×12×12", "2. right   6×12×12"]
    inputs.menu.actions()[0].trigger()
    assert harness.state.project.network("d").node("output").inputs == ("left", "right", INPUT)
    assert harness.edits[-1].text == "Connect output to left, right, input"


def test_inputs_are_reordered_in_the_form(qtbot: QtBot):
    form, harness = open_form(qtbot, BRANCHES, "output")
    form.inputs.many.list.setFocus()
    form.inputs.many.list.setCurrentRow(0)
    qtbot.keyClick(form.inputs.many.list, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert harness.state.project.network("d").node("output").inputs == ("right", "left")


def test_a_mistake_of_inputs_is_shown_below_the_control_of_the_layer_focused_next(qtbot: QtBot):
    nodes = *BRANCHES.nodes[:2], Node("sum", Add(), ("left", "lost")), Node("relu", Activation("relu"), ("gone",))
    form, harness = open_form(qtbot, Network(nodes), "left")
    for node, field, name in (("sum", form.inputs.many_field, "lost"), ("relu", form.inputs.one_field, "gone")):
        harness.show(replace(harness.state, focus=Focus("d", node)))
        assert f"there is no node {name!r}" in field.error.text()
        assert field.error.isVisible()


def test_a_missing_input_can_be_removed(qtbot: QtBot):
    form, harness = open_form(
        qtbot, Network((*BRANCHES.nodes[:2], Node("sum", Add(), ("left", "lost", "right")))), "sum"
    )
    assert "there is no node 'lost'" in form.inputs.many_field.error.text()
    form.inputs.many.list.setFocus()
    form.inputs.many.list.setCurrentRow(1)
    qtbot.keyClick(form.inputs.many.list, Qt.Key.Key_Delete)
    assert harness.state.project.network("d").node("sum").inputs == ("left", "right")


def test_weights_from_a_preset_or_a_seed_are_selected(qtbot: QtBot):
    form, harness = open_form(qtbot, NAIVE, "conv5x5")
    select_option(qtbot, form.weights.source, "gabor")
    assert harness.state.project.network("d").node("conv5x5").weights == PresetWeights("gabor")
    select_option(qtbot, form.weights.source, "seeded")
    assert harness.state.project.network("d").node("conv5x5").weights is None


def test_arrays_of_a_weights_file_are_matched_by_shape_and_name(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "weights.npz"
    arrays = {"other.weight": np.zeros((32, 8, 5, 5)), "conv5x5.weight": np.ones((32, 8, 5, 5)), "b": np.zeros(32)}
    np.savez(path, **arrays)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (str(path), ""))
    form, harness = open_form(qtbot, NAIVE, "conv5x5")
    select_option(qtbot, form.weights.source, "file")
    expected = FileWeights(str(path), weight="conv5x5.weight", bias="b", layout="oihw")
    assert harness.state.project.network("d").node("conv5x5").weights == expected
    assert harness.edits[-1].text == "Use weights.npz weights for conv5x5"
    select_option(qtbot, form.weights.roles["weight"].widget, "other.weight")
    assert harness.state.project.network("d").node("conv5x5").weights == replace(expected, weight="other.weight")
    assert array_names(str(path)) == tuple(arrays)
    assert match_arrays(str(tmp_path / "missing.npz"), NAIVE.nodes[0], None) == FileWeights(
        str(tmp_path / "missing.npz")
    )


def test_the_layout_of_a_weights_file_is_inferred_noticed_and_chosen(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "keras.npz"
    np.savez(path, kernel=np.zeros((5, 5, 8, 32), np.float32), bias=np.zeros(32, np.float32))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (str(path), ""))
    form, harness = open_form(qtbot, NAIVE, "conv5x5")
    select_option(qtbot, form.weights.source, "file")
    expected = FileWeights(str(path), weight="kernel", layout="hwio")
    assert harness.state.project.network("d").node("conv5x5").weights == expected
    assert not harness.state.check.problems
    assert form.weights.layout_choice.value() == "hwio"
    assert not form.weights.notices.text()
    select_option(qtbot, form.weights.layout_choice, "")
    assert harness.edits[-1].text == "Use the layout that the shape shows weights for conv5x5"
    assert "is read as HWIO (TensorFlow, Keras, JAX), the only layout that fits" in form.weights.notices.text()
    select_option(qtbot, form.weights.layout_choice, "ohwi")
    assert "needs (32, 5, 5, 8) as OHWI" in form.weights_field.error.text()


def test_a_cancelled_file_dialog_leaves_the_weights_as_they_are(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: ("", ""))
    form, harness = open_form(qtbot, NAIVE, "conv5x5")
    file_option = [option[0] for option in form.weights.source.options].index("file")
    form.weights.source.setCurrentIndex(file_option)
    form.weights.source.activated.emit(file_option)
    assert (form.weights.source.value(), harness.edits) == ("seeded", [])


def test_weights_are_hidden_for_kinds_without_arrays(qtbot: QtBot):
    form, harness = open_form(qtbot, BOTTLENECK, "relu")
    assert not form.weights.isVisible()
    harness.show(replace(harness.state, focus=Focus("d", "reduce")))
    assert form.weights.isVisible()


def test_a_narrow_heading_still_shows_in_which_design_the_layer_is(qtbot: QtBot):
    form, _ = open_form(qtbot, NAIVE, INPUT)
    form.heading.setFixedWidth(90)
    pictures = []
    for design in ("googlenet small", "googlenet large"):
        form.heading.set_text(f"conv7 in {design}")
        pictures.append(form.heading.grab().toImage())
    assert pictures[0] != pictures[1]


def test_a_focused_design_shows_its_name_and_exact_totals(qtbot: QtBot):
    form, harness = open_form(qtbot, NAIVE, INPUT)
    assert form.heading.text() == "Design d"
    assert "MACs  921,600" in form.summary.text()
    form.name.edit.selectAll()
    qtbot.keyClicks(form.name.edit, "naive 5×5")
    qtbot.keyClick(form.name.edit, Qt.Key.Key_Return)
    assert [design.name for design in harness.state.project.designs] == ["naive 5×5"]
    assert harness.state.focus == Focus("naive 5×5")


def test_title_and_seed_of_the_project_are_edited_if_it_has_the_focus(qtbot: QtBot):
    form = LayerForm(state_of(PROJECT))
    harness = PanelHarness(qtbot, form)
    qtbot.keyClicks(form.title, "Two")
    form.seed.edit.selectAll()
    qtbot.keyClicks(form.seed.edit, "12")
    assert (harness.state.project.title, harness.state.project.seed) == ("Two", 12)
    assert [edit.merge for edit in harness.edits] == ["title"] * 3 + ["seed"] * 2


def test_a_focus_on_a_missing_node_shows_the_project(qtbot: QtBot):
    form = LayerForm(state_of(PROJECT, Focus("naive", "gone")))
    PanelHarness(qtbot, form)
    assert form.heading.text().startswith("Project")
    assert not form.head.isVisible()


def test_small_numbers_are_shown_as_decimals(qtbot: QtBot):
    form, _ = open_form(qtbot, Network((Node("lrn", LocalResponseNorm()),)), "lrn")
    assert form.settings[LocalResponseNorm].controls["alpha"].edit.text() == "0.0001"


def test_fixes_of_a_mistake_are_buttons_below_its_field(qtbot: QtBot):
    form, harness = open_form(qtbot, Network((Node("conv", Conv2d(4, 3, groups=3)),)), "conv")
    fixes = form.settings[Conv2d].fields["groups"].fixes
    assert fixes.isVisible()
    assert [button.text() for button in fixes.buttons] == ["Groups 2", "Groups 4"]
    qtbot.mouseClick(fixes.buttons[1], Qt.MouseButton.LeftButton)
    assert harness.edits[-1].text == "Fix conv: groups 4"
    assert not fixes.isVisible()
    assert not harness.state.problems


def test_a_mistake_within_a_block_is_fixed_at_the_block(qtbot: QtBot):
    form, harness = open_form(qtbot, Network((Node("mlp", MlpConv(4, 19, 4, 4, padding="valid")),)), "mlp")
    assert [button.text() for button in form.general_fixes.buttons] == ["Kernel 12", "Padding same"]
    qtbot.mouseClick(form.general_fixes.buttons[1], Qt.MouseButton.LeftButton)
    assert not harness.state.problems
    assert not form.general_fixes.isVisible()


def test_fixes_of_the_setting_that_is_typed_are_scrolled_into_view(open_window: Callable[[], MainWindow], qtbot: QtBot):
    window = open_window()
    window.resize(1024, 700)
    activate(window, qtbot)
    form = window.form.settings[Conv2d]
    form.controls["groups"].setFocus()
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(QApplication.focusWidget(), "7")
    assert window.workbench.state.problems
    field = form.fields["groups"]
    for part in (field.widget, *field.fixes.buttons):
        qtbot.waitUntil(lambda part=part: part.isVisible() and part.visibleRegion().boundingRect() == part.rect())

"""Panels propose edits by real clicks and keys, and follow the state without proposing anything."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from engine.blocks import BLOCKS
from engine.layers import (
    LAYERS,
    Activation,
    Add,
    BatchNorm,
    Concat,
    Conv2d,
    Kind,
    Layer,
    LocalResponseNorm,
    MaxPool2d,
    tag_of,
)
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.network.node_ref import STEM
from engine.network.weight_specs import FileWeights, PresetWeights
from engine.project.project import Design, Project
from engine.run.check import check
from engine.shapes import Shape
from engine.text.problems import Problem
from gui.panels.base import Edit, Panel
from gui.panels.design_rows import design_tree_rows
from gui.panels.designs import DesignsPanel
from gui.panels.input_panel import InputPanel
from gui.panels.layer_form import LayerForm
from gui.panels.problems import ProblemsPanel
from gui.panels.source_fields import array_names, match_arrays
from gui.state import edits
from gui.state.edits import layer_settings, new_layer
from gui.state.view_state import Focus, Look, RunView, ViewState
from gui.window.actions import Action
from gui.window.qt_actions import QtActions
from tests.gui.test_widgets import choose, turn_wheel
from tests.gui.view_harness import update_view

PHOTO = ImageInput("resources:photos/chelsea.png", (32, 32), "bgr", 1.0, (104.0, 116.0, 122.0), (1.0, 1.0, 1.0))
STEM_NETWORK = Network((Node("stem_conv", Conv2d(8, 3)), Node("stem_relu", Activation("relu"))))
NAIVE = Network((Node("conv5x5", Conv2d(32, 5)),))
BOTTLENECK = Network((Node("reduce", Conv2d(4, 1)), Node("relu", Activation("relu")), Node("conv5x5", Conv2d(32, 5))))
BRANCHES = Network(
    (
        Node("left", Conv2d(4, 1), (INPUT,)),
        Node("right", Conv2d(6, 3), (INPUT,)),
        Node("output", Concat(), ("left", "right")),
    )
)
PROJECT = Project(PHOTO, (Design("naive", NAIVE), Design("bottleneck", BOTTLENECK)), STEM_NETWORK)


def state(project: Project = PROJECT, design: str = STEM, node: str = INPUT, **look: Any) -> ViewState:
    return ViewState(project, check(project), RunView(), Focus(design, node), Look(**look))


class Stage:
    """A panel on the screen, and a stand-in for the workbench: it makes each proposal the new state."""

    def __init__(self, qtbot: QtBot, panel: Panel) -> None:
        self.panel, self.state = panel, panel._state
        self.edits: list[Edit] = []
        self.focuses: list[Focus] = []
        qtbot.addWidget(panel)
        panel.edit_proposed.connect(self._on_edit)
        panel.focus_requested.connect(self.focuses.append)
        panel.resize(320, 700)
        with qtbot.waitActive(panel):
            panel.show()
            panel.activateWindow()

    def show(self, new: ViewState) -> None:
        old, self.state = self.state, new
        self.panel.show_state(old, new)

    def _on_edit(self, edit: Edit) -> None:
        self.edits.append(edit)
        focus = edit.focus or self.state.focus
        self.show(ViewState(edit.project, check(edit.project), RunView(), focus, self.state.look))


def form_stage(qtbot: QtBot, network: Network, node: str) -> tuple[LayerForm, Stage]:
    form = LayerForm(state(Project(NoiseInput((8, 12, 12)), (Design("d", network),)), "d", node))
    return form, Stage(qtbot, form)


def the_layer(stage: Stage) -> Layer:
    return stage.state.project.network(stage.state.focus.design).node(stage.state.focus.node).layer


# The form of a layer


def values_of(type_: inspect.Type) -> st.SearchStrategy[Any]:
    """Any valid value of a setting, from its declared type alone."""
    match type_:
        case inspect.Metadata():
            return values_of(type_.type)
        case inspect.UnionType():
            return st.one_of([values_of(member) for member in type_.types])
        case inspect.IntType():
            return st.integers(type_.ge or 0, type_.le)
        case inspect.VarTupleType():
            lengths = {type_.min_length or 0, type_.max_length or 0}
            item = values_of(type_.item_type)
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
def kept_form(qapp: QApplication) -> LayerForm:
    return LayerForm(state())


@pytest.mark.parametrize("kind", [*LAYERS, *BLOCKS])
@given(data=st.data())
def test_the_form_of_every_kind_shows_any_valid_settings_and_proposes_nothing(
    kept_form: LayerForm, kind: type[Kind], data: st.DataObject
):
    settings = {field.name: data.draw(values_of(field.type), field.name) for field in layer_settings(kind)}
    layer = kind(**settings)
    proposed: list[Edit] = []
    kept_form.edit_proposed.connect(proposed.append)
    inputs = ("lost",) if kind in BLOCKS else ()  # thousands of layers, if they were known
    update_view(
        kept_form,
        state(Project(NoiseInput((8, 12, 12)), (Design("d", Network((Node("n", layer, inputs),))),)), "d", "n"),
    )
    shown = kept_form.settings[kind].values()
    assert shown == {name: getattr(layer, name) for name in settings}
    assert proposed == []
    kept_form.edit_proposed.disconnect(proposed.append)


@pytest.mark.parametrize("kind", [*LAYERS, *BLOCKS])
def test_every_setting_of_every_kind_has_a_title_and_names_for_screen_readers(kept_form: LayerForm, kind: type[Kind]):
    layer = new_layer(tag_of(kind))
    update_view(
        kept_form, state(Project(NoiseInput((8, 12, 12)), (Design("d", Network((Node("n", layer),))),)), "d", "n")
    )
    form = kept_form.settings[kind]
    for name, field in form.fields.items():
        assert field.title.text(), name
        assert field.title.toolTip() or form.controls[name].toolTip()
    for child in form.findChildren(QWidget):
        if child.window() is form.window() and child.focusPolicy() & Qt.FocusPolicy.TabFocus and not child.focusProxy():
            assert child.accessibleName(), child


def test_a_typed_number_of_filters_is_proposed_at_once_under_one_merge_key(qtbot: QtBot):
    form, stage = form_stage(qtbot, BOTTLENECK, "conv5x5")
    box = form.settings[Conv2d].controls["filters"].box
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "64")
    assert [edit.text for edit in stage.edits] == ["Set filters to 6", "Set filters to 64"]
    assert {edit.merge for edit in stage.edits} == {"d/conv5x5/filters"}
    assert the_layer(stage) == Conv2d(64, 5)
    assert "64×12×12" in form.summary.text()


def test_each_sort_of_setting_is_edited_by_its_control(qtbot: QtBot):
    form, stage = form_stage(qtbot, BOTTLENECK, "conv5x5")
    controls = form.settings[Conv2d].controls
    qtbot.mouseClick(controls["kernel"].link, Qt.MouseButton.LeftButton)
    controls["kernel"].boxes[1].stepDown()
    assert the_layer(stage).kernel == (5, 4)
    choose(qtbot, controls["padding"].mode, 4)
    controls["padding"].boxes[2].stepUp()
    assert the_layer(stage).padding == (0, 0, 1, 0)
    controls["bias"].box.click()
    assert the_layer(stage).bias is False
    assert stage.edits[-1].text == "Set bias to off"
    qtbot.keyClick(controls["groups"].slider, Qt.Key.Key_Right)
    assert the_layer(stage).groups == 2


def test_a_stride_left_out_becomes_the_kernel_when_it_is_no_longer_left_out(qtbot: QtBot):
    form, stage = form_stage(qtbot, Network((Node("pool", MaxPool2d(3)),)), "pool")
    stride = form.settings[MaxPool2d].controls["stride"]
    assert stride.none_box.text() == "as the kernel"
    stride.none_box.click()
    assert the_layer(stage) == MaxPool2d(3, stride=3)
    stride.control.boxes[0].stepDown()
    assert the_layer(stage) == MaxPool2d(3, stride=2)
    stride.none_box.click()
    assert the_layer(stage) == MaxPool2d(3)


def test_a_typed_decimal_is_proposed_and_a_wrong_one_is_refused_below_the_field(qtbot: QtBot):
    form, stage = form_stage(qtbot, Network((Node("norm", BatchNorm()),)), "norm")
    control, field = (part["epsilon"] for part in (form.settings[BatchNorm].controls, form.settings[BatchNorm].fields))
    control.edit.selectAll()
    qtbot.keyClicks(control.edit, "0.001")
    assert the_layer(stage) == BatchNorm(0.001)
    control.edit.selectAll()
    qtbot.keyClicks(control.edit, "-1")
    assert the_layer(stage) == BatchNorm(0.001)
    assert field.error.text() == "-1 is not a number above 0"


def test_undo_updates_the_controls_and_proposes_nothing(qtbot: QtBot):
    form, stage = form_stage(qtbot, BOTTLENECK, "conv5x5")
    before = stage.state
    box = form.settings[Conv2d].controls["filters"].box
    box.setFocus()
    box.stepUp()
    assert box.value() == 33
    stage.edits.clear()
    stage.show(before)
    assert (box.value(), stage.edits) == (32, [])
    assert box.hasFocus()


def test_controls_are_kept_while_layers_of_one_kind_are_chosen(qtbot: QtBot):
    form, stage = form_stage(qtbot, BOTTLENECK, "conv5x5")
    box = form.settings[Conv2d].controls["filters"].box
    stage.show(replace(stage.state, focus=Focus("d", "reduce")))
    assert form.settings[Conv2d].controls["filters"].box is box
    assert box.value() == 4
    stage.show(replace(stage.state, focus=Focus("d", "relu")))
    assert not box.isVisible()
    assert form.settings[Activation].isVisible()


def test_the_wheel_over_an_unfocused_setting_proposes_nothing(qtbot: QtBot):
    form, stage = form_stage(qtbot, BOTTLENECK, "conv5x5")
    form.name.edit.setFocus()
    for child in form.findChildren(QWidget):
        if not child.hasFocus():
            turn_wheel(child)
    assert stage.edits == []


def test_a_mistake_stands_below_the_setting_that_has_it(qtbot: QtBot):
    form, _ = form_stage(qtbot, Network((Node("conv", Conv2d(4, 40, padding="valid", groups=3)),)), "conv")
    fields = form.settings[Conv2d].fields
    assert fields["kernel"].error.text().startswith("kernel 40×40 is larger than its padded input 12×12")
    assert fields["kernel"].error.isVisible()
    assert "does not divide the 8 input channels" in fields["groups"].error.text()
    assert not fields["filters"].error.isVisible()
    assert "unknown" in form.summary.text()


def test_tooltips_and_summary_give_the_formula_with_this_layers_numbers(qtbot: QtBot):
    form, _ = form_stage(qtbot, BOTTLENECK, "conv5x5")
    formula = "12·12·32 × 5·5·4 = 460,800"
    assert formula in form.settings[Conv2d].fields["filters"].title.toolTip()
    assert "Number of output maps" in form.settings[Conv2d].fields["filters"].title.toolTip()
    assert formula in form.summary.text()
    assert "4×12×12 → 32×12×12" in form.summary.text()


def test_another_kind_keeps_what_both_have(qtbot: QtBot):
    form, stage = form_stage(qtbot, NAIVE, "conv5x5")
    choose(qtbot, form.kind, "avg_pool2d")
    assert stage.state.focus.node == "avg_pool5x5"
    assert the_layer(stage).kernel == 5
    assert form.name.edit.text() == "avg_pool5x5"


def test_a_typed_name_renames_the_layer_and_a_taken_one_is_refused(qtbot: QtBot):
    form, stage = form_stage(qtbot, BOTTLENECK, "conv5x5")
    form.name.edit.selectAll()
    qtbot.keyClicks(form.name.edit, "relu")
    qtbot.keyClick(form.name.edit, Qt.Key.Key_Return)
    assert stage.edits == []
    assert "already" in form.name.reason.text()
    qtbot.keyClicks(form.name.edit, "_wide")
    qtbot.keyClick(form.name.edit, Qt.Key.Key_Return)
    assert [edit.text for edit in stage.edits] == ["Rename conv5x5 to relu_wide"]


def test_one_input_is_chosen_of_what_does_not_depend_on_the_layer(qtbot: QtBot):
    form, stage = form_stage(qtbot, BOTTLENECK, "relu")
    assert form.inputs.one.value() == ()
    assert form.inputs.one.currentText() == "the node before: reduce"
    model = form.inputs.one.model()
    after = [option[0] for option in form.inputs.one.options].index(("conv5x5",))
    assert not model.flags(model.index(after, 0)) & Qt.ItemFlag.ItemIsEnabled
    choose(qtbot, form.inputs.one, (INPUT,))
    assert stage.state.project.network("d").node("relu").inputs == (INPUT,)
    assert stage.edits[-1].text == "Connect relu to input"


def test_several_inputs_are_checked_in_a_list_that_says_their_order(qtbot: QtBot):
    form, stage = form_stage(qtbot, BRANCHES, "output")
    listed = form.inputs.many.list
    assert listed.isVisible()
    assert [listed.item(row).text() for row in range(3)] == [
        "input   8×12×12",
        "1. left   4×12×12",
        "2. right   6×12×12",
    ]
    listed.item(0).setCheckState(Qt.CheckState.Checked)
    assert stage.state.project.network("d").node("output").inputs == ("left", "right", INPUT)


def test_a_mistake_of_inputs_stands_below_the_control_of_the_layer_that_is_chosen_next(qtbot: QtBot):
    nodes = *BRANCHES.nodes[:2], Node("sum", Add(), ("left", "lost")), Node("relu", Activation("relu"), ("gone",))
    form, stage = form_stage(qtbot, Network(nodes), "left")
    for node, field, name in (("sum", form.inputs.many_field, "lost"), ("relu", form.inputs.one_field, "gone")):
        stage.show(replace(stage.state, focus=Focus("d", node)))
        assert f"there is no node {name!r}" in field.error.text()
        assert field.error.isVisible()


def test_an_unknown_input_can_be_taken_out(qtbot: QtBot):
    form, stage = form_stage(
        qtbot, Network((*BRANCHES.nodes[:2], Node("sum", Add(), ("left", "lost", "right")))), "sum"
    )
    assert "there is no node 'lost'" in form.inputs.many_field.error.text()
    names = [option[0] for option in form.inputs.many._options]
    form.inputs.many.list.item(names.index("lost")).setCheckState(Qt.CheckState.Unchecked)
    assert stage.state.project.network("d").node("sum").inputs == ("left", "right")


def test_weights_come_from_a_preset_or_a_seed(qtbot: QtBot):
    form, stage = form_stage(qtbot, NAIVE, "conv5x5")
    choose(qtbot, form.weights.source, "gabor")
    assert stage.state.project.network("d").node("conv5x5").weights == PresetWeights("gabor")
    choose(qtbot, form.weights.source, "seeded")
    assert stage.state.project.network("d").node("conv5x5").weights is None


def test_weights_of_a_file_are_matched_by_shape_and_name(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "weights.npz"
    arrays = {"other.weight": np.zeros((32, 8, 5, 5)), "conv5x5.weight": np.ones((32, 8, 5, 5)), "b": np.zeros(32)}
    np.savez(path, **arrays)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (str(path), ""))
    form, stage = form_stage(qtbot, NAIVE, "conv5x5")
    choose(qtbot, form.weights.source, "file")
    expected = FileWeights(str(path), weight="conv5x5.weight", bias="b")
    assert stage.state.project.network("d").node("conv5x5").weights == expected
    assert stage.edits[-1].text == "Use weights.npz weights for conv5x5"
    choose(qtbot, form.weights.roles["weight"].widget, "other.weight")
    assert stage.state.project.network("d").node("conv5x5").weights == replace(expected, weight="other.weight")
    assert array_names(str(path)) == tuple(arrays)
    assert match_arrays(str(tmp_path / "missing.npz"), NAIVE.nodes[0], None) == FileWeights(
        str(tmp_path / "missing.npz")
    )


def test_a_file_dialog_that_is_left_shows_the_old_weights(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: ("", ""))
    form, stage = form_stage(qtbot, NAIVE, "conv5x5")
    choose_last = [option[0] for option in form.weights.source.options].index("file")
    form.weights.source.setCurrentIndex(choose_last)
    form.weights.source.activated.emit(choose_last)
    assert (form.weights.source.value(), stage.edits) == ("seeded", [])


def test_kinds_without_arrays_have_no_weights(qtbot: QtBot):
    form, stage = form_stage(qtbot, BOTTLENECK, "relu")
    assert not form.weights.isVisible()
    stage.show(replace(stage.state, focus=Focus("d", "reduce")))
    assert form.weights.isVisible()


def test_a_chosen_design_shows_its_name_and_exact_totals(qtbot: QtBot):
    form, stage = form_stage(qtbot, NAIVE, INPUT)
    assert form.heading.text() == "Design d"
    assert "MACs  921,600" in form.summary.text()
    form.name.edit.selectAll()
    qtbot.keyClicks(form.name.edit, "naive 5×5")
    qtbot.keyClick(form.name.edit, Qt.Key.Key_Return)
    assert [design.name for design in stage.state.project.designs] == ["naive 5×5"]
    assert stage.state.focus == Focus("naive 5×5")


def test_the_projects_title_and_seed_are_edited_where_the_project_is_chosen(qtbot: QtBot):
    form = LayerForm(state())
    stage = Stage(qtbot, form)
    qtbot.keyClicks(form.title, "Two")
    form.seed.edit.selectAll()
    qtbot.keyClicks(form.seed.edit, "12")
    assert (stage.state.project.title, stage.state.project.seed) == ("Two", 12)
    assert [edit.merge for edit in stage.edits] == ["title"] * 3 + ["seed"] * 2


def test_a_focus_on_what_is_gone_shows_the_project(qtbot: QtBot):
    form = LayerForm(state(PROJECT, "naive", "gone"))
    Stage(qtbot, form)
    assert form.heading.text().startswith("Project")
    assert not form.head.isVisible()


# Designs and layers


class DesignsStage(Stage):
    """The list of designs with the window's commands."""

    def __init__(self, qtbot: QtBot, start: ViewState) -> None:
        self._host = QWidget()
        qtbot.addWidget(self._host)
        self.commands = QtActions(self._perform, self._host)
        self.designs = DesignsPanel(start, self.commands.by_id)
        self.commands.add_local_to(self.designs.tree)
        self.commands.show_state(start)
        super().__init__(qtbot, self.designs)

    def _perform(self, action: Action) -> None:
        if action.id == "rename":
            self.designs.edit_name()
        elif action.edit is not None:
            edit = action.edit(self.state)
            assert edit is not None
            self._on_edit(edit)

    def do(self, action_id: str) -> None:
        """Do a command; nothing if it cannot be done."""
        self.commands.by_id[action_id].trigger()

    def rename(self, name: str) -> None:
        """Give the chosen layer or design another name."""
        edit = edits.rename_at(self.state, self.state.focus.ref, name)
        assert edit is not None
        self._on_edit(edit)

    def show(self, new: ViewState) -> None:
        super().show(new)
        self.commands.show_state(new)


def designs_stage(
    qtbot: QtBot, design: str, node: str = INPUT, project: Project = PROJECT
) -> tuple[DesignsPanel, DesignsStage]:
    stage = DesignsStage(qtbot, state(project, design, node))
    return stage.designs, stage


def row_names(panel: DesignsPanel) -> list[list[str]]:
    root = panel.tree.invisibleRootItem()
    heads = [root.child(index) for index in range(root.childCount())]
    return [[head.text(0), *(head.child(index).text(0) for index in range(head.childCount()))] for head in heads]


def test_rows_are_the_stem_and_each_design_with_its_layers(qtbot: QtBot):
    panel, _ = designs_stage(qtbot, "bottleneck", "relu")
    assert row_names(panel) == [
        ["stem (shared)", "stem_conv", "stem_relu"],
        ["naive", "conv5x5"],
        ["bottleneck", "reduce", "relu", "conv5x5"],
    ]
    stem, naive = (panel.tree.topLevelItem(index) for index in (0, 1))
    assert not stem.isExpanded()
    assert naive.isExpanded()
    assert panel.tree.currentItem().text(0) == "relu"


def test_a_row_says_operator_shape_amount_and_mistake():
    (_, (node,)), _ = design_tree_rows(state(replace(PROJECT, stem=None)))
    assert (node.operator, node.shape, node.amount) == ("5×5, 32 filters", "32×32×32", "2.458 M MACs")
    wrong = replace(PROJECT, stem=None, designs=(Design("d", Network((Node("c", Conv2d(4, 3, groups=3)),))),))
    ((head, (node,)),) = design_tree_rows(state(wrong))
    assert (node.shape, node.amount) == ("", "unknown")
    assert node.mistake == "groups 3 does not divide the 4 filters: use a divisor"
    assert head.mistake == "1 layer, 1 with a mistake"
    ((_, (counted,)), _) = design_tree_rows(state(replace(PROJECT, stem=None), metric="params"))
    assert counted.amount == "2.432 K params"


def test_a_click_on_a_row_asks_for_the_focus(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "naive", "conv5x5")
    item = panel.tree.item_at(("bottleneck", "reduce"))
    assert item is not None
    place = panel.tree.visualItemRect(item).center()
    qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert stage.focuses == [Focus("bottleneck", "reduce")]
    assert stage.edits == []


def test_a_new_focus_chooses_its_row_and_asks_for_nothing(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "naive", "conv5x5")
    stage.show(replace(stage.state, focus=Focus(STEM, "stem_relu")))
    assert panel.tree.currentItem().text(0) == "stem_relu"
    assert panel.tree.topLevelItem(0).isExpanded()
    assert stage.focuses == []


def test_the_keyboard_moves_the_focus_and_acts_on_the_row(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "bottleneck", "reduce")
    panel.tree.setFocus()
    qtbot.keyClick(panel.tree, Qt.Key.Key_Down)
    assert stage.focuses == [Focus("bottleneck", "relu")]
    stage.show(replace(stage.state, focus=stage.focuses[-1]))
    qtbot.keyClick(panel.tree, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert stage.edits[-1].text == "Move relu up"
    qtbot.keyClick(panel.tree, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert stage.edits[-1].text == "Duplicate relu"
    qtbot.keyClick(panel.tree, Qt.Key.Key_Delete)
    assert stage.edits[-1].text == "Remove relu_2"
    assert row_names(panel)[2] == ["bottleneck", "relu", "reduce", "conv5x5"]


def test_buttons_act_on_the_chosen_layer(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "bottleneck", "relu")
    for glyph in ("copy", "down", "remove"):
        qtbot.mouseClick(panel.buttons[glyph], Qt.MouseButton.LeftButton)
    assert [edit.text for edit in stage.edits] == ["Duplicate relu", "Move relu_2 down", "Remove relu_2"]
    assert not panel.tree.item_at(("bottleneck", "relu_2"))


def test_buttons_act_on_a_design_where_its_own_row_is_chosen(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "bottleneck")
    for glyph in ("copy", "up", "remove"):
        qtbot.mouseClick(panel.buttons[glyph], Qt.MouseButton.LeftButton)
    assert [edit.text for edit in stage.edits] == [
        "Duplicate bottleneck",
        "Move bottleneck_2 up",
        "Remove bottleneck_2",
    ]


def test_buttons_are_off_where_they_can_do_nothing(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, STEM)
    assert not any(button.isEnabled() for button in panel.buttons.values())
    stage.show(replace(stage.state, focus=Focus("bottleneck", "reduce")))
    assert {glyph for glyph, button in panel.buttons.items() if not button.isEnabled()} == {"up"}


def test_buttons_say_what_they_act_on_with_their_keys(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "bottleneck", "relu")
    tips = {
        "copy": "Duplicate relu (Ctrl+D)",
        "remove": "Remove relu (Del)",
        "up": "Move up relu (Alt+Up)",
        "down": "Move down relu (Alt+Down)",
        "rename": "Rename relu (F2)",
    }
    assert {glyph: button.toolTip() for glyph, button in panel.buttons.items()} == tips
    assert panel.buttons["copy"].accessibleName() == "Duplicate relu"
    assert not any(button.autoRepeat() for button in panel.buttons.values())
    stage.show(replace(stage.state, focus=Focus("naive")))
    assert panel.buttons["remove"].toolTip() == "Remove naive (Del)"
    stage.show(replace(stage.state, focus=Focus(STEM)))
    assert panel.buttons["remove"].toolTip() == "Remove (Del)"


def test_backspace_in_the_tree_removes_and_keys_that_can_do_nothing_leave_the_row_chosen(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "bottleneck", "reduce")
    panel.tree.setFocus()
    qtbot.keyClick(panel.tree, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert (stage.edits, stage.focuses) == ([], [])
    qtbot.keyClick(panel.tree, Qt.Key.Key_Backspace)
    assert [edit.text for edit in stage.edits] == ["Remove reduce"]
    stage.show(replace(stage.state, focus=Focus(STEM)))
    for key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete, Qt.Key.Key_F2):
        qtbot.keyClick(panel.tree, key)
    assert len(stage.edits) == 1
    assert not panel.tree.viewport().findChildren(QLineEdit)


def test_the_menu_adds_every_kind_after_the_chosen_layer(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "bottleneck", "reduce")
    title, *actions = panel.layer_button.menu().actions()
    assert title.text() == "After reduce"
    assert [action.text() for action in actions[: len(LAYERS)]] == [layer.title for layer in LAYERS]
    assert all(action.toolTip() for action in actions[: len(LAYERS)])
    blocks = actions[len(LAYERS) :]
    assert [action.text() for action in blocks[: len(BLOCKS) + 1]] == ["Blocks", *(block.title for block in BLOCKS)]
    actions[0].trigger()
    assert row_names(panel)[2] == ["bottleneck", "reduce", "conv3x3", "relu", "conv5x5"]
    assert stage.state.focus == Focus("bottleneck", "conv3x3")


def test_the_menu_adds_every_kind_before_the_chosen_layer(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "bottleneck", "relu")
    assert panel.before_menu.title() == "Before relu"
    actions = [action.text() for action in panel.before_menu.actions()]
    assert actions == [layer.title for layer in LAYERS] + ["Blocks"] + [block.title for block in BLOCKS]
    panel.before_menu.actions()[0].trigger()
    assert row_names(panel)[2] == ["bottleneck", "reduce", "conv3x3", "relu", "conv5x5"]
    assert stage.edits[-1].text == "Add conv3x3 before relu"


def test_a_1x1_convolution_before_a_layer_leaves_a_quarter_of_its_channels(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "naive", "conv5x5")
    reduce = stage.commands.by_id["reduce"]
    assert reduce in panel.after_menu.actions()
    reduce.trigger()
    assert stage.state.project.network("naive").nodes == (Node("reduce", Conv2d(2, 1)), Node("conv5x5", Conv2d(32, 5)))
    assert stage.state.focus == Focus("naive", "reduce")


def test_nothing_is_added_before_a_design(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "naive")
    assert panel.after_title.text() == "As the first layer"
    assert not stage.commands.by_id["reduce"].isEnabled()
    assert not panel.before_menu.isEnabled()
    stage.do("reduce")
    stage.do("before_conv2d")
    assert stage.edits == []


def test_a_layer_added_to_an_empty_project_makes_a_design(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, STEM, project=Project(NoiseInput((3, 8, 8))))
    stage.do("add_conv2d")
    assert row_names(panel) == [["design", "conv3x3"]]
    assert len(stage.edits) == 1


def test_commands_of_designs_act_from_any_of_their_rows(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "naive", "conv5x5")
    stage.do("duplicate_design")
    assert stage.state.focus == Focus("naive_2")
    stage.do("remove_design")
    assert (panel.design_button.text(), panel.design_button.toolTip()) == ("+ Design", "Add an empty design")
    qtbot.mouseClick(panel.design_button, Qt.MouseButton.LeftButton)
    assert [edit.text for edit in stage.edits] == ["Duplicate naive", "Remove naive_2", "Add design"]
    stage.rename("third")
    assert stage.state.focus == Focus("third")


def editor_of(panel: DesignsPanel) -> QLineEdit:
    return next(edit for edit in panel.tree.viewport().findChildren(QLineEdit) if edit.isVisible())


def test_a_name_is_edited_in_place_and_a_taken_one_is_refused_there(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "bottleneck", "reduce")
    panel.tree.setFocus()
    qtbot.keyClick(panel.tree, Qt.Key.Key_F2)
    editor = editor_of(panel)
    editor.selectAll()
    qtbot.keyClicks(editor, "relu")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert stage.edits == []
    assert "already" in editor.reason.text()
    assert editor.reason.isVisible()
    qtbot.keyClicks(editor, "_1")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(stage.edits))  # Qt commits by a queued call
    assert [edit.text for edit in stage.edits] == ["Rename reduce to relu_1"]
    assert panel.tree.currentItem().text(0) == "relu_1"


def test_escape_leaves_a_name_as_it_was(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "bottleneck", "reduce")
    panel.edit_name()
    editor = editor_of(panel)
    qtbot.keyClicks(editor, "x y")
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert stage.edits == []
    assert panel.tree.currentItem().text(0) == "reduce"


def test_rows_keep_their_items_when_only_numbers_change(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "bottleneck", "reduce")
    before = panel.tree.item_at(("bottleneck", "conv5x5"))
    network = BOTTLENECK.with_layer("reduce", Conv2d(8, 1))
    stage.show(state(PROJECT.with_network("bottleneck", network), "bottleneck", "reduce"))
    assert panel.tree.item_at(("bottleneck", "conv5x5")) is before


def test_folded_designs_stay_folded_through_edits(qtbot: QtBot):
    panel, stage = designs_stage(qtbot, "naive")
    panel.tree.topLevelItem(2).setExpanded(False)
    stage.show(replace(stage.state, focus=Focus("naive", "conv5x5")))
    stage.do("duplicate_design")
    assert [item.text(0) for item in map(panel.tree.topLevelItem, range(4))] == [
        "stem (shared)",
        "naive",
        "naive_2",
        "bottleneck",
    ]
    assert [panel.tree.topLevelItem(index).isExpanded() for index in range(4)] == [False, True, True, False]


# The input


def input_stage(qtbot: QtBot, project: Project = PROJECT) -> tuple[InputPanel, Stage]:
    panel = InputPanel(state(project))
    return panel, Stage(qtbot, panel)


def test_another_photo_keeps_size_and_scale(qtbot: QtBot):
    panel, stage = input_stage(qtbot)
    actions = {action.text(): action for action in panel.bundled.menu().actions()}
    assert set(actions) == {"astronaut", "chelsea", "coffee", "rocket"}
    actions["coffee"].trigger()
    assert stage.edits[-1].text == "Use photo coffee.png"
    assert stage.state.project.input == replace(PHOTO, path="resources:photos/coffee.png")
    assert stage.edits[-1].merge == ""


def test_size_and_channels_are_edited(qtbot: QtBot):
    panel, stage = input_stage(qtbot)
    panel.extent.boxes[0].setFocus()
    panel.extent.boxes[0].stepUp()
    assert stage.state.project.input.size == (33, 33)
    assert stage.edits[-1].merge == "input/size"
    choose(qtbot, panel.channels, "rgb")
    assert stage.state.project.input.mean == (122.0, 116.0, 104.0)
    assert "shape 3×33×33" in panel.result.text()


def test_noise_takes_the_shape_that_was_there_and_a_photo_comes_back_as_it_was(qtbot: QtBot):
    panel, stage = input_stage(qtbot)
    choose(qtbot, panel.kind, NoiseInput)
    assert stage.state.project.input == NoiseInput(Shape(3, 32, 32))
    panel.shape.boxes[0].stepUp()
    panel.seed.edit.selectAll()
    qtbot.keyClicks(panel.seed.edit, "9")
    assert stage.state.project.input == NoiseInput((4, 32, 32), 9)
    choose(qtbot, panel.kind, ImageInput)
    assert stage.state.project.input == PHOTO


def test_an_array_of_a_file_is_chosen_by_its_name(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "volumes.npz"
    np.savez(path, first=np.zeros((2, 4, 4), np.float32), second=np.zeros((3, 5, 5), np.float32))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (str(path), ""))
    panel, stage = input_stage(qtbot)
    index = [option[0] for option in panel.kind.options].index(ArrayInput)
    panel.kind.setCurrentIndex(index)
    panel.kind.activated.emit(index)
    assert stage.state.project.input == ArrayInput(str(path), "first")
    choose(qtbot, panel.key, "second")
    assert "shape 3×5×5" in panel.result.text()
    assert stage.edits[-1].text == "Use array second"


def test_a_missing_photo_is_told_below_its_name(qtbot: QtBot):
    panel, _ = input_stage(qtbot, replace(PROJECT, input=replace(PHOTO, path="/nowhere/cat.png")))
    assert "does not exist" in panel.fields["path"].error.text()
    assert panel.fields["path"].error.isVisible()
    assert panel.result.text().startswith("shape unknown")


def test_a_wrong_mean_is_told_though_the_form_has_no_field_for_it(qtbot: QtBot):
    panel, _ = input_stage(qtbot, replace(PROJECT, input=replace(PHOTO, mean=(1.0, 2.0))))
    assert "mean has 2 values" in panel.general.text()


def test_undo_of_the_input_updates_the_form_and_proposes_nothing(qtbot: QtBot):
    panel, stage = input_stage(qtbot)
    before = stage.state
    panel.extent.boxes[0].stepUp()
    stage.edits.clear()
    stage.show(before)
    assert (panel.extent.value(), stage.edits) == (32, [])


# Problems


def problem_state() -> ViewState:
    wrong = Network((Node("conv", Conv2d(4, 3, groups=3)),))
    start = state(replace(PROJECT, designs=(Design("naive", wrong),)))
    return replace(start, run=RunView(problems=(Problem("out of memory", "$.designs[0]", "naive"),)))


def test_problems_are_listed_and_lead_to_their_place(qtbot: QtBot):
    panel = ProblemsPanel(problem_state())
    stage = Stage(qtbot, panel)
    texts = [panel.list.item(row).text() for row in range(panel.list.count())]
    assert panel.count_label.text() == f"{len(texts)} mistakes"
    assert texts[0].startswith("naive › conv\ngroups 3 does not divide")
    assert texts[-1] == "naive\nout of memory"
    rect = panel.list.visualItemRect(panel.list.item(0))
    qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    panel.list.setCurrentRow(panel.list.count() - 1)
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert stage.focuses == [Focus("naive", "conv"), Focus("naive", INPUT)]


def test_problems_are_copied_with_their_place_in_the_file(qtbot: QtBot):
    panel = ProblemsPanel(problem_state())
    Stage(qtbot, panel)
    qtbot.mouseClick(panel.copy, Qt.MouseButton.LeftButton)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].startswith("$.designs[0].nodes[0].groups: conv: groups 3")
    assert len(lines) == panel.list.count()


def test_without_problems_the_list_says_so(qtbot: QtBot):
    panel = ProblemsPanel(problem_state())
    stage = Stage(qtbot, panel)
    stage.show(state())
    assert panel.count_label.text() == "No mistakes"
    assert not panel.list.isVisible()
    assert not panel.copy.isVisible()


def test_a_local_response_norm_shows_its_numbers_as_people_write_them(qtbot: QtBot):
    form, _ = form_stage(qtbot, Network((Node("lrn", LocalResponseNorm()),)), "lrn")
    assert form.settings[LocalResponseNorm].controls["alpha"].edit.text() == "0.0001"

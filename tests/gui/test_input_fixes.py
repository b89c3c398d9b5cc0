"""Fixes of mistakes of the project's input: each removes its mistake, in one step, in the panels Mistakes and Input."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image
from pytestqt.qtbot import QtBot

from engine.layers import Activation
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import ArrayInput, ImageInput, Input
from engine.network.node_ref import STEM
from engine.project.project import Design, Project
from engine.run.check import check
from engine.text.problems import Fix, Problem
from gui.panels.input_panel import InputPanel
from gui.panels.problems import ProblemsPanel
from gui.state import edits
from gui.state.focus import Focus
from gui.widgets.fix_buttons import FixButtons
from tests.gui.panel_harness import PanelHarness
from tests.gui.view_harness import state_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A photo of 20×40 pixels and arrays of several shapes."""
    Image.new("RGB", (40, 20)).save(tmp_path / "Kitten.png")
    Image.new("RGB", (40, 20)).save(tmp_path / "dog.png")
    np.save(tmp_path / "volume.npy", np.zeros((3, 9, 8), np.float32))
    np.save(tmp_path / "batch.npy", np.zeros((8, 3, 9, 4), np.float32))
    np.savez(tmp_path / "many.npz", conv1=np.zeros((3, 9, 9)), conv2=np.zeros((2, 4, 4)), bias=np.zeros(3), pool=[])
    (tmp_path / "kitten.txt").write_text("no photo")
    return tmp_path


def project_of(spec: Input) -> Project:
    return Project(spec, (Design("d", Network((Node("relu", Activation("relu")),))),))


def fixes_of(spec: Input) -> Iterator[tuple[Problem, Fix, Project]]:
    """Every fix of every mistake of an input, with the project that it leads to."""
    project = project_of(spec)
    for problem in check(project).problems:
        for fix in problem.fixes:
            yield problem, fix, edits.apply_fix(project, problem, fix).project


PHOTO = ImageInput("Kitten.png")


@pytest.mark.parametrize(
    ("spec", "offered"),
    [
        (ImageInput("kiten.png"), ["Photo Kitten.png"]),
        (ImageInput("kitten.jpg"), ["Photo Kitten.png"]),
        (ImageInput("elsewhere/kitten.png"), []),
        (ImageInput("xyz.png"), []),
        (ImageInput("volume.npy"), ["Read it as an array"]),
        (ImageInput("kitten.txt"), []),
        (replace(PHOTO, mean=(1.0, 2.0, 3.0, 4.0)), ["Mean 1, 2, 3", "Mean 2.5", "No mean"]),
        (replace(PHOTO, std=(2.0, 4.0)), ["Std 3", "No std"]),
        (replace(PHOTO, channels="gray", mean=(1.0, 2.0, 3.0)), ["Mean 2", "No mean"]),
        (replace(PHOTO, std=(2.0, 0.0, 4.0)), ["Std 2, 1, 4", "No std"]),
        (replace(PHOTO, crop=(10, 0, 11, 5)), ["Crop 9, 0, 11, 5", "Crop 10, 0, 10, 5", "The largest crop"]),
        (replace(PHOTO, crop=(30, 0, 11, 5)), ["Crop 9, 0, 11, 5", "The largest crop"]),
        (replace(PHOTO, crop=(0, 0, 30, 5)), ["Crop 0, 0, 20, 5", "The largest crop"]),
        (replace(PHOTO, crop=(0, 0, 0, 5)), ["The largest crop"]),
        (ImageInput("kiten.png", crop=(0, 0, 0, 5)), ["The largest crop", "Photo Kitten.png"]),
        (ArrayInput("volumes.npy"), ["File volume.npy"]),
        (ArrayInput("Kitten.png"), ["Read it as a photo"]),
        (ArrayInput("many.npz", "conv"), ["Array conv1", "Array conv2"]),
        (ArrayInput("many.npz", "bias"), ["Array conv1", "Array conv2"]),
        (ArrayInput("batch.npy"), ["Axes N×C×H×W", "Axes N×H×W×C"]),
        (ArrayInput("volume.npy", axes="nchw"), ["Axes C×H×W", "Axes H×W×C", "Axes N×H×W"]),
        (ArrayInput("volume.npy", axes="chw", item=2), ["Item 0"]),
        (ArrayInput("batch.npy", axes="nchw", item=20), ["Item 7"]),
    ],
    ids=str,
)
def test_a_mistake_of_the_input_offers_the_nearest_valid_values(spec: Input, offered: list[str], folder: Path) -> None:
    spec = replace(spec, path=str(folder / spec.path))
    problems = check(project_of(spec)).problems
    assert problems
    texts = list(dict.fromkeys(fix.text for problem in problems for fix in problem.fixes))
    assert texts == offered
    for problem, fix, fixed in fixes_of(spec):
        assert problem.text not in [other.text for other in check(fixed).problems], fix


def test_mistakes_of_one_setting_are_corrected_one_after_the_other_or_at_once(folder: Path) -> None:
    spec = ImageInput(str(folder / "Kitten.png"), std=(0.0, 4.0))
    length, zero = check(project_of(spec)).problems
    assert [fix.text for fix in length.fixes] == ["Std 2", "No std"]
    assert [fix.text for fix in zero.fixes] == ["Std 1, 4", "Std 2", "No std"]


def test_a_fix_of_the_input_is_one_step_that_says_what_it_does(folder: Path) -> None:
    project = project_of(ArrayInput(str(folder / "volume.npy"), axes="chw", item=2))
    [problem] = check(project).problems
    edit = edits.apply_fix(project, problem, problem.fixes[0])
    assert (edit.text, edit.merge, edit.focus) == ("Fix the input: item 0", "", Focus(STEM, INPUT))
    assert edit.project == replace(project, input=replace(project.input, item=0))


def test_a_bundled_photo_with_a_slip_in_its_name_is_found() -> None:
    texts = [fix.text for _, fix, _ in fixes_of(ImageInput("resources:photos/chelsae.png"))]
    assert texts == ["Photo chelsea.png"]


def test_the_panel_of_mistakes_has_a_button_for_each_fix_of_the_input(qtbot: QtBot, folder: Path) -> None:
    panel = ProblemsPanel(state_of(project_of(ImageInput(str(folder / "kiten.png")))))
    harness = PanelHarness(qtbot, panel)
    [buttons] = panel.list.findChildren(FixButtons)
    assert [button.text() for button in buttons.buttons] == ["Photo Kitten.png"]
    buttons.buttons[0].click()
    assert harness.state.project.input == ImageInput(str(folder / "Kitten.png"))
    assert panel.count == 0


def test_the_form_of_the_input_has_the_fixes_at_their_fields(qtbot: QtBot, folder: Path) -> None:
    panel = InputPanel(state_of(project_of(ArrayInput(str(folder / "volume.npy"), axes="chw", item=2))))
    harness = PanelHarness(qtbot, panel)
    [button] = panel.fields["item"].fixes.buttons
    button.click()
    assert harness.state.project.input.item == 0
    assert panel.fields["item"].fixes.isHidden()
    missing = replace(harness.state.project, input=ArrayInput(str(folder / "volumes.npy")))
    harness.show(state_of(missing))
    assert [button.text() for button in panel.fields["file"].fixes.buttons] == ["File volume.npy"]


def test_a_mistake_of_the_input_without_a_field_has_its_fixes_below_the_form(qtbot: QtBot, folder: Path) -> None:
    spec = ImageInput(str(folder / "Kitten.png"), mean=(1.0, 2.0), std=(2.0, 4.0))
    panel = InputPanel(state_of(project_of(spec)))
    harness = PanelHarness(qtbot, panel)
    buttons = {button.text(): button for button in panel.general_fixes.buttons}
    assert list(buttons) == ["Mean 1.5", "No mean", "Std 3", "No std"]
    buttons["No mean"].click()
    assert harness.state.project.input == replace(spec, mean=())
    assert [button.text() for button in panel.general_fixes.buttons] == ["Std 3", "No std"]


@pytest.mark.parametrize("focus", [Focus(STEM, INPUT), Focus("d", INPUT)], ids=["input", "input of the design"])
def test_ctrl_and_point_fixes_the_selected_input(focus: Focus, folder: Path) -> None:
    project = project_of(ImageInput(str(folder / "kiten.png")))
    edit = edits.fix_selection(state_of(project, focus))
    assert edit is not None
    assert edit.project.input == ImageInput(str(folder / "Kitten.png"))
    with_stem = replace(project, stem=Network((Node("relu", Activation("relu")),)))
    assert (edits.fix_selection(state_of(with_stem, focus)) is None) == (focus.design == "d")

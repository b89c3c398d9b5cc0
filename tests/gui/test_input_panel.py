"""The form of the input: photos, arrays and noise, edited by real clicks and keys."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.project.project import Project
from engine.shapes import Shape
from gui.panels.input_panel import InputPanel
from tests.gui.panel_harness import PHOTO, PROJECT, PanelHarness
from tests.gui.user_input import select_option
from tests.gui.view_harness import state_of


def open_input_panel(qtbot: QtBot, project: Project = PROJECT) -> tuple[InputPanel, PanelHarness]:
    panel = InputPanel(state_of(project))
    return panel, PanelHarness(qtbot, panel)


def test_another_photo_keeps_size_and_scale(qtbot: QtBot):
    panel, harness = open_input_panel(qtbot)
    actions = {action.text(): action for action in panel.bundled.menu().actions()}
    assert set(actions) == {"astronaut", "chelsea", "coffee", "rocket"}
    actions["coffee"].trigger()
    assert harness.edits[-1].text == "Use photo coffee.png"
    assert harness.state.project.input == replace(PHOTO, path="resources:photos/coffee.png")
    assert harness.edits[-1].merge == ""


def test_size_and_channels_are_edited(qtbot: QtBot):
    panel, harness = open_input_panel(qtbot)
    panel.extent.boxes[0].setFocus()
    panel.extent.boxes[0].stepUp()
    assert harness.state.project.input.size == (33, 33)
    assert harness.edits[-1].merge == "input/size"
    select_option(qtbot, panel.channels, "rgb")
    assert harness.state.project.input.mean == (122.0, 116.0, 104.0)
    assert "shape 3×33×33" in panel.result.text()


def test_noise_takes_over_the_shape_of_the_photo_and_the_photo_returns_unchanged(qtbot: QtBot):
    panel, harness = open_input_panel(qtbot)
    select_option(qtbot, panel.kind, NoiseInput)
    assert harness.state.project.input == NoiseInput(Shape(3, 32, 32))
    panel.shape.boxes[0].stepUp()
    panel.seed.edit.selectAll()
    qtbot.keyClicks(panel.seed.edit, "9")
    assert harness.state.project.input == NoiseInput((4, 32, 32), 9)
    select_option(qtbot, panel.kind, ImageInput)
    assert harness.state.project.input == PHOTO


def test_an_array_of_a_file_is_selected_by_name(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "volumes.npz"
    np.savez(path, first=np.zeros((2, 4, 4), np.float32), second=np.zeros((3, 5, 5), np.float32))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (str(path), ""))
    panel, harness = open_input_panel(qtbot)
    index = [option[0] for option in panel.kind.options].index(ArrayInput)
    panel.kind.setCurrentIndex(index)
    panel.kind.activated.emit(index)
    assert harness.state.project.input == ArrayInput(str(path), "first")
    select_option(qtbot, panel.key, "second")
    assert "shape 3×5×5" in panel.result.text()
    assert harness.edits[-1].text == "Use array second"


def test_a_missing_photo_is_a_mistake_below_its_path(qtbot: QtBot):
    panel, _ = open_input_panel(qtbot, replace(PROJECT, input=replace(PHOTO, path="/nowhere/cat.png")))
    assert "does not exist" in panel.fields["path"].error.text()
    assert panel.fields["path"].error.isVisible()
    assert panel.result.text().startswith("shape unknown")


def test_a_mistake_of_the_mean_is_shown_although_it_has_no_field(qtbot: QtBot):
    panel, _ = open_input_panel(qtbot, replace(PROJECT, input=replace(PHOTO, mean=(1.0, 2.0))))
    assert "mean has 2 values" in panel.general.text()


def test_an_input_from_outside_updates_the_form_without_an_edit(qtbot: QtBot):
    panel, harness = open_input_panel(qtbot)
    before = harness.state
    panel.extent.boxes[0].stepUp()
    harness.edits.clear()
    harness.show(before)
    assert (panel.extent.value(), harness.edits) == (32, [])

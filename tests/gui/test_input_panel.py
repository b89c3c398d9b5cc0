"""The form of the input: photos, arrays and noise, edited by real clicks and keys."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image
from PySide6.QtWidgets import QFileDialog, QInputDialog
from pytestqt.qtbot import QtBot

from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.project.project import Project
from engine.run.cache import VolumeCache
from engine.run.execute import NodeDone, execute
from engine.run.request import RunRequest
from engine.shapes import Shape
from gui.panels.input_panel import InputPanel
from gui.state.run_view import RunView
from gui.state.volume_at import VolumeResult
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
    np.savez(path, first=np.zeros((2, 5, 5), np.float32), second=np.zeros((3, 5, 5), np.float32))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *arguments: (str(path), ""))
    panel, harness = open_input_panel(qtbot)
    index = [option[0] for option in panel.kind.options].index(ArrayInput)
    panel.kind.setCurrentIndex(index)
    panel.kind.activated.emit(index)
    assert harness.state.project.input == ArrayInput(str(path), "first", "chw")
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


def open_array(qtbot: QtBot, path: Path, array: np.ndarray, **settings: object) -> tuple[InputPanel, PanelHarness]:
    np.save(path, array)
    return open_input_panel(qtbot, replace(PROJECT, input=ArrayInput(str(path), **settings)))


def visible_fields(panel: InputPanel) -> set[str]:
    return {name for name, field in panel.fields.items() if not field.widget.isHidden()}


def test_the_axes_of_a_chosen_array_are_inferred_and_can_be_changed(qtbot: QtBot, tmp_path: Path):
    panel, harness = open_input_panel(qtbot)
    np.save(tmp_path / "hwc.npy", np.zeros((32, 48, 3), np.float32))
    panel.use_array(str(tmp_path / "hwc.npy"))
    assert harness.state.project.input == ArrayInput(str(tmp_path / "hwc.npy"), axes="hwc")
    assert "shape 3×32×48" in panel.result.text()
    assert visible_fields(panel) == {"file", "key", "axes", "nan"}
    assert [text for _, text in panel.axes.options] == [
        "C×H×W: 32 channels of 48×3",
        "H×W×C: 3 channels of 32×48",
        "N×H×W: 1 channel of 48×3",
    ]
    select_option(qtbot, panel.axes, "chw")
    assert harness.edits[-1].text == "Set axes to C×H×W"
    assert "shape 32×48×3" in panel.result.text()


def test_an_item_of_a_batch_is_chosen(qtbot: QtBot, tmp_path: Path):
    panel, harness = open_array(qtbot, tmp_path / "batch.npy", np.zeros((5, 3, 6, 8), np.float32))
    assert visible_fields(panel) == {"file", "key", "axes", "item", "nan"}
    assert (panel.axes.value(), panel.item.maximum()) == ("nchw", 4)
    assert 'read as N×C×H×W, item 0 of 5; axes = "nchw" states it' in panel.notices.text()
    panel.item.stepUp()
    panel.item.stepUp()
    assert harness.state.project.input == ArrayInput(str(tmp_path / "batch.npy"), item=2)
    assert (harness.edits[-1].text, harness.edits[-1].merge) == ("Use item 2", "input/item")


@pytest.mark.parametrize(("answer", "axes"), [(0, "chw"), (1, "hwc"), (None, None)])
def test_axes_are_asked_for_if_several_fit(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: int | None, axes: str | None
):
    np.save(tmp_path / "a.npy", np.zeros((3, 5, 4), np.float32))
    questions = []

    def ask(_parent: object, _title: str, question: str, options: list[str], *_: object, **__: object):
        questions.append((question, options))
        return options[answer or 0], answer is not None

    monkeypatch.setattr(QInputDialog, "getItem", ask)
    panel, harness = open_input_panel(qtbot)
    panel.use_array(str(tmp_path / "a.npy"))
    [(question, options)] = questions
    assert question.startswith("a.npy has shape (3, 5, 4), which fits more than one order of axes")
    assert options == ["C×H×W: 3 channels of 5×4", "H×W×C: 4 channels of 3×5"]
    expected = PHOTO if axes is None else ArrayInput(str(tmp_path / "a.npy"), axes=axes)
    assert harness.state.project.input == expected


def test_an_array_of_an_earlier_file_that_looks_otherwise_is_noticed(qtbot: QtBot, tmp_path: Path):
    panel, _ = open_array(qtbot, tmp_path / "hwc.npy", np.zeros((32, 48, 3), np.float32))
    assert "shape 32×48×3" in panel.result.text()
    assert panel.axes.value() == "chw"
    assert "it looks like H×W×C, 3 channels of 32×48" in panel.notices.text()
    assert panel.notices.isVisible()


def test_an_item_or_axes_that_the_array_does_not_have_are_mistakes_at_their_fields(qtbot: QtBot, tmp_path: Path):
    panel, _ = open_array(qtbot, tmp_path / "a.npy", np.zeros((8, 3, 9, 4), np.float32))
    assert "fits more than one order of axes" in panel.fields["axes"].error.text()
    panel, _ = open_array(qtbot, tmp_path / "b.npy", np.zeros((3, 9, 9), np.float32), axes="chw", item=1)
    assert "no item 1" in panel.fields["item"].error.text()
    assert panel.fields["item"].error.isVisible()


def test_nan_is_read_as_0_on_demand(qtbot: QtBot, tmp_path: Path):
    panel, harness = open_array(qtbot, tmp_path / "a.npy", np.full((3, 9, 9), np.nan, np.float32), axes="chw")
    panel.nan.box.click()
    assert harness.state.project.input.nan_as_zero
    assert harness.edits[-1].text == "Treat NaN as 0"
    panel.nan.box.click()
    assert not harness.state.project.input.nan_as_zero


def test_depth_and_range_of_a_photo_are_shown_before_and_its_values_after_a_run(qtbot: QtBot, tmp_path: Path):
    assert "8 bits per value, 255 is white\nbytes × 1" in open_input_panel(qtbot)[0].result.text()
    path = tmp_path / "deep.png"
    Image.fromarray(np.arange(4096, dtype=np.uint16).reshape(64, 64)).save(path)
    project = replace(PROJECT, input=ImageInput(str(path), (64, 64)))
    panel, harness = open_input_panel(qtbot, project)
    assert "16 bits per value, 65,535 is white\nvalues with 255 for white × 0.003922" in panel.result.text()
    assert panel.notices.text() == ""
    request = RunRequest.of(project)
    done = next(event for event in execute(request, VolumeCache()) if isinstance(event, NodeDone))
    result = VolumeResult(done.key, done.volume, notices=done.notices)
    harness.show(replace(harness.state, check=request.check, run=RunView({done.ref: result})))
    assert "its values are 0 to 4,095 of 65,535" in panel.notices.text()


def test_a_photo_in_a_folder_whose_name_is_too_long_is_shown(qtbot: QtBot):
    panel, _ = open_input_panel(qtbot, replace(PROJECT, input=replace(PHOTO, path=f"/{'x' * 300}/photo.png")))
    assert panel.path.label.text() == "photo.png"

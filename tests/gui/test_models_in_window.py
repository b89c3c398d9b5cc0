"""ONNX models in the window: opened like a project, without a file that Save would write."""

from threading import Event

import numpy as np
import pytest
from msgspec.structs import replace
from onnx import helper
from PIL import Image
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QPushButton

from engine.layers import Opaque
from engine.network.input_specs import ImageInput
from engine.onnx_files.importer import import_model
from engine.project.file import save_project
from gui.paint.bars.content import build_bars_content
from gui.state.focus import Focus
from gui.widgets.difference_box import DifferenceBox
from tests.engine.onnx_models import model_of, values, write_model
from tests.gui.test_dropped_files import drop, messages

__all__ = ["messages"]

NODES = [helper.make_node("Conv", ["x", "w"], ["a"], "conv"), helper.make_node("Cos", ["a"], ["y"], "cosine")]


def drop_and_wait(window, qtbot, *paths):
    drop(window, *paths)
    qtbot.waitUntil(lambda: window.files._models.progress.dialog is None, timeout=20_000)


@pytest.fixture
def slow_model(window, monkeypatch):
    """The opening of models waits for this event, or for its cancellation."""
    may_go_on = Event()

    def import_slowly(path, size, checkpoint):
        while not may_go_on.wait(0.01):
            checkpoint()
        return import_model(path, size, checkpoint)

    monkeypatch.setattr("engine.onnx_files.importer.import_model", import_slowly)
    return may_go_on


def test_a_dropped_model_is_a_project_without_a_file_and_its_note_says_what_has_become_of_it(window, tmp_path, qtbot):
    path = write_model(tmp_path, model_of(NODES, w=values(1, 4, 3, 1, 1)))
    drop_and_wait(window, qtbot, path)
    document = window.workbench.document
    assert document.path is None
    assert [node.name for node in document.project.designs[0].network.nodes] == ["conv", "cosine"]
    assert "opaque: cosine (Cos)" in document.project.notes[0].text
    assert window.files.recent()[0] == path


def test_an_opaque_node_is_run_and_shown_like_any_layer(window, tmp_path, qtbot):
    drop_and_wait(window, qtbot, write_model(tmp_path, model_of(NODES, w=values(1, 4, 3, 1, 1))))
    workbench = window.workbench
    workbench.set_focus(Focus("model", "cosine", 1, (2, 3)))
    assert isinstance(workbench.state.project.design("model").network.node("cosine").layer, Opaque)
    content = build_bars_content(workbench.state)
    assert (content.headline, content.subject) == ("unknown", "with 1 layer that ONNX Runtime computes")
    workbench.run()
    qtbot.waitUntil(lambda: workbench.state.volume_at(("model", "cosine")).is_fresh, timeout=10_000)
    conv, cosine = (workbench.state.volume_at(("model", name)).volume for name in ("conv", "cosine"))
    np.testing.assert_allclose(cosine, np.cos(conv), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("answer", "shape"), [(("12x20", True), (3, 12, 20)), (("", False), None)])
def test_a_size_that_a_model_leaves_open_is_asked_for(window, tmp_path, monkeypatch, qtbot, answer, shape):
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: answer)
    before = window.workbench.document.project
    drop_and_wait(window, qtbot, write_model(tmp_path, model_of(NODES, (1, 3, "h", "w"), w=values(1, 4, 3, 1, 1))))
    project = window.workbench.document.project
    assert project is before if shape is None else tuple(window.workbench.state.check.input_shape) == shape


def test_a_model_that_cannot_be_read_leaves_the_project_and_is_reported(window, tmp_path, qtbot, messages):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"nonsense")
    before = window.workbench.document.project
    drop_and_wait(window, qtbot, path)
    assert window.workbench.document.project is before
    assert "is not an ONNX model" in messages[0][1]


def test_a_size_that_is_none_is_refused_and_the_project_stays(window, tmp_path, monkeypatch, qtbot, messages):
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("12 by 20", True))
    before = window.workbench.document.project
    drop_and_wait(window, qtbot, write_model(tmp_path, model_of(NODES, (1, 3, "h", "w"), w=values(1, 4, 3, 1, 1))))
    assert window.workbench.document.project is before
    assert "'12 by 20' is no size" in messages[0][1]


@pytest.mark.parametrize("is_readable", [True, False])
def test_a_photo_dropped_with_a_model_is_used_once_the_model_is_open_or_has_failed(
    window, tmp_path, qtbot, messages, is_readable
):
    path, photo = write_model(tmp_path, model_of(NODES, w=values(1, 4, 3, 1, 1))), tmp_path / "red.png"
    if not is_readable:
        path.write_bytes(b"nonsense")
    Image.new("RGB", (8, 8), "red").save(photo)
    drop_and_wait(window, qtbot, photo, path)
    project = window.workbench.state.project
    assert isinstance(project.input, ImageInput)
    assert project.input.path == str(photo)
    assert (project.designs[0].name == "model") == is_readable
    assert len(messages) == (not is_readable)


def test_the_window_goes_on_while_a_model_is_read_and_can_give_it_up(window, tmp_path, qtbot, slow_model):
    before = window.workbench.document.project
    drop(window, write_model(tmp_path, model_of(NODES, w=values(1, 4, 3, 1, 1))))
    progress = window.files._models.progress.dialog
    qtbot.waitUntil(progress.isVisible)
    progress.findChild(QPushButton).click()
    slow_model.set()
    qtbot.waitUntil(lambda: not window.files._models._worker.busy)
    qtbot.wait(20)
    assert window.workbench.document.project is before
    assert window.files.recent() == []


@pytest.mark.parametrize("discards", [False, True])
def test_an_edit_while_a_model_is_read_is_not_lost_without_a_question(
    window, tmp_path, qtbot, monkeypatch, slow_model, discards
):
    answer = QMessageBox.StandardButton.Discard if discards else QMessageBox.StandardButton.Cancel
    monkeypatch.setattr(QMessageBox, "exec", lambda _: answer)
    drop(window, write_model(tmp_path, model_of(NODES, w=values(1, 4, 3, 1, 1))))
    edited = replace(window.workbench.state.project, title="edited")
    window.workbench.edit("Edit", edited)
    slow_model.set()
    qtbot.waitUntil(lambda: window.files._models.progress.dialog is None)
    assert (window.workbench.state.project is edited) != discards


def test_a_window_closes_while_a_model_is_read(window, tmp_path, slow_model):
    drop(window, write_model(tmp_path, model_of(NODES, w=values(1, 4, 3, 1, 1))))
    window.close()
    assert not window.files._models._worker.busy


# Run › Check against ONNX Runtime


CONVS = [helper.make_node("Conv", ["x", "w"], ["a"], "first"), helper.make_node("Conv", ["a", "v"], ["y"], "second")]
ARRAYS = {"w": values(1, 4, 3, 1, 1), "v": values(2, 5, 4, 1, 1)}


@pytest.fixture
def checked(window, tmp_path, qtbot):
    """Opens a model of two convolutions, changes its project, checks it, and returns the banner with the result."""

    def checked(change=lambda project: project):
        path = write_model(tmp_path, model_of(CONVS, **ARRAYS))
        drop_and_wait(window, qtbot, path)
        before = window.workbench.state.project
        window.workbench.edit("Edit", change(before))
        window.actions_by_id["check_onnx"].trigger()
        assert list(window.onnx_check.banner.buttons) == ["Cancel"]
        qtbot.waitUntil(lambda: list(window.onnx_check.banner.buttons) != ["Cancel"], timeout=20_000)
        return window.onnx_check.banner

    return checked


def test_a_model_is_checked_against_onnx_runtime(window, checked, qtbot):
    assert not window.actions_by_id["check_onnx"].isEnabled()
    banner = checked()
    assert window.actions_by_id["check_onnx"].isEnabled()
    assert banner.title.text() == "model: 2 volumes equal to ONNX Runtime's"
    banner.buttons["Close"].click()
    assert window.onnx_check.banner is None
    assert window.banners.banners == []
    project = window.workbench.state.project
    designs = (*project.designs, replace(project.designs[0], name="twin"))
    window.workbench.edit("Edit", replace(project, designs=designs), focus=Focus("twin", "first"))
    window.actions_by_id["check_onnx"].trigger()
    qtbot.waitUntil(lambda: list(window.onnx_check.banner.buttons) != ["Cancel"], timeout=20_000)
    assert window.onnx_check.banner.title.text() == "twin: 2 volumes equal to ONNX Runtime's"


def test_the_worst_node_is_named_and_can_be_selected(window, checked):
    def with_other_weights(project):
        network = project.designs[0].network
        second = network.node("second")
        return project.with_network("model", network.with_node_replaced("second", replace(second, weights=None)))

    banner = checked(with_other_weights)
    assert banner.title.text() == "model: 2 volumes NOT equal to ONNX Runtime's"
    assert "at 'second'" in banner.text.text()
    window.workbench.set_focus(Focus("model", "first"))
    banner.buttons["Select it"].click()
    assert window.workbench.state.focus.ref == ("model", "second")


def test_a_check_can_be_cancelled_and_a_window_closes_during_one(window, tmp_path, qtbot, monkeypatch):
    def verify_slowly(*given):
        while True:
            given[-1]()

    monkeypatch.setattr("engine.onnx_files.model_volumes.run_model", verify_slowly)
    drop_and_wait(window, qtbot, write_model(tmp_path, model_of(CONVS, **ARRAYS)))
    check = window.onnx_check
    window.actions_by_id["check_onnx"].trigger()
    check.banner.buttons["Cancel"].click()
    assert check.banner is None
    qtbot.waitUntil(lambda: not check._worker.busy)
    window.actions_by_id["check_onnx"].trigger()
    window.close()
    assert not check._worker.busy


def test_a_check_that_cannot_run_says_why(window, tmp_path, qtbot, messages):
    path = write_model(tmp_path, model_of(CONVS, **ARRAYS))
    drop_and_wait(window, qtbot, path)
    project = window.workbench.state.project
    window.workbench.edit("Edit", replace(project, input=replace(project.input, path="absent.png")))
    window.actions_by_id["check_onnx"].trigger()
    qtbot.waitUntil(lambda: bool(messages))
    assert "absent.png does not exist" in messages[0][1]
    assert window.onnx_check.banner is None


# Design › Add model as design


def wait_until_read(window, qtbot):
    qtbot.waitUntil(lambda: window.second_model.models.progress.dialog is None, timeout=20_000)


@pytest.mark.parametrize("shape", [(1, 3, 8, 8), (1, 3, "h", "w")])
def test_a_second_model_is_a_design_that_is_compared_with_the_first(window, tmp_path, qtbot, monkeypatch, shape):
    drop_and_wait(window, qtbot, write_model(tmp_path, model_of(CONVS, **ARRAYS)))
    before = window.workbench.state.project
    half = {name: array.astype(np.float16).astype(np.float32) for name, array in ARRAYS.items()}
    second = write_model(tmp_path, model_of(CONVS, shape, **half), "half.onnx")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(second), ""))
    window.actions_by_id["second_model"].trigger()
    wait_until_read(window, qtbot)
    workbench = window.workbench
    assert [design.name for design in workbench.state.project.designs] == ["model", "half"]
    assert workbench.state.project.designs[0] == before.designs[0]
    assert workbench.state.look.pair == ("model", "half")
    workbench.run()
    view = window.views["differences"]
    qtbot.waitUntil(lambda: "the first that differs is 'first'" in view.first_difference.text(), timeout=10_000)
    assert [(error.value or 0.0) > 0 for error in view._content.errors] == [True, True]
    workbench.document.undo_stack.undo()
    assert workbench.state.project == before


def test_a_second_model_of_another_input_is_refused_and_a_broken_one_reported(window, tmp_path, qtbot, messages):
    drop_and_wait(window, qtbot, write_model(tmp_path, model_of(CONVS, **ARRAYS)))
    before = window.workbench.state.project
    window.second_model.add(write_model(tmp_path, model_of(CONVS, (1, 3, 9, 9), **ARRAYS), "large.onnx"))
    wait_until_read(window, qtbot)
    assert "receive 3×9×9, those of the project 3×8×8" in messages[0][1]
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"nonsense")
    window.second_model.add(broken)
    wait_until_read(window, qtbot)
    assert "is not an ONNX model" in messages[1][1]
    assert window.workbench.state.project is before


def test_the_designs_of_a_second_project_are_added(window, tmp_path, qtbot):
    before = window.workbench.state.project
    save_project(before, tmp_path / "p.toml")
    window.second_model.add(tmp_path / "p.toml")
    names = [design.name for design in window.workbench.state.project.designs]
    assert names == [*(d.name for d in before.designs), *(f"{d.name}_2" for d in before.designs)]


# Run › Compare on photos


def test_two_designs_are_compared_on_the_photos_of_a_folder(window, tmp_path, qtbot, monkeypatch):
    model = write_model(tmp_path, model_of(CONVS, **ARRAYS))
    drop_and_wait(window, qtbot, model)
    assert not window.actions_by_id["compare_photos"].isEnabled()
    window.second_model.add(model)
    wait_until_read(window, qtbot)
    photos = tmp_path / "photos"
    photos.mkdir()
    for name, colour in (("a", "red"), ("b", "blue")):
        Image.new("RGB", (9, 9), colour).save(photos / f"{name}.png")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(photos))
    window.actions_by_id["compare_photos"].trigger()
    command = window.photo_comparison
    qtbot.waitUntil(lambda: "Layers…" in command.banner.buttons, timeout=20_000)
    assert command.banner.title.text() == "model and model_2 on 2 photos"
    assert "the last volumes differ by 0 %" in command.banner.text.text()
    command.banner.buttons["Layers…"].click()
    (box,) = window.findChildren(DifferenceBox)
    assert "2 photos: the last volumes differ by 0 %" in box.text.toPlainText()
    box.close()
    command.banner.buttons["Close"].click()
    assert window.banners.banners == []


# Run › Leave map out


def test_a_map_is_left_out_and_then_the_next_one(window, tmp_path, qtbot):
    drop_and_wait(window, qtbot, write_model(tmp_path, model_of(CONVS, **ARRAYS)))
    action, command = window.actions_by_id["leave_out"], window.leave_out
    window.workbench.set_focus(Focus("model", "first"))
    assert not action.isEnabled()
    window.workbench.set_focus(Focus("model", "first", 2))
    action.trigger()
    qtbot.waitUntil(lambda: "Close" in command.banner.buttons, timeout=20_000)
    assert command.banner.title.text() == "model without map 2 of first"
    assert command.banner.text.text().startswith("The last volume changes by ")
    command.banner.buttons["Next map"].click()
    qtbot.waitUntil(lambda: "Close" in command.banner.buttons, timeout=20_000)
    assert command.banner.title.text() == "model without map 3 of first"
    assert window.workbench.state.focus.channel == 3
    assert list(command.banner.buttons) == ["Close"]

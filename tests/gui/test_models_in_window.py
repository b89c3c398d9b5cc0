"""ONNX models in the window: opened like a project, without a file that Save would write."""

import numpy as np
import pytest
from onnx import helper
from PySide6.QtWidgets import QInputDialog

from engine.layers import Opaque
from gui.state.view_state import Focus
from tests.engine.onnx_models import model_of, values, write_model
from tests.gui.test_dropped_files import drop, messages

__all__ = ["messages"]

NODES = [helper.make_node("Conv", ["x", "w"], ["a"], "conv"), helper.make_node("Elu", ["a"], ["y"], "elu")]


def test_a_dropped_model_is_a_project_without_a_file_and_its_note_says_what_has_become_of_it(window, tmp_path):
    path = write_model(tmp_path, model_of(NODES, w=values(1, 4, 3, 1, 1)))
    drop(window, path)
    document = window.workbench.document
    assert document.path is None
    assert [node.name for node in document.project.designs[0].network.nodes] == ["conv", "elu"]
    assert "opaque: elu (Elu)" in document.project.notes[0].text
    assert window.files.recent()[0] == path


def test_an_opaque_node_is_run_and_shown_like_any_layer(window, tmp_path, qtbot):
    drop(window, write_model(tmp_path, model_of(NODES, w=values(1, 4, 3, 1, 1))))
    workbench = window.workbench
    workbench.set_focus(Focus("model", "elu", 1, (2, 3)))
    assert isinstance(workbench.state.project.design("model").network.node("elu").layer, Opaque)
    workbench.run()
    qtbot.waitUntil(lambda: workbench.state.volume_at(("model", "elu")).is_fresh, timeout=10_000)
    conv, elu = (workbench.state.volume_at(("model", name)).volume for name in ("conv", "elu"))
    np.testing.assert_allclose(elu, np.where(conv > 0, conv, np.expm1(conv)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("answer", "shape"), [(("12x20", True), (3, 12, 20)), (("", False), None)])
def test_a_size_that_a_model_leaves_open_is_asked_for(window, tmp_path, monkeypatch, answer, shape):
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: answer)
    before = window.workbench.document.project
    drop(window, write_model(tmp_path, model_of(NODES, (1, 3, "h", "w"), w=values(1, 4, 3, 1, 1))))
    project = window.workbench.document.project
    assert project is before if shape is None else tuple(window.workbench.state.check.input_shape) == shape


def test_a_model_that_cannot_be_read_leaves_the_project_and_is_reported(window, tmp_path, messages):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"nonsense")
    before = window.workbench.document.project
    drop(window, path)
    assert window.workbench.document.project is before
    assert "is not an ONNX model" in messages[0][1]

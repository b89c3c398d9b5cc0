"""The command `export-model`: its files, what it prints, and what it refuses."""

import numpy as np
import pytest
from onnx import helper

from engine.files.arrays import read_array, read_headers
from engine.project.file import save_project
from engine.run.cache import VolumeCache
from engine.run.execute import weights_at
from engine.run.request import RunRequest
from gui.command_line.main import main
from tests.engine.exported_layers import CHAIN
from tests.engine.onnx_models import model_of
from tests.engine.onnx_models import write_model as write_onnx
from tests.engine.test_edited_copy import model


@pytest.fixture
def project(tmp_path):
    save_project(CHAIN, tmp_path / "project.toml")
    return tmp_path / "project.toml"


def test_the_files_are_printed_and_the_layers_and_a_report_go_to_standard_error(project, tmp_path, capsys):
    out = tmp_path / "new" / "model.onnx"
    assert main(["export-model", str(project), "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{out}\n"
    assert captured.err.startswith("layer 1/14 layer1.0.conv\n")
    assert captured.err.endswith("model.onnx: ONNX model, 14 layers of design\n")


def test_weights_are_those_of_a_run_and_can_be_read_by_a_project(project, tmp_path):
    out = tmp_path / "weights.safetensors"
    assert main(["export-model", str(project), "--format", "safetensors", "--out", str(out)]) == 0
    names = list(read_headers(str(out)))
    assert names == [
        "layer1.0.conv.weight", "layer1.0.conv.bias", "bn/1.gamma", "bn/1.beta", "bn/1.mean", "bn/1.var",
        "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "norm.gamma", "norm.beta", "norm.mean", "norm.var",
        "slopes.slope", "layer norm.gamma", "layer norm.beta",
    ]  # fmt: skip
    expected = weights_at(RunRequest.of(CHAIN), ("design", "fc1"), VolumeCache(), lambda: None)
    np.testing.assert_array_equal(read_array(str(out), "fc1.weight", lambda: None), expected["weight"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "model.txt"], "model.txt: ends in '.txt'; a file of this format, ONNX model, ends in .onnx"),
        (["--design", "desing", "--out", "m.onnx"], "--design 'desing' is unknown; did you mean 'design'?"),
        (["--out", "folder.onnx"], "folder.onnx: cannot be written: it is a folder, not a file"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is(project, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.onnx").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert main(["export-model", str(project), *words]) == 2
    assert message in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_that_the_project_reads_is_never_written_over(project, tmp_path, capsys):
    weights = tmp_path / "weights.safetensors"
    main(["export-model", str(project), "--format", "safetensors", "--out", str(weights)])
    source = '{ source = "file", path = "weights.safetensors", weight = "fc1.weight", bias = "fc1.bias" }'
    text = project.read_text().replace('name = "fc1"\n', f'name = "fc1"\nweights = {source}\n')
    project.write_text(text)
    content = weights.read_bytes()
    assert main(["export-model", str(project), "--format", "safetensors", "--out", str(weights)]) == 2
    assert "weights.safetensors', which is read; choose another place" in capsys.readouterr().err
    assert weights.read_bytes() == content


def test_a_model_is_exported_as_it_is_from_a_project_in_another_folder(tmp_path, capsys):
    source = write_onnx(tmp_path, model(), "source.onnx")
    project, out = tmp_path / "inner" / "project.toml", tmp_path / "copy.onnx"
    project.parent.mkdir()
    assert main(["import", str(source), "--out", str(project)]) == 0
    assert "../source.onnx" in project.read_text()
    assert main(["export-model", str(project), "--out", str(out)]) == 0
    assert capsys.readouterr().err.endswith("(14 nodes, 9 layers, 1 opaque): nothing is changed\n")
    assert out.read_bytes() == source.read_bytes()


def test_a_model_that_leaves_its_size_open_is_exported_as_it_is(tmp_path):
    conv = helper.make_node("Conv", ["x", "w"], ["y"], "conv")
    source = write_onnx(tmp_path, model_of([conv], (1, 3, "h", "w"), w=np.ones((4, 3, 3, 3), np.float32)))
    out = tmp_path / "copy.onnx"
    assert main(["export-model", str(source), "--size", "20x10", "--out", str(out)]) == 0
    assert out.read_bytes() == source.read_bytes()

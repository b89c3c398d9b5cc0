"""The command `import`, and commands that take a model in place of a project."""

import json

import pytest
from onnx import helper

from engine.kernels import onnx_process
from engine.onnx_files import verification
from gui.command_line.main import main
from tests.engine.onnx_models import model_of, values, write_model
from tests.engine.test_onnx_import import CONV, WEIGHTS


@pytest.fixture
def model(tmp_path):
    return write_model(tmp_path, model_of([CONV], (1, 3, "height", "width"), **WEIGHTS))


def test_import_writes_a_project_and_says_what_has_become_of_the_nodes(model, tmp_path, capsys):
    out = tmp_path / "project.toml"
    assert main(["import", str(model), "--size", "8x10", "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{out}\n"
    assert captured.err.startswith("1 node, 100.0% native\nlayers: 1\n")
    assert main(["analyze", str(out), "--format", "json"]) == 0
    (node,) = json.loads(capsys.readouterr().out)["designs"][0]["nodes"]
    assert (node["name"], node["output_shape"]) == ("layer1.0.conv1", [4, 4, 11])


def test_a_model_is_never_written_over(model, capsys):
    content = model.read_bytes()
    assert main(["import", str(model), "--size", "8x10", "--out", str(model)]) == 2
    assert "it is" in capsys.readouterr().err
    assert model.read_bytes() == content


def test_commands_take_a_model_in_place_of_a_project(model, tmp_path, capsys):
    assert main(["analyze", str(model), "--size", "8x10", "--format", "csv"]) == 0
    assert "layer1.0.conv1" in capsys.readouterr().out
    assert main(["run", str(model), "--size", "8x10", "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "model.npz").exists()


def test_a_size_is_for_models_alone(model, tmp_path, capsys):
    main(["import", str(model), "--size", "8x10", "--out", str(tmp_path / "project.toml")])
    assert main(["analyze", str(tmp_path / "project.toml"), "--size", "8x10"]) == 2
    assert "--size is for ONNX models that leave it open" in capsys.readouterr().err


def test_the_cost_of_an_operator_without_a_layer_is_unknown(tmp_path, capsys):
    path = write_model(tmp_path, model_of([helper.make_node("Det", ["x"], ["y"], "d")], w=values(0, 1)))
    assert main(["analyze", str(path)]) == 0
    assert "unknown" in capsys.readouterr().out
    assert main(["import", str(path)]) == 0
    assert "opaque: d (Det): the operator has no layer here" in capsys.readouterr().err


def test_verify_names_the_worst_node_and_fails_for_weights_that_are_not_the_model_s(model, tmp_path, capsys):
    run = ["--verify", "--out", str(tmp_path / "out")]
    assert main(["run", str(model), "--size", "8x10", *run]) == 0
    assert "model: 1 volume equal to ONNX Runtime's; the largest error is " in capsys.readouterr().err
    project = tmp_path / "project.toml"
    main(["import", str(model), "--size", "8x10", "--out", str(project)])
    project.write_text(project.read_text().replace('bias = "b"', 'bias = "c"'))
    model.write_bytes(model_of([CONV], (1, 3, "h", "w"), c=WEIGHTS["b"] + 1, **WEIGHTS).SerializeToString())
    assert main(["run", str(project), *run]) == 2
    assert "1 volume NOT equal to ONNX Runtime's; the largest error is 0." in capsys.readouterr().err


@pytest.mark.parametrize(("optimised_error", "is_equal"), [(0.0, True), (3e-5, False)])
def test_an_error_over_1e_5_counts_if_onnx_runtime_does_not_differ_from_itself_by_half_of_it(
    model, tmp_path, capsys, monkeypatch, optimised_error, is_equal
):
    def run_model(content, inputs, checkpoint, *, optimised=False):
        error = optimised_error if optimised else 3e-5
        outputs = onnx_process.run_model(content, inputs, checkpoint, optimised=optimised)
        return [output._replace(array=output.array + error * abs(output.array).max()) for output in outputs]

    monkeypatch.setattr(verification, "run_model", run_model)
    status = main(["run", str(model), "--size", "8x10", "--verify", "--out", str(tmp_path / "out")])
    text = capsys.readouterr().err
    assert (status, "NOT equal" not in text) == ((0, True) if is_equal else (2, False))
    assert "the largest error is 3e-05" in text
    assert ("ONNX Runtime differs from itself by 3e-05 there, with its optimisations" in text) is is_equal


def test_verify_needs_a_design_of_a_model(tmp_path, capsys):
    project = "resources/projects/inception_3a_5x5_branch.toml"
    assert main(["run", project, "--verify", "--out", str(tmp_path / "out")]) == 2
    assert "--verify: no design has its weights in an ONNX file" in capsys.readouterr().err

"""The command `import`, and commands that take a model in place of a project."""

import json

import numpy as np
import pytest
from onnx import helper

from engine.kernels import onnx_process, onnx_runtime
from engine.onnx_files import model_volumes
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
    assert (
        "1 volume NOT equal to ONNX Runtime's; the largest error that begins in a node is 0." in capsys.readouterr().err
    )


def verify(path, folder, capsys):
    """The exit status, and what is said of the design."""
    status = main(["run", str(path), "--verify", "--out", str(folder / "out")])
    return status, capsys.readouterr().err.splitlines()[-1]


STEEP = [
    helper.make_node("Conv", ["x", "w"], ["a"], "conv"),
    helper.make_node("Mul", ["a", "steepness"], ["b"], "scale"),
    helper.make_node("Sigmoid", ["b"], ["y"], "sigmoid"),
]
"""A sigmoid that makes 1e-7 of the largest value of a convolution 1e-5 and more of its own."""


def test_rounding_that_has_accumulated_before_a_node_is_no_error_but_a_wrong_weight_before_it_is_found(
    tmp_path, capsys
):
    weights = {"w": values(0, 16, 64, 3, 3), "steepness": np.float32(100)}
    model = write_model(tmp_path, model_of(STEEP, (1, 64, 16, 16), **weights))
    with onnx_runtime.unused():  # ours round as they do if they compute it
        status, text = verify(model, tmp_path, capsys)
    assert (status, "3 volumes equal to ONNX Runtime's, 1 of them up to rounding" in text) == (0, True)
    assert "of the largest value, at 'sigmoid'; on ONNX Runtime's own input it is " in text
    assert text.endswith(": rounding has accumulated before that node")
    project = tmp_path / "project.toml"
    main(["import", str(model), "--out", str(project)])
    project.write_text(project.read_text().replace('weight = "w"', 'weight = "v"'))
    wrong = weights["w"].copy()
    wrong[5, 60, 1, 1] += 0.01
    model.write_bytes(model_of(STEEP, (1, 64, 16, 16), v=wrong, **weights).SerializeToString())
    status, text = verify(project, tmp_path, capsys)
    assert (status, "3 volumes NOT equal to ONNX Runtime's" in text) == (2, True)
    assert "the largest error that begins in a node is 0.0" in text
    assert "at 'conv'; on ONNX Runtime's own input it is 0.0" in text


def test_a_node_behind_one_that_was_edited_is_compared_with_what_the_model_computes(tmp_path, capsys):
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], "conv"),
        helper.make_node("GlobalAveragePool", ["a"], ["y"], "pool"),
    ]
    model = write_model(tmp_path, model_of(nodes, w=values(0, 4, 3, 3, 3)))
    project = tmp_path / "project.toml"
    main(["import", str(model), "--out", str(project)])
    project.write_text(project.read_text().replace("padding = 0", "padding = 1"))
    status, text = verify(project, tmp_path, capsys)
    assert (status, "1 volume NOT equal to ONNX Runtime's" in text) == (2, True)
    assert "at 'pool'; on ONNX Runtime's own input it is 0." in text


@pytest.mark.parametrize("has_definition", [True, False])
def test_where_the_two_differ_on_the_same_input_double_precision_decides_if_the_operator_has_a_definition(
    model, tmp_path, capsys, monkeypatch, has_definition
):
    def run_inexactly(content, inputs, checkpoint, *, exact=False):
        if exact and not has_definition:
            raise onnx_process.ModelFault("no definition")
        outputs = onnx_process.run_model(content, inputs, checkpoint, exact=exact)
        error = 0 if exact else 3e-5
        return [output._replace(array=output.array + error * abs(output.array).max()) for output in outputs]

    monkeypatch.setattr(model_volumes, "run_model", run_inexactly)
    project = tmp_path / "project.toml"
    main(["import", str(model), "--size", "8x10", "--out", str(project)])
    status, text = verify(project, tmp_path, capsys)
    assert (status, "NOT equal" not in text) == ((0, True) if has_definition else (2, False))
    assert "3e−05 of the largest value" in text
    assert ("from double precision, and ONNX Runtime's 3e−05" in text) is has_definition


def test_verify_needs_a_design_of_a_model(tmp_path, capsys):
    project = "resources/projects/inception_3a_5x5_branch.toml"
    assert main(["run", project, "--verify", "--out", str(tmp_path / "out")]) == 2
    assert "--verify: no design has its weights in an ONNX file" in capsys.readouterr().err

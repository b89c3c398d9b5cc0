"""The command `bottleneck`: what it prints, writes and refuses."""

import csv
import io
import json

import numpy as np
import pytest
from msgspec.structs import replace

from engine.files.paths import RESOURCES
from engine.network.input_specs import ArrayInput
from engine.network.weight_specs import LowRankWeights
from engine.project.file import load_project, save_project
from engine.rank_search import RankSearch, calibration_set
from engine.run.check import check
from gui.command_line.main import main

PROJECT = """
format = 1
[input]
kind = "noise"
shape = [8, 9, 10]
[[designs]]
name = "plain"
[[designs.nodes]]
name = "first"
kind = "conv2d"
filters = 12
kernel = 3
[[designs.nodes]]
name = "second"
kind = "conv2d"
filters = 8
kernel = 5
[[designs.nodes]]
name = "last"
kind = "conv2d"
filters = 4
kernel = 1
[[designs]]
name = "depthwise"
[[designs.nodes]]
name = "grouped"
kind = "conv2d"
filters = 8
kernel = 3
groups = 8
"""


@pytest.fixture
def project(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(PROJECT, encoding="utf-8")
    return path


@pytest.fixture
def call(capsys, project):
    """(exit status, standard output, standard error) of the command on the project."""

    def call(*options):
        status = main(["bottleneck", str(project), *(str(word) for word in options)])
        return status, *capsys.readouterr()

    return call


@pytest.fixture
def refusal(call, tmp_path):
    """The message of a command that refuses: nothing on standard output, no file created."""

    def refusal(*options):
        before = sorted(tmp_path.iterdir())
        status, out, err = call(*options)
        assert (status, out) == (2, "")
        assert sorted(tmp_path.iterdir()) == before
        return err

    return refusal


def test_the_list_has_the_convolutions_larger_than_1x1_of_the_first_design(call):
    status, out, err = call()
    assert status == 0
    rows = out.split("\n\n")[0].splitlines()[2:]
    assert sorted(row.split()[0] for row in rows) == ["first", "second"]
    assert "noise, seed 0; checked on noise, seed 1" in out
    assert "search 2/2 plain · second" in err


MIXED = """
format = 1
[input]
kind = "noise"
shape = [8, 9, 10]
[[designs]]
name = "mixed"
[[designs.nodes]]
name = "tall"
kind = "conv2d"
filters = 8
kernel = [5, 1]
[[designs.nodes]]
name = "dw"
kind = "conv2d"
filters = 8
kernel = 3
groups = 8
[[designs.nodes]]
name = "g"
kind = "conv2d"
filters = 8
kernel = 3
groups = 4
[[designs.nodes]]
name = "relu"
kind = "activation"
function = "relu"
[[designs.nodes]]
name = "one"
kind = "conv2d"
filters = 8
kernel = 1
[[designs.nodes]]
name = "fc"
kind = "dense"
units = 4
"""
SKIPPED = {"dw": "8 groups", "g": "4 groups", "one": "1×1", "fc": "is dense"}


def test_the_layers_that_are_not_searched_are_named_with_the_reason(call, project):
    project.write_text(MIXED, encoding="utf-8")
    _, out, _ = call()
    lines = [line.removeprefix("skipped: ") for line in out.splitlines() if line.startswith("skipped: ")]
    assert [line.split()[0] for line in lines] == list(SKIPPED)
    assert all(reason in line for line, reason in zip(lines, SKIPPED.values(), strict=True))
    data = json.loads(call("--format", "json")[1])
    assert [layer["node"] for layer in data["layers"]] == ["tall"]
    assert [entry["node"] for entry in data["skipped"]] == list(SKIPPED)
    _, out, err = call("--format", "csv")
    assert {row["node"] for row in csv.DictReader(io.StringIO(out))} == {"tall"}
    assert [line.split()[1] for line in err.splitlines() if line.startswith("skipped: ")] == list(SKIPPED)
    assert "skipped" not in call("--node", "tall")[1]
    assert "skipped" not in call("--node", "tall", "--format", "csv")[2]


def test_a_design_without_candidates_is_refused_with_the_reason_for_each_layer(refusal):
    err = refusal("--design", "depthwise")
    assert "skipped: grouped has 8 groups" in err


def test_one_convolution_has_a_line_per_rank(call):
    _, out, _ = call("--design", "plain", "--node", "last")
    lines = out.splitlines()
    assert lines[0] == "plain · last: 2,880 MACs, form 1x1+kxk"
    assert [line.split()[0] for line in lines[3:7]] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("form", ["1x1+kxk", "kxk+1x1", "1x1+kxk+1x1"])
def test_json_and_csv_list_the_same_ranks(call, form):
    data = json.loads(call("--form", form, "--format", "json")[1])
    rows = list(csv.DictReader(io.StringIO(call("--form", form, "--format", "csv")[1])))
    macs_by_rank = {
        (layer["node"], " ".join(map(str, rank["width"]))): rank["macs"]
        for layer in data["layers"]
        for rank in layer["widths"]
    }
    assert {(row["node"], row["width"]): int(row["macs"]) for row in rows} == macs_by_rank
    assert {layer["form"] for layer in data["layers"]} == {form}
    assert data["fitted"] == [{"kind": "noise", "shape": [8, 9, 10]}]


def test_applying_writes_a_project_that_loads_and_has_the_reported_costs(call, tmp_path):
    out_file = tmp_path / "narrow.toml"
    _, out, _ = call("--error", "0.9", "--apply", out_file, "--format", "json")
    report = json.loads(out)["applied"]
    project = load_project(out_file).project
    project_check = check(project)
    assert not project_check.problems
    assert project_check.analyses["plain"].macs == report["macs"] < report["macs_before"]
    assert {row["node"] for row in report["replaced"]} == {"first", "second"}
    assert isinstance(project.network("plain").node("second").weights, LowRankWeights)
    assert 0 < report["error_of_last_volume"]["plain"] < 2


def test_applying_prints_the_measured_error_of_the_last_volume(call, tmp_path):
    _, out, _ = call("--node", "second", "--error", "0.5", "--apply", tmp_path / "narrow.toml", "--refit")
    assert "1 replaced" in out
    assert "measured error of the last volume: plain" in out


def test_the_kernel_is_refitted_only_if_that_helps(call, project, tmp_path):
    _, out, _ = call("--error", "0.9", "--apply", tmp_path / "narrow.toml", "--refit", "--format", "json")
    rows = json.loads(out)["applied"]["replaced"]
    original = load_project(project).project
    search = RankSearch(original, calibration_set(original))
    curves = [search.curve(("plain", row["node"]), "1x1+kxk") for row in rows]
    helps = [
        search.refit_helps(curve, curve.ranks.index(tuple(row["width"])))
        for curve, row in zip(curves, rows, strict=True)
    ]
    assert [row["refit"] for row in rows] == helps
    assert False in helps


@pytest.mark.parametrize("form", ["1x1+kxk", "kxk+1x1", "1x1+kxk+1x1"])
def test_a_design_that_only_zeros_reach_has_nothing_to_save(project, tmp_path, capsys, form):
    np.save(tmp_path / "zeros.npy", np.zeros((8, 9, 10), np.float32))
    zeros = tmp_path / "zeros.toml"
    save_project(replace(load_project(project).project, input=ArrayInput(str(tmp_path / "zeros.npy"))), zeros)
    for output_format in ("table", "csv", "json"):
        assert main(["bottleneck", str(zeros), "--form", form, "--format", output_format]) == 0
        out = capsys.readouterr().out
    layers = json.loads(out)["layers"]
    assert {layer["node"]: layer["widths"] for layer in layers} == {"first": [], "second": []}
    assert {offer["saved"] for layer in layers for offer in layer["within"]} == {0}


def test_a_budget_of_macs_selects_a_rank_within_it(call, tmp_path):
    _, out, _ = call("--node", "second", "--macs", "60K", "--apply", tmp_path / "n.toml", "--format", "json")
    (row,) = json.loads(out)["applied"]["replaced"]
    assert row["macs"] <= 60_000
    _, table, _ = call("--node", "second", "--macs", "60K")
    assert [line.split()[1] for line in table.splitlines() if "← selected" in line] == [f"{row['macs']:,}"]


def test_the_stem_can_be_searched(capsys):
    start = str(RESOURCES / "projects/inception_3a_5x5_branch.toml")
    assert main(["bottleneck", start, "--design", "stem", "--node", "conv1_1", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {(row["design"], row["node"]) for row in rows} == {("stem", "conv1_1")}
    assert [row["width"] for row in rows] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--design", "plane"], "--design 'plane' is unknown; did you mean 'plain'?"),
        (["--design", "depthwise"], "depthwise has no k×k convolution without groups"),
        (["--design", "depthwise", "--node", "grouped"], "grouped has 8 groups"),
        (["--node", "secnd"], "--node 'secnd' is unknown in plain; did you mean 'second'?"),
        (["--photos", "nowhere"], "photos cannot be used: the project's input is no photo"),
        (["--macs", "5K"], "--macs is a budget of one convolution; name it with --node"),
        (
            ["--node", "second", "--macs", "10", "--apply", "x.toml"],
            "no replacement costs at most 10 MACs; the cheapest needs",
        ),
        (["--error", "1e-9", "--apply", "x.toml"], "no cheaper replacement has an error of at most 1e-07 %"),
    ],
)
def test_an_impossible_request_is_refused_with_the_remedy(refusal, options, message):
    assert message in refusal(*options)


@pytest.mark.parametrize(
    ("option", "value"), [("--error", "2"), ("--error", "much"), ("--macs", "-5"), ("--form", "x")]
)
def test_invalid_option_values_are_refused(call, option, value, capsys):
    with pytest.raises(SystemExit) as error:
        call(option, value)
    assert error.value.code == 2
    assert option in capsys.readouterr().err


def test_a_project_without_a_design_is_refused_with_what_is_missing(call, project):
    project.write_text(PROJECT.partition("[[designs]]")[0], encoding="utf-8")
    assert call()[0] == 2
    assert "the project has neither a design nor a stem" in call()[2]


ONE_FILTER = "filters = 1\nkernel = 3"
ALL_ZERO = 'filters = 4\nkernel = 3\nbias = false\nweights = { source = "file", path = "zeros.npy" }'


@pytest.mark.parametrize(
    ("layer", "form", "budget", "message"),
    [
        (ONE_FILTER, "kxk+1x1", ("--error", "0.9"), "no replacement of form kxk+1x1 is cheaper, at any rank; choose"),
        (ONE_FILTER, "kxk+1x1", ("--macs", "1"), "no replacement costs at most 1 MACs; the cheapest needs 6,570"),
        (ALL_ZERO, "1x1+kxk", ("--error", "0.9"), "a convolution whose output is all zero cannot be replaced"),
        (ALL_ZERO, "1x1+kxk", ("--macs", "1"), "a convolution whose output is all zero cannot be replaced"),
    ],
)
def test_a_layer_without_a_cheaper_replacement_is_refused_without_advising_a_larger_error(
    call, project, tmp_path, layer, form, message, budget
):
    np.save(tmp_path / "zeros.npy", np.zeros((4, 8, 3, 3), np.float32))
    start = PROJECT.partition("[[designs.nodes]]")[0]
    project.write_text(f'{start}[[designs.nodes]]\nname = "c"\nkind = "conv2d"\n{layer}\n', encoding="utf-8")
    status, out, err = call("--node", "c", "--form", form, *budget, "--apply", tmp_path / "x.toml")
    assert (status, out) == (2, "")
    assert message in err
    assert "--error" not in err


def test_a_file_that_cannot_be_written_is_reported_and_nothing_is_left_behind(call, tmp_path):
    status, _, err = call("--error", "0.9", "--apply", tmp_path / "no" / "such" / "p.toml")
    assert status == 2
    assert "cannot be saved" in err
    assert not (tmp_path / "no").exists()


BROKEN = """
[[designs]]
name = "broken"
[[designs.nodes]]
name = "first"
kind = "conv2d"
filters = 6
kernel = 3
[[designs.nodes]]
name = "unread"
kind = "conv2d"
filters = 6
kernel = 3
weights = { source = "file", path = "gone.npy" }
[[designs.nodes]]
name = "second"
kind = "conv2d"
filters = 6
kernel = 3
"""


@pytest.mark.parametrize(
    ("design", "searched", "skipped"),
    [("plain", ["first", "second"], ["last"]), ("broken", ["first"], ["unread", "second"])],
)
def test_what_is_right_is_searched_although_another_layer_has_a_mistake(capsys, project, design, searched, skipped):
    project.write_text(PROJECT + BROKEN, encoding="utf-8")
    assert main(["bottleneck", str(project), "--design", design, "--format", "json"]) == 2
    out, err = capsys.readouterr()
    data = json.loads(out)
    assert [layer["node"] for layer in data["layers"]] == searched
    assert [layer["node"] for layer in data["skipped"]] == skipped
    assert "gone.npy" in err


def test_a_project_with_a_mistake_is_not_rewritten(capsys, project, tmp_path):
    project.write_text(PROJECT + BROKEN, encoding="utf-8")
    assert main(["bottleneck", str(project), "--apply", str(tmp_path / "new.toml")]) == 2
    assert "gone.npy" in capsys.readouterr().err
    assert not (tmp_path / "new.toml").exists()


def test_a_layer_that_cannot_run_is_refused_by_its_name_beside_the_mistake(capsys, project):
    project.write_text(PROJECT + BROKEN, encoding="utf-8")
    assert main(["bottleneck", str(project), "--design", "broken", "--node", "second"]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert "second cannot run; correct the mistake" in err
    assert "gone.npy" in err

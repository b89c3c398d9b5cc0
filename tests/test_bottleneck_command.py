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

    def call(*words):
        status = main(["bottleneck", str(project), *(str(word) for word in words)])
        return status, *capsys.readouterr()

    return call


@pytest.fixture
def refused(call, tmp_path):
    def refused(*words):
        before = sorted(tmp_path.iterdir())
        status, out, err = call(*words)
        assert (status, out) == (2, "")
        assert sorted(tmp_path.iterdir()) == before
        return err

    return refused


def test_the_list_has_the_convolutions_larger_than_1x1_of_the_first_design(call):
    status, out, err = call()
    assert status == 0
    rows = out.split("\n\n")[0].splitlines()[2:]
    assert sorted(row.split()[0] for row in rows) == ["first", "second"]
    assert "noise, seed 0; checked on noise, seed 1" in out
    assert "search 2/2 plain · second" in err


def test_one_convolution_has_a_line_a_width(call):
    _, out, _ = call("--design", "plain", "--node", "last")
    lines = out.splitlines()
    assert lines[0] == "plain · last: 2,880 MACs, form 1x1+kxk"
    assert [line.split()[0] for line in lines[3:7]] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("form", ["1x1+kxk", "kxk+1x1", "1x1+kxk+1x1"])
def test_json_and_csv_tell_the_same_widths(call, form):
    told = json.loads(call("--form", form, "--format", "json")[1])
    rows = list(csv.DictReader(io.StringIO(call("--form", form, "--format", "csv")[1])))
    widths = {
        (layer["node"], " ".join(map(str, width["width"]))): width["macs"]
        for layer in told["layers"]
        for width in layer["widths"]
    }
    assert {(row["node"], row["width"]): int(row["macs"]) for row in rows} == widths
    assert {layer["form"] for layer in told["layers"]} == {form}
    assert told["fitted"] == [{"kind": "noise", "shape": [8, 9, 10]}]


def test_applying_writes_a_project_that_loads_and_costs_what_is_said(call, tmp_path):
    out_file = tmp_path / "narrow.toml"
    _, out, _ = call("--error", "0.9", "--apply", out_file, "--format", "json")
    told = json.loads(out)["applied"]
    made = load_project(out_file).project
    known = check(made)
    assert not known.problems
    assert known.analyses["plain"].macs == told["macs"] < told["macs_before"]
    assert {row["node"] for row in told["replaced"]} == {"first", "second"}
    assert isinstance(made.network("plain").node("second").weights, LowRankWeights)
    assert 0 < told["error_of_last_volume"]["plain"] < 2


def test_applying_tells_the_measured_error_of_the_last_volume(call, tmp_path):
    _, out, _ = call("--node", "second", "--error", "0.5", "--apply", tmp_path / "narrow.toml", "--refit")
    assert "1 replaced" in out
    assert "measured error of the last volume: plain" in out


def test_the_kernel_is_fitted_again_only_where_that_helps(call, project, tmp_path):
    _, out, _ = call("--error", "0.9", "--apply", tmp_path / "narrow.toml", "--refit", "--format", "json")
    rows = json.loads(out)["applied"]["replaced"]
    known = load_project(project).project
    search = RankSearch(known, calibration_set(known))
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


def test_a_budget_of_macs_chooses_what_costs_no_more(call, tmp_path):
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
    ("words", "said"),
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
def test_what_cannot_be_done_is_refused_with_what_would_be_right(refused, words, said):
    assert said in refused(*words)


@pytest.mark.parametrize(
    ("option", "value"), [("--error", "2"), ("--error", "much"), ("--macs", "-5"), ("--form", "x")]
)
def test_options_without_sense_are_refused(call, option, value, capsys):
    with pytest.raises(SystemExit) as ended:
        call(option, value)
    assert ended.value.code == 2
    assert option in capsys.readouterr().err


def test_without_a_design_it_is_said_what_is_missing(call, project):
    project.write_text(PROJECT.partition("[[designs]]")[0], encoding="utf-8")
    assert call()[0] == 2
    assert "the project has neither a design nor a stem" in call()[2]


@pytest.mark.parametrize(
    ("layer", "form", "said"),
    [
        ("filters = 1\nkernel = 3", "kxk+1x1", "no replacement of form kxk+1x1 is cheaper, at any rank; choose"),
        (
            'filters = 4\nkernel = 3\nbias = false\nweights = { source = "file", path = "zeros.npy" }', "1x1+kxk",
            "a convolution whose output is all zero cannot be replaced",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("budget", [["--error", "0.9"], ["--macs", "1"]])
def test_where_no_width_will_do_no_more_error_is_advised(call, project, tmp_path, layer, form, said, budget):
    np.save(tmp_path / "zeros.npy", np.zeros((4, 8, 3, 3), np.float32))
    start = PROJECT.partition("[[designs.nodes]]")[0]
    project.write_text(f'{start}[[designs.nodes]]\nname = "c"\nkind = "conv2d"\n{layer}\n', encoding="utf-8")
    status, out, err = call("--node", "c", "--form", form, *budget, "--apply", tmp_path / "x.toml")
    assert (status, out) == (2, "")
    assert said in err or (budget[0] == "--macs" and "no replacement costs at most 1 MACs" in err)


def test_a_file_that_cannot_be_written_is_told_and_nothing_is_left(call, tmp_path):
    status, _, err = call("--error", "0.9", "--apply", tmp_path / "no" / "such" / "p.toml")
    assert status == 2
    assert "cannot be saved" in err
    assert not (tmp_path / "no").exists()

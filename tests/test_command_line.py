"""The command line: the output of its commands, and that every mistake becomes a message and an exit status."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from engine.cost.metrics import METRICS
from engine.files.paths import RESOURCES
from engine.reports.formats import FORMATS
from engine.run import execute
from gui.catalogue.figures import FIGURE_IDS
from gui.catalogue.pictures import PICTURE_FORMATS
from gui.command_line import run
from gui.command_line.export import _DEPTH_SCALES
from gui.command_line.main import main
from gui.command_line.options import parse_input_size

MAIN = Path(run.__file__).resolve().parents[2] / "main.py"
START = RESOURCES / "projects" / "inception_3a_5x5_branch.toml"

PROJECT = """
format = 1
title = "Two designs"
[input]
kind = "noise"
shape = [8, 12, 10]
[stem]
[[stem.nodes]]
name = "s"
kind = "max_pool2d"
kernel = 2
[[designs]]
name = "naive"
[[designs.nodes]]
name = "c"
kind = "conv2d"
filters = 4
kernel = 3
[[designs]]
name = "joined 5×5"
[[designs.nodes]]
name = "join"
kind = "concat"
inputs = ["a/b", "input"]
[[designs.nodes]]
name = "a/b"
kind = "activation"
function = "relu"
inputs = ["input"]
"""

SMALL = """
format = 1
title = "Small"
[input]
kind = "noise"
shape = [8, 12, 12]
[[designs]]
name = "naive"
[[designs.nodes]]
name = "conv"
kind = "conv2d"
filters = 6
kernel = 3
[[designs]]
name = "bottleneck"
[[designs.nodes]]
name = "reduce"
kind = "conv2d"
filters = 2
kernel = 1
[[designs.nodes]]
name = "conv"
kind = "conv2d"
filters = 6
kernel = 3
"""


@pytest.fixture
def write(tmp_path):
    def write(text=PROJECT, name="p.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return write


@pytest.fixture
def call(capsys):
    """Runs a command in this process: (exit status, standard output, standard error)."""

    def call(*arguments):
        status = main([str(word) for word in arguments])
        return status, *capsys.readouterr()

    return call


def files_in(folder):
    """{path: content} of all files, None for a folder."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture
def refusal(call, tmp_path):
    """The message of a command that refuses: nothing on standard output, no file changed or created."""

    def refusal(*arguments):
        before = files_in(tmp_path)
        status, out, err = call(*arguments)
        assert (status, out) == (2, "")
        assert files_in(tmp_path) == before
        assert "Traceback" not in err
        return err

    return refusal


def run_program(*arguments, **more):
    """Runs the program as a user does."""
    return subprocess.run([sys.executable, MAIN, *arguments], text=True, capture_output=True, timeout=60, **more)


# analyze


def test_analyze_json_has_the_fields_of_the_contract(call, write):
    status, out, err = call("analyze", write(), "--format", "json")
    assert (status, err) == (0, "")
    data = json.loads(out)
    assert {key: data[key] for key in ("format", "title", "input_shape")} == {
        "format": 1,
        "title": "Two designs",
        "input_shape": [8, 12, 10],
    }
    pool = {"kind": "max_pool2d", "inputs": ["input"], "input_shapes": [[8, 12, 10]], "output_shape": [8, 6, 5]}
    costs = {"params": 0, "macs": 0}
    [node] = data["stem"]["nodes"]
    assert node.items() >= {"name": "s", **pool, **costs, "block": None}.items()
    assert data["stem"]["totals"].items() >= costs.items()
    naive, joined = data["designs"]
    conv = {"name": "c", "kind": "conv2d", "inputs": ["input"], "input_shapes": [[8, 6, 5]], "output_shape": [4, 6, 5]}
    assert set(naive) == {"name", "input_shape", "nodes", "blocks", "totals", "operations"}
    assert (naive["name"], naive["input_shape"], naive["blocks"]) == ("naive", [8, 6, 5], [])
    [node] = naive["nodes"]
    assert node.items() >= {**conv, "params": 292, "macs": 8640, "block": None}.items()
    assert naive["totals"].items() >= {"params": 292, "macs": 8640}.items()
    assert [(node["name"], node["inputs"], node["output_shape"]) for node in joined["nodes"]] == [
        ("a/b", ["input"], [8, 6, 5]),
        ("join", ["a/b", "input"], [16, 6, 5]),
    ]


def test_analyze_writes_null_for_a_missing_stem(call, write):
    _, out, _ = call("analyze", write('format = 1\n[input]\nkind = "noise"\nshape = [1, 2, 3]'), "--format", "json")
    expected = {"format": 1, "title": "", "input_shape": [1, 2, 3], "stem": None, "designs": []}
    assert json.loads(out).items() >= expected.items()


def test_analyze_of_the_start_project_has_the_published_totals(call):
    _, out, _ = call("analyze", START, "--format", "json")
    data = json.loads(out)
    assert data["stem"]["nodes"][-1]["output_shape"] == [256, 28, 28]
    totals = {design["name"]: {key: design["totals"][key] for key in ("params", "macs")} for design in data["designs"]}
    assert totals == {
        "naive": {"params": 204_832, "macs": 160_563_200},
        "bottleneck": {"params": 16_944, "macs": 13_246_464},
    }
    assert all(design["nodes"][-1]["output_shape"] == [32, 28, 28] for design in data["designs"])


def test_analyze_prints_a_table_unless_another_format_is_requested(call, write):
    path = write()
    starts = {None: "Design", "table": "Design", "csv": "design,node,kind", "markdown": "| Design"}
    for output_format, start in starts.items():
        status, out, err = call("analyze", path, *(() if output_format is None else ("--format", output_format)))
        assert (status, err) == (0, "")
        assert out.startswith(start)
        assert out.endswith("\n")
        assert "8640" in out.replace(",", "")


BLOCKS = RESOURCES / "projects" / "inception_3a_192.toml"


def rows_of(out, design):
    """The CSV's rows of a design, by node; the totals under ""."""
    return {row["node"]: row for row in csv.DictReader(io.StringIO(out)) if row["design"] == design}


def test_selected_metrics_are_columns_of_the_text_table(call):
    _, default, _ = call("analyze", START)
    _, table, _ = call("analyze", START, "--metrics", "receptive_field,activation_bytes")
    for title in ("Activation memory", "Receptive field"):
        assert title in table.splitlines()[0]
        assert title not in default
    assert "bottleneck: 1.5× as much activation memory as naive" in table


def test_metrics_that_need_a_run_are_printed_as_not_run(call):
    _, out, _ = call("analyze", START, "--metrics", "milliseconds")
    assert "not run" in out
    assert "unknown" not in out


def test_a_counting_rule_counts_operations_and_is_named_with_what_it_leaves_out(call):
    _, out, _ = call("analyze", START, "--count", "ptflops", "--batch", "2")
    assert "Operations, as ptflops counts" in out.splitlines()[0]
    assert f"naive, as ptflops counts: {2 * (160_563_200 + 32 * 28 * 28):,} " in out
    assert "for 2 inputs" in out
    _, out, _ = call("analyze", BLOCKS, "--count", "macs")
    (total,) = [line for line in out.splitlines() if line.startswith("with reductions, ")]
    assert "128,049,152 MACs; left out: " in total
    assert "150.5 K max pool" in total


def test_a_batch_alone_counts_plain_operations_for_all_its_inputs(call):
    _, out, _ = call("analyze", START, "--batch", "8", "--format", "csv")
    row = rows_of(out, "naive")[""]
    assert (int(row["ops"]), int(row["macs"])) == (8 * 160_563_200, 160_563_200)


def test_closed_blocks_are_one_row_with_the_sums_of_their_layers(call):
    _, opened, _ = call("analyze", BLOCKS, "--format", "csv")
    _, closed, _ = call("analyze", BLOCKS, "--format", "csv", "--blocks", "closed")
    layers, blocks = rows_of(opened, "with reductions"), rows_of(closed, "with reductions")
    assert list(blocks) == ["inception_3a", ""]
    assert blocks[""] == layers.pop("")
    assert all(row["block"] == "inception_3a" for row in layers.values())
    for metric_id in (metric.id for metric in METRICS if metric.is_additive and not metric.is_measured):
        assert int(blocks["inception_3a"][metric_id]) == sum(int(row[metric_id]) for row in layers.values())


def test_the_json_names_the_counting_rule(call):
    _, out, _ = call("analyze", START, "--count", "fvcore", "--batch", "4", "--format", "json")
    counting = json.loads(out)["counting"]
    fields = {"id": "fvcore", "title": "as fvcore counts", "unit": "MACs", "batch": 4}
    assert counting.items() >= fields.items()


def test_an_attachment_describes_the_first_design_or_the_one_that_is_named(call):
    for arguments, name in (((), "MACs, naive"), (("--design", "bottleneck"), "MACs, bottleneck")):
        _, out, _ = call("analyze", START, "--format", "model-explorer", *arguments)
        assert json.loads(out)["name"] == name
    _, out, _ = call("analyze", START, "--format", "model-explorer", "--metrics", "params")
    assert json.loads(out)["results"] == {"conv5x5": {"value": 204_832}}
    _, out, _ = call("analyze", START, "--format", "netron")
    assert json.loads(out)["signature"] == "netron:attachment"


def test_an_attachment_of_a_design_that_does_not_exist_is_refused(refusal, write):
    err = refusal("analyze", START, "--format", "netron", "--design", "bottelneck")
    assert "--design 'bottelneck' is unknown; did you mean 'bottleneck'?" in err
    empty = write('format = 1\n[input]\nkind = "noise"\nshape = [1, 2, 3]')
    assert "the project has neither a design nor a stem" in refusal("analyze", empty, "--format", "netron")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--metrics", "intensty"), "'intensty' is unknown; did you mean 'intensity'?"),
        (("--batch", "0"), "'0' is no batch; an integer from 1 to 1,000,000 is expected"),
        (("--count", "keras"), "'keras'"),
    ],
)
def test_invalid_option_values_are_refused_with_what_is_expected(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        main(["analyze", str(START), *arguments])
    assert error.value.code == 2
    assert message in capsys.readouterr().err


# run


def test_run_writes_an_array_per_node_and_the_statistics(call, write, tmp_path):
    out_folder = tmp_path / "new" / "out"
    status, out, err = call("run", write(), "--out", out_folder)
    assert status == 0
    assert sorted(os.listdir(out_folder)) == ["joined 5×5.npz", "naive.npz", "run.json"]
    assert out.splitlines() == [str(out_folder / name) for name in sorted(os.listdir(out_folder))]
    assert [line.split()[-1] for line in err.splitlines()] == ["input", "s", "c", "a/b", "join"]
    with np.load(out_folder / "naive.npz") as naive, np.load(out_folder / "joined 5×5.npz") as joined:
        assert {name: naive[name].shape for name in naive.files} == {"c": (4, 6, 5)}
        assert {name: joined[name].shape for name in joined.files} == {"a/b": (8, 6, 5), "join": (16, 6, 5)}
        volume = joined["join"]
        np.testing.assert_array_equal(volume[:8], np.maximum(volume[8:], 0))
    data = json.loads((out_folder / "run.json").read_text(encoding="utf-8"))
    _, analysis, _ = call("analyze", write(), "--format", "json")
    measured = {metric.id for metric in METRICS if metric.is_measured}
    entry = data["designs"][1]["nodes"][1]
    assert entry["milliseconds"] >= 0
    for name in ("min", "max", "mean", "std"):
        np.testing.assert_allclose(
            entry[name], getattr(volume, name)(dtype=float) if name in ("mean", "std") else getattr(volume, name)()
        )
    for network in (data["stem"], *data["designs"]):
        for node in network["nodes"]:
            for name in ("min", "max", "mean", "std", "non_finite"):
                del node[name]
        for entry in (*network["nodes"], *network["blocks"], network["totals"]):
            for name in measured & set(entry):
                del entry[name]
    assert data == json.loads(analysis)


def test_run_prepares_an_image_as_the_project_prepares_its_own(call, write, tmp_path):
    Image.new("RGB", (40, 20), (255, 0, 0)).save(tmp_path / "red.png")
    node = '[[designs]]\nname = "a"\n[[designs.nodes]]\nname = "d"\nkind = "dropout"\n'
    image = 'format = 1\n[input]\nkind = "image"\npath = "no.png"\nsize = [4, 6]\nchannels = "bgr"\nscale = 1\n'
    image += "crop = [0, 0, 90, 90]\n"  # of its own photo
    noise = 'format = 1\n[input]\nkind = "noise"\nshape = [1, 4, 6]\n'
    for text, expected in ((image, [0, 0, 255]), (noise, [76 / 255])):
        assert call("run", write(text + node), "--image", tmp_path / "red.png", "--out", tmp_path)[0] == 0
        with np.load(tmp_path / "a.npz") as arrays:
            assert arrays["d"].shape[1:] == (4, 6)
            np.testing.assert_allclose(arrays["d"][:, 0, 0], expected, rtol=1e-6)


def test_the_commands_follow_the_crop_of_the_file(call, write, tmp_path):
    photo = Image.new("RGB", (40, 20), (255, 0, 0))
    photo.paste((0, 0, 255), (10, 5, 20, 15))
    photo.save(tmp_path / "red.png")
    text = 'format = 1\n[input]\nkind = "image"\npath = "red.png"\nsize = [4, 4]\n'
    text += '[[designs]]\nname = "a"\n[[designs.nodes]]\nname = "d"\nkind = "dropout"\n'
    cropped = text.replace("size", "crop = [5, 10, 10, 10]\nsize")
    assert call("run", write(cropped), "--out", tmp_path)[0] == 0
    with np.load(tmp_path / "a.npz") as arrays:
        np.testing.assert_allclose(arrays["d"], np.broadcast_to([[[0]], [[0]], [[1]]], (3, 4, 4)), atol=1e-6)
    beyond = write(text.replace("size", "crop = [5, 31, 10, 10]\nsize"))
    status, _, err = call("analyze", beyond)
    assert status == 2
    assert "$.input.crop: crop is [5, 31, 10, 10] and ends after 41 columns" in err


def test_run_replaces_what_it_wrote_before_and_nothing_else(call, write, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    for _ in range(2):
        assert call("run", write(), "--out", tmp_path / "out")[0] == 0
    assert sorted(os.listdir(tmp_path / "out")) == ["joined 5×5.npz", "mine.txt", "naive.npz", "run.json"]


def test_a_design_whose_name_no_file_can_have_is_written_under_an_escaped_name(call, write, tmp_path):
    assert call("run", write(PROJECT.replace('"naive"', '"../up: 50 %"')), "--out", tmp_path / "out")[0] == 0
    assert sorted(os.listdir(tmp_path / "out")) == ["..%2Fup%3A 50 %25.npz", "joined 5×5.npz", "run.json"]


def test_run_into_a_file_is_refused_before_anything_runs(refusal, write, tmp_path):
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/no")):
        err = refusal("run", write(), "--out", out)
        assert err.startswith(f"{out}: cannot be written to: ")
        assert err.count("\n") == 1


def test_a_disk_that_fills_up_leaves_nothing_behind(refusal, write, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run, "write_npz", full)
    err = refusal("run", write(), "--out", tmp_path / "new" / "out")
    assert err.splitlines()[-1].endswith("cannot be written to: No space left on device; choose another folder")


def test_ctrl_c_ends_a_run_with_130_and_leaves_nothing_behind(call, write, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "write_npz", interrupt)
    before = [write(), *tmp_path.rglob("*")]
    status, out, err = call("run", before[0], "--out", tmp_path / "new" / "out")
    assert (status, out) == (130, "")
    assert err.endswith("cancelled\n")
    assert [before[0], *tmp_path.rglob("*")] == before


def test_volumes_larger_than_memory_are_refused_with_both_numbers(refusal, write, tmp_path, monkeypatch):
    free = psutil.virtual_memory()._replace(available=5 * 2**30)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    noise = PROJECT.replace("[8, 12, 10]", "[10000, 10000, 10000]")
    filters = PROJECT.replace("filters = 4", "filters = 1000000000")
    for text, place in ((noise, "$.input"), (filters, "$.designs[0].nodes[0]")):
        err = refusal("run", write(text), "--out", tmp_path / "out")
        assert f"p.toml: {place}: running needs " in err
        assert "iB; 5.0 GiB of memory are free" in err
        assert "smaller" in err


# Mistakes

HEAD = (
    'format = 1\n[input]\nkind = "noise"\nshape = [8, 12, 12]\n[[designs]]\nname = "a"\n[[designs.nodes]]\nname = "c"\n'
)
CONV = HEAD + 'kind = "conv2d"\nfilters = 4\nkernel = 3\n'

MISTAKES = {
    "broken TOML": ("format = 1\n[input", "line 2, column 7, the end of the file: not valid TOML"),
    "unknown key": (CONV + "colour = 1", "$.designs[0].nodes[0].colour: unknown key for conv2d; known are "),
    "unknown kind": (HEAD + 'kind = "conv3d"', "nodes[0].kind: is 'conv3d'; did you mean 'conv2d'? (layer 'c')"),
    "wrong type": (CONV + 'stride = "2"', "nodes[0].stride: is '2'; an integer from 1 to 1000000, or a list of 2"),
    "true as a number": (CONV + "groups = true", "nodes[0].groups: is true; an integer from 1"),
    "a newer format": (CONV.replace("format = 1", "format = 2"), "$.format: is 2; this program knows formats up to 1"),
    "duplicate names": (
        CONV + CONV[CONV.index("[[designs.nodes]]") :],
        "nodes[1].name: c: name 'c' is taken by another layer above it",
    ),
    "unknown input": (CONV + 'inputs = ["d"]', "nodes[0].inputs: c: inputs: there is no node 'd'; known are 'input'"),
    "a cycle": (CONV + 'inputs = ["c"]', "nodes[0].inputs: c: inputs: a cycle, c → c"),
    "kernel too large": (CONV + 'dilation = 9\npadding = "valid"', "kernel 3×3 covers 19×19 with its dilation and is"),
    "groups": (CONV + "groups = 3", "groups 3 does not divide the 8 input channels"),
    "no weights": (CONV + 'weights = { source = "file", path = "w.npz" }', "w.npz does not exist"),
    "no image": ('format = 1\n[input]\nkind = "image"\npath = "cat.png"', "$.input.path: "),
}


IN_NETWORK = ("duplicate names", "unknown input", "a cycle", "kernel too large", "groups", "no weights", "no image")
"""Mistakes of projects that can be read."""


@pytest.mark.parametrize("command", ["analyze", "run"])
@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_reported_with_file_place_value_and_remedy(case, command, call, refusal, write, tmp_path):
    text, message = MISTAKES[case]
    path = write(text)
    if command == "analyze" and case in IN_NETWORK:
        status, out, err = call("analyze", path)
        assert (status, out.split()[0]) == (2, "Design")
        assert "Traceback" not in err
    elif case == "duplicate names":  # the first of the two runs
        status, _, err = call("run", path, "--out", tmp_path / "out")
        assert status == 2
        err = err[err.index(str(path)) :]  # after the progress
    else:
        err = refusal(command, path, *(("--out", tmp_path / "out") if command == "run" else ()))
    assert err.startswith(f"{path}: ")
    assert message in err


# A mistake in the network hides nothing before it

CHAIN = """
format = 1
[input]
kind = "noise"
shape = [3, 8, 8]
[[designs]]
name = "good"
[[designs.nodes]]
name = "only"
kind = "conv2d"
filters = 4
kernel = 3
[[designs]]
name = "chain"
[[designs.nodes]]
name = "first"
kind = "conv2d"
filters = 4
kernel = 3
[[designs.nodes]]
name = "wrong"
kind = "max_pool2d"
kernel = 9
padding = "valid"
[[designs.nodes]]
name = "last"
kind = "conv2d"
filters = 2
kernel = 1
"""
SHAPES = {"first": "4×8×8", "wrong": "unknown", "last": "unknown"}
MESSAGE = "nodes[1].kernel: wrong: kernel 9×9 is larger than its padded input 8×8"


@pytest.mark.parametrize("output_format", [row.id for row in FORMATS])
def test_analyze_prints_everything_before_a_mistake_in_every_format_and_exits_with_2(call, write, output_format):
    status, out, err = call("analyze", write(CHAIN), "--format", output_format, "--design", "chain")
    assert status == 2
    assert MESSAGE in err
    assert "first" in out
    if output_format == "csv":
        assert {name: row["output_shape"] for name, row in rows_of(out, "chain").items() if name} == SHAPES
    if output_format == "json":
        data = json.loads(out)
        assert [node["output_shape"] for node in data["designs"][1]["nodes"]] == [[4, 8, 8], None, None]
        assert data["designs"][0]["totals"]["macs"] == 6912
        assert data["designs"][1]["totals"]["macs"] is None
        (problem,) = data["problems"]
        assert (problem["design"], problem["node"]) == ("chain", "wrong")
        assert problem["place"].endswith("nodes[1].kernel")


def test_run_writes_everything_before_a_mistake_and_exits_with_2(call, write, tmp_path):
    status, out, err = call("run", write(CHAIN), "--out", tmp_path / "out")
    assert status == 2
    assert MESSAGE in err
    assert [Path(line).name for line in out.splitlines()] == ["chain.npz", "good.npz", "run.json"]
    with np.load(tmp_path / "out" / "chain.npz") as volumes:
        assert {name: volumes[name].shape for name in volumes} == {"first": (4, 8, 8)}
    data = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert [[("mean" in node) for node in design["nodes"]] for design in data["designs"]] == [
        [True],
        [True, False, False],
    ]
    assert [problem["node"] for problem in data["problems"]] == ["wrong"]


def test_two_designs_of_the_same_name_are_not_counted_as_one_twice(call, write):
    status, out, err = call("analyze", write(CHAIN.replace('"chain"', '"good"')), "--format", "json")
    assert status == 2
    assert "design name 'good' is taken by another design before it" in err
    assert [[node["name"] for node in design["nodes"]] for design in json.loads(out)["designs"]] == [["only"]]


def test_export_draws_everything_before_a_mistake_and_exits_with_2(call, write, tmp_path):
    views = ("volumes", "bars", "table", "paper", "counting")
    for name in (views, (*views, "filters", "inspector")):
        arguments = ("--views", ",".join(name), "--design", "chain", "--node", "wrong", "--format", "svg")
        status, out, err = call("export", write(CHAIN), "--out", tmp_path / "out", *arguments)
        assert status == 2
        assert MESSAGE in err
        assert {Path(line).stem for line in out.splitlines() if line.endswith(".svg")} == set(views)
        assert ("filters is left out: it is unknown until the mistakes are corrected" in err) == ("filters" in name)
    table = (tmp_path / "out" / "table.csv").read_text(encoding="utf-8")
    assert {name: row["output_shape"] for name, row in rows_of(table, "chain").items() if name} == SHAPES
    for view in views[1:]:
        assert "unknown" in (tmp_path / "out" / f"{view}.svg").read_text(encoding="utf-8"), view


def test_a_figure_that_a_mistake_prevents_leaves_the_views_to_be_drawn(call, write, tmp_path):
    arguments = ("--views", "bars", "--figure", "one-by-one")
    status, out, err = call("export", write(CHAIN), "--out", tmp_path / "out", *arguments)
    assert (status, out) == (2, f"{tmp_path / 'out' / 'bars.png'}\n")
    assert "one-by-one draws designs without mistakes" in err


def test_a_value_of_unknown_shape_is_refused(refusal, write, tmp_path):
    arguments = ("--design", "chain", "--node", "last", "--value", "0,0,0")
    err = refusal("export", write(CHAIN), "--out", tmp_path / "out", "--views", "inspector", *arguments)
    assert "--value: the shape of last is unknown" in err
    assert MESSAGE in err


def test_a_screenshot_shows_a_project_with_a_mistake(call, write, tmp_path):
    status, out, err = call("screenshot", write(CHAIN), "--out", tmp_path / "window.png")
    assert (status, out) == (2, f"{tmp_path / 'window.png'}\n")
    assert MESSAGE in err


def test_a_broken_file_found_by_a_run_hides_no_table(call, write, tmp_path):
    array = np.zeros((8, 12, 12))
    array[1, 2, 3] = 1e300
    np.save(tmp_path / "v.npy", array)
    text = CONV.replace('kind = "noise"\nshape = [8, 12, 12]', 'kind = "array"\npath = "v.npy"')
    status, out, err = call("export", write(text), "--out", tmp_path / "out", "--views", "table,filters")
    assert status == 2
    assert "table.png" in out
    assert "filters.png" not in out
    assert "not finite" in err


# Nothing is run in vain


@pytest.fixture
def no_run(monkeypatch):
    """A run fails the test."""

    def refuse(*_):
        raise AssertionError("a run has begun")

    monkeypatch.setattr(execute, "execute", refuse)


HUGE = CHAIN.replace("[3, 8, 8]", "[3, 30000, 40000]").replace("kernel = 9", "kernel = 2")
PLAIN = ("bars", "table", "paper", "counting")


def test_views_of_costs_run_nothing(no_run, call, write, tmp_path):
    for text in (SMALL, HUGE):
        arguments = ("--views", ",".join(PLAIN), "--figure", "paper-table")
        status, out, err = call("export", write(text), "--out", tmp_path / "out", *arguments)
        assert (status, err) == (0, "")
        assert {Path(line).stem for line in out.splitlines() if line.endswith(".png")} == {*PLAIN, "paper-table"}


def test_without_enough_memory_volumes_have_plain_faces_and_the_message_says_why(no_run, call, write, tmp_path):
    arguments = ("--views", "volumes", "--figure", "from-above")
    status, out, err = call("export", write(HUGE), "--out", tmp_path / "out", *arguments)
    assert (status, len(out.splitlines())) == (0, 2)
    assert "running needs " in err


def test_without_enough_memory_views_of_values_are_left_out_with_status_2(no_run, call, refusal, write, tmp_path):
    status, out, err = call("export", write(HUGE), "--out", tmp_path / "out", "--views", "bars,filters,inspector")
    assert (status, out) == (2, f"{tmp_path / 'out' / 'bars.png'}\n")
    assert "running needs " in err
    for view in ("filters", "inspector"):
        assert f"{view} is left out: the project has not been run; run it first" in err
    assert "filters is left out" in refusal("export", write(HUGE), "--out", tmp_path / "new", "--views", "filters")


def test_no_run_draws_all_that_needs_no_run(no_run, call, refusal, write, tmp_path):
    status, out, err = call("export", write(SMALL), "--out", tmp_path / "out", "--no-run")
    assert status == 0
    assert {Path(line).stem for line in out.splitlines() if line.endswith(".png")} == {"volumes", "differences", *PLAIN}
    assert "filters is left out: the project has not been run" in err
    arguments = ("--no-run", "--views", "bottleneck")
    assert "bottleneck is left out" in refusal("export", write(SMALL), "--out", tmp_path / "new", *arguments)


@pytest.mark.parametrize(("text", "arguments"), [(SMALL, ("--no-run",)), (HUGE, ())])
def test_a_screenshot_without_a_run_shows_the_window_before_one(call, write, tmp_path, monkeypatch, text, arguments):
    from gui.workbench.workbench import Workbench

    monkeypatch.setattr(Workbench, "run", lambda _: pytest.fail("a run has begun"))
    status, out, err = call("screenshot", write(text), "--out", tmp_path / "window.png", *arguments)
    assert (status, out) == (0, f"{tmp_path / 'window.png'}\n")
    assert ("running needs " in err) == (text is HUGE)


def test_a_layer_that_cannot_be_searched_is_not_replaced_by_another_silently(refusal, write, tmp_path):
    text = SMALL.replace("filters = 6\nkernel = 3", "filters = 8\nkernel = 3\ngroups = 8", 1)
    arguments = ("--views", "bottleneck", "--design", "naive", "--node", "conv")
    err = refusal("export", write(text), "--out", tmp_path / "out", *arguments)
    assert "--node 'conv': conv has 8 groups" in err


def test_several_mistakes_are_a_line_per_mistake(refusal, write):
    err = refusal("analyze", write(CONV + "groups = 0\nbias = 1\nstride = 0"))
    assert len(err.splitlines()) == 3


@pytest.mark.parametrize(("name", "message"), [("", "is not a file"), ("no.toml", "does not exist")])
def test_a_project_that_is_not_a_file_is_reported(name, message, refusal, tmp_path):
    assert refusal("analyze", tmp_path / name) == f"{tmp_path / name} {message}\n"


def test_a_file_that_proves_broken_in_a_run_is_reported_at_its_place(refusal, write, tmp_path):
    array = np.zeros((8, 12, 12))
    array[1, 2, 3] = 1e300
    np.save(tmp_path / "v.npy", array)
    text = CONV.replace('kind = "noise"\nshape = [8, 12, 12]', 'kind = "array"\npath = "v.npy"')
    err = refusal("run", write(text), "--out", tmp_path / "out")
    assert "p.toml: $.input.key: " in err
    assert "has 1 value that is not finite, as a 32-bit number; the first is at [1, 2, 3]" in err


def test_an_image_that_cannot_be_read_is_reported_at_its_option(refusal, write, tmp_path):
    path = write()
    assert f"--image: {tmp_path}/no.png does not exist" in refusal(
        "run", path, "--image", tmp_path / "no.png", "--out", tmp_path / "out"
    )
    noise = np.random.default_rng(0).integers(0, 256, (99, 99, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:9000])
    err = refusal("run", path, "--image", tmp_path / "cut.png", "--out", tmp_path / "out")
    assert f"--image: {tmp_path}/cut.png cannot be read: image file is truncated" in err


@pytest.mark.parametrize(
    "arguments", [("analyze",), ("run", "p.toml"), ("analyze", "p.toml", "--format", "xml"), ("p.toml", "extra")]
)
def test_an_invalid_call_ends_with_usage_and_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as error:
        main(list(arguments))
    assert error.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: convolume")


def test_a_window_without_a_display_is_refused_with_status_3(call, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    status, out, err = call()
    assert (status, out) == (3, "")
    assert "neither DISPLAY nor WAYLAND_DISPLAY is set" in err
    assert "convolume export PROJECT --out DIR" in err


def test_analyze_loads_neither_qt_nor_pyqtgraph_nor_onnx_runtime(write):
    program = "import sys; from gui.command_line.main import main; main(sys.argv[1:]); print(*sys.modules)"
    command = [sys.executable, "-c", program, "analyze", str(write(SMALL))]
    out = subprocess.run(command, cwd=MAIN.parent, capture_output=True, text=True, check=True).stdout
    packages = {name.partition(".")[0] for name in out.splitlines()[-1].split()}
    assert "gui" in packages
    assert not packages & {"PySide6", "shiboken6", "pyqtgraph", "onnx", "onnxruntime"}


def test_the_start_page_loads_no_pyqtgraph_and_nothing_that_exports_or_reads_the_manual_by_pythons_own_import():
    code = """
import builtins, sys
plain_import = builtins.__import__
from gui.command_line.qt_import import import_qt
import_qt()
from PySide6.QtCore import QSettings
from gui.app import make_application, set_theme
from gui.window.file_commands import NEW_PROJECT
from gui.window.main_window import MainWindow
from gui.window.settings import Settings
from gui.workbench.workbench import Workbench

app = make_application()
window = MainWindow(Workbench(NEW_PROJECT), Settings(QSettings("", QSettings.Format.IniFormat)), set_theme)
window.show_start_page()
window.show()
app.processEvents()
late = ("pyqtgraph", "gui.views.volumes", "gui.export.files", "gui.widgets.manual_reader")
print([name for name in late if name in sys.modules], window.start.is_shown, builtins.__import__ is plain_import)
window.close()
"""
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, cwd=MAIN.parent, capture_output=True, text=True, check=True).stdout
    assert out.split() == ["[]", "True", "True"]


def test_every_format_of_pictures_can_be_drawn():
    from gui.export.pictures import EXPORTERS

    assert tuple(EXPORTERS) == PICTURE_FORMATS


def test_every_scale_of_edges_is_an_option_and_named_in_the_figure(call, write, tmp_path):
    from gui.paint.volumes.camera import LENGTH_SCALE_TEXTS

    assert tuple(LENGTH_SCALE_TEXTS) == _DEPTH_SCALES
    for edges, text in LENGTH_SCALE_TEXTS.items():
        out = tmp_path / edges
        call("export", write(SMALL), "--out", out, "--figure", "from-above", "--format", "svg", "--edges", edges)
        assert text in (out / "from-above.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("figure", FIGURE_IDS)
def test_a_figure_is_one_word_and_without_views_the_only_file_a_format(call, write, tmp_path, figure):
    out = tmp_path / "out"
    status, text, _ = call("export", write(SMALL), "--out", out, "--figure", figure, "--format", "png,svg,pdf")
    assert status == 0
    expected = [out / f"{figure}.{output_format}" for output_format in ("pdf", "png", "svg")]
    assert text.split() == [str(path) for path in expected]
    assert sorted(out.iterdir()) == expected
    millimetres = re.search(r'<svg width="(\S+)mm"', expected[2].read_text(encoding="utf-8"))
    assert float(millimetres[1]) == pytest.approx(85, abs=0.2)
    with Image.open(expected[1]) as image:
        assert image.size == (1920, 1080)


def test_figures_and_views_are_exported_together(call, write, tmp_path):
    arguments = ("--figure", "one-by-one,from-above", "--views", "bars", "--size", "800x450", "--theme", "dark")
    assert call("export", write(SMALL), "--out", tmp_path / "out", *arguments)[0] == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"one-by-one.png", "from-above.png", "bars.png"}
    with Image.open(tmp_path / "out" / "one-by-one.png") as image:
        assert image.size == (800, 450)


def test_the_turn_of_the_camera_is_an_animated_gif(call, write, tmp_path):
    arguments = ("--figure", "from-above", "--format", "gif", "--size", "400x240")
    assert call("export", write(SMALL), "--out", tmp_path / "out", *arguments)[0] == 0
    with Image.open(tmp_path / "out" / "from-above.gif") as image:
        assert (image.size, image.is_animated) == ((400, 240), True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--figure", "one-by-one", "--format", "gif"), "--format gif: the turn of the camera is drawn for --figure"),
        (("--views", "bars", "--format", "gif"), "--format gif: the turn of the camera is drawn for --figure"),
        (("--figure", "from-above", "--width", "85mm", "--size", "800x450"), "--width: is for figures in print"),
    ],
)
def test_options_that_exclude_each_other_are_refused_before_anything_runs(refusal, write, tmp_path, arguments, message):
    error = refusal("export", write(SMALL), "--out", tmp_path / "out", *arguments)
    assert message in error
    assert "run 1/" not in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--figure", "one"), "'one' is unknown; known are inception-module, paper-table, one-by-one, from-above"),
        (("--width", "3mm"), "'3mm' is not a figure width; use 85mm, 174mm, slide, or another width from 40mm"),
    ],
)
def test_unknown_figures_and_widths_are_refused(capsys, write, tmp_path, arguments, message):
    with pytest.raises(SystemExit) as error:
        main(["export", write(SMALL), "--out", str(tmp_path / "out"), *arguments])
    assert error.value.code == 2
    assert message in capsys.readouterr().err


def test_a_figure_of_a_project_without_layers_is_refused_with_its_file(refusal, write, tmp_path):
    path = write('format = 1\n[input]\nkind = "noise"\nshape = [2, 4, 4]\n[[designs]]\nname = "d"\n')
    error = refusal("export", path, "--out", tmp_path / "out", "--figure", "one-by-one")
    assert f"{path}: one-by-one has nothing to draw; design 'd' has no layers: add one" in error


# The program as a process


def test_the_program_writes_results_to_standard_output_only(write):
    process = run_program("analyze", write(), "--format", "json")
    assert (process.returncode, process.stderr) == (0, "")
    assert json.loads(process.stdout)["title"] == "Two designs"


def test_the_program_reports_a_mistake_on_standard_error_without_a_traceback(write, tmp_path):
    process = run_program("run", "p.toml", "--out", "out", cwd=Path(write(CONV + "groups = 3")).parent)
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr.startswith(
        "p.toml: $.designs[0].nodes[0].groups: c: groups 3 does not divide the 8 input channels"
    )
    assert len(process.stderr.splitlines()) == 2
    assert os.listdir(tmp_path) == ["p.toml"]


def test_a_reader_that_closes_the_pipe_is_not_an_error(write):
    read, write_end = os.pipe()
    os.close(read)
    with open(write_end, "wb") as pipe:
        process = subprocess.run(
            [sys.executable, MAIN, "analyze", write()], stdout=pipe, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert (process.returncode, process.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_output_to_a_full_disk_is_reported(write):
    with open("/dev/full", "wb") as full:
        process = subprocess.run(
            [sys.executable, MAIN, "analyze", write()], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert (process.returncode, process.stderr) == (2, "standard output cannot be written: No space left on device\n")


def test_output_is_utf8_whatever_the_system_prefers(write):
    process = run_program("analyze", write(), env={**os.environ, "PYTHONIOENCODING": "ascii"}, encoding="utf-8")
    assert process.returncode == 0
    assert "joined 5×5" in process.stdout


# The selection


def test_export_draws_the_selected_value(call, write, tmp_path):
    arguments = ("--views", "inspector", "--format", "svg", "--design", "naive", "--node", "c", "--value", "3,1,2")
    status, _, _ = call("export", write(), "--out", tmp_path / "out", *arguments)
    assert status == 0
    svg = (tmp_path / "out" / "inspector.svg").read_text(encoding="utf-8")
    assert "c[3, 1, 2]" in svg


def test_export_selects_a_layer_of_the_stem_by_the_word_stem(call, write, tmp_path):
    arguments = ("--views", "inspector", "--format", "svg", "--design", "stem", "--value", "0,0,0")
    assert call("export", write(), "--out", tmp_path / "out", *arguments)[0] == 0
    assert "s[0, 0, 0]" in (tmp_path / "out" / "inspector.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--design", "niave"), "--design 'niave' is unknown; did you mean 'naive'?"),
        (("--node", "d"), "--node 'd' is unknown in naive; known are c"),
        (("--node", "c", "--value", "4,0,0"), "--value: c is 4×6×5 and has no channel 4; 0 to 3 are possible"),
        (("--value", "0,6,0"), "--value: c is 4×6×5 and has no y 6; 0 to 5 are possible"),
    ],
)
def test_export_refuses_a_selection_that_does_not_exist_before_it_runs(call, write, tmp_path, arguments, message):
    status, out, err = call("export", write(), "--out", tmp_path / "out", "--views", "inspector", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert "run 1/" not in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("value", ["1,2", "a,b,c", "1,2,-3", ""])
def test_export_refuses_a_malformed_value(call, write, tmp_path, value, capsys):
    with pytest.raises(SystemExit):
        call("export", write(), "--out", tmp_path / "out", "--value", value)
    assert "CHANNEL,Y,X is expected" in capsys.readouterr().err


# Notices

ARRAYS = {
    "hwc": (np.zeros((32, 48, 3), np.float32), "", "$.input.axes", "it looks like H×W×C, 3 channels of 32×48"),
    "flat": (np.zeros((9, 9), np.float32), "", "$.input.axes", "is read as H×W, one channel"),
    "tiny": (np.full((1, 9, 9), 1e-60), 'axes = "chw"', "$.input", "81 of its 81 values become 0"),
    "nan": (np.full((1, 9, 9), np.nan), 'axes = "chw"', "$.input", "has 81 values that are not a number (NaN)"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_notices_are_printed_and_part_of_the_json(name, tmp_path, capsys):
    array, settings, place, words = ARRAYS[name]
    np.save(tmp_path / "a.npy", array)
    text = f"""
format = 1
[input]
kind = "array"
path = "a.npy"
{settings}
[[designs]]
name = "d"
[[designs.nodes]]
name = "c"
kind = "max_pool2d"
kernel = 1
"""
    (tmp_path / "p.toml").write_text(text)
    is_known_before_a_run = place == "$.input.axes"
    assert main(["analyze", str(tmp_path / "p.toml"), "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert len(json.loads(out)["notices"]) == err.count("notice: ") == is_known_before_a_run
    assert main(["run", str(tmp_path / "p.toml"), "--out", str(tmp_path / "out")]) == 0
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("notice: ")]
    assert line.startswith(f"notice: {tmp_path / 'p.toml'}: {place}: {tmp_path / 'a.npy'}")
    assert words in line
    [notice] = json.loads((tmp_path / "out" / "run.json").read_text())["notices"]
    assert (notice["place"], words in notice["text"]) == (place, True)


def test_axes_that_are_open_are_asked_for_with_exit_status_2(tmp_path, capsys):
    np.save(tmp_path / "a.npy", np.zeros((8, 3, 9, 4), np.float32))
    (tmp_path / "p.toml").write_text('format = 1\n[input]\nkind = "array"\npath = "a.npy"\n')
    assert main(["analyze", str(tmp_path / "p.toml")]) == 2
    assert "$.input.axes: " in capsys.readouterr().err


def test_weights_that_lose_precision_are_noticed_at_their_node(tmp_path, capsys):
    np.savez(tmp_path / "w.npz", weight=np.full((4, 8, 3, 3), 1e-60), bias=np.zeros(4))
    weights = '[designs.nodes.weights]\nsource = "file"\npath = "w.npz"\n'
    text = PROJECT.replace("filters = 4\nkernel = 3\n", f"filters = 4\nkernel = 3\n{weights}")
    (tmp_path / "p.toml").write_text(text)
    assert main(["run", str(tmp_path / "p.toml"), "--out", str(tmp_path / "out")]) == 0
    err = capsys.readouterr().err
    assert "$.designs[0].nodes[0].weights: c: " in err
    assert "w.npz, array 'weight': as 32-bit numbers, 288 of its 288 values become 0" in err


# Differences


def test_diff_prints_what_differs_and_what_it_costs(no_run, call, write):
    status, out, err = call("diff", write(SMALL), "naive", "bottleneck")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "naive → bottleneck"
    assert "only in bottleneck: 1×1, 2 filters" in out
    assert lines[-3].startswith("total") or "total" in out


def test_diff_as_json_has_errors_after_a_run(call, write):
    status, out, _ = call("diff", write(SMALL), "naive", "bottleneck", "--format", "json", "--run", "--all")
    data = json.loads(out)
    assert status == 0
    assert (data["first"], data["second"]) == ("naive", "bottleneck")
    assert any(isinstance(row["relative_error"], float) for row in data["differences"])


def test_diff_compares_the_first_designs_of_two_files(call, write, tmp_path):
    first = write(SMALL)
    status, out, err = call("diff", first, first, "--run", "--all")
    assert status == 0
    assert out.splitlines()[0] == "naive → naive_2"
    assert "have random weights" in out or "has random weights" in out
    assert err.splitlines()[-1].startswith("1 pair of volumes compared: the first that differs is 'conv', by ")


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("naive", "bottle"), "design 'bottle' is unknown; did you mean 'bottleneck'?"),
        (("naive", "naive"), "'naive' is named twice; two designs are compared"),
        (("naive",), "one design alone, 'naive'; name a second one, or a second file"),
        (("absent.toml",), "absent.toml"),
    ],
)
def test_diff_refuses_other_pairs(refusal, write, names, text):
    assert text in refusal("diff", write(SMALL), *names)


# A map that is left out


def test_run_prints_what_changes_without_a_map(call, write, tmp_path):
    status, out, _ = call("run", write(SMALL), "--leave-out", "conv:1", "--out", tmp_path / "out")
    assert status == 0
    lines = [line for line in out.splitlines() if "without map" in line]
    assert [line.partition(":")[0] for line in lines] == [
        "naive without map 1 of conv",
        "bottleneck without map 1 of conv",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cnv:1", "'cnv' is unknown; did you mean 'conv'?"),
        ("conv:6", "conv has no map 6; 0 to 5 are possible"),
    ],
)
def test_run_refuses_maps_that_are_not_there_before_it_runs(refusal, write, tmp_path, text, words):
    assert words in refusal("run", write(SMALL), "--leave-out", text, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", ["conv", "conv:-1", ":1", "conv:x"])
def test_run_refuses_what_names_no_map(call, write, tmp_path, text, capsys):
    with pytest.raises(SystemExit):
        call("run", write(SMALL), "--leave-out", text, "--out", tmp_path / "out")
    assert "is no map; LAYER:MAP is expected" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["224x192", "224×192", "224X192"])
def test_sizes_are_accepted_with_the_letter_and_the_sign(text: str) -> None:
    assert parse_input_size(text) == (224, 192)

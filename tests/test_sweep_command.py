"""The command `sweep`: its folder, what it prints, how it continues, and what it refuses; its page of the manual."""

import csv
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.dom import minidom

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image

from engine.files.paths import RESOURCES
from engine.project.file import load_project, save_project
from engine.project.project import Design, SweepSettings
from engine.run.check import check
from engine.sweep import constraints
from engine.sweep.columns import MEASURES
from gui.command_line.main import main
from gui.widgets.manual_pages import MANUAL
from tests.documents import code, code_spans, page, section, tables

ROOT = Path(__file__).resolve().parents[1]
START = str(RESOURCES / "projects" / "inception_3a_5x5_branch.toml")
PROJECT = """
format = 1
[input]
kind = "noise"
shape = [4, 6, 6]
[[designs]]
name = "wide"
nodes = [{ name = "conv", kind = "conv2d", filters = 6, kernel = 3 }]
[[designs]]
name = "thin"
nodes = [
  { name = "reduce", kind = "conv2d", filters = 2, kernel = 1 },
  { name = "conv", kind = "conv2d", filters = 6, kernel = 3 },
]
[sweep]
axes = ["thin/reduce.filters=1..6", "thin/reduce.bias=true,false"]
where = ["macs < 9000"]
measure = ["error"]
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(PROJECT, encoding="utf-8")
    return path


def rows_of(out):
    with (out / "points.csv").open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


@pytest.fixture
def finished(file, tmp_path, qapp):
    """The folder of a sweep that is done."""
    assert main(["sweep", str(file), "--out", str(tmp_path / "out")]) == 0
    return tmp_path / "out"


def test_the_folder_has_a_table_a_picture_and_a_project_that_opens(finished, file, capsys):
    rows = rows_of(finished)
    assert len(rows) == 12
    assert list(rows[0])[:4] == ["thin/reduce.filters", "thin/reduce.bias", "macs", "params"]
    for row in rows:
        rank, bias = int(row["thin/reduce.filters"]), row["thin/reduce.bias"]
        assert int(row["macs"]) == 36 * rank * (4 + 54)
        assert int(row["params"]) == 4 * rank + (rank if bias == "true" else 0) + 54 * rank + 6
        assert row["fits"] == ("true" if int(row["macs"]) < 9000 else "false")
        assert bool(row["error_fitted"]) == (row["fits"] == "true"), "what does not fit is not measured"
    picture = minidom.parse(str(finished / "front.svg")).documentElement.toxml()
    assert all(f">{name}<" in picture for name in ("wide", "thin")), "designs are measured as well"
    project = load_project(finished / "sweep.toml").project
    assert project == load_project(file).project
    assert main(["sweep", str(file), "--out", str(finished)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("12 points, 8 without a problem that satisfy every condition; ")
    assert out[0].endswith(" on the front of MACs and Error (held out)")
    assert out[1].startswith("best MACs: thin/reduce.filters 1, thin/reduce.bias true (2.088 K MACs, an error of ")
    assert out[-4:] == [str(finished / name) for name in ("points.csv", "sweep.toml", "front.svg", "front.toml")]
    front = load_project(finished / "front.toml").project
    assert [design.name for design in front.designs[:3]] == ["wide", "thin", "reduce.filters 1, reduce.bias true"]


SWEEPS = {
    "reduction and form": (
        "inception_3a_5x5_branch",
        ("bottleneck/reduce.low_rank.rank=8,16", "bottleneck/reduce.low_rank.form=1x1+kxk,kxk+1x1"),
        (16, "1x1+kxk"),
        "bottleneck",
    ),
    "five widths": (
        "inception_3a_192",
        tuple(
            f"with reductions/inception_3a.{name}={width // 2},{width}"
            for name, width in (("n1x1", 64), ("n3x3_reduce", 96), ("n3x3", 128), ("n5x5_reduce", 16), ("n5x5", 32))
        ),
        (64, 96, 128, 16, 32),
        "with reductions",
    ),
    "growth and layers": (
        "densenet121",
        ("growth: DenseNet-121/*.growth=16,32", "DenseNet-121/dense2.layers=6,12"),
        (32, 12),
        "DenseNet-121",
    ),
    "multiplier and size": (
        "mobilenet_v1",
        ("width: MobileNet v1/*.filters=x0.5,x1", "input.size=192,224"),
        (1, 224),
        "MobileNet v1",
    ),
}
"""Projects, axes, the values of the axes that are those of the project, and the design."""


@pytest.mark.parametrize("name", SWEEPS)
def test_the_point_of_a_published_network_has_its_cost(name, tmp_path, qapp):
    project, axes, present, design = SWEEPS[name]
    path = RESOURCES / "projects" / f"{project}.toml"
    options = [word for axis in axes for word in ("--axis", axis)]
    assert main(["sweep", str(path), *options, "--out", str(tmp_path)]) == 0
    rows = rows_of(tmp_path)
    assert len(rows) == 2 ** len(axes)
    own = [row for row in rows if tuple(row.values())[: len(axes)] == tuple(map(str, present))]
    assert [int(row["macs"]) for row in own] == [check(load_project(path).project).analyses[design].macs]


def vgg_trunk():
    """The trunk of VGG-16 twice, with trained weights, on a small picture."""
    project = load_project(Path(START)).project
    designs = [Design("trunk", project.stem), Design("ranks", project.stem)]
    small = replace(project.input, size=(64, 64))
    return replace(project.with_designs(designs), input=small, stem=None, notes=(), published=())


def test_larger_ranks_of_vggs_trunk_have_smaller_errors(tmp_path, qapp):
    path = tmp_path / "trunk.toml"
    save_project(vgg_trunk(), path)
    axes = ["ranks/conv3_2.low_rank.rank=16,128", "ranks/conv3_3.low_rank.rank=16,128"]
    words = ["sweep", str(path), "--axis", axes[0], "--axis", axes[1], "--measure", "error", "--against", "trunk"]
    assert main([*words, "--workers", "0", "--out", str(tmp_path / "out")]) == 0
    errors = [float(row["error_fitted"]) for row in rows_of(tmp_path / "out")]
    assert len(errors) == 4
    assert errors[0] > max(errors[1:3])
    assert min(errors[1:3]) > errors[3] > 0


def test_a_sweep_continues_behind_the_last_whole_row(finished, file, capsys):
    table = finished / "points.csv"
    before = table.read_bytes()
    lines = before.splitlines(keepends=True)
    table.write_bytes(b"".join(lines[:8]) + lines[8][:9])
    (finished / "front.svg").unlink()
    assert main(["sweep", str(file), "--out", str(finished)]) == 0
    assert table.read_bytes() == before
    assert (finished / "front.svg").exists()
    assert "7 of them are in" in capsys.readouterr().err


def test_the_project_of_the_folder_continues_the_sweep(finished):
    before = (finished / "points.csv").read_bytes()
    assert main(["sweep", str(finished / "sweep.toml"), "--out", str(finished)]) == 0
    assert (finished / "points.csv").read_bytes() == before


def test_a_parquet_file_without_pyarrow_is_refused_before_anything_runs(file, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["sweep", str(file), "--parquet", "--out", str(tmp_path / "out")]) == 2
    assert "pip install 'convolume[parquet]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--axis", "thin/reduce.filters=1..5"], "is another sweep"),
        (["--where", "macs < 1"], "is another sweep"),
    ],
)
def test_another_sweep_in_the_folder_is_refused(options, words, finished, file, capsys):
    before = {path: path.read_bytes() for path in finished.iterdir()}
    assert main(["sweep", str(file), "--out", str(finished), *options]) == 2
    assert words in capsys.readouterr().err
    assert {path: path.read_bytes() for path in finished.iterdir()} == before


WITH_FILES = """
format = 1
labels = "classes.txt"
[input]
kind = "image"
path = "photos/own.png"
size = [6, 6]
[[designs]]
name = "net"
nodes = [{ name = "conv", kind = "conv2d", filters = 2, kernel = 1, weights = { source = "file", path = "w.npy" } }]
[sweep]
axes = ["net/conv.bias=true,false"]
measure = ["error"]
photos = "photos"
"""


@pytest.fixture
def project_with_files(tmp_path):
    """A project with a photo, more of them in a folder, a weight file and labels."""
    (tmp_path / "photos").mkdir()
    for grey, name in enumerate(("own", "other")):
        Image.new("RGB", (6, 6), (grey, grey, grey)).save(tmp_path / "photos" / f"{name}.png")
    np.save(tmp_path / "w.npy", np.ones((2, 3, 1, 1), np.float32))
    (tmp_path / "classes.txt").write_text("cat\ndog\n", encoding="utf-8")
    path = tmp_path / "p.toml"
    path.write_text(WITH_FILES, encoding="utf-8")
    return path


def test_a_sweep_does_not_continue_with_files_of_another_content(project_with_files, tmp_path, capsys, qapp):
    words = ["sweep", str(project_with_files), "--out", str(tmp_path / "out")]
    assert main(words) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    for name in ("photos/own.png", "photos/other.png", "w.npy", "classes.txt"):
        path = tmp_path / name
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        capsys.readouterr()
        assert main(words) == 2
        assert f"{path}: has changed since the rows in " in capsys.readouterr().err
        path.write_bytes(content)
    Image.new("RGB", (6, 6)).save(tmp_path / "photos" / "new.png")
    assert main(words) == 2
    assert "new.png: has changed since " in capsys.readouterr().err
    (tmp_path / "photos" / "new.png").unlink()
    (tmp_path / "photos" / "other.png").rename(tmp_path / "other.png")
    assert main(words) == 2
    assert '"other.png" was used for the rows in ' in capsys.readouterr().err
    (tmp_path / "other.png").rename(tmp_path / "photos" / "other.png")
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    os.utime(tmp_path / "w.npy", (1, 1))
    assert main(words) == 0, "all have the content that they had"


def test_a_sweep_continues_where_its_files_were_moved_to(project_with_files, tmp_path, qapp):
    assert main(["sweep", str(project_with_files), "--out", str(tmp_path / "out")]) == 0
    (tmp_path / "elsewhere").mkdir()
    for path in ("photos", "w.npy", "classes.txt", "p.toml", "out"):
        (tmp_path / path).rename(tmp_path / "elsewhere" / path)
    folder = tmp_path / "elsewhere"
    assert main(["sweep", str(folder / "out" / "sweep.toml"), "--out", str(folder / "out")]) == 0


def test_a_damaged_row_in_the_middle_is_named(finished, file, capsys):
    table = finished / "points.csv"
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join([*lines[:3], "1,2\n", *lines[3:]]))
    assert main(["sweep", str(file), "--out", str(finished)]) == 2
    assert "points.csv: line 4: is no row of this table" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--axis", "thin/reduce.filter=1"], "did you mean 'thin/reduce.filters'?"),
        (["--axis", "thin/reduce.filters=1..1000000000"], "1,000,000,000 values"),
        (["--axis", "thin/reduce.filters=0"], "an integer from 1"),
        (["--where", "macs < 1"], "none of 12 points satisfies macs < 1"),
        (["--plot", "macs,time"], "'time' is no metric"),
        (["--plot", "macs"], "two are needed"),
        (["--photos", "."], "photos cannot be used"),
        (["--design", "thick"], "design 'thick' is unknown"),
    ],
)
def test_a_mistake_is_refused_and_no_row_is_written(options, words, file, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["sweep", str(file), "--out", str(out), *options]) == 2
    assert words in capsys.readouterr().err
    assert not (out / "points.csv").exists() or not rows_of(out)


def test_a_project_without_a_sweep_needs_an_axis(tmp_path, capsys):
    assert main(["sweep", START, "--out", str(tmp_path)]) == 2
    assert "--axis is missing" in capsys.readouterr().err


def test_a_full_disk_leaves_the_rows_before_and_the_sweep_continues(file, tmp_path, monkeypatch, capsys, qapp):
    out, write, count = tmp_path / "out", os.write, []

    def write_some(descriptor, content):
        if bytes(content[:1]).isdigit() and b"," in bytes(content):
            count.append(1)
            if len(count) == 5:
                write(descriptor, content[:7])
                raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, content)

    with monkeypatch.context() as full:
        full.setattr(os, "write", write_some)
        assert main(["sweep", str(file), "--out", str(out)]) == 2
    assert "No space left on device; 4 rows are complete, run again to continue" in capsys.readouterr().err
    assert len(rows_of(out)) == 4
    assert main(["sweep", str(file), "--out", str(out)]) == 0
    assert len(rows_of(out)) == 12


def test_a_program_that_is_killed_leaves_its_rows_and_another_one_continues(file, tmp_path, qapp):
    out = tmp_path / "out"
    words = [
        "sweep",
        str(file),
        "--axis",
        "thin/reduce.filters=1..40000",
        "--measure",
        "ms",
        "--where",
        "macs < 1e9",
        "--workers",
        "0",
    ]
    command = [sys.executable, str(ROOT / "main.py"), *words, "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    table = out / "points.csv"
    deadline = time.monotonic() + 60
    while not (table.exists() and table.stat().st_size > 4000) and time.monotonic() < deadline:
        time.sleep(0.02)
    refused = main([*words, "--out", str(out)])
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert refused == 2, "two programs do not write into one folder"
    before = rows_of(out)
    assert before
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    size = table.stat().st_size
    while table.stat().st_size < size + 1000 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    after = rows_of(out)
    assert after[: len(before) - 1] == before[:-1]
    assert [int(row["thin/reduce.filters"]) for row in after[:-1]] == list(range(1, len(after)))


# The manual

PAGE = page("sweeps")


def rows(heading, number=0):
    return {code_spans(row[0])[0]: row[1:] for row in tables(section(PAGE, heading))[number][1:]}


def test_every_setting_of_a_sweep_is_documented_with_its_default():
    documented = {name: cells[0].strip("`") for name, cells in rows("In a project file").items()}
    defaults = {field.name: field.default for field in msgspec.structs.fields(SweepSettings)}
    expected = {name: "required" if value is msgspec.NODEFAULT else value for name, value in defaults.items()}
    assert {name: text if text == "required" else eval(text) for name, text in documented.items()} == {
        name: list(value) if isinstance(value, tuple) else value for name, value in expected.items()
    }


def test_every_function_of_conditions_is_documented():
    spans = {span.split("(")[0] for span in code_spans(" ".join("|".join(r) for r in tables(PAGE)[3]))}
    assert set(constraints._FUNCTIONS) <= spans


def test_every_measure_is_documented():
    assert set(MEASURES) <= set(code_spans(section(PAGE, "What is measured")))


def test_the_sweep_of_the_manual_runs(tmp_path, qapp):
    (text,) = code(MANUAL / "sweeps.md", "toml")
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    assert main(["sweep", str(tmp_path / "p.toml"), "--out", str(tmp_path / "out")]) == 0
    assert len(rows_of(tmp_path / "out")) == 32

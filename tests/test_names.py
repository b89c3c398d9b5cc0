"""Names as frameworks and attackers write them, through files, the command line, runs and every export."""

import csv
import io
import json
from contextlib import suppress
from pathlib import Path
from unicodedata import normalize
from xml.dom import minidom

import numpy as np
import pytest

from engine.files.paths import RESOURCES
from engine.project.file import load_project
from engine.text.names import MAX_NODE_NAME, control_fault, name_fault, printable, quoted
from engine.text.spreadsheet import cell
from gui.command_line.main import main
from gui.export.pictures import well_formed

NAMES = (
    "model/conv2d/Relu;model/conv2d/BiasAdd",
    "StatefulPartitionedCall:0",
    "conv 1",
    "größe",
    "卷积",
    "تلافيف",
    "🧠 layer",
    "=1+1",
    "@sum",
    "-x",
    "+y",
    "a, b",
    "quote\"and'",
    "<b>&amp;",
    "]]>",
    "back\\slash",
    "../up",
    "/",
    "a|b`c*d",
    "%d {} $HOME",
    "x" * MAX_NODE_NAME,
)
CONTROLS = ("a\x1b[31mred", "a\nb", "a\tb", "a\rb", "bell\a", "a\x7f", "a\x9b31m", "a\u202eb", "a\u2066b", "a\u2028b")


def write_project(path: Path, nodes: list[dict[str, object]], **more: object) -> Path:
    data = {
        "format": 1,
        "input": {"kind": "noise", "shape": [2, 6, 6]},
        "designs": [{"name": '=d;"<&>', "nodes": nodes}],
        **more,
    }
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A project whose nodes have all the names, each referred to by the next, by a note and by a seed."""
    nodes: list[dict[str, object]] = [
        {"name": name, "kind": "conv2d", "filters": 2, "kernel": 1, **({"inputs": [before]} if before else {})}
        for before, name in zip(("", *NAMES), NAMES, strict=False)
    ]
    nodes[-1]["weights"] = {"source": "seed", "design": '=d;"<&>', "node": NAMES[0]}
    notes = [{"text": "note", "design": '=d;"<&>', "node": name} for name in NAMES]
    return write_project(tmp_path / "p.json", nodes, notes=notes)


def test_names_are_read_as_they_are_written(file):
    assert tuple(node.name for node in load_project(file).project.designs[0].network.nodes) == NAMES


def test_the_names_of_tensorflow_lite_are_read(tmp_path, capsys):
    name = "model/conv2d/Relu;model/conv2d/BiasAdd"
    path = write_project(tmp_path / "p.json", [{"name": name, "kind": "conv2d", "filters": 4, "kernel": 3}])
    assert main(["analyze", str(path), "--format", "netron"]) == 0
    assert {row["target"] for row in json.loads(capsys.readouterr().out)["metrics"]} >= {name}


@pytest.mark.parametrize("report_format", ["table", "csv", "tsv", "markdown", "latex", "json", "netron"])
def test_every_format_of_the_report_has_every_name(report_format, file, capsys):
    assert main(["analyze", str(file), "--format", report_format]) == 0
    text = capsys.readouterr().out
    if report_format in ("csv", "tsv"):
        rows = list(csv.DictReader(io.StringIO(text), delimiter="," if report_format == "csv" else "\t"))
        assert [row["node"] for row in rows[:-1]] == [cell(name) for name in NAMES]
        assert [row["inputs"] for row in rows[:3]] == ["input", NAMES[0], NAMES[1]]
        assert rows[NAMES.index("a, b") + 1]["inputs"] == '"a, b"', "else it would be two inputs"
        cells = [value for row in rows for value in row.values()]
        assert not [value for value in cells if value.startswith(("=", "+", "-", "@"))]
    elif report_format in ("json", "netron"):
        data = json.loads(text)
        found = [node["name"] for node in data["designs"][0]["nodes"]] if report_format == "json" else None
        assert found in (None, list(NAMES))
    else:
        assert all(name in text for name in NAMES if name.isalnum())


def test_a_run_writes_every_volume_under_the_name_of_its_node(file, tmp_path):
    assert main(["run", str(file), "--out", str(tmp_path / "out")]) == 0
    [path] = (tmp_path / "out").glob("*.npz")
    with np.load(path) as volumes:
        assert tuple(volumes) == NAMES
        assert np.isfinite(volumes[NAMES[0]]).all()


@pytest.mark.parametrize("name", ["StatefulPartitionedCall:0", "größe", "卷积", "-x", "a, b", "=1+1"])
def test_a_node_is_selected_on_the_command_line_by_its_name(name, file, tmp_path, qapp):
    options = ["export", str(file), "--out", str(tmp_path / "out"), "--views", "inspector", f"--node={name}"]
    assert main(options) == 0


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_found_however_a_terminal_composes_its_letters(form, tmp_path, capsys):
    path = write_project(
        tmp_path / "p.json", [{"name": normalize("NFD", "größe"), "kind": "conv2d", "filters": 1, "kernel": 1}]
    )
    main(["bottleneck", str(path), "--node", normalize(form, "größe")])
    assert "is unknown" not in capsys.readouterr().err
    main(["bottleneck", str(path), "--node", "grosse"])
    assert "is unknown" in capsys.readouterr().err


def test_every_svg_is_well_formed(file, tmp_path, qapp):
    assert main(["export", str(file), "--out", str(tmp_path / "out"), "--format", "svg"]) == 0
    pictures = sorted((tmp_path / "out").glob("*.svg"))
    assert len(pictures) >= 5
    for picture in pictures:
        minidom.parse(str(picture))


def test_characters_that_xml_forbids_are_replaced():
    svg = "<svg><text>a\x00\x01\x1b\x0b\ufffe\uffff\U0001ffff b</text></svg>".encode("utf-8", "surrogatepass")
    text = minidom.parseString(well_formed(svg)).documentElement.firstChild.firstChild.data
    assert text == "a" + 6 * "\ufffd" + "\U0001ffff b"


def test_the_svg_of_a_photo_with_a_control_character_in_its_name_is_well_formed(tmp_path, qapp):
    photo = tmp_path / "a\x01\x1b[31m.png"
    photo.write_bytes((RESOURCES / "photos" / "chelsea.png").read_bytes())
    given = {"kind": "image", "path": str(photo), "size": [8, 8]}
    path = write_project(tmp_path / "p.json", [{"name": "c", "kind": "lrn"}], input=given, title="a\tb")
    assert main(["export", str(path), "--out", str(tmp_path / "out"), "--format", "svg", "--views", "volumes"]) == 0
    minidom.parse(str(tmp_path / "out" / "volumes.svg"))


@pytest.mark.parametrize("name", CONTROLS)
@pytest.mark.parametrize("where", ["node", "design", "inputs", "title", "note", "seed", "low_rank"])
def test_a_control_character_is_refused_wherever_it_stands(name, where, tmp_path, capsys):
    if where in ("title", "note") and name in ("a\nb", "a\tb"):
        return  # texts may have lines
    node: dict[str, object] = {"name": "c", "kind": "conv2d", "filters": 2, "kernel": 1}
    more: dict[str, object] = {}
    match where:
        case "node":
            node["name"] = name
        case "inputs":
            node["inputs"] = [name]
        case "seed":
            node["weights"] = {"source": "seed", "design": name, "node": "c"}
        case "low_rank":
            of = {"source": "preset", "name": "identity"}
            node["weights"] = {"source": "low_rank", "form": "1x1+kxk", "nodes": [name, "c"], "of": of}
        case "title":
            more["title"] = name
        case "note":
            more["notes"] = [{"text": name}]
        case "design":
            more["designs"] = [{"name": name, "nodes": []}]
    assert main(["analyze", str(write_project(tmp_path / "p.json", [node], **more))]) == 2
    message = capsys.readouterr().err
    assert "is a control character; leave it out" in message
    assert not control_fault(message, "\n")


@pytest.mark.parametrize("name", ["/" * 10**6, "x" * 1001, "卷" * 5000])
def test_an_overlong_name_is_refused_in_a_short_message(name, tmp_path, capsys):
    assert main(["analyze", str(write_project(tmp_path / "p.json", [{"name": name, "kind": "lrn"}]))]) == 2
    message = capsys.readouterr().err
    assert f"a name has at most 1,000 characters, not {len(name):,}" in message
    assert len(message) < 500


def test_escapes_in_unknown_options_and_names_of_files_do_not_reach_the_terminal(tmp_path, capsys):
    for words in (["analyze", "a\x1b[31m.toml"], ["analyze", "p", "--\x1b[31m"], ["analyze", "p", "--format", "\x9b"]):
        with suppress(SystemExit):  # which argparse raises
            assert main(words) == 2
        captured = capsys.readouterr()
        assert captured.err
        assert not control_fault(captured.err + captured.out, "\n")


def test_names_of_files_are_escaped_in_output(tmp_path, capsys, qapp):
    path = write_project(tmp_path / "p.json", [{"name": "c", "kind": "lrn"}])
    out = tmp_path / "out\x1b[31m\u202e"
    assert main(["export", str(path), "--out", str(out), "--views", "bars"]) == 0
    assert (out / "bars.png").exists()
    captured = capsys.readouterr()
    assert not control_fault(captured.out + captured.err, "\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1", "'=1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@a", "'@a"),
        (" =1", "' =1"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("", ""),
        (-1, -1),
        (-1.5, -1.5),
    ],
)
def test_a_cell_is_a_text_or_a_number_but_no_formula(text, expected):
    assert cell(text) == expected


def test_names_are_judged_by_what_can_be_seen():
    assert not any(map(name_fault, NAMES))
    assert all(map(name_fault, (*CONTROLS, "", " ", "\u3000", "a\ud800", "a\ufffe")))


def test_long_names_in_messages_differ_if_their_ends_do():
    first, second = ("n" * 500 + end for end in "ab")
    assert quoted(first) != quoted(second)
    assert len(quoted(first)) < 130


def test_escapes_are_those_of_json():
    text = "a\x1b\x9b\u202e\U0001ffff"
    assert json.loads(f'"{printable(text)}"') == text
    assert printable("two\nlines\tß 卷") == "two\nlines\tß 卷"


def test_a_message_proposes_some_of_many_names(tmp_path, capsys):
    nodes = [{"name": f"layer{number}", "kind": "lrn"} for number in range(3000)]
    path = write_project(tmp_path / "p.json", nodes)
    assert main(["export", str(path), "--out", str(tmp_path / "o"), "--node", "?"]) == 2
    message = capsys.readouterr().err
    assert "and 2,940 more" in message
    assert len(message) < 2000

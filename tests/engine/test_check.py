"""The check of a project before it runs: every mistake once, at its place, and a key for each volume to compute."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from engine.layers import Activation, Add, Concat, Conv2d, Dropout
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.network.node_ref import STEM
from engine.network.weight_specs import FileWeights, PresetWeights
from engine.project.project import Design, Project
from engine.run.check import check, place_in_file
from engine.shapes import Shape
from engine.text.problems import Problem, ProjectError
from tests.engine.array_files import npy

INPUT_SPEC = NoiseInput((8, 12, 12))
RELU = Activation(function="relu")


def conv(name, filters=4, kernel=3, inputs=(), weights=None, **settings):
    return Node(name, Conv2d(filters=filters, kernel=kernel, **settings), inputs, weights)


def project(*nodes, spec=INPUT_SPEC, stem=None):
    return Project(spec, (Design("a", Network(nodes)),), None if stem is None else Network(stem))


def problems(*nodes, **more):
    return [(p.place, p.design, p.node, p.setting, p.text) for p in check(project(*nodes, **more)).problems]


MISTAKES = {
    "duplicate names": (
        (conv("c"), conv("c")),
        1,
        "name",
        "c: name 'c' is taken by another layer above it; names must differ",
    ),
    "a node called input": (
        (conv("input"),),
        0,
        "name",
        "input: name 'input' is reserved for the input of the design; choose another",
    ),
    "unknown input": (
        (conv("c"), Node("r", RELU, ("d",))),
        1,
        "inputs",
        "r: inputs: there is no node 'd'; known are 'input', 'c'",
    ),
    "its own input": (
        (conv("c", inputs=("c",)),),
        0,
        "inputs",
        "c: inputs: a cycle, c → c; no node can be its own input",
    ),
    "kernel too large": (
        (conv("c", kernel=(3, 15), padding="valid"),),
        0,
        "kernel",
        "c: kernel 3×15 is larger than its padded input 12×12: make it at most that, or pad more",
    ),
    "groups": (
        (conv("c", filters=6, groups=3),),
        0,
        "groups",
        "c: groups 3 does not divide the 8 input channels: use 2",
    ),
    "concat": (
        (conv("c", stride=2), Node("j", Concat(), ("c", "input"))),
        1,
        "inputs",
        "j: inputs: 'input' is 8×12×12 and 'c' is 4×6×6; concat needs equal heights and widths, here 6×6",
    ),
    "add": (
        (conv("c"), Node("j", Add(), ("c", "input"))),
        1,
        "inputs",
        "j: inputs: 'input' is 8×12×12 and 'c' is 4×12×12; add needs equal shapes, or axes of size 1",
    ),
    "too few inputs": ((Node("j", Add()),), 0, "inputs", "j: inputs: 1 given; add joins at least 2"),
    "too many inputs": (
        (conv("c"), Node("r", RELU, ("c", "input"))),
        1,
        "inputs",
        "r: inputs: 2 given; activation takes 1",
    ),
    "weights": (
        (conv("c", kernel=1, weights=PresetWeights("sobel")),),
        0,
        "weights",
        "c: weights: preset 'sobel' needs a kernel of at least 3×3; this one is 1×1",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_reported_at_its_node_and_setting_with_the_remedy(case):
    nodes, index, setting, text = MISTAKES[case]
    place = f"nodes[{index}].{setting}"
    assert problems(*nodes) == [(f"$.designs[0].{place}", "a", nodes[index].name, setting, text)]
    assert problems(stem=nodes)[0] == (f"$.stem.{place}", STEM, nodes[index].name, setting, text)


def test_a_cycle_names_its_nodes_at_each_of_them():
    mistakes = problems(conv("c", inputs=("e",)), conv("d"), conv("e"), conv("f"))
    assert [(place, node) for place, _, node, _, _ in mistakes] == [
        ("$.designs[0].nodes[0].inputs", "c"),
        ("$.designs[0].nodes[1].inputs", "d"),
        ("$.designs[0].nodes[2].inputs", "e"),
    ]
    assert all("c → d → e → c" in text for *_, text in mistakes)


def test_every_mistake_of_every_network_is_reported_at_once_and_its_consequences_are_not(tmp_path):
    wrong = Network((conv("c", kernel=99, padding="valid"), conv("after"), conv("groups", inputs=("input",), groups=5)))
    spec = ImageInput(str(tmp_path / "no.png"), mean=(1.0, 2.0))
    stem = Network((conv("s", weights=FileWeights(str(tmp_path / "no.npz"))),))
    several = Project(INPUT_SPEC, (Design("a", wrong), Design("b", wrong), Design("b", wrong)))
    places = ("nodes[0].kernel", "nodes[2].groups", "nodes[2].groups")
    assert [problem.place for problem in check(several).problems] == [
        "$.designs[2].name",
        *(f"$.designs[{index}].{place}" for index in range(3) for place in places),
    ]
    input_and_stem = check(Project(spec, (), stem))
    assert [problem.place for problem in input_and_stem.problems] == [
        "$.input.mean",
        "$.input.path",
        "$.stem.nodes[0].weights",
    ]


def test_a_name_of_two_designs_refers_to_the_first():
    twice = Project(INPUT_SPEC, (Design("a", Network((conv("c"),))), Design("a", Network((conv("d"), conv("e"))))))
    project_check = check(twice)
    assert [report.name for report in project_check.analyses["a"].reports] == ["c"]
    assert ("a", "d") not in project_check
    assert ("a", "d") not in project_check.keys
    problem = project_check.problems[0]
    assert (problem.text, problem.place) == (
        "design name 'a' is taken by another design before it; names must differ",
        "$.designs[1].name",
    )
    assert (problem.design, problem.node, problem.setting) == ("a", "", "name")


def test_a_mistake_of_the_input_is_reported_at_the_input(tmp_path):
    np.save(tmp_path / "flat.npy", np.zeros(3, np.float32))
    for spec, setting in (
        (ImageInput(str(tmp_path / "no.png")), "path"),
        (ArrayInput(str(tmp_path / "no.npy")), "path"),
        (ArrayInput(str(tmp_path / "flat.npy")), "key"),
        (ImageInput("resources:photos/chelsea.png", std=(0.0,)), "std"),
        (ImageInput("resources:photos/chelsea.png", crop=(0, 0, 301, 10)), "crop"),
    ):
        project_check = check(project(conv("c"), spec=spec))
        [problem] = project_check.problems
        assert (problem.place, problem.design, problem.node, problem.setting) == (
            f"$.input.{setting}",
            STEM,
            INPUT,
            setting,
        )
        assert project_check.input_shape is None
        assert project_check.keys == {}
        assert project_check.reports["a", "c"].output_shape is None


def test_designs_receive_the_stems_last_volume():
    project_check = check(project(conv("c"), stem=(conv("s", 16, stride=2),)))
    assert list(project_check.analyses) == [STEM, "a"]
    assert project_check.analyses["a"].input_shape == Shape(16, 6, 6)
    assert project_check.keys["a", INPUT] == project_check.keys[STEM, "s"]
    assert (STEM, INPUT) in project_check
    assert ("a", INPUT) in project_check
    assert ("b", INPUT) not in project_check
    assert ("a", "d") not in project_check


def test_an_empty_stem_passes_the_input_on():
    project_check = check(project(conv("c"), stem=()))
    assert project_check.problems == ()
    assert project_check.keys["a", INPUT] == project_check.keys[STEM, INPUT]


def key(case, node="c", design="a"):
    return check(case).keys[design, node]


BASE = project(conv("c"), Node("r", RELU))


def test_a_key_stays_if_nothing_that_makes_its_volume_changes():
    renamed = replace(BASE, title="other", designs=(*BASE.designs, Design("b", Network())))
    assert check(renamed).keys.items() >= check(BASE).keys.items()
    later = project(conv("c"), Node("r", RELU), conv("d"))
    assert key(later, "r") == key(BASE, "r")
    preset = conv("c", weights=PresetWeights("box"))
    assert key(project(preset)) == key(replace(project(preset), seed=5))


def test_a_key_changes_with_layer_weights_input_and_the_layers_before():
    others = [
        project(conv("c", 5), Node("r", RELU)),
        project(conv("c", weights=PresetWeights("box")), Node("r", RELU)),
        project(conv("c"), Node("r", RELU), spec=NoiseInput((8, 12, 12), 1)),
        project(conv("c"), Node("r", RELU), stem=(Node("s", Dropout()),)),
        replace(BASE, seed=1),
        replace(BASE, designs=(Design("b", BASE.designs[0].network),)),
    ]
    photo = ImageInput("resources:photos/chelsea.png", (12, 12))
    others += [project(conv("c"), Node("r", RELU), spec=replace(photo, crop=crop)) for crop in ((), (0, 0, 9, 9))]
    keys = [key(case, "r", case.designs[0].name) for case in (BASE, *others)]
    assert len(set(keys)) == len(keys)


def test_keys_follow_the_files_that_a_project_names(tmp_path):
    weight, volume = tmp_path / "w.npy", tmp_path / "v.npy"

    def write(path, array):
        path.write_bytes(npy(array.astype(np.float32)))

    write(weight, np.zeros((4, 8, 3, 3)))
    write(volume, np.zeros((8, 12, 12)))
    case = project(conv("c", bias=False, weights=FileWeights(str(weight))), spec=ArrayInput(str(volume)))
    before = key(case)
    assert key(case) == before
    weight.write_bytes(weight.read_bytes() + b" ")
    middle = key(case)
    volume.write_bytes(volume.read_bytes() + b" ")
    assert len({before, middle, key(case)}) == 3


def test_the_status_of_a_file_is_read_once_however_many_nodes_name_it(tmp_path, monkeypatch):
    path = tmp_path / "w.npz"
    np.savez(path, weight=np.zeros((8, 8, 3, 3), np.float32), bias=np.zeros(8, np.float32))
    names, stat = [], Path.stat
    monkeypatch.setattr(Path, "stat", lambda self, **more: names.append(self.name) or stat(self, **more))
    missing = FileWeights(str(tmp_path / "no.npz"))
    nodes = [conv(f"c{n}", 8, weights=FileWeights(str(path))) for n in range(20)]
    nodes += [conv(f"d{n}", 8, weights=missing) for n in range(20)]
    assert len(check(project(*nodes)).problems) == 20
    assert sorted(names) == ["no.npz", "w.npz"]


def test_nodes_with_a_mistake_and_behind_one_have_no_key():
    project_check = check(project(conv("ok"), conv("bad", kernel=99, padding="valid"), conv("after")))
    assert set(project_check.keys) == {(STEM, INPUT), ("a", INPUT), ("a", "ok")}


def test_place_in_file_counts_designs_and_nodes_as_the_file_does():
    case = replace(project(conv("c"), stem=()), designs=(Design("a", Network()), Design("b", Network())))
    assert place_in_file(case, "b", 2, "filters") == "$.designs[1].nodes[2].filters"
    assert place_in_file(case, STEM, 0) == "$.stem.nodes[0]"


def test_an_error_lists_file_place_and_text_on_a_line_per_problem():
    error = ProjectError([Problem("is wrong", "$.seed"), Problem("is no file", "")], "p.toml")
    assert str(error) == "p.toml: $.seed: is wrong\np.toml: is no file"
    assert str(ProjectError([Problem("it does not exist", "")])) == "it does not exist"


def test_an_error_of_hundreds_of_problems_lists_the_first_and_their_number():
    lines = str(ProjectError([Problem("is wrong")] * 1500, "p.toml")).splitlines()
    assert len(lines) == 101
    assert lines[-1] == "p.toml: and 1,400 more problems"

"""Designs over a folder of photos: dead maps, copies and agreement, against naive counts."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.cost.counting import MACS
from engine.cost.metrics import Costs
from engine.explain.map_usage import MapUsage
from engine.files.photo_folder import photos_in
from engine.layers import Activation, Conv2d, Dense
from engine.network.graph import Network, Node
from engine.network.input_specs import ImageInput, NoiseInput
from engine.network.weight_specs import FileWeights
from engine.project.project import Design, Project
from engine.reports.differences import compare_designs
from engine.reports.photo_comparison import photo_comparison_data, photo_comparison_text
from engine.run.check import check
from engine.run.execute import Cancelled
from engine.run.photo_comparison import Agreement, ComparedPhoto, LayerUsage, agreement_of, compare_on_photos
from engine.text.problems import ProjectError
from tests.engine.checkpoints import proceed

CHANNELS = 6


def naive_usage(volumes):
    """Dead maps and copies by their definition, pair by pair."""
    count = len(volumes[0])
    dead = {c for c in range(count) if all(not volume[c].any() for volume in volumes)}

    def is_alike(i, j):
        for volume in volumes:
            a, b = volume[i].ravel().astype(float), volume[j].ravel().astype(float)
            both_dead = not a.any() and not b.any()
            is_flat = a.std() == 0 or b.std() == 0
            if not both_dead and (is_flat or np.corrcoef(a, b)[0, 1] <= 0.9999):
                return False
        return True

    return len(dead), len({j for j in range(count) for i in range(j) if j not in dead and is_alike(i, j)})


@given(st.lists(st.lists(st.integers(0, 4), min_size=CHANNELS, max_size=CHANNELS), min_size=1, max_size=3))
def test_dead_maps_and_copies_are_those_of_the_definition(kinds):
    """Kind 0 is a map of zeros, 1 and 2 are positive multiples of each other, 3 is another map, 4 a flat one."""
    random = np.random.default_rng(3)
    volumes = []
    for kind_of in kinds:
        patterns = random.normal(size=(2, 5, 7)).astype(np.float32)
        maps = [0 * patterns[0], patterns[0], 3 * patterns[0], patterns[1], np.ones((5, 7), np.float32)]
        volumes.append(np.stack([maps[kind] for kind in kind_of]))
    usage = MapUsage()
    for volume in volumes:
        usage.add(volume)
    assert (usage.maps, usage.dead, usage.copies) == (CHANNELS, *naive_usage(volumes))


def test_single_values_have_no_copies_but_may_be_dead():
    usage = MapUsage()
    usage.add(np.array([0.0, 1.0, 1.0], np.float32).reshape(3, 1, 1))
    usage.add(np.array([0.0, 2.0, 2.0], np.float32).reshape(3, 1, 1))
    assert (usage.dead, usage.copies) == (1, 0)


def test_classifiers_agree_in_the_first_class_among_five_or_in_all_five():
    first = np.array([9, 8, 7, 6, 5, 1, 0], np.float32)
    assert agreement_of(first, first) == (True, True, True)
    assert agreement_of(first, np.array([8, 9, 7, 6, 5, 1, 0], np.float32)) == (False, True, True)
    assert agreement_of(first, np.array([9, 8, 7, 6, 1, 5, 0], np.float32)) == (True, True, False)
    assert agreement_of(first, np.array([8, 0, 7, 6, 5, 1, 9], np.float32)) == (False, False, False)


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(1)
    for number in range(3):
        pixels = random.integers(0, 255, (9, 9, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    (tmp_path / "notes.txt").write_text("no photo")
    return tmp_path


def project_of(folder, first=(), second=()):
    """Two classifiers of three classes whose first layer has a dead map and a copy."""
    weight = np.zeros((4, 3, 1, 1), np.float32)
    weight[0, 0], weight[1, 0], weight[2, 1] = 1, 2, 1
    np.savez(folder / "w.npz", weight=weight, bias=np.zeros(4, np.float32))
    conv = Node("conv", Conv2d(4, 1), (), FileWeights(str(folder / "w.npz"), "weight", "bias"))
    nodes = (conv, Node("relu", Activation("relu")), Node("dense", Dense(7)))
    designs = (Design("a", Network((*nodes, *first))), Design("b", Network((*nodes, *second))))
    return Project(ImageInput("resources:photos/chelsea.png", (8, 8)), designs)


def result_of(project, folder, designs=("a", "b")):
    *progress, result = compare_on_photos(project, designs, photos_in(folder), proceed)
    assert [event.done for event in progress] == list(range(len(photos_in(folder))))
    assert all(isinstance(event, ComparedPhoto) for event in progress)
    return result


def test_a_folder_of_photos_shows_dead_maps_copies_and_agreement(folder):
    result = result_of(project_of(folder), folder)
    assert result.photos == 3
    assert result.skipped == ()
    assert result.usage["a", "conv"] == result.usage["b", "relu"] == LayerUsage(4, 1, 1)
    assert result.error > 0  # the dense layers have random weights of their own
    assert result.agreement.first <= result.agreement.five <= 3
    same = result_of(project_of(folder), folder, ("a",))
    assert same.usage["a", "dense"] == LayerUsage(7, 0, 0)


def test_equal_designs_agree_on_every_photo(folder):
    project = project_of(folder)
    a, b = project.designs
    weights = FileWeights(str(folder / "d.npz"), "weight", "bias")
    random = np.random.default_rng(2)
    np.savez(folder / "d.npz", weight=random.normal(size=(7, 256)).astype(np.float32), bias=np.zeros(7, np.float32))
    last = Node("dense", Dense(7), (), weights)
    project = project.with_designs(
        Design(d.name, d.network.with_node_replaced("dense", last), d.colour) for d in (a, b)
    )
    result = result_of(project, folder)
    assert result.error == 0
    assert result.agreement == Agreement(3, 3, 3)


def test_volumes_of_different_shapes_have_no_error_and_maps_no_agreement(folder):
    result = result_of(project_of(folder, second=(Node("end", Dense(5)),)), folder)
    assert (result.error, result.agreement) == (None, None)


def test_a_photo_that_cannot_be_read_is_left_out_and_named(folder):
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnonsense")
    result = result_of(project_of(folder), folder)
    assert result.photos == 3
    ((path, text),) = result.skipped
    assert Path(path).name == "bad.png"
    assert "bad.png" in text


@pytest.mark.parametrize("name", ["no input", "mistake", "no photo", "absent"])
def test_what_cannot_be_compared_is_refused(folder, name):
    project, photos = project_of(folder), folder
    if name == "no input":
        project = Project(NoiseInput((3, 8, 8)), project.designs)
    elif name == "mistake":
        project = project_of(folder, first=(Node("end", Conv2d(1, 9, padding="valid")),))
    else:
        photos = folder / "sub"
        if name == "no photo":
            photos.mkdir()
            (photos / "bad.png").write_bytes(b"nonsense")
    with pytest.raises(ProjectError):
        list(compare_on_photos(project, ("a", "b"), photos_in(photos), proceed))


def test_a_comparison_can_be_cancelled(folder):
    def cancel():
        raise Cancelled

    with pytest.raises(Cancelled):
        list(compare_on_photos(project_of(folder), ("a", "b"), photos_in(folder), cancel))


def test_the_comparison_as_text_and_as_data(folder):
    project = project_of(folder)
    differences = compare_designs(Costs(check(project), MACS), "a", "b")
    result = result_of(project, folder)
    text = photo_comparison_text(result, differences)
    assert "3 photos: the last volumes differ by " in text
    assert f"Same most likely class: {result.agreement.first} of 3" in text
    (line,) = (line for line in text.splitlines() if line.startswith("conv "))
    assert line.split() == ["conv", "4", "1", "1", "4", "1", "1"]
    assert "dense" not in text
    data = json.loads(json.dumps(photo_comparison_data(result, differences)))
    assert data["photos"] == 3
    assert data["layers"][0] == {"first": "conv", "second": "conv", "maps": [4, 4], "dead": [1, 1], "copies": [1, 1]}

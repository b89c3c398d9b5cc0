"""Receptive fields against what one pixel of the input reaches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import receptive
from engine.check import check
from engine.files import RESOURCES
from engine.layers import Activation, Add, AvgPool2d, Concat, Conv2d, Dense, GlobalAvgPool2d, Layer, MaxPool2d
from engine.network import INPUT, Network, Node
from engine.problems import STEM
from engine.project import Design, NoiseInput, Project
from engine.project_file import load
from tests.engine.checkpoints import proceed

SIDE = 13


def project_of(*layers, stem=()):
    def network(made):
        return Network(tuple(Node(f"n{number}", layer) for number, layer in enumerate(made)))

    return Project(NoiseInput((1, SIDE, SIDE)), (Design("d", network(layers)),), network(stem) if stem else None)


def seen(analysis, name):
    """Per value of the volume called `name` the pixels of the input that move it: ones go through all-one weights."""
    touched = []
    for at in range(SIDE * SIDE):
        volume = np.zeros((1, SIDE, SIDE), np.float32)
        volume.reshape(-1)[at] = 1
        volumes = {INPUT: volume}
        for report in analysis.reports:
            ones = {
                role: np.ones(shape, np.float32) * (role == "weight") for role, shape in report.array_shapes.items()
            }
            assert isinstance(report.layer, Layer)
            volumes[report.name] = report.layer.forward([volumes[n] for n in report.inputs], ones, proceed)
        touched.append(volumes[name].any(axis=0))
    return np.array(touched).reshape(SIDE, SIDE, *touched[0].shape)


def bounds(mask):
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return rows[0], columns[0], rows[-1] + 1, columns[-1] + 1


def clipped(window):
    return tuple(int(np.clip(edge, 0, SIDE)) for edge in window)


sizes = st.integers(1, 3)
convolutions = st.builds(
    Conv2d,
    filters=st.just(2),
    kernel=st.tuples(sizes, sizes),
    stride=st.integers(1, 2),
    padding=st.sampled_from(["same", "valid", 1]),
    dilation=st.integers(1, 2),
)
pools = st.one_of(
    st.builds(MaxPool2d, kernel=st.integers(2, 3), stride=st.integers(1, 2), padding=st.integers(0, 1)),
    st.builds(AvgPool2d, kernel=st.integers(2, 3), stride=st.integers(1, 2), padding=st.integers(0, 1)),
)


layers = st.one_of(convolutions, pools, st.just(Activation("relu")))
keeping = st.builds(
    Conv2d, filters=st.just(2), kernel=st.tuples(sizes, sizes), dilation=st.integers(1, 2), padding=st.just("same")
)


@st.composite
def networks(draw):
    """Up to two layers, branches that meet, and up to two layers behind."""
    nodes = [Node(f"before{number}", layer) for number, layer in enumerate(draw(st.lists(layers, max_size=2)))]
    if draw(st.booleans()):
        source = nodes[-1].name if nodes else INPUT
        branches = draw(st.lists(st.lists(keeping, min_size=1, max_size=2), min_size=2, max_size=3))
        ends = []
        for branch, made in enumerate(branches):
            for number, layer in enumerate(made):
                nodes.append(Node(f"b{branch}_{number}", layer, () if number else (source,)))
            ends.append(nodes[-1].name)
        nodes.append(Node("meet", draw(st.sampled_from([Concat(), Add()])), tuple(ends)))
    nodes += [Node(f"behind{number}", layer) for number, layer in enumerate(draw(st.lists(layers, max_size=2)))]
    return Network(tuple(nodes))


@given(networks())
def test_the_window_and_region_of_a_value_are_where_pixels_move_it(network):
    known = check(Project(NoiseInput((1, SIDE, SIDE)), (Design("d", network),)))
    analysis = known.analyses["d"]
    if analysis.output_shape is None:
        return
    field = receptive.fields(known)["d", analysis.output]
    touched = seen(analysis, analysis.output) if network.nodes else np.eye(SIDE * SIDE).reshape((SIDE,) * 4)
    _, height, width = analysis.output_shape
    for y in {0, 1 % height, height // 2, height - 1}:
        for x in {0, 1 % width, width // 2, width - 1}:
            moved = touched[:, :, y, x]
            region, window = receptive.region(known, ("d", analysis.output), y, x), field.window(y, x)
            assert region == (bounds(moved) if moved.any() else None)
            if clipped(window) == window:
                assert region == window
            elif region is not None:
                (low, before, high, behind), (top, left, bottom, right) = clipped(window), region
                assert low <= top < bottom <= high
                assert before <= left < right <= behind


@pytest.mark.parametrize(
    ("layers", "size", "step"),
    [
        ([Conv2d(1, 3)], (3, 3), (1, 1)),
        ([Conv2d(1, 3), Conv2d(1, 3)], (5, 5), (1, 1)),
        ([Conv2d(1, 3, dilation=2)], (5, 5), (1, 1)),
        ([MaxPool2d(2), Conv2d(1, 3)], (6, 6), (2, 2)),
        ([Conv2d(1, (1, 5), stride=(1, 2))], (1, 5), (1, 2)),
        ([Conv2d(1, 1), Activation("relu")], (1, 1), (1, 1)),
    ],
)
def test_windows_grow_by_the_kernel_and_step_by_the_stride(layers, size, step):
    known = check(project_of(*layers))
    field = receptive.fields(known)["d", f"n{len(layers) - 1}"]
    assert (field.size, field.step) == (size, step)


@pytest.mark.parametrize("layer", [GlobalAvgPool2d(), Dense(3)])
def test_global_pooling_and_dense_layers_see_all_that_reaches_them(layer):
    known = check(project_of(Conv2d(1, 3), layer))
    field = receptive.fields(known)["d", "n1"]
    assert field.size == (SIDE + 2, SIDE + 2)
    assert clipped(field.window(0, 0)) == (0, 0, SIDE, SIDE)


@pytest.mark.parametrize("merge", [Concat(), Add()])
def test_branches_that_meet_see_the_largest_window_of_them(merge):
    nodes = (
        Node("3x3", Conv2d(2, 3), (INPUT,)),
        Node("5x5", Conv2d(2, 5), (INPUT,)),
        Node("meet", merge, ("3x3", "5x5")),
    )
    project = Project(NoiseInput((1, SIDE, SIDE)), (Design("d", Network(nodes)),))
    assert receptive.fields(check(project))["d", "meet"].size == (5, 5)


def test_fields_go_through_the_stem_to_the_projects_input():
    known = check(project_of(Conv2d(1, 3), stem=[Conv2d(1, 3), MaxPool2d(2)]))
    fields = receptive.fields(known)
    assert fields[STEM, "n1"].size == fields["d", INPUT].size == (4, 4)
    assert fields["d", "n0"].size == (8, 8)


def test_the_field_behind_a_mistake_is_unknown():
    known = check(project_of(Conv2d(1, 30, padding="valid"), Conv2d(1, 3)))
    assert not {("d", "n0"), ("d", "n1")} & set(receptive.fields(known))
    assert receptive.region(known, ("d", "n1"), 0, 0) is None


def test_branches_of_one_value_each_see_together_what_they_see_whatever_their_steps():
    nodes = (
        Node("mean", GlobalAvgPool2d(), (INPUT,)),
        Node("halved", MaxPool2d(2), (INPUT,)),
        Node("mean_halved", GlobalAvgPool2d()),
        Node("meet", Concat(), ("mean", "mean_halved")),
    )
    project = Project(NoiseInput((1, SIDE, SIDE)), (Design("d", Network(nodes)),))
    assert receptive.fields(check(project))["d", "meet"].size == (SIDE, SIDE)


def test_the_region_of_a_value_goes_through_the_stem_and_ends_at_the_border():
    known = check(project_of(Conv2d(1, 3), stem=[Conv2d(1, 3), MaxPool2d(2)]))
    assert receptive.region(known, ("d", "n0"), 0, 0) == (0, 0, 5, 5)
    assert receptive.region(known, ("d", "n0"), 3, 2) == (3, 1, 11, 9)
    assert receptive.region(known, ("d", INPUT), 3, 2) == (5, 3, 9, 7)
    assert receptive.region(known, (STEM, INPUT), 3, 2) == (3, 2, 4, 3)


def test_a_corner_that_two_branches_reach_in_the_padding_alone_sees_nothing():
    # Together they span the rows and columns of a pixel that neither of them reads.
    nodes = (
        Node("padded", Conv2d(2, 1, padding=1)),
        Node("across", Conv2d(2, (1, 2)), ("padded",)),
        Node("down", Conv2d(2, (2, 1)), ("padded",)),
        Node("meet", Concat(), ("across", "down")),
    )
    known = check(Project(NoiseInput((1, SIDE, SIDE)), (Design("d", Network(nodes)),)))
    assert receptive.region(known, ("d", "meet"), 0, 0) is None
    assert receptive.region(known, ("d", "meet"), 0, 1) == (0, 0, 1, 1)


def test_the_region_of_a_block_is_that_of_its_output():
    known = check(load(RESOURCES / "projects" / "inception_3a_192.toml").project)
    output = known.block(("naive", "inception_3a")).output
    regions = {receptive.region(known, ("naive", name), 14, 14) for name in ("inception_3a", output)}
    assert regions == {receptive.fields(known)["naive", output].window(14, 14)}


def test_vgg_sees_212_pixels_at_its_last_pooling():
    known = check(load(RESOURCES / "projects" / "vgg16.toml").project)
    assert receptive.fields(known)["VGG-16", "pool5"].size == (212, 212)
    assert receptive.fields(known)["VGG-16", "pool5"].step == (32, 32)


@pytest.mark.parametrize(
    ("project", "design", "node", "size"),
    [
        ("alexnet", "AlexNet", "pool5", 195),
        ("vgg16", "VGG-16", "pool5", 212),
        ("resnet50", "v1", "conv5_3", 483),
        ("mobilenet_v1", "MobileNet v1", "conv14", 315),
    ],
)
def test_published_networks_have_the_published_receptive_fields(project, design, node, size):
    # Source: A. Araujo, W. Norris, J. Sim, Computing receptive fields of convolutional neural networks, Distill, 2019.
    known = check(load(RESOURCES / "projects" / f"{project}.toml").project)
    block = known.block((design, node))
    place = (design, block.output if block else node)
    assert receptive.fields(known)[place].size == (size, size)

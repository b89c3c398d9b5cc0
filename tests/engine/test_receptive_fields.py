"""Receptive fields and regions against the values that single pixels change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cost import receptive_fields
from engine.cost.metrics import Costs, metric_by_id
from engine.cost.receptive_fields import split_window
from engine.files.paths import RESOURCES
from engine.layers import (
    Activation,
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    Concat,
    Conv2d,
    Dense,
    Flatten,
    GlobalAvgPool2d,
    Layer,
    LocalResponseNorm,
    MaxPool2d,
    Mul,
    Reshape,
    Transpose,
)
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.file import load_project
from engine.project.project import Design, Project
from engine.run.check import check
from engine.shapes import Shape
from tests.engine import strategies
from tests.engine.checkpoints import proceed

SIDE = 13


def project_of(*layers, stem=()):
    def network(layers):
        return Network(tuple(Node(f"n{number}", layer) for number, layer in enumerate(layers)))

    return Project(NoiseInput((1, SIDE, SIDE)), (Design("d", network(layers)),), network(stem) if stem else None)


def reach(analysis, name):
    """The rows and the columns of the input that change each value of the volume `name`: arrays (2, SIDE, H, W).

    A row or a column of ones goes through all-one weights, so that no two of its pixels cancel each other out.
    """
    changed = []
    for line in (np.s_[:, at] if is_column else np.s_[at, :] for is_column in (False, True) for at in range(SIDE)):
        volume = np.zeros((1, SIDE, SIDE), np.float32)
        volume[0][line] = 1
        volumes = {INPUT: volume}
        for report in analysis.reports:
            ones = {
                role: np.ones(shape, np.float32) * (role == "weight") for role, shape in report.array_shapes.items()
            }
            assert isinstance(report.layer, Layer)
            volumes[report.name] = report.layer.forward([volumes[n] for n in report.inputs], ones, proceed)
        changed.append(volumes[name].any(axis=0))
    return np.array(changed).reshape(2, SIDE, *changed[0].shape)


def span(flags):
    """The first position that is flagged and the one past the last; None without any."""
    positions = np.flatnonzero(flags)
    return (positions[0], positions[-1] + 1) if positions.size else None


def bounds(changed, y, x):
    """Top, left, bottom and right (past the last) of the pixels that change the values at (y, x); None without any."""
    rows, columns = (span(lines[:, y, x]) for lines in changed)
    return None if rows is None or columns is None else (rows[0], columns[0], rows[1], columns[1])


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
same_size = st.builds(
    Conv2d, filters=st.just(2), kernel=st.tuples(sizes, sizes), dilation=st.integers(1, 2), padding=st.just("same")
)


@st.composite
def networks(draw):
    """Up to two layers, branches that meet, and up to two layers behind."""
    nodes = [Node(f"before{number}", layer) for number, layer in enumerate(draw(st.lists(layers, max_size=2)))]
    if draw(st.booleans()):
        source = nodes[-1].name if nodes else INPUT
        branches = draw(st.lists(st.lists(same_size, min_size=1, max_size=2), min_size=2, max_size=3))
        ends = []
        for branch, branch_layers in enumerate(branches):
            for number, layer in enumerate(branch_layers):
                nodes.append(Node(f"b{branch}_{number}", layer, () if number else (source,)))
            ends.append(nodes[-1].name)
        nodes.append(Node("meet", draw(st.sampled_from([Concat(), Add()])), tuple(ends)))
    nodes += [Node(f"behind{number}", layer) for number, layer in enumerate(draw(st.lists(layers, max_size=2)))]
    return Network(tuple(nodes))


def input_window(project_check, ref, y, x):
    """Top, left, bottom and right (past the last) of the input's pixels on which the values at (y, x) depend."""
    region = receptive_fields.regions_read(project_check, ref, None, y, x).get((STEM, INPUT))
    return None if region is None else region.window


@given(networks())
def test_the_window_and_region_of_a_value_cover_the_pixels_that_change_it(network):
    project_check = check(Project(NoiseInput((1, SIDE, SIDE)), (Design("d", network),)))
    analysis = project_check.analyses["d"]
    if analysis.output_shape is None:
        return
    field = receptive_fields.receptive_fields(project_check)["d", analysis.output]
    changed = reach(analysis, analysis.output)
    _, height, width = analysis.output_shape
    for y in {0, 1 % height, height // 2, height - 1}:
        for x in {0, 1 % width, width // 2, width - 1}:
            region, window = input_window(project_check, ("d", analysis.output), y, x), field.window(y, x)
            assert region == bounds(changed, y, x)
            if clipped(window) == window:
                assert region == window
            elif region is not None:
                (low, before, high, behind), (top, left, bottom, right) = clipped(window), region
                assert low <= top < bottom <= high
                assert before <= left < right <= behind


@pytest.mark.parametrize(
    ("layer", "size"),
    [
        (Reshape(1, SIDE), (1, 1)),
        (Reshape(SIDE, SIDE), (SIDE, SIDE)),
        (Flatten(), (SIDE, SIDE)),
        (Transpose("cwh"), (SIDE, SIDE)),
    ],
)
def test_the_field_of_moved_values_is_the_whole_input_unless_all_stay_and_each_reads_one_pixel(layer, size):
    project_check = check(project_of(layer))
    assert receptive_fields.receptive_fields(project_check)["d", "n0"].size == size
    read = receptive_fields.regions_read(project_check, ("d", "n0"), 0, 0, 0)
    top, left, bottom, right = read[STEM, INPUT].window
    assert (bottom - top, right - left) == (1, 1)


@given(
    st.lists(layers, max_size=1),
    st.builds(AdaptiveAvgPool2d, size=st.tuples(st.integers(1, 16), st.integers(1, 16))),
    st.lists(layers, max_size=1),
)
def test_the_region_of_a_value_behind_adaptive_pooling_is_that_of_the_pixels_that_change_it(before, pool, behind):
    project_check = check(project_of(*before, pool, *behind))
    analysis = project_check.analyses["d"]
    if analysis.output_shape is None:
        return
    changed = reach(analysis, analysis.output)
    _, height, width = analysis.output_shape
    for y, x in {(0, 0), (height // 2, width // 3), (height - 1, width - 1)}:
        assert input_window(project_check, ("d", analysis.output), y, x) == bounds(changed, y, x)


def test_windows_that_share_out_a_map_unevenly_have_no_field_of_one_size():
    project_check = check(project_of(AdaptiveAvgPool2d(6)))
    assert ("d", "n0") not in receptive_fields.receptive_fields(project_check)
    assert ("d", "n0") in receptive_fields.receptive_fields(check(project_of(AdaptiveAvgPool2d(SIDE))))


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
    project_check = check(project_of(*layers))
    field = receptive_fields.receptive_fields(project_check)["d", f"n{len(layers) - 1}"]
    assert (field.size, field.step) == (size, step)


@pytest.mark.parametrize("layer", [GlobalAvgPool2d(), Dense(3)])
def test_the_field_of_global_pooling_and_dense_layers_is_the_whole_input(layer):
    project_check = check(project_of(Conv2d(1, 3), layer))
    field = receptive_fields.receptive_fields(project_check)["d", "n1"]
    assert field.size == (SIDE + 2, SIDE + 2)
    assert clipped(field.window(0, 0)) == (0, 0, SIDE, SIDE)


@pytest.mark.parametrize("merge", [Concat(), Add()])
def test_the_field_where_branches_meet_is_the_largest_of_theirs(merge):
    nodes = (
        Node("3x3", Conv2d(2, 3), (INPUT,)),
        Node("5x5", Conv2d(2, 5), (INPUT,)),
        Node("meet", merge, ("3x3", "5x5")),
    )
    project = Project(NoiseInput((1, SIDE, SIDE)), (Design("d", Network(nodes)),))
    assert receptive_fields.receptive_fields(check(project))["d", "meet"].size == (5, 5)


@pytest.mark.parametrize(("along", "place"), [("rows", (SIDE + 3, 2)), ("columns", (3, SIDE + 2))])
def test_a_value_behind_joined_rows_or_columns_reads_its_own_input_alone(along, place):
    nodes = (
        Node("one", Activation("relu"), (INPUT,)),
        Node("other", Conv2d(1, 3, padding=1), (INPUT,)),
        Node("meet", Concat(along), ("one", "other")),
    )
    project_check = check(Project(NoiseInput((1, SIDE, SIDE)), (Design("d", Network(nodes)),)))
    assert input_window(project_check, ("d", "meet"), 3, 2) == (3, 2, 4, 3)
    assert input_window(project_check, ("d", "meet"), *place) == (2, 1, 5, 4)


def gated(*before_gate, join=Mul()):  # noqa: B008
    """A convolution whose maps are joined with what these layers make of them, and a convolution behind."""
    gate = [Node(f"gate{number}", layer) for number, layer in enumerate(before_gate)]
    join = Node("join", join, ("maps", gate[-1].name))
    network = Network((Node("maps", Conv2d(2, 3, stride=2)), *gate, join, Node("behind", Conv2d(2, 3))))
    return check(Project(NoiseInput((1, SIDE, SIDE)), (Design("d", network),)))


@pytest.mark.parametrize("join", [Mul(), Add()])
def test_every_value_behind_a_gate_of_whole_maps_reads_the_whole_input(join):
    project_check = gated(GlobalAvgPool2d(), Conv2d(2, 1), Activation("sigmoid"), join=join)
    fields = receptive_fields.receptive_fields(project_check)
    assert (fields["d", "maps"].size, fields["d", "maps"].step) == ((3, 3), (2, 2))
    for name in ("join", "behind"):
        assert fields["d", name].step == (0, 0)
        assert {clipped(fields["d", name].window(y, x)) for y in (0, 3) for x in (0, 6)} == {(0, 0, SIDE, SIDE)}
    assert input_window(project_check, ("d", "behind"), 3, 3) == (0, 0, SIDE, SIDE)


def test_a_value_behind_a_gate_reads_the_gate_of_its_own_channel_and_its_own_pixel():
    regions = receptive_fields.regions_read(gated(GlobalAvgPool2d()), ("d", "join"), 1, 2, 3)
    assert regions["d", "gate0"] == (0, 0, 1, 1, 1, 2)
    assert regions["d", "maps"] == (0, 0, 7, 7, 1, 2)
    by_pixel = receptive_fields.regions_read(gated(Conv2d(1, 1)), ("d", "join"), 1, 2, 3)
    assert by_pixel["d", "gate0"] == (2, 3, 3, 4, 0, 1)


def test_a_gate_that_reads_only_a_part_of_the_input_has_no_field_of_one_size():
    corner = Conv2d(2, 4, stride=13)
    fields = receptive_fields.receptive_fields(gated(corner))
    assert ("d", "gate0") in fields
    assert not {("d", "join"), ("d", "behind")} & set(fields)


def test_fields_go_through_the_stem_to_the_projects_input():
    project_check = check(project_of(Conv2d(1, 3), stem=[Conv2d(1, 3), MaxPool2d(2)]))
    fields = receptive_fields.receptive_fields(project_check)
    assert fields[STEM, "n1"].size == fields["d", INPUT].size == (4, 4)
    assert fields["d", "n0"].size == (8, 8)


def test_the_field_behind_a_mistake_is_unknown():
    project_check = check(project_of(Conv2d(1, 30, padding="valid"), Conv2d(1, 3)))
    assert not {("d", "n0"), ("d", "n1")} & set(receptive_fields.receptive_fields(project_check))
    assert input_window(project_check, ("d", "n1"), 0, 0) is None


def test_branches_of_one_value_each_meet_in_their_largest_field_whatever_their_steps():
    nodes = (
        Node("mean", GlobalAvgPool2d(), (INPUT,)),
        Node("halved", MaxPool2d(2), (INPUT,)),
        Node("mean_halved", GlobalAvgPool2d()),
        Node("meet", Concat(), ("mean", "mean_halved")),
    )
    project = Project(NoiseInput((1, SIDE, SIDE)), (Design("d", Network(nodes)),))
    assert receptive_fields.receptive_fields(check(project))["d", "meet"].size == (SIDE, SIDE)


def test_the_region_of_a_value_goes_through_the_stem_and_ends_at_the_border():
    project_check = check(project_of(Conv2d(1, 3), stem=[Conv2d(1, 3), MaxPool2d(2)]))
    assert input_window(project_check, ("d", "n0"), 0, 0) == (0, 0, 5, 5)
    assert input_window(project_check, ("d", "n0"), 3, 2) == (3, 1, 11, 9)
    assert input_window(project_check, ("d", INPUT), 3, 2) == (5, 3, 9, 7)
    assert input_window(project_check, (STEM, INPUT), 3, 2) == (3, 2, 4, 3)


def test_a_corner_that_two_branches_reach_in_the_padding_alone_has_no_region():
    # Together they span the rows and columns of a pixel that neither of them reads.
    nodes = (
        Node("padded", Conv2d(2, 1, padding=1)),
        Node("across", Conv2d(2, (1, 2)), ("padded",)),
        Node("down", Conv2d(2, (2, 1)), ("padded",)),
        Node("meet", Concat(), ("across", "down")),
    )
    project_check = check(Project(NoiseInput((1, SIDE, SIDE)), (Design("d", Network(nodes)),)))
    assert input_window(project_check, ("d", "meet"), 0, 0) is None
    assert input_window(project_check, ("d", "meet"), 0, 1) == (0, 0, 1, 1)


def test_the_region_of_a_block_is_that_of_its_output():
    project_check = check(load_project(RESOURCES / "projects" / "inception_3a_192.toml").project)
    output = project_check.block(("naive", "inception_3a")).output
    regions = {input_window(project_check, ("naive", name), 14, 14) for name in ("inception_3a", output)}
    assert regions == {receptive_fields.receptive_fields(project_check)["naive", output].window(14, 14)}


def test_the_field_of_the_last_pooling_of_vgg_is_212_pixels_with_a_step_of_32():
    project_check = check(load_project(RESOURCES / "projects" / "vgg16.toml").project)
    assert receptive_fields.receptive_fields(project_check)["VGG-16", "pool5"].size == (212, 212)
    assert receptive_fields.receptive_fields(project_check)["VGG-16", "pool5"].step == (32, 32)


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
    project_check = check(load_project(RESOURCES / "projects" / f"{project}.toml").project)
    block = project_check.block((design, node))
    ref = (design, block.output if block else node)
    assert receptive_fields.receptive_fields(project_check)[ref].size == (size, size)


FEW = 6
"""Side of volumes small enough to try every slice of every volume."""

grouped = st.builds(
    Conv2d,
    filters=st.just(2),
    kernel=st.tuples(sizes, sizes),
    dilation=st.integers(1, 2),
    padding=st.just("same"),
    groups=st.integers(1, 2),
)


@st.composite
def branched(draw):
    """Layers that keep two channels apart or mix them, and branches that meet; no side is longer than FEW."""
    parts = st.one_of(grouped, pools, st.just(Activation("relu")))
    nodes = [Node("first", draw(grouped))]
    for branch in range(draw(st.integers(0, 2))):
        nodes.append(Node(f"branch{branch}", draw(grouped), ("first",)))
    if len(nodes) == 3:
        nodes.append(Node("meet", draw(st.sampled_from([Concat(), Add()])), ("branch0", "branch1")))
    if draw(st.booleans()):
        wide = [Node("mean", GlobalAvgPool2d()), Node("column", MaxPool2d((1, FEW))), Node("mix", Conv2d(1, 1))]
        nodes.append(draw(st.sampled_from(wide)))
        nodes.append(Node("broadcast", Add(), (nodes[-1].name, "first")))
    return Network((*nodes, *(Node(f"last{number}", draw(parts)) for number in range(draw(st.integers(0, 2))))))


def changing_slices(analysis, volume, value, shapes, axis):
    """Which slices of a volume across an axis change a value of the last volume: ones go through all-one weights."""
    changes = []
    for at in range(shapes[volume][axis]):
        volumes = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
        np.moveaxis(volumes[volume], axis, 0)[at] = 1
        for report in analysis.reports:
            if report.name != volume and any(volumes[name].any() for name in report.inputs):
                ones = {
                    role: np.full(shape, role == "weight", np.float32) for role, shape in report.array_shapes.items()
                }
                volumes[report.name] = report.layer.forward([volumes[n] for n in report.inputs], ones, proceed)
        changes.append(volumes[analysis.output][value] != 0)
    return changes


@given(network=branched(), data=st.data())
def test_the_regions_of_a_value_are_exactly_those_that_change_it_on_every_earlier_volume(network, data):
    project_check = check(Project(NoiseInput((2, FEW, FEW)), (Design("d", network),)))
    analysis = project_check.analyses["d"]
    if analysis.output_shape is None or any(report.mistakes for report in analysis.reports):
        return
    value = tuple(data.draw(st.integers(0, extent - 1)) for extent in analysis.output_shape)
    shapes = {INPUT: (2, FEW, FEW)} | {report.name: tuple(report.output_shape) for report in analysis.reports}
    regions = receptive_fields.regions_read(project_check, ("d", analysis.output), *value)
    for volume in shapes:
        spans = [span(changing_slices(analysis, volume, value, shapes, axis)) for axis in range(3)]
        region = regions.get(("d", volume))
        if region is None:
            assert spans == [None] * 3
        else:
            edges = (region.first, region.last), (region.top, region.bottom), (region.left, region.right)
            assert list(edges) == spans


@given(network=strategies.networks(Shape(2, 3, 3), size=4), seed=strategies.seeds, data=st.data())
def test_nothing_outside_its_region_changes_a_value_whatever_the_kinds(network, seed, data):
    project_check = check(Project(NoiseInput((2, 3, 3)), (Design("d", network),)))
    analysis = project_check.analyses["d"]
    shapes = {INPUT: Shape(2, 3, 3)} | {report.name: report.output_shape for report in analysis.reports}
    volume = data.draw(st.sampled_from(sorted(shapes)))
    value = tuple(data.draw(st.integers(0, extent - 1)) for extent in analysis.output_shape)
    region = receptive_fields.regions_read(project_check, ("d", analysis.output), *value).get(("d", volume))
    weights = {
        r.name: strategies.arrays(strategies.normals, seed, r.layer, r.input_shapes)[1] for r in analysis.reports
    }

    def run(change):
        volumes = {INPUT: strategies.normals(seed, shapes[INPUT])}
        for report in (None, *analysis.reports):
            name = INPUT if report is None else report.name
            if report is not None:
                received = [volumes[source] for source in report.inputs]
                volumes[name] = report.layer.forward(received, weights[name], proceed).copy()
            if name == volume:
                volumes[name][change] += 3
        return volumes[analysis.output][value]

    outside = np.ones(shapes[volume], bool)
    if region is not None:
        outside[region.first : region.last, region.top : region.bottom, region.left : region.right] = False
    nothing = np.zeros(shapes[volume], bool)
    np.testing.assert_equal(run(outside), run(nothing))


def test_a_channel_behind_a_concat_reads_its_own_branch_alone():
    nodes = (
        Node("narrow", Conv2d(2, 1), (INPUT,)),
        Node("wide", Conv2d(3, 5), (INPUT,)),
        Node("meet", Concat(), ("narrow", "wide")),
    )
    project_check = check(Project(NoiseInput((4, SIDE, SIDE)), (Design("d", Network(nodes)),)))
    narrow, wide = (receptive_fields.regions_read(project_check, ("d", "meet"), channel, 6, 6) for channel in (1, 3))
    assert narrow["d", "narrow"] == (6, 6, 7, 7, 1, 2)
    assert ("d", "wide") not in narrow
    assert narrow["d", INPUT] == narrow[STEM, INPUT] == (6, 6, 7, 7, 0, 4)
    assert wide["d", "wide"] == (6, 6, 7, 7, 1, 2)
    assert wide["d", INPUT] == (4, 4, 9, 9, 0, 4)


def test_a_depthwise_value_reads_its_own_channel_and_a_normalised_one_its_neighbours():
    layers = [Conv2d(4, 3, groups=4), LocalResponseNorm(size=3)]
    regions = receptive_fields.regions_read(check(project_of(*layers, stem=[Conv2d(4, 1)])), ("d", "n1"), 3, 6, 6)
    assert regions["d", "n0"] == (6, 6, 7, 7, 2, 4)
    assert regions["d", INPUT] == regions[STEM, "n0"] == (5, 5, 8, 8, 2, 4)
    assert regions[STEM, INPUT] == (5, 5, 8, 8, 0, 1)


def test_the_region_of_a_block_is_that_of_its_last_layer():
    project_check = check(load_project(RESOURCES / "projects" / "inception_3a_192.toml").project)
    regions = receptive_fields.regions_read(project_check, ("naive", "inception_3a"), 0, 14, 14)
    assert regions["naive", "inception_3a"] == regions["naive", project_check.block(("naive", "inception_3a")).output]


def test_a_value_of_the_projects_input_reads_itself_with_a_stem_and_without():
    for project_check in (check(project_of(Conv2d(1, 3))), check(project_of(Conv2d(1, 3), stem=[Conv2d(1, 3)]))):
        assert receptive_fields.regions_read(project_check, (STEM, INPUT), 0, 3, 2) == {
            (STEM, INPUT): (3, 2, 4, 3, 0, 1)
        }


def formula_of_field(input_shape, *layers):
    """What the tool tip of the last layer says about its receptive field."""
    nodes = tuple(Node(f"n{i}", layer) for i, layer in enumerate(layers))
    costs = Costs(check(Project(NoiseInput(input_shape), (Design("d", Network(nodes)),))))
    metric = metric_by_id("receptive_field")
    return metric.formula(costs.costed("d", costs.check.analyses["d"].reports[-1])[0])


@pytest.mark.parametrize(
    ("layers", "text"),
    [
        ((Conv2d(2, 3, padding="valid"),), "3×3, inside the input; a step of 1 to the next = 3"),
        ((Conv2d(2, 3),), "3×3, inside the input, at its edges partly padding; a step of 1 to the next = 3"),
        ((GlobalAvgPool2d(),), "32×24, inside the input; a step of 1 to the next = 32"),
        ((GlobalAvgPool2d(), AdaptiveAvgPool2d(4)), "32×24, inside the input; the same for all values = 32"),
        (
            (Conv2d(2, 5), Conv2d(2, 3, stride=2), GlobalAvgPool2d()),
            "37×29, 32×24 inside the input, the rest is padding (2 above, 3 below, 2 left, 3 right); "
            "a step of 2 to the next = 37",
        ),
        (
            (Conv2d(2, 3), AvgPool2d(31, stride=1, padding=15)),
            "33×33, 32×24 inside the input of the middle value, the rest is padding (1 above, 5 left, 4 right); "
            "a step of 1 to the next = 33",
        ),
    ],
)
def test_the_tool_tip_says_which_part_is_inside_the_input_and_which_is_padding(layers, text):
    assert formula_of_field((3, 32, 24), *layers) == text


@given(st.integers(-60, 60), st.integers(1, 90), st.integers(-60, 60), st.integers(1, 90))
def test_inside_and_padding_are_counted_as_one_by_one(top, height, left, width):
    shape = Shape(1, 30, 20)
    parts = split_window((top, left, top + height, left + width), shape)
    rows, columns = range(top, top + height), range(left, left + width)
    assert parts.height == sum(0 <= row < shape.height for row in rows)
    assert parts.width == sum(0 <= column < shape.width for column in columns)
    assert parts.above == sum(row < 0 for row in rows)
    assert parts.below == sum(row >= shape.height for row in rows)
    assert parts.left == sum(column < 0 for column in columns)
    assert parts.right == sum(column >= shape.width for column in columns)

"""The scene of the volumes: nothing overlaps, lines end at boxes, and all edges have one scale."""

import itertools
from math import hypot, log2, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.files.paths import RESOURCES
from engine.layers import Activation, Add, AvgPool2d, Concat, Conv2d, ConvTranspose2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project
from engine.project.project import Design, Project
from engine.shapes import Shape
from gui.paint.volumes.camera import make_camera, make_prism
from gui.paint.volumes.kernel_boxes import find_kernel_boxes
from gui.state.cameras import CAMERA_VIEWS
from gui.state.focus import Focus
from gui.state.look import Look
from tests.gui.overlaps import assert_nothing_overlaps, polygon_of
from tests.gui.volume_scenes import CHAIN, INCEPTION, RESIDUAL, TWO, box_of, conv, scene_of, state_of

pytestmark = pytest.mark.usefixtures("qapp")


@st.composite
def networks(draw):
    """Small graphs with branches, skips and merges, whose shapes fit."""
    nodes, channels = [], {INPUT: 8}
    for number in range(draw(st.integers(1, 9))):
        name = f"n{number}"
        sources = draw(st.lists(st.sampled_from(list(channels)), min_size=1, max_size=3, unique=True))
        kind = draw(st.sampled_from(("conv", "relu", "pool"))) if len(sources) == 1 else "concat"
        layer, count = {
            "conv": (Conv2d(filters=draw(st.integers(1, 2000)), kernel=3), None),
            "relu": (Activation("relu"), channels[sources[0]]),
            "pool": (AvgPool2d(kernel=3, stride=1, padding=1), channels[sources[0]]),
            "concat": (Concat(), sum(channels[source] for source in sources)),
        }[kind]
        nodes.append(Node(name, layer, tuple(sources)))
        channels[name] = count or layer.filters
    return Network(tuple(nodes))


@given(
    st.lists(networks(), min_size=1, max_size=2),
    st.floats(-90, 90),
    st.floats(0, 90),
    st.sampled_from(("true", "sqrt", "log")),
    st.sampled_from(((8, 1, 1), (8, 28, 28), (8, 5, 90))),
    st.sampled_from(((500, 300), (900, 500), (1920, 1080), (700, 1200))),
)
def test_boxes_texts_and_lines_do_not_overlap_for_any_graph_and_camera(graphs, yaw, pitch, scale, shape, size):
    designs = tuple(Design(f"design {number}", network) for number, network in enumerate(graphs))
    state = state_of(Project(NoiseInput(shape), designs), run=False, yaw=yaw, pitch=pitch, scale=scale)
    assert_nothing_overlaps(scene_of(state, size), *size)


@pytest.mark.parametrize("view", CAMERA_VIEWS)
@pytest.mark.parametrize("project", [TWO, INCEPTION, RESIDUAL, CHAIN])
def test_boxes_texts_and_lines_do_not_overlap_in_any_named_view(project, view):
    yaw, pitch = CAMERA_VIEWS[view]
    for size in ((900, 500), (1920, 1080)):
        assert_nothing_overlaps(scene_of(state_of(project, run=False, yaw=yaw, pitch=pitch), size), *size)


def test_a_mistake_is_written_at_its_layer_and_overlaps_nothing():
    mistaken = Network((conv("big", 8, 11, padding="valid"), conv("after", 4)))
    state = state_of(Project(NoiseInput((16, 8, 8)), (Design("mistaken", mistaken),)), run=False)
    scene = scene_of(state)
    assert_nothing_overlaps(scene, 1200, 700)
    text = " ".join(box_of(scene, "big").caption.mistakes)
    assert "11×11 is larger than its padded input 8×8" in text
    assert box_of(scene, "after").vertex.shape is None


def test_the_arrow_of_a_node_whose_input_is_missing_starts_at_no_box():
    network = Network((conv("first", 4), conv("lost", 4, 1, ("nowhere",))))
    scene = scene_of(state_of(Project(NoiseInput((4, 8, 8)), (Design("d", network),)), run=False))
    arrow = next(arrow for arrow in scene.arrows if arrow.ref[1] == "lost")
    assert arrow.role == "error"
    assert arrow.start > box_of(scene, INPUT).line_start_x + 10


@pytest.mark.parametrize("view", CAMERA_VIEWS)
@pytest.mark.parametrize("project", [TWO, INCEPTION, RESIDUAL])
def test_lines_start_and_end_at_a_small_distance_from_boxes_and_their_numbers(project, view):
    yaw, pitch = CAMERA_VIEWS[view]
    scene = scene_of(state_of(project, run=False, yaw=yaw, pitch=pitch))
    small = 0.5 * scene.line_breaks.text_sizes.em
    for arrow in scene.arrows:
        box = box_of(scene, arrow.ref[1], arrow.ref[0])
        left = min(outline_end(box.prism, arrow.y, -1), *(text.x for text in box.texts if touches(text, arrow.y)), 1e9)
        assert 0 < left - arrow.end < small, arrow.ref
    lines = [(arrow.start, arrow.y) for arrow in scene.arrows] + [wire[0] for wire in scene.wires]
    for box in scene.boxes:
        if box.targets:
            beside = [text.rect[2] for text in box.texts if touches(text, box.y)]
            right = max(outline_end(box.prism, box.y, 1), *beside, -1e9)
            assert any(0 < x - right < small and y == box.y for x, y in lines), box.ref


def outline_end(prism, y, sign):
    """The x at which the outline of a box ends at height y: on the right for sign 1, on the left for -1."""
    outline = prism.outline()
    strip = outline.intersected(polygon_of((-1e5, y - 0.5, 1e5, y + 0.5))).boundingRect()
    return strip.right() if sign > 0 else strip.left()


def touches(text, y):
    return text.rect[1] - 0.7 * text.size < y < text.rect[3] + 0.7 * text.size


# Sizes and positions


@pytest.mark.parametrize(("scale", "length"), [("true", float), ("sqrt", sqrt), ("log", lambda n: log2(n + 1))])
def test_edges_of_all_designs_have_one_scale(scale, length):
    scene = scene_of(state_of(TWO, scale=scale))
    camera = make_camera(Look().yaw, Look().pitch)
    for box in scene.boxes:
        shape = box.vertex.shape
        for edge, count, direction in zip(
            (box.prism.width, box.prism.height, box.prism.depth),
            (shape.width, shape.height, shape.channels),
            camera,
            strict=True,
        ):
            assert hypot(*edge) == pytest.approx(scene.unit * length(count) * hypot(*direction))


def test_from_above_width_runs_across_and_channels_run_upward():
    camera = make_camera(*CAMERA_VIEWS["Top"])
    box = make_prism(Shape(16, 5, 9), "true", 1.0, camera)
    assert box.width == pytest.approx((9, 0))
    assert box.depth == pytest.approx((0, -16))
    assert box.height == pytest.approx((0, 0))


def test_every_edge_of_a_box_has_its_number():
    scene = scene_of(state_of(TWO))
    assert [text.text for text in box_of(scene, "reduce").texts[:3]] == ["16", "28", "28"]
    assert [text.text for text in box_of(scene_of(state_of(TWO, yaw=0.0, pitch=0.0)), "reduce").texts[:3]] == [
        "C 16",
        "28",
        "28",
    ]


def test_turning_the_camera_a_little_moves_boxes_a_little():
    for project in (TWO, INCEPTION, RESIDUAL, CHAIN):
        state = state_of(project, run=False)
        before = scene_of(replace(state, look=Look(yaw=-40.0, pitch=10.0)))
        for step in range(1, 160):
            after = scene_of(replace(state, look=Look(yaw=-40.0 + step / 2, pitch=10.0 + step / 2)))
            for old, new in zip(before.boxes, after.boxes, strict=True):
                assert (
                    hypot(new.x * after.shrink - old.x * before.shrink, new.y * after.shrink - old.y * before.shrink)
                    < 12
                )
            before = after


def test_a_long_chain_is_broken_into_lines_that_fill_the_picture():
    scene = scene_of(state_of(CHAIN, run=False), (1920, 1080))
    (lines,) = scene.line_breaks.lines
    assert len(lines) > 4
    assert [column for line in lines for column in line] == list(range(101))
    assert max(box.bounds[2] for box in scene.boxes) * scene.shrink > 0.9 * 1920
    assert max(box.bounds[3] for box in scene.boxes) * scene.shrink > 0.85 * 1080


LADDER = Network(
    (
        *(Node(f"down{number}", Conv2d(8, 3, 2, 1)) for number in range(4)),
        *(Node(f"bottom{number}", Conv2d(8, 3, padding=1)) for number in range(9)),
        *(
            node
            for number in (2, 1, 0)
            for node in (
                Node(f"up{number}", ConvTranspose2d(8, 2)),
                Node(f"concat{number}", Concat(), (f"down{number}", f"up{number}")),
                Node(f"conv{number}", Conv2d(8, 3, padding=1)),
            )
        ),
    )
)
"""As a U-Net: three connections bypass all between."""


@pytest.mark.parametrize("size", [(420, 500), (500, 400)])
def test_connections_go_around_the_ends_of_lines_without_crossing(size):
    scene = scene_of(state_of(Project(NoiseInput((3, 64, 64)), (Design("ladder", LADDER),)), run=False), size)
    (lines,) = scene.line_breaks.lines
    starts = {box.vertex.column for box in scene.boxes if box.vertex.name.startswith("bottom")}
    assert any(line.start in starts for line in lines), "a line ends below all three connections"
    assert_nothing_overlaps(scene, *size)
    ends = {(arrow.start, arrow.y) for arrow in scene.arrows}
    skips = [wire for wire in scene.wires if len(wire) > 6]
    assert len(skips) >= 3
    assert all(wire[-1] in ends for wire in skips)
    for wire, other in itertools.combinations(skips, 2):
        shared = [(a, b) for a in itertools.pairwise(wire) for b in itertools.pairwise(other) if coincide(a, b)]
        assert not shared, "each connection is a line of its own"


def test_lines_of_a_long_section_have_room_for_their_own_branches_only():
    """As a text detector: a connection bypasses nearly all, branches side by side begin near the end."""
    trunk = [Node(f"t{number}", Conv2d(8, 3, padding=1)) for number in range(24)]
    side = [Node(f"s{number}", Conv2d(8, 3, padding=1), ("t20",)) for number in range(4)]
    join = Node("join", Concat(), ("t23", "t1", *(node.name for node in side)))
    scene = scene_of(
        state_of(Project(NoiseInput((8, 16, 16)), (Design("d", Network((*trunk, *side, join))),)), run=False),
        (600, 500),
    )
    assert_nothing_overlaps(scene, 600, 500)
    assert len(scene.line_breaks.lines[0]) == 3
    before, last = box_of(scene, "t10").y, box_of(scene, "t20").y
    assert last - before < (box_of(scene, "s3").y - last) / 2


def coincide(first, second):
    """Whether two vertical or horizontal pieces of lines share more than a point."""
    for axis in (0, 1):
        (a, b), (c, d) = ([point[axis] for point in piece] for piece in (first, second))
        if a == b == c == d:
            low, high = (sorted(point[1 - axis] for point in piece) for piece in (first, second))
            return min(low[1], high[1]) - max(low[0], high[0]) > 1e-6
    return False


def test_branches_have_rows_of_their_own_and_merge_in_the_middle():
    scene = scene_of(state_of(INCEPTION))
    rows = [box_of(scene, name).y for name in ("1x1", "3x3", "5x5", "pool_proj")]
    assert rows == sorted(set(rows))
    assert box_of(scene, "3x3").y == box_of(scene, "3x3_reduce").y
    assert rows[0] < box_of(scene, "concat").y == box_of(scene, INPUT).y < rows[-1]


def test_a_skip_connection_runs_above_the_boxes_it_skips():
    scene = scene_of(state_of(RESIDUAL))
    top = min(box.bounds[1] for box in scene.boxes)
    assert any(min(y for _, y in wire) < top for wire in scene.wires)
    assert len({box.y for box in scene.boxes}) == 1


def test_formulas_at_arrows_are_left_out_if_boxes_would_get_too_small():
    large_scene = scene_of(state_of(TWO), (1600, 900))
    small_scene = scene_of(state_of(CHAIN), (900, 500))
    assert any("=" in text.text for arrow in large_scene.arrows for text in arrow.texts)
    assert not any("=" in text.text for arrow in small_scene.arrows for text in arrow.texts)


def test_an_arrow_that_is_long_enough_has_numbers_that_others_leave_out():
    alexnet = load_project(RESOURCES / "projects" / "alexnet.toml").project
    scene = scene_of(state_of(alexnet, run=False), (400, 550))
    texts = {arrow.ref[1]: [text.text for text in arrow.texts] for arrow in scene.arrows}
    assert scene.line_breaks.design_rows[0].operators[1].below == ()
    assert texts["conv1"] == ["11×11 /4", "64 filters"]
    assert texts["conv2"] == ["5×5"]
    assert_nothing_overlaps(scene, 400, 550)


# Kernels


def test_a_kernel_has_its_true_proportion_on_its_input():
    scene = scene_of(state_of(TWO))
    box = box_of(scene, INPUT, "naive")
    (kernel_box,) = find_kernel_boxes(box, Focus())
    assert hypot(*kernel_box.box.width) == pytest.approx(hypot(*box.prism.width) * 5 / 28)
    assert hypot(*kernel_box.box.height) == pytest.approx(hypot(*box.prism.height) * 5 / 28)
    assert hypot(*kernel_box.box.depth) == pytest.approx(hypot(*box.prism.depth))


def test_a_grouped_kernel_reads_the_channels_of_its_group():
    project = Project(NoiseInput((8, 9, 9)), (Design("d", Network((conv("grouped", 4, 3, groups=4),))),))
    scene = scene_of(state_of(project))
    box = box_of(scene, INPUT)
    (kernel_box,) = find_kernel_boxes(box, Focus("d", "grouped", 2, (0, 4)))
    assert (kernel_box.box.x, kernel_box.box.y) == pytest.approx(box.prism.corner(3 / 9, 0, 4 / 8))
    assert hypot(*kernel_box.box.depth) == pytest.approx(hypot(*box.prism.depth) * 2 / 8)
    assert hypot(*kernel_box.box.height) == pytest.approx(hypot(*box.prism.height) * 2 / 9)  # a row lies in the padding


def test_kernels_of_the_same_size_are_drawn_once_and_that_of_the_focus_alone():
    box = box_of(scene_of(state_of(INCEPTION)), INPUT)
    assert len(find_kernel_boxes(box, Focus())) == 2
    (kernel_box,) = find_kernel_boxes(box, Focus("inception", "pool"))
    assert kernel_box.role == "pool"


def test_a_volume_that_a_node_receives_twice_has_two_lines_to_it():
    nodes = conv("a", 8, 3), Node("sum", Add(), ("a", "a")), conv("b", 8), Node("all", Concat(), ("sum", "b", "sum"))
    scene = scene_of(state_of(Project(NoiseInput((8, 12, 12)), (Design("d", Network(nodes)),))))
    for name, count in (("sum", 2), ("all", 3)):
        arrow = next(arrow for arrow in scene.arrows if arrow.ref[1] == name)
        wires = [wire for wire in scene.wires if wire[-1] == (arrow.start, arrow.y)]
        assert len(wires) == count
        assert len({wire[:-1] for wire in wires}) == count, "each takes a way of its own"
        assert all(wire[0][0] < wire[-1][0] for wire in wires)

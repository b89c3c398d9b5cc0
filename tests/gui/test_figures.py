"""Figures for papers and slides: what each shows of a project, legibly on its page, in every format."""

import re
from io import BytesIO
from math import hypot
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from PIL import Image
from PySide6.QtGui import QImage

from engine.blocks import BasicResidual, Inception
from engine.cost.counting import convention_by_id
from engine.layers import Activation, BatchNorm, Concat, Conv2d, MaxPool2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project
from engine.project.project import Design, Project
from engine.run.check import check
from engine.text.problems import ProjectError
from gui.catalogue.figures import FIGURE_IDS
from gui.export import pictures
from gui.export.animation import _HOLD_MS, _TURN_STEPS, encode_gif, paint_turn_frames
from gui.export.banded_painter import BandedPainter
from gui.export.files import export_files
from gui.export.pictures import best_page, paper_theme, render_paper_figure
from gui.paint.basics.page import PAGE_SIZES, page_for_format, parse_page, screen_page
from gui.paint.figures import from_above, googlenet_figure, inception_module, one_by_one
from gui.paint.figures.panels_figure import turn_panels
from gui.paint.volumes.camera import make_camera
from gui.state.cameras import CAMERA_VIEWS
from gui.state.focus import Focus
from gui.theme import DARK
from tests.gui.test_export import PROJECTS, mean_difference
from tests.gui.volume_scenes import BLOCKS, CHAIN, INCEPTION, RESIDUAL, TWO, conv, state_of

pytestmark = pytest.mark.usefixtures("qapp")

ONE = Project(NoiseInput((16, 20, 20)), (Design("only", Network((conv("conv", 24, 3, stride=2),))),), title="One")
RELU = Project(
    NoiseInput((8, 12, 12)),
    (
        Design(
            "relu",
            Network((conv("c", 4, 3), Node("bn", BatchNorm()), Node("relu", Activation("relu")), conv("d", 6, 3))),
        ),
    ),
)
SMALL = {"two": TWO, "module": INCEPTION, "residual": RESIDUAL, "chain": CHAIN, "blocks": BLOCKS, "one": ONE}
COLUMN, SLIDE = PAGE_SIZES["85mm"], PAGE_SIZES["slide"]


@pytest.fixture
def painted_images(monkeypatch):
    """The pictures of PNG files as they were painted: to compress each takes longer than to paint it."""
    images = []
    monkeypatch.setattr(pictures, "png_bytes", lambda image: images.append(image) or b"PNG")
    return images


@pytest.fixture
def no_textures(monkeypatch):
    """Leave out of SVG files what has no text: to compress the faces of a long chain takes seconds."""
    monkeypatch.setattr(BandedPainter, "drawImage", lambda *_: None)


def svg_texts(content):
    """(text, its printed size in points) of each text of an SVG file."""
    root = ElementTree.fromstring(content)
    millimetres, units = float(root.get("width").removesuffix("mm")), float(root.get("viewBox").split()[2])
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        matrix = re.fullmatch(r"matrix\((.*)\)", group.get("transform", ""))
        a, b, *_ = (float(number) for number in matrix[1].split(",")) if matrix else (1.0, 0.0)
        for text in group.findall("{http://www.w3.org/2000/svg}text"):
            size = float(text.get("font-size") or group.get("font-size"))
            yield "".join(text.itertext()).strip(), size * hypot(a, b) * millimetres / units * 72 / 25.4


def text_of(state, name, page=None):
    """All texts of a figure, joined by spaces."""
    return " ".join(figure_texts(state, name, page))


def figure_texts(state, name, page=None):
    return [text for text, _ in svg_texts(render_paper_figure(state, name, "svg", page))]


# On paper and on a slide


@pytest.mark.parametrize("project", SMALL.values(), ids=SMALL)
@pytest.mark.parametrize("name", FIGURE_IDS)
@pytest.mark.usefixtures("no_textures")
def test_no_text_in_a_column_is_smaller_than_six_and_a_half_points(name, project):
    content = render_paper_figure(state_of(project), name, "svg", COLUMN)
    assert float(ElementTree.fromstring(content).get("width").removesuffix("mm")) == pytest.approx(85, abs=0.3)
    sizes = [size for _, size in svg_texts(content)]
    assert sizes
    assert min(sizes) > 6.45


@pytest.mark.parametrize("project", ["inception_3a_192", "googlenet", "residual_bottleneck", "vgg16"])
@pytest.mark.parametrize("name", FIGURE_IDS)
def test_texts_of_published_networks_are_large_enough_in_a_column_and_on_a_slide(name, project):
    state = state_of(load_project(PROJECTS / f"{project}.toml").project, run=False)
    assert min(size for _, size in svg_texts(render_paper_figure(state, name, "svg", COLUMN))) > 6.45
    pixels = [2 * size for _, size in svg_texts(render_paper_figure(state, name, "svg", SLIDE))]
    assert min(pixels) > 17.9


@pytest.mark.parametrize("project", SMALL.values(), ids=SMALL)
@pytest.mark.parametrize("name", FIGURE_IDS)
def test_nothing_touches_the_edges_of_its_page(name, project, painted_images):
    state = state_of(project)
    for page in (COLUMN, SLIDE):
        render_paper_figure(state, name, "png", page)
        image = painted_images.pop()
        background = image.pixelColor(1, 1)
        right, bottom = image.width() - 1, image.height() - 1
        border = [image.pixelColor(x, y) for x in (0, right) for y in range(0, bottom, 7)]
        border += [image.pixelColor(x, y) for y in (0, bottom) for x in range(0, right, 7)]
        assert {colour.name() for colour in border} == {background.name()}


@pytest.mark.parametrize("name", FIGURE_IDS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_pdf_is_one_page_as_wide_as_a_column_with_text_as_text_and_lossless_maps(name, theme):
    content = render_paper_figure(state_of(TWO, theme=theme), name, "pdf", COLUMN)
    assert re.search(rb"/MediaBox \[0 0 241", content)
    assert b"/Type /Font" in content
    assert b"/DCTDecode" not in content


@pytest.mark.parametrize("name", FIGURE_IDS)
def test_a_png_is_a_slide_with_the_background_of_its_theme(name):
    for theme, background in (("light", "#ffffff"), ("dark", DARK.base)):
        image = QImage.fromData(render_paper_figure(state_of(TWO, theme=theme), name, "png"))
        assert (image.width(), image.height()) == (1920, 1080)
        assert image.pixelColor(1918, 1) == background


def test_a_column_has_600_pixels_per_inch():
    image = QImage.fromData(render_paper_figure(state_of(TWO), "one-by-one", "png", COLUMN))
    assert image.width() / (85 / 25.4) == pytest.approx(600, rel=0.01)


def test_pages_are_parsed_from_a_name_or_a_width():
    assert parse_page("120mm").width == pytest.approx(120 / 25.4 * 72 * 4, abs=1)
    assert parse_page("slide") is SLIDE
    assert page_for_format("pdf") is page_for_format("svg") is parse_page("85mm")
    assert page_for_format("png") is SLIDE
    for text in ("12mm", "mm", "85", "a4", "9e9mm"):
        with pytest.raises(ValueError, match=re.escape(f"{text!r} is not a figure width; use 85mm")):
            parse_page(text)


# 1×1 before a convolution


@pytest.mark.parametrize("page", [COLUMN, SLIDE], ids=["column", "slide"])
def test_one_by_one_states_sizes_operators_formulas_costs_and_the_ratio(page):
    text = text_of(state_of(TWO), "one-by-one", page).replace(" × ", " ").replace(" = ", " ")
    for expected in (
        *("(a) naive", "(b) bottleneck", "160.6 M MACs", "13.25 M MACs", "12.1× fewer multiply-accumulates"),
        *("5×5×256", "1×1×256", "5×5×16", "32 filters", "16 filters", "256", "28"),
        *("28·28·32", "5·5·256", "160,563,200", "28·28·16", "1·1·256", "3,211,264", "5·5·16", "10,035,200"),
    ):
        assert expected in text


def test_the_caption_states_scale_counting_and_range():
    text = text_of(state_of(TWO), "one-by-one", SLIDE)
    for expected in ("edges ∝ √H, √W, √C", "MACs: multiply-accumulates, biases not counted", "arrow width ∝ √MACs",
                     "front: one channel", "each volume its own range, percentiles 1–99.5"):  # fmt: skip
        assert expected in text


def test_the_counting_rule_is_named_beside_its_numbers():
    state = state_of(TWO, metric="ops", convention=convention_by_id("ptflops"))
    text = text_of(state, "one-by-one")
    assert "160.6 M MACs (ptflops)" in text
    assert "MACs (ptflops): as ptflops counts" in text
    assert "M MACs" in text_of(state_of(TWO, metric="receptive_field"), "one-by-one")


def test_the_focus_is_not_marked_in_a_figure_but_its_channel_is_on_the_front():
    without_focus, with_focus = (
        render_paper_figure(state_of(TWO, focus=focus), "one-by-one", "png", SLIDE)
        for focus in (None, Focus("naive", "conv5x5", None, (3, 4)))
    )
    assert without_focus == with_focus
    state = state_of(TWO, focus=Focus("bottleneck", "reduce", 7))
    assert any("channel 7" in text for text in figure_texts(state, "one-by-one", SLIDE))


def test_before_a_run_boxes_are_plain_and_the_caption_has_no_range():
    text = text_of(state_of(TWO, run=False), "one-by-one")
    assert "plain: not run" in text
    assert "range" not in text


def test_the_caption_says_that_stale_values_are_for_earlier_settings():
    state = state_of(TWO)
    results = {ref: replace(result, key=b"earlier") for ref, result in state.run.results.items()}
    state = replace(state, run=replace(state.run, results=results))
    assert "dimmed: for earlier settings" in text_of(state, "one-by-one")


def test_a_1x1_inside_a_long_design_stands_below_the_same_convolution_without_it():
    text = text_of(state_of(BLOCKS), "one-by-one", SLIDE)
    assert "(a) without the 1×1" in text
    assert "plain: counted, not run" in text
    layout = one_by_one.lay_out_one_by_one(state_of(BLOCKS), SLIDE)
    (plain, _), (reduced, *_) = (
        [box for box in layout.scene.boxes if box.ref[0] == row.name] for row in layout.scene.line_breaks.design_rows
    )
    assert plain.vertex.shape == reduced.vertex.shape


def test_the_1x1_of_the_focused_block_is_drawn():
    for block in ("3a", "3b"):
        state = state_of(BLOCKS, focus=Focus("blocks", block))
        assert any(f"blocks · {block}/" in text for text in figure_texts(state, "one-by-one", SLIDE))


def test_the_panel_without_the_1x1_is_of_a_design_that_has_the_convolution_itself():
    state = state_of(load_project(PROJECTS / "inception_3a_192.toml").project, run=False)
    text = text_of(state, "one-by-one", SLIDE)
    assert "(a) naive · inception_3a/5x5" in text
    assert "120.4 M MACs" in text
    assert "(b) with reductions · inception_3a/5x5" in text


def test_a_long_design_without_a_1x1_shows_the_focused_or_most_expensive_layer_with_its_neighbours():
    vgg = load_project(PROJECTS / "vgg16.toml").project
    layout = one_by_one.lay_out_one_by_one(state_of(vgg, run=False, focus=Focus("VGG-16", "conv3_2")), SLIDE)
    assert [box.vertex.name for box in layout.scene.boxes] == ["input", "conv3_1", "conv3_2", "conv3_3"]
    without_focus = one_by_one.lay_out_one_by_one(state_of(vgg, run=False), SLIDE)
    assert "conv1_2" in [box.vertex.name for box in without_focus.scene.boxes]


def test_elementwise_layers_are_not_drawn_but_their_values_and_costs_are():
    state = state_of(RELU)
    layout = one_by_one.lay_out_one_by_one(state, SLIDE)
    assert [box.vertex.name for box in layout.scene.boxes] == ["input", "c", "d"]
    assert layout.state.volume_at(("relu", "c")).result is state.volume_at(("relu", "relu")).result
    text = text_of(state, "one-by-one")
    assert "volumes are shown after batch norm, relu" in text
    assert f"{check(RELU).analyses['relu'].params} params" in text


def test_an_elementwise_layer_is_drawn_if_another_layer_reads_its_input():
    relu = Node("relu", Activation("relu"), ("c",))
    nodes = (conv("c", 4, 3), relu, Node("d", Conv2d(6, 3), ("relu",)), Node("join", Concat(), ("c", "d")))
    state = state_of(Project(NoiseInput((8, 12, 12)), (Design("branched", Network(nodes)),)))
    boxes = inception_module.lay_out_inception_module(state, SLIDE).scene.boxes
    assert [box.vertex.name for box in boxes] == ["input", "relu", "d", "join"]


def test_a_drawn_elementwise_layer_is_named_even_if_its_arrow_has_no_room_for_text():
    layers = (Node("bn", BatchNorm(), ("input",)), conv("a", 64, 1), conv("c", 16, 3))
    network = Network((*layers, Node("join", Concat(), ("c", "input"))))
    state = state_of(Project(NoiseInput((64, 28, 28)), (Design("dense", network),)))
    assert "batch norm" in text_of(state, "inception-module", SLIDE)
    texts = figure_texts(state, "inception-module", COLUMN)
    assert "arrows without words: batch norm" in texts
    assert "80" in texts


# The module


def test_each_branch_is_a_row_from_the_input_to_the_concatenation():
    layout = inception_module.lay_out_inception_module(state_of(INCEPTION), SLIDE)
    boxes = {box.vertex.name: box for box in layout.scene.boxes}
    rows = [boxes[name].y for name in ("1x1", "3x3", "5x5", "pool_proj")]
    assert rows == sorted(set(rows))
    assert boxes["3x3_reduce"].y == boxes["3x3"].y
    assert boxes["input"].x < boxes["3x3_reduce"].x < boxes["3x3"].x < boxes["concat"].x
    texts = figure_texts(state_of(INCEPTION), "inception-module", SLIDE)
    assert {"1×1, 6 filters", "3×3, 12 filters", "3×3 max pool", "concat"} <= set(texts)
    assert {arrow.role for arrow in layout.scene.arrows} == {"design", "pool", "muted"}


def test_of_several_modules_the_focused_or_else_the_first_is_drawn():
    for focus, block in ((Focus(), "3a"), (Focus("blocks", "3b"), "3b"), (Focus("blocks", "3b/5x5"), "3b")):
        assert f"blocks · {block}" in figure_texts(state_of(BLOCKS, focus=focus), "inception-module", SLIDE)


def test_modules_of_two_designs_stand_side_by_side_on_a_wide_page():
    state = state_of(load_project(PROJECTS / "inception_3a_192.toml").project, run=False)
    for page, axis in ((SLIDE, 0), (COLUMN, 1)):
        layout = inception_module.lay_out_inception_module(state, page)
        first, second = layout.scene.heading_points
        assert first[axis] < second[axis]
        assert first[1 - axis] == second[1 - axis]
        bounds_of_designs = [
            [box.bounds for box in layout.scene.boxes if box.ref[0] == row.name]
            for row in layout.scene.line_breaks.design_rows
        ]
        assert max(bounds[axis + 2] for bounds in bounds_of_designs[0]) < min(
            bounds[axis] for bounds in bounds_of_designs[1]
        )


def test_a_design_without_branches_shows_its_chain():
    layout = inception_module.lay_out_inception_module(state_of(CHAIN, run=False), SLIDE)
    assert len(layout.scene.boxes) == 101


# From above


def test_from_above_boxes_are_as_long_as_their_number_of_maps_and_their_height_is_invisible():
    layout = from_above.lay_out_from_above(state_of(TWO, scale="true"), SLIDE)
    lengths = {box.ref: box.bounds[3] - box.bounds[1] for box in layout.scene.boxes}
    widths = {round(box.bounds[2] - box.bounds[0], 6) for box in layout.scene.boxes}
    assert len(widths) == 1
    assert lengths["bottleneck", "input"] / lengths["bottleneck", "reduce"] == pytest.approx(16)
    assert lengths["bottleneck", "conv5x5"] / lengths["bottleneck", "reduce"] == pytest.approx(2)
    text = text_of(state_of(TWO), "from-above")
    assert "H is invisible" in text
    assert "H 28" not in text


# The paper's table


def test_narrow_pages_break_a_table_between_columns_and_omit_rows_that_would_be_empty():
    state = state_of(load_project(PROJECTS / "googlenet.toml").project, run=False)
    whole, parts = (googlenet_figure.googlenet_figure_sheets(state, page) for page in (SLIDE, COLUMN))
    assert len(whole) == 1 < len(parts)
    whole_ids, part_ids = (
        [column.id for sheet in sheets for column in sheet.columns if column.id != "type"] for sheets in (whole, parts)
    )
    assert part_ids == whole_ids
    for part in parts:
        assert part.table_width <= part.max_width + 1e-6
        assert part.columns[0].id == "type"
    for part in parts[1:]:
        assert all(any(column.text(row) for column in part.columns[1:]) for row in part.rows)
    assert [bool(part.notes) for part in parts] == [*[False] * (len(parts) - 1), True]
    assert {"159K", "159.5K"} <= set(figure_texts(state, "paper-table"))


def test_a_table_of_many_columns_is_as_wide_as_a_page_of_text_by_default():
    state = state_of(load_project(PROJECTS / "googlenet.toml").project, run=False)
    assert best_page(state, "paper-table", "pdf") is PAGE_SIZES["174mm"]
    assert best_page(state_of(TWO), "paper-table", "pdf") is COLUMN
    assert best_page(state, "paper-table", "png") is SLIDE


# The turn of the camera


def test_the_gif_goes_from_3d_to_top_and_back_and_rests_at_both_ends():
    state, size = state_of(TWO), screen_page(480, 270)
    images = list(paint_turn_frames(state, size, paper_theme(state)))
    assert len(images) == _TURN_STEPS + 1
    layout = from_above.lay_out_turn(state, size)
    assert turn_panels(layout, make_camera(*CAMERA_VIEWS["3-D"])).scene.camera == layout.scene.camera
    file = Image.open(BytesIO(encode_gif(images)))
    assert (file.n_frames, file.size, file.info["loop"]) == (2 * _TURN_STEPS, (480, 270), 0)
    times = []
    for number in range(file.n_frames):
        file.seek(number)
        times.append(file.info["duration"])
        frame = file.convert("RGB")
        expected = images[number if number <= _TURN_STEPS else 2 * _TURN_STEPS - number]
        image = QImage(frame.tobytes(), *frame.size, 3 * frame.width, QImage.Format.Format_RGB888)
        assert mean_difference(image, expected) < 6
    assert [number for number, time in enumerate(times) if time == _HOLD_MS] == [0, _TURN_STEPS]


def test_headings_and_captions_keep_their_positions_while_the_camera_turns():
    state = state_of(TWO)
    layout = from_above.lay_out_turn(state, SLIDE)
    for pitch in (30.0, 60.0, 90.0):
        other = turn_panels(layout, make_camera(0.0, pitch))
        assert (other.headings, other.caption) == (layout.headings, layout.caption)
        assert [y for _, y in other.scene.heading_points] == pytest.approx([y for _, y in layout.scene.heading_points])
        assert other.scene.shrink == pytest.approx(1.0)


def test_the_gif_of_two_small_designs_is_below_3_mb():
    state = state_of(TWO)
    assert len(render_paper_figure(state, "from-above", "gif")) < 3_000_000


# What cannot be drawn


EMPTY = Project(NoiseInput((4, 8, 8)), (Design("empty", Network()),))
MISTAKE = Project(NoiseInput((4, 8, 8)), (Design("wrong", Network((conv("c", 3, 3, groups=2),))),))


@pytest.mark.parametrize("name", FIGURE_IDS)
@pytest.mark.parametrize(
    ("project", "advice"),
    [
        (Project(NoiseInput((4, 8, 8))), "add one|add a design"),
        (EMPTY, "'empty' has no layers: add one|with a convolution"),
    ],
    ids=["no design", "no layer"],
)
def test_a_project_with_nothing_to_draw_is_refused_with_advice(name, project, advice):
    for file_format in ("png", "svg"):
        with pytest.raises(ProjectError, match=f"{name} has nothing to (draw|list); .*({advice})"):
            render_paper_figure(state_of(project), name, file_format)


@pytest.mark.parametrize("name", [name for name in FIGURE_IDS if name != "paper-table"])
def test_a_project_with_a_mistake_is_refused_except_by_the_table(name):
    with pytest.raises(ProjectError, match=r"(?s)fix the following.*groups 2 does not divide"):
        render_paper_figure(state_of(MISTAKE), name, "pdf")
    assert "unknown" in figure_texts(state_of(MISTAKE), "paper-table")


def test_a_mistake_in_another_design_does_not_prevent_a_figure():
    project = replace(TWO, designs=(*TWO.designs, MISTAKE.designs[0]))
    assert render_paper_figure(state_of(project, run=False), "one-by-one", "svg")


def test_blocks_without_a_1x1_and_layers_without_weights_have_figures_too(painted_images):
    residual = Network(
        (conv("s", 8, 3), Node("b", BasicResidual(8)), Node("p", MaxPool2d(2)), Node("c", BasicResidual(16)))
    )
    pools = Network((Node("a", MaxPool2d(2)), Node("b", MaxPool2d(2))))
    relu = Network((Node("r", Activation("relu")),))
    depthwise = Network((Node("d", Conv2d(8, 3, groups=8)), Node("i", Inception(2, 0, 3, 0, 4, 0))))
    for network in (residual, pools, relu, depthwise):
        state = state_of(Project(NoiseInput((8, 16, 16)), (Design("d", network),)))
        for name in FIGURE_IDS if network is not relu else ("inception-module", "one-by-one", "from-above"):
            for page in (COLUMN, SLIDE):
                assert render_paper_figure(state, name, "png", page)
                assert not painted_images.pop().isNull()


def test_either_all_files_of_figures_are_written_or_none(tmp_path):
    with pytest.raises(ProjectError, match="add a design"):
        export_files(state_of(EMPTY), tmp_path / "out", (), ("png",), 1.0, None, ("paper-table", "one-by-one"))
    assert not (tmp_path / "out").exists()
    paths = export_files(state_of(TWO), tmp_path / "out", (), ("png", "svg"), 1.0, None, ("one-by-one",))
    assert {path.name for path in paths} == {"one-by-one.png", "one-by-one.svg"}

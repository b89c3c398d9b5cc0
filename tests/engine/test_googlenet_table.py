"""GoogLeNet's table for any design: rows, numbers of maps, and published figures beside recounted ones."""

import pytest
from msgspec.structs import replace

from engine.blocks import BLOCKS, Inception, ReducedConv2d, SeparableConv2d
from engine.files.paths import RESOURCES
from engine.layers import LAYERS, Activation, Conv2d, Dense
from engine.network.analysis import analyze
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.file import load_project
from engine.project.project import Design, Project, Published
from engine.reports.form_switch import FormSwitch, switch_form
from engine.reports.googlenet_table import footnotes, paper_rows, paper_table_columns
from engine.reports.paper_columns import MAP_COUNT_COLUMNS, map_counts_of
from engine.reports.recount import Recount, abbreviate_as_printed
from engine.run.check import check
from engine.shapes import Shape
from tests.engine import strategies

GOOGLENET = load_project(RESOURCES / "projects" / "googlenet.toml").project


def rows_of(project=GOOGLENET, design="GoogLeNet"):
    return {row.node: row for row in paper_rows(project, check(project), design)}


def project_of(*nodes, published=()):
    return Project(NoiseInput((3, 32, 32)), (Design("a", Network(nodes)),), published=published)


def texts(rows):
    return [{column.id: column.text(row) for column in paper_table_columns(rows)} for row in rows]


def test_googlenets_table_has_the_papers_rows_and_columns():
    rows = tuple(rows_of().values())
    assert [row.name for row in rows[:5]] == ["conv 7×7/2", "pool1", "conv 3×3/1", "pool2", "inception (3a)"]
    assert [row.name for row in rows[-4:]] == ["dropout", "linear", "softmax", "total"]
    assert len(rows) == 20
    assert {column_id for column_id in MAP_COUNT_COLUMNS if column_id != "reduce"} < {
        column.id for column in paper_table_columns(rows)
    }


def test_a_row_of_googlenets_table_has_the_figures_of_the_paper():
    (row,) = [row for row in texts(tuple(rows_of().values())) if row["type"] == "inception (3a)"]
    assert row == {
        "type": "inception (3a)", "patch": "", "output": "256×28×28", "depth": "2", "filters": "",
        "1x1": "64", "3x3_reduce": "96", "3x3": "128", "5x5_reduce": "16", "5x5": "32", "pool_proj": "32",
        "params": "159.5K", "params_published": "159K", "params_difference": "=",
        "ops": "128.0M", "ops_published": "128M", "ops_difference": "=",
    }  # fmt: skip


def test_the_totals_are_those_of_the_paper_and_22_layers_deep():
    total = rows_of()[""]
    assert (total.params.count, total.ops.count, total.depth) == (6_990_272, 1_582_671_872, 22)
    assert total.is_total


@pytest.mark.parametrize(("name", "design", "depth"), [("resnet50", "v1", 50), ("densenet121", "DenseNet-121", 121)])
def test_the_depth_of_a_network_is_that_of_its_name(name, design, depth):
    assert rows_of(load_project(RESOURCES / "projects" / f"{name}.toml").project, design)[""].depth == depth


@pytest.mark.parametrize("path", sorted((RESOURCES / "projects").glob("*.toml")), ids=lambda path: path.stem)
def test_the_rows_of_a_design_add_up_to_its_totals(path):
    project = load_project(path).project
    project_check = check(project)
    for design, analysis in project_check.analyses.items():
        *rows, total = paper_rows(project, project_check, design)
        assert total.ops.count == analysis.macs == sum(row.ops.count for row in rows)
        assert total.params.count == sum(row.params.count for row in rows) <= analysis.params
        assert max(row.depth for row in rows) <= total.depth <= sum(row.depth for row in rows)


def test_activations_and_normalisations_have_no_row_but_softmax_has():
    project = project_of(Node("c", Conv2d(4, 3)), Node("r", Activation("relu")), Node("s", Activation("softmax")))
    assert list(rows_of(project, "a")) == ["c", "s", ""]


def test_a_design_without_published_figures_has_no_columns_for_them():
    rows = tuple(rows_of(project_of(Node("c", Conv2d(4, 3))), "a").values())
    assert [column.id for column in paper_table_columns(rows)] == [
        "type",
        "patch",
        "output",
        "depth",
        "3x3",
        "params",
        "ops",
    ]
    assert not any("published" in note for note in footnotes(GOOGLENET, rows))


def test_a_design_that_is_empty_or_does_not_exist_has_no_rows():
    assert rows_of(project_of(), "a") == rows_of(design="none") == {}


def test_the_stem_has_a_table_of_its_own():
    stem = Network((Node("c", Conv2d(4, 3)),))
    rows = rows_of(replace(GOOGLENET, stem=stem), STEM)
    assert [row.node for row in rows.values()] == ["c", ""]


def test_a_row_with_a_mistake_has_unknown_figures_and_states_the_problem():
    row = rows_of(project_of(Node("c", Conv2d(4, 99, padding="valid")), Node("d", Dense(3))), "a")
    assert row["c"].params.recounted == row["d"].ops.recounted == "unknown"
    assert "kernel 99×99" in row["c"].problem


def test_notes_are_numbered_from_top_to_bottom_and_printed_below():
    rows = tuple(rows_of().values())
    assert [row.title for row in rows if row.mark][:2] == ["conv 7×7/2 ¹", "inception (4a) ²"]
    notes = list(footnotes(GOOGLENET, rows))
    assert sum(note[0] in "¹²³⁴" for note in notes) == 4
    assert "table 1" in notes[1]


# Figures


@pytest.mark.parametrize(
    ("unit", "count", "published", "recounted", "difference"),
    [
        ("weights", 163_328, "159K", "159.5K", "="),
        ("weights", 509_440, "463K", "497.5K", "+7.5 %"),
        ("weights", 1_042_432, "1072K", "1018.0K", "−5.0 %"),
        ("weights", 9_408, "2.7K", "9.2K", "3.4×"),
        ("weights", 2_712, "2.7K", "2.7K", "="),
        ("MACs", 73_608_192, "73M", "73.6M", "="),
        ("MACs", 1_024_000, "1M", "1.0M", "="),
        ("MACs", 118_013_952, "34M", "118.0M", "3.5×"),
        ("MACs", 784, "", "784", ""),
        ("MACs", 0, "", "", ""),
        ("MACs", None, "34M", "unknown", ""),
        ("MACs", 5, "many", "5", ""),
    ],
)
def test_a_recount_is_compared_with_the_published_figure(unit, count, published, recounted, difference):
    figure = Recount(unit, count, published)
    assert (figure.recounted, figure.difference) == (recounted, difference)


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (Recount("weights", 509_440, "463K"), "509,440 weights, 7.5 % more than the published 463K"),
        (Recount("MACs", 118_013_952, "34M"), "118,013,952 MACs, 3.5 times the published 34M"),
        (Recount("weights", 2_712, "2.7K"), "2,712 weights, as published: 2.7K, with K = 1000"),
        (Recount("MACs", 51_079_168, "54M"), "51,079,168 MACs, 5.4 % less than the published 54M"),
    ],
)
def test_a_figure_is_described_in_words_with_its_exact_integer(figure, words):
    assert figure.words == words


@pytest.mark.parametrize(
    ("count", "text"), [(10_240_000, "9.8M"), (10_239_999, "10000.0K"), (1_023, "1,023"), (1024, "1.0K")]
)
def test_a_short_figure_takes_the_next_prefix_at_ten_thousand(count, text):
    assert abbreviate_as_printed(count, 1, 1024) == text


def test_the_formula_of_a_row_multiplies_kernels_and_channels():
    rows = rows_of()
    formula = "192·64 + 192·96 + 3·3·96·128 + 192·16 + 5·5·16·32 + 192·32 = 163,328 weights"
    assert rows["inception_3a"].formula(rows["inception_3a"].params) == formula
    assert rows["conv1"].formula(rows["conv1"].ops) == "112·112 × 7·7·3·64 = 118,013,952 MACs"
    assert rows["linear"].formula(rows["linear"].ops) == "1024·1000 = 1,024,000 MACs"
    assert rows["pool1"].formula(rows["pool1"].ops) == ""


# Numbers of maps


@pytest.mark.parametrize("kind", [*LAYERS, *BLOCKS], ids=lambda kind: kind.title)
def test_every_number_of_maps_is_an_integer_setting_of_its_kind(kind):
    for column, setting in kind.paper_columns:
        assert type(getattr(strategies.plain(kind), setting)) is int
        assert column in MAP_COUNT_COLUMNS or column.startswith("{}")


@pytest.mark.parametrize(
    ("layer", "columns"),
    [
        (Conv2d(8, 5), {"5x5": 8}),
        (Conv2d(8, (3, 5)), {"filters": 8}),
        (ReducedConv2d(4, 8, 3), {"3x3_reduce": 4, "3x3": 8}),
        (ReducedConv2d(4, 8, 7), {"reduce": 4, "filters": 8}),
        (ReducedConv2d(4, 8, 1), {"reduce": 4, "1x1": 8}),
        (Dense(10), {"filters": 10}),
        (Activation("relu"), {}),
    ],
)
def test_a_number_of_maps_is_in_the_column_of_its_kernel(layer, columns):
    assert {column: count.value for column, count in map_counts_of(layer).items()} == columns


@pytest.mark.parametrize("text", ["-1", "", "1.5", "x", "²", "1000001", "99999999999999999999"])
def test_a_text_that_is_not_a_number_of_maps_is_refused_with_setting_and_range(text):
    reduce = map_counts_of(Inception(64, 96, 128, 16, 32, 32))["3x3_reduce"]
    with pytest.raises(ValueError, match=r"3×3 reduce: .*from 0 to 1,000,000, 0 for none"):
        reduce.read(text)


def test_a_reduction_can_be_0_and_a_branch_cannot():
    counts = map_counts_of(Inception(64, 96, 128, 16, 32, 32))
    assert counts["pool_proj"].read(" 0 ") == 0
    with pytest.raises(ValueError, match="1×1: '0' is no number of maps; type a whole number from 1"):
        counts["1x1"].read("0")


# The stem's other form


def test_googlenets_stem_made_separable_has_the_published_figures():
    switch = switch_form(GOOGLENET, rows_of()["conv1"])
    assert isinstance(switch, FormSwitch)
    assert switch.text == "Make conv1 separable"
    assert "7·7·3·8 + 24·64 = 2,712 weights, as published: 2.7K" in switch.words
    assert "34,019,328 MACs, as published: 34M" in switch.words
    row = rows_of(GOOGLENET.with_network("GoogLeNet", switch.network))["conv1"]
    assert row.layer == SeparableConv2d(64, 7, 2, 3, 8, batch_norm=False)
    assert (row.params.count, row.ops.count) == (2_712, 34_019_328)
    assert (row.params.agrees, row.ops.agrees) == (True, True)
    assert row.output_shape == Shape(64, 112, 112)


def test_the_stem_made_separable_and_dense_again_is_the_original_network():
    project = GOOGLENET
    for text in ("Make conv1 separable", "Make conv1 dense"):
        switch = switch_form(project, rows_of(project)["conv1"])
        assert switch.text == text
        project = project.with_network("GoogLeNet", switch.network)
    before, after = (analyze(p.network("GoogLeNet"), Shape(3, 224, 224)) for p in (GOOGLENET, project))
    assert [report.name for report in after.reports] == [report.name for report in before.reports]
    assert (after.params, after.macs) == (before.params, before.macs)


def test_without_published_figures_a_separable_convolution_has_depth_multiplier_1():
    project = project_of(Node("c", Conv2d(4, 3)))
    switch = switch_form(project, rows_of(project, "a")["c"])
    assert switch.network.node("c").layer.depth_multiplier == 1


def test_published_figures_that_no_depth_multiplier_reaches_leave_it_at_1():
    project = project_of(Node("c", Conv2d(4, 3)), published=(Published("a", "c", params="1M"),))
    assert switch_form(project, rows_of(project, "a")["c"]).network.node("c").layer.depth_multiplier == 1


@pytest.mark.parametrize(
    ("node", "words"), [("pool1", "pool1 is a max pooling"), ("inception_3a", "inception_3a is an inception"),
                        ("", "Select a convolution")]
)  # fmt: skip
def test_other_rows_cannot_switch_their_form_and_say_why(node, words):
    assert switch_form(GOOGLENET, rows_of()[node]).startswith(words)

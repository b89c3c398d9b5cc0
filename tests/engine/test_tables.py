"""The table of a project, and its formats."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.cost.metrics import METRICS, Costs, Metric, metric_by_id
from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.network.weight_specs import FileWeights
from engine.project.project import Design, Project
from engine.reports import table_formats, tables
from engine.reports.formats import FORMATS, format_for_file
from engine.reports.table_formats import TABLE_FORMATS, to_csv, to_latex, to_markdown, to_text, to_tsv
from engine.reports.tables import comparisons, table_rows
from engine.run.check import check
from tests.golden import golden
from tests.golden.projects import PROJECTS, mistaken, start, with_stem


def table(project):
    return table_rows(project, Costs(check(project)))


def read(text, **settings):
    return list(csv.DictReader(io.StringIO(text), **settings))


@pytest.mark.parametrize("table_format", TABLE_FORMATS, ids=lambda table_format: table_format.id)
@pytest.mark.parametrize("name", PROJECTS)
def test_a_format_equals_its_golden_text(name, table_format):
    text = table_format.text(table(PROJECTS[name]))
    assert text == golden(f"{name}{table_format.ending or '.txt'}", text)


def test_no_two_formats_share_an_id_or_an_ending():
    assert len({table_format.id for table_format in FORMATS}) == len(FORMATS)
    endings = [table_format.ending for table_format in FORMATS if table_format.ending]
    assert len(set(endings)) == len(endings)
    assert [format_for_file(f"a{ending}".upper()).ending for ending in endings] == endings


@given(
    st.lists(
        st.lists(st.builds(Conv2d, filters=st.integers(1, 64), kernel=st.integers(1, 9)), max_size=6),
        min_size=1,
        max_size=4,
    )
)
def test_columns_of_numbers_sum_to_the_totals(designs):
    networks = [Network(tuple(Node(f"n{i}", layer) for i, layer in enumerate(layers))) for layers in designs]
    project = Project(NoiseInput((3, 12, 9)), tuple(Design(f"d{i}", network) for i, network in enumerate(networks)))
    read_rows = read(to_csv(table(project)))
    for design in {row["design"] for row in read_rows}:
        own = [row for row in read_rows if row["design"] == design]
        (total,) = [row for row in own if row["kind"] == "total"]
        for metric in METRICS:
            if metric.is_additive and not metric.is_measured:
                assert int(total[metric.id]) == sum(int(row[metric.id]) for row in own if row is not total)


def test_rows_follow_the_designs_and_end_with_the_totals_of_each():
    keys = [(row.design, row.node, row.is_total) for row in table(with_stem())]
    assert keys == [
        *((STEM, f"trunk{number}", False) for number in range(1, 6)),
        (STEM, "", True),
        ("naive", "conv5x5", False),
        ("naive", "", True),
        ("bottleneck", "reduce", False),
        ("bottleneck", "conv5x5", False),
        ("bottleneck", "", True),
    ]


def test_a_new_metric_appears_in_rows_and_in_every_format(monkeypatch):
    metric = Metric("layers", "Layers", "layers", "layers", len, lambda subject: "")
    for module in (tables, table_formats):
        monkeypatch.setattr(module, "METRICS", (*METRICS, metric))
    rows = table(start())
    assert [row.value(metric) for row in rows] == [1, 1, 1, 1, 2]
    assert read(to_csv(rows))[-1]["layers"] == "2"
    for text in (to_text(rows), to_markdown(rows), to_latex(rows)):
        assert "Layers" in text


def test_csv_always_has_flops_and_the_text_table_only_if_selected():
    rows = table(start())
    assert read(to_csv(rows))[0]["flops"] == "321126400"
    assert "FLOPs" not in to_text(rows)
    assert [metric.id for metric in tables.visible_metrics()] == ["macs", "params"]
    assert [metric.id for metric in tables.visible_metrics("flops")] == ["macs", "params", "flops"]


def test_unknown_numbers_are_printed_as_unknown_and_never_as_zero():
    rows = read(to_csv(table(mistaken())))
    unknown = {row["node"]: row for row in rows if row["design"] == "bottleneck"}
    assert [unknown[node]["macs"] for node in ("huge", "after", "")] == ["unknown"] * 3
    assert unknown["huge"]["output_shape"] == "unknown"
    assert unknown["after"]["input_shapes"] == "unknown"


def test_a_mistake_is_at_its_own_row_in_every_format():
    rows = table(mistaken())
    assert [row.node for row in rows if row.problem] == ["huge"]
    for text in (table_format.text(rows) for table_format in TABLE_FORMATS):
        assert "larger than its padded input" in text


def test_a_mistake_in_weights_leaves_the_numbers_known():
    project = start()
    network = project.designs[0].network
    broken = replace(network.nodes[0], weights=FileWeights("/nowhere.npy", weight="w"))
    (row, *_) = table(project.with_network("naive", network.with_node_replaced("conv5x5", broken)))
    assert "/nowhere.npy" in row.problem
    assert row.value(metric_by_id("macs")) == 160_563_200


def test_the_comparison_is_with_the_first_design_and_skips_what_is_unknown():
    assert comparisons(table(start()), metric_by_id("macs")) == (
        "bottleneck: 12.1× fewer multiply-accumulates than naive",
    )
    assert comparisons(table(mistaken()), metric_by_id("macs")) == ()
    assert comparisons(table(replace(start(), designs=())), metric_by_id("macs")) == ()


def test_the_text_ends_with_the_ratios_in_words():
    *_, macs, params = to_text(table(start())).splitlines()
    assert macs == "bottleneck: 12.1× fewer multiply-accumulates than naive"
    assert params == "bottleneck: 12.1× fewer parameters than naive"


def test_lines_of_the_text_are_aligned_even_with_wide_characters():
    project = start()
    designs = (replace(project.designs[0], name="素朴"), project.designs[1])
    lines = to_text(table(project.with_designs(designs))).splitlines()
    assert lines[0].index("Node") == lines[2].index("conv5x5") + 2 == lines[5].index("reduce")


NASTY = 'a|b_*c* "quoted", & 50 % \\x{y} #1\n=$2~^<em>'


def nasty_table():
    project = start()
    return table(project.with_designs((replace(project.designs[0], name=NASTY),)))


def test_any_name_comes_back_from_separated_values():
    assert read(to_csv(nasty_table()))[0]["design"] == NASTY
    assert read(to_tsv(nasty_table()), dialect="excel-tab")[0]["design"] == NASTY


def test_markdown_escapes_what_would_be_markup_and_keeps_a_row_on_one_line():
    lines = to_markdown(nasty_table()).splitlines()
    assert len(lines) == 4
    assert r"a\|b\_\*c\*" in lines[2]
    assert r"\<em\>" in lines[2]


def test_markdown_leaves_underscores_inside_of_names_and_escapes_those_around():
    project = start()
    for name, escaped in (("conv1_1", "conv1_1"), ("_x__", r"\_x\_\_")):
        text = to_markdown(table(project.with_designs((replace(project.designs[0], name=name),))))
        assert f"| {escaped} |" in text


def test_latex_escapes_every_special_character():
    row = to_latex(nasty_table()).splitlines()[5]
    assert r"\& 50 \% \textbackslash{}x\{y\} \#1 =\$2\textasciitilde{}\textasciicircum{}$<$em$>$" in row
    assert r"5$\times$5, 32 filters" in row


def test_latex_has_no_sign_outside_of_ascii_in_heads_and_rows():
    text = to_latex(table(start()), *(metric.id for metric in METRICS))
    assert r"Output C$\times$H$\times$W" in text
    assert [line for line in text.splitlines() if not line.isascii() and not line.startswith("%")] == []


def test_a_part_of_the_rows_can_be_formatted_alone():
    part = table(start())[2:4]
    assert [row["node"] for row in read(to_tsv(part), dialect="excel-tab")] == ["reduce", "conv5x5"]
    assert "fewer" not in to_markdown(part)

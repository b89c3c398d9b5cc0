"""What differs between two designs: settings, connections and costs, whose sums are the difference of the totals."""

import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.blocks import BottleneckResidual, Inception
from engine.cost.counting import CONVENTIONS, MACS, convention_by_id
from engine.cost.metrics import METRICS, Costs
from engine.layers import Activation, Add, Concat, Conv2d
from engine.network.analysis import fold_blocks
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.weight_specs import FileWeights, PresetWeights, SeedWeights
from engine.project.project import Design, Project
from engine.reports.difference_formats import (
    COPY_FORMATS,
    difference_rows,
    pair_error_text,
    short_cost,
    signed_text,
    to_json,
    to_text,
)
from engine.reports.differences import compare_designs, describe_seeds, difference_text
from engine.run.check import check
from tests.golden.projects import PROJECTS, chain

CONV = Node("conv", Conv2d(4, 3))
RELU = Node("relu", Activation("relu"))
LAST = Node("last", Conv2d(2, 1))
ADDITIVE = tuple(metric.id for metric in METRICS if metric.is_additive and not metric.is_measured)


def compare(first, second, **options):
    """Compare two networks on 3×8×8."""
    project = Project(NoiseInput((3, 8, 8)), (Design("a", Network(first)), Design("b", Network(second))))
    return compare_designs(Costs(check(project), MACS), "a", "b", **options)


def texts(differences):
    return {layer.name: difference_text(layer, differences) for layer in differences.differing}


def test_equal_designs_differ_in_nothing():
    differences = compare((CONV, RELU, LAST), (CONV, RELU, LAST))
    assert differences.differing == ()
    assert len(differences.layers) == 3
    assert to_text(differences, difference_rows(differences)) == "a → b: nothing differs\n"


def test_an_inserted_layer_is_one_difference_and_does_not_change_the_inputs_of_the_next():
    assert texts(compare((CONV, LAST), (CONV, RELU, LAST))) == {"relu": "only in b: relu"}
    assert texts(compare((CONV, RELU, LAST), (CONV, LAST))) == {"relu": "only in a: relu"}


def test_an_inserted_join_is_one_difference():
    add = Node("add", Add(), ("conv", "first"))
    first, conv = Node("first", Conv2d(4, 1)), Node("conv", Conv2d(4, 3))
    assert texts(compare((first, conv, LAST), (first, conv, add, LAST))) == {"add": "only in b: add"}


def test_settings_that_differ_are_named_with_both_values():
    other = Node("conv", Conv2d(8, (3, 5), bias=False))
    words = texts(compare((CONV,), (other,)))
    assert words == {"conv": "filters 4 → 8, kernel 3 → 3×5, bias on → off"}


def test_values_that_are_words_read_as_in_the_form():
    v1, v15 = (Node("unit", BottleneckResidual(filters=8, reduce=2, stride=2, strided=word)) for word in ("1x1", "3x3"))
    project = Project(NoiseInput((3, 8, 8)), (Design("a", Network((v1,))), Design("b", Network((v15,)))))
    closed = {name: fold_blocks(analysis, analysis.blocks) for name, analysis in check(project).analyses.items()}
    assert texts(compared(project, "a", "b", closed)) == {"unit": "strided 1×1 → 3×3"}


def test_what_a_layer_receives_is_said_beside_its_own_settings():
    narrow, last = Node("narrow", Conv2d(2, 1)), replace(LAST, weights=PresetWeights("sobel"))
    assert texts(compare((CONV, LAST), (CONV, narrow, last)))[LAST.name] == (
        "receives 4×8×8 → 2×8×8, weights random → preset sobel"
    )
    both = texts(compare((CONV, LAST), (Node("conv", Conv2d(8, 3)), Node(LAST.name, Conv2d(9, 1)))))[LAST.name]
    assert both.endswith(", receives 4×8×8 → 8×8×8")
    assert both.startswith("filters ")


def test_another_kind_name_weights_and_inputs_are_differences():
    sharp = replace(CONV, weights=PresetWeights("sobel"))
    assert texts(compare((CONV,), (Node("conv", Activation("relu")),))) == {"conv": "kind convolution → activation"}
    assert texts(compare((CONV,), (replace(CONV, name="other"),))) == {"conv → other": "another name"}
    assert texts(compare((CONV,), (sharp,))) == {"conv": "weights random → preset sobel"}
    branch, join = Node("branch", Conv2d(4, 1), (INPUT,)), Node("join", Concat(), ("conv", "branch"))
    swapped = compare((CONV, branch, join), (CONV, branch, replace(join, inputs=("branch", "conv"))))
    assert texts(swapped) == {"join": "inputs conv, branch → branch, conv"}


def test_the_name_of_a_block_is_none_of_its_layers():
    module = Inception(4, 2, 4, 2, 4, 4)
    first, second = (Node("module", module),), (Node("other", replace(module, n1x1=5)),)
    words = texts(compare(first, second))
    assert words["module/1x1 → other/1x1"] == "filters 4 → 5"
    assert not [text for text in words.values() if "name" in text]
    assert texts(compare(first, (Node("other", module),))) == {}


def test_a_layer_that_only_receives_another_volume_is_listed_with_what_it_receives():
    differences = compare((CONV, LAST), (replace(CONV, layer=Conv2d(8, 3)), LAST))
    assert texts(differences)["last"] == "receives 4×8×8 → 8×8×8"


def test_amounts_behind_a_mistake_are_unknown_not_zero():
    differences = compare((CONV, LAST), (Node("conv", Conv2d(4, 31, padding="valid")), LAST))
    assert [layer.cost(0) for layer in differences.differing] == [None, None]
    assert differences.total_cost(0) is None
    assert "unknown" in to_text(differences, difference_rows(differences))


def compared(project, first, second, analyses=None, rule=MACS):
    return compare_designs(Costs(check(project), rule), first, second, analyses, ADDITIVE)


def assert_sums_are_the_difference_of_the_totals(differences):
    for number, (first, second) in enumerate(differences.totals):
        costs = [layer.cost(number) for layer in differences.differing]
        if None in costs:
            assert first is None or second is None
        else:
            assert sum(costs) == second - first == differences.total_cost(number)


@pytest.mark.parametrize("name", [*PROJECTS, "chain"])
@pytest.mark.parametrize("rule", [CONVENTIONS[0].id, "fvcore", "paper"])
def test_the_costs_of_all_differences_sum_to_the_difference_of_the_totals(name, rule):
    project = PROJECTS[name] if name != "chain" else chain()
    names = [design.name for design in project.designs]
    for first in names:
        for second in names:
            if first != second:
                differences = compared(project, first, second, rule=convention_by_id(rule))
                assert_sums_are_the_difference_of_the_totals(differences)


filters = st.sampled_from([1, 2, 4])
nodes = st.lists(st.builds(Conv2d, filters, st.sampled_from([1, 3])) | st.builds(Activation), max_size=5)


@given(nodes, nodes)
def test_sums_hold_for_any_two_chains_and_swapping_them_negates_every_cost(first, second):
    networks = [tuple(Node(f"n{number}", layer) for number, layer in enumerate(layers)) for layers in (first, second)]
    there, back = compare(*networks), compare(*networks[::-1])
    assert_sums_are_the_difference_of_the_totals(there)
    assert [layer.cost(0) for layer in there.layers] == [-layer.cost(0) for layer in back.layers]
    assert [layer.pair for layer in there.layers] == [layer.pair.mirrored for layer in back.layers]
    assert [layer.differs for layer in there.layers] == [layer.differs for layer in back.layers]


def test_closed_blocks_are_compared_as_wholes_and_open_ones_by_their_layers():
    block = Inception(4, 2, 4, 1, 2, 2)
    project = Project(
        NoiseInput((3, 8, 8)),
        (
            Design("a", Network((Node("inception", block),))),
            Design("b", Network((Node("inception", replace(block, n5x5_reduce=2)),))),
        ),
    )
    analyses = check(project).analyses
    closed = {name: fold_blocks(analysis, analysis.blocks) for name, analysis in analyses.items()}
    whole, parts = compared(project, "a", "b", closed), compared(project, "a", "b")
    assert texts(whole) == {"inception": "5×5 reduce 1 → 2"}
    assert texts(parts)["inception/5x5_reduce"] == "filters 1 → 2"
    assert whole.total_cost(0) == parts.total_cost(0)
    assert_sums_are_the_difference_of_the_totals(whole)


def test_a_block_and_its_layers_differ_in_nothing_once_it_is_open():
    block = Node("inception", Inception(4, 2, 4, 1, 2, 2))
    taken_apart = Network((block,)).with_block_expanded("inception", 3)
    assert compare((block,), taken_apart.nodes).differing == ()


def test_random_weights_of_the_other_design_are_no_difference_and_no_longer_drawn_anew():
    shared = replace(CONV, weights=SeedWeights("a", "conv"))
    differences = compare((CONV, RELU), (shared, RELU))
    assert differences.differing == ()
    assert differences.seeded == 0
    other = compare((CONV, RELU), (replace(CONV, weights=SeedWeights("a", "other")), RELU))
    assert texts(other) == {"conv": "weights random → random weights of a · other"}


def test_layers_with_random_weights_are_counted():
    differences = compare((CONV, RELU, LAST), (CONV, RELU, replace(LAST, weights=PresetWeights("box"))))
    assert describe_seeds(differences) == "1 common layer has random weights, which are drawn for each design anew"
    assert describe_seeds(compare((RELU,), (RELU,))) == ""


# As text


def test_the_json_has_exact_costs_settings_and_errors():
    differences = compare((CONV, LAST), (CONV, RELU, replace(LAST, layer=Conv2d(3, 1))))
    data = json.loads(to_json(differences, difference_rows(differences, [0.0, None, 0.25])))
    assert data["totals"]["params"] == {"first": 122, "second": 127, "difference": 5}
    assert data["differences"] == [
        {
            "first": None,
            "second": "relu",
            "settings": {},
            "costs": {"macs": 0, "params": 0, "activation_bytes": 1024},
            "relative_error": None,
        },
        {
            "first": "last",
            "second": "last",
            "settings": {"filters": ["2", "3"]},
            "costs": {"macs": 256, "params": 5, "activation_bytes": 256},
            "relative_error": 0.25,
        },
    ]


@pytest.mark.parametrize("title", COPY_FORMATS)
def test_a_copied_table_has_a_line_for_each_difference(title):
    differences = compare((CONV, LAST), (CONV, RELU, replace(LAST, layer=Conv2d(3, 1))))
    rows = difference_rows(differences, [0.0, None, 0.25], every_layer=True)
    text = COPY_FORMATS[title](differences, rows)
    for words in ("only in b: relu", "filters 2 → 3", "25"):
        assert words in text
    assert len(text.splitlines()) >= 4


@pytest.mark.parametrize(("title", "delimiter"), [("CSV", ","), ("TSV", "\t")])
def test_no_cell_of_a_copied_table_is_a_formula_whatever_designs_and_layers_are_called(title, delimiter):
    designs = (Design("=1+1", Network((CONV,))), Design("@b", Network((CONV, replace(LAST, name="-last")))))
    differences = compare_designs(Costs(check(Project(NoiseInput((3, 8, 8)), designs)), MACS), "=1+1", "@b")
    lines = COPY_FORMATS[title](differences, difference_rows(differences)).splitlines()
    cells = [cell for line in csv.reader(lines, delimiter=delimiter) for cell in line]
    assert cells[:2] == ["'=1+1", "'@b"]
    assert "'-last" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "-"))]


def test_amounts_have_their_sign():
    assert [signed_text(amount) for amount in (1024, -1024, 0, None)] == ["+1,024", "−1,024", "0", "unknown"]
    macs, size = METRICS[0], next(metric for metric in METRICS if metric.id == "activation_bytes")
    assert short_cost(macs, -147_316_736) == "−147.3 M"
    assert short_cost(size, 50_176) == "+49.0 KiB"
    assert [pair_error_text(error) for error in (0.1234, 0.0, None, float("inf"))] == ["12.3 %", "0 %", "", "∞ %"]
    assert [pair_error_text(error) for error in (9.9e-6, 1e-5, 1e-20)] == ["< 0.001 %", "0.001 %", "< 0.001 %"]


def test_a_closed_group_has_the_weights_of_its_layers():
    def group(file):
        nodes = (replace(CONV, weights=FileWeights(file, "a")), RELU, replace(LAST, weights=FileWeights(file, "b")))
        return tuple(replace(node, group="g") for node in nodes)

    for first, second, text, seeded in (
        (group("a.npz"), group("b.npz"), {"g": "weights a.npz → b.npz"}, 0),
        (group("a.npz"), group("a.npz"), {}, 0),
        (*[tuple(replace(node, weights=None) for node in group("a.npz"))] * 2, {}, 1),
    ):
        project = Project(NoiseInput((3, 8, 8)), (Design("a", Network(first)), Design("b", Network(second))))
        project_check = check(project)
        folded = {name: fold_blocks(own, own.foldable) for name, own in project_check.analyses.items()}
        differences = compare_designs(Costs(project_check, MACS), "a", "b", folded)
        assert (texts(differences), differences.seeded) == (text, seeded)


def test_another_name_and_weights_from_another_file_are_no_difference_where_both_compute_the_same():
    first, second = (Node(name, Conv2d(4, 3), weights=FileWeights(f"{name}.npz")) for name in "ab")
    differences = compare((first, LAST), (second, replace(LAST, name="end")))
    assert [difference_text(layer, differences) for layer in differences.layers] == [
        "weights a.npz → b.npz",
        "another name",
    ]
    assert len(difference_rows(differences)) == len(difference_rows(differences, [2e-5, 2e-5])) == 2
    assert not difference_rows(differences, [1e-6, 0.0])
    assert to_text(differences, ()) == "a → b: nothing differs but names, or where weights come from\n"

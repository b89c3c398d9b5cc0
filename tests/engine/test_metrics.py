"""Metrics of layers and designs, and the formulas that explain them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.cost.counting import CONVENTIONS, MACS, convention_by_id, custom_convention
from engine.cost.metrics import METRICS, Costs, compare_amounts, heading_of, metric_by_id
from engine.files.paths import RESOURCES
from engine.layers import Activation, Conv2d, Dense, MaxPool2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project
from engine.project.project import Design, Project
from engine.run.check import check
from tests.golden.projects import PROJECTS, start

COSTS = {name: Costs(check(project)) for name, project in PROJECTS.items()}
CASES = [
    pytest.param(costs, design, report, id=f"{name}-{design}-{report.name}")
    for name, costs in COSTS.items()
    for design, analysis in costs.check.analyses.items()
    for report in analysis.reports
]
PRODUCTS = [metric for metric in METRICS if metric.id in ("macs", "params", "flops", "activation_bytes", "param_bytes")]


def evaluate(formula: str) -> int:
    """The value of the left side of a formula."""
    sums = formula.split(" = ")[0].split(" + ")
    result = 0
    for product in sums:
        value = 1
        for factor in product.replace("×", "·").split("·"):
            value *= int(factor)
        result += value
    return result


def costs_of(layer, shape=(4, 8, 6), **settings) -> tuple[Costs, object]:
    project = Project(NoiseInput(shape), (Design("d", Network((Node("n", layer),))),))
    costs = Costs(check(project), **settings)
    return costs, costs.check.analyses["d"].reports[-1]


def amounts(costs, report, *ids):
    return [costs.amount(metric_by_id(metric_id), "d", report) for metric_id in ids]


def test_metrics_have_ids_of_their_own_and_are_found_by_them():
    assert len({metric.id for metric in METRICS}) == len(METRICS)
    assert all(metric_by_id(metric.id) is metric for metric in METRICS)
    with pytest.raises(KeyError):
        metric_by_id("joules")


@pytest.mark.parametrize(("costs", "design", "report"), CASES)
def test_a_formula_multiplies_out_to_the_value_that_it_states(costs, design, report):
    for metric in PRODUCTS:
        formula, value = costs.formula(metric, design, report), costs.amount(metric, design, report)
        if value:
            assert evaluate(formula) == value
            assert formula.endswith(f" = {value:,}")
        else:
            assert formula == ""


@pytest.mark.parametrize(("costs", "design", "report"), CASES)
def test_flops_are_twice_the_macs_and_unknown_with_them(costs, design, report):
    expected = None if report.macs is None else 2 * report.macs
    assert costs.amount(metric_by_id("flops"), design, report) == expected


def test_formulas_hold_the_numbers_of_the_layer():
    costs = Costs(check(start()))
    (report,) = costs.check.analyses["naive"].reports
    formulas = {metric.id: costs.formula(metric, "naive", report) for metric in METRICS}
    assert formulas == {
        "macs": "28·28·32 × 5·5·256 = 160,563,200",
        "params": "32·256·5·5 + 32 = 204,832",
        "flops": "2 × 28·28·32 × 5·5·256 = 321,126,400",
        "ops": "160,563,200 (MACs) = 160,563,200",
        "activation_bytes": "4 × 32·28·28 = 100,352",
        "param_bytes": "4 × 204832 = 819,328",
        "intensity": "160,563,200 MACs / 1,722,496 bytes read and written = 93.22",
        "receptive_field": "5×5, inside the input, at its edges partly padding; a step of 1 to the next = 5",
        "milliseconds": "",
        "gmacs_per_second": "",
    }


def test_batch_norm_counts_gamma_and_beta_but_not_its_statistics():
    costs = COSTS["three_designs"]
    report = costs.check.reports["plain", "norm1"]
    assert costs.formula(metric_by_id("params"), "plain", report) == "256 + 256 = 512"


@pytest.mark.parametrize("name", PROJECTS)
def test_totals_agree_with_the_analysis(name):
    costs = COSTS[name]
    for design, analysis in costs.check.analyses.items():
        assert costs.total(metric_by_id("macs"), design) == analysis.macs
        assert costs.total(metric_by_id("params"), design) == analysis.params


def test_a_total_with_an_unknown_part_is_unknown():
    costs = COSTS["mistaken"]
    metrics = [metric for metric in METRICS if metric.id != "receptive_field"]
    assert [costs.total(metric, "bottleneck") for metric in metrics] == [None] * len(metrics)


def test_a_design_without_layers_costs_nothing():
    project = Project(NoiseInput((3, 4, 4)), (Design("empty", Network()),))
    costs = Costs(check(project))
    assert costs.total(metric_by_id("macs"), "empty") == 0
    assert costs.total(metric_by_id("intensity"), "empty") is None


def test_operations_follow_the_counting_rule():
    costs, report = costs_of(Conv2d(2, 3), convention=custom_convention("FLOPs", ["biases"]))
    assert amounts(costs, report, "ops", "flops", "macs") == [
        2 * 2 * 48 * 36 + 2 * 48,
        2 * 2 * 48 * 36,
        2 * 48 * 36,
    ]
    assert costs.formula(metric_by_id("ops"), "d", report) == ("6,912 (MACs) + 96 (biases) = 7,008")
    assert costs.title(metric_by_id("ops")) == "Operations, FLOPs with biases"
    assert costs.unit(metric_by_id("ops")) == "FLOPs (own)"


def test_a_batch_multiplies_operations_and_volumes_but_not_parameters():
    ids = ("ops", "activation_bytes", "macs", "params", "param_bytes")
    one, eight = (costs_of(Conv2d(2, 3), convention=replace(MACS, batch=batch)) for batch in (1, 8))
    pairs = zip(amounts(*one, *ids), amounts(*eight, *ids), strict=True)
    assert [more / less for less, more in pairs] == [8, 8, 1, 1, 1]


def test_a_larger_batch_raises_the_intensity_as_weights_are_read_once():
    one, eight = (costs_of(Dense(100), convention=replace(MACS, batch=batch)) for batch in (1, 8))
    (low,), (high,) = amounts(*one, "intensity"), amounts(*eight, "intensity")
    assert low == pytest.approx(100 * 192 / (4 * (192 + 100 + 100 * 192 + 100)))
    assert high == pytest.approx(8 * 100 * 192 / (4 * (8 * (192 + 100) + 100 * 192 + 100)))
    assert high > 5 * low


def test_the_intensity_of_a_design_is_all_its_macs_over_all_its_bytes():
    costs = Costs(check(start()))
    reports = costs.check.analyses["bottleneck"].reports
    moved = sum(report.macs / costs.amount(metric_by_id("intensity"), "bottleneck", report) for report in reports)
    macs = sum(report.macs for report in reports)
    assert costs.total(metric_by_id("intensity"), "bottleneck") == pytest.approx(macs / moved)


def test_the_paper_counts_weights_only_with_a_k_of_1024():
    costs, report = costs_of(Conv2d(128, 3), convention=convention_by_id("paper"))
    (params,) = amounts(costs, report, "params")
    assert params == 128 * 4 * 9
    assert costs.formula(metric_by_id("params"), "d", report) == "128·4·3·3 = 4,608"
    assert costs.short(metric_by_id("params"), params) == "4.500 K"
    assert costs.title(metric_by_id("params")) == "Params (weights only)"
    assert costs.short(metric_by_id("macs"), 4608) == "4.608 K"


@pytest.mark.parametrize(
    ("metric_id", "heading"),
    [
        ("macs", "MACs"),
        ("params", "Params"),
        ("flops", "FLOPs (2 per MAC)"),
        ("ops", "Operations, as ptflops counts"),
        ("activation_bytes", "Activation memory, bytes"),
        ("intensity", "Arithmetic intensity, MACs per byte"),
        ("receptive_field", "Receptive field, pixels"),
        ("milliseconds", "Time, ms"),
    ],
)
def test_headings_name_the_unit_once(metric_id, heading):
    assert heading_of(metric_by_id(metric_id), convention_by_id("ptflops")) == heading


def test_times_are_those_of_the_last_run_or_not_run():
    costs, report = costs_of(Conv2d(2, 3), milliseconds={("d", "n"): 0.5})
    assert amounts(costs, report, "milliseconds", "gmacs_per_second") == [0.5, 3456 / 0.5 / 1e6]
    assert costs.text(metric_by_id("milliseconds"), 0.5) == "0.5 ms"
    assert costs.text(metric_by_id("milliseconds"), 12_345.6) == "12,346 ms"
    assert costs.formula(metric_by_id("gmacs_per_second"), "d", report) == "3,456 MACs / 0.5 ms = 0.006912"
    costs, report = costs_of(Conv2d(2, 3))
    assert amounts(costs, report, "milliseconds", "gmacs_per_second") == [None, None]
    assert (
        costs.text(metric_by_id("milliseconds"), None) == costs.exact(metric_by_id("milliseconds"), None) == "not run"
    )


def test_layers_that_multiply_nothing_have_a_speed_of_zero():
    costs, report = costs_of(Activation("relu"), milliseconds={("d", "n"): 0.5})
    assert amounts(costs, report, "gmacs_per_second") == [0.0]


def test_a_block_has_the_amounts_of_its_layers_together():
    costs = Costs(check(load_project(RESOURCES / "projects" / "inception_3a_192.toml").project))
    block = costs.check.block(("with reductions", "inception_3a"))
    for metric in METRICS:
        closed = costs.amount(metric, "with reductions", block.as_report())
        assert closed == costs.total(metric, "with reductions")
        assert costs.formula(metric, "with reductions", block.as_report()) == ""


def test_memory_is_printed_in_binary_units_and_counts_in_decimal_ones():
    costs = COSTS["start"]
    assert costs.text(metric_by_id("activation_bytes"), 100_352) == "98.0 KiB"
    assert costs.text(metric_by_id("macs"), 160_563_200) == "160.6 M MACs"
    assert costs.exact(metric_by_id("activation_bytes"), 100_352) == "100,352"


@pytest.mark.parametrize(
    ("metric_id", "words"),
    [
        ("macs", "2.0× fewer multiply-accumulates than a"),
        ("activation_bytes", "2.0× less activation memory than a"),
        ("milliseconds", "2.0× less time than a"),
        ("intensity", "2.0× fewer MACs per byte than a"),
    ],
)
def test_comparisons_use_less_for_masses_and_fewer_for_counts(metric_id, words):
    assert compare_amounts(metric_by_id(metric_id), 50, 100, than="a") == words


@given(st.sampled_from(CONVENTIONS), st.sampled_from([Conv2d(3, 3), Dense(4), MaxPool2d(2), Activation("softmax")]))
def test_the_formula_of_operations_ends_in_their_number(rule, layer):
    costs, report = costs_of(layer, convention=rule)
    (ops,) = amounts(costs, report, "ops")
    formula = costs.formula(metric_by_id("ops"), "d", report)
    assert formula.endswith(f" = {ops:,}") if ops else formula == ""

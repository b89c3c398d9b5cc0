"""What is counted, and the formulas that say how."""

import pytest

from engine.check import check
from engine.metrics import METRICS, metric, total
from tests.golden.projects import PROJECTS, start

REPORTS = [
    pytest.param(report, id=f"{name}-{design}-{report.name}")
    for name, project in PROJECTS.items()
    for design, analysis in check(project).analyses.items()
    for report in analysis.reports
]


def computed(formula: str) -> int:
    """The left side of a formula, multiplied and added up."""
    sums = formula.split(" = ")[0].split(" + ")
    result = 0
    for product in sums:
        value = 1
        for factor in product.replace("×", "·").split("·"):
            value *= int(factor)
        result += value
    return result


def test_ids_differ_and_lead_to_their_metric():
    assert len({metric.id for metric in METRICS}) == len(METRICS)
    assert all(metric(known.id) is known for known in METRICS)
    with pytest.raises(KeyError):
        metric("joules")


@pytest.mark.parametrize("report", REPORTS)
def test_a_formula_multiplies_out_to_the_value_that_it_states(report):
    for known in METRICS:
        formula, value = known.formula(report), known.value(report)
        if value:
            assert computed(formula) == value
            assert formula.endswith(f" = {value:,}")
        else:
            assert formula == ""


@pytest.mark.parametrize("report", REPORTS)
def test_flops_are_twice_the_macs_and_unknown_with_them(report):
    assert metric("flops").value(report) == (None if report.macs is None else 2 * report.macs)


def test_formulas_hold_the_numbers_of_the_layer():
    (report,) = check(start()).analyses["naive"].reports
    assert [known.formula(report) for known in METRICS] == [
        "28·28·32 × 5·5·256 = 160,563,200",
        "32·256·5·5 + 32 = 204,832",
        "2 × 28·28·32 × 5·5·256 = 321,126,400",
    ]


def test_batch_norm_counts_gamma_and_beta_but_not_its_statistics():
    report = check(PROJECTS["three_designs"]).reports["plain", "norm1"]
    assert metric("params").formula(report) == "256 + 256 = 512"


@pytest.mark.parametrize("name", PROJECTS)
def test_totals_agree_with_the_analysis(name):
    for analysis in check(PROJECTS[name]).analyses.values():
        assert total(metric("macs"), analysis.reports) == analysis.macs
        assert total(metric("params"), analysis.reports) == analysis.params


def test_a_total_with_an_unknown_part_is_unknown():
    reports = check(PROJECTS["mistaken"]).analyses["bottleneck"].reports
    assert [total(known, reports) for known in METRICS] == [None] * len(METRICS)
    assert total(metric("macs"), ()) == 0

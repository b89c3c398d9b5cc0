"""Sweeps: axes and conditions with their faults, points counted like any design, fronts, and measured errors."""

import re
from contextlib import suppress
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.blocks import BLOCKS
from engine.cost.metrics import METRICS, Costs
from engine.files.paths import RESOURCES
from engine.layers import Activation, Conv2d, Dense, GlobalAvgPool2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project
from engine.project.project import Design, Project, SweepSettings
from engine.rank_search import CalibrationSet
from engine.rank_search.replacement import apply_low_rank
from engine.run.check import check
from engine.run.execute import run_all
from engine.run.request import RunRequest
from engine.sweep.axis_values import Multiple, parse_values
from engine.sweep.columns import COUNTED
from engine.sweep.counting import count_points
from engine.sweep.designs import design_refusal, point_of, with_points
from engine.sweep.faults import SweepFault
from engine.sweep.front import best_within, pareto_front
from engine.sweep.measured_designs import measured_designs
from engine.sweep.measuring import PointMeasurer, machine_text, measure_here
from engine.sweep.sweep import plan_sweep
from engine.text.problems import ProjectError
from tests.engine.mobilenet_figures import MISPRINTS, differing_counts

NOISE = NoiseInput((6, 10, 12))
WIDE = Network((Node("conv", Conv2d(8, 3)), Node("relu", Activation("relu"))))
THIN = Network((Node("reduce", Conv2d(2, 1)), Node("conv", Conv2d(8, 3)), Node("relu", Activation("relu"))))
PROJECT = Project(NOISE, (Design("wide", WIDE), Design("thin", THIN)), Network((Node("stem", Conv2d(6, 1)),)))


def bundled(name):
    return load_project(RESOURCES / "projects" / f"{name}.toml").project


def plan(*axes, project=PROJECT, others=(), **settings):
    return plan_sweep(project, SweepSettings(axes, **settings), CalibrationSet((project.input,), tuple(others)))


def counts(sweep, column="macs"):
    return [counted.values.get(column) for counted in count_points(sweep)]


# Axes


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("4..16..4", (4, 8, 12, 16)),
        ("1..3", (1, 2, 3)),
        ("4..40..*2", (4, 8, 16, 32)),
        ("0.1..0.3..0.1", (0.1, 0.2, 0.3)),
        ("8, 4..5, 16", (8, 4, 5, 16)),
        ("x0.5,×2,*1", (Multiple(0.5), Multiple(2), Multiple(1))),
        ("3x5, 1x1+kxk", ((3, 5), "1x1+kxk")),
        ("[0, 1, 0, 1], same, true", ((0, 1, 0, 1), "same", True)),
    ],
)
def test_values_are_read_as_they_are_written(text, values):
    assert parse_values(text) == values


@pytest.mark.parametrize(
    ("axis", "words"),
    [
        ("thin/reduce.filter=1", "unknown setting 'thin/reduce.filter'; did you mean 'thin/reduce.filters'?"),
        ("thin/reduce.filters", "has no values"),
        ("thin/reduce.filters=", "has no values"),
        ("thin/reduce.filters=0", "is 0; an integer from 1 to 1000000000 is expected"),
        ("thin/reduce.filters=1.5", "is 1.5; an integer"),
        ("thin/reduce.filters=4,4..8", "is 4 twice"),
        ("thin/reduce.filters=1..1000000000", "1,000,000,000 values"),
        ("thin/reduce.filters=1..999999999999999999999", "is no range"),
        ("thin/reduce.filters=1..4..0", "step of 0"),
        ("thin/reduce.filters=8..4", "ends before it begins"),
        ("thin/reduce.filters=1..9..*1", "does not grow"),
        ("thin/reduce.padding=[1, 2, 3]", "has 3 values; use one"),
        ("thin/reduce.padding=[1,", "is no list"),
        ("thin/reduce.padding=x2", "no multiples"),
        ("thin/reduce.filters=x0.1", "is 0 at x0.1; an integer from 1"),
        ("thin/relu.function=relu7", "'relu6'"),
        ("conv.filters=8", "unknown setting 'conv.filters'"),
        ("thin/nothing*.filters=8", "unknown setting"),
        ("input.path=a.png", "unknown setting"),
    ],
)
def test_an_axis_with_a_mistake_is_refused_with_the_reason(axis, words):
    with pytest.raises(ProjectError, match=re.escape(words)) as error:
        plan(axis)
    assert error.value.problems[0].place == "$.sweep.axes[0]"


@pytest.mark.parametrize(
    ("axes", "settings", "words"),
    [
        ((), {}, "has no axes"),
        (("thin/reduce.filters=1..1000", "thin/conv.filters=1..1000"), {}, "1,000 × 1,000 = 1,000,000 points"),
        (("thin/reduce.filters=1,2", "w: thin/reduce.filters=3,4"), {}, "is changed twice"),
        (("thin/reduce.filters=1,2", "thin/conv.low_rank.rank=1,2", "thin/conv.bias=true"), {}, "another axis changes"),
        (("thin/conv.low_rank.form=1x1+kxk",), {}, "has no rank"),
        (("macs: thin/reduce.filters=1,2",), {}, "two columns would be called 'macs'"),
        (("min: thin/reduce.filters=1,2",), {}, "a metric or a function"),
        (("seed=1,2",), {}, "say which one counts"),
        (("thin/reduce.filters=1,2",), {"design": "think"}, "did you mean 'thin'"),
        (("thin/reduce.filters=1,2",), {"measure": ("eror",)}, "did you mean 'error'"),
        (("thin/reduce.filters=1,2",), {"count": "fv"}, "counts by 'fv'"),
        (("thin/reduce.filters=1,2",), {"where": ("mac < 1",)}, "did you mean 'macs'"),
        (("thin/reduce.filters=1,2",), {"where": ("macs <",)}, "cannot be read"),
        (("thin/reduce.filters=1,2",), {"where": ("setting('thin/reduce.filters') > 2",)}, "none of 2 points"),
        (("thin/reduce.filters=1,2",), {"where": ("setting('thin/reduce.filter') > 2",)}, "did you mean"),
        (("w: thin/reduce.filters=1,2",), {"where": ("w + 1",)}, "neither true nor false"),
        (("thin/reduce.filters=1,2",), {"where": ("error < 1",)}, "'error' is no value"),
    ],
)
def test_a_sweep_with_a_mistake_is_refused_before_anything_is_counted(axes, settings, words):
    with pytest.raises(ProjectError, match=re.escape(words)):
        plan(*axes, **settings)


_AXIS_WORDS = st.sampled_from(
    [
        *("thin/reduce.filters", "thin/*", "input.size", "seed", "conv", "*", ".", "/", "=", "..", ",", "x", "×", "*2"),
        *("[", "]", " + ", "w: ", "1", "8", "0", "-1", "1e9", "1e-99", "0.5", "3x5", "9" * 30, "same", "true", "NaN"),
        *("'", "\n", "\ud800"),
    ]
)


@given(st.lists(_AXIS_WORDS, max_size=9).map("".join))
def test_no_text_of_an_axis_raises_anything_but_its_own_errors(text):
    with suppress(ProjectError):
        plan(f"thin/reduce.filters={text}")
    with suppress(ProjectError):
        plan(text)


@given(
    st.lists(st.sampled_from(["macs", "w", "setting(", "'thin/reduce.filters'", ")", "<", "*", "9", "/", "0", " and "]))
)
def test_no_text_of_a_condition_raises_anything_but_its_own_errors(words):
    with suppress(ProjectError):
        list(count_points(plan("w: thin/reduce.filters=1,2", where=("".join(words),))))


def test_a_name_that_is_a_formula_is_refused_and_another_one_helps():
    project = PROJECT.with_design_renamed("thin", "=thin")
    with pytest.raises(ProjectError, match="would be a formula as the name of a column"):
        plan("=thin/reduce.filters=1,2", project=project)
    assert plan("w: =thin/reduce.filters=1,2", project=project).columns[0] == "w"


def test_names_with_the_signs_of_paths_are_found():
    network = Network((Node("a=b + c/d.e: *", Conv2d(8, 3)), Node("a", Conv2d(4, 1))))
    project = replace(PROJECT, designs=(Design("d", network),))
    sweep = plan("d/a=b + c/d.e: *.filters + d/a.filters=1..3", project=project)
    assert [path.ref[1] for path in sweep.axes[0].paths] == ["a=b + c/d.e: *", "a"]
    twice = Network((Node("b/c", Conv2d(8, 3)),)), Network((Node("c", Conv2d(8, 3)),))
    project = replace(PROJECT, designs=(Design("a", twice[0]), Design("a/b", twice[1])))
    with pytest.raises(ProjectError, match="could be two settings"):
        plan("a/b/c.filters=1,2", project=project)


def test_tied_settings_take_their_values_together_and_multiples_are_of_their_own():
    sweep = plan("width: wide/*.filters + thin/*.filters=x0.5, x1", design="thin")
    projects = [sweep.projects.project_of(point) for point in sweep]
    filters = [
        [node.layer.filters for _, n in p.networks() for node in n.nodes if node.name != "relu"] for p in projects
    ]
    assert filters == [[6, 4, 1, 4], [6, 8, 2, 8]]
    assert [sweep.labels(point) for point in sweep] == [{"width": 0.5}, {"width": 1}]


# Counting


def test_tensorflows_figures_of_sixteen_mobilenets_come_out():
    sweep = plan(
        "width: MobileNet v1/*.filters=x1,x0.75,x0.5,x0.25",
        "input.size=224,192,160,128",
        project=bundled("mobilenet_v1"),
    )
    counted = {tuple(sweep.labels(c.point).values()): c.values["macs"] for c in count_points(sweep)}
    assert differing_counts(counted) == MISPRINTS


SWEEPS = {
    "reduction width and form": (
        "inception_3a_5x5_branch",
        ("bottleneck/reduce.low_rank.rank=4..16..6", "bottleneck/reduce.low_rank.form=1x1+kxk,kxk+1x1,1x1+kxk+1x1"),
    ),
    "five widths": (
        "inception_3a_192",
        tuple(
            f"with reductions/inception_3a.{name}={values}"
            for name, values in (
                ("n1x1", "32,64"),
                ("n3x3_reduce", "0,96"),
                ("n3x3", "64,128"),
                ("n5x5_reduce", "16,24"),
                ("n5x5", "32,48"),
            )
        ),
    ),
    "growth and layers": ("densenet121", ("growth: DenseNet-121/*.growth=16,32", "DenseNet-121/dense2.layers=6,12")),
}


@pytest.mark.parametrize("name", SWEEPS)
def test_every_metric_of_a_point_is_that_of_its_project_checked_alone(name):
    project, axes = SWEEPS[name]
    sweep = plan(*axes, project=bundled(project), count="fvcore")
    for counted in islice(count_points(sweep), 0, None, 3):
        costs = Costs(check(sweep.projects.project_of(counted.point)), sweep.convention)
        expected = {metric.id: costs.total(metric, sweep.design) for metric in COUNTED}
        assert counted.values == pytest.approx(expected)
        assert not counted.problem


def test_the_published_networks_are_points_of_their_own_sweeps():
    dense = plan("growth: DenseNet-121/*.growth=24,32", project=bundled("densenet121"))
    assert counts(dense)[1] == check(bundled("densenet121")).analyses["DenseNet-121"].macs
    start = bundled("inception_3a_5x5_branch")
    assert counts(plan("bottleneck/reduce.filters=8,16", project=start)) == [6_623_232, 13_246_464]


def test_a_form_of_a_convolution_is_that_of_a_replacement_by_the_rank_search():
    sweep = plan("wide/conv.low_rank.rank=3", "wide/conv.low_rank.form=1x1+kxk,kxk+1x1")
    for form, point in zip(("1x1+kxk", "kxk+1x1"), sweep, strict=True):
        expected = apply_low_rank(PROJECT, ("wide", "conv"), form, (3,), CalibrationSet((NOISE,)))
        assert sweep.projects.project_of(point) == expected


def test_the_form_that_a_replacement_has_already_changes_only_its_rank():
    project = bundled("inception_3a_5x5_branch")
    sweep = plan("bottleneck/conv5x5.low_rank.rank=16,24", project=project)
    first, second = (sweep.projects.project_of(point) for point in sweep)
    assert first == project
    assert second == project.with_network(
        "bottleneck", project.network("bottleneck").with_layer("reduce", Conv2d(24, 1))
    )


def test_settings_that_do_not_fit_each_other_make_a_problem_of_their_point_alone():
    sweep = plan("wide/conv.groups=1,4")
    first, second = count_points(sweep)
    assert (first.problem, first.values["macs"]) == ("", 120 * 8 * 54)
    assert (second.values, second.fits) == ({}, False)
    assert "6 input channels" in second.problem


def test_conditions_on_settings_choose_points_and_those_on_metrics_mark_them():
    axes = "wide/conv.filters=2..12..2", "groups: wide/conv.groups=1,2,3"
    conditions = "divides(groups, setting('wide/conv.filters'))", "macs < 30000"
    sweep = plan(*axes, where=conditions)
    labels = [tuple(sweep.labels(point).values()) for point in sweep]
    assert sorted(labels) == [(f, g) for f in range(2, 13, 2) for g in (1, 2, 3) if f % g == 0]
    for counted in count_points(sweep):
        assert counted.fits == (counted.values["macs"] < 30_000)


def test_neighbouring_points_differ_in_the_last_layers():
    sweep = plan(
        "thin/conv.filters=1..3", "input.size=8,9", "stem/stem.kernel=1,3", "thin/reduce.filters=1,2", design="thin"
    )
    assert sweep.order == (1, 2, 3, 0)
    points = list(sweep)
    assert len(set(points)) == len(points) == len(sweep) == 24
    assert all(first[1:] == second[1:] for first, second in zip(points[::3], points[1::3], strict=True))


def test_a_sweep_that_is_given_up_ends_at_once():
    class GivenUpError(Exception):
        pass

    calls = []

    def checkpoint():
        calls.append(1)
        if len(calls) == 5:
            raise GivenUpError

    with pytest.raises(GivenUpError):
        list(count_points(plan("thin/reduce.filters=1..2000"), checkpoint))


@pytest.mark.parametrize("kind", [kind for kind in BLOCKS if kind.__struct_config__.tag == "fire"])
def test_settings_of_blocks_are_axes(kind):
    project = bundled("squeezenet")
    sweep = plan("SqueezeNet 1.0/*.squeeze=x1,x2", project=project, design="SqueezeNet 1.0")
    assert sum(isinstance(project.network(r.ref[0]).node(r.ref[1]).layer, kind) for r in sweep.axes[0].paths) == 8
    first, second = counts(sweep)
    assert first < second


# Fronts

_AMOUNTS = st.one_of(st.none(), st.integers(0, 6), st.just(float("nan")))


@given(st.lists(st.tuples(_AMOUNTS, _AMOUNTS), max_size=12))
def test_the_front_is_what_no_other_point_beats(pairs):
    rows = [{"macs": macs, "params": params} for macs, params in pairs]
    known = {i: p for i, p in enumerate(pairs) if None not in p and not any(map(np.isnan, p))}
    unbeaten = {p for p in known.values() if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in known.values())}
    front = pareto_front(rows, "macs", "params")
    assert [pairs[index] for index in front] == sorted(unbeaten)


@given(st.lists(st.tuples(_AMOUNTS, _AMOUNTS), max_size=12), st.integers(0, 6))
def test_the_best_within_a_limit_is_that_of_all_points_within_it(pairs, limit):
    rows = [{"macs": macs, "error_fitted": error} for macs, error in pairs]
    within = [p for p in pairs if None not in p and not any(map(np.isnan, p)) and p[1] <= limit]
    best = best_within(rows, "macs", "error_fitted", limit)
    assert (None if best is None else pairs[best]) == min(within, default=None)


def test_more_intensity_is_better():
    rows = [{"macs": 1, "intensity": 1.0}, {"macs": 2, "intensity": 3.0}, {"macs": 3, "intensity": 2.0}]
    assert pareto_front(rows, "macs", "intensity") == [0, 1]
    assert best_within(rows, "macs", "intensity", 2.0) == 1


# Measuring


def last_volume(project, design, spec):
    request = RunRequest.of(replace(project, input=spec))
    results = run_all(request, lambda _: None)
    return results[design, request.check.analyses[design].output].volume.astype(float)


def test_the_measured_error_is_that_of_whole_runs_over_all_inputs():
    others = NoiseInput((6, 10, 12), 7), NoiseInput((6, 10, 12), 8)
    sweep = plan(
        "thin/reduce.filters=1,5", "input.size=10x12,7", measure=("error", "ms"), against="wide", others=others
    )
    measurer = PointMeasurer(sweep)
    for point in sweep:
        project = sweep.projects.project_of(point)
        values = measurer.measure(point)
        for column, specs in (("error_fitted", (NOISE,)), ("error_held_out", others)):
            specs = [replace(spec, shape=project.input.shape) for spec in specs]
            pairs = [(last_volume(project, "thin", s), last_volume(PROJECT, "wide", s)) for s in specs]
            expected = (sum(((a - b) ** 2).sum() for a, b in pairs) / sum((b**2).sum() for _, b in pairs)) ** 0.5
            assert values[column] == pytest.approx(expected, rel=1e-5)
        assert values["milliseconds"] > 0
        assert "thread" in values["machine"]


def test_agreement_is_the_share_of_inputs_with_the_same_largest_value():
    network = Network((Node("pool", GlobalAvgPool2d()), Node("fc", Dense(5))))
    project = Project(NOISE, (Design("a", network), Design("b", network)))
    inputs = tuple(NoiseInput((6, 10, 12), seed) for seed in range(1, 13))
    sweep = plan("b/fc.bias=true", project=project, measure=("agreement",), against="a", others=inputs)
    pairs = [[last_volume(project, name, spec).argmax() for name in "ab"] for spec in inputs]
    expected = sum(first == second for first, second in pairs) / 12
    assert PointMeasurer(sweep).measure((0,))["agreement"] == expected
    with pytest.raises(SweepFault, match="8×10×12: it has no classes"):
        PointMeasurer(plan("wide/conv.filters=8", measure=("agreement",), against="wide")).measure((0,))


def test_a_point_of_another_shape_has_a_reason_instead_of_an_error():
    sweep = plan("thin/conv.filters=7", measure=("error",))
    with pytest.raises(SweepFault, match="its last volume is 7×10×12, that of wide 8×10×12"):
        PointMeasurer(sweep).measure((0,))


def test_a_design_is_no_further_from_itself_than_rounding():
    sweep = plan("wide/conv.low_rank.rank=5", measure=("error",), against="wide")
    assert PointMeasurer(sweep).measure((0,))["error_fitted"] > 0.001
    own = plan("wide/conv.filters=8", measure=("error",), against="wide")
    assert PointMeasurer(own).measure((0,)) == {"error_fitted": 0.0, "error_held_out": None}


# Designs


def test_a_point_as_a_design_computes_what_it_does_in_the_sweep():
    sweep = plan("thin/reduce.filters=1,5", "wide/conv.kernel=5", design="thin")
    with pytest.raises(SweepFault, match="belongs to another design than thin"):
        with_points(sweep, [(0, 0)])
    sweep = plan("thin/reduce.filters=1,5", "thin/conv.kernel=5")
    project = with_points(sweep, sweep)
    assert [design.name for design in project.designs[2:]] == [
        "reduce.filters 1, conv.kernel 5",
        "reduce.filters 5, conv.kernel 5",
    ]
    assert not check(project).problems
    for point, design in zip(sweep, project.designs[2:], strict=True):
        expected = last_volume(sweep.projects.project_of(point), "thin", NOISE)
        np.testing.assert_array_equal(last_volume(project, design.name, NOISE), expected)


def test_points_that_change_the_input_are_no_designs_of_one_project():
    sweep = plan("input.size=8,9", design="thin")
    assert design_refusal(sweep) == "input.size belongs to all designs of a project"


def test_the_point_of_a_row_is_found_by_its_labels():
    sweep = plan("w: thin/reduce.filters=1,x3", "thin/conv.bias=true,false")
    assert [point_of(sweep, sweep.labels(point)) for point in sweep] == list(sweep)


def test_every_counted_metric_is_a_column():
    assert set(plan("seed=1,2", design="thin").columns) >= {metric.id for metric in METRICS if not metric.is_measured}


def test_designs_of_the_project_are_measured_like_points_that_leave_them_as_they_are():
    sweep = plan("thin/reduce.filters=1, 2", measure=("error", "ms"), against="wide")
    rows = [values for _, values, _ in measure_here(sweep)(count_points(sweep))]
    designs = measured_designs(sweep, rows)
    assert designs["thin"]["error_fitted"] == pytest.approx(rows[1]["error_fitted"])
    assert designs["thin"]["error_fitted"] != pytest.approx(rows[0]["error_fitted"])
    assert designs["wide"]["error_fitted"] == 0
    assert {values["machine"] for values in designs.values()} == {rows[0]["machine"]}
    alone = [{**row, "machine": machine_text(1)} for row in rows]
    assert measured_designs(sweep, alone, limits_threads=True)["wide"]["machine"] == machine_text(1)
    others = [rows[0], {**rows[1], "machine": "node2 x86_64, 1 thread"}]
    assert set(measured_designs(sweep, others)["wide"]) == {"error_fitted", "error_held_out"}, "no time to compare"
    assert measured_designs(plan("thin/reduce.filters=1, 2"), []) == {}


def test_a_design_that_cannot_be_compared_has_no_measured_values():
    odd = replace(PROJECT, designs=(*PROJECT.designs, Design("odd", Network((Node("conv", Conv2d(7, 3)),)))))
    sweep = plan("thin/reduce.filters=1, 2", project=odd, measure=("error",), against="wide")
    assert set(measured_designs(sweep, [])) == {"wide", "thin"}

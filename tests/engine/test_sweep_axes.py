"""Axes and conditions that are suggested, tied and taken apart: each is one that the sweep accepts."""

import pytest

from engine.blocks import BLOCKS
from engine.layers import IMPORTED_LAYERS, LAYERS, Conv2d, tag_of
from engine.network.graph import Network, Node
from engine.network.input_specs import ImageInput, NoiseInput
from engine.project.project import Design, Project, SweepSettings
from engine.rank_search.calibration import CalibrationSet
from engine.run.check import check
from engine.sweep.axes import parse_axis
from engine.sweep.axis_edits import (
    axis_of_pattern,
    axis_of_setting,
    find_setting,
    read_axis,
    separate_axes,
    tied_axis,
)
from engine.sweep.setting_paths import INPUT_REF, setting_paths, value_of_setting
from engine.sweep.suggestions import suggested_axis, suggested_conditions
from engine.sweep.sweep import plan_sweep
from gui.state.edits import new_layer

KINDS = tuple(kind for kind in (*LAYERS, *BLOCKS) if kind not in IMPORTED_LAYERS)
PROJECT = Project(
    NoiseInput((8, 12, 12)),
    (
        Design("net", Network((Node("reduce", Conv2d(16, 1)), Node("conv", Conv2d(24, 3))))),
        Design("other", Network((Node("conv", Conv2d(24, 3)),))),
    ),
)
PATHS = setting_paths(PROJECT)


def axis(text, project=PROJECT):
    return parse_axis(text, project, setting_paths(project))


def path_of(node, setting, design="net"):
    return find_setting(PATHS, (design, node), setting)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_setting_of_a_kind_has_an_axis_of_several_values(kind):
    project = Project(NoiseInput((8, 12, 12)), (Design("d", Network((Node("n", new_layer(tag_of(kind))),))),))
    paths = setting_paths(project)
    for path in paths.by_text.values():
        if path.ref == ("d", "n"):
            parsed = axis(suggested_axis(project, path), project)
            assert parsed.paths == (path,)
            assert len(parsed.values) > 1
            together = axis(axis_of_pattern(project, path, paths), project)
            assert path in together.paths


@pytest.mark.parametrize(
    ("setting", "present", "text"),
    [
        ("filters", 16, "4..32..4"),
        ("filters", 10, "2..20..2"),
        ("filters", 1, "1..4"),
        ("kernel", 3, "1..7..2"),
        ("kernel", (1, 7), "1x7, 7x1"),
        ("kernel", 4, "2..8..2"),
        ("groups", 1, "1..8..*2"),
        ("bias", True, "true, false"),
        ("padding", "same", "same, valid"),
    ],
)
def test_an_axis_goes_through_the_present_value(setting, present, text):
    layer = Conv2d(**{"filters": 8, "kernel": 3, setting: present})
    project = Project(NoiseInput((8, 12, 12)), (Design("d", Network((Node("n", layer),))),))
    path = find_setting(setting_paths(project), ("d", "n"), setting)
    suggested = suggested_axis(project, path)
    assert suggested == f"d/n.{setting}={text}"
    assert any(value.settings == (present,) for value in axis(suggested, project).values)


def test_inputs_and_low_rank_forms_have_axes():
    photo = Project(ImageInput("resources:photos/chelsea.png", (64, 64)), PROJECT.designs)
    paths = setting_paths(photo)
    assert suggested_axis(photo, find_setting(paths, INPUT_REF, "size")) == "input.size=16..128..16"
    assert suggested_axis(photo, find_setting(paths, INPUT_REF, "channels")) == "input.channels=bgr, gray, rgb"
    assert suggested_axis(PROJECT, path_of("conv", "low_rank.rank")) == "net/conv.low_rank.rank=6..24..6"
    assert "1x1+kxk+1x1" in suggested_axis(PROJECT, path_of("conv", "low_rank.form"))
    assert path_of("reduce", "low_rank.rank") is None, "a 1×1 is no k×k"


def test_all_layers_of_a_design_take_multiples_if_they_differ_and_one_value_if_they_agree():
    paths = setting_paths(PROJECT)
    assert axis_of_pattern(PROJECT, path_of("conv", "filters"), paths) == "net/*.filters=x0.25, x0.5, x0.75, x1"
    assert axis_of_pattern(PROJECT, path_of("conv", "stride"), paths) == "net/*.stride=1..4"
    assert axis_of_pattern(PROJECT, path_of("conv", "kernel", "other"), paths) == "other/conv.kernel=1..7..2"


@pytest.mark.parametrize(
    ("axes", "found"),
    [
        (("net/conv.filters=8", "net/reduce.filters=4"), 1),
        (("net/reduce.filters",), None),
        (("nonsense", "both: net/conv.filters + net/reduce.filters=4, 8"), 1),
        (("*.filters=x1",), 0),
        (("reduce.filters=2",), 0),
    ],
)
def test_a_setting_is_found_in_the_axis_that_changes_it(axes, found):
    assert axis_of_setting(axes, path_of("reduce", "filters"), PATHS) == found


@pytest.mark.parametrize(
    ("first", "second", "tied"),
    [
        (
            "net/reduce.filters=4, 8",
            "net/conv.filters=3",
            "net/reduce.filters + net/conv.filters=x0.25, x0.5, x0.75, x1",
        ),
        ("net/reduce.filters=4, 8", "net/conv.filters= 4, 8 ", "net/reduce.filters + net/conv.filters=4, 8"),
        (
            "net/conv.filters=4, 8",
            "all: other/conv.filters=3",
            "all: net/conv.filters + other/conv.filters=4, 8",
        ),
    ],
)
def test_tied_axes_change_the_settings_of_both(first, second, tied):
    parts = [read_axis(text, PATHS) for text in (first, second)]
    assert tied_axis(PROJECT, *parts) == tied
    whole = read_axis(tied, PATHS)
    assert whole.targets == (*parts[0].targets, *parts[1].targets)
    assert len(axis(tied).values) >= 2
    assert [axis(text).paths for text in separate_axes(whole)] == [(path,) for path in whole.targets]


def test_suggested_conditions_are_met_by_the_project_as_it_is():
    checked = check(PROJECT)
    conditions = suggested_conditions(PROJECT, checked, "net", [path_of("conv", "filters"), PATHS.by_text["seed"]])
    assert conditions == (
        f"macs <= {checked.analyses['net'].macs}",
        f"params <= {checked.analyses['net'].params}",
        "divides(setting('net/conv.groups'), setting('net/conv.filters'))",
    )
    settings = SweepSettings((f"net/conv.filters={value_of_setting(PROJECT, path_of('conv', 'filters'))}",), conditions)
    assert len(plan_sweep(PROJECT, settings, CalibrationSet((PROJECT.input,)))) == 1

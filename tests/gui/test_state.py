"""States: derived values are computed once and keep no volume alive; volumes are looked up with their freshness."""

import gc
import weakref

import numpy as np
import pytest
from msgspec.structs import replace

from engine.blocks import Inception
from engine.layers import Conv2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.project import Design, Project
from engine.run.check import check
from engine.shapes import Shape
from engine.text.problems import Problem
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeAt, VolumeResult

PROJECT = Project(
    NoiseInput((4, 6, 7)), (Design("d", Network((Node("a", Conv2d(3, 3)), Node("b", Inception(2, 2, 3, 2, 3, 2))))),)
)

PROBLEMS = (Problem("too large", "$.designs[0]", "d", "a"),)


def state_of(project: Project = PROJECT) -> ViewState:
    """A state in which the layer `a` has run."""
    project_check = check(project)
    result = VolumeResult(project_check.keys["d", "a"], np.zeros((3, 6, 7), np.float32), 1.5)
    return ViewState(project, project_check, RunView({("d", "a"): result}), Focus(), Look())


def test_costs_and_table_rows_keep_no_volume_of_a_deleted_state_alive() -> None:
    state = state_of()
    volume = weakref.ref(state.run.results["d", "a"].volume)
    assert state.costs.milliseconds == {("d", "a"): 1.5}
    assert state.cost_rows
    del state
    gc.collect()
    assert volume() is None


def test_costs_and_table_rows_are_not_recomputed_while_only_the_camera_turns() -> None:
    state = state_of()
    turned = replace(state, look=replace(state.look, yaw=12.0))
    assert turned.costs is state.costs
    assert turned.cost_rows is state.cost_rows


def test_a_closed_block_is_one_row_of_the_table() -> None:
    state = state_of()
    closed = replace(state, look=replace(state.look, blocks="closed"))
    assert [row.node for row in closed.cost_rows] == ["a", "b", ""]
    assert len(state.cost_rows) > 3


@pytest.mark.parametrize(
    ("ref", "shape"),
    [
        ((STEM, INPUT), Shape(4, 6, 7)),
        (("d", INPUT), Shape(4, 6, 7)),
        (("d", "a"), Shape(3, 6, 7)),
        (("d", "gone"), None),
        (("gone", "a"), None),
        (("gone", INPUT), None),
    ],
)
def test_a_volume_has_the_shape_of_the_current_settings_or_none(ref: tuple[str, str], shape: Shape | None) -> None:
    assert state_of().volume_at(ref).shape == shape


@pytest.mark.parametrize(
    ("ref", "source"),
    [
        ((STEM, INPUT), (STEM, INPUT)),
        (("d", INPUT), (STEM, INPUT)),
        (("d", "a"), ("d", "a")),
        (("d", "b"), ("d", "b/concat")),
    ],
)
def test_the_source_of_a_volume_is_the_layer_or_input_that_computes_it(
    ref: tuple[str, str], source: tuple[str, str]
) -> None:
    assert state_of().volume_at(ref).source == source


def test_a_volume_is_looked_up_once_for_all_states_with_the_same_layers_and_results() -> None:
    state = state_of()
    assert replace(state, focus=Focus("d", "a")).volume_at(("d", "a")) is state.volume_at(("d", "a"))
    assert replace(state, run=replace(state.run)).volume_at(("d", "a")) is not state.volume_at(("d", "a"))


def test_after_an_edit_only_the_volumes_that_it_affects_are_looked_up_again() -> None:
    state = state_of()
    assert state.volume_at(("d", "a")).is_fresh
    keys, reports = state.check.keys, state.check.reports
    other_key = replace(state, check=replace(state.check, keys={**keys, ("d", "a"): b"other"}))
    assert not other_key.volume_at(("d", "a")).is_fresh
    same = replace(state, check=replace(state.check))
    at = same.volume_at(("d", "a"))
    assert replace(same, check=replace(same.check)).volume_at(("d", "a")) is at
    other_shape = replace(reports["d", "a"], output_shape=Shape(1, 1, 1))
    other = replace(same, check=replace(same.check, reports={**reports, ("d", "a"): other_shape}))
    assert other.volume_at(("d", "a")).shape == Shape(1, 1, 1)


def test_after_an_edit_the_volumes_of_a_list_are_those_of_each() -> None:
    state, refs = state_of(), [("d", "a"), ("d", "b"), (STEM, INPUT)]
    keys, reports = state.check.keys, state.check.reports
    changes = (
        {"keys": {**keys, ("d", "a"): b"other"}},
        {"reports": {**reports, ("d", "b"): replace(reports["d", "b"], output_shape=Shape(1, 1, 1))}},
        {"keys": {ref: key for ref, key in keys.items() if ref != ("d", "a")}},
    )
    for change in changes:
        before = replace(state, check=replace(state.check))
        first = before.volumes_at(refs)
        after = replace(before, check=replace(state.check, **change))
        assert after.volumes_at(refs) == [after.volume_at(ref) for ref in refs] != first
        alone = replace(before, check=after.check, run=replace(before.run))
        assert all(map(VolumeAt.has_fields_of, after.volumes_at(refs), alone.volumes_at(refs)))


def test_as_results_arrive_only_the_volumes_that_show_them_are_looked_up_again() -> None:
    state = state_of()
    refs = [("d", "a"), ("d", "b"), ("d", "b/concat"), (STEM, INPUT)]
    a, b, concat, first = state.volumes_at(refs)
    result = VolumeResult(state.check.keys["d", "b/concat"], np.ones((8, 6, 7), np.float32))
    after = replace(state, run=state.run.advance({("d", "b/concat"): result}, None))
    assert [after.volume_at(ref).result for ref in refs] == [a.result, result, result, None]
    assert after.volume_at(("d", "b")).is_fresh
    assert all(after.volume_at(at.ref) is at for at in (a, first))
    assert [at.result for at in (b, concat)] == [None, None]
    assert after.run.advance({}, None, PROBLEMS).problems == PROBLEMS
    assert replace(after, run=after.run.advance({}, None, PROBLEMS)).volume_at(("d", "a")).problems == ("too large",)


def test_last_results_with_other_settings_keep_no_volume_of_earlier_results_alive() -> None:
    run = state_of().run
    volume = weakref.ref(run.results["d", "a"].volume)
    assert run.last_results("sum", 1).map(lambda result: result.volume.sum(), [run.results["d", "a"]]) == [0.0]
    run = run.advance({("d", "a"): VolumeResult(b"", np.ones((3, 6, 7), np.float32))}, None)
    assert run.last_results("sum", 2).map(lambda result: result.volume.sum(), [run.results["d", "a"]]) == [126.0]
    gc.collect()
    assert volume() is None


def test_a_volume_of_earlier_settings_is_stale() -> None:
    state = state_of()
    current = state.volume_at(("d", "a"))
    assert (current.is_fresh, state.volume_at(("d", "b")).is_fresh) == (True, False)
    network = PROJECT.designs[0].network.with_layer("a", Conv2d(5, 3))
    project = replace(PROJECT, designs=(replace(PROJECT.designs[0], network=network),))
    earlier = replace(state, project=project, check=check(project)).volume_at(("d", "a"))
    assert (earlier.is_fresh, earlier.result is current.result, earlier.shape) == (False, True, Shape(5, 6, 7))
    assert earlier.volume_of(earlier.shape) is None
    assert current.volume_of(current.shape) is current.volume is not None


def test_problems_are_found_at_the_volume_of_their_node() -> None:
    state = state_of()
    problems = Problem("no such file", design="d", node="a"), Problem("no photo", design=STEM, node=INPUT)
    state = replace(state, run=RunView(problems=problems))
    assert state.volume_at(("d", "a")).problems == ("no such file",)
    assert state.volume_at(("d", INPUT)).problems == ("no photo",)
    assert state.volume_at(("d", "b")).problems == ()

"""States: what is derived of them is made once, and holds no volume."""

import gc
import weakref

import numpy as np
import pytest
from msgspec.structs import replace

from engine.blocks import Inception
from engine.layers import Conv2d
from engine.network.graph import INPUT, Network, Node
from engine.project.project import Design, NoiseInput, Project
from engine.run.check import check
from engine.shapes import Shape
from engine.text.problems import STEM
from gui.state.view_state import Focus, Look, Result, RunView, ViewState

PROJECT = Project(
    NoiseInput((4, 6, 7)), (Design("d", Network((Node("a", Conv2d(3, 3)), Node("b", Inception(2, 2, 3, 2, 3, 2))))),)
)


def state_of(project: Project = PROJECT) -> ViewState:
    """A state in which the layer `a` has run."""
    known = check(project)
    result = Result(known.keys["d", "a"], np.zeros((3, 6, 7), np.float32), 1.5)
    return ViewState(project, known, RunView({("d", "a"): result}), Focus(), Look())


def test_amounts_and_tables_hold_no_volume_of_a_state_that_is_gone() -> None:
    state = state_of()
    volume = weakref.ref(state.run.results["d", "a"].volume)
    assert state.ledger.milliseconds == {("d", "a"): 1.5}
    assert state.rows
    del state
    gc.collect()
    assert volume() is None


def test_amounts_and_tables_are_the_same_while_only_the_camera_turns() -> None:
    state = state_of()
    turned = replace(state, look=replace(state.look, yaw=12.0))
    assert turned.ledger is state.ledger
    assert turned.rows is state.rows


def test_a_closed_block_is_one_row_of_the_table() -> None:
    state = state_of()
    closed = replace(state, look=replace(state.look, blocks="closed"))
    assert [row.node for row in closed.rows] == ["a", "b", ""]
    assert len(state.rows) > 3


@pytest.mark.parametrize(
    ("place", "shape"),
    [
        ((STEM, INPUT), Shape(4, 6, 7)),
        (("d", INPUT), Shape(4, 6, 7)),
        (("d", "a"), Shape(3, 6, 7)),
        (("d", "gone"), None),
        (("gone", "a"), None),
        (("gone", INPUT), None),
    ],
)
def test_every_place_has_the_shape_of_todays_settings(place: tuple[str, str], shape: Shape | None) -> None:
    assert state_of().shape(place) == shape

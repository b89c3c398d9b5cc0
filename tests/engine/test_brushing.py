"""Ranges of several columns at once, against a filter that looks at each row by itself."""

from math import isnan

import numpy as np
import pytest

from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project, SweepSettings
from engine.rank_search.calibration import CalibrationSet
from engine.sweep.brushing import (
    ColumnRange,
    add_positions,
    brushable_columns,
    column_labels,
    points_within,
    with_range,
    without_range,
)
from engine.sweep.sweep import plan_sweep

LAYERS = Network((Node("reduce", Conv2d(4, 1)), Node("conv", Conv2d(8, 3))))
PROJECT = Project(NoiseInput((3, 8, 8)), (Design("net", LAYERS),))
BIAS, FILTERS = "net/reduce.bias", "net/reduce.filters"


@pytest.fixture(scope="module")
def sweep():
    settings = SweepSettings((f"{FILTERS}=1..6", f"{BIAS}=true, false"), ("macs < 100000",))
    return plan_sweep(PROJECT, settings, CalibrationSet((PROJECT.input,)))


def make_rows(count, seed=0):
    """Rows of which a tenth has no amount."""
    rng = np.random.default_rng(seed)
    macs = [None if rng.random() < 0.1 else int(amount) for amount in rng.integers(0, 100, count)]
    return [
        {FILTERS: int(rng.integers(1, 7)), BIAS: bool(rng.integers(2)), "macs": amount, "fits": bool(rng.integers(2))}
        for amount in macs
    ]


def is_within(sweep, row, ranges):
    """The same of one row, value by value."""
    for part in ranges:
        value, labels = row.get(part.column), column_labels(sweep, part.column)
        if labels:
            value = labels.index(value)
        if value is None or not part.low <= value <= part.high:
            return False
    return True


@pytest.mark.parametrize(
    "ranges",
    [
        (),
        (ColumnRange("macs", 20, 60),),
        (ColumnRange("macs", 20, 60), ColumnRange(BIAS, 0.5, 1.2)),
        (ColumnRange(FILTERS, 2, 4), ColumnRange("fits", -0.3, 0.4), ColumnRange("macs", 0, 90)),
        (ColumnRange("params", 0, 1),),
    ],
)
def test_points_within_ranges_are_those_of_the_filter_row_by_row(sweep, ranges):
    rows = make_rows(400)
    within = points_within(add_positions({}, sweep, rows), ranges)
    assert within.tolist() == [is_within(sweep, row, ranges) for row in rows]


def test_positions_that_grow_are_those_of_all_rows(sweep):
    rows, grown = make_rows(50), {}
    for start in range(0, 50, 7):
        grown = add_positions(grown, sweep, rows[start : start + 7])
    whole = add_positions({}, sweep, rows)
    assert list(grown) == list(whole) == list(brushable_columns(sweep))
    for column, positions in whole.items():
        np.testing.assert_array_equal(grown[column], positions)
    assert isnan(whole["params"][0]), "what no row has is unknown"
    assert not len(points_within({}, ()))


def test_a_column_has_one_range():
    ranges = with_range(with_range((), ColumnRange("macs", 1, 2)), ColumnRange("params", 0, 9))
    changed = with_range(ranges, ColumnRange("macs", 3, 4))
    assert changed == (ColumnRange("params", 0, 9), ColumnRange("macs", 3, 4))
    assert without_range(changed, "params") == (ColumnRange("macs", 3, 4),)

"""Rows of sweeps that are kept between windows: which are found again, and which are forgotten."""

import os

import pytest

from engine.sweep import kept_rows as room
from engine.sweep.kept_rows import kept_rows
from engine.sweep.measuring import measure_here
from engine.sweep.running import run_sweep
from engine.text.problems import ProjectError
from tests.engine.test_sweep import plan

AXIS = "thin/reduce.filters=1..3"


def keep(sweep, base):
    with kept_rows(sweep, base) as file:
        run_sweep(sweep, file, measure_here(sweep), lambda progress: None)
    return len(file.rows)


def known(sweep, base):
    with kept_rows(sweep, base) as file:
        return len(file.rows)


def test_rows_are_found_again_for_the_same_sweep_alone(tmp_path):
    assert keep(plan(AXIS), tmp_path) == 3
    assert known(plan(AXIS), tmp_path) == 3
    for other in (plan("thin/reduce.filters=1..4"), plan(AXIS, where=("macs > 1",)), plan(AXIS, count="fvcore")):
        assert known(other, tmp_path) == 0


def test_a_table_that_is_cleared_has_no_rows_afterwards_either(tmp_path):
    keep(plan(AXIS), tmp_path)
    with kept_rows(plan(AXIS), tmp_path) as file:
        file.clear()
        assert not file.rows
    assert known(plan(AXIS), tmp_path) == 0
    assert keep(plan(AXIS), tmp_path) == 3


def test_sweeps_that_were_written_longest_ago_are_forgotten_unless_a_window_is_at_them(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_MOST_SWEEPS", 2)
    sweeps = [plan(f"thin/reduce.filters=1..{count}") for count in (2, 3, 4, 5)]
    with kept_rows(sweeps[0], tmp_path):
        for sweep in sweeps[1:3]:
            keep(sweep, tmp_path)
        for age, table in enumerate(sorted(tmp_path.glob("*/points.csv"), key=lambda path: path.stat().st_size)):
            os.utime(table, (age, age))  # that of the window is the oldest
        keep(sweeps[3], tmp_path)
        assert len(list(tmp_path.iterdir())) == 3
        with (
            pytest.raises(ProjectError, match="another program writes a sweep into this folder"),
            kept_rows(sweeps[0], tmp_path),
        ):
            pass
    assert [known(sweep, tmp_path) for sweep in sweeps[2:]] == [4, 5]

"""Round numbers for the axes of charts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.paint.basics.round_numbers import multiples, round_down, round_up, round_values

POSITIVE = st.floats(1e-9, 1e15)


@pytest.mark.parametrize(("value", "below", "above"), [(3, 2, 5), (0.07, 0.05, 0.1), (1, 1, 1), (999_999, 1e6, 1e6)])
def test_a_number_is_rounded_to_1_2_or_5_times_a_power_of_ten(value: float, below: float, above: float) -> None:
    assert round_down(value) == pytest.approx(below)
    assert round_up(value) == pytest.approx(above)


@given(POSITIVE)
def test_rounding_changes_a_number_by_a_factor_of_at_most_two_and_a_half(value: float) -> None:
    assert round_down(value) <= value * 1.001
    assert round_up(value) >= value * 0.999
    assert round_up(value) / 2.51 <= value <= round_down(value) * 2.51


def test_a_wide_axis_has_1_2_and_5_times_powers_of_ten() -> None:
    assert round_values(0.03, 3) == pytest.approx([0.05, 0.1, 0.2, 0.5, 1, 2])


def test_a_narrow_axis_has_evenly_spaced_round_numbers() -> None:
    assert round_values(0.21, 0.26) == pytest.approx([0.21, 0.22, 0.23, 0.24, 0.25, 0.26])


@given(POSITIVE, st.floats(1.0001, 1e6))
def test_every_axis_has_at_least_three_values_and_all_are_within_it(low: float, ratio: float) -> None:
    high = low * ratio
    values = round_values(low, high)
    assert 3 <= len(values) <= 25
    assert values == sorted(values)
    assert low * 0.998 <= values[0]
    assert values[-1] <= high * 1.002


@pytest.mark.parametrize(("low", "high", "ranks"), [(3, 5, [3, 4, 5]), (7, 7, [7]), (40, 55, list(range(40, 56, 2)))])
def test_multiples_have_no_smaller_step_than_allowed(low: int, high: int, ranks: list[int]) -> None:
    assert multiples(low, high, least_step=1.0) == ranks

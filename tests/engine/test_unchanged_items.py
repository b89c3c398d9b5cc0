"""What is computed of each item anew only where items differ, against computing it of all."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.unchanged_items import LastResults

ITEMS = [object() for _ in range(4)]
LISTS = st.lists(st.lists(st.tuples(st.sampled_from(ITEMS), st.sampled_from(ITEMS)), max_size=12), max_size=6)


@settings(max_examples=60, deadline=None)
@given(lists=LISTS)
def test_results_are_those_of_all_items_whatever_was_inserted_removed_or_replaced(
    lists: list[list[tuple[object, object]]],
) -> None:
    last = LastResults[tuple[object, object]]()
    for pairs in lists:
        columns = [first for first, _ in pairs], [second for _, second in pairs]
        assert last.map(lambda first, second: (first, second), *columns) == pairs


@settings(max_examples=60, deadline=None)
@given(lists=st.lists(st.lists(st.sampled_from(range(4)), max_size=12), max_size=6))
def test_arrays_are_those_of_all_items_and_the_same_one_if_none_differs(lists: list[list[int]]) -> None:
    last, arrays = LastResults[tuple[int, int]](), list[list[list[int]]]()
    kept = []
    for numbers in lists:
        array = last.array(lambda number: (number, number**2), numbers, dtype=np.int64)
        assert array.tolist() == [[number, number**2] for number in numbers]
        assert last.array(lambda number: (number, number**2), list(numbers), dtype=np.int64) is array
        kept.append(array)
        arrays.append(array.tolist())
    assert [array.tolist() for array in kept] == arrays


def test_only_items_that_differ_are_computed() -> None:
    last, computed = LastResults[None](), list[object]()
    last.map(computed.append, ITEMS)
    computed.clear()
    other = object()
    last.map(computed.append, [*ITEMS[:2], other, *ITEMS[2:]])
    assert computed == [other]


def test_only_items_that_differ_are_computed_wherever_they_are() -> None:
    last, computed = LastResults[None](), list[object]()
    last.map(computed.append, ITEMS)
    computed.clear()
    first, third = object(), object()
    last.map(computed.append, [first, ITEMS[1], third, ITEMS[3]])
    assert computed == [first, third]

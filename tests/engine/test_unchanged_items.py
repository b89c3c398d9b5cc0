"""What is computed of each item anew only where items differ, against computing it of all."""

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

"""Values in messages: as in the file, of limited length, and different if the values differ at either end."""

import pytest

from engine.text.messages import value_text

LONG = "/data/" + "folder/" * 30


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{LONG}a.npy", f"{LONG}b.npy"),
        ("a" + "\x00" * 200, "a" + "\x00" * 199 + "b"),
        (list(range(100)), [*range(99), 7]),
        ([f"{LONG}a", 1], [f"{LONG}b", 1]),
        ([LONG, LONG, 1], [LONG, LONG, 2]),
        ({f"{LONG}a": 1}, {f"{LONG}b": 1}),
        ({str(key): key for key in range(20)}, {str(key): key for key in range(19)} | {"last": 1}),
        (10**300, 10**300 + 1),
        (10**4000, 10**4000 + 1),
    ],
)
def test_long_values_that_differ_at_their_end_differ_in_messages(one, other):
    assert value_text(one) != value_text(other)
    assert len(value_text(one)) <= 60
    assert len(value_text(other)) <= 60


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (3, "3"),
        (1.5, "1.5"),
        ("it's", '"it\'s"'),
        ([1, [2, [3, [4]]]], "[1, [2, [3, …]]]"),
        ({"a": 1}, "{a = 1}"),
        (list(range(9)), "[0, 1, 2, 3, 4, …, 8]"),
        ("x" * 29 + "y" * 29, repr("x" * 29 + "y" * 29)),
    ],
)
def test_short_values_are_as_in_the_file(value, text):
    assert value_text(value) == text

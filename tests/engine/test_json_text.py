"""Indented JSON is, letter by letter, what the standard library writes."""

import json

from hypothesis import given
from hypothesis import strategies as st

from engine.text.json_text import json_text

texts = st.text(st.characters(codec=None, exclude_categories=()))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda parts: st.lists(parts) | st.lists(parts).map(tuple) | st.dictionaries(texts, parts),
)


@given(values)
def test_it_is_what_the_standard_library_writes(value):
    assert json_text(value) == json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def test_integers_of_any_size_and_halves_of_surrogate_pairs_are_written():
    assert json_text([10**40, "\udcff"]) == f'[\n  1{40 * "0"},\n  "\udcff"\n]\n'

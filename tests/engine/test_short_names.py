"""Shortened names: they fit, and those that differ still differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.text.short_names import shorten_middle, shorten_names, shorten_sentence

names = st.lists(st.text("ab…_1", min_size=1, max_size=30), min_size=1, max_size=12, unique=True)


def fits(most):
    return lambda text: len(text) <= most


def test_a_name_loses_its_middle():
    assert shorten_middle("inception_4a_5x5", fits(9)) == "ince…_5x5"
    assert shorten_middle("short", fits(9)) == "short"


def test_a_name_is_never_shortened_to_another_name():
    short = shorten_names(["GoogLeNet", "GoogLeNet_2", "GoogLeNet_3", "Goog…et_2"], fits(9))
    assert short["GoogLeNet"] == "GoogLeNet"
    assert short["Goog…et_2"] == "Goog…et_2"
    assert len(set(short.values())) == 4


@pytest.mark.parametrize("most", [3, 5, 9])
def test_names_that_differ_in_the_middle_show_the_middle(most):
    short = shorten_names([f"inception_{letter}_convolution" for letter in "abcdef"], fits(most))
    assert [letter for letter, text in zip("abcdef", short.values(), strict=True) if f"…{letter}…" in text] == [
        *"abcdef"
    ]


def test_names_that_differ_in_too_many_places_show_their_numbers():
    names = ["aaaabbaaaa", "aaaabcaaaa", "aaaacbaaaa"]
    assert [*shorten_names(names, fits(4)).values()] == ["…bb…", "…bc…", "…cb…"]
    assert [*shorten_names(names, fits(3)).values()] == ["1:", "2:", "…c…"]


@given(names, st.integers(4, 31))
def test_different_names_have_different_short_forms_that_fit(names, most):
    short = shorten_names(names, fits(most))
    assert [*short] == names
    assert len(set(short.values())) == len(names)
    for name, text in short.items():
        assert len(text) <= most
        assert text == name or text not in names


def test_a_sentence_loses_whole_words_so_that_no_number_loses_a_digit():
    text = "naive · conv5x5 · channel 3, y 12, x 7: −1.127e+07"
    for most in range(14, len(text)):
        short = shorten_sentence(text, fits(most))
        assert len(short) <= most
        assert set(short.split()) <= {*text.split(), "…"}
    assert shorten_sentence(text, fits(30)).endswith("−1.127e+07")


def test_a_path_without_spaces_loses_its_middle():
    assert shorten_sentence("/home/user/projects/network.toml", fits(12)) == "/home/…k.toml"[:6] + "…" + "k.toml"[-5:]

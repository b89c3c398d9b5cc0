"""The page of the manual about lessons names every key, function and format, and its examples are lessons."""

import pytest

from gui.lessons import exercise_reader, reader
from gui.lessons.functions import LESSON_FUNCTIONS
from gui.lessons.lesson import Choice, NumberQuestion
from gui.lessons.lesson_tables import SHOW_TYPES
from gui.lessons.texts import VALUE_FORMATS
from gui.lessons.validation import lesson_problems
from gui.lessons.window_functions import DOCK_IDS
from gui.widgets.manual_pages import MANUAL
from tests.documents import code, code_spans, page, section, tables

PAGE = page("lessons")


def keys(heading, number=0):
    return [code_spans(row[0])[0] for row in tables(section(PAGE, heading))[number][1:]]


@pytest.mark.parametrize("of_window", [False, True])
def test_every_function_has_its_row_with_its_arguments_and_format(of_window):
    rows = tables(section(PAGE, "Expressions"))[of_window][1:]
    documented = {code_spans(row[0])[0]: row[2] for row in rows}
    functions = [function for function in LESSON_FUNCTIONS.values() if function.of_window == of_window]
    assert documented == {function.signature: function.format for function in functions}


def test_every_format_has_its_row():
    rows = tables(section(PAGE, "Expressions"))[2][1:]
    assert [code_spans(row[0])[0] for row in rows] == list(VALUE_FORMATS)
    for row in rows:
        example = VALUE_FORMATS[code_spans(row[0])[0]][1]
        assert row[1].startswith(example)


@pytest.mark.parametrize(
    ("heading", "number", "expected"),
    [
        ("Top level of a lesson", 0, reader._TABLES),
        ("Steps", 0, reader._STEP),
        ("What is shown", 0, tuple(SHOW_TYPES)),
        ("Tasks", 0, exercise_reader._TASK),
        ("Questions", 0, exercise_reader._NUMBER_QUESTION),
        ("Questions", 1, exercise_reader._CHOICE_QUESTION),
    ],
)
def test_every_key_has_its_row(heading, number, expected):
    assert sorted(keys(heading, number)) == sorted(expected)


def test_the_words_that_keys_accept_are_named():
    (table,) = tables(section(PAGE, "What is shown"))
    spans = {code_spans(row[0])[0]: set(code_spans(row[1])) for row in table[1:]}
    assert set(DOCK_IDS) <= spans["views"]
    assert {"3-D", "Top", "Front"} <= spans["camera"]
    for key in ("edges", "colour_map", "order", "comparison", "detail"):
        assert set(SHOW_TYPES[key].__args__) == spans[key], key


def test_the_documented_defaults_are_those_of_the_program():
    rows = {code_spans(row[0])[0]: row[1] for row in tables(section(PAGE, "Questions"))[0][1:]}
    assert float(rows["near"].strip("`")) == NumberQuestion("", None).near
    assert Choice("").reply == ""


def test_the_example_is_a_lesson_without_mistakes_and_its_translation_fits(tmp_path):
    lesson, translation = code(MANUAL / "lessons.md", "toml")
    (tmp_path / "narrow.toml").write_text(lesson, encoding="utf-8")
    (tmp_path / "narrow.de.toml").write_text(translation, encoding="utf-8")
    for language in ("en", "de"):
        loaded = reader.load_lesson(tmp_path / "narrow.toml", language)
        assert loaded.language == language
        assert lesson_problems(loaded, compute=False) == ()

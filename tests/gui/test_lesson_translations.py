"""Translations of lessons: texts alone, the rest stays English; mistakes have their places in the translation."""

import pytest

from engine.text.problems import ProjectError
from gui.lessons.file_kind import is_lesson
from gui.lessons.lesson import ChoiceQuestion, NumberQuestion, Task
from gui.lessons.reader import load_lesson
from gui.lessons.translations import preferred_language, system_languages
from gui.lessons.validation import lesson_problems
from tests.gui.lesson_files import write_lesson

GERMAN = """
language = "de"
title = "Schmal"
summary = "Weniger Karten, weniger Multiplikationen."

[steps.first]
title = "Die breite"
text = "{{ macs('naive') | exact }} Multiplikationen"
task = "Setze die Filter von **reduce** auf 2."
hint = "Unter der Liste."
praise = "Jetzt {{ macs('thin') }}."

[steps.third]
question = "Wie viele Multiplikationen?"
unit = "Multiplikationen"
explanation = "Erklärt: {{ formula('naive/wide') }}"

[steps.fourth]
question = "Was ist billiger?"
choices = [["breit", "Nein."], ["schmal", "Ja: {{ macs('thin') }}."]]
"""


@pytest.fixture
def translation(tmp_path):
    """Writes a lesson with a German translation; returns the path of the lesson."""

    def write(text=GERMAN, language="de"):
        path = write_lesson(tmp_path)
        (tmp_path / f"narrow.{language}.toml").write_text(text, encoding="utf-8")
        return path

    return write


def test_a_translation_has_its_texts_and_leaves_the_rest_english(translation):
    path = translation()
    english, german = load_lesson(path), load_lesson(path, "de_AT.UTF-8")
    assert (english.language, english.languages) == ("en", ("en", "de"))
    assert (german.language, german.languages, german.title) == ("de", ("en", "de"), "Schmal")
    assert german.source == english.source
    first, second, third, fourth = german.steps
    assert (first.title, first.show, first.quoted) == ("Die breite", english.steps[0].show, ("566",))
    assert isinstance(first.exercise, Task)
    assert isinstance(english.steps[0].exercise, Task)
    assert (first.exercise.text, first.exercise.hint) == ("Setze die Filter von **reduce** auf 2.", "Unter der Liste.")
    assert first.exercise.condition == english.steps[0].exercise.condition
    assert second == english.steps[1]
    assert isinstance(third.exercise, NumberQuestion)
    assert (third.exercise.text, third.exercise.hint) == ("Wie viele Multiplikationen?", "Height × width × …")
    assert (third.exercise.unit, third.title) == ("Multiplikationen", "Predict")
    assert isinstance(fourth.exercise, ChoiceQuestion)
    assert [choice.text for choice in fourth.exercise.choices] == ["breit", "schmal"]
    assert fourth.exercise.right == 1
    assert lesson_problems(german, compute=False) == ()


def test_a_language_without_a_translation_is_english(translation):
    path = translation()
    assert load_lesson(path, "fr").title == "Narrow"
    assert load_lesson(path, "").title == "Narrow"


def test_a_translation_is_no_lesson_of_its_own(translation):
    path = translation()
    assert is_lesson(path)
    assert not is_lesson(path.with_name("narrow.de.toml"))


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("[steps.first]", "[steps.frist]", "$.steps.frist", "did you mean 'first'?"),
        ("hint = ", "hnt = ", "$.steps.first.hnt", "did you mean 'hint'?"),
        ('unit = "M', 'praise = "M', "$.steps.third.praise", "unknown key"),
        ('summary = "', 'minutes = 3\nsummary = "', "$.minutes", "unknown key"),
        ('language = "de"', 'language = "fr"', "$.language", "the name of the file says 'de'"),
        ('language = "de"', "", "$.language", "is missing"),
        ("{{ macs('naive') | exact }}", "{{ mac('naive') }}", "$.steps.first.text", "did you mean 'macs'?"),
        ('["breit", "Nein."], ', "", "$.steps.fourth.choices", "2 lists of text and reply"),
        ('["breit", "Nein."]', "3", "$.steps.fourth.choices", "2 lists of text and reply"),
        ("Ja: {{ macs(", "Ja: {{ mcs(", "$.steps.fourth.choices[1]", "did you mean 'macs'?"),
        ('title = "Die breite"', "title = 3", "$.steps.first.title", "a text in quotes"),
        ('title = "Die breite"', 'title = ""', "$.steps.first.title", "is empty"),
        ("[steps.third]", "[steps]\nthird = 3\n[other]", "$.steps", ""),
        ('title = "Schmal"', 'title = "Schmal', "line 3", "not valid TOML"),
    ],
)
def test_a_mistake_has_its_place_in_the_translation(old, new, place, words, translation):
    assert old in GERMAN
    path = translation(GERMAN.replace(old, new, 1))
    with pytest.raises(ProjectError) as error:
        load_lesson(path, "de")
    problems = error.value.problems
    assert [problem for problem in problems if problem.place.startswith(place) and words in problem.text], problems
    assert error.value.file.endswith("narrow.de.toml")
    assert load_lesson(path).title == "Narrow", "English is not concerned"


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (["de"], "de"),
        (["de-CH"], "de"),
        (["pt_BR.UTF-8"], "pt_br"),
        (["pt_PT"], "en"),
        (["fr", "de"], "de"),
        (["en_GB", "de"], "en"),
        ([], "en"),
        (["C"], "en"),
    ],
)
def test_the_first_wanted_language_that_there_is_is_taken(wanted, language):
    assert preferred_language(("en", "de", "pt_br"), wanted) == language


def test_the_languages_of_the_system_come_from_its_environment(monkeypatch):
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert system_languages() == ()
    monkeypatch.setenv("LANG", "C.UTF-8")
    assert system_languages() == ()
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    monkeypatch.setenv("LANGUAGE", "fr:de")
    assert system_languages() == ("fr", "de", "de_DE.UTF-8")

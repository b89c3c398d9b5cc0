"""Predicted numbers as they are typed and compared, what the start page says of lessons, and where their views are."""

import pytest
from PySide6.QtGui import QImage

from engine.files.paths import RESOURCES
from gui.catalogue.panels import PANELS
from gui.catalogue.views import VIEWS
from gui.command_line.main import main
from gui.lessons.catalogue import LESSONS
from gui.lessons.file_kind import is_lesson
from gui.lessons.guesses import answer_text, describe_guess, is_near, parse_guess
from gui.lessons.head import lesson_heads, read_head
from gui.lessons.reader import load_lesson
from gui.window.lesson_arrangement import arrange_step
from tests.gui.window_lesson import write_lesson


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("160563200", 160_563_200),
        ("160.5 M", 160.5e6),
        ("160,563,200", 160_563_200),
        ("160 563 200", 160_563_200),
        ("1.6e8", 1.6e8),
        ("12x", 12),
        ("12.1×", 12.1),
        ("0,5", 0.5),
        ("5 million", 5e6),
        ("25 %", 25),
        ("3k", 3000),
        ("−2", -2),
        ("1,234.5", 1234.5),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, number: float) -> None:
    assert parse_guess(text) == pytest.approx(number)


@pytest.mark.parametrize("text", ["", "many", "1e999", "5 apples", "1 2", "9" * 60, "nan", "__import__('os')"])
def test_another_text_is_refused_with_what_is_right(text: str) -> None:
    with pytest.raises(ValueError, match=r"a number is needed, such as 25000, 1.5 M or 12.1"):
        parse_guess(text)


@pytest.mark.parametrize(
    ("guess", "answer", "words"),
    [
        (5, 5, "exactly right"),
        (160.5e6, 160_563_200, "less than 0.1 % too low"),
        (160e6, 160_563_200, "0.35 % too low"),
        (200e6, 160_563_200, "25 % too high"),
        (13e6, 160_563_200, "12.4× too low"),
        (4e9, 160_563_200, "24.9× too high"),
        (0, 7, "too low"),
        (-3, 7, "too low"),
        (3, 0, "too high"),
        (1e200, 7, "far too high"),
        (7, 1e300, "far too low"),
        (1e300, 1e-9, "far too high"),
        (5, float("nan"), ""),
    ],
)
def test_how_far_off_a_guess_is_is_said_in_words(guess: float, answer: float, words: str) -> None:
    assert describe_guess(guess, answer) == words


def test_a_guess_is_near_within_a_factor_in_both_directions() -> None:
    assert [is_near(guess, 100, 1.1) for guess in (90, 91, 100, 110, 111)] == [False, True, True, True, False]
    assert is_near(7, 7, 1.0)
    assert not is_near(0, 7, 1.1)
    assert is_near(0, 0, 1.1)


def test_a_computed_number_is_written_short_and_exactly() -> None:
    assert answer_text(160_563_200, "MACs") == "160.6 M (160,563,200) MACs"
    assert answer_text(256, "maps") == "256 maps"
    assert answer_text(12.1212, "times") == "12.12 times"
    assert answer_text(6400.0) == "6,400"


def test_every_bundled_lesson_is_in_the_catalogue_with_the_head_of_its_file() -> None:
    files = [file for file in (RESOURCES / "lessons").glob("*.toml") if is_lesson(file)]
    assert sorted(file.stem for file in files) == sorted(LESSONS)
    heads = lesson_heads()
    assert [head.path.stem for head in heads] == list(LESSONS)
    first = load_lesson(heads[0].path)
    assert (heads[0].title, heads[0].summary, heads[0].minutes) == (first.title, first.summary, first.minutes)
    assert all(head.picture is not None and head.picture.exists() for head in heads)


def test_a_file_that_is_no_lesson_has_no_head(tmp_path) -> None:
    for content in (b"\xff\xfe", b"title = 3", b"[[steps", b""):
        (tmp_path / "a.toml").write_bytes(content)
        assert read_head(tmp_path / "a.toml") is None
    assert read_head(tmp_path / "missing.toml") is None


_IDS = [row.id for row in (*PANELS, *VIEWS)]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize(
    "views",
    [(name,) for name in _IDS]
    + [("volumes", "bars", "layer"), ("table", "volumes"), ("filters", "layer", "bars"), ("volumes", *_IDS[1:])],
    ids="-".join,
)
def test_a_step_has_each_of_its_views_once_with_full_shares(views: tuple[str, ...], narrow: bool) -> None:
    arrangement = arrange_step(views, narrow=narrow)
    tabs = [tab for place in arrangement.places for tab in place.tabs]
    assert sorted(tabs) == sorted(set(views))
    for area in ("left", "right", "bottom"):
        assert sum(place.share for place in arrangement.places if place.area == area) in (0, 100)


def test_the_first_view_is_in_front_of_its_place_and_panels_are_at_the_left() -> None:
    for views in (("volumes", "bars", "layer"), ("filters", "bars", "designs"), ("table", "counting", "differences")):
        for narrow in (False, True):
            places = arrange_step(views, narrow=narrow).places
            assert any(place.tabs[0] == views[0] for place in places)
            panels = {row.id for row in PANELS}
            assert all((place.area == "left") == (place.tabs[0] in panels) for place in places)


def test_a_screenshot_shows_a_step_of_a_lesson(tmp_path, capsys) -> None:
    out = tmp_path / "step.png"
    arguments = ["screenshot", str(write_lesson(tmp_path)), "--out", str(out), "--size", "1200x800"]
    assert main([*arguments, "--step", "4"]) == 0
    assert QImage(str(out)).size().toTuple() == (1200, 800)
    assert main([*arguments, "--step", "5"]) == 2
    assert "--step 5: the lesson has the steps 1 to 4" in capsys.readouterr().err

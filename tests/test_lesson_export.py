"""Lessons as web pages and pictures: all that a step has, numbers computed, nothing but text from anyone's file."""

import signal
import subprocess
import sys
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtWidgets import QApplication

from engine.files.paths import RESOURCES
from engine.project.file import load_project
from engine.rank_search import RankSearch
from engine.run.check import check
from engine.text.problems import ProjectError
from gui.command_line.lesson_pictures import step_pictures
from gui.command_line.main import main
from gui.export import page_pictures
from gui.export.lesson import lesson_page
from gui.export.lesson_exercises import Knowledge, exercise_markup
from gui.export.markdown import inline_html, markdown_html
from gui.lessons.facts import Facts, ProjectFacts
from gui.lessons.lesson import Task
from gui.lessons.reader import load_lesson
from gui.lessons.walk import step_project
from gui.window.main_window import MainWindow
from tests.gui.lesson_files import LESSON, PROJECT, write_lesson
from tests.test_command_line import MAIN
from tests.web_page import Page


def first_view(view):
    """The lesson with another view in its first step, which marks nothing there."""
    highlight = 'highlight = ["box:thin/reduce", "field:filters", "view:bars", "command:run"]'
    return LESSON.replace('views = ["volumes", "bars", "layer"]', f'views = ["{view}"]').replace(highlight, "")


@pytest.fixture
def quick_pictures(monkeypatch):
    monkeypatch.setattr(page_pictures, "_address", lambda *given: "data:image/webp;base64,AAAA")


def page_of(tmp_path, text=LESSON, language="en"):
    return Page(lesson_page(load_lesson(write_lesson(tmp_path, text), language)))


def words_of(page):
    return " ".join(" ".join(text for element, text in page.texts if element not in ("style", "title")).split())


def test_a_page_has_every_step_with_task_question_hints_and_computed_answers(tmp_path, qapp, quick_pictures):
    page = page_of(tmp_path)
    words = words_of(page)
    analyses = check(load_project(tmp_path / "small.toml").project).analyses
    naive = analyses["naive"].macs
    assert page.text_of("h1") == ["Narrow"]
    assert [attributes["id"] for tag, attributes in page.elements if tag == "section"] == [
        f"step-{name}" for name in ("first", "second", "third", "fourth")
    ]
    assert f"{naive:,} multiplications of" in words
    assert "Hint Below the list. Solution Filters of thin/reduce: 4 → 2" in words
    assert "Insert relu after thin/reduce: relu" in words
    assert "Show Params" in words
    assert f"Answer {naive / 1e3:.1f} K ({naive:,}) multiplications" in words
    assert "Answer 2. thin naive : No. thin : Yes:" in words
    assert page.text_of("summary") == ["Hint", "Solution", "Solution", "Hint", "Answer", "Answer"]
    assert "…" not in words.replace("Height × width × …", "")
    assert "{{" not in words


def test_the_numbers_after_a_solution_are_those_of_the_changed_project(tmp_path, qapp, quick_pictures):
    words = words_of(page_of(tmp_path, LESSON.replace("Now {{ macs('thin') }}.", "Now {{ macs('thin') | exact }}.")))
    lesson = load_lesson(tmp_path / "narrow.toml")
    project = lesson.projects["small"]
    before = check(project).analyses["thin"].macs
    # reduce: 12·10 × 16 MACs for each of its filters; the 5×5 behind it: 12·10·8 × 25 for each map that it receives
    after = before - 2 * (120 * 16 + 120 * 8 * 25)
    assert f"Now {after:,}." in words
    assert f"There are {len(check(project).analyses['thin'].reports)} layers." in words


def test_a_solution_that_renames_its_layer_is_told_in_words(tmp_path, qapp, quick_pictures):
    text = LESSON.replace("thin/reduce", "thin/conv1x1").replace("set = { filters = 2 }", "set = { kernel = 3 }")
    text = text.replace("setting('thin/conv1x1', 'filters') == 2", "exists('thin/conv3x3')").split(
        '[[steps]]\nid = "s'
    )[0]
    write_lesson(tmp_path, text, PROJECT.replace('"reduce"', '"conv1x1"'))
    words = words_of(Page(lesson_page(load_lesson(tmp_path / "narrow.toml"))))
    assert "Solution Kernel of thin/conv1x1: 1 → 3" in words


@pytest.mark.parametrize("path", sorted((RESOURCES / "lessons").glob("*.toml")), ids=lambda path: path.stem)
def test_the_solutions_of_every_bundled_lesson_are_told_in_words(path):
    lesson = load_lesson(path)
    for index, step in enumerate(lesson.steps):
        if isinstance(step.exercise, Task):
            facts = Facts(ProjectFacts(step_project(lesson, index)))
            markup = exercise_markup(step.exercise, Knowledge(facts, ProjectFacts, path.parent))
            actions = Page(f"<main>{markup}</main>".encode()).text_of("li")
            assert len(actions) >= len(step.exercise.solution), step.id


def test_the_numbers_of_a_title_are_computed_and_its_markdown_is_no_part_of_the_name_of_the_page(
    tmp_path, qapp, quick_pictures
):
    page = page_of(tmp_path, LESSON.replace('title = "Narrow"', "title = \"*{{ layers('naive') }}* layer\""))
    assert page.text_of("title") == ["1 layer"]
    assert page.text_of("h1") == [" layer"]
    assert "1" in page.text_of("em")


def test_the_numbers_of_a_unit_are_computed(tmp_path, qapp, quick_pictures):
    text = LESSON.replace('unit = "multiplications"', "unit = \"for {{ layers('naive') }} layer\"")
    assert "(384,000) for 1 layer" in words_of(page_of(tmp_path, text))


def test_a_page_needs_nothing_else_and_its_pictures_are_described(tmp_path, qapp):
    page = page_of(tmp_path)
    assert not page.tags & {"script", "iframe", "object", "embed", "form", "base"}
    assert all(url.startswith(("data:", "#")) for url in page.urls)
    pictures = [attributes for tag, attributes in page.elements if tag == "img"]
    assert len(pictures) == 5  # volumes and bars, then volumes
    assert all(picture["alt"] and picture["src"].startswith("data:image/webp;base64,UklG") for picture in pictures)


@pytest.mark.parametrize(
    ("view", "cell"),
    [("table", "wide"), ("paper", "total"), ("counting", "MACs"), ("differences", "total")],
)
def test_views_that_are_tables_are_tables_in_the_page(view, cell, tmp_path, qapp, quick_pictures):
    text = first_view(view)
    page = page_of(tmp_path, text)
    assert any(row and row[0] == cell for table in page.tables for row in table)


def test_a_page_is_in_the_language_of_its_texts(tmp_path, capsys, qapp, quick_pictures):
    write_lesson(tmp_path)
    (tmp_path / "narrow.de.toml").write_text('language = "de"\ntitle = "Schmal"\n[steps.first]\ntitle = "Breit"\n')
    words = ["lesson", str(tmp_path / "narrow.toml"), "--out", str(tmp_path / "out"), "--language"]
    assert main([*words, "de"]) == 0
    page = Page((tmp_path / "out" / "narrow.html").read_bytes())
    assert next(attributes["lang"] for tag, attributes in page.elements if tag == "html") == "de"
    assert page.text_of("h1") == ["Schmal"]
    assert "Breit" in "".join(page.text_of("h2"))
    assert main([*words, "fr"]) == 2
    assert "is not there in 'fr'; it is in en, de" in capsys.readouterr().err


def test_the_command_writes_page_and_pictures_without_a_display(tmp_path):
    lesson, out = write_lesson(tmp_path), tmp_path / "out"
    words = [sys.executable, str(MAIN), "lesson", str(lesson), "--out", str(out), "--format", "html,png"]
    process = subprocess.run(words, capture_output=True, text=True, timeout=120)
    names = ["narrow-01-first.png", "narrow-02-second.png", "narrow-03-third.png", "narrow-04-fourth.png"]
    assert process.returncode == 0, process.stderr
    assert process.stdout == "".join(f"{out / name}\n" for name in [*names, "narrow.html"])
    assert "page 4/4 fourth" in process.stderr
    assert "picture 4/4 fourth" in process.stderr
    for name in names:
        with Image.open(out / name) as picture:
            assert picture.size == (1600, 1000)
            assert len(picture.convert("RGB").resize((64, 64)).getcolors(4096)) > 20


@pytest.fixture
def slow_searches(monkeypatch):
    curves = RankSearch.curves

    def slow_curves(search, *given):
        time.sleep(0.5)
        yield from curves(search, *given)

    monkeypatch.setattr(RankSearch, "curves", slow_curves)


def test_a_picture_shows_a_rank_search_at_its_end(tmp_path, qapp, slow_searches):
    text = first_view("bottleneck")
    text = text.replace('select = "thin/reduce"', 'select = "thin/wide"', 1)
    pictures = step_pictures(load_lesson(write_lesson(tmp_path, text)), (1280, 720), "light")
    others = QApplication.topLevelWidgets()
    next(pictures)
    windows = (widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow))
    (window,) = (window for window in windows if window not in others)
    search = window.workbench.state.rank_search
    pictures.close()
    assert search.busy_text == ""
    assert search.visible_result is not None


def test_a_screenshot_of_a_step_shows_a_rank_search_at_its_end(tmp_path, qapp, monkeypatch, slow_searches):
    searches = []
    grab = MainWindow.grab

    def recorded_grab(window):
        searches.append(window.workbench.state.rank_search)
        return grab(window)

    monkeypatch.setattr(MainWindow, "grab", recorded_grab)
    text = first_view("bottleneck").replace('select = "thin/reduce"', 'select = "thin/wide"', 1)
    words = ["screenshot", str(write_lesson(tmp_path, text)), "--out", str(tmp_path / "step.png")]
    assert main(words) == 0
    assert [search.busy_text for search in searches] == [""]
    assert searches[0].visible_result is not None


def test_a_lesson_with_a_fault_is_refused_with_its_places_and_nothing_is_written(tmp_path, capsys):
    text = LESSON.replace('== 2"\nhint', '== 3"\nhint').replace("{{ layers('thin') }}", "{{ layers('thn') }}")
    lesson = write_lesson(tmp_path, text)
    assert main(["lesson", str(lesson), "--out", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert f"{lesson}: $.steps[0].task.done: does not hold after the solution" in message
    assert "$.steps[1].text" in message
    assert not (tmp_path / "out").exists()


def test_a_figure_that_is_typed_is_noticed(tmp_path, capsys, qapp, quick_pictures):
    lesson = write_lesson(tmp_path, LESSON.replace("Once more.", "It costs 160.5 M."))
    assert main(["lesson", str(lesson), "--out", str(tmp_path / "out")]) == 0
    assert f"notice: {lesson}: $.steps[3].text: 160.5 M is typed, not computed" in capsys.readouterr().err


def test_a_page_is_never_written_over_the_lesson(tmp_path, capsys):
    (tmp_path / "out").mkdir()
    lesson = write_lesson(tmp_path)
    (tmp_path / "out" / "narrow.html").symlink_to(lesson)
    assert main(["lesson", str(lesson), "--out", str(tmp_path / "out")]) == 2
    assert "which is read" in capsys.readouterr().err
    assert lesson.read_text() == LESSON


def test_ctrl_c_leaves_nothing_half_written(tmp_path):
    lesson, out = write_lesson(tmp_path), tmp_path / "new" / "out"
    words = [sys.executable, str(MAIN), "lesson", str(lesson), "--out", str(out), "--format", "html,png"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not process.stderr.readline().startswith("page 2/"):
        pass
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not (tmp_path / "new").exists()


def test_an_export_ends_as_soon_as_it_is_cancelled(tmp_path, qapp):
    class CancelledHere(Exception):
        pass

    calls = []

    def checkpoint():
        calls.append(None)
        if len(calls) == 5:
            raise CancelledHere

    with pytest.raises(CancelledHere):
        lesson_page(load_lesson(write_lesson(tmp_path)), checkpoint)
    assert len(calls) == 5


def test_an_invalid_lesson_has_no_page(tmp_path, qapp):
    text = LESSON.replace('== 2"\nhint', '== 3"\nhint')
    with pytest.raises(ProjectError, match="does not hold after the solution"):
        page_of(tmp_path, text)


# Texts of anyone

HOSTILE = {
    "<script>alert(1)</script>": "&lt;script&gt;",
    "[x](javascript:alert)": "[x](javascript:alert)",
    "[x](file:///etc/passwd)": "[x](file:///etc/passwd)",
    "![x](https://example.org/x.png)": "example.org",
    '<img src="x" onerror="y">': "&lt;img",
    "a\x07b": "\\u0007",
    "<https://example.org/a?b&c>": '<a href="https://example.org/a?b&amp;c">',
}


@pytest.mark.parametrize(("text", "shown"), HOSTILE.items())
def test_markdown_has_no_markup_of_its_own(text, shown):
    for markup in (markdown_html(text), inline_html(text)):
        assert shown in markup
        page = Page(f"<main>{markup}</main>".encode())
        assert page.tags <= {"main", "p", "a"}


@example(text="a\\\nb\n\n---")
@given(text=st.text(alphabet=st.sampled_from("<>&\"'`*_[]()!#-|~ \n\\ab1.:/\x00\u202e"), max_size=80))
def test_any_markdown_is_well_formed(text):
    page = Page(f"<main>{markdown_html(text)}</main>".encode())
    assert not page.tags & {"script", "img", "h1", "h2", "iframe"}
    assert all(url.startswith(("http://", "https://")) for url in page.urls)


def test_a_table_of_a_text_scrolls_in_a_box_of_its_own():
    text = "before\n\n| a |\n|---|\n| <table> |\n\n- | b |\n  |---|\n\nafter"
    page = Page(f"<main>{markdown_html(text)}</main>".encode())
    outer = [(tag, attributes.get("class")) for tag, attributes in page.elements if tag in ("p", "div", "table", "li")]
    box = [("div", "scroll"), ("table", None)]
    assert outer == [("p", None), *box, ("li", None), *box, ("p", None)]


def test_headings_and_tables_of_texts_stand_below_those_of_the_page():
    text = "# A\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    page = Page(f"<main>{markdown_html(text)}</main>".encode())
    assert page.text_of("h3") == ["A"]
    assert page.tables == [[["a", "b"], ["1", "2"]]]

"""Lessons that can be read and are wrong are refused with the place."""

import pytest

from gui.lessons.reader import load_lesson
from gui.lessons.validation import lesson_problems, typed_figures
from tests.gui.lesson_files import LESSON, PROJECT, write_lesson


def problems_of(tmp_path, text=LESSON, project=PROJECT, **options):
    lesson = load_lesson(write_lesson(tmp_path, text, project))
    return [(problem.place, problem.text) for problem in lesson_problems(lesson, **options)]


def test_nothing_is_wrong_with_a_good_lesson(tmp_path):
    assert problems_of(tmp_path) == []
    assert problems_of(tmp_path, compute=False, commands=("run",)) == []


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ('select = "thin/reduce"', 'select = "thin/redce"', "$.steps[0].show.select", "did you mean 'reduce'?"),
        ('select = "thin/reduce"', 'select = "thn/reduce"', "$.steps[0].show.select", "there is no design 'thn'"),
        ("map = 3", "map = 4", "$.steps[0].show.map", "the maps of 4×12×10 are 0 to 3"),
        ("value = [4, 5]", "value = [4, 10]", "$.steps[0].show.value", "the last value of 4×12×10 is 11, 9"),
        ('open_blocks = ["thin/mod"]', 'open_blocks = ["thin/wide"]', "$.steps[0].show.open_blocks[0]", "no block"),
        ("map = 3", "rank = 17", "$.steps[0].show.rank", "reduce reads 16 maps, and no more can be left between"),
        ('select = "thin/reduce"', 'rank = 1\nselect = "thin/mod"', "$.steps[0].show.rank", "select a convolution"),
        ('pair = ["thin", "naive"]', 'pair = ["thin", "nave"]', "$.steps[0].show.pair", "did you mean 'naive'?"),
        ('"box:thin/reduce"', '"box:thin/reduc"', "$.steps[0].show.highlight[0]", "did you mean 'reduce'?"),
        ('"field:filters"', '"field:filter"', "$.steps[0].show.highlight[1]", "did you mean 'filters'?"),
        ('"view:bars"', '"view:table"', "$.steps[0].show.highlight[2]", "not among the views of the step"),
        ('"box:thin/reduce"', '"row:thin/reduce"', "$.steps[0].show.highlight[0]", "add designs or table or paper"),
        ('"command:run"', '"command:rn"', "$.steps[0].show.highlight[3]", "did you mean 'run'?"),
        ("== 2\"\nhint", "== 4\"\nhint", "$.steps[0].task.done", "holds already"),
        ("== 2\"\nhint", "== 3\"\nhint", "$.steps[0].task.done", "does not hold after the solution"),
        ("('thin/reduce', 'f", "('thin/reduc', 'f", "$.steps[0].task.done", "after the solution, character 1: there"),
        ("set = { filters = 2 }", "set = { filters = 0 }", "$.steps[0].task.solution[0]", "an integer from 1"),
        ('name = "relu"', 'name = "wide"', "$.steps[1].task.solution[0]", "wide"),
        ('metric = "params" }', 'select = "thin/rel" }', "$.steps[1].task.solution[1].show.select", "'relu'"),
        ("{{ layers('thin') }}", "{{ layers('thn') }}", "$.steps[1].text", "character 14: there is no design 'thn'"),
        ("Now {{ macs('thin') }}", "Now {{ macs('thn') }}", "$.steps[0].task.praise", "there is no design"),
        ("{{ formula('naive/wide') }}", "{{ formula('thin') }}", "$.steps[2].question.explanation", "single layers"),
        ('unit = "', "unit = \"{{ macs('x') }} ", "$.steps[2].question.unit", "there is no design 'x'"),
        ("answer = \"macs('naive')\"", "answer = \"shape('naive')\"", "$.steps[2].question.answer", "is no number"),
        ("answer = \"macs('naive')\"", "answer = \"0 * macs('naive')\"", "$.steps[2].question.answer", "above 0"),
        ("Yes: {{ macs('thin') }}", "Yes: {{ macs('x') }}", "$.steps[3].question.choices[1].reply", "no design 'x'"),
        ('summary = "', "summary = \"{{ macs('x') }}", "$.summary", "there is no design 'x'"),
    ],
)  # fmt: skip
def test_a_fault_is_reported_with_its_place_without_a_run(old, new, place, words, tmp_path):
    assert old in LESSON
    found = problems_of(tmp_path, LESSON.replace(old, new, 1), compute=False, commands=("run", "open"))
    assert [(at, text) for at, text in found if at == place and words in text], found


def test_steps_behind_a_solution_that_fails_are_not_reported_for_it(tmp_path):
    found = problems_of(tmp_path, LESSON.replace("set = { filters = 2 }", "set = { filters = 0 }"))
    assert [place for place, _ in found] == ["$.steps[0].task.solution[0]"]


def test_values_of_a_run_are_computed_and_those_that_cannot_be_are_reported(tmp_path):
    text = LESSON.replace("There are {{", "It is {{ value('thin/reduce', 1, 0, 0) }}: {{")
    assert problems_of(tmp_path, text) == []
    broken = PROJECT.replace("kernel = 5", "kernel = 99\npadding = 0", 1)
    found = problems_of(tmp_path, text.replace("thin/reduce', 1", "naive', 1"), broken)
    assert ("$.steps[1].text", "has a number that cannot be computed, as something in it cannot run") in found


def test_a_task_to_run_is_done_by_a_run(tmp_path):
    text = LESSON.replace("done = \"setting('thin/reduce', 'filters') == 2\"", 'done = "has_run()"')
    assert problems_of(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("It costs 160.5 M or 160,563,200, 12.1× less, 25 %.", ["160.5 M", "160,563,200", "12.1×", "25 %"]),
        ("See 256×28×28, 5×5·256, 1×1, ResNet-50, ILSVRC2012, in 2014, 224 pixels, 0.5.", []),
        ("{{ 160563200 }} and [a paper](https://arxiv.org/abs/1409.4842) of 1409.4842", ["1409.4842"]),
        ("4096 values, 98.0 KiB, 3 K, 2.5× 3×3", ["4096", "98.0 KiB", "3 K", "2.5×"]),
    ],
)
def test_figures_that_are_typed_are_found_with_their_places(text, figures, tmp_path):
    lesson = load_lesson(write_lesson(tmp_path, LESSON.replace("Once more.", text)))
    found = typed_figures(lesson)
    assert [problem.text.partition(" is typed")[0] for problem in found] == figures
    assert {problem.place for problem in found} <= {"$.steps[3].text"}


def test_figures_that_are_quoted_from_a_source_may_be_typed(tmp_path):
    quoted = LESSON.replace('text = "Once more."', 'text = "It says 160.5 M, not 13.25 M."\nquoted = ["160.5 M"]')
    problems = typed_figures(load_lesson(write_lesson(tmp_path, quoted)))
    assert [problem.text.partition(" is")[0] for problem in problems] == ["13.25 M"]

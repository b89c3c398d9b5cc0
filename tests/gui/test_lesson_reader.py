"""Lesson files: all parts are read, every mistake has its place, and steps follow from the file alone."""

import re
from time import process_time

import pytest
from msgspec.structs import replace

from engine.files.paths import RESOURCES
from engine.project.file import load_project
from engine.run.check import check
from engine.text.problems import ProjectError
from gui.lessons.changes import ChangeError, change_edit
from gui.lessons.expressions import Expression
from gui.lessons.file_kind import is_lesson
from gui.lessons.lesson import (
    Choice,
    ChoiceQuestion,
    InsertNode,
    NumberQuestion,
    RemoveNode,
    SetSettings,
    Show,
    Target,
    Task,
)
from gui.lessons.reader import load_lesson
from gui.lessons.states import shown_state, step_state
from gui.lessons.walk import solved_project, step_project
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from tests.gui.lesson_files import LESSON, PROJECT, write_lesson


@pytest.fixture
def lesson(tmp_path):
    return load_lesson(write_lesson(tmp_path))


def state_of_step(lesson, index, **look):
    project = step_project(lesson, index)
    return ViewState(project, check(project), RunView(), Focus("naive", "wide"), Look(**look))


def test_every_part_of_a_lesson_is_read(lesson):
    assert (lesson.title, lesson.minutes, lesson.language, lesson.languages) == ("Narrow", 5, "en", ("en",))
    assert [step.id for step in lesson.steps] == ["first", "second", "third", "fourth"]
    assert [step.project for step in lesson.steps] == ["small", "small", "small", "other"]
    first, second, third, fourth = lesson.steps
    assert first.quoted == ("566",)
    assert (first.show.views, first.show.value, first.show.pair) == (
        ("volumes", "bars", "layer"),
        (4, 5),
        ("thin", "naive"),
    )
    assert first.show.highlight[:2] == (Target("box", "thin/reduce"), Target("field", "filters"))
    assert isinstance(first.exercise, Task)
    assert first.exercise.solution == (SetSettings("thin/reduce", {"filters": 2}),)
    assert isinstance(second.exercise, Task)
    assert [type(change) for change in second.exercise.solution] == [InsertNode, Show]
    assert isinstance(third.exercise, NumberQuestion)
    assert (third.exercise.answer, third.exercise.near) == (Expression("macs('naive')"), 2)
    assert isinstance(fourth.exercise, ChoiceQuestion)
    assert (fourth.exercise.right, fourth.exercise.choices[0]) == (1, Choice("naive", "No."))


def test_a_step_begins_with_the_tasks_before_it_solved_and_another_name_begins_anew(lesson):
    assert step_project(lesson, 0) == lesson.projects["small"]
    assert step_project(lesson, 1).design("thin").network.node("reduce").layer.filters == 2
    names = [node.name for node in step_project(lesson, 2).design("thin").network.nodes]
    assert names == ["reduce", "relu", "wide", "mod"]
    assert solved_project(lesson, 1) == step_project(lesson, 2)
    assert step_project(lesson, 3) == lesson.projects["other"]


def test_a_step_shows_what_it_names_in_the_default_look_and_the_theme_of_the_window(lesson):
    before = state_of_step(lesson, 0, theme="dark", metric="params", yaw=3.0, logarithmic=True)
    state = step_state(before, lesson.steps[0].show)
    look = state.look
    assert state.focus == Focus("thin", "reduce", 3, (4, 5))
    assert (look.theme, look.metric, look.convention.id, look.logarithmic) == ("dark", "ops", "fvcore", False)
    assert (look.yaw, look.pitch, look.scale, look.pair) == (0.0, 90.0, "log", ("thin", "naive"))
    assert state.is_open(("thin", "mod"))
    assert step_state(before, Show()).look == Look(theme="dark")
    assert step_state(before, Show()).focus == Focus("naive", "wide"), "as in a project that opens"


def test_an_action_changes_only_what_it_shows(lesson):
    before = state_of_step(lesson, 0, metric="params", yaw=3.0)
    state = shown_state(before, Show(map=2))
    assert (state.focus, state.look) == (Focus("naive", "wide", 2), before.look)
    assert shown_state(before, Show(select="thin")).focus == Focus("thin", "mod/concat")
    closed = shown_state(before, Show(blocks="closed", select="thin"))
    assert closed.focus == Focus("thin", "mod"), "the box that is drawn"
    assert not closed.is_open(("thin", "mod"))
    assert shown_state(closed, Show(open_blocks=("thin/mod", "thin/reduce", "gone/mod"))).is_open(("thin", "mod"))
    assert shown_state(before, Show(select="gone/layer")).focus == before.focus


def test_a_rank_is_selected_for_the_layer_that_is_shown(lesson):
    state = shown_state(state_of_step(lesson, 0), Show(select="thin/wide", rank=2))
    assert (state.rank_search.query.ref, state.rank_search.query.ranks) == (("thin", "wide"), (2,))
    assert shown_state(state, Show(map=1)).rank_search == state.rank_search


def test_a_layer_within_a_block_that_the_same_action_opens_is_selected(lesson):
    closed = shown_state(state_of_step(lesson, 0), Show(blocks="closed"))
    inner = Show(open_blocks=("thin/mod",), select="thin/mod/concat")
    assert shown_state(closed, inner).focus == Focus("thin", "mod/concat")


def test_actions_are_the_edits_of_a_person(lesson):
    project = lesson.projects["small"]
    edit = change_edit(
        project, SetSettings("thin/wide", {"kernel": [3, 5], "weights": {"source": "preset", "name": "box"}})
    )
    node = edit.project.design("thin").network.node("wide")
    assert (node.layer.kernel, node.weights.name) == ((3, 5), "box")
    edit = change_edit(project, SetSettings("thin/wide", {"kind": "max_pool2d", "kernel": 2}))
    assert edit.project.design("thin").network.node("wide").layer.kernel == 2
    edit = change_edit(project, RemoveNode("thin/reduce"))
    assert [node.name for node in edit.project.design("thin").network.nodes] == ["wide", "mod"]
    layer = project.design("thin").network.node("reduce").layer
    edit = change_edit(project, InsertNode("naive/wide", "before", "before", layer))
    assert [node.name for node in edit.project.design("naive").network.nodes] == ["before", "wide"]
    edit = change_edit(project, InsertNode("naive/input", "after", "", layer))
    assert edit.text == "Add conv1x1 to naive"
    assert change_edit(project, Show(metric="params")) is None


def test_an_automatic_name_follows_a_setting_as_in_the_form():
    project = load_project(RESOURCES / "projects/inception_3a_5x5_branch.toml").project
    edit = change_edit(project, SetSettings("naive/conv5x5", {"kernel": 3}))
    assert [node.name for node in edit.project.design("naive").network.nodes] == ["conv3x3"]
    edit = change_edit(project, SetSettings("bottleneck/reduce", {"filters": 8}))
    reduce = project.design("bottleneck").network.node("reduce")
    assert edit.project.design("bottleneck").network.node("reduce").weights == reduce.weights, "a recipe stays"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (SetSettings("thin/redce", {"filters": 2}), "did you mean 'reduce'?"),
        (SetSettings("thin/mod/conv1x1", {"filters": 2}), "no layer"),
        (SetSettings("thin/reduce", {"filters": 0}), "filters is 0; an integer from 1"),
        (SetSettings("thin/reduce", {"filter": 2}), "did you mean 'filters'?"),
        (SetSettings("thin/input", {"filters": 2}), "cannot be changed"),
        (RemoveNode("gone/reduce"), "there is no design 'gone'"),
    ],
)
def test_an_action_that_does_not_fit_the_project_says_why(change, words, lesson):
    with pytest.raises(ChangeError, match=re.escape(words)):
        change_edit(lesson.projects["small"], change)


def test_an_inserted_layer_cannot_take_the_name_of_another_one(lesson):
    layer = lesson.projects["small"].design("thin").network.node("reduce").layer
    with pytest.raises(ChangeError, match="wide"):
        change_edit(lesson.projects["small"], InsertNode("thin/reduce", "after", "wide", layer))


MISTAKES = [
    ("format = 1\ntitle", "format = 9\ntitle", "$.format", "use a newer program"),
    ("format = 1\ntitle", "title", "$.format", "write format = 1"),
    ("minutes = 5", "minutes = 0", "$.minutes", "an integer from 1 to 600"),
    ("minutes = 5", "minuts = 5", "$.minuts", "did you mean 'minutes'?"),
    ('small = "small.toml"', 'small = "smal.toml"', "$.projects.small", "smal.toml does not exist"),
    ('id = "second"', 'id = "first"', "$.steps[1].id", "ids must differ"),
    ('id = "second"', "", "$.steps[1].id", "is missing"),
    ('id = "second"', 'id = "a b"', "$.steps[1].id", "letters, digits"),
    ('title = "Choose"', 'title = ""', "$.steps[3].title", "is empty"),
    ('project = "other"', 'project = "othr"', "$.steps[3].project", "did you mean 'other'?"),
    ("{{ layers('thin') }}", "{{ layer('thin') }}", "$.steps[1].text", "character 14: unknown function 'layer'"),
    ("{{ layers('thin') }}", "{{ layers('thin')", "$.steps[1].text", "has no }} behind it"),
    ("{{ layers('thin') }}", "{{ rule() }}", "$.steps[1].text", "only the condition of a task"),
    ('"volumes", "bars"', '"volume", "bars"', "$.steps[0].show.views", "did you mean 'volumes'?"),
    ('camera = "Top"', 'camera = "top"', "$.steps[0].show.camera", "did you mean 'Top'?"),
    ('rule = "fvcore"', 'rule = "fvcor"', "$.steps[0].show.rule", "did you mean 'fvcore'?"),
    ('rule = "fvcore"', 'metric = "mac"', "$.steps[0].show.metric", "did you mean 'macs'?"),
    ('blocks = "closed"', 'blocks = "shut"', "$.steps[0].show.blocks", "known are auto, open, closed"),
    ("value = [4, 5]", "value = [4]", "$.steps[0].show.value", "a list of 2 integers"),
    ("map = 3", "map = -1", "$.steps[0].show.map", "≥ 0"),
    ('edges = "log"', 'edges = "cube"', "$.steps[0].show.edges", "'log', 'sqrt' or 'true'"),
    ('edges = "log"', 'edge = "log"', "$.steps[0].show.edge", "did you mean 'edges'?"),
    ('"box:thin/reduce"', '"bix:thin/reduce"', "$.steps[0].show.highlight[0]", "one of box, row"),
    ('"view:bars"', '"view:bar"', "$.steps[0].show.highlight[2]", "did you mean 'bars'?"),
    ("== 2\"\nhint", "= 2\"\nhint", "$.steps[0].task.done", "character 35: = sets a value"),
    ("set = { filters = 2 }", "", "$.steps[0].task.solution[0]", "one of set, insert, remove, show"),
    ("set = { filters = 2 }", "set = {}", "$.steps[0].task.solution[0].set", "is empty"),
    ("set = { filters = 2 }", "set = { filters = 2 }\nname = 3", "$.steps[0].task.solution[0].name", "unknown key"),
    ('insert = "after"', 'insert = "behind"', "$.steps[1].task.solution[0].insert", "known are before, after"),
    ('kind = "activation"', 'kind = "activatoin"', "$.steps[1].task.solution[0].layer.kind", "did you mean"),
    ("right = 2", "right = 3", "$.steps[3].question.right", "the choices are 1 to 2"),
    ("right = 2", "", "$.steps[3].question.right", "is missing"),
    ("near = 2", "near = 0.5", "$.steps[2].question.near", "a number from 1 to 1000"),
    ('answer = "macs(\'naive\')"', "", "$.steps[2].question.answer", "is missing"),
    ('project = "other"', 'project = "other"\ntask = 1', "$.steps[3].question", "a task or a question"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "words"), MISTAKES)
def test_a_mistake_is_reported_with_its_place_and_what_would_be_right(old, new, place, words, tmp_path):
    assert old in LESSON
    path = write_lesson(tmp_path, LESSON.replace(old, new, 1))
    with pytest.raises(ProjectError) as error:
        load_lesson(path)
    found = [problem for problem in error.value.problems if problem.place == place and words in problem.text]
    assert found, str(error.value)
    assert str(path) in str(error.value)


def test_all_mistakes_are_reported_at_once(tmp_path):
    text = LESSON.replace("map = 3", "map = -1").replace("right = 2", "right = 3").replace("minutes = 5", "minutes = 0")
    with pytest.raises(ProjectError) as error:
        load_lesson(write_lesson(tmp_path, text))
    assert [problem.place for problem in error.value.problems] == [
        "$.minutes",
        "$.steps[0].show.map",
        "$.steps[3].question.right",
    ]


def test_mistakes_of_a_project_are_reported_at_its_name(tmp_path):
    path = write_lesson(tmp_path, project=PROJECT.replace("filters = 4", "filters = 0"))
    with pytest.raises(ProjectError) as error:
        load_lesson(path)
    assert {problem.place for problem in error.value.problems} == {"$.projects.small"}
    assert "small.toml: $.designs[1].nodes[0].filters" in str(error.value)


def test_broken_toml_is_refused_with_line_and_column(tmp_path):
    with pytest.raises(ProjectError, match=r"line \d+, column \d+"):
        load_lesson(write_lesson(tmp_path, LESSON.replace("map = 3", "map = = 3")))


def test_a_lesson_is_told_from_a_project_even_if_it_has_mistakes(tmp_path):
    path = write_lesson(tmp_path)
    assert is_lesson(path)
    assert not is_lesson(tmp_path / "small.toml")
    assert not is_lesson(tmp_path / "missing.toml")
    assert not is_lesson(tmp_path)
    assert is_lesson(write_lesson(tmp_path, LESSON.replace("format = 1", "format = = 1", 1)))
    for file in (RESOURCES / "projects").glob("*.toml"):
        assert not is_lesson(file), file


@pytest.mark.parametrize("piece", ["\n", " ", "[", "[[", "\t\n", "steps", "[projects"])
def test_a_file_of_one_sign_is_told_in_no_time(piece, tmp_path):
    path = tmp_path / "x.toml"
    path.write_text(piece * (2**20 // len(piece)), encoding="utf-8")
    start = process_time()
    assert not is_lesson(path)
    assert process_time() - start < 1


def test_actions_of_a_lesson_find_weights_beside_its_file(tmp_path):
    lesson = load_lesson(write_lesson(tmp_path))
    weights = {"source": "file", "path": "w.npy"}
    edit = change_edit(lesson.projects["small"], SetSettings("thin/wide", {"weights": weights}), lesson.path.parent)
    assert edit.project.design("thin").network.node("wide").weights.path == str(tmp_path / "w.npy")
    assert replace(lesson, title="x") != lesson

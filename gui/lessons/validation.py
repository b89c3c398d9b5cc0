"""Finds what is wrong with a lesson: unknown names, tasks that cannot be done, numbers that cannot be computed."""

import re
from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from engine.expressions.arithmetic import number_of
from engine.expressions.faults import ExpressionError, NotKnownYetError
from engine.kernels import Checkpoint
from engine.project.project import Project
from engine.run.cache import VolumeCache
from engine.run.check import check
from engine.text.messages import value_text
from engine.text.problems import Problem
from gui.lessons.changes import ChangeError, change_edit
from gui.lessons.computed_values import computed_facts, with_run
from gui.lessons.expressions import Expression, evaluate, function_calls, holds
from gui.lessons.facts import Facts, ProjectFacts, WindowFacts
from gui.lessons.lesson import ChoiceQuestion, Lesson, NumberQuestion, Show, Step, Task
from gui.lessons.show_validation import show_problems
from gui.lessons.states import shown_state, step_state
from gui.lessons.texts import fill_text
from gui.lessons.walk import step_project
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState

_FIGURE = re.compile(
    r"(?<![\w.,·×])(?:\d[\d,]*(?:\.\d+)?\s?(?:[KMGT]\b|[KMG]iB\b|×(?![\d×])|%)|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{4,}(?:\.\d+)?)"
)
"""A figure that should be computed: one with a unit, or of at least four digits."""
_NOT_TEXT = re.compile(r"\{\{.*?\}\}|\]\([^)]*\)|https?://\S+", re.DOTALL)
_YEAR = re.compile(r"(?:19|20)\d\d")


def lesson_problems(
    lesson: Lesson,
    *,
    compute: bool = True,
    commands: Collection[str] | None = None,
    checkpoint: Checkpoint = lambda: None,
) -> tuple[Problem, ...]:
    """All that is wrong with a lesson, each with its place in the file.

    Parameters
    ----------
    compute
        Whether projects are run for the values that need it, which may take long. Without, these are not looked at.
    commands
        Ids of the commands of the window, if they are known.
    checkpoint
        Called often; an exception that it raises ends the work.
    """
    return tuple(_Validator(lesson, compute, commands, checkpoint).problems())


class _Validator:
    """Walks through a lesson as a person who solves every task does."""

    def __init__(self, lesson: Lesson, compute: bool, commands: Collection[str] | None, checkpoint: Checkpoint) -> None:
        self._lesson = lesson
        self._compute = compute
        self._commands = commands
        self._checkpoint = checkpoint
        self._cache = VolumeCache()
        self._others = {name: self._new_facts(project) for name, project in lesson.projects.items()}
        self._last = next(iter(self._others.values()))
        """Facts of the last project that differs from its file, as several steps may show it."""

    def problems(self) -> Iterator[Problem]:
        lesson = self._lesson
        first = Facts(self._others[lesson.steps[0].project], self._others)
        for key in ("title", "summary", "source"):
            yield from self._text_problems(getattr(lesson, key), first, f"$.{key}")
        for index, step in enumerate(lesson.steps):
            try:
                project = step_project(lesson, index)
            except ChangeError:
                return  # it is reported at the step whose solution it is
            yield from self._step_problems(step, project, f"$.steps[{index}]")

    def _project_facts(self, project: Project) -> ProjectFacts:
        facts = next((own for own in (self._last, *self._others.values()) if own.project == project), None)
        if facts is None:
            facts = self._last = self._new_facts(project)
        return facts

    def _new_facts(self, project: Project) -> ProjectFacts:
        if self._compute:
            return computed_facts(project, cache=self._cache, checkpoint=self._checkpoint)
        return ProjectFacts(project)

    def _step_problems(self, step: Step, project: Project, place: str) -> Iterator[Problem]:
        own = self._project_facts(project)
        plain = ViewState(project, own.check, RunView(), Focus(), Look())
        yield from show_problems(plain, step.show, f"{place}.show", step.views, self._commands)
        state, views = step_state(plain, step.show), frozenset(step.views)
        facts = Facts(own, self._others, WindowFacts(state, views))
        for key in ("title", "text"):
            yield from self._text_problems(getattr(step, key), facts, f"{place}.{key}")
        match step.exercise:
            case Task() as task:
                yield from self._task_problems(task, facts, f"{place}.task")
            case NumberQuestion() as question:
                texts = ("text", "unit", "hint", "explanation")
                yield from self._exercise_texts(question, texts, facts, f"{place}.question")
                yield from self._answer_problems(question, facts, f"{place}.question.answer")
            case ChoiceQuestion() as question:
                yield from self._exercise_texts(question, ("text", "hint", "explanation"), facts, f"{place}.question")
                for number, choice in enumerate(question.choices):
                    parent = f"{place}.question.choices[{number}]"
                    yield from self._exercise_texts(choice, ("text", "reply"), facts, parent)

    def _task_problems(self, task: Task, facts: Facts, place: str) -> Iterator[Problem]:
        yield from self._exercise_texts(task, ("text", "hint"), facts, place)
        if holds(task.condition, facts):
            yield Problem("holds already when the step begins: nothing is left to do", f"{place}.done")
        assert facts.window is not None
        state, views = facts.window.state, facts.window.views
        for number, change in enumerate(task.solution):
            here = f"{place}.solution[{number}]"
            try:
                edit = change_edit(state.project, change, self._lesson.path.parent)
            except ChangeError as error:
                yield Problem(str(error), here)
                return
            if isinstance(change, Show):
                views |= set(change.views)
                yield from show_problems(state, change, f"{here}.show", views, self._commands)
                state = shown_state(state, change)
            if edit is not None:
                checked = check(edit.project)
                state = replace(state, project=edit.project, check=checked, focus=edit.focus or state.focus)
        after = self._facts_of(state, views, facts, task.condition)
        yield from self._reached_problems(task.condition, after, f"{place}.done")
        yield from self._text_problems(task.praise, after, f"{place}.praise")

    def _facts_of(self, state: ViewState, views: frozenset[str], before: Facts, condition: Expression) -> Facts:
        """What is known after a solution; the window has run then, if the condition asks for that."""
        is_same = before.window is not None and state.project is before.window.state.project
        own = before.own if is_same else self._project_facts(state.project)
        if self._compute and "has_run" in function_calls(condition):
            state = with_run(state, self._cache, self._checkpoint)
        return Facts(own, self._others, WindowFacts(replace(state, check=own.check), views))

    def _reached_problems(self, condition: Expression, facts: Facts, place: str) -> Iterator[Problem]:
        try:
            if evaluate(condition, facts) is not True:
                yield Problem("does not hold after the solution: the task cannot be done as it says", place)
        except ExpressionError as error:
            yield Problem(f"after the solution, {error}", place)
        except NotKnownYetError:
            if self._compute:
                yield Problem("is not known after the solution: something in it cannot run", place)

    def _answer_problems(self, question: NumberQuestion, facts: Facts, place: str) -> Iterator[Problem]:
        try:
            answer = number_of(evaluate(question.answer, replace(facts, window=None)))
            if not answer > 0:
                yield Problem(f"is {value_text(answer)}; guesses are compared by ratios, so it must be above 0", place)
        except ExpressionError as error:
            yield Problem(str(error), place)
        except NotKnownYetError:
            if self._compute:
                yield Problem("cannot be computed", place)

    def _exercise_texts(self, part: object, keys: tuple[str, ...], facts: Facts, place: str) -> Iterator[Problem]:
        for key in keys:
            yield from self._text_problems(getattr(part, key), facts, f"{place}.{key}")

    def _text_problems(self, text: str, facts: Facts, place: str) -> Iterator[Problem]:
        filled = fill_text(text, replace(facts, window=None))
        yield from (Problem(fault, place) for fault in filled.faults)
        if self._compute and not filled.is_complete:
            yield Problem("has a number that cannot be computed, as something in it cannot run", place)


def typed_figures(lesson: Lesson) -> tuple[Problem, ...]:
    """The figures in texts that are typed instead of computed, and not listed as quoted; years are none."""
    problems = [_typed(getattr(lesson, key), (), f"$.{key}") for key in ("title", "summary")]
    for index, step in enumerate(lesson.steps):
        for place, text in step_texts(step).items():
            problems.append(_typed(text, step.quoted, f"$.steps[{index}].{place}"))
    return tuple(problem for several in problems for problem in several)


def step_texts(step: Step) -> Mapping[str, str]:
    """All texts of a step by their places within it."""
    texts = {"title": step.title, "text": step.text}
    match step.exercise:
        case Task() as task:
            texts |= {f"task.{key}": getattr(task, key) for key in ("text", "hint", "praise")}
        case NumberQuestion() | ChoiceQuestion() as question:
            texts |= {f"question.{key}": getattr(question, key) for key in ("text", "hint", "explanation")}
    if isinstance(step.exercise, ChoiceQuestion):
        for number, choice in enumerate(step.exercise.choices):
            texts |= {f"question.choices[{number}].{key}": getattr(choice, key) for key in ("text", "reply")}
    return texts


def _typed(text: str, quoted: tuple[str, ...], place: str) -> list[Problem]:
    allowed = {" ".join(figure.split()) for figure in quoted}
    figures = (" ".join(match[0].split()) for match in _FIGURE.finditer(_NOT_TEXT.sub(" ", text)))
    return [
        Problem(f"{figure} is typed, not computed; write it as an expression, or list it in quoted", place)
        for figure in figures
        if figure not in allowed and not _YEAR.fullmatch(figure)
    ]

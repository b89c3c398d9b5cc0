"""A step as a person sees it: its texts with numbers filled in, the state of its task, the answer to its question."""

import re
from typing import Protocol

from msgspec import Struct

from gui.lessons.expressions import Expression
from gui.lessons.guesses import answer_text, describe_guess, guess_text, is_near
from gui.lessons.lesson import ChoiceQuestion, Exercise, Lesson, NumberQuestion, Task
from gui.lessons.texts import NOT_KNOWN


class Answer(Struct, frozen=True):
    """What a person has answered to the question of a step."""

    guess: float | None = None
    """The predicted number."""
    choice: int | None = None
    """Index of the choice."""
    is_shown: bool = False
    """Whether the person has asked for the solution."""


class TaskPage(Struct, frozen=True):
    """Something to do."""

    text: str
    hint: str
    done: bool
    praise: str


class NumberPage(Struct, frozen=True):
    """A number to predict."""

    text: str
    unit: str
    hint: str
    guess: float | None
    answer: str
    """The computed number; nothing until it is predicted or asked for, "…" if it is not known yet."""
    verdict: str
    """How far off the guess is, in words."""
    is_right: bool
    explanation: str
    """Nothing until the answer is there."""


class ChoicePage(Struct, frozen=True):
    """A question with answers to choose from."""

    text: str
    choices: tuple[str, ...]
    hint: str
    chosen: int | None
    is_right: bool
    reply: str
    explanation: str
    """Nothing until the right answer is chosen or asked for."""


ExercisePage = TaskPage | NumberPage | ChoicePage


class LessonPage(Struct, frozen=True):
    """All that the panel of a lesson shows; every text is Markdown but for titles."""

    lesson: str
    """Title of the lesson."""
    step: int
    """From 0."""
    steps: int
    title: str
    text: str
    exercise: ExercisePage | None
    differs: bool
    """Whether the window shows something else than the step does at its beginning."""

    @property
    def is_last(self) -> bool:
        return self.step == self.steps - 1


class StepValues(Protocol):
    """What fills the texts of a step."""

    def text(self, text: str) -> str: ...

    def number(self, expression: Expression) -> int | float | None: ...

    def holds(self, expression: Expression) -> bool: ...


def make_page(lesson: Lesson, index: int, answer: Answer, values: StepValues, *, differs: bool) -> LessonPage:
    """The page of a step for the present state of the window."""
    step = lesson.steps[index]
    return LessonPage(
        _plain(values.text(lesson.title)),
        index,
        len(lesson.steps),
        _plain(values.text(step.title)),
        values.text(step.text),
        None if step.exercise is None else _exercise_page(step.exercise, answer, values),
        differs,
    )


def _exercise_page(exercise: Exercise, answer: Answer, values: StepValues) -> ExercisePage:
    match exercise:
        case Task():
            done = values.holds(exercise.condition)
            praise = values.text(exercise.praise) if done else ""
            return TaskPage(values.text(exercise.text), values.text(exercise.hint), done, praise)
        case NumberQuestion():
            return _number_page(exercise, answer, values)
        case ChoiceQuestion():
            return _choice_page(exercise, answer, values)


def _number_page(question: NumberQuestion, answer: Answer, values: StepValues) -> NumberPage:
    is_over = answer.guess is not None or answer.is_shown
    text, unit, hint = values.text(question.text), _plain(values.text(question.unit)), values.text(question.hint)
    if not is_over:
        return NumberPage(text, unit, hint, None, "", "", False, "")
    number = values.number(question.answer)
    computed = NOT_KNOWN if number is None else answer_text(number, unit)
    is_right = number is not None and answer.guess is not None and is_near(answer.guess, number, question.near)
    verdict = f"Computed: **{computed}**"
    if answer.guess is not None:
        off = "" if number is None else describe_guess(answer.guess, number)
        verdict = f"You said **{guess_text(answer.guess)}**{off and f' – {off}'}.\n\n{verdict}"
    return NumberPage(text, unit, hint, answer.guess, computed, verdict, is_right, values.text(question.explanation))


def _choice_page(question: ChoiceQuestion, answer: Answer, values: StepValues) -> ChoicePage:
    chosen = answer.choice
    is_right = chosen == question.right
    return ChoicePage(
        values.text(question.text),
        tuple(values.text(choice.text) for choice in question.choices),
        values.text(question.hint),
        chosen,
        is_right,
        "" if chosen is None else values.text(question.choices[chosen].reply),
        values.text(question.explanation) if is_right else "",
    )


def _plain(text: str) -> str:
    """A title, which is no Markdown, without the escapes of its numbers."""
    return re.sub(r"\\([\\`*_\[\]<>&~|#$])", r"\1", text)

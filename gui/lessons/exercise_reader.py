"""Reads the tasks and questions of lesson files, and the actions that solve a task."""

from typing import Annotated

from msgspec import Meta

from engine.project.reader import KINDS
from engine.project.table_reader import Data
from gui.lessons.lesson import (
    Change,
    Choice,
    ChoiceQuestion,
    Exercise,
    InsertNode,
    NumberQuestion,
    RemoveNode,
    SetSettings,
    Task,
)
from gui.lessons.lesson_tables import LessonTables

_TASK = ("text", "done", "solution", "hint", "praise")
_NUMBER_QUESTION = ("text", "answer", "unit", "near", "hint", "explanation")
_CHOICE_QUESTION = ("text", "choices", "right", "hint", "explanation")
_CHANGES: dict[str, tuple[str, ...]] = {
    "set": ("node", "set"),
    "insert": ("node", "insert", "name", "layer"),
    "remove": ("remove",),
    "show": ("show",),
}
"""The keys of each action of a solution, by the one that tells them apart."""

_Factor = Annotated[float, Meta(ge=1, le=1000)]


class ExerciseReader(LessonTables):
    """Reads tasks and questions."""

    def exercise(self, raw: Data, place: str) -> Exercise | None:
        if "task" in raw and "question" in raw:
            self.add(f"{place}.question", "a step has a task or a question; make the question a step of its own")
            return None
        if "task" in raw:
            return self._task(raw["task"], f"{place}.task")
        return self._question(raw["question"], f"{place}.question") if "question" in raw else None

    def _task(self, value: object, place: str) -> Task | None:
        raw = self.table(value, place, "text, done and solution")
        if raw is None:
            return None
        self.check_keys(raw, _TASK, place)
        text, hint, praise = self.required(raw, "text", place), *(self.text(raw, k, place) for k in ("hint", "praise"))
        condition = self.expression(raw, "done", place, of_window=True)
        changes = [self._change(item, f"{place}.solution[{i}]") for i, item in self.items(raw, "solution", place)]
        if not changes:
            self.add(f"{place}.solution", "is missing; the actions that solve the task are expected")
        if condition is None:
            return None
        return Task(text, condition, tuple(change for change in changes if change is not None), hint, praise)

    def _question(self, value: object, place: str) -> NumberQuestion | ChoiceQuestion | None:
        raw = self.table(value, place, "text, and answer or choices")
        if raw is None:
            return None
        has_choices = "choices" in raw
        self.check_keys(raw, _CHOICE_QUESTION if has_choices else _NUMBER_QUESTION, place)
        text = self.required(raw, "text", place)
        hint, explanation = (self.text(raw, key, place) for key in ("hint", "explanation"))
        if not has_choices:
            answer = self.expression(raw, "answer", place)
            unit, near = self.text(raw, "unit", place), self.value(raw, "near", _Factor, place, 1.1)
            if answer is None or near is None:
                return None
            return NumberQuestion(text, answer, unit, near, hint, explanation)
        choices = [self._choice(item, f"{place}.choices[{i}]") for i, item in self.items(raw, "choices", place)]
        right = self.required_value(raw, "right", int, place)
        if len(choices) < 2:
            self.add(f"{place}.choices", f"has {len(choices)}; a question has at least 2 to choose from")
        elif right is not None and not 1 <= right <= len(choices):
            self.add(f"{place}.right", f"is {right}; the choices are 1 to {len(choices)}")
        return ChoiceQuestion(text, tuple(choices), (right or 1) - 1, hint, explanation)

    def _choice(self, value: object, place: str) -> Choice:
        raw = self.table(value, place, "text")
        if raw is None:
            return Choice("")
        self.check_keys(raw, ("text", "reply"), place)
        return Choice(self.required(raw, "text", place), self.text(raw, "reply", place))

    def _change(self, value: object, place: str) -> Change | None:
        forms = ", ".join(_CHANGES)
        raw = self.table(value, place, f"one of {forms}")
        if raw is None:
            return None
        form = next((key for key in _CHANGES if key in raw), None)
        if form is None:
            self.add(place, f"does nothing; one of {forms} is expected")
            return None
        self.check_keys(raw, _CHANGES[form], place, f" beside {form}")
        match form:
            case "show":
                return self.show(raw["show"], f"{place}.show")
            case "remove":
                return RemoveNode(self.required(raw, "remove", place))
            case "insert":
                return self._insertion(raw, place)
        node, settings = self.required(raw, "node", place), self.table(raw["set"], f"{place}.set", "settings")
        if settings == {}:
            self.add(f"{place}.set", "is empty; a setting is expected: { filters = 8 }")
        return None if settings is None else SetSettings(node, settings)

    def _insertion(self, raw: Data, place: str) -> InsertNode | None:
        node = self.required(raw, "node", place)
        where = self.word(raw, "insert", place, ("before", "after"))
        if "layer" not in raw:
            self.add(f"{place}.layer", 'is missing; a table is expected: { kind = "conv2d", filters = 8, kernel = 1 }')
            return None
        layer = self.struct(raw["layer"], KINDS, "kind", f"{place}.layer")
        name = self.text(raw, "name", place)
        return None if layer is None else InsertNode(node, "before" if where == "before" else "after", name, layer)

"""Translations of lessons: a file per language with the texts alone; what it leaves out stays English."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from engine.project.file import file_text
from engine.project.syntax import parse_toml
from engine.project.table_reader import Data, TooManyProblemsError, key_text
from engine.text.messages import suggestion, value_text
from engine.text.problems import ProjectError
from gui.lessons.lesson import Choice, ChoiceQuestion, Exercise, Lesson, NumberQuestion, Step, Task
from gui.lessons.lesson_tables import LessonTables

_LESSON_TEXTS = ("title", "summary", "source")
_STEP_TEXTS = ("title", "text")
_EXERCISE_TEXTS: dict[type[Exercise], dict[str, str]] = {
    Task: {"task": "text", "hint": "hint", "praise": "praise"},
    NumberQuestion: {"question": "text", "unit": "unit", "hint": "hint", "explanation": "explanation"},
    ChoiceQuestion: {"question": "text", "hint": "hint", "explanation": "explanation"},
}
"""The texts of exercises, by the keys of a translation."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:_[a-z]{2,4})?")


def language_files(path: Path) -> dict[str, Path]:
    """The translations of a lesson beside its file, by language: "why_1x1.de.toml"."""
    files = {}
    with suppress(OSError):
        for file in sorted(path.parent.iterdir()):
            language = file.name.lower().removeprefix(f"{path.stem.lower()}.").removesuffix(".toml")
            if file.name.lower() == f"{path.stem.lower()}.{language}.toml" and _LANGUAGE.fullmatch(language):
                files[language] = file
    return files


def preferred_language(languages: Sequence[str], codes: Sequence[str]) -> str:
    """The first wanted language that there is, of any region, else the first of all: "de_AT" finds "de"."""
    for code in codes:
        exact = re.split(r"[.@]", code.lower().replace("-", "_"))[0]
        for candidate in (exact, exact.partition("_")[0]):
            if candidate in languages:
                return candidate
    return languages[0]


def system_languages() -> tuple[str, ...]:
    """The languages that a person has chosen in the system, the preferred one first."""
    listed = os.environ.get("LANGUAGE", "").split(":")
    names = (*listed, *(os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")))
    return tuple(name for name in names if name and name not in ("C", "POSIX") and not name.startswith("C."))


def translate(lesson: Lesson, path: Path, language: str) -> Lesson:
    """The lesson with the texts of a translation; ProjectError lists the mistakes of that file."""
    reader = _TranslationReader()
    text, _ = file_text(path, "lesson")
    data = parse_toml(text, path)
    with suppress(TooManyProblemsError):
        translated = reader.translated(lesson, data, language)
        if not reader.problems:
            return translated
    raise ProjectError(reader.problems, path)


class _TranslationReader(LessonTables):
    """Reads the tables of a translation."""

    def translated(self, lesson: Lesson, data: Data, language: str) -> Lesson:
        self.check_keys(data, ("language", *_LESSON_TEXTS, "steps"), "$")
        named = self.required(data, "language", "$")
        if named and named.lower() != language:
            self.add("$.language", f"is {value_text(named)}; the name of the file says {value_text(language)}")
        steps = self.table(data.get("steps", {}), "$.steps", "a table per step") or {}
        ids = [step.id for step in lesson.steps]
        for name in steps:
            if name not in ids:
                self.add(f"$.steps.{key_text(name)}", f"unknown step; {suggestion(name, ids)}")
        translated = tuple(self._step(step, steps[step.id]) if step.id in steps else step for step in lesson.steps)
        return replace(lesson, language=language, steps=translated, **self._texts(data, _LESSON_TEXTS, "$"))

    def _step(self, step: Step, value: object) -> Step:
        place = f"$.steps.{key_text(step.id)}"
        raw = self.table(value, place, "texts")
        if raw is None:
            return step
        exercise = step.exercise
        keys = {} if exercise is None else _EXERCISE_TEXTS[type(exercise)]
        choices = ("choices",) if isinstance(exercise, ChoiceQuestion) else ()
        self.check_keys(raw, (*_STEP_TEXTS, *keys, *choices), place)
        if exercise is not None:
            texts = self._texts(raw, tuple(keys), place)
            exercise = replace(exercise, **{keys[key]: text for key, text in texts.items()})
        if isinstance(exercise, ChoiceQuestion) and "choices" in raw:
            exercise = replace(exercise, choices=self._choices(exercise.choices, raw, place))
        return replace(step, exercise=exercise, **self._texts(raw, _STEP_TEXTS, place))

    def _choices(self, choices: tuple[Choice, ...], raw: Data, place: str) -> tuple[Choice, ...]:
        pairs = raw["choices"] if _are_texts(raw["choices"]) else None
        if pairs is None or len(pairs) != len(choices) or not all(1 <= len(pair) <= 2 for pair in pairs):
            fault = f"are {value_text(raw['choices'])}; {len(choices)} lists of text and reply are expected"
            self.add(f"{place}.choices", fault)
            return choices
        for number, pair in enumerate(pairs):
            for text in pair:
                self.check_text(text, f"{place}.choices[{number}]")
        return tuple(Choice(pair[0], pair[1] if len(pair) > 1 else "") for pair in pairs)

    def _texts(self, raw: Data, keys: Sequence[str], place: str) -> dict[str, str]:
        """The texts that are translated, by key."""
        return {key: self.required(raw, key, place) for key in keys if key in raw}


def _are_texts(value: object) -> bool:
    """Whether a value is a list of lists of texts."""
    return isinstance(value, list) and all(
        isinstance(item, list) and all(isinstance(text, str) for text in item) for item in value
    )

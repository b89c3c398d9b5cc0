"""Reads lesson files: all mistakes are collected, each with its place in the file."""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from engine.files.paths import BUNDLED, resolve_path
from engine.project.file import file_text, load_project
from engine.project.project import Project
from engine.project.syntax import parse_toml
from engine.project.table_reader import Data, TooManyProblemsError, key_text
from engine.text.messages import suggestion, value_text
from engine.text.names import control_fault
from engine.text.problems import Problem, ProjectError
from gui.lessons.exercise_reader import ExerciseReader
from gui.lessons.file_kind import MOST_BYTES
from gui.lessons.lesson import LESSON_FORMAT, Lesson, Step
from gui.lessons.lesson_tables import Texts
from gui.lessons.translations import language_files, preferred_language, translate

_TABLES = ("format", "title", "summary", "minutes", "source", "projects", "steps")
_STEP = ("id", "title", "project", "text", "show", "task", "question", "quoted")
_Minutes = Annotated[int, Meta(ge=1, le=600)]

_MAX_STEPS = 200
_MAX_PROJECTS = 50

_STEP_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")


def load_lesson(path: Path, language: str = "en") -> Lesson:
    """The lesson of a file, in that language as far as it is translated; ProjectError lists all mistakes."""
    text, _ = file_text(path, "lesson")
    reader = LessonReader(path)
    if len(text) > MOST_BYTES:
        problem = Problem(f"has {len(text):,} characters; of a lesson, at most {MOST_BYTES:,} are read", "")
        raise ProjectError([problem], path)
    lesson = reader.lesson(parse_toml(text, path))
    if lesson is None:
        raise ProjectError(reader.problems, path)
    files = language_files(path)
    lesson = replace(lesson, languages=(lesson.language, *files))
    chosen = preferred_language(lesson.languages, [language])
    return translate(lesson, files[chosen], chosen) if chosen in files else lesson


class LessonReader(ExerciseReader):
    """Reads the tables of a lesson file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._folder = Path(os.path.realpath(path)).parent

    def lesson(self, data: Data) -> Lesson | None:
        """The lesson; None if there are problems, of which only the first are collected."""
        with suppress(TooManyProblemsError):
            lesson = self._lesson(data)
            if lesson is not None and not self.problems:
                return lesson
        return None

    def _lesson(self, data: Data) -> Lesson | None:
        number = data.get("format")
        if number != LESSON_FORMAT or isinstance(number, bool):
            is_newer = isinstance(number, int) and number > LESSON_FORMAT
            remedy = "use a newer program" if is_newer else f"write format = {LESSON_FORMAT}"
            self.add("$.format", f"is {'missing' if number is None else value_text(number)}; {remedy}")
            return None
        self.check_keys(data, _TABLES, "$")
        title, summary = self.required(data, "title", "$"), self.text(data, "summary", "$")
        minutes = self.required_value(data, "minutes", _Minutes, "$")
        source = self.text(data, "source", "$")
        projects = self._projects(data)
        steps = self._steps(data)
        if minutes is None:
            return None
        return Lesson(self._path, title, summary, minutes, "en", projects, steps, source, ("en",))

    def _projects(self, data: Data) -> dict[str, Project]:
        raw = data.get("projects")
        if not isinstance(raw, dict) or not raw:
            self.add("$.projects", 'is missing; a table of names and paths is expected: name = "project.toml"')
            return {}
        if len(raw) > _MAX_PROJECTS:
            self.add("$.projects", f"has {len(raw):,} projects; a lesson has at most {_MAX_PROJECTS}")
            return {}
        projects: dict[str, Project] = {}
        loaded: dict[str, Project | None] = {}
        for name in raw:
            place = f"$.projects.{key_text(name)}"
            if not _STEP_ID.fullmatch(name):
                self.add(place, "is no name of a project; letters, digits, - and _ can be used")
            path = self.value({"path": raw[name]}, "path", str, place)
            if path is not None and path not in loaded:
                loaded[path] = self._project(path, place)
            if path is not None and (project := loaded[path]) is not None:
                projects[name] = project
        return projects

    def _project(self, path: str, place: str) -> Project | None:
        if fault := control_fault(path):
            self.add(place, f"is {value_text(path)}; {fault}")
            return None
        file = resolve_path(path) if path.startswith(BUNDLED) else Path(os.path.abspath(self._folder / path))
        try:
            return load_project(file).project
        except ProjectError as error:
            for problem in error.problems:
                text = str(problem) if str(path) in str(problem) else f"{path}: {problem}"
                self.add(place, text)
        return None

    def _steps(self, data: Data) -> tuple[Step, ...]:
        rows = list(self.items(data, "steps", "$"))
        if not 0 < len(rows) <= _MAX_STEPS:
            self.add("$.steps", f"has {len(rows):,} steps; a lesson has 1 to {_MAX_STEPS}")
            return ()
        names = tuple(data["projects"]) if isinstance(data.get("projects"), dict) else ()
        steps: list[Step] = []
        ids: set[str] = set()
        project = next(iter(names), "")
        for index, value in rows:
            place = f"$.steps[{index}]"
            raw = self.table(value, place, "id, title and text")
            if raw is None:
                continue
            project = self._project_name(raw, place, names, project)
            step = self._step(raw, place, project)
            if step.id and step.id in ids:
                self.add(f"{place}.id", f"is {value_text(step.id)}, as that of a step before it; ids must differ")
            ids.add(step.id)
            steps.append(step)
        return tuple(steps)

    def _project_name(self, raw: Data, place: str, names: tuple[str, ...], before: str) -> str:
        name = self.value(raw, "project", str, place, before) or before
        if name not in names and names:
            self.add(f"{place}.project", f"is {value_text(name)}; {suggestion(name, names)}")
            return before
        return str(name)

    def _step(self, raw: Data, place: str, project: str) -> Step:
        self.check_keys(raw, _STEP, place)
        step_id = self.required(raw, "id", place)
        if step_id and not _STEP_ID.fullmatch(step_id):
            self.add(f"{place}.id", f"is {value_text(step_id)}; letters, digits, - and _ can be used")
        title, text = self.required(raw, "title", place), self.required(raw, "text", place)
        show = self.show(raw.get("show", {}), f"{place}.show")
        quoted = self.value(raw, "quoted", Texts, place, ()) or ()
        return Step(step_id, title, text, project, show, self.exercise(raw, place), quoted)

"""The bundled lessons are right in every language: names, tasks, and numbers, which are computed."""

import pytest

from engine.files.paths import RESOURCES
from gui.lessons.file_kind import is_lesson
from gui.lessons.reader import load_lesson
from gui.lessons.validation import lesson_problems, typed_figures

BUNDLED = sorted(file for file in (RESOURCES / "lessons").glob("*.toml") if is_lesson(file))


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.stem)
def test_a_bundled_lesson_is_right_and_computes_its_numbers(path):
    lesson = load_lesson(path)
    for language in lesson.languages:
        translated = load_lesson(path, language)
        assert translated.language == language
        assert lesson_problems(translated) == ()
        assert typed_figures(translated) == ()

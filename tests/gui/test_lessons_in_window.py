"""Every bundled lesson is completed in a real window, by keyboard alone and then by mouse alone."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from engine.project.project import Project
from gui.lessons.catalogue import LESSONS, lesson_path
from gui.lessons.reader import load_lesson
from gui.views.volumes import VolumesView
from gui.window.highlight_frame import HighlightFrame
from gui.window.main_window import MainWindow
from tests.gui.lesson_driver import KeyboardPerson, MousePerson


@pytest.fixture(autouse=True)
def no_motion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VolumesView, "turn_milliseconds", 0)
    monkeypatch.setattr(HighlightFrame, "pulse_milliseconds", 0)


@pytest.mark.parametrize("name", LESSONS)
def test_a_bundled_lesson_is_completed_with_real_widgets(
    open_window: Callable[[], MainWindow], qtbot: QtBot, name: str
) -> None:
    window = open_window()
    own: Project = window.workbench.document.project
    for person in (KeyboardPerson, MousePerson):
        window.lessons.start(load_lesson(lesson_path(name)))
        person(window, qtbot).take()
        assert window.workbench.document.project == own
        assert window.workbench.document.clean

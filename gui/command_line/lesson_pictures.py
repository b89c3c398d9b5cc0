"""Pictures of the window at each step of a lesson, drawn without a display."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager

from PySide6.QtWidgets import QApplication

from engine.text.problems import ProjectError
from gui.command_line.offscreen import temporary_window
from gui.export.pictures import png_bytes
from gui.lessons.lesson import Lesson
from gui.state.look import ThemeName
from gui.views.volumes import VolumesView
from gui.window.highlight_frame import HighlightFrame
from gui.window.main_window import MainWindow

_ROUNDS = 4
"""Rounds of events after which the window is as it will stay: pages and frames follow the layout."""


def step_pictures(lesson: Lesson, size: tuple[int, int], theme: ThemeName) -> Generator[bytes, None, None]:
    """Yield a PNG file of the whole window at the beginning of each step."""
    with _lesson_window(lesson, 0, size, theme) as window:
        for index in range(len(lesson.steps)):
            window.lessons.player.go(index)
            _settle(window)
            yield png_bytes(window.grab().toImage())


def step_picture(lesson: Lesson, index: int, size: tuple[int, int], theme: ThemeName) -> bytes:
    """A PNG file of the whole window at the beginning of a step; ProjectError if its run fails."""
    with _lesson_window(lesson, index, size, theme) as window:
        _settle(window)
        if window.workbench.state.run.problems:
            raise ProjectError(window.workbench.state.run.problems, lesson.path)
        return png_bytes(window.grab().toImage())


@contextmanager
def _lesson_window(lesson: Lesson, index: int, size: tuple[int, int], theme: ThemeName) -> Iterator[MainWindow]:
    """A window in which a lesson begins at a step, with its camera and frames at once where they go."""
    durations = VolumesView.turn_milliseconds, HighlightFrame.pulse_milliseconds
    VolumesView.turn_milliseconds = HighlightFrame.pulse_milliseconds = 0
    try:
        with temporary_window(lesson.projects[lesson.steps[index].project], theme) as window:
            window.resize(*size)
            window.show()
            window.lessons.start(lesson, index)
            yield window
    finally:
        VolumesView.turn_milliseconds, HighlightFrame.pulse_milliseconds = durations


def _settle(window: MainWindow) -> None:
    """Wait until nothing computes, and the page and its frames are up to date."""
    for _ in range(_ROUNDS):
        QApplication.processEvents()
        while _is_busy(window):
            QApplication.processEvents()


def _is_busy(window: MainWindow) -> bool:
    state = window.workbench.state
    return state.run.progress is not None or bool(state.rank_search.busy_text) or window.lessons.player.busy

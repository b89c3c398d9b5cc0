"""Pictures of the window at each step of a lesson, drawn without a display."""

from collections.abc import Generator
from typing import Literal

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from gui.app import set_theme
from gui.export.pictures import png_bytes
from gui.lessons.lesson import Lesson
from gui.state.view_state import Look
from gui.views.volumes import VolumesView
from gui.window.highlight_frame import HighlightFrame
from gui.window.main_window import AUTOMATIC_RUN, MainWindow
from gui.window.settings import Settings
from gui.workbench.workbench import Workbench

_ROUNDS = 4
"""Rounds of events after which the window is as it will stay: pages and frames follow the layout."""


def step_pictures(
    lesson: Lesson, size: tuple[int, int], theme: Literal["light", "dark"]
) -> Generator[bytes, None, None]:
    """Yield a PNG file of the whole window at the beginning of each step."""
    VolumesView.turn_milliseconds = HighlightFrame.pulse_milliseconds = 0
    project = next(iter(lesson.projects.values()))
    workbench, settings = Workbench(project, Look(theme=theme)), Settings(QSettings("", QSettings.Format.IniFormat))
    settings.set(AUTOMATIC_RUN, "off")
    window = MainWindow(workbench, settings, set_theme)
    try:
        window.resize(*size)
        window.show()
        window.lessons.start(lesson)
        for index in range(len(lesson.steps)):
            window.lessons.player.go(index)
            _settle(window)
            yield png_bytes(window.grab().toImage())
    finally:
        window.lessons.close_down()
        workbench.close()
        window.hide()  # a window that is visible when it is deleted tells its event filters, which are gone by then
        window.deleteLater()
        QApplication.processEvents()


def _settle(window: MainWindow) -> None:
    """Wait until nothing computes, and the page and its frames are up to date."""
    for _ in range(_ROUNDS):
        QApplication.processEvents()
        while _is_busy(window):
            QApplication.processEvents()


def _is_busy(window: MainWindow) -> bool:
    state = window.workbench.state
    return state.run.progress is not None or bool(state.rank_search.busy_text) or window.lessons.player.busy

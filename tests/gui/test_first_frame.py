"""The window is painted before its views are made, and nothing begins that the first frame does not need."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from gui.app import set_theme
from gui.window.first_frame import FirstFrame
from gui.window.main_window import MainWindow
from gui.window.settings import Settings
from gui.workbench.workbench import Workbench
from tests.gui.conftest import PROJECT


@pytest.fixture
def hidden_window(qtbot: QtBot, settings: QSettings) -> Iterator[MainWindow]:
    window = MainWindow(Workbench(PROJECT), Settings(settings), set_theme)
    yield window
    window.close()
    window.deleteLater()


def test_the_first_frame_shows_panels_without_views_and_the_views_come_before_all_else(
    hidden_window: MainWindow, qtbot: QtBot
) -> None:
    made: list[list[str]] = []
    window = hidden_window
    window.show_frame_first(lambda: made.append(list(window.views.made)))
    FirstFrame(window, lambda: made.append(list(window.views.made)))
    qtbot.waitUntil(lambda: len(made) == 2)
    visible = [view_id for view_id, place in window.views.places.items() if place.isEnabled()]
    assert visible
    assert made == [[], visible]  # the filter of events that is installed last is the first to see them


def test_a_window_that_closes_before_its_first_frame_begins_nothing(hidden_window: MainWindow, qtbot: QtBot) -> None:
    begun: list[bool] = []
    hidden_window.show_frame_first(lambda: begun.append(True))
    hidden_window.close()
    qtbot.wait(50)
    assert begun == []
    assert hidden_window.views.made == {}

"""Repaints: only views whose content differs are painted."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.lessons.page import LessonPage
from gui.panels.lesson import LessonPanel
from gui.state.look import ColourLevels
from gui.window.main_window import MainWindow


class EventRecorder(QObject):
    """Records which widgets receive an event of this kind."""

    def __init__(self, kind: QEvent.Type) -> None:
        super().__init__()
        self.kind = kind
        self.widgets: list[QWidget] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == self.kind and isinstance(watched, QWidget):
            self.widgets.append(watched)
        return False


@contextmanager
def recorded(kind: QEvent.Type) -> Iterator[list[QWidget]]:
    """The widgets that receive an event of this kind; complete at the end of the block."""
    process_events()
    recorder = EventRecorder(kind)
    QApplication.instance().installEventFilter(recorder)
    try:
        yield recorder.widgets
        process_events()
    finally:
        QApplication.instance().removeEventFilter(recorder)


@contextmanager
def count_paints(window: MainWindow) -> Iterator[dict[str, int]]:
    """Count how often each view and its parts are painted, by id; available at the end of the block."""
    counts = dict[str, int]()
    with recorded(QEvent.Type.Paint) as widgets:
        yield counts
    for view_id, view in window.views.items():
        counts[view_id] = sum(widget is view or view.isAncestorOf(widget) for widget in widgets)


def process_events() -> None:
    for _ in range(5):
        QApplication.sendPostedEvents()
        QApplication.processEvents()


def test_turning_the_camera_paints_the_volumes_alone(window: MainWindow) -> None:
    look = window.workbench.state.look
    with count_paints(window) as counts:
        window.workbench.set_look(replace(look, yaw=look.yaw + 5))
    assert counts.pop("volumes") > 0
    assert not any(counts.values())


def test_turning_the_camera_lays_out_no_widget(window: MainWindow) -> None:
    look = window.workbench.state.look
    window.workbench.set_look(replace(look, yaw=look.yaw + 5))  # from here on no button of a camera is checked
    with recorded(QEvent.Type.LayoutRequest) as widgets:
        window.workbench.set_look(replace(look, yaw=look.yaw + 9))
    assert not widgets


@pytest.mark.parametrize(
    "changes",
    [
        {"levels": ColourLevels(0, ("naive", "conv5x5"), -1.0, 1.0)},
        {"range": "per map"},
        {"order": "mean"},
        {"comparison": "maps + difference"},
        {"detail": "histogram"},
    ],
)
def test_a_setting_of_the_mosaics_paints_the_filters_alone(window: MainWindow, changes: dict[str, object]) -> None:
    with count_paints(window) as counts:
        window.workbench.set_look(replace(window.workbench.state.look, **changes))
    assert counts.pop("filters") > 0
    assert not any(counts.values())


def test_a_setting_of_the_mosaics_does_not_paint_the_search_for_a_bottleneck(window: MainWindow) -> None:
    window.docks.bring_forward("bottleneck")
    with count_paints(window) as counts:
        window.workbench.set_look(replace(window.workbench.state.look, detail="histogram"))
    assert window.views["bottleneck"].isVisible()
    assert counts["bottleneck"] == 0


def test_logarithmic_bars_paint_the_bars_alone(window: MainWindow) -> None:
    with count_paints(window) as counts:
        window.workbench.set_look(replace(window.workbench.state.look, logarithmic=True))
    assert counts.pop("bars") > 0
    assert not any(counts.values())


@pytest.mark.parametrize("changes", [{"colour_map": "cividis"}, {"range": "per map"}, {"theme": "dark"}])
def test_a_change_of_colours_or_theme_paints_the_filters(window: MainWindow, changes: dict[str, str]) -> None:
    with count_paints(window) as counts:
        window.workbench.set_look(replace(window.workbench.state.look, **changes))
    assert counts["filters"] > 0


def test_a_view_is_made_when_it_is_visible_for_the_first_time(window: MainWindow) -> None:
    hidden = "counting"
    assert hidden not in window.views.made
    window.actions_by_id["dark"].trigger()
    assert hidden not in window.views.made
    window.docks.bring_forward(hidden)
    assert window.views.made[hidden].isVisible()
    assert window.views[hidden] is window.views.made[hidden]


def test_another_step_of_a_lesson_is_not_painted_before_the_rest_of_the_window(qtbot: QtBot) -> None:
    panel = LessonPanel()
    qtbot.addWidget(panel)
    panel.show()
    page = LessonPage("Lesson", 0, 3, "Step", "Text", None, differs=False)
    panel.show_page(page)
    with recorded(QEvent.Type.Paint) as widgets:
        panel.show_page(replace(page, step=1))
        assert not widgets
    assert panel.progress in widgets

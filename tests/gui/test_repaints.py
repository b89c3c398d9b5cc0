"""Repaints: only views whose content differs are painted."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

from gui.window.main_window import MainWindow


class PaintRecorder(QObject):
    """Records which widgets are painted."""

    def __init__(self) -> None:
        super().__init__()
        self.widgets: list[QWidget] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget):
            self.widgets.append(watched)
        return False


@contextmanager
def painted(window: MainWindow) -> Iterator[dict[str, int]]:
    """Count how often each view and its parts are painted, by id; available at the end of the block."""
    settle()
    recorder, times = PaintRecorder(), dict[str, int]()
    QApplication.instance().installEventFilter(recorder)
    try:
        yield times
        settle()
    finally:
        QApplication.instance().removeEventFilter(recorder)
    for view_id, view in window.views.items():
        times[view_id] = sum(widget is view or view.isAncestorOf(widget) for widget in recorder.widgets)


def settle() -> None:
    for _ in range(5):
        QApplication.sendPostedEvents()
        QApplication.processEvents()


def test_turning_the_camera_paints_the_volumes_alone(window: MainWindow) -> None:
    look = window.workbench.state.look
    with painted(window) as times:
        window.workbench.set_look(replace(look, yaw=look.yaw + 5))
    assert times.pop("volumes") > 0
    assert not any(times.values())


@pytest.mark.parametrize("changes", [{"colour_map": "cividis"}, {"range": "per map"}, {"theme": "dark"}])
def test_another_look_of_the_maps_paints_them(window: MainWindow, changes: dict[str, str]) -> None:
    with painted(window) as times:
        window.workbench.set_look(replace(window.workbench.state.look, **changes))
    assert times["filters"] > 0

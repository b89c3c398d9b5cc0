"""Memory that is free goes back to the system after a project has been opened, edited or run."""

import linecache

from PySide6.QtCore import Qt, QTimer
from pytestqt.qtbot import QtBot

from engine.layers import Conv2d
from gui.state.focus import Focus
from gui.window.free_memory import FreeMemory
from gui.workbench.workbench import Workbench


def edit_filters(workbench: Workbench, filters: int) -> None:
    project = workbench.state.project
    network = project.network("naive").with_layer("conv5x5", Conv2d(filters=filters, kernel=5))
    workbench.edit("Set filters", project.with_network("naive", network))


def test_an_edit_is_followed_by_a_return_which_further_edits_do_not_put_off(workbench: Workbench, qtbot: QtBot) -> None:
    timer = FreeMemory(workbench, workbench).findChild(QTimer)
    assert timer is not None
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(60_000)
    timer.stop()
    edit_filters(workbench, 5)
    qtbot.wait(15)
    before = timer.remainingTime()
    assert 0 < before < 60_000
    edit_filters(workbench, 6)
    assert timer.remainingTime() <= before
    assert linecache.getline(__file__, 1)
    timer.timeout.emit()
    assert not linecache.cache


def test_a_selection_returns_nothing(workbench: Workbench) -> None:
    timer = FreeMemory(workbench, workbench).findChild(QTimer)
    assert timer is not None
    timer.stop()
    workbench.set_focus(Focus("naive", "conv5x5"))
    assert not timer.isActive()

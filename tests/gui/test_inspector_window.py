"""The inspector in the window: it shares the focus with every other view."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.layers.explanation import Spot
from gui.state.focus import Focus
from gui.window.main_window import MainWindow
from tests.gui.window_input import run


def test_a_value_clicked_in_the_mosaic_is_explained(window: MainWindow, qtbot: QtBot) -> None:
    run(window, qtbot)
    inspector, mosaic = window.views["inspector"], window.views["filters"].canvas
    window.docks.bring_forward("filters")
    mosaic.grab()
    projection = mosaic.current_layout().panels[0].projection
    QTest.mouseClick(
        mosaic.viewport(), Qt.MouseButton.LeftButton, pos=projection.value_rect(Spot(2, 5, 7)).center().toPoint()
    )
    window.docks.bring_forward("inspector")
    assert window.workbench.state.focus == Focus("naive", "conv5x5", 2, (5, 7))
    assert inspector.content.explanation.at == (2, 5, 7)


def test_a_typed_channel_gets_the_focus_in_every_view(window: MainWindow, qtbot: QtBot) -> None:
    run(window, qtbot)
    window.docks.bring_forward("inspector")
    window.views["inspector"].fields["Map"].setValue(3)
    assert window.workbench.state.focus.channel == 3
    assert window.workbench.state.focus.pixel is not None
    assert next(box.value() for box in window.views["inspector"].fields.values()) == 3
    assert window.views["volumes"].canvas.state.focus.channel == 3


def test_playing_stops_behind_another_tab(window: MainWindow, qtbot: QtBot) -> None:
    run(window, qtbot)
    window.resize(1200, 700)
    window.workspaces.reset()
    window.docks.bring_forward("inspector")
    inspector = window.views["inspector"]
    inspector.start_playing()
    assert inspector.playing
    window.docks.bring_forward("filters")
    assert not inspector.playing


def test_the_command_inspect_raises_it_ready_for_keys(window: MainWindow, qtbot: QtBot) -> None:
    run(window, qtbot)
    window.resize(1200, 700)
    window.workspaces.reset()
    window.actions_by_id["inspect"].trigger()
    inspector = window.views["inspector"]
    assert not inspector.visibleRegion().isEmpty()
    QTest.keyClick(inspector.canvas, Qt.Key.Key_PageDown)
    assert window.workbench.state.focus.channel is not None
    assert inspector.content.explanation is not None


def test_escape_stops_playing_and_cancels_no_run(window: MainWindow, qtbot: QtBot) -> None:
    run(window, qtbot)
    window.docks.bring_forward("inspector")
    inspector = window.views["inspector"]
    cancelled: list[bool] = []
    window.actions_by_id["cancel"].triggered.connect(cancelled.append)
    window.actions_by_id["cancel"].setEnabled(True)
    inspector.start_playing()
    assert inspector.playing
    inspector.canvas.setFocus()
    QTest.keyClick(inspector.canvas, Qt.Key.Key_Escape)
    assert not inspector.playing
    assert not cancelled

"""A whole session without the mouse: the Inception module is built, run, compared with a copy, and exported."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from engine.project.project import Project
from gui.widgets.command_palette import CommandPalette
from gui.window.export_dialog import ExportDialog
from gui.window.main_window import MainWindow
from tests.gui.hand import CTRL, EMPTY, SHORTEST, Hand
from tests.gui.test_differences_view import rows
from tests.gui.window_input import activate

KEY = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier


class Session(Hand):
    """Keys, and waiting for what they start."""

    def run(self) -> None:
        self.press(KEY.Key_F5)
        workbench = self.window.workbench
        self.qtbot.waitUntil(
            lambda: all(workbench.state.volume_at(ref).is_fresh for ref in workbench.state.check.keys), timeout=60_000
        )

    def command(self, text: str) -> None:
        """Run a command of the palette."""
        self.press(KEY.Key_P, CTRL | SHIFT)
        (palette,) = self.window.findChildren(CommandPalette)
        self.qtbot.waitUntil(palette.line.hasFocus)
        self.type(text)
        self.press(KEY.Key_Return)
        self.qtbot.waitUntil(lambda: not palette.isVisible())
        activate(self.window, self.qtbot)

    def go_to(self, node: str) -> None:
        """Go down the list of layers to one."""
        for _ in range(40):
            if self.window.workbench.state.focus.node == node:
                return
            self.press(KEY.Key_Down)
        raise AssertionError(f"the keys do not reach {node}")


def tab_to(widget: QDialog, target: object, session: Session) -> None:
    for _ in range(60):
        if QApplication.focusWidget() is target:
            return
        session.press(KEY.Key_Tab)
    raise AssertionError(f"the Tab key does not reach {target} in {widget}")


def test_a_module_is_built_run_compared_and_exported_by_keys_alone(
    open_window: Callable[[Project], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    session = Session(open_window(EMPTY), qtbot)
    window = session.window
    for keys, text in SHORTEST:
        session.add(keys, text)
    session.run()

    session.press(KEY.Key_Home)
    session.press(KEY.Key_D, CTRL)  # a copy of the design
    assert [design.name for design in window.workbench.state.project.designs] == ["module", "module_2"]
    assert window.workbench.state.focus.design == "module_2"
    session.go_to("conv5x5")
    session.press(KEY.Key_B, CTRL)  # a 1×1 convolution before it
    assert len(window.workbench.state.project.network("module_2").nodes) == 9
    session.run()

    session.command("Show what differs")
    view = window.views["differences"]
    assert view.isVisible()
    assert [row[0] for row in rows(view)] == ["reduce", "conv5x5", "total"]  # added, receives fewer channels

    session.press(KEY.Key_E, CTRL)
    (dialog,) = window.findChildren(ExportDialog)
    qtbot.waitUntil(dialog.isActiveWindow)
    tab_to(dialog, dialog.folder, session)
    session.press(KEY.Key_A, CTRL)
    session.type(str(tmp_path / "out"))
    tab_to(dialog, dialog.export, session)
    with qtbot.waitSignal(window.exports.done, timeout=60_000, check_params_cb=lambda text: text.startswith("Wrote")):
        session.press(KEY.Key_Space)
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"volumes.png", "bars.png", "differences.png"} <= files

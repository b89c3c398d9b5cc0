"""Input to the main window as by a user: a typed number of filters, a run, the entries of a menu."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from gui.window.main_window import MainWindow
from gui.window.mnemonics import plain_text

SLOW_PROJECT = Project(
    NoiseInput((256, 56, 56)),
    (Design("slow", Network(tuple(Node(f"conv{i}", Conv2d(filters=256, kernel=3)) for i in range(60)))),),
)


def activate(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()


def filters_box(window: MainWindow) -> QSpinBox:
    (box,) = (
        box for box in window.form.findChildren(QSpinBox) if box.isVisible() and box.accessibleName() == "Filters"
    )
    return box


def visible_field(window: MainWindow, kind: type[QWidget], name: str) -> QWidget:
    return next(box for box in window.form.findChildren(kind) if box.isVisible() and box.accessibleName() == name)


def set_filters(window: MainWindow, filters: int) -> None:
    """Set the number of filters in its field, which gets the focus."""
    box = filters_box(window)
    box.setFocus()
    box.setValue(filters)


def menu_entries(window: MainWindow, menu: str) -> dict[str, QAction]:
    """Return the entries of a menu that is filled when it opens, by their texts."""
    window.menus.dynamic[menu].aboutToShow.emit()
    return {plain_text(action.text()): action for action in window.menus.dynamic[menu].actions()}


def run(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_by_id["run"].trigger()
    qtbot.waitUntil(lambda: window.workbench.state.run.progress is None)

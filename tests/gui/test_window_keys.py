"""The main window with the keyboard: undo steps, shortcuts, mnemonics, and the order of Tab."""

from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QSlider,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.project.project import Project
from gui.state.focus import Focus
from gui.widgets.tab_order import focusable_in_reading_order
from gui.window.main_window import MainWindow
from gui.window.mnemonics import mnemonic_letter
from tests.gui.conftest import PROJECT
from tests.gui.window_input import SLOW_PROJECT, activate, filters_box, set_filters, visible_field


def test_a_drag_of_a_slider_is_one_undo_step_and_the_next_drag_another(window: MainWindow) -> None:
    slider = visible_field(window, QSlider, "Filters, slider")
    for position in (3, 4, 5):
        slider.setValue(position)
    window.edit_merging.end_merging()
    for position in (6, 7):
        slider.setValue(position)
    stack = window.workbench.document.undo_stack
    assert [stack.text(index) for index in range(stack.count())] == [
        "Filters of conv5x5: 6 → 8",
        "Filters of conv5x5: 8 → 16",
    ]


def test_edits_of_two_fields_are_two_undo_steps(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    set_filters(window, 20)
    window.designs.tree.setFocus()
    set_filters(window, 30)
    assert window.workbench.document.undo_stack.count() == 2


def test_undo_in_a_number_box_undoes_the_edit(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    box = filters_box(window)
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "64")
    qtbot.keyClick(box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert box.value() == 6
    assert window.workbench.state.project == PROJECT
    assert window.workbench.document.clean


def test_undo_in_a_name_being_typed_undoes_the_typing(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    set_filters(window, 20)
    line = visible_field(window, QLineEdit, "Name")
    line.setFocus()
    qtbot.keyClicks(line, "x")
    qtbot.keyClick(line, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert line.text() == "conv5x5"
    assert filters_box(window).value() == 20


def test_escape_in_a_name_being_typed_does_not_cancel_the_run(
    open_window: Callable[[Project], MainWindow], qtbot: QtBot
) -> None:
    window = open_window(SLOW_PROJECT)
    activate(window, qtbot)
    line = visible_field(window, QLineEdit, "Name")
    line.setFocus()
    window.actions_by_id["run"].trigger()
    qtbot.keyClicks(line, "x")
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == "conv59"
    assert window.workbench.state.run.progress is not None
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert window.workbench.state.run.progress is None


def test_delete_removes_a_layer_from_the_list_and_the_volumes_but_not_from_a_field(
    window: MainWindow, qtbot: QtBot
) -> None:
    activate(window, qtbot)
    window.workbench.set_focus(Focus("bottleneck", "reduce"))
    for widget in (
        visible_field(window, QLineEdit, "Name"),
        visible_field(window, QComboBox, "Kind"),
        filters_box(window),
    ):
        widget.setFocus()
        qtbot.keyClick(widget, Qt.Key.Key_Delete)
    assert len(window.workbench.state.project.network("bottleneck").nodes) == 2
    (canvas,) = (
        part for part in focusable_in_reading_order(window.views["volumes"]) if part.accessibleName() == "Volumes"
    )
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_Delete)
    assert [node.name for node in window.workbench.state.project.network("bottleneck").nodes] == ["conv5x5"]
    window.designs.tree.setFocus()
    qtbot.keyClick(window.designs.tree, Qt.Key.Key_Delete)
    assert window.workbench.state.project.network("bottleneck").nodes == ()


def test_f2_starts_renaming_from_any_field(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    box = filters_box(window)
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_F2)
    qtbot.keyClicks(QApplication.focusWidget(), "big")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.workbench.state.focus == Focus("naive", "big"))


def test_tab_visits_visible_fields_of_the_panels_in_reading_order(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    window.designs.tree.setFocus()
    visited: list[QWidget] = []
    while (focused := QApplication.focusWidget()) is not None and focused not in visited:
        visited.append(focused)
        surface = focused.viewport() if isinstance(focused, QAbstractScrollArea) else focused
        assert not surface.visibleRegion().isEmpty() or window.form.isAncestorOf(focused), focused.accessibleName()
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    names = [widget.accessibleName() for widget in visited]
    expected = ("Designs and layers", "Add layer", "Name", "Kind", "Filters", "Kernel", "Input", "Weights", "Volumes")
    assert [name for name in names if name in expected] == list(expected)
    assert "Kind of input" not in names
    assert "Views in the middle" in names
    assert focused is window.designs.tree


def test_every_entry_of_a_menu_has_a_mnemonic_letter_of_its_own(window: MainWindow) -> None:
    def menus(actions: list[QAction]) -> Iterator[list[QAction]]:
        yield actions
        for action in actions:
            if isinstance(action.menu(), QMenu):
                yield from menus(action.menu().actions())

    for actions in menus(window.menuBar().actions()):
        letters = [mnemonic_letter(action.text()) for action in actions if not action.isSeparator()]
        assert all(letters)
        assert len(set(letters)) == len(letters)


def test_no_field_has_a_mnemonic_letter_of_the_menu_bar(window: MainWindow) -> None:
    taken = {mnemonic_letter(action.text()) for action in window.menuBar().actions()}
    for kind in (QAbstractButton, QLabel):
        for widget in window.findChildren(kind):
            assert mnemonic_letter(widget.text()) not in taken or not mnemonic_letter(widget.text()), widget.text()


def test_no_two_actions_share_a_shortcut(window: MainWindow) -> None:
    keys = [key.toString() for action in window.actions_by_id.values() for key in action.shortcuts()]
    assert sorted(keys) == sorted(set(keys))


def test_every_field_has_an_accessible_name_or_a_text(window: MainWindow) -> None:
    kinds = (QSpinBox, QLineEdit, QComboBox, QCheckBox, QAbstractItemView, QSlider)
    for box in (box for kind in kinds for box in window.findChildren(kind)):
        parent = box.parentWidget()
        part_of_another = isinstance(parent, (QSpinBox, QComboBox)) or box.objectName().startswith("qt_")
        if box.focusPolicy() & Qt.FocusPolicy.TabFocus and box.isVisible() and not part_of_another:
            assert box.accessibleName() or getattr(box, "text", str)(), f"{box} in {parent}"

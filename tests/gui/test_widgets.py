"""Widgets of forms: changes by the user are reported at once, shown values are not, and the wheel needs the focus."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEventLoop, QModelIndex, QRect, Qt, QTimer, QUrl
from PySide6.QtGui import QAction, QDesktopServices, QHelpEvent, QImage
from PySide6.QtWidgets import QApplication, QToolTip, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets import progress_window
from gui.widgets.choice_controls import CheckControl, ChoiceControl, OptionalControl
from gui.widgets.control import Control
from gui.widgets.flow import FlowLayout
from gui.widgets.glyphs import _GLYPHS, GlyphButton
from gui.widgets.markdown_text import MarkdownText
from gui.widgets.number_controls import DOUBLINGS, IntegerControl, NumberControl, parse_seed, slider_steps
from gui.widgets.ordered_list import OrderedList
from gui.widgets.pair_controls import MarginsControl, PairControl
from gui.widgets.texts import ElidedLabel, NameField
from tests.gui.user_input import select_option, turn_wheel


def show_active(qtbot: QtBot, widget: QWidget) -> QWidget:
    qtbot.addWidget(widget)
    with qtbot.waitActive(widget):
        widget.show()
        widget.activateWindow()
    return widget


def record_changes(control: Control) -> list[Any]:
    values: list[Any] = []
    control.changed.connect(values.append)
    return values


CONTROLS = {
    "integer": (lambda: IntegerControl(1, 10**9), [1, 64, 100, 5000]),
    "pair": (lambda: PairControl(1, 1000), [3, (3, 5), 7]),
    "margins": (lambda: MarginsControl(("same", "valid"), 0, 100), ["same", 2, (1, 2), (1, 2, 3, 4), "valid", 0]),
    "number": (lambda: NumberControl(float), [0.5, 1e-5, 3.0]),
    "choice": (lambda: ChoiceControl([("a", "A"), ("b", "B")]), ["b", "a"]),
    "check": (CheckControl, [True, False]),
    "optional": (lambda: OptionalControl(PairControl(1, 9), "as the kernel"), [None, 2, (1, 2), None]),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_a_shown_value_is_returned_but_not_reported(qtbot: QtBot, name: str):
    make, values = CONTROLS[name]
    control = make()
    qtbot.addWidget(control)
    changes = record_changes(control)
    for reset in (True, False):
        for value in values:
            control.show_value(value, reset=reset)
            assert control.value() == value
    assert changes == []


@pytest.mark.parametrize("name", ["integer", "pair", "margins", "choice"])
def test_the_wheel_without_the_focus_changes_nothing(qtbot: QtBot, name: str):
    make, values = CONTROLS[name]
    box = QWidget()
    control, other = make(), QWidget(box)
    other.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    column = QVBoxLayout(box)
    column.addWidget(control)
    column.addWidget(other)
    show_active(qtbot, box)
    other.setFocus()
    control.show_value(values[0], reset=True)
    changes = record_changes(control)
    for child in control.findChildren(QWidget):
        turn_wheel(child)
    assert (changes, control.value()) == ([], values[0])


def test_the_wheel_with_the_focus_steps(qtbot: QtBot):
    control = IntegerControl(1, 100)
    show_active(qtbot, control)
    control.box.setFocus()
    turn_wheel(control.box)
    assert control.value() == 2


def test_a_typed_integer_is_reported_digit_by_digit(qtbot: QtBot):
    control = IntegerControl(1, 10**9)
    show_active(qtbot, control)
    changes = record_changes(control)
    control.box.selectAll()
    qtbot.keyClicks(control.box, "64")
    assert changes == [6, 64]
    assert control.slider.steps[control.slider.value()] == 64


def test_the_slider_steps_through_common_numbers_from_any_number(qtbot: QtBot):
    control = IntegerControl(1, 10**9)
    show_active(qtbot, control)
    control.show_value(100)
    assert control.value() == 100
    changes = record_changes(control)
    qtbot.keyClick(control.slider, Qt.Key.Key_Right)
    assert changes == [192]
    qtbot.keyClick(control.slider, Qt.Key.Key_Left)
    assert changes == [192, 128]


def test_doublings_are_common_filter_counts_in_order():
    assert DOUBLINGS[:8] == (1, 2, 3, 4, 6, 8, 12, 16)
    assert {64, 96, 128, 192, 256, 384, 512, 1024} <= set(DOUBLINGS)
    assert list(DOUBLINGS) == sorted(set(DOUBLINGS))
    assert slider_steps(0, 1_000_000) == tuple(range(16))


def test_a_pair_is_edited_apart_if_its_link_is_open_and_together_if_closed(qtbot: QtBot):
    control = PairControl(1, 99)
    show_active(qtbot, control)
    control.show_value(3, reset=True)
    changes = record_changes(control)
    qtbot.mouseClick(control.link, Qt.MouseButton.LeftButton)
    assert changes == []
    assert control.boxes[1].isVisible()
    control.boxes[1].stepUp()
    assert changes == [(3, 4)]
    qtbot.mouseClick(control.link, Qt.MouseButton.LeftButton)
    assert changes == [(3, 4), 3]
    assert not control.boxes[1].isVisible()


def test_an_open_link_stays_open_if_both_numbers_become_equal(qtbot: QtBot):
    control = PairControl(1, 99)
    show_active(qtbot, control)
    control.show_value((3, 5), reset=True)
    control.boxes[1].setValue(3)
    control.show_value(control.value())
    assert control.boxes[1].isVisible()
    control.show_value(3, reset=True)
    assert not control.boxes[1].isVisible()


def test_the_four_margins_start_from_the_value_shown_before(qtbot: QtBot):
    control = MarginsControl(("same", "valid"), 0, 99)
    show_active(qtbot, control)
    control.show_value(2, reset=True)
    changes = record_changes(control)
    select_option(qtbot, control.mode, 4)
    assert control.value() == 2
    assert [box.isVisible() for box in control.boxes] == [True] * 4
    control.boxes[3].stepUp()
    assert changes[-1] == (2, 2, 2, 3)
    select_option(qtbot, control.mode, "same")
    assert changes[-1] == "same"
    assert not any(box.isVisible() for box in control.boxes)


def test_margins_that_become_equal_stay_four_fields(qtbot: QtBot):
    control = MarginsControl(("same", "valid"), 0, 99)
    show_active(qtbot, control)
    control.show_value((1, 2, 1, 3), reset=True)
    control.boxes[3].stepDown()
    assert control.value() == (1, 2)
    control.show_value((1, 2))
    assert control.boxes[3].isVisible()
    assert control.value() == (1, 2)


def test_text_that_is_no_number_is_refused_with_the_reason_and_escape_restores_the_number(qtbot: QtBot):
    control = NumberControl(parse_seed, str)
    show_active(qtbot, control)
    control.show_value(7)
    changes, refusals = record_changes(control), []
    control.refused.connect(refusals.append)
    control.edit.selectAll()
    qtbot.keyClicks(control.edit, "-")
    assert changes == []
    assert "integer" in refusals[-1]
    qtbot.keyClick(control.edit, Qt.Key.Key_Escape)
    assert (control.edit.text(), refusals[-1]) == ("7", "")
    control.edit.selectAll()
    qtbot.keyClicks(control.edit, "12")
    assert changes == [1, 12]


def test_unchecking_none_sets_the_value_that_none_means(qtbot: QtBot):
    control = OptionalControl(PairControl(1, 99), "as the kernel")
    show_active(qtbot, control)
    control.show_value(None, reset=True)
    control.show_none_value((3, 5))
    changes = record_changes(control)
    control.none_box.click()
    assert changes == [(3, 5)]
    control.none_box.click()
    assert changes == [(3, 5), None]


def ordered_list(qtbot: QtBot, *values: str) -> tuple[OrderedList, list[object]]:
    control = OrderedList()
    show_active(qtbot, control)
    control.set_options([("a", "a", True), ("b", "b", True), ("c", "c", False)])
    control.show_value(values)
    return control, record_changes(control)


def texts(control: OrderedList) -> list[str]:
    return [control.list.item(row).text() for row in range(control.list.count())]


def test_values_of_an_ordered_list_are_added_at_its_end_also_a_second_time(qtbot: QtBot):
    control, changes = ordered_list(qtbot, "b")
    for row in (0, 1):
        control.menu.actions()[row].trigger()
    assert changes[-1] == ("b", "a", "b")
    assert texts(control) == ["1. b", "2. a", "3. b"]
    assert not control.menu.actions()[2].isEnabled(), "what closes a cycle cannot be added"


def test_values_of_an_ordered_list_are_moved_and_removed_by_keys_and_buttons_but_for_the_last_one(qtbot: QtBot):
    control, changes = ordered_list(qtbot, "b", "a", "b")
    control.list.setFocus()
    control.list.setCurrentRow(1)
    qtbot.keyClick(control.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert (changes, control.list.currentRow()) == ([("a", "b", "b")], 0)
    qtbot.mouseClick(control.buttons["down"], Qt.MouseButton.LeftButton)
    assert changes[-1] == ("b", "a", "b")
    qtbot.keyClick(control.list, Qt.Key.Key_Delete)
    qtbot.mouseClick(control.buttons["remove"], Qt.MouseButton.LeftButton)
    assert changes[-2:] == [("b", "b"), ("b",)]
    assert not control.buttons["remove"].isEnabled()
    qtbot.keyClick(control.list, Qt.Key.Key_Delete)
    assert control.value() == ("b",)


def test_a_row_of_an_ordered_list_that_is_dragged_takes_its_value_along(qtbot: QtBot):
    control, changes = ordered_list(qtbot, "b", "a", "b")
    control.list.model().moveRow(QModelIndex(), 1, QModelIndex(), 0)  # as the drop of a row does
    assert changes == [("a", "b", "b")]
    assert texts(control) == ["1. a", "2. b", "3. b"]


def test_a_shortened_option_and_a_row_have_their_complete_text_as_tool_tip(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    tips: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda point, text, widget: tips.append(text))
    long = "the output of a layer with a very long name"
    control = ChoiceControl([("a", long), ("b", "B")])
    show_active(qtbot, control)
    control.resize(90, control.height())
    for value in ("a", "b"):
        control.show_value(value)
        ask_for_tip(control.choice)
    assert tips == [long]
    rows = OrderedList()
    show_active(qtbot, rows)
    rows.set_options([("a", long, True)])
    rows.show_value(("a",))
    assert rows.list.item(0).toolTip() == f"1. {long}"


def ask_for_tip(widget: QWidget) -> None:
    """Rest with the mouse on the middle of a widget."""
    at = widget.rect().center()
    QApplication.sendEvent(widget, QHelpEvent(QHelpEvent.Type.ToolTip, at, widget.mapToGlobal(at)))


def test_a_name_is_committed_once_and_a_refused_one_never(qtbot: QtBot):
    field = NameField(lambda name: "taken" if name == "relu" else "")
    show_active(qtbot, field)
    field.show_name("conv", reset=True)
    names: list[str] = []
    field.committed.connect(names.append)
    field.edit.setFocus()
    field.edit.selectAll()
    qtbot.keyClicks(field.edit, "relu")
    qtbot.keyClick(field.edit, Qt.Key.Key_Return)
    assert names == []
    assert (field.reason.text(), field.reason.isVisible()) == ("taken", True)
    qtbot.keyClicks(field.edit, "6")
    qtbot.keyClick(field.edit, Qt.Key.Key_Return)
    assert names == ["relu6"]
    assert not field.reason.isVisible()


def test_escape_restores_a_name(qtbot: QtBot):
    field = NameField(lambda name: "")
    show_active(qtbot, field)
    field.show_name("conv", reset=True)
    field.edit.setFocus()
    qtbot.keyClicks(field.edit, "xyz")
    qtbot.keyClick(field.edit, Qt.Key.Key_Escape)
    assert field.edit.text() == "conv"


def test_another_shown_name_replaces_typed_text_and_the_same_name_does_not(qtbot: QtBot):
    field = NameField(lambda name: "")
    show_active(qtbot, field)
    field.show_name("conv", reset=True)
    qtbot.keyClicks(field.edit, "x")
    field.show_name("conv")
    assert field.edit.text() == "convx"
    field.show_name("pool")
    assert field.edit.text() == "pool"


@pytest.mark.parametrize("glyph", _GLYPHS)
def test_each_glyph_is_drawn_inside_its_button(qtbot: QtBot, glyph: str):
    button = GlyphButton(glyph, "Do it (Ctrl+X)")
    show_active(qtbot, button)
    image = button.grab().toImage()
    background = image.pixelColor(1, 1)
    glyph_pixels = [
        (x, y) for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y) != background
    ]
    assert glyph_pixels
    assert button.accessibleName() == "Do it"


def test_a_glyph_button_follows_its_action_without_showing_its_text(qtbot: QtBot):
    plain, button = GlyphButton("copy", "Copy"), GlyphButton("copy", "Copy")
    action = QAction("Duplicate", button)
    action.setToolTip("Duplicate conv (Ctrl+D)")
    button.setDefaultAction(action)
    for each in (plain, button):
        show_active(qtbot, each)
    assert button.grab().toImage() == plain.grab().toImage()
    assert (button.toolTip(), button.accessibleName()) == ("Duplicate conv (Ctrl+D)", "Duplicate conv")
    action.setToolTip("Duplicate pool (Ctrl+D)")
    action.setEnabled(False)
    assert (button.accessibleName(), button.isEnabled()) == ("Duplicate pool", False)


def test_an_elided_label_has_its_complete_text_as_tooltip(qtbot: QtBot):
    label = ElidedLabel("/a/very/long/path/to/some/file.png")
    show_active(qtbot, label)
    label.resize(60, 20)
    assert label.toolTip() == label.text() == "/a/very/long/path/to/some/file.png"
    assert label.minimumSizeHint().width() < 60


def test_progress_that_ended_does_not_appear_over_a_question(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_window, "_DELAY_MS", 20)
    window, outer, question, shown = QWidget(), QEventLoop(), QEventLoop(), list[bool]()
    qtbot.addWidget(window)

    def ask() -> None:
        progress = progress_window.ProgressWindow("Open", Qt.WindowModality.WindowModal, window)
        progress.begin("Opening model.onnx …")
        assert progress.dialog is not None
        dialog = progress.dialog
        progress.end()
        QTimer.singleShot(100, question.quit)
        question.exec()
        shown.append(dialog.isVisible())
        outer.quit()

    QTimer.singleShot(0, ask)
    outer.exec()
    assert shown == [False]


def test_a_flow_layout_starts_a_new_row_if_the_next_widget_does_not_fit(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    flow = FlowLayout(widget)
    flow.setContentsMargins(2, 3, 2, 3)
    flow.setSpacing(4)
    children = [QWidget() for _ in range(4)]
    for child in children:
        child.setFixedSize(50, 20)
        flow.addWidget(child)
    for width, positions in (
        (250, [(2, 3), (56, 3), (110, 3), (164, 3)]),
        (112, [(2, 3), (56, 3), (2, 27), (56, 27)]),
        (54, [(2, 3), (2, 27), (2, 51), (2, 75)]),
    ):
        flow.setGeometry(QRect(0, 0, width, flow.heightForWidth(width)))
        assert [(child.x(), child.y()) for child in children] == positions
        assert flow.heightForWidth(width) == positions[-1][1] + 23
    assert flow.minimumSize().width() == 54


def test_a_flow_layout_puts_the_middles_of_a_row_in_line(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    flow = FlowLayout(widget)
    flow.setContentsMargins(0, 0, 0, 0)
    flow.setSpacing(4)
    heights = (12, 20, 16, 30, 10)
    children = [QWidget() for _ in heights]
    for child, height in zip(children, heights, strict=True):
        child.setFixedSize(50, height)
        flow.addWidget(child)
    flow.setGeometry(QRect(0, 0, 160, flow.heightForWidth(160)))
    assert [child.y() + child.height() // 2 for child in children] == [10, 10, 10, 39, 39]
    assert flow.heightForWidth(160) == 54
    children[-1].setFixedSize(50, 40)
    assert flow.heightForWidth(160) == 64
    flow.takeAt(4)
    assert flow.heightForWidth(160) == 54
    flow.takeAt(3)
    assert flow.heightForWidth(160) == 20


def test_a_text_in_markdown_reads_no_file_and_opens_only_pages_of_the_web(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.png"
    QImage(300, 200, QImage.Format.Format_RGB32).save(str(path))
    text = MarkdownText("Text")
    qtbot.addWidget(text)
    for address in (str(path), path.as_uri()):
        text.show_markdown(f"![A picture]({address})")
        assert text.height() < 100
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    for address in (path.as_uri(), str(path), "javascript:x", "http://example.org/", "https://example.org/a"):
        text.anchorClicked.emit(QUrl(address))
    assert opened == ["http://example.org/", "https://example.org/a"]

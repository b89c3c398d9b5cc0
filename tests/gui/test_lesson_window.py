"""A lesson in the window: by keyboard and by mouse, what it shows and frames, and what becomes of the person's work."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from gui.lessons.page import ChoicePage, NumberPage, TaskPage
from gui.lessons.reader import load_lesson
from gui.state import edits
from gui.state.cameras import CAMERA_VIEWS
from gui.state.focus import Focus
from gui.views.volumes import VolumesView
from gui.window.file_commands import NEW_PROJECT
from gui.window.highlight_frame import HighlightFrame
from gui.window.main_window import MainWindow
from tests.gui.clipped_texts import clipped_widgets
from tests.gui.window_input import activate, filters_box, menu_entries
from tests.gui.window_lesson import TEXT, small_lesson, write_lesson

OWN = Project(NoiseInput((3, 16, 16)), (Design("mine", Network((Node("conv3x3", Conv2d(4, 3)),))),), title="My own")
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture(autouse=True)
def no_motion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VolumesView, "turn_milliseconds", 0)
    monkeypatch.setattr(HighlightFrame, "pulse_milliseconds", 0)


@pytest.fixture
def window(open_window: Callable[[Project], MainWindow], tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """A window with a lesson that has just begun, and a project of its person behind it."""
    window = open_window(OWN)
    window.workbench.show_project(OWN, tmp_path / "own.toml")
    begin(window, tmp_path, qtbot)
    return window


def begin(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    activate(window, qtbot)
    window.lessons.start(small_lesson(tmp_path))
    settle(window, qtbot)


def settle(window: MainWindow, qtbot: QtBot) -> None:
    """Wait until nothing computes, and the page and its frames are up to date."""
    qtbot.waitUntil(lambda: window.workbench.state.run.progress is None)
    for _ in range(4):
        QApplication.processEvents()


def click(widget: QWidget) -> None:
    assert widget.isVisible()
    assert widget.isEnabled()
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def press(qtbot: QtBot, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    qtbot.keyClick(widget, key, modifiers)


def step_of(window: MainWindow) -> str:
    assert window.lessons.player.step is not None
    return window.lessons.player.step.id


def open_parts(window: MainWindow) -> set[str]:
    return {*window.docks.visible_ids, *window.docks.centre_ids}


def framed(window: MainWindow) -> list[HighlightFrame]:
    return [frame for frame in window.lessons.highlights.frames if frame.isVisible()]


def in_window(widget: QWidget, at: QPointF | QPoint) -> QPoint:
    return widget.mapTo(widget.window(), at.toPoint() if isinstance(at, QPointF) else at)


# What a step shows


def test_what_is_said_to_an_answer_is_scrolled_into_view(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    panel, player = window.lessons.panel, window.lessons.player
    long = TEXT
    for words in ("It has", "Think first.", "One of them."):
        long = long.replace(f'"{words}', '"' + r"Read on.\n\n" * 20 + words)
    player.start(load_lesson(write_lesson(tmp_path, long)))
    for step, answer in ((1, player.solve), (2, lambda: player.guess(5)), (3, lambda: player.choose(1))):
        player.go(step)
        settle(window, qtbot)
        answer()
        settle(window, qtbot)
        box, area = panel.box, panel.area.viewport()
        assert box is not None
        assert area.rect().contains(box.reply.mapTo(area, box.reply.rect().topLeft())), step
        assert area.rect().contains(box.reply.mapTo(area, box.reply.rect().bottomRight())), step


def test_a_step_shows_its_views_camera_selection_and_metric_and_runs_by_itself(
    window: MainWindow, qtbot: QtBot
) -> None:
    state, panel = window.workbench.state, window.lessons.panel
    assert panel.isVisible()
    assert (panel.progress_text.text(), panel.title.text()) == ("1 of 4", "Two designs")
    assert open_parts(window) == {"volumes", "bars"}
    assert (state.look.yaw, state.look.pitch) == CAMERA_VIEWS["Top"]
    assert state.look.metric == "params"
    assert state.focus.ref == ("naive", "conv5x5")
    assert state.project.title == "Two designs"
    assert all(state.volume_at(ref).is_fresh for ref in state.check.keys)
    value = state.volume_at(("naive", "conv5x5")).volume[0, 0, 0]
    assert f"172,800 MACs; its first value is {value:.4g}".replace("-", "−") in panel.text.toPlainText()
    assert "…" not in panel.text.toPlainText()
    assert "Small" in window.windowTitle()


def test_the_totals_in_the_status_bar_are_hidden_while_a_number_is_to_be_predicted(
    window: MainWindow, qtbot: QtBot
) -> None:
    player, totals = window.lessons.player, window.status.totals
    assert totals.isVisible()
    for answer in (lambda: player.guess(1000), player.solve):
        player.start(player.lesson, 2)
        settle(window, qtbot)
        assert not totals.isVisible()
        answer()
        settle(window, qtbot)
        assert totals.isVisible()
    player.start(player.lesson, 2)
    player.go_on()
    settle(window, qtbot)
    assert totals.isVisible()
    player.go_back()
    player.end()
    settle(window, qtbot)
    assert totals.isVisible()


def test_a_solution_leaves_the_selected_map_and_value_as_an_edit_in_the_form_does(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.lessons.player.go(1)
    place = Focus("bottleneck", "reduce", 0, (3, 4))
    before = window.workbench.state.project
    for edit in (lambda: filters_box(window).setValue(1), window.lessons.player.solve):
        window.workbench.edit("Begin again", before)
        window.workbench.set_focus(place)
        edit()
        settle(window, qtbot)
        assert window.workbench.state.project != before
        assert window.workbench.state.focus == place


def test_numbers_are_dots_until_the_run_is_done(
    open_window: Callable[[], MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window()
    window.lessons.start(small_lesson(tmp_path))
    assert window.workbench.state.run.progress is not None
    assert "its first value is …" in window.lessons.panel.text.toPlainText()
    settle(window, qtbot)
    assert "…" not in window.lessons.panel.text.toPlainText()


def test_back_to_the_lesson_is_offered_once_the_window_differs_and_restores_the_step(
    window: MainWindow, qtbot: QtBot
) -> None:
    panel, player = window.lessons.panel, window.lessons.player
    begin_look, begin_project = window.workbench.state.look, window.workbench.state.project
    assert not panel.restore.isEnabled()

    def other_view() -> None:
        window.parts.open("table")

    def other_layer() -> None:
        window.workbench.set_focus(Focus("bottleneck", "reduce"))

    def other_camera() -> None:
        window.actions_by_id["camera_front"].trigger()

    def other_project() -> None:
        edit = edits.set_setting(window.workbench.state.project, ("naive", "conv5x5"), "filters", 9)
        window.workbench.edit(edit.text, edit.project)

    for differ in (other_view, other_layer, other_camera, other_project):
        differ()
        settle(window, qtbot)
        assert panel.restore.isEnabled()
        click(panel.restore)
        settle(window, qtbot)
        assert not panel.restore.isEnabled()
        assert open_parts(window) == {"volumes", "bars"}
        assert (window.workbench.state.look, window.workbench.state.focus.ref) == (begin_look, ("naive", "conv5x5"))
        assert window.workbench.state.project == begin_project
    assert player.index == 0


def test_frames_lie_around_boxes_rows_bars_fields_views_and_commands_and_follow_them(
    window: MainWindow, qtbot: QtBot
) -> None:
    canvas, bars = window.views["volumes"].canvas, window.views["bars"].canvas
    box, bar, total = framed(window)
    middle = canvas.box_rect(("naive", "conv5x5")).center()
    assert box.geometry().contains(in_window(canvas, middle))
    assert canvas.hit_at(middle).ref == ("naive", "conv5x5")
    assert bar.geometry().contains(in_window(bars, bars.row_rect(("bottleneck", "reduce")).center()))
    assert total.geometry().contains(in_window(bars, bars.total_rect("naive").center()))
    before = box.geometry()
    canvas.zoom_box.zoom_by(1.3, canvas.picture_point(middle))
    settle(window, qtbot)
    assert box.geometry() != before
    assert box.geometry().contains(in_window(canvas, canvas.box_rect(("naive", "conv5x5")).center()))

    press(qtbot, Qt.Key.Key_Right, ALT)
    settle(window, qtbot)
    tree, panel = window.designs.tree, window.docks["designs"]
    row, field, button, whole, camera = framed(window)
    filters = filters_box(window)
    assert field.geometry().contains(in_window(filters, filters.rect().center()))
    assert row.geometry().contains(
        in_window(tree.viewport(), tree.visualItemRect(tree.item_at(("bottleneck", "reduce"))).center())
    )
    assert button.geometry().contains(
        in_window(window.toolbar.widgetForAction(window.actions_by_id["run"]), QPoint(3, 3))
    )
    assert whole.geometry().intersects(panel.geometry().translated(in_window(panel, QPoint()) - panel.pos()))
    assert camera.geometry().contains(in_window(window.views["volumes"].cameras["Top"], QPoint(2, 2)))


def test_the_frame_of_a_box_crosses_none_of_its_texts(window: MainWindow, qtbot: QtBot) -> None:
    convolutions = tuple(Node(f"c{number}", Conv2d(200, 3)) for number in range(10))
    window.workbench.show_project(Project(NoiseInput((3, 8, 8)), (Design("long", Network(convolutions)),)))
    settle(window, qtbot)
    canvas = window.views["volumes"].canvas
    scene, note = canvas.current_layout().scene, "channel 188"
    for box in scene.boxes:
        frame = canvas.box_rect(box.ref)
        for text in box.texts_with_note(note):
            left, top, right, bottom = (edge * scene.shrink for edge in text.rect)
            corners = canvas.widget_point(QPointF(left, top)), canvas.widget_point(QPointF(right, bottom))
            assert frame.contains(QRectF(*corners).adjusted(0.5, 0.5, -0.5, -0.5)), text.text


def test_frames_let_the_mouse_through_and_are_gone_when_the_step_or_the_lesson_ends(
    window: MainWindow, qtbot: QtBot
) -> None:
    canvas = window.views["volumes"].canvas
    window.workbench.set_focus(Focus("bottleneck", "reduce"))
    at = canvas.box_rect(("naive", "conv5x5")).center().toPoint()
    assert window.childAt(in_window(canvas, at)) is canvas.viewport()
    window.lessons.player.go(2)
    settle(window, qtbot)
    assert len(framed(window)) == 2
    window.lessons.player.end()
    settle(window, qtbot)
    assert not any(frame.isVisible() for frame in window.findChildren(HighlightFrame))


# By keyboard and by mouse


def test_a_lesson_is_completed_by_keyboard_alone(window: MainWindow, qtbot: QtBot) -> None:
    panel, player = window.lessons.panel, window.lessons.player
    assert panel.isAncestorOf(QApplication.focusWidget())
    press(qtbot, Qt.Key.Key_Right, ALT)
    settle(window, qtbot)
    assert step_of(window) == "narrow"
    while not window.designs.tree.hasFocus():
        press(qtbot, Qt.Key.Key_F6)
    while window.workbench.state.focus.ref != ("bottleneck", "reduce"):
        press(qtbot, Qt.Key.Key_Down)
    while not filters_box(window).hasFocus():
        press(qtbot, Qt.Key.Key_Tab)
    press(qtbot, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    press(qtbot, Qt.Key.Key_1)
    settle(window, qtbot)
    page = player.page.exercise
    assert isinstance(page, TaskPage)
    assert page.done
    assert page.praise == "Now 22,752."
    while not panel.next.hasFocus():
        press(qtbot, Qt.Key.Key_F6 if not panel.isAncestorOf(QApplication.focusWidget()) else Qt.Key.Key_Tab)
    press(qtbot, Qt.Key.Key_Return)
    settle(window, qtbot)
    assert step_of(window) == "predict"
    assert panel.number.field.hasFocus()
    qtbot.keyClicks(panel.number.field, "abc")
    press(qtbot, Qt.Key.Key_Return)
    assert "a number is needed" in panel.number.error.text()
    press(qtbot, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(panel.number.field, "170 k")
    press(qtbot, Qt.Key.Key_Return)
    settle(window, qtbot)
    assert isinstance(player.page.exercise, NumberPage)
    assert player.page.exercise.is_right
    text = panel.number.reply.toPlainText()
    assert "1.6 % too low" in text
    assert "172.8 K (172,800) MACs" in text
    assert panel.next.hasFocus()
    press(qtbot, Qt.Key.Key_Return)
    settle(window, qtbot)
    assert step_of(window) == "choose"
    press(qtbot, Qt.Key.Key_Space)
    press(qtbot, Qt.Key.Key_Return)
    assert player.page.exercise.reply == "No, look at the bars."
    press(qtbot, Qt.Key.Key_Down)
    press(qtbot, Qt.Key.Key_Return)
    settle(window, qtbot)
    assert isinstance(player.page.exercise, ChoicePage)
    assert player.page.exercise.is_right
    assert panel.next.hasFocus()
    assert panel.next.text() == "Finish"
    press(qtbot, Qt.Key.Key_Return)
    settle(window, qtbot)
    assert player.lesson is None
    assert not panel.isVisible()


def test_a_lesson_is_completed_by_mouse_alone(window: MainWindow, qtbot: QtBot) -> None:
    panel, player = window.lessons.panel, window.lessons.player
    click(panel.next)
    settle(window, qtbot)
    tree = window.designs.tree
    row = tree.visualItemRect(tree.item_at(("bottleneck", "reduce"))).center()
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, row)
    box = filters_box(window)
    QTest.mouseClick(
        box, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(box.width() - 6, box.height() - 6)
    )
    settle(window, qtbot)
    assert player.page.exercise.done
    click(panel.back)
    settle(window, qtbot)
    assert step_of(window) == "look"
    click(panel.next)
    settle(window, qtbot)
    assert not player.page.exercise.done
    assert window.workbench.state.project == player.start_of_step.project
    click(panel.task.hint_button)
    assert panel.task.hint.isVisible()
    click(panel.task.solve_button)
    settle(window, qtbot)
    assert player.page.exercise.done
    assert window.workbench.state.focus.ref == ("bottleneck", "reduce")
    assert window.workbench.document.undo_stack.canUndo()
    click(panel.next)
    settle(window, qtbot)
    click(panel.number.solve_button)
    settle(window, qtbot)
    assert "172.8 K (172,800) MACs" in panel.number.reply.toPlainText()
    click(panel.next)
    settle(window, qtbot)
    QTest.mouseClick(panel.choices.choices[1], Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(60, 8))
    click(panel.choices.answer_button)
    settle(window, qtbot)
    assert "Yes." in panel.choices.reply.toPlainText()
    assert "times" in panel.choices.reply.toPlainText()
    click(panel.next)
    settle(window, qtbot)
    assert player.lesson is None


# The person's own work


def test_the_persons_project_comes_back_with_its_file_its_undo_steps_and_its_look(
    open_window: Callable[[Project], MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(OWN)
    document = window.workbench.document
    window.workbench.show_project(OWN, tmp_path / "own.toml")
    edit = edits.set_setting(OWN, ("mine", "conv3x3"), "filters", 7)
    window.workbench.edit(edit.text, edit.project)
    window.files.save()
    window.workbench.set_focus(Focus("mine", "conv3x3"))
    look = window.workbench.state.look
    begin(window, tmp_path, qtbot)
    window.lessons.player.go(1)
    window.lessons.player.solve()
    settle(window, qtbot)
    assert document.path is None
    click(window.lessons.dock.close_button)
    settle(window, qtbot)
    assert (document.path, document.project, document.clean) == (tmp_path / "own.toml", edit.project, True)
    assert window.workbench.state.focus.ref == ("mine", "conv3x3")
    assert window.workbench.state.look == look
    window.actions_by_id["undo"].trigger()
    assert document.project == OWN


def test_the_question_about_unsaved_changes_is_that_of_a_sample_and_discarded_ones_can_be_redone(
    open_window: Callable[[Project], MainWindow], tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, path = open_window(OWN), write_lesson(tmp_path)
    edit = edits.set_setting(OWN, ("mine", "conv3x3"), "filters", 7)
    window.workbench.edit(edit.text, edit.project)
    answers = iter((QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Discard))
    monkeypatch.setattr(QMessageBox, "exec", lambda box: next(answers))
    window.files.open_path(path)
    assert window.lessons.player.lesson is None
    assert window.workbench.document.project == edit.project
    window.files.open_path(path)
    assert window.lessons.player.lesson is not None
    settle(window, qtbot)
    window.lessons.player.end()
    settle(window, qtbot)
    assert window.workbench.document.project == OWN
    assert window.workbench.document.clean
    window.actions_by_id["redo"].trigger()
    assert window.workbench.document.project == edit.project


def test_a_window_closes_in_a_lesson_without_a_question_and_stores_its_own_workspace(
    window: MainWindow, qtbot: QtBot, settings: QSettings
) -> None:
    before = {key: settings.value(key) for key in settings.allKeys() if key.startswith("workspaces/")}
    assert before
    window.lessons.player.go(1)
    window.lessons.player.solve()
    window.workspaces.own()
    window.workspaces.store()
    settle(window, qtbot)
    assert window.close()  # `no_dialogs` would fail
    assert {key: settings.value(key) for key in settings.allKeys() if key.startswith("workspaces/")} == before


def test_the_layout_of_before_comes_back_and_a_workspace_can_be_chosen_meanwhile(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    first = {"designs", "layer", "volumes", "filters", "bars"}
    window.lessons.player.end()
    settle(window, qtbot)
    assert open_parts(window) == first
    assert window.workspaces.present.id == "compare"
    window.lessons.start(small_lesson(tmp_path))
    window.actions_by_id["workspace_count"].trigger()
    settle(window, qtbot)
    assert "table" in open_parts(window)
    window.lessons.player.end()
    settle(window, qtbot)
    assert window.workspaces.present.id == "count"


def test_another_project_that_is_opened_ends_the_lesson(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_by_id["new"].trigger()
    settle(window, qtbot)
    assert window.lessons.player.lesson is None
    assert not window.lessons.dock.isVisible()
    assert window.workbench.document.project is NEW_PROJECT
    assert window.workbench.state.look.metric == "macs"
    assert "designs" in open_parts(window)


def test_a_lesson_may_begin_at_once_after_another_project_has_ended_one(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.actions_by_id["new"].trigger()
    window.lessons.start(small_lesson(tmp_path))
    settle(window, qtbot)
    assert window.lessons.dock.isVisible()
    assert window.workbench.state.look.metric == "params"
    window.lessons.player.end()
    settle(window, qtbot)
    assert window.workbench.document.project is NEW_PROJECT
    assert window.workbench.state.look.metric == "macs"
    assert not window.start.is_shown


def test_what_is_tried_in_a_lesson_can_be_saved_as_a_copy(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "copy.toml"), ""))
    assert window.files.save()
    assert (tmp_path / "copy.toml").exists()
    assert window.workbench.document.path is None
    assert window.lessons.player.lesson is not None


def test_after_a_lesson_from_the_start_page_it_is_shown_again(
    open_window: Callable[[Project], MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(NEW_PROJECT)
    window.show_start_page()
    begin(window, tmp_path, qtbot)
    assert not window.start.is_shown
    assert window.docks.contents["volumes"].isEnabled()
    window.lessons.player.end()
    settle(window, qtbot)
    assert window.start.is_shown
    assert not window.start.has_project(window.workbench.state)


def test_a_new_project_in_a_lesson_from_the_start_page_is_shown(
    open_window: Callable[[Project], MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    window = open_window(NEW_PROJECT)
    window.show_start_page()
    begin(window, tmp_path, qtbot)
    window.actions_by_id["new"].trigger()
    settle(window, qtbot)
    assert window.lessons.player.lesson is None
    assert not window.start.is_shown
    assert window.start.has_project(window.workbench.state)


def test_a_solution_is_done_in_the_step_as_it_began_if_what_it_changes_has_been_removed(
    window: MainWindow, qtbot: QtBot
) -> None:
    player = window.lessons.player
    player.go(1)
    edit = edits.remove_nodes(window.workbench.state.project, "bottleneck", ["reduce"])
    window.workbench.edit(edit.text, edit.project)
    player.solve()
    settle(window, qtbot)
    assert isinstance(player.page.exercise, TaskPage)
    assert player.page.exercise.done


# Faulty files, looks


def test_a_faulty_lesson_is_reported_with_its_place_and_changes_nothing(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.lessons.player.end()
    settle(window, qtbot)
    messages: list[str] = []
    monkeypatch.setattr(window.files, "show_message", lambda title, details: messages.append(details))
    before = window.workbench.state
    faults = {
        "$.steps[3].question.right": ("right = 2", "right = 7"),
        "$.steps[1].task.solution": ('node = "bottleneck/reduce"', 'node = "bottleneck/gone"'),
    }
    for place, (right, wrong) in faults.items():
        window.files.use_files([write_lesson(tmp_path, TEXT.replace(right, wrong))])
        assert place in messages.pop()
    assert window.workbench.state is before
    assert window.lessons.player.lesson is None


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_nothing_in_the_panel_is_clipped(window: MainWindow, qtbot: QtBot, scale: float) -> None:
    panel, application = window.lessons.panel, QApplication.instance()
    font = application.font()
    large = application.font()
    large.setPointSizeF(scale * font.pointSizeF())
    application.setFont(large)
    try:
        for index in range(4):
            window.lessons.player.go(index)
            settle(window, qtbot)
            window.lessons.player.solve()
            settle(window, qtbot)
            assert not list(clipped_widgets(panel))
            for text in (
                panel.text,
                *(box.text for box in (panel.task, panel.number, panel.choices) if box.isVisible()),
            ):
                assert text.verticalScrollBar().maximum() == 0
    finally:
        application.setFont(font)


def test_lessons_are_in_the_menu_help_and_their_commands_only_in_a_lesson(window: MainWindow, qtbot: QtBot) -> None:
    assert window.actions_by_id["lesson_next"].isEnabled()
    assert not window.actions_by_id["lesson_back"].isEnabled()
    entries = menu_entries(window, "lessons")
    assert all(action.isEnabled() for action in entries.values())
    window.actions_by_id["lesson_end"].trigger()
    settle(window, qtbot)
    assert not any(
        window.actions_by_id[f"lesson_{name}"].isEnabled() for name in ("next", "back", "restore", "solve", "end")
    )

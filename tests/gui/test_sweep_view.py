"""The Sweep view by real widgets: axes as text, points that arrive, a plot and a table that select together."""

import itertools
from time import sleep

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QFileDialog
from pytestqt.modeltest import ModelTester

from engine.project.project import SweepSettings
from engine.sweep.running import finished_rows
from gui.export.contents import missing_sweep
from gui.export.pictures import prepare_view, render_view
from gui.paint.sweep.content import PlotPoint, SweepPlot
from gui.paint.sweep.drawing import paint_sweep
from gui.paint.sweep.parallel import lay_out_parallel
from gui.paint.sweep.parallel_drawing import line_pieces
from gui.state import edits
from gui.state.focus import Focus
from gui.state.requests import Cancel, RunSweep
from gui.theme import THEMES
from gui.views import sweep_export
from gui.views.sweep import SweepView
from gui.views.sweep_model import SweepModel
from gui.workbench.workbench import Workbench
from tests.gui.conftest import PROJECT
from tests.gui.view_harness import state_of

AXIS = "bottleneck/reduce.filters=1..6"


@pytest.fixture
def workbench(qtbot):
    workbench = Workbench(PROJECT)
    yield workbench
    workbench.close()


@pytest.fixture
def view(qtbot, workbench):
    """The view, whose proposals and requests reach a workbench as in the window."""
    view = SweepView(workbench.state)
    qtbot.addWidget(view)
    view.resize(1000, 500)
    workbench.changed.connect(view.show_state)
    view.edit_proposed.connect(lambda edit: workbench.edit(edit.text, edit.project, edit.merge, edit.focus))
    view.requested.connect(workbench.answer)
    view.show()
    yield view
    view.close_down()


def run(qtbot, view, workbench, axes=AXIS, where="", measures=()):
    view.axes.setPlainText(axes)
    view.where.setPlainText(where)
    for name in measures:
        view.measures[name].setChecked(True)
    view.start.click()
    qtbot.waitUntil(lambda: not workbench.state.sweep.is_busy, timeout=20_000)


def heads(model):
    return [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())]


def test_points_fill_the_table_and_the_plot(qtbot, view, workbench):
    run(qtbot, view, workbench, where="macs < 30000", measures=["error"])
    assert heads(view.points.model)[:3] == ["reduce.filters", "MACs", "Params"]
    assert [row["macs"] for row in workbench.state.sweep.rows] == [144 * r * (8 + 150) for r in range(1, 7)]
    assert view.points.model.index(0, 1).data() == "22.75 K"
    fits = heads(view.points.model).index("fits")
    assert [view.points.model.index(row, fits).data() for row in range(6)] == ["yes", "no", "no", "no", "no", "no"]
    assert view.note.text().startswith("6 points, 1 without a problem")
    assert view.points.across.value() == "macs"
    assert view.points.up.value() == "error_held_out"
    assert {design.name for design in view.points.canvas._plot.designs} == {"naive", "bottleneck"}, "measured as well"
    assert len(view.points.canvas._plot.points) == 1, "those that break the condition are not measured"
    view.points.up.show_value("params")
    view.points.up.chosen.emit("params")
    assert {point.kind for point in view.points.canvas._plot.points} == {"front", "broken"}


def test_before_start_the_number_of_points_and_the_time_are_shown_as_they_are_typed(qtbot, view, workbench):
    view.axes.setPlainText(AXIS)
    qtbot.waitUntil(lambda: view.note.text().startswith("6 points, about 0."), timeout=5000)
    view.where.setPlainText("setting('bottleneck/reduce.filters') > 6")
    qtbot.waitUntil(lambda: view.note.text().startswith("none of 6 points satisfies"), timeout=5000)
    assert workbench.state.sweep.sweep is None, "nothing has started"
    view.axes.setPlainText("")
    qtbot.waitUntil(lambda: not view.note.text(), timeout=5000)


def test_after_a_sweep_its_answers_stay_until_another_is_typed(qtbot, view, workbench):
    run(qtbot, view, workbench)
    view.forecast.changed.emit("6 points, about 0.01 s")
    assert "best MACs" in view.note.text()
    view.axes.setPlainText("bottleneck/reduce.filters=1..3")
    qtbot.waitUntil(lambda: view.note.text().startswith("3 points, about 0."), timeout=5000)
    view.start.click()
    qtbot.waitUntil(lambda: not workbench.state.sweep.is_busy, timeout=20_000)
    assert "best MACs" in view.note.text()


def test_a_button_selects_the_point_of_least_error_within_the_macs_of_the_design(qtbot, view, workbench):
    run(qtbot, view, workbench, measures=["error"])
    rows = workbench.state.sweep.rows
    budget = workbench.state.check.analyses["bottleneck"].macs
    best = min((row for row in rows if row["macs"] <= budget), key=lambda row: row["error_held_out"])
    index = next(i for i, note in enumerate(view.answers.notes) if note.text().startswith("Best within"))
    assert view.answers.buttons[index].isVisible()
    view.answers.buttons[index].click()
    assert view.points.table.currentIndex().data() == str(best["bottleneck/reduce.filters"])


def test_before_a_sweep_metrics_can_be_chosen_and_the_table_says_what_will_be_there(qtbot, view, workbench):
    assert (view.points.across.value(), view.points.up.value()) == ("macs", "params")
    assert not view.points.table.isVisible()
    assert "a row per point" in view.points.rows.currentWidget().text()
    view.points.up.show_value("ops")
    view.points.up.chosen.emit("ops")
    assert view.points.canvas._plot.columns == ("macs", "ops")
    run(qtbot, view, workbench)
    assert view.points.table.isVisible()
    assert view.points.up.value() == "ops", "what is chosen stays"


def test_the_sweep_is_saved_with_the_project_and_can_be_undone(qtbot, view, workbench):
    run(qtbot, view, workbench, where="macs < 1e9")
    assert workbench.state.project.sweep == SweepSettings((AXIS,), ("macs < 1e9",))
    workbench.document.undo_stack.undo() if hasattr(
        workbench.document, "undo_stack"
    ) else workbench.document.stack.undo()
    assert workbench.state.project.sweep is None
    assert view.axes.toPlainText() == ""


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ("bottleneck/reduce.filter=1,2", "did you mean 'bottleneck/reduce.filters'?"),
        ("", "has no axes"),
        ("bottleneck/reduce.filters=1..1000000000", "1,000,000,000 values"),
    ],
)
def test_a_mistake_is_named_below(qtbot, view, workbench, axes, words):
    run(qtbot, view, workbench, axes)
    assert words in view.note.text()
    assert view.start.text() == "Start"


def test_a_click_in_the_plot_selects_the_row_and_enter_adds_the_design(qtbot, view, workbench):
    run(qtbot, view, workbench)
    layout = view.points.canvas.layout_of_plot
    point = next(point for point in view.points.canvas._plot.points if point.row == 3)
    place = layout.at(point.x, point.y).toPoint()
    assert view.points.canvas.describe(place.toPointF()) == "bottleneck/reduce.filters 4: 91.01 K MACs, 642 params"
    qtbot.mouseClick(view.points.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.points.table.currentIndex().data() == "4"
    view.points.table.setFocus()
    qtbot.keyClick(view.points.table, Qt.Key.Key_Return)
    design = workbench.state.project.designs[-1]
    assert design.name == "reduce.filters 4"
    assert design.network.node("reduce").layer.filters == 4
    assert workbench.state.check.analyses[design.name].macs == workbench.state.sweep.rows[3]["macs"]
    assert workbench.state.focus.design == design.name


def test_the_copied_table_has_all_digits(qtbot, view, workbench):
    assert not view.points.export.isEnabled()
    run(qtbot, view, workbench)
    view.points.export.click()
    head, first, *rest = QGuiApplication.clipboard().text().splitlines()
    assert head.split("\t")[:2] == ["bottleneck/reduce.filters", "macs"]
    assert first.split("\t")[:2] == ["1", "22752"]
    assert len(rest) == 5


def test_keys_step_along_the_front_and_the_table_is_sorted_by_numbers(qtbot, view, workbench):
    run(qtbot, view, workbench, "bottleneck/reduce.filters=8..12")
    qtbot.keyClick(view.points.canvas, Qt.Key.Key_Right)
    assert view.points.table.currentIndex().data() == "8"
    view.points.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert [view.points.sorted.index(row, 0).data() for row in range(5)] == ["12", "11", "10", "9", "8"]
    assert view.points.table.currentIndex().data() == "8", "the selection stays with its point"


def test_a_press_on_stop_ends_a_sweep_and_keeps_its_points(qtbot, view, workbench, monkeypatch):
    def endless_rows(sweep, has_row, measure, checkpoint):
        yield from itertools.islice(finished_rows(sweep, has_row, measure, checkpoint), 7)
        while True:
            checkpoint()
            sleep(0.01)

    monkeypatch.setattr("engine.sweep.running.finished_rows", endless_rows)
    view.axes.setPlainText("bottleneck/reduce.filters=1..20")
    view.start.click()
    assert view.start.text() == "Stop"
    qtbot.waitUntil(lambda: len(workbench.state.sweep.rows) == 7, timeout=20_000)
    view.start.click()
    assert not workbench.state.sweep.is_busy
    assert len(workbench.state.sweep.rows) == 7
    assert view.start.text() == "Start"


def test_the_command_suggests_axes_for_the_selected_layer(qtbot, view, workbench):
    workbench.set_focus(Focus("naive", "conv5x5"))
    view.begin()
    assert view.axes.toPlainText().splitlines()[0] == "naive/conv5x5.filters=1..12..1"
    view.begin()
    assert len(view.axes.toPlainText().splitlines()) == 1, "what is there stays"


def test_its_model_obeys_the_rules_of_qt(qtbot, view, workbench, qtmodeltester: ModelTester):
    run(qtbot, view, workbench, "bottleneck/reduce.filters=1,2\nbottleneck/conv5x5.groups=1,4", measures=["ms"])
    model = SweepModel(workbench.state)
    model.show_state(workbench.state)
    qtmodeltester.check(model)
    problem = heads(model).index("problem")
    assert "groups" in model.index(1, problem).data()


def test_before_a_sweep_the_plot_has_the_designs_and_nothing_to_select(qtbot, view, workbench):
    layout, (naive, _) = view.points.canvas.layout_of_plot, view.points.canvas._plot.designs
    assert view.points.canvas.describe(layout.at(naive.x, naive.y)) == "naive: 172.8 K MACs, 1.206 K params"
    qtbot.mouseClick(view.points.canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    qtbot.keyClick(view.points.canvas, Qt.Key.Key_Left)
    assert view.points.table.currentIndex().row() == -1


def test_the_picture_of_a_file_is_that_of_the_projects_sweep(qapp):
    state = state_of(PROJECT)
    assert missing_sweep(prepare_view(state, "sweep")) == "the project has no sweep; add axes in the view Sweep"
    prepared = prepare_view(state_of(replace(PROJECT, sweep=SweepSettings((AXIS,)))), "sweep")
    assert missing_sweep(prepared) == ""
    assert b"Params" in render_view(prepared, "sweep", "svg")


def test_an_edit_of_the_sweep_is_none_if_nothing_changes():
    settings = SweepSettings((AXIS,))
    edit = edits.set_sweep(PROJECT, settings)
    assert edits.set_sweep(edit.project, settings) is None


def test_requests_name_what_the_fields_say(qtbot):
    view = SweepView(state_of(PROJECT))
    qtbot.addWidget(view)
    requests = []
    view.requested.connect(requests.append)
    view.axes.setPlainText(f"\n {AXIS} \n\n")
    view.start.click()
    assert requests == [RunSweep(SweepSettings((AXIS,)))]
    assert Cancel() not in requests


def drag(qtbot, canvas, axis, first, last):
    """Press on an axis at a share of it, move, and release."""
    layout, viewport = canvas.layout_of_plot, canvas.viewport()
    column = layout.columns[[shown.column for shown in canvas._plot.axes].index(axis)]
    start, end = (QPointF(column, layout.row(share)) for share in (first, last))
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start.toPoint())
    for at in (start + (end - start) / 2, end):
        buttons = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        move = QMouseEvent(QEvent.Type.MouseMove, at, QPointF(viewport.mapToGlobal(at)), *buttons)
        QGuiApplication.sendEvent(viewport, move)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end.toPoint())


def test_ranges_of_several_axes_filter_the_plots_the_table_and_what_is_said(
    qtbot, view, workbench, monkeypatch, tmp_path
):
    view.resize(1000, 800)
    run(qtbot, view, workbench, f"{AXIS}\nbottleneck/reduce.bias=true, false")
    points, lines = view.points, view.points.parallel
    assert points.axes.parentWidget() is points.splitter, "there is space for it below"
    assert not points.clear.isVisible()
    QGuiApplication.processEvents()  # the note of the last point has its place
    before = lines.geometry()
    drag(qtbot, lines, "bottleneck/reduce.filters", 0.42, 0.58)
    assert view.note.text() == "0 of 12 points"
    QGuiApplication.processEvents()
    assert lines.geometry() == before, "nothing moves under the mouse"
    qtbot.mouseClick(points.clear, Qt.MouseButton.LeftButton)
    drag(qtbot, lines, "bottleneck/reduce.filters", 0.35, 0.85)
    shown = [points.sorted.index(row, 0).data() for row in range(points.sorted.rowCount())]
    assert shown == ["3", "3", "4", "4", "5", "5"]
    assert view.note.text().startswith("6 of 12 points; ")
    drag(qtbot, lines, "bottleneck/reduce.bias", 0.6, 0.9)
    assert view.note.text().startswith("3 of 12 points; ")
    assert [row["bottleneck/reduce.bias"] for row in points.rows_within] == [False] * 3
    assert [point.kind for point in points.canvas._plot.points].count("outside") == 9
    assert min(point.row for point in points.canvas._plot.front) == points.within.tolist().index(True)
    drag(qtbot, lines, "bottleneck/reduce.filters", 0.5, 0.9)  # moves the range, up to the end
    assert [row["bottleneck/reduce.filters"] for row in points.rows_within] == [4, 5, 6]

    points.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    points.table.setFocus()
    qtbot.keyClick(points.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = [line.split("\t")[0] for line in QGuiApplication.clipboard().text().splitlines()]
    assert copied == ["bottleneck/reduce.filters", "6", "5", "4"]
    path = tmp_path / "points.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    points.export.csv.trigger()
    qtbot.waitUntil(path.exists, timeout=5000)
    assert path.read_text().splitlines()[1].startswith("6,false,"), "the rows that are shown, in their order"

    points.select(points.within.tolist().index(True))
    assert points.table.currentIndex().data() == "4"
    x = lines.layout_of_plot.columns[0]
    qtbot.mouseDClick(lines.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(round(x), 200))
    assert [part.column for part in workbench.state.sweep.brush] == ["bottleneck/reduce.bias"]
    assert points.table.currentIndex().data() == "4"
    drag(qtbot, lines, "bottleneck/reduce.filters", 0.9, 1.0)
    assert points.selected is None, "a point that is not shown is not selected"
    qtbot.keyClick(lines, Qt.Key.Key_Escape)
    assert workbench.state.sweep.brush == ()
    assert points.sorted.rowCount() == 12
    assert not points.clear.isVisible()


def test_a_click_on_a_line_selects_its_point_and_in_little_height_the_lines_are_a_tab(qtbot, view, workbench):
    run(qtbot, view, workbench)
    assert view.points.tabs.count() == 2
    view.points.tabs.setCurrentIndex(1)
    lines = view.points.parallel
    layout, plot = lines.layout_of_plot, lines._plot
    assert [axis.title for axis in plot.axes][:3] == ["reduce.filters", "MACs", "Params"]
    assert "flops" not in [axis.column for axis in plot.axes], "twice the MACs"
    place = QPoint(round(layout.columns[0] + layout.gap / 4), round(layout.row(plot.shares[2, :2] @ [0.75, 0.25])))
    assert lines.describe(place.toPointF()) == "bottleneck/reduce.filters 3"
    qtbot.mouseClick(lines.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.points.selected == 2
    view.resize(1000, 800)
    assert view.points.tabs.count() == 1


def test_pieces_of_lines_that_look_the_same_are_drawn_once():
    layout = lay_out_parallel(QRectF(0, 0, 300, 200), 3, 12)
    shares = np.array([[0.0, 1.0, 0.5], [0.0, 1.0, 0.7], [0.001, 1.0, np.nan]])
    pieces = line_pieces(layout, shares)
    slow = {
        (layout.columns[left], round(layout.row(a)), layout.columns[left + 1], round(layout.row(b)))
        for row in shares.tolist()
        for left, (a, b) in enumerate(itertools.pairwise(row))
        if not np.isnan([a, b]).any()
    }
    assert sorted(map(tuple, pieces.tolist())) == sorted(slow)
    assert len(pieces) == 3


@pytest.mark.parametrize("is_installed", [True, False])
def test_shown_rows_are_exported_as_parquet_or_the_menu_says_what_is_missing(
    is_installed, qtbot, workbench, monkeypatch, tmp_path
):
    monkeypatch.setattr(sweep_export, "has_pyarrow", lambda: is_installed)
    monkeypatch.setattr(sweep_export, "parquet_content", lambda sweep, rows: f"{sweep} {rows}".encode())
    path = tmp_path / "points.parquet"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    button = sweep_export.ExportButton(lambda: (("filters",), [{"filters": 4}]), lambda: "the sweep")
    qtbot.addWidget(button, before_close_func=lambda part: part.close_down())
    button.set_available(True)
    assert button.parquet.isEnabled() == is_installed
    assert ("pip install 'convolume[parquet]'" in button.parquet.text()) != is_installed
    if is_installed:
        button.parquet.trigger()
        qtbot.waitUntil(path.exists, timeout=5000)
        assert path.read_text() == "the sweep [{'filters': 4}]"


@pytest.mark.parametrize("most", [120e6, 160.5e6, 199e6])
def test_nothing_in_the_picture_touches_its_right_edge(qapp, most):
    points = (PlotPoint(1.6e6, 0.5, "front", 0), PlotPoint(most, 0.2, "front", 1))
    plot = SweepPlot(("macs", "error"), ("MACs", "Error"), points, points)
    image = QImage(843, 562, QImage.Format.Format_RGB32)
    image.fill(QColor(THEMES["light"].base))
    painter = QPainter(image)
    paint_sweep(painter, QRectF(image.rect()), plot, THEMES["light"])
    painter.end()
    edge = image.copy(image.width() - 3, 0, 3, image.height())
    assert {edge.pixel(x, y) for x in range(3) for y in range(edge.height())} == {QColor(THEMES["light"].base).rgb()}

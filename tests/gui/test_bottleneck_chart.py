"""The chart of the Bottleneck view: mouse and keys drag, zoom, select and read out; the file shows the same picture."""

from itertools import pairwise
from math import log10

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.layers import Activation, Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.rank_search import ErrorCurve
from gui.graphics.zoom import FIT
from gui.paint.basics.text_drawing import text_width
from gui.paint.bottleneck.chart_layout import ChartLayout, lay_out_chart
from gui.paint.bottleneck.chart_marks import ERROR_SERIES, ChartMarks
from gui.paint.bottleneck.chart_ticks import error_ticks, macs_ticks
from gui.paint.bottleneck.cost_label import place_cost_label
from gui.paint.bottleneck.drawing import build_bottleneck_content, paint_bottleneck
from gui.state.focus import Focus
from gui.state.rank_search import RankQuery, answer_rank_query
from gui.state.view_state import ViewState
from gui.theme import LIGHT
from gui.views.bottleneck_chart import ChartCanvas
from tests.gui.user_input import move_mouse, turn_wheel
from tests.gui.view_harness import state_of

NETWORK = Network((Node("first", Conv2d(10, 3)), Node("relu", Activation("relu")), Node("second", Conv2d(6, 5))))
PROJECT = Project(NoiseInput((8, 12, 12), seed=3), (Design("deep", NETWORK),), title="Two convolutions")
LEFT, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
NO_MODIFIER = Qt.KeyboardModifier.NoModifier


def searched_state(name: str, index: int) -> ViewState:
    query = RankQuery(("deep", name), ranks=(index + 1,))
    return replace(state_of(PROJECT, Focus("deep", name)), rank_search=answer_rank_query(PROJECT, query))


class Chart:
    """A chart on the screen whose state follows its requests, and the mouse over it."""

    def __init__(self, canvas: ChartCanvas, state: ViewState) -> None:
        self.canvas, self.state = canvas, state
        self.selected: list[int] = []
        self.hovered: list[str] = []
        canvas.rank_selected.connect(self.select)
        canvas.hovered.connect(self.hovered.append)

    def select(self, index: int) -> None:
        self.selected.append(index)
        search, curve = self.state.rank_search, self.curve
        assert search.query is not None
        query = replace(search.query, ranks=curve.ranks[index])
        self.show(replace(self.state, rank_search=replace(search, query=query)))

    def show(self, state: ViewState) -> None:
        self.state = state
        self.canvas.show_content(build_bottleneck_content(state), state)
        self.settle()

    def settle(self) -> None:
        QApplication.processEvents()
        self.canvas.viewport().repaint()

    @property
    def curve(self) -> ErrorCurve:
        assert self.state.rank_search.curve is not None
        return self.state.rank_search.curve

    @property
    def layout(self) -> ChartLayout:
        layout = self.canvas.visible_chart()
        assert layout is not None
        return layout

    def at(self, index: int, share_of_height: float = 0.5) -> QPoint:
        """A point of the widget at a rank."""
        plot = self.layout.plot
        return QPointF(self.layout.x(self.curve.costs[index]), plot.top() + share_of_height * plot.height()).toPoint()

    def move(self, to: QPoint, button: Qt.MouseButton = NO_BUTTON) -> None:
        move_mouse(self.canvas.viewport(), to, button)
        self.settle()

    def drag(self, *points: QPoint) -> None:
        port = self.canvas.viewport()
        self.move(points[0])
        QTest.mousePress(port, LEFT, NO_MODIFIER, points[0])
        for point in points[1:]:
            self.move(point, LEFT)
        QTest.mouseRelease(port, LEFT, NO_MODIFIER, points[-1])
        self.settle()

    def wheel(self, at: QPoint, notches: int) -> None:
        turn_wheel(self.canvas.viewport(), notches, at)
        self.settle()

    def image(self) -> QImage:
        return self.canvas.grab().toImage()


@pytest.fixture
def chart(qtbot: QtBot) -> Chart:
    """The chart of `second`, at its fourth rank."""
    state = searched_state("second", 3)
    canvas = ChartCanvas(build_bottleneck_content(state), state)
    qtbot.addWidget(canvas)
    canvas.resize(700, 560)
    canvas.show()
    qtbot.waitExposed(canvas)
    chart = Chart(canvas, state)
    chart.settle()
    return chart


# The rank


def test_dragging_the_line_selects_the_ranks_that_it_passes(chart: Chart) -> None:
    chart.drag(chart.at(3), chart.at(4), chart.at(6), chart.at(7), chart.at(5))
    assert chart.selected == [4, 6, 7, 5]
    assert chart.canvas.zoom_box.zoom == FIT


def test_the_line_stays_at_ranks_and_in_the_plot_while_it_is_dragged(chart: Chart) -> None:
    between = (chart.at(6) + chart.at(7)) / 2 + QPoint(2, 0)
    chart.drag(chart.at(3), between, chart.at(0) - QPoint(300, 0))
    assert chart.selected == [7, 0]
    chart.drag(chart.at(0), chart.at(4) + QPoint(900, 0))
    assert chart.selected[-1] == len(chart.curve.ranks) - 1


def test_the_line_can_be_grabbed_some_pixels_beside_it_and_shows_that_it_can_be_dragged(chart: Chart) -> None:
    chart.move(chart.at(5))
    assert chart.canvas.viewport().cursor().shape() != Qt.CursorShape.SizeHorCursor
    before = chart.image()
    chart.move(chart.at(3) + QPoint(5, 0))
    assert chart.canvas.viewport().cursor().shape() == Qt.CursorShape.SizeHorCursor
    at = chart.at(3, 0.02)
    assert before.pixelColor(at).name() != chart.image().pixelColor(at).name() == LIGHT.accent
    chart.drag(chart.at(3) + QPoint(5, 0), chart.at(5))
    assert chart.selected == [5]


def test_the_line_returns_to_the_selected_rank_if_the_rank_to_which_it_is_dragged_is_refused(chart: Chart) -> None:
    chart.canvas.rank_selected.disconnect(chart.select)
    chart.move(QPoint(3, 3))
    before = chart.image()
    chart.drag(chart.at(3), chart.at(5), chart.at(7))
    chart.move(QPoint(3, 3))
    assert chart.image() == before


def test_while_the_line_is_dragged_its_rank_is_read_out(chart: Chart) -> None:
    port = chart.canvas.viewport()
    chart.move(chart.at(3))
    QTest.mousePress(port, LEFT, NO_MODIFIER, chart.at(3))
    chart.move(chart.at(5), LEFT)
    chart.move(chart.at(6), LEFT)
    assert [text.split(":")[0] for text in chart.hovered[-2:]] == ["r 6", "r 7"]
    QTest.mouseRelease(port, LEFT, NO_MODIFIER, chart.at(6))


def test_a_drag_beside_the_line_selects_nothing(chart: Chart) -> None:
    chart.drag(chart.at(6), chart.at(7), chart.at(8))
    assert chart.selected == []


def test_a_click_selects_the_nearest_rank_and_outside_the_plot_none(chart: Chart) -> None:
    QTest.mouseClick(chart.canvas.viewport(), LEFT, NO_MODIFIER, chart.at(6) + QPoint(2, 0))
    assert chart.selected == [6]
    QTest.mouseClick(chart.canvas.viewport(), LEFT, NO_MODIFIER, QPoint(5, 5))
    assert chart.selected == [6]


def test_keys_step_through_the_ranks_and_to_their_ends(chart: Chart) -> None:
    last = len(chart.curve.ranks) - 1
    keys = Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_End, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_PageUp
    for key in keys:
        QTest.keyClick(chart.canvas, key)
    assert chart.selected == [4, 3, last, max(last - 8, 0), 0, min(8, last)]


# Zoom


def test_the_wheel_zooms_about_the_mouse(chart: Chart) -> None:
    at = chart.at(5)
    before = chart.canvas.zoom_box.mapSceneToView(QPointF(at))
    chart.wheel(at, 5)
    zoom = chart.canvas.zoom_box.zoom
    assert zoom.across == pytest.approx(zoom.down)
    assert zoom.across > 2
    after = chart.canvas.zoom_box.mapSceneToView(QPointF(at))
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()))
    assert chart.at(5).x() == pytest.approx(at.x(), abs=1)


@pytest.mark.parametrize("side", ["bottom", "top"])
def test_the_wheel_over_a_horizontal_axis_zooms_its_direction_only(chart: Chart, side: str) -> None:
    plot = chart.layout.plot
    y = plot.bottom() + 12 if side == "bottom" else plot.top() - 12
    chart.wheel(QPointF(plot.center().x(), y).toPoint(), 4)
    zoom = chart.canvas.zoom_box.zoom
    assert zoom.across > 1.5
    assert zoom.down == pytest.approx(1)


def test_the_wheel_over_the_vertical_axis_zooms_errors_only(chart: Chart) -> None:
    plot = chart.layout.plot
    chart.wheel(QPointF(plot.left() - 15, plot.center().y()).toPoint(), 4)
    zoom = chart.canvas.zoom_box.zoom
    assert zoom.across == pytest.approx(1)
    assert zoom.down > 1.5


def test_a_drag_moves_a_zoomed_chart_and_neither_a_fitted_one_nor_beyond_its_ends(chart: Chart) -> None:
    start = chart.at(6)
    chart.drag(start, start + QPoint(30, 20), start + QPoint(60, 40))
    assert chart.canvas.zoom_box.zoom == FIT
    chart.wheel(start, 8)
    before = chart.layout.visible
    chart.drag(start, start + QPoint(20, 0), start + QPoint(40, 0))
    after = chart.layout.visible
    assert after.left() < before.left()
    assert after.top() == pytest.approx(before.top())
    assert chart.selected == []
    chart.drag(start, start + QPoint(300, 300), start + QPoint(600, 3000))
    assert chart.layout.whole.adjusted(-1e-9, -1e-9, 1e-9, 1e-9).contains(chart.layout.visible)


def test_a_drag_over_an_axis_moves_a_zoomed_chart_in_its_direction_only(chart: Chart) -> None:
    chart.wheel(chart.at(6), 8)
    before, plot = chart.layout.visible, chart.layout.plot
    start = QPointF(plot.center().x(), plot.bottom() + 12).toPoint()
    chart.drag(start, start + QPoint(20, 10), start + QPoint(40, 20))
    after = chart.layout.visible
    assert after.left() < before.left()
    assert after.top() == before.top()


def test_a_double_click_and_the_key_0_fit(chart: Chart) -> None:
    for fit in (
        lambda: QTest.mouseDClick(chart.canvas.viewport(), LEFT, NO_MODIFIER, chart.at(6)),
        lambda: QTest.keyClick(chart.canvas, Qt.Key.Key_0),
    ):
        QTest.keyClick(chart.canvas, Qt.Key.Key_Plus)
        assert chart.canvas.zoom_box.zoom.across > 1
        fit()
        assert chart.canvas.zoom_box.zoom == FIT


def test_the_key_z_shows_the_surroundings_of_the_selected_rank(chart: Chart) -> None:
    QTest.keyClick(chart.canvas, Qt.Key.Key_Z)
    visible = chart.layout.visible
    assert visible.width() < chart.layout.whole.width() / 2
    assert visible.left() < log10(chart.curve.costs[3]) < visible.right()


def test_the_line_can_be_dragged_in_a_zoomed_chart_to_ranks_that_are_visible(chart: Chart) -> None:
    chart.wheel(chart.at(3), 3)
    last = max(chart.layout.visible_indices(chart.curve.costs))
    assert last < len(chart.curve.ranks) - 1
    chart.drag(chart.at(3), chart.at(4), chart.at(last) + QPoint(600, 0))
    assert chart.selected == [4, last]


def test_the_zoom_stays_for_a_new_measured_point_and_a_new_axis(chart: Chart) -> None:
    chart.wheel(chart.at(5), 6)
    before = chart.layout
    curve = chart.curve
    measured = curve.with_errors([5], [1e-3], [1e-3], [1e-3])
    search = replace(chart.state.rank_search, curves={(curve.ref, curve.form): measured})
    chart.show(replace(chart.state, rank_search=search))
    assert chart.layout.whole != before.whole
    assert chart.layout.visible.getCoords() == pytest.approx(before.visible.getCoords())


def test_another_layer_or_another_project_is_fitted(chart: Chart) -> None:
    for state in (searched_state("first", 1), replace(searched_state("first", 1), session=7)):
        QTest.keyClick(chart.canvas, Qt.Key.Key_Plus)
        assert chart.canvas.zoom_box.zoom != FIT
        chart.show(state)
        assert chart.canvas.zoom_box.zoom == FIT


def test_a_resized_chart_keeps_its_zoom(chart: Chart) -> None:
    chart.wheel(chart.at(5), 6)
    before = chart.layout.visible
    chart.canvas.resize(500, 420)
    chart.settle()
    assert chart.layout.visible.getCoords() == pytest.approx(before.getCoords())


@pytest.mark.parametrize("notches", [0, 3, 8, 14, 30])
def test_every_axis_has_labels_at_every_zoom_that_do_not_overlap(chart: Chart, notches: int) -> None:
    chart.wheel(chart.at(5), notches)
    layout = chart.layout
    ticks = macs_ticks(layout)
    assert len(ticks) >= 2
    for left, right in pairwise(ticks):
        widths = text_width(left.label, layout.text_size) + text_width(right.label, layout.text_size)
        assert right.at - left.at > widths / 2
    errors = error_ticks(layout)
    assert len(errors) >= 2
    assert all(lower.at - upper.at >= layout.text_size for lower, upper in pairwise(errors))
    assert len({tick.label for tick in errors}) == len(errors)


# Hovering


def test_hovering_reads_out_the_nearest_rank_in_the_status_bar_and_marks_its_point(chart: Chart) -> None:
    blank = chart.image()
    chart.move(chart.at(5))
    assert chart.hovered[-1].startswith("r 6: ")
    assert "expected" in chart.hovered[-1]
    marked = chart.image()
    assert marked != blank
    chart.move(QPoint(3, 3))
    assert chart.hovered[-1] == ""
    assert chart.image() == blank


def test_the_mouse_on_a_measured_point_reads_out_that_point(chart: Chart) -> None:
    point = next(point for point in chart.curve.points if point.position == 4)
    chart.move(chart.layout.point_at(point.macs, point.svd_error or 0).toPoint())
    assert chart.hovered[-1].startswith("r 5: ")


def pixels(image: QImage) -> NDArray[np.int_]:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., :3].astype(int)


def changed_rect(before: QImage, after: QImage) -> QRectF:
    """What differs between two pictures of the same size."""
    rows, columns = np.nonzero((pixels(before) != pixels(after)).any(axis=2))
    return QRectF(QPointF(columns.min(), rows.min()), QPointF(columns.max() + 1, rows.max() + 1))


@pytest.mark.parametrize("size", [(700, 560), (420, 360), (260, 240)])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_read_out_is_in_the_plot_and_never_over_the_axes(chart: Chart, size: tuple[int, int], share: float) -> None:
    chart.canvas.resize(*size)
    chart.settle()
    blank = chart.image()
    for index in range(len(chart.curve.ranks)):
        if index != 3:  # the line there is highlighted
            chart.move(chart.at(index, share))
            frame = chart.layout.text_size  # a ring may reach over the frame
            assert chart.layout.plot.adjusted(-frame, -frame, frame, frame).contains(changed_rect(blank, chart.image()))


def test_the_read_out_disappears_when_the_mouse_leaves(chart: Chart) -> None:
    blank = chart.image()
    chart.move(chart.at(5))
    QApplication.sendEvent(chart.canvas, QEvent(QEvent.Type.Leave))
    chart.settle()
    assert chart.image() == blank
    assert chart.hovered[-1] == ""


# Files


def painted(state: ViewState, width: int, height: int) -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint_bottleneck(painter, QRectF(0, 0, width, height), state, LIGHT)
    painter.end()
    return image


def without_maps(state: ViewState) -> ViewState:
    return replace(state, rank_search=replace(state.rank_search, result=None))


@pytest.mark.parametrize("size", [(700, 560), (1200, 900), (420, 300), (300, 240)])
def test_the_fitted_chart_is_the_picture_of_the_file(chart: Chart, size: tuple[int, int]) -> None:
    chart.canvas.clearFocus()
    chart.show(without_maps(chart.state))
    chart.canvas.resize(*size)
    chart.settle()
    difference = np.abs(pixels(chart.image()) - pixels(painted(chart.state, *size)))
    assert np.count_nonzero(difference > 3) <= 3 * 12  # the box cuts off the ends of the line at its half width


def test_a_file_shows_the_whole_curve_without_the_mark_of_the_mouse(chart: Chart) -> None:
    before = painted(chart.state, 700, 560)
    chart.wheel(chart.at(5), 6)
    chart.move(chart.at(5))
    assert painted(chart.state, 700, 560) == before


@pytest.mark.parametrize(("width", "height"), [(360, 240), (360, 280), (360, 360), (580, 240), (580, 320)])
def test_the_label_of_the_layers_own_cost_hides_no_measured_point(width: int, height: int) -> None:
    curve = searched_state("second", 2).rank_search.curve
    chart = lay_out_chart(curve, ChartMarks(0), QRectF(0, 0, width, height), 13)
    label = place_cost_label(chart, curve)
    errors = [(point.macs, series.error(point)) for series in ERROR_SERIES for point in curve.points]
    points = [chart.point_at(macs, error) for macs, error in errors if error is not None]
    assert len(points) > 5
    assert label is not None
    assert not [at for at in points if label[1].contains(at)]
    assert chart.plot.contains(label[1])


def test_a_roomy_chart_says_what_the_layer_itself_costs() -> None:
    curve = searched_state("second", 2).rank_search.curve
    label = place_cost_label(lay_out_chart(curve, ChartMarks(0), QRectF(0, 0, 900, 700), 13), curve)
    assert label is not None
    assert label[0] == "the layer itself: 216.0 K"

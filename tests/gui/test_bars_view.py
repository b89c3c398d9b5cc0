"""The Operations view: bars that zoom and move, with names, numbers, clicks, keys and a scroll bar."""

from itertools import pairwise
from math import log10

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from engine.cost.metrics import METRICS
from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.run.check import check
from gui.paint.bars.content import build_bars_content
from gui.paint.bars.layout import lay_out_bars_on_screen
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.theme import LIGHT
from gui.views.bars import BarsView
from gui.views.bars_plot import BarsBox
from tests.golden.projects import PROJECTS, chain, inception, mistaken, start
from tests.gui.user_input import move_mouse, turn_wheel
from tests.gui.view_harness import ViewHarness, state_of


class BarsHarness(ViewHarness[BarsView]):
    """The view of bars, its zoom, and where a layer is in it."""

    def __init__(self, qtbot: QtBot, state: ViewState, size: tuple[int, int] = (900, 560)) -> None:
        super().__init__(qtbot, BarsView, state, size)
        self.canvas = self.view.canvas
        self.viewport = self.canvas.viewport()
        QApplication.processEvents()

    @property
    def box(self) -> BarsBox:
        return self.canvas.layers.box

    @property
    def rows(self) -> tuple[float, float]:
        """The first visible row and the end of the last one."""
        return self.box.viewRect().top(), self.box.viewRect().bottom()

    def row_rect(self, design: str, node: str) -> QRectF:
        row = self.canvas.row_rect((design, node))
        assert row is not None
        return row

    def point(self, design: str, node: str) -> QPoint:
        return self.row_rect(design, node).center().toPoint()

    @property
    def middle(self) -> QPoint:
        """The middle of the bars of layers."""
        return self.canvas.layers.box.sceneBoundingRect().center().toPoint()

    @property
    def axis_point(self) -> QPoint:
        """A point of the axis of amounts that the layers have."""
        own = self.canvas.layers.amounts_axis.isVisible()
        axis = (self.canvas.layers if own else self.canvas.totals).amounts_axis.sceneBoundingRect()
        return QPoint(round(axis.left() + 0.6 * axis.width()), round(axis.center().y()))

    def turn_wheel(self, point: QPoint, notches: int) -> None:
        turn_wheel(self.viewport, notches, point)

    def drag(self, start: QPoint, by: QPoint) -> None:
        QTest.mousePress(self.viewport, Qt.MouseButton.LeftButton, pos=start)
        for part in (0.5, 1.0):
            move_mouse(self.viewport, start + part * by, Qt.MouseButton.LeftButton)
        QTest.mouseRelease(self.viewport, Qt.MouseButton.LeftButton, pos=start + by)

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            QTest.keyClick(self.canvas, key)


def wide_chain(qtbot: QtBot, size: tuple[int, int] = (600, 300)) -> BarsHarness:
    """More layers than are readable at a time."""
    return BarsHarness(qtbot, state_of(chain()), size)


# What the bars show


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("name", PROJECTS)
def test_bars_end_at_the_exact_amounts_or_their_logarithms(qtbot: QtBot, name: str, logarithmic: bool) -> None:
    harness = BarsHarness(qtbot, state_of(PROJECTS[name], logarithmic=logarithmic))
    content = build_bars_content(harness.state)
    assert harness.canvas.layers.amounts_axis.logMode is logarithmic
    for box, lines, scale in (
        (harness.canvas.totals.box, content.totals, content.total_scale),
        (harness.box, content.lines, content.line_scale),
    ):
        ends = {}
        for bars in box.bars:
            starts, tops = bars.opts["x0"], np.floor(bars.opts["y0"])
            assert starts == (log10(scale.low) if logarithmic else 0)
            ends |= dict(zip(tops, starts + bars.opts["width"], strict=True))
        amounts = {row: line.value for row, line in enumerate(lines) if line.value}
        expected = {row: log10(value) if logarithmic else value for row, value in amounts.items()}
        assert ends == pytest.approx(expected)
        rows_by_design = [{int(row) for row in np.floor(bars.opts["y0"])} for bars in box.bars]
        assert all(len({lines[row].design for row in rows}) == 1 for rows in rows_by_design)


def test_the_length_of_a_bar_in_pixels_is_proportional_to_its_amount(qtbot: QtBot) -> None:
    harness = BarsHarness(qtbot, state_of(start()))
    amounts = {line.label: line.value or 0 for line in build_bars_content(harness.state).groups[1][1:]}
    colour = QColor(LIGHT.design(1))
    for notches in (0, 8):
        harness.turn_wheel(harness.axis_point, notches)
        image, pixels_per_mac = harness.canvas.grab().toImage(), harness.box.pixels_per_unit[0]
        for node, amount in amounts.items():
            y = harness.point("bottleneck", node).y()
            length = sum(image.pixelColor(x, y) == colour for x in range(harness.canvas.width()))
            assert length == pytest.approx(amount * pixels_per_mac, abs=1)


def test_an_edit_changes_the_numbers_at_once(qtbot: QtBot) -> None:
    harness = BarsHarness(qtbot, state_of(start()))
    before = harness.canvas.grab().toImage()
    edited = start()
    network = edited.design("naive").network.with_layer("conv5x5", Conv2d(filters=64, kernel=5))
    edited = edited.with_network("naive", network)
    harness.show(replace(harness.state, project=edited, check=check(edited)))
    tips = [line.tip for line in harness.canvas.layer_lines()]
    assert tips[0] == "naive / conv5x5: 28·28·64 × 5·5·256 = 321,126,400 MACs"
    assert "321,126,400" in harness.canvas.accessibleDescription()
    assert harness.canvas.grab().toImage() != before


def test_designs_can_be_added_and_removed(qtbot: QtBot) -> None:
    harness = BarsHarness(qtbot, state_of(start()))
    for count in (1, 0, 2):
        project = start().with_designs(start().designs[:count])
        harness.show(replace(state_of(project), focus=Focus()))
        assert len(harness.box.bars) == len(harness.canvas.totals.box.bars) == count
        assert harness.canvas.layers.isVisible() == (count > 0)
        harness.canvas.grab()


def test_a_state_that_differs_only_in_run_and_focus_keeps_the_content(qtbot: QtBot) -> None:
    harness = BarsHarness(qtbot, state_of(start()))
    content = harness.canvas._content
    harness.show(replace(harness.state, run=RunView()))
    harness.show(replace(harness.state, focus=Focus("naive", "conv5x5")))
    assert harness.canvas._content is content


def test_the_controls_request_another_metric_and_axis_and_follow_the_state(qtbot: QtBot) -> None:
    harness = BarsHarness(qtbot, state_of(start()))
    choice = harness.view.metric_choice
    assert [text for _, text in choice.options] == [metric.title for metric in METRICS]
    choice.setCurrentIndex(1)
    choice.activated.emit(1)
    qtbot.mouseClick(harness.view.logarithmic_box, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert (harness.state.look.metric, harness.state.look.logarithmic) == ("params", True)
    harness.show(replace(harness.state, look=Look()))
    assert choice.value() == "macs"
    assert not harness.view.logarithmic_box.isChecked()


# Zoom and movement


def test_all_rows_are_visible_if_they_are_readable_and_otherwise_the_first_ones(qtbot: QtBot) -> None:
    small, long = BarsHarness(qtbot, state_of(start())), wide_chain(qtbot)
    assert small.rows == pytest.approx((0, 5))
    assert not small.canvas.scroll_bar.isVisible()
    first, end = long.rows
    assert first == 0
    assert 3 <= round(end) < 20
    assert end == pytest.approx(round(end))
    assert long.row_rect("wide", "conv0").height() >= 13 * 1.35
    assert long.canvas.scroll_bar.isVisible()


def test_the_wheel_zooms_rows_about_the_mouse_until_all_are_visible(qtbot: QtBot) -> None:
    harness = wide_chain(qtbot)
    point = harness.middle
    before = harness.box.mapSceneToView(QPointF(point)).y()
    harness.turn_wheel(point, 1)
    assert harness.box.mapSceneToView(QPointF(point)).y() == pytest.approx(before)
    assert harness.box.zoom.across == 1.0
    harness.turn_wheel(point, -60)
    assert harness.rows == pytest.approx((0, len(build_bars_content(harness.state).lines)))
    assert not harness.canvas.scroll_bar.isVisible()


def test_the_wheel_on_the_axis_zooms_amounts_only_and_bars_still_begin_at_zero(qtbot: QtBot) -> None:
    harness = wide_chain(qtbot)
    rows = harness.rows
    harness.turn_wheel(harness.axis_point, 3)
    assert harness.box.zoom.across > 1.5
    assert harness.rows == pytest.approx(rows)
    assert harness.box.viewRect().left() == 0
    harness.drag(harness.middle, QPoint(-150, 0))
    assert harness.box.viewRect().left() == 0


def test_totals_and_layers_on_one_axis_zoom_together(qtbot: QtBot) -> None:
    harness = BarsHarness(qtbot, state_of(start()))
    totals = harness.canvas.totals.box
    harness.turn_wheel(harness.axis_point, 2)
    assert totals.zoom.across == harness.box.zoom.across > 1.0
    assert totals.viewRect().right() == pytest.approx(harness.box.viewRect().right())
    harness.turn_wheel(totals.sceneBoundingRect().center().toPoint(), 1)
    assert totals.zoom.across == harness.box.zoom.across
    harness.turn_wheel(harness.middle, 1)
    assert totals.viewRect().height() == 2


def test_totals_on_their_own_axis_zoom_alone(qtbot: QtBot) -> None:
    harness = wide_chain(qtbot, (600, 420))
    harness.turn_wheel(harness.canvas.totals.box.sceneBoundingRect().center().toPoint(), 2)
    assert harness.canvas.totals.box.zoom.across > 1.0 == harness.box.zoom.across
    harness.press(Qt.Key.Key_0)
    assert harness.canvas.totals.box.zoom.across == 1.0


def test_a_drag_moves_the_rows(qtbot: QtBot) -> None:
    harness = wide_chain(qtbot)
    y = harness.row_rect("wide", "conv3").top()
    harness.drag(harness.middle, QPoint(0, -40))
    assert harness.row_rect("wide", "conv3").top() == pytest.approx(y - 40)
    harness.drag(harness.middle, QPoint(0, 400))
    assert harness.rows[0] == 0


def test_double_click_key_and_button_fit(qtbot: QtBot) -> None:
    harness = wide_chain(qtbot)
    home = harness.rows
    for fit in (
        lambda: QTest.mouseDClick(harness.viewport, Qt.MouseButton.LeftButton, pos=harness.middle),
        lambda: harness.press(Qt.Key.Key_0),
        lambda: QTest.mouseClick(harness.view.fit_button, Qt.MouseButton.LeftButton),
    ):
        harness.turn_wheel(harness.axis_point, 2)
        harness.turn_wheel(harness.middle, -2)
        assert harness.rows != pytest.approx(home)
        fit()
        assert harness.rows == pytest.approx(home)
        assert harness.box.zoom.across == 1.0


def test_plus_and_minus_zoom_rows_and_z_shows_the_selected_one(qtbot: QtBot) -> None:
    harness = BarsHarness(qtbot, state_of(chain(), Focus("half as wide", "conv30")), (600, 420))
    first, end = harness.rows
    harness.press(Qt.Key.Key_Minus)
    assert harness.rows[1] - harness.rows[0] == pytest.approx(1.25 * (end - first))
    harness.press(Qt.Key.Key_Plus)
    assert harness.rows[1] - harness.rows[0] == pytest.approx(end - first)
    harness.press(Qt.Key.Key_0, Qt.Key.Key_Z)
    assert harness.rows[1] - harness.rows[0] == pytest.approx(7)
    assert harness.row_rect("half as wide", "conv30").center().y() == pytest.approx(harness.middle.y(), abs=1)


def test_keys_page_through_the_rows(qtbot: QtBot) -> None:
    harness = wide_chain(qtbot)
    home, count = harness.rows, len(build_bars_content(harness.state).lines)
    harness.press(Qt.Key.Key_PageDown)
    assert harness.rows[0] == pytest.approx(home[1] - 1)
    harness.press(Qt.Key.Key_End)
    assert harness.rows[1] == pytest.approx(count)
    harness.press(Qt.Key.Key_Home)
    assert harness.rows == pytest.approx(home)


def test_the_scroll_bar_shows_and_moves_the_visible_rows(qtbot: QtBot) -> None:
    harness = wide_chain(qtbot)
    bar = harness.canvas.scroll_bar
    harness.press(Qt.Key.Key_End)
    assert bar.value() == bar.maximum() > 0
    bar.setValue(0)
    assert harness.rows[0] == 0
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(4, bar.height() - 3))
    assert harness.rows[0] == pytest.approx(harness.rows[1] - harness.rows[0], abs=0.02)
    assert bar.geometry().right() < harness.canvas.width()


def test_the_zoom_stays_for_the_project_and_another_one_fits(qtbot: QtBot) -> None:
    harness = wide_chain(qtbot)
    harness.turn_wheel(harness.middle, -3)
    zoomed = harness.rows
    harness.show(replace(harness.state, look=replace(harness.state.look, metric="params")))
    harness.show(replace(harness.state, project=chain(), check=check(chain())))
    assert harness.rows == pytest.approx(zoomed)
    harness.show(replace(state_of(inception()), session=1))
    assert harness.box.zoom == harness.box.home
    assert harness.rows[0] == 0


def test_rows_stay_readable_when_the_view_is_resized(qtbot: QtBot) -> None:
    harness = wide_chain(qtbot)
    for size in ((600, 500), (300, 250), (600, 300), (1500, 400), (600, 250)):
        harness.view.resize(*size)
        QApplication.processEvents()
        assert harness.box.zoom.down == pytest.approx(harness.box.home.down)
        assert harness.row_rect("wide", "conv0").height() >= 13 * 1.35 - 0.01


def test_a_layer_focused_elsewhere_is_scrolled_into_view(qtbot: QtBot) -> None:
    harness = wide_chain(qtbot)
    for node in ("conv49", "conv30"):
        harness.show(replace(harness.state, focus=Focus("half as wide", node)))
        area = harness.canvas.layers.box.sceneBoundingRect()
        row = harness.row_rect("half as wide", node)
        assert area.top() - 0.01 <= row.top() < row.bottom() <= area.bottom() + 0.01


def test_the_layers_of_an_open_block_focused_elsewhere_are_scrolled_into_view(qtbot: QtBot) -> None:
    nodes = tuple(Node(f"conv{n}", Conv2d(16 + n, 3), group="g" if 30 <= n < 33 else "") for n in range(50))
    project = Project(NoiseInput((3, 32, 32)), (Design("d", Network(nodes)),))
    harness = BarsHarness(qtbot, state_of(project, blocks="open"), (520, 260))
    harness.show(replace(harness.state, focus=Focus("d", "g")))
    area = harness.canvas.layers.box.sceneBoundingRect()
    for node in ("conv30", "conv32"):
        row = harness.row_rect("d", node)
        assert area.top() - 0.01 <= row.top() < row.bottom() <= area.bottom() + 0.01


# Layout of the screen


@pytest.mark.parametrize("size", [(300, 150), (300, 250), (620, 330), (900, 700), (1500, 420), (1500, 200)])
@pytest.mark.parametrize("project", [*PROJECTS.values(), chain()], ids=lambda project: project.title)
def test_head_and_layers_are_apart_and_within_the_canvas(project: Project, size: tuple[int, int]) -> None:
    rect = QRectF(0, 0, *size)
    layout = lay_out_bars_on_screen(build_bars_content(state_of(project)), rect)
    column = layout.columns[0].rect
    assert rect.contains(column)
    parts = [layout.headline_rect, layout.subject_rect, layout.stem_rect, *(line.row_rect for line in layout.totals)]
    parts = [part for part in parts if part.height()]
    for part in parts:
        assert rect.contains(part)
        assert not part.intersects(column)
    assert column.height() >= 2 * 13 * 1.35


def test_the_head_stands_beside_the_layers_if_the_canvas_is_wide_and_low() -> None:
    content = build_bars_content(state_of(chain()))
    for width, height in ((1500, 380), (640, 170)):
        low = lay_out_bars_on_screen(content, QRectF(0, 0, width, height))
        assert low.columns[0].rect.left() > low.headline_rect.right()
        assert low.columns[0].rect.top() < low.totals[0].row_rect.top()
    for width, height in ((1500, 900), (640, 300), (400, 170), (640, 90)):
        high = lay_out_bars_on_screen(content, QRectF(0, 0, width, height))
        assert high.columns[0].rect.top() > high.headline_rect.bottom()
        assert bool(high.totals) == (height >= 300)


@pytest.mark.parametrize("notches", range(0, -26, -2))
@pytest.mark.parametrize("size", [(300, 250), (620, 330), (1500, 420)])
def test_names_do_not_overlap_at_any_zoom(qtbot: QtBot, notches: int, size: tuple[int, int]) -> None:
    harness = wide_chain(qtbot, size)
    harness.turn_wheel(harness.middle, notches)
    harness.drag(harness.middle, QPoint(0, -7))  # rows at the edges are partly visible
    visible = harness.canvas._visible_rows()
    assert visible is not None
    rects = sorted((placed.row_rect for placed in visible.named(("wide", "conv5"))), key=QRectF.top)
    assert rects
    letters = 1.2 * visible.unit
    assert all(a.center().y() + letters <= b.center().y() + 0.01 for a, b in pairwise(rects))
    area = visible.column.rect.adjusted(0, -0.6, 0, 0.6)
    assert all(area.top() <= rect.center().y() - letters / 2 for rect in rects)
    assert all(rect.center().y() + letters / 2 <= area.bottom() for rect in rects)


def test_names_of_the_selected_layer_and_the_largest_amounts_stay_when_rows_are_thin(qtbot: QtBot) -> None:
    harness = BarsHarness(qtbot, state_of(inception(), Focus("naive", "5x5")), (300, 230))
    harness.turn_wheel(harness.middle, -30)
    visible = harness.canvas._visible_rows()
    assert visible is not None
    assert not visible.has_values
    named = [placed.line for placed in visible.named(("naive", "5x5"))]
    assert named[0].label == "5x5"
    assert {line.label for line in named if line.kind == "heading"} <= {d.name for d in inception().designs}


# Selection


def test_a_click_on_a_bar_focuses_its_layer(qtbot: QtBot) -> None:
    harness = BarsHarness(qtbot, state_of(start()))
    QTest.mouseClick(harness.viewport, Qt.MouseButton.LeftButton, pos=harness.point("bottleneck", "reduce"))
    assert harness.focuses == [Focus("bottleneck", "reduce")]


def test_a_click_on_a_name_focuses_its_layer_after_zooming(qtbot: QtBot) -> None:
    harness = wide_chain(qtbot)
    harness.turn_wheel(harness.middle, -1)
    harness.drag(harness.middle, QPoint(0, -60))
    row = harness.row_rect("wide", "conv6")
    QTest.mouseClick(
        harness.viewport, Qt.MouseButton.LeftButton, pos=QPoint(round(row.left()) + 15, round(row.center().y()))
    )
    assert harness.focuses == [Focus("wide", "conv6")]


def test_a_click_on_a_total_focuses_the_last_layer_of_its_design(qtbot: QtBot) -> None:
    harness = BarsHarness(qtbot, state_of(inception()))
    point = harness.canvas.totals.box.sceneBoundingRect().center().toPoint() + QPoint(0, 5)
    QTest.mouseClick(harness.viewport, Qt.MouseButton.LeftButton, pos=point)
    line = harness.canvas.line_at(QPointF(point))
    assert line is not None
    assert line.kind == "total"
    assert harness.focuses == [Focus(line.design, "concat")]


def test_a_click_on_folded_layers_or_beside_the_bars_leaves_the_focus(qtbot: QtBot) -> None:
    harness = BarsHarness(qtbot, state_of(chain()), (1600, 900))
    harness.press(Qt.Key.Key_Home)
    harness.show(replace(harness.state, focus=Focus("wide", "relu3")))
    for point in (harness.point("wide", "relu3"), QPoint(5, 5)):
        QTest.mouseClick(harness.viewport, Qt.MouseButton.LeftButton, pos=point)
    assert harness.focuses == []


def test_arrow_keys_go_from_layer_to_layer_and_stop_at_the_ends(qtbot: QtBot) -> None:
    harness = BarsHarness(qtbot, state_of(start(), Focus("naive", "conv5x5")))
    harness.press(Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up)
    assert [focus.ref for focus in harness.focuses] == [
        ("bottleneck", "reduce"),
        ("bottleneck", "conv5x5"),
        ("bottleneck", "conv5x5"),
        ("bottleneck", "reduce"),
    ]


def test_hovering_a_bar_announces_its_formula_and_leaving_clears_it(qtbot: QtBot) -> None:
    harness = BarsHarness(qtbot, state_of(start()))
    with qtbot.waitSignal(harness.view.hovered) as signal:
        QTest.mouseMove(harness.viewport, harness.point("naive", "conv5x5"))
    assert signal.args == ["naive / conv5x5: 28·28·32 × 5·5·256 = 160,563,200 MACs"]
    assert harness.viewport.cursor().shape() == Qt.CursorShape.PointingHandCursor
    with qtbot.waitSignal(harness.view.hovered) as signal:
        QTest.mouseMove(harness.viewport, QPoint(5, 5))
    assert signal.args == [""]
    assert harness.viewport.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_the_tooltip_has_exact_numbers(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    harness = BarsHarness(qtbot, state_of(mistaken()))
    texts: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda point, text, widget: texts.append(text))
    point = harness.point("bottleneck", "huge")
    QApplication.sendEvent(harness.viewport, QHelpEvent(QHelpEvent.Type.ToolTip, point, QPoint(0, 0)))
    assert texts[0].startswith("bottleneck / huge: unknown MACs\nkernel 31×31 is larger")

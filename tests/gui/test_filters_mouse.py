"""The filters view under the mouse: both designs zoom and pan together, and dragging the colour bar sets its levels."""

import numpy as np
import pyqtgraph
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.layers.explanation import Spot
from engine.network.input_specs import NoiseInput
from engine.project.project import Project
from gui.paint.basics.colours import load_lut, to_levels
from gui.paint.maps.mosaic import build_mosaic_content
from gui.paint.maps.mosaic_drawing import paint_mosaics
from gui.state.focus import Focus
from gui.state.look import ColourLevels
from gui.views import tiles_item
from gui.views.filters import FiltersView
from gui.views.levels_bar import LevelsBar, move_levels
from gui.views.mosaic_canvas import MosaicCanvas
from tests.gui.test_filters import BOTTLENECK, NAIVE, conv, design, drawn, random_volume, state_of, two_designs
from tests.gui.view_harness import ViewHarness, svg

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def no_swallowed_faults(monkeypatch):
    """Let a fault in a handler of an item fail the test; pyqtgraph would only print it."""

    def fail(*arguments, **options):
        raise AssertionError("a fault in an item's handler")

    monkeypatch.setattr(pyqtgraph.debug, "printExc", fail)


@pytest.fixture
def show(qtbot):
    """Show a state in a view that answers as the window does."""
    made = []

    def show_state(state, size=(700, 600)):
        made.append(ViewHarness(qtbot, FiltersView, state, size))
        QApplication.processEvents()
        return made[-1]

    yield show_state
    for answer in made:
        answer.view.close_down()


def seen(answer, plate=0):
    """The mosaic of a panel as it is on the screen."""
    return answer.view.canvas.current_layout().panels[plate].projection


def position(answer, plate=0):
    """Left, top and scale of a mosaic."""
    return tuple(seen(answer, plate)[2:])


def point_of(answer, plate, spot):
    return seen(answer, plate).value_rect(spot).center()


def units_at(answer, point):
    """The point of the grid that is under a point of the first mosaic."""
    at = seen(answer)
    return (point.x() - at.left) / at.scale, (point.y() - at.top) / at.scale


def visible_share(answer, plate):
    """The visible part of a mosaic, in fractions of it."""
    at = seen(answer, plate)
    edges = (at.rect.left() - at.left, at.rect.top() - at.top, at.rect.right() - at.left, at.rect.bottom() - at.top)
    return np.array(edges) / at.scale / np.array([at.grid.width, at.grid.height] * 2)


def wheel(answer, point, notches=1):
    port, nothing = answer.view.canvas.viewport(), (Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier)
    turn = QPoint(0, 120 * notches)
    at = QPointF(point), port.mapToGlobal(QPointF(point))
    QApplication.sendEvent(port, QWheelEvent(*at, QPoint(), turn, *nothing, Qt.ScrollPhase.NoScrollPhase, False))


def drag(answer, start, *ways):
    """Press at a point, and move by each of the ways, which are counted from there."""
    port, start = answer.view.canvas.viewport(), QPointF(start).toPoint()
    QTest.mouseMove(port, start)
    QTest.mousePress(port, LEFT, pos=start)
    for way in ways:
        QTest.mouseMove(port, start + way)
    return start + ways[-1]


def drop(answer, point):
    QTest.mouseRelease(answer.view.canvas.viewport(), LEFT, pos=point)


class TestZoom:
    def test_the_wheel_zooms_both_designs_about_the_mouse(self, show):
        answer, spot = show(state_of(two_designs())), Spot(3, 4, 7)
        point, scales = (
            seen(answer).value_rect(spot).center().toPoint(),
            [seen(answer, plate).scale for plate in (0, 1)],
        )
        before = units_at(answer, point)
        wheel(answer, point, 5)
        assert units_at(answer, point) == pytest.approx(before)
        factors = [seen(answer, plate).scale / scale for plate, scale in zip((0, 1), scales, strict=True)]
        assert factors[0] == pytest.approx(factors[1])
        assert factors[0] > 2
        assert visible_share(answer, 0) == pytest.approx(visible_share(answer, 1))

    def test_the_wheel_stops_at_the_limits(self, show):
        answer = show(state_of(two_designs()))
        fitted, point = seen(answer).scale, point_of(answer, 0, Spot(3, 4, 7))
        wheel(answer, point, 200)
        assert seen(answer).scale == pytest.approx(64 * fitted)
        wheel(answer, point, -400)
        assert seen(answer).scale * seen(answer).grid.repeat == pytest.approx(1)

    def test_beside_the_maps_the_wheel_does_nothing(self, show):
        answer = show(state_of(two_designs()))
        before = position(answer)
        wheel(answer, QPointF(3, 3), 5)
        assert position(answer) == pytest.approx(before)

    def test_a_drag_pans_both_designs_up_to_their_edge_and_selects_nothing(self, show):
        answer = show(state_of(two_designs()))
        wheel(answer, point_of(answer, 0, Spot(3, 4, 5)), 6)
        before = [seen(answer, plate) for plate in (0, 1)]
        drop(answer, drag(answer, before[0].rect.center(), QPoint(-20, 0), QPoint(-30, 4)))
        for plate in (0, 1):
            moved = seen(answer, plate)
            assert (moved.left - before[plate].left, moved.top - before[plate].top) == pytest.approx((-30, 4))
        drop(answer, drag(answer, before[1].rect.center(), QPoint(500, 500), QPoint(4000, 4000)))
        assert (seen(answer).left, seen(answer).top) == pytest.approx(seen(answer).rect.topLeft().toTuple())
        assert answer.focuses == []

    def test_a_double_click_fits(self, show):
        answer = show(state_of(two_designs()))
        wheel(answer, point_of(answer, 0, Spot(3, 4, 5)), 6)
        port, at = answer.view.canvas.viewport(), seen(answer).rect.center().toPoint()
        QTest.mouseClick(port, LEFT, pos=at)
        QTest.mouseDClick(port, LEFT, pos=at)
        QTest.mouseRelease(port, LEFT, pos=at)
        for plate in (0, 1):
            left, top, right, bottom = visible_share(answer, plate)
            assert (left, top, min(right, bottom)) == pytest.approx((0, 0, 1))

    def test_keys_and_buttons_zoom(self, show, qtbot):
        answer = show(state_of(two_designs(), Focus(*NAIVE, 4, (1, 1))), (420, 900))
        view, before = answer.view, position(answer)
        for key, factor in ((Qt.Key.Key_Plus, 1.25), (Qt.Key.Key_Equal, 1.25**2), (Qt.Key.Key_Minus, 1.25)):
            qtbot.keyClick(view.canvas, key)
            assert seen(answer).scale == pytest.approx(factor * before[2])
        qtbot.keyClick(view.canvas, Qt.Key.Key_0)
        assert position(answer) == pytest.approx(before)
        qtbot.keyClick(view.canvas, Qt.Key.Key_Z)
        assert seen(answer).rect.contains(seen(answer).tile_rect(4))
        assert seen(answer).visible_channels() == [3, 4, 5]
        qtbot.mouseClick(view.true_size, LEFT)
        assert seen(answer).scale * seen(answer).grid.repeat == pytest.approx(1)
        qtbot.mouseClick(view.fit, LEFT)
        assert position(answer) == pytest.approx(before)

    def test_zoomed_in_hovering_and_clicking_find_the_value_under_the_mouse(self, show, qtbot):
        answer, spot = show(state_of(two_designs())), Spot(4, 6, 3)
        wheel(answer, point_of(answer, 1, spot), 10)
        at = point_of(answer, 1, spot).toPoint()
        with qtbot.waitSignal(answer.view.hovered) as said:
            QTest.mouseMove(answer.view.canvas.viewport(), at)
        assert said.args[0].startswith("bottleneck · conv5x5 · channel 4, y 6, x 3: ")
        QTest.mouseClick(answer.view.canvas.viewport(), LEFT, pos=at)
        assert answer.focuses == [Focus(*BOTTLENECK, 4, (6, 3))]

    def test_the_zoom_stays_for_other_maps_of_the_project_and_fits_another_project(self, show):
        answer = show(state_of(two_designs()))
        fitted = position(answer)
        wheel(answer, point_of(answer, 0, Spot(3, 4, 5)), 6)
        zoomed = position(answer)
        answer.show(replace(answer.state, focus=Focus("bottleneck", "reduce")))
        assert visible_share(answer, 0)[2] < 1
        answer.show(replace(answer.state, focus=Focus(*NAIVE)))
        assert position(answer) == pytest.approx(zoomed)
        answer.view.resize(710, 600)
        answer.view.resize(700, 600)
        QApplication.processEvents()
        assert seen(answer).scale == pytest.approx(zoomed[2])
        answer.show(replace(answer.state, session=answer.state.session + 1))
        assert position(answer) == pytest.approx(fitted)

    def test_no_pixels_are_made_of_tiles_out_of_sight(self, show, monkeypatch):
        project = Project(NoiseInput((3, 40, 40)), (design("naive", conv("conv5x5", 64, 1)),))
        answer, blocks = show(state_of(project)), []
        make = tiles_item.tile_image
        monkeypatch.setattr(
            tiles_item, "tile_image", lambda *arguments: blocks.append(arguments[2]) or make(*arguments)
        )
        wheel(answer, point_of(answer, 0, Spot(20, 20, 20)), 20)
        answer.view.canvas.grab()
        assert set(blocks) == {seen(answer).visible_block()}
        assert len(seen(answer).visible_channels()) == 1


def colours_on_screen(answer, spot):
    """The colour of a value in both designs."""
    image = answer.view.canvas.grab().toImage()
    return [image.pixelColor(point_of(answer, plate, spot).toPoint()).name() for plate in (0, 1)]


def expected_colours(answer, spot, low, high):
    volumes = [answer.state.volume_at(ref).volume for ref in (NAIVE, BOTTLENECK)]
    rows = [load_lut("viridis")[to_levels(np.array([volume[spot]]), low, high).item()] for volume in volumes]
    return ["#" + bytes(row.tolist()).hex() for row in rows]


def bar_of(answer):
    (bar,) = [item for item in answer.view.canvas.scene().items() if isinstance(item, LevelsBar)]
    return bar


def middle_of(answer, end):
    """The middle of a handle: 0 is the low end, 1 the high one."""
    return bar_of(answer).handle_rect(end).center()


def levels_of(answer):
    by_hand = answer.state.look.levels
    return None if by_hand is None else (by_hand.low, by_hand.high)


class TestLevels:
    def automatic(self, answer):
        return answer.view.canvas._content.adjustable_levels

    def test_dragging_an_end_changes_the_colours_of_both_designs_at_once(self, show):
        answer, spot = show(state_of(two_designs())), Spot(1, 2, 3)
        low, high = self.automatic(answer)
        width = middle_of(answer, 1).x() - middle_of(answer, 0).x()
        start, found = middle_of(answer, 1), []
        for way in (QPoint(-20, 0), QPoint(-60, 3)):
            point = drag(answer, start, way) if not found else start.toPoint() + way
            QTest.mouseMove(answer.view.canvas.viewport(), point)
            found.append(levels_of(answer))
            assert found[-1][1] == pytest.approx(high + way.x() / width * (high - low), abs=0.05)
            assert colours_on_screen(answer, spot) == expected_colours(answer, spot, *found[-1])
        drop(answer, point)
        assert levels_of(answer) == found[-1]
        assert found[-1][0] == pytest.approx(low, abs=0.005)
        assert middle_of(answer, 1).x() > point.x() + 20  # the end of the bar stands for the new level

    def test_a_second_drag_begins_at_the_levels_of_the_first(self, show):
        answer = show(state_of(two_designs()))
        drop(answer, drag(answer, middle_of(answer, 1), QPoint(-40, 0)))
        low, high = levels_of(answer)
        drop(answer, drag(answer, middle_of(answer, 0), QPoint(30, 0)))
        assert levels_of(answer)[1] == high
        assert levels_of(answer)[0] > low

    def test_dragging_the_middle_moves_both_ends(self, show):
        answer = show(state_of(two_designs()))
        low, high = self.automatic(answer)
        middle = (middle_of(answer, 0) + middle_of(answer, 1)) / 2
        drop(answer, drag(answer, middle, QPoint(10, 0), QPoint(60, 0)))
        new_low, new_high = levels_of(answer)
        assert new_high - new_low == pytest.approx(high - low, abs=0.03)
        assert new_low > low + 0.5

    def test_auto_returns_to_the_range_of_the_values(self, show, qtbot):
        answer, spot = show(state_of(two_designs())), Spot(1, 2, 3)
        automatic = self.automatic(answer)
        assert not answer.view.automatic.isEnabled()
        drop(answer, drag(answer, middle_of(answer, 1), QPoint(-40, 0)))
        assert answer.view.automatic.isEnabled()
        qtbot.mouseClick(answer.view.automatic, LEFT)
        assert levels_of(answer) is None
        assert not answer.view.automatic.isEnabled()
        assert colours_on_screen(answer, spot) == expected_colours(answer, spot, *automatic)

    def test_files_show_the_levels_of_the_screen(self, show):
        answer, spot = show(state_of(two_designs())), Spot(1, 2, 3)
        drop(answer, drag(answer, middle_of(answer, 1), QPoint(-60, 0)))
        low, high = (f"{level:.3g}".replace("-", "−") for level in levels_of(answer))
        picture = svg(paint_mosaics, answer.state)
        assert f"shared range of both designs {low} … {high} (set by hand)" in picture
        assert f">{high}</text>" in picture
        assert "percentiles" not in picture
        image = drawn(answer.state, answer.view.canvas.width(), answer.view.canvas.height())
        screen = answer.view.canvas.grab().toImage()
        for plate in (0, 1):
            point = point_of(answer, plate, spot).toPoint()
            assert image.pixelColor(point) == screen.pixelColor(point)

    def test_zero_centred_ends_stay_opposite(self, show):
        answer = show(state_of(two_designs(), zero_centred=True))
        _, high = self.automatic(answer)
        drop(answer, drag(answer, middle_of(answer, 0), QPoint(40, 0)))
        low, new_high = levels_of(answer)
        assert low == -new_high
        assert new_high < high

    def test_levels_that_are_not_opposite_become_so_when_zero_is_the_middle(self, show):
        levels = ColourLevels(0, NAIVE, -0.5, 2.0)
        answer = show(state_of(two_designs(), levels=levels, zero_centred=True))
        assert self.automatic(answer) == (-2.0, 2.0)
        answer.show(replace(answer.state, look=replace(answer.state.look, zero_centred=False)))
        assert self.automatic(answer) == (-0.5, 2.0)

    def test_they_hold_for_the_layer_and_its_companion_alone(self, show):
        answer = show(state_of(two_designs(), levels=ColourLevels(0, NAIVE, -0.5, 2.0)))
        for focus, by_hand in (
            (Focus(*BOTTLENECK), True),
            (Focus("bottleneck", "reduce"), False),
            (Focus(*NAIVE), True),
        ):
            answer.show(replace(answer.state, focus=focus))
            assert (self.automatic(answer) == (-0.5, 2.0)) == by_hand
            assert answer.view.automatic.isEnabled() == by_hand
        answer.show(replace(answer.state, session=1))
        assert self.automatic(answer) != (-0.5, 2.0)

    @pytest.mark.parametrize("case", ["per map", "one value", "before a run"])
    def test_without_a_range_that_maps_share_there_is_nothing_to_drag(self, show, case):
        answer = show(state_of(two_designs()))
        other = {
            "per map": state_of(two_designs(), range="per map", levels=ColourLevels(0, NAIVE, -1.0, 1.0)),
            "one value": state_of(two_designs(), volumes=dict.fromkeys((NAIVE, BOTTLENECK), np.ones((6, 9, 11)))),
            "before a run": replace(answer.state, run=replace(answer.state.run, results={})),
        }[case]
        answer.show(other)
        assert not bar_of(answer).isVisible()
        assert not answer.view.automatic.isEnabled()

    def test_the_difference_has_its_own_range(self, show):
        answer = show(state_of(two_designs(), comparison="maps + difference"))
        panel = answer.view.canvas._content.panels[2]
        drop(answer, drag(answer, middle_of(answer, 1), QPoint(-60, 0)))
        assert answer.view.canvas._content.panels[2].tiles.highs.tolist() == panel.tiles.highs.tolist()

    def test_keys_move_the_ends(self, show, qtbot):
        answer = show(state_of(two_designs()))
        low, high = self.automatic(answer)
        shift = Qt.KeyboardModifier.ShiftModifier
        for key, moves in (
            (Qt.Key.Key_Right, (1, 0)),
            (Qt.Key.Key_Left, (-1, 0)),
            (Qt.Key.Key_Up, (0, 1)),
            (Qt.Key.Key_Down, (0, -1)),
        ):
            qtbot.keyClick(answer.view.canvas, key, shift)
            expected = np.add((low, high), np.multiply(moves, (high - low) / 20))
            assert levels_of(answer) == pytest.approx(tuple(expected), abs=0.01)
            qtbot.keyClick(answer.view.canvas, Qt.Key.Key_A)
            assert levels_of(answer) is None
        assert answer.focuses == []

    def test_the_ends_never_meet(self):
        for low_by, high_by in ((1, 0), (5, 0), (0, -1), (0, -5)):
            low, high = move_levels((-1.0, 3.0), low_by, high_by, zero_centred=False)
            assert low < high
        assert move_levels((-1.0, 1.0), 0, -5, zero_centred=True) == (-0.01, 0.01)

    def test_the_status_bar_says_that_the_bar_can_be_dragged(self, show, qtbot):
        answer = show(state_of(two_designs()))
        at = answer.view.canvas.current_layout().legend_rect.center().toPoint()
        with qtbot.waitSignal(answer.view.hovered) as said:
            QTest.mouseMove(answer.view.canvas.viewport(), at)
        assert said.args[0].endswith("drag an end of the bar to set it by hand")


@pytest.mark.parametrize("size", [(1, 1), (10, 10), (1, 300), (300, 1), (80, 60)])
def test_a_canvas_of_any_size_is_drawn_and_zoomed(qtbot, size):
    state = state_of(two_designs(), Focus(*NAIVE, 2, (1, 1)), comparison="maps + difference", detail="histogram")
    canvas = MosaicCanvas(state, build_mosaic_content(state))
    qtbot.addWidget(canvas)
    canvas.setMinimumSize(1, 1)
    canvas.resize(*size)
    canvas.show()
    for act in (canvas.zoom_in, canvas.show_true_size, canvas.zoom_to_selection, canvas.zoom_out, canvas.fit):
        act()
        canvas.grab()


def test_the_histogram_has_round_numbers_on_both_axes():
    volume = random_volume((6, 9, 11))
    volume[3] = np.linspace(-2, 2, 99).reshape(9, 11)
    state = state_of(two_designs(), Focus(*NAIVE, 3), dict.fromkeys((NAIVE, BOTTLENECK), volume), detail="histogram")
    picture = svg(paint_mosaics, state)
    assert all(f">{text}</text>" in picture for text in ("−2", "−1", "0", "1", "2", "3", "values per bin"))

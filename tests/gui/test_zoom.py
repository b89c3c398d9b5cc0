"""The zoom and pan of all drawings: which part is visible, and that linked boxes show the same part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSizeF, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gui.graphics.canvas import Canvas
from gui.graphics.painted_item import PaintedItem
from gui.graphics.zoom import FIT, Zoom, scale_about, visible_rect
from gui.graphics.zoom_box import MOST_ZOOM, ZOOM_STEP, ZoomBox
from gui.theme import LIGHT
from tests.gui.user_input import move_mouse, turn_wheel

LENGTHS = st.floats(1.0, 5000.0)
FACTORS = st.floats(0.2, MOST_ZOOM)
SHARES = st.floats(-1.0, 2.0)
WHOLES = st.builds(QRectF, st.floats(-100, 100), st.floats(-100, 100), LENGTHS, LENGTHS)
SIZES = st.builds(QSizeF, LENGTHS, LENGTHS)


@given(WHOLES, SIZES, FACTORS, SHARES, SHARES, st.booleans())
def test_nothing_beyond_the_whole_is_visible_unless_all_of_it_is(whole, size, factor, x, y, from_corner):
    zoom = Zoom(factor, factor, x, y)
    visible = visible_rect(whole, size, zoom, keeps_aspect=True, from_corner=from_corner)
    near = 1e-6 * max(whole.width(), whole.height(), 100)
    for start, end, low, high in (
        (visible.left(), visible.right(), whole.left(), whole.right()),
        (visible.top(), visible.bottom(), whole.top(), whole.bottom()),
    ):
        if end - start <= high - low:
            assert low - near <= start <= end <= high + near
        elif from_corner:
            assert start == pytest.approx(low, abs=near)
        else:
            assert start + end == pytest.approx(low + high, abs=near)


@given(WHOLES, SIZES, FACTORS, SHARES, SHARES)
def test_a_unit_has_the_same_length_in_both_directions_if_the_aspect_is_kept(whole, size, factor, x, y):
    visible = visible_rect(whole, size, Zoom(factor, factor, x, y), keeps_aspect=True)
    assert visible.width() * size.height() == pytest.approx(visible.height() * size.width(), rel=1e-6)


@given(WHOLES, SIZES, st.booleans())
def test_fitting_shows_the_whole_and_touches_it(whole, size, keeps_aspect):
    visible = visible_rect(whole, size, FIT, keeps_aspect=keeps_aspect)
    ratios = visible.width() / whole.width(), visible.height() / whole.height()
    assert min(ratios) == pytest.approx(1)
    assert keeps_aspect or max(ratios) == pytest.approx(1)


@given(WHOLES, st.builds(QPointF, st.floats(-99, 99), st.floats(-99, 99)), FACTORS, FACTORS)
def test_the_point_under_the_mouse_stays_where_it_is(visible, point, across, down):
    zoomed = scale_about(visible, point, across, down)
    for before, after in (
        ((point.x() - visible.left()) / visible.width(), (point.x() - zoomed.left()) / zoomed.width()),
        ((point.y() - visible.top()) / visible.height(), (point.y() - zoomed.top()) / zoomed.height()),
    ):
        assert after == pytest.approx(before, rel=1e-6, abs=1e-6)


class TwoBoxes(Canvas):
    """Two boxes of different sizes side by side, linked; their wholes differ, too."""

    def __init__(self):
        super().__init__("Two boxes", LIGHT)
        self.boxes = ZoomBox(), ZoomBox()
        self.clicks, self.double_clicks = [], 0
        for box, (x, width), whole in zip(
            self.boxes, ((0, 200), (220, 150)), (QRectF(0, 0, 100, 100), QRectF(0, 0, 30, 40)), strict=True
        ):
            self.addItem(box)
            box.setGeometry(QRectF(x, 0, width, 200))
            box.set_whole(whole)
            box.link(self.boxes)

    @property
    def zoom_box(self):
        return self.boxes[0]

    def describe(self, point):
        return f"{point.x():.0f}, {point.y():.0f}"

    def tip(self, point):
        return "tip"

    def click(self, point):
        self.clicks.append(point.toPoint())


@pytest.fixture
def canvas(qtbot):
    canvas = TwoBoxes()
    qtbot.addWidget(canvas)
    canvas.resize(400, 200)
    canvas.show()
    qtbot.waitExposed(canvas)
    return canvas


def visible_fractions(box):
    rect, whole = box.viewRect(), box.whole
    return rect.center().x() / whole.width(), rect.center().y() / whole.height()


@pytest.mark.parametrize("number", [0, 1])
def test_the_wheel_zooms_linked_boxes_together(canvas, number):
    turn_wheel(canvas.viewport(), 5, (QPoint(60, 90), QPoint(280, 90))[number])
    first, second = canvas.boxes
    assert first.zoom.across > 2
    assert first.zoom == second.zoom
    turn_wheel(canvas.viewport(), -50, QPoint(60, 90))
    assert first.zoom.across == second.zoom.across == 1.0


def test_no_wheel_zooms_beyond_the_limits(canvas):
    turn_wheel(canvas.viewport(), 100, QPoint(60, 90))
    assert canvas.zoom_box.zoom.across == MOST_ZOOM


def test_a_drag_moves_linked_boxes_together(canvas):
    canvas.zoom_in()
    canvas.zoom_in()
    before = [visible_fractions(box) for box in canvas.boxes]
    drag(canvas, QPoint(100, 100), QPoint(90, 94))
    after = [visible_fractions(box) for box in canvas.boxes]
    assert after[0][0] > before[0][0]
    assert after[0][1] > before[0][1]
    assert after[0] == pytest.approx(after[1])
    assert not canvas.clicks


def drag(canvas, start, end):
    QTest.mousePress(canvas.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 5):
        move_mouse(canvas.viewport(), start + (end - start) * step / 4, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(canvas.viewport(), Qt.MouseButton.LeftButton, pos=end)


def test_keys_zoom_and_fit(canvas):
    for key, across in ((Qt.Key.Key_Plus, ZOOM_STEP), (Qt.Key.Key_Minus, 1.0), (Qt.Key.Key_Equal, ZOOM_STEP)):
        QTest.keyClick(canvas, key)
        assert canvas.zoom_box.zoom.across == pytest.approx(across)
    QTest.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.zoom_box.zoom == FIT


def test_a_click_selects_and_a_double_click_fits(canvas):
    canvas.zoom_in()
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, 50))
    assert canvas.clicks == [QPoint(40, 50)]
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.RightButton, pos=QPoint(40, 50))
    assert len(canvas.clicks) == 1
    QTest.mouseDClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(40, 50))
    assert canvas.zoom_box.zoom == FIT


def test_hovering_describes_what_is_under_the_mouse_until_it_leaves(canvas):
    texts = []
    canvas.hovered.connect(texts.append)
    move_mouse(canvas.viewport(), QPoint(40, 50))
    move_mouse(canvas.viewport(), QPoint(41, 50))
    assert texts[-1] == "41, 50"
    QApplication.sendEvent(canvas, leave_event())
    assert texts[-1] == ""


def test_what_was_under_the_mouse_is_described_no_longer_when_its_drawing_is_hidden(canvas):
    texts = []
    canvas.hovered.connect(texts.append)
    canvas.show()
    move_mouse(canvas.viewport(), QPoint(40, 50))
    canvas.hide()
    assert texts == ["40, 50", ""]


def leave_event():
    return QEvent(QEvent.Type.Leave)


def test_the_zoom_of_a_box_is_kept_when_it_is_resized(canvas):
    canvas.zoom_in()
    zoom = canvas.zoom_box.zoom
    canvas.zoom_box.setGeometry(QRectF(0, 0, 120, 180))
    assert canvas.zoom_box.zoom == zoom
    assert canvas.zoom_box.viewRect().width() == pytest.approx(100 / ZOOM_STEP)


def test_the_middle_stays_when_the_whole_is_resized(canvas):
    canvas.zoom_in()
    canvas.zoom_box.set_whole(QRectF(0, 0, 200, 200))
    assert canvas.zoom_box.viewRect().getRect() == pytest.approx((20, 20, 160, 160))


# In the window


def test_the_menu_of_every_drawing_ends_in_the_same_commands(window):
    canvases = window.findChildren(Canvas)
    assert canvases
    for canvas in canvases:
        assert [action.text().replace("&", "") for action in canvas.actions() if not action.isSeparator()][-6:] == [
            "Zoom in", "Zoom out", "Fit", "Zoom to selection", "Copy as a picture", "Export…",
        ]  # fmt: skip


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
def test_a_right_click_opens_the_menu(window, qtbot):
    canvas = window.views["volumes"].canvas
    texts = []

    def read_menu():
        menu = QApplication.activePopupWidget()
        texts.extend(action.text() for action in menu.actions())
        menu.close()

    QTimer.singleShot(0, read_menu)
    at = canvas.viewport().rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, canvas.viewport().mapToGlobal(at))
    QApplication.sendEvent(canvas.viewport(), event)
    assert texts == [action.text() for action in canvas.actions()]


def test_commands_zoom_the_drawing_that_has_the_focus(window, qtbot):
    canvas = window.views["volumes"].canvas
    for action_id, across in (("zoom_in", ZOOM_STEP), ("zoom_out", 1.0), ("zoom_in", ZOOM_STEP), ("fit", 1.0)):
        window.actions_by_id[action_id].trigger()
        assert canvas.zoom_box.zoom.across == pytest.approx(across)
    with qtbot.waitSignal(canvas.zoom_box.zoom_changed):
        window.actions_by_id["zoom_to_selection"].trigger()


def test_another_project_fits_the_drawings(window, qtbot):
    window.views["volumes"].canvas.zoom_in()
    window.workbench.show_project(window.workbench.state.project)
    assert window.views["volumes"].canvas.zoom_box.zoom == FIT


def test_a_painted_item_paints_in_its_rectangle(canvas):
    rects = []
    item = PaintedItem(lambda painter: rects.append(painter.transform().mapRect(QRectF(0, 0, 10, 10))))
    item.set_rect(QRectF(0, 0, 10, 10))
    canvas.zoom_box.addItem(item)
    canvas.grab()
    assert rects[-1].width() == pytest.approx(20)

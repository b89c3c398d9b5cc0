"""The volumes view: hits of points, and what mouse and keys request."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, QVariantAnimation
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolButton

from engine.network.graph import INPUT, Network
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from gui.graphics.zoom import FIT, Zoom
from gui.graphics.zoom_box import ZOOM_STEP
from gui.paint.volumes import faces, hits
from gui.paint.volumes.layout import lay_out_volumes
from gui.paint.volumes.pinned_parts import place_pinned_parts
from gui.paint.volumes.retained_picture import VolumesPage
from gui.state.cameras import CAMERA_VIEWS
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.volume_at import VolumeResult
from gui.theme import LIGHT
from gui.views.volumes import VolumesView
from tests.gui.user_input import turn_wheel
from tests.gui.view_harness import update_view
from tests.gui.volume_scenes import INCEPTION, TWO, box_of, conv, scene_of, state_of

pytestmark = pytest.mark.usefixtures("qapp")


# Hits


def test_every_face_is_hit_at_the_pixels_where_it_is_painted():
    state = state_of(INCEPTION)
    laid_out = lay_out_volumes(state, 1600, 900)
    for box in laid_out.scene.boxes:
        shape = box.vertex.shape
        sizes = {"front": (shape.width, shape.height), "top": (shape.width, shape.channels)}
        for face in box.prism.faces():
            columns, rows = sizes.get(face.side, (shape.channels, shape.height))
            for column, row in ((0, 0), (columns - 1, rows - 1), (columns // 2, rows // 3)):
                at = face.transform(columns, rows).map(QPointF(column + 0.5, row + 0.5)) * laid_out.scene.shrink
                hit = hits.hit_volumes(state, laid_out, at.x(), at.y())
                assert hit.ref == box.ref
                assert hit.side == face.side
                expected = {
                    "front": (hit.channel, (row, column)),
                    "top": (row, (0, column)),
                    "right": (column, (row, shape.width - 1)),
                    "left": (column, (row, 0)),
                }[face.side]
                assert (hit.channel, hit.pixel) == expected


def test_the_description_of_a_hit_has_its_value():
    state = state_of(TWO, focus=Focus("bottleneck", "reduce", 3))
    value = state.volume_at(("bottleneck", "reduce")).volume[3, 12, 7]
    hit = hits.VolumeHit(("bottleneck", "reduce"), "front", 3, (12, 7))
    value_text = f"{value:.4g}".replace("-", "−")
    assert hits.describe_hit(state, hit) == f"bottleneck · reduce · 16×28×28 · channel 3, y 12, x 7: {value_text}"


def test_a_thin_box_is_hit_beside_its_edge_and_at_its_name():
    project = Project(NoiseInput((1000, 1, 1)), (Design("deep", Network((conv("conv", 2),))),))
    state = state_of(project, yaw=-90.0, pitch=0.0, scale="true")
    laid_out = lay_out_volumes(state, 900, 500)
    box = box_of(laid_out.scene, INPUT)
    shrink = laid_out.scene.shrink
    assert hits.hit_volumes(state, laid_out, box.x * shrink, (box.bounds[3] + 2) * shrink).ref == box.ref
    name = next(text for text in box.texts if text.text == INPUT)
    assert hits.hit_volumes(state, laid_out, (name.x + 2) * shrink, (name.y - 2) * shrink).ref == box.ref
    assert hits.hit_volumes(state, laid_out, 1.0, 499.0) is None


@pytest.mark.parametrize(("project", "is_beside"), [(INCEPTION, True), (TWO, False)])
def test_the_rectangle_of_a_box_has_its_name_and_the_note_beside_or_below_it(view, project, is_beside):
    update_view(view, state_of(project, blocks="open"))
    scene = view.canvas.current_layout().scene
    assert any(box.caption.note_beside_name for box in scene.boxes) == is_beside
    for box in scene.boxes:
        rect = view.canvas.box_rect(box.ref).adjusted(-1, -1, 1, 1)
        for left, top, right, bottom in (text.rect for text in box.texts_with_note("channel 7") if text.text):
            for corner in (QPointF(left, top), QPointF(right, bottom)):
                assert rect.contains(view.canvas.widget_point(corner * scene.shrink)), box.ref


def test_arrow_keys_follow_connections_branches_and_designs():
    scene = scene_of(state_of(INCEPTION))
    assert hits.find_neighbour(scene, box_of(scene, "3x3_reduce"), "right") == ("inception", "3x3")
    assert hits.find_neighbour(scene, box_of(scene, "3x3_reduce"), "left") == ("inception", INPUT)
    assert hits.find_neighbour(scene, box_of(scene, "3x3"), "down") == ("inception", "5x5")
    assert hits.find_neighbour(scene, box_of(scene, "concat"), "right") is None
    two = scene_of(state_of(TWO))
    assert hits.find_neighbour(two, box_of(two, "conv5x5", "naive"), "down") == ("bottleneck", "conv5x5")
    assert hits.find_neighbour(two, box_of(two, INPUT, "bottleneck"), "up") == ("naive", INPUT)


# The widget


@pytest.fixture
def view(qtbot, monkeypatch):
    monkeypatch.setattr(VolumesView, "turn_milliseconds", 0)
    view = VolumesView(state_of(TWO))
    qtbot.addWidget(view)
    view.resize(1000, 600)
    view.show()
    qtbot.waitExposed(view)
    return view


def test_the_toolbar_hides_its_labels_if_they_do_not_fit(view):
    labels = [label for label in view.findChildren(QLabel) if label.text() in ("Camera", "Edges")]
    assert [label.isVisible() for label in labels] == [True, True]
    view.resize(view.minimumSizeHint().width(), 400)
    assert view.width() < 400
    assert not any(label.isVisible() for label in labels)
    for button in filter(QToolButton.isVisible, view.findChildren(QToolButton)):
        assert button.width() >= button.minimumSizeHint().width()
    view.resize(1000, 600)
    assert [label.isVisible() for label in labels] == [True, True]


def test_the_window_can_be_resized_to_900_by_560(window):
    window.resize(900, 560)
    QApplication.processEvents()
    assert (window.width(), window.height()) == (900, 560)


def point_of(view, name, design, fractions=(0.5, 0.5, 0)):
    scene = view.canvas.current_layout().scene
    x, y = box_of(scene, name, design).prism.corner(*fractions)
    at = view.canvas.widget_point(QPointF(x, y) * scene.shrink)
    return QPoint(int(at.x()), int(at.y()))


def drag(widget, start, end, modifier=Qt.KeyboardModifier.NoModifier, button=Qt.MouseButton.LeftButton):
    QTest.mousePress(widget, button, modifier, start)
    for step in range(1, 5):
        at = start + (end - start) * step / 4
        position = QPointF(at)
        event = _move(position, widget, button, modifier)
        QApplication.sendEvent(widget, event)
    QTest.mouseRelease(widget, button, modifier, end)


def _move(position, widget, button, modifier):
    return QMouseEvent(
        QEvent.Type.MouseMove, position, widget.mapToGlobal(position), Qt.MouseButton.NoButton, button, modifier
    )


def test_a_click_on_a_front_face_selects_volume_channel_and_pixel(view, qtbot):
    scene = view.canvas.current_layout().scene
    box = box_of(scene, "reduce")
    volume = view._state.volume_at(box.ref).volume
    with qtbot.waitSignal(view.focus_requested) as request:
        at = point_of(view, "reduce", "bottleneck", (7.5 / 28, 12.5 / 28, 0))
        QTest.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
    (focus,) = request.args
    assert focus.ref == ("bottleneck", "reduce")
    assert focus.channel == faces.most_varied_channel(volume)
    assert focus.pixel == (12, 7)


def test_a_click_before_a_run_selects_only_the_volume(view, qtbot):
    update_view(view, state_of(TWO, run=False))
    with qtbot.waitSignal(view.focus_requested) as request:
        QTest.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=point_of(view, "reduce", "bottleneck"))
    assert request.args == [Focus("bottleneck", "reduce")]


def test_a_drag_turns_the_camera_and_selects_nothing(view, qtbot):
    looks = []
    view.look_requested.connect(looks.append)
    view.focus_requested.connect(lambda focus: pytest.fail(f"selected {focus}"))
    start = QPoint(5, 300)
    assert view.canvas.hit_at(QPointF(start)) is None
    drag(view.canvas.viewport(), start, start + QPoint(40, 20))
    assert looks[0].yaw > Look().yaw
    assert looks[0].pitch > Look().pitch


@pytest.mark.parametrize(
    ("button", "modifier"),
    [
        (Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier),
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier),
    ],
)
def test_a_drag_with_the_middle_button_or_shift_moves_the_picture(view, button, modifier):
    view.look_requested.connect(lambda look: pytest.fail("turned"))
    view.canvas.zoom_in()
    before = view.canvas.widget_point(QPointF(500, 300))
    drag(view.canvas.viewport(), QPoint(300, 300), QPoint(340, 310), modifier, button)
    moved = view.canvas.widget_point(QPointF(500, 300)) - before
    assert (moved.x(), moved.y()) == pytest.approx((40, 10))
    QTest.mouseDClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 300))
    assert view.canvas.zoom_box.zoom == FIT


def test_the_wheel_zooms_about_the_mouse_and_fit_shows_the_complete_picture(view):
    at = point_of(view, "reduce", "bottleneck")
    before = view.canvas.hit_at(QPointF(at))
    turn_wheel(view.canvas.viewport(), 4, at)
    assert view.canvas.zoom_box.zoom.across > 2
    assert view.canvas.hit_at(QPointF(at)) == before
    QTest.mouseClick(view.fit_button, Qt.MouseButton.LeftButton)
    assert view.canvas.zoom_box.zoom == FIT
    QTest.mouseClick(view.nearer_button, Qt.MouseButton.LeftButton)
    assert view.canvas.zoom_box.zoom.across == ZOOM_STEP
    QTest.keyClick(view.canvas, Qt.Key.Key_0)
    assert view.canvas.zoom_box.zoom == FIT


@pytest.mark.parametrize("key", [Qt.Key.Key_Plus, Qt.Key.Key_Equal])
def test_plus_and_minus_zoom_about_the_middle(view, key):
    QTest.keyClick(view.canvas, key)
    assert view.canvas.zoom_box.zoom == Zoom(ZOOM_STEP, ZOOM_STEP, 0.5, 0.5)
    QTest.keyClick(view.canvas, Qt.Key.Key_Minus)
    assert view.canvas.zoom_box.zoom == FIT


def run_again(state):
    """The state after a run with other values."""
    keys = state.check.keys
    results = {ref: VolumeResult(keys[ref], -result.volume) for ref, result in state.run.results.items()}
    return replace(state, run=state.run.advance(results, None))


def test_a_picture_taken_while_a_run_is_painted_in_passes_has_all_results(view):
    state = run_again(view.canvas.state)
    QApplication.processEvents()
    before = view.canvas.grab().toImage()
    update_view(view, state)
    at_once = view.canvas.grab().toImage()
    assert at_once != before
    for _ in range(50):
        QApplication.processEvents()
    assert view.canvas.grab().toImage() == at_once


def test_the_end_of_a_run_prepares_no_picture_anew(view, monkeypatch):
    update_view(view, run_again(view.canvas.state))
    view.canvas.grab()
    found = []
    find_visible = VolumesPage.find_visible
    monkeypatch.setattr(VolumesPage, "find_visible", lambda page: found.append(page) or find_visible(page))
    state = view.canvas.state
    update_view(view, replace(state, run=state.run.advance({}, None)))
    view.canvas.grab()
    assert not found
    update_view(view, run_again(view.canvas.state))
    view.canvas.grab()
    assert found


def test_what_a_person_does_is_handled_before_the_results_of_a_run_are_painted(view, qtbot):
    QApplication.processEvents()
    order, person = [], QTimer(interval=0)
    person.timeout.connect(lambda: order.append("person"))
    person.start()
    paint = view.canvas._retained.paint
    view.canvas._retained.paint = lambda *page: (order.append("paint"), paint(*page))
    update_view(view, run_again(view.canvas.state))
    qtbot.waitUntil(lambda: "paint" in order)
    assert order.index("person") < order.index("paint")


def test_the_zoom_stays_after_an_edit_and_fits_for_another_project(view):
    view.canvas.zoom_in()
    zoom = view.canvas.zoom_box.zoom
    update_view(view, state_of(INCEPTION))
    assert view.canvas.zoom_box.zoom == zoom
    update_view(view, replace(state_of(TWO), session=1))
    assert view.canvas.zoom_box.zoom == FIT


def test_a_zoomed_picture_fills_the_view_after_a_resize(view):
    view.canvas.zoom_in()
    view.resize(700, 500)
    QApplication.processEvents()
    visible, whole = view.canvas.zoom_box.viewRect(), view.canvas.zoom_box.whole
    assert (whole.width(), whole.height()) == (view.canvas.width(), view.canvas.height())
    assert visible.width() == pytest.approx(whole.width() / ZOOM_STEP)
    assert visible.height() == pytest.approx(whole.height() / ZOOM_STEP)
    assert whole.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(visible)


def test_headings_and_legend_stay_visible_while_zoomed_and_hide_what_is_below_them(view):
    view.canvas.zoom_box.zoom_by(6.0, view.canvas.picture_point(QPointF(point_of(view, "conv5x5", "naive"))))
    layout, height = view.canvas.current_layout(), view.canvas.height()
    visible = view.canvas.zoom_box.viewRect()
    pinned = place_pinned_parts(layout, view.canvas.width(), height, 6.0, visible.top())
    assert pinned.heading_tops == (0.0, None)
    legend = QPointF(500, height - layout.legend_height / 2)
    assert pinned.cover(legend)
    assert view.canvas.hit_at(legend) is None
    image = view.canvas.grab().toImage()
    strip = image.copy(0, 2, 400, int(layout.header_height) - 4)
    colours = {strip.pixelColor(x, y).name() for x in range(strip.width()) for y in range(strip.height())}
    assert LIGHT.design(0) in colours
    assert LIGHT.base in colours


@pytest.mark.parametrize(("key", "name"), [(Qt.Key.Key_T, "Top"), (Qt.Key.Key_F, "Front"), (Qt.Key.Key_1, "3-D")])
def test_keys_and_buttons_request_the_named_views(view, qtbot, key, name):
    update_view(view, state_of(TWO, yaw=10.0, pitch=10.0))
    for trigger in (
        lambda: QTest.keyClick(view.canvas, key),
        lambda: QTest.mouseClick(view.cameras[name], Qt.MouseButton.LeftButton),
    ):
        with qtbot.waitSignal(view.look_requested) as request:
            trigger()
        assert (request.args[0].yaw, request.args[0].pitch) == CAMERA_VIEWS[name]
    assert not view.cameras[name].isChecked()  # until the state has this camera
    update_view(view, state_of(TWO, yaw=CAMERA_VIEWS[name][0], pitch=CAMERA_VIEWS[name][1]))
    assert view.cameras[name].isChecked()


def test_the_camera_turns_to_a_named_view_in_steps(view, qtbot, monkeypatch):
    monkeypatch.setattr(VolumesView, "turn_milliseconds", 80)
    looks = []
    view.look_requested.connect(looks.append)
    view.turn_to("Top")
    qtbot.waitUntil(lambda: bool(looks) and (looks[-1].yaw, looks[-1].pitch) == CAMERA_VIEWS["Top"])
    pitches = [look.pitch for look in looks]
    assert pitches == sorted(pitches)
    assert len(pitches) > 2


def record_states(view, state):
    """The states of a view whose requested looks are shown at once, as in the window."""
    states = [state]
    update_view(view, state)

    def show(look):
        states.append(replace(states[-1], look=look))
        view.show_state(*states[-2:])

    view.look_requested.connect(show)
    return states


def cameras(states):
    return [(state.look.yaw, state.look.pitch) for state in states]


def test_a_second_motion_of_the_camera_starts_where_the_first_is(view, qtbot, monkeypatch):
    monkeypatch.setattr(VolumesView, "turn_milliseconds", 200)
    states = record_states(view, state_of(TWO))
    view.turn_to("Top")
    qtbot.waitUntil(lambda: states[-1].look.pitch > 40)
    pitch_before = states[-1].look.pitch
    del states[:-1]
    view.turn_to("Front")
    qtbot.waitUntil(lambda: cameras(states)[-1] == CAMERA_VIEWS["Front"])
    pitches = [pitch for _, pitch in cameras(states)]
    assert pitches[0] == pitch_before
    assert pitches == sorted(pitches, reverse=True)


def test_turning_by_the_mouse_stops_a_motion_of_the_camera(view, qtbot, monkeypatch):
    monkeypatch.setattr(VolumesView, "turn_milliseconds", 200)
    states = record_states(view, state_of(TWO))
    view.turn_to("Top")
    qtbot.waitUntil(lambda: states[-1].look.pitch > 30)
    view.canvas.turned.emit(1.0, 0.0)
    assert view.findChild(QVariantAnimation).state() == QVariantAnimation.State.Stopped
    assert cameras(states)[-1] != CAMERA_VIEWS["Top"]


def test_a_motion_begins_and_ends_slowly(view):
    curve = view.findChild(QVariantAnimation).easingCurve()
    assert curve.valueForProgress(0.1) < 0.05
    assert curve.valueForProgress(0.5) == pytest.approx(0.5)
    assert curve.valueForProgress(0.9) > 0.95


def test_the_scale_of_edges_is_selected_in_the_toolbar(view, qtbot):
    with qtbot.waitSignal(view.look_requested) as request:
        QTest.mouseClick(view.scales["log"], Qt.MouseButton.LeftButton)
    assert request.args[0].scale == "log"


def test_arrow_keys_select_neighbours_and_with_shift_turn_the_camera(view, qtbot):
    update_view(view, state_of(TWO, focus=Focus("bottleneck", "reduce")))
    with qtbot.waitSignal(view.focus_requested) as request:
        QTest.keyClick(view.canvas, Qt.Key.Key_Right)
    assert request.args == [Focus("bottleneck", "conv5x5")]
    with qtbot.waitSignal(view.look_requested) as turned:
        QTest.keyClick(view.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert turned.args[0].yaw == Look().yaw + 5


def test_hovering_reports_the_volume_and_channel(view, qtbot):
    at = QPointF(point_of(view, "reduce", "bottleneck"))
    with qtbot.waitSignal(view.hovered) as hovered:
        QApplication.sendEvent(
            view.canvas.viewport(),
            _move(at, view.canvas.viewport(), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier),
        )
    assert hovered.args[0].startswith("bottleneck · reduce · 16×28×28 · channel ")


def test_the_accessible_description_lists_volumes_in_order(view):
    assert "naive: input 256×28×28 → conv5x5 32×28×28" in view.canvas.accessibleDescription()

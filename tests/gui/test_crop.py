"""The crop of a photo: dragged in the panel Input by mouse and keys, within the photo, in the aspect of the input."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL import Image
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.project.project import Project
from engine.run.inputs import load_input, read_image
from gui.panels.input_panel import InputPanel
from gui.state.crop import (
    HANDLES,
    MOVE,
    Crop,
    Handle,
    aspect_of,
    current_crop,
    drag_crop,
    is_stretched,
    largest_crop,
    scale_crop,
    with_size,
)
from gui.window.main_window import MainWindow
from tests.gui.panel_harness import PHOTO, PROJECT, PanelHarness
from tests.gui.user_input import move_mouse, select_option
from tests.gui.view_harness import state_of

PHOTO_SIZE = (224, 224)
LEFT = Qt.MouseButton.LeftButton
NO_KEY, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


@st.composite
def drags(draw: st.DrawFn):
    """A photo, a crop within it, and a drag of it."""
    height, width = photo = draw(st.tuples(st.integers(1, 500), st.integers(1, 500)))
    top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    crop = Crop(top, left, draw(st.integers(1, height - top)), draw(st.integers(1, width - left)))
    handle = draw(st.sampled_from((MOVE, *HANDLES)))
    down, right = draw(st.tuples(*[st.floats(-700, 700)] * 2))
    return photo, crop, handle, down, right, draw(st.none() | st.sampled_from([0.25, 1.0, 16 / 9, 4.0]))


def is_within(crop: Crop, photo: tuple[int, int]) -> bool:
    return (
        min(crop.top, crop.left) >= 0
        and min(crop.height, crop.width) >= 1
        and crop.top + crop.height <= photo[0]
        and crop.left + crop.width <= photo[1]
    )


@given(drags())
def test_a_dragged_crop_stays_within_the_photo_and_what_is_not_dragged_stays(drag):
    photo, start, handle, down, right, aspect = drag
    crop = drag_crop(start, handle, down, right, photo, aspect)
    assert is_within(crop, photo)
    if handle == MOVE:
        assert crop[2:] == start[2:]
    if handle.vertical > 0 or (aspect is None and not handle.vertical and handle != MOVE):
        assert crop.top == start.top
    if handle.vertical < 0:
        assert crop.top + crop.height == start.top + start.height
    if handle.horizontal > 0:
        assert crop.left == start.left
    if handle.horizontal < 0:
        assert crop.left + crop.width == start.left + start.width


@given(drags())
def test_a_resized_crop_has_the_aspect_of_the_input_to_a_pixel(drag):
    photo, start, handle, down, right, _ = drag
    for aspect in (0.5, 1.0, 1.5):
        crop = drag_crop(start, handle, down, right, photo, aspect)
        if handle != MOVE and min(crop.height, crop.width) > 1:
            assert not is_stretched(crop, aspect)
        for factor in (0.7, 1.0, 1.3):
            scaled = scale_crop(start, factor, photo, aspect)
            assert is_within(scaled, photo)


@given(st.tuples(*[st.integers(1, 400)] * 2), st.tuples(*[st.integers(1, 60)] * 2))
def test_the_largest_crop_is_what_the_engine_takes_without_one(photo, size):
    crop = largest_crop(photo, size[1] / size[0])
    scale = min(photo[0] / size[0], photo[1] / size[1])
    for begin, extent, whole, side in zip(crop[:2], crop[2:], photo, size, strict=True):
        assert abs(extent - scale * side) <= 0.5 or extent == 1
        assert abs(begin + extent / 2 - whole / 2) <= 1


def test_a_crop_follows_the_size_of_the_input_and_returns_with_it():
    spec = replace(PHOTO, size=(200, 200), crop=(50, 50, 120, 120))
    wide = with_size(spec, (100, 200), PHOTO_SIZE)
    assert aspect_of(wide) == 2
    assert not is_stretched(Crop(*wide.crop), 2.0)
    assert np.allclose(with_size(wide, (200, 200), PHOTO_SIZE).crop, spec.crop, atol=1)
    stretched = replace(spec, crop=(0, 0, 100, 20))
    assert with_size(stretched, (100, 200), PHOTO_SIZE).crop == stretched.crop  # it was of another aspect on purpose
    assert with_size(spec, (100, 100), PHOTO_SIZE).crop == spec.crop
    assert with_size(replace(spec, crop=()), (9, 99), PHOTO_SIZE).crop == ()


def test_a_crop_beyond_the_photo_is_shown_as_the_largest():
    assert current_crop(replace(PHOTO, crop=(200, 0, 200, 10)), PHOTO_SIZE) == (0, 0, 224, 224)


# In the panel


def open_panel(qtbot: QtBot, **settings: object) -> tuple[InputPanel, PanelHarness]:
    """The panel with a photo that is shown, by default with a crop in its middle."""
    project = replace(PROJECT, input=replace(PHOTO, **{"crop": (60, 60, 100, 100), **settings}))
    panel = InputPanel(state_of(project))
    harness = PanelHarness(qtbot, panel)
    qtbot.waitUntil(lambda: not panel.pictures.received.image.isNull(), timeout=30_000)
    return panel, harness


def drag(panel: InputPanel, start: QPointF, down: float, right: float, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
    """Drag in the picture by pixels of the photo."""
    frame = panel.pictures.frame
    scale = frame.place.width() / PHOTO_SIZE[1]
    end = QPointF(start.x() + scale * right, start.y() + scale * down)
    QTest.mousePress(frame, LEFT, modifiers, start.toPoint())
    for share in (0.5, 1.0):
        at = (start + share * (end - start)).toPoint()
        move_mouse(frame, at, LEFT, modifiers)
    QTest.mouseRelease(frame, LEFT, modifiers, end.toPoint())


def crop_of(harness: PanelHarness) -> Crop:
    return Crop(*harness.state.project.input.crop)


def test_the_photo_and_what_the_network_receives_are_shown_before_any_run(qtbot: QtBot):
    panel, harness = open_panel(qtbot)
    assert panel.pictures.frame.image.size().toTuple() == (224, 224)
    expected, _ = read_image(harness.state.project.input, lambda: None)
    image = panel.pictures.received.image.convertToFormat(QImage.Format.Format_RGB888)
    assert image.size().toTuple() == (32, 32)
    colour = image.pixelColor(9, 20)
    assert np.allclose((colour.red(), colour.green(), colour.blue()), expected[20, 9], atol=1)
    assert not harness.state.run.results


def test_dragging_moves_the_crop_as_steps_that_merge(qtbot: QtBot):
    panel, harness = open_panel(qtbot)
    drag(panel, panel.pictures.frame.frame().center(), 30, -40)
    assert np.allclose(crop_of(harness), (90, 20, 100, 100), atol=2)
    assert len(harness.edits) == 2
    assert {edit.merge for edit in harness.edits} == {"input/crop"}
    assert harness.edits[-1].text == "Crop the photo to 100×100 pixels"


@pytest.mark.parametrize("handle", [handle for handle in HANDLES if handle.vertical and handle.horizontal])
def test_a_corner_resizes_the_crop_in_its_aspect_and_with_shift_freely(qtbot: QtBot, handle: Handle):
    panel, harness = open_panel(qtbot)
    drag(panel, panel.pictures.frame.grip(handle), 40 * handle.vertical, 20 * handle.horizontal)
    crop = crop_of(harness)
    assert crop.height == crop.width
    assert abs(crop.height - 140) <= 3
    anchor = (60 if handle.vertical > 0 else 160, 60 if handle.horizontal > 0 else 160)
    assert (crop.top + (handle.vertical < 0) * crop.height, crop.left + (handle.horizontal < 0) * crop.width) == anchor
    drag(panel, panel.pictures.frame.grip(handle), -60 * handle.vertical, 0, SHIFT)
    assert crop_of(harness).width == crop.width
    assert abs(crop_of(harness).height - (crop.height - 60)) <= 3
    assert "stretched" in panel.crop.text.text()


def test_an_edge_resizes_the_crop_around_its_middle(qtbot: QtBot):
    panel, harness = open_panel(qtbot)
    drag(panel, panel.pictures.frame.grip(Handle(0, 1)), 0, 40)
    crop = crop_of(harness)
    assert (crop.left, crop.height) == (60, crop.width)
    assert abs(crop.top + crop.height / 2 - 110) <= 1
    assert abs(crop.width - 140) <= 3


def test_a_drag_outside_the_crop_draws_another(qtbot: QtBot):
    panel, harness = open_panel(qtbot)
    place = panel.pictures.frame.place
    drag(panel, QPointF(place.right() - 10, place.top() + 10), 50, -50)
    crop = crop_of(harness)
    assert crop.height == crop.width
    assert abs(crop.height - 50) <= 3
    assert crop.top + crop.height < 80
    assert crop.left > 140
    harness.edits.clear()
    QTest.mouseClick(panel.pictures.frame, LEFT, NO_KEY, place.bottomLeft().toPoint())
    assert harness.edits == []


def test_a_double_click_the_key_0_and_the_button_take_the_largest_part(qtbot: QtBot):
    panel, harness = open_panel(qtbot)
    frame = panel.pictures.frame
    for take in (
        lambda: QTest.mouseDClick(frame, LEFT, NO_KEY, frame.rect().center()),
        lambda: qtbot.keyClick(frame, Qt.Key.Key_0),
        panel.crop.button.click,
    ):
        qtbot.keyClick(frame, Qt.Key.Key_Minus)
        assert panel.crop.button.isEnabled()
        take()
        assert harness.state.project.input.crop == ()
        assert frame.crop == (0, 0, 224, 224)
        assert not panel.crop.button.isEnabled()


def test_the_crop_is_moved_and_resized_by_keys(qtbot: QtBot):
    panel, harness = open_panel(qtbot)
    frame = panel.pictures.frame
    qtbot.keyClick(frame, Qt.Key.Key_Down)
    assert crop_of(harness) == (62, 60, 100, 100)
    qtbot.keyClick(frame, Qt.Key.Key_Left, CTRL)
    assert crop_of(harness) == (62, 59, 100, 100)
    qtbot.keyClick(frame, Qt.Key.Key_Plus)
    assert crop_of(harness)[2:] == (105, 105)
    for _ in range(60):
        qtbot.keyClick(frame, Qt.Key.Key_Up)
        qtbot.keyClick(frame, Qt.Key.Key_Minus)
    assert crop_of(harness).top == 0
    assert crop_of(harness)[2:] < (20, 20)
    for _ in range(80):
        qtbot.keyClick(frame, Qt.Key.Key_Plus)
    assert crop_of(harness) == (0, 0, 224, 224)
    assert frame.accessibleName() == "Crop of the photo"
    assert frame.accessibleDescription() == "224×224 from row 0, column 0"


def test_the_crop_of_a_turned_photo_is_in_the_picture_as_shown(qtbot: QtBot, tmp_path: Path):
    stored = Image.new("RGB", (80, 40), (0, 255, 0))
    stored.paste((255, 0, 0), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[274] = 6  # it stands upright when turned clockwise: the red corner is then at the top right
    stored.save(tmp_path / "turned.png", exif=exif)
    spec = ImageInput(str(tmp_path / "turned.png"), (10, 10))
    panel = InputPanel(state_of(replace(PROJECT, input=spec)))
    harness = PanelHarness(qtbot, panel)
    frame = panel.pictures.frame
    qtbot.waitUntil(lambda: not frame.image.isNull(), timeout=30_000)
    assert frame.image.size().toTuple() == (40, 80)
    for _ in range(40):
        qtbot.keyClick(frame, Qt.Key.Key_Minus)
        qtbot.keyClick(frame, Qt.Key.Key_Up)
        qtbot.keyClick(frame, Qt.Key.Key_Right)
    crop = crop_of(harness)
    assert crop.top + crop.height <= 20 <= crop.left
    volume = load_input(harness.state.project.input, lambda: None)
    assert np.allclose(volume.mean(axis=(1, 2)), (1, 0, 0), atol=0.02)


def test_another_photo_has_no_crop_and_is_shown(qtbot: QtBot, tmp_path: Path):
    Image.new("RGB", (50, 20), (0, 0, 255)).save(tmp_path / "blue.png")
    panel, harness = open_panel(qtbot)
    panel.use_photo(str(tmp_path / "blue.png"))
    assert harness.state.project.input.crop == ()
    frame = panel.pictures.frame
    qtbot.waitUntil(lambda: frame.image.size().toTuple() == (50, 20))
    assert frame.crop == (0, 15, 20, 20)
    qtbot.waitUntil(lambda: panel.pictures.received.image.pixelColor(5, 5).blue() == 255)
    assert panel.pictures.received.image.pixelColor(5, 5).red() == 0


@pytest.mark.parametrize("spec", [NoiseInput((3, 8, 6), 1), "array"])
def test_noise_and_arrays_have_a_picture_of_one_channel(qtbot: QtBot, tmp_path: Path, spec: NoiseInput | str):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).normal(size=(3, 8, 6)).astype(np.float32))
    spec = ArrayInput(str(tmp_path / "a.npy")) if isinstance(spec, str) else spec
    panel = InputPanel(state_of(replace(PROJECT, input=spec)))
    PanelHarness(qtbot, panel)
    qtbot.waitUntil(lambda: panel.pictures.received.image.size().toTuple() == (6, 8))
    assert panel.pictures.frame.isHidden()
    assert "of 3:" in panel.pictures.caption.text()


def test_a_photo_that_breaks_off_says_so_in_place_of_its_picture(qtbot: QtBot, tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:5000])
    panel = InputPanel(state_of(replace(PROJECT, input=ImageInput(str(tmp_path / "cut.png"), (8, 8)))))
    PanelHarness(qtbot, panel)
    qtbot.waitUntil(panel.pictures.fault.isVisible)
    assert "image file is truncated" in panel.pictures.fault.text()


def test_a_crop_beyond_the_photo_is_a_mistake_at_its_row_and_can_be_dragged_back(qtbot: QtBot):
    project = replace(PROJECT, input=replace(PHOTO, crop=(210, 0, 20, 20)))
    panel = InputPanel(state_of(project))
    harness = PanelHarness(qtbot, panel)
    assert "ends after 230 rows" in panel.fields["crop"].error.text()
    qtbot.waitUntil(lambda: not panel.pictures.frame.image.isNull(), timeout=30_000)
    assert panel.pictures.received.image.isNull()
    qtbot.keyClick(panel.pictures.frame, Qt.Key.Key_Minus)
    assert crop_of(harness)[2:] == (213, 213)
    assert harness.state.problems == ()
    assert panel.fields["crop"].error.isHidden()
    qtbot.waitUntil(lambda: not panel.pictures.received.image.isNull(), timeout=30_000)


def test_a_drag_in_the_window_is_one_step_of_undo(qtbot: QtBot, open_window):
    window: MainWindow = open_window(Project(PHOTO, PROJECT.designs))
    window.docks.bring_forward("input")
    panel = window.input
    qtbot.waitUntil(lambda: not panel.pictures.frame.image.isNull(), timeout=30_000)
    frame = panel.pictures.frame
    drag(panel, frame.grip(Handle(1, 1)), -100, -100)
    stack = window.workbench.document.undo_stack
    assert (stack.count(), stack.undoText().startswith("Crop the photo")) == (1, True)
    assert window.workbench.state.project.input.crop
    stack.undo()
    assert window.workbench.state.project.input == PHOTO
    assert frame.crop == (0, 0, 224, 224)
    select_option(qtbot, panel.kind, NoiseInput)
    assert frame.isHidden()

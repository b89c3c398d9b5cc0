"""The picture of a long network, of which only what differs is painted again, against one painted as a whole."""

import itertools

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from engine.layers import Conv2d
from engine.network.node_ref import NodeRef
from engine.run.check import check
from gui.paint.volumes.layout import lay_out_volumes
from gui.paint.volumes.retained_picture import RetainedPicture, VolumesPage
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeResult
from gui.theme import THEMES
from tests.gui.test_volumes_detail import SMALL, chain

WIDTH, HEIGHT = 460, 300


@pytest.fixture(scope="module")
def state() -> ViewState:
    return chain(300, focus="c200")


def page_of(state: ViewState, density: float = 1.0) -> VolumesPage:
    layout, area = lay_out_volumes(state, WIDTH, HEIGHT), QRectF(0, 0, WIDTH, HEIGHT)
    return VolumesPage(state, THEMES["light"], layout, WIDTH, HEIGHT, 1.0, area, density, 6.0, SMALL)


def paint(picture: RetainedPicture, state: ViewState, density: float = 1.0) -> NDArray[np.uint32]:
    image = QImage(round(WIDTH * density), round(HEIGHT * density), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(density)
    image.fill(QColor(THEMES["light"].base))
    painter = QPainter(image)
    picture.paint(painter, page_of(state, density))
    painter.end()
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()).copy()


def with_filters(state: ViewState, ref: NodeRef, filters: int) -> ViewState:
    network = state.project.network(ref[0]).with_layer(ref[1], Conv2d(filters, 3))
    project = state.project.with_network(ref[0], network)
    return replace(state, project=project, check=check(project))


def states_of(state: ViewState) -> list[ViewState]:
    """Selections of layers near and far, matches, and edits that move few or all boxes."""
    selected = [replace(state, focus=Focus("d", name)) for name in ("c201", "c200", "input")]
    found = replace(state, query="c77")
    narrow = with_filters(state, ("d", "c100"), 7)
    return [*selected, found, narrow, with_filters(narrow, ("d", "c102"), 7), with_filters(state, ("d", "c100"), 800)]


@pytest.mark.parametrize("density", [1.0, 1.5])
def test_a_picture_painted_in_parts_is_the_one_painted_as_a_whole(state: ViewState, density: float) -> None:
    picture = RetainedPicture()
    for _ in range(2):
        paint(picture, state, density)
    for other in states_of(state):
        assert np.array_equal(paint(picture, other, density), paint(RetainedPicture(), other, density))


def run_of(state: ViewState, share: float) -> ViewState:
    """A run that has reached a share of the layers, with other values than before."""
    refs = list(state.run.results)
    values = np.random.default_rng(1).standard_normal((8, 9, 9), np.float32)
    results = {ref: VolumeResult(state.check.keys[ref], values) for ref in refs[: int(share * len(refs))]}
    return replace(state, run=state.run.advance(results, None))


def test_a_picture_prepared_in_steps_is_the_one_painted_as_a_whole_after_any_step(state: ViewState) -> None:
    states = [state, run_of(state, 0.1), run_of(state, 0.3), *states_of(state)[2:4]]
    wholes = [paint(RetainedPicture(), other) for other in states]
    assert not np.array_equal(wholes[0], wholes[1])
    picture = RetainedPicture()
    for at, step in itertools.product(range(len(states)), (3, 4)):
        before = (at + step) % len(states)
        paint(picture, states[before])
        for _ in itertools.islice(picture.prepare(page_of(states[at - 1])), step):
            pass
        assert np.array_equal(paint(picture, states[at]), wholes[at])


def test_a_picture_of_few_boxes_is_prepared_face_by_face() -> None:
    few = chain(12, focus="c3")
    picture = RetainedPicture()
    assert sum(1 for _ in picture.prepare(page_of(few))) > 12
    assert np.array_equal(paint(picture, few), paint(RetainedPicture(), few))


def test_a_selection_and_a_small_edit_paint_a_part_of_the_picture(
    state: ViewState, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, clips = RetainedPicture(), list[int]()
    for _ in range(2):
        paint(picture, state)
    set_clip = QPainter.setClipRect
    monkeypatch.setattr(
        QPainter, "setClipRect", lambda self, rect: clips.append(rect.width() * rect.height()) or set_clip(self, rect)
    )
    for other in (replace(state, focus=Focus("d", "c202")), with_filters(state, ("d", "c280"), 7)):
        clips.clear()
        paint(picture, other)
        assert 0 < sum(clips) < 0.5 * WIDTH * HEIGHT

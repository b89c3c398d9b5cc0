"""What a picture of small boxes consists of, and where it differs from the picture before."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gui.paint.volumes.arrows import head_sizes
from gui.paint.volumes.box_sizes import BoxBody
from gui.paint.volumes.camera import Rect
from gui.paint.volumes.drawing import VisibleScene
from gui.paint.volumes.legend import arrow_widths
from gui.paint.volumes.readable_labels import AnchoredLabel
from gui.paint.volumes.scene import BlockFrame, ScenePoint
from gui.paint.volumes.scene_index import bounding_rect
from gui.state.view_state import ViewState

_NOT_FLAT = -4
"""Stands for the colour of boxes that are not flat, or not visible."""

_MARK, _LINE = 7.0, 1.0
"""Widths of the widest mark around a box and of a wire, in lines."""


class PaintedScene(NamedTuple):
    """All that decides how the boxes, arrows, lines and texts of a scene look; numbers count those of the scene."""

    colours: NDArray[np.int64]
    """Of the flat boxes, n: colour and mark; or _NOT_FLAT."""
    bodies: list[BoxBody]
    """The different bodies."""
    body_numbers: NDArray[np.intp]
    """Of each box, the position of its body in that list, n."""
    corners: NDArray[np.float64]
    """2 × n."""
    box_rects: NDArray[np.float64]
    """4 × n."""
    arrows: NDArray[np.float64]
    """Start, end, y and width, 4 × m."""
    arrow_rects: NDArray[np.float64]
    """4 × m."""
    arrow_colours: Sequence[tuple[str, str]]
    wires: frozenset[tuple[ScenePoint, ...]]
    frames: frozenset[tuple[BlockFrame, bool]]
    labels: frozenset[AnchoredLabel]
    large_boxes: tuple[Rect, ...]
    """Rectangles of boxes with faces, which are always drawn again: the few that are marked."""
    margin: float
    """How far lines reach beyond the shapes."""


def describe_scene(state: ViewState, visible: VisibleScene, margin: float) -> PaintedScene:
    """Describe what is painted of a scene; texts and antialiased edges reach `margin` beyond their shapes."""
    scene, parts = visible.scene, visible.parts
    places, em = scene.box_places, scene.line_breaks.text_sizes.em
    line = 0.075 * em
    matches = state.found_boxes
    colours = np.full(len(places.refs), _NOT_FLAT, dtype=np.int64)
    colours[parts.flat_boxes] = 2 * parts.flat_colours
    if matches:
        colours[[number for number in parts.flat_boxes.tolist() if places.refs[number] in matches]] += 1
    start, end, y, arrow_colours = scene.arrow_places
    widths = np.array(arrow_widths(state, scene)) * em
    heads = head_sizes(start, end, widths, em)
    selected = parts.others | {parts.focus.ref}
    return PaintedScene(
        colours,
        places.bodies,
        places.body_numbers,
        places.corners,
        places.bounds,
        np.stack((start, end, y, widths)),
        np.stack((np.minimum(start, end), y - heads - widths, np.maximum(start, end), y + heads + widths)),
        arrow_colours,
        frozenset(parts.wires),
        frozenset([(frame, frame.ref in selected) for frame in parts.frames]),
        frozenset(visible.labels),
        tuple([_large_rect(box.bounds) for box, _ in parts.boxes]),
        margin + _MARK * line,
    )


def _large_rect(bounds: Rect) -> Rect:
    """The rectangle of a box with faces and of the kernel boxes in it, which may reach beyond its edges."""
    left, top, right, bottom = bounds
    across, down = right - left, bottom - top
    return left - across, top - down, right + across, bottom + down


def changed_rects(old: PaintedScene, new: PaintedScene) -> list[Rect] | None:
    """Rectangles in which two pictures under one camera and zoom differ; None if they may differ anywhere."""
    if len(old.body_numbers) != len(new.body_numbers) or old.arrows.shape != new.arrows.shape:
        return None
    old_ids, new_ids = (np.array([*map(id, each.bodies)], np.intp)[each.body_numbers] for each in (old, new))
    moved = (old_ids != new_ids) | (old.corners != new.corners).any(axis=0)
    either = (old.colours != _NOT_FLAT) | (new.colours != _NOT_FLAT)
    boxes = np.flatnonzero((moved & either) | (old.colours != new.colours))
    arrows = np.flatnonzero((old.arrows != new.arrows).any(axis=0) | _recoloured(old, new))
    rects = [
        *_columns(old.box_rects, boxes),
        *_columns(new.box_rects, boxes),
        *_columns(old.arrow_rects, arrows),
        *_columns(new.arrow_rects, arrows),
        *map(bounding_rect, old.wires ^ new.wires),
        *(frame.rect for frame, _ in old.frames ^ new.frames),
        *(label.text.rect for label in old.labels ^ new.labels),
        *old.large_boxes,
        *new.large_boxes,
    ]
    margin = max(old.margin, new.margin)
    return [(left - margin, top - margin, right + margin, bottom + margin) for left, top, right, bottom in rects]


def _recoloured(old: PaintedScene, new: PaintedScene) -> NDArray[np.bool_]:
    """Whether each arrow has another colour."""
    if old.arrow_colours == new.arrow_colours:
        return np.zeros(len(new.arrow_colours), dtype=np.bool_)
    pairs = zip(old.arrow_colours, new.arrow_colours, strict=True)
    return np.array([before != after for before, after in pairs], dtype=np.bool_)


def _columns(rects: NDArray[np.float64], numbers: NDArray[np.intp]) -> Iterator[Rect]:
    return zip(*rects[:, numbers].tolist(), strict=True)


def merge_into_strips(rects: Iterable[Rect]) -> list[Rect]:
    """Rectangles that cover these, of which no two share a height: one per line of boxes that differs."""
    strips: list[Rect] = []
    for left, top, right, bottom in sorted(rects, key=lambda rect: rect[1]):
        if strips and top <= strips[-1][3]:
            before = strips.pop()
            left, right = min(left, before[0]), max(right, before[2])
            top, bottom = before[1], max(bottom, before[3])
        strips.append((left, top, right, bottom))
    return strips

"""Selects the parts of a scene that a repaint draws: all, or those in the zoomed area."""

from collections.abc import Mapping, Set
from typing import NamedTuple

from PySide6.QtCore import QRectF

from engine.cost.receptive_fields import Region
from engine.network.node_ref import NodeRef
from gui.paint.volumes.face_values import FaceValues, face_values, value_regions, visible_focus
from gui.paint.volumes.legend import arrow_widths
from gui.paint.volumes.scene import BlockFrame, OperatorArrow, PlacedBox, ScenePoint, VolumesScene
from gui.paint.volumes.scene_index import index_of
from gui.state.view_state import Focus, ViewState
from gui.state.volume_at import Float32Volume

TEXT_REACH = 8.0
"""Greatest distance of a text from its box or arrow, in ems."""


class FlatBox(NamedTuple):
    """A box that is too small for faces: it has one colour, that of the mean of its values if there are any."""

    box: PlacedBox
    volume: Float32Volume | None
    is_fresh: bool


class VisibleParts(NamedTuple):
    """Boxes with the values on their faces, arrows with their widths in ems, lines and frames."""

    boxes: list[tuple[PlacedBox, FaceValues | None]]
    flat_boxes: list[FlatBox]
    arrows: list[tuple[OperatorArrow, float]]
    wires: list[tuple[ScenePoint, ...]]
    frames: list[BlockFrame]
    focus: Focus
    """The visible focus."""
    others: frozenset[NodeRef]
    """Further selected nodes."""
    regions: Mapping[NodeRef, Region]
    """Receptive fields of the value in focus in the volumes before it."""


def find_visible_parts(
    state: ViewState, scene: VolumesScene, area: QRectF | None, *, marks: bool = True, flat_size: float = 0.0
) -> VisibleParts:
    """The parts of a scene within `area`, in its units, or all if None; without `marks` the focus is not shown.

    Boxes of less than `flat_size` are flat, unless something about them is marked.
    """
    focus = visible_focus(state) if marks else Focus()
    others = frozenset((state.focus.design, name) for name in state.focus.others) if marks else frozenset()
    widths = arrow_widths(state, scene)
    if area is None:
        boxes, wires, frames = list(scene.boxes), list(scene.wires), list(scene.frames)
        arrows = list(zip(scene.arrows, widths, strict=True))
    else:
        reach = TEXT_REACH * scene.line_breaks.text_sizes.em
        rect = (area.left() - reach, area.top() - reach, area.right() + reach, area.bottom() + reach)
        boxes, numbers, wires, frames = index_of(scene).near(rect)
        arrows = [(scene.arrows[number], widths[number]) for number in numbers]
    flat_boxes: list[FlatBox] = []
    if flat_size:
        marked = {focus.ref, *others, *state.found_boxes}
        small = [box for box in boxes if _size(box) < flat_size and not _is_marked(box, marked)]
        refs = {box.ref for box in small}
        boxes = [box for box in boxes if box.ref not in refs]
        flat_boxes = [_flat_box(state, box) for box in small]
    face_focus = visible_focus(state)
    boxes_with_values = [(box, face_values(state, box, face_focus)) for box in boxes]
    regions = value_regions(state) if marks else {}
    return VisibleParts(boxes_with_values, flat_boxes, arrows, wires, frames, focus, others, regions)


def _size(box: PlacedBox) -> float:
    left, top, right, bottom = box.bounds
    return max(right - left, bottom - top)


def _is_marked(box: PlacedBox, marked: Set[NodeRef]) -> bool:
    """Whether something about a box is marked: a mistake, an unknown shape, the selection or a match."""
    is_unknown = box.vertex.shape is None or box.vertex.is_earlier
    return is_unknown or bool(box.caption.mistakes) or box.ref in marked


def _flat_box(state: ViewState, box: PlacedBox) -> FlatBox:
    at = state.volume_at(box.ref)
    return FlatBox(box, at.volume_of(box.vertex.shape), at.is_fresh)

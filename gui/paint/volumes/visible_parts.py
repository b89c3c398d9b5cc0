"""Selects the parts of a scene that a repaint draws: all, or those in the zoomed area."""

from collections.abc import Mapping
from typing import NamedTuple

from PySide6.QtCore import QRectF

from engine.cost.receptive_fields import Region
from engine.network.node_ref import NodeRef
from gui.paint.volumes.camera import Rect
from gui.paint.volumes.face_values import FaceValues, face_values, value_regions, visible_focus
from gui.paint.volumes.legend import arrow_widths
from gui.paint.volumes.scene import BlockFrame, OperatorArrow, PlacedBox, ScenePoint, VolumesScene
from gui.state.view_state import Focus, ViewState

TEXT_REACH = 8.0
"""Greatest distance of a text from its box or arrow, in ems."""


class VisibleParts(NamedTuple):
    """Boxes with the values on their faces, arrows with their widths in ems, lines and frames."""

    boxes: list[tuple[PlacedBox, FaceValues | None]]
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
    state: ViewState, scene: VolumesScene, area: QRectF | None, *, marks: bool = True
) -> VisibleParts:
    """The parts of a scene within `area`, in its units, or all if None; without `marks` the focus is not shown."""
    focus = visible_focus(state)
    arrows = list(zip(scene.arrows, arrow_widths(state, scene), strict=True))
    boxes, wires, frames = list(scene.boxes), list(scene.wires), list(scene.frames)
    if area is not None:
        reach = TEXT_REACH * scene.line_breaks.text_sizes.em
        near = (area.left() - reach, area.top() - reach, area.right() + reach, area.bottom() + reach)
        boxes = [box for box in boxes if _overlap(near, box.bounds)]
        arrows = [
            (arrow, width) for arrow, width in arrows if _overlap(near, (arrow.start, arrow.y, arrow.end, arrow.y))
        ]
        wires = [wire for wire in wires if _overlap(near, _bounding_rect(wire))]
        frames = [frame for frame in frames if _overlap(near, frame.rect)]
    boxes_with_values = [(box, face_values(state, box, focus)) for box in boxes]
    if not marks:
        return VisibleParts(boxes_with_values, arrows, wires, frames, Focus(), frozenset(), {})
    others = frozenset((state.focus.design, name) for name in state.focus.others)
    return VisibleParts(boxes_with_values, arrows, wires, frames, focus, others, value_regions(state))


def _bounding_rect(points: tuple[ScenePoint, ...]) -> Rect:
    across, down = zip(*points, strict=True)
    return min(across), min(down), max(across), max(down)


def _overlap(first: Rect, second: Rect) -> bool:
    return first[0] <= second[2] and second[0] <= first[2] and first[1] <= second[3] and second[1] <= first[3]

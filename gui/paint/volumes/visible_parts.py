"""Selects the parts of a scene that a repaint draws: all, or those in the zoomed area."""

from collections.abc import Mapping, Sequence, Set
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from engine.cost.receptive_fields import Region
from engine.network.node_ref import NodeRef
from gui.paint.volumes.face_values import FaceValues, face_values, value_regions, visible_focus
from gui.paint.volumes.flat_colours import flat_colours
from gui.paint.volumes.scene import BlockFrame, PlacedBox, ScenePoint, VolumesScene
from gui.paint.volumes.scene_index import index_of
from gui.state.focus import Focus
from gui.state.view_state import ViewState

TEXT_REACH = 8.0
"""Greatest distance of a text from its box or arrow, in ems."""


class VisibleParts(NamedTuple):
    """Boxes with the values on their faces, flat boxes, arrows, lines and frames."""

    boxes: list[tuple[PlacedBox, FaceValues | None]]
    flat_boxes: NDArray[np.intp]
    """Their numbers in the scene."""
    flat_colours: NDArray[np.int64]
    """See the function of this name."""
    arrows: Sequence[int]
    """Numbers of the arrows in the scene."""
    wires: list[tuple[ScenePoint, ...]]
    frames: list[BlockFrame]
    focus: Focus
    """The visible focus."""
    others: frozenset[NodeRef]
    """Further selected nodes."""
    regions: Mapping[NodeRef, Region]
    """Receptive fields of the value in focus in the volumes before it."""

    @property
    def has_flat_boxes(self) -> bool:
        """Whether this is an overview."""
        return len(self.flat_boxes) > 0


def find_visible_parts(
    state: ViewState, scene: VolumesScene, area: QRectF | None, *, marks: bool = True, flat_size: float = 0.0
) -> VisibleParts:
    """The parts of a scene within `area`, in its units, or all if None; without `marks` the focus is not shown.

    Boxes of less than `flat_size` are flat, unless something about them is marked.
    """
    focus = visible_focus(state) if marks else Focus()
    others = frozenset((state.focus.design, name) for name in state.focus.others) if marks else frozenset()
    numbers: Sequence[int]
    arrows: Sequence[int]
    if area is None:
        numbers, arrows = range(len(scene.boxes)), range(len(scene.arrows))
        wires, frames = list(scene.wires), list(scene.frames)
    else:
        reach = TEXT_REACH * scene.line_breaks.text_sizes.em
        rect = (area.left() - reach, area.top() - reach, area.right() + reach, area.bottom() + reach)
        numbers, arrows, wires, frames = index_of(scene).near(rect)
    flat = np.empty(0, np.intp)
    if flat_size:
        numbers, flat = _split_by_size(scene, numbers, flat_size, {focus.ref, *others})
    face_focus = visible_focus(state)
    boxes = [scene.boxes[number] for number in numbers]
    boxes_with_values = [(box, face_values(state, box, face_focus)) for box in boxes]
    regions = value_regions(state) if marks else {}
    colours = flat_colours(state, scene)[flat] if len(flat) else np.empty(0, np.int64)
    return VisibleParts(boxes_with_values, flat, colours, arrows, wires, frames, focus, others, regions)


def _split_by_size(
    scene: VolumesScene, numbers: Sequence[int], flat_size: float, marked: Set[NodeRef]
) -> tuple[list[int], NDArray[np.intp]]:
    """The numbers of boxes with faces and of flat ones; what is marked in some way has faces."""
    places = scene.box_places
    left, top, right, bottom = places.bounds
    is_flat = np.maximum(right - left, bottom - top) < flat_size
    is_flat[places.marked] = False
    for design, name in marked:
        is_flat[scene.numbers_of(design, name)] = False
    chosen = np.array(numbers, dtype=np.intp)
    return chosen[~is_flat[chosen]].tolist(), chosen[is_flat[chosen]]

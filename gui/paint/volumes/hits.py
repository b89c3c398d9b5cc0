"""Finds the volume at a point of the picture, and the next volume in a direction."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from engine.network.node_ref import NodeRef
from engine.shapes import Shape
from engine.text.units import number_text
from gui.paint.volumes.camera import BoxFace, FaceSide, Rect
from gui.paint.volumes.face_values import front_channel, photo_at, visible_focus
from gui.paint.volumes.layout import VolumesLayout, earlier_shape
from gui.paint.volumes.scene import PlacedBox, VolumesScene
from gui.paint.volumes.scene_index import index_of
from gui.paint.volumes.visible_parts import TEXT_REACH
from gui.state.focus import Focus
from gui.state.view_state import ViewState

Direction = Literal["left", "right", "up", "down"]

_NEAR = 5.0
"""Pixels around a box that still hit it, so that thin boxes can be hit."""


class VolumeHit(NamedTuple):
    """A volume and a position on one of its faces, as indices, each None if the picture does not determine it."""

    ref: NodeRef
    side: FaceSide | None = None
    channel: int | None = None
    pixel: tuple[int, int] | None = None


def hit_volumes(state: ViewState, layout: VolumesLayout, x: float, y: float) -> VolumeHit | None:
    """The hit at a point, in pixels from the top left corner of the picture."""
    scene = layout.scene
    x, y = x / scene.shrink, y / scene.shrink
    reach = TEXT_REACH * scene.line_breaks.text_sizes.em
    near_parts = index_of(scene).near((x - reach, y - reach, x + reach, y + reach))
    boxes = [scene.boxes[number] for number in near_parts.boxes]
    for box in boxes:
        for face in reversed(box.prism.faces()):
            at = face.fractions_at(x, y)
            if at is not None and box.vertex.shape is not None:
                return _on_face(state, box, box.vertex.shape, face, at)
    near = _NEAR / scene.shrink
    for box in boxes:
        if _contains_point(box.bounds, x, y, near) or any(_contains_point(text.rect, x, y) for text in box.texts):
            return VolumeHit(box.ref)
    for number in np.flatnonzero(np.abs(y - scene.arrow_places.y) <= reach).tolist():
        arrow = scene.arrows[number]
        on_line = arrow.start <= x <= arrow.end and abs(y - arrow.y) <= near
        if on_line or any(_contains_point(text.rect, x, y) for text in arrow.texts):
            return VolumeHit(arrow.ref)
    for frame in scene.frames:
        if any(_contains_point(text.rect, x, y) for text in frame.texts) or _on_border(frame.rect, x, y, near):
            return VolumeHit(frame.ref)
    return None


def _on_face(state: ViewState, box: PlacedBox, shape: Shape, face: BoxFace, point: tuple[float, float]) -> VolumeHit:
    along, below = point
    column = min(shape.width - 1, int(along * shape.width))
    row = min(shape.height - 1, int(below * shape.height))
    if face.side == "front":
        at, focus, channel = state.volume_at(box.ref), visible_focus(state), None
        volume = at.volume_of(shape)
        if volume is not None and photo_at(state, at, focus) is None:
            channel = front_channel(state, box.ref, volume, focus)
        return VolumeHit(box.ref, "front", channel, (row, column))
    depth = below if face.side == "top" else along
    channel = min(shape.channels - 1, int(depth * shape.channels))
    if face.side == "top":
        return VolumeHit(box.ref, "top", channel, (0, column))
    return VolumeHit(box.ref, face.side, channel, (row, 0 if face.side == "left" else shape.width - 1))


def _contains_point(rect: Rect, x: float, y: float, near: float = 0.0) -> bool:
    left, top, right, bottom = rect
    return left - near <= x <= right + near and top - near <= y <= bottom + near


def _on_border(rect: Rect, x: float, y: float, near: float) -> bool:
    left, top, right, bottom = rect
    return (
        _contains_point(rect, x, y, near) and min(abs(x - left), abs(x - right), abs(y - top), abs(y - bottom)) < near
    )


def hit_focus(state: ViewState, hit: VolumeHit) -> Focus:
    """The focus that a click selects: the volume, and the value if one is shown."""
    shape = None if hit.side is None else visible_shape(state, hit.ref)
    if state.volume_at(hit.ref).volume_of(shape) is None:
        return Focus(*hit.ref)
    return Focus(*hit.ref, hit.channel, hit.pixel)


def describe_hit(state: ViewState, hit: VolumeHit) -> str:
    """For the status bar: "naive · conv5x5 · 32×28×28 · channel 3, y 12, x 7: 0.53"."""
    at, shape = state.volume_at(hit.ref), visible_shape(state, hit.ref)
    parts = [*(part for part in hit.ref if part), "unknown shape" if shape is None else str(shape)]
    if at.shape is None and shape is not None and at.volume is None:
        parts.append("for earlier settings")
    block = state.check.block(hit.ref)
    if block is not None:
        parts += [f"{len(block.parts)} layers", f"double-click: {'close' if state.is_open(hit.ref) else 'open'}"]
    if hit.pixel is not None:
        position = f"y {hit.pixel[0]}, x {hit.pixel[1]}"
        parts.append(position if hit.channel is None else f"channel {hit.channel}, {position}")
        volume = at.volume_of(shape)
        if volume is not None:
            channels = slice(None) if hit.channel is None else slice(hit.channel, hit.channel + 1)
            values = volume[channels, hit.pixel[0], hit.pixel[1]]
            parts[-1] += ": " + ", ".join(number_text(value) for value in values)
            if not at.is_fresh:
                parts.append("for earlier settings")
    return " · ".join(parts)


def visible_shape(state: ViewState, ref: NodeRef) -> Shape | None:
    """The shape of a volume, or that of its earlier result or settings if it is unknown now."""
    shape = state.volume_at(ref).shape
    return earlier_shape(state, ref) if shape is None and state.report(ref) is not None else shape


def find_box(state: ViewState, scene: VolumesScene, ref: NodeRef) -> PlacedBox | None:
    """The box of a node: that of the closed block around it, or of the last layer of an open block."""
    block, visible_ref = state.check.block(ref), state.visible_ref(ref)
    if block is not None and state.is_open(ref):
        visible_ref = ref[0], block.output
    return next((scene.boxes[number] for number in scene.numbers_of(*visible_ref)), None)


def find_rects(state: ViewState, scene: VolumesScene, ref: NodeRef) -> list[Rect]:
    """Bounds of a node: its box with texts and arrow, or the frames of an open block, or its layers without a frame."""
    frames = [frame.rect for frame in scene.frames if frame.ref == ref]
    if frames:
        return frames
    block = state.check.block(ref)
    if block is not None and state.is_open(ref):
        parts = [rect for part in block.parts for rect in find_rects(state, scene, (ref[0], part.name))]
        if parts:
            return [_bounding_rect(parts)]
    box = find_box(state, scene, ref)
    if box is None:
        return []
    arrows = [scene.arrows[number] for number in scene.arrows_to(*box.ref)]
    texts = [text.rect for text in (*box.texts, *(text for arrow in arrows for text in arrow.texts))]
    return [_bounding_rect([box.bounds, *texts, *((arrow.start, arrow.y, arrow.end, arrow.y) for arrow in arrows)])]


def _bounding_rect(rects: Sequence[Rect]) -> Rect:
    lefts, tops, rights, bottoms = zip(*rects, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def find_neighbour(scene: VolumesScene, box: PlacedBox | None, direction: Direction) -> NodeRef | None:
    """The previous or next volume along the connections, or the nearest one above or below."""
    if box is None:
        return scene.boxes[0].ref if scene.boxes else None
    if direction in ("left", "right"):
        return _find_linked(scene, box, direction)
    sign = 1 if direction == "down" else -1
    x, y = scene.box_places.centres
    others = np.flatnonzero(sign * (y - box.y) > 1.0)
    if not others.size:
        return None
    distances = np.abs(y[others] - box.y) + 2 * np.abs(x[others] - box.x)
    return scene.box_places.refs[int(others[np.argmin(distances)])]


def _find_linked(scene: VolumesScene, box: PlacedBox, direction: Direction) -> NodeRef | None:
    design_row = next(design_row for design_row in scene.line_breaks.design_rows if design_row.name == box.ref[0])
    graph = design_row.graph
    index = graph.grid.positions[box.vertex.name]
    neighbours = (graph.grid.targets if direction == "right" else graph.grid.sources)[index]
    level = design_row.routes.levels
    best = min(
        neighbours, key=lambda other: (level[other] != level[index], -graph.vertices[other].column), default=None
    )
    return None if best is None else (design_row.name, graph.vertices[best].name)

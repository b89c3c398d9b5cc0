"""What is under a point of the picture, and which volume is the next one in a direction."""

from typing import Literal, NamedTuple

from engine.check import Place
from engine.shapes import Shape
from gui.paint.scene.camera import Face, Side
from gui.paint.scene.frame import Frame
from gui.paint.scene.labels import Text
from gui.paint.scene.layout import PlacedBox, Scene
from gui.paint.scene.values import front_channel, is_photo, shown_result
from gui.paint.words import number
from gui.state import Focus, ViewState

Direction = Literal["left", "right", "up", "down"]

NEAR = 5.0
"""Pixels around a box that still count as it: a thin one can be hit too."""


class Hit(NamedTuple):
    """A volume, and where on one of its faces: indices into it, None where the picture does not say."""

    place: Place
    side: Side | None = None
    channel: int | None = None
    pixel: tuple[int, int] | None = None


def hit(state: ViewState, frame: Frame, x: float, y: float) -> Hit | None:
    """What is at a point, in pixels from the picture's top left corner."""
    scene = frame.scene
    x, y = x / scene.shrink, y / scene.shrink
    for box in scene.boxes:
        for face in reversed(box.prism.faces()):
            at = face.position(x, y)
            if at is not None and box.vertex.shape is not None:
                return _on_face(state, box, box.vertex.shape, face, at)
    near = NEAR / scene.shrink
    for box in scene.boxes:
        left, top, right, bottom = box.bounds
        beside = left - near <= x <= right + near and top - near <= y <= bottom + near
        if beside or any(_inside(text, x, y) for text in box.texts):
            return Hit(box.place)
    for arrow in scene.arrows:
        on_line = arrow.start <= x <= arrow.end and abs(y - arrow.y) <= near
        if on_line or any(_inside(text, x, y) for text in arrow.texts):
            return Hit(arrow.place)
    return None


def _on_face(state: ViewState, box: PlacedBox, shape: Shape, face: Face, at: tuple[float, float]) -> Hit:
    along, below = at
    column = min(shape.width - 1, int(along * shape.width))
    row = min(shape.height - 1, int(below * shape.height))
    if face.side == "front":
        result = shown_result(state, box.place, shape)
        channel = None
        if result is not None and not is_photo(state, box.place):
            channel = front_channel(state, box.place, result)
        return Hit(box.place, "front", channel, (row, column))
    depth = below if face.side == "top" else along
    channel = min(shape.channels - 1, int(depth * shape.channels))
    if face.side == "top":
        return Hit(box.place, "top", channel, (0, column))
    return Hit(box.place, face.side, channel, (row, 0 if face.side == "left" else shape.width - 1))


def _inside(text: Text, x: float, y: float) -> bool:
    left, top, right, bottom = text.rect
    return left <= x <= right and top <= y <= bottom


def focus(state: ViewState, found: Hit) -> Focus:
    """What a click chooses: the volume, and the value where one is shown."""
    shape = None if found.side is None else _shape(state, found.place)
    if shown_result(state, found.place, shape) is None:
        return Focus(*found.place)
    return Focus(*found.place, found.channel, found.pixel)


def words(state: ViewState, found: Hit) -> str:
    """For the status bar: "naive · conv5x5 · 32×28×28 · channel 3, y 12, x 7: 0.53"."""
    shape = _shape(state, found.place)
    parts = [*(part for part in found.place if part), "unknown shape" if shape is None else str(shape)]
    if found.pixel is not None:
        at = f"y {found.pixel[0]}, x {found.pixel[1]}"
        parts.append(at if found.channel is None else f"channel {found.channel}, {at}")
        result = shown_result(state, found.place, shape)
        if result is not None:
            channels = slice(None) if found.channel is None else slice(found.channel, found.channel + 1)
            values = result.volume[channels, found.pixel[0], found.pixel[1]]
            parts[-1] += ": " + ", ".join(number(value) for value in values)
            if not state.fresh(found.place):
                parts.append("for earlier settings")
    return " · ".join(parts)


def _shape(state: ViewState, place: Place) -> Shape | None:
    report, analysis = state.report(place), state.analysis(place[0])
    if report is not None:
        if report.output_shape is None and (result := state.result(place)) is not None:
            return Shape(*result.volume.shape)
        return report.output_shape
    return None if analysis is None else analysis.input_shape


def neighbour(scene: Scene, place: Place, direction: Direction) -> Place | None:
    """The volume before or after along the connections, or the nearest one above or below."""
    box = next((box for box in scene.boxes if box.place == place), None)
    if box is None:
        return scene.boxes[0].place if scene.boxes else None
    if direction in ("left", "right"):
        return _linked(scene, box, direction)
    sign = 1 if direction == "down" else -1
    others = [other for other in scene.boxes if sign * (other.y - box.y) > 1.0]
    nearest = min(others, key=lambda other: abs(other.y - box.y) + 2 * abs(other.x - box.x), default=None)
    return None if nearest is None else nearest.place


def _linked(scene: Scene, box: PlacedBox, direction: Direction) -> Place | None:
    band = next(band for band in scene.plan.bands if band.name == box.place[0])
    graph = band.graph
    index = next(number for number, vertex in enumerate(graph.vertices) if vertex is box.vertex)
    linked = (graph.targets if direction == "right" else graph.sources)[index]
    level = band.routes.levels
    best = min(linked, key=lambda other: (level[other] != level[index], -graph.vertices[other].column), default=None)
    return None if best is None else (band.name, graph.vertices[best].name)

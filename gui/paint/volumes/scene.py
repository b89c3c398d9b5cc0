"""A laid-out picture of volumes: its boxes, arrows, lines and frames with their texts."""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.network.node_ref import NodeRef
from gui.paint.volumes.box_sizes import NOTE_SEPARATOR, BoxBody, VolumeCaption, place_caption
from gui.paint.volumes.break_candidates import LineBreaks
from gui.paint.volumes.camera import Camera, Prism, Rect
from gui.paint.volumes.design_graph import Vertex
from gui.paint.volumes.labels import ASCENT, LINE_SPACING, Label, TextRole, make_centred_label, measure_text
from gui.paint.volumes.operator_texts import OperatorText
from gui.paint.volumes.text_options import TextSizes

ScenePoint = tuple[float, float]


class PlacedBox(NamedTuple):
    """The box of a volume with its texts, in units of the scene."""

    ref: NodeRef
    vertex: Vertex
    targets: tuple[Vertex, ...]
    caption: VolumeCaption
    prism: Prism
    bounds: Rect
    x: float
    y: float
    arrow_end_x: float
    """End of the arrow to the box."""
    line_start_x: float
    """Start of the lines from the box."""
    body: BoxBody
    text_sizes: TextSizes

    @property
    def texts(self) -> tuple[Label, ...]:
        """Numbers at the edges, name, and mistakes."""
        texts = (*self.body.numbers, *place_caption(self.body, self.caption, self.text_sizes, self.vertex))
        return tuple([text.translate(self.x, self.y) for text in texts])

    @property
    def caption_rect(self) -> Rect:
        """The room for the name, mistakes, and a note about the front face."""
        middle, top = self.x + self.body.caption_x, self.y + self.body.full_bounds[3]
        return middle - self.caption.width / 2, top, middle + self.caption.width / 2, top + self.caption.height

    def texts_with_note(self, note: str) -> tuple[Label, ...]:
        """All texts, with a note about the front face below or beside the name."""
        *others, name = self.texts
        if not note:
            return (*others, name)
        if not self.caption.note_beside_name:
            baseline = name.y + (LINE_SPACING * name.size if name.text else 0.0)
            return (*others, name, make_centred_label(note, self.x + self.body.caption_x, baseline, name.size, "muted"))
        note_text = NOTE_SEPARATOR + note
        width = measure_text(note_text, name.size)
        name_label = name.translate(-width / 2, 0.0)
        return (
            *others,
            name_label,
            Label(note_text, name_label.x + name_label.width, name_label.y, width, name.size, "muted"),
        )


class OperatorArrow(NamedTuple):
    """The arrow of an operator into a box, from (start, y) to (end, y), with texts centred at `middle`."""

    ref: NodeRef
    vertex: Vertex
    start: float
    end: float
    y: float
    middle: float
    role: TextRole
    operator_text: OperatorText
    text_sizes: TextSizes
    text_space: float
    """Greatest width of the texts that keeps them away from boxes."""

    @property
    def texts(self) -> tuple[Label, ...]:
        return self.place_texts(self.operator_text)

    def place_texts(self, operator_text: OperatorText) -> tuple[Label, ...]:
        """Place these texts above and below the arrow."""
        x, y, em = self.middle, self.y, self.text_sizes.em
        texts, baseline = list[Label](), y - 0.42 * em
        for text, size, bold in reversed(operator_text.above):
            texts.append(make_centred_label(text, x, baseline, size, self.role, bold))
            baseline -= LINE_SPACING * size
        baseline = y + (0.4 + ASCENT) * em
        for text, size, bold in operator_text.below:
            texts.append(make_centred_label(text, x, baseline, size, "muted", bold))
            baseline += LINE_SPACING * size
        return tuple(texts)


class BlockFrame(NamedTuple):
    """The frame around the layers of an open block within one line of its design."""

    ref: NodeRef
    rect: Rect
    texts: tuple[Label, ...]


class BoxPlaces(NamedTuple):
    """Where all n boxes are; they themselves are made when they are looked at."""

    refs: list[NodeRef]
    vertices: list[Vertex]
    bodies: list[BoxBody]
    """The different bodies."""
    body_numbers: NDArray[np.intp]
    """Of each box, the position of its body in that list."""
    centres: NDArray[np.float64]
    """2 × n: x and y of the middle."""
    corners: NDArray[np.float64]
    """2 × n: x and y of the top left corner of the front face."""
    bounds: NDArray[np.float64]
    """4 × n: left, top, right and bottom."""
    marked: list[int]
    """Numbers of those with a mistake or an unknown shape."""
    blocks: list[int]
    """Numbers of those of closed blocks."""


class ArrowPlaces(NamedTuple):
    """Where all n arrows are, and their colours."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    y: NDArray[np.float64]
    colours: list[tuple[TextRole, str]]
    """Role and design; the design is "" unless the role has its colour."""


def join_boxes(places: Sequence[BoxPlaces]) -> BoxPlaces:
    """The places of the boxes of all designs."""
    if len(places) == 1:
        return places[0]
    starts = list(accumulate((len(each.vertices) for each in places), initial=0))
    body_starts = accumulate((len(each.bodies) for each in places), initial=0)
    return BoxPlaces(
        [ref for each in places for ref in each.refs],
        [vertex for each in places for vertex in each.vertices],
        [body for each in places for body in each.bodies],
        np.concatenate(
            [np.empty(0, np.intp), *(each.body_numbers + at for each, at in zip(places, body_starts, strict=False))]
        ),
        np.concatenate([np.empty((2, 0)), *(each.centres for each in places)], axis=1),
        np.concatenate([np.empty((2, 0)), *(each.corners for each in places)], axis=1),
        np.concatenate([np.empty((4, 0)), *(each.bounds for each in places)], axis=1),
        [start + number for each, start in zip(places, starts, strict=False) for number in each.marked],
        [start + number for each, start in zip(places, starts, strict=False) for number in each.blocks],
    )


def join_arrows(places: Sequence[ArrowPlaces]) -> ArrowPlaces:
    """The places of the arrows of all designs."""
    if len(places) == 1:
        return places[0]
    start, end, y = (np.concatenate([np.empty(0), *(each[field] for each in places)]) for field in range(3))
    return ArrowPlaces(start, end, y, [colour for each in places for colour in each.colours])


class VolumesScene(Struct, frozen=True, eq=False):
    """A laid-out picture.

    Coordinates are pixels divided by `shrink`, except `heading_points`, which are in pixels.
    """

    boxes: Sequence[PlacedBox]
    arrows: Sequence[OperatorArrow]
    box_places: BoxPlaces
    arrow_places: ArrowPlaces
    wires: tuple[tuple[ScenePoint, ...], ...]
    frames: tuple[BlockFrame, ...]
    heading_points: tuple[ScenePoint, ...]
    unit: float
    shrink: float
    camera: Camera
    line_breaks: LineBreaks

    def numbers_of(self, design: str, name: str) -> list[int]:
        """The number of the box of a node, in a list; empty if it has none."""
        return self._numbers_of(design, name, 0)

    def arrows_to(self, design: str, name: str) -> list[int]:
        """The number of the arrow to a node, in a list; empty if it has none, as inputs have."""
        return self._numbers_of(design, name, 1)

    def _numbers_of(self, design: str, name: str, first: int) -> list[int]:
        """The number of a part of a node; each design has one for every vertex from `first` on."""
        start = 0
        for design_row in self.line_breaks.design_rows:
            at = design_row.graph.grid.positions.get(name, -1) if design_row.name == design else -1
            if at >= first:
                return [start + at - first]
            start += len(design_row.graph.vertices) - first
        return []

"""How much room a volume needs, its numbers, name and mistakes with it, and the operator before it."""

from typing import Literal, NamedTuple

from msgspec import Struct

from engine.metrics import metric
from engine.shapes import Shape
from gui.paint.scene.camera import Camera, Prism, prism
from gui.paint.scene.graph import Vertex
from gui.paint.scene.labels import ASCENT, LINE, Role, Text, centred, edge_labels, elided, width, wrapped

Detail = Literal["formula", "line", "lines"]
"""What stands at an arrow: the operator and its cost formula, the operator in one line, or in two."""

DETAILS: tuple[Detail, ...] = ("formula", "line", "lines")

NAME_ROOM, TROUBLE_ROOM, UNKNOWN_SIZE, TROUBLE_LINES = 12.0, 15.0, 3.0, 6
"""Widths in ems, and the most lines that mistakes at a node take."""

WIDEST_NOTE, WIDEST_COMPACT_NOTE = "channel 000", "ch 000"


class Type(Struct, frozen=True):
    """Pixel sizes of the text in the picture."""

    em: int

    @property
    def small(self) -> int:
        return round(0.84 * self.em)


class Caption(NamedTuple):
    """A volume's name, what is wrong with it, and the room for both and for a note between them."""

    name: str
    trouble: tuple[str, ...]
    width: float
    height: float


class Body(NamedTuple):
    """A volume's box around (0, 0) with the numbers at its edges, and what they span together."""

    box: Prism
    bounds: tuple[float, float, float, float]
    numbers: tuple[Text, ...]
    span: tuple[float, float, float, float]
    middle: float
    """Where its caption is centred: below the front face, or below all of a compact box."""


class Room(NamedTuple):
    """What a volume with its caption takes to each side of the middle of its box."""

    left: float
    right: float
    up: float
    down: float


class Measure:
    """What sizes depend on; a body is measured once for all volumes of one shape."""

    def __init__(self, eye: Camera, scale: str, unit: float, type: Type) -> None:
        self.eye, self.scale, self.unit, self.type = eye, scale, unit, type
        self._bodies: dict[tuple[Shape | None, bool], Body] = {}

    def body(self, vertex: Vertex) -> Body:
        key = (vertex.shape, vertex.compact)
        found = self._bodies.get(key)
        if found is None:
            found = self._bodies[key] = self._body(*key)
        return found

    def room(self, vertex: Vertex, caption: Caption) -> Room:
        body, half = self.body(vertex), caption.width / 2
        left = max(-body.span[0], half - body.middle)
        right = max(body.span[2], half + body.middle)
        # Seen straight on both are equal: numbers change sides then, and no box may jump.
        turned, most = min(1.0, 5 * abs(self.eye.depth[0])), max(left, right)
        return Room(
            most + turned * (left - most),
            most + turned * (right - most),
            max(0.8 * self.type.em, -body.span[1]),
            body.span[3] + caption.height,
        )

    def _body(self, shape: Shape | None, compact: bool) -> Body:
        if shape is None:
            side = UNKNOWN_SIZE * self.type.em
            box = Prism(-side / 2, -side / 2, (side, 0.0), (0.0, side), (0.0, 0.0))
        else:
            box = prism(shape, self.scale, self.unit, self.eye)
        numbers: tuple[Text, ...] = ()
        if shape is not None and not compact:
            numbers = edge_labels(box, self.eye, shape, self.type.small)
        bounds = box.bounds()
        rects = [bounds, *(number.rect for number in numbers)]
        span = (
            min([rect[0] for rect in rects]),
            min([rect[1] for rect in rects]),
            max([rect[2] for rect in rects]),
            max([rect[3] for rect in rects]),
        )
        return Body(box, bounds, numbers, span, 0.0 if compact else box.corner(0.5, 1, 0)[0])


def caption(vertex: Vertex, name: str, trouble: tuple[str, ...], type: Type) -> Caption:
    """The texts below a volume. A compact one has its operator there, since its arrow is too short for it."""
    small = type.small
    own = vertex.report.layer.label() if vertex.report is not None and vertex.compact else name
    shown = elided(own, NAME_ROOM * type.em, small)
    found = [line for text in trouble for line in wrapped(text, TROUBLE_ROOM * type.em, small, TROUBLE_LINES)]
    lines = tuple(found[:TROUBLE_LINES])
    note = WIDEST_COMPACT_NOTE if vertex.compact else WIDEST_NOTE
    wide = max(width(text, small) for text in (shown, *lines, note))
    return Caption(shown, lines, wide, (0.6 + ASCENT + LINE * max(1, len(lines))) * small)


def caption_texts(body: Body, words: Caption, type: Type, compact: bool) -> tuple[Text, ...]:
    """A caption below its box; its second line is left to the note, or to what is wrong."""
    y = body.span[3] + (0.3 + ASCENT) * type.small
    texts = [centred(words.name, body.middle, y, type.small, "muted" if compact else "text")]
    for line in words.trouble:
        y += LINE * type.small
        texts.append(centred(line, body.middle, y, type.small, "error"))
    return tuple(texts)


class Operator(NamedTuple):
    """Texts over and under an arrow (text, size, bold), and the room that they need along it and to both sides."""

    above: tuple[tuple[str, int, bool], ...]
    below: tuple[tuple[str, int, bool], ...]
    width: float
    up: float
    down: float


def operator(vertex: Vertex, detail: Detail, type: Type, metric_id: str) -> Operator:
    """What stands at the arrow to a vertex."""
    em, small, report = type.em, type.small, vertex.report
    if vertex.compact or report is None:
        return Operator((), (), 1.3 * em, 0.0, 0.0)
    label = report.layer.label()
    above: tuple[tuple[str, int, bool], ...] = ((label, em, True),)
    below: tuple[tuple[str, int, bool], ...] = ()
    if detail == "formula" and (formula := metric(metric_id).formula(report)):
        below = ((formula, small, False),)
    if detail == "lines":
        first, second = _halves(label)
        above = ((first, em, True),)
        below = ((second, small, False),) if second else ()
    wide = max(width(*text) for text in (*above, *below))
    return Operator(above, below, max(wide + 1.4 * em, 3.2 * em), 1.7 * em, 1.6 * em if below else 0.5 * em)


def _halves(label: str) -> tuple[str, str]:
    """A label in two parts: 5×5, and 32 filters."""
    first, comma, second = label.partition(", ")
    if not comma and len(label) > 8:
        first, _, second = label.partition(" ")
    return first, second


def colour_role(vertex: Vertex) -> Role:
    """The colour of an operator: convolutions, pooling, others."""
    kind = "" if vertex.report is None else vertex.report.layer.kind
    if kind == "conv2d":
        return "kernel"
    return "pool" if "pool" in kind else "muted"

"""How much room a volume needs, its numbers, name and mistakes with it, and the operator before it."""

from typing import Literal, NamedTuple

from msgspec import Struct

from engine.metrics import metric
from engine.shapes import Shape
from gui.paint.scene.camera import Camera, Prism, Vector, prism
from gui.paint.scene.graph import Vertex
from gui.paint.scene.labels import ASCENT, LINE, Role, Text, centred, edge_labels, elided, width, wrapped

Detail = Literal["formula", "line", "lines"]
"""What stands at an arrow: the operator and its cost formula, the operator in one line, or in two."""

DETAILS: tuple[Detail, ...] = ("formula", "line", "lines")

NAME_ROOM, TROUBLE_ROOM, UNKNOWN_SIZE, TROUBLE_LINES = 12.0, 15.0, 3.0, 6
"""Widths in ems, and the most lines that mistakes at a node take."""


WIDEST_NOTE = "channel 000"


class Type(Struct, frozen=True):
    """Pixel sizes of the text in the picture."""

    em: int

    @property
    def small(self) -> int:
        return round(0.84 * self.em)


class Cell(NamedTuple):
    """A volume around (0, 0), the middle of its box: its room to the left and right, upward and downward."""

    box: Prism
    shape: Shape | None
    left: float
    right: float
    up: float
    down: float
    bounds: tuple[float, float, float, float]
    texts: tuple[Text, ...]
    note: Vector
    """Middle and baseline of the line that says what the front face shows."""


class Measure(Struct, frozen=True, eq=False):
    """What sizes depend on; a cell is measured once for all vertices that look alike."""

    eye: Camera
    scale: str
    unit: float
    type: Type
    metric: str
    cells: dict[object, Cell] = {}

    def cell(self, vertex: Vertex, caption: str, trouble: tuple[str, ...]) -> Cell:
        key = (vertex.shape, vertex.compact, caption, trouble)
        found = self.cells.get(key)
        if found is None:
            found = self.cells[key] = _cell(self, vertex, caption, trouble)
        return found


def _cell(measure: Measure, vertex: Vertex, caption: str, trouble: tuple[str, ...]) -> Cell:
    em, small = measure.type.em, measure.type.small
    box = _box(measure, vertex.shape)
    bounds = box.bounds()
    texts: list[Text] = []
    if vertex.shape is not None and not vertex.compact:
        texts += edge_labels(box, measure.eye, vertex.shape, small)
    rects = [bounds, *(text.rect for text in texts)]
    middle = 0.0 if vertex.compact else box.corner(0.5, 1, 0)[0]
    baseline = max(rect[3] for rect in rects) + (ASCENT + 0.3) * small
    shown = elided(caption, NAME_ROOM * em, small)
    texts.append(centred(shown, middle, baseline, small, "muted" if vertex.compact else "text"))
    note = down = baseline + LINE * small
    for line in trouble:
        texts.append(centred(line, middle, down, small, "error"))
        down += LINE * small
    up = max(0.8 * em, -min(rect[1] for rect in rects))
    words = max(text.width for text in texts[-1 - len(trouble) :])
    if not vertex.compact:
        words = max(words, width(WIDEST_NOTE, small))
    rects.append((middle - words / 2, 0.0, middle + words / 2, 0.0))
    left, right = _sides(-min(rect[0] for rect in rects), max(rect[2] for rect in rects), measure.eye)
    return Cell(box, vertex.shape, left, right, up, down + 0.3 * small, bounds, tuple(texts), (middle, note))


def _sides(left: float, right: float, eye: Camera) -> tuple[float, float]:
    """Room on both sides: equal when seen straight on, where numbers change sides, so that no box jumps then."""
    turned, most = min(1.0, 5 * abs(eye.depth[0])), max(left, right)
    return most + turned * (left - most), most + turned * (right - most)


def _box(measure: Measure, shape: Shape | None) -> Prism:
    if shape is not None:
        return prism(shape, measure.scale, measure.unit, measure.eye)
    side = UNKNOWN_SIZE * measure.type.em
    return Prism(-side / 2, -side / 2, (side, 0.0), (0.0, side), (0.0, 0.0))


def trouble_lines(texts: tuple[str, ...], type: Type) -> tuple[str, ...]:
    """Mistakes of a node as lines below it."""
    lines = [line for text in texts for line in wrapped(text, TROUBLE_ROOM * type.em, type.small, TROUBLE_LINES)]
    return tuple(lines[:TROUBLE_LINES])


class Operator(NamedTuple):
    """Texts over and under an arrow (text, size, bold), and the width that the arrow needs for them."""

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

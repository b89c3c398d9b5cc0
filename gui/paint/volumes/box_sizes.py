"""Measures the space of a volume with its numbers, name and mistakes, and of the operator before it."""

from functools import lru_cache
from typing import Literal, NamedTuple

from msgspec import Struct

from engine.blocks import Block
from engine.network.analysis import Report
from engine.shapes import Shape
from gui.paint.volumes.camera import Camera, Prism, Rect, make_prism
from gui.paint.volumes.design_graph import Vertex
from gui.paint.volumes.labels import (
    ASCENT,
    LINE_SPACING,
    Label,
    TextRole,
    elide_text,
    make_centred_label,
    measure_text,
    place_edge_labels,
    wrap_text,
)

ArrowDetail = Literal["formula", "line", "lines", "first", "whole", "stacked", "narrow"]
"""Text at an arrow: the operator with its cost formula, in one line, in two, or without its numbers.

In figures: the operator with its formula in one line ("whole"), in two ("stacked") or in three ("narrow").
"""

DETAILS: tuple[ArrowDetail, ...] = ("formula", "line", "lines", "first")
FORMULA_LINES: dict[ArrowDetail, int] = {"formula": 1, "whole": 1, "stacked": 2, "narrow": 3}
"""Number of lines of the formula; without an entry there is none."""

_NAME_WIDTH, _MISTAKE_WIDTH, _UNKNOWN_SIZE, _MISTAKE_LINES = 12.0, 15.0, 3.0, 6
"""Widths in ems, and the most lines of mistakes at a node."""

_WIDEST_NOTE, _WIDEST_COMPACT_NOTE = "channel 000", "ch 000"
NOTE_SEPARATOR = " · "

_CAPTION_GAP = 0.3
"""Above and below a caption, relative to its pixel size."""

_LINE_HEIGHT, _ARROW_HEIGHT = 0.3, 0.65
"""Space on each side of a line that leaves a box and of an arrow that reaches one, in ems."""


class TextSizes(Struct, frozen=True):
    """Pixel sizes of the text in the picture."""

    em: int

    @property
    def small(self) -> int:
        return round(0.84 * self.em)


class TextOptions(Struct, frozen=True):
    """How much text a picture has."""

    arrow_details: tuple[ArrowDetail, ...] = DETAILS
    """Possible texts at the arrows, the longest first."""
    has_names: bool = True
    """Whether names are shown below volumes."""
    one_line_captions: bool = False
    """Whether a name and the note on the front face always share a line."""
    has_kernel_depth: bool = False
    """Whether operators show the depth of their kernels: 5×5×256."""
    edge_numbers: str = "CHW"
    """Edges with numbers."""
    has_sparse_numbers: bool = False
    """Whether H and W are shown only at the volumes where they change."""
    notes: Literal["all", "fronts", "none"] = "all"
    """Whether volumes have notes on what their faces show; "fronts": only the channel of a visible front."""
    least_box_size: float = 4.0
    """Least mean size of boxes, in ems; below it text shrinks, too."""
    arrow_padding: float = 1.4
    """Free length of an arrow beside its text, in ems."""
    branch_spread: float = 1.0
    """Greatest factor by which branches may be farther apart than necessary."""
    camera_is_fixed: bool = False
    """Whether the camera never turns; if it can, boxes seen straight on have equal space on both sides."""


SCREEN_TEXT_OPTIONS = TextOptions()


class VolumeCaption(NamedTuple):
    """Name and mistakes of a volume, and the size of both with a note below or beside the name."""

    name: str
    mistakes: tuple[str, ...]
    width: float
    height: float
    note_beside_name: bool
    """Whether the note is on the line of the name, which saves height where volumes are stacked."""


class BoxBody(NamedTuple):
    """The box of a volume around (0, 0) with the numbers at its edges, and their common bounds."""

    box: Prism
    bounds: Rect
    numbers: tuple[Label, ...]
    full_bounds: Rect
    caption_x: float
    """Centre of the caption: below the front face, or below the whole of a compact box."""


class BoxSpace(NamedTuple):
    """Space of a volume with its caption on each side of the middle of its box."""

    left: float
    right: float
    up: float
    down: float


class BoxMeasurer:
    """Measures volumes; the results are cached per shape and size of caption."""

    def __init__(self, camera: Camera, scale: str, unit: float, text_sizes: TextSizes, camera_is_fixed: bool) -> None:
        self.eye, self.scale, self.unit, self.text_sizes, self.camera_is_fixed = (
            camera,
            scale,
            unit,
            text_sizes,
            camera_is_fixed,
        )
        self._bodies: dict[tuple[Shape | None, bool, str], BoxBody] = {}
        self._spaces: dict[tuple[Shape | None, bool, str, float, float], BoxSpace] = {}
        self._ends: dict[tuple[Shape | None, bool, str], tuple[float, float]] = {}

    def measure_body(self, vertex: Vertex) -> BoxBody:
        key = (vertex.shape, vertex.is_compact, vertex.edge_numbers)
        body = self._bodies.get(key)
        if body is None:
            body = self._bodies[key] = self._compute_body(*key)
        return body

    def measure_space(self, vertex: Vertex, caption: VolumeCaption) -> BoxSpace:
        key = (vertex.shape, vertex.is_compact, vertex.edge_numbers, caption.width, caption.height)
        space = self._spaces.get(key)
        if space is None:
            space = self._spaces[key] = self._compute_space(self.measure_body(vertex), caption)
        return space

    def line_ends(self, vertex: Vertex, caption: VolumeCaption) -> tuple[float, float]:
        """Ends of the lines from the left and to the right, which the box and its texts limit."""
        key, body = (vertex.shape, vertex.is_compact, vertex.edge_numbers), self.measure_body(vertex)
        ends = self._ends.get(key)
        if ends is None:
            ends = self._ends[key] = self._line_ends(body)
        before, after = ends
        half_width, em, caption_top = (
            caption.width / 2,
            self.text_sizes.em,
            body.full_bounds[3] + _CAPTION_GAP * self.text_sizes.small,
        )
        return (
            min(before, body.caption_x - half_width) if caption_top < _ARROW_HEIGHT * em else before,
            max(after, body.caption_x + half_width) if caption_top < _LINE_HEIGHT * em else after,
        )

    def _compute_space(self, body: BoxBody, caption: VolumeCaption) -> BoxSpace:
        half_width = caption.width / 2
        left = max(-body.full_bounds[0], half_width - body.caption_x)
        right = max(body.full_bounds[2], half_width + body.caption_x)
        # Equal if seen straight on: numbers change sides there, and no box may jump.
        turn = 1.0 if self.camera_is_fixed else min(1.0, 5 * abs(self.eye.depth[0]))
        larger = max(left, right)
        return BoxSpace(
            larger + turn * (left - larger),
            larger + turn * (right - larger),
            max(0.8 * self.text_sizes.em, -body.full_bounds[1]),
            body.full_bounds[3] + caption.height,
        )

    def _line_ends(self, body: BoxBody) -> tuple[float, float]:
        rects = [number.rect for number in body.numbers]
        before, _ = _extent_with_texts(body.box, rects, _ARROW_HEIGHT * self.text_sizes.em)
        _, after = _extent_with_texts(body.box, rects, _LINE_HEIGHT * self.text_sizes.em)
        return before, after

    def _compute_body(self, shape: Shape | None, compact: bool, letters: str) -> BoxBody:
        if shape is None:
            side = _UNKNOWN_SIZE * self.text_sizes.em
            box = Prism(-side / 2, -side / 2, (side, 0.0), (0.0, side), (0.0, 0.0))
        else:
            box = make_prism(shape, self.scale, self.unit, self.eye)
        numbers: tuple[Label, ...] = ()
        if shape is not None and letters:
            labels = zip("CHW", place_edge_labels(box, self.eye, shape, self.text_sizes.small), strict=True)
            numbers = tuple([label for letter, label in labels if letter in letters])
        bounds = box.bounds()
        rects = [bounds, *(number.rect for number in numbers)]
        span = (
            min([rect[0] for rect in rects]),
            min([rect[1] for rect in rects]),
            max([rect[2] for rect in rects]),
            max([rect[3] for rect in rects]),
        )
        return BoxBody(box, bounds, numbers, span, 0.0 if compact else box.corner(0.5, 1, 0)[0])


@lru_cache(maxsize=64)
def get_box_measurer(
    camera: Camera, scale: str, unit: float, text_sizes: TextSizes, camera_is_fixed: bool = False
) -> BoxMeasurer:
    """The cached measurer of these settings; most measures stay valid after an edit."""
    return BoxMeasurer(camera, scale, unit, text_sizes, camera_is_fixed)


def _extent_with_texts(box: Prism, rects: list[Rect], height: float) -> tuple[float, float]:
    """Left and right end of a box and of the texts beside it, within `height` above and below its middle."""
    left, right = box.extent_between(-height, height)
    level = [rect for rect in rects if rect[1] < height and rect[3] > -height]
    return min([left, *(rect[0] for rect in level)]), max([right, *(rect[2] for rect in level)])


def make_caption(
    vertex: Vertex, name: str, mistakes: tuple[str, ...], text_sizes: TextSizes, *, stacked: bool, has_note: bool = True
) -> VolumeCaption:
    """Make the caption of a volume. That of a compact volume is its operator, since its arrow is too short for it.

    If volumes are `stacked`, the note is on the line of the name; without a name the note replaces it.
    Without `has_note` neither the note nor the operator of a compact volume gets space.
    """
    text = name
    if vertex.report is not None and vertex.is_compact:
        text = vertex.report.layer.label() if has_note else ""
    note = _WIDEST_COMPACT_NOTE if vertex.is_compact or not text else _WIDEST_NOTE
    return _make_caption(text, _is_closed_block(vertex), note if has_note else "", mistakes, text_sizes, stacked)


@lru_cache(maxsize=2048)
def _make_caption(
    text: str, bold: bool, note: str, mistakes: tuple[str, ...], text_sizes: TextSizes, stacked: bool
) -> VolumeCaption:
    small = text_sizes.small
    name = elide_text(text, _NAME_WIDTH * text_sizes.em, small, bold)
    wrapped = [
        line
        for mistake in mistakes
        for line in wrap_text(mistake, _MISTAKE_WIDTH * text_sizes.em, small, _MISTAKE_LINES)
    ]
    lines = tuple(wrapped[:_MISTAKE_LINES])
    if not (text or note or lines):
        return VolumeCaption("", (), 0.0, 0.0, note_beside_name=False)
    note_beside_name = stacked and bool(text) and not lines
    name_width = measure_text(name, small, bold) + (
        measure_text(NOTE_SEPARATOR + note, small) if note_beside_name else 0.0
    )
    width = max([name_width, *(measure_text(text, small) for text in (() if note_beside_name else (*lines, note)))])
    below = len(lines) or int(bool(text and note))
    count = 0 if note_beside_name else below
    return VolumeCaption(
        name, lines, width, (2 * _CAPTION_GAP + ASCENT + LINE_SPACING * count) * small, note_beside_name
    )


def place_caption(body: BoxBody, caption: VolumeCaption, text_sizes: TextSizes, vertex: Vertex) -> tuple[Label, ...]:
    """Place a caption below its box; the second line is for the note or for mistakes."""
    y = body.full_bounds[3] + (_CAPTION_GAP + ASCENT) * text_sizes.small
    role: TextRole = "muted" if vertex.is_compact else "text"
    texts = [make_centred_label(caption.name, body.caption_x, y, text_sizes.small, role, _is_closed_block(vertex))]
    for line in caption.mistakes:
        y += LINE_SPACING * text_sizes.small
        texts.append(make_centred_label(line, body.caption_x, y, text_sizes.small, "error"))
    return tuple(texts)


class OperatorText(NamedTuple):
    """Texts above and below an arrow (text, size, bold), and the space that they need along it and on both sides."""

    above: tuple[tuple[str, int, bool], ...]
    below: tuple[tuple[str, int, bool], ...]
    width: float
    up: float
    down: float


def make_operator_text(
    vertex: Vertex, detail: ArrowDetail, text_sizes: TextSizes, formula: str, options: TextOptions = SCREEN_TEXT_OPTIONS
) -> OperatorText:
    """Make the text at the arrow to a vertex; `formula` is that of its cost."""
    report = vertex.report
    if vertex.is_compact or report is None:
        return OperatorText((), (), 1.3 * text_sizes.em, 0.0, 0.0)
    label = _deep_label(report) if options.has_kernel_depth else report.layer.label()
    halves = _split_block_label(report.layer) if isinstance(report.layer, Block) else _split_label(label)
    lines = _formula_lines(formula, FORMULA_LINES.get(detail, 0))
    return _make_operator_text(label, halves, lines, detail, text_sizes, options.arrow_padding)


def fullest_operator_text(vertex: Vertex, text_sizes: TextSizes, formula: str, space: float) -> OperatorText:
    """The longest text that fits at an arrow of this length, or the shortest."""
    choices = [make_operator_text(vertex, detail, text_sizes, formula) for detail in DETAILS]
    return next((operator_text for operator_text in choices if operator_text.width <= space), choices[-1])


@lru_cache(maxsize=2048)
def _make_operator_text(
    label: str,
    halves: tuple[str, str],
    formula: tuple[str, ...],
    detail: ArrowDetail,
    text_sizes: TextSizes,
    padding: float,
) -> OperatorText:
    em, small, (first, second) = text_sizes.em, text_sizes.small, halves
    above: tuple[tuple[str, int, bool], ...] = ((label, em, True),)
    below = tuple([(line, small, False) for line in formula])
    if detail in ("lines", "first"):
        above = ((first, em, True),)
        below = ((second, small, False),) if second and (detail == "lines" or "," not in label) else ()
    elif detail in ("stacked", "narrow"):
        above = ((first, em, True), (second, small, False)) if second else ((first, em, True),)
    text_width = max(measure_text(*text) for text in (*above, *below))
    up, down = (LINE_SPACING * sum([size for _, size, _ in texts]) for texts in (above, below))
    width = max(text_width + padding * em, (1.8 + padding) * em)
    return OperatorText(above, below, width, up + 0.48 * em, down + 0.58 * em if below else 0.5 * em)


def _deep_label(report: Report) -> str:
    """The label of a layer; that of a convolution includes the depth of its kernel: 5×5×256, 32 filters."""
    has_shape = report.output_shape is not None
    return report.layer.deep_label(report.known_inputs[0]) if has_shape else report.layer.label()


def _formula_lines(formula: str, count: int) -> tuple[str, ...]:
    """Break a formula into up to `count` lines: the result on its own line, then also the factors per position."""
    product, equals, result = formula.rpartition(" = ")
    if count < 2 or not equals:
        return (formula,) if formula and count else ()
    places, cross, weights = product.rpartition(" × ")
    parts = (places, f"× {weights}") if cross and count > 2 else (product,)
    return (*parts, f"= {result}")


def _split_label(label: str) -> tuple[str, str]:
    """Split a label in two: 5×5, and 32 filters; 3×3, and max pool; global avg, and pool."""
    first, comma, second = label.partition(", ")
    if not comma and len(label) > 8:
        first, _, second = label.partition(" ") if label[0].isdigit() else label.rpartition(" ")
    return (first, second) if first else (second, "")


def _split_block_label(block: Block) -> tuple[str, str]:
    """Split the label of a block into its title and its numbers."""
    title = block.title.lower()
    return title, block.label().removeprefix(title).lstrip(", ")


def _is_closed_block(vertex: Vertex) -> bool:
    """Whether a volume is the output of a closed block."""
    return vertex.report is not None and isinstance(vertex.report.layer, Block)


_COLOURS: dict[str, TextRole] = {"weights": "design", "resampling": "pool"}
"""Colours by the role of a kind; other roles are muted."""


def operator_role(vertex: Vertex) -> TextRole:
    """The colour of an operator: that of its design if it multiplies weights, that of pooling, or muted."""
    return "muted" if vertex.report is None else _COLOURS.get(vertex.report.layer.role, "muted")

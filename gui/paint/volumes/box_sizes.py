"""Measures the space of a volume with its numbers, name and mistakes."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from engine.blocks import Block
from engine.shapes import Shape
from engine.unchanged_items import last_results
from gui.paint.volumes.camera import Camera, Prism, Rect, make_prism
from gui.paint.volumes.design_graph import Vertex
from gui.paint.volumes.labels import (
    ASCENT,
    LINE_SPACING,
    Label,
    TextRole,
    elide_names,
    elide_text,
    make_centred_label,
    measure_text,
    place_edge_labels,
    wrap_text,
)
from gui.paint.volumes.text_options import TextSizes

_NAME_WIDTH, _MISTAKE_WIDTH, _UNKNOWN_SIZE, _MISTAKE_LINES = 12.0, 15.0, 3.0, 6
"""Widths in ems, and the most lines of mistakes at a node."""

_WIDEST_NOTE, _WIDEST_COMPACT_NOTE = "channel 000", "ch 000"
NOTE_SEPARATOR = " · "

_CAPTION_GAP = 0.3
"""Above and below a caption, relative to its pixel size."""

_LINE_HEIGHT, _ARROW_HEIGHT = 0.3, 0.65
"""Space on each side of a line that leaves a box and of an arrow that reaches one, in ems."""


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
        self.eye, self.scale, self.unit = camera, scale, unit
        self.text_sizes, self.camera_is_fixed = text_sizes, camera_is_fixed
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
        half_width, em = caption.width / 2, self.text_sizes.em
        caption_top = body.full_bounds[3] + _CAPTION_GAP * self.text_sizes.small
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


def shorten_captions(
    design: str, vertices: Sequence[Vertex], names: tuple[str, ...], text_sizes: TextSizes
) -> tuple[str, ...]:
    """Shorten the names below the boxes of a design so that all still differ."""
    bold = any(last_results("closed block", design).map(_is_closed_block, vertices))
    return _shorten_names(names, _NAME_WIDTH * text_sizes.em, text_sizes.small, bold)


@lru_cache(maxsize=16)
def _shorten_names(names: tuple[str, ...], width: float, size: int, bold: bool) -> tuple[str, ...]:
    """Cached, since most edits change no name."""
    short = elide_names(names, width, size, bold)
    return tuple([short[name] for name in names])


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


def _is_closed_block(vertex: Vertex) -> bool:
    """Whether a volume is the output of a closed block."""
    return vertex.report is not None and isinstance(vertex.report.layer, Block)

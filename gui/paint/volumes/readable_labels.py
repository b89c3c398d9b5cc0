"""Selects and places the texts of boxes, arrows and frames that are readable at a zoom."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from math import ceil, inf
from typing import NamedTuple

import numpy as np

from engine.blocks import Block
from engine.cost import metrics
from engine.unchanged_items import last_results
from gui.paint.volumes.arrows import head_sizes
from gui.paint.volumes.break_candidates import LineBreaks
from gui.paint.volumes.camera import Rect
from gui.paint.volumes.design_graph import Vertex
from gui.paint.volumes.face_values import FaceValues, face_note
from gui.paint.volumes.labels import ASCENT, Label, make_centred_label, measure_text
from gui.paint.volumes.legend import arrow_widths
from gui.paint.volumes.operator_texts import OperatorText, fullest_operator_text, keep_kernel, make_operator_text
from gui.paint.volumes.scene import OperatorArrow, PlacedBox, ScenePoint, VolumesScene
from gui.paint.volumes.text_options import TextSizes
from gui.paint.volumes.visible_parts import VisibleParts
from gui.state.view_state import ViewState

_READABLE, _MOST_GROWTH = 9.0, 2.6
"""Size in pixels to which names of blocks and operators grow if smaller texts are left out; the greatest factor."""

_EDGE = 0.3
"""Distance in ems that texts of boxes keep from the edges of the picture."""

_GAP = 0.5
"""Distance in ems that enlarged texts at an arrow keep from its ends, where boxes are, if they are readable then."""

_HEAD_GAP = 0.06
"""Distance in ems of texts at an arrow from its head."""

EMPTY_DESIGN_HINT = "Add a layer with + Layer"


class AnchoredLabel(NamedTuple):
    """A text of a design; if texts are enlarged less than the picture, it moves towards its anchor."""

    design: str
    text: Label
    anchor: ScenePoint


class TextZoom(NamedTuple):
    """Pixels per unit of the scene, smallest text in these, and the factor by which texts are reduced.

    Pixels are those of a window, of which a dense screen has several per pixel, or those of a file.
    """

    pixels: float
    smallest_text: float
    text_fineness: float

    def is_readable(self, size: float) -> bool:
        """Whether text of that size is drawn."""
        return size * self.pixels / self.text_fineness >= self.smallest_text


def readable_labels(
    state: ViewState, scene: VolumesScene, visible: VisibleParts, zoom: TextZoom, right: float
) -> Iterator[AnchoredLabel]:
    """The readable texts, up to `right`; names of blocks and operators are enlarged if smaller texts are unreadable."""
    text_sizes = scene.line_breaks.text_sizes
    small, edge = zoom.is_readable(text_sizes.small), _EDGE * text_sizes.em
    flat_boxes: Iterable[tuple[PlacedBox, FaceValues | None]] = ()
    if scene.box_places.blocks:
        blocks = set(scene.box_places.blocks).intersection(visible.flat_boxes.tolist())
        flat_boxes = ((scene.boxes[number], None) for number in sorted(blocks))
    for box, values in chain(visible.boxes, flat_boxes):
        texts = _box_texts(box, values, scene.line_breaks) if small else tuple(_block_names(box, zoom))
        for text in texts:
            line = _line_rect(text, texts)
            shift = max(edge - line[0], min(0.0, right - edge - line[2]))
            yield AnchoredLabel(box.ref[0], text.translate(shift, 0.0), _nearest_point(line, box))
    titles = []
    for frame in visible.frames:
        for text in frame.texts if small else frame.texts[:1]:
            label = text if small else _enlarge_title(text, zoom, frame.rect[2] - text.x)
            if zoom.is_readable(label.size):
                titles.append(label.rect)
                yield AnchoredLabel(frame.ref[0], label, (frame.texts[0].x, frame.rect[1]))
    in_overview = not small and zoom.text_fineness == 1.0
    if not in_overview or zoom.is_readable(int(_MOST_GROWTH * text_sizes.em)):
        yield from _operator_labels(state, scene, visible, zoom, titles if in_overview else ())
    yield from _add_layer_hints(scene)


def _operator_labels(
    state: ViewState, scene: VolumesScene, visible: VisibleParts, zoom: TextZoom, titles: Sequence[Rect]
) -> Iterator[AnchoredLabel]:
    """The readable texts at arrows, none of which covers one of the `titles`."""
    text_sizes, widths = scene.line_breaks.text_sizes, arrow_widths(state, scene)
    small = zoom.is_readable(text_sizes.small)
    in_overview = not small and zoom.text_fineness == 1.0
    for number in _long_arrows(scene, visible.arrows, zoom) if in_overview else visible.arrows:
        arrow = scene.arrows[number]
        width = 2 * min(arrow.middle - arrow.start, arrow.end - arrow.middle)
        texts = _overview_texts(arrow, zoom, width) if in_overview else _arrow_texts(state, arrow, text_sizes, zoom)
        for text in texts:
            label = text if small else _enlarge_label(text, zoom, width - 2 * _GAP * text_sizes.em)
            if not zoom.is_readable(label.size):
                label = _enlarge_label(text, zoom, width)
            if zoom.is_readable(label.size):
                right, up = _move_off_head(label, arrow, widths[number], zoom)
                moved = label.translate(right + _distance_from_titles(label, titles), up)
                if moved.rect[2] <= arrow.end or not titles:
                    yield AnchoredLabel(arrow.ref[0], moved, (moved.x + moved.width / 2, arrow.y + up))


def _box_texts(box: PlacedBox, values: FaceValues | None, line_breaks: LineBreaks) -> tuple[Label, ...]:
    notes = line_breaks.text_options.notes
    note = "" if notes == "none" else face_note(box, values, slices=notes == "all")
    texts = tuple([text for text in box.texts_with_note(note) if text.text])
    if box.vertex.shape is None:
        em = line_breaks.text_sizes.em
        return (*texts, make_centred_label("?", box.x, box.y + 0.4 * em, em, "muted"))
    return texts


def _block_names(box: PlacedBox, zoom: TextZoom) -> Iterator[Label]:
    """Names of blocks, enlarged until readable but not wider than the box with its numbers."""
    if box.vertex.report is None or not isinstance(box.vertex.report.layer, Block):
        return
    left, _, right, _ = box.bounds
    for text in box.texts:
        if text.bold and zoom.is_readable((larger := _enlarge_label(text, zoom, max(text.width, right - left))).size):
            yield larger


def _long_arrows(scene: VolumesScene, numbers: Sequence[int], zoom: TextZoom) -> Sequence[int]:
    """Those of some arrows that are long enough for any of their texts in an overview: few, and found in arrays."""
    line_breaks = scene.line_breaks
    if zoom.is_readable(line_breaks.text_sizes.em):
        return numbers
    narrowest = [
        width
        for row in line_breaks.design_rows
        for width in last_results("narrowest operator", row.name, line_breaks.text_sizes).map(
            lambda vertex, operator_text: _narrowest_text(vertex, operator_text, line_breaks.text_sizes),
            row.graph.vertices[1:],
            row.operators[1:],
        )
    ]
    chosen, places = np.array(numbers, dtype=np.intp), scene.arrow_places
    size = ceil(0.99 * zoom.smallest_text / zoom.pixels)  # the least that is readable: sizes are whole numbers
    long: list[int] = chosen[(places.end - places.start)[chosen] >= 0.99 * size * np.array(narrowest)[chosen]].tolist()
    return long


def _narrowest_text(vertex: Vertex, operator_text: OperatorText, text_sizes: TextSizes) -> float:
    """The least width of a text in an overview, see `_overview_texts`, relative to its size; infinite without any."""
    texts = [
        text for choice in _operator_choices(vertex, operator_text, text_sizes) for text in choice.above if text[2]
    ]
    return min([measure_text(*text) / text[1] for text in texts], default=inf)


def _operator_choices(
    vertex: Vertex, operator_text: OperatorText, text_sizes: TextSizes
) -> tuple[OperatorText, OperatorText, OperatorText]:
    """The operator of a vertex, its beginning and its kernel."""
    beginning = make_operator_text(vertex, "first", text_sizes, "")
    return operator_text, beginning, keep_kernel(beginning, vertex)


def _overview_texts(arrow: OperatorArrow, zoom: TextZoom, width: float) -> tuple[Label, ...]:
    """The operator at an arrow, its beginning or its kernel: the first that is readable once enlarged up to a width.

    A shorter text that keeps away from the boxes is better than a longer one that does not.
    """
    choices = _operator_choices(arrow.vertex, arrow.operator_text, arrow.text_sizes)
    for space in (width - 2 * _GAP * arrow.text_sizes.em, width):
        for operator_text in choices:
            if any(_grows_readable(text, zoom, space) for text in operator_text.above):
                return arrow.place_texts(operator_text)
    return ()


def _grows_readable(text: tuple[str, int, bool], zoom: TextZoom, width: float) -> bool:
    """Whether a text is readable once it is enlarged up to a width; quick: in an overview most texts are not."""
    growth = min(_MOST_GROWTH, width / max(measure_text(*text), 1.0))
    _, size, bold = text
    return bold and zoom.is_readable(max(1.0, growth) * size)


def _arrow_texts(state: ViewState, arrow: OperatorArrow, text_sizes: TextSizes, zoom: TextZoom) -> tuple[Label, ...]:
    """The texts at an arrow; if texts are finer than the scene, as much as fits at the arrow."""
    report = arrow.vertex.report
    if zoom.text_fineness == 1.0 or report is None or not arrow.operator_text.above:
        return arrow.texts
    formula = state.picture_costs.formula(metrics.metric_by_id(state.look.metric), arrow.ref[0], report)
    return arrow.place_texts(
        fullest_operator_text(arrow.vertex, text_sizes, formula, arrow.text_space * zoom.text_fineness)
    )


def _move_off_head(text: Label, arrow: OperatorArrow, width: float, zoom: TextZoom) -> ScenePoint:
    """How far a text moves, back or else away, so that the head of an arrow `width` ems wide does not cover it."""
    em, half = arrow.text_sizes.em / zoom.text_fineness, text.width / 2 / zoom.text_fineness
    head = float(head_sizes(np.array(arrow.start), np.array(arrow.end), np.array(width * em), em))
    middle, above = text.x + text.width / 2, text.y < arrow.y
    beyond = middle + half - (arrow.end - 1.5 * head)
    distance = arrow.y - text.y if above else text.y - ASCENT * text.size - arrow.y
    clear = head + _HEAD_GAP * em - distance / zoom.text_fineness
    if clear <= 0.0 or beyond <= 0.0:
        return 0.0, 0.0
    back = min(beyond, max(0.0, middle - half - arrow.start))
    return -back, 0.0 if back == beyond else -clear if above else clear


def _distance_from_titles(text: Label, titles: Sequence[Rect]) -> float:
    """How far an enlarged text at an arrow moves to the right, so that it covers no name of a block."""
    left, top, right, bottom = text.rect
    covered = [
        title for title in titles if title[0] < right and left < title[2] and title[1] < bottom and top < title[3]
    ]
    return max((title[2] + _GAP * text.size - left for title in covered), default=0.0)


def _enlarge_title(text: Label, zoom: TextZoom, width: float) -> Label:
    """Enlarge the name of a block from its left end, upwards: the first operator below it is enlarged, too."""
    larger = _enlarge_label(text, zoom, width)
    return larger._replace(x=text.x, y=text.y - 0.4 * (larger.size - text.size))


def _enlarge_label(text: Label, zoom: TextZoom, max_width: float) -> Label:
    """Enlarge a bold text around its middle until it is readable, as far as it fits."""
    if not text.bold:
        return text
    readable = max(_READABLE, 1.05 * zoom.smallest_text)
    growth = min(readable / (text.size * zoom.pixels), _MOST_GROWTH, max_width / max(text.width, 1.0))
    larger = max(text.size, int(growth * text.size))
    width = measure_text(text.text, larger, text.bold)
    x, y = text.x - (width - text.width) / 2, text.y - 0.15 * (larger - text.size)
    return text._replace(x=x, y=y, width=width, size=larger)


def _line_rect(text: Label, texts: Sequence[Label]) -> Rect:
    """The rectangle of a text and of those that adjoin it on its line, so that they move together."""
    line = [
        other
        for other in texts
        if other.y == text.y and (other.x <= text.x + text.width + 0.5 and text.x <= other.x + other.width + 0.5)
    ]
    lefts, tops, rights, bottoms = zip(*(other.rect for other in line), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _nearest_point(rect: Rect, box: PlacedBox) -> ScenePoint:
    """The point of a box's bounds that is nearest to the middle of a rectangle."""
    (text_left, text_top, text_right, text_bottom), (left, top, right, bottom) = rect, box.bounds
    x, y = (text_left + text_right) / 2, (text_top + text_bottom) / 2
    return min(max(x, left), right), min(max(y, top), bottom)


def _add_layer_hints(scene: VolumesScene) -> Iterator[AnchoredLabel]:
    """Hints in designs without layers."""
    em = scene.line_breaks.text_sizes.em
    for design_row in scene.line_breaks.design_rows:
        if len(design_row.graph.vertices) == 1:
            box = next(box for box in scene.boxes if box.ref[0] == design_row.name)
            text = Label(EMPTY_DESIGN_HINT, box.line_start_x + em, box.y + 0.3 * em, 0.0, em, "muted")
            yield AnchoredLabel(design_row.name, text, (text.x, text.y))

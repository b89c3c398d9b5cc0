"""Panels (a), (b), … of volumes, each with its heading, and a caption that says what the picture means."""

from collections.abc import Iterator, Sequence
from math import isclose
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen

from engine.cost import metrics
from engine.cost.counting import MACS
from engine.cost.metrics import OPERATIONS, Metric
from gui.paint.basics.page import Page
from gui.paint.figures.caption import caption_phrases, colour_bar_texts, distinct_map_sizes
from gui.paint.figures.excerpt import Excerpt, FigurePart, make_excerpt
from gui.paint.volumes.box_sizes import TextOptions, TextSizes
from gui.paint.volumes.camera import LENGTH_SCALES, Camera
from gui.paint.volumes.drawing import draw_scene
from gui.paint.volumes.labels import LINE_SPACING, Label, TextRole, elide_text, measure_text
from gui.paint.volumes.legend import COLOUR_BAR_SPACE, draw_label, draw_volumes_bar
from gui.paint.volumes.line_breaks import DESIGN_GAP, LineBreaks, break_lines, fit_boxes
from gui.paint.volumes.scene import VolumesScene, lay_out_scene
from gui.paint.volumes.space import rows_extent
from gui.state.view_state import Focus, ViewState
from gui.theme import Theme

_MARGIN, _GAP = 0.5, 0.5
"""Free border, and above every heading but the first, in ems."""
_TITLE = 1.2
"""Size of a panel's title, in ems."""
_WIDE = 54.0
"""Ems of a page on which panels may stand beside each other."""
_MANY, _SPARING = 40, 2
"""Layers of which no more is written than the last wordings say: laying out the fuller ones would take long."""
_TALLEST, _TALLEST_WIDE = 1.75, 0.8
"""The most widths that a figure is high where the page does not say it, in a column and on a wide page."""
_SEPARATOR = " · "
_COUNTS = ("macs", "flops", OPERATIONS)
"""Metrics that a figure's costs may be told in; for others they are MACs."""


class Phrase(NamedTuple):
    """A phrase of a heading or a caption; phrases are not broken where they fit into a line."""

    text: str
    size: int
    role: TextRole = "muted"
    bold: bool = False

    @property
    def width(self) -> float:
        return measure_text(self.text, self.size, self.bold)


class PanelsFigure(Struct, frozen=True, eq=False):
    """A laid-out figure, in the units of its page."""

    state: Excerpt
    scene: VolumesScene
    em: int
    width: float
    height: float
    heading_heights: tuple[float, ...]
    """The height of each panel's heading."""
    headings: tuple[tuple[Label, ...], ...]
    caption: tuple[Label, ...]
    bar_texts: tuple[str, str, str] | None
    smallest_text: float
    """The smallest text that there may be."""

    @property
    def fits(self) -> bool:
        """Whether no text had to shrink."""
        return isclose(self.scene.shrink, 1.0)

    @property
    def box_size(self) -> float:
        """The mean of the longest edges of all boxes, in ems."""
        length = LENGTH_SCALES[self.state.look.scale]
        shapes = [box.vertex.shape for box in self.scene.boxes if box.vertex.shape is not None]
        longest = [max(length(number) for number in shape) for shape in shapes]
        return self.scene.unit * sum(longest) / (max(len(longest), 1) * self.em)


def lay_out_panels(
    state: ViewState,
    parts: Sequence[FigurePart],
    page: Page,
    wordings: Sequence[TextOptions],
    eye: Camera,
    *,
    first_phrases: Sequence[str] = (),
    side_by_side: bool = False,
    enough_ems: float = 7.0,
) -> PanelsFigure:
    """The fullest wording and the largest text with which boxes measure `enough` ems, or at least fit.

    On narrow pages what fits is enough. `said` begins the caption; `beside`: panels stand beside each other if wide.
    """
    if state.look.metric not in _COUNTS:
        state = replace(state, look=replace(state.look, metric=MACS.id))
    shown, found = make_excerpt(state, parts), list[PanelsFigure]()
    many = len(shown.check.reports) > _MANY
    for wording in wordings[-_SPARING:] if many else wordings:
        for em in page.text_sizes:
            wide = page.width >= _WIDE * em
            for side in (True, False) if side_by_side and wide and len(parts) > 1 else (False,):
                made = _PanelsAttempt(state, shown, parts, page, em, beside=side).lay_out(wording, eye, first_phrases)
                if made.fits and (made.box_size >= enough_ems or not wide):
                    return made
                found.append(made)
    fitting = [made for made in found if made.fits]
    return fitting[0] if fitting else max(found, key=lambda made: made.scene.shrink * made.em)


def draw_panels(painter: QPainter, laid_out: PanelsFigure, theme: Theme) -> None:
    """Draw a figure at the painter's origin."""
    em, right = laid_out.em, laid_out.width
    for band, heading in zip(laid_out.scene.line_breaks.design_rows, laid_out.headings, strict=True):
        colour = theme.design(laid_out.state.design_index(band.name))
        for text in heading:
            draw_label(painter, text, colour if text.role == "design" else str(getattr(theme, text.role)))
    for _, top in laid_out.scene.heading_points[1:] if not laid_out.scene.line_breaks.side_by_side else ():
        painter.setPen(QPen(QColor(theme.grid), 0.06 * em))
        painter.drawLine(QPointF(_MARGIN * em, top), QPointF(right - _MARGIN * em, top))
    for text in laid_out.caption:
        draw_label(painter, text, theme.muted)
    if laid_out.bar_texts is not None:
        end = QPointF(right - _MARGIN * em, laid_out.height - _MARGIN * em - 0.2 * TextSizes(em).small)
        draw_volumes_bar(painter, laid_out.state, theme, end, em, laid_out.bar_texts)
    pixels = abs(painter.deviceTransform().determinant()) ** 0.5
    draw_scene(
        painter, laid_out.state, theme, laid_out.scene, 0.995 * laid_out.smallest_text * pixels, right, marks=False
    )


def turn_panels(laid_out: PanelsFigure, eye: Camera) -> PanelsFigure:
    """The same figure as another camera sees it: what is written stays."""
    margin = _MARGIN * laid_out.em
    return replace(
        laid_out, scene=lay_out_scene(laid_out.scene.line_breaks, eye, margin, margin, laid_out.heading_heights)
    )


class _PanelsAttempt:
    """A figure with text of one size."""

    def __init__(
        self, state: ViewState, shown: Excerpt, parts: Sequence[FigurePart], page: Page, em: int, *, beside: bool
    ) -> None:
        self.whole, self.state, self.parts, self.page, self.em, self.beside = state, shown, parts, page, em, beside
        self.small = TextSizes(em).small
        self.space = page.width - 2 * _MARGIN * em
        count = len(parts) if beside else 1
        self.panel_space = (self.space - (count - 1) * DESIGN_GAP * em) / count

    def lay_out(self, wording: TextOptions, eye: Camera, said: Sequence[str]) -> PanelsFigure:
        em, margin = self.em, _MARGIN * self.em
        headings = [_flow_phrases(words, self.panel_space) for words in self._headings()]
        headers = [(_GAP + LINE_SPACING * (_TITLE + len(lines) - 1) + 0.2) * em for lines in headings]
        headers = [max(headers)] * len(headers) if self.beside else headers
        if wording.edge_numbers == "C" and len(distinct_map_sizes(self.state)) > 1:
            wording = replace(wording, edge_numbers="CHW", has_sparse_numbers=True)
        told = (*said, *caption_phrases(self.state, self.whole, self.parts, eye, wording))
        words = [Phrase(text, self.small) for text in told if text]
        caption, bar = self._add_bar_line(_flow_phrases(words, self.space))
        below = (0.3 + 0.84 * LINE_SPACING * len(caption)) * em
        fixed = (headers[0] if self.beside else sum(headers)) + below + 2 * margin
        tallest = _TALLEST_WIDE if self.page.width >= _WIDE * em else _TALLEST
        high = max(em, (self.page.height or tallest * self.page.width) - fixed)
        made = self._break_lines(wording, high)
        if self.page.height is None:
            made = replace(made, space=(self.space, min(high, 1.0 + _needed_height(made, eye))))
        scene = lay_out_scene(made, eye, margin, margin, headers)
        height = fixed + made.space[1]
        return PanelsFigure(
            self.state if wording.notes != "none" else replace(self.state, focus=Focus()),
            scene,
            em,
            self.page.width,
            height,
            tuple(headers),
            tuple(self._place_headings(headings, scene)),
            tuple(self._place_caption(caption, height - margin)),
            bar,
            TextSizes(self.page.text_sizes[-1]).small,
        )

    def _break_lines(self, wording: TextOptions, high: float) -> LineBreaks:
        look = self.state.look
        known, room = self.state.check, (self.space, high)
        kinds = look.scale, look.metric, look.convention
        return break_lines(known, frozenset(), (), (), *kinds, self.em, room, "input", wording, self.beside)

    def _headings(self) -> Iterator[list[Phrase]]:
        """Of each panel its letter and title, its costs, and how they compare with those of the first."""
        chosen, params = metrics.metric_by_id(self.state.look.metric), metrics.metric_by_id("params")
        first = self.parts[0].total_amount(self.whole, chosen)
        size, ledger = round(_TITLE * self.em), self.whole.costs
        for letter, part in zip("abcdefgh", self.parts, strict=False):
            before = f"({letter}) " if len(self.parts) > 1 else ""
            title = elide_text(part.title, self.panel_space - measure_text(before, size, True), size, True)
            yield [
                Phrase(before + title, size, "design", True),
                *(Phrase(ledger.text(m, part.total_amount(self.whole, m)), self.em) for m in (chosen, params)),
                *([] if part is self.parts[0] else [self._comparison(chosen, part, first)]),
            ]

    def _comparison(self, chosen: Metric, part: FigurePart, first: metrics.Amount | None) -> Phrase:
        amount = part.total_amount(self.whole, chosen)
        name = None if amount and first else self.whole.costs.unit(chosen)
        return Phrase(metrics.compare_amounts(chosen, amount, first, name), self.em, "text", True)

    def _place_headings(
        self, headings: Sequence[Sequence[Sequence[Phrase]]], scene: VolumesScene
    ) -> Iterator[tuple[Label, ...]]:
        for lines, (left, top) in zip(headings, scene.heading_points, strict=True):
            baseline, texts = top + (_GAP + _TITLE) * self.em, list[Label]()
            for line in lines:
                texts += _place_phrases(line, left, baseline)
                baseline += LINE_SPACING * self.em
            yield tuple(texts)

    def _add_bar_line(self, lines: list[list[Phrase]]) -> tuple[list[list[Phrase]], tuple[str, str, str] | None]:
        """The lines of the caption with one for the colour bar, unless that fits behind the last; its texts."""
        if not self.state.run.results:
            return lines, None
        taken = _line_width(lines[-1]) + self.em if lines else 0.0
        room = COLOUR_BAR_SPACE * self.em
        choices = [
            (words, room + sum([measure_text(word, self.small) for word in words]))
            for words in colour_bar_texts(self.state)
        ]
        words, wide = next((choice for choice in choices if choice[1] <= self.space), choices[-1])
        return (lines if taken + wide <= self.space else [*lines, []]), words

    def _place_caption(self, lines: Sequence[Sequence[Phrase]], bottom: float) -> Iterator[Label]:
        baseline = bottom - 0.25 * self.small - LINE_SPACING * self.small * (len(lines) - 1)
        for line in lines:
            yield from _place_phrases(line, _MARGIN * self.em, baseline)
            baseline += LINE_SPACING * self.small


def _needed_height(made: LineBreaks, eye: Camera) -> float:
    """How high the lines of a plan are with the boxes as large as they fit."""
    found, _, measured = fit_boxes(made, eye)
    return (
        found.shrink
        * rows_extent(made.design_rows, made.lines, measured, made.text_sizes.em, beside=made.side_by_side)[1]
    )


def _flow_phrases(words: Sequence[Phrase], room: float) -> list[list[Phrase]]:
    """Phrases in lines; one that is wider than a line is broken between its words."""
    lines: list[list[Phrase]] = [[]]
    for phrase in words:
        if phrase.text:
            for piece in _break_phrase(phrase, room):
                longer = [*lines[-1], piece]
                if lines[-1] and _line_width(longer) > room:
                    lines.append([piece])
                else:
                    lines[-1] = longer
    return lines


def _break_phrase(phrase: Phrase, room: float) -> Iterator[Phrase]:
    """A phrase in pieces that fit into a line each."""
    piece = ""
    for word in phrase.text.split(" "):
        longer = f"{piece} {word}".lstrip()
        if piece and phrase._replace(text=longer).width > room:
            yield phrase._replace(text=piece)
            longer = word
        piece = longer
    yield phrase._replace(text=piece)


def _line_width(line: Sequence[Phrase]) -> float:
    gaps = (measure_text(_SEPARATOR, min(phrase.size for phrase in line)) if len(line) > 1 else 0.0) * (len(line) - 1)
    return sum([phrase.width for phrase in line]) + gaps


def _place_phrases(line: Sequence[Phrase], x: float, baseline: float) -> Iterator[Label]:
    """Phrases beside each other, with a dot between."""
    for index, phrase in enumerate(line):
        if index:
            small = min(phrase.size, line[index - 1].size)
            gap = measure_text(_SEPARATOR, small)
            yield Label(_SEPARATOR, x, baseline, gap, small, "muted")
            x += gap
        yield Label(phrase.text, x, baseline, phrase.width, phrase.size, phrase.role, phrase.bold)
        x += phrase.width

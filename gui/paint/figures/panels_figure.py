"""Lays out and draws figures of panels (a), (b), … of volumes, each with a heading, and a caption below."""

from collections.abc import Iterator, Sequence
from math import isclose

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen

from engine.cost.counting import MACS
from engine.cost.metrics import OPERATIONS, Amount, Metric, compare_amounts, metric_by_id
from gui.paint.basics.page import Page
from gui.paint.figures.caption import caption_phrases, colour_bar_texts, distinct_map_sizes
from gui.paint.figures.excerpt import Excerpt, FigurePart, make_excerpt
from gui.paint.figures.phrases import Phrase, flow_phrases, phrases_width, place_phrases
from gui.paint.figures.width_bands import draw_width_bands
from gui.paint.volumes.break_candidates import DESIGN_GAP, LineBreaks
from gui.paint.volumes.camera import LENGTH_SCALES, Camera
from gui.paint.volumes.drawing import draw_scene
from gui.paint.volumes.labels import LINE_SPACING, Label, elide_names, measure_text
from gui.paint.volumes.legend import COLOUR_BAR_SPACE, draw_label, draw_volumes_bar
from gui.paint.volumes.line_breaks import break_lines, fit_boxes
from gui.paint.volumes.scene import VolumesScene
from gui.paint.volumes.scene_layout import lay_out_scene
from gui.paint.volumes.space import rows_extent
from gui.paint.volumes.text_options import TextOptions, TextSizes
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.theme import Theme

_MARGIN, _GAP = 0.5, 0.5
"""Free border, and space above every heading but the first, in ems."""
_TITLE = 1.2
"""Size of a panel's title, in ems."""
_WIDE = 54.0
"""Least width, in ems, of a page with panels side by side."""
_MANY, _SPARSE = 40, 2
"""With more layers than this, only so many of the last, sparsest text options are tried: others take too long."""
_TALLEST, _TALLEST_WIDE = 1.75, 0.8
"""Greatest ratio of height to width on a page of free height: in a column, and on a wide page."""
_COUNTS = ("macs", "flops", OPERATIONS)
"""Metrics in which figures show costs; they show MACs instead of any other."""


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
    """Size of the smallest text that is drawn."""

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

    def paint(self, painter: QPainter, theme: Theme) -> None:
        """Draw the panels, with their width bands, at the painter's origin."""
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        draw_width_bands(painter, self.scene, self.state, theme)
        em, right = self.em, self.width
        for design_row, heading in zip(self.scene.line_breaks.design_rows, self.headings, strict=True):
            colour = theme.design(self.state.colour_index(design_row.name))
            for text in heading:
                draw_label(painter, text, colour if text.role == "design" else str(getattr(theme, text.role)))
        for _, top in self.scene.heading_points[1:] if not self.scene.line_breaks.side_by_side else ():
            painter.setPen(QPen(QColor(theme.grid), 0.06 * em))
            painter.drawLine(QPointF(_MARGIN * em, top), QPointF(right - _MARGIN * em, top))
        for text in self.caption:
            draw_label(painter, text, theme.muted)
        if self.bar_texts is not None:
            end = QPointF(right - _MARGIN * em, self.height - _MARGIN * em - 0.2 * TextSizes(em).small)
            draw_volumes_bar(painter, self.state, theme, end, em, self.bar_texts)
        pixels = abs(painter.deviceTransform().determinant()) ** 0.5
        draw_scene(painter, self.state, theme, self.scene, 0.995 * self.smallest_text * pixels, right, marks=False)


def lay_out_panels(
    state: ViewState,
    parts: Sequence[FigurePart],
    page: Page,
    text_options: Sequence[TextOptions],
    camera: Camera,
    *,
    first_phrases: Sequence[str] = (),
    side_by_side: bool = False,
    enough_ems: float = 7.0,
) -> PanelsFigure:
    """Lay out with the most detail and the largest text at which boxes measure `enough_ems` ems, or at least fit.

    On narrow pages it is enough to fit. `first_phrases` begin the caption; with `side_by_side`, panels are beside each
    other on wide pages.
    """
    if state.look.metric not in _COUNTS:
        state = replace(state, look=replace(state.look, metric=MACS.id))
    excerpt, figures = make_excerpt(state, parts), list[PanelsFigure]()
    many = len(excerpt.check.reports) > _MANY
    for options in text_options[-_SPARSE:] if many else text_options:
        for em in page.text_sizes:
            wide = page.width >= _WIDE * em
            for beside in (True, False) if side_by_side and wide and len(parts) > 1 else (False,):
                figure = _PanelsAttempt(state, excerpt, parts, page, em, beside=beside).lay_out(
                    options, camera, first_phrases
                )
                if figure.fits and (figure.box_size >= enough_ems or not wide):
                    return figure
                figures.append(figure)
    fitting = [figure for figure in figures if figure.fits]
    return fitting[0] if fitting else max(figures, key=lambda figure: figure.scene.shrink * figure.em)


def turn_panels(figure: PanelsFigure, camera: Camera) -> PanelsFigure:
    """The same figure seen by another camera, with the same texts."""
    margin = _MARGIN * figure.em
    return replace(
        figure, scene=lay_out_scene(figure.scene.line_breaks, camera, margin, margin, figure.heading_heights)
    )


class _PanelsAttempt:
    """An attempt to lay out a figure with text of one size."""

    def __init__(
        self, state: ViewState, excerpt: Excerpt, parts: Sequence[FigurePart], page: Page, em: int, *, beside: bool
    ) -> None:
        self.whole, self.state, self.parts, self.page, self.em, self.beside = state, excerpt, parts, page, em, beside
        self.small = TextSizes(em).small
        self.space = page.width - 2 * _MARGIN * em
        count = len(parts) if beside else 1
        self.panel_space = (self.space - (count - 1) * DESIGN_GAP * em) / count

    def lay_out(self, options: TextOptions, camera: Camera, first_phrases: Sequence[str]) -> PanelsFigure:
        em, margin = self.em, _MARGIN * self.em
        headings = [flow_phrases(phrases, self.panel_space) for phrases in self._headings()]
        headers = [(_GAP + LINE_SPACING * (_TITLE + len(lines) - 1) + 0.2) * em for lines in headings]
        headers = [max(headers)] * len(headers) if self.beside else headers
        if options.edge_numbers == "C" and len(distinct_map_sizes(self.state)) > 1:
            options = replace(options, edge_numbers="CHW", has_sparse_numbers=True)
        texts = (*first_phrases, *caption_phrases(self.state, self.whole, self.parts, camera, options))
        phrases = [Phrase(text, self.small) for text in texts if text]
        caption, bar = self._add_bar_line(flow_phrases(phrases, self.space))
        below = (0.3 + 0.84 * LINE_SPACING * len(caption)) * em
        fixed = (headers[0] if self.beside else sum(headers)) + below + 2 * margin
        height_ratio = _TALLEST_WIDE if self.page.width >= _WIDE * em else _TALLEST
        max_height = max(em, (self.page.height or height_ratio * self.page.width) - fixed)
        line_breaks = self._break_lines(options, max_height)
        if self.page.height is None:
            line_breaks = replace(
                line_breaks, space=(self.space, min(max_height, 1.0 + _needed_height(line_breaks, camera)))
            )
        scene = lay_out_scene(line_breaks, camera, margin, margin, headers)
        height = fixed + line_breaks.space[1]
        return PanelsFigure(
            self.state if options.notes != "none" else replace(self.state, focus=Focus()),
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

    def _break_lines(self, options: TextOptions, height: float) -> LineBreaks:
        look = self.state.look
        check, space = self.state.check, (self.space, height)
        kinds = look.scale, look.metric, look.convention
        return break_lines(check, frozenset(), (), (), *kinds, self.em, space, "input", options, self.beside)

    def _headings(self) -> Iterator[list[Phrase]]:
        """Letter, title and costs of each panel, and how they compare with those of the first."""
        metric, params = metric_by_id(self.state.look.metric), metric_by_id("params")
        first = self.parts[0].total_amount(self.whole, metric)
        size, costs, titles = round(_TITLE * self.em), self.whole.costs, tuple(part.title for part in self.parts)
        for letter, part in zip("abcdefgh", self.parts, strict=False):
            before = f"({letter}) " if len(self.parts) > 1 else ""
            title = elide_names(titles, self.panel_space - measure_text(before, size, True), size, True)[part.title]
            yield [
                Phrase(before + title, size, "design", True),
                *(Phrase(costs.text(m, part.total_amount(self.whole, m)), self.em) for m in (metric, params)),
                *([] if part is self.parts[0] else [self._comparison(metric, part, first)]),
            ]

    def _comparison(self, metric: Metric, part: FigurePart, first: Amount | None) -> Phrase:
        amount = part.total_amount(self.whole, metric)
        name = None if amount and first else self.whole.costs.unit(metric)
        return Phrase(compare_amounts(metric, amount, first, name), self.em, "text", True)

    def _place_headings(
        self, headings: Sequence[Sequence[Sequence[Phrase]]], scene: VolumesScene
    ) -> Iterator[tuple[Label, ...]]:
        for lines, (left, top) in zip(headings, scene.heading_points, strict=True):
            baseline, texts = top + (_GAP + _TITLE) * self.em, list[Label]()
            for line in lines:
                texts += place_phrases(line, left, baseline)
                baseline += LINE_SPACING * self.em
            yield tuple(texts)

    def _add_bar_line(self, lines: list[list[Phrase]]) -> tuple[list[list[Phrase]], tuple[str, str, str] | None]:
        """Add a line for the colour bar unless it fits after the last line; also return the texts of the bar."""
        if not self.state.run.results:
            return lines, None
        occupied = phrases_width(lines[-1]) + self.em if lines else 0.0
        bar_space = COLOUR_BAR_SPACE * self.em
        choices = [
            (words, bar_space + sum([measure_text(word, self.small) for word in words]))
            for words in colour_bar_texts(self.state)
        ]
        words, wide = next((choice for choice in choices if choice[1] <= self.space), choices[-1])
        return (lines if occupied + wide <= self.space else [*lines, []]), words

    def _place_caption(self, lines: Sequence[Sequence[Phrase]], bottom: float) -> Iterator[Label]:
        baseline = bottom - 0.25 * self.small - LINE_SPACING * self.small * (len(lines) - 1)
        for line in lines:
            yield from place_phrases(line, _MARGIN * self.em, baseline)
            baseline += LINE_SPACING * self.small


def _needed_height(line_breaks: LineBreaks, camera: Camera) -> float:
    """Height of the lines with the boxes as large as they fit."""
    fit, _, row_sizes = fit_boxes(line_breaks, camera)
    return (
        fit.shrink
        * rows_extent(
            line_breaks.design_rows,
            line_breaks.lines,
            row_sizes,
            line_breaks.text_sizes.em,
            beside=line_breaks.side_by_side,
        )[1]
    )

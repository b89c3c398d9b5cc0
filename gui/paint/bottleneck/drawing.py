"""The picture of a rank search: its chart, the maps of the layer and its replacement, and their difference."""

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from engine.network.input_specs import input_text
from engine.network.node_ref import STEM
from engine.rank_search import FORMS, ErrorCurve, RankResult, rank_search_refusal
from engine.shapes import Shape
from engine.text.units import abbreviate
from gui.paint.basics.colours import colour_map_name, join_ranges
from gui.paint.basics.note_drawing import STALE_OPACITY
from gui.paint.basics.text_drawing import draw_text, draw_wrapped_text, wrapped_text_height
from gui.paint.bottleneck.chart_drawing import paint_chart
from gui.paint.bottleneck.chart_layout import ChartLayout, lay_out_chart
from gui.paint.bottleneck.chart_marks import ChartMarks
from gui.paint.bottleneck.chart_readout import describe_rank
from gui.paint.maps import mosaic
from gui.paint.maps.difference import make_difference_panel
from gui.paint.maps.map_measures import volume_range
from gui.paint.maps.mosaic_drawing import draw_mosaics
from gui.paint.maps.mosaic_panels import MosaicPanel, colour_legend_text
from gui.paint.maps.tiles import MapTiles
from gui.state.view_state import ViewState
from gui.theme import Theme

_SEARCH_HINT = "Search shows how few maps suffice between a 1×1 convolution and this one"
_STALE = "for earlier settings: search again"
_NOTE_HEIGHT = 20.0
"""Least height of a chart with a footnote, in text heights."""
_INDEPENDENT = (
    "The line treats the taps of the kernel as independent. Neighbouring pixels are not, so measured points may lie "
    "below it; fitting the k×k again makes use of that."
)


class BottleneckContent(Struct, frozen=True, eq=False):
    """Everything that is drawn of a rank search, as far as it does not depend on the available space."""

    title: str
    message: str
    """The selected rank, what to do, or a mistake."""
    is_mistake: bool = False
    is_stale: bool = False
    """Whether the curve is for earlier settings of the layer."""
    footnote: str = ""
    curve: ErrorCurve | None = None
    chart_marks: ChartMarks | None = None
    maps: mosaic.MosaicContent | None = None

    @property
    def description(self) -> str:
        """The search in words."""
        return f"{self.title}. {self.message}"

    @property
    def opacity(self) -> float:
        """Opacity of the chart: a stale one is dimmed."""
        return STALE_OPACITY if self.is_stale else 1.0


class BottleneckLayout(Struct, frozen=True, eq=False):
    """Position of everything in the picture."""

    text_size: float
    head_rect: QRectF
    chart_layout: ChartLayout | None
    foot_rect: QRectF
    maps_rect: QRectF


def build_bottleneck_content(state: ViewState) -> BottleneckContent:
    """Build what to draw for a state: the rank search of the selected layer, or what to do first."""
    search, ref = state.rank_search, state.focus.ref
    problems = "\n".join(problem.text for problem in search.problems)
    report = state.report(ref)
    reason = rank_search_refusal(report)
    title = f"{ref[1]} of {'the stem' if ref[0] == STEM else ref[0]}"
    if report is None or (reason and (search.query is None or search.query.ref != ref)):
        return BottleneckContent(title, _sentence(reason, ref[1]))
    curve, index = search.curve, search.rank_index
    if search.query is None or search.query.ref != ref or curve is None:
        hint = f"{search.busy_text} …" if search.busy_text else _SEARCH_HINT
        return BottleneckContent(title, problems or hint, is_mistake=bool(problems))
    stale = state.check.keys.get(ref) != curve.key
    head = f"{title}: {abbreviate(curve.macs)} MACs, {FORMS[curve.form]}"
    message = (
        describe_rank(curve, index, search.visible_result)
        if index is not None
        else "No smaller rank has any of its energy"
    )
    query = search.query
    by_error = query.ranks is None and query.max_macs is None
    if by_error and curve.measured_at and curve.cheapest_within(query.max_error) is None:
        message = f"Nothing cheaper has an error of at most {100 * query.max_error:g} %. {message}"
    colour = state.colour_index(ref[0])
    marks = ChartMarks(colour, index, query.max_error if query.max_macs is None else None, search.visible_result)
    maps = None if search.visible_result is None else _build_maps(state, search.visible_result, fresh=not stale)
    footnote = "" if curve.form == "kxk+1x1" else _INDEPENDENT
    stale_message = _sentence(reason, ref[1]) if reason else _STALE
    return BottleneckContent(
        head, problems or (stale_message if stale else message), bool(problems), stale, footnote, curve, marks, maps
    )


def _sentence(reason: str, name: str) -> str:
    """Return a reason as a sentence; the name of a node is not capitalised."""
    return f"{reason if reason.startswith(name) else reason[:1].upper() + reason[1:]}."


def _build_maps(state: ViewState, result: RankResult, *, fresh: bool) -> mosaic.MosaicContent:
    """Build the maps of the layer and its replacement, and their difference."""
    look, shape, index = state.look, Shape(*result.exact.shape), state.colour_index(result.ref[0])
    volumes = result.exact, result.output
    ends = join_ranges([volume_range(volume, zero_centred=look.zero_centred) for volume in volumes])
    low, high = np.array(ends[:1]), np.array(ends[1:])
    names = result.ref[1], f"r {', '.join(map(str, result.ranks))}"
    panels = tuple(
        MosaicPanel(
            result.ref, name, str(shape), MapTiles(shape, volume, low, high, colour_map_name(look)), is_fresh=fresh
        )
        for name, volume in zip(names, volumes, strict=True)
    )
    difference = make_difference_panel(result.exact, result.output, names, is_fresh=fresh)
    colours = colour_legend_text(panels, look).replace(" of both designs", "")
    legend = f"before the bias, on {input_text(result.spec)} · {colours}"
    return mosaic.MosaicContent((*panels, difference), None, legend, replace(state.focus, node=""), (index, index, -1))


def lay_out_bottleneck(rect: QRectF, content: BottleneckContent, text_scale: float = 1.0) -> BottleneckLayout:
    """Lay out the maps beside the chart if the rectangle is wide, else below."""
    size = mosaic.mosaic_text_size(rect, text_scale)
    space = rect.adjusted(size * 0.8, size * 0.5, -size * 0.8, -size * 0.4)
    maps = QRectF()
    if content.maps is not None and space.width() > 1.25 * space.height():
        width = max(space.width() * 0.5, min(space.width() - size * 38, space.width() * 0.62))
        maps = QRectF(space.right() - width + size, space.top(), width - size, space.height())
        space = space.adjusted(0, 0, -width, 0)
    elif content.maps is not None:
        height = space.height() * 0.5
        maps = QRectF(space.left(), space.bottom() - height + size, space.width(), height - size)
        space = space.adjusted(0, 0, 0, -height)
    head = QRectF(
        space.left(),
        space.top(),
        space.width(),
        size * (1.7 + 1.3 * _count_lines(content.message, space.width(), size)),
    )
    foot = QRectF(space.left(), space.bottom(), space.width(), 0)
    chart = QRectF(space.left(), head.bottom() + size * 0.4, space.width(), space.bottom() - head.bottom() - size * 0.4)
    notes = size * 1.2 * _count_lines(content.footnote, space.width(), size * 0.9)
    if chart.height() - notes > _NOTE_HEIGHT * size:
        foot.setTop(foot.bottom() - notes)
        chart.setBottom(foot.top() - size * 0.4)
    chart_layout = None
    if content.curve is not None and content.chart_marks is not None and content.curve.ranks:
        chart_layout = lay_out_chart(content.curve, content.chart_marks, chart, size)
    return BottleneckLayout(size, head, chart_layout, foot, maps)


def _count_lines(text: str, width: float, size: float) -> int:
    return round(wrapped_text_height(text, width, size) / (size * 1.25)) if text else 0


def paint_bottleneck(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the rank search of the selected layer for a file."""
    content = build_bottleneck_content(state)
    layout = lay_out_bottleneck(rect, content)
    painter.save()
    painter.fillRect(rect, QColor(theme.base))
    draw_texts(painter, content, layout, theme)
    if layout.chart_layout is not None and content.curve is not None and content.chart_marks is not None:
        painter.setOpacity(content.opacity)
        paint_chart(painter, layout.chart_layout, content.curve, content.chart_marks, theme)
        painter.setOpacity(1.0)
    if content.maps is not None:
        maps_layout = mosaic.lay_out_mosaics(layout.maps_rect, content.maps)
        draw_mosaics(painter, layout.maps_rect, content.maps, maps_layout, theme)
    painter.restore()


def draw_texts(painter: QPainter, content: BottleneckContent, layout: BottleneckLayout, theme: Theme) -> None:
    """Draw title, message and footnote."""
    size, head = layout.text_size, layout.head_rect
    draw_text(
        painter, QRectF(head.left(), head.top(), head.width(), size * 1.6), content.title, size, theme.text, bold=True
    )
    colour = theme.error if content.is_mistake else theme.warning if content.is_stale else theme.text
    draw_wrapped_text(painter, head.adjusted(0, size * 1.6, 0, 0), content.message, size, colour)
    if layout.foot_rect.height() > 0:
        draw_wrapped_text(painter, layout.foot_rect, content.footnote, size * 0.9, theme.muted)

"""What can stand for a convolution: its chart, the maps of the layer and of its replacement, and their difference."""

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from engine.network.input_specs import input_text
from engine.rank_search import FORMS, ErrorCurve, RankResult, rank_search_refusal
from engine.shapes import Shape
from engine.text.problems import STEM
from engine.text.units import abbreviate
from gui.paint.basics.colours import colour_map_name
from gui.paint.basics.note_drawing import STALE_OPACITY
from gui.paint.basics.text_drawing import draw_text, draw_wrapped_text, wrapped_text_height
from gui.paint.bottleneck.chart_drawing import describe_width, paint_chart
from gui.paint.bottleneck.chart_layout import ChartLayout, lay_out_chart
from gui.paint.bottleneck.chart_marks import ChartMarks
from gui.paint.maps import mosaic
from gui.paint.maps.difference import make_difference_panel
from gui.paint.maps.map_measures import volume_range
from gui.paint.maps.mosaic_panels import MosaicPanel, colour_legend_text
from gui.paint.maps.tiles import MapTiles, MosaicZoom
from gui.state.view_state import ViewState
from gui.theme import Theme

STALE = "for earlier settings: explore again"
_NOTE_HEIGHT = 20.0
"""In heights of the text: of the chart, from which on there is a note below it."""
_INDEPENDENT = (
    "The line takes the taps of the kernel to be independent. Those of neighbouring pixels are not, so that what is "
    "measured may lie below it; fitting the k×k again uses that."
)


class BottleneckContent(Struct, frozen=True, eq=False):
    """All that is drawn of an exploration, as far as it does not depend on the room there is."""

    title: str
    message: str
    """The chosen width, or what to do, or what is wrong."""
    is_error: bool = False
    is_stale: bool = False
    """Whether the curve is none of today's layer."""
    footnote: str = ""
    curve: ErrorCurve | None = None
    chart_marks: ChartMarks | None = None
    maps: mosaic.MosaicContent | None = None


class BottleneckLayout(Struct, frozen=True, eq=False):
    """Where everything is."""

    text_size: float
    head_rect: QRectF
    chart_layout: ChartLayout | None
    foot_rect: QRectF
    maps_rect: QRectF


def build_bottleneck_content(state: ViewState) -> BottleneckContent:
    """What to draw for a state: the exploration of the chosen layer, or what must be done first."""
    shown, place = state.rank_search, state.focus.ref
    problems = "\n".join(problem.text for problem in shown.problems)
    report = state.report(place)
    reason = rank_search_refusal(report)
    title = f"{place[1]} of {'the stem' if place[0] == STEM else place[0]}"
    if report is None or (reason and (shown.query is None or shown.query.ref != place)):
        return BottleneckContent(title, _sentence(reason, place[1]))
    curve, index = shown.curve, shown.rank_index
    if shown.query is None or shown.query.ref != place or curve is None:
        busy = f"{shown.busy_text} …" if shown.busy_text else "Explore: how narrow may a 1×1 convolution before it be?"
        return BottleneckContent(title, problems or busy, is_error=bool(problems))
    stale = state.check.keys.get(place) != curve.key
    head = f"{title}: {abbreviate(curve.macs)} MACs, {FORMS[curve.form]}"
    said = (
        describe_width(curve, index, shown.visible_result)
        if index is not None
        else "Nothing narrower has any of its energy"
    )
    wish = shown.query
    by_error = wish.ranks is None and wish.max_macs is None
    if by_error and curve.measured_at and curve.cheapest_within(wish.max_error) is None:
        said = f"Nothing cheaper loses at most {100 * wish.max_error:g} %. {said}"
    colour = state.design_index(place[0])
    look = ChartMarks(colour, index, wish.max_error if wish.max_macs is None else None, shown.visible_result)
    maps = None if shown.visible_result is None else _build_maps(state, shown.visible_result, fresh=not stale)
    note = "" if curve.form == "kxk+1x1" else _INDEPENDENT
    stale_words = _sentence(reason, place[1]) if reason else STALE
    return BottleneckContent(
        head, problems or (stale_words if stale else said), bool(problems), stale, note, curve, look, maps
    )


def _sentence(reason: str, name: str) -> str:
    """Words as a sentence; the name of a node stays as it is."""
    return f"{reason if reason.startswith(name) else reason[:1].upper() + reason[1:]}."


def _build_maps(state: ViewState, trial: RankResult, *, fresh: bool) -> mosaic.MosaicContent:
    """The maps of the layer, of its replacement, and their difference."""
    look, shape, index = state.look, Shape(*trial.exact.shape), state.design_index(trial.ref[0])
    ends = [volume_range(volume, zero_centred=look.zero_centred) for volume in (trial.exact, trial.output)]
    low, high = np.array([min(e[0] for e in ends)]), np.array([max(e[1] for e in ends)])
    names = trial.ref[1], f"r {', '.join(map(str, trial.ranks))}"
    own = tuple(
        MosaicPanel(
            trial.ref, name, str(shape), MapTiles(shape, volume, low, high, colour_map_name(look)), is_fresh=fresh
        )
        for name, volume in zip(names, (trial.exact, trial.output), strict=True)
    )
    between = make_difference_panel(trial.exact, trial.output, names, fresh=fresh)
    colours = colour_legend_text(own, look).replace(" of both designs", "")
    words = f"before the bias, on {input_text(trial.spec)} · {colours}"
    return mosaic.MosaicContent((*own, between), None, words, replace(state.focus, node=""), (index, index, -1))


def lay_out_bottleneck(rect: QRectF, content: BottleneckContent) -> BottleneckLayout:
    """Lay out a picture: the maps beside the chart in a wide one, else below."""
    size = mosaic.mosaic_text_size(rect)
    room = rect.adjusted(size * 0.8, size * 0.5, -size * 0.8, -size * 0.4)
    maps = QRectF()
    if content.maps is not None and room.width() > 1.25 * room.height():
        width = max(room.width() * 0.5, min(room.width() - size * 38, room.width() * 0.62))
        maps = QRectF(room.right() - width + size, room.top(), width - size, room.height())
        room = room.adjusted(0, 0, -width, 0)
    elif content.maps is not None:
        height = room.height() * 0.5
        maps = QRectF(room.left(), room.bottom() - height + size, room.width(), height - size)
        room = room.adjusted(0, 0, 0, -height)
    head = QRectF(
        room.left(), room.top(), room.width(), size * (1.7 + 1.3 * _count_lines(content.message, room.width(), size))
    )
    foot = QRectF(room.left(), room.bottom(), room.width(), 0)
    chart = QRectF(room.left(), head.bottom() + size * 0.4, room.width(), room.bottom() - head.bottom() - size * 0.4)
    notes = size * 1.2 * _count_lines(content.footnote, room.width(), size * 0.9)
    if chart.height() - notes > _NOTE_HEIGHT * size:
        foot.setTop(foot.bottom() - notes)
        chart.setBottom(foot.top() - size * 0.4)
    placed = None
    if content.curve is not None and content.chart_marks is not None and content.curve.ranks:
        placed = lay_out_chart(content.curve, content.chart_marks, chart, size)
    return BottleneckLayout(size, head, placed, foot, maps)


def _count_lines(text: str, width: float, size: float) -> int:
    return round(wrapped_text_height(text, width, size) / (size * 1.25)) if text else 0


def paint_bottleneck(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the exploration of the chosen layer for a file."""
    content = build_bottleneck_content(state)
    draw_bottleneck(painter, rect, content, lay_out_bottleneck(rect, content), theme)


def draw_bottleneck(
    painter: QPainter,
    rect: QRectF,
    content: BottleneckContent,
    layout: BottleneckLayout,
    theme: Theme,
    zoom: MosaicZoom | None = None,
) -> None:
    """Draw what was laid out."""
    painter.save()
    painter.fillRect(rect, QColor(theme.base))
    size, head = layout.text_size, layout.head_rect
    draw_text(
        painter, QRectF(head.left(), head.top(), head.width(), size * 1.6), content.title, size, theme.text, bold=True
    )
    colour = theme.error if content.is_error else theme.warning if content.is_stale else theme.text
    draw_wrapped_text(painter, head.adjusted(0, size * 1.6, 0, 0), content.message, size, colour)
    if layout.chart_layout is not None and content.curve is not None and content.chart_marks is not None:
        painter.setOpacity(STALE_OPACITY if content.is_stale else 1.0)
        paint_chart(painter, layout.chart_layout, content.curve, content.chart_marks, theme)
        painter.setOpacity(1.0)
    if layout.foot_rect.height() > 0:
        draw_wrapped_text(painter, layout.foot_rect, content.footnote, size * 0.9, theme.muted)
    if content.maps is not None:
        scene = mosaic.lay_out_mosaics(layout.maps_rect, content.maps, zoom or MosaicZoom())
        mosaic.draw_mosaics(painter, layout.maps_rect, content.maps, scene, theme)
    painter.restore()

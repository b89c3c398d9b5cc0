"""The mosaics: all output maps of up to four designs, a difference of two, and a detail of the selected map."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QMarginsF, QRectF

from engine.kernels import Checkpoint
from engine.layers.explanation import Spot
from gui.paint.basics.note_drawing import STALE_HINT
from gui.paint.basics.text_drawing import wrapped_text_height
from gui.paint.maps.budget import Budget
from gui.paint.maps.detail.base import MapDetail
from gui.paint.maps.detail.details import (
    PlacedDetail,
    build_map_detail,
    detail_title_height,
    lay_out_detail,
)
from gui.paint.maps.difference import make_difference_panel
from gui.paint.maps.mosaic_panels import (
    MosaicPanel,
    build_mosaic_panels,
    colour_legend_text,
    find_map_order,
    levels_set_by_hand,
    map_value_text,
    matching_order,
    order_figure_name,
    order_text,
    spot_name,
)
from gui.paint.maps.panel_drawing import (
    panel_caption_height,
)
from gui.paint.maps.tile_grid import Projection, choose_tile_grid, project_grid
from gui.state.comparison import compared_pair
from gui.state.focus import Focus
from gui.state.view_state import ViewState


class MosaicContent(Struct, frozen=True, eq=False):
    """Everything that is drawn, as far as it does not depend on the available space."""

    panels: tuple[MosaicPanel, ...]
    """Maps of the designs, and the difference of two if the look includes it."""
    detail: MapDetail | None
    legend: str
    focus: Focus
    colour_indices: tuple[int, ...]
    """Index of the colour of each panel's design; -1 for stem, input and difference."""
    is_complete: bool = True
    """Whether nothing slow was left out."""
    adjustable_levels: tuple[float, float] | None = None
    """The ends of the colour range that the maps share, if they can be set by hand."""
    is_set_by_hand: bool = False
    """Whether they are."""

    @property
    def difference_panel(self) -> MosaicPanel | None:
        """The panel with its own colours."""
        return next((panel for panel in self.panels if panel.legend_text), None)

    @property
    def description(self) -> str:
        """The mosaics in words."""
        parts = [f"{panel.design}, {panel.title} {panel.note}".strip() for panel in self.panels]
        parts += [self.legend, *(panel.legend_text for panel in self.panels)]
        if self.detail is not None:
            parts.append(self.detail.text or f"{self.detail.title}: {self.detail.reason}")
        return ". ".join(filter(None, parts))


def build_mosaic_content(state: ViewState, checkpoint: Checkpoint | None = lambda: None) -> MosaicContent:
    """Build what to draw for a state.

    Parameters
    ----------
    checkpoint
        Called during long computations. None: they are left out, as the window does not wait.
    """
    budget = Budget(checkpoint)
    panels = build_mosaic_panels(state, budget)
    if state.look.comparison == "maps + difference":
        panels = (*panels, *_difference_panels(panels, compared_pair(state), budget))
    return _build_content(state, panels, budget)


def refocus_mosaics(
    content: MosaicContent, state: ViewState, checkpoint: Checkpoint | None = lambda: None
) -> MosaicContent:
    """Return the same maps with a new focus, which may change their order."""
    budget = Budget(checkpoint)
    panels = content.panels
    if state.look.order == "likeness":
        order = find_map_order(state, budget)
        figures = [order_figure_name(state) if panel.ref == state.focus.ref else "" for panel in panels]
        panels = tuple(
            [
                replace(panel, order=matching_order(order, panel.shape), figure_name=figure)
                for panel, figure in zip(panels, figures, strict=True)
            ]
        )
    result = _build_content(state, panels, budget)
    return result if content.is_complete else replace(result, is_complete=False)


def _build_content(state: ViewState, panels: tuple[MosaicPanel, ...], budget: Budget) -> MosaicContent:
    volume_panels = [panel for panel in panels if panel.ref is not None]
    indices = tuple([-1 if panel.ref is None else state.colour_index(panel.ref[0]) for panel in panels])
    levels = _shared_levels(volume_panels)
    by_hand = levels is not None and levels_set_by_hand(state) is not None
    colours = colour_legend_text(volume_panels, state.look, is_set_by_hand=by_hand)
    words = " · ".join(filter(None, (colours, order_text(state, volume_panels))))
    return MosaicContent(
        panels,
        build_map_detail(state, volume_panels, budget),
        words.replace(" %", "\N{NO-BREAK SPACE}%"),
        state.focus,
        indices,
        budget.complete,
        levels,
        by_hand,
    )


def _shared_levels(panels: Sequence[MosaicPanel]) -> tuple[float, float] | None:
    """Return the ends of the range that all maps share; None if each has its own, or all values are equal."""
    for panel in panels:
        tiles = panel.tiles
        if tiles is not None and tiles.values is not None and tiles.lows.size == 1 and tiles.lows[0] < tiles.highs[0]:
            return float(tiles.lows[0]), float(tiles.highs[0])
    return None


def _difference_panels(
    panels: Sequence[MosaicPanel], pair: tuple[str, str] | None, budget: Budget
) -> tuple[MosaicPanel, ...]:
    """Return the difference of two panels, if their values can be compared: of the pair, or else of the first two."""
    comparable = {panel.design: panel for panel in panels if panel.has_values}
    chosen = pair if pair is not None and set(pair) <= set(comparable) else tuple(comparable)[:2]
    if len(chosen) < 2:
        return ()
    first, second = (comparable[design] for design in chosen)
    if first.shape != second.shape:
        return ()
    one, other = (None if panel.tiles is None else panel.tiles.values for panel in (first, second))
    if one is None or other is None:
        return ()
    fresh = first.is_fresh and second.is_fresh
    names, note = (first.design, second.design), "" if fresh else STALE_HINT
    return (make_difference_panel(one, other, names, order=first.order, budget=budget, is_fresh=fresh, note=note),)


_NO_SPACE = "not enough space to show it: enlarge the view"
_LEAST_MAPS = 4.5
"""Height of a mosaic, in text heights, below which legends and detail are left out."""


class PanelLayout(NamedTuple):
    """Position of a panel's caption, note and mosaic."""

    caption_rect: QRectF
    note_rect: QRectF
    projection: Projection | None


class MosaicLayout(NamedTuple):
    """Position of everything in the picture."""

    text_size: float
    """Height of the text in pixels."""
    panels: tuple[PanelLayout, ...]
    selected_value_rect: QRectF
    legend_rect: QRectF
    difference_legend_rect: QRectF
    detail: PlacedDetail | None

    def value_step(self, density: float) -> int:
        """Return the largest step between the values that an image shows.

        `density` is the number of device pixels per pixel of the picture.
        """
        projections = [panel.projection for panel in self.panels if panel.projection is not None]
        return max([projection.value_step(density) for projection in projections], default=1)


def mosaic_text_size(rect: QRectF, text_scale: float = 1.0) -> float:
    """Return the height of the text: it grows with the picture, so that a large one can be read from afar.

    The smallest one grows with `text_scale`, as long as maps have space besides.
    """
    smallest = max(12.0, min(12.0 * text_scale, rect.width() / 26, rect.height() / 24))
    return max(smallest, min(rect.width() / 46, rect.height() / 40, 19.0))


def lay_out_mosaics(rect: QRectF, content: MosaicContent, text_scale: float = 1.0) -> MosaicLayout:
    """Lay out a picture; a pure function of its size and content. The mosaics are fitted.

    If the maps would get too little space, the words of the legends are left out, then the detail.
    """
    bare = content
    if content.detail is not None:
        bare = replace(content, detail=replace(content.detail, body=None, reason=_NO_SPACE))
    for variant, terse in ((content, False), (content, True), (bare, True)):
        layout = _lay_out_with_legends(rect, variant, mosaic_text_size(rect, text_scale), terse=terse)
        heights = [panel.projection.rect.height() if panel.projection else 0 for panel in layout.panels]
        if min(heights, default=0) >= _LEAST_MAPS * layout.text_size:
            break
    return layout


def _lay_out_with_legends(rect: QRectF, content: MosaicContent, size: float, *, terse: bool) -> MosaicLayout:
    maps = rect.marginsRemoved(QMarginsF(size * 0.8, size * 0.6, size * 0.8, size * 0.6))
    detail = None
    if content.detail is not None:
        maps, detail_rect = _split(maps, content.detail, size)
        detail = lay_out_detail(content.detail, detail_rect, size)
    difference = content.difference_panel
    maps, second = _cut_legend(maps, "" if difference is None else difference.legend_text, size, terse=terse)
    maps, first = _cut_legend(maps, content.legend, size, terse=terse)
    value_text = selected_value_text(content)
    line_height = wrapped_text_height(value_text, maps.width(), size, bold=True) + size * 0.4 if value_text else 0.0
    value_rect = QRectF(maps.left(), first.top() - line_height, maps.width(), line_height)
    maps.setBottom(value_rect.top() - size * 0.6)
    return MosaicLayout(size, _lay_out_panels(maps, content, size), value_rect, first, second, detail)


def _cut_legend(rect: QRectF, words: str, size: float, *, terse: bool) -> tuple[QRectF, QRectF]:
    """Split off space at the bottom for a colour bar and, unless terse, for its words: (rest, legend)."""
    height = size * 1.7 + (0.0 if terse else wrapped_text_height(words, rect.width(), size)) if words else 0.0
    return rect.adjusted(0, 0, 0, -height), QRectF(rect.left(), rect.bottom() - height, rect.width(), height)


def _split(rect: QRectF, detail: MapDetail, size: float) -> tuple[QRectF, QRectF]:
    """Split into space for the maps and for the detail: beside them in a wide picture, else below."""
    if detail.body is None:
        height = detail_title_height(detail, rect.width(), size) + wrapped_text_height(
            detail.reason, rect.width(), size
        )
    elif rect.width() > 1.3 * rect.height():
        width = min(max(rect.width() * 0.27, 15 * size), rect.width() / 2)
        return (
            rect.adjusted(0, 0, -width - size * 1.5, 0),
            QRectF(rect.right() - width, rect.top(), width, rect.height()),
        )
    else:
        height = max(rect.height() * 0.3, 9 * size)
    height = min(height, rect.height() / 2)
    return rect.adjusted(0, 0, 0, -height - size), QRectF(rect.left(), rect.bottom() - height, rect.width(), height)


def _lay_out_panels(space: QRectF, content: MosaicContent, size: float) -> tuple[PanelLayout, ...]:
    """Lay out the panels side by side, stacked or in rows, whichever shows the maps largest."""
    if not content.panels:
        return ()
    count = len(content.panels)
    options = [
        _lay_out_panels_in(_panel_rects(space, count, across, size * 1.2), content, size)
        for across in range(count, 0, -1)
    ]
    return max(
        options,
        key=lambda layouts: min(
            layout.projection.tile_rect(0).width() if layout.projection else 0 for layout in layouts
        ),
    )


def _panel_rects(space: QRectF, count: int, across: int, gap: float) -> list[QRectF]:
    """Return equal rectangles in rows of `across`."""
    down = -(-count // across)
    width, height = (space.width() - (across - 1) * gap) / across, (space.height() - (down - 1) * gap) / down
    corners = ((index % across * (width + gap), index // across * (height + gap)) for index in range(count))
    return [QRectF(space.left() + x, space.top() + y, width, height) for x, y in corners]


def _lay_out_panels_in(rects: Sequence[QRectF], content: MosaicContent, size: float) -> tuple[PanelLayout, ...]:
    """Lay out panels with captions and notes of equal height, so that equal maps are equally large."""
    width = rects[0].width()
    caption = panel_caption_height(content.panels, width, size)
    notes = [wrapped_text_height(panel.note, width - size, size) + size * 0.6 for panel in content.panels if panel.note]
    note = min(max(notes, default=0.0), rects[0].height() / 2)
    layouts = []
    for rect, panel in zip(rects, content.panels, strict=True):
        title = QRectF(rect.left(), rect.top(), width, caption)
        words = QRectF(rect.left(), title.bottom() + size * 0.3, width, note)
        top = words.bottom() + size * 0.4
        maps_rect = QRectF(rect.left(), top, max(width, 1), max(rect.bottom() - top, 1))
        layouts.append(PanelLayout(title, words, _project_maps(panel, maps_rect, size)))
    return tuple(layouts)


def _project_maps(panel: MosaicPanel, space: QRectF, size: float) -> Projection | None:
    if panel.shape is None:
        return None
    grid = choose_tile_grid(
        panel.shape, space.width(), space.height(), lead_tiles=panel.lead_tiles, label=size, order=panel.order
    )
    return project_grid(grid, space)


def selected_value_text(content: MosaicContent) -> str:
    """Return the selected value, in all designs; "" if none is selected or known."""
    focus = content.focus
    if focus.channel is None or focus.pixel is None or not content.legend:
        return ""
    spot = Spot(focus.channel, *focus.pixel)
    values = [map_value_text(panel, spot) for panel in content.panels]
    if len(values) > 1:
        values = [f"{panel.design} {value}" for panel, value in zip(content.panels, values, strict=True)]
    return f"{spot_name(spot)}: {' · '.join(values)}"

"""Mosaics of every output map, two designs' in one scale, their difference, and a detail of the chosen map: layout."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QMarginsF, QRectF
from PySide6.QtGui import QColor, QPainter

from engine.kernels import Checkpoint
from gui.paint.basics.note_drawing import STALE_HINT
from gui.paint.basics.text_drawing import draw_wrapped_text, wrapped_text_height
from gui.paint.maps.budget import Budget
from gui.paint.maps.detail.details import (
    MapDetail,
    PlacedDetail,
    build_map_detail,
    detail_title_height,
    draw_detail,
    lay_out_detail,
)
from gui.paint.maps.difference import make_difference_panel
from gui.paint.maps.mosaic_panels import (
    MosaicPanel,
    build_mosaic_panels,
    colour_legend_text,
    find_map_order,
    matching_order,
    order_figure_name,
    order_text,
    spot_name,
    value_text,
)
from gui.paint.maps.panel_drawing import (
    draw_colour_legend,
    draw_panel_caption,
    draw_panel_maps,
    draw_panel_note,
    panel_caption_height,
)
from gui.paint.maps.tile_drawing import find_value_step
from gui.paint.maps.tiles import MapSpot, MosaicZoom, Projection, choose_tile_grid, project_grid
from gui.state.view_state import Focus, ViewState
from gui.theme import Theme


class MosaicContent(Struct, frozen=True, eq=False):
    """All that is drawn, as far as it does not depend on the room there is."""

    panels: tuple[MosaicPanel, ...]
    """One or two designs' maps, and their difference where it is asked for."""
    detail: MapDetail | None
    legend: str
    focus: Focus
    design_indices: tuple[int, ...]
    """The plates' designs' positions in the project, for their colours; -1 for the stem, the input and a difference."""
    is_complete: bool = True
    """Whether nothing is left out that takes long to compute."""

    @property
    def difference_panel(self) -> MosaicPanel | None:
        """The plate that has colours of its own."""
        return next((plate for plate in self.panels if plate.legend_text), None)


def build_mosaic_content(state: ViewState, checkpoint: Checkpoint | None = lambda: None) -> MosaicContent:
    """What to draw for a state.

    Parameters
    ----------
    checkpoint
        Called while what takes long is computed. None: that is left out, as the window does not wait.
    """
    budget = Budget(checkpoint)
    shown = build_mosaic_panels(state, budget)
    if state.look.comparison == "maps + difference":
        shown = (*shown, *_difference_panels(shown, budget))
    return _build_content(state, shown, budget)


def refocus_mosaics(
    content: MosaicContent, state: ViewState, checkpoint: Checkpoint | None = lambda: None
) -> MosaicContent:
    """The same maps with another choice within them, which may sort them anew."""
    budget = Budget(checkpoint)
    shown = content.panels
    if state.look.order == "likeness":
        order = find_map_order(state, budget)
        figures = [order_figure_name(state) if plate.ref == state.focus.ref else "" for plate in shown]
        shown = tuple(
            [
                replace(plate, order=matching_order(order, plate.shape), figure_name=figure)
                for plate, figure in zip(shown, figures, strict=True)
            ]
        )
    made = _build_content(state, shown, budget)
    return made if content.is_complete else replace(made, is_complete=False)


def _build_content(state: ViewState, shown: tuple[MosaicPanel, ...], budget: Budget) -> MosaicContent:
    own = [plate for plate in shown if plate.ref is not None]
    indices = tuple([-1 if plate.ref is None else state.design_index(plate.ref[0]) for plate in shown])
    words = " · ".join(filter(None, (colour_legend_text(own, state.look), order_text(state, own))))
    detail = build_map_detail(state, own, budget)
    return MosaicContent(
        shown, detail, words.replace(" %", "\N{NO-BREAK SPACE}%"), state.focus, indices, budget.complete
    )


def _difference_panels(shown: Sequence[MosaicPanel], budget: Budget) -> tuple[MosaicPanel, ...]:
    """The difference of two plates whose values can be compared."""
    if len(shown) != 2 or shown[0].shape != shown[1].shape:
        return ()
    tiles = [plate.tiles for plate in shown]
    first, second = (None if some is None else some.values for some in tiles)
    if first is None or second is None:
        return ()
    fresh = all(plate.is_fresh for plate in shown)
    names = shown[0].design, shown[1].design
    note = "" if fresh else STALE_HINT
    return (make_difference_panel(first, second, names, order=shown[0].order, budget=budget, fresh=fresh, note=note),)


_NO_ROOM = "no room to show it here: enlarge the view"
_LEAST_MAPS = 4.5
"""Height of a mosaic, in heights of the text, below which other things are left out."""


class PanelLayout(NamedTuple):
    """Where a plate's caption, its note and its mosaic are."""

    caption_rect: QRectF
    note_rect: QRectF
    projection: Projection | None


class MosaicLayout(NamedTuple):
    """Where everything is."""

    text_size: float
    """Height of the text in pixels."""
    panels: tuple[PanelLayout, ...]
    pinned_rect: QRectF
    legend_rect: QRectF
    difference_legend_rect: QRectF
    detail: PlacedDetail | None


def mosaic_text_size(rect: QRectF) -> float:
    """Text grows with the picture, so that a large one can be read from afar."""
    return min(max(min(rect.width() / 46, rect.height() / 40), 12.0), 19.0)


def lay_out_mosaics(rect: QRectF, content: MosaicContent, zoom: MosaicZoom) -> MosaicLayout:
    """Lay out a picture; a pure function of its size, what it shows and the zoom.

    Where the maps would get too little room the words of the legends are left out, then the detail.
    """
    bare = content
    if content.detail is not None:
        bare = replace(content, detail=replace(content.detail, body=None, reason=_NO_ROOM))
    for shown, terse in ((content, False), (content, True), (bare, True)):
        scene = _lay_out_with_legends(rect, shown, zoom, terse=terse)
        if (
            min(frame.projection.rect.height() if frame.projection else 0 for frame in scene.panels)
            >= _LEAST_MAPS * scene.text_size
        ):
            break
    return scene


def _lay_out_with_legends(rect: QRectF, content: MosaicContent, zoom: MosaicZoom, *, terse: bool) -> MosaicLayout:
    size = mosaic_text_size(rect)
    maps = rect.marginsRemoved(QMarginsF(size * 0.8, size * 0.6, size * 0.8, size * 0.6))
    detail = None
    if content.detail is not None:
        maps, room = _split(maps, content.detail, size)
        detail = lay_out_detail(content.detail, room, size)
    apart = content.difference_panel
    maps, second = _cut_legend(maps, "" if apart is None else apart.legend_text, size, terse=terse)
    maps, first = _cut_legend(maps, content.legend, size, terse=terse)
    chosen = pinned_text(content)
    line = wrapped_text_height(chosen, maps.width(), size, bold=True) + size * 0.4 if chosen else 0.0
    pinned = QRectF(maps.left(), first.top() - line, maps.width(), line)
    maps.setBottom(pinned.top() - size * 0.6)
    return MosaicLayout(size, _lay_out_panels(maps, content, size, zoom), pinned, first, second, detail)


def _cut_legend(rect: QRectF, words: str, size: float, *, terse: bool) -> tuple[QRectF, QRectF]:
    """What is left above, and room at the bottom for a bar of colours and, unless terse, for these words."""
    height = size * 1.7 + (0.0 if terse else wrapped_text_height(words, rect.width(), size)) if words else 0.0
    return rect.adjusted(0, 0, 0, -height), QRectF(rect.left(), rect.bottom() - height, rect.width(), height)


def _split(rect: QRectF, detail: MapDetail, size: float) -> tuple[QRectF, QRectF]:
    """Room for the maps and for a detail: beside them in a wide picture, else below."""
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


def _lay_out_panels(room: QRectF, content: MosaicContent, size: float, zoom: MosaicZoom) -> tuple[PanelLayout, ...]:
    """The plates beside or below each other, whichever shows the maps larger."""
    count, gap = len(content.panels), size * 1.2
    width, height = (room.width() - (count - 1) * gap) / count, (room.height() - (count - 1) * gap) / count
    beside = [QRectF(room.left() + i * (width + gap), room.top(), width, room.height()) for i in range(count)]
    stacked = [QRectF(room.left(), room.top() + i * (height + gap), room.width(), height) for i in range(count)]
    options = [
        _lay_out_panels_in(rects, content, size, zoom) for rects in ((beside, stacked) if count > 1 else (beside,))
    ]
    return max(
        options,
        key=lambda frames: min(frame.projection.tile_rect(0).width() if frame.projection else 0 for frame in frames),
    )


def _lay_out_panels_in(
    rects: Sequence[QRectF], content: MosaicContent, size: float, zoom: MosaicZoom
) -> tuple[PanelLayout, ...]:
    """Captions and notes take the same room everywhere, so that equal maps are equally large."""
    width = rects[0].width()
    caption = panel_caption_height(content.panels, width, size)
    notes = [wrapped_text_height(plate.note, width - size, size) + size * 0.6 for plate in content.panels if plate.note]
    note = min(max(notes, default=0.0), rects[0].height() / 2)
    frames = []
    for rect, plate in zip(rects, content.panels, strict=True):
        title = QRectF(rect.left(), rect.top(), width, caption)
        words = QRectF(rect.left(), title.bottom() + size * 0.3, width, note)
        top = words.bottom() + size * 0.4
        seen = QRectF(rect.left(), top, width, max(rect.bottom() - top, 1))
        frames.append(PanelLayout(title, words, _project_maps(plate, seen, size, zoom)))
    return tuple(frames)


def _project_maps(plate: MosaicPanel, room: QRectF, size: float, zoom: MosaicZoom) -> Projection | None:
    if plate.shape is None:
        return None
    grid = choose_tile_grid(
        plate.shape, room.width(), room.height(), lead_tiles=plate.lead_tiles, label=size, order=plate.order
    )
    return project_grid(grid, room, zoom)


def pinned_text(content: MosaicContent) -> str:
    """The chosen value, in both designs; "" where no value is chosen, or none is known."""
    focus = content.focus
    if focus.channel is None or focus.pixel is None or not content.legend:
        return ""
    spot = MapSpot(focus.channel, *focus.pixel)
    values = [value_text(plate, spot) for plate in content.panels]
    if len(values) > 1:
        values = [f"{plate.design} {value}" for plate, value in zip(content.panels, values, strict=True)]
    return f"{spot_name(spot)}: {' · '.join(values)}"


def paint_mosaics(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the mosaics for a file: all of them, fitted into `rect`."""
    content = build_mosaic_content(state)
    draw_mosaics(painter, rect, content, lay_out_mosaics(rect, content, MosaicZoom()), theme)


def draw_mosaics(painter: QPainter, rect: QRectF, content: MosaicContent, scene: MosaicLayout, theme: Theme) -> None:
    """Draw what was laid out."""
    painter.save()
    painter.fillRect(rect, QColor(theme.base))
    for frame, plate, index in zip(scene.panels, content.panels, content.design_indices, strict=True):
        chosen = plate.ref == content.focus.ref and len(content.panels) > 1
        colour = theme.muted if index < 0 else theme.design(index)
        draw_panel_caption(painter, frame.caption_rect, plate, colour, chosen, scene.text_size, theme)
        draw_panel_note(painter, frame.note_rect, plate, scene.text_size, theme)
        if frame.projection is not None:
            draw_panel_maps(painter, frame.projection, plate, content.focus, scene.text_size, theme)
    draw_wrapped_text(painter, scene.pinned_rect, pinned_text(content), scene.text_size, theme.text, bold=True)
    _draw_legends(painter, scene, content, theme)
    if scene.detail is not None:
        draw_detail(painter, scene.detail, theme)
    painter.restore()


def _draw_legends(painter: QPainter, scene: MosaicLayout, content: MosaicContent, theme: Theme) -> None:
    """That of the designs' maps, and below it that of their difference."""
    step = max(
        [find_value_step(painter, frame.projection) for frame in scene.panels if frame.projection is not None],
        default=1,
    )
    shared = next((plate for plate in content.panels if plate.has_values), None)
    apart = content.difference_panel
    rows = (
        (shared, scene.legend_rect, content.legend),
        (apart, scene.difference_legend_rect, apart.legend_text if apart else ""),
    )
    for plate, rect, words in rows:
        if plate is not None and plate.tiles is not None and words:
            draw_colour_legend(
                painter, rect, plate.tiles, words, step if plate is shared else 1, scene.text_size, theme
            )

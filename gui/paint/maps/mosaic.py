"""Mosaics of every output map, two designs' in one scale, their difference, and a detail of the chosen map: layout."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QMarginsF, QRectF
from PySide6.QtGui import QColor, QPainter

from engine.kernels import Checkpoint
from gui.paint.basics.notes import STALE_HINT
from gui.paint.basics.words import draw_wrapped, wrapped_height
from gui.paint.maps.budget import Budget
from gui.paint.maps.detail.detail import Detail, PlacedDetail, detail_of, draw_detail, place_detail, title_height
from gui.paint.maps.difference import difference
from gui.paint.maps.mosaic_panels import (
    Plate,
    figure_of,
    fitting,
    legend,
    order_of,
    order_words,
    plates,
    spot_name,
    value_text,
)
from gui.paint.maps.panel_drawing import caption_height, draw_caption, draw_legend, draw_mosaic, draw_plate_note
from gui.paint.maps.tile_drawing import step_of
from gui.paint.maps.tiles import Projection, Spot, Zoom, choose_grid, project
from gui.state.view_state import Focus, ViewState
from gui.theme import Theme


class Content(Struct, frozen=True, eq=False):
    """All that is drawn, as far as it does not depend on the room there is."""

    plates: tuple[Plate, ...]
    """One or two designs' maps, and their difference where it is asked for."""
    detail: Detail | None
    legend: str
    focus: Focus
    design_indices: tuple[int, ...]
    """The plates' designs' positions in the project, for their colours; -1 for the stem, the input and a difference."""
    complete: bool = True
    """Whether nothing is left out that takes long to compute."""

    @property
    def difference(self) -> Plate | None:
        """The plate that has colours of its own."""
        return next((plate for plate in self.plates if plate.words), None)


def content_of(state: ViewState, checkpoint: Checkpoint | None = lambda: None) -> Content:
    """What to draw for a state.

    Parameters
    ----------
    checkpoint
        Called while what takes long is computed. None: that is left out, as the window does not wait.
    """
    budget = Budget(checkpoint)
    shown = plates(state, budget)
    if state.look.compared == "maps + difference":
        shown = (*shown, *_difference(shown, budget))
    return _content(state, shown, budget)


def refocused(content: Content, state: ViewState, checkpoint: Checkpoint | None = lambda: None) -> Content:
    """The same maps with another choice within them, which may sort them anew."""
    budget = Budget(checkpoint)
    shown = content.plates
    if state.look.order == "likeness":
        order = order_of(state, budget)
        figures = [figure_of(state) if plate.place == state.focus.place else "" for plate in shown]
        shown = tuple(
            [
                replace(plate, order=fitting(order, plate.shape), figure=figure)
                for plate, figure in zip(shown, figures, strict=True)
            ]
        )
    made = _content(state, shown, budget)
    return made if content.complete else replace(made, complete=False)


def _content(state: ViewState, shown: tuple[Plate, ...], budget: Budget) -> Content:
    own = [plate for plate in shown if plate.place is not None]
    indices = tuple([-1 if plate.place is None else state.design_index(plate.place[0]) for plate in shown])
    words = " · ".join(filter(None, (legend(own, state.look), order_words(state, own))))
    detail = detail_of(state, own, budget)
    return Content(shown, detail, words.replace(" %", "\N{NO-BREAK SPACE}%"), state.focus, indices, budget.complete)


def _difference(shown: Sequence[Plate], budget: Budget) -> tuple[Plate, ...]:
    """The difference of two plates whose values can be compared."""
    if len(shown) != 2 or shown[0].shape != shown[1].shape:
        return ()
    tiles = [plate.tiles for plate in shown]
    first, second = (None if some is None else some.values for some in tiles)
    if first is None or second is None:
        return ()
    fresh = all(plate.fresh for plate in shown)
    names = shown[0].design, shown[1].design
    note = "" if fresh else STALE_HINT
    return (difference(first, second, names, order=shown[0].order, budget=budget, fresh=fresh, note=note),)


NO_ROOM = "no room to show it here: enlarge the view"
LEAST_MAPS = 4.5
"""Height of a mosaic, in heights of the text, below which other things are left out."""


class Frame(NamedTuple):
    """Where a plate's caption, its note and its mosaic are."""

    caption: QRectF
    note: QRectF
    seen: Projection | None


class Scene(NamedTuple):
    """Where everything is."""

    size: float
    """Height of the text in pixels."""
    frames: tuple[Frame, ...]
    pinned: QRectF
    legend: QRectF
    difference_legend: QRectF
    detail: PlacedDetail | None


def text_size(rect: QRectF) -> float:
    """Text grows with the picture, so that a large one can be read from afar."""
    return min(max(min(rect.width() / 46, rect.height() / 40), 12.0), 19.0)


def arrange(rect: QRectF, content: Content, zoom: Zoom) -> Scene:
    """Lay out a picture; a pure function of its size, what it shows and the zoom.

    Where the maps would get too little room the words of the legends are left out, then the detail.
    """
    bare = content
    if content.detail is not None:
        bare = replace(content, detail=replace(content.detail, body=None, fault=NO_ROOM))
    for shown, terse in ((content, False), (content, True), (bare, True)):
        scene = _arranged(rect, shown, zoom, terse=terse)
        if min(frame.seen.rect.height() if frame.seen else 0 for frame in scene.frames) >= LEAST_MAPS * scene.size:
            break
    return scene


def _arranged(rect: QRectF, content: Content, zoom: Zoom, *, terse: bool) -> Scene:
    size = text_size(rect)
    maps = rect.marginsRemoved(QMarginsF(size * 0.8, size * 0.6, size * 0.8, size * 0.6))
    detail = None
    if content.detail is not None:
        maps, room = _split(maps, content.detail, size)
        detail = place_detail(content.detail, room, size)
    apart = content.difference
    maps, second = _cut_legend(maps, "" if apart is None else apart.words, size, terse=terse)
    maps, first = _cut_legend(maps, content.legend, size, terse=terse)
    chosen = pinned_text(content)
    line = wrapped_height(chosen, maps.width(), size, bold=True) + size * 0.4 if chosen else 0.0
    pinned = QRectF(maps.left(), first.top() - line, maps.width(), line)
    maps.setBottom(pinned.top() - size * 0.6)
    return Scene(size, _frames(maps, content, size, zoom), pinned, first, second, detail)


def _cut_legend(rect: QRectF, words: str, size: float, *, terse: bool) -> tuple[QRectF, QRectF]:
    """What is left above, and room at the bottom for a bar of colours and, unless terse, for these words."""
    height = size * 1.7 + (0.0 if terse else wrapped_height(words, rect.width(), size)) if words else 0.0
    return rect.adjusted(0, 0, 0, -height), QRectF(rect.left(), rect.bottom() - height, rect.width(), height)


def _split(rect: QRectF, detail: Detail, size: float) -> tuple[QRectF, QRectF]:
    """Room for the maps and for a detail: beside them in a wide picture, else below."""
    if detail.body is None:
        height = title_height(detail, rect.width(), size) + wrapped_height(detail.fault, rect.width(), size)
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


def _frames(room: QRectF, content: Content, size: float, zoom: Zoom) -> tuple[Frame, ...]:
    """The plates beside or below each other, whichever shows the maps larger."""
    count, gap = len(content.plates), size * 1.2
    width, height = (room.width() - (count - 1) * gap) / count, (room.height() - (count - 1) * gap) / count
    beside = [QRectF(room.left() + i * (width + gap), room.top(), width, room.height()) for i in range(count)]
    stacked = [QRectF(room.left(), room.top() + i * (height + gap), room.width(), height) for i in range(count)]
    options = [_frames_in(rects, content, size, zoom) for rects in ((beside, stacked) if count > 1 else (beside,))]
    return max(options, key=lambda frames: min(frame.seen.tile(0).width() if frame.seen else 0 for frame in frames))


def _frames_in(rects: Sequence[QRectF], content: Content, size: float, zoom: Zoom) -> tuple[Frame, ...]:
    """Captions and notes take the same room everywhere, so that equal maps are equally large."""
    width = rects[0].width()
    caption = caption_height(content.plates, width, size)
    notes = [wrapped_height(plate.note, width - size, size) + size * 0.6 for plate in content.plates if plate.note]
    note = min(max(notes, default=0.0), rects[0].height() / 2)
    frames = []
    for rect, plate in zip(rects, content.plates, strict=True):
        title = QRectF(rect.left(), rect.top(), width, caption)
        words = QRectF(rect.left(), title.bottom() + size * 0.3, width, note)
        top = words.bottom() + size * 0.4
        seen = QRectF(rect.left(), top, width, max(rect.bottom() - top, 1))
        frames.append(Frame(title, words, _maps(plate, seen, size, zoom)))
    return tuple(frames)


def _maps(plate: Plate, room: QRectF, size: float, zoom: Zoom) -> Projection | None:
    if plate.shape is None:
        return None
    grid = choose_grid(plate.shape, room.width(), room.height(), lead=plate.lead, label=size, order=plate.order)
    return project(grid, room, zoom)


def pinned_text(content: Content) -> str:
    """The chosen value, in both designs; "" where no value is chosen, or none is known."""
    focus = content.focus
    if focus.channel is None or focus.pixel is None or not content.legend:
        return ""
    spot = Spot(focus.channel, *focus.pixel)
    values = [value_text(plate, spot) for plate in content.plates]
    if len(values) > 1:
        values = [f"{plate.design} {value}" for plate, value in zip(content.plates, values, strict=True)]
    return f"{spot_name(spot)}: {' · '.join(values)}"


def paint(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the mosaics for a file: all of them, fitted into `rect`."""
    content = content_of(state)
    draw(painter, rect, content, arrange(rect, content, Zoom()), theme)


def draw(painter: QPainter, rect: QRectF, content: Content, scene: Scene, theme: Theme) -> None:
    """Draw what was laid out."""
    painter.save()
    painter.fillRect(rect, QColor(theme.base))
    for frame, plate, index in zip(scene.frames, content.plates, content.design_indices, strict=True):
        chosen = plate.place == content.focus.place and len(content.plates) > 1
        colour = theme.muted if index < 0 else theme.design(index)
        draw_caption(painter, frame.caption, plate, colour, chosen, scene.size, theme)
        draw_plate_note(painter, frame.note, plate, scene.size, theme)
        if frame.seen is not None:
            draw_mosaic(painter, frame.seen, plate, content.focus, scene.size, theme)
    draw_wrapped(painter, scene.pinned, pinned_text(content), scene.size, theme.text, bold=True)
    _draw_legends(painter, scene, content, theme)
    if scene.detail is not None:
        draw_detail(painter, scene.detail, theme)
    painter.restore()


def _draw_legends(painter: QPainter, scene: Scene, content: Content, theme: Theme) -> None:
    """That of the designs' maps, and below it that of their difference."""
    step = max([step_of(painter, frame.seen) for frame in scene.frames if frame.seen is not None], default=1)
    shared = next((plate for plate in content.plates if plate.has_values), None)
    apart = content.difference
    rows = ((shared, scene.legend, content.legend), (apart, scene.difference_legend, apart.words if apart else ""))
    for plate, rect, words in rows:
        if plate is not None and plate.tiles is not None and words:
            draw_legend(painter, rect, plate.tiles, words, step if plate is shared else 1, scene.size, theme)

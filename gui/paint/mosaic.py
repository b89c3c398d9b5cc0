"""Mosaics of every output map, two designs' in one scale, with their legend and the chosen kernel: layout and paint."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from PySide6.QtCore import QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPaintEngine, QPainter, QPen

from gui.paint.colours import DIVERGING, PERCENTILES, bar_image
from gui.paint.kernel_image import Kernel, chosen_kernel
from gui.paint.plates import Plate, legend, plates, spot_name, value_text
from gui.paint.tiles import LABELLED_TILE, Projection, Spot, Tiles, Zoom, choose_grid, project, tile_image
from gui.paint.words import WRAPPED, draw_text, draw_wrapped, number, text_width
from gui.state import Focus, ViewState
from gui.theme import Theme, font

MOST_PIXELS = 8_000_000
"""Of an image that is enlarged for a vector file."""
STALE_OPACITY = 0.4


class Content(Struct, frozen=True, eq=False):
    """All that is drawn, as far as it does not depend on the room there is."""

    plates: tuple[Plate, ...]
    kernel: Kernel | None
    legend: str
    focus: Focus
    design_indices: tuple[int, ...]
    """The plates' designs' positions in the project, for their colours; -1 for the stem and the input."""


def content_of(state: ViewState) -> Content:
    """What to draw for a state."""
    shown = plates(state)
    indices = tuple(state.design_index(plate.place[0]) for plate in shown)
    words = legend(shown, state.look).replace(" %", "\N{NO-BREAK SPACE}%")
    return Content(shown, chosen_kernel(state), words, state.focus, indices)


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
    kernel: QRectF
    kernel_seen: Projection | None


def text_size(rect: QRectF) -> float:
    """Text grows with the picture, so that a large one can be read from afar."""
    return min(max(min(rect.width() / 46, rect.height() / 40), 12.0), 19.0)


def arrange(rect: QRectF, content: Content, zoom: Zoom) -> Scene:
    """Lay out a picture; a pure function of its size, what it shows and the zoom."""
    size = text_size(rect)
    maps = rect.marginsRemoved(QMarginsF(size * 0.8, size * 0.6, size * 0.8, size * 0.6))
    kernel, kernel_seen = QRectF(), None
    if content.kernel is not None:
        maps, kernel = _split(maps, size)
        kernel_seen = _kernel_projection(kernel, content.kernel, size)
    bar = size * 1.7 + wrapped_height(content.legend, maps.width(), size) if content.legend else 0.0
    below = QRectF(maps.left(), maps.bottom() - bar, maps.width(), bar)
    chosen = pinned_text(content)
    line = wrapped_height(chosen, maps.width(), size, bold=True) + size * 0.4 if chosen else 0.0
    pinned = QRectF(maps.left(), below.top() - line, maps.width(), line)
    maps.setBottom(pinned.top() - size * 0.6)
    return Scene(size, _frames(maps, content, size, zoom), pinned, below, kernel, kernel_seen)


def _split(rect: QRectF, size: float) -> tuple[QRectF, QRectF]:
    """Room for the maps and for the kernel: beside them in a wide picture, else below."""
    if rect.width() > 1.3 * rect.height():
        width = min(max(rect.width() * 0.27, 15 * size), rect.width() / 2)
        return (
            rect.adjusted(0, 0, -width - size * 1.5, 0),
            QRectF(rect.right() - width, rect.top(), width, rect.height()),
        )
    height = min(max(rect.height() * 0.3, 9 * size), rect.height() / 2)
    return rect.adjusted(0, 0, 0, -height - size), QRectF(rect.left(), rect.bottom() - height, rect.width(), height)


def _kernel_projection(rect: QRectF, kernel: Kernel, size: float) -> Projection | None:
    if kernel.tiles is None:
        return None
    head, foot = wrapped_height(kernel.title, rect.width(), size, bold=True) + size * 0.4, size * 3.6
    room = rect.adjusted(0, head, 0, -foot)
    grid = choose_grid(kernel.tiles.shape, room.width(), room.height(), label=size)
    return project(grid, room, Zoom())


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
    one_line = max(_caption_width(plate, size) for plate in content.plates) <= width
    caption = size * (1.6 if one_line else 2.9)
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
    return project(choose_grid(plate.shape, room.width(), room.height(), lead=plate.lead, label=size), room, zoom)


def _caption_width(plate: Plate, size: float) -> float:
    return size * 1.4 + text_width(plate.design, size, bold=True) + text_width(f" · {plate.title}", size)


def wrapped_height(text: str, width: float, size: float, *, bold: bool = False) -> float:
    metrics = QFontMetricsF(font(size, bold=bold))
    return metrics.boundingRect(QRectF(0, 0, max(width, 1), 10_000), WRAPPED, text).height()


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
        _draw_caption(painter, frame.caption, plate, colour, chosen, scene.size, theme)
        _draw_note(painter, frame.note, plate, scene.size, theme)
        if frame.seen is not None:
            _draw_mosaic(painter, frame.seen, plate, content.focus, scene.size, theme)
    draw_wrapped(painter, scene.pinned, pinned_text(content), scene.size, theme.text, bold=True)
    _draw_legend(painter, scene, content, theme)
    if content.kernel is not None:
        _draw_kernel(painter, scene, content.kernel, theme)
    painter.restore()


def _draw_caption(
    painter: QPainter, rect: QRectF, plate: Plate, colour: str, chosen: bool, size: float, theme: Theme
) -> None:
    """A swatch, the design's name, the rest, on one line or two; underlined where it is the chosen one of two."""
    line = size * 1.5
    painter.fillRect(QRectF(rect.left(), rect.top() + size * 0.37, size * 0.76, size * 0.76), QColor(colour))
    start, name = size * 1.25, plate.design
    ink = theme.text if colour == theme.muted else colour
    draw_text(painter, QRectF(rect.left() + start, rect.top(), rect.width() - start, line), name, size, ink, bold=True)
    if rect.height() > 2 * size:
        below = QRectF(rect.left(), rect.top() + size * 1.25, rect.width(), line)
        fitting = min(max(rect.width() / text_width(plate.title, size), 0.8), 1.0) * size
        draw_text(painter, below, plate.title, fitting, theme.text)
    else:
        end = start + QFontMetricsF(font(size, bold=True)).horizontalAdvance(name)
        rest = rect.adjusted(end, 0, 0, line - rect.height())
        draw_text(painter, rest, f" · {plate.title}", size, theme.text)
    if chosen:
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 2, rect.width(), 2), QColor(colour))


def _draw_note(painter: QPainter, rect: QRectF, plate: Plate, size: float, theme: Theme) -> None:
    """A mistake in red, "for earlier settings" as a warning, a hint in plain text."""
    if not plate.note:
        return
    stale = plate.tiles is not None and plate.tiles.values is not None
    colour = theme.error if plate.wrong else theme.warning if stale else theme.text
    painter.setBrush(QColor(theme.raised))
    painter.setPen(QPen(QColor(colour if plate.wrong or stale else theme.grid), 2 if plate.wrong else 1))
    painter.drawRect(rect.adjusted(1, 1, -1, -1))
    draw_wrapped(painter, rect.adjusted(size * 0.5, size * 0.3, -size * 0.5, 0), plate.note, size, colour)


def _draw_mosaic(painter: QPainter, seen: Projection, plate: Plate, focus: Focus, size: float, theme: Theme) -> None:
    assert plate.tiles is not None
    painter.save()
    painter.setClipRect(seen.rect)
    painter.setOpacity(STALE_OPACITY if plate.tiles.values is not None and not plate.fresh else 1.0)
    _draw_tiles(painter, seen, plate.tiles, theme)
    if plate.photo is not None:
        painter.drawImage(seen.tile(-1), plate.photo)
    painter.setOpacity(1.0)
    _draw_numbers(painter, seen, lambda channel: _tile_name(plate, channel), size, theme)
    painter.restore()
    painter.save()
    painter.setClipRect(seen.rect.adjusted(-4, -4, 4, 4))
    _draw_choice(painter, seen, plate.tiles, focus, theme)
    painter.restore()


def _draw_tiles(painter: QPainter, seen: Projection, tiles: Tiles, theme: Theme) -> None:
    """The visible block of tiles as one image; values stay sharp squares where they are larger than a pixel."""
    cells = seen.visible()
    raster, step = _is_raster(painter), _step(painter, seen)
    image = tile_image(tiles, seen.grid, cells, step, theme.plain)
    enlarge = 2 * seen.scale * step
    if not raster and enlarge > 1:  # who opens the file would blur them
        most = (MOST_PIXELS / (image.width() * image.height())) ** 0.5
        times = max(1, int(min(np.ceil(enlarge), most)))
        image = image.scaled(image.width() * times, image.height() * times)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, seen.scale * step < 1)
    painter.drawImage(seen.block(cells), image)
    if tiles.colour_map == DIVERGING:
        _draw_edges(painter, seen, theme)


def _is_raster(painter: QPainter) -> bool:
    return painter.paintEngine().type() == QPaintEngine.Type.Raster


def _step(painter: QPainter, seen: Projection) -> int:
    """Every how many-th value is drawn."""
    return seen.step(painter.deviceTransform().m11() if _is_raster(painter) else 1.0)


def _draw_numbers(painter: QPainter, seen: Projection, name: Callable[[int], str], size: float, theme: Theme) -> None:
    """Channel numbers above tiles that are large enough."""
    room = seen.grid.top * seen.scale
    if room < 8 or seen.grid.tile_width * seen.scale < LABELLED_TILE * 0.7:
        return
    painter.setFont(font(min(room * 0.78, size * 0.95)))
    painter.setPen(QColor(theme.muted))
    drop = QFontMetricsF(painter.font()).descent() + room * 0.1
    for channel in seen.channels():
        tile = seen.tile(channel)
        painter.drawText(QPointF(tile.left(), tile.top() - drop), name(channel))


def _draw_edges(painter: QPainter, seen: Projection, theme: Theme) -> None:
    """Outlines of tiles, without which pale ones would run into a pale ground."""
    if seen.grid.tile_width * seen.scale >= 8:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        ink = QColor(theme.edge)
        ink.setAlphaF(0.5)
        painter.setPen(QPen(ink, 0.8))
        painter.drawRects([seen.tile(channel).adjusted(-0.4, -0.4, 0.4, 0.4) for channel in seen.channels()])


def _tile_name(plate: Plate, channel: int) -> str:
    if channel < 0:
        return "photo"
    return f"{channel} {plate.channel_names[channel]}" if plate.channel_names else str(channel)


def _draw_choice(painter: QPainter, seen: Projection, tiles: Tiles, focus: Focus, theme: Theme) -> None:
    """Outline the chosen map, and mark the chosen value."""
    if focus.channel is None or focus.channel >= tiles.shape.channels:
        return
    _outline(painter, seen.tile(focus.channel).adjusted(-1, -1, 1, 1), 3.0, theme.base, theme.text)
    if focus.pixel is None or tiles.shape.height * tiles.shape.width == 1:
        return
    y, x = focus.pixel
    if y < tiles.shape.height and x < tiles.shape.width:
        mark = seen.pixel(Spot(focus.channel, y, x))
        short = max(0.0, (7 - mark.width()) / 2)
        _outline(painter, mark.adjusted(-short, -short, short, short), 2.0, "#000000", "#ffffff")


def _outline(painter: QPainter, rect: QRectF, width: float, outer: str, inner: str) -> None:
    """A frame in two colours, one of which stands out on any map."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen, colour in ((width + 2, outer), (width - 1, inner)):
        painter.setPen(QPen(QColor(colour), pen, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(rect)


def _draw_legend(painter: QPainter, scene: Scene, content: Content, theme: Theme) -> None:
    """The colour bar with its ends, and what it means in words."""
    shown = next((p.tiles for p in content.plates if p.tiles is not None and p.tiles.values is not None), None)
    if shown is None:
        return
    low, high = (f"{share:g} %" for share in PERCENTILES)
    if shown.lows.size == 1:
        low, high = number(shown.lows[0], 3), number(shown.highs[0], 3)
    elif shown.colour_map == DIVERGING:
        low, high = "−", "+"
    size, rect = scene.size, scene.legend
    step = max(_step(painter, frame.seen) for frame in scene.frames if frame.seen is not None)
    every = f"every {step}{'nd' if step in (2, 32) else 'th'}"
    longest = f"{every} row and column of pixels shown"
    wordings = (longest, f"{every} row and column shown", f"{every} value") if step > 1 else ("",)
    fitting = (words for words in wordings if text_width(words, size) + size * 9.2 <= rect.width())
    left_out = next(fitting, wordings[-1])
    room = text_width(left_out, size) + size * 1.2 if left_out else 0.0
    row = QRectF(rect.left(), rect.top(), max(rect.width() - room, size * 8), size * 1.5)
    one_colour = shown.lows.size == 1 and bool(shown.lows[0] == shown.highs[0])
    end = _draw_bar(painter, row, shown.colour_map, low, high, theme, one_colour=one_colour)
    draw_text(painter, QRectF(end + size * 1.2, row.top(), room, row.height()), left_out, size, theme.warning)
    draw_wrapped(painter, rect.adjusted(0, size * 1.7, 0, size), content.legend, size, theme.muted)


def _draw_bar(
    painter: QPainter, rect: QRectF, colour_map: str, low: str, high: str, theme: Theme, *, one_colour: bool = False
) -> float:
    """A colour bar between the words for its two ends; returns where the last word ends."""
    size = rect.height() / 1.5
    first, last = (text_width(text, size) + size * 0.4 for text in (low, high))
    width = max(min(rect.width() - first - last, size * 22), size)
    bar = QRectF(rect.left() + first, rect.center().y() - size * 0.4, width, size * 0.8)
    painter.drawImage(bar, bar_image(colour_map, one_colour=one_colour))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawRect(bar)
    draw_text(painter, QRectF(rect.left(), rect.top(), first, rect.height()), low, size, theme.text)
    draw_text(painter, QRectF(bar.right() + size * 0.4, rect.top(), last, rect.height()), high, size, theme.text)
    return bar.right() + size * 0.4 + text_width(high, size)


def _draw_kernel(painter: QPainter, scene: Scene, kernel: Kernel, theme: Theme) -> None:
    """The weights of the chosen map's filter, a tile for each input channel, or why there are none to see."""
    size, rect, seen = scene.size, scene.kernel, scene.kernel_seen
    draw_wrapped(painter, rect, kernel.title, size, theme.text, bold=True)
    if seen is None or kernel.tiles is None:
        colour = theme.error if kernel.wrong else theme.muted
        draw_wrapped(painter, rect.adjusted(0, size * 3, 0, 0), kernel.fault, size, colour)
        return
    _draw_tiles(painter, seen, kernel.tiles, theme)
    _draw_numbers(painter, seen, lambda channel: str(kernel.first_channel + channel), size, theme)
    below = seen.rect.top() + seen.grid.height * seen.scale + size * 0.4
    bar = QRectF(rect.left(), below, rect.width(), size * 1.5)
    low, high = number(-kernel.limit, 3), number(kernel.limit, 3)
    _draw_bar(painter, bar, kernel.tiles.colour_map, low, high, theme)
    source = QRectF(rect.left(), bar.bottom(), rect.width(), size * 1.6)
    draw_text(painter, source, kernel.source, size, theme.muted)

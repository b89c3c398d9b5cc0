"""Drawing one plate: its caption, its note, its mosaic with the chosen and the dead maps, and the legend of colours."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from gui.paint.basics.colours import DIVERGING, PERCENTILES
from gui.paint.basics.note_drawing import STALE_OPACITY, NoteTone, draw_note
from gui.paint.basics.text_drawing import draw_text, draw_wrapped_text, number_text, text_width
from gui.paint.maps.mosaic_panels import MosaicPanel
from gui.paint.maps.tile_drawing import draw_colour_bar, draw_tile_numbers, draw_tiles, outline_tile
from gui.paint.maps.tiles import MapSpot, MapTiles, Projection
from gui.state.view_state import Focus
from gui.theme import DARK, LIGHT, Theme, font

_LEAST_TITLE = 0.8
"""How far a caption shrinks to fit."""


def panel_caption_height(plates: Sequence[MosaicPanel], width: float, size: float) -> float:
    """One line where all captions fit, else the title below the name, else each of its parts on a line of its own."""
    names = [size * 1.4 + text_width(plate.design, size, bold=True) for plate in plates]
    titles = [text_width(f" · {plate.title}", size) for plate in plates]
    if max(name + title for name, title in zip(names, titles, strict=True)) <= width:
        return size * 1.6
    if max(titles) * _LEAST_TITLE <= width:
        return size * 2.9
    return size * (1.6 + 1.25 * max(len(_caption_parts(plate)) for plate in plates))


def _caption_parts(plate: MosaicPanel) -> list[str]:
    return plate.title.split(" · ")


def draw_panel_caption(
    painter: QPainter, rect: QRectF, plate: MosaicPanel, colour: str, chosen: bool, size: float, theme: Theme
) -> None:
    """A swatch, the design's name and the rest, as `caption_height` has it; underlined where it is the chosen one."""
    line = size * 1.5
    painter.fillRect(QRectF(rect.left(), rect.top() + size * 0.37, size * 0.76, size * 0.76), QColor(colour))
    start, name = size * 1.25, plate.design
    ink = theme.text if colour == theme.muted else colour
    room = QRectF(rect.left() + start, rect.top(), rect.width() - start, line)
    draw_text(painter, room, name, _fit_text_size(name, room.width(), size, bold=True), ink, bold=True)
    below = QRectF(rect.left(), rect.top() + size * 1.25, rect.width(), line)
    if rect.height() < 2 * size:
        end = start + QFontMetricsF(font(size, bold=True)).horizontalAdvance(name)
        rest = rect.adjusted(end, 0, 0, line - rect.height())
        draw_text(painter, rest, f" · {plate.title}", size, theme.text)
    elif rect.height() < 3 * size:
        draw_text(painter, below, plate.title, _fit_text_size(plate.title, rect.width(), size), theme.text)
    else:
        for number_of, text in enumerate(_caption_parts(plate)):
            row = below.translated(0, number_of * size * 1.25)
            draw_text(painter, row, text, _fit_text_size(text, rect.width(), size), theme.text)
    if chosen:
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 2, rect.width(), 2), QColor(colour))


def _fit_text_size(text: str, width: float, size: float, *, bold: bool = False) -> float:
    """The size of a text, smaller where it would be too wide."""
    return min(max(width / text_width(text, size, bold=bold), _LEAST_TITLE), 1.0) * size


def draw_panel_note(painter: QPainter, rect: QRectF, plate: MosaicPanel, size: float, theme: Theme) -> None:
    """What is said above the maps; beside maps that are shown it warns."""
    if plate.note:
        tone: NoteTone = "mistake" if plate.note_is_error else "warning" if plate.has_values else "hint"
        draw_note(painter, rect, plate.note, size, tone, theme)


def draw_panel_maps(
    painter: QPainter, seen: Projection, plate: MosaicPanel, focus: Focus, size: float, theme: Theme
) -> None:
    """The maps with their numbers, the dead ones crossed out, the chosen one in a frame."""
    assert plate.tiles is not None
    painter.save()
    painter.setClipRect(seen.rect)
    painter.setOpacity(STALE_OPACITY if plate.has_values and not plate.is_fresh else 1.0)
    draw_tiles(painter, seen, plate.tiles, theme)
    if plate.photo is not None:
        painter.drawImage(seen.tile_rect(-1), plate.photo)
    painter.setOpacity(1.0)
    _cross_out_dead_maps(painter, seen, plate.dead_reasons)
    draw_tile_numbers(painter, seen, lambda channel: _tile_name(plate, channel), size, theme)
    painter.restore()
    painter.save()
    painter.setClipRect(seen.rect.adjusted(-4, -4, 4, 4))
    _draw_selection(painter, seen, plate.tiles, focus, theme)
    painter.restore()


def _cross_out_dead_maps(painter: QPainter, seen: Projection, dead: Mapping[int, str]) -> None:
    """A cross in two colours over every dead map: light with a dark edge, so that it stands out on any colour."""
    if not dead:
        return
    tiles = [seen.tile_rect(channel) for channel in seen.visible_channels() if channel in dead]
    strokes = [
        line
        for tile in tiles
        for line in (QLineF(tile.topLeft(), tile.bottomRight()), QLineF(tile.bottomLeft(), tile.topRight()))
    ]
    width = min(max(seen.grid.tile_width * seen.scale / 32, 0.8), 2.0)
    for pen, colour in ((width + 1.4, DARK.edge), (width, LIGHT.base)):
        painter.setPen(QPen(QColor(colour), pen, c=Qt.PenCapStyle.FlatCap))
        painter.drawLines(strokes)


def _tile_name(plate: MosaicPanel, channel: int) -> str:
    if channel < 0:
        return "photo"
    return f"{channel} {plate.channel_names[channel]}" if plate.channel_names else str(channel)


def _draw_selection(painter: QPainter, seen: Projection, tiles: MapTiles, focus: Focus, theme: Theme) -> None:
    """Outline the chosen map, and mark the chosen value."""
    if focus.channel is None or focus.channel >= tiles.shape.channels:
        return
    outline_tile(painter, seen.tile_rect(focus.channel).adjusted(-1, -1, 1, 1), 3.0, theme.base, theme.text)
    if focus.pixel is None or tiles.shape.height * tiles.shape.width == 1:
        return
    y, x = focus.pixel
    if y < tiles.shape.height and x < tiles.shape.width:
        mark = seen.value_rect(MapSpot(focus.channel, y, x))
        short = max(0.0, (7 - mark.width()) / 2)
        outline_tile(painter, mark.adjusted(-short, -short, short, short), 2.0, "#000000", "#ffffff")


def draw_colour_legend(
    painter: QPainter, rect: QRectF, tiles: MapTiles, words: str, step: int, size: float, theme: Theme
) -> None:
    """The colour bar with its ends, what it means in words if there is room, and that only some values are shown."""
    low, high = (f"{share:g} %" for share in PERCENTILES)
    if tiles.lows.size == 1:
        low, high = number_text(tiles.lows[0], 3), number_text(tiles.highs[0], 3)
    elif tiles.colour_map == DIVERGING:
        low, high = "−", "+"
    every = f"every {step}{'nd' if step in (2, 32) else 'th'}"
    longest = f"{every} row and column of pixels shown"
    wordings = (longest, f"{every} row and column shown", f"{every} value", every) if step > 1 else ("",)
    fitting = (text for text in wordings if text_width(text, size) + size * 9.2 <= rect.width())
    left_out = next(fitting, wordings[-1])
    room = text_width(left_out, size) + size * 1.2 if left_out else 0.0
    row = QRectF(rect.left(), rect.top(), max(rect.width() - room, size * 8), size * 1.5)
    one_colour = tiles.lows.size == 1 and bool(tiles.lows[0] == tiles.highs[0])
    end = draw_colour_bar(painter, row, tiles.colour_map, low, high, theme, one_colour=one_colour)
    draw_text(painter, QRectF(end + size * 1.2, row.top(), room, row.height()), left_out, size, theme.warning)
    if rect.height() > size * 2:
        draw_wrapped_text(painter, rect.adjusted(0, size * 1.7, 0, size), words, size, theme.muted)

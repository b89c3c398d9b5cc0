"""Drawing one panel: caption, note, mosaic with the selected and the dead maps, and the colour legend."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from engine.layers.explanation import Spot
from gui.paint.basics.note_drawing import STALE_OPACITY, NoteTone, draw_note
from gui.paint.basics.outline import draw_outline
from gui.paint.basics.text_drawing import draw_text, text_width
from gui.paint.maps.mosaic_panels import MosaicPanel
from gui.paint.maps.tile_drawing import draw_edges, draw_tile_numbers, draw_tiles, is_reduced
from gui.paint.maps.tile_grid import Projection
from gui.paint.maps.tiles import MapTiles
from gui.state.focus import Focus
from gui.theme import DARK, LIGHT, Theme, font

_LEAST_TITLE = 0.8
"""The smallest size of a caption that shrinks to fit, relative to the text."""


def panel_caption_height(panels: Sequence[MosaicPanel], width: float, size: float) -> float:
    """Return one line if all captions fit, else two with the title below, else one line per part of the title."""
    names = [size * 1.4 + text_width(panel.design, size, bold=True) for panel in panels]
    titles = [text_width(f" · {panel.title}", size) for panel in panels]
    if max(name + title for name, title in zip(names, titles, strict=True)) <= width:
        return size * 1.6
    if max(titles) * _LEAST_TITLE <= width:
        return size * 2.9
    return size * (1.6 + 1.25 * max(len(_caption_parts(panel)) for panel in panels))


def _caption_parts(panel: MosaicPanel) -> list[str]:
    return panel.title.split(" · ")


def draw_panel_caption(
    painter: QPainter,
    rect: QRectF,
    panel: MosaicPanel,
    names: Sequence[str],
    colour: str,
    in_focus: bool,
    size: float,
    theme: Theme,
) -> None:
    """Draw a swatch, the design's name and the title, as `panel_caption_height` requires; underlined if in focus.

    A design's name that is too long is shortened so that it differs from the `names` of all panels.
    """
    line = size * 1.5
    painter.fillRect(QRectF(rect.left(), rect.top() + size * 0.37, size * 0.76, size * 0.76), QColor(colour))
    start, name = size * 1.25, panel.design
    ink = theme.text if colour == theme.muted else colour
    name_rect = QRectF(rect.left() + start, rect.top(), rect.width() - start, line)
    name_size = _fit_text_size(name, name_rect.width(), size, bold=True)
    draw_text(painter, name_rect, name, name_size, ink, bold=True, among=names)
    below = QRectF(rect.left(), rect.top() + size * 1.25, rect.width(), line)
    if rect.height() < 2 * size:
        end = start + QFontMetricsF(font(size, bold=True)).horizontalAdvance(name)
        rest = rect.adjusted(end, 0, 0, line - rect.height())
        draw_text(painter, rest, f" · {panel.title}", size, theme.text)
    elif rect.height() < 3 * size:
        draw_text(painter, below, panel.title, _fit_text_size(panel.title, rect.width(), size), theme.text)
    else:
        for line_number, text in enumerate(_caption_parts(panel)):
            row = below.translated(0, line_number * size * 1.25)
            draw_text(painter, row, text, _fit_text_size(text, rect.width(), size), theme.text)
    if in_focus:
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 2, rect.width(), 2), QColor(colour))


def _fit_text_size(text: str, width: float, size: float, *, bold: bool = False) -> float:
    """Return the size of a text, reduced if it would be too wide."""
    return min(max(width / text_width(text, size, bold=bold), _LEAST_TITLE), 1.0) * size


def draw_panel_note(painter: QPainter, rect: QRectF, panel: MosaicPanel, size: float, theme: Theme) -> None:
    """Draw the note above the maps; as a warning if the maps are shown."""
    if panel.note:
        tone: NoteTone = "mistake" if panel.note_is_mistake else "warning" if panel.has_values else "hint"
        draw_note(painter, rect, panel.note, size, tone, theme)


def panel_opacity(panel: MosaicPanel) -> float:
    """Return the opacity of the maps: those of earlier settings are dimmed."""
    return STALE_OPACITY if panel.has_values and not panel.is_fresh else 1.0


def draw_panel_maps(
    painter: QPainter, projection: Projection, panel: MosaicPanel, focus: Focus, size: float, theme: Theme
) -> None:
    """Draw the maps with their numbers, dead ones crossed out, the selected one framed."""
    assert panel.tiles is not None
    painter.save()
    painter.setClipRect(projection.rect)
    painter.setOpacity(panel_opacity(panel))
    draw_tiles(painter, projection, panel.tiles, theme)
    painter.restore()
    draw_panel_marks(painter, projection, panel, focus, size, theme)


def draw_panel_marks(
    painter: QPainter, projection: Projection, panel: MosaicPanel, focus: Focus, size: float, theme: Theme
) -> None:
    """Draw what lies over the tiles: edges, the photo, crosses over dead maps, numbers and the selection."""
    assert panel.tiles is not None
    painter.save()
    painter.setClipRect(projection.rect)
    painter.setOpacity(panel_opacity(panel))
    draw_edges(painter, projection, panel.tiles, theme)
    painter.setOpacity(1.0)
    if panel.photo is not None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_reduced(projection, projection.grid.repeat))
        painter.drawImage(projection.tile_rect(-1), panel.photo)
    _cross_out_dead_maps(painter, projection, panel.dead_reasons)
    draw_tile_numbers(painter, projection, lambda channel: _tile_name(panel, channel), size, theme)
    painter.restore()
    painter.save()
    painter.setClipRect(marks_rect(projection))
    _draw_selection(painter, projection, panel.tiles, focus, theme)
    painter.restore()


def marks_rect(projection: Projection) -> QRectF:
    """Return the space for the marks: the frame of a selected map reaches beyond the maps."""
    return projection.rect.adjusted(-4, -4, 4, 4)


def _cross_out_dead_maps(painter: QPainter, projection: Projection, dead: Mapping[int, str]) -> None:
    """Draw a cross over every dead map: light with a dark edge, so that it stands out on any colour."""
    if not dead:
        return
    tiles = [projection.tile_rect(channel) for channel in projection.visible_channels() if channel in dead]
    strokes = [
        line
        for tile in tiles
        for line in (QLineF(tile.topLeft(), tile.bottomRight()), QLineF(tile.bottomLeft(), tile.topRight()))
    ]
    width = min(max(projection.grid.tile_width * projection.scale / 32, 0.8), 2.0)
    for pen, colour in ((width + 1.4, DARK.edge), (width, LIGHT.base)):
        painter.setPen(QPen(QColor(colour), pen, c=Qt.PenCapStyle.FlatCap))
        painter.drawLines(strokes)


def _tile_name(panel: MosaicPanel, channel: int) -> str:
    if channel < 0:
        return "photo"
    return f"{channel} {panel.channel_names[channel]}" if panel.channel_names else str(channel)


def _draw_selection(painter: QPainter, projection: Projection, tiles: MapTiles, focus: Focus, theme: Theme) -> None:
    """Outline the selected map, and mark the selected value."""
    if focus.channel is None or focus.channel >= tiles.shape.channels:
        return
    tile = projection.tile_rect(focus.channel).adjusted(-1, -1, 1, 1)
    draw_outline(painter, tile, 2.0, theme.base, theme.text, border=1.5)
    if focus.pixel is None or tiles.shape.height * tiles.shape.width == 1:
        return
    y, x = focus.pixel
    if y < tiles.shape.height and x < tiles.shape.width:
        mark = projection.value_rect(Spot(focus.channel, y, x))
        short = max(0.0, (7 - mark.width()) / 2)
        draw_outline(painter, mark.adjusted(-short, -short, short, short), 1.0, "#000000", "#ffffff", border=1.5)

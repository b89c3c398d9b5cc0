"""Drawing the mosaics: the page of captions, notes, legends and detail, and the maps on it."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from gui.paint.basics.text_drawing import draw_wrapped_text
from gui.paint.maps.colour_legend import ColourLegend
from gui.paint.maps.detail.details import draw_detail
from gui.paint.maps.mosaic import (
    MosaicContent,
    MosaicLayout,
    build_mosaic_content,
    lay_out_mosaics,
    selected_value_text,
)
from gui.paint.maps.panel_drawing import draw_panel_caption, draw_panel_maps, draw_panel_note
from gui.paint.maps.tile_drawing import image_density
from gui.state.view_state import ViewState
from gui.theme import Theme


def paint_mosaics(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the mosaics for a file: all of them, fitted into `rect`."""
    content = build_mosaic_content(state)
    draw_mosaics(painter, rect, content, lay_out_mosaics(rect, content), theme)


def draw_mosaics(painter: QPainter, rect: QRectF, content: MosaicContent, layout: MosaicLayout, theme: Theme) -> None:
    """Draw the content as laid out."""
    draw_page(painter, rect, content, layout, theme)
    for panel_layout, panel in zip(layout.panels, content.panels, strict=True):
        if panel_layout.projection is not None:
            draw_panel_maps(painter, panel_layout.projection, panel, content.focus, layout.text_size, theme)


def draw_page(painter: QPainter, rect: QRectF, content: MosaicContent, layout: MosaicLayout, theme: Theme) -> None:
    """Draw everything around the mosaics: captions, notes, the selected value, legends and the detail."""
    painter.save()
    painter.fillRect(rect, QColor(theme.base))
    names = [panel.design for panel in content.panels]
    for panel_layout, panel, index in zip(layout.panels, content.panels, content.colour_indices, strict=True):
        in_focus = panel.ref == content.focus.ref and len(content.panels) > 1
        colour = theme.muted if index < 0 else theme.design(index)
        draw_panel_caption(painter, panel_layout.caption_rect, panel, names, colour, in_focus, layout.text_size, theme)
        draw_panel_note(painter, panel_layout.note_rect, panel, layout.text_size, theme)
    draw_wrapped_text(
        painter, layout.selected_value_rect, selected_value_text(content), layout.text_size, theme.text, bold=True
    )
    _draw_legends(painter, layout, content, theme)
    if layout.detail is not None:
        draw_detail(painter, layout.detail, theme)
    painter.restore()


def _draw_legends(painter: QPainter, layout: MosaicLayout, content: MosaicContent, theme: Theme) -> None:
    """Draw the legend of the designs' maps, and that of their difference below."""
    difference = content.difference_panel
    legend = shared_legend(layout, content, image_density(painter))
    if legend is not None:
        legend.draw(painter, theme)
    if difference is not None and difference.tiles is not None:
        rect = layout.difference_legend_rect
        ColourLegend(rect, difference.tiles, difference.legend_text, layout.text_size).draw(painter, theme)


def shared_legend(layout: MosaicLayout, content: MosaicContent, density: float) -> ColourLegend | None:
    """Return the legend of the designs' maps; None without values; `density` as in `MosaicLayout.value_step`."""
    tiles = next((panel.tiles for panel in content.panels if panel.has_values), None)
    if tiles is None or not content.legend:
        return None
    step = layout.value_step(density)
    return ColourLegend(
        layout.legend_rect, tiles, content.legend, layout.text_size, step, is_steady=content.is_set_by_hand
    )

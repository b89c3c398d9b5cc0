"""Draws the volumes of every design with headings and legend, for the screen and for files."""

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from gui.paint.basics.text_drawing import ADD_DESIGN_HINT
from gui.paint.volumes.labels import make_centred_label
from gui.paint.volumes.layout import VolumesLayout, lay_out_volumes
from gui.paint.volumes.legend import draw_headings, draw_label, draw_volumes_legend
from gui.paint.volumes.pinned_parts import place_pinned_parts
from gui.paint.volumes.readable_labels import TextZoom
from gui.paint.volumes.scene import VolumesScene
from gui.paint.volumes.scene_painter import ScenePainter
from gui.paint.volumes.visible_parts import find_visible_parts
from gui.state.view_state import ViewState
from gui.theme import Theme


def paint_volumes(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the boxes of all designs into `rect`, with all texts."""
    draw_volumes(painter, rect, state, theme, lay_out_volumes(state, rect.width(), rect.height()), 0.0)


def draw_volumes(
    painter: QPainter,
    rect: QRectF,
    state: ViewState,
    theme: Theme,
    layout: VolumesLayout,
    smallest_text: float,
    zoom: float = 1.0,
    area: QRectF | None = None,
    smallest_box: float = 0.0,
) -> None:
    """Draw a layout, or enlarge the part of it within `area`.

    Text smaller than `smallest_text` pixels of the window or file is left out; if that of boxes is, then boxes smaller
    than `smallest_box` pixels are flat. With a zoom, texts and lines of the scene grow only with its square root, to
    leave space for the faces; headings and legend keep their size and stay visible.
    """
    start = QPointF() if area is None else area.topLeft()
    painter.save()
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.translate(rect.topLeft())
    painter.save()
    painter.scale(zoom, zoom)
    painter.translate(-start)
    draw_scene(
        painter,
        state,
        theme,
        layout.scene,
        smallest_text,
        rect.width(),
        zoom=zoom,
        area=area,
        smallest_box=smallest_box,
    )
    painter.restore()
    pinned = place_pinned_parts(layout, rect.width(), rect.height(), zoom, start.y())
    for cover in pinned.covers:
        painter.fillRect(cover, QColor(theme.base))
    draw_headings(painter, state, layout, theme, rect.width(), pinned.heading_tops)
    if state.project.designs:
        draw_volumes_legend(painter, state, layout, theme, QRectF(0, 0, rect.width(), rect.height()))
    else:
        text = make_centred_label(ADD_DESIGN_HINT, rect.width() / 2, rect.height() / 2, layout.em)
        draw_label(painter, text, theme.muted)
    painter.restore()


def draw_scene(
    painter: QPainter,
    state: ViewState,
    theme: Theme,
    scene: VolumesScene,
    smallest_text: float,
    right: float,
    *,
    zoom: float = 1.0,
    area: QRectF | None = None,
    marks: bool = True,
    smallest_box: float = 0.0,
) -> None:
    """Draw the boxes of a scene with their arrows and texts, as `draw_volumes` does; no text ends beyond `right`.

    Without `marks` the focus is not shown.
    """
    painter.save()
    painter.scale(scene.shrink, scene.shrink)
    if zoom <= 1.0:
        area = None  # everything is visible
    if area is not None:
        area = QRectF(area.topLeft() / scene.shrink, area.size() / scene.shrink)
    pixels = abs(painter.deviceTransform().determinant()) ** 0.5
    density = painter.device().devicePixelRatioF()
    text_zoom = TextZoom(pixels / density, smallest_text, max(1.0, zoom * scene.shrink) ** 0.5)
    is_coarse = not text_zoom.is_readable(scene.line_breaks.text_sizes.small)
    flat_size = smallest_box / text_zoom.pixels if is_coarse else 0.0
    part = find_visible_parts(state, scene, area, marks=marks, flat_size=flat_size)
    ScenePainter(painter, state, theme, scene, part, text_zoom, density).draw(right / scene.shrink)
    painter.restore()

"""Draws the volumes of every design with headings and legend, for the screen and for files."""

from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from gui.paint.basics.text_drawing import ADD_DESIGN_HINT
from gui.paint.volumes.labels import make_centred_label
from gui.paint.volumes.layout import VolumesLayout, lay_out_volumes
from gui.paint.volumes.legend import draw_headings, draw_label, draw_volumes_legend
from gui.paint.volumes.pinned_parts import place_pinned_parts
from gui.paint.volumes.readable_labels import AnchoredLabel, TextZoom, readable_labels
from gui.paint.volumes.scene import VolumesScene
from gui.paint.volumes.scene_painter import ScenePainter, drawn_faces, picture_of_face
from gui.paint.volumes.visible_parts import VisibleParts, find_visible_parts
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
    draw_pinned_parts(painter, rect.width(), rect.height(), state, theme, layout, zoom, start.y())
    painter.restore()


def draw_pinned_parts(
    painter: QPainter,
    width: float,
    height: float,
    state: ViewState,
    theme: Theme,
    layout: VolumesLayout,
    zoom: float,
    top: float,
    between: tuple[float, float] | None = None,
) -> None:
    """Draw headings and legend over a scene of which the part from the row `top` on is visible.

    With `between` only those in these rows of the window.
    """
    first, last = between or (0.0, height)
    pinned = place_pinned_parts(layout, width, height, zoom, top)
    for cover in pinned.covers:
        painter.fillRect(cover, QColor(theme.base))
    tops = [y if y is not None and y < last and first < y + layout.header_height else None for y in pinned.heading_tops]
    draw_headings(painter, state, layout, theme, width, tops)
    if not state.project.designs:
        draw_label(painter, make_centred_label(ADD_DESIGN_HINT, width / 2, height / 2, layout.em), theme.muted)
    elif last > height - layout.legend_height:
        draw_volumes_legend(painter, state, layout, theme, QRectF(0, 0, width, height))


class VisibleScene(NamedTuple):
    """What is visible of a scene: its parts, and the texts over them."""

    scene: VolumesScene
    parts: VisibleParts
    labels: list[AnchoredLabel]
    text_zoom: TextZoom

    def draw(self, painter: QPainter, state: ViewState, theme: Theme, density: float) -> None:
        """Draw it in units of the scene; `density` is the number of pixels of the device per pixel of the window."""
        ScenePainter(painter, state, theme, self.scene, self.parts, self.text_zoom, density).draw(self.labels)

    def make_faces(self, state: ViewState, theme: Theme, density: float) -> Iterator[None]:
        """Make the pictures of the faces that `draw` draws, one after the other."""
        for _, values, face in drawn_faces(self.parts, self.text_zoom.pixels * density):
            if values is not None:
                picture_of_face(face, values, state.look, theme, self.text_zoom.pixels * density)
                yield


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
    density = painter.device().devicePixelRatioF()
    pixels = abs(painter.deviceTransform().determinant()) ** 0.5 / density
    visible = find_visible_scene(
        state, scene, smallest_text, right, pixels, zoom=zoom, area=area, marks=marks, smallest_box=smallest_box
    )
    visible.draw(painter, state, theme, density)
    painter.restore()


def find_visible_scene(
    state: ViewState,
    scene: VolumesScene,
    smallest_text: float,
    right: float,
    pixels: float,
    *,
    zoom: float = 1.0,
    area: QRectF | None = None,
    marks: bool = True,
    smallest_box: float = 0.0,
) -> VisibleScene:
    """Find what `draw_scene` draws where a unit of the scene has a number of `pixels` of the window or file."""
    if zoom <= 1.0:
        area = None  # everything is visible
    if area is not None:
        area = QRectF(area.topLeft() / scene.shrink, area.size() / scene.shrink)
    text_zoom = TextZoom(pixels, smallest_text, max(1.0, zoom * scene.shrink) ** 0.5)
    is_coarse = not text_zoom.is_readable(scene.line_breaks.text_sizes.small)
    flat_size = smallest_box / text_zoom.pixels if is_coarse else 0.0
    parts = find_visible_parts(state, scene, area, marks=marks, flat_size=flat_size)
    labels = list(readable_labels(state, scene, parts, text_zoom, right / scene.shrink))
    return VisibleScene(scene, parts, labels, text_zoom)

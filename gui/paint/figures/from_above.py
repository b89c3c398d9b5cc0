"""The scene of the figure one-by-one from above, so that only the number of maps is seen: wide, narrow, wide."""

from msgspec.structs import replace
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from gui.paint.basics.page import Page
from gui.paint.figures.one_by_one import ONE_BY_ONE_TEXT_OPTIONS
from gui.paint.figures.panels_figure import PanelsFigure, lay_out_panels
from gui.paint.figures.part_selection import one_by_one_parts
from gui.paint.volumes.camera import CAMERA_VIEWS, make_camera
from gui.paint.volumes.visible_parts import Rect
from gui.state.view_state import ViewState
from gui.theme import Theme

_SAID = "from above, H is not seen: what is across the arrows is the number of maps, C"
_FAINT = 34
"""Opacity of the shape that widens and narrows, of 255."""
_LOW = 0.25
"""How much of H may be seen for that shape to be drawn."""


def lay_out_from_above(state: ViewState, page: Page) -> PanelsFigure:
    """Laid out from above, where H has no number."""
    wordings = [
        replace(wording, edge_numbers=wording.edge_numbers.replace("H", ""), camera_is_fixed=True)
        for wording in ONE_BY_ONE_TEXT_OPTIONS
    ]
    eye = make_camera(*CAMERA_VIEWS["Top"])
    return lay_out_panels(
        state, one_by_one_parts(state, "from-above"), page, wordings, eye, first_phrases=(_SAID,), enough_ems=5.0
    )


def lay_out_turn(state: ViewState, page: Page) -> PanelsFigure:
    """The same in 3-D, from where the camera rises."""
    eye = make_camera(*CAMERA_VIEWS["3-D"])
    return lay_out_panels(
        state, one_by_one_parts(state, "from-above"), page, ONE_BY_ONE_TEXT_OPTIONS, eye, first_phrases=(_SAID,)
    )


def draw_width_bands(painter: QPainter, laid_out: PanelsFigure, theme: Theme) -> None:
    """From volume to volume of a chain a pale ground as wide as both: it comes as the camera rises."""
    scene = laid_out.scene
    seen = max(0.0, 1.0 - scene.camera.height[1] / _LOW)
    boxes = {box.ref: box for box in scene.boxes}
    painter.save()
    painter.scale(scene.shrink, scene.shrink)
    painter.setPen(Qt.PenStyle.NoPen)
    for band in scene.line_breaks.design_rows:
        colour = QColor(theme.design(laid_out.state.design_index(band.name)))
        colour.setAlpha(round(_FAINT * seen))
        painter.setBrush(colour)
        for vertex, sources in zip(band.graph.vertices, band.graph.sources, strict=True):
            box = boxes[band.name, vertex.name]
            for source in sources:
                before = boxes[band.name, band.graph.vertices[source].name]
                if before.vertex.column + 1 == vertex.column and before.y == box.y:
                    painter.drawPolygon(_band_between(before.bounds, box.bounds))
    painter.restore()


def _band_between(before: Rect, after: Rect) -> QPolygonF:
    """From the right side of one rectangle to the left side of the next."""
    corners = ((before[2], before[1]), (after[0], after[1]), (after[0], after[3]), (before[2], before[3]))
    return QPolygonF([QPointF(*corner) for corner in corners])

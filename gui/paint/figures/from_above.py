"""Figure from-above: the scene of one-by-one from above, where only the number of maps is visible as width."""

from msgspec.structs import replace
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from gui.paint.basics.page import Page
from gui.paint.figures.one_by_one import ONE_BY_ONE_TEXT_OPTIONS
from gui.paint.figures.panels_figure import PanelsFigure, lay_out_panels
from gui.paint.figures.part_selection import one_by_one_parts
from gui.paint.volumes.camera import CAMERA_VIEWS, Rect, make_camera
from gui.state.view_state import ViewState
from gui.theme import Theme

_FIRST_PHRASE = "from above, H is invisible: the width across the arrows is the number of maps, C"
_FAINT = 34
"""Greatest opacity of the width bands, of 255."""
_MAX_HEIGHT_SHARE = 0.25
"""Visible fraction of H from which the width bands are no longer drawn."""


def lay_out_from_above(state: ViewState, page: Page) -> PanelsFigure:
    """Lay out the figure seen from above, without numbers for H."""
    choices = [
        replace(options, edge_numbers=options.edge_numbers.replace("H", ""), camera_is_fixed=True)
        for options in ONE_BY_ONE_TEXT_OPTIONS
    ]
    camera = make_camera(*CAMERA_VIEWS["Top"])
    return lay_out_panels(
        state,
        one_by_one_parts(state, "from-above"),
        page,
        choices,
        camera,
        first_phrases=(_FIRST_PHRASE,),
        enough_ems=5.0,
    )


def lay_out_turn(state: ViewState, page: Page) -> PanelsFigure:
    """Lay out the same scene in 3-D, where the camera starts to rise."""
    camera = make_camera(*CAMERA_VIEWS["3-D"])
    return lay_out_panels(
        state,
        one_by_one_parts(state, "from-above"),
        page,
        ONE_BY_ONE_TEXT_OPTIONS,
        camera,
        first_phrases=(_FIRST_PHRASE,),
    )


def draw_width_bands(painter: QPainter, figure: PanelsFigure, theme: Theme) -> None:
    """Draw pale bands between the volumes of a chain, as wide as these; they fade in as the camera rises."""
    scene = figure.scene
    opacity = max(0.0, 1.0 - scene.camera.height[1] / _MAX_HEIGHT_SHARE)
    boxes = {box.ref: box for box in scene.boxes}
    painter.save()
    painter.scale(scene.shrink, scene.shrink)
    painter.setPen(Qt.PenStyle.NoPen)
    for design_row in scene.line_breaks.design_rows:
        colour = QColor(theme.design(figure.state.design_index(design_row.name)))
        colour.setAlpha(round(_FAINT * opacity))
        painter.setBrush(colour)
        for vertex, sources in zip(design_row.graph.vertices, design_row.graph.sources, strict=True):
            box = boxes[design_row.name, vertex.name]
            for source in sources:
                before = boxes[design_row.name, design_row.graph.vertices[source].name]
                if before.vertex.column + 1 == vertex.column and before.y == box.y:
                    painter.drawPolygon(_band_between(before.bounds, box.bounds))
    painter.restore()


def _band_between(before: Rect, after: Rect) -> QPolygonF:
    """Polygon from the right side of one rectangle to the left side of the next."""
    corners = ((before[2], before[1]), (after[0], after[1]), (after[0], after[3]), (before[2], before[3]))
    return QPolygonF([QPointF(*corner) for corner in corners])

"""The scene of the figure one-by-one from above, so that only the number of maps is seen: wide, narrow, wide."""

from msgspec.structs import replace
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from gui.paint.figures.choice import one_by_one
from gui.paint.figures.one_by_one import WORDINGS
from gui.paint.figures.page import Page
from gui.paint.figures.panels import Panels, lay_out
from gui.paint.scene.camera import VIEWS, Camera, camera
from gui.state import ViewState
from gui.theme import Theme

SAID = "from above, H is not seen: what is across the arrows is the number of maps, C"
FAINT = 34
"""Opacity of the shape that widens and narrows, of 255."""
LOW = 0.5
"""How much of H may be seen for that shape to be drawn."""


def panels(state: ViewState, page: Page, eye: Camera | None = None) -> Panels:
    """Laid out from above, where H has no number, or as another camera sees it on its way there."""
    wordings = WORDINGS if eye else [replace(wording, numbers="CW") for wording in WORDINGS]
    return lay_out(state, one_by_one(state, "from-above"), page, wordings, eye or camera(*VIEWS["Top"]), said=(SAID,))


def draw_widths(painter: QPainter, laid_out: Panels, theme: Theme) -> None:
    """From volume to volume of a chain a pale ground as wide as both: it comes as the camera rises."""
    scene = laid_out.scene
    seen = max(0.0, 1.0 - scene.eye.height[1] / LOW)
    boxes = {box.place: box for box in scene.boxes}
    painter.save()
    painter.scale(scene.shrink, scene.shrink)
    painter.setPen(Qt.PenStyle.NoPen)
    for band in scene.plan.bands:
        colour = QColor(theme.design(laid_out.state.design_index(band.name)))
        colour.setAlpha(round(FAINT * seen))
        painter.setBrush(colour)
        for vertex, sources in zip(band.graph.vertices, band.graph.sources, strict=True):
            if len(sources) != 1:
                continue
            before = boxes[band.name, band.graph.vertices[sources[0]].name].bounds
            after = boxes[band.name, vertex.name].bounds
            if before[2] < after[0] and len(band.graph.targets[sources[0]]) == 1:
                corners = ((before[2], before[1]), (after[0], after[1]), (after[0], after[3]), (before[2], before[3]))
                painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
    painter.restore()

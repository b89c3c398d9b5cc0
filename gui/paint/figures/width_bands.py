"""Pale bands between the volumes of a chain seen from above, as wide as these."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from gui.paint.volumes.camera import Rect
from gui.paint.volumes.scene import VolumesScene
from gui.state.view_state import ViewState
from gui.theme import Theme

_FAINT = 34
"""Greatest opacity of the width bands, of 255."""
_MAX_HEIGHT_SHARE = 0.25
"""Visible fraction of H from which the width bands are no longer drawn."""


def draw_width_bands(painter: QPainter, scene: VolumesScene, state: ViewState, theme: Theme) -> None:
    """Draw pale bands between the volumes of a chain, as wide as these; they fade in as the camera rises."""
    opacity = max(0.0, 1.0 - scene.camera.height[1] / _MAX_HEIGHT_SHARE)
    boxes = {box.ref: box for box in scene.boxes}
    painter.save()
    painter.scale(scene.shrink, scene.shrink)
    painter.setPen(Qt.PenStyle.NoPen)
    for design_row in scene.line_breaks.design_rows:
        colour = QColor(theme.design(state.colour_index(design_row.name)))
        colour.setAlpha(round(_FAINT * opacity))
        painter.setBrush(colour)
        for vertex, sources in zip(design_row.graph.vertices, design_row.graph.grid.sources, strict=True):
            box = boxes[design_row.name, vertex.name]
            for source in set(sources):
                before = boxes[design_row.name, design_row.graph.vertices[source].name]
                if before.vertex.column + 1 == vertex.column and before.y == box.y:
                    painter.drawPolygon(_band_between(before.bounds, box.bounds))
    painter.restore()


def _band_between(before: Rect, after: Rect) -> QPolygonF:
    """Polygon from the right side of one rectangle to the left side of the next."""
    corners = ((before[2], before[1]), (after[0], after[1]), (after[0], after[3]), (before[2], before[3]))
    return QPolygonF([QPointF(*corner) for corner in corners])

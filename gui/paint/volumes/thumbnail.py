"""Paints a small picture of the volumes, without texts: nobody could read them, and they would take the space."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from gui.paint.volumes.camera import make_camera
from gui.paint.volumes.drawing import draw_scene
from gui.paint.volumes.layout import closed_blocks
from gui.paint.volumes.line_breaks import break_lines
from gui.paint.volumes.scene_layout import lay_out_scene
from gui.paint.volumes.text_options import TextOptions
from gui.state.view_state import ViewState
from gui.theme import Theme

_EMS = 34
"""Height of the picture in ems, which arrows, frames and gaps are measured in."""
_FINENESS = 8
"""It is laid out in units of this part of a pixel, as texts have whole sizes."""
_OPTIONS = TextOptions(
    ("first",), has_names=False, edge_numbers="", notes="none", least_box_size=2.0, arrow_padding=0.8
)


def paint_thumbnail(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the boxes of all designs into `rect`; with results in the state, with the values on them."""
    width, height = _FINENESS * rect.width(), _FINENESS * rect.height()
    em, look = max(1, round(height / _EMS)), state.look
    space = (max(1.0, width - 2 * em), max(1.0, height - (2 + len(state.project.designs)) * em))
    line_breaks = break_lines(
        state.check,
        closed_blocks(state),
        (),
        (),
        look.scale,
        look.metric,
        look.convention,
        em,
        space,
        "",
        _OPTIONS,
    )
    scene = lay_out_scene(line_breaks, make_camera(look.yaw, look.pitch), em, em, (em,) * len(line_breaks.design_rows))
    painter.save()
    painter.setRenderHints(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.topLeft())
    painter.scale(1 / _FINENESS, 1 / _FINENESS)
    draw_scene(painter, state, theme, scene, float("inf"), width, marks=False)
    painter.restore()

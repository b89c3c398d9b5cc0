"""Figure from-above: the scene of one-by-one from above, where only the number of maps is visible as width."""

from msgspec.structs import replace

from gui.paint.basics.page import Page
from gui.paint.figures.one_by_one import ONE_BY_ONE_TEXT_OPTIONS
from gui.paint.figures.panels_figure import PanelsFigure, lay_out_panels
from gui.paint.figures.part_selection import one_by_one_parts
from gui.paint.volumes.camera import make_camera
from gui.state.cameras import CAMERA_VIEWS
from gui.state.view_state import ViewState

_FIRST_PHRASE = "from above, H is invisible: the width across the arrows is the number of maps, C"


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

"""Figure inception-module: a module with parallel branches per design, one branch per row."""

from gui.paint.basics.page import Page
from gui.paint.figures.panels_figure import PanelsFigure, lay_out_panels
from gui.paint.figures.part_selection import closed_chain_part, compared_designs, find_branch_module
from gui.paint.volumes.camera import make_camera
from gui.paint.volumes.text_options import TextOptions
from gui.state.cameras import CAMERA_VIEWS
from gui.state.view_state import ViewState

_TEXT_OPTIONS = (
    TextOptions(("line",), one_line_captions=True, notes="fronts", branch_spread=1.5),
    TextOptions(("line",), has_names=False, notes="fronts", branch_spread=1.5),
    TextOptions(("lines",), has_names=False, notes="fronts", branch_spread=1.5),
    TextOptions(("lines",), has_names=False, edge_numbers="C", notes="fronts", least_box_size=3.0, branch_spread=1.5),
    TextOptions(("lines",), has_names=False, edge_numbers="C", notes="none", least_box_size=2.5, arrow_padding=0.8),
    TextOptions(("lines",), has_names=False, edge_numbers="C", notes="none", least_box_size=2.0, arrow_padding=0.4),
    TextOptions(("first",), has_names=False, edge_numbers="C", notes="none", least_box_size=2.0, arrow_padding=0.5),
    TextOptions(("first",), has_names=False, edge_numbers="C", notes="none", least_box_size=1.5, arrow_padding=0.2),
)
"""From the most detailed to those that fit a narrow column."""


def lay_out_inception_module(state: ViewState, page: Page) -> PanelsFigure:
    """One panel per design with branches; if none has any, each shows its chain."""
    names = compared_designs(state, "inception-module")
    modules = [find_branch_module(state, name) for name in names]
    parts = [part for part in modules if part is not None]
    camera, chains = make_camera(*CAMERA_VIEWS["3-D"]), [closed_chain_part(state, name) for name in names]
    return lay_out_panels(state, parts or chains, page, _TEXT_OPTIONS, camera, side_by_side=bool(parts), enough_ems=4.0)

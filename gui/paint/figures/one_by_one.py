"""Figure one-by-one: a convolution without and with a 1×1 before it, and the cost of each."""

from gui.paint.basics.page import Page
from gui.paint.figures.panels_figure import PanelsFigure, lay_out_panels
from gui.paint.figures.part_selection import one_by_one_parts
from gui.paint.volumes.camera import make_camera
from gui.paint.volumes.text_options import TextOptions
from gui.state.cameras import CAMERA_VIEWS
from gui.state.view_state import ViewState

ONE_BY_ONE_TEXT_OPTIONS = (
    TextOptions(("whole",), one_line_captions=True, has_kernel_depth=True, notes="fronts"),
    TextOptions(("stacked",), has_names=False, has_kernel_depth=True, notes="fronts"),
    TextOptions(("narrow",), has_names=False, has_kernel_depth=True, notes="fronts"),
    TextOptions(
        ("narrow",), has_names=False, has_kernel_depth=True, has_sparse_numbers=True, notes="fronts", least_box_size=3.0
    ),
    TextOptions(("lines",), has_names=False, has_kernel_depth=True, has_sparse_numbers=True, notes="fronts"),
    TextOptions(
        ("lines",), has_names=False, has_sparse_numbers=True, notes="none", least_box_size=2.5, arrow_padding=0.8
    ),
    TextOptions(("first",), has_names=False, edge_numbers="C", notes="none", least_box_size=2.0, arrow_padding=0.5),
    TextOptions(("first",), has_names=False, edge_numbers="C", notes="none", least_box_size=1.5, arrow_padding=0.2),
)
"""From the most detailed to those that fit a narrow column."""


def lay_out_one_by_one(state: ViewState, page: Page) -> PanelsFigure:
    """Lay out the figure in 3-D."""
    return lay_out_panels(
        state, one_by_one_parts(state, "one-by-one"), page, ONE_BY_ONE_TEXT_OPTIONS, make_camera(*CAMERA_VIEWS["3-D"])
    )

"""A convolution without and with a 1×1 before it: volumes, kernels, operators, formulas, and what each panel costs."""

from gui.paint.basics.page import Page
from gui.paint.figures.choice import one_by_one
from gui.paint.figures.panels import Panels, lay_out
from gui.paint.volumes.camera import VIEWS, camera
from gui.paint.volumes.cells import Wording
from gui.state.view_state import ViewState

WORDINGS = (
    Wording(("whole",), one_line=True, deep=True, notes="fronts"),
    Wording(("stacked",), names=False, deep=True, notes="fronts"),
    Wording(("narrow",), names=False, deep=True, notes="fronts"),
    Wording(("narrow",), names=False, deep=True, sparse=True, notes="fronts", least=3.0),
    Wording(("lines",), names=False, deep=True, sparse=True, notes="fronts"),
    Wording(("lines",), names=False, sparse=True, notes="none", least=2.5, air=0.8),
    Wording(("first",), names=False, numbers="C", notes="none", least=2.0, air=0.5),
    Wording(("first",), names=False, numbers="C", notes="none", least=1.5, air=0.2),
)
"""From the fullest to what fits a narrow column."""


def panels(state: ViewState, page: Page) -> Panels:
    """Laid out in 3-D."""
    return lay_out(state, one_by_one(state, "one-by-one"), page, WORDINGS, camera(*VIEWS["3-D"]))

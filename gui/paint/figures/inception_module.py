"""A module with parallel branches, of each design: a branch a row, from what it receives to where it is joined."""

from gui.paint.basics.page import Page
from gui.paint.figures.choice import chain, designs, module
from gui.paint.figures.panels import Panels, lay_out
from gui.paint.volumes.camera import VIEWS, camera
from gui.paint.volumes.cells import Wording
from gui.state.view_state import ViewState

WORDINGS = (
    Wording(("line",), one_line=True, notes="fronts", spread=1.5),
    Wording(("line",), names=False, notes="fronts", spread=1.5),
    Wording(("lines",), names=False, notes="fronts", spread=1.5),
    Wording(("lines",), names=False, numbers="C", notes="fronts", least=3.0, spread=1.5),
    Wording(("lines",), names=False, numbers="C", notes="none", least=2.5, air=0.8),
    Wording(("lines",), names=False, numbers="C", notes="none", least=2.0, air=0.4),
    Wording(("first",), names=False, numbers="C", notes="none", least=2.0, air=0.5),
    Wording(("first",), names=False, numbers="C", notes="none", least=1.5, air=0.2),
)
"""From the fullest to what fits a narrow column."""


def panels(state: ViewState, page: Page) -> Panels:
    """A panel a design; one without branches shows its chain, where the other one has none either."""
    names = designs(state, "inception-module")
    found = [module(state, name) for name in names]
    parts = [part for part in found if part is not None]
    eye, chains = camera(*VIEWS["3-D"]), [chain(state, name) for name in names]
    return lay_out(state, parts or chains, page, WORDINGS, eye, beside=bool(parts), enough=4.0)

"""What is missing before a view's picture shows anything: the views of the catalogue name these functions."""

from engine.reports.googlenet_table import paper_rows
from gui.state.comparison import compared_pair, compared_refs
from gui.state.view_state import ViewState

_RUN = "the project has not been run; run it first"
_MISTAKE = "it is unknown until the mistakes are corrected"


def missing_layers(state: ViewState) -> str:
    """What volumes and tables need; "" if they have it."""
    has_layers = any(analysis.reports for analysis in state.check.analyses.values())
    return "" if has_layers else "the project has no layers; add a design with layers"


def missing_paper_rows(state: ViewState) -> str:
    """What the paper's table needs; "" if it has it."""
    if any(paper_rows(state.project, state.check, design) for design in state.check.analyses):
        return ""
    return "no design has a layer with a row; add a convolution, a pooling or a dense layer"


def missing_maps(state: ViewState) -> str:
    """What the maps of the selected layer need; "" if there are maps of it or of the layer that it is compared with."""
    volumes = [state.volume_at(ref) for ref in compared_refs(state)]
    if any(at.volume is not None for at in volumes):
        return ""
    return _MISTAKE if any(at.problems or at.shape is None for at in volumes) else _RUN


def missing_pair(state: ViewState) -> str:
    """What the list of differences needs; "" if it has it."""
    return "" if compared_pair(state) is not None else "the project has no two designs; add or duplicate a design"


def missing_value(state: ViewState) -> str:
    """What the explanation of the selected value needs; "" if it has it."""
    at = state.volume_at(state.focus.ref)
    if at.problems or at.shape is None:
        return _MISTAKE
    return "" if at.volume is not None else _RUN


def missing_rank_search(state: ViewState) -> str:
    """What the chart of a rank search needs; "" if it has it."""
    search = state.rank_search
    has_curve = search.curve is not None and search.query is not None and search.query.ref == state.focus.ref
    return "" if has_curve else "no bottleneck has been searched for at the selected layer; search first"


def missing_sweep(state: ViewState) -> str:
    """What the points of a sweep need; "" if there are any."""
    if state.sweep.rows:
        return ""
    return "the project has no sweep; add axes in the view Sweep" if state.project.sweep is None else "no sweep has run"

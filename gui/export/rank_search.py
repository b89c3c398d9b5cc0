"""What the picture of the bottleneck view needs: the exploration, found at once, as nobody waits at a window."""

from msgspec.structs import replace

from engine.rank_search import rank_search_candidates, rank_search_refusal
from engine.run.execute import RunRequest
from gui.state.rank_search import RankQuery, answer_rank_query
from gui.state.view_state import Focus, ViewState


def add_rank_search(state: ViewState) -> ViewState:
    """The state in which the chosen convolution, or else the dearest one, is chosen and explored."""
    place = state.focus.ref
    if rank_search_refusal(state.report(place)):
        found = [
            (report.macs or 0, (design, report.name))
            for design in state.check.analyses
            for report in rank_search_candidates(RunRequest(state.project, state.check), design)
        ]
        if not found:
            return state
        place = max(found)[1]
    exploration = answer_rank_query(state.project, RankQuery(place))
    return replace(state, focus=Focus(*place), rank_search=exploration)

"""Runs the rank search for a picture of the bottleneck view, where no window needs to stay usable."""

from msgspec.structs import replace

from engine.rank_search import rank_search_candidates, rank_search_refusal
from engine.run.request import RunRequest
from gui.state.focus import Focus
from gui.state.rank_search import RankQuery, answer_rank_query
from gui.state.view_state import ViewState


def add_rank_search(state: ViewState) -> ViewState:
    """The state with the selected convolution searched, or else the most expensive one selected and searched."""
    ref = state.focus.ref
    if rank_search_refusal(state.report(ref)):
        candidates = [
            (report.macs or 0, (design, report.name))
            for design in state.check.analyses
            for report in rank_search_candidates(RunRequest(state.project, state.check), design)
        ]
        if not candidates:
            return state
        ref = max(candidates)[1]
    query = state.rank_search.query
    rank_search = answer_rank_query(state.project, query if query is not None and query.ref == ref else RankQuery(ref))
    return replace(state, focus=Focus(*ref), rank_search=rank_search)

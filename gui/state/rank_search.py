"""The rank search as part of the state: the query of the user, and the results so far. No Qt here."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from engine.network.input_specs import Input
from engine.network.node_ref import NodeRef
from engine.network.weight_specs import Form
from engine.project.project import Project
from engine.rank_search import CalibrationSet, ErrorCurve, RankResult, RankSearch, Replacement, calibration_set
from engine.text.problems import Problem


class RankQuery(Struct, frozen=True):
    """The replacement of a convolution that the user asks for."""

    ref: NodeRef
    form: Form = "1x1+kxk"
    ranks: tuple[int, ...] | None = None
    """Ranks of the replacement; None takes those that meet the error or the budget."""
    max_error: float = 0.05
    """Largest relative error that is tolerated, unless there is a budget of MACs."""
    max_macs: int | None = None
    """Budget of MACs; None spends as few as the error allows."""
    refit: bool = False
    map_input: Input | None = None
    """Input whose maps are shown; None takes the first that only checks."""
    photo_folder: Path | None = None
    """Folder of the photos for calibration; None takes the bundled ones."""


class RankSearchState(Struct, frozen=True, eq=False):
    """The query and the results so far."""

    query: RankQuery | None = None
    calibration: CalibrationSet | None = None
    curves: Mapping[tuple[NodeRef, Form], ErrorCurve] = {}
    """Curves of all convolutions searched so far; some may be stale."""
    result: RankResult | None = None
    replacement: Replacement | None = None
    busy_text: str = ""
    """The work in progress, in words; "" if there is none."""
    done: int = 0
    total: int = 0
    """Steps of the work in progress that are done, of all; 0 if it is not known how many there are."""
    problems: tuple[Problem, ...] = ()

    @property
    def curve(self) -> ErrorCurve | None:
        """The curve of the query."""
        return None if self.query is None else self.curves.get((self.query.ref, self.query.form))

    @property
    def rank_index(self) -> int | None:
        """Index of the rank on the curve that the query means; None without a curve."""
        query, curve = self.query, self.curve
        if query is None or curve is None or not curve.ranks:
            return None
        if query.ranks in curve.ranks:
            return curve.ranks.index(query.ranks)
        index = (
            curve.cheapest_within(query.max_error) if query.max_macs is None else curve.best_for_macs(query.max_macs)
        )
        return index if index is not None else curve.break_even or 0

    @property
    def map_input(self) -> Input | None:
        """Input whose maps are shown."""
        if self.calibration is None:
            return None
        inputs = (*self.calibration.check_inputs, *self.calibration.fit_inputs)
        preferred = None if self.query is None else self.query.map_input
        return preferred if preferred in inputs else inputs[0]

    @property
    def visible_result(self) -> RankResult | None:
        """The result, if it belongs to the rank that the query means."""
        curve, index, result, query = self.curve, self.rank_index, self.result, self.query
        if curve is None or index is None or result is None or query is None:
            return None
        expected = curve.ref, curve.key, curve.form, curve.ranks[index], query.refit, self.map_input
        actual = result.ref, result.key, result.form, result.ranks, result.refit, result.spec
        return result if expected == actual else None


def answer_rank_query(project: Project, query: RankQuery) -> RankSearchState:
    """Answer a query in one go. This may take long.

    Raises
    ------
    ProjectError
        The project cannot run.
    """
    search = RankSearch(project, calibration_set(project, query.photo_folder))
    curve = search.curve(query.ref, query.form)
    curve = search.refine(curve, query.max_error) if query.max_macs is None and query.ranks is None else curve
    state = RankSearchState(query, search.calibration, {(query.ref, query.form): curve})
    index, sample = state.rank_index, state.map_input
    if index is None or sample is None:
        return state
    result = search.result(query.ref, query.form, curve.ranks[index], sample, refit=query.refit)
    return replace(state, result=result)

"""Computes what expressions ask for: volumes, weights, times and errors of ranks, each when it is first needed."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property

from msgspec.structs import replace

from engine.files.paths import FileFault
from engine.kernels import Checkpoint, Volume
from engine.network.node_ref import NodeRef
from engine.network.weight_specs import Form
from engine.project.project import Project
from engine.rank_search import ErrorCurve, RankSearch, calibration_set
from engine.run.cache import VolumeCache
from engine.run.check import ProjectCheck
from engine.run.execute import NodeDone, execute, volume_at, weights_at
from engine.run.memory import require_memory
from engine.run.request import RunRequest
from engine.run.weights import Weights
from engine.text.problems import ProjectError
from gui.lessons.facts import ProjectFacts
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeResult


class ValuesOfRun:
    """Runs what is needed of a project, which may take long: never in the thread of the window.

    What cannot run is None, as it is not known either.

    Parameters
    ----------
    checkpoint
        Called often; an exception that it raises ends the work.
    """

    def __init__(
        self, request: RunRequest, cache: VolumeCache | None = None, checkpoint: Checkpoint = lambda: None
    ) -> None:
        self._request = request
        self._cache = VolumeCache() if cache is None else cache
        self._checkpoint = checkpoint
        self._curves: dict[tuple[NodeRef, Form], ErrorCurve] = {}

    @cached_property
    def _fits_in_memory(self) -> bool:
        try:
            require_memory(self._request, self._cache)
        except ProjectError:
            return False
        return True

    def volume(self, ref: NodeRef) -> Volume | None:
        block = self._request.check.block(ref)
        source = ref if block is None else (ref[0], block.output)
        if not self._fits_in_memory:
            return None
        with suppress(ProjectError):
            return volume_at(self._request, source, self._cache, self._checkpoint)
        return None

    def weights(self, ref: NodeRef) -> Weights | None:
        if ref in self._request.check.keys and self._fits_in_memory:
            with suppress(ProjectError, FileFault):
                return weights_at(self._request, ref, self._cache, self._checkpoint)
        return None

    def milliseconds(self) -> Mapping[NodeRef, float]:
        return self._milliseconds

    @cached_property
    def _milliseconds(self) -> dict[NodeRef, float]:
        times: dict[NodeRef, float] = {}
        with suppress(ProjectError):
            for event in execute(self._request, self._cache, self._checkpoint):
                if isinstance(event, NodeDone):
                    times[event.ref] = event.milliseconds
        return times

    def expected_error(self, ref: NodeRef, form: Form, rank: int) -> float | None:
        return self._error(ref, form, rank, lambda curve, index: curve.expected_errors[index])

    def rank_error(self, ref: NodeRef, form: Form, rank: int) -> float | None:
        def measured(curve: ErrorCurve, index: int) -> float:
            curve = self._search.with_points(curve, [index])
            self._curves[ref, form] = curve
            return curve.decisive_errors[index]

        return self._error(ref, form, rank, measured)

    def _error(self, ref: NodeRef, form: Form, rank: int, error_at: Callable[[ErrorCurve, int], float]) -> float | None:
        """An error on the curve of a convolution; None if it has no such rank."""
        with suppress(ProjectError):
            if (ref, form) not in self._curves:
                self._curves[ref, form] = next(self._search.curves(ref, form))
            curve = self._curves[ref, form]
            if (rank,) in curve.ranks:
                return error_at(curve, curve.ranks.index((rank,)))
        return None

    @cached_property
    def _search(self) -> RankSearch:
        return RankSearch(self._request.project, calibration_set(self._request.project), self._checkpoint)


def computed_facts(
    project: Project,
    project_check: ProjectCheck | None = None,
    cache: VolumeCache | None = None,
    checkpoint: Checkpoint = lambda: None,
) -> ProjectFacts:
    """Facts about a project that are computed when an expression asks for them."""
    request = RunRequest.of(project) if project_check is None else RunRequest(project, project_check)
    return ProjectFacts(project, request.check, ValuesOfRun(request, cache, checkpoint))


def with_run(state: ViewState, cache: VolumeCache, checkpoint: Checkpoint) -> ViewState:
    """The state after a run; what cannot run has no result."""
    results: dict[NodeRef, VolumeResult] = {}
    with suppress(ProjectError):
        for event in execute(RunRequest(state.project, state.check), cache, checkpoint):
            if isinstance(event, NodeDone):
                results[event.ref] = VolumeResult(event.key, event.volume, event.milliseconds, event.fitted_weights)
    return replace(state, run=RunView(results))

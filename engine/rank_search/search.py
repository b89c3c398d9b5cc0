"""Searches for the smallest rank that a convolution tolerates: predicts the error of every rank, measures many."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from engine.files.paths import FileFault
from engine.kernels import Checkpoint, Volume
from engine.low_rank import factorisation
from engine.low_rank.energies import NotFinite, energy
from engine.low_rank.errors import ErrorSums, measure_errors
from engine.low_rank.factorisation import Fitter, Split
from engine.low_rank.forms import Filters, as_convolution, layers_of_form, run_form, run_linear
from engine.network.input_specs import Input, input_text
from engine.network.node_ref import NodeRef
from engine.network.weight_specs import Form
from engine.project.project import Project
from engine.rank_search.calibration import CalibrationSet
from engine.rank_search.candidates import rank_search_refusal
from engine.rank_search.error_curve import ErrorCurve, frontier, macs_of, measured_ranks
from engine.run.cache import VolumeCache
from engine.run.execute import volume_at, weights_at
from engine.run.low_rank_weights import refit_bytes
from engine.run.memory import require_memory
from engine.run.request import RunRequest
from engine.text.problems import Problem, ProjectError
from engine.text.units import byte_size

_CACHE_BYTES = 16 * 2**20
"""Bytes of cached volumes, however many photos there are; in addition, one volume is held at a time."""

_MOST_REQUESTS = 16
"""Number of cached requests: each holds a check of the whole project."""

_TRIPLE: Form = "1x1+kxk+1x1"


class RankResult(Struct, frozen=True, eq=False):
    """A replacement, run next to the layer itself."""

    ref: NodeRef
    key: bytes
    """A digest of the layer, its weights and its input in the project."""
    form: Form
    ranks: tuple[int, ...]
    refit: bool
    spec: Input
    """The input of the run."""
    exact: Volume
    """Output of the layer before its bias (F×H×W)."""
    output: Volume
    """Output of the replacement before the bias."""
    error: float
    """Relative error on this input."""
    fit_error: float | None = None
    """Error on all inputs for fitting; None until it is known."""
    check_error: float | None = None
    """Error on all inputs for checking; None until it is known, or if there are none."""


class RankSearch:
    """Searches ranks for the convolutions of one project on a calibration set.

    Parameters
    ----------
    checkpoint
        Called often; an exception that it raises ends the work. May be replaced between two calls.
    computed
        Volumes of earlier runs, which are not computed again; none is added.

    Raises
    ------
    ProjectError
        There is not enough memory to run the project.
    """

    def __init__(
        self,
        project: Project,
        calibration: CalibrationSet,
        checkpoint: Checkpoint = lambda: None,
        computed: VolumeCache | None = None,
    ) -> None:
        self.project = project
        self.calibration = calibration
        self.checkpoint = checkpoint
        self.request = RunRequest.of(project)
        self._cache = VolumeCache(_CACHE_BYTES)
        self._computed = computed
        self._requests: dict[Input, RunRequest] = {}
        """The most recent requests with other inputs than the project's."""
        self._fitters: dict[NodeRef, Fitter] = {}
        """The fitter of the last layer only, as it holds covariances."""
        require_memory(self.request, self._cache)

    def curves(self, ref: NodeRef, form: Form) -> Iterator[ErrorCurve]:
        """Yields the curve with its expected errors at once, then with the measured ones."""
        curve = self._expect(ref, form)
        yield curve
        if curve.ranks:
            yield self.with_points(curve, measured_ranks(form, len(curve.ranks)))

    def curve(self, ref: NodeRef, form: Form) -> ErrorCurve:
        """The whole curve."""
        *_, last = self.curves(ref, form)
        return last

    def with_points(self, curve: ErrorCurve, indices: Iterable[int]) -> ErrorCurve:
        """The curve with these ranks measured as well."""
        new = tuple(sorted(set(indices) - set(curve.measured_at)))
        with self._name_layer_in_errors(curve.ref):
            return self._measure(curve, new) if new else curve

    def refine(self, curve: ErrorCurve, error: float) -> ErrorCurve:
        """The curve with more ranks measured, until none below the lowest one within that error is left to try.

        Assumes that higher ranks have no larger error, which is almost always true.
        """
        while True:
            best = curve.cheapest_within(error)
            too_lossy = [index for index, loss in curve.decisive_errors.items() if loss > error]
            below = [index for index in too_lossy if best is None or index < best]
            top = curve.break_even if best is None else best
            if (
                top is None
                or not below
                or (middle := (max(below) + top + (best is None)) // 2) in curve.decisive_errors
            ):
                return curve
            curve = self.with_points(curve, [middle])

    def results(
        self, ref: NodeRef, form: Form, ranks: tuple[int, ...], spec: Input, *, refit: bool
    ) -> Iterator[RankResult]:
        """Yields one replacement run on one input at once, then with its errors on all inputs."""
        with self._name_layer_in_errors(ref):
            fitter = self._fitter(ref)
            weights = self._weights(ref, form, ranks, refit=refit)
            volume = self._volume_before(ref, spec)
            exact = self._exact(fitter, volume)
            output = run_form(form, fitter.layer, weights, volume, self.checkpoint)
            error = ErrorSums((energy(output - exact),), energy(exact)).errors[0]
        result = RankResult(ref, self.request.check.keys[ref], form, ranks, refit, spec, exact, output, error)
        yield result
        with self._name_layer_in_errors(ref):
            fit_error, check_error = (
                self._error_of(form, ref, weights, specs)
                for specs in (self.calibration.fit_inputs, self.calibration.check_inputs)
            )
        yield replace(result, fit_error=fit_error, check_error=check_error)

    def result(self, ref: NodeRef, form: Form, ranks: tuple[int, ...], spec: Input, *, refit: bool) -> RankResult:
        """One replacement run on one input, with its errors on all inputs."""
        *_, last = self.results(ref, form, ranks, spec, refit=refit)
        return last

    def refit_helps(self, curve: ErrorCurve, index: int) -> bool:
        """Whether fitting the k×k again lowers the decisive error."""
        if curve.form == "kxk+1x1":
            return False
        curve = self.with_points(curve, [index])
        with self._name_layer_in_errors(curve.ref):
            weights = self._weights(curve.ref, curve.form, curve.ranks[index], refit=True)
            error = self._error_of(
                curve.form, curve.ref, weights, self.calibration.check_inputs or self.calibration.fit_inputs
            )
        return error is not None and error < curve.decisive_errors[index]

    def last_error(self, other: Project, design: str, copy: str, specs: Iterable[Input]) -> float:
        """The relative error of a design's last volume in another project, where the design is called `copy`."""
        error = total = 0.0
        for spec in specs:
            exact = self._volume(self._request(spec), design)
            approximation = self._volume(RunRequest.of(replace(other, input=spec)), copy)
            with self._name_layer_in_errors((design, self.request.check.analyses[design].output)):
                error, total = error + energy(approximation - exact), total + energy(exact)
        return float((error / total) ** 0.5) if total else 0.0

    def _volume(self, request: RunRequest, design: str) -> Volume:
        return self._volume_at(request, (design, request.check.analyses[design].output))

    def _volume_at(self, request: RunRequest, ref: NodeRef) -> Volume:
        """A volume; ProjectError if mistakes prevent it, naming the input if it is not the project's."""
        key = request.check.keys.get(ref)
        entry = None if self._computed is None or key is None else self._computed.get(key)
        if entry is not None:
            return entry.volume
        try:
            return volume_at(request, ref, self._cache, self.checkpoint)
        except ProjectError as error:
            spec = request.project.input
            if spec == self.project.input:
                raise
            raise ProjectError(_name_input(spec, error.problems)) from None

    def _request(self, spec: Input) -> RunRequest:
        if spec == self.project.input:
            return self.request
        if spec not in self._requests:
            if len(self._requests) >= _MOST_REQUESTS:
                self._requests.clear()
            self._requests[spec] = RunRequest.of(replace(self.project, input=spec))
        return self._requests[spec]

    def _volume_before(self, ref: NodeRef, spec: Input) -> Volume:
        """The volume that a layer receives for one input."""
        input_name = self.request.check.reports[ref].inputs[0]
        return self._volume_at(self._request(spec), (ref[0], input_name))

    def _exact(self, fitter: Fitter, volume: Volume) -> Volume:
        return run_linear(fitter.layer, fitter.weight, volume, self.checkpoint)

    def _fitter(self, ref: NodeRef) -> Fitter:
        if ref not in self._fitters:
            report = self.request.check.reports.get(ref)
            reason = rank_search_refusal(report)
            if reason:
                raise ProjectError([Problem(reason, "", *ref)])
            if ref not in self.request.check.keys:
                raise ProjectError(self.request.check.problems)
            assert report is not None
            layer = as_convolution(report.layer)
            assert layer is not None
            try:
                arrays = weights_at(self.request, ref, self._cache, self.checkpoint)
            except FileFault as fault:
                raise ProjectError([Problem(str(fault), "", *ref, "weights")]) from None

            def volumes() -> Iterator[Volume]:
                return (self._volume_before(ref, spec) for spec in self.calibration.fit_inputs)

            self._fitters = {
                ref: Fitter(replace(layer, bias=False), arrays["weight"], volumes, lambda: self.checkpoint())
            }
        return self._fitters[ref]

    def _weights(self, ref: NodeRef, form: Form, ranks: tuple[int, ...], *, refit: bool) -> tuple[Filters, ...]:
        """Weights of the convolutions of a form; ProjectError if there is not enough memory for a refit."""
        import psutil  # as in `require_memory`

        fitter = self._fitter(ref)
        needed = refit_bytes(fitter.weight.shape, ranks[0]) if refit and form != "kxk+1x1" else 0
        free = psutil.virtual_memory().available
        if needed > free:
            text = (
                f"{ref[1]}: fitting the k×k again behind {ranks[0]} maps needs {byte_size(needed)}; "
                f"{byte_size(free)} of memory are free. Choose a smaller r, or do not fit the k×k again"
            )
            raise ProjectError([Problem(text, "", *ref)])
        return fitter.weights(form, ranks, refit=refit)

    def _expect(self, ref: NodeRef, form: Form) -> ErrorCurve:
        with self._name_layer_in_errors(ref):
            fitter = self._fitter(ref)
            report = self.request.check.reports[ref]
            if form == _TRIPLE:
                ranks, expected = frontier(report, fitter.reduction.expected_errors, fitter.expansion.expected_errors)
            else:
                errors = fitter.split(form).expected_errors
                ranks = tuple((rank,) for rank in range(1, len(errors)))
                expected = tuple(map(float, errors[1:]))
        costs = tuple(macs_of(report, form, pair) for pair in ranks)
        key, macs = self.request.check.keys[ref], report.macs or 0
        return ErrorCurve(ref, form, key, fitter.layer, fitter.weight.shape, macs, ranks, costs, expected)

    def _measure(self, curve: ErrorCurve, indices: Sequence[int]) -> ErrorCurve:
        """The curve with these ranks measured in addition to earlier ones."""
        ranks = [curve.ranks[index] for index in indices]
        fitter = self._fitter(curve.ref)
        if curve.form == _TRIPLE:
            weights = [fitter.weights(curve.form, row_ranks) for row_ranks in ranks]
            fit_errors, check_errors = (
                tuple([self._error_of(curve.form, curve.ref, filters, specs) or 0.0 for filters in weights])
                for specs in (self.calibration.fit_inputs, self.calibration.check_inputs)
            )
            return curve.with_errors(indices, fit_errors, check_errors if self.calibration.check_inputs else None, None)
        fitted_split = fitter.split(curve.form)
        svd_split = (
            factorisation.factor_reduction(fitter.weight)
            if curve.form == "1x1+kxk"
            else factorisation.factor_expansion(fitter.weight)
        )
        if not self.calibration.check_inputs:
            fit_errors, svd_errors = self._split_errors(
                curve, (fitted_split, svd_split), ranks, self.calibration.fit_inputs
            )
            return curve.with_errors(indices, fit_errors, None, svd_errors)
        (fit_errors,) = self._split_errors(curve, (fitted_split,), ranks, self.calibration.fit_inputs)
        check_errors, svd_errors = self._split_errors(
            curve, (fitted_split, svd_split), ranks, self.calibration.check_inputs
        )
        return curve.with_errors(indices, fit_errors, check_errors, svd_errors)

    def _split_errors(
        self, curve: ErrorCurve, splits: Sequence[Split], ranks: Sequence[tuple[int, ...]], specs: Sequence[Input]
    ) -> list[tuple[float, ...]]:
        """The errors of each split at these ranks, on all inputs together."""
        fitter = self._fitter(curve.ref)
        before, behind = layers_of_form(curve.form, fitter.layer)
        numbers = [rank for (rank,) in ranks]
        totals = [ErrorSums() for _ in splits]
        for spec in specs:
            volume = self._volume_before(curve.ref, spec)
            exact = self._exact(fitter, volume)
            for number, split in enumerate(splits):
                totals[number] += measure_errors(split, (before, behind), exact, volume, numbers, self.checkpoint)
        return [total.errors for total in totals]

    @contextmanager
    def _name_layer_in_errors(self, ref: NodeRef) -> Iterator[None]:
        """Name the layer in errors about values that are not finite, and silence NumPy's warnings about them."""
        try:
            with np.errstate(all="ignore"):
                yield
        except NotFinite as error:
            text = f"{ref[1]}: {error}; other photos or weights may help"
            raise ProjectError([Problem(text, "", *ref)]) from None

    def _error_of(self, form: Form, ref: NodeRef, weights: Sequence[Filters], specs: Sequence[Input]) -> float | None:
        """The relative error of these weights; None without inputs to measure it on."""
        fitter, total = self._fitter(ref), ErrorSums()
        for spec in specs:
            volume = self._volume_before(ref, spec)
            exact = self._exact(fitter, volume)
            output = run_form(form, fitter.layer, weights, volume, self.checkpoint)
            total += ErrorSums((energy(output - exact),), energy(exact))
        return total.errors[0] if total.error else None


def _name_input(spec: Input, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Problems of an input other than the project's, which have no place in the project file."""
    for problem in problems:
        text = problem.text if problem.place.startswith("$.input") else f"{input_text(spec)}: {problem.text}"
        yield replace(problem, text=text, place="" if problem.place.startswith("$.input") else problem.place)

"""The bottleneck that a convolution can bear, from the volumes that reach it: every width expected, many measured."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import psutil
from msgspec import Struct
from msgspec.structs import replace

from engine.files.paths import FileFault
from engine.kernels import Checkpoint, Volume
from engine.low_rank import factorisation
from engine.low_rank.convolution import as_convolution
from engine.low_rank.factorisation import ErrorSums, Filters, Fitter, Split, measure_errors, run_form, run_linear
from engine.network.analysis import Report
from engine.network.input_specs import Input, input_text
from engine.network.weight_specs import Form, LowRankWeights
from engine.project.project import Project
from engine.rank_search.calibration import CalibrationSet
from engine.rank_search.error_curve import ErrorCurve, frontier, macs_of, measured_ranks
from engine.run.cache import VolumeCache
from engine.run.check import NodeRef
from engine.run.execute import RunRequest, require_memory, volume_at, weights_at
from engine.run.low_rank_weights import refit_bytes
from engine.text.problems import Problem, ProjectError
from engine.text.units import byte_size

_SAMPLE_BYTES = 16 * 2**20
"""Of volumes that an exploration keeps, however many photos there are; beside them it holds one at a time."""

_MOST_REQUESTS = 16
"""That are kept, for each knows the whole project."""

_TRIPLE: Form = "1x1+kxk+1x1"


class RankResult(Struct, frozen=True, eq=False):
    """A replacement run beside the layer itself."""

    ref: NodeRef
    key: bytes
    """A digest of the layer, its weights and what reaches it in the project."""
    form: Form
    ranks: tuple[int, ...]
    refit: bool
    spec: Input
    """What was run on."""
    exact: Volume
    """What the layer gives, before its bias (F×H×W)."""
    output: Volume
    """What the replacement gives, before the bias."""
    error: float
    """On this input."""
    fit_error: float | None = None
    """On all that it is fitted to; None as long as that is not known."""
    check_error: float | None = None
    """On all that only checks it; None where nothing does, too."""


def rank_search_refusal(report: Report | None) -> str:
    """Why nothing can stand for a layer, in words that say what would be right; "" where it can."""
    layer = None if report is None else as_convolution(report.layer)
    if report is None or layer is None:
        return "choose a convolution"
    if layer.groups != 1:
        return f"{report.name} has {layer.groups} groups, which are narrow already; choose one without groups"
    if report.output_shape is None:
        return f"the shape at {report.name} is unknown; mend what lies before it"
    if isinstance(report.weights, LowRankWeights):
        return f"{report.name} is fitted already; choose another, or give it weights of its own first"
    return ""


def rank_search_candidates(request: RunRequest, design: str) -> tuple[Report, ...]:
    """The k×k convolutions of a design for which something narrower can stand."""
    analysis = request.check.analyses.get(design)
    return tuple(
        report
        for report in (() if analysis is None else analysis.reports)
        if not rank_search_refusal(report) and report.windows is not None and max(report.windows.kernel) > 1
    )


class RankSearch:
    """Explores the convolutions of one project on some samples.

    Parameters
    ----------
    checkpoint
        Called often; what it raises ends the work. It may be replaced between two calls.

    Raises
    ------
    ProjectError
        The project needs more memory than there is.
    """

    def __init__(self, project: Project, chosen: CalibrationSet, checkpoint: Checkpoint = lambda: None) -> None:
        self.project = project
        self.calibration = chosen
        self.checkpoint = checkpoint
        self.request = RunRequest.of(project)
        self._cache = VolumeCache(_SAMPLE_BYTES)
        self._requests: dict[Input, RunRequest] = {}
        """Of the samples that were asked for last."""
        self._fitters: dict[NodeRef, Fitter] = {}
        """That of the last place alone: it holds covariances."""
        require_memory(self.request, self._cache)

    def curves(self, place: NodeRef, form: Form) -> Iterator[ErrorCurve]:
        """The curve with its expected line at once, then with what was measured."""
        curve = self._expect(place, form)
        yield curve
        if curve.ranks:
            yield self.with_points(curve, measured_ranks(form, len(curve.ranks)))

    def curve(self, place: NodeRef, form: Form) -> ErrorCurve:
        """The whole curve."""
        *_, last = self.curves(place, form)
        return last

    def with_points(self, curve: ErrorCurve, indices: Iterable[int]) -> ErrorCurve:
        """The curve with these of its widths run, too."""
        new = tuple(sorted(set(indices) - set(curve.measured_at)))
        with self._name_layer_in_errors(curve.ref):
            return self._measure(curve, new) if new else curve

    def refine(self, curve: ErrorCurve, error: float) -> ErrorCurve:
        """The curve with more widths run, until none narrower than the one within that error is left to try.

        Wider ones are taken to lose no more, as they do but for accidents.
        """
        while True:
            best = curve.cheapest_within(error)
            failed = [index for index, found in curve.decisive_errors.items() if found > error]
            below = [index for index in failed if best is None or index < best]
            top = curve.break_even if best is None else best
            if (
                top is None
                or not below
                or (middle := (max(below) + top + (best is None)) // 2) in curve.decisive_errors
            ):
                return curve
            curve = self.with_points(curve, [middle])

    def results(
        self, place: NodeRef, form: Form, widths: tuple[int, ...], spec: Input, *, refit: bool
    ) -> Iterator[RankResult]:
        """One replacement run on one input at once, then with its errors on all."""
        with self._name_layer_in_errors(place):
            fitter = self._fitter(place)
            found = self._weights(place, form, widths, refit=refit)
            received = self._received(place, spec)
            exact = self._exact(fitter, received)
            given = run_form(form, fitter.layer, found, received, self.checkpoint)
            error = ErrorSums((factorisation.energy(given - exact),), factorisation.energy(exact)).errors[0]
        trial = RankResult(place, self.request.check.keys[place], form, widths, refit, spec, exact, given, error)
        yield trial
        with self._name_layer_in_errors(place):
            seen, unseen = (
                self._error_of(form, place, found, specs)
                for specs in (self.calibration.fit_inputs, self.calibration.check_inputs)
            )
        yield replace(trial, fit_error=seen, check_error=unseen)

    def result(self, place: NodeRef, form: Form, widths: tuple[int, ...], spec: Input, *, refit: bool) -> RankResult:
        """One replacement run on one input, with its errors on all."""
        *_, last = self.results(place, form, widths, spec, refit=refit)
        return last

    def refit_helps(self, curve: ErrorCurve, index: int) -> bool:
        """Whether fitting the k×k again lowers the error that counts, that on unseen data where there is any."""
        if curve.form == "kxk+1x1":
            return False
        curve = self.with_points(curve, [index])
        with self._name_layer_in_errors(curve.ref):
            found = self._weights(curve.ref, curve.form, curve.ranks[index], refit=True)
            error = self._error_of(
                curve.form, curve.ref, found, self.calibration.check_inputs or self.calibration.fit_inputs
            )
        return error is not None and error < curve.decisive_errors[index]

    def last_error(self, other: Project, design: str, copy: str, specs: Iterable[Input]) -> float:
        """The relative error of a design's last volume in another project, where the design may have another name."""
        wrong = total = 0.0
        for spec in specs:
            exact = self._volume(self._request(spec), design)
            found = self._volume(RunRequest.of(replace(other, input=spec)), copy)
            with self._name_layer_in_errors((design, self.request.check.analyses[design].output)):
                wrong, total = wrong + factorisation.energy(found - exact), total + factorisation.energy(exact)
        return float((wrong / total) ** 0.5) if total else 0.0

    def _volume(self, request: RunRequest, design: str) -> Volume:
        return self._volume_at(request, (design, request.check.analyses[design].output))

    def _volume_at(self, request: RunRequest, place: NodeRef) -> Volume:
        """A volume; ProjectError where mistakes stand in its way, with the sample where it is not the project's."""
        try:
            return volume_at(request, place, self._cache, self.checkpoint)
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

    def _received(self, place: NodeRef, spec: Input) -> Volume:
        """What reaches a layer from one input."""
        received = self.request.check.reports[place].inputs[0]
        return self._volume_at(self._request(spec), (place[0], received))

    def _exact(self, fitter: Fitter, received: Volume) -> Volume:
        return run_linear(fitter.layer, fitter.weight, received, self.checkpoint)

    def _fitter(self, place: NodeRef) -> Fitter:
        if place not in self._fitters:
            report = self.request.check.reports.get(place)
            reason = rank_search_refusal(report)
            if reason:
                raise ProjectError([Problem(reason, "", *place)])
            if place not in self.request.check.keys:
                raise ProjectError(self.request.check.problems)
            assert report is not None
            layer = as_convolution(report.layer)
            assert layer is not None
            try:
                arrays = weights_at(self.request, place, self._cache, self.checkpoint)
            except FileFault as fault:
                raise ProjectError([Problem(str(fault), "", *place, "weights")]) from None

            def volumes() -> Iterator[Volume]:
                return (self._received(place, spec) for spec in self.calibration.fit_inputs)

            self._fitters = {
                place: Fitter(replace(layer, bias=False), arrays["weight"], volumes, lambda: self.checkpoint())
            }
        return self._fitters[place]

    def _weights(self, place: NodeRef, form: Form, widths: tuple[int, ...], *, refit: bool) -> tuple[Filters, ...]:
        """Weights of the convolutions of a form; ProjectError where memory does not suffice to fit them again."""
        fitter = self._fitter(place)
        needed = refit_bytes(fitter.weight.shape, widths[0]) if refit and form != "kxk+1x1" else 0
        free = psutil.virtual_memory().available
        if needed > free:
            text = (
                f"{place[1]}: fitting the k×k again behind {widths[0]} maps needs {byte_size(needed)}; "
                f"{byte_size(free)} of memory are free. Choose fewer maps, or leave the k×k as it is"
            )
            raise ProjectError([Problem(text, "", *place)])
        return fitter.weights(form, widths, refit=refit)

    def _expect(self, place: NodeRef, form: Form) -> ErrorCurve:
        with self._name_layer_in_errors(place):
            fitter = self._fitter(place)
            report = self.request.check.reports[place]
            if form == _TRIPLE:
                widths, expected = frontier(report, fitter.inputs.expected_errors, fitter.outputs.expected_errors)
            else:
                line = fitter.split(form).expected_errors
                widths = tuple((rank,) for rank in range(1, len(line)))
                expected = tuple(map(float, line[1:]))
        costs = tuple(macs_of(report, form, ranks) for ranks in widths)
        key, macs = self.request.check.keys[place], report.macs or 0
        return ErrorCurve(place, form, key, fitter.layer, fitter.weight.shape, macs, widths, costs, expected)

    def _measure(self, curve: ErrorCurve, indices: Sequence[int]) -> ErrorCurve:
        """The curve with these widths run beside those that were run before."""
        widths = [curve.ranks[index] for index in indices]
        fitter = self._fitter(curve.ref)
        if curve.form == _TRIPLE:
            weights = [fitter.weights(curve.form, ranks) for ranks in widths]
            seen, unseen = (
                tuple([self._error_of(curve.form, curve.ref, found, specs) or 0.0 for found in weights])
                for specs in (self.calibration.fit_inputs, self.calibration.check_inputs)
            )
            return curve.with_errors(indices, seen, unseen if self.calibration.check_inputs else None, None)
        own = fitter.split(curve.form)
        plain = (
            factorisation.factor_reduction(fitter.weight)
            if curve.form == "1x1+kxk"
            else factorisation.factor_expansion(fitter.weight)
        )
        if not self.calibration.check_inputs:
            seen, beside = self._split_errors(curve, (own, plain), widths, self.calibration.fit_inputs)
            return curve.with_errors(indices, seen, None, beside)
        (seen,) = self._split_errors(curve, (own,), widths, self.calibration.fit_inputs)
        unseen, beside = self._split_errors(curve, (own, plain), widths, self.calibration.check_inputs)
        return curve.with_errors(indices, seen, unseen, beside)

    def _split_errors(
        self, curve: ErrorCurve, splits: Sequence[Split], widths: Sequence[tuple[int, ...]], specs: Sequence[Input]
    ) -> list[tuple[float, ...]]:
        """The errors of each split at these widths, on all inputs together."""
        fitter = self._fitter(curve.ref)
        before, behind = factorisation.layers_of_form(curve.form, fitter.layer)
        ranks = [rank for (rank,) in widths]
        totals = [ErrorSums() for _ in splits]
        for spec in specs:
            received = self._received(curve.ref, spec)
            exact = self._exact(fitter, received)
            for number, split in enumerate(splits):
                totals[number] += measure_errors(split, (before, behind), exact, received, ranks, self.checkpoint)
        return [total.errors for total in totals]

    @contextmanager
    def _name_layer_in_errors(self, place: NodeRef) -> Iterator[None]:
        """Say of values beyond all bounds at which layer they were met; NumPy's warnings of them say no more."""
        try:
            with np.errstate(all="ignore"):
                yield
        except factorisation.NotFinite as error:
            text = f"{place[1]}: {error}; other photos or weights may do"
            raise ProjectError([Problem(text, "", *place)]) from None

    def _error_of(self, form: Form, place: NodeRef, found: Sequence[Filters], specs: Sequence[Input]) -> float | None:
        """The relative error of given weights; None where there is nothing to measure it on."""
        fitter, total = self._fitter(place), ErrorSums()
        for spec in specs:
            received = self._received(place, spec)
            exact = self._exact(fitter, received)
            given = run_form(form, fitter.layer, found, received, self.checkpoint)
            total += ErrorSums((factorisation.energy(given - exact),), factorisation.energy(exact))
        return total.errors[0] if total.error else None


def _name_input(spec: Input, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Problems that an input other than the project's has: they stand at no place of its file."""
    for problem in problems:
        text = problem.text if problem.place.startswith("$.input") else f"{input_text(spec)}: {problem.text}"
        yield replace(problem, text=text, place="" if problem.place.startswith("$.input") else problem.place)

"""The bottleneck that a convolution can bear, from the volumes that reach it: every width expected, many measured."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.analysis import Report
from engine.bottleneck.curve import FEW, MANY, Curve, frontier, macs_of, measured_widths
from engine.bottleneck.samples import Samples
from engine.cache import VolumeCache
from engine.check import Place
from engine.files import FileFault
from engine.insight import low_rank
from engine.insight.low_rank import Fitter, Measured, Split, linear, measure, output_of
from engine.kernels import Checkpoint, Volume
from engine.layers import Conv2d
from engine.layers.windows import pair
from engine.problems import Problem, ProjectError
from engine.project import Input, Project
from engine.run import RunRequest, volume_at, weights_at
from engine.sources import Form, LowRankWeights


def refusal(report: Report | None) -> str:
    """Why nothing can stand for a layer, in words that say what would be right; "" where it can."""
    if report is None or not isinstance(report.layer, Conv2d):
        return "choose a convolution"
    if report.layer.groups != 1:
        return f"{report.name} has {report.layer.groups} groups, which are narrow already; choose one without groups"
    if report.output_shape is None:
        return f"the shape at {report.name} is unknown; mend what lies before it"
    if isinstance(report.weights, LowRankWeights):
        return f"{report.name} is fitted already; choose another, or give it weights of its own first"
    return ""


def candidates(request: RunRequest, design: str) -> tuple[Report, ...]:
    """The k×k convolutions of a design for which something narrower can stand."""
    return tuple(
        report
        for report in request.check.analyses[design].reports
        if not refusal(report) and isinstance(report.layer, Conv2d) and max(pair(report.layer.kernel)) > 1
    )


class Explorer:
    """Explores the convolutions of one project on some samples. Holds no volume; what the cache has room for it keeps.

    Parameters
    ----------
    cache
        Of volumes, shared with runs.
    """

    def __init__(
        self, project: Project, chosen: Samples, cache: VolumeCache, checkpoint: Checkpoint = lambda: None
    ) -> None:
        self.project = project
        self.samples = chosen
        self.request = RunRequest.of(project)
        self._cache = cache
        self._checkpoint = checkpoint
        self._requests: dict[Input, RunRequest] = {project.input: self.request}

    def curves(self, place: Place, form: Form) -> Iterator[Curve]:
        """The curve with its expected line at once, then with what was measured."""
        curve, fitter = self._expected(place, form)
        yield curve
        if curve.widths:
            yield self._measured(curve, fitter)

    def curve(self, place: Place, form: Form) -> Curve:
        """The whole curve."""
        *_, last = self.curves(place, form)
        return last

    def error(self, place: Place, form: Form, ranks: Sequence[int], *, refit: bool) -> tuple[float, float | None]:
        """Errors of one replacement on what it was fitted to, and on what checks it."""
        _, fitter = self._fitter(place)
        found = fitter.weights(form, ranks, refit=refit)
        errors = [
            self._error_of(form, fitter, found, place, specs) for specs in (self.samples.fitted, self.samples.checked)
        ]
        return errors[0] or 0.0, errors[1]

    def volumes(self, place: Place, spec: Input) -> tuple[Volume, Volume, Fitter]:
        """What reaches a layer from one input, its output before the bias, and its fitter."""
        report, fitter = self._fitter(place)
        received = self._reached(place, report, spec)
        return received, linear(fitter.layer, fitter.weight, received, self._checkpoint), fitter

    def last_error(self, other: Project, design: str, copy: str, specs: Iterable[Input]) -> float:
        """The relative error of a design's last volume in another project, where the design may have another name."""
        wrong = total = 0.0
        for spec in specs:
            exact = self._volume(self._request(spec), design)
            found = self._volume(RunRequest.of(replace(other, input=spec)), copy)
            wrong, total = wrong + low_rank.energy(found - exact), total + low_rank.energy(exact)
        return float((wrong / total) ** 0.5) if total else 0.0

    def _volume(self, request: RunRequest, design: str) -> Volume:
        place = design, request.check.analyses[design].output
        return volume_at(request, place, self._cache, self._checkpoint)

    def _request(self, spec: Input) -> RunRequest:
        if spec not in self._requests:
            self._requests[spec] = RunRequest.of(replace(self.project, input=spec))
        return self._requests[spec]

    def _reached(self, place: Place, report: Report, spec: Input) -> Volume:
        return volume_at(self._request(spec), (place[0], report.inputs[0]), self._cache, self._checkpoint)

    def _fitter(self, place: Place) -> tuple[Report, Fitter]:
        report = self.request.check.reports[place]
        assert isinstance(report.layer, Conv2d), refusal(report)
        try:
            arrays = weights_at(self.request, place, self._cache, self._checkpoint)
        except FileFault as fault:
            raise ProjectError([Problem(str(fault), "", *place, "weights")]) from None

        def volumes() -> Iterator[Volume]:
            return (self._reached(place, report, spec) for spec in self.samples.fitted)

        return report, Fitter(replace(report.layer, bias=False), arrays["weight"], volumes, self._checkpoint)

    def _expected(self, place: Place, form: Form) -> tuple[Curve, Fitter]:
        report, fitter = self._fitter(place)
        shape = fitter.weight.shape
        try:
            if form == "1x1+kxk+1x1":
                widths, expected = frontier(report, shape, fitter.inputs.expected, fitter.outputs.expected)
            else:
                line = fitter.split(form).expected
                widths = tuple((rank,) for rank in range(1, len(line)))
                expected = tuple(map(float, line[1:]))
        except low_rank.NotFinite as error:
            raise ProjectError(
                [Problem(f"{report.name}: {error}; other photos or weights may do", "", *place)]
            ) from None
        costs = tuple(macs_of(report, form, ranks) for ranks in widths)
        macs = report.macs or 0
        return Curve(place, form, fitter.layer, shape, macs, widths, costs, expected), fitter

    def _measured(self, curve: Curve, fitter: Fitter) -> Curve:
        at = measured_widths(len(curve.widths), FEW if curve.form == "1x1+kxk+1x1" else MANY)
        ranks = [curve.widths[index] for index in at]
        seen = self._errors(curve, fitter, ranks, self.samples.fitted)
        unseen = self._errors(curve, fitter, ranks, self.samples.checked)
        plain: tuple[float, ...] | None = None
        if curve.form != "1x1+kxk+1x1":
            naive = low_rank.reduction(fitter.weight) if curve.form == "1x1+kxk" else low_rank.expansion(fitter.weight)
            checking = self.samples.checked or self.samples.fitted
            plain = self._split_errors(curve, fitter, naive, ranks, checking)
        return replace(curve, measured_at=at, seen=seen, unseen=unseen, plain=plain)

    def _errors(
        self, curve: Curve, fitter: Fitter, ranks: Sequence[tuple[int, ...]], specs: Sequence[Input]
    ) -> tuple[float, ...] | None:
        if not specs:
            return None
        if curve.form != "1x1+kxk+1x1":
            return self._split_errors(curve, fitter, fitter.split(curve.form), ranks, specs)
        errors = (self._error_of(curve.form, fitter, fitter.weights(curve.form, r), curve.place, specs) for r in ranks)
        return tuple(error or 0.0 for error in errors)

    def _split_errors(
        self, curve: Curve, fitter: Fitter, split: Split, ranks: Sequence[tuple[int, ...]], specs: Sequence[Input]
    ) -> tuple[float, ...]:
        layers = low_rank.placed(curve.form, fitter.layer)
        report = self.request.check.reports[curve.place]
        total = Measured()
        for spec in specs:
            received = self._reached(curve.place, report, spec)
            exact = linear(fitter.layer, fitter.weight, received, self._checkpoint)
            widths = [rank for (rank,) in ranks]
            total += measure(split, (layers[0], layers[1]), exact, received, widths, self._checkpoint)
        return total.errors

    def _error_of(
        self, form: Form, fitter: Fitter, found: Sequence[NDArray[np.float32]], place: Place, specs: Sequence[Input]
    ) -> float | None:
        """The relative error of given weights; None where there is nothing to measure it on."""
        report = self.request.check.reports[place]
        total = Measured()
        for spec in specs:
            received = self._reached(place, report, spec)
            exact = linear(fitter.layer, fitter.weight, received, self._checkpoint)
            given = output_of(form, fitter.layer, found, received, self._checkpoint)
            total += Measured((low_rank.energy(given - exact),), low_rank.energy(exact))
        return total.errors[0] if total.wrong else None

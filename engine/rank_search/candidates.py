"""Which layers the rank search can replace, and why it skips the others."""

from typing import NamedTuple

from engine.layers import Layer
from engine.low_rank.forms import as_convolution
from engine.network.analysis import Report
from engine.network.weight_specs import LowRankWeights
from engine.run.request import RunRequest


def rank_search_refusal(report: Report | None) -> str:
    """Why a layer cannot be replaced, and what to do about it; "" if it can."""
    layer = None if report is None else as_convolution(report.layer)
    if report is None or layer is None:
        return "select a convolution"
    if layer.groups != 1:
        return f"{report.name} has {layer.groups} groups, which are narrow already; select one without groups"
    if report.output_shape is None:
        return f"the shape at {report.name} is unknown; correct what lies before it"
    if isinstance(report.weights, LowRankWeights):
        return f"{report.name} is fitted already; select another, or change its weights first"
    return ""


def rank_search_candidates(request: RunRequest, design: str) -> tuple[Report, ...]:
    """The k×k convolutions of a design that can be replaced."""
    analysis = request.check.analyses.get(design)
    return tuple(
        report
        for report in (() if analysis is None else analysis.reports)
        if not rank_search_refusal(report)
        and report.sliding_windows is not None
        and max(report.sliding_windows.kernel) > 1
        and (design, report.name) in request.check.keys
    )


class SkippedLayer(NamedTuple):
    """A layer with weights that the search of a whole design leaves out."""

    name: str
    reason: str


def skipped_layers(request: RunRequest, design: str) -> tuple[SkippedLayer, ...]:
    """The layers with weights of a design that are no candidates, and why."""
    analysis = request.check.analyses.get(design)
    candidates = {report.name for report in rank_search_candidates(request, design)}
    return tuple(
        SkippedLayer(report.name, _skip_reason(report, can_run=(design, report.name) in request.check.keys))
        for report in (() if analysis is None else analysis.reports)
        if isinstance(report.layer, Layer) and report.layer.role == "weights" and report.name not in candidates
    )


def _skip_reason(report: Report, *, can_run: bool) -> str:
    """Why a layer is no candidate, without its name and without what else to select."""
    if as_convolution(report.layer) is None:
        return f"is {report.layer.kind}; only conv2d can be replaced"
    refusal, _, _ = rank_search_refusal(report).partition("; ")
    if not refusal and not can_run:
        return "cannot run; correct the mistake there or before it"
    return refusal.removeprefix(f"{report.name} ") or "is 1×1; it is searched if it is selected by its name"

"""The JSON of `analyze` and `run`, whose fields users' scripts rely on."""

from collections.abc import Callable, Iterator, Mapping
from math import sqrt
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.cost.counting import MACS, Convention, Tally, tally
from engine.cost.metrics import METRICS, Costed, Costs, metric_by_id
from engine.explain.classes import Prediction, predict
from engine.network.analysis import Analysis, BlockReport, Report
from engine.network.node_ref import STEM, NodeRef, design_text
from engine.project.project import FORMAT, Project
from engine.run.check import ProjectCheck
from engine.run.execute import NodeDone, run_notices
from engine.run.request import RunRequest

_Data = dict[str, Any]

_BLOCK = 2**20
"""Number of values that statistics process at a time."""


def summary(
    project: Project,
    check: ProjectCheck,
    results: Mapping[NodeRef, NodeDone] | None = None,
    convention: Convention = MACS,
) -> _Data:
    """The analysis, and after a run each node's time and statistics; unknown amounts are null."""
    times = {ref: done.milliseconds for ref, done in (results or {}).items()}
    costs = Costs(check, convention, times)

    def statistics(design: str) -> Callable[[Report], _Data]:
        def of_report(report: Report) -> _Data:
            done = None if results is None else results.get((design, report.name))
            return {} if done is None else volume_statistics(done)

        return of_report

    stem = check.analyses.get(STEM)
    predictions = {} if results is None else predictions_of(check, results)
    data: _Data = {
        "format": FORMAT,
        "title": project.title,
        "input_shape": check.input_shape,
        "counting": {
            "id": convention.id,
            "title": convention.title,
            "unit": convention.unit,
            "batch": convention.batch,
            "kilo": convention.kilo,
            "operations_of": dict(convention.factors),
        },
        "stem": None if stem is None else _design("stem", STEM, costs, statistics(STEM)),
        "designs": [
            _design(name, name, costs, statistics(name)) | _classes(predictions.get(name))
            for name in check.analyses
            if name != STEM
        ],
        "problems": [
            {"place": p.place, "design": p.design and design_text(p.design), "node": p.node, "text": p.text}
            for p in check.problems
        ],
    }
    notices = (*check.notices, *(() if results is None else run_notices(RunRequest(project, check), results)))
    data["notices"] = [{"place": notice.place, "text": notice.text} for notice in notices]
    return data | {
        key: msgspec.to_builtins(value)
        for key, value in (
            ("source", project.source),
            ("labels", project.labels),
            ("notes", project.notes),
            ("published", project.published),
        )
        if value
    }


def predictions_of(check: ProjectCheck, results: Mapping[NodeRef, NodeDone]) -> dict[str, Prediction]:
    """The most likely classes by design, of the classifiers that have run."""
    predictions = {}
    for design, analysis in check.analyses.items():
        done = results.get((design, analysis.output))
        if done is not None and check.is_classifier(design):
            predictions[design] = predict(analysis.reports[-1], done.volume, check.labels)
    return predictions


def _classes(prediction: Prediction | None) -> _Data:
    """The most likely classes of a classifier, and whether softmax was applied to its last volume."""
    if prediction is None:
        return {}
    return {"classes": msgspec.to_builtins(prediction.classes), "softmax_added": prediction.is_softmax_added}


def volume_statistics(done: NodeDone) -> _Data:
    """Time of a volume, and statistics of its finite values, null if there are none. `std` divides by their number."""
    numbers: dict[str, float | None] = dict.fromkeys(("min", "max", "mean", "std"))
    parts = [(block.size, block.min(), block.max(), block.sum()) for block in _finite(done.volume)]
    count = sum(size for size, *_ in parts)
    if count:
        _, lowest, highest, sums = zip(*parts, strict=True)
        mean = float(sum(sums)) / count
        # The sum of squares minus that of the mean would lose all digits if the values hardly differ.
        squares = sum(float(np.square(block - mean).sum()) for block in _finite(done.volume))
        numbers = {"min": float(min(lowest)), "max": float(max(highest)), "mean": mean, "std": sqrt(squares / count)}
    return {"milliseconds": round(done.milliseconds, 3), **numbers, "non_finite": done.volume.size - count}


def _finite(volume: NDArray[np.float32]) -> Iterator[NDArray[np.float64]]:
    """The finite values, block by block, as volumes may fill the memory; skips blocks without any."""
    flat = volume.reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        block = flat[start : start + _BLOCK]
        finite = block[np.isfinite(block)].astype(np.float64)
        if finite.size:
            yield finite


def _design(name: str, design: str, costs: Costs, statistics: Callable[[Report], _Data]) -> _Data:
    analysis = costs.check.analyses[design]

    def amounts(report: Report) -> _Data:
        return _amounts(costs.costed(design, report))

    return {
        "name": name,
        "input_shape": analysis.input_shape,
        "nodes": [_node(report, analysis) | amounts(report) | statistics(report) for report in analysis.reports],
        "blocks": [_block(block) | amounts(block.as_report()) for block in analysis.foldable.values()],
        "totals": {"params": analysis.params, "macs": analysis.macs} | _amounts(costs.costed_design(design)),
        "operations": _terms(tally(analysis.reports, costs.convention)),
    }


def _terms(result: Tally | None) -> _Data | None:
    """Operations of a design, and the amounts that the convention leaves out, by term; null if unknown."""
    return None if result is None else {"counted": result.counted, "left_out": result.uncounted}


def _amounts(layers: tuple[Costed, ...]) -> _Data:
    """Every metric but MACs and parameters, which the node has already; without those that were not measured."""
    amounts = {metric.id: metric.amount(layers) for metric in METRICS if metric.id not in ("macs", "params")}
    return {
        metric_id: amount
        for metric_id, amount in amounts.items()
        if amount is not None or not metric_by_id(metric_id).is_measured
    }


def _node(report: Report, analysis: Analysis) -> _Data:
    return {
        "name": report.name,
        "kind": report.layer.kind,
        "inputs": report.inputs,
        "input_shapes": report.input_shapes,
        "output_shape": report.output_shape,
        "params": report.params,
        "macs": report.macs,
        "block": report.block or analysis.group_of.get(report.name),
    }


def _block(block: BlockReport) -> _Data:
    """A block with the sums over its nodes."""
    return {
        "name": block.name,
        "kind": block.layer.kind,
        "inputs": block.inputs,
        "input_shapes": block.input_shapes,
        "output_shape": block.output_shape,
        "params": block.params,
        "macs": block.macs,
        "nodes": [part.name for part in block.parts],
    }

"""The JSON of `analyze` and `run`: plain tables, whose fields teachers' scripts rely on."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.analysis import Analysis, Report
from engine.check import Place, ProjectCheck
from engine.problems import STEM
from engine.project import FORMAT, Project
from engine.run import NodeDone

Data = dict[str, Any]


def summary(project: Project, check: ProjectCheck, results: Mapping[Place, NodeDone] | None = None) -> Data:
    """What the analysis knows, and after a run each node's time and statistics; unknown is null."""

    def more(design: str) -> Callable[[Report], Data]:
        return lambda report: {} if results is None else statistics(results[design, report.name])

    stem = check.analyses.get(STEM)
    return {
        "format": FORMAT,
        "title": project.title,
        "input_shape": check.input_shape,
        "stem": None if stem is None else _design("stem", stem, more(STEM)),
        "designs": [_design(d.name, check.analyses[d.name], more(d.name)) for d in project.designs],
    }


def statistics(done: NodeDone) -> Data:
    """Time and finite values' statistics of a volume; null where no value is finite."""
    values = done.volume
    finite = np.isfinite(values)
    count = int(finite.sum())
    if count < values.size:
        values = values[finite]
    numbers = (
        {
            "min": float(values.min()),
            "max": float(values.max()),
            "mean": float(values.mean(dtype=np.float64)),
            "std": float(values.std(dtype=np.float64)),
        }
        if count
        else dict.fromkeys(("min", "max", "mean", "std"))
    )
    return {"milliseconds": round(done.milliseconds, 3), **numbers, "non_finite": done.volume.size - count}


def _design(name: str, analysis: Analysis, more: Callable[[Report], Data]) -> Data:
    return {
        "name": name,
        "input_shape": analysis.input_shape,
        "nodes": [_node(report) | more(report) for report in analysis.reports],
        "totals": {"params": analysis.params, "macs": analysis.macs},
    }


def _node(report: Report) -> Data:
    return {
        "name": report.name,
        "kind": report.layer.kind,
        "inputs": report.inputs,
        "input_shapes": report.input_shapes,
        "output_shape": report.output_shape,
        "params": report.params,
        "macs": report.macs,
        "block": None,
    }

"""Amounts of a design as files for model viewers, which match them to a model's nodes by name."""

from typing import Any

from engine.cost.metrics import METRICS, Amount, Costs, Metric, heading_of
from engine.text.json_text import json_text

_Data = dict[str, Any]

_GRADIENT = ({"stop": 0, "bgColor": "#f0f921"}, {"stop": 0.5, "bgColor": "#cc4778"}, {"stop": 1, "bgColor": "#0d0887"})
"""From the smallest to the largest amount; dark is expensive."""


def netron(costs: Costs, design: str) -> str:
    """Netron's attachment: metrics of every node and of the model, shown in its side bar.

    Drop it onto the open model. Source: Netron 9, source/view.js, Attachment.
    """
    rows: list[_Data] = []
    for metric in METRICS:
        total = metric.amount(costs.costed_design(design))
        rows += [_netron_row("model", "", costs, metric, total)] if total is not None else []
        rows += [
            _netron_row("node", name, costs, metric, amount)
            for name, amount in _known_amounts(costs, design, metric).items()
        ]
    return _text({"signature": "netron:attachment", "metadata": [], "metrics": rows})


def model_explorer(costs: Costs, design: str, metric: Metric) -> str:
    """Model Explorer's node data of one metric: nodes are coloured by it, and groups show its sums.

    Load it as custom node data. Source: Model Explorer, NodeDataProviderGraphData.
    """
    results = {name: {"value": amount} for name, amount in _known_amounts(costs, design, metric).items()}
    hidden = [] if metric.is_additive else ["sum"]
    name = f"{heading_of(metric, costs.convention)}, {design}"
    data = {"name": name, "results": results, "gradient": list(_GRADIENT)}
    return _text(data | ({"hideAggregatedStats": hidden} if hidden else {}))


def _known_amounts(costs: Costs, design: str, metric: Metric) -> dict[str, Amount]:
    """Known amounts by layer."""
    reports = costs.check.analyses[design].reports
    amounts = {report.name: costs.amount(metric, design, report) for report in reports}
    return {name: amount for name, amount in amounts.items() if amount is not None}


def _netron_row(kind: str, target: str, costs: Costs, metric: Metric, amount: Amount) -> _Data:
    return {"kind": kind, "target": target, "name": heading_of(metric, costs.convention), "value": amount}


def _text(data: _Data) -> str:
    return json_text(data)

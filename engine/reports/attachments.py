"""Amounts of a design as files that model viewers lay over a model whose nodes have the same names."""

import json
from typing import Any

from engine.cost.metrics import METRICS, Amount, Costs, Metric, heading_of

_Data = dict[str, Any]

_GRADIENT = ({"stop": 0, "bgColor": "#f0f921"}, {"stop": 0.5, "bgColor": "#cc4778"}, {"stop": 1, "bgColor": "#0d0887"})
"""From the smallest to the largest amount; dark is dear."""


def netron(ledger: Costs, design: str) -> str:
    """Netron's attachment: metrics of every node and of the model, shown in its side bar.

    To be dropped onto the open model. Source: Netron 9, source/view.js, Attachment.
    """
    rows: list[_Data] = []
    for metric in METRICS:
        total = metric.amount(ledger.costed_design(design))
        rows += [_netron_row("model", "", ledger, metric, total)] if total is not None else []
        rows += [
            _netron_row("node", name, ledger, metric, amount) for name, amount in _known(ledger, design, metric).items()
        ]
    return _text({"signature": "netron:attachment", "metadata": [], "metrics": rows})


def model_explorer(ledger: Costs, design: str, metric: Metric) -> str:
    """Model Explorer's node data of one metric: nodes are coloured by it, and groups show its sums.

    To be loaded as custom node data. Source: Model Explorer, NodeDataProviderGraphData.
    """
    results = {name: {"value": amount} for name, amount in _known(ledger, design, metric).items()}
    hidden = [] if metric.is_additive else ["sum"]
    name = f"{heading_of(metric, ledger.convention)}, {design}"
    named = {"name": name, "results": results, "gradient": list(_GRADIENT)}
    return _text(named | ({"hideAggregatedStats": hidden} if hidden else {}))


def _known(ledger: Costs, design: str, metric: Metric) -> dict[str, Amount]:
    """Amounts by layer, where they are known."""
    reports = ledger.check.analyses[design].reports
    amounts = {report.name: ledger.amount(metric, design, report) for report in reports}
    return {name: amount for name, amount in amounts.items() if amount is not None}


def _netron_row(kind: str, target: str, ledger: Costs, metric: Metric, amount: Amount) -> _Data:
    return {"kind": kind, "target": target, "name": heading_of(metric, ledger.convention), "value": amount}


def _text(data: _Data) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

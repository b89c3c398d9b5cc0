"""The tool tips of the boxes in the Volumes view: labels and exact costs."""

from collections.abc import Iterator

from engine.cost import metrics
from engine.network.analysis import Report
from engine.network.node_ref import NodeRef
from gui.state.view_state import ViewState


def volume_tip(state: ViewState, ref: NodeRef) -> str:
    """The label of a layer and its exact costs with formulas; for a block the sums of its layers."""
    report = state.report(ref)
    if report is None:
        return ""
    lines = [f"{report.name}: {report.layer.label()}"]
    if state.check.block(ref) is not None:
        return "\n".join([*lines, *_block_tip_lines(state, ref[0], report)])
    for metric in metrics.METRICS:
        if not metric.is_derived and (formula := state.costs.formula(metric, ref[0], report)):
            lines.append(f"{formula} {metric.unit}")
    return "\n".join(lines)


def _block_tip_lines(state: ViewState, design: str, report: Report) -> Iterator[str]:
    """Yield a block's shapes, the sums of its layers, and what a double click does."""
    shapes = [str(shape or "unknown") for shape in (*report.input_shapes, report.output_shape)]
    block = state.check.block((design, report.name))
    yield " → ".join(shapes) + (f", {len(block.parts)} layers" if block else "")
    for metric in metrics.METRICS:
        amount = None if metric.is_derived else state.costs.amount(metric, design, report)
        if amount is not None:
            yield f"{amount:,} {metric.unit}"
    yield f"double-click: {'close' if state.is_open((design, report.name)) else 'open'}"

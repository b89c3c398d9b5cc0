"""The volumes in words: for screen readers, and instead of the picture in a web page."""

from engine.network.report import Report
from engine.unchanged_items import last_results
from gui.state.view_state import ViewState


def describe_volumes(state: ViewState) -> str:
    """The layers of each design with the shapes of their outputs, and the most likely classes."""
    chains = []
    for design in state.project.designs:
        analysis = state.visible_analysis(design.name)
        steps = last_results("step in words", design.name).map(_step, analysis.reports)
        chain = f"{design.name}: " + " → ".join([f"input {analysis.input_shape or 'unknown'}", *steps])
        prediction = state.predictions.get(design.name)
        chains.append(chain if prediction is None else f"{chain}; classes: {prediction.text()}")
    return "; ".join(chains)


def _step(report: Report) -> str:
    return f"{report.name} {report.output_shape or 'unknown'}"

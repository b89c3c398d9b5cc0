"""Edits that add several layers, one after the other, beside the selection: state → Edit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from engine.blocks import Block
from engine.layers import Layer
from engine.network.analysis import analyze
from engine.network.graph import INPUT
from engine.project.project import Project
from gui.state.edit import Edit
from gui.state.edits import layers
from gui.state.edits.joins import Shapes
from gui.state.edits.names import names_text
from gui.state.edits.selection import add_after_selection, add_before_selection, add_in_parallel_to_selection
from gui.state.focus import Focus
from gui.state.view_state import ViewState

Side = Literal["after", "before", "in parallel"]
"""Where layers are added, as seen from the selected ones."""

_ADD: Mapping[Side, Callable[[Layer | Block, ViewState], Edit | None]] = {
    "after": add_after_selection,
    "before": add_before_selection,
    "in parallel": add_in_parallel_to_selection,
}


def add_layers(new: Sequence[Layer | Block], side: Side, state: ViewState) -> Edit | None:
    """Layers that follow one another, in relation to the selected ones; all of them are selected then."""
    if not new:
        return None
    first = _ADD[side](new[0], state)
    if first is None or first.focus is None or len(new) == 1:
        return first
    project, design, names = first.project, first.focus.design, [first.focus.node]
    for layer in new[1:]:
        following = layers.add_layer(project, design, names[-1], layer, _shapes(state, project, design))
        project = following.project
        names.append(following.focus.node if following.focus else names[-1])
    text = f"Add {names_text(names)}{first.text.removeprefix(f'Add {names[0]}')}"
    return Edit(text, project, focus=Focus(design, names[-1], others=frozenset(names[:-1])))


def _shapes(state: ViewState, project: Project, design: str) -> Shapes:
    """Shapes of the volumes of a design that has been edited."""
    old_analysis = state.check.analyses.get(design)
    if old_analysis is None:
        return {}
    analysis = analyze(project.network(design), old_analysis.input_shape)
    outputs = {name: analysis.report_by_name[block.output] for name, block in analysis.blocks.items()}
    reports = {**analysis.report_by_name, **outputs}
    return {INPUT: old_analysis.input_shape, **{name: report.output_shape for name, report in reports.items()}}

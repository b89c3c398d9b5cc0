"""Edits of what is chosen, as the commands make them: state → Edit, or None if there is nothing to do.

They act on a layer or block, or on a design if its own row is chosen. A part of a block is changed with its block only;
what is added beside the part stands beside the block.
"""

from engine.layers import Kind
from engine.network.graph import INPUT
from engine.network.separable import separable_refusal
from engine.reports.googlenet_table import FormSwitch, paper_rows, switch_form
from engine.run.check import NodeRef
from engine.text.problems import STEM
from gui.state.edit import Edit
from gui.state.edits import designs, layers
from gui.state.view_state import Focus, ViewState


def editable_place(state: ViewState) -> NodeRef | None:
    """The chosen layer, block or design; of a part, its block. None for the input and the stem as a whole."""
    place = state.editable_ref(state.focus.ref)
    return None if place == (STEM, INPUT) or place not in state.check else place


def own_place(state: ViewState) -> NodeRef | None:
    """The same, but None for a part of a block."""
    place = editable_place(state)
    return place if place == state.focus.ref else None


def chosen_node(state: ViewState) -> NodeRef | None:
    """The chosen layer or block; of a part, its block. None if there is none."""
    place = editable_place(state)
    return None if place is None or place[1] == INPUT else place


def add_after_chosen(kind: str, state: ViewState) -> Edit:
    """A new layer after the chosen one; if none is chosen, in the first design, which is made if there is none."""
    project, (design, after) = state.project, state.editable_ref(state.focus.ref)
    if (design, after) not in state.check or (design == STEM and project.stem is None):
        if not project.designs:
            project = designs.add_design(project).project
        design, after = project.designs[0].name, INPUT
    return layers.add_layer(project, design, after, kind)


def add_before_chosen(kind: str, state: ViewState) -> Edit | None:
    """A new layer that the chosen one receives."""
    place = chosen_node(state)
    return None if place is None else layers.add_layer_before(state.project, *place, kind)


def reduce_before_chosen(state: ViewState) -> Edit | None:
    """A 1×1 convolution before the chosen layer or block: a bottleneck."""
    place = chosen_node(state)
    if place is None:
        return None
    report = state.report(place)
    shape = report.input_shapes[0] if report is not None and report.input_shapes else None
    return layers.add_reduction(state.project, *place, 1 if shape is None else shape.channels)


def has_other_form(kind: type[Kind], state: ViewState) -> bool:
    """Whether the chosen layer is of this kind, a convolution or a separable one, and has the other form."""
    place = own_place(state)
    report = None if place is None else state.report(place)
    if place is None or report is None or type(report.layer) is not kind:
        return False
    return not separable_refusal(state.project.network(place[0]), place[1])


def switch_chosen_form(kind: type[Kind], state: ViewState) -> Edit | None:
    """The chosen layer of this kind, a convolution or a separable one, in the other form."""
    if not has_other_form(kind, state):
        return None
    design, name = state.focus.ref
    rows = paper_rows(state.project, state.check, design)
    row = next((row for row in rows if row.node == name and not row.is_total), None)
    form = None if row is None else switch_form(state.project, row)
    if not isinstance(form, FormSwitch):
        return None
    return Edit(form.text, state.project.with_network(design, form.network), focus=Focus(design, name))


def can_take_chosen_apart(state: ViewState) -> bool:
    """Whether a block, or a part of one, is chosen whose layers are known."""
    block = state.enclosing_block(state.focus.ref)
    return block is not None and block.input_shapes[0] is not None


def take_chosen_block_apart(state: ViewState) -> Edit | None:
    """The layers of the chosen block, or of the one around the chosen part, in its place."""
    block = state.enclosing_block(state.focus.ref)
    received = None if block is None else block.input_shapes[0]
    if block is None or received is None:
        return None
    return layers.take_block_apart(state.project, state.focus.design, block.name, received.channels)


def duplicate_chosen(state: ViewState) -> Edit | None:
    """A copy of the chosen layer or design."""
    place = own_place(state)
    if place is None:
        return None
    design, node = place
    if node == INPUT:
        return designs.duplicate_design(state.project, design)
    return layers.duplicate_node(state.project, design, node)


def remove_chosen(state: ViewState) -> Edit | None:
    """The project without the chosen layer or design."""
    place = own_place(state)
    if place is None:
        return None
    design, node = place
    if node == INPUT:
        return designs.remove_design(state.project, design)
    return layers.remove_node(state.project, design, node)


def move_chosen(by: int, state: ViewState) -> Edit | None:
    """The chosen layer or design that many rows down, or up if `by` is negative; None at that end."""
    place = own_place(state)
    if place is None:
        return None
    design, node = place
    if node == INPUT:
        return designs.move_design(state.project, design, by)
    return layers.move_node(state.project, design, node, by)


def can_move_chosen(by: int, state: ViewState) -> bool:
    """Whether there is a row to move the chosen layer or design to."""
    place = own_place(state)
    if place is None:
        return False
    design, node = place
    names = [other.name for other in (state.project.designs if node == INPUT else state.project.network(design).nodes)]
    at = names.index(design if node == INPUT else node)
    return at > 0 if by < 0 else at < len(names) - 1


def rename_place(state: ViewState, place: NodeRef, name: str) -> Edit | None:
    """Another name for a layer or a design; None if it has that name."""
    design, node = place
    if name == (design if node == INPUT else node):
        return None
    if node == INPUT:
        return designs.rename_design(state.project, design, name)
    return layers.rename_node(state.project, design, node, name)


def duplicate_chosen_design(state: ViewState) -> Edit | None:
    """A copy of the design in which something is chosen."""
    design = state.focus.design
    return None if design == STEM else designs.duplicate_design(state.project, design)


def remove_chosen_design(state: ViewState) -> Edit | None:
    """The project without the design in which something is chosen."""
    design = state.focus.design
    return None if design == STEM else designs.remove_design(state.project, design)

"""Edits of the selection, for the commands: state → Edit, or None if there is nothing to do.

They act on a layer or block, or on a design if its own row is selected. A part of a block changes only with its block;
a layer added beside a part is put beside the block.
"""

from collections.abc import Callable
from functools import partial

from engine.layers import Kind
from engine.network.graph import INPUT
from engine.network.node_ref import STEM, NodeRef
from engine.network.separable import separable_refusal
from engine.project.project import Project
from engine.reports.form_switch import FormSwitch, switch_form
from engine.reports.googlenet_table import paper_rows
from gui.state.edit import Edit
from gui.state.edits import designs, layers
from gui.state.view_state import Focus, ViewState


def editable_selection(state: ViewState) -> NodeRef | None:
    """The selected layer, block or design; for a part, its block. None for the input and the stem as a whole."""
    ref = state.editable_ref(state.focus.ref)
    return None if ref == (STEM, INPUT) or ref not in state.check else ref


def own_selection(state: ViewState) -> NodeRef | None:
    """The selected layer, block or design; None for a part of a block."""
    ref = editable_selection(state)
    return ref if ref == state.focus.ref else None


def selected_node(state: ViewState) -> NodeRef | None:
    """The selected layer or block; for a part, its block. None if there is none."""
    ref = editable_selection(state)
    return None if ref is None or ref[1] == INPUT else ref


def add_after_selection(kind: str, state: ViewState) -> Edit:
    """A new layer after the selected one; without a selection, in the first design, which is added if necessary."""
    project, (design, after) = state.project, state.editable_ref(state.focus.ref)
    if (design, after) not in state.check or (design == STEM and project.stem is None):
        if not project.designs:
            project = designs.add_design(project).project
        design, after = project.designs[0].name, INPUT
    return layers.add_layer(project, design, after, kind)


def add_before_selection(kind: str, state: ViewState) -> Edit | None:
    """A new layer before the selected one, which receives it."""
    ref = selected_node(state)
    return None if ref is None else layers.add_layer_before(state.project, *ref, kind)


def reduce_before_selection(state: ViewState) -> Edit | None:
    """A 1×1 convolution before the selected layer or block: a bottleneck."""
    ref = selected_node(state)
    if ref is None:
        return None
    report = state.report(ref)
    shape = report.input_shapes[0] if report is not None and report.input_shapes else None
    return layers.add_reduction(state.project, *ref, 1 if shape is None else shape.channels)


def has_other_form(kind: type[Kind], state: ViewState) -> bool:
    """Whether the selected layer is of this kind, a full or a separable convolution, and can take the other form."""
    ref = own_selection(state)
    report = None if ref is None else state.report(ref)
    if ref is None or report is None or type(report.layer) is not kind:
        return False
    return not separable_refusal(state.project.network(ref[0]), ref[1])


def switch_selected_form(kind: type[Kind], state: ViewState) -> Edit | None:
    """The selected layer of this kind, a full or a separable convolution, in the other form."""
    if not has_other_form(kind, state):
        return None
    design, name = state.focus.ref
    rows = paper_rows(state.project, state.check, design)
    row = next((row for row in rows if row.node == name and not row.is_total), None)
    form = None if row is None else switch_form(state.project, row)
    if not isinstance(form, FormSwitch):
        return None
    return Edit(form.text, state.project.with_network(design, form.network), focus=Focus(design, name))


def can_take_selection_apart(state: ViewState) -> bool:
    """Whether a block or a part of one is selected, and its layers are known."""
    block = state.enclosing_block(state.focus.ref)
    return block is not None and block.input_shapes[0] is not None


def take_selected_block_apart(state: ViewState) -> Edit | None:
    """The selected block, or the block around the selected part, replaced by its layers."""
    block = state.enclosing_block(state.focus.ref)
    input_shape = None if block is None else block.input_shapes[0]
    if block is None or input_shape is None:
        return None
    return layers.take_block_apart(state.project, state.focus.design, block.name, input_shape.channels)


def _edit_own_selection(
    state: ViewState,
    edit_design: Callable[[Project, str], Edit | None],
    edit_node: Callable[[Project, str, str], Edit | None],
) -> Edit | None:
    """One of two edits of the selected layer or design; None if neither is selected."""
    ref = own_selection(state)
    if ref is None:
        return None
    return edit_design(state.project, ref[0]) if ref[1] == INPUT else edit_node(state.project, *ref)


def duplicate_selection(state: ViewState) -> Edit | None:
    """A copy of the selected layer or design."""
    return _edit_own_selection(state, designs.duplicate_design, layers.duplicate_node)


def remove_selection(state: ViewState) -> Edit | None:
    """The project without the selected layer or design."""
    return _edit_own_selection(state, designs.remove_design, layers.remove_node)


def move_selection(by: int, state: ViewState) -> Edit | None:
    """The selected layer or design `by` rows further down, or up if negative; None at that end."""
    return _edit_own_selection(state, partial(designs.move_design, by=by), partial(layers.move_node, by=by))


def can_move_selection(by: int, state: ViewState) -> bool:
    """Whether there is a row to move the selected layer or design to."""
    ref = own_selection(state)
    if ref is None:
        return False
    design, node = ref
    names = [other.name for other in (state.project.designs if node == INPUT else state.project.network(design).nodes)]
    at = names.index(design if node == INPUT else node)
    return at > 0 if by < 0 else at < len(names) - 1


def rename_at(state: ViewState, ref: NodeRef, name: str) -> Edit | None:
    """Another name for a layer or a design; None if it has that name."""
    design, node = ref
    if name == (design if node == INPUT else node):
        return None
    if node == INPUT:
        return designs.rename_design(state.project, design, name)
    return layers.rename_node(state.project, design, node, name)


def duplicate_selected_design(state: ViewState) -> Edit | None:
    """A copy of the design that contains the selection."""
    design = state.focus.design
    return None if design == STEM else designs.duplicate_design(state.project, design)


def remove_selected_design(state: ViewState) -> Edit | None:
    """The project without the design that contains the selection."""
    design = state.focus.design
    return None if design == STEM else designs.remove_design(state.project, design)

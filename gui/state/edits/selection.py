"""Edits of the selection, for the commands: state → Edit, or None if there is nothing to do.

They act on the selected layers and blocks, or on a design if its own row is selected. A part of a block changes only
with its block; a layer added beside a part is put beside the block.
"""

from collections.abc import Callable, Sequence
from functools import partial

from msgspec.structs import replace

from engine.blocks import Block
from engine.layers import Kind, Layer
from engine.network.graph import INPUT
from engine.network.node_ref import STEM, NodeRef
from engine.network.separable import separable_refusal
from engine.project.project import Project
from engine.reports.form_switch import FormSwitch, switch_form
from engine.reports.googlenet_table import paper_rows
from engine.unchanged_items import LastResults, last_results
from gui.state.edit import Edit
from gui.state.edits import branches, connections, designs, groups, joins, layers, moves, node_groups
from gui.state.edits.names import names_text
from gui.state.edits.settings import new_layer
from gui.state.focus import Focus
from gui.state.view_state import ViewState


def editable_selection(state: ViewState) -> NodeRef | None:
    """The selected layer, block or design; for a part, its block. None for the input and the stem as a whole."""
    ref = state.editable_ref(state.focus.ref)
    return None if ref == (STEM, INPUT) or ref not in state.check else ref


def own_selection(state: ViewState) -> NodeRef | None:
    """The selected layer, block or design, for a group its end; None for a part of a block."""
    ref = editable_selection(state)
    return ref if ref == state.focus.ref or is_group(state, state.focus.ref) else None


def is_group(state: ViewState, ref: NodeRef) -> bool:
    """Whether a reference is that of a group of layers."""
    analysis = state.analysis(ref[0])
    return analysis is not None and ref[1] in analysis.groups


def _first_selected(state: ViewState) -> NodeRef | None:
    """The selected layer or block, of a group the first layer in the list."""
    ref = selected_node(state)
    return ref if ref is None or not is_group(state, state.focus.ref) else (ref[0], state.nodes_at(state.focus.ref)[0])


def selected_node(state: ViewState) -> NodeRef | None:
    """The selected layer or block; for a part, its block. None if there is none."""
    ref = editable_selection(state)
    return None if ref is None or ref[1] == INPUT else ref


def add_after_selection(kind: str | Layer | Block, state: ViewState) -> Edit:
    """A new layer after the selected one; without a selection, in the first design, which is added if necessary.

    Of several selected layers in a chain, it follows the last. One that joins receives several others.
    """
    project, design, after = _place_of_new_layer(state)
    selected = state.selected_nodes
    chain = moves.chain_of(project.network(design), selected)
    if len(selected) > 1 and not chain and joins.joins(new_layer(kind) if isinstance(kind, str) else kind):
        return joins.join_nodes(project, design, selected, kind)
    after = chain[-1] if chain else after
    return layers.add_layer(project, design, after, kind, _shapes(state, design))


def add_before_selection(kind: str | Layer | Block, state: ViewState) -> Edit | None:
    """A new layer before the selected one, which receives it."""
    ref = _first_selected(state)
    return None if ref is None else layers.add_layer_before(state.project, *ref, kind, state.shapes(ref[0]))


def add_in_parallel_to_selection(kind: str | Layer | Block, state: ViewState) -> Edit:
    """A new branch beside the selected layers, or from the input of the design if none is selected."""
    project, design, _ = _place_of_new_layer(state)
    return branches.add_in_parallel(project, design, state.selected_nodes, kind, _shapes(state, design))


def _place_of_new_layer(state: ViewState) -> tuple[Project, str, str]:
    """The project, perhaps with a first design, and the design and node after which a layer is added."""
    project, (design, after) = state.project, state.editable_ref(state.focus.ref)
    if (design, after) in state.check and (design != STEM or project.stem is not None):
        return project, design, after
    if not project.designs:
        project = designs.add_design(project).project
    return project, project.designs[0].name, INPUT


def _shapes(state: ViewState, design: str) -> joins.Shapes:
    return state.shapes(design) if design in state.check.analyses else {}


def can_join_selection(kind: str, state: ViewState) -> bool:
    """Whether there are several volumes that this kind can join, see `join_selection`."""
    return len(_names_to_join(kind, state)) > 1


def join_selection(kind: str, state: ViewState) -> Edit | None:
    """The selected layers joined, in list order; if fewer than two are selected, all loose ends that fit."""
    names = _names_to_join(kind, state)
    if len(names) < 2:
        return None
    after = names[-1] if len(state.selected_nodes) > 1 else _end_to_join(state)
    return joins.join_nodes(state.project, state.focus.design, names, kind, "" if after == names[-1] else after)


def _end_to_join(state: ViewState) -> str:
    """The layer to which loose ends are joined: the selected one, or else the last loose end."""
    ends = state.project.network(state.focus.design).loose_ends()
    return next(iter((*state.selected_nodes, *reversed(ends))), "")


def _names_to_join(kind: str, state: ViewState) -> tuple[str, ...]:
    """Found once for a selection: the commands ask in every frame of a run, in a long network for a millisecond."""
    last: LastResults[tuple[str, ...]] = last_results("names to join", kind)
    (names,) = last.map(lambda *_: _find_names_to_join(kind, state), [state.project], [state.check], [state.focus])
    return names


def _find_names_to_join(kind: str, state: ViewState) -> tuple[str, ...]:
    design, selected, layer = state.focus.design, state.selected_nodes, new_layer(kind)
    if design not in state.check.analyses:
        return ()
    shapes = state.shapes(design)
    if len(selected) > 1:
        return selected if joins.fits_together(layer, map(shapes.get, selected)) else ()
    first = _end_to_join(state)
    return joins.join_inputs(state.project.network(design), layer, first, shapes) if first else ()


def reduce_before_selection(state: ViewState) -> Edit | None:
    """A 1×1 convolution before the selected layer or block: a bottleneck."""
    ref = _first_selected(state)
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
    """The selected block, or the block around the selected part, replaced by its layers; a group is dissolved."""
    block = state.enclosing_block(state.focus.ref)
    if block is not None and is_group(state, (state.focus.design, block.name)):
        return node_groups.ungroup(state.project, state.focus.design, block.name)
    input_shape = None if block is None else block.input_shapes[0]
    if block is None or input_shape is None:
        return None
    return layers.take_block_apart(state.project, state.focus.design, block.name, input_shape.channels)


def _edit_own_selection(
    state: ViewState,
    edit_design: Callable[[Project, str], Edit | None],
    edit_nodes: Callable[[Project, str, Sequence[str]], Edit | None],
) -> Edit | None:
    """One of two edits of the selected layers or design; None if neither is selected."""
    ref = own_selection(state)
    if ref is None:
        return None
    if ref[1] == INPUT:
        return edit_design(state.project, ref[0])
    return edit_nodes(state.project, ref[0], state.selected_nodes)


def duplicate_selection(state: ViewState) -> Edit | None:
    """Copies of the selected layers, or of the design."""
    return _edit_own_selection(state, designs.duplicate_design, groups.duplicate_nodes)


def remove_selection(state: ViewState) -> Edit | None:
    """The project without the selected layers or design."""
    return _edit_own_selection(state, designs.remove_design, groups.remove_nodes)


def move_selection(by: int, state: ViewState) -> Edit | None:
    """The selected layers or design `by` rows further down, or up if negative; None at that end."""
    edit = _edit_own_selection(state, partial(designs.move_design, by=by), partial(groups.move_nodes, by=by))
    return None if edit is None else replace(edit, focus=state.focus)


def drop_selection(state: ViewState, ref: NodeRef, *, below: bool) -> Edit | None:
    """The selected layers moved above or below the row of another of their design, or the selected design moved.

    None if nothing changes.
    """
    design, node = state.editable_ref(ref)
    own = own_selection(state)
    if own is not None and own[1] == INPUT:
        return designs.drop_design(state.project, own[0], design, below=below)
    if own is None or own[0] != design:
        return None
    below = below or node == INPUT or node != ref[1]  # not within a block
    edit = moves.drop_nodes(state.project, design, state.selected_nodes, node, below=below)
    return None if edit is None else replace(edit, focus=state.focus)


def move_box(state: ViewState, dragged: NodeRef, target: NodeRef, *, after: bool) -> Edit | str:
    """A dragged layer, with the other selected ones if it is one of them, put beside another; or why not."""
    (design, node), (target_design, beside) = state.editable_ref(dragged), state.editable_ref(target)
    is_selected = design == state.focus.design and node in state.selected_nodes
    names = state.selected_nodes if is_selected else state.nodes_at(dragged)
    beside = beside if after else state.nodes_at(target)[0]
    if node == INPUT:
        return "the input of a design is not moved"
    if target_design != design:
        return "layers are moved within their design"
    if beside in names:
        return ""
    refusal = moves.move_refusal(state.project.network(design), names)
    edit = None if refusal else moves.move_beside(state.project, design, names, beside, after=after)
    return refusal or edit or f"{names_text(names)} is there already"


def connect_boxes(state: ViewState, source: NodeRef, target: NodeRef) -> Edit | str:
    """The target receives the source; or why not. Parts stand for their blocks."""
    source, target = state.editable_ref(source), (target[0], state.nodes_at(target)[0])
    refusal = connections.connection_refusal(state.project, source, target)
    return refusal or connections.connect(state.project, source, target) or ""


def can_move_selection(by: int, state: ViewState) -> bool:
    """Whether there is a row to move the selected layers or design to."""
    ref = own_selection(state)
    if ref is None:
        return False
    design, node = ref
    designs_now = state.project.designs
    names = [one.name for one in designs_now] if node == INPUT else state.project.network(design).structure.names
    selected = (design,) if node == INPUT else state.selected_nodes
    return names.index(selected[0]) > 0 if by < 0 else names.index(selected[-1]) < len(names) - 1


def rename_at(state: ViewState, ref: NodeRef, name: str) -> Edit | None:
    """Another name for a layer, a group or a design; None if it has that name."""
    design, node = ref
    if is_group(state, ref) and name != node:
        return node_groups.rename_group(state.project, design, node, name)
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

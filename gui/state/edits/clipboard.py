"""Layers and designs as text, and edits that paste what a text contains. No Qt here."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from engine.network.graph import INPUT, Network, Node
from engine.network.node_ref import STEM, NodeRef
from engine.network.weight_specs import LowRankWeights, WeightSource
from engine.project.fragment import Fragment, designs_text, nodes_text, remarks_text, source_note
from engine.project.project import Project
from engine.text.names import MAX_DESIGN_NAME, unique_name
from gui.state.edit import Edit
from gui.state.edits import designs
from gui.state.edits.names import describe_design, names_text, node_names
from gui.state.edits.node_groups import with_own_groups
from gui.state.edits.selection import own_selection, remove_selection
from gui.state.edits.wires import rewired, with_stated_inputs
from gui.state.focus import Focus
from gui.state.view_state import ViewState

_BEFORE = ""
"""Stands for the node before the first one that is pasted; no node has this name."""


def copied_text(state: ViewState) -> str:
    """The selected layers, or the design, as in a project file; "" if neither is selected.

    A part of a block is a layer like any other.
    """
    ref = state.focus.ref
    if own_selection(state) is None:
        report = state.report(ref)
        if report is None or report.block is None:
            return ""
        part = Node(ref[1].removeprefix(f"{report.block}/"), report.layer, (), report.weights)
        return nodes_text(Network((part,)), (part.name,))
    if ref[1] == INPUT:
        design = state.project.design(ref[0])
        return designs_text((design,)) + remarks_text(state.project, designs.copies_of_design(design, design.name))
    refs = [(ref[0], name) for name in state.selected_nodes]
    return nodes_text(state.project.network(ref[0]), state.selected_nodes) + remarks_text(state.project, refs)


def copied_words(state: ViewState) -> str:
    """What `copied_text` contains, in words."""
    design, node = state.focus.ref
    return f"design {design}" if node == INPUT else names_text(state.selected_nodes if node else (node,))


def can_copy(state: ViewState) -> bool:
    """Whether a layer, a part of a block or a design is selected."""
    report = state.report(state.focus.ref)
    return own_selection(state) is not None or (report is not None and report.block is not None)


def cut_selection(state: ViewState) -> Edit | None:
    """The project without the selected layers or design, which a text contains."""
    edit = remove_selection(state)
    return None if edit is None else replace(edit, text=edit.text.replace("Remove", "Cut", 1))


def paste_fragment(state: ViewState, fragment: Fragment) -> Edit:
    """Layers after the selected ones, or designs after the selected one."""
    if fragment.designs or not fragment.nodes:
        return paste_designs(state.project, state.focus.design, fragment)
    project, (design, after) = state.project, state.editable_ref(state.focus.ref)
    if (design, after) not in state.check or (design == STEM and project.stem is None):
        if not project.designs:
            project = designs.add_design(project).project
        design, after = project.designs[0].name, INPUT
    elif after != INPUT:
        after = state.selected_nodes[-1]
    return paste_nodes(project, design, after, fragment)


def paste_designs(project: Project, after: str, fragment: Fragment) -> Edit:
    """Designs behind the one called `after`, or at the end; each gets a name of its own.

    Their notes and published figures follow.
    """
    names = [design.name for design in project.designs]
    at = names.index(after) + 1 if after in names else len(names)
    new = []
    copies: dict[NodeRef, NodeRef] = {}
    for design in fragment.designs:
        name = unique_name(design.name, names, MAX_DESIGN_NAME)
        names.append(name)
        new.append(replace(design, name=name))
        copies = designs.copies_of_design(new[-1], design.name) | copies
    changed = project.with_designs((*project.designs[:at], *new, *project.designs[at:]))
    changed = _with_remarks_pasted(changed, copies, fragment)
    return Edit(f"Paste {names_text([design.name for design in new])}", changed, focus=Focus(new[-1].name))


def paste_nodes(project: Project, design: str, after: str, fragment: Fragment) -> Edit:
    """Nodes behind the one called `after`, or at the beginning for INPUT; each gets a name of its own.

    They receive each other as before, and the first volume from outside is that of `after`. Further ones are the nodes
    of that name here, if there are any that do not depend on `after`. If one node leads out of the group, the users of
    `after` receive it. Their notes and published figures follow.
    """
    network = project.network(design)
    own_names = _free_names(network, fragment.nodes)
    names: dict[str, str] = {}
    for node, name in zip(fragment.nodes, own_names, strict=True):
        names.setdefault(node.name, name)
    first, *others = fragment.nodes
    stated = with_stated_inputs(Network((first if first.inputs else replace(first, inputs=(_BEFORE,)), *others))).nodes
    outer = next((name for node in stated for name in node.inputs if name not in names), _BEFORE)
    allowed = {INPUT, *(node.name for node in network.nodes)} - network.downstream(after) - {outer}

    def source(name: str) -> str:
        return names.get(name, name if name in allowed else after)

    new = [
        replace(
            node,
            name=name,
            inputs=tuple(map(source, node.inputs)),
            weights=_pasted_weights(node.weights, names),
        )
        for node, name in zip(stated, own_names, strict=True)
    ]
    used = {name for node in new for name in node.inputs}
    ends = [node.name for node in new if node.name not in used]
    substitutes = {after: ends[0]} if len(ends) == 1 else {}
    old = [
        replace(node, inputs=tuple(substitutes.get(name, name) for name in node.inputs))
        for node in with_stated_inputs(network).nodes
    ]
    row = 0 if after == INPUT else network.index(after) + 1
    changed = rewired(network, (*old[:row], *with_own_groups(network, new), *old[row:]))
    text = f"Paste {names_text([node.name for node in new])} into {describe_design(design)}"
    focus = Focus(design, new[-1].name, others=frozenset(node.name for node in new[:-1]))
    copies: dict[NodeRef, NodeRef] = {(STEM, name): (design, own_name) for name, own_name in names.items()}
    return Edit(text, _with_remarks_pasted(project.with_network(design, changed), copies, fragment), focus=focus)


def _free_names(network: Network, nodes: Sequence[Node]) -> list[str]:
    """A name of its own for each node that is pasted into a network."""
    names: list[str] = []
    for node in nodes:
        names.append(unique_name(node.name, node_names(network) | set(names)))
    return names


def _with_remarks_pasted(project: Project, copies: Mapping[NodeRef, NodeRef], fragment: Fragment) -> Project:
    """The project with the notes and figures of what was pasted; the source of its own figures needs no note."""
    known = source_note(project.source)
    notes = [note for note in fragment.notes if note.text != known]
    return project.with_remarks_copied(copies, notes, fragment.published)


def _pasted_weights(weights: WeightSource | None, names: Mapping[str, str]) -> WeightSource | None:
    """The source of the weights; those that are fitted together with nodes that are not pasted are left out."""
    if not isinstance(weights, LowRankWeights):
        return weights
    if not set(weights.nodes) <= set(names):
        return None
    return replace(weights, nodes=tuple(names[name] for name in weights.nodes))

"""Edits of groups of layers, which are shown as one node: project → Edit."""

from collections.abc import Sequence

from msgspec.structs import replace

from engine.network.graph import INPUT, Network, Node
from engine.network.groups import nodes_of_group
from engine.project.project import Project
from engine.text.names import name_fault, unique_name
from gui.state.edit import Edit
from gui.state.edits.names import names_text
from gui.state.edits.wires import users_of
from gui.state.focus import Focus
from gui.state.view_state import ViewState

_NEW_NAME = "group"


def group_selection(state: ViewState) -> Edit | None:
    """The selected layers as a group; None if they cannot be shown as one."""
    if not can_group_selection(state):
        return None
    project, design, names = state.project, state.focus.design, state.selected_nodes
    network = project.network(design)
    group = unique_name(_NEW_NAME, network.taken_names())
    nodes = (replace(node, group=group) if node.name in names else node for node in network.nodes)
    changed = project.with_network(design, Network(tuple(nodes)))
    return Edit(f"Group {names_text(names)}", changed, focus=Focus(design, group))


def can_group_selection(state: ViewState) -> bool:
    """Whether several layers are selected, of which others receive one alone, and which are no group yet."""
    names, design = state.selected_nodes, state.focus.design
    analysis = state.analysis(design)
    if len(names) < 2 or analysis is None or state.focus.node in analysis.groups:
        return False
    own, network = set(names), state.project.network(design)
    return sum(1 for name in names if not (users := users_of(network, name)) or set(users) - own) == 1


def rename_group(project: Project, design: str, group: str, name: str) -> Edit:
    """Another name for a group."""
    network = _with_group(project.network(design), group, name)
    return Edit(f"Rename {group} to {name}", project.with_network(design, network), focus=Focus(design, name))


def ungroup(project: Project, design: str, group: str) -> Edit:
    """The layers of a group without it; the selection goes to the last of them."""
    network = project.network(design)
    last = nodes_of_group(network, group)[-1].name
    changed = project.with_network(design, _with_group(network, group, ""))
    return Edit(f"Ungroup {group}", changed, focus=Focus(design, last))


def group_refusal(network: Network, group: str, name: str) -> str:
    """Why a group cannot have this name; "" if it can."""
    if fault := name_fault(name):
        return fault
    if name == INPUT:
        return f"{INPUT!r} is the name of the design's input"
    if any(node.name == name for node in network.nodes):
        return f"there is already a layer {name!r}"
    return f"there is already a group {name!r}" if name != group and nodes_of_group(network, name) else ""


def group_around(network: Network, before: str, after: str) -> str:
    """The group of a new layer between two others: theirs, if they share one; "" for none."""
    groups = {network.node(name).group for name in (before, after) if name in network.positions}
    return groups.pop() if len(groups) == 1 and INPUT not in (before, after) else ""


def group_behind(network: Network, after: str) -> str:
    """The group of a new layer behind another one: that of this and of a receiver of it; "" for none."""
    is_grouped = after in network.positions and network.node(after).group
    users = users_of(network, after) if is_grouped else ()
    return next((group for user in users if (group := group_around(network, after, user))), "")


def with_own_groups(network: Network, nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Copies of nodes whose groups get names that nothing in the network has, so that they stay groups."""
    names: dict[str, str] = {}
    for node in nodes:
        if node.group and node.group not in names:
            names[node.group] = unique_name(node.group, network.taken_names() | set(names.values()))
    return tuple(replace(node, group=names[node.group]) if node.group else node for node in nodes)


def _with_group(network: Network, group: str, name: str) -> Network:
    return Network(tuple(replace(node, group=name) if node.group == group else node for node in network.nodes))

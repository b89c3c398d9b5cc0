"""Edits that connect two nodes, as by a drag from one to the other: project → Edit."""

from engine.network.graph import INPUT, Network
from engine.network.node_ref import NodeRef
from engine.project.project import Project
from gui.state.edit import Edit
from gui.state.edits.joins import joins
from gui.state.edits.wires import with_implied_inputs, with_stated_inputs
from gui.state.focus import Focus


def connection_refusal(project: Project, source: NodeRef, target: NodeRef) -> str:
    """Why a node cannot receive another; "" if it can."""
    design, name = target
    if name == INPUT:
        return "the input of a design receives nothing"
    if source[0] != design:
        return "only layers of one design are connected"
    if source[1] == name:
        return f"{name} cannot receive itself"
    network = project.network(design)
    if source[1] in network.downstream(name):
        return f"{source[1]} depends on {name}: this would be a cycle"
    if source[1] in network.inputs_of(network.index(name)):
        return f"{name} receives {source[1]} already"
    return ""


def connect(project: Project, source: NodeRef, target: NodeRef) -> Edit | None:
    """The target receives the source: in addition if it joins several volumes, instead of its input otherwise."""
    if connection_refusal(project, source, target):
        return None
    design, name = target
    network = project.network(design)
    at = network.index(name)
    inputs = (*network.inputs_of(at), source[1]) if joins(network.nodes[at].layer) else (source[1],)
    changed = _with_inputs(network, name, inputs)
    return Edit(f"Connect {source[1]} to {name}", project.with_network(design, changed), focus=Focus(design, name))


def _with_inputs(network: Network, name: str, inputs: tuple[str, ...]) -> Network:
    implied = {node.name for node in network.nodes if not node.inputs or node.name == name}
    return with_implied_inputs(with_stated_inputs(network).with_inputs(name, inputs).nodes, implied)

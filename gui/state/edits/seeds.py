"""Edits of random weights: project → Edit."""

from msgspec.structs import replace

from engine.network.node_ref import NodeRef
from engine.network.weight_specs import SeedWeights
from gui.state.comparison import layer_differences
from gui.state.edit import Edit
from gui.state.view_state import ViewState


def share_random_weights(state: ViewState) -> Edit | None:
    """The second of the compared designs with the random weights of the first, in all common layers; None without any.

    What equal layers compute is the same then, so that errors show what the differences do.
    """
    differences = layer_differences(state)  # as nodes of a closed group have weights of their own
    if differences is None:
        return None
    sources: dict[NodeRef, NodeRef] = {}
    for layer in differences.layers:
        first, second = differences.refs(layer)
        if layer.is_seeded and first is not None and second is not None:
            sources.setdefault(state.editable_ref(second), state.editable_ref(first))
    project = state.project
    for (design, name), source in sources.items():
        network = project.network(design)
        node = network.node(name)
        if node.weights is None:
            changed = network.with_node_replaced(name, replace(node, weights=SeedWeights(*source)))
            project = project.with_network(design, changed)
    if project == state.project:
        return None
    return Edit(f"Use the random weights of {differences.first} in {differences.second}", project)

"""Several layers and blocks as the selection: one is added or taken out. No Qt here."""

from engine.network.graph import INPUT
from engine.network.node_ref import NodeRef
from gui.state.view_state import Focus


def toggle_node(focus: Focus, ref: NodeRef) -> Focus:
    """The focus with a node in addition, which comes first, or without it if it was selected beside others.

    Only layers and blocks of one design are selected together; any other node is selected alone.
    """
    design, node = ref
    nodes = focus.others | {focus.node}
    if design != focus.design or INPUT in {node, *nodes}:
        return Focus(design, node)
    if node not in nodes:
        return Focus(design, node, others=nodes)
    if node in focus.others:
        return Focus(design, focus.node, focus.channel, focus.pixel, others=focus.others - {node})
    lead = max(focus.others, default=node)
    return Focus(design, lead, others=focus.others - {lead})

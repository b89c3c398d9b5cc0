"""Several layers and blocks as the selection: some are added or taken out. No Qt here."""

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from engine.network.graph import INPUT
from engine.network.node_ref import NodeRef
from gui.state.focus import Focus


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


def select_nodes(focus: Focus, refs: Sequence[NodeRef]) -> Focus | None:
    """The focus with these nodes in addition, or on them alone if they are of another design; None without any.

    Of several designs, the one in focus goes first, then that of most nodes.
    """
    counts = Counter(design for design, _ in refs)
    if not counts:
        return None
    design = max(counts, key=lambda name: (name == focus.design, counts[name]))
    nodes = {name for own, name in refs if own == design}
    if design == focus.design and focus.node != INPUT:
        return replace(focus, others=(focus.others | nodes) - {focus.node})
    lead = next(name for own, name in reversed(refs) if own == design)
    return Focus(design, lead, others=frozenset(nodes - {lead}))

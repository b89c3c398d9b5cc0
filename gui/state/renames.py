"""What two states of a project call the same node: what the window remembers about a node follows its name."""

from collections.abc import Iterable

from engine.network.graph import Network
from engine.network.node_ref import NodeRef
from engine.project.project import Project


def follow_names(refs: Iterable[NodeRef], before: Project, after: Project) -> frozenset[NodeRef]:
    """The references as they are after an edit that perhaps renames a node or a design, or undoes that."""
    old, new = list(before.networks()), list(after.networks())
    if len(old) != len(new):
        return frozenset(refs)
    designs = {name: other for (name, _), (other, _) in zip(old, new, strict=True)}
    if set(designs) == set(designs.values()):  # moved, not renamed
        designs = {name: name for name in designs}
    changed = dict(new)
    nodes = {name: _renamed_nodes(network, changed[designs[name]]) for name, network in old}

    def follow(ref: NodeRef) -> NodeRef:
        design, node = ref
        block, slash, part = node.partition("/")
        names = nodes.get(design, {})
        name = names.get(node) or (f"{names[block]}{slash}{part}" if block in names else node)
        return designs.get(design, design), name

    return frozenset(map(follow, refs))


def _renamed_nodes(before: Network, after: Network) -> dict[str, str]:
    """The new names of the nodes that kept their position and layer, but not their name."""
    if before is after or len(before.nodes) != len(after.nodes):
        return {}
    pairs = [(old, new) for old, new in zip(before.nodes, after.nodes, strict=True) if old.name != new.name]
    if {old.name for old, _ in pairs} & {new.name for _, new in pairs}:  # moved, not renamed
        return {}
    return {old.name: new.name for old, new in pairs if old.layer == new.layer}

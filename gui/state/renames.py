"""What an edit has renamed, so that selection, results and look can follow. No Qt here."""

from collections.abc import Mapping

from msgspec.structs import replace

from engine.network.graph import INPUT, Network
from engine.network.node_ref import NodeRef
from engine.project.project import Project
from gui.state.view_state import Focus, Look


class Renames:
    """The layers and blocks of a project that have another name in the next one, at the same place of the list."""

    def __init__(self, old: Project, new: Project) -> None:
        networks = dict(new.networks())
        self._names: dict[str, Mapping[str, str]] = {}
        for design, network in old.networks():
            names = _renamed(network, networks.get(design, network))
            if names:
                self._names[design] = names

    def __bool__(self) -> bool:
        return bool(self._names)

    def ref(self, ref: NodeRef) -> NodeRef:
        """The reference of the same node, or of the same part of a block, in the next project."""
        design, node = ref
        names = self._names.get(design)
        if names is None or node == INPUT:
            return ref
        block, slash, part = node.partition("/")
        while node not in names and slash:
            if block in names:
                return design, f"{names[block]}/{part}"
            before, slash, part = part.partition("/")
            block = f"{block}/{before}"
        return design, names.get(node, node)

    def focus(self, focus: Focus) -> Focus:
        """The focus on the same nodes."""
        if focus.design not in self._names:
            return focus
        others = frozenset(self.ref((focus.design, name))[1] for name in focus.others)
        return replace(focus, node=self.ref(focus.ref)[1], others=others)

    def look(self, look: Look) -> Look:
        """The look with the same blocks open and closed, and the range of colours for the same node."""
        if not self or not (look.toggled_blocks or look.levels):
            return look
        levels = look.levels and replace(look.levels, ref=self.ref(look.levels.ref))
        return replace(look, toggled_blocks=frozenset(map(self.ref, look.toggled_blocks)), levels=levels)


def _renamed(old: Network, new: Network) -> Mapping[str, str]:
    """New names by old ones; a swap of two names is not a renaming but a move."""
    if old is new or len(old.nodes) != len(new.nodes):
        return {}
    before, after = {node.name for node in old.nodes}, {node.name for node in new.nodes}
    pairs = ((one.name, other.name) for one, other in zip(old.nodes, new.nodes, strict=True))
    return {name: other for name, other in pairs if name != other and name not in after and other not in before}

"""What an edit has renamed, so that selection, results and look can follow. No Qt here."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from engine.network.graph import INPUT
from engine.network.node_ref import NodeRef
from engine.project.project import Project
from gui.state.focus import Focus
from gui.state.look import Look


class Renames:
    """The designs, layers and blocks with another name in the next project, at the same place of the list."""

    def __init__(self, old: Project, new: Project) -> None:
        networks = dict(new.networks())
        self._designs = _renamed([design.name for design in old.designs], [design.name for design in new.designs])
        self._nodes: dict[str, Mapping[str, str]] = {}
        for design, network in old.networks():
            now = networks.get(self._designs.get(design, design), network)
            names = {} if now is network else _renamed(network.structure.names, now.structure.names)
            if names:
                self._nodes[design] = names

    def __bool__(self) -> bool:
        return bool(self._designs or self._nodes)

    def ref(self, ref: NodeRef) -> NodeRef:
        """The reference of the same node, or of the same part of a block, in the next project."""
        design, node = ref
        return self._designs.get(design, design), self._node(design, node)

    def _node(self, design: str, node: str) -> str:
        names = self._nodes.get(design)
        if names is None or node == INPUT:
            return node
        block, slash, part = node.partition("/")
        while node not in names and slash:
            if block in names:
                return f"{names[block]}/{part}"
            before, slash, part = part.partition("/")
            block = f"{block}/{before}"
        return names.get(node, node)

    def focus(self, focus: Focus) -> Focus:
        """The focus on the same nodes."""
        if not self:
            return focus
        design, node = self.ref(focus.ref)
        others = frozenset(self._node(focus.design, name) for name in focus.others)
        return replace(focus, design=design, node=node, others=others)

    def look(self, look: Look) -> Look:
        """The look with the same blocks open and closed, the range of colours for the same node, and the same pair."""
        if not self or not (look.toggled_blocks or look.levels or look.pair):
            return look
        levels = look.levels and replace(look.levels, ref=self.ref(look.levels.ref))
        pair = look.pair and tuple(self._designs.get(design, design) for design in look.pair)
        return replace(look, toggled_blocks=frozenset(map(self.ref, look.toggled_blocks)), levels=levels, pair=pair)


def _renamed(old: Sequence[str], new: Sequence[str]) -> Mapping[str, str]:
    """New names by old ones; a swap of two names is not a renaming but a move."""
    if old == new or len(old) != len(new):
        return {}
    before, after = set(old), set(new)
    pairs = zip(old, new, strict=True)
    return {name: other for name, other in pairs if name != other and name not in after and other not in before}

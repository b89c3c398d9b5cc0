"""Fixes of names and connections: free names, and inputs that exist and close no cycle."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property

from engine.network.graph import INPUT, Network, Node
from engine.text.names import unique_name
from engine.text.problems import Fix

_MAX_FIXED = 20
"""Maximum number of mistakes for which fixes are searched; to correct a network, the first are enough to begin with."""

_NEAR = 200
"""Largest distance in the list to a node that is proposed as an input."""

_MAX_NAMES = 2
"""Maximum number of similar names that are proposed."""


class GraphFixes:
    """Finds fixes in a network for its first mistakes; for further ones, all methods return ()."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._left = _MAX_FIXED

    def _is_used_up(self) -> bool:
        self._left -= 1
        return self._left < 0

    def other_name(self, base: str) -> tuple[Fix, ...]:
        """A free name like this one."""
        if self._is_used_up():
            return ()
        name = unique_name(base, self._taken_names)
        return (Fix(f"Rename to {name}", (("name", name),)),)

    @cached_property
    def _taken_names(self) -> set[str]:
        return self._network.taken_names()

    def known_inputs(self, index: int, unknown: str) -> tuple[Fix, ...]:
        """Nodes with names like the unknown one instead of it, or if there are none, what `other_input` finds."""
        if self._is_used_up():
            return ()
        node = self._network.nodes[index]
        near = self._network.nodes[max(index - _NEAR, 0) : index + _NEAR]
        allowed = self._allowed((INPUT, *(other.name for other in near)), node, (unknown,))
        by_folded_name = {name.casefold(): name for name in allowed}
        close = [by_folded_name[name] for name in get_close_matches(unknown.casefold(), by_folded_name, _MAX_NAMES)]
        renamed = tuple(_replaced(node.inputs, unknown, name) for name in close)
        return renamed + self._other_input(index, unknown) if not close or len(set(node.inputs)) > 1 else renamed

    def other_input(self, index: int, wrong: str) -> tuple[Fix, ...]:
        """The other inputs of a node alone if they suffice, else the nearest node before it instead of the wrong input.

        Its own input may be the one that closes a cycle.
        """
        return () if self._is_used_up() else self._other_input(index, wrong)

    def _other_input(self, index: int, wrong: str) -> tuple[Fix, ...]:
        node, inputs = self._network.nodes[index], self._network.inputs_of(index)
        others = tuple(name for name in inputs if name != wrong)
        if len(others) >= node.layer.min_inputs:
            return (Fix(f"Without {wrong}", (("inputs", others),)),)
        before = self._network.nodes[max(index - _NEAR, 0) : index]
        nearest = (*(other.name for other in reversed(before)), INPUT)
        return tuple(_replaced(inputs, wrong, name) for name in self._allowed(nearest, node, (wrong,))[:1])

    def _allowed(self, names: Iterable[str], node: Node, wrong: tuple[str, ...]) -> list[str]:
        """Those names that the node can receive without a cycle, and does not receive yet."""
        refused = self._network.downstream(node.name) | {node.name, *wrong, *node.inputs}
        return [name for name in names if name not in refused]


def _replaced(inputs: tuple[str, ...], wrong: str, name: str) -> Fix:
    """`name` instead of the input called `wrong`."""
    return Fix(f"Input {name}", (("inputs", tuple(name if other == wrong else other for other in inputs)),))

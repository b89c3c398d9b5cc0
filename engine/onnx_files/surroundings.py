"""What patterns see of an ONNX graph around the last node of a function, and how they name what they find."""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from engine.files.onnx_model import Array, GraphNode, output_users


class Surroundings:
    """The makers and users of values, for patterns: they look from the last node of a function back."""

    def __init__(self, nodes: Sequence[GraphNode], constants: Mapping[str, Array], outputs: Sequence[str]) -> None:
        self.makers = {name: node for node in nodes for name in node.outputs}
        self.constants = constants
        self._users = output_users(nodes)
        self._outputs = frozenset(outputs)

    def inner(self, value: str, operator: str) -> GraphNode | None:
        """The node that makes a value, if it is of this operator and nothing else needs the value."""
        return self.shared(value, operator, 1)

    def shared(self, value: str, operator: str, count: int) -> GraphNode | None:
        """The node that makes a value, if it is of this operator and so many inputs of nodes need the value."""
        node = self.makers.get(value)
        if node is None or node.operator != operator or value in self._outputs or len(self._users[value]) != count:
            return None
        return node

    def number(self, value: str) -> float | None:
        """A constant that is one number."""
        array = self.constants.get(value)
        return float(array.reshape(())) if array is not None and array.size == 1 else None

    def split(self, node: GraphNode) -> tuple[str, float] | None:
        """The value and the number that a node of two operands combines, in either order."""
        if len(node.inputs) == 2:
            for value, other in (node.inputs, node.inputs[::-1]):
                number = self.number(other)
                if number is not None and value not in self.constants:
                    return value, number
        return None


Found = tuple[GraphNode, tuple[GraphNode, ...]] | None
"""The node in place of a function and the other parts of it; None if it is no such function."""

Pattern = Callable[[GraphNode, Surroundings], Found]
"""From the last node of a function to what it is."""

PatternRow = tuple[str, str, Pattern]
"""(operator of the last node, title, pattern)."""


def orders(node: GraphNode | None) -> tuple[tuple[str, ...], ...]:
    """The two operands of a node, in both orders."""
    return () if node is None or len(node.inputs) != 2 else (node.inputs, node.inputs[::-1])


def joined_node(last: GraphNode, operator: str, *inputs: str) -> GraphNode:
    """A node of that operator in place of a function, called as its last node."""
    return replace(last, operator=operator, inputs=inputs, settings={})

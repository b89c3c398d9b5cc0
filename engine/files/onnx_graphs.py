"""The values that nodes of ONNX take from outside for the graphs within them, as If and Loop do."""

from collections.abc import Iterator, Mapping
from typing import Any


def captured_names(proto: Any) -> list[str]:
    """The values that the graphs of a node receive from outside, each once, in the order of their use."""
    return list(dict.fromkeys(name for graph in _graphs(proto) for name in _free_names(graph)))


def rename_captured(proto: Any, names: Mapping[str, str]) -> None:
    """Let the graphs of a node receive other values from outside.

    Parameters
    ----------
    names
        New names by old ones; none of the new ones may be made within the graphs.
    """
    for graph in _graphs(proto):
        outer = {name: new for name, new in names.items() if name not in _own_names(graph)}
        for node in graph.node:
            node.input[:] = [outer.get(name, name) for name in node.input]
            rename_captured(node, outer)
        for output in graph.output:
            output.name = outer.get(output.name, output.name)


def _graphs(proto: Any) -> Iterator[Any]:
    for attribute in proto.attribute:
        yield from attribute.graphs
        if attribute.HasField("g"):
            yield attribute.g


def _own_names(graph: Any) -> set[str]:
    """Those that a graph receives as its inputs, has as arrays, or makes."""
    arrays = (*graph.initializer, *(array.values for array in graph.sparse_initializer))
    return {
        *(value.name for value in (*graph.input, *arrays)),
        *(name for node in graph.node for name in node.output),
    }


def _free_names(graph: Any) -> Iterator[str]:
    own = _own_names(graph)
    used = [name for node in graph.node for name in (*node.input, *captured_names(node))]
    return (name for name in (*used, *(output.name for output in graph.output)) if name and name not in own)

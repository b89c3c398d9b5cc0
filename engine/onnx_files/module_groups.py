"""Groups of layers by the modules that their names, or those of their weights, tell: ``layer1.0.conv1``.

PyTorch writes ``/layer1/layer1.0/conv1/Conv``, or names only the weights, ``layer1.0.conv1.weight``; TensorFlow and
Caffe write ``block1/conv/Conv2D``. PyTorch's newer exporter writes the modules of each node beside it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence, Set

from msgspec import Struct
from msgspec.structs import replace

from engine.files.onnx_model import GraphNode
from engine.network.analysis import analyze
from engine.network.graph import Network, Node
from engine.network.weight_specs import FileWeights
from engine.shapes import Shape
from engine.text.names import name_fault

_LEAST_WEIGHTS = 2
"""Layers with weights of a group: a convolution with its normalization and activation is no block."""
_MODULES_KEY = "pkg.torch.onnx.name_scopes"
"""Of the metadata of a node: ``['', 'layer1', 'layer1.0', 'add_1']``, from the outermost module to the operation."""
_LARGEST_SHARE = 0.5
"""Of the layers of a network: a group of most of them would hide the network."""


def with_groups(network: Network, received: Shape, modules: Mapping[str, tuple[str, ...]] | None = None) -> Network:
    """The network with a group for each module of several layers that can be shown as one.

    Parameters
    ----------
    modules
        The modules around a node, by its name, as far as the file says so apart from names.
    """
    scopes = _scopes(network, modules or {})
    groups = _choose_modules(network, scopes)
    if not groups:
        return network
    grouped = Network(
        tuple(
            replace(node, group=next((scope for scope in reversed(scopes[at]) if scope in groups), ""))
            for at, node in enumerate(network.nodes)
        )
    )
    valid = analyze(grouped, received).groups
    return Network(tuple(node if node.group in valid else replace(node, group="") for node in grouped.nodes))


def recorded_modules(node: GraphNode) -> tuple[str, ...]:
    """The modules around a node that its metadata names, the outermost first."""
    entries = getattr(node.proto, "metadata_props", ())
    text = next((entry.value for entry in entries if entry.key == _MODULES_KEY), "")
    return tuple(name for name in re.findall(r"'([^']*)'", text)[:-1] if name)


def module_path(name: str) -> tuple[str, ...]:
    """The modules around a layer, the outermost first: "layer1", "layer1.0" for "layer1.0.conv1"."""
    sign = "/" if "/" in name else "."
    *parts, _ = [part for part in name.split(sign) if part] or [""]
    path: list[str] = []
    before = ""
    for part in parts:
        if before and part.startswith(f"{before}."):  # PyTorch repeats the name of the module around it
            path.append(path[-1].removesuffix(before) + part)
        else:
            path.append(f"{path[-1]}{sign}{part}" if path else part)
        before = part
    return tuple(path)


def _scopes(network: Network, modules: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The modules around each node; a node whose names tell none is in those of what it receives."""
    paths = [module_path(node.name) for node in network.nodes]
    if any(paths):
        return paths
    paths = [modules.get(node.name) or _path_of_weights(node) for node in network.nodes]
    if not any(paths):
        return paths
    positions = network.positions
    for at, path in enumerate(paths):
        if not path and not _has_weights(network.nodes[at]):
            # Of what a sum receives, the shortcut comes from further above.
            sources = (positions.get(name, at) for name in network.inputs_of(at))
            latest = max((source for source in sources if source < at), default=at)
            paths[at] = paths[latest]
    return paths


def _path_of_weights(node: Node) -> tuple[str, ...]:
    return module_path(node.weights.weight or node.weights.gamma) if isinstance(node.weights, FileWeights) else ()


def _has_weights(node: Node) -> bool:
    return isinstance(node.weights, FileWeights) and bool(node.weights.weight)


def _choose_modules(network: Network, scopes: Sequence[tuple[str, ...]]) -> Set[str]:
    """The innermost modules of several layers with weights, each as large as it can be without one after the other."""
    modules = _modules(network, scopes)
    several = {name for name, module in modules.items() if module.weights >= _LEAST_WEIGHTS}
    inner = several - {modules[name].outer for name in several}
    within: dict[str, list[str]] = {}
    for name in inner:
        for outer in _outer_modules(name, modules):
            within.setdefault(outer, []).append(name)
    most, users = _LARGEST_SHARE * len(network.nodes), _users(network)

    def is_fitting(name: str) -> bool:
        """Whether a module can be shown as one, and those within it are side by side."""
        entries = {modules[part].entries(network) for part in within.get(name, ())}
        members = modules[name].members
        return len(members) <= most and len(entries) <= 1 and _has_one_output(network, members, users)

    chosen = set()
    for name in inner:
        fitting = [outer for outer in (name, *_outer_modules(name, modules)) if is_fitting(outer)]
        chosen.update(fitting[-1:])
    return {name for name in chosen if not name_fault(name)}


class _Module(Struct):
    """A module: the module around it, the indices of its nodes, and how many of them have weights."""

    outer: str
    members: list[int]
    weights: int = 0

    def entries(self, network: Network) -> frozenset[str]:
        """The names of what it receives."""
        own_names = {network.nodes[at].name for at in self.members}
        return frozenset(name for at in self.members for name in network.inputs_of(at) if name not in own_names)


def _modules(network: Network, scopes: Sequence[tuple[str, ...]]) -> dict[str, _Module]:
    modules: dict[str, _Module] = {}
    for at, path in enumerate(scopes):
        for outer, name in zip(("", *path), path, strict=False):
            module = modules.setdefault(name, _Module(outer, []))
            module.members.append(at)
            module.weights += _has_weights(network.nodes[at])
    return modules


def _outer_modules(name: str, modules: Mapping[str, _Module]) -> tuple[str, ...]:
    """The modules around one, the nearest first."""

    def outer() -> Iterator[str]:
        outer_name = modules[name].outer
        while outer_name:
            yield outer_name
            outer_name = modules[outer_name].outer

    return tuple(outer())


def _has_one_output(network: Network, members: Sequence[int], users: Mapping[str, Set[str]]) -> bool:
    """Whether others receive only one of these nodes, or one is the end of the network."""
    own_names = {network.nodes[at].name for at in members}
    return sum(1 for name in own_names if not users.get(name) or users[name] - own_names) == 1


def _users(network: Network) -> Mapping[str, Set[str]]:
    users: dict[str, set[str]] = {}
    for at, node in enumerate(network.nodes):
        for source in network.inputs_of(at):
            users.setdefault(source, set()).add(node.name)
    return users

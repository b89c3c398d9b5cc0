"""Groups of layers by the modules that their names, or those of their weights, tell: ``layer1.0.conv1``."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from engine.network.analysis import analyze
from engine.network.graph import Network
from engine.onnx_files.module_paths import ModulePath, has_weights, possible_paths
from engine.onnx_files.structure_groups import structure_names
from engine.shapes import Shape
from engine.text.names import name_fault

_LEAST_WEIGHTS = 2
"""Layers with weights of a group: a convolution with its normalization and activation is no block."""
_LEAST_SHARE = 0.25
"""Of the layers with weights of a network, that groups by names have; fewer say nothing of the network."""
_BY_STRUCTURE = "the file names no modules: layers are grouped by the branches and depthwise layers that repeat"
_LARGEST_SHARE = 0.5
"""Of the layers of a network: a group of most of them would hide the network."""


class Grouping(NamedTuple):
    """A network with its groups, and what the user should know of them, if anything."""

    network: Network
    notice: str = ""


def with_groups(network: Network, received: Shape, modules: Mapping[str, ModulePath] | None = None) -> Grouping:
    """The network with a group for each module of several layers that can be shown as one.

    Modules that names tell of a few layers only give way to what repeats in the network.

    Parameters
    ----------
    modules
        The modules around a node, by its name, as far as the file says so apart from names.
    """
    sparse = network
    for paths in possible_paths(network, modules or {}):
        groups = _choose_modules(network, paths)
        names = [next((name for name in reversed(path) if name in groups), "") for path in paths]
        grouped = _with_valid_groups(network, names, received)
        if _grouped_share(grouped) >= _LEAST_SHARE:
            return Grouping(grouped)
        sparse = grouped if sparse is network else sparse
    grouped = _with_valid_groups(network, structure_names(network, received), received)
    return Grouping(sparse) if grouped is network else Grouping(grouped, _BY_STRUCTURE)


def _grouped_share(network: Network) -> float:
    """The share of layers with weights that are in a group."""
    weighted = [node for node in network.nodes if has_weights(node)]
    return sum(1 for node in weighted if node.group) / max(len(weighted), 1)


def _with_valid_groups(network: Network, names: Sequence[str], received: Shape) -> Network:
    """The network with these groups of its nodes, as far as each can be shown as one; itself without any."""
    if not any(names):
        return network
    grouped = [replace(node, group=name) for node, name in zip(network.nodes, names, strict=True)]
    valid = analyze(Network(tuple(grouped)), received).groups
    if not valid:
        return network
    return Network(tuple(node if node.group in valid else replace(node, group="") for node in grouped))


def _choose_modules(network: Network, paths: Sequence[ModulePath]) -> Set[str]:
    """The innermost modules of several layers with weights, each as large as it can be without one after the other."""
    modules = _modules(network, paths)
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


def _modules(network: Network, paths: Sequence[ModulePath]) -> dict[str, _Module]:
    modules: dict[str, _Module] = {}
    for at, path in enumerate(paths):
        for outer, name in zip(("", *path), path, strict=False):
            module = modules.setdefault(name, _Module(outer, []))
            module.members.append(at)
            module.weights += has_weights(network.nodes[at])
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

"""The modules around each layer of a model, as far as its names tell them: ``layer1``, ``layer1.0``.

PyTorch writes ``/layer1/layer1.0/conv1/Conv``, or names only the weights, ``layer1.0.conv1.weight``; TensorFlow and
Caffe write ``block1/conv/Conv2D``, or number their blocks, ``conv2_1_w``. PyTorch's newer exporter writes the modules
of each node beside it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from engine.files.onnx_model import GraphNode
from engine.network.graph import Network, Node
from engine.network.weight_specs import FileWeights

ModulePath = tuple[str, ...]
"""The modules around a layer, the outermost first; () if nothing tells them."""

_MODULES_KEY = "pkg.torch.onnx.name_scopes"
"""Of the metadata of a node: ``['', 'layer1', 'layer1.0', 'add_1']``, from the outermost module to the operation."""
_NUMBERED = re.compile(r"(?:.*\d|\d+[a-z])")
"""A word at whose end a block is numbered: "conv2", "0", "3a"; none is "conv2d"."""


def recorded_modules(node: GraphNode) -> ModulePath:
    """The modules around a node that its metadata names."""
    entries = getattr(node.proto, "metadata_props", ())
    text = next((entry.value for entry in entries if entry.key == _MODULES_KEY), "")
    return tuple(name for name in re.findall(r"'([^']*)'", text)[:-1] if name)


def module_path(name: str) -> ModulePath:
    """The modules around a layer: "layer1", "layer1.0" for "layer1.0.conv1"."""
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


def numbered_path(name: str) -> ModulePath:
    """The blocks around a layer that the words of its name number: "res2", "res2_0" for "res2_0_branch2a_w"."""
    ends = [mark.start() for mark in re.finditer(r"[_/.]", name)]
    return tuple(name[:end] for end in ends if _NUMBERED.fullmatch(re.split(r"[_/.]", name[:end])[-1]))


def has_weights(node: Node) -> bool:
    """Whether a node multiplies by weights of the file, as normalisations do not."""
    return isinstance(node.weights, FileWeights) and bool(node.weights.weight)


def possible_paths(network: Network, modules: Mapping[str, ModulePath]) -> Iterator[Sequence[ModulePath]]:
    """Yield the modules around each node as each way to read the names tells them, the surest way first.

    Parameters
    ----------
    modules
        The modules around a node, by its name, as far as the file says so apart from names.
    """
    yield [module_path(node.name) for node in network.nodes]
    yield _with_others(network, [modules.get(node.name) or module_path(_weight_name(node)) for node in network.nodes])
    paths = [numbered_path(_weight_name(node)) for node in network.nodes]
    whole = len(_common([path for node, path in zip(network.nodes, paths, strict=True) if has_weights(node)]))
    yield _with_others(network, [_without_whole(path, whole) for path in paths])


def _weight_name(node: Node) -> str:
    return (node.weights.weight or node.weights.gamma) if isinstance(node.weights, FileWeights) else ""


def _common(paths: Sequence[ModulePath]) -> ModulePath:
    """The modules that are around all of them."""
    same = takewhile(lambda names: len(set(names)) == 1, zip(*paths, strict=False))
    return tuple(names[0] for names in same)


def _without_whole(path: ModulePath, whole: int) -> ModulePath:
    """A path without its first modules, which are around the whole network and say nothing of a part."""
    return tuple(name[len(path[whole - 1]) + 1 :] if whole else name for name in path[whole:])


def _with_others(network: Network, weighted_paths: Sequence[ModulePath]) -> list[ModulePath]:
    """The modules around all nodes: as their weights tell, of others as those that they receive say."""
    paths, origins, positions = list(weighted_paths), list(range(len(weighted_paths))), network.positions
    for at, path in enumerate(weighted_paths):
        if not path and not has_weights(network.nodes[at]):
            # Of what a sum receives, the shortcut comes from further above.
            sources = (positions.get(name, at) for name in network.inputs_of(at))
            latest = max((source for source in sources if source < at), key=origins.__getitem__, default=at)
            paths[at], origins[at] = paths[latest], origins[latest] if latest < at else -1
    users = _positions_of_users(network)
    for at in range(len(weighted_paths) - 1, -1, -1):
        if users[at] and not weighted_paths[at] and not has_weights(network.nodes[at]):
            paths[at] = _path_at_border(network, at, paths, users)
    return paths


def _path_at_border(
    network: Network, at: int, paths: Sequence[ModulePath], users: Sequence[Sequence[int]]
) -> ModulePath:
    """The modules around a node without weights between two modules.

    It belongs to the second if that receives what it does, as the pooling in a branch of an Inception module; pooling
    that is all there is between them belongs to neither.
    """
    after = _common([paths[user] for user in users[at]])
    beside = {user for name in network.inputs_of(at) for user in users[network.positions.get(name, at)]} - {at}
    for other in sorted(beside - set(users[at])):
        shared = _common([after, paths[other]])
        if paths[at][: len(shared)] != shared:
            return shared
    is_pooling = network.nodes[at].layer.role == "resampling"
    return _common([paths[at], after]) if is_pooling else paths[at]


def _positions_of_users(network: Network) -> list[list[int]]:
    users: list[list[int]] = [[] for _ in network.nodes]
    for at in range(len(network.nodes)):
        for source in network.inputs_of(at):
            if source in network.positions:
                users[network.positions[source]].append(at)
    return users

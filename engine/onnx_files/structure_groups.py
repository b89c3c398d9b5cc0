"""Groups of layers of a model whose names tell no modules, by what repeats: branches that join, and depthwise layers.

A group of branches goes from where they part to where they join, as a residual block or a ShuffleNet unit. Of what is
left, each depthwise convolution begins a group, which ends before the next.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from engine.network.analysis import analyze
from engine.network.graph import Network
from engine.network.report import Report
from engine.onnx_files.module_paths import has_weights
from engine.shapes import Pair, Shape

_LEAST_GROUPS = 3
"""What does not repeat so often is no structure of a network."""
_LEAST_WEIGHTS = 2
_MOST_MEMBERS = 250
"""Nodes of a group; with a limit, the search takes time in proportion to the network, however its branches meet."""


def structure_names(network: Network, received: Shape) -> list[str]:
    """The name of the group of each node, "" for none: "block_1", "block_2" in the order of the network."""
    structure = _Structure(network, analyze(network, received).reports)
    groups = sorted(structure.groups(), key=min)
    names = [""] * len(network.nodes)
    for number, group in enumerate(groups if len(groups) >= _LEAST_GROUPS else (), 1):
        for at in group:
            names[at] = f"block_{number}"
    return names


class _Branches(Struct, frozen=True):
    """The nodes between the one where branches part, and the one where they join, which is among them."""

    entry: int
    members: frozenset[int]


class _Structure:
    """The connections of a network whose nodes are in an order of execution; -1 is the input."""

    def __init__(self, network: Network, reports: Sequence[Report]) -> None:
        self._weighted = [has_weights(node) for node in network.nodes]
        self._reports = {report.index: report for report in reports}
        positions = network.positions
        self._sources = [
            sorted({positions.get(name, -1) for name in network.inputs_of(at)}) for at in range(len(network.nodes))
        ]
        self._users: dict[int, list[int]] = {at: [] for at in range(-1, len(network.nodes))}
        for at, sources in enumerate(self._sources):
            for source in sources:
                self._users[source].append(at)
        self._above = self._nodes_above()

    def groups(self) -> Iterator[frozenset[int]]:
        if len(self._reports) != len(self._sources) or any(max(s) >= at for at, s in enumerate(self._sources)):
            return  # in another order, or with a mistake
        taken_nodes: set[int] = set()
        for branches in self._outermost_branches():
            group = branches.members | set(self._functions_behind(max(branches.members)))
            taken_nodes |= group
            yield group
        yield from self._depthwise_groups(taken_nodes)

    def _nodes_above(self) -> list[int]:
        """By node the nearest one through which all values pass on their way to it: its immediate dominator."""
        above: list[int] = []
        for sources in self._sources:
            common = sources[-1]
            for other in sources[:-1]:
                while common != other:
                    if common > other:
                        common = above[common]
                    else:
                        other = above[other]
            above.append(common)
        return above

    def _outermost_branches(self) -> Iterator[_Branches]:
        """Those of several layers, each as large as it can be without others one after the other."""
        several = [branches for branches in self._branches() if self._weights(branches.members) >= _LEAST_WEIGHTS]
        by_join = {max(branches.members): branches for branches in several}
        most, inside = len(self._sources) / 2, frozenset[int]()
        for branches in sorted(several, key=lambda one: -len(one.members)):
            smaller = (by_join[at] for at in branches.members if at in by_join)
            entries = {other.entry for other in smaller if other.members < branches.members}
            if len(entries) <= 1 and len(branches.members) <= most and not branches.members & inside:
                inside |= branches.members
                yield branches

    def _branches(self) -> Iterator[_Branches]:
        for join, sources in enumerate(self._sources):
            if len(sources) < 2 or self._is_gate(join):
                continue
            members, waiting = {join}, list(sources)
            while waiting and len(members) <= _MOST_MEMBERS:
                at = waiting.pop()
                if at != self._above[join] and at not in members:
                    members.add(at)
                    waiting += self._sources[at]
            if len(members) > _MOST_MEMBERS:
                continue
            has_one_output = all(members.issuperset(self._users[at]) for at in members - {join})
            if has_one_output and not any(self._is_smaller(at, join) for at in members):
                yield _Branches(self._above[join], frozenset(members))

    def _is_gate(self, join: int) -> bool:
        """Whether one of what is joined is a number per channel, as in squeeze-and-excitation."""
        return any(shape is not None and shape[1:] == (1, 1) for shape in self._reports[join].input_shapes)

    def _is_smaller(self, at: int, join: int) -> bool:
        """Whether maps get smaller and larger again, as between the ends of a U-Net: no repeated part does that."""
        inner, outer = self._reports[at].output_shape, self._reports[join].output_shape
        return inner is None or outer is None or (inner.height < outer.height and inner[1:] != (1, 1))

    def _weights(self, members: frozenset[int]) -> int:
        return sum(self._weighted[at] for at in members)

    def _functions_behind(self, at: int) -> Iterator[int]:
        """The functions of each value behind a node that nothing else receives."""
        while len(self._users[at]) == 1 and self._reports[self._users[at][0]].layer.role == "elementwise":
            at = self._users[at][0]
            yield at

    def _depthwise_groups(self, taken_nodes: set[int]) -> Iterator[frozenset[int]]:
        for begin in range(len(self._sources)):
            if begin not in taken_nodes and self._is_depthwise(begin):
                group = frozenset(self._depthwise_group(begin, taken_nodes))
                if self._weights(group) >= _LEAST_WEIGHTS:
                    yield group

    def _depthwise_group(self, begin: int, taken_nodes: set[int]) -> set[int]:
        """A depthwise convolution, the layer that mixes its maps, and what is between them and behind."""
        group, size, is_mixed = {begin}, self._size(begin), False
        for at in range(begin + 1, len(self._sources)):
            is_function = self._reports[at].layer.role == "elementwise"
            if at in taken_nodes or self._is_depthwise(at) or (is_mixed and not is_function):
                break
            if not group.issuperset(self._sources[at]) or self._size(at) not in (size, (1, 1)):
                break
            group.add(at)
            is_mixed |= self._weighted[at] and self._size(at) == size
        while self._size(max(group)) != size:  # the pooling behind the last one
            group.remove(max(group))
        return group

    def _size(self, at: int) -> Pair | None:
        shape = self._reports[at].output_shape
        return None if shape is None else (shape.height, shape.width)

    def _is_depthwise(self, at: int) -> bool:
        """Whether each map of a layer with weights is made of one map."""
        report = self._reports[at]
        channels = None if report.output_shape is None else report.input_channels(0)
        is_single = channels is not None and channels.stop - channels.start == 1
        return self._weighted[at] and is_single and report.known_inputs[0].channels > 1

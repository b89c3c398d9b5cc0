"""Groups of nodes: which nodes that share a group can be shown as one, and the report of each group."""

from collections.abc import Mapping, Sequence

from engine.blocks.group import NodeGroup
from engine.network.graph import INPUT, Network, Node
from engine.network.report import BlockReport, Report
from engine.shapes import Shape


def find_groups(network: Network, reports: Sequence[Report], stuck: Sequence[int] = ()) -> dict[str, BlockReport]:
    """The groups by name that can be shown as one node: of several layers, with one output that others receive.

    Parameters
    ----------
    reports
        Those of all layers in execution order, with those of blocks.
    stuck
        Indices of nodes on a cycle or behind one; a group that has one is none.
    """
    groups = dict.fromkeys(node.group for node in network.nodes if node.group)
    if not groups:
        return {}
    others = {INPUT, *(network.nodes[index].group for index in stuck), *(node.name for node in network.nodes)}
    members: dict[str, list[Report]] = {name: [] for name in groups if name not in others}
    group_of: dict[str, str] = {}
    for report in reports:
        group = network.nodes[report.index].group
        if group in members:
            members[group].append(report)
            group_of[report.name] = group
    outputs = _outputs(reports, group_of)
    return {
        name: _group_report(name, parts)
        for name, parts in members.items()
        if len({part.index for part in parts}) > 1 and outputs[name] == {parts[-1].name}
    }


def _outputs(reports: Sequence[Report], group_of: Mapping[str, str]) -> dict[str, set[str]]:
    """By group the layers that others receive, or nothing does."""
    outputs: dict[str, set[str]] = {group: set() for group in group_of.values()}
    received_within = set()
    for report in reports:
        for source in report.inputs:
            group = group_of.get(source)
            if group is not None and group_of.get(report.name) == group:
                received_within.add(source)
            elif group is not None:
                outputs[group].add(source)
    for name, group in group_of.items():
        if name not in received_within:
            outputs[group].add(name)
    return outputs


def _group_report(name: str, parts: Sequence[Report]) -> BlockReport:
    own_names = {part.name for part in parts}
    inputs: dict[str, Shape | None] = {}
    for part in parts:
        for source, shape in zip(part.inputs, part.input_shapes, strict=True):
            if source not in own_names:
                inputs.setdefault(source, shape)
    return BlockReport(
        parts[-1].index, name, NodeGroup(len(parts)), tuple(inputs), tuple(inputs.values()), tuple(parts)
    )


def nodes_of_group(network: Network, name: str) -> tuple[Node, ...]:
    """The nodes of a group, in list order."""
    return tuple(node for node in network.nodes if node.group == name)

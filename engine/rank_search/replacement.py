"""Fitted convolutions in the place of one: the project that comes of it."""

from collections.abc import Sequence

from msgspec.structs import replace

from engine.layers import Conv2d
from engine.low_rank.convolution import as_convolution
from engine.network.graph import INPUT, Network, Node
from engine.network.weight_specs import Form, LowRankWeights, SeedWeights
from engine.project.project import Design, Project
from engine.rank_search.calibration import CalibrationSet
from engine.rank_search.search import rank_search_refusal
from engine.run.check import NodeRef
from engine.run.execute import RunRequest


def apply_low_rank(
    project: Project,
    place: NodeRef,
    form: Form,
    ranks: Sequence[int],
    chosen: CalibrationSet,
    *,
    refit: bool = False,
) -> Project:
    """The project with fitted convolutions in a layer's place; a block that it is a part of is taken apart.

    The last of them receives the layer's bias; the others have none.
    """
    design, name = place
    request = RunRequest.of(project)
    report = request.check.reports[place]
    network = project.network(design)
    if report.block is not None:
        block = request.check.analyses[design].blocks[report.block]
        received = block.input_shapes[0]
        assert received is not None
        network = network.with_block_expanded(report.block, received.channels)
    node = network.node(name)
    layer = as_convolution(node.layer)
    assert layer is not None, rank_search_refusal(report)
    parts = form.split("+")
    names = _names(network, name, parts)
    of = node.weights or SeedWeights(design, name)
    assert not isinstance(of, LowRankWeights), rank_search_refusal(report)
    recipe = LowRankWeights(form, tuple(names), of, chosen.fit_inputs, refit and "1x1+kxk" in form)
    filters = (*ranks, layer.filters)
    for part, at, width in zip(parts, names, filters, strict=True):
        last = at == names[-1]
        made = replace(layer, filters=width) if part == "kxk" else Conv2d(width, 1)
        made = replace(made, bias=last and layer.bias)
        if part == "kxk":
            network = network.with_node_replaced(name, replace(network.node(name), layer=made, weights=recipe))
        elif last:
            network = network.with_node_after(Node(at, made, (name,), recipe), name)
        else:
            network = _insert_before(network, name, Node(at, made, (), recipe))
    return project.with_network(design, network)


def _insert_before(network: Network, name: str, node: Node) -> Network:
    """Put a node between one and what that receives."""
    index = network.index(name)
    received = network.nodes[index].inputs
    moved = network.with_node(replace(node, inputs=received), index)
    return moved.with_inputs(name, (node.name,)) if received else moved


def _names(network: Network, name: str, parts: Sequence[str]) -> list[str]:
    """The k×k keeps the layer's name; the others are called after it, by names that are free."""
    taken = {node.name for node in network.nodes} | {INPUT}
    names = []
    for index, part in enumerate(parts):
        found = wanted = name if part == "kxk" else f"{name}_{'reduce' if index == 0 else 'expand'}"
        number = 2
        while part != "kxk" and found in taken:
            found, number = f"{wanted}_{number}", number + 1
        names.append(found)
    return names


def copy_design(project: Project, design: str) -> tuple[Project, str]:
    """The project with a copy of a design behind it that has the same weights, and the copy's name."""
    taken = {made.name for made in project.designs}
    name, number = f"{design}, fitted", 2
    while name in taken:
        name, number = f"{design}, fitted {number}", number + 1
    network = project.design(design).network
    nodes = tuple(
        replace(node, weights=SeedWeights(design, node.name)) if node.weights is None and _learns(node) else node
        for node in network.nodes
    )
    at = [made.name for made in project.designs].index(design) + 1
    designs = (*project.designs[:at], Design(name, Network(nodes)), *project.designs[at:])
    return project.with_designs(designs), name


def _learns(node: Node) -> bool:
    return bool(getattr(node.layer, "has_params", True))

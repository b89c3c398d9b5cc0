"""Edits that join branches by a layer that receives several: project → Edit."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from engine.blocks import Block
from engine.layers import Kind, Layer
from engine.network.graph import INPUT, Network, Node
from engine.project.project import Project
from engine.shapes import Shape
from engine.unchanged_items import last_results
from gui.state.edit import Edit
from gui.state.edits.names import default_name, names_text, node_names, unique_name
from gui.state.edits.settings import new_layer
from gui.state.edits.wires import in_list_order, rewired, upstream, users_of, with_stated_inputs
from gui.state.focus import Focus

Shapes = Mapping[str, Shape | None]
"""Shapes of the volumes of a design by node; what is unknown is not refused."""


def joins(layer: Kind) -> bool:
    """Whether a kind receives several volumes."""
    return layer.min_inputs > 1


def fits_together(layer: Kind, shapes: Iterable[Shape | None]) -> bool:
    """Whether a kind that joins can receive volumes of these shapes."""
    known_shapes = [shape for shape in shapes if shape is not None]
    return len(known_shapes) < 2 or not any(layer.mistakes(known_shapes))


def join_inputs(network: Network, layer: Kind, first: str, shapes: Shapes, but: str = "") -> tuple[str, ...]:
    """Inputs of a new layer that joins, in list order: `first` and every loose end that fits it.

    Without a loose end, the nearest volume before `first` that fits, if possible one of its height and width. None of
    them depends on the node called `but`, which will receive the new layer, or else on `first`. Empty for a kind that
    receives one volume.
    """
    if not joins(layer):
        return ()

    fitting: dict[tuple[Shape | None, bool], bool] = {}  # of few shapes, even in a long network
    positions = network.positions
    first_at = positions.get(first, -1)

    def fits(name: str) -> bool:
        if name in (first, but):
            return False
        key = shapes.get(name), positions.get(name, -1) < first_at
        if key not in fitting:
            fitting[key] = fits_together(layer, [shapes.get(one) for one in in_list_order(network, (first, name))])
        return fitting[key]

    later = network.downstream(but or first)
    (others,) = last_results("shapes beside").map(_shapes_beside, [network], [shapes], [first], [but])
    own = shapes.get(first)
    if not any(fits_together(layer, pair) for shape in others for pair in ((own, shape), (shape, own))):
        return in_list_order(network, (first,))  # in a long network without a look at each layer
    ends = [name for name in network.loose_ends() if name not in later and fits(name)]
    if not ends:
        # What a concat or a sum has just received is in its own output.
        received = set(_branches_of(network, first))
        before = (name for name in upstream(network, (first,)) if name not in received and name not in later)
        ends = _nearest(filter(fits, before), lambda name: not _differs_in_size(shapes.get(name), shapes.get(first)))
    most = len(ends) if layer.max_inputs is None else layer.max_inputs - 1
    return in_list_order(network, (first, *ends[len(ends) - min(most, len(ends)) :]))


def _shapes_beside(network: Network, shapes: Shapes, first: str, but: str) -> set[Shape | None]:
    """The shapes of all volumes but that of `first` that do not depend on `but`, or else on `first`."""
    names = network.structure.not_downstream(but or first)
    return set(map(shapes.get, [name for name in names if name != first]))


def _nearest(names: Iterable[str], is_best: Callable[[str], bool]) -> list[str]:
    """The first of the best names, else the first name, in a list; empty without any. Looks at no more than needed."""
    others: list[str] = []
    for name in names:
        if is_best(name):
            return [name]
        others = others or [name]
    return others


def _differs_in_size(one: Shape | None, other: Shape | None) -> bool:
    """Whether two known shapes differ in height or width."""
    return one is not None and other is not None and one[1:] != other[1:]


def _branches_of(network: Network, name: str) -> tuple[str, ...]:
    """The inputs of a node that joins; none for others."""
    at = network.positions.get(name)
    return network.inputs_of(at) if at is not None and joins(network.nodes[at].layer) else ()


def join_nodes(
    project: Project, design: str, names: Sequence[str], kind: str | Layer | Block, after: str = "", text: str = ""
) -> Edit:
    """A new layer that receives these nodes, in list order and below the last of them.

    The receivers of `after`, by default the last node on which no other depends, receive the new layer instead.
    """
    network, layer = project.network(design), new_layer(kind) if isinstance(kind, str) else kind
    names = in_list_order(network, names)
    name = unique_name(default_name(layer), node_names(network))
    before = set(upstream(network, names))
    after = after or next((one for one in reversed(names) if one not in before), names[-1])
    nodes = list(with_stated_inputs(network).nodes)
    for user in users_of(network, after):
        if user not in before and user not in names:
            at = network.index(user)
            nodes[at] = _with_join(nodes[at], names, after, name)
    position = max((network.index(one) for one in names if one != INPUT), default=-1) + 1
    nodes.insert(position, Node(name, layer, names))
    text = text or f"Join {names_text(names)} with {layer.title.lower()}"
    return Edit(text, project.with_network(design, rewired(network, nodes)), focus=Focus(design, name))


def _with_join(user: Node, names: Sequence[str], after: str, join: str) -> Node:
    """A receiver of `after` that receives the join instead, and once if it has received all that this joins."""
    inputs = tuple(join if name == after else name for name in user.inputs)
    rest = tuple(name for name in inputs if name not in names)
    received_all = set(names) <= set(user.inputs)
    return replace(user, inputs=rest if received_all and len(rest) >= user.layer.min_inputs else inputs)

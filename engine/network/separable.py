"""Converts a convolution to a separable one and back: the same windows, with the layers that follow."""

from engine.blocks.separable import convolution_form, count_included, full_layers, separable_of
from engine.layers import Kind
from engine.network.graph import INPUT, Network, Node


def separable_refusal(network: Network, name: str) -> str:
    """Reason why a node cannot be converted; "" if it can."""
    layer = network.node(name).layer
    own = convolution_form(layer)
    if own == "separable":
        return ""
    if own is None:
        return f"{name} is {_article(layer)}: only a convolution larger than 1×1 can be separable"
    for setting in ("groups", "dilation"):
        value = getattr(layer, setting)
        if value != 1:
            return f"{name} has {setting} {value}: a separable convolution has none"
    inside = next((part for part in network.names_in_parts if part.startswith(f"{name}/")), None)
    return f"rename {inside} first: the layers of a separable {name} have names like it" if inside else ""


def make_separable(network: Network, name: str, multiplier: int = 1) -> Network:
    """Replace a convolution by a kernel per channel and a 1×1; each includes the activation that follows it.

    A batch norm between convolution and activation is included too. Weights from files fit no part and are dropped.
    """
    node = network.node(name)
    followers = _followers(network, name)
    block = separable_of(node.layer, [follower.layer for follower in followers], multiplier)
    for follower in reversed(followers):
        network = network.without(follower.name)
    return network.with_node_replaced(name, Node(name, block, node.inputs))


def make_full(network: Network, name: str) -> Network:
    """Replace a separable convolution by one whose filters span all channels, and the layers that it included."""
    node = network.node(name)
    (_, conv), *behind = full_layers(node.layer)
    network = network.with_node_replaced(name, Node(name, conv, node.inputs))
    after = name
    for suffix, layer in behind:
        follower = Node(_unused_name(network, f"{name}_{suffix}"), layer)
        network = network.with_node_after(follower, after)
        after = follower.name
    return network


def _followers(network: Network, name: str) -> list[Node]:
    """The layers behind a convolution that a separable one includes, each the only receiver of the one before."""
    nodes: list[Node] = []
    while len(nodes) < 2 and (node := _only_user(network, nodes[-1].name if nodes else name)) is not None:
        nodes.append(node)
    return nodes[: count_included([node.layer for node in nodes])]


def _only_user(network: Network, name: str) -> Node | None:
    users = [(index, node) for index, node in enumerate(network.nodes) if name in network.inputs_of(index)]
    return users[0][1] if len(users) == 1 and network.inputs_of(users[0][0]) == (name,) else None


def _unused_name(network: Network, base: str) -> str:
    names, name, number = {INPUT, *(node.name for node in network.nodes)}, base, 2
    while name in names:
        name, number = f"{base}_{number}", number + 1
    return name


def _article(layer: Kind) -> str:
    title = layer.title.lower()
    return f"{'an' if title[0] in 'aeiou' else 'a'} {title}"

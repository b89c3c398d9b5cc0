"""A convolution as a separable one, and back: the same windows, with the layers that come with either form."""

from collections.abc import Iterator
from typing import Literal

from engine.blocks import SeparableConv2d
from engine.layers import Activation, BatchNorm, Conv2d, Kind, Layer
from engine.layers.windows import pair
from engine.network.graph import INPUT, Network, Node


def form(layer: Kind) -> Literal["full", "separable"] | None:
    """Which of the two forms a layer or block has; None for whatever has neither."""
    # These two kinds are what this module converts, so it asks for them by name.
    if isinstance(layer, SeparableConv2d):
        return "separable"
    return "full" if isinstance(layer, Conv2d) and pair(layer.kernel) != (1, 1) else None


def separable_refusal(network: Network, name: str) -> str:
    """Why a node has no other form; "" where it has one."""
    layer = network.node(name).layer
    own = form(layer)
    if own == "separable":
        return ""
    if own is None:
        return f"{name} is {_article(layer)}: only a convolution larger than 1×1 can be separable"
    for setting in ("groups", "dilation"):
        value = getattr(layer, setting)
        if value != 1:
            return f"{name} has {setting} {value}: a separable convolution has none"
    inside = next((node.name for node in network.nodes if node.name.startswith(f"{name}/")), None)
    return f"rename {inside} first: layers of a separable {name} begin so" if inside else ""


def make_separable(network: Network, name: str, multiplier: int = 1) -> Network:
    """A convolution as a kernel for every channel and a 1×1; the activation behind it, which both then have, is in it.

    A batch norm between the two goes with it. Weights from files fit none of its parts and are left.
    """
    node = network.node(name)
    layer = node.layer
    assert isinstance(layer, Conv2d), "only a convolution can be separable; see `refusal`"
    followers = tuple(_followers(network, name))
    layers = [follower.layer for follower in followers]
    function: Literal["relu", "relu6", "none"] = (
        "relu6" if Activation("relu6") in layers else "relu" if Activation("relu") in layers else "none"
    )
    block = SeparableConv2d(
        layer.filters,
        layer.kernel,
        layer.stride,
        layer.padding,
        multiplier,
        batch_norm=len(followers) == 2,
        function=function,
    )
    for follower in reversed(followers):
        network = network.without(follower.name)
    return network.with_node_replaced(name, Node(name, block, node.inputs))


def make_full(network: Network, name: str) -> Network:
    """A separable convolution as one whose filters see all channels at once, with the layers behind it that it had."""
    node = network.node(name)
    block = node.layer
    assert isinstance(block, SeparableConv2d), "only a separable convolution can be made full"
    conv = Conv2d(block.filters, block.kernel, block.stride, block.padding, bias=not block.batch_norm)
    network = network.with_node_replaced(name, Node(name, conv, node.inputs))
    behind: list[tuple[str, Layer]] = [("bn", BatchNorm())] if block.batch_norm else []
    after = name
    if block.function != "none":
        behind.append((block.function, Activation(block.function)))
    for suffix, layer in behind:
        follower = Node(_free(network, f"{name}_{suffix}"), layer)
        network = network.with_node_after(follower, after)
        after = follower.name
    return network


def _followers(network: Network, name: str) -> Iterator[Node]:
    """The activation that alone receives a convolution, behind its batch norm if it has one; else nothing."""
    first = _only_user(network, name)
    if first is not None and first.layer == BatchNorm():
        second = _only_user(network, first.name)
        if second is not None and second.layer.zeroes_negatives:
            yield from (first, second)
    elif first is not None and first.layer.zeroes_negatives:
        yield first


def _only_user(network: Network, name: str) -> Node | None:
    users = [(index, node) for index, node in enumerate(network.nodes) if name in network.inputs_of(index)]
    return users[0][1] if len(users) == 1 and network.inputs_of(users[0][0]) == (name,) else None


def _free(network: Network, base: str) -> str:
    taken, name, number = {INPUT, *(node.name for node in network.nodes)}, base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _article(layer: Kind) -> str:
    title = layer.title.lower()
    return f"{'an' if title[0] in 'aeiou' else 'a'} {title}"

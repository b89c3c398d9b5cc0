"""Converts a convolution to a separable one and back: the same windows, with the layers that follow."""

from collections.abc import Iterator
from typing import Literal

from engine.blocks import SeparableConv2d
from engine.layers import Activation, BatchNorm, Conv2d, Kind, Layer
from engine.layers.windows import pair
from engine.network.graph import INPUT, Network, Node


def convolution_form(layer: Kind) -> Literal["full", "separable"] | None:
    """The form of a layer or block; None if it is neither."""
    # This module converts just these two kinds, so it tests for them.
    if isinstance(layer, SeparableConv2d):
        return "separable"
    return "full" if isinstance(layer, Conv2d) and pair(layer.kernel) != (1, 1) else None


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
    inside = next((node.name for node in network.nodes if node.name.startswith(f"{name}/")), None)
    return f"rename {inside} first: the layers of a separable {name} have names like it" if inside else ""


def make_separable(network: Network, name: str, multiplier: int = 1) -> Network:
    """Replace a convolution by a kernel per channel and a 1×1; each includes the activation that follows it.

    A batch norm between convolution and activation is included too. Weights from files fit no part and are dropped.
    """
    node = network.node(name)
    layer = node.layer
    assert isinstance(layer, Conv2d), "only a convolution can be separable; see `separable_refusal`"
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
    """Replace a separable convolution by one whose filters span all channels, and the layers that it included."""
    node = network.node(name)
    block = node.layer
    assert isinstance(block, SeparableConv2d), "only a separable convolution can be made full"
    conv = Conv2d(block.filters, block.kernel, block.stride, block.padding, bias=not block.batch_norm)
    network = network.with_node_replaced(name, Node(name, conv, node.inputs))
    layers: list[tuple[str, Layer]] = [("bn", BatchNorm())] if block.batch_norm else []
    after = name
    if block.function != "none":
        layers.append((block.function, Activation(block.function)))
    for suffix, layer in layers:
        follower = Node(_unused_name(network, f"{name}_{suffix}"), layer)
        network = network.with_node_after(follower, after)
        after = follower.name
    return network


def _followers(network: Network, name: str) -> Iterator[Node]:
    """Yield the only receiver of a convolution if it is an activation, or its batch norm and then the activation."""
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


def _unused_name(network: Network, base: str) -> str:
    names, name, number = {INPUT, *(node.name for node in network.nodes)}, base, 2
    while name in names:
        name, number = f"{base}_{number}", number + 1
    return name


def _article(layer: Kind) -> str:
    title = layer.title.lower()
    return f"{'an' if title[0] in 'aeiou' else 'a'} {title}"

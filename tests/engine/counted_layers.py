"""Every kind of layer, in the variants that counting tools treat differently, on one input."""

from typing import get_args

from engine.layers import (
    Activation,
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    BatchNorm,
    Concat,
    Conv2d,
    Dense,
    Dropout,
    GlobalAvgPool2d,
    LocalResponseNorm,
    MaxPool2d,
    Mul,
    PRelu,
    Scale,
)
from engine.layers.activation import Function
from engine.network.graph import INPUT, Network, Node
from engine.shapes import Shape

COUNTED_INPUT = Shape(8, 12, 10)

COUNTED_LAYERS = {
    "convolution": Conv2d(6, 3),
    "convolution without bias": Conv2d(6, 3, bias=False),
    "convolution in groups, strided, dilated": Conv2d(4, (3, 2), stride=2, padding=1, dilation=2, groups=4),
    "depthwise convolution": Conv2d(8, 3, groups=8),
    "max pooling": MaxPool2d(2),
    "overlapping max pooling": MaxPool2d(3, 2, 1, ceil=True),
    "average pooling": AvgPool2d(2),
    "average pooling with a rectangular kernel": AvgPool2d((2, 3), 2),
    "overlapping average pooling": AvgPool2d(3, 2, 1, ceil=True, count_padding=False),
    "average pooling over one pixel": AvgPool2d(1),
    "global average pooling": GlobalAvgPool2d(),
    "adaptive pooling to half": AdaptiveAvgPool2d((6, 5)),
    "adaptive pooling to one row": AdaptiveAvgPool2d((1, 5)),
    "adaptive pooling to windows that overlap": AdaptiveAvgPool2d((7, 4)),
    "adaptive pooling that enlarges by no integer": AdaptiveAvgPool2d((13, 17)),
    "adaptive pooling as the identity": AdaptiveAvgPool2d((12, 10)),
    "adaptive pooling that enlarges": AdaptiveAvgPool2d((36, 20)),
    "adaptive pooling that enlarges and reduces": AdaptiveAvgPool2d((3, 30)),
    **{function.replace("_", " "): Activation(function) for function in get_args(Function)},
    "PReLU": PRelu(),
    "PReLU of one slope": PRelu(shared=True),
    "batch norm": BatchNorm(),
    "scale": Scale(),
    "scale with bias": Scale(bias=True),
    "local response norm over 5": LocalResponseNorm(5),
    "local response norm over 4": LocalResponseNorm(4),
    "local response norm over 1": LocalResponseNorm(1),
    "dropout": Dropout(),
    "dense": Dense(7),
    "dense without bias": Dense(7, bias=False),
    "concat": Concat(),
    "addition of two": Add(),
    "addition of three": Add(),
    "product of two": Mul(),
    "product of three": Mul(),
}
"""By name; they receive a volume of the shape COUNTED_INPUT, and joins several equal ones."""


def network_around(name: str) -> Network:
    """A network that counts nothing else: joins receive the input through dropouts."""
    layer = COUNTED_LAYERS[name]
    count = 3 if name.endswith("of three") else layer.min_inputs
    copies = tuple(f"copy{index}" for index in range(count)) if count > 1 else (INPUT,)
    before = [Node(copy, Dropout(), (INPUT,)) for copy in copies if copy != INPUT]
    return Network((*before, Node("counted", layer, copies)))

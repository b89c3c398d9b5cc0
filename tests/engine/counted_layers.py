"""Every kind of layer, in the variants that counting tools treat differently, on one input."""

from typing import get_args

from engine.layers import (
    Activation,
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    BatchNorm,
    ChannelPool,
    ChannelShuffle,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Crop,
    Dense,
    Div,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    GroupNorm,
    LayerNorm,
    LocalResponseNorm,
    Maximum,
    MaxPool2d,
    Minimum,
    Mul,
    Pad,
    PixelShuffle,
    PixelUnshuffle,
    PRelu,
    Reshape,
    Resize,
    Scale,
    Slice,
    Sub,
    Transpose,
)
from engine.layers.activation import Along, Function
from engine.layers.channel_pool import ChannelFunction
from engine.network.graph import INPUT, Network, Node
from engine.shapes import Shape

COUNTED_INPUT = Shape(8, 12, 10)

COUNTED_LAYERS = {
    "convolution": Conv2d(6, 3),
    "convolution without bias": Conv2d(6, 3, bias=False),
    "convolution in groups, strided, dilated": Conv2d(4, (3, 2), stride=2, padding=1, dilation=2, groups=4),
    "depthwise convolution": Conv2d(8, 3, groups=8),
    "transposed convolution": ConvTranspose2d(6, 2, padding=0),
    "transposed convolution in groups, dilated": ConvTranspose2d(4, 3, 2, 1, 1, dilation=2, groups=4, bias=False),
    "transposed convolution that cuts off": ConvTranspose2d(5, (3, 2), 1, (2, 1)),
    "max pooling": MaxPool2d(2),
    "overlapping max pooling": MaxPool2d(3, 2, 1, ceil=True),
    "dilated max pooling": MaxPool2d(3, 1, 1, dilation=2),
    "global max pooling": GlobalMaxPool2d(),
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
    **{f"softmax along {along}": Activation("softmax", along=along) for along in get_args(Along)[1:]},
    "log softmax along rows": Activation("log_softmax", along="rows"),
    "PReLU": PRelu(),
    "PReLU of one slope": PRelu(shared=True),
    "batch norm": BatchNorm(),
    "layer norm": LayerNorm(),
    "group norm": GroupNorm(groups=4),
    "scale": Scale(),
    "scale with bias": Scale(bias=True),
    "scale of bias alone": Scale(bias=True, factor=False),
    "scale by position": Scale(bias=True, by_position=True),
    "scale by row": Scale(bias=True, by_position=True, each="row"),
    "local response norm over 5": LocalResponseNorm(5),
    "local response norm over 4": LocalResponseNorm(4),
    "local response norm over 1": LocalResponseNorm(1),
    **{f"channel {function}": ChannelPool(function) for function in get_args(ChannelFunction)},
    "pixel shuffle": PixelShuffle(2),
    "pixel unshuffle": PixelUnshuffle(2),
    "flatten": Flatten(),
    "reshape": Reshape(height=6),
    "transpose": Transpose("hwc"),
    "padding": Pad((1, 2, 0, 1), value=1.5),
    "padding by reflection": Pad(2, "reflect"),
    "padding by the edge": Pad(1, "edge"),
    "crop": Crop((1, 2)),
    "crop of every second row": Crop(0, (2, 1)),
    "channel slice": Slice(2, 5),
    "channel shuffle": ChannelShuffle(4),
    "nearest resizing": Resize(),
    "bilinear resizing": Resize(size=(30, 7), mode="bilinear"),
    "dropout": Dropout(),
    "dense": Dense(7),
    "dense without bias": Dense(7, bias=False),
    "concat": Concat(),
    "addition of two": Add(),
    "addition of three": Add(),
    "difference": Sub(),
    "quotient": Div(),
    "maximum of two": Maximum(),
    "maximum of three": Maximum(),
    "minimum": Minimum(),
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

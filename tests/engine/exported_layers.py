"""Small networks with each kind of layer and each of its settings, for tests of exported models."""

from pathlib import Path
from typing import get_args

import numpy as np
from msgspec.structs import replace

from engine.blocks.inception import Inception
from engine.blocks.residual import BottleneckResidual
from engine.blocks.unet import UNetUp
from engine.files.arrays import write_npz
from engine.kernels.activations import SOFTMAXES
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
    Layer,
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
from engine.layers.reshape import Order
from engine.layers.resize import Corners, Mode
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.weight_specs import FileWeights
from engine.project.project import Design, Project
from engine.run.check import check

OF_POSITIVE = ("sqrt", "log")
"""Functions of positive values alone."""

LAYERS_OF_ONE_INPUT = (
    Conv2d(5, 3),
    Conv2d(6, (3, 2), (2, 1), "same", groups=2, bias=False),
    Conv2d(4, 2, 2, "same"),
    Conv2d(4, 3, 1, (0, 1, 2, 3), (2, 1)),
    Conv2d(4, 1, 3, "valid"),
    MaxPool2d(2),
    MaxPool2d(3, 2, (0, 1, 2, 0)),
    MaxPool2d(3, 2, 1, ceil=True),
    MaxPool2d((2, 3), (3, 2), "same"),
    MaxPool2d(2, 1, 1, dilation=2),
    MaxPool2d((3, 2), 2, 1, True, (2, 3)),
    GlobalMaxPool2d(),
    Pad((1, 2, 0, 3)),
    Pad(1, "constant", -0.5),
    Pad((1, 2, 0, 3), "reflect"),
    Pad(2, "edge"),
    Crop((1, 2, 0, 3)),
    Crop(0, 2),
    Crop((1, 0), (3, 2)),
    AvgPool2d(2),
    AvgPool2d(3, 2, 1, ceil=True),
    AvgPool2d(3, 2, 1, ceil=True, count_padding=False),
    AvgPool2d(3, 2, (0, 1, 2, 0)),
    AvgPool2d((2, 3), (3, 2), "same", count_padding=False),
    GlobalAvgPool2d(),
    AdaptiveAvgPool2d(1),
    AdaptiveAvgPool2d((2, 7)),
    AdaptiveAvgPool2d((5, 14)),
    *(ChannelPool(function) for function in get_args(ChannelFunction)),
    *(Activation(function) for function in get_args(Function) if function not in OF_POSITIVE),
    *(Activation(name, along=along) for name in SOFTMAXES for along in get_args(Along)[1:]),
    Activation("celu", alpha=0.7),
    Activation("power", exponent=2.0),
    Activation("leaky_relu", slope=0.2),
    Activation("hard_sigmoid", factor=0.2, offset=0.4),
    Activation("elu", alpha=0.7),
    Activation("clip", low=-0.25, high=0.5),
    PRelu(),
    PRelu(shared=True),
    LayerNorm(1e-3),
    GroupNorm(1e-3, 2),
    GroupNorm(groups=4),
    Scale(),
    Scale(bias=True),
    Scale(bias=True, shared=True),
    Scale(bias=True, factor=False),
    Scale(factor=False),
    Scale(bias=True, by_position=True),
    Scale(bias=True, shared=True, by_position=True),
    Scale(bias=True, factor=False, by_position=True),
    Scale(bias=True, by_position=True, each="row"),
    Scale(bias=True, shared=True, by_position=True, each="column"),
    BatchNorm(1e-3),
    LocalResponseNorm(),
    LocalResponseNorm(4, 0.5, 0.6, 2.0),
    ConvTranspose2d(6, 3),
    ConvTranspose2d(6, (3, 2), (2, 3), (0, 1, 1, 0), 1, 2, 2),
    ConvTranspose2d(2, 2, 3, 0, (4, 1), bias=False),
    ConvTranspose2d(2, 2, 3, 0, (4, 1)),
    ConvTranspose2d(2, 2, 3),
    ConvTranspose2d(6, 3, (1, 2), 1, 0, 2),
    ConvTranspose2d(4, 3, 1, 1, groups=2),
    Slice(1, 3),
    Slice(2),
    ChannelShuffle(2),
    PixelShuffle(2),
    PixelShuffle(2, "dcr"),
    Flatten(),
    Reshape(7, 8, 4),
    Reshape(height=2),
    *(Transpose(order) for order in get_args(Order)),
    *(Resize(mode=mode, corners=corners) for mode in get_args(Mode) for corners in get_args(Corners)),
    Resize(0.5),
    Resize(1.7, None, "bilinear"),
    Resize(1.3),
    Resize(2.0, (5, 11), "nearest", "align_corners"),
    Resize(2.0, (3, 10), "bilinear", "align_corners"),
    Resize(2.0, (8, 7), "bilinear", "align_corners"),
    Dropout(),
    Dense(7),
    Dense(7, bias=False),
)
"""For an input of 4×8×7."""


def project_of(*nodes: Node, shape=(4, 8, 7), stem: Network | None = None, title: str = "") -> Project:
    """A project of one design."""
    return Project(NoiseInput(shape, seed=3), (Design("design", Network(nodes)),), stem, title)


SQUARES = (PixelUnshuffle(2), PixelUnshuffle(2, "dcr"))
"""For heights and widths that are even."""


def with_values(project: Project, folder: Path) -> Project:
    """The project with random arrays in a file for all layers but those of blocks: none is 0 or 1 throughout."""
    design = project.designs[0]
    generator = np.random.default_rng(7)
    arrays = {}
    nodes = []
    for node in design.network.nodes:
        shapes = check(project).reports[design.name, node.name].array_shapes if isinstance(node.layer, Layer) else {}
        for role, shape in shapes.items():
            arrays[f"{node.name} {role}"] = generator.uniform(0.2, 0.9, shape).astype(np.float32)
        source = FileWeights(str(folder / "values.npz"), **{role: f"{node.name} {role}" for role in shapes})
        nodes.append(replace(node, weights=source) if shapes else node)
    write_npz(folder / "values.npz", arrays)
    return project.with_network(design.name, Network(tuple(nodes)))


JOINS = (
    Node("product", Mul(), ("a", "b")),
    Node("difference", Sub(), ("a", "b")),
    Node("shift by means", Sub(), ("means", "a")),
    Node("quotient", Div(), ("means", "shares")),
    Node("largest", Maximum(), ("a", "means", "b")),
    Node("smallest", Minimum(), ("a", "b")),
    Node("gated", Mul(), ("a", "means", "b")),
    Node("shifted", Add(), ("means", "a")),
    Node("concat", Concat(), ("a", "b", "a")),
    Node("concat of rows", Concat("rows"), ("a", "b")),
    Node("concat of columns", Concat("columns"), ("a", "b", "a")),
    Node("add", Add(), ("a", "b")),
    Node("sum", Add(), ("a", "b", INPUT)),
)


def joined(join: Node) -> Project:
    nodes = (
        Node("a", Conv2d(4, 1), (INPUT,)),
        Node("b", Activation("relu"), (INPUT,)),
        Node("means", GlobalAvgPool2d(), (INPUT,)),
        Node("shares", Activation("softmax"), (INPUT,)),
    )
    return project_of(*(node for node in nodes if node.name in join.inputs), join)


CHAIN = project_of(
    Node("layer1.0.conv", Conv2d(6, 3, 2)),
    Node("bn/1", BatchNorm()),
    Node("class", Activation("relu")),
    Node("3a 5×5", AvgPool2d(3, 1, 1)),
    Node("fc1", Dense(9)),
    Node("fc1 relu", Activation("hard_swish")),
    Node("drop", Dropout()),
    Node("fc2", Dense(9), ("drop",)),
    Node("twice", Add(), ("drop", "fc2")),
    Node("norm", BatchNorm()),
    Node("slopes", PRelu()),
    Node("layer norm", LayerNorm()),
    Node("softmax", Activation("softmax")),
    Node("means", GlobalAvgPool2d(), ("3a 5×5",)),
    title="Chain",
)
"""Names as frameworks write them, vectors after maps and the other way round, and two outputs."""


BLOCKS = project_of(
    Node("conv1", Conv2d(8, 3)),
    Node("layer1.0", BottleneckResidual(16, reduce=4)),
    Node("layer1.1", BottleneckResidual(16, reduce=4)),
    Node("layer1.2", BottleneckResidual(16, reduce=4)),
    Node("3a", Inception(2, 3, 4, 2, 3, 2)),
    Node("pool", GlobalAvgPool2d()),
    Node("fc", Dense(5)),
    title='Three "blocks"',
)
"""Blocks of which two are equal."""

GROUPS = project_of(
    Node("stem", Conv2d(4, 1)),
    *(
        node
        for name in ("layer1.0", "layer1.1")
        for node in (
            Node(f"{name}/conv1", Conv2d(4, 3), group=name),
            Node(f"{name}/bn/1", BatchNorm(9.999999747378752e-06), group=name),
            Node(f"{name}_out", Activation("relu"), group=name),
        )
    ),
    Node("a/left", Conv2d(2, 1), group="a"),
    Node("b", Conv2d(2, 1), ("layer1.1_out",)),
    Node("a/joined", Concat(), ("a/left", "b"), group="a"),
)
"""Two equal groups, and one that cannot run without another layer."""

STEPS = project_of(
    Node("wide", Conv2d(3, 3)),
    Node("small", MaxPool2d(2)),
    Node("up", UNetUp(3), ("wide", "small")),
    Node("small2", MaxPool2d(2)),
    Node("up2", UNetUp(3, "bilinear", batch_norm=False), ("wide", "small2")),
    shape=(4, 8, 6),
)
"""Blocks of two inputs."""

CASES = {
    **{
        f"{number} {layer.label()}": project_of(Node("layer", layer))
        for number, layer in enumerate(LAYERS_OF_ONE_INPUT)
    },
    **{f"{layer.label()} {layer.order}": project_of(Node("layer", layer), shape=(3, 4, 6)) for layer in SQUARES},
    **{name: project_of(Node("size", Activation("abs")), Node("of", Activation(name))) for name in OF_POSITIVE},
    **{join.name: joined(join) for join in JOINS},
    "chain": CHAIN,
    "groups": GROUPS,
    "steps": STEPS,
}

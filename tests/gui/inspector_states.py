"""States of the inspector after a run: of a chain of convolutions, and of a layer of every kind."""

from msgspec.structs import replace

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
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.run.check import check
from engine.run.execute import run_all
from engine.run.request import RunRequest
from gui.command_line.offscreen import state_after_run
from gui.state.focus import Focus

CHAIN = (Node("wide", Conv2d(6, 3)), Node("narrow", Conv2d(4, 1)), Node("last", Conv2d(3, 3, padding="valid")))
PROJECT = Project(
    NoiseInput((8, 9, 11), seed=3), (Design("d", Network(CHAIN)), Design("e", Network(CHAIN))), title="Two"
)

EVERY_KIND = (
    Node("conv2d", Conv2d(4, 3, stride=2), (INPUT,)),
    Node("max_pool2d", MaxPool2d(2, padding=1)),
    Node("avg_pool2d", AvgPool2d(2, stride=1), ("conv2d",)),
    Node("activation", Activation("tanh")),
    Node("batch_norm", BatchNorm()),
    Node("lrn", LocalResponseNorm()),
    Node("dropout", Dropout()),
    Node("concat", Concat(), ("activation", "dropout")),
    Node("add", Add(), ("activation", "dropout")),
    Node("softmax", Activation("softmax")),
    Node("global_avg_pool2d", GlobalAvgPool2d()),
    Node("mul", Mul(), ("activation", "global_avg_pool2d")),
    Node("prelu", PRelu()),
    Node("scale", Scale(bias=True)),
    Node("adaptive_avg_pool2d", AdaptiveAvgPool2d((4, 3)), ("max_pool2d",)),
    Node("dense", Dense(5), ("add",)),
    Node("global_max_pool2d", GlobalMaxPool2d(), ("max_pool2d",)),
    Node("layer_norm", LayerNorm(), ("max_pool2d",)),
    Node("group_norm", GroupNorm(groups=2), ("max_pool2d",)),
    Node("pad", Pad(2, "reflect"), ("max_pool2d",)),
    Node("crop", Crop((0, 1, 1, 0)), ("max_pool2d",)),
    Node("slice", Slice(1, 3), ("max_pool2d",)),
    Node("channel_shuffle", ChannelShuffle(2), ("max_pool2d",)),
    Node("pixel_shuffle", PixelShuffle(2, "dcr"), ("max_pool2d",)),
    Node("pixel_unshuffle", PixelUnshuffle(2)),
    Node("flatten", Flatten(), ("max_pool2d",)),
    Node("reshape", Reshape(2, 6), ("max_pool2d",)),
    Node("transpose", Transpose("whc"), ("max_pool2d",)),
    Node("channel_pool", ChannelPool("max"), ("max_pool2d",)),
    Node("sub", Sub(), ("activation", "dropout")),
    Node("div", Div(), ("activation", "softmax")),
    Node("maximum", Maximum(), ("activation", "dropout")),
    Node("minimum", Minimum(), ("activation", "dropout")),
    Node("resize", Resize(1.5, mode="bilinear"), ("max_pool2d",)),
    Node("conv_transpose2d", ConvTranspose2d(2, 2, 3, groups=2), ("max_pool2d",)),
)
KINDS = Project(NoiseInput((3, 9, 8), seed=1), (Design("d", Network(EVERY_KIND)),))


def run_project(project, focus=None, **look):
    """The state after a run of a project."""
    request = RunRequest.of(project)
    state = state_after_run(request, run_all(request, lambda event: None), "light")
    return replace(
        state, focus=focus or Focus("d", project.designs[0].network.nodes[-1].name), look=replace(state.look, **look)
    )


def with_filters(state, filters):
    """The state after an edit of the first layer: everything behind it is stale."""
    return with_layer(state, Conv2d(filters, 3))


def with_layer(state, layer):
    """The state after an edit of all settings of the first layer."""
    project = state.project
    network = project.design("d").network.with_layer("wide", layer)
    project = project.with_network("d", network)
    return replace(state, project=project, check=check(project))

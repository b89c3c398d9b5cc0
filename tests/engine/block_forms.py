"""The layers that every kind of block stands for, written out by hand, every connection named.

A block has a row in FORMS: a function that lists (name within the block, layer, names of its inputs); "input" is the
input of the block. Settings are interpreted here a second time, apart from the code under test.
"""

from hypothesis import assume
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.blocks import (
    BasicResidual,
    BottleneckResidual,
    ConvNextBlock,
    DenseBlock,
    Fire,
    Inception,
    InvertedResidual,
    MbConv,
    MlpConv,
    ReducedConv2d,
    SeparableConv2d,
    ShuffleUnit,
    SqueezeExcite,
    Transition,
    UNetUp,
)
from engine.layers import (
    Activation,
    Add,
    AvgPool2d,
    BatchNorm,
    ChannelShuffle,
    Concat,
    Conv2d,
    ConvTranspose2d,
    GlobalAvgPool2d,
    LayerNorm,
    MaxPool2d,
    Mul,
    Resize,
    Scale,
    Slice,
)
from engine.network.analysis import analyze
from engine.network.graph import INPUT, Network, Node
from tests.engine.strategies import fields, layers, shapes

RELU, RELU6, NORM = Activation("relu"), Activation("relu6"), BatchNorm()


def reduced_conv2d(block, channels):
    return [
        ("reduce", Conv2d(filters=block.reduce, kernel=1), "input"),
        ("reduce/relu", RELU, "reduce"),
        ("conv", Conv2d(filters=block.filters, kernel=block.kernel, stride=block.stride), "reduce/relu"),
        ("conv/relu", RELU, "conv"),
    ]


def inception(block, channels):
    rows = [("1x1", Conv2d(filters=block.n1x1, kernel=1), "input"), ("1x1/relu", RELU, "1x1")]
    if block.n3x3_reduce:
        rows.append(("3x3_reduce", Conv2d(filters=block.n3x3_reduce, kernel=1), "input"))
        rows.append(("3x3_reduce/relu", RELU, "3x3_reduce"))
    rows.append(("3x3", Conv2d(block.n3x3, kernel=3, padding=1), "3x3_reduce/relu" if block.n3x3_reduce else "input"))
    rows.append(("3x3/relu", RELU, "3x3"))
    if block.n5x5_reduce:
        rows.append(("5x5_reduce", Conv2d(filters=block.n5x5_reduce, kernel=1), "input"))
        rows.append(("5x5_reduce/relu", RELU, "5x5_reduce"))
    rows.append(("5x5", Conv2d(block.n5x5, kernel=5, padding=2), "5x5_reduce/relu" if block.n5x5_reduce else "input"))
    rows.append(("5x5/relu", RELU, "5x5"))
    rows.append(("pool", MaxPool2d(kernel=3, stride=1, padding=1), "input"))
    last = "pool"
    if block.pool_proj:
        rows.append(("pool_proj", Conv2d(filters=block.pool_proj, kernel=1), "pool"))
        rows.append(("pool_proj/relu", RELU, "pool_proj"))
        last = "pool_proj/relu"
    return [*rows, ("concat", Concat(), "1x1/relu", "3x3/relu", "5x5/relu", last)]


def mlpconv(block, channels):
    conv = Conv2d(filters=block.filters, kernel=block.kernel, stride=block.stride, padding=block.padding)
    return [
        ("conv", conv, "input"),
        ("conv/relu", RELU, "conv"),
        ("mlp1", Conv2d(filters=block.mlp1, kernel=1), "conv/relu"),
        ("mlp1/relu", RELU, "mlp1"),
        ("mlp2", Conv2d(filters=block.mlp2, kernel=1), "mlp1/relu"),
        ("mlp2/relu", RELU, "mlp2"),
    ]


def plain(filters, kernel, stride=1, groups=1):
    """A convolution without a bias, its padding half of its odd kernel."""
    return Conv2d(filters, kernel, stride, padding=(kernel - 1) // 2, groups=groups, bias=False)


def residual_sum(block, channels, last):
    """The shortcut past the convolutions, the sum, and its ReLU."""
    projected = block.shortcut == "projection"
    if block.shortcut == "auto" and (channels, block.stride) != (block.filters, 1):
        projected = True
    if not projected:
        return [("add", Add(), last, "input"), ("add/relu", RELU, "add")]
    return [
        ("shortcut", plain(block.filters, 1, block.stride), "input"),
        ("shortcut/bn", NORM, "shortcut"),
        ("add", Add(), last, "shortcut/bn"),
        ("add/relu", RELU, "add"),
    ]


def basic_residual(block, channels):
    return [
        ("conv1", plain(block.filters, 3, block.stride), "input"),
        ("conv1/bn", NORM, "conv1"),
        ("conv1/relu", RELU, "conv1/bn"),
        ("conv2", plain(block.filters, 3), "conv1/relu"),
        ("conv2/bn", NORM, "conv2"),
        *residual_sum(block, channels, "conv2/bn"),
    ]


def bottleneck_residual(block, channels):
    strides = {"1x1": (block.stride, 1), "3x3": (1, block.stride)}[block.strided]
    return [
        ("conv1", plain(block.reduce, 1, strides[0]), "input"),
        ("conv1/bn", NORM, "conv1"),
        ("conv1/relu", RELU, "conv1/bn"),
        ("conv2", plain(block.reduce, 3, strides[1], groups=block.groups), "conv1/relu"),
        ("conv2/bn", NORM, "conv2"),
        ("conv2/relu", RELU, "conv2/bn"),
        *(excitation("se/", "conv2/relu", block.reduce, block.squeeze) if block.squeeze else []),
        ("conv3", plain(block.filters, 1), "se/scale" if block.squeeze else "conv2/relu"),
        ("conv3/bn", NORM, "conv3"),
        *residual_sum(block, channels, "conv3/bn"),
    ]


def dense_block(block, channels):
    """Every layer on its own; its inputs are named anew for each."""
    rows = []
    for number in range(1, block.layers + 1):
        layer = f"layer{number}"
        received = "input" if number == 1 else f"layer{number - 1}/concat"
        rows += [(f"{layer}/bn", NORM, received), (f"{layer}/relu", RELU, f"{layer}/bn")]
        before = f"{layer}/relu"
        if block.bottleneck:
            rows.append((f"{layer}/reduce", plain(block.bottleneck * block.growth, 1), before))
            rows.append((f"{layer}/reduce/bn", NORM, f"{layer}/reduce"))
            rows.append((f"{layer}/reduce/relu", RELU, f"{layer}/reduce/bn"))
            before = f"{layer}/reduce/relu"
        rows.append((f"{layer}/conv", plain(block.growth, 3), before))
        rows.append((f"{layer}/concat", Concat(), received, f"{layer}/conv"))
    return rows


def transition(block, channels):
    return [
        ("bn", NORM, "input"),
        ("relu", RELU, "bn"),
        ("conv", plain(int(channels * block.compression), 1), "relu"),
        ("pool", AvgPool2d(kernel=2, stride=2), "conv"),
    ]


def fire(block, channels):
    return [
        ("squeeze", Conv2d(filters=block.squeeze, kernel=1), "input"),
        ("squeeze/relu", RELU, "squeeze"),
        ("expand1x1", Conv2d(filters=block.expand1x1, kernel=1), "squeeze/relu"),
        ("expand1x1/relu", RELU, "expand1x1"),
        ("expand3x3", Conv2d(filters=block.expand3x3, kernel=3, padding=1), "squeeze/relu"),
        ("expand3x3/relu", RELU, "expand3x3"),
        ("concat", Concat(), "expand1x1/relu", "expand3x3/relu"),
    ]


def separable_conv2d(block, channels):
    windows = {"kernel": block.kernel, "stride": block.stride, "padding": block.padding}
    depthwise = Conv2d(channels * block.depth_multiplier, **windows, groups=channels, bias=not block.batch_norm)
    pointwise = Conv2d(block.filters, 1, bias=not block.batch_norm)
    rows, before = [], "input"
    for name, layer in (("depthwise", depthwise), ("pointwise", pointwise)):
        rows.append((name, layer, before))
        before = name
        if block.batch_norm:
            rows.append((f"{name}/bn", NORM, before))
            before = f"{name}/bn"
        if block.function != "none":
            rows.append((f"{name}/{block.function}", Activation(block.function), before))
            before = f"{name}/{block.function}"
    return rows


def inverted_residual(block, channels):
    expanded = channels * block.expansion
    rows = []
    if block.expansion != 1:
        rows += [("expand", plain(expanded, 1), "input"), ("expand/bn", NORM, "expand")]
        rows.append(("expand/relu6", RELU6, "expand/bn"))
    rows += [
        ("depthwise", plain(expanded, 3, block.stride, groups=expanded), rows[-1][0] if rows else "input"),
        ("depthwise/bn", NORM, "depthwise"),
        ("depthwise/relu6", RELU6, "depthwise/bn"),
        ("project", plain(block.filters, 1), "depthwise/relu6"),
        ("project/bn", NORM, "project"),
    ]
    if (block.stride, block.filters) == (1, channels):
        rows.append(("add", Add(), "project/bn", "input"))
    return rows


def excitation(prefix, source, channels, squeeze, function="relu", gate="sigmoid"):
    return [
        (f"{prefix}mean", GlobalAvgPool2d(), source),
        (f"{prefix}squeeze", Conv2d(squeeze, 1), f"{prefix}mean"),
        (f"{prefix}squeeze/{function}", Activation(function), f"{prefix}squeeze"),
        (f"{prefix}excite", Conv2d(channels, 1), f"{prefix}squeeze/{function}"),
        (f"{prefix}excite/{gate}", Activation(gate), f"{prefix}excite"),
        (f"{prefix}scale", Mul(), source, f"{prefix}excite/{gate}"),
    ]


def squeeze_excite(block, channels):
    return excitation("", "input", channels, block.squeeze, block.squeeze_function, block.gate)


def mbconv(block, channels):
    function = Activation(block.function)
    rows = []
    if block.wide != channels:
        rows += [("expand", plain(block.wide, 1), "input"), ("expand/bn", NORM, "expand")]
        rows.append((f"expand/{block.function}", function, "expand/bn"))
    depthwise = Conv2d(block.wide, block.kernel, block.stride, (block.kernel - 1) // 2, groups=block.wide, bias=False)
    rows += [
        ("depthwise", depthwise, rows[-1][0] if rows else "input"),
        ("depthwise/bn", NORM, "depthwise"),
        (f"depthwise/{block.function}", function, "depthwise/bn"),
    ]
    if block.squeeze > 0:
        rows += excitation("se/", rows[-1][0], block.wide, block.squeeze, block.squeeze_function, block.gate)
    rows += [("project", plain(block.filters, 1), rows[-1][0]), ("project/bn", NORM, "project")]
    if (block.stride, block.filters) == (1, channels):
        rows.append(("add", Add(), "project/bn", "input"))
    return rows


def shuffle_unit(block, channels):
    half = block.filters // 2
    if block.stride == 1:
        first = [("pass", Slice(0, half), "input"), ("take", Slice(half), "input")]
        ends = ["take", "pass"]
    else:
        first = [
            ("shortcut/depthwise", plain(channels, 3, block.stride, groups=channels), "input"),
            ("shortcut/depthwise/bn", NORM, "shortcut/depthwise"),
            ("shortcut/pointwise", plain(half, 1), "shortcut/depthwise/bn"),
            ("shortcut/pointwise/bn", NORM, "shortcut/pointwise"),
            ("shortcut/pointwise/relu", RELU, "shortcut/pointwise/bn"),
        ]
        ends = ["input", "shortcut/pointwise/relu"]
    return [
        *first,
        ("reduce", plain(half, 1), ends[0]),
        ("reduce/bn", NORM, "reduce"),
        ("reduce/relu", RELU, "reduce/bn"),
        ("depthwise", plain(half, 3, block.stride, groups=half), "reduce/relu"),
        ("depthwise/bn", NORM, "depthwise"),
        ("pointwise", plain(half, 1), "depthwise/bn"),
        ("pointwise/bn", NORM, "pointwise"),
        ("pointwise/relu", RELU, "pointwise/bn"),
        ("concat", Concat(), ends[1], "pointwise/relu"),
        ("shuffle", ChannelShuffle(2), "concat"),
    ]


def convnext_block(block, channels):
    return [
        ("depthwise", Conv2d(channels, block.kernel, groups=channels), "input"),
        ("norm", LayerNorm(1e-6), "depthwise"),
        ("widen", Conv2d(channels * block.expansion, 1), "norm"),
        ("widen/gelu", Activation("gelu"), "widen"),
        ("narrow", Conv2d(channels, 1), "widen/gelu"),
        ("scale", Scale(), "narrow"),
        ("add", Add(), "scale", "input"),
    ]


def unet_up(block, channels):
    bias, rows, before = not block.batch_norm, [], "concat"
    up = {"transposed": ConvTranspose2d(block.filters, 2, 2, 0), "bilinear": Resize(2.0, mode="bilinear")}[block.mode]
    for name in ("conv1", "conv2"):
        rows.append((name, Conv2d(block.filters, 3, padding=1, bias=bias), before))
        if block.batch_norm:
            rows.append((f"{name}/bn", NORM, name))
        rows.append((f"{name}/relu", RELU, rows[-1][0]))
        before = f"{name}/relu"
    return [("up", up, "second input"), ("concat", Concat(), "up", "input"), *rows]


FORMS = {
    ReducedConv2d: reduced_conv2d,
    Inception: inception,
    MlpConv: mlpconv,
    BasicResidual: basic_residual,
    BottleneckResidual: bottleneck_residual,
    DenseBlock: dense_block,
    Transition: transition,
    Fire: fire,
    SeparableConv2d: separable_conv2d,
    InvertedResidual: inverted_residual,
    MbConv: mbconv,
    SqueezeExcite: squeeze_excite,
    ShuffleUnit: shuffle_unit,
    ConvNextBlock: convnext_block,
    UNetUp: unet_up,
}


def nodes_of(name, block, channels, *sources):
    """The nodes that a block called `name` stands for if it receives so many channels from the first of `sources`."""
    inputs = dict(zip(("input", "second input"), sources, strict=False))
    return [
        Node(f"{name}/{part}", layer, tuple(inputs.get(other, f"{name}/{other}") for other in received))
        for part, layer, *received in FORMS[type(block)](block, channels)
    ]


@st.composite
def blocks(draw, kind):
    """A block and the shape of an input that fits its layers by hand; often with as many channels as its output."""
    block, shape = draw(layers(kind)), draw(shapes)
    shape = shape._replace(height=shape.height + 2, width=shape.width + 2)
    if kind.min_inputs > 1:
        shape = shape._replace(height=2 * shape.height, width=2 * shape.width)
    if hasattr(block, "filters") and draw(st.booleans()):
        shape = shape._replace(channels=block.filters)
    optional = {field.name: field.default for field, _, _ in fields(kind) if not field.required}
    received = received_shapes(block, shape)
    for mistake in list(block.mistakes(received)):
        default = {mistake.setting: optional[mistake.setting]} if mistake.setting in optional else {}
        block = replace(block, **(default or dict(mistake.fixes[0].changes)))
    assume(not any(block.mistakes(received)))
    nodes = (BESIDE[kind.min_inputs], *nodes_of("block", block, shape.channels, INPUT, "beside"))
    assume(not any(report.mistakes for report in analyze(Network(nodes), shape).reports))
    return block, shape


BESIDE = {1: Node("beside", Activation("tanh"), (INPUT,)), 2: Node("beside", AvgPool2d(2), (INPUT,))}
"""By number of inputs of a block, the node whose output is the second, of half the height and width."""


def received_shapes(block, shape):
    """The shapes of a block's inputs, the first of which is given."""
    return [shape, shape._replace(height=shape.height // 2, width=shape.width // 2)][: block.min_inputs]

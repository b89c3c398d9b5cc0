"""Which of our layers an operator of ONNX is: one row an operator."""

from collections.abc import Callable

from engine.layers import (
    AvgPool2d,
    BatchNorm,
    ChannelPool,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dense,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    GroupNorm,
    Layer,
    LayerNorm,
    LocalResponseNorm,
    MaxPool2d,
)
from engine.layers.channel_pool import ChannelFunction
from engine.network.weight_specs import FileWeights
from engine.onnx_files.operands import GROUP_NORM, LAYER_NORM, SAME_MODES, Match, Operands, make_layer
from engine.onnx_files.tensors import NotNative, Tensor
from engine.shapes import dilated_extent, same_padding


def _padding(operands: Operands, tensor: Tensor, kernel: tuple[int, int]) -> object:
    """The padding of windows, with the margins that the tensor waits for."""
    mode = operands.setting("auto_pad", "NOTSET")
    stride, dilation = (operands.pair(name) for name in ("strides", "dilations"))
    if mode in SAME_MODES and dilation != (1, 1) and operands.node.operator != "Conv":
        raise NotNative(f"auto_pad is {mode}, for which ONNX Runtime leaves dilations {list(dilation)} out")
    if mode == "SAME_UPPER" and not any(tensor.margins):
        return "same"
    if mode in SAME_MODES:
        tensor.require_no_margins()
        if min(*stride, *dilation, *kernel) < 1:
            raise NotNative("a stride, dilation or kernel below 1")
        extents = zip(tensor.volume[1:], kernel, stride, dilation, strict=True)
        rows, columns = (same_padding(size, dilated_extent(k, d), step) for size, k, step, d in extents)
        return (rows[1], columns[1], rows[0], columns[0])  # the odd pixel goes before
    return tuple(own + more for own, more in zip(operands.pads(), tensor.margins, strict=True))


def _conv(operands: Operands) -> Match:
    tensor = operands.maps()
    name, (filters, _, *kernel) = operands.filters()
    bias = operands.vector_name(2, filters) if len(operands.node.inputs) > 2 else ""
    layer = make_layer(
        Conv2d,
        filters=filters,
        kernel=tuple(kernel),
        stride=operands.pair("strides"),
        padding=_padding(operands, tensor, (kernel[0], kernel[1])),
        dilation=operands.pair("dilations"),
        groups=operands.setting("group", 1),
        bias=bool(bias),
    )
    return Match(layer, (tensor,), weights=FileWeights(operands.path, name, bias, layout="oihw"))


def _conv_transpose(operands: Operands) -> Match:
    tensor = operands.plain_maps()
    name, (_, own, *kernel) = operands.filters()
    groups, filters = operands.setting("group", 1), own * operands.setting("group", 1)
    bias = operands.vector_name(2, filters) if len(operands.node.inputs) > 2 else ""
    layer = make_layer(
        ConvTranspose2d,
        filters=filters,
        kernel=tuple(kernel),
        stride=operands.pair("strides"),
        padding=_transposed_padding(operands, tensor),
        output_padding=operands.pair("output_padding", (0, 0)),
        dilation=operands.pair("dilations"),
        groups=groups,
        bias=bool(bias),
    )
    return Match(layer, (tensor,), weights=FileWeights(operands.path, name, bias, layout="oihw"))


def _transposed_padding(operands: Operands, tensor: Tensor) -> object:
    """What is cut off the output of a transposed convolution: stated, or what its stated size leaves over."""
    mode, stated = operands.setting("auto_pad", "NOTSET"), operands.setting("output_shape")
    if stated is None and mode not in SAME_MODES:
        return operands.pads()
    strides, dilations, added = (
        operands.pair(name, default)
        for name, default in (("strides", (1, 1)), ("dilations", (1, 1)), ("output_padding", (0, 0)))
    )
    multiples = tuple(extent * step for extent, step in zip(tensor.volume[1:], strides, strict=True))
    sizes = multiples if stated is None else tuple(stated)[-2:]
    extents = [dilated_extent(*axis) for axis in zip(operands.filters()[1][2:], dilations, strict=True)]
    whole = [(n - 1) * s + k + p for n, s, k, p in zip(tensor.volume[1:], strides, extents, added, strict=True)]
    surplus = [size - final for size, final in zip(whole, sizes, strict=True)]
    if stated is not None and min(surplus) < 0:
        raise NotNative(f"its output has the size {list(sizes)}; at most {whole} is expected")
    if mode == "SAME_UPPER" and sizes == multiples and min(surplus) >= 0:
        return "same"
    # Without a stated size, what the windows do not reach is left out.
    top, left = (max(more, 0) // 2 if mode == "SAME_UPPER" else -(-max(more, 0) // 2) for more in surplus)
    return (top, left, max(surplus[0], 0) - top, max(surplus[1], 0) - left)


def _pool(kind: type[Layer], **flags: str) -> Callable[[Operands], Match]:
    """Pooling of a kind; `flags` are further settings of it by the attributes that they are in ONNX."""

    def match(operands: Operands) -> Match:
        tensor = operands.plain_maps()
        operands.require(storage_order=0)
        dilation = operands.pair("dilations")
        if "dilation" not in kind.__struct_fields__:
            operands.require(dilations=(1, 1))
        if len(operands.node.outputs) > 1 and operands.node.outputs[1]:
            raise NotNative("its second output, the places of the largest values, is used")
        kernel = operands.pair("kernel_shape", ())
        layer = make_layer(
            kind,
            kernel=kernel,
            stride=operands.pair("strides"),
            padding=_padding(operands, tensor, kernel),
            **{name: bool(operands.setting(attribute, 0)) for name, attribute in flags.items()},
            **({"dilation": dilation} if dilation != (1, 1) else {}),
        )
        return Match(layer, (tensor,))

    return match


def _global_pool(layer: Layer) -> Callable[[Operands], Match]:
    return lambda operands: Match(layer, (operands.plain_maps(),))


def _reduced(function: ChannelFunction, whole_map: Layer | None = None) -> Callable[[Operands], Match]:
    """A function of the channels of each pixel; of whole maps it is that layer."""
    return lambda operands: _reduce(operands, ChannelPool(function), whole_map)


def _reduce(operands: Operands, of_channels: Layer, whole_map: Layer | None) -> Match:
    tensor = operands.plain()
    axes_given = operands.constant(1, "axes")
    if axes_given is None or not len(axes_given):
        raise NotNative("it is of all values, or of none")
    rank = len(tensor.axes)
    axes = {int(axis) % rank for axis in axes_given}
    reduced = "".join(tensor.axes[axis] for axis in axes)
    rest = "".join(group for axis, group in enumerate(tensor.axes) if axis not in axes)
    is_of_channels = not set("hw") & set(reduced) and ("c" in reduced or tensor.volume.channels == 1)
    is_of_map = not set("hw") & set(rest) and "c" not in reduced
    layer = whole_map if is_of_map else of_channels if is_of_channels else None
    if layer is None:
        raise NotNative("it is over other axes than the channels, or the rows and columns")
    keep = operands.setting("keepdims", 1)
    groups = tuple("" if axis in axes else group for axis, group in enumerate(tensor.axes) if keep or axis not in axes)
    return Match(layer, (tensor,), groups)


def _batch_norm(operands: Operands) -> Match:
    tensor = operands.by_channels()
    operands.require(training_mode=0)
    if len(operands.node.outputs) > 1:  # even if nothing needs them, they say that it trains
        raise NotNative("its further outputs, the statistics of training, are used")
    gamma, beta, mean, var = (operands.stored_name(index, (tensor.volume.channels,)) for index in range(1, 5))
    layer = make_layer(BatchNorm, epsilon=operands.setting("epsilon", 1e-5))
    weights = FileWeights(operands.path, gamma=gamma, beta=beta, mean=mean, var=var)
    return Match(layer, (tensor,), tensor.axes, weights)


def _norm_weights(operands: Operands, tensor: Tensor) -> FileWeights:
    """The gamma and beta that a node receives after its volume; those of composites are along its channels."""
    if len(operands.node.inputs) < 3:
        raise NotNative("it has no beta")
    gamma, beta = (operands.vector_name(index, tensor.volume.channels) for index in (1, 2))
    if operands.node.operator in (LAYER_NORM, GROUP_NORM):
        gamma, beta = (operands.channel_name(index, tensor) for index in (1, 2))
    return FileWeights(operands.path, gamma=gamma, beta=beta)


def _layer_norm(operands: Operands) -> Match:
    """LayerNormalization, whose last axes are normalized, and what composites find: along the channels."""
    tensor, channels = operands.plain(), operands.plain().volume.channels
    axis = operands.setting("axis", -1) % tensor.rank
    along = "".join(tensor.axes[axis:]) if operands.node.operator != LAYER_NORM else tensor.axes[axis]
    if along != ("c" if channels > 1 else "") or tensor.shape[axis] != channels:
        raise NotNative("it is over other axes than the channels")
    if any(operands.node.outputs[1:]):
        raise NotNative("its mean and deviation are used")
    layer = make_layer(LayerNorm, epsilon=operands.setting("epsilon", 1e-5))
    return Match(layer, (tensor,), tensor.axes, _norm_weights(operands, tensor))


def _group_norm(operands: Operands) -> Match:
    """Group and instance norm; before version 21, gamma and beta were those of groups, which ours has not."""
    tensor = operands.plain_maps()
    channels = tensor.volume.channels
    groups = channels if operands.node.operator == "InstanceNormalization" else operands.setting("num_groups", 1)
    layer = make_layer(GroupNorm, groups=groups, epsilon=operands.setting("epsilon", 1e-5))
    return Match(layer, (tensor,), weights=_norm_weights(operands, tensor))


def _lrn(operands: Operands) -> Match:
    tensor = operands.plain_maps()
    size = operands.setting("size", 0)
    if size % 2 == 0:
        raise NotNative(f"size is {size}; an odd one is expected, as ours takes the odd channel on the other side")
    settings = {name: operands.setting(name, default) for name, default in (("alpha", 1e-4), ("beta", 0.75))}
    return Match(make_layer(LocalResponseNorm, size=size, k=operands.setting("bias", 1.0), **settings), (tensor,))


def _dense(operands: Operands) -> Match:
    """Gemm, and MatMul, which has no bias: of all values, or at each pixel of those of its channels."""
    tensor = operands.plain()
    operands.require(alpha=1.0, transA=0)
    is_pointwise = tensor.rank > 2 and tensor.axes[-1] == "c" and not any("c" in group for group in tensor.axes[:-1])
    is_row = len(tensor.axes) == 2 and not tensor.axes[0] and tensor.letters == tensor.letters_in_order
    if not is_pointwise and not is_row:
        raise NotNative(f"its input has the shape {list(tensor.shape)}; one row in the order C, H, W is expected")
    name = operands.stored_name(1, rank=2)
    shape = operands.stored[name].shape
    own = bool(operands.setting("transB", 0))
    units, values = shape if own else shape[::-1]
    expected = tensor.volume.channels if is_pointwise else tensor.volume.size
    if values != expected:
        raise NotNative(f"its weights are for {values} values; it receives {expected}")
    bias = operands.row_name(2, units) if len(operands.node.inputs) > 2 else ""
    if bias:
        operands.require(beta=1.0)
    weights = FileWeights(operands.path, name, bias, layout="oi" if own else "io")
    if is_pointwise:
        convolution = make_layer(Conv2d, filters=units, kernel=1, bias=bool(bias))
        return Match(convolution, (tensor,), (*tensor.axes[:-1], "c"), weights)
    return Match(make_layer(Dense, units=units, bias=bool(bias)), (tensor,), ("", "c"), weights)


def _concat(operands: Operands) -> Match:
    tensors = operands.every()
    rank = len(tensors[0].axes)
    axis = operands.setting("axis", 1) % rank
    first, *others = {(*tensor.axes[:axis], *tensor.axes[axis + 1 :]) for tensor in tensors}
    unused = next((letter for letter in "cwh" if letter not in "".join(first)), "")
    letter, *more = {tensor.axes[axis] for tensor in tensors} - {""} or {unused}
    is_axis = letter in _ALONG and not more and not others and (axis or rank == 1)
    if not is_axis or any(tensor.shape[axis] != tensor.sizes[letter] for tensor in tensors):
        raise NotNative("it joins along other than one axis of its inputs")
    axes = tensors[0].axes
    layer = make_layer(Concat, along=_ALONG[letter])
    return Match(layer, tuple(tensors), (*axes[:axis], letter, *axes[axis + 1 :]))


_ALONG = {"c": "channels", "h": "rows", "w": "columns"}


ONNX_OPERATORS: dict[str, Callable[[Operands], Match]] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "GroupNormalization": _group_norm,
    "InstanceNormalization": _group_norm,
    LAYER_NORM: _layer_norm,
    GROUP_NORM: _group_norm,
    "LRN": _lrn,
    "MaxPool": _pool(MaxPool2d, ceil="ceil_mode"),
    "AveragePool": _pool(AvgPool2d, ceil="ceil_mode", count_padding="count_include_pad"),
    "GlobalAveragePool": _global_pool(GlobalAvgPool2d()),
    "GlobalMaxPool": _global_pool(GlobalMaxPool2d()),
    "ReduceMean": _reduced("mean", GlobalAvgPool2d()),
    "ReduceMax": _reduced("max", GlobalMaxPool2d()),
    "ReduceMin": _reduced("min"),
    "ReduceSum": _reduced("sum"),
    "ReduceL2": _reduced("l2"),
    "Gemm": _dense,
    "MatMul": _dense,
    "Concat": _concat,
}
"""Each raises NotNative with the reason if a node is beyond what our layer does."""

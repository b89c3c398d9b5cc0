"""What normalizations are in an ONNX graph: one row a kind."""

import numpy as np

from engine.layers import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm, Scale
from engine.model_export.onnx_graph import REDUCED_AXES, OnnxKind, OnnxScope

_LAYER_NORM = 17
"""The version of the operators from which on there is LayerNormalization."""


def _batch_norm(at: OnnxScope) -> None:
    weights = at.weights("gamma", "beta", "mean", "var")
    at.last_elementwise("BatchNormalization", *at.any_form(), *weights, epsilon=at.layer.epsilon)


def _scale(at: OnnxScope) -> None:
    """A product and a sum, as far as the layer has both; numbers by position are those of maps."""
    is_vector = at.is_vector and not at.layer.by_position
    value = at.vector() if is_vector else at.maps()
    arrays = {
        role: array if at.layer.by_position else array.reshape((-1,) if is_vector else (-1, 1, 1))
        for role, array in at.planned.arrays.items()
    }
    nodes = [(operator, role) for operator, role in (("Mul", "gamma"), ("Add", "bias")) if role in arrays]
    for operator, role in nodes[:-1]:
        value = at.step(operator, value, at.constant(role, arrays[role]))
    for operator, role in nodes[-1:]:
        at.last(operator, value, at.constant(role, arrays[role]), is_vector=is_vector)
    if not nodes:
        at.last("Identity", value, is_vector=is_vector)


def _layer_norm(at: OnnxScope) -> None:
    """Over the channels: the last axis of a vector, the second of maps."""
    if at.graph.opset >= _LAYER_NORM and at.is_vector:
        weights = at.weights("gamma", "beta")
        at.last("LayerNormalization", at.vector(), *weights, epsilon=at.layer.epsilon, is_vector=True)
    elif at.graph.opset >= _LAYER_NORM:
        rows = at.step("Transpose", at.maps(), perm=[0, 2, 3, 1])
        normed = at.step("LayerNormalization", rows, *at.weights("gamma", "beta"), epsilon=at.layer.epsilon)
        at.last("Transpose", normed, perm=[0, 3, 1, 2])
    else:
        centred = at.step("Sub", at.maps(), _mean(at, at.maps()))
        variance = _mean(at, at.step("Mul", centred, centred))
        deviation = at.step("Sqrt", at.step("Add", variance, at.constant("epsilon", at.layer.epsilon)))
        _shift_and_scale(at, at.step("Div", centred, deviation))


def _mean(at: OnnxScope, maps: str) -> str:
    if at.graph.opset < REDUCED_AXES:
        return at.step("ReduceMean", maps, axes=[1])
    return at.step("ReduceMean", maps, at.constant("axes", [1], np.int64))


def _group_norm(at: OnnxScope) -> None:
    """Instance norm of groups as one long map each."""
    groups, name = at.layer.groups, at.planned.name
    flat = at.graph.reshaped(at.maps(), f"{name}/groups", (0, groups, -1))
    ones, zeros = at.constant("ones", np.ones(groups)), at.constant("zeros", np.zeros(groups))
    normed = at.step("InstanceNormalization", flat, ones, zeros, epsilon=at.layer.epsilon)
    _shift_and_scale(at, at.graph.reshaped(normed, f"{name}/normed", (0, *at.planned.output_shape)))


def _shift_and_scale(at: OnnxScope, maps: str) -> None:
    gamma, beta = (at.planned.arrays[role].reshape(-1, 1, 1) for role in ("gamma", "beta"))
    at.last("Add", at.step("Mul", maps, at.constant("gamma", gamma)), at.constant("beta", beta))


def _lrn(at: OnnxScope) -> None:
    layer = at.layer
    if layer.size % 2:
        at.last("LRN", at.maps(), size=layer.size, alpha=layer.alpha, beta=layer.beta, bias=layer.k)
        return
    # The operator is for odd sizes: the mean of squares over channels as rows of one map.
    channels, height, width = at.received
    square = at.step("Mul", at.maps(), at.maps())
    rows = at.graph.reshaped(square, f"{at.planned.name}/rows", (0, 1, channels, height * width))
    pads = [layer.size // 2, 0, (layer.size - 1) // 2, 0]
    mean = at.step("AveragePool", rows, kernel_shape=[layer.size, 1], pads=pads, count_include_pad=1)
    maps = at.graph.reshaped(mean, f"{at.planned.name}/means", (0, channels, height, width))
    base = at.step("Add", at.step("Mul", maps, at.constant("alpha", layer.alpha)), at.constant("k", layer.k))
    at.last("Div", at.maps(), at.step("Pow", base, at.constant("beta", layer.beta)))


ONNX_NORMS: tuple[OnnxKind, ...] = (
    OnnxKind(BatchNorm, _batch_norm),
    OnnxKind(LayerNorm, _layer_norm),
    OnnxKind(GroupNorm, _group_norm),
    OnnxKind(Scale, _scale),
    OnnxKind(LocalResponseNorm, _lrn),
)

"""Finds functions that several nodes of a graph compute together, and one node in their place."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from engine.files.onnx_constants import opposite_name
from engine.files.onnx_model import Array, GraphNode
from engine.onnx_files.function_patterns import FUNCTION_PATTERNS
from engine.onnx_files.operands import GROUP_NORM, LAYER_NORM, SCALE
from engine.onnx_files.surroundings import Found, PatternRow, Surroundings, joined_node, orders


class Composite(Struct, frozen=True, eq=False):
    """A node that stands for several, and these."""

    node: GraphNode
    parts: tuple[GraphNode, ...]
    """In the order of the graph, the last one with the others."""
    title: str


def _affine(last: GraphNode, around: Surroundings) -> tuple[str, str, str, GraphNode] | None:
    """The value that is multiplied by a constant and increased by another, these, and the node of the product."""
    for product, beta in orders(last):
        node = around.inner(product, "Mul")
        if node is None or beta not in around.constants:
            continue
        for value, gamma in orders(node):
            if gamma in around.constants and value not in around.constants:
                return value, gamma, beta, node
    return None


def _layer_norm(last: GraphNode, around: Surroundings) -> Found:
    """``(x − m) / √(mean((x − m)²) + ε) · gamma + beta``, m the mean along one axis."""
    affine = _affine(last, around)
    quotient = None if affine is None else around.inner(affine[0], "Div")
    root = None if quotient is None else around.inner(quotient.inputs[1], "Sqrt")
    shifted = None if root is None else around.inner(root.inputs[0], "Add")
    epsilon = None if shifted is None else around.split(shifted)
    variance = None if epsilon is None else around.inner(epsilon[0], "ReduceMean")
    power = (
        None if variance is None else around.inner(variance.inputs[0], "Pow") or around.inner(variance.inputs[0], "Mul")
    )
    if affine is None or quotient is None or epsilon is None or variance is None or power is None:
        return None
    centred = quotient.inputs[0]
    is_square = power.inputs == (centred, centred) or (
        power.operator == "Pow" and power.inputs[0] == centred and around.number(power.inputs[1]) == 2
    )
    difference = around.shared(centred, "Sub", 2 if power.operator == "Pow" else 3)
    mean = None if difference is None else around.inner(difference.inputs[1], "ReduceMean")
    if not is_square or difference is None or mean is None or root is None or shifted is None:
        return None
    axes = [_reduced_axes(node, around) for node in (mean, variance)]
    if mean.inputs[0] != difference.inputs[0] or len(axes[0]) != 1 or axes[0] != axes[1]:
        return None
    settings = {"axis": axes[0][0], "epsilon": epsilon[1]}
    node = replace(joined_node(last, LAYER_NORM, mean.inputs[0], affine[1], affine[2]), settings=settings)
    return node, (mean, difference, power, variance, shifted, root, quotient, affine[3])


def _reduced_axes(node: GraphNode, around: Surroundings) -> tuple[int, ...]:
    """The axes of a mean that keeps them; () if they are not known."""
    axes = around.constants.get(node.inputs[1]) if len(node.inputs) > 1 else node.settings.get("axes")
    return tuple(int(axis) for axis in axes) if axes is not None and node.settings.get("keepdims", 1) else ()


def _group_norm(last: GraphNode, around: Surroundings) -> Found:
    """Instance norm of groups of channels as one channel each, as PyTorch writes group norm."""
    affine = _affine(last, around)
    whole = None if affine is None else around.inner(affine[0], "Reshape")
    norm = None if whole is None else around.inner(whole.inputs[0], "InstanceNormalization")
    parts = None if norm is None else around.inner(norm.inputs[0], "Reshape")
    shape = None if parts is None else around.constants.get(parts.inputs[1])
    if affine is None or whole is None or norm is None or parts is None or shape is None or len(norm.inputs) < 3:
        return None
    scale, bias = (around.constants.get(name) for name in norm.inputs[1:])
    is_plain = scale is not None and bias is not None and bool(np.all(scale == 1)) and not np.any(bias)
    if not is_plain or len(shape) != 3 or shape[2] != -1 or shape[1] < 1:
        return None
    settings = {"num_groups": int(shape[1]), "epsilon": norm.settings.get("epsilon", 1e-5)}
    node = replace(joined_node(last, GROUP_NORM, parts.inputs[0], affine[1], affine[2]), settings=settings)
    return node, (parts, norm, whole, affine[3])


def _dense_with_bias(last: GraphNode, around: Surroundings) -> Found:
    for product, bias in orders(last):
        node = around.inner(product, "MatMul")
        constant = around.constants.get(bias)
        if node is not None and len(node.inputs) == 2 and constant is not None and constant.ndim == 1:
            weight = around.constants.get(node.inputs[1])
            if weight is not None and weight.ndim == 2 and weight.shape[1:] == constant.shape:
                return replace(joined_node(last, "Gemm", *node.inputs, bias), name=node.name), (node,)
    return None


def _conv_with_bias(last: GraphNode, around: Surroundings) -> Found:
    for product, bias in orders(last):
        passed = around.inner(product, "Identity")
        source = product if passed is None else passed.inputs[0]
        node = around.inner(source, "Conv") or around.inner(source, "ConvTranspose")
        weight = None if node is None or len(node.inputs) != 2 else around.constants.get(node.inputs[1])
        constant = around.constants.get(bias)
        if node is not None and weight is not None and constant is not None and weight.ndim == 4:
            is_transposed = node.operator == "ConvTranspose"
            filters = weight.shape[1] * node.settings.get("group", 1) if is_transposed else weight.shape[0]
            if constant.shape in ((1, filters, 1, 1), (filters, 1, 1)):
                parts = (node,) if passed is None else (node, passed)
                return replace(node, inputs=(*node.inputs, bias), outputs=last.outputs), parts
    return None


def _scale_with_bias(last: GraphNode, around: Surroundings) -> Found:
    """``gamma · x + beta``, both constants; a quotient and a difference have the opposites of theirs."""
    for product, beta in _constant_operands(last, around):
        node = around.inner(product, "Mul") or around.inner(product, "Div")
        operands = None if node is None else next(_constant_operands(node, around), None)
        if node is not None and operands is not None:
            return joined_node(last, SCALE, *operands, beta), (node,)
    return None


def _constant_operands(node: GraphNode, around: Surroundings) -> Iterator[tuple[str, str]]:
    """Yield the value and the constant of a node of two operands; a subtrahend and a divisor as their opposites."""
    is_ordered = node.operator in ("Sub", "Div")
    for value, other in orders(node)[: 1 if is_ordered else 2]:
        constant = opposite_name(node.operator, other) if is_ordered else other
        if constant in around.constants and value not in around.constants:
            yield value, constant


_PATTERNS: tuple[PatternRow, ...] = (
    *FUNCTION_PATTERNS,
    ("Add", "layer norm", _layer_norm),
    ("Add", "group norm", _group_norm),
    ("Add", "convolution with bias", _conv_with_bias),
    ("Add", "dense with bias", _dense_with_bias),
    ("Add", "scale with bias", _scale_with_bias),
    ("Sub", "scale with bias", _scale_with_bias),
)


def join_composites(
    nodes: Sequence[GraphNode], constants: Mapping[str, Array], outputs: Sequence[str]
) -> tuple[list[GraphNode], list[Composite]]:
    """The nodes with one in place of each function that several compute."""
    around = Surroundings(nodes, constants, outputs)
    composites: dict[str, Composite] = {}
    for node in nodes:
        for operator, title, pattern in _PATTERNS:
            match = pattern(node, around) if node.operator == operator else None
            if match is not None:
                joined, parts = match
                own = {id(part) for part in (*parts, node)}
                composites[node.name] = Composite(joined, tuple(part for part in nodes if id(part) in own), title)
                break
    # A function within another one, as the gate of a hard swish, is a part of that.
    inner = {part.name for name, composite in composites.items() for part in composite.parts if part.name != name}
    composites = {name: composite for name, composite in composites.items() if name not in inner}
    remaining = [
        composites[node.name].node if node.name in composites else node
        for node in nodes
        if node.name in composites or node.name not in inner
    ]
    return remaining, list(composites.values())

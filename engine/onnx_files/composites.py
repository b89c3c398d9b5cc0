"""Finds functions that several nodes of a graph compute together, and one node in their place."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from engine.files.onnx_model import Array, GraphNode, output_users
from engine.onnx_files.operators import GATE, GROUP_NORM, HARD_GATE, LAYER_NORM, SCALE


class Composite(Struct, frozen=True, eq=False):
    """A node that stands for several, and these."""

    node: GraphNode
    parts: tuple[GraphNode, ...]
    """In the order of the graph, the last one with the others."""
    title: str


class Surroundings:
    """The makers and users of values, for patterns: they look from the last node of a function back."""

    def __init__(self, nodes: Sequence[GraphNode], constants: Mapping[str, Array], outputs: Sequence[str]) -> None:
        self.makers = {name: node for node in nodes for name in node.outputs}
        self.constants = constants
        self._users = output_users(nodes)
        self._outputs = frozenset(outputs)

    def inner(self, value: str, operator: str) -> GraphNode | None:
        """The node that makes a value, if it is of this operator and nothing else needs the value."""
        node = self.makers.get(value)
        if node is None or node.operator != operator or value in self._outputs or len(self._users[value]) != 1:
            return None
        return node

    def shared(self, value: str, operator: str, count: int) -> GraphNode | None:
        """The node that makes a value, if it is of this operator and so many inputs of nodes need the value."""
        node = self.makers.get(value)
        if node is None or node.operator != operator or value in self._outputs or len(self._users[value]) != count:
            return None
        return node

    def number(self, value: str) -> float | None:
        """A constant that is one number."""
        array = self.constants.get(value)
        return float(array.reshape(())) if array is not None and array.size == 1 else None

    def split(self, node: GraphNode) -> tuple[str, float] | None:
        """The value and the number that a node of two operands combines, in either order."""
        if len(node.inputs) == 2:
            for value, other in (node.inputs, node.inputs[::-1]):
                number = self.number(other)
                if number is not None and value not in self.constants:
                    return value, number
        return None


_Pattern = Callable[[GraphNode, Surroundings], "tuple[GraphNode, tuple[GraphNode, ...]] | None"]
"""From the last node of a function to the node in its place and the other parts; None if it is no such function."""


def _silu(last: GraphNode, around: Surroundings) -> tuple[GraphNode, tuple[GraphNode, ...]] | None:
    for value, gate in (last.inputs, last.inputs[::-1]) if len(last.inputs) == 2 else ():
        node = around.makers.get(gate)
        if (
            node is not None
            and node.operator == "Sigmoid"
            and node.inputs == (value,)
            and around.inner(gate, "Sigmoid")
        ):
            return _joined(last, GATE, value), (node,)
    return None


def _mish(last: GraphNode, around: Surroundings) -> tuple[GraphNode, tuple[GraphNode, ...]] | None:
    """``x · tanh(softplus(x))``."""
    for value, gate in _orders(last):
        tanh = around.inner(gate, "Tanh")
        softplus = None if tanh is None else around.inner(tanh.inputs[0], "Softplus")
        if tanh is not None and softplus is not None and softplus.inputs == (value,):
            return _joined(last, "Mish", value), (softplus, tanh)
    return None


def _hard_sigmoid_of_steps(last: GraphNode, around: Surroundings) -> tuple[GraphNode, tuple[GraphNode, ...]] | None:
    """``min(max(x + 3, 0), 6) / 6``."""
    sixth = around.split(last)
    clip = None if sixth is None or not _is_sixth(last, sixth[1]) else around.inner(sixth[0], "Clip")
    shifted = None if clip is None else around.inner(clip.inputs[0], "Add")
    three = None if shifted is None else around.split(shifted)
    parts = None if sixth is None or three is None else _clipped(three[0], sixth[0], around)
    if three is None or parts is None:
        return None
    gate = _joined(last, "HardSigmoid", three[0])
    return replace(gate, settings={"alpha": 1 / 6, "beta": 0.5}), parts


def _hard_swish(last: GraphNode, around: Surroundings) -> tuple[GraphNode, tuple[GraphNode, ...]] | None:
    for value, gate in (last.inputs, last.inputs[::-1]) if len(last.inputs) == 2 else ():
        node = around.inner(gate, "HardSigmoid")
        if node is not None and node.inputs == (value,):
            slope, shift = node.settings.get("alpha", 0.2), node.settings.get("beta", 0.5)
            if abs(slope - 1 / 6) < 1e-6 and abs(shift - 0.5) < 1e-6:
                return _joined(last, HARD_GATE, value), (node,)
    return None


def _hard_swish_of_steps(last: GraphNode, around: Surroundings) -> tuple[GraphNode, tuple[GraphNode, ...]] | None:
    """``x · min(max(x + 3, 0), 6) / 6``, with the division last or before the product."""
    sixth = around.split(last)
    if sixth is not None and _is_sixth(last, sixth[1]):
        product = around.inner(sixth[0], "Mul")
        for value, gate in _orders(product):
            parts = _clipped(value, gate, around)
            if parts is not None and product is not None:
                return _joined(last, HARD_GATE, value), (*parts, product)
    for value, gate in _orders(last) if last.operator == "Mul" else ():
        scaled = around.inner(gate, "Div") or around.inner(gate, "Mul")
        sixth = None if scaled is None else around.split(scaled)
        if scaled is not None and sixth is not None and _is_sixth(scaled, sixth[1]):
            parts = _clipped(value, sixth[0], around)
            if parts is not None:
                return _joined(last, HARD_GATE, value), (*parts, scaled)
    return None


def _orders(node: GraphNode | None) -> tuple[tuple[str, ...], ...]:
    """The two operands of a node, in both orders."""
    return () if node is None or len(node.inputs) != 2 else (node.inputs, node.inputs[::-1])


def _is_sixth(node: GraphNode, number: float) -> bool:
    return abs(number - (6 if node.operator == "Div" else 1 / 6)) < 1e-6


def _clipped(value: str, gate: str, around: Surroundings) -> tuple[GraphNode, ...] | None:
    """The nodes that compute ``min(max(value + 3, 0), 6)`` as `gate`."""
    clip = around.inner(gate, "Clip")
    shifted = None if clip is None else around.inner(clip.inputs[0], "Add")
    three = None if shifted is None else around.split(shifted)
    if clip is None or shifted is None or three != (value, 3.0):
        return None
    limits = [around.number(name) for name in clip.inputs[1:]] or [clip.settings.get(name) for name in ("min", "max")]
    return (shifted, clip) if limits == [0, 6] else None


def _gelu(last: GraphNode, around: Surroundings) -> tuple[GraphNode, tuple[GraphNode, ...]] | None:
    """``0.5 · x · (1 + erf(x / √2))``, the half on either side of the product."""
    outer = around.split(last)
    if outer is not None and abs(outer[1] - 0.5) < 1e-6:
        product = around.inner(outer[0], "Mul")
        product_parts = None if product is None else _erf_product(product, around)
        if product_parts is not None and product is not None:
            return _joined(last, "Gelu", product_parts[0]), (*product_parts[1], product)
    for half, gate in (last.inputs, last.inputs[::-1]) if len(last.inputs) == 2 else ():
        node = around.inner(half, "Mul")
        halved = None if node is None else around.split(node)
        if node is not None and halved is not None and abs(halved[1] - 0.5) < 1e-6:
            parts = _erf_gate(halved[0], gate, around)
            if parts is not None:
                return _joined(last, "Gelu", halved[0]), (*parts, node)
    return None


def _erf_product(node: GraphNode, around: Surroundings) -> tuple[str, tuple[GraphNode, ...]] | None:
    for value, gate in (node.inputs, node.inputs[::-1]) if len(node.inputs) == 2 else ():
        parts = _erf_gate(value, gate, around)
        if parts is not None:
            return value, parts
    return None


def _erf_gate(value: str, gate: str, around: Surroundings) -> tuple[GraphNode, ...] | None:
    """The nodes that compute ``1 + erf(value / √2)`` as `gate`."""
    shifted = around.inner(gate, "Add")
    one = None if shifted is None else around.split(shifted)
    erf = None if one is None or one[1] != 1 else around.inner(one[0], "Erf")
    scaled = None if erf is None else around.inner(erf.inputs[0], "Div") or around.inner(erf.inputs[0], "Mul")
    if shifted is None or erf is None or scaled is None:
        return None
    inner = around.split(scaled)
    expected = np.sqrt(2.0) if scaled.operator == "Div" else np.sqrt(0.5)
    if inner is None or inner[0] != value or scaled.inputs[0] != value or abs(inner[1] - expected) > 1e-4:
        return None
    return scaled, erf, shifted


def _affine(last: GraphNode, around: Surroundings) -> tuple[str, str, str, GraphNode] | None:
    """The value that is multiplied by a constant and increased by another, these, and the node of the product."""
    for product, beta in _orders(last):
        node = around.inner(product, "Mul")
        if node is None or beta not in around.constants:
            continue
        for value, gamma in _orders(node):
            if gamma in around.constants and value not in around.constants:
                return value, gamma, beta, node
    return None


def _layer_norm(last: GraphNode, around: Surroundings) -> tuple[GraphNode, tuple[GraphNode, ...]] | None:
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
    node = replace(_joined(last, LAYER_NORM, mean.inputs[0], affine[1], affine[2]), settings=settings)
    return node, (mean, difference, power, variance, shifted, root, quotient, affine[3])


def _reduced_axes(node: GraphNode, around: Surroundings) -> tuple[int, ...]:
    """The axes of a mean that keeps them; () if they are not known."""
    given = around.constants.get(node.inputs[1]) if len(node.inputs) > 1 else node.settings.get("axes")
    return tuple(int(axis) for axis in given) if given is not None and node.settings.get("keepdims", 1) else ()


def _group_norm(last: GraphNode, around: Surroundings) -> tuple[GraphNode, tuple[GraphNode, ...]] | None:
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
    node = replace(_joined(last, GROUP_NORM, parts.inputs[0], affine[1], affine[2]), settings=settings)
    return node, (parts, norm, whole, affine[3])


def _dense_with_bias(last: GraphNode, around: Surroundings) -> tuple[GraphNode, tuple[GraphNode, ...]] | None:
    for product, bias in (last.inputs, last.inputs[::-1]) if len(last.inputs) == 2 else ():
        node = around.inner(product, "MatMul")
        constant = around.constants.get(bias)
        if node is not None and len(node.inputs) == 2 and constant is not None and constant.ndim == 1:
            weight = around.constants.get(node.inputs[1])
            if weight is not None and weight.ndim == 2 and weight.shape[1:] == constant.shape:
                return replace(_joined(last, "Gemm", *node.inputs, bias), name=node.name), (node,)
    return None


def _conv_with_bias(last: GraphNode, around: Surroundings) -> tuple[GraphNode, tuple[GraphNode, ...]] | None:
    for product, bias in _orders(last):
        node = around.inner(product, "Conv")
        weight = None if node is None or len(node.inputs) != 2 else around.constants.get(node.inputs[1])
        constant = around.constants.get(bias)
        if node is not None and weight is not None and constant is not None and weight.ndim == 4:
            filters = weight.shape[0]
            if constant.shape in ((1, filters, 1, 1), (filters, 1, 1)):
                return replace(node, inputs=(*node.inputs, bias), outputs=last.outputs), (node,)
    return None


def _scale_with_bias(last: GraphNode, around: Surroundings) -> tuple[GraphNode, tuple[GraphNode, ...]] | None:
    """``gamma · x + bias``, both constants."""
    for product, bias in _orders(last):
        node = around.inner(product, "Mul")
        for value, gamma in _orders(node):
            if node is not None and {gamma, bias} <= around.constants.keys() and value not in around.constants:
                return _joined(last, SCALE, value, gamma, bias), (node,)
    return None


def _joined(last: GraphNode, operator: str, *inputs: str) -> GraphNode:
    return replace(last, operator=operator, inputs=inputs, settings={})


_PATTERNS: tuple[tuple[str, str, _Pattern], ...] = (
    ("Mul", "swish", _silu),
    ("Mul", "hard swish", _hard_swish),
    ("Mul", "hard swish", _hard_swish_of_steps),
    ("Div", "hard swish", _hard_swish_of_steps),
    ("Div", "hard sigmoid", _hard_sigmoid_of_steps),
    ("Mul", "hard sigmoid", _hard_sigmoid_of_steps),
    ("Mul", "mish", _mish),
    ("Mul", "GELU", _gelu),
    ("Add", "layer norm", _layer_norm),
    ("Add", "group norm", _group_norm),
    ("Add", "convolution with bias", _conv_with_bias),
    ("Add", "dense with bias", _dense_with_bias),
    ("Add", "scale with bias", _scale_with_bias),
)
"""(operator of the last node, title, pattern)."""


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

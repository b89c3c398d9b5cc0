"""Activation functions that several nodes of an ONNX graph compute together: a pattern each."""

import numpy as np
from msgspec.structs import replace

from engine.files.onnx_model import GraphNode
from engine.onnx_files.operands import GATE, HARD_GATE
from engine.onnx_files.surroundings import Found, PatternRow, Surroundings, joined_node, orders


def _silu(last: GraphNode, around: Surroundings) -> Found:
    for value, gate in orders(last):
        node = around.inner(gate, "Sigmoid")
        if node is not None and node.inputs == (value,):
            return joined_node(last, GATE, value), (node,)
    return None


def _mish(last: GraphNode, around: Surroundings) -> Found:
    """``x · tanh(softplus(x))``."""
    for value, gate in orders(last):
        tanh = around.inner(gate, "Tanh")
        softplus = None if tanh is None else around.inner(tanh.inputs[0], "Softplus")
        if tanh is not None and softplus is not None and softplus.inputs == (value,):
            return joined_node(last, "Mish", value), (softplus, tanh)
    return None


def _hard_sigmoid_of_steps(last: GraphNode, around: Surroundings) -> Found:
    """``min(max(x + 3, 0), 6) / 6``."""
    clipped = _clipped(_sixth(last, around), around)
    if clipped is None:
        return None
    gate = joined_node(last, "HardSigmoid", clipped[0])
    return replace(gate, settings={"alpha": 1 / 6, "beta": 0.5}), clipped[1]


def _hard_swish(last: GraphNode, around: Surroundings) -> Found:
    for value, gate in orders(last):
        node = around.inner(gate, "HardSigmoid")
        if node is not None and node.inputs == (value,):
            slope, shift = node.settings.get("alpha", 0.2), node.settings.get("beta", 0.5)
            if abs(slope - 1 / 6) < 1e-6 and abs(shift - 0.5) < 1e-6:
                return joined_node(last, HARD_GATE, value), (node,)
    return None


def _hard_swish_of_steps(last: GraphNode, around: Surroundings) -> Found:
    """``x · min(max(x + 3, 0), 6) / 6``, with the division last or before the product."""
    product = around.inner(_sixth(last, around), "Mul")
    for value, gate in orders(product):
        clipped = _clipped(gate, around)
        if clipped is not None and clipped[0] == value and product is not None:
            return joined_node(last, HARD_GATE, value), (*clipped[1], product)
    for value, gate in orders(last) if last.operator == "Mul" else ():
        scaled = around.inner(gate, "Div") or around.inner(gate, "Mul")
        clipped = None if scaled is None else _clipped(_sixth(scaled, around), around)
        if scaled is not None and clipped is not None and clipped[0] == value:
            return joined_node(last, HARD_GATE, value), (*clipped[1], scaled)
    return None


def _sixth(node: GraphNode, around: Surroundings) -> str:
    """The value of which a node computes a sixth; "" if it computes something else."""
    value, number = around.split(node) or ("", 0.0)
    if node.operator == "Div":
        return value if node.inputs[0] == value and abs(number - 6) < 1e-6 else ""
    return value if abs(number - 1 / 6) < 1e-6 else ""


def _clipped(gate: str, around: Surroundings) -> tuple[str, tuple[GraphNode, ...]] | None:
    """The value of which `gate` is ``min(max(value + 3, 0), 6)``, and the nodes that compute it."""
    clip = around.inner(gate, "Clip")
    shifted = None if clip is None else around.inner(clip.inputs[0], "Add")
    value, three = (None if shifted is None else around.split(shifted)) or ("", 0.0)
    if clip is None or shifted is None or three != 3:
        return None
    limits = [around.number(name) for name in clip.inputs[1:]] or [clip.settings.get(name) for name in ("min", "max")]
    return (value, (shifted, clip)) if limits == [0, 6] else None


def _gelu(last: GraphNode, around: Surroundings) -> Found:
    """``0.5 · x · (1 + erf(x / √2))``, the half on either side of the product."""
    outer = around.split(last)
    if outer is not None and abs(outer[1] - 0.5) < 1e-6:
        product = around.inner(outer[0], "Mul")
        product_parts = None if product is None else _erf_product(product, around)
        if product_parts is not None and product is not None:
            return joined_node(last, "Gelu", product_parts[0]), (*product_parts[1], product)
    for half, gate in orders(last):
        node = around.inner(half, "Mul")
        halved = None if node is None else around.split(node)
        if node is not None and halved is not None and abs(halved[1] - 0.5) < 1e-6:
            parts = _erf_gate(halved[0], gate, around)
            if parts is not None:
                return joined_node(last, "Gelu", halved[0]), (*parts, node)
    return None


def _erf_product(node: GraphNode, around: Surroundings) -> tuple[str, tuple[GraphNode, ...]] | None:
    for value, gate in orders(node):
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


def _broadcast(last: GraphNode, around: Surroundings) -> Found:
    """An operand that is repeated to the size of the other, as `expand_as` does: operands have to be no copies."""
    if any(name in around.constants for name in last.inputs):
        return None
    copies = {name: around.inner(name, "Expand") for name in last.inputs}
    parts = tuple(node for node in copies.values() if node is not None)
    inputs = [name if (node := copies[name]) is None else node.inputs[0] for name in last.inputs]
    settings = {**last.settings, "sizes": tuple(node.inputs[1] for node in parts)}
    return (replace(last, inputs=tuple(inputs), settings=settings), parts) if parts else None


FUNCTION_PATTERNS: tuple[PatternRow, ...] = (
    ("Mul", "swish", _silu),
    ("Mul", "hard swish", _hard_swish),
    ("Mul", "hard swish", _hard_swish_of_steps),
    ("Div", "hard swish", _hard_swish_of_steps),
    ("Div", "hard sigmoid", _hard_sigmoid_of_steps),
    ("Mul", "hard sigmoid", _hard_sigmoid_of_steps),
    ("Mul", "mish", _mish),
    ("Mul", "GELU", _gelu),
    *((operator, "broadcasting", _broadcast) for operator in ("Mul", "Div", "Add", "Sub", "Max", "Min")),
)

"""Activation functions that several nodes of an ONNX graph compute together: a pattern each."""

import numpy as np
from msgspec.structs import replace

from engine.files.onnx_model import GraphNode
from engine.onnx_files.operators import GATE, HARD_GATE
from engine.onnx_files.surroundings import Found, PatternRow, Surroundings, joined_node, orders


def _silu(last: GraphNode, around: Surroundings) -> Found:
    for value, gate in (last.inputs, last.inputs[::-1]) if len(last.inputs) == 2 else ():
        node = around.makers.get(gate)
        if (
            node is not None
            and node.operator == "Sigmoid"
            and node.inputs == (value,)
            and around.inner(gate, "Sigmoid")
        ):
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
    sixth = around.split(last)
    clip = None if sixth is None or not _is_sixth(last, sixth[1]) else around.inner(sixth[0], "Clip")
    shifted = None if clip is None else around.inner(clip.inputs[0], "Add")
    three = None if shifted is None else around.split(shifted)
    parts = None if sixth is None or three is None else _clipped(three[0], sixth[0], around)
    if three is None or parts is None:
        return None
    gate = joined_node(last, "HardSigmoid", three[0])
    return replace(gate, settings={"alpha": 1 / 6, "beta": 0.5}), parts


def _hard_swish(last: GraphNode, around: Surroundings) -> Found:
    for value, gate in (last.inputs, last.inputs[::-1]) if len(last.inputs) == 2 else ():
        node = around.inner(gate, "HardSigmoid")
        if node is not None and node.inputs == (value,):
            slope, shift = node.settings.get("alpha", 0.2), node.settings.get("beta", 0.5)
            if abs(slope - 1 / 6) < 1e-6 and abs(shift - 0.5) < 1e-6:
                return joined_node(last, HARD_GATE, value), (node,)
    return None


def _hard_swish_of_steps(last: GraphNode, around: Surroundings) -> Found:
    """``x · min(max(x + 3, 0), 6) / 6``, with the division last or before the product."""
    sixth = around.split(last)
    if sixth is not None and _is_sixth(last, sixth[1]):
        product = around.inner(sixth[0], "Mul")
        for value, gate in orders(product):
            parts = _clipped(value, gate, around)
            if parts is not None and product is not None:
                return joined_node(last, HARD_GATE, value), (*parts, product)
    for value, gate in orders(last) if last.operator == "Mul" else ():
        scaled = around.inner(gate, "Div") or around.inner(gate, "Mul")
        sixth = None if scaled is None else around.split(scaled)
        if scaled is not None and sixth is not None and _is_sixth(scaled, sixth[1]):
            parts = _clipped(value, sixth[0], around)
            if parts is not None:
                return joined_node(last, HARD_GATE, value), (*parts, scaled)
    return None


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


def _gelu(last: GraphNode, around: Surroundings) -> Found:
    """``0.5 · x · (1 + erf(x / √2))``, the half on either side of the product."""
    outer = around.split(last)
    if outer is not None and abs(outer[1] - 0.5) < 1e-6:
        product = around.inner(outer[0], "Mul")
        product_parts = None if product is None else _erf_product(product, around)
        if product_parts is not None and product is not None:
            return joined_node(last, "Gelu", product_parts[0]), (*product_parts[1], product)
    for half, gate in (last.inputs, last.inputs[::-1]) if len(last.inputs) == 2 else ():
        node = around.inner(half, "Mul")
        halved = None if node is None else around.split(node)
        if node is not None and halved is not None and abs(halved[1] - 0.5) < 1e-6:
            parts = _erf_gate(halved[0], gate, around)
            if parts is not None:
                return joined_node(last, "Gelu", halved[0]), (*parts, node)
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


FUNCTION_PATTERNS: tuple[PatternRow, ...] = (
    ("Mul", "swish", _silu),
    ("Mul", "hard swish", _hard_swish),
    ("Mul", "hard swish", _hard_swish_of_steps),
    ("Div", "hard swish", _hard_swish_of_steps),
    ("Div", "hard sigmoid", _hard_sigmoid_of_steps),
    ("Mul", "hard sigmoid", _hard_sigmoid_of_steps),
    ("Mul", "mish", _mish),
    ("Mul", "GELU", _gelu),
)

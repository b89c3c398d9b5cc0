"""ONNX models of one layer, whose arrays are inputs, as bytes: without the package onnx, which imports slowly.

The numbers are those of the fields in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

import struct
from collections.abc import Iterable
from typing import NamedTuple

from engine.shapes import Margins, Pair

_BLOCKED = "com.microsoft.nchwc"
"""The domain of operators on volumes in blocks of channels, which ONNX Runtime inserts if weights are constant."""

_IR_VERSION, _OPSET = 8, 13
_FLOAT, _INTEGER, _INTEGERS = 1, 2, 7
"""Of values and of attributes, where the first is one number of the type as well."""
_MODEL = {"ir_version": 1, "graph": 7, "opset": 8}
_GRAPH = {"node": 1, "name": 2, "input": 11, "output": 12}
_NODE = {"input": 1, "output": 2, "op_type": 4, "attribute": 5, "domain": 7}
_ATTRIBUTE = {"name": 1, "f": 2, "i": 3, "ints": 8, "type": 20}


class Setting(NamedTuple):
    """All of a convolution but its arrays."""

    filters: int
    kernel: Pair
    stride: Pair
    padding: Margins
    dilation: Pair
    groups: int


def convolution_model(setting: Setting) -> bytes:
    """A model from x (1, C, H, W), w (filters, C / groups, kh, kw) and b (filters,) to y (1, filters, H', W')."""
    return _model([_node("Conv", "xwb", "y", _attributes(setting))])


def blocked_convolution_model(setting: Setting, *, reads_blocks: bool) -> bytes:
    """The same with w in the order of the operators for blocks; without ``reads_blocks``, these read x as it is."""
    nodes = [_node("ReorderInput", "x", "u", [], _BLOCKED)] if reads_blocks else []
    nodes += [
        _node("Conv", ("u" if reads_blocks else "x", "w", "b"), "v", _attributes(setting), _BLOCKED),
        _node("ReorderOutput", "v", "y", [_attribute("channels", setting.filters)], _BLOCKED),
    ]
    return _model(nodes)


def max_pooling_model(kernel: Pair, stride: Pair, padding: Margins) -> bytes:
    """A model from x (1, C, H, W) to y (1, C, H', W')."""
    attributes = {"kernel_shape": kernel, "strides": stride, "pads": padding}
    node = _node("MaxPool", "x", "y", [_attribute(name, numbers) for name, numbers in attributes.items()])
    return _model([node], "x")


def scale_model() -> bytes:
    """A model from x (1, C, H, W), factors w (C,), biases b (C,), and arrays (C,) of 0 and 1, to y = w · x + b."""
    return _model([_node("BatchNormalization", "xwb01", "y", [_attribute("epsilon", 0.0)])], "xwb01")


def _attributes(setting: Setting) -> list[bytes]:
    return [
        _attribute("kernel_shape", setting.kernel),
        _attribute("strides", setting.stride),
        _attribute("pads", setting.padding),
        _attribute("dilations", setting.dilation),
        _attribute("group", setting.groups),
    ]


def _model(nodes: Iterable[bytes], inputs: str = "xwb") -> bytes:
    value_type = _field(2, _field(1, _field(1, _FLOAT)))
    graph = b"".join(_field(_GRAPH["node"], node) for node in nodes) + _field(_GRAPH["name"], b"layer")
    for part, names in ("input", inputs), ("output", "y"):
        graph += b"".join(_field(_GRAPH[part], _field(1, name.encode()) + value_type) for name in names)
    opsets = [_field(2, _OPSET), _field(1, _BLOCKED.encode()) + _field(2, 1)]
    return (
        _field(_MODEL["ir_version"], _IR_VERSION)
        + _field(_MODEL["graph"], graph)
        + b"".join(_field(_MODEL["opset"], opset) for opset in opsets)
    )


def _node(kind: str, inputs: Iterable[str], output: str, attributes: Iterable[bytes], domain: str = "") -> bytes:
    return (
        b"".join(_field(_NODE["input"], name.encode()) for name in inputs)
        + _field(_NODE["output"], output.encode())
        + _field(_NODE["op_type"], kind.encode())
        + b"".join(_field(_NODE["attribute"], attribute) for attribute in attributes)
        + _field(_NODE["domain"], domain.encode())
    )


def _attribute(name: str, value: float | tuple[int, ...]) -> bytes:
    head = _field(_ATTRIBUTE["name"], name.encode())
    if isinstance(value, float):
        return head + _field(_ATTRIBUTE["f"], value) + _field(_ATTRIBUTE["type"], _FLOAT)
    if isinstance(value, int):
        return head + _field(_ATTRIBUTE["i"], value) + _field(_ATTRIBUTE["type"], _INTEGER)
    values = b"".join(_field(_ATTRIBUTE["ints"], number) for number in value)
    return head + values + _field(_ATTRIBUTE["type"], _INTEGERS)


def _field(number: int, value: float | bytes) -> bytes:
    """A field of Protocol Buffers: its number and type, then a number, or the length of bytes and these."""
    if isinstance(value, float):
        return _varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """A number that is not negative in groups of 7 bits, the lowest first."""
    head = b""
    while value > 127:
        head += bytes([value & 127 | 128])
        value >>= 7
    return head + bytes([value])

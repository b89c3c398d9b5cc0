"""Hostile ONNX models: damaged ones, and valid ones that ask for something impossible."""

import random
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.fuzz.case import damaged

_NUMBERS = (0, 1, 2, 3, -1, 2**31, 2**62, -(2**63))
_OPERATORS = (
    "Conv",
    "MaxPool",
    "AveragePool",
    "Relu",
    "Clip",
    "Concat",
    "Add",
    "Reshape",
    "Transpose",
    "Softmax",
    "LRN",
    "Gemm",
    "MatMul",
    "BatchNormalization",
    "Mul",
    "Tile",
    "GlobalAveragePool",
    "ReduceMean",
    "Pad",
    "Shape",
    "Gather",
    "Range",
    "ConstantOfShape",
    "Expand",
    "Slice",
    "Flatten",
    "Identity",
    "Sigmoid",
    "Squeeze",
    "Relu",
    "Relu",
    "Sigmoid",
    "Identity",
    "Transpose",
    "Add",
)
_SETTINGS = (
    "strides",
    "pads",
    "dilations",
    "kernel_shape",
    "group",
    "axis",
    "axes",
    "perm",
    "size",
    "alpha",
    "auto_pad",
    "transB",
    "keepdims",
    "ceil_mode",
    "to",
)


def model_file(rng: random.Random) -> dict[str, bytes]:
    """A model of random nodes, whole or damaged."""
    constants = {f"c{number}": _constant(rng) for number in range(rng.randrange(5))}
    known = ["x", *constants]
    nodes = []
    for number in range(rng.choice((1, 2, 5, 20))):
        sources = rng.choices(known, k=rng.choice((1, 1, 1, 2, 3)))
        inputs = [known[-1] if rng.random() < 0.7 else source for source in sources]
        if rng.random() < 0.03:
            inputs[0] = rng.choice(("", "gone", f"v{number}"))
        settings: dict[str, Any] = {name: _setting(rng) for name in rng.sample(_SETTINGS, rng.choice((0, 0, 0, 1, 3)))}
        domain = "evil" if rng.random() < 0.02 else ""
        name = rng.choice(("", f"n{number}", f"n{number}", "\x1b[31m", "input", "a/" * 600))
        operator = rng.choice(_OPERATORS)
        nodes.append(helper.make_node(operator, inputs, [f"v{number}"], name, domain=domain, **settings))
        known.append(f"v{number}")
    if rng.random() < 0.02:
        nodes.append(_nested(rng.choice((2, 20))))
    shape = (
        (1, 3, 8, 8) if rng.random() < 0.8 else rng.choice(((1, 8, 8, 3), (1, 3, "h", 8), (1, 3), (2**40, 3, 2**40, 8)))
    )
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(known[-1] if rng.random() < 0.97 else "gone", TensorProto.FLOAT, None)],
        [_tensor(rng, name, array) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", rng.choice((7, 11, 13, 17)))])
    content = model.SerializeToString()
    return {"model.onnx": damaged(content, rng) if rng.random() < 0.3 else content}


def _constant(rng: random.Random) -> np.ndarray[Any, Any]:
    if rng.random() < 0.4:
        return np.array([rng.choice((*_NUMBERS, 4, 8)) for _ in range(rng.randrange(5))], np.int64)
    shape = rng.choice(((4, 3, 3, 3), (3,), (4,), (), (3, 1, 1), (192, 5)))
    return np.random.default_rng(rng.randrange(2**32)).normal(size=shape).astype(rng.choice(("f4", "f4", "f8", "f2")))


def _tensor(rng: random.Random, name: str, array: np.ndarray[Any, Any]) -> TensorProto:
    tensor = numpy_helper.from_array(array, name)
    if rng.random() < 0.03:
        tensor.dims.extend(rng.choices(_NUMBERS, k=2))
    if rng.random() < 0.03:
        tensor.data_type = rng.randrange(30)
    if rng.random() < 0.03:
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=rng.choice(("../x", "/dev/zero", "", "model.onnx", "a\0b")))
        tensor.external_data.add(key=rng.choice(("offset", "length")), value=rng.choice(("0", "-1", "9" * 30, "x")))
    return tensor


def _setting(rng: random.Random) -> Any:
    numbers = [rng.choice(_NUMBERS) for _ in range(rng.choice((1, 2, 4, 8)))]
    return rng.choice((rng.choice(_NUMBERS), numbers, [1, 1], [2, 2], 1.5, "SAME_UPPER", [0.5, 2.0]))


def _nested(depth: int) -> onnx.NodeProto:
    """An If within an If, and so on."""
    node = helper.make_node("Relu", ["x"], ["deep"])
    for _ in range(depth):
        branch = helper.make_graph([node], "branch", [], [onnx.ValueInfoProto(name="deep")])
        node = helper.make_node("If", ["x"], ["deep"], then_branch=branch)
    return node

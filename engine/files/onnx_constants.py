"""Computes those values of an ONNX graph that depend on no input: by our rules, or ONNX Runtime where there is none."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from engine.files import paths
from engine.files.onnx_model import Array, GraphNode, Model, read_model, require_onnx
from engine.files.onnx_values import MAX_VALUES, fold
from engine.files.paths import Stamp
from engine.kernels.onnx_process import ModelFault, run_model

_RANDOM = ("RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli")
"""Operators that make other values each time."""
_MOST_EXACT = 2**24
"""Up to this, float32, in which ONNX Runtime's outputs arrive, has every integer."""


def constants_of(path: str) -> Mapping[str, Array]:
    """Every value of a file that depends on no input, by name: initializers, and what nodes make of them."""
    return _constants(path, paths.stamp_of(path))


@lru_cache(maxsize=2)
def _constants(path: str, _stamp: Stamp) -> Mapping[str, Array]:
    model = read_model(path)
    values: dict[str, Array] = dict(model.initializers)
    for node in model.nodes:
        values.update(computed(model, node, values))
        values.update({name: array for name, array in _opposite(node, values).items() if name not in values})
    return values


def opposite_name(operator: str, name: str) -> str:
    """The name of what adding or multiplying by does the same as a Sub or Div by a constant of that name."""
    return f"{_OPPOSITES[operator][0]}{name}"


def sign_name(name: str) -> str:
    """The name of the factors of a volume that a Sub subtracts from a constant of that name: −1, as often."""
    return f"−1 of {name}"


_OPPOSITES: dict[str, tuple[str, Callable[[Array], Any]]] = {"Sub": ("−", np.negative), "Div": ("1/", np.reciprocal)}
"""Prefix of the name and the function by operator."""


def _opposite(node: GraphNode, values: Mapping[str, Array]) -> dict[str, Array]:
    """What a sum or a product needs to be the difference or quotient of a volume and a constant."""
    if node.operator not in _OPPOSITES or len(node.inputs) != 2:
        return {}
    first, second = (values.get(name) for name in node.inputs)
    constant = second if first is None else first
    if constant is None or (first is not None and second is not None) or constant.dtype.kind != "f":
        return {}
    if constant.size > MAX_VALUES:
        return {}
    if first is not None:
        return {sign_name(node.inputs[0]): np.full_like(first, -1)} if node.operator == "Sub" else {}
    with np.errstate(all="ignore"):
        opposite = np.asarray(_OPPOSITES[node.operator][1](constant))
    return {opposite_name(node.operator, node.inputs[1]): opposite} if np.isfinite(opposite).all() else {}


def computed(model: Model, node: GraphNode, values: Mapping[str, Array]) -> dict[str, Array]:
    """The outputs of a node by name, if all that it receives is known and something here can compute it; else none."""
    return fold(node, values) or _computed_by_runtime(model, node, values)


def _computed_by_runtime(model: Model, node: GraphNode, values: Mapping[str, Array]) -> dict[str, Array]:
    received = [name for name in dict.fromkeys(node.inputs) if name]
    if node.has_graph or node.operator in _RANDOM or not all(name in values for name in received):
        return {}
    if sum(values[name].size for name in received) > MAX_VALUES:
        return {}
    names = [name for name in node.outputs if name]
    try:
        outputs = run_model(_model_of(model, node, {name: values[name] for name in received}), [], lambda: None)
    except ModelFault:
        return {}  # whoever needs the value says so
    arrays = {name: output.array.astype(output.dtype) for name, output in zip(names, outputs, strict=True)}
    is_exact = all(array.dtype.kind not in "iu" or np.all(np.abs(array) < _MOST_EXACT) for array in arrays.values())
    return arrays if is_exact else {}


def _model_of(model: Model, node: GraphNode, values: Mapping[str, Array]) -> bytes:
    """A node of constants as a model."""
    onnx = require_onnx()
    constants = [onnx.numpy_helper.from_array(np.asarray(array, order="C"), name) for name, array in values.items()]
    outputs = [onnx.ValueInfoProto(name=name) for name in node.outputs if name]
    graph = onnx.helper.make_graph([node.proto], "constant", [], outputs, constants)
    opsets = [onnx.helper.make_opsetid(domain, version) for domain, version in model.opsets]
    proto = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=model.ir_version)
    return bytes(proto.SerializeToString())

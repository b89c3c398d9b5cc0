"""Bundled networks as ONNX models with every volume an output, and the same by our layers, for benchmarks."""

from collections.abc import Callable, Mapping
from itertools import takewhile
from typing import Any

import numpy as np

from engine.files.paths import RESOURCES
from engine.network.analysis import Report
from engine.network.node_ref import NodeRef
from engine.project.file import load_project
from engine.run import inputs, weights
from engine.run.request import RunRequest
from tests.measuring import Work, onnx_session

Volumes = dict[NodeRef, Any]


class BundledNetwork:
    """The layers of a project with its input and weights, both in memory.

    Parameters
    ----------
    before
        The kind of layer before which it ends; all layers if no layer has it.
    """

    def __init__(self, name: str, before: str = "") -> None:
        self._request = RunRequest.of(load_project(RESOURCES / "projects" / f"{name}.toml").project)
        project, reports = self._request.project, self._request.check.reports
        self.start = inputs.load_input(project.input, lambda: None)
        layers = (ref for ref in self._request.refs if ref in reports)
        self.layers = tuple(takewhile(lambda ref: reports[ref].layer.kind != before, layers))
        self._input_ref = next(ref for ref in self._request.refs if ref not in reports)
        self._arrays = {
            ref: weights.load_weights(reports[ref], seed=project.seed, design=ref[0], checkpoint=lambda: None)
            for ref in self.layers
        }

    def forward(self, volumes: Volumes, first: int = 0) -> Volumes:
        """All volumes, those of the layers from number ``first`` on computed anew."""
        keys, result = self._request.check.keys, dict(volumes)
        refs = {key: ref for ref, key in reversed(keys.items())}
        result[self._input_ref] = self.start
        for ref in self.layers[first:]:
            report = self._request.check.reports[ref]
            received = [result[refs[keys[ref[0], source]]] for source in report.inputs]
            result[ref] = report.layer.forward(received, self._arrays[ref], lambda: None)
        return result

    def onnx_runtime(self, threads: int, *, all_volumes: bool) -> Work:
        """A run by ONNX Runtime with constant weights, that returns all volumes or the last alone."""
        import onnx
        from onnx import helper, numpy_helper

        keys = self._request.check.keys
        names = {keys[self._input_ref]: "x"}
        nodes, arrays = [], [numpy_helper.from_array(np.float32(value), f"max{value}") for value in (0, 6)]
        for ref in self.layers:
            report, name = self._request.check.reports[ref], f"{ref[1]}_{len(names)}"
            received = [names[keys[ref[0], source]] for source in report.inputs]
            roles = {role: f"{name}.{role}" for role in report.array_shapes}
            arrays += [numpy_helper.from_array(array, roles[role]) for role, array in self._arrays[ref].items()]
            kind, attributes = _OPERATORS[report.layer.kind](report)
            if kind == "Gemm":
                nodes.append(helper.make_node("Flatten", received, [f"{name}.flat"]))
                received = [f"{name}.flat"]
            bounds = ["max0", "max6"] if kind == "Clip" else []
            nodes.append(helper.make_node(kind, [*received, *roles.values(), *bounds], [name], **attributes))
            names[keys[ref]] = name
        values = [*names.values()]
        outputs = values[1:] if all_volumes else values[-1:]
        graph = helper.make_graph(
            nodes,
            "network",
            [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, *self.start.shape])],
            [helper.make_tensor_value_info(value, onnx.TensorProto.FLOAT, None) for value in outputs],
            arrays,
        )
        session = onnx_session(graph, threads)
        return lambda: session.run(None, {"x": self.start[None]})


def _windows(report: Report) -> dict[str, Any]:
    windows = report.layer.windows(report.input_shapes[0])
    return {"kernel_shape": windows.kernel, "strides": windows.stride, "pads": windows.margins}


def _convolution(report: Report) -> tuple[str, dict[str, Any]]:
    layer = report.layer
    dilation = layer.dilation if isinstance(layer.dilation, tuple) else (layer.dilation,) * 2
    return "Conv", _windows(report) | {"group": layer.groups, "dilations": dilation}


def _activation(report: Report) -> tuple[str, dict[str, Any]]:
    kind = {"relu": "Relu", "relu6": "Clip", "softmax": "Softmax"}[report.layer.function]
    return kind, {"axis": 1} if kind == "Softmax" else {}


def _response_norm(report: Report) -> tuple[str, dict[str, Any]]:
    layer = report.layer
    return "LRN", {"size": layer.size, "alpha": layer.alpha, "beta": layer.beta, "bias": layer.k}


_OPERATORS: Mapping[str, Callable[[Report], tuple[str, dict[str, Any]]]] = {
    "conv2d": _convolution,
    "dense": lambda report: ("Gemm", {"transB": 1}),
    "activation": _activation,
    "max_pool2d": lambda report: ("MaxPool", _windows(report) | {"ceil_mode": int(report.layer.ceil)}),
    "avg_pool2d": lambda report: (
        "AveragePool",
        _windows(report) | {"ceil_mode": int(report.layer.ceil), "count_include_pad": int(report.layer.count_padding)},
    ),
    "global_avg_pool2d": lambda report: ("GlobalAveragePool", {}),
    "adaptive_avg_pool2d": lambda report: ("AveragePool", _windows(report)),
    "lrn": _response_norm,
    "batch_norm": lambda report: ("BatchNormalization", {"epsilon": report.layer.epsilon}),
    "concat": lambda report: ("Concat", {"axis": 1}),
    "add": lambda report: ("Sum", {}),
    "dropout": lambda report: ("Identity", {}),
}

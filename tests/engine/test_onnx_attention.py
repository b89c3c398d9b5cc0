"""What spatial attention and its like need of ONNX models, as layers: the same values as ONNX Runtime's."""

import numpy as np
import pytest
from msgspec.structs import replace
from onnx import helper

from engine.layers import (
    Activation,
    ChannelPool,
    Concat,
    Conv2d,
    Crop,
    Div,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    Maximum,
    Minimum,
    Mul,
    Scale,
    Slice,
    Sub,
    Transpose,
)
from engine.network.graph import INPUT
from engine.onnx_files.importer import import_model
from tests.engine.onnx_models import errors_against_runtime, model_of, values, write_model
from tests.engine.test_edited_copy import edited, export, run

node = helper.make_node
CHANNELS, PIXELS = np.array([1]), np.array([0, 0, -1])
GATE = (ChannelPool("mean"), ChannelPool("max"), Concat(), Conv2d(1, 3, padding=(1, 1), bias=False), Mul())


def gate(means, largest):
    """The spatial gate of CBAM with these nodes for "m" and "n"."""
    return [
        *means,
        *largest,
        node("Concat", ["m", "n"], ["g"], "joined", axis=1),
        node("Conv", ["g", "w"], ["h"], "conv", pads=[1, 1, 1, 1]),
        node("Mul", ["h", "x"], ["y"], "gated"),
    ]


CASES = {
    "axes as an attribute": (
        gate([node("ReduceMean", ["x"], ["m"], axes=[-3])], [node("ReduceMax", ["x"], ["n"], axes=[1])]),
        13,
        {"w": values(1, 1, 2, 3, 3)},
        GATE,
    ),
    "axes as an input, which are not kept": (
        gate(
            [
                node("ReduceMean", ["x", "axes"], ["a"], keepdims=0),
                node("Unsqueeze", ["a", "axes"], ["m"]),
            ],
            [
                node("ReduceMax", ["x", "axes"], ["b"], keepdims=0),
                node("Unsqueeze", ["b", "axes"], ["n"]),
            ],
        ),
        18,
        {"w": values(1, 1, 2, 3, 3), "axes": CHANNELS},
        GATE,
    ),
    "channels last": (
        [
            node("Transpose", ["x"], ["a"], perm=[0, 2, 3, 1]),
            node("ReduceMin", ["a"], ["b"], axes=[-1]),
            node("ReduceSum", ["a", "last"], ["c"], keepdims=1),
            node("Sub", ["b", "c"], ["d"]),
            node("Mul", ["d", "a"], ["e"]),
            node("Transpose", ["e"], ["y"], perm=[0, 3, 1, 2]),
        ],
        13,
        {"last": np.array([3])},
        (ChannelPool("min"), ChannelPool("sum"), Sub(), Mul()),
    ),
    "whole maps": (
        [
            node("ReduceMean", ["x"], ["a"], axes=[2, 3]),
            node("ReduceMax", ["x"], ["b"], axes=[-1, -2]),
            node("Div", ["a", "b"], ["y"]),
        ],
        13,
        {},
        (GlobalAvgPool2d(), GlobalMaxPool2d(), Div()),
    ),
    "quotients and differences of maps and of parts of them": (
        [
            node("Sigmoid", ["x"], ["a"]),
            node("ReduceMax", ["a"], ["b"], axes=[1]),
            node("Div", ["x", "b"], ["c"]),
            node("Sub", ["b", "c"], ["y"]),
        ],
        17,
        {},
        (Activation("sigmoid"), ChannelPool("max"), Div(), Sub()),
    ),
    "Max-Feature-Map, and the smallest of three of different sizes": (
        [
            node("Conv", ["x", "w"], ["a"]),
            node("Split", ["a"], ["b", "c"], axis=1),
            node("Max", ["b", "c"], ["d"]),
            node("ReduceMean", ["d"], ["e"], axes=[2, 3]),
            node("ReduceMean", ["d"], ["f"], axes=[1]),
            node("Min", ["d", "e", "f"], ["y"]),
        ],
        12,
        {"w": values(1, 6, 3, 1, 1)},
        (
            *(Conv2d(6, 1, padding=0, bias=False), Slice(0, 3), Slice(3, 6), Maximum()),
            *(GlobalAvgPool2d(), ChannelPool("mean"), Minimum()),
        ),
    ),
    "a normalised vector of each pixel": (
        [
            node("ReduceL2", ["x"], ["a"], axes=[1]),
            node("Clip", ["a", "least"], ["b"]),
            node("Shape", ["x"], ["s"]),
            node("Expand", ["b", "s"], ["c"]),
            node("Div", ["x", "c"], ["y"]),
        ],
        12,
        {"least": np.float32(1e-12)},
        (ChannelPool("l2"), Activation("clip", low=1e-12, high=1e30), Div()),
    ),
    "a gate that is repeated to the size of the maps": (
        [
            node("GlobalAveragePool", ["x"], ["a"]),
            node("Sigmoid", ["a"], ["b"]),
            node("Expand", ["b", "size"], ["c"]),
            node("Mul", ["x", "c"], ["y"]),
        ],
        8,
        {"size": np.array([1, 3, 4, 5])},
        (GlobalAvgPool2d(), Activation("sigmoid"), Mul()),
    ),
    "functions of positive values": (
        [
            node("Exp", ["x"], ["a"]),
            node("Sqrt", ["a"], ["b"]),
            node("Softplus", ["b"], ["c"]),
            node("Log", ["c"], ["d"]),
            node("Neg", ["d"], ["y"]),
        ],
        7,
        {},
        tuple(map(Activation, ("exp", "sqrt", "softplus", "log", "neg"))),
    ),
    "softmax of rows and columns": (
        [
            node("Softmax", ["x"], ["a"], axis=2),
            node("Softmax", ["x"], ["b"], axis=-1),
            node("Mul", ["a", "b"], ["y"]),
        ],
        13,
        {},
        (Activation("softmax", along="rows"), Activation("softmax", along="columns"), Mul()),
    ),
    "softmax from an axis on, as before version 13": (
        [
            node("Softmax", ["x"], ["a"], axis=3),
            node("Softmax", ["a"], ["y"], axis=2),
        ],
        11,
        {},
        (Activation("softmax", along="columns"), Activation("softmax", along="pixels")),
    ),
    "softmax of all pixels as an axis": (
        [
            node("Reshape", ["x", "pixels"], ["a"]),
            node("Softmax", ["a"], ["b"], axis=-1),
            node("Reshape", ["b", "maps"], ["c"]),
            node("Mul", ["c", "x"], ["y"]),
        ],
        17,
        {"pixels": PIXELS, "maps": np.array([0, 0, 4, 5])},
        (Activation("softmax", along="pixels"), Mul()),
    ),
    "numbers by position": (
        [
            node("Add", ["x", "a"], ["b"]),
            node("Mul", ["c", "b"], ["d"]),
            node("Relu", ["d"], ["e"]),
            node("Mul", ["e", "a"], ["f"]),
            node("Sub", ["f", "a"], ["g"]),
            node("Relu", ["g"], ["h"]),
            node("Sub", ["c", "h"], ["i"]),
            node("Relu", ["i"], ["j"]),
            node("Div", ["j", "a"], ["y"]),
        ],
        17,
        {"a": values(1, 1, 3, 4, 5), "c": values(2, 4, 5)},
        (
            *(Scale(factor=False, bias=True, by_position=True), Scale(shared=True, by_position=True)),
            *(Activation("relu"), Scale(bias=True, by_position=True), Activation("relu")),
            *(Scale(bias=True, shared=True, by_position=True), Activation("relu"), Scale(by_position=True)),
        ),
    ),
    "numbers by position of channels last": (
        [
            node("Transpose", ["x"], ["a"], "last", perm=[0, 2, 3, 1]),
            node("Add", ["a", "c"], ["y"]),
        ],
        17,
        {"c": values(1, 4, 5, 3)},
        (Transpose("hwc"), Scale(factor=False, bias=True, by_position=True)),
    ),
    "numbers of rows and of columns": (
        [
            node("Add", ["x", "c"], ["a"]),
            node("Mul", ["a", "w"], ["b"]),
            node("Mul", ["b", "c"], ["d"]),
            node("Add", ["d", "h"], ["y"]),
        ],
        17,
        {"c": values(1, 3, 4, 1), "w": values(2, 5), "h": values(3, 1, 3, 4, 1)[0]},
        (
            Scale(factor=False, bias=True, by_position=True, each="row"),
            Scale(shared=True, by_position=True, each="column"),
            Scale(bias=True, by_position=True, each="row"),
        ),
    ),
    "numbers of rows times numbers of columns": (
        [node("Mul", ["x", "c"], ["a"]), node("Add", ["w", "a"], ["y"])],
        9,
        {"c": values(1, 4, 1), "w": values(2, 1, 1, 5)},
        (
            Scale(shared=True, by_position=True, each="row"),
            Scale(factor=False, bias=True, shared=True, by_position=True, each="column"),
        ),
    ),
    "slices of every second row and column": (
        [
            node("Slice", ["x", "one", "end", "rows", "two"], ["a"]),
            node("Slice", ["x", "zero", "end", "rows", "two"], ["b"]),
            node("Sub", ["a", "b"], ["c"]),
            node("Slice", ["c", "zero", "four", "columns", "three"], ["y"]),
        ],
        17,
        {
            **{"zero": np.array([0]), "one": np.array([1]), "two": np.array([2]), "three": np.array([3])},
            **{"four": np.array([4]), "end": np.array([2**62]), "rows": np.array([2]), "columns": np.array([-1])},
        },
        (Crop((1, 0, 0, 0), (2, 1)), Crop(0, (2, 1)), Sub(), Crop((0, 0, 0, 1), (1, 3))),
    ),
}


@pytest.mark.parametrize("title", CASES)
def test_attention_over_pixels_is_layers_of_ours(tmp_path, title):
    nodes, opset, arrays, layers = CASES[title]
    model = model_of(nodes, (1, 3, 4, 5), opset=opset, **arrays)
    imported = import_model(write_model(tmp_path, model))
    found = tuple(entry.layer for entry in imported.project.designs[0].network.nodes)
    assert [layer.kind for layer in found] == list(layers) if layers == ("opaque",) else found == layers
    assert max(errors_against_runtime(model, imported).values()) < 1e-6


MIXED = [
    node("Sigmoid", ["x"], ["a"], "gate"),
    node("ReduceMax", ["a"], ["b"], "largest", axes=[1]),
    node("Sub", ["x", "b"], ["c"], "difference"),
    node("Softmax", ["c"], ["d"], "shares", axis=2),
    node("Div", ["d", "a"], ["e"], "quotient"),
    node("Max", ["e", "a"], ["m"], "larger"),
    node("Abs", ["m"], ["n"], "sizes"),
    node("Add", ["n", "p"], ["f"], "positions"),
    node("Slice", ["f", "zero", "end", "rows", "two"], ["y"], "every second"),
]
MIXED_ARRAYS = {
    **{"p": values(1, 3, 4, 1), "zero": np.array([0]), "two": np.array([2])},
    **{"end": np.array([9]), "rows": np.array([2])},
}
EDITS = {
    "largest": ChannelPool("sum"),
    "difference": Div(),
    "shares": Activation("softmax", along="pixels"),
    "quotient": Sub(),
    "larger": Minimum(),
    "every second": Crop((1, 0, 0, 1), (1, 2)),
    "gate": Activation("softmax", along="rows"),
    "sizes": Activation("celu", alpha=0.5),
}


# Slice of version 9 has no steps.
@pytest.mark.parametrize(
    ("opset", "name"),
    [*((9, name) for name in ("", "shares", "larger", "sizes")), *((17, name) for name in ("", *EDITS))],
)
def test_an_edited_copy_with_attention_computes_what_a_run_does(tmp_path, opset, name):
    nodes = MIXED if opset > 9 else [*MIXED[:7], node("Add", ["n", "p"], ["y"], "positions")]
    arrays = {key: array for key, array in MIXED_ARRAYS.items() if opset > 9 or key == "p"}
    project = import_model(write_model(tmp_path, model_of(nodes, (1, 3, 4, 5), opset=opset, **arrays))).project
    if name:
        project = edited(
            project, lambda network: network.with_node_replaced(name, replace(network.node(name), layer=EDITS[name]))
        )
    _, volumes = export(project, tmp_path / "copy.onnx")
    computed = run(tmp_path / "copy.onnx", volumes[INPUT])["y"]
    expected = volumes[nodes[-1].name]
    assert np.abs(computed.reshape(expected.shape) - expected).max() < 1e-5 * np.abs(expected).max()

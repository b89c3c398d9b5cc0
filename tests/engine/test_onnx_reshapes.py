"""Values of ONNX models in another shape: read as they are by layers that can, else volumes of their own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from onnx import helper

from engine.layers import (
    Activation,
    AvgPool2d,
    BatchNorm,
    Concat,
    Conv2d,
    Dense,
    Flatten,
    MaxPool2d,
    Opaque,
    Reshape,
    Scale,
    Slice,
    Transpose,
)
from engine.network.graph import INPUT
from engine.onnx_files.importer import import_model
from engine.onnx_files.verification import run_and_verify
from engine.run.cache import VolumeCache
from engine.run.check import check
from tests.engine.onnx_models import errors_against_runtime, model_of, values, write_model
from tests.engine.test_edited_copy import edited, export, run

node = helper.make_node
FLAT = node("Flatten", ["x"], ["a"], "flat")
DENSE = node("Gemm", ["d", "w"], ["y"], "dense")


def boxes(shape):
    """Nodes that make a row of values of each pixel of two maps, and join them."""
    return [
        node("Transpose", ["x"], ["a"], perm=[0, 2, 3, 1]),
        node("Reshape", ["a", shape], ["b"]),
        node("AveragePool", ["x"], ["c"], kernel_shape=[2, 2]),
        node("Transpose", ["c"], ["d"], perm=[0, 2, 3, 1]),
        node("Reshape", ["d", shape], ["e"]),
        node("Concat", ["b", "e"], ["f"], axis=1),
        node("Sigmoid", ["f"], ["y"]),
    ]


CASES = {
    "a flattened volume that only dense layers receive": (
        [FLAT, node("Relu", ["a"], ["d"]), DENSE],
        {"w": values(1, 24, 5)},
        [Activation("relu"), Dense(5, bias=False)],
    ),
    "flattened volumes that are joined": (
        [
            FLAT,
            node("MaxPool", ["x"], ["b"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
            node("Reshape", ["b", "row"], ["c"], "row"),
            node("Concat", ["a", "c"], ["d"], "joined", axis=-1),
            DENSE,
        ],
        {"row": np.array([0, -1]), "w": values(1, 28, 5)},
        [Flatten(), MaxPool2d(2, 2), Flatten(), Concat(), Dense(5, bias=False)],
    ),
    "a function between a flattened volume and what takes a part": (
        [
            FLAT,
            node("Dropout", ["a"], ["b"]),
            node("Tanh", ["b"], ["c"]),
            node("Slice", ["c", "start", "end", "axis"], ["d"]),
            DENSE,
        ],
        {"start": np.array([2]), "end": np.array([20]), "axis": np.array([1]), "w": values(1, 18, 5)},
        [Flatten(), Activation("tanh"), Slice(2, 20), Dense(5, bias=False)],
    ),
    "other maps of the same values": (
        [node("Reshape", ["x", "maps"], ["a"], "maps"), node("Conv", ["a", "w"], ["y"])],
        {"maps": np.array([0, 4, -1, 2]), "w": values(1, 3, 4, 1, 1)},
        [Reshape(4, None, 2), Conv2d(3, 1, 1, 0, bias=False)],
    ),
    "maps that are transposed as channels": (
        [
            node("Reshape", ["x", "maps"], ["a"], "maps"),
            node("Transpose", ["a"], ["b"], perm=[0, 2, 3, 1]),
            node("Relu", ["b"], ["y"]),
        ],
        {"maps": np.array([1, 8, 1, 3])},
        [Reshape(8, 1, 3), Activation("relu")],
    ),
    "a number per value of a flattened volume": (
        [FLAT, node("Mul", ["a", "gamma"], ["b"]), node("Add", ["b", "beta"], ["y"])],
        {"gamma": values(1, 24), "beta": values(2, 24)},
        [Flatten(), Scale(bias=True)],
    ),
    "a vector of channels last": (
        [
            node("Transpose", ["x"], ["a"], "last", perm=[0, 2, 3, 1]),
            node("Reshape", ["a", "row"], ["d"], "row"),
            DENSE,
        ],
        {"row": np.array([-1, 24]), "w": values(1, 24, 5)},
        [Transpose("hwc"), Flatten(), Dense(5, bias=False)],
    ),
    "boxes of several maps": (
        boxes("boxes"),
        {"boxes": np.array([1, -1, 2])},
        [
            *(Reshape(2, 1, None), AvgPool2d(2, 1, count_padding=False)),
            *(Reshape(2, 1, None), Concat("columns"), Activation("sigmoid")),
        ],
    ),
    "several boxes of each pixel of several maps": (
        boxes("parts"),
        {"parts": np.array([1, -1, 2])},
        [
            *(Transpose("hwc"), Reshape(None, 1, 2), AvgPool2d(2, 1, count_padding=False)),
            *(Transpose("hwc"), Reshape(None, 1, 2), Concat(), Activation("sigmoid")),
        ],
    ),
    "flattened maps of several sizes": (
        [
            node("Reshape", ["x", "rows"], ["a"], "rows"),
            node("AveragePool", ["x"], ["b"], kernel_shape=[2, 2]),
            node("Reshape", ["b", "rows"], ["c"]),
            node("Concat", ["a", "c"], ["y"], axis=2),
        ],
        {"rows": np.array([0, 0, -1])},
        [Reshape(2, 1, None), AvgPool2d(2, 1, count_padding=False), Reshape(2, 1, None), Concat("columns")],
    ),
    "heads that are joined to the channels of each pixel": (
        [
            node("Cos", ["x"], ["a"], "opaque"),
            node("Transpose", ["a"], ["b"], perm=[0, 2, 1, 3]),
            node("Reshape", ["b", "rows"], ["c"]),
            node("MatMul", ["c", "w"], ["d"]),
            node("Softmax", ["d"], ["y"], axis=-1),
        ],
        {"rows": np.array([0, 3, -1]), "w": values(1, 8, 5)},
        [
            *(Opaque("Cos", (2, 3, 4), ("float32 1 c h w",)), Transpose("cwh"), Reshape(None, 1, 3)),
            *(Conv2d(5, 1, bias=False), Activation("softmax")),
        ],
    ),
    "parts of channels as the values of each pixel": (
        [
            node("Reshape", ["x", "parts"], ["a"], "parts"),
            node("Transpose", ["a"], ["b"], "last", perm=[0, 1, 3, 4, 2]),
            node("Sigmoid", ["b"], ["c"]),
            node("Reshape", ["c", "boxes"], ["d"], "boxes"),
            node("Slice", ["d", "start", "end", "axis"], ["y"]),
        ],
        {
            **{"parts": np.array([1, 2, 2, 2, 5]), "boxes": np.array([0, -1, 2])},
            **{"start": np.array([3]), "end": np.array([9]), "axis": np.array([1])},
        },
        [Reshape(2, 2, 10), Transpose("cwh"), Activation("sigmoid"), Reshape(None, 1, 2), Slice(3, 9)],
    ),
    "parts of channels behind rows and columns": (
        [
            node("Reshape", ["x", "parts"], ["a"], "parts"),
            node("Transpose", ["a"], ["b"], "last", perm=[0, 3, 4, 1, 2]),
            node("Reshape", ["b", "boxes"], ["c"], "boxes"),
            node("Slice", ["c", "start", "end", "axis"], ["y"]),
        ],
        {
            **{"parts": np.array([1, 2, 2, 2, 5]), "boxes": np.array([0, -1, 2])},
            **{"start": np.array([3]), "end": np.array([9]), "axis": np.array([1])},
        },
        [Transpose("hwc"), Reshape(None, 1, 2), Slice(3, 9)],
    ),
    "batch norm of a flattened volume": (
        [FLAT, node("BatchNormalization", ["a", "v", "v", "v", "v"], ["y"])],
        {"v": np.abs(values(1, 24)) + np.float32(0.1)},
        [Flatten(), BatchNorm()],
    ),
    "a vector that becomes maps": (
        [
            FLAT,
            node("Gemm", ["a", "w"], ["b"]),
            node("Reshape", ["b", "maps"], ["c"], "maps"),
            node("Conv", ["c", "v"], ["y"]),
        ],
        {"w": values(1, 24, 18), "maps": np.array([-1, 2, 3, 3]), "v": values(2, 4, 2, 3, 3)},
        [Dense(18, bias=False), Reshape(2, 3, 3), Conv2d(4, 3, 1, 0, bias=False)],
    ),
}


@pytest.mark.parametrize("title", CASES)
def test_values_in_another_shape_are_a_layer_if_no_other_layer_reads_them_as_they_are(tmp_path, title):
    nodes, constants, layers = CASES[title]
    model = model_of(nodes, (1, 4, 2, 5) if "parts" in constants else (1, 2, 3, 4), **constants)
    imported = import_model(write_model(tmp_path, model))
    network = imported.project.designs[0].network
    assert [entry.layer for entry in network.nodes] == layers
    assert max(errors_against_runtime(model, imported).values()) < 1e-6
    report = imported.report
    recognised = sum(count for *_, count in report.recognised)
    assert len(report.layers) + recognised + len(report.folded) + len(report.opaque) == len(nodes)


JOINED = [
    node("Conv", ["x", "v"], ["a"], "conv"),
    node("Flatten", ["a"], ["b"], "flat"),
    node("Reshape", ["a", "maps"], ["c"], "maps"),
    node("GlobalAveragePool", ["c"], ["e"], "means"),
    node("Reshape", ["e", "row"], ["f"], "row"),
    node("Sub", ["f", "shift"], ["g"], "shifted"),
    node("Relu", ["b"], ["h"], "relu"),
    node("Concat", ["h", "g"], ["d"], "joined", axis=1),
    DENSE,
]
JOINED_ARRAYS = {
    **{"v": values(1, 3, 2, 1, 1), "maps": np.array([0, 6, 3, -1]), "row": np.array([0, -1])},
    **{"shift": values(2, 6), "w": values(3, 42, 5)},
}


def with_node(name, **changes):
    return lambda network: network.with_node_replaced(name, replace(network.node(name), **changes))


EDITS = {
    "a function before": [with_node("relu", layer=Activation("tanh"))],
    "another reshape": [with_node("maps", layer=Reshape(6, None, 1))],
    "another constant": [with_node("shifted", weights=None)],
    "a flattened volume in place of its source": [with_node("maps", inputs=("flat",))],
    "volumes of other sizes": [
        with_node("conv", layer=Conv2d(6, 1, 1, 0, bias=False), weights=None),
        with_node("dense", weights=None),
    ],
}


@pytest.mark.parametrize("edit", ["", *EDITS])
def test_an_edited_copy_with_values_in_another_shape_computes_what_a_run_does(tmp_path, edit):
    source = write_model(tmp_path, model_of(JOINED, (1, 2, 3, 4), **JOINED_ARRAYS))
    project = import_model(source).project
    design = project.designs[0]
    kinds = [entry.layer.kind for entry in design.network.nodes]
    assert kinds == ["conv2d", "flatten", "reshape", "global_avg_pool2d", "scale", "activation", "concat", "dense"]
    events = list(run_and_verify(project, design.name, VolumeCache(), lambda: None))
    assert events[-1].is_passed
    assert len(events[-1].errors) == len(kinds)
    for change in EDITS.get(edit, ()):
        project = edited(project, change)
    _, volumes = export(project, tmp_path / "copy.onnx")
    assert edit or (tmp_path / "copy.onnx").read_bytes() == source.read_bytes()
    ends = run(tmp_path / "copy.onnx", volumes[INPUT])
    expected = volumes["dense"].ravel()
    np.testing.assert_allclose(ends["y"].ravel(), expected, atol=1e-5 * np.abs(expected).max())


@st.composite
def reorderings(draw):
    """A chain of nodes that move 24 values, with others between that need axes or take them as they are."""
    shape, nodes, constants = [1, 2, 3, 4], [node("Tanh", ["x"], ["v0"])], {}
    for number in range(draw(st.integers(2, 6))):
        before, after = f"v{number}", f"v{number + 1}"
        moves = ["Reshape", "Transpose"]
        operator = draw(st.sampled_from([*moves, *moves, "Tanh", "Concat", "Slice", "Add"]))
        axis = draw(st.integers(1, len(shape) - 1))
        arrays, settings = {}, {}
        if operator == "Reshape":
            rest, shape = int(np.prod(shape)), [1]
            for _ in range(draw(st.integers(0, 3))):
                shape.append(draw(st.sampled_from([size for size in range(1, rest + 1) if rest % size == 0])))
                rest //= shape[-1]
            shape.append(rest)
            arrays = {"shape": np.array(shape)}
        elif operator == "Transpose":
            settings = {"perm": [0, *draw(st.permutations(range(1, len(shape))))]}
            shape = [shape[place] for place in settings["perm"]]
        elif operator == "Concat":
            settings = {"axis": axis}
            shape[axis] *= 2
        elif operator == "Slice":
            arrays = {"start": np.array([-1]), "end": np.array([99]), "axis": np.array([axis])}
            shape[axis] = 1
        elif operator == "Add":
            arrays = {"bias": values(number, shape[axis], *[1] * (len(shape) - axis - 1))}
        received = [before] * (2 if operator == "Concat" else 1) + [after + name for name in arrays]
        nodes.append(node(operator, received, [after], **settings))
        constants |= {after + name: array for name, array in arrays.items()}
    return model_of(nodes, (1, 2, 3, 4), output=after, **constants)


@settings(max_examples=10, deadline=None)
@given(reorderings())
def test_any_chain_of_reorderings_computes_what_the_runtime_does(tmp_path_factory, model):
    imported = import_model(write_model(tmp_path_factory.mktemp("chain"), model))
    assert not check(imported.project).problems
    assert max(errors_against_runtime(model, imported).values(), default=0) < 1e-6

"""Operators of ONNX at the limits of their settings, and graphs within graphs: each volume is that of ONNX Runtime."""

import numpy as np
import onnx
import pytest
from msgspec.structs import replace
from onnx import TensorProto, helper

from engine.files.onnx_graphs import captured_names, rename_captured
from engine.onnx_files.importer import import_model
from engine.run.request import RunRequest
from engine.text.problems import ProjectError
from tests.engine.onnx_models import errors_against_runtime, model_of, values, write_model

node = helper.make_node
W = values(1, 4, 3, 3, 2)
QUANTISED = {
    "q": np.random.default_rng(0).integers(-127, 128, W.shape).astype(np.int8),
    "s": np.float32([0.01, 0.02, 0.03, 0.04]),
    "z": np.zeros(4, np.int8),
}


def imported(tmp_path, model, largest=1e-5):
    """What the import makes of a model, once each of its volumes is that of ONNX Runtime."""
    made = import_model(write_model(tmp_path, model))
    errors = errors_against_runtime(model, made)
    assert errors
    assert max(errors.values()) <= largest
    return made


def kinds(made):
    return [entry.layer.kind for entry in made.project.designs[0].network.nodes]


CONSTANTS = {
    "quantised weights": ([node("DequantizeLinear", ["q", "s", "z"], ["w"], axis=0)], QUANTISED),
    "quantised weights with one scale, and blocks of quantised weights": (
        [
            node("DequantizeLinear", ["q", "one", "zero"], ["u"]),
            node("DequantizeLinear", ["p", "blocks"], ["v"], axis=0, block_size=2),
            node("Mul", ["u", "v"], ["w"]),
        ],
        {"q": QUANTISED["q"], "p": QUANTISED["q"], "blocks": np.abs(values(4, 2, 3, 3, 2)), "one": np.float32(0.5)}
        | {"zero": np.int8(7)},
    ),
    "standardised weights": (
        [
            node("ReduceMean", ["v"], ["m"], axes=[1, 2, 3]),
            node("Sub", ["v", "m"], ["d"]),
            node("ReduceL2", ["d"], ["n"], axes=[1, 2, 3]),
            node("Div", ["d", "n"], ["w"]),
        ],
        {"v": W},
    ),
    "weights of a product": (
        [node("MatMul", ["a", "b"], ["p"]), node("Reshape", ["p", "dims"], ["w"])],
        {"a": values(2, 4, 2), "b": values(3, 2, 18), "dims": np.array(W.shape)},
    ),
}


@pytest.mark.parametrize("title", CONSTANTS)
def test_constants_by_operators_that_need_the_runtime_are_weights(tmp_path, title):
    nodes, arrays = CONSTANTS[title]
    opset = 21 if "blocks" in arrays else 13
    model = model_of([*nodes, node("Conv", ["x", "w"], ["y"], "conv")], opset=opset, **arrays)
    made = imported(tmp_path, model)
    assert kinds(made) == ["conv2d"]
    assert not made.report.opaque


def test_integers_that_single_precision_does_not_hold_are_no_constants(tmp_path):
    nodes = [node("CumSum", ["a", "axis"], ["b"]), node("Cast", ["b"], ["c"], to=TensorProto.FLOAT)]
    model = model_of([*nodes, node("Mul", ["x", "c"], ["y"])], a=np.array([2**24, 1]), axis=np.int64(0))
    with pytest.raises(ProjectError, match=r"node 'b' \(CumSum\) receives no volume"):
        import_model(write_model(tmp_path, model))


def graph(name, *nodes):
    output = nodes[-1].output[0]
    return helper.make_graph(nodes, name, [], [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)])


BRANCHES = {
    "then_branch": graph("t", node("Conv", ["r", "w"], ["t"])),
    "else_branch": graph("e", node("Conv", ["r", "w"], ["c"]), node("Neg", ["c"], ["e"])),
}


def conditional_model():
    """An If whose graphs receive a volume and weights from outside."""
    nodes = [
        node("Sigmoid", ["x"], ["r"], "r"),
        node("ReduceMax", ["r"], ["m"], "m", keepdims=0),
        node("Greater", ["m", "zero"], ["is_high"], "is_high"),
        node("If", ["is_high"], ["i"], "i", **BRANCHES),
        node("Relu", ["i"], ["y"], "y"),
    ]
    return model_of(nodes, w=W, zero=np.float32(0))


def test_graphs_within_a_node_receive_volumes_and_weights_from_outside(tmp_path):
    made = imported(tmp_path, conditional_model())
    assert [operator for _, operator, _ in made.report.opaque] == ["ReduceMax", "Greater", "If"]
    nodes = made.project.designs[0].network.nodes
    assert [entry.inputs for entry in nodes] == [(), (), (), ("is_high", "r"), ()]


def test_a_graph_within_a_node_hides_values_of_the_same_name_outside(tmp_path):
    step, go, go_on = (helper.make_tensor_value_info(name, kind, []) for name, kind in (("i", 7), ("k", 9), ("k2", 9)))
    before, after = (helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("r", "r2"))
    state, ends = [step, go, before], [go_on, after]
    body = helper.make_graph([node("Add", ["r", "s"], ["r2"]), node("Identity", ["k"], ["k2"])], "body", state, ends)
    nodes = [
        node("Relu", ["x"], ["s"], "s"),
        node("Sigmoid", ["x"], ["r"], "r"),
        node("Loop", ["n", "yes", "x"], ["y"], "loop", body=body),
    ]
    made = imported(tmp_path, model_of(nodes, n=np.int64(3), yes=np.array(True)))
    assert made.project.designs[0].network.inputs_of(2) == ("input", "s")


def test_names_within_a_graph_stay_if_others_outside_get_new_ones():
    inner = [helper.make_tensor_value_info("r", TensorProto.FLOAT, None)]
    body = helper.make_graph([node("Add", ["r", "s"], ["t"])], "body", inner, [onnx.ValueInfoProto(name="u")])
    loop = node("Loop", ["n", "yes", "r"], ["y"], body=body)
    assert captured_names(loop) == ["s", "u"]
    rename_captured(loop, {"r": "a", "s": "b", "u": "c"})
    renamed = loop.attribute[0].g
    assert (list(renamed.node[0].input), renamed.output[0].name) == (["r", "b"], "c")


LIKE_FUNCTIONS = {
    "a norm around the mean of something else": (
        [
            node("Relu", ["x"], ["r"]),
            node("ReduceMean", ["r"], ["m"], axes=[1]),
            node("Sub", ["x", "m"], ["d"]),
            node("Pow", ["d", "two"], ["p"]),
            node("ReduceMean", ["p"], ["v"], axes=[1]),
            node("Add", ["v", "e"], ["ve"]),
            node("Sqrt", ["ve"], ["s"]),
            node("Div", ["d", "s"], ["q"]),
            node("Mul", ["q", "g"], ["qg"]),
            node("Add", ["qg", "b"], ["y"]),
        ],
        {"two": np.float32(2), "e": np.float32(1e-5), "g": values(1, 3, 1, 1), "b": values(2, 3, 1, 1)},
        ["scale with bias"],
    ),
    "a hard swish whose gate is never closed": (
        [
            node("Add", ["x", "three"], ["a"]),
            node("Clip", ["a", "low", "six"], ["k"]),
            node("Mul", ["x", "k"], ["m"]),
            node("Div", ["m", "six"], ["y"]),
        ],
        {"three": np.float32(3), "low": np.float32(3.5), "six": np.float32(6)},
        [],
    ),
    "a number per channel and one for all": (
        [node("Mul", ["x", "g"], ["m"]), node("Add", ["m", "b"], ["y"])],
        {"g": values(1, 3, 1, 1), "b": np.float32(0.3)},
        [],
    ),
}


@pytest.mark.parametrize("title", LIKE_FUNCTIONS)
def test_nodes_that_only_resemble_a_function_are_what_they_are(tmp_path, title):
    nodes, arrays, titles = LIKE_FUNCTIONS[title]
    recognised = imported(tmp_path, model_of(nodes, opset=13, **arrays)).report.recognised
    assert [function for _, function, _ in recognised] == titles


def model_with_function():
    inner = [node("Sigmoid", ["v"], ["s"]), node("Mul", ["v", "s"], ["o"])]
    model = model_of([node("Conv", ["x", "w"], ["c"], "c"), node("Gate", ["c"], ["y"], "y", domain="own")], w=W)
    model.opset_import.append(helper.make_opsetid("own", 1))
    model.functions.append(helper.make_function("own", "Gate", ["v"], ["o"], inner, [helper.make_opsetid("", 17)]))
    return model


def test_an_operator_that_the_file_defines_is_run_by_its_definition(tmp_path):
    assert kinds(imported(tmp_path, model_with_function())) == ["conv2d", "opaque"]


PADDED = {
    "windows that pad by themselves": [node("Conv", ["p", "w"], ["y"], auto_pad="SAME_UPPER")],
    "weights that are no constants": [
        node("GlobalAveragePool", ["x"], ["g"]),
        node("Conv", ["p", "g"], ["y"]),
    ],
    "zeros behind zeros": [node("Pad", ["p", "pads"], ["q"]), node("Conv", ["q", "w"], ["y"], auto_pad="SAME_LOWER")],
}


@pytest.mark.parametrize("title", PADDED)
def test_zeros_that_a_convolution_cannot_add_itself_are_a_layer(tmp_path, title):
    nodes = [node("Pad", ["x", "pads"], ["p"], "pad"), *PADDED[title]]
    made = imported(tmp_path, model_of(nodes, pads=np.array([0, 0, 1, 2, 0, 0, 0, 3]), w=W))
    assert "pad" in kinds(made)


TRANSPOSED = [
    {"output_shape": [16, 16]},
    {"output_shape": [15, 16], "auto_pad": "SAME_UPPER"},
    {"output_shape": [15, 15], "auto_pad": "SAME_LOWER"},
    {"output_shape": [13, 14], "dilations": [2, 1]},
    {"auto_pad": "SAME_UPPER", "strides": [4, 3]},
    {"auto_pad": "SAME_LOWER", "strides": [2, 4], "output_padding": [1, 1]},
    {"auto_pad": "SAME_LOWER"},
]


@pytest.mark.parametrize("settings", TRANSPOSED, ids=str)
def test_a_transposed_convolution_cuts_off_what_its_stated_size_leaves_over(tmp_path, settings):
    operator = node("ConvTranspose", ["x", "w"], ["y"], **({"strides": [2, 2]} | settings))
    model = model_of([operator], w=values(0, 3, 2, 3, 3))
    assert kinds(imported(tmp_path, model)) == ["conv_transpose2d"]


def test_a_transposed_convolution_cannot_reach_a_larger_size(tmp_path):
    model = model_of([node("ConvTranspose", ["x", "w"], ["y"], output_shape=[11, 10])], w=values(0, 3, 2, 3, 3))
    with pytest.raises(ProjectError, match=r"its output has the size \[11, 10\]; at most \[10, 10\] is expected"):
        import_model(write_model(tmp_path, model))


def test_places_of_a_resize_are_those_of_single_precision(tmp_path):
    scales = np.float32([1, 1, 0.3333333, 0.3333333])
    settings = {"nearest_mode": "ceil", "coordinate_transformation_mode": "asymmetric"}
    model = model_of([node("Resize", ["x", "", "scales"], ["y"], **settings)], (1, 3, 300, 9), scales=scales)
    assert kinds(imported(tmp_path, model)) == ["opaque"]


STATISTICS = {"g": values(1, 3), "b": values(2, 3), "m": values(3, 3), "v": np.abs(values(4, 3))}
OPAQUE = {
    "pooling whose dilation the runtime leaves out": (
        13, node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], dilations=[3, 3], auto_pad="SAME_LOWER"), {},
    ),
    "a norm that yields statistics": (
        9, node("BatchNormalization", ["x", "g", "b", "m", "v"], ["y", "m2", "v2", "m3", "v3"]), STATISTICS,
    ),
    "a batch of two": (13, node("Concat", ["x", "x"], ["y"], axis=0), {}),
    "a mean of the channels as well": (13, node("ReduceMean", ["x"], ["y"], axes=[1, 2, 3]), {}),
    "channels that are repeated": (
        13, node("Resize", ["x", "", "scales"], ["y"]), {"scales": np.float32([1, 2, 1, 1])},
    ),
    "limits the other way round": (
        13, node("Clip", ["x", "l", "h"], ["y"]), {"l": np.float32(1), "h": np.float32(0)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("title", OPAQUE)
def test_what_our_layers_compute_otherwise_needs_the_runtime(tmp_path, title):
    opset, operator, arrays = OPAQUE[title]
    assert kinds(imported(tmp_path, model_of([operator], opset=opset, **arrays))) == ["opaque"]


@pytest.mark.parametrize("axes", [[3], [2, 3], [1], [1, 3], []], ids=str)
def test_means_along_axes_of_one_value_leave_the_others(tmp_path, axes):
    nodes = [
        node("GlobalAveragePool", ["x"], ["g"]),
        node("Concat", ["g", "g"], ["two"], axis=2),
        node("ReduceMean", ["two", "axes"], ["y"], noop_with_empty_axes=1),
    ]
    imported(tmp_path, model_of(nodes, opset=18, axes=np.array(axes, np.int64)))


def test_a_dropout_that_trains_or_tells_what_it_keeps_is_not_left_out(tmp_path):
    trains = node("Dropout", ["x", "ratio", "training"], ["y"])
    made = import_model(write_model(tmp_path, model_of([trains], ratio=np.float32(0.5), training=np.array(True))))
    assert made.report.opaque[0][2] == "it drops values at random, as in training"
    tells = [node("Dropout", ["x"], ["d", "k"]), node("Cast", ["k"], ["c"], to=1), node("Add", ["d", "c"], ["y"])]
    assert kinds(imported(tmp_path, model_of(tells))) == ["opaque", "opaque", "opaque", "add"]


def test_a_second_output_that_nothing_needs_is_none(tmp_path):
    nodes = [
        node("MaxPool", ["x"], ["m", "places"], kernel_shape=[2, 2]),
        node("Dropout", ["m"], ["d", "mask"]),
        node("Relu", ["d"], ["y"]),
    ]
    assert kinds(imported(tmp_path, model_of(nodes))) == ["max_pool2d", "activation"]


def test_a_bias_of_one_row_is_that_of_a_dense_layer(tmp_path):
    nodes = [node("Flatten", ["x"], ["f"]), node("Gemm", ["f", "w", "b"], ["y"])]
    made = imported(tmp_path, model_of(nodes, (1, 3, 2, 2), w=values(0, 12, 5), b=values(1, 1, 5)))
    assert kinds(made) == ["dense"]


REFUSED = {
    "a tensor without values": (
        [node("Split", ["x", "sizes"], ["y", "z"], "parts", axis=1)],
        {"sizes": np.array([0, 3])},
        r"node 'parts' \(Split\) makes a tensor of the shape \[1, 0, 8, 8\], which holds no values",
    ),
    "windows that pad in an unknown way": (
        [node("Conv", ["x", "w"], ["y"], "c", auto_pad="SAME")],
        {"w": W},
        "node 'c' .*: auto_pad is 'SAME'; NOTSET, VALID, SAME_UPPER or SAME_LOWER is expected",
    ),
    "values of chance": (
        [node("RandomNormal", [], ["n"], "chance", shape=[1, 3, 8, 8]), node("Add", ["x", "n"], ["y"])],
        {},
        r"node 'chance' \(RandomNormal\) receives no volume",
    ),
    "an axis that is cut twice": (
        [node("Slice", ["x", "s", "e", "a"], ["y"], "cut")],
        {"s": np.array([0, 1]), "e": np.array([2, 3]), "a": np.array([1, -3])},
        "node 'cut' .*: it cuts axis 1 twice",
    ),
}


@pytest.mark.parametrize("title", REFUSED)
def test_what_nothing_can_run_is_refused_with_its_value(tmp_path, title):
    nodes, arrays, text = REFUSED[title]
    with pytest.raises(ProjectError, match=text):
        import_model(write_model(tmp_path, model_of(nodes, **arrays)))


def test_an_input_with_too_many_channels_is_refused_with_its_shape(tmp_path):
    with pytest.raises(ProjectError, match="'x' has the shape 1099511627776×6×5; sizes up to 1,000,000 are read"):
        import_model(write_model(tmp_path, model_of([node("Relu", ["x"], ["y"])], (1, 2**40, 6, 5))))


def test_an_output_that_is_a_constant_is_reported(tmp_path):
    model = model_of([node("Relu", ["x"], ["y"]), node("Mul", ["c", "c"], ["z"])], c=values(0, 2))
    model.graph.output.append(onnx.ValueInfoProto(name="z"))
    assert "output 'z' is a constant, and no volume" in import_model(write_model(tmp_path, model)).report.notices


def test_a_shuffle_of_groups_of_one_channel_changes_nothing(tmp_path):
    nodes = [
        node("Reshape", ["x", "parts"], ["a"]),
        node("Transpose", ["a"], ["b"], perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["b", "whole"], ["c"]),
        node("Relu", ["c"], ["y"]),
    ]
    model = model_of(nodes, (1, 6, 4, 5), parts=np.array([1, 6, 1, 4, 5]), whole=np.array([1, 6, 4, 5]))
    assert kinds(imported(tmp_path, model)) == ["activation"]


def test_a_node_of_two_volumes_that_receives_one_is_a_mistake(tmp_path):
    nodes = [
        node("Abs", ["x"], ["a"], "a"),
        node("Mod", ["a", "x"], ["y"], "y", fmod=1),
        node("Relu", ["y"], ["z"], "z"),
    ]
    project = imported(tmp_path, model_of(nodes, output="z")).project
    (design,) = project.designs
    single = design.network.with_node_replaced("y", replace(design.network.node("y"), inputs=("a",)))
    (problem,) = RunRequest.of(project.with_network(design.name, single)).check.problems
    assert problem.text == "y: inputs: 1 given; Mod receives 2 volumes"

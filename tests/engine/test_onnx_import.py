"""ONNX models as projects: the same values as ONNX Runtime's, weights in the file, and clear refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from engine.files import arrays
from engine.layers import (
    Activation,
    Add,
    AvgPool2d,
    ChannelShuffle,
    Conv2d,
    Crop,
    Dense,
    GlobalMaxPool2d,
    GroupNorm,
    LayerNorm,
    MaxPool2d,
    Mul,
    Opaque,
    Pad,
    PixelShuffle,
    PixelUnshuffle,
    PRelu,
    Resize,
    Scale,
    Slice,
    Transpose,
)
from engine.network.input_specs import ImageInput, NoiseInput
from engine.network.weight_specs import FileWeights
from engine.onnx_files.importer import import_model
from engine.project.file import load_project, save_project
from engine.run.check import check
from engine.shapes import Shape
from engine.text.problems import ProjectError
from tests.engine.onnx_models import errors_against_runtime, model_of, values, write_model

node = helper.make_node
CONV = node("Conv", ["x", "w", "b"], ["y"], "layer1.0.conv1", strides=[2, 1], pads=[0, 1, 1, 2], dilations=[1, 2])
WEIGHTS = {"w": values(1, 4, 3, 3, 2), "b": values(2, 4)}


def layers_of(model):
    return [(entry.name, entry.layer) for entry in model.project.designs[0].network.nodes]


def worst(path, model):
    return max(errors_against_runtime(model, import_model(path)).values())


def test_a_convolution_keeps_its_name_and_its_weights_stay_in_the_file(tmp_path):
    path = write_model(tmp_path, model_of([CONV], **WEIGHTS))
    imported = import_model(path)
    (conv,) = imported.project.designs[0].network.nodes
    assert conv.name == "layer1.0.conv1"
    assert conv.layer == Conv2d(4, (3, 2), (2, 1), (0, 1, 1, 2), (1, 2))
    assert conv.weights == FileWeights(str(path), "w", "b", layout="oihw")
    np.testing.assert_array_equal(arrays.read_array(str(path), "w", lambda: None), WEIGHTS["w"])
    assert worst(path, model_of([CONV], **WEIGHTS)) < 1e-5


def test_an_imported_project_is_read_again_from_its_file(tmp_path):
    project = import_model(write_model(tmp_path, model_of([CONV], **WEIGHTS))).project
    save_project(project, tmp_path / "project.toml")
    assert 'path = "model.onnx"' in (tmp_path / "project.toml").read_text()
    assert load_project(tmp_path / "project.toml").project == project
    assert not check(project).problems


@pytest.mark.parametrize("mode", ["SAME_UPPER", "SAME_LOWER", "VALID"])
def test_automatic_padding_is_that_of_the_runtime(tmp_path, mode):
    nodes = [
        node("Conv", ["x", "w"], ["a"], auto_pad=mode, strides=[2, 2]),
        node("MaxPool", ["a"], ["y"], auto_pad=mode, kernel_shape=[2, 2], strides=[1, 1]),
    ]
    model = model_of(nodes, (1, 3, 9, 12), w=values(1, 4, 3, 4, 4))
    assert worst(write_model(tmp_path, model), model) < 1e-5


@pytest.mark.parametrize(
    ("settings", "extent"),
    [
        ({"strides": [2, 2]}, (16, 17)),
        (
            {"strides": [3, 2], "pads": [1, 0, 0, 2], "output_padding": [1, 0], "dilations": [1, 2], "group": 3},
            (22, 17),
        ),
        ({"strides": [2, 2], "auto_pad": "SAME_UPPER"}, (14, 16)),
        ({"strides": [4, 1], "auto_pad": "VALID"}, (28, 10)),
    ],
)
def test_a_transposed_convolution_is_that_of_the_runtime(tmp_path, settings, extent):
    weight = values(1, 6, 2, 4, 3)
    nodes = [node("ConvTranspose", ["x", "w", "b"], ["y"], **settings)]
    model = model_of(nodes, (1, 6, 7, 8), w=weight, b=values(2, 2 * settings.get("group", 1)))
    path = write_model(tmp_path, model)
    ((_, layer),) = layers_of(import_model(path))
    assert layer.output_shape([Shape(6, 7, 8)])[1:] == extent
    assert worst(path, model) < 1e-5


@pytest.mark.parametrize(
    ("settings", "scales", "sizes", "layer"),
    [
        ({"mode": "nearest"}, [1, 1, 2, 2], [], Resize()),
        (
            {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
            [1, 1, 2, 3],
            [],
            Resize(size=(14, 24), corners="asymmetric"),
        ),
        ({"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}, [], [1, 3, 11, 5], None),
        ({"mode": "linear"}, [1, 1, 1.5, 1.5], [], Resize(1.5, mode="bilinear")),
        ({"mode": "linear", "coordinate_transformation_mode": "align_corners"}, [], [1, 3, 13, 9], None),
        ({"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"}, [], [1, 3, 5, 31], None),
        ({"mode": "nearest"}, [1, 1, 0.5, 0.5], [], Resize(0.5, corners="asymmetric")),
        ({"nearest_mode": "round_prefer_ceil"}, [], [1, 3, 5, 3], None),
        ({"mode": "linear", "axes": [2, 3]}, [3, 0.75], [], None),
    ],
)
def test_resizing_is_that_of_the_runtime(tmp_path, settings, scales, sizes, layer):
    inputs = ["x", "", "scales"] if scales else ["x", "", "", "sizes"]
    constants = {"scales": np.array(scales, np.float32)} if scales else {"sizes": np.array(sizes)}
    model = model_of([node("Resize", inputs, ["y"], **settings)], (1, 3, 7, 8), opset=18, **constants)
    path = write_model(tmp_path, model)
    ((_, imported),) = layers_of(import_model(path))
    assert isinstance(imported, Resize)
    assert layer is None or imported == layer
    assert worst(path, model) < 1e-5


def test_resizing_that_no_layer_does_needs_the_runtime(tmp_path):
    for number, attributes in enumerate(
        (
            {"mode": "cubic"},
            {"coordinate_transformation_mode": "tf_crop_and_resize"},
            {"antialias": 1, "mode": "linear"},
        )
    ):
        roi = {"roi": np.array([0, 0, 0, 0, 1, 1, 1, 1], np.float32)}
        nodes = [node("Resize", ["x", "roi", "scales"], ["y"], **attributes)]
        model = model_of(nodes, (1, 3, 8, 8), opset=18, scales=np.array([1, 1, 0.5, 0.5], np.float32), **roi)
        ((_, imported),) = layers_of(import_model(write_model(tmp_path, model, f"{number}.onnx")))
        assert isinstance(imported, Opaque)


SHUFFLES = {
    "channel shuffle": ([1, 2, 6, 4, 6], [0, 2, 1, 3, 4], [1, 12, 4, 6], ChannelShuffle(2)),
    "pixel shuffle": ([1, 3, 2, 2, 4, 6], [0, 1, 4, 2, 5, 3], [1, 3, 8, 12], PixelShuffle(2)),
    "pixel shuffle, depth first": ([1, 2, 2, 3, 4, 6], [0, 3, 4, 1, 5, 2], [1, 3, 8, 12], PixelShuffle(2, "dcr")),
    "pixel unshuffle": ([1, 12, 2, 2, 3, 2], [0, 1, 3, 5, 2, 4], [1, 48, 2, 3], PixelUnshuffle(2)),
}


@pytest.mark.parametrize("title", SHUFFLES)
def test_reshapes_around_a_transpose_are_a_shuffle(tmp_path, title):
    parts, order, whole, layer = SHUFFLES[title]
    nodes = [
        node("Reshape", ["x", "parts"], ["a"]),
        node("Transpose", ["a"], ["b"], "shuffle", perm=order),
        node("Reshape", ["b", "whole"], ["c"]),
        node("Relu", ["c"], ["y"]),
    ]
    model = model_of(nodes, (1, 12, 4, 6), parts=np.array(parts), whole=np.array(whole))
    path = write_model(tmp_path, model)
    assert layers_of(import_model(path)) == [("shuffle", layer), ("y", Activation("relu"))]
    assert worst(path, model) == 0


@pytest.mark.parametrize(
    ("operator", "settings", "layer"),
    [
        ("DepthToSpace", {"blocksize": 2, "mode": "CRD"}, PixelShuffle(2)),
        ("DepthToSpace", {"blocksize": 2}, PixelShuffle(2, "dcr")),
        ("SpaceToDepth", {"blocksize": 2}, PixelUnshuffle(2, "dcr")),
    ],
)
def test_depth_and_space_are_pixel_shuffles(tmp_path, operator, settings, layer):
    model = model_of([node(operator, ["x"], ["y"], **settings)], (1, 12, 4, 6))
    path = write_model(tmp_path, model)
    assert layers_of(import_model(path)) == [("y", layer)]
    assert worst(path, model) == 0


def test_a_split_is_a_slice_per_output_and_a_slice_may_count_from_the_end(tmp_path):
    nodes = [
        node("Split", ["x", "sizes"], ["a", "b"], "split", axis=1),
        node("Split", ["b"], ["c", "d"], axis=1),
        node("Slice", ["d", "start", "end", "axis"], ["e"]),
        node("Concat", ["e", "a", "c"], ["y"], axis=1),
    ]
    constants = {"sizes": [2, 6], "start": [-2], "end": [2**31], "axis": [-3]}
    model = model_of(nodes, (1, 8, 4, 6), **{name: np.array(values) for name, values in constants.items()})
    path = write_model(tmp_path, model)
    assert [layer for _, layer in layers_of(import_model(path))][:5] == [
        *(Slice(0, 2), Slice(2, 8)),
        *(Slice(0, 3), Slice(3, 6)),
        Slice(1, 3),
    ]
    assert worst(path, model) == 0


@pytest.mark.parametrize(
    ("settings", "pads", "layer"),
    [
        ({"mode": "reflect"}, [0, 0, 1, 2, 0, 0, 3, 0], Pad((1, 2, 3, 0), "reflect")),
        ({"mode": "edge"}, [0, 0, 9, 0, 0, 0, 0, 9], Pad((9, 0, 0, 9), "edge")),
        ({}, [0, 0, 1, 1, 0, 0, 1, 1], Pad(1)),
        ({"mode": "constant"}, [0, 0, -1, 0, 0, 0, -2, -3], Crop((1, 0, 2, 3))),
    ],
)
def test_padding_that_no_convolution_takes_is_a_layer(tmp_path, settings, pads, layer):
    nodes = [node("Pad", ["x", "pads"], ["a"], "pad", **settings), node("Relu", ["a"], ["y"])]
    model = model_of(nodes, (1, 3, 7, 8), pads=np.array(pads))
    path = write_model(tmp_path, model)
    assert layers_of(import_model(path))[0] == ("pad", layer)
    assert worst(path, model) == 0


def test_a_row_of_values_that_a_gather_puts_into_another_shape_stays_the_same(tmp_path):
    nodes = [
        node("GlobalAveragePool", ["x"], ["a"]),
        node("Reshape", ["a", "row"], ["b"]),
        node("Gather", ["b", "places"], ["c"]),
        node("Gather", ["b", "others"], ["d"]),
        node("Relu", ["c"], ["y"]),
    ]
    places = np.arange(6).reshape(1, 6, 1, 1)
    model = model_of(nodes, (1, 6, 4, 5), row=np.array([-1]), places=places, others=places[:, ::-1])
    path = write_model(tmp_path, model)
    kinds = [layer.kind for _, layer in layers_of(import_model(path))]
    assert sorted(kinds) == ["activation", "global_avg_pool2d", "opaque"]
    assert worst(path, model) < 1e-6


def test_a_channel_that_a_gather_takes_is_a_slice(tmp_path):
    nodes = [
        node("Gather", ["x", "last"], ["a"], "blue", axis=1),
        node("Unsqueeze", ["a", "one"], ["b"]),
        node("Gather", ["x", "first"], ["c"], "rest", axis=1),
        node("Concat", ["b", "c"], ["d"], axis=1),
        node("Conv", ["d", "w"], ["y"]),
    ]
    constants = {"last": np.array(-1), "one": np.array([1]), "first": np.array([0, 1]), "w": values(1, 4, 3, 3, 3)}
    model = model_of(nodes, (1, 3, 7, 8), **constants)
    path = write_model(tmp_path, model)
    layers = [layer for _, layer in layers_of(import_model(path))]
    assert layers[:2] == [Slice(2, 3), Slice(0, 2)]
    assert [layer.kind for layer in layers[2:]] == ["concat", "conv2d"]
    assert worst(path, model) < 1e-5


def test_a_node_that_the_runtime_computes_receives_a_number_as_a_number(tmp_path):
    nodes = [node("Gather", ["x", "row"], ["a"], axis=2), node("Relu", ["a"], ["y"])]
    model = model_of(nodes, (1, 3, 7, 8), row=np.array(4))
    path = write_model(tmp_path, model)
    assert import_model(path).tensors["a"].shape == (1, 3, 8)
    assert worst(path, model) == 0


def test_a_slice_of_rows_and_columns_is_a_crop(tmp_path):
    nodes = [node("Slice", ["x", "starts", "ends", "axes"], ["y"])]
    constants = {"starts": np.array([2, -6]), "ends": np.array([100, -1]), "axes": np.array([2, 3])}
    model = model_of(nodes, (1, 3, 7, 8), **constants)
    path = write_model(tmp_path, model)
    assert layers_of(import_model(path)) == [("y", Crop((2, 2, 0, 1)))]
    assert worst(path, model) == 0


def test_padding_that_shape_arithmetic_computes_becomes_that_of_the_convolution(tmp_path):
    nodes = [
        node("Shape", ["x"], ["shape"]),
        node("Gather", ["shape", "two"], ["height"]),
        node("Mod", ["height", "two"], ["odd"]),
        node("Add", ["odd", "two"], ["top"]),
        node("Unsqueeze", ["top", "zero"], ["tops"]),
        node("Concat", ["zeros", "tops", "zeros3", "tops", "zero"], ["pads"], axis=0),
        node("Pad", ["x", "pads"], ["padded"]),
        node("Conv", ["padded", "w"], ["y"]),
    ]
    constants = {"two": np.array(2), "zero": np.array([0]), "zeros": np.array([0, 0]), "zeros3": np.array([0, 0, 0])}
    model = model_of(nodes, (1, 3, "height", "width"), w=values(1, 4, 3, 3, 3), **constants)
    path = write_model(tmp_path, model)
    imported = import_model(path, (9, 8))
    assert layers_of(imported) == [("y", Conv2d(4, 3, 1, (3, 0, 3, 0), bias=False))]
    assert max(errors_against_runtime(model, imported).values()) < 1e-5
    assert len(imported.report.folded) == 7


def test_an_open_size_is_asked_for_and_a_fixed_one_stays(tmp_path):
    open_size = write_model(tmp_path, model_of([CONV], ("batch", 3, "height", "width"), **WEIGHTS))
    with pytest.raises(ProjectError, match=r"input 'x' leaves its size open, \?×\?; choose it, as --size 224x224"):
        import_model(open_size)
    assert import_model(open_size, (20, 30)).project.input == ImageInput("resources:photos/chelsea.png", (20, 30))
    fixed = write_model(tmp_path, model_of([CONV], **WEIGHTS))
    with pytest.raises(ProjectError, match="input 'x' has the fixed size 8×8; leave --size out"):
        import_model(fixed, (20, 30))


def test_a_network_of_channels_last_runs_as_one_of_channels_first(tmp_path):
    nodes = [
        node("Transpose", ["x"], ["a"], perm=[0, 3, 1, 2]),
        node("Conv", ["a", "w"], ["b"]),
        node("Relu", ["b"], ["c"]),
        node("Transpose", ["c"], ["d"], perm=[0, 2, 3, 1]),
        node("Concat", ["d", "d"], ["e"], axis=3),
        node("ReduceMean", ["e"], ["f"], axes=[1, 2], keepdims=0),
        node("MatMul", ["f", "dense"], ["g"]),
        node("Add", ["g", "bias"], ["y"]),
    ]
    model = model_of(nodes, (1, 9, 7, 3), w=values(1, 4, 3, 3, 3), dense=values(2, 8, 5), bias=values(3, 5))
    path = write_model(tmp_path, model)
    imported = import_model(path)
    assert imported.project.input == ImageInput("resources:photos/chelsea.png", (9, 7))
    assert layers_of(imported)[-1] == ("g", Dense(5))
    assert worst(path, model) < 1e-5
    assert imported.report.recognised[0][1:] == ("dense with bias", 2)


def test_functions_of_several_nodes_are_recognised(tmp_path):
    nodes = [
        node("Sigmoid", ["x"], ["s"]),
        node("Mul", ["x", "s"], ["silu"]),
        node("HardSigmoid", ["silu"], ["h"], alpha=1 / 6, beta=0.5),
        node("Mul", ["silu", "h"], ["swish"]),
        node("Div", ["swish", "root"], ["r"]),
        node("Erf", ["r"], ["e"]),
        node("Add", ["e", "one"], ["e1"]),
        node("Mul", ["swish", "e1"], ["p"]),
        node("Mul", ["p", "half"], ["y"]),
    ]
    constants = {"root": np.float32(2**0.5), "one": np.float32(1), "half": np.float32(0.5)}
    model = model_of(nodes, (1, 5, 4, 6), **constants)
    path = write_model(tmp_path, model)
    imported = import_model(path)
    assert [layer.function for _, layer in layers_of(imported)] == ["silu", "hard_swish", "gelu"]
    assert sum(count for *_, count in imported.report.recognised) == 9
    assert isinstance(imported.project.input, NoiseInput)
    assert worst(path, model) < 1e-5


def test_weights_that_nodes_make_are_read_as_if_they_were_stored(tmp_path):
    fill = helper.make_tensor("value", TensorProto.FLOAT, [1], [0.25])
    nodes = [node("ConstantOfShape", ["size"], ["w"], value=fill), node("Conv", ["x", "w"], ["y"])]
    path = write_model(tmp_path, model_of(nodes, size=np.array([2, 3, 1, 1])))
    np.testing.assert_array_equal(arrays.read_array(str(path), "w", lambda: None), np.full((2, 3, 1, 1), 0.25))


@st.composite
def chains(draw):
    """A chain of known operators on maps, with the arrays that it needs."""
    channels, nodes, constants, value = 3, [], {}, "x"
    for index in range(draw(st.integers(1, 4))):
        operator = draw(
            st.sampled_from(["Conv", "MaxPool", "AveragePool", "BatchNormalization", "Clip", "Concat", "LRN"])
        )
        out, inputs, more = f"v{index}", [value], {}
        if operator == "Conv":
            groups = draw(st.sampled_from([1, channels]))
            filters = groups * draw(st.integers(1, 2))
            kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
            constants[f"w{index}"] = values(index, filters, channels // groups, *kernel)
            inputs, channels = [value, f"w{index}"], filters
            more = {
                "group": groups,
                "pads": [2, 2, 2, 2],
                "strides": list(draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))),
            }
        elif operator in ("MaxPool", "AveragePool"):
            pads = list(draw(st.tuples(*[st.integers(0, 1)] * 4)))
            more = {"kernel_shape": [2, 3], "pads": pads, "strides": [1, 2], "ceil_mode": draw(st.integers(0, 1))}
            if operator == "AveragePool":
                more["count_include_pad"] = draw(st.integers(0, 1))
        elif operator == "BatchNormalization":
            for role in range(4):
                constants[f"n{index}{role}"] = np.abs(values(10 * index + role, channels)) + np.float32(0.1)
            inputs += [f"n{index}{role}" for role in range(4)]
        elif operator == "Clip":
            constants |= {"low": np.float32(0), "high": np.float32(6)}
            inputs += ["low", "high"]
        elif operator == "Concat":
            inputs, more, channels = [value, value], {"axis": draw(st.sampled_from([1, -3]))}, 2 * channels
        else:
            more = {"size": 3}
        nodes.append(node(operator, inputs, [out], **more))
        value = out
    return nodes, constants, value


@settings(max_examples=25, deadline=None)
@given(chains())
def test_any_chain_of_known_operators_computes_what_the_runtime_does(tmp_path_factory, chain):
    nodes, constants, output = chain
    model = model_of(nodes, (1, 3, 9, 40), output=output, **constants)
    path = write_model(tmp_path_factory.mktemp("chain"), model)
    errors = errors_against_runtime(model, import_model(path))
    assert len(errors) == len(nodes)
    assert max(errors.values()) < 1e-5


HOSTILE = {
    "a cycle": ([node("Relu", ["a"], ["y"], "one"), node("Relu", ["y"], ["a"], "two")], {}, "a cycle, (one|two) → "),
    "a missing value": ([node("Relu", ["gone"], ["y"], "one")], {}, r"node 'one' \(Relu\) receives 'gone', which no"),
    "a value twice": ([node("Relu", ["x"], ["y"])] * 2, {}, "makes 'y', which is made before"),
    "stride 0": (
        [node("Conv", ["x", "w"], ["y"], "c", strides=[0, 0])],
        {"w": values(0, 1, 3, 1, 1)},
        r"node 'c' \(Conv\) .*: stride is \[0, 0\]; an integer from 1 to 1000000, .* is expected",
    ),
    "padding of 2³¹": (
        [node("MaxPool", ["x"], ["y"], "m", kernel_shape=[2, 2], pads=[2**31] * 4)],
        {},
        r"node 'm' \(MaxPool\) .*: padding is \[2147483648, .*an integer from 0 to 1000000, .* is expected",
    ),
    "groups that do not fit": (
        [node("Conv", ["x", "w"], ["y"], "c", group=2)],
        {"w": values(0, 2, 3, 1, 1)},
        r"node 'c' \(Conv\): groups 2 does not divide the 3 input channels",
    ),
    "an unknown domain": (
        [node("Relu", ["x"], ["y"], "r", domain="evil")],
        {},
        r"node 'r' \(evil.Relu\) is none of our layers: .*; ONNX Runtime cannot run it either",
    ),
    "too many nodes": ([node("Relu", ["x"], [f"v{i}"]) for i in range(20_001)], {}, "20,001 nodes; at most 20,000"),
    "no such output": ([node("Relu", ["x"], ["z"])], {}, "no node makes the output 'y'"),
}


@pytest.mark.parametrize("title", HOSTILE)
def test_a_model_that_cannot_run_is_refused_with_the_node_and_what_would_be_right(tmp_path, title):
    nodes, constants, text = HOSTILE[title]
    with pytest.raises(ProjectError, match=text) as error:
        import_model(write_model(tmp_path, model_of(nodes, **constants)))
    assert str(error.value).count("model.onnx") == 1


def test_a_model_of_several_inputs_is_refused_with_their_shapes_and_what_to_do(tmp_path):
    model = model_of([helper.make_node("Mul", ["x", "scale"], ["y"])])
    model.graph.input.append(helper.make_tensor_value_info("scale", TensorProto.FLOAT, ["n", 2]))
    text = r"has 2 inputs: 'x' \(1×3×8×8\), 'scale' \(\?×2\); .* Make the others initializers of the file"
    with pytest.raises(ProjectError, match=text):
        import_model(write_model(tmp_path, model))


def test_data_that_do_not_fill_their_shape_are_refused(tmp_path):
    model = model_of([CONV], **WEIGHTS)
    model.graph.initializer[0].dims[0] = 2**40
    with pytest.raises(
        ProjectError, match=r"initializer 'w' claims the shape \[1099511627776, 3, 3, 2\], but holds only"
    ):
        import_model(write_model(tmp_path, model))


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/passwd", "", "missing.bin"])
def test_external_data_are_read_from_the_folder_of_the_model_alone(tmp_path, location):
    (tmp_path / "secret.bin").write_bytes(b"\0" * 1000)
    model = model_of([CONV], **WEIGHTS)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    (tmp_path / "models").mkdir()
    with pytest.raises(ProjectError, match=r"only files in the folder of the model are opened|does not exist"):
        import_model(write_model(tmp_path / "models", model))
    tensor.external_data[0].value = "weights.bin"
    (tmp_path / "models" / "weights.bin").write_bytes(WEIGHTS["w"].tobytes()[:-1])
    path = write_model(tmp_path / "models", model)
    with pytest.raises(ProjectError, match=r"ends after [\d,]+ bytes of weights.bin; it needs"):
        import_model(path)
    (tmp_path / "models" / "weights.bin").write_bytes(WEIGHTS["w"].tobytes())
    np.testing.assert_array_equal(arrays.read_array(str(path), "w", lambda: None), WEIGHTS["w"])


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x08\x08" + b"\xff" * 40])
def test_a_file_that_is_no_model_is_refused(tmp_path, content):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ProjectError, match="is not an ONNX model"):
        import_model(path)


def test_without_the_package_a_message_says_what_is_missing(tmp_path, monkeypatch):
    path = write_model(tmp_path, model_of([CONV], **WEIGHTS))
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ProjectError, match="need the package onnx, which is not installed: pip install onnx"):
        import_model(path)


NORMS = {"gamma": values(8, 6, 1, 1), "beta": values(9, 6, 1, 1)}


def test_layer_norm_of_nine_nodes_is_recognised(tmp_path):
    nodes = [
        node("ReduceMean", ["x"], ["mean"], axes=[1]),
        node("Sub", ["x", "mean"], ["centred"]),
        node("Pow", ["centred", "two"], ["square"]),
        node("ReduceMean", ["square"], ["variance"], axes=[1]),
        node("Add", ["variance", "epsilon"], ["shifted"]),
        node("Sqrt", ["shifted"], ["root"]),
        node("Div", ["centred", "root"], ["normal"]),
        node("Mul", ["gamma", "normal"], ["scaled"]),
        node("Add", ["scaled", "beta"], ["y"], "norm"),
    ]
    model = model_of(nodes, (1, 6, 4, 5), two=np.float32(2), epsilon=np.float32(0.25), **NORMS)
    path = write_model(tmp_path, model)
    imported = import_model(path)
    assert layers_of(imported) == [("norm", LayerNorm(0.25))]
    assert imported.report.recognised == (("norm", "layer norm", 9),)
    assert worst(path, model) < 1e-5


def test_a_product_with_the_channels_of_each_pixel_is_a_1x1_convolution(tmp_path):
    nodes = [
        node("Transpose", ["x"], ["a"], perm=[0, 2, 3, 1]),
        node("MatMul", ["a", "wide"], ["b"], "widen"),
        node("Add", ["bias", "b"], ["c"]),
        node("MatMul", ["c", "narrow"], ["d"], "narrow"),
        node("Transpose", ["d"], ["y"], perm=[0, 3, 1, 2]),
    ]
    model = model_of(nodes, (1, 6, 4, 5), wide=values(1, 6, 9), bias=values(2, 9), narrow=values(3, 9, 1))
    path = write_model(tmp_path, model)
    imported = import_model(path)
    assert layers_of(imported) == [("widen", Conv2d(9, 1)), ("narrow", Conv2d(1, 1, bias=False))]
    assert [entry.weights.layout for entry in imported.project.designs[0].network.nodes] == ["io", "io"]
    assert not check(imported.project).problems
    assert worst(path, model) < 1e-5


def test_layer_norm_of_channels_last_is_that_of_the_channels(tmp_path):
    nodes = [
        node("Transpose", ["x"], ["a"], perm=[0, 2, 3, 1]),
        node("LayerNormalization", ["a", "gamma", "beta"], ["b"], "norm", epsilon=0.001),
        node("Transpose", ["b"], ["y"], perm=[0, 3, 1, 2]),
    ]
    model = model_of(nodes, (1, 6, 4, 5), **{name: array.ravel() for name, array in NORMS.items()})
    path = write_model(tmp_path, model)
    assert layers_of(import_model(path)) == [("norm", LayerNorm(0.001))]
    assert worst(path, model) < 1e-5


def test_group_norm_by_instance_norm_and_instance_norm_are_layers(tmp_path):
    nodes = [
        node("Reshape", ["x", "groups"], ["a"]),
        node("InstanceNormalization", ["a", "ones", "zeros"], ["b"], epsilon=0.5),
        node("Shape", ["x"], ["shape"]),
        node("Reshape", ["b", "shape"], ["c"]),
        node("Mul", ["c", "gamma"], ["d"]),
        node("Add", ["d", "beta"], ["e"], "norm"),
        node("InstanceNormalization", ["e", "scale", "shift"], ["y"]),
    ]
    constants = {"groups": np.array([0, 3, -1]), "ones": np.ones(3, np.float32), "zeros": np.zeros(3, np.float32)}
    model = model_of(nodes, (1, 6, 4, 5), **constants, **NORMS, scale=values(1, 6), shift=values(2, 6))
    path = write_model(tmp_path, model)
    assert layers_of(import_model(path)) == [("norm", GroupNorm(0.5, 3)), ("y", GroupNorm(groups=6))]
    assert worst(path, model) < 1e-5


def test_global_and_dilated_max_pooling_are_layers(tmp_path):
    nodes = [
        node("MaxPool", ["x"], ["a"], kernel_shape=[3, 2], dilations=[2, 3], pads=[1, 1, 1, 1]),
        node("GlobalMaxPool", ["a"], ["b"]),
        node("ReduceMax", ["a"], ["c"], axes=[2, 3]),
        node("Concat", ["b", "c"], ["y"], axis=1),
    ]
    model = model_of(nodes, (1, 3, 8, 9))
    path = write_model(tmp_path, model)
    layers = [layer for _, layer in layers_of(import_model(path))]
    assert layers[:3] == [MaxPool2d((3, 2), 1, 1, dilation=(2, 3)), GlobalMaxPool2d(), GlobalMaxPool2d()]
    assert worst(path, model) == 0


def test_pools_keep_what_rounding_up_and_padding_mean(tmp_path):
    nodes = [
        node("AveragePool", ["x"], ["a"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
        node("MaxPool", ["a"], ["y"], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
    ]
    (_, average), (_, largest) = layers_of(import_model(write_model(tmp_path, model_of(nodes))))
    assert average == AvgPool2d(3, 2, 1, count_padding=False)
    assert largest == MaxPool2d(2, 2, ceil=True)


def test_an_operator_without_a_layer_is_an_opaque_node_that_the_runtime_computes(tmp_path):
    nodes = [
        node("Conv", ["x", "w"], ["a"]),
        node("Einsum", ["a", "m"], ["b"], "mix", equation="nchw,cd->ndhw"),
        node("Transpose", ["b"], ["c"], perm=[0, 2, 3, 1]),
        node("Cos", ["c"], ["d"], "cosine"),
        node("TopK", ["d", "k"], ["e", "places"], "topk"),
        node("Relu", ["e"], ["y"]),
    ]
    model = model_of(nodes, (1, 3, 5, 6), w=values(1, 4, 3, 1, 1), m=values(2, 4, 7), k=np.array([2]))
    path = write_model(tmp_path, model)
    imported = import_model(path)
    assert [layer.kind for _, layer in layers_of(imported)] == ["conv2d", "opaque", "opaque", "opaque", "activation"]
    assert layers_of(imported)[1][1] == Opaque("Einsum", (7, 5, 6), ("float32 1 c h w", "constant"))
    assert layers_of(imported)[2][1].receives == ("float32 1 h w c",)
    assert [row[:2] for row in imported.report.opaque] == [("mix", "Einsum"), ("cosine", "Cos"), ("topk", "TopK")]
    assert max(errors_against_runtime(model, imported).values()) < 1e-5
    save_project(imported.project, tmp_path / "project.toml")
    assert load_project(tmp_path / "project.toml").project == imported.project
    analysis = check(imported.project).analyses["model"]
    assert analysis.macs is None
    assert analysis.reports[1].params is None


def test_a_transpose_of_parts_of_channels_that_is_no_shuffle_needs_the_runtime_alone(tmp_path):
    nodes = [
        node("Reshape", ["x", "split"], ["a"]),
        node("Transpose", ["a"], ["b"], "shuffle", perm=[0, 2, 1, 4, 3]),
        node("Reshape", ["b", "whole"], ["c"]),
        node("Relu", ["c"], ["y"]),
    ]
    model = model_of(nodes, (1, 6, 4, 4), split=np.array([1, 2, 3, 4, 4]), whole=np.array([1, 6, 4, 4]))
    path = write_model(tmp_path, model)
    imported = import_model(path)
    assert [layer.kind for _, layer in layers_of(imported)] == ["opaque", "activation"]
    assert max(errors_against_runtime(model, imported).values()) < 1e-5


def test_a_node_that_the_file_no_longer_has_is_a_mistake_at_its_layer(tmp_path):
    path = write_model(tmp_path, model_of([node("Cos", ["x"], ["y"], "cosine")]))
    project = import_model(path).project
    write_model(tmp_path, model_of([node("Cos", ["x"], ["y"], "other")]))
    (problem,) = check(project).problems
    assert problem.text == f"cosine: weights: {path} has no node 'cosine'; known are other"


def test_a_node_that_takes_too_much_memory_ends_its_process_and_not_ours(tmp_path):
    nodes = [node("Expand", ["x", "size"], ["y"], "expand")]
    path = write_model(tmp_path, model_of(nodes, size=np.array([100000, 100000, 8, 8])))
    with pytest.raises(
        ProjectError, match=r"node 'expand' \(Expand\) is none of our layers: .* ONNX Runtime cannot run it"
    ):
        import_model(path)


@pytest.mark.parametrize("divides_last", [False, True])
def test_a_convolution_with_its_bias_apart_and_a_hard_swish_of_four_nodes_are_a_layer_each(tmp_path, divides_last):
    ends = (
        [node("Mul", ["a", "c"], ["d"]), node("Div", ["d", "six"], ["y"])]
        if divides_last
        else [node("Div", ["c", "six"], ["d"]), node("Mul", ["d", "a"], ["y"])]
    )
    nodes = [
        node("Conv", ["x", "w"], ["p"], "conv"),
        node("Add", ["p", "bias"], ["a"], "add"),
        node("Add", ["a", "three"], ["b"]),
        node("Clip", ["b", "zero", "six"], ["c"]),
        *ends,
    ]
    numbers = {"zero": np.float32(0), "three": np.float32(3), "six": np.float32(6)}
    model = model_of(nodes, w=values(1, 4, 3, 3, 3), bias=values(2, 1, 4, 1, 1), **numbers)
    path = write_model(tmp_path, model)
    imported = import_model(path)
    assert [(name, layer.kind) for name, layer in layers_of(imported)] == [("conv", "conv2d"), ("y", "activation")]
    assert max(errors_against_runtime(model, imported).values()) < 1e-5


def test_squeeze_and_excitation_is_layers_of_ours_alone(tmp_path):
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["maps"], "maps", pads=[1, 1, 1, 1]),
        helper.make_node("GlobalAveragePool", ["maps"], ["mean"], "mean"),
        helper.make_node("Conv", ["mean", "mixed"], ["squeezed"], "squeezed"),
        helper.make_node("Sigmoid", ["squeezed"], ["gate"], "gate"),
        helper.make_node("Mul", ["gate", "maps"], ["scaled"], "scaled"),
        helper.make_node("Add", ["scaled", "mean"], ["y"], "shifted"),
    ]
    model = model_of(nodes, w=values(1, 4, 3, 3, 3), mixed=values(2, 4, 4, 1, 1))
    imported = import_model(write_model(tmp_path, model))
    kinds = [node.layer.kind for node in imported.project.designs[0].network.nodes]
    assert kinds == ["conv2d", "global_avg_pool2d", "conv2d", "activation", "mul", "add"]
    assert max(errors_against_runtime(model, imported).values()) < 1e-6


def test_a_product_of_maps_and_transposed_ones_is_one_with_a_transpose(tmp_path):
    nodes = [
        helper.make_node("Transpose", ["x"], ["turned"], "turned", perm=[0, 1, 3, 2]),
        helper.make_node("Mul", ["x", "turned"], ["y"], "product"),
    ]
    model = model_of(nodes)
    imported = import_model(write_model(tmp_path, model))
    assert [entry.layer for entry in imported.project.designs[0].network.nodes] == [Transpose("cwh"), Mul()]
    assert max(errors_against_runtime(model, imported).values()) < 1e-6


@pytest.mark.parametrize(
    ("node", "layer"),
    [
        (helper.make_node("LeakyRelu", ["x"], ["y"], alpha=0.1), Activation("leaky_relu", slope=0.1)),
        (helper.make_node("Elu", ["x"], ["y"], alpha=0.3), Activation("elu", alpha=0.3)),
        (helper.make_node("HardSigmoid", ["x"], ["y"], alpha=1 / 6), Activation("hard_sigmoid")),
        (helper.make_node("HardSigmoid", ["x"], ["y"]), Activation("hard_sigmoid", factor=0.2)),
        (helper.make_node("HardSigmoid", ["x"], ["y"], alpha=0.17), Activation("hard_sigmoid", factor=0.17)),
        (helper.make_node("HardSigmoid", ["x"], ["y"], beta=0.4), Activation("hard_sigmoid", factor=0.2, offset=0.4)),
        (helper.make_node("Mish", ["x"], ["y"]), Activation("mish")),
        (helper.make_node("Celu", ["x"], ["y"], alpha=0.3), Activation("celu", alpha=0.3)),
        (helper.make_node("Selu", ["x"], ["y"]), Activation("selu")),
        *(
            (helper.make_node(name, ["x"], ["y"]), Activation(name.lower()))
            for name in ("Softplus", "Softsign", "Abs", "Neg", "Reciprocal", "Exp")
        ),
        (helper.make_node("Pow", ["x", "two"], ["y"]), Activation("square")),
        (helper.make_node("Pow", ["x", "three"], ["y"]), Activation("power")),
        (helper.make_node("Div", ["one", "x"], ["y"]), Activation("reciprocal")),
        (helper.make_node("LogSoftmax", ["x"], ["y"], axis=1), Activation("log_softmax")),
        (helper.make_node("LogSoftmax", ["x"], ["y"]), Activation("log_softmax", along="columns")),
        (helper.make_node("Max", ["x", "zero"], ["y"]), Activation("relu")),
        (helper.make_node("Max", ["low", "x"], ["y"]), Activation("clip", low=-1.5, high=1e30)),
        (helper.make_node("Min", ["x", "high"], ["y"]), Activation("clip", low=-1e30, high=0.7)),
        (helper.make_node("Gelu", ["x"], ["y"], approximate="tanh"), Activation("gelu_tanh")),
        (helper.make_node("Clip", ["x", "low", "high"], ["y"]), Activation("clip", low=-1.5, high=0.7)),
        (helper.make_node("Clip", ["x", "low"], ["y"]), Activation("clip", low=-1.5, high=1e30)),
        (helper.make_node("Clip", ["x", "zero", "eight"], ["y"]), Activation("clip", low=0.0, high=8.0)),
        (helper.make_node("PRelu", ["x", "slopes"], ["y"]), PRelu()),
        (helper.make_node("PRelu", ["x", "slope"], ["y"]), PRelu(shared=True)),
        (helper.make_node("Mul", ["slopes", "x"], ["y"]), Scale()),
        (helper.make_node("Mul", ["x", "low"], ["y"]), Scale(shared=True)),
        (helper.make_node("Add", ["slopes", "x"], ["y"]), Scale(bias=True, factor=False)),
        (helper.make_node("Add", ["x", "low"], ["y"]), Scale(bias=True, shared=True, factor=False)),
        (helper.make_node("Sub", ["x", "slopes"], ["y"]), Scale(bias=True, factor=False)),
        (helper.make_node("Div", ["x", "slopes"], ["y"]), Scale()),
        (helper.make_node("Sub", ["slopes", "x"], ["y"]), Scale(bias=True)),
        (helper.make_node("Sub", ["low", "x"], ["y"]), Scale(bias=True, shared=True)),
        (helper.make_node("Sub", ["x", "row"], ["y"]), Scale(False, True, True, True, "column")),
        (helper.make_node("Div", ["x", "row"], ["y"]), Scale(shared=True, by_position=True, each="column")),
    ],
)
def test_functions_with_their_numbers_are_layers_of_ours(tmp_path, node, layer):
    arrays = {"low": np.float32(-1.5), "high": np.float32(0.7), "slopes": values(1, 3, 1, 1), "slope": values(2, 1)}
    arrays |= {"zero": np.float32(0), "eight": np.float32(8), "one": np.float32([1])}
    arrays |= {"two": np.float32(2), "three": np.float32([3]), "row": values(3, 8)}
    used = {name: array for name, array in arrays.items() if name in node.input}
    model = model_of([node], opset=20, **used)
    imported = import_model(write_model(tmp_path, model))
    assert [node.layer for node in imported.project.designs[0].network.nodes] == [layer]
    assert max(errors_against_runtime(model, imported).values()) < 1e-6


@pytest.mark.parametrize(
    "node",
    [
        helper.make_node("HardSigmoid", ["x"], ["y"], alpha=-0.2),
        helper.make_node("LeakyRelu", ["x"], ["y"], alpha=2.0),
        helper.make_node("Div", ["row", "x"], ["y"]),
        helper.make_node("PRelu", ["x", "row"], ["y"]),
        helper.make_node("Max", ["x", "row"], ["y"]),
        helper.make_node("Min", ["x", "row", "row"], ["y"]),
        helper.make_node("Pow", ["x", "row"], ["y"]),
        helper.make_node("Pow", ["row", "x"], ["y"]),
        helper.make_node("Selu", ["x"], ["y"], alpha=1.5),
    ],
)
def test_functions_beyond_ours_need_the_runtime(tmp_path, node):
    model = model_of([node], **({"row": values(1, 8)} if "row" in node.input else {}))
    imported = import_model(write_model(tmp_path, model))
    assert [node.layer.kind for node in imported.project.designs[0].network.nodes] == ["opaque"]


def test_mish_and_hard_sigmoid_of_several_nodes_are_a_layer_each(tmp_path):
    nodes = [
        helper.make_node("Softplus", ["x"], ["plus"]),
        helper.make_node("Tanh", ["plus"], ["gate"]),
        helper.make_node("Mul", ["x", "gate"], ["mish"]),
        helper.make_node("Add", ["mish", "three"], ["shifted"]),
        helper.make_node("Clip", ["shifted", "zero", "six"], ["clipped"]),
        helper.make_node("Div", ["clipped", "six"], ["y"]),
    ]
    numbers = {"three": np.float32(3), "zero": np.float32(0), "six": np.float32(6)}
    model = model_of(nodes, **numbers)
    imported = import_model(write_model(tmp_path, model))
    layers = [node.layer for node in imported.project.designs[0].network.nodes]
    assert layers == [Activation("mish"), Activation("hard_sigmoid")]
    assert max(errors_against_runtime(model, imported).values()) < 1e-6


def test_a_product_with_a_matrix_at_each_pixel_is_a_1x1_convolution(tmp_path):
    nodes = [
        helper.make_node("Transpose", ["x"], ["last"], perm=[0, 2, 3, 1]),
        helper.make_node("MatMul", ["last", "wide"], ["product"]),
        helper.make_node("Add", ["product", "offsets"], ["hidden"]),
        helper.make_node("MatMul", ["hidden", "narrow"], ["mixed"]),
        helper.make_node("Transpose", ["mixed"], ["first"], perm=[0, 3, 1, 2]),
        helper.make_node("Mul", ["scales", "first"], ["scaled"]),
        helper.make_node("Add", ["scaled", "x"], ["y"]),
    ]
    weights = {
        "wide": values(1, 3, 5),
        "offsets": values(2, 5),
        "narrow": values(3, 5, 3),
        "scales": values(4, 3, 1, 1),
    }
    model = model_of(nodes, (1, 3, 4, 6), **weights)
    imported = import_model(write_model(tmp_path, model))
    layers = [node.layer for node in imported.project.designs[0].network.nodes]
    assert layers == [Conv2d(5, 1), Conv2d(3, 1, bias=False), Scale(), Add()]
    assert max(errors_against_runtime(model, imported).values()) < 1e-6


def test_products_and_sums_with_constants_are_scales(tmp_path):
    nodes = [
        helper.make_node("Mul", ["x", "gamma"], ["scaled"], "scaled"),
        helper.make_node("Add", ["bias", "scaled"], ["shifted"], "shifted"),
        helper.make_node("Mul", ["two", "shifted"], ["doubled"], "doubled"),
        helper.make_node("Add", ["doubled", "half"], ["moved"], "moved"),
        helper.make_node("Mul", ["moved", "row"], ["weighted"], "weighted"),
        helper.make_node("Add", ["weighted", "bias"], ["y"], "last"),
    ]
    numbers = {"two": np.float32(2), "half": np.full((1,), 0.5, np.float32)}
    model = model_of(nodes, **numbers, gamma=values(1, 3, 1, 1), bias=values(2, 3, 1, 1), row=values(3, 8))
    imported = import_model(write_model(tmp_path, model))
    layers = [node.layer for node in imported.project.designs[0].network.nodes]
    assert layers[:2] == [Scale(bias=True), Scale(bias=True, shared=True)]
    assert layers[2] == Scale(shared=True, by_position=True, each="column")
    assert layers[3] == Scale(bias=True, factor=False)
    assert max(errors_against_runtime(model, imported).values()) < 1e-6


def test_the_mean_and_deviation_of_an_input_are_scales_by_their_opposites(tmp_path):
    nodes = [
        node("Div", ["x", "most"], ["a"]),
        node("Sub", ["a", "mean"], ["b"], "centred"),
        node("Div", ["b", "deviation"], ["c"], "normal"),
        node("Relu", ["c"], ["y"]),
    ]
    numbers = {"most": np.full((1, 3, 1, 1), 255, np.float32), "deviation": np.abs(values(2, 3, 1, 1)) + 1}
    model = model_of(nodes, mean=values(1, 3, 1, 1), **numbers)
    path = write_model(tmp_path, model)
    imported = import_model(path)
    assert layers_of(imported)[:2] == [("centred", Scale(bias=True)), ("normal", Scale())]
    assert imported.report.recognised == (("centred", "scale with bias", 2),)
    sources = [entry.weights for entry in imported.project.designs[0].network.nodes]
    assert sources[0] == FileWeights(str(path), gamma="1/most", bias="−mean")
    assert not check(imported.project).problems
    assert max(errors_against_runtime(model, imported).values()) < 1e-6
    save_project(imported.project, tmp_path / "project.toml")
    assert load_project(tmp_path / "project.toml").project == imported.project


@pytest.mark.parametrize("groups", [1, 2])
def test_a_transposed_convolution_with_its_bias_apart_is_one_layer(groups, tmp_path):
    filters = 3 * groups
    nodes = [
        node("ConvTranspose", ["x", "w"], ["p"], group=groups, strides=[2, 2]),
        node("Identity", ["p"], ["same"]),
        node("Add", ["same", "bias"], ["y"]),
    ]
    model = model_of(nodes, (1, 4, 5, 6), w=values(1, 4, 3, 2, 2), bias=values(2, 1, filters, 1, 1))
    path = write_model(tmp_path, model)
    ((_, layer),) = layers_of(import_model(path))
    assert (layer.kind, layer.filters, layer.groups, layer.bias) == ("conv_transpose2d", filters, groups, True)
    assert worst(path, model) < 1e-5


def test_a_grid_that_follows_from_the_size_of_the_input_is_stated_by_the_nodes_that_receive_it(tmp_path):
    """As the anchors of detectors whose size is open."""
    nodes = [
        node("Shape", ["x"], ["shape"]),
        node("Slice", ["shape", "two", "four"], ["size"]),
        node("ReduceProd", ["size"], ["count"], keepdims=0),
        node("Cast", ["count"], ["end"], to=TensorProto.FLOAT),
        node("Range", ["zero", "end", "one"], ["row"]),
        node("Reshape", ["row", "maps"], ["grid"]),
        node("Sub", ["grid", "x"], ["y"], "boxes"),
    ]
    numbers = {"two": np.array([2]), "four": np.array([4]), "maps": np.array([1, 1, 9, -1])}
    model = model_of(nodes, (1, 3, "height", "width"), zero=np.float32(0), one=np.float32(1), **numbers)
    imported = import_model(write_model(tmp_path, model), (9, 12))
    assert [entry[1] for entry in imported.report.opaque] == ["Sub"]
    assert max(errors_against_runtime(model, imported).values()) < 1e-6

"""Designs of ONNX models as edited copies: what nobody touched has the bytes that it had."""

from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
import pytest
from msgspec.structs import replace
from onnx import helper

from engine.layers import Activation, BatchNorm, Concat, Conv2d, Dense, MaxPool2d
from engine.model_export.export import ModelExport, model_format, write_model
from engine.model_export.wire import message_fields
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.network.weight_specs import PresetWeights, SeedWeights
from engine.onnx_files.importer import import_model
from engine.project.project import Project
from engine.rank_search.calibration import CalibrationSet
from engine.rank_search.replacement import apply_low_rank
from engine.run.execute import run_all
from engine.run.request import RunRequest
from engine.text.problems import ProjectError
from tests.engine.onnx_models import model_of, values
from tests.engine.onnx_models import write_model as write_onnx

node = helper.make_node
ARRAYS = {
    "w1": values(1, 4, 3, 3, 3), "b1": values(2, 4), "w2": values(3, 6, 4, 3, 3), "b2": values(4, 6),
    "w3": values(5, 6, 6, 1, 1), "w4": values(6, 5, 6), "b4": values(7, 5),
    "unused": values(8, 2),
}  # fmt: skip


def model(opset=17, ir_version=8):
    """A network with a function of two nodes, padding of its own, an operator without a layer, and a vector."""
    pads = [0, 0, 1, 1, 0, 0, 1, 0]
    pad = node("Pad", ["s", "pads"], ["p"], "pad") if opset >= 11 else node("Pad", ["s"], ["p"], "pad", pads=pads)
    nodes = [
        node("Conv", ["x", "w1", "b1"], ["c1"], "conv1", doc_string="the first", pads=[1, 1, 1, 1]),
        node("Sigmoid", ["c1"], ["g"], "gate"),
        node("Mul", ["c1", "g"], ["s"], "swish"),
        pad,
        node("Conv", ["p", "w2", "b2"], ["c2"], "conv2", strides=[2, 2]),
        node("Relu", ["c2"], ["r"], "relu"),
        node("Cos", ["r"], ["e"], "cosine"),
        node("Conv", ["e", "w3"], ["c3"], "conv3"),
        node("Add", ["r", "c3"], ["a"], "sum"),
        node("GlobalAveragePool", ["a"], ["v"], "pool"),
        node("Flatten", ["v"], ["f"], "flatten"),
        node("Gemm", ["f", "w4", "b4"], ["l"], "fc", transB=1),
        node("Softmax", ["l"], ["y"], "softmax", axis=1),
        node("Neg", ["unused"], ["nothing"], "dead"),
    ]
    arrays = ARRAYS | ({"pads": np.array(pads)} if opset >= 11 else {})
    made = model_of(nodes, (1, 3, 8, 9), opset=opset, **arrays)
    made.ir_version = ir_version
    made.metadata_props.add(key="author", value="somebody")
    made.graph.value_info.append(helper.make_tensor_value_info("c2", onnx.TensorProto.FLOAT, (1, 6, 4, 4)))
    made.graph.value_info.append(helper.make_tensor_value_info("s", onnx.TensorProto.FLOAT, (1, 4, 8, 9)))
    made.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, (1, 5)))
    if ir_version < 4:
        made.graph.input.extend(
            helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            for tensor in made.graph.initializer
        )
    return made


def network_of(project: Project) -> Network:
    return project.designs[0].network


def edited(project: Project, edit: Callable[[Network], Network]) -> Project:
    return project.with_network(project.designs[0].name, edit(network_of(project)))


def export(project: Project, out):
    request = RunRequest.of(project)
    design = project.designs[0].name
    report = write_model(ModelExport(request, design, model_format("onnx"), out))
    results = run_all(request, lambda event: None)
    return report, {name: done.volume for (own, name), done in results.items() if own in (design, STEM)}


def run(path, received):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(names, {"x": received[None]}), strict=True))


def parts(content: bytes):
    """The fields of a graph, as bytes by number."""
    graph = next(field for field in message_fields(memoryview(content)) if field.number == 7)
    found: dict[int, list[bytes]] = {}
    for field in message_fields(graph.content):
        found.setdefault(field.number, []).append(bytes(field.content))
    return found


def same_bytes(before: bytes, after: bytes, names):
    """Whether the nodes of these names are in both files, byte by byte."""
    old, new = ({onnx.NodeProto.FromString(raw).name: raw for raw in parts(content)[1]} for content in (before, after))
    return {name for name in names if old.get(name) != new.get(name)}


@pytest.fixture(params=[(17, 8), (9, 3)], ids=["new", "old"])
def source(request, tmp_path):
    return write_onnx(tmp_path, model(*request.param), "source.onnx")


def test_without_an_edit_the_whole_file_is_the_same(source, tmp_path):
    project = import_model(source).project
    report, _ = export(project, tmp_path / "copy.onnx")
    assert (tmp_path / "copy.onnx").read_bytes() == source.read_bytes()
    assert report.startswith("copy.onnx: the file of the model as it is (14 nodes, 9 layers, 1 opaque): nothing")


ALL = {entry.name for entry in model().graph.node}


def with_layer(name, layer):
    return lambda network: network.with_layer(name, layer)


def with_weights(name, source):
    return lambda network: network.with_node_replaced(name, replace(network.node(name), weights=source))


EDITS = {
    "a setting": (with_layer("relu", Activation("leaky_relu")), {"relu"}, "changed: 1 (relu)"),
    "other weights": (with_weights("conv2", PresetWeights("box")), set(), "weights replaced: 1 (conv2)"),
    "a function of several nodes": (
        with_layer("swish", Activation("hard_swish")), {"gate", "swish"}, "changed: 1 (swish)",
    ),
    "an insertion": (
        lambda n: n.with_node_after(Node("norm", BatchNorm(), ("conv1",)), "conv1"),
        {"gate", "swish"},
        "added: 1 (norm)\nreceiving others: 1 (swish)",
    ),
    "an insertion before padding": (
        lambda n: n.with_node_after(Node("norm", BatchNorm(), ("swish",)), "swish"),
        {"pad"},
        "added: 1 (norm)",
    ),
    "an insertion before a vector": (
        lambda n: n.with_node_after(Node("more", Activation("relu"), ("pool",)), "pool"),
        {"flatten"},
        "added: 1 (more)",
    ),
    "a removal": (lambda n: n.without("cosine"), {"cosine", "conv3"}, "removed: 1 (cosine)"),
    "a removal of the end": (lambda n: n.without("softmax"), {"softmax"}, "removed: 1 (softmax)"),
    "a layer behind the end": (
        lambda n: Network((*n.nodes, Node("more", Dense(3), ("softmax",)))), set(), "added: 1 (more)",
    ),
    "other shapes": (
        lambda n: n.without("cosine").with_layer("conv1", Conv2d(4, 3, 1, 2)),
        {"conv1", "cosine", "conv3"},
        "changed: 1 (conv1)\nreceiving others: ",
    ),
    "a wider vector": (
        lambda n: n.with_node_after(Node("twice", Concat(), ("pool", "pool")), "pool").with_node_replaced(
            "fc", Node("fc", Dense(5), ("twice",), SeedWeights("a", "b"))
        ),
        {"fc", "flatten"},
        "added: 1 (twice)\nweights replaced: 1 (fc)",
    ),
    "maps in place of a vector": (
        lambda n: n.without("softmax").with_node_after(Node("softmax", Activation("softmax"), ("sum",)), "sum"),
        {"softmax", "pool"},
        "receiving others: 2 (softmax, pool)",
    ),
    "a new name": (lambda n: n.with_node_renamed("conv2", "wide"), {"conv2"}, "renamed: 1 (conv2 → wide)"),
    "pooling in place of a stride": (
        lambda n: n.with_layer("conv2", Conv2d(6, 3, 1, (1, 1, 1, 0))).with_node_after(
            Node("max", MaxPool2d(2), ("conv2",)), "conv2"
        ),
        {"conv2", "pad", "relu"},
        "added: 1 (max)\nchanged: 1 (conv2)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_touches_nothing_else_and_onnx_runtime_computes_it(source, tmp_path, name):
    edit, touched, line = EDITS[name]
    imported = import_model(source).project
    project = edited(imported, edit)
    report, volumes = export(project, tmp_path / "copy.onnx")
    assert line in report
    before, after = source.read_bytes(), (tmp_path / "copy.onnx").read_bytes()
    assert same_bytes(before, after, ALL) == touched
    old, new = parts(before), parts(after)
    new_model = onnx.load_from_string(after)
    used = {value for entry in new_model.graph.node for value in entry.input}
    replaced = {"w2", "b2"} if name == "other weights" else set()
    arrays = [(onnx.TensorProto.FromString(raw).name, raw) for raw in old[5]]
    assert [raw for name, raw in arrays if name in used - replaced] == [raw for raw in new[5] if raw in old[5]]
    assert new_model.metadata_props[0].value == "somebody"
    onnx.checker.check_model(new_model)
    outputs = run(tmp_path / "copy.onnx", volumes[INPUT])
    assert len(outputs) == 1
    (value,) = outputs.values()
    expected = volumes[project.designs[0].network.loose_ends()[0]]
    assert np.abs(value.reshape(expected.shape) - expected).max() < 1e-5 * np.abs(expected).max()


def test_a_bottleneck_is_exported_with_its_fitted_weights(tmp_path):
    source = write_onnx(tmp_path, model(), "source.onnx")
    project = import_model(source).project
    calibration = CalibrationSet((project.input,), ())
    project = apply_low_rank(project, (project.designs[0].name, "conv2"), "1x1+kxk", (2,), calibration)
    report, volumes = export(project, tmp_path / "copy.onnx")
    assert "added: 1 (conv2_reduce)\nweights replaced: 1 (conv2)" in report
    (value,) = run(tmp_path / "copy.onnx", volumes[INPUT]).values()
    expected = volumes["softmax"]
    assert np.abs(value.reshape(expected.shape) - expected).max() < 1e-5


def test_data_beside_the_model_goes_with_the_copy_and_nothing_else_is_replaced(tmp_path):
    made = model()
    onnx.external_data_helper.convert_model_to_external_data(made, location="weights.bin", size_threshold=100)
    onnx.save(made, tmp_path / "source.onnx")
    project = edited(import_model(tmp_path / "source.onnx").project, with_layer("relu", Activation("leaky_relu")))
    folder = tmp_path / "other"
    _, volumes = export(project, folder / "copy.onnx")
    assert (folder / "weights.bin").read_bytes() == (tmp_path / "weights.bin").read_bytes()
    (value,) = run(folder / "copy.onnx", volumes[INPUT]).values()
    assert np.abs(value.reshape(-1, 1, 1) - volumes["softmax"]).max() < 1e-5
    (folder / "weights.bin").write_bytes(b"mine")
    with pytest.raises(ProjectError, match=r"weights\.bin: is another file than .* choose another folder"):
        export(project, folder / "second.onnx")
    assert (folder / "weights.bin").read_bytes() == b"mine"
    assert not (folder / "second.onnx").exists()


def test_a_model_of_half_precision_stays_one(tmp_path):
    made = model()
    for tensor in made.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            array = onnx.numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))
    for value in (*made.graph.input, *made.graph.output, *made.graph.value_info):
        value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    source = write_onnx(tmp_path, made, "source.onnx")
    project = edited(import_model(source).project, with_layer("conv1", Conv2d(4, 3, 1, 2, 2)))
    project = edited(project, with_weights("conv3", SeedWeights("a", "b")))
    _, volumes = export(project, tmp_path / "copy.onnx")
    (value,) = run(tmp_path / "copy.onnx", volumes[INPUT].astype(np.float16)).values()
    assert value.dtype == np.float16
    assert np.abs(value.reshape(-1, 1, 1) - volumes["softmax"]).max() < 0.02


def test_another_size_than_that_of_the_model_is_written_anew(tmp_path):
    source = write_onnx(
        tmp_path,
        model_of(
            [node("Relu", ["x"], ["y"], "relu"), node("Conv", ["y", "w1"], ["z"], "c")],
            (1, 3, 8, 9),
            output="z",
            **ARRAYS,
        ),
    )
    project = import_model(source).project
    project = replace(project, input=NoiseInput((3, 6, 6)))
    report, _ = export(project, tmp_path / "copy.onnx")
    assert (
        report
        == f"copy.onnx: ONNX model, 2 layers of model\nwritten anew: the input is 3×6×6, that of {source} 3×8×9\n"
    )


def test_the_model_itself_is_never_written_over(tmp_path):
    source = write_onnx(tmp_path, model(), "source.onnx")
    content = source.read_bytes()
    with pytest.raises(ProjectError, match=r"it is .*source.onnx', which is read; choose another place"):
        export(import_model(source).project, source)
    assert source.read_bytes() == content


def test_an_edit_that_a_node_without_a_layer_cannot_follow_is_a_mistake_there(tmp_path):
    project = import_model(write_onnx(tmp_path, model(), "source.onnx")).project
    project = edited(project, lambda n: n.without("sum").without("conv3").with_layer("conv1", Conv2d(4, 3, 1, 3)))
    with pytest.raises(ProjectError, match=r"cosine: ONNX Runtime cannot run it: it makes \[1, 6, 6, 6\] of what it"):
        run_all(RunRequest.of(project), lambda event: None)


def branching_model():
    """A convolution, a switch of type bool that has no axes, graphs within a node, and a node of two outputs."""
    graphs = {
        name: helper.make_graph([entry], name, [], [helper.make_empty_tensor_value_info(entry.output[0])])
        for name, entry in (("t", node("Relu", ["c"], ["t"])), ("e", node("Sigmoid", ["c"], ["e"])))
    }
    nodes = [
        node("Conv", ["x", "w1"], ["c"], "c"),
        node("ReduceMax", ["c"], ["m"], "m", keepdims=0),
        node("Greater", ["m", "zero"], ["switch"], "switch"),
        node("If", ["switch"], ["i"], "i", then_branch=graphs["t"], else_branch=graphs["e"]),
        node("TopK", ["i", "k"], ["v", "places"], "v", axis=1),
        node("Cast", ["places"], ["p"], "p", to=onnx.TensorProto.FLOAT),
        node("Add", ["v", "p"], ["y"], "y"),
    ]
    return model_of(nodes, (1, 3, 6, 5), w1=ARRAYS["w1"], zero=np.float32(0), k=np.array([2]))


def with_function_after(name, function):
    return lambda network: network.with_node_after(Node("more", Activation(function), (name,)), name)


@pytest.mark.parametrize(
    ("name", "function"), [("c", "sigmoid"), ("switch", "clip"), ("i", "sigmoid"), ("v_2", "clip")]
)
def test_an_edit_beside_types_and_graphs_that_layers_do_not_have_is_what_a_run_computes(tmp_path, name, function):
    project = edited(import_model(write_onnx(tmp_path, branching_model())).project, with_function_after(name, function))
    _, volumes = export(project, tmp_path / "copy.onnx")
    value = run(tmp_path / "copy.onnx", volumes[INPUT])["y"]
    assert np.abs(value[0] - volumes["y"]).max() < 1e-5 * np.abs(volumes["y"]).max()


def test_one_output_of_a_node_can_be_made_of_something_else_than_the_others(tmp_path):
    def edit(network):
        network = network.with_node_after(Node("more", Activation("sigmoid"), ("c",)), "c")
        return network.with_node_replaced("a_2", replace(network.node("a_2"), inputs=("c",)))

    nodes = [
        node("Conv", ["x", "w1"], ["c"], "c"),
        node("Split", ["c", "sizes"], ["a", "b"], "a", axis=1),
        node("Concat", ["b", "a"], ["y"], "y", axis=1),
    ]
    made = model_of(nodes, w1=ARRAYS["w1"], sizes=np.array([3, 1]))
    project = edited(import_model(write_onnx(tmp_path, made)).project, edit)
    _, volumes = export(project, tmp_path / "copy.onnx")
    value = run(tmp_path / "copy.onnx", volumes[INPUT])["y"]
    assert np.abs(value[0] - volumes["y"]).max() < 1e-5 * np.abs(volumes["y"]).max()


def test_a_node_of_several_outputs_behind_a_reshape_receives_an_inserted_layer_once(tmp_path):
    nodes = [
        node("Conv", ["x", "w1"], ["c"], "c"),
        node("Reshape", ["c", "parts"], ["p"]),
        node("Transpose", ["p"], ["t"], "shuffle", perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["t", "whole"], ["r"]),
        node("Split", ["r", "sizes"], ["a", "b"], "a", axis=1),
        node("Concat", ["b", "a"], ["y"], "y", axis=1),
    ]
    arrays = {"parts": np.array([1, 2, 2, 6, 6]), "whole": np.array([1, 4, 6, 6]), "sizes": np.array([1, 3])}
    made = model_of(nodes, w1=ARRAYS["w1"], **arrays)
    project = edited(import_model(write_onnx(tmp_path, made)).project, with_function_after("shuffle", "sigmoid"))
    _, volumes = export(project, tmp_path / "copy.onnx")
    value = run(tmp_path / "copy.onnx", volumes[INPUT])["y"]
    assert np.abs(value[0] - volumes["y"]).max() < 1e-5 * np.abs(volumes["y"]).max()


SIZED = {
    "a cut that the model states from the other end": (
        [
            node("MaxPool", ["c"], ["m"], "m", kernel_shape=[2, 2]),
            node("Slice", ["m", "first", "end", "rows"], ["y"], "y"),
        ],
        {"first": np.array([1]), "end": np.array([6]), "rows": np.array([2])},
        "m",
    ),
    "parts of stated sizes": (
        [
            node("Split", ["c", "large"], ["a", "b"], "a", axis=1),
            node("Split", ["a", "small"], ["g", "h"], "g", axis=1),
            node("Concat", ["h", "g", "b"], ["y"], "y", axis=1),
        ],
        {"large": np.array([3, 1]), "small": np.array([1, 2])},
        "a",
    ),
    "an output of a stated shape": (
        [
            node("MaxPool", ["c"], ["m"], "m", kernel_shape=[2, 2]),
            node("Reshape", ["m", "row"], ["y"], "row"),
        ],
        {"row": np.array([1, 196])},
        "m",
    ),
}


@pytest.mark.parametrize("title", SIZED)
def test_a_copy_follows_other_sizes_where_the_model_states_those_that_it_had(tmp_path, title):
    nodes, arrays, name = SIZED[title]
    made = model_of([node("Conv", ["x", "w1"], ["c"], "c", pads=[1] * 4), *nodes], w1=ARRAYS["w1"], **arrays)
    project = edited(import_model(write_onnx(tmp_path, made)).project, lambda network: network.without(name))
    _, volumes = export(project, tmp_path / "copy.onnx")
    (value,) = run(tmp_path / "copy.onnx", volumes[INPUT]).values()
    expected = volumes[network_of(project).loose_ends()[0]]
    assert np.abs(value.reshape(expected.shape) - expected).max() < 1e-5 * np.abs(expected).max()

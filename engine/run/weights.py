"""Weights from a seed, a file, or a preset kernel."""

from collections.abc import Hashable, Iterator, Mapping
from hashlib import blake2b
from math import prod, sqrt
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from engine.files import arrays, onnx_nodes, paths
from engine.files.onnx_model import ONNX_SUFFIX
from engine.files.paths import FileFault
from engine.kernels import Checkpoint
from engine.layers import Layer, Opaque
from engine.layers.opaque import NODE_ROLE
from engine.network.analysis import Report
from engine.network.weight_specs import FileWeights, LowRankWeights, PlainSource, PresetWeights, SeedWeights
from engine.run import weight_layouts
from engine.run.preset_kernels import PRESETS
from engine.run.random_values import normal_values

Weights = dict[str, NDArray[np.float32]]

_NEUTRAL = {"bias": 0.0, "gamma": 1.0, "beta": 0.0, "mean": 0.0, "var": 1.0, "slope": 0.25}
"""Values of a role without training; the slope is that of PyTorch and of the paper on PReLU."""

_ROLES = ("weight", *_NEUTRAL)


def weight_faults(report: Report) -> Iterator[str]:
    """What is wrong with a node's weights, from its settings and the file's header."""
    source = report.weights
    if source is None and runs_node(report):
        yield 'weights: missing; name the node of an ONNX file, as { source = "file", path = "…", weight = "its name" }'
    if source is None or isinstance(source, LowRankWeights):  # see low_rank_weights
        return
    if report.output_shape is None:  # the shapes that fit are unknown, but an unreadable file is a mistake anyway
        if isinstance(source, FileWeights):
            yield from _read_faults(source)
    elif runs_node(report):
        yield from _node_faults(source)
    elif not report.array_shapes:
        yield f"weights: {report.layer.kind} has no parameters; leave weights out"
    else:
        # The file may name a bias that is switched off: it may be switched on again.
        spare = ("bias",) if hasattr(report.layer, "bias") else ()
        yield from source_faults(source, report.array_shapes, report.layer.kind, spare)


def source_faults(
    source: PlainSource, shapes: Mapping[str, tuple[int, ...]], kind: str, spare: tuple[str, ...] = ()
) -> Iterator[str]:
    """What is wrong with a source for arrays of these shapes by role; it may name `spare` roles as well."""
    if isinstance(source, PresetWeights):
        yield from _preset_faults(source, shapes, kind)
    elif isinstance(source, FileWeights):
        yield from _file_faults(source, shapes, kind, spare)


def runs_node(report: Report) -> bool:
    """Whether the layer is a node of an ONNX model, which its weights name."""
    return isinstance(report.layer, Layer) and report.layer.runs_node


def _node_faults(source: PlainSource) -> Iterator[str]:
    if not isinstance(source, FileWeights):
        yield "weights: a preset or seed; a node of an ONNX file is expected"
        return
    try:
        onnx_nodes.node_of(source.path, source.weight)
    except FileFault as fault:
        yield f"weights: {fault}"


def _load_node(report: Report) -> Weights:
    """The model of a node, as bytes."""
    source, layer = report.weights, report.layer
    assert isinstance(source, FileWeights), "another source is a mistake"
    assert isinstance(layer, Opaque), "no other layer runs a node"
    shapes = [tuple(shape) for shape in report.known_inputs]
    model = onnx_nodes.node_model(source.path, source.weight, layer.receives, layer.result, shapes)
    content = np.frombuffer(model, np.uint8)
    return {NODE_ROLE: cast(Any, np.broadcast_to(content, (layer.output[0], content.size)))}


def weight_notices(report: Report) -> Iterator[str]:
    """What a user should know of a node's weights without mistakes, from the file's header: an assumed layout."""
    source, shape = report.weights, report.array_shapes.get("weight")
    if isinstance(source, LowRankWeights):
        return
    if isinstance(source, FileWeights) and shape is not None and report.output_shape is not None:
        yield from source_notices(source, shape)


def source_notices(source: FileWeights, shape: tuple[int, ...]) -> Iterator[str]:
    """What a user should know of the layout of weights of this shape."""
    try:
        array = _find_array(source, "weight", shape)
    except FileFault:
        return  # a mistake, see `weight_faults`
    needed = weight_layouts.shape_by_axes(array.shape, shape)
    if text := weight_layouts.layout_notice(array.shape, needed, source.layout, array.title):
        yield f"weights: {text}"


def _read_faults(source: FileWeights) -> Iterator[str]:
    try:
        arrays.read_headers(source.path)
    except FileFault as fault:
        yield f"weights: {fault}"


def weight_identity(report: Report, seed: int, design: str) -> Hashable:
    """All that a node's weights depend on, as a value for the digest; recipes have a `recipe_identity` instead."""
    source = report.weights
    assert not isinstance(source, LowRankWeights)
    return source_identity(source or SeedWeights(design, report.name), seed)


def source_identity(source: PlainSource, seed: int) -> Hashable:
    """All that the arrays of a source depend on besides their shapes."""
    if isinstance(source, FileWeights):
        return source, paths.stamp_of(source.path)
    return source if isinstance(source, PresetWeights) else (seed, source.design, source.node)


def weights_key(report: Report, *, seed: int, design: str) -> Hashable:
    """All that the arrays of `load_weights` depend on."""
    return weight_identity(report, seed, design), tuple(report.array_shapes.items())


def load_weights(report: Report, *, seed: int, design: str, checkpoint: Checkpoint) -> Weights:
    """The arrays by role that the node's layer runs with; FileFault if a file does not have them.

    Not for recipes: these need the volumes to fit to, which only a run has.
    """
    if runs_node(report):
        return _load_node(report)
    source = report.weights
    assert not isinstance(source, LowRankWeights)
    return weights_from_source(
        source or SeedWeights(design, report.name), report.array_shapes, seed=seed, checkpoint=checkpoint
    )


def weights_from_source(
    source: PlainSource, shapes: Mapping[str, tuple[int, ...]], *, seed: int, checkpoint: Checkpoint
) -> Weights:
    """Arrays of these shapes by role; FileFault if a file does not have them."""
    if isinstance(source, FileWeights):
        with paths.stat_once():
            return {role: _from_file(source, role, shape, checkpoint) for role, shape in shapes.items()}
    by_role = {role: np.full(shape, _NEUTRAL[role], np.float32) for role, shape in shapes.items() if role in _NEUTRAL}
    if "weight" not in shapes:
        return by_role
    if isinstance(source, PresetWeights):
        by_role["weight"] = preset_weights(source.name, shapes["weight"], checkpoint)
    else:
        by_role["weight"] = he_normal(shapes["weight"], weight_seed(seed, source.design, source.node), checkpoint)
    return by_role


def weight_seed(seed: int, design: str, node: str) -> int:
    """A seed per node, so that editing a layer does not change the weights of any other."""
    text = f"{seed}\0{design}\0{node}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def he_normal(shape: tuple[int, ...], seed: int, checkpoint: Checkpoint) -> NDArray[np.float32]:
    """Normal values of variance 2 / fan-in, where fan-in is the number of weights of one filter or unit.

    Source: K. He et al., Delving deep into rectifiers, 2015.
    """
    return normal_values(shape, seed, checkpoint, sqrt(2 / prod(shape[1:])))


def preset_weights(name: str, shape: tuple[int, ...], checkpoint: Checkpoint) -> NDArray[np.float32]:
    """Filters (filters, C/groups, kh, kw) of a fixed kernel.

    Filter f has kernel f of the bank, modulo its size, applied to the mean of the channels.
    The identity picks channel f instead, so that as many filters as channels return the volume unchanged.
    """
    filters, channels, height, width = shape
    bank = PRESETS[name].kernels(height, width)
    weight = np.zeros(shape, np.float32)
    for number in range(filters):
        checkpoint()
        kernel = bank[number % len(bank)]
        if name == "identity":
            weight[number, number % channels] = kernel
        else:
            weight[number] = kernel / channels
    return weight


def _preset_faults(source: PresetWeights, shapes: Mapping[str, tuple[int, ...]], kind: str) -> Iterator[str]:
    least = PRESETS[source.name].least
    kernel = shapes.get("weight", ())[2:]
    if not kernel:
        yield f"weights: preset {source.name!r} is a kernel; {kind} has none, leave weights out"
    elif min(kernel) < least:
        size = "×".join(map(str, kernel))
        yield f"weights: preset {source.name!r} needs a kernel of at least {least}×{least}; this one is {size}"


def _file_faults(
    source: FileWeights, shapes: Mapping[str, tuple[int, ...]], kind: str, spare: tuple[str, ...]
) -> Iterator[str]:
    if source.layout and "weight" not in shapes:
        yield f"weights: layout = {source.layout!r}, but {kind} has no weight; leave layout out"
    for role in _ROLES:
        if getattr(source, role) and role not in shapes and role not in spare:
            entry = f"{role} = {getattr(source, role)!r}"
            yield f"weights: {entry}, but {kind} has no {role}; it has {', '.join(shapes)}"
    for role, shape in shapes.items():
        try:
            _find_array(source, role, shape)
        except FileFault as fault:
            yield f"weights: {fault}"
            if fault.setting == "path":
                return


class _FoundArray(NamedTuple):
    """The array of a role: its name and shape in the file, how it is called in messages, and its layout."""

    name: str
    shape: tuple[int, ...]
    title: str
    layout: str


def _find_array(source: FileWeights, role: str, shape: tuple[int, ...]) -> _FoundArray:
    """The array of a role; FileFault if there is none or if it has another shape."""
    names = arrays.read_headers(source.path)
    setting = getattr(source, role)
    name = setting or ("" if "" in names and role == "weight" else role)
    if not setting and name not in names:
        remedy = ", or set bias = false" if role == "bias" else ""
        contents = "it holds one array, without a name" if "" in names else arrays.list_arrays(names)
        text = f'{source.path} has no array {role!r}; {contents}. Name the {role}, as {role} = "…"{remedy}'
        raise FileFault(text, role)
    file_shape = arrays.read_header(source.path, name, role).shape
    title = f"{role} {name!r} in {source.path}" if name else f"{role} in {source.path}"
    if role == "weight":
        needed = weight_layouts.shape_by_axes(file_shape, shape)
        layout = weight_layouts.resolve_layout(file_shape, needed, source.layout, title)
        return _FoundArray(name, file_shape, title, layout)
    if file_shape != shape and not _is_same_vector(source, file_shape, shape):
        difference = (
            f"has shape {arrays.array_shape_text(file_shape)}; this layer needs {arrays.array_shape_text(shape)}"
        )
        raise FileFault(f"{title} {difference}", role)
    return _FoundArray(name, file_shape, title, "")


def _from_file(source: FileWeights, role: str, shape: tuple[int, ...], checkpoint: Checkpoint) -> NDArray[np.float32]:
    array = _find_array(source, role, shape)
    values = arrays.read_array(source.path, array.name, checkpoint, "weights")
    needed = weight_layouts.shape_by_axes(array.shape, shape) if role == "weight" else shape
    return weight_layouts.in_own_layout(values, needed, array.layout).reshape(shape)


def _is_same_vector(source: FileWeights, file_shape: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether an array of an ONNX graph, which broadcasts along axes of size 1, has the values of this shape."""
    is_graph = source.path.lower().endswith(ONNX_SUFFIX)
    return is_graph and [n for n in file_shape if n > 1] == [n for n in shape if n > 1]

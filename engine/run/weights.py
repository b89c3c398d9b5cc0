"""Where weights come from: a seed, a file, or a preset kernel."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from math import prod, sqrt

import numpy as np
from numpy.typing import NDArray

from engine.files import arrays, paths
from engine.files.paths import FileFault
from engine.kernels import Checkpoint
from engine.network.analysis import Report
from engine.network.weight_specs import FileWeights, LowRankWeights, PlainSource, PresetWeights, SeedWeights
from engine.run.preset_kernels import PRESETS
from engine.run.random_values import normal_values

Weights = dict[str, NDArray[np.float32]]

_NEUTRAL = {"bias": 0.0, "gamma": 1.0, "beta": 0.0, "mean": 0.0, "var": 1.0}
"""What a role holds where nothing was trained."""

_ROLES = ("weight", *_NEUTRAL)


def weight_mistakes(report: Report) -> Iterator[str]:
    """What is wrong with the weights that a node names, from its settings and the file's header."""
    source = report.weights
    if source is None or isinstance(source, LowRankWeights):  # see low_rank_weights
        return
    if report.output_shape is None:  # which shapes fit is unknown, whether the file can be read is not
        if isinstance(source, FileWeights):
            yield from _unreadable(source)
    elif not report.array_shapes:
        yield f"weights: {report.layer.kind} has no parameters; leave weights out"
    else:
        # A bias that is switched off may stay named, for when it is switched on again.
        spare = ("bias",) if hasattr(report.layer, "bias") else ()
        yield from source_mistakes(source, report.array_shapes, report.layer.kind, spare)


def source_mistakes(
    source: PlainSource, shapes: Mapping[str, tuple[int, ...]], kind: str, spare: tuple[str, ...] = ()
) -> Iterator[str]:
    """What is wrong with a source that is to give arrays of these shapes by role; `spare` roles may be named, too."""
    if isinstance(source, PresetWeights):
        yield from _preset_mistakes(source, shapes, kind)
    elif isinstance(source, FileWeights):
        yield from _file_mistakes(source, shapes, kind, spare)


def _unreadable(source: FileWeights) -> Iterator[str]:
    try:
        arrays.read_headers(source.path)
    except FileFault as fault:
        yield f"weights: {fault}"


def weight_identity(report: Report, seed: int, design: str) -> object:
    """What a node's weights depend on, and nothing else, as a value to be digested; a recipe has more to it."""
    source = report.weights
    assert not isinstance(source, LowRankWeights)
    return source_identity(source or SeedWeights(design, report.name), seed)


def source_identity(source: PlainSource, seed: int) -> object:
    """What arrays of a source depend on beside their shapes."""
    if isinstance(source, FileWeights):
        return source, paths.stamp_of(source.path)
    return source if isinstance(source, PresetWeights) else (seed, source.design, source.node)


def load_weights(report: Report, *, seed: int, design: str, checkpoint: Checkpoint) -> Weights:
    """The arrays by role that the node's layer runs with; FileFault where a file does not give them.

    A recipe needs the volumes that it is fitted to, which only a run has.
    """
    source = report.weights
    assert not isinstance(source, LowRankWeights)
    return weights_from_source(
        source or SeedWeights(design, report.name), report.array_shapes, seed=seed, checkpoint=checkpoint
    )


def weights_from_source(
    source: PlainSource, shapes: Mapping[str, tuple[int, ...]], *, seed: int, checkpoint: Checkpoint
) -> Weights:
    """Arrays of these shapes by role; FileFault where a file does not give them."""
    if isinstance(source, FileWeights):
        return {role: _from_file(source, role, shape, checkpoint) for role, shape in shapes.items()}
    made = {role: np.full(shape, _NEUTRAL[role], np.float32) for role, shape in shapes.items() if role in _NEUTRAL}
    if "weight" not in shapes:
        return made
    if isinstance(source, PresetWeights):
        made["weight"] = preset_weights(source.name, shapes["weight"], checkpoint)
    else:
        made["weight"] = he_normal(shapes["weight"], weight_seed(seed, source.design, source.node), checkpoint)
    return made


def weight_seed(seed: int, design: str, node: str) -> int:
    """A seed of its own for every node: editing one layer leaves every other layer's weights as they were."""
    text = f"{seed}\0{design}\0{node}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def he_normal(shape: tuple[int, ...], seed: int, checkpoint: Checkpoint) -> NDArray[np.float32]:
    """Normal values of variance 2 / fan-in, the fan-in being the weights of one filter or unit.

    Source: K. He et al., Delving deep into rectifiers, 2015.
    """
    return normal_values(shape, seed, checkpoint, sqrt(2 / prod(shape[1:])))


def preset_weights(name: str, shape: tuple[int, ...], checkpoint: Checkpoint) -> NDArray[np.float32]:
    """Filters (filters, C/groups, kh, kw) of a fixed kernel.

    Filter f has the bank's kernel number f, from the start again after the last, on the mean of its channels.
    The identity alone picks channel f instead: as many filters as channels pass the volume on unchanged.
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


def _preset_mistakes(source: PresetWeights, shapes: Mapping[str, tuple[int, ...]], kind: str) -> Iterator[str]:
    least = PRESETS[source.name].least
    kernel = shapes.get("weight", ())[2:]
    if not kernel:
        yield f"weights: preset {source.name!r} is a kernel; {kind} has none, leave weights out"
    elif min(kernel) < least:
        size = "×".join(map(str, kernel))
        yield f"weights: preset {source.name!r} needs a kernel of at least {least}×{least}; this one is {size}"


def _file_mistakes(
    source: FileWeights, shapes: Mapping[str, tuple[int, ...]], kind: str, spare: tuple[str, ...]
) -> Iterator[str]:
    for role in _ROLES:
        if getattr(source, role) and role not in shapes and role not in spare:
            given = f"{role} = {getattr(source, role)!r}"
            yield f"weights: {given}, but {kind} has no {role}; it has {', '.join(shapes)}"
    for role, shape in shapes.items():
        try:
            _check_shape(source, role, shape)
        except FileFault as fault:
            yield f"weights: {fault}"
            if fault.setting == "path":
                return


def _check_shape(source: FileWeights, role: str, shape: tuple[int, ...]) -> str:
    """Name of the array that holds a role; FileFault where it is not there or of another shape."""
    names = arrays.read_headers(source.path)
    given = getattr(source, role)
    name = given or ("" if "" in names and role == "weight" else role)
    if not given and name not in names:
        remedy = ", or set bias = false" if role == "bias" else ""
        held = "it holds one array, without a name" if "" in names else arrays.list_arrays(names)
        text = f'{source.path} has no array {role!r}; {held}. Name the {role}, as {role} = "…"{remedy}'
        raise FileFault(text, role)
    found = arrays.read_header(source.path, name, role).shape
    if found != shape:
        what = f"{role} {name!r}" if name else role
        shapes = f"{arrays.array_shape_text(found)}; this layer needs {arrays.array_shape_text(shape)}"
        raise FileFault(f"{what} in {source.path} has shape {shapes}", role)
    return name


def _from_file(source: FileWeights, role: str, shape: tuple[int, ...], checkpoint: Checkpoint) -> NDArray[np.float32]:
    return arrays.read_array(source.path, _check_shape(source, role, shape), checkpoint, "weights")

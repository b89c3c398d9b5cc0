"""The sources of weights as values: a file, a preset, a seed, or a low-rank fit."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from engine.network.input_specs import Input, relocate_input
from engine.network.node_ref import NodeRef, design_text

Layout = Literal["", "oihw", "hwio", "ohwi", "hwoi", "ihwo", "oi", "io"]
"""The order of the axes of a weight array: O outputs, I inputs, H rows, W columns."""


class FileWeights(Struct, frozen=True, tag="file", tag_field="source", forbid_unknown_fields=True, omit_defaults=True):
    """Arrays of a .safetensors, .npz or .npy file; each role names its array, "" if the layer has no such role."""

    path: str
    weight: str = ""
    bias: str = ""
    gamma: str = ""
    beta: str = ""
    mean: str = ""
    var: str = ""
    slope: str = ""
    layout: Layout = ""
    """Of the array of the weights; "": OIHW or OI if the shape fits, else the only one that does."""


PresetName = Literal["identity", "box", "gaussian", "sharpen", "sobel", "laplacian", "gabor"]


class PresetWeights(
    Struct, frozen=True, tag="preset", tag_field="source", forbid_unknown_fields=True, omit_defaults=True
):
    """A fixed, well-known kernel."""

    name: PresetName


class SeedWeights(Struct, frozen=True, tag="seed", tag_field="source", forbid_unknown_fields=True, omit_defaults=True):
    """The He-normal weights that the project's seed assigns to the node of this name in that design."""

    design: str
    node: str


PlainSource = FileWeights | PresetWeights | SeedWeights
"""Sources that yield arrays directly: all but low-rank recipes."""

Form = Literal["1x1+kxk", "kxk+1x1", "1x1+kxk+1x1"]


class LowRankWeights(
    Struct, frozen=True, tag="low_rank", tag_field="source", forbid_unknown_fields=True, omit_defaults=True
):
    """Weights with which several convolutions together approximate one, by least squares on given inputs.

    All of them have this same value, so that each finds the others and every rank can be edited. The original layer
    has the kernel of the k×k among them, as many filters as the last, and the weights `of`.
    """

    form: Form
    nodes: Annotated[tuple[str, ...], Meta(min_length=2, max_length=3)]
    """Names of the convolutions in the order of `form`."""
    of: PlainSource
    calibration: tuple[Input, ...] = ()
    """Inputs on whose volumes the weights are fitted; default: the project's input."""
    refit: bool = False
    """Whether the k×k is fitted again, by least squares, to the output of the reduction before it."""

    def __post_init__(self) -> None:
        parts = self.form.count("+") + 1
        if len(self.nodes) != parts:
            raise ValueError(f"nodes has {len(self.nodes)} names; form {self.form!r} has {parts} convolutions")


WeightSource = PlainSource | LowRankWeights


def relocate_weights(source: WeightSource, move: Callable[[str], str]) -> WeightSource:
    """The source with `move` applied to all its paths."""
    if isinstance(source, FileWeights):
        return replace(source, path=move(source.path))
    if isinstance(source, LowRankWeights):
        calibration = tuple(relocate_input(spec, move) for spec in source.calibration)
        return replace(source, of=relocate_weights(source.of, move), calibration=calibration)
    return source


def rename_recipe_node(source: WeightSource | None, name: str, new_name: str) -> WeightSource | None:
    """The source after the renaming of a node in the same network."""
    if not isinstance(source, LowRankWeights) or name not in source.nodes:
        return source
    return replace(source, nodes=tuple(new_name if node == name else node for node in source.nodes))


def rename_seed_node(
    source: WeightSource | None, ref: NodeRef, new_ref: NodeRef, *, parts: bool
) -> WeightSource | None:
    """The source after the renaming of the node at `ref`, whose seed it may use.

    With `parts`, for a block, the seeds of its layers follow as well.
    """
    if isinstance(source, LowRankWeights) and isinstance(source.of, SeedWeights):
        return replace(source, of=rename_seed_node(source.of, ref, new_ref, parts=parts))
    if not isinstance(source, SeedWeights) or source.design != ref[0]:
        return source
    suffix = source.node.removeprefix(ref[1])
    if not source.node.startswith(ref[1]) or (suffix and not (parts and suffix.startswith("/"))):
        return source
    return SeedWeights(new_ref[0], new_ref[1] + suffix)


def source_text(source: WeightSource) -> str:
    """Short text for a source of weights."""
    match source:
        case FileWeights():
            return f"weights of {PurePath(source.path.removeprefix('resources:')).name}"
        case PresetWeights():
            return f"preset {source.name}"
        case SeedWeights():
            return f"random weights of {design_text(source.design)} · {source.node}"
        case LowRankWeights():
            return f"fitted to {source_text(source.of)}"

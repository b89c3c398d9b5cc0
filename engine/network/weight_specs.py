"""Where the weights of a layer come from, as values: a file, a preset, a seed, or a low-rank fit."""

from collections.abc import Callable
from pathlib import PurePath
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput, relocate_input


class FileWeights(Struct, frozen=True, tag="file", tag_field="source", forbid_unknown_fields=True, omit_defaults=True):
    """Arrays of a .safetensors, .npz or .npy file; each role names its array, "" where the layer has no such role."""

    path: str
    weight: str = ""
    bias: str = ""
    gamma: str = ""
    beta: str = ""
    mean: str = ""
    var: str = ""


PresetName = Literal["identity", "box", "gaussian", "sharpen", "sobel", "laplacian", "gabor"]


class PresetWeights(
    Struct, frozen=True, tag="preset", tag_field="source", forbid_unknown_fields=True, omit_defaults=True
):
    """A fixed, well-known kernel."""

    name: PresetName


class SeedWeights(Struct, frozen=True, tag="seed", tag_field="source", forbid_unknown_fields=True, omit_defaults=True):
    """He-normal weights of the project's seed, as the node of this name in that design has them by itself."""

    design: str
    node: str


Form = Literal["1x1+kxk", "kxk+1x1", "1x1+kxk+1x1"]


class LowRankWeights(
    Struct, frozen=True, tag="low_rank", tag_field="source", forbid_unknown_fields=True, omit_defaults=True
):
    """Weights with which several convolutions together do as one: the best of their widths, on given inputs.

    Every one of them holds this same value, so that each finds the others and any width may be edited. The one that
    they stand for has the k×k kernel of the k×k among them, as many filters as the last, and the weights `of`.
    """

    form: Form
    nodes: Annotated[tuple[str, ...], Meta(min_length=2, max_length=3)]
    """Names of the convolutions in the order of the form."""
    of: FileWeights | PresetWeights | SeedWeights
    calibration: tuple[ImageInput | ArrayInput | NoiseInput, ...] = ()
    """Inputs on whose volumes they are fitted; left out: the project's input, whatever it is."""
    refit: bool = False
    """Whether the k×k is fitted again, by least squares to what the reduction before it leaves."""

    def __post_init__(self) -> None:
        parts = self.form.count("+") + 1
        if len(self.nodes) != parts:
            raise ValueError(f"nodes has {len(self.nodes)} names; form {self.form!r} has {parts} convolutions")


PlainSource = FileWeights | PresetWeights | SeedWeights
"""What gives arrays by itself: all but a recipe."""
WeightSource = PlainSource | LowRankWeights


def relocate_weights(source: WeightSource, move: Callable[[str], str]) -> WeightSource:
    """The weights with `move` applied to every path that they name."""
    if isinstance(source, FileWeights):
        return replace(source, path=move(source.path))
    if isinstance(source, LowRankWeights):
        calibration = tuple(relocate_input(spec, move) for spec in source.calibration)
        return replace(source, of=relocate_weights(source.of, move), calibration=calibration)
    return source


def rename_part(source: WeightSource | None, name: str, new_name: str) -> WeightSource | None:
    """The weights where a node of the same network is called otherwise."""
    if not isinstance(source, LowRankWeights) or name not in source.nodes:
        return source
    return replace(source, nodes=tuple(new_name if node == name else node for node in source.nodes))


def rename_seed(
    source: WeightSource | None, place: tuple[str, str], new_place: tuple[str, str], *, parts: bool
) -> WeightSource | None:
    """The weights where the node at (design, node) whose seed they have is called otherwise.

    With `parts`, where the node is a block, those that have the seed of one of its layers, too.
    """
    if isinstance(source, LowRankWeights) and isinstance(source.of, SeedWeights):
        return replace(source, of=rename_seed(source.of, place, new_place, parts=parts))
    if not isinstance(source, SeedWeights) or source.design != place[0]:
        return source
    own = source.node.removeprefix(place[1])
    if not source.node.startswith(place[1]) or (own and not (parts and own.startswith("/"))):
        return source
    return SeedWeights(new_place[0], new_place[1] + own)


def source_text(source: PlainSource | LowRankWeights) -> str:
    """A few words for where weights come from."""
    match source:
        case FileWeights():
            return f"weights of {PurePath(source.path.removeprefix('resources:')).name}"
        case PresetWeights():
            return f"preset {source.name}"
        case SeedWeights():
            return f"random weights of {source.design or 'stem'} · {source.node}"
        case LowRankWeights():
            return f"fitted to {source_text(source.of)}"

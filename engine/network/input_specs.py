"""The input of a project as a value: a photo, an array in a file, or noise."""

from collections.abc import Callable
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from engine.layers.base import Count, Finite
from engine.shapes import Shape

_MOST_PIXELS = 100_000
"""Most pixels of a side of a photo."""
_Extent = Annotated[int, Meta(ge=1, le=_MOST_PIXELS)]
_Edge = Annotated[int, Meta(ge=0, le=_MOST_PIXELS)]
Seed = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class ImageInput(Struct, frozen=True, tag="image", tag_field="kind", forbid_unknown_fields=True, omit_defaults=True):
    """A photo: cropped, resized, channels in order, (value·scale − mean) / std."""

    path: str
    size: Annotated[tuple[_Extent, ...], Meta(min_length=2, max_length=2)] = (224, 224)
    channels: Literal["rgb", "bgr", "gray"] = "rgb"
    scale: Finite = 1 / 255
    mean: tuple[Finite, ...] = ()
    std: tuple[Finite, ...] = ()
    crop: Annotated[tuple[_Edge, ...], Meta(min_length=4, max_length=4)] = ()
    """Top, left, height and width of the part that is resized, in pixels of the upright photo.

    () for the largest part in the middle with the aspect ratio of `size`."""

    @property
    def shape(self) -> Shape:
        return Shape(1 if self.channels == "gray" else 3, self.size[0], self.size[1])


Axes = Literal["", "hw", "chw", "hwc", "nhw", "nchw", "nhwc"]
"""The order of an array's axes: N items, C channels, H rows, W columns."""


class ArrayInput(Struct, frozen=True, tag="array", tag_field="kind", forbid_unknown_fields=True, omit_defaults=True):
    """A volume from a .npy, .npz or .safetensors file; `key` names the array if the file holds several."""

    path: str
    key: str = ""
    axes: Axes = ""
    """"": C×H×W, a batch of one, or what the shape leaves no doubt about."""
    item: Annotated[int, Meta(ge=0, le=2**31)] = 0
    """Which item of a batch."""
    nan_as_zero: bool = False


class NoiseInput(Struct, frozen=True, tag="noise", tag_field="kind", forbid_unknown_fields=True, omit_defaults=True):
    """Standard normal values."""

    shape: Annotated[tuple[Count, ...], Meta(min_length=3, max_length=3)]
    seed: Seed = 0


Input = ImageInput | ArrayInput | NoiseInput


def relocate_input(spec: Input, move: Callable[[str], str]) -> Input:
    """The input with `move` applied to its path."""
    return spec if isinstance(spec, NoiseInput) else replace(spec, path=move(spec.path))


def with_photo(spec: ImageInput, path: str) -> ImageInput:
    """The preparation of one photo for another one; a crop, in pixels of the first, is not for the other."""
    return spec if path == spec.path else replace(spec, path=path, crop=())


def input_text(spec: Input) -> str:
    """Short text for an input: the file name of a photo or array, or "noise, seed 3"."""
    return f"noise, seed {spec.seed}" if isinstance(spec, NoiseInput) else spec.path.rpartition("/")[2]

"""Reads images, arrays and noise as volumes."""

from collections.abc import Iterator
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.files import array_axes, arrays, paths, photos
from engine.files.paths import FileFault, Stamp
from engine.files.photo_headers import BYTE_WHITE, photo_header, photo_size
from engine.kernels import Checkpoint
from engine.network.input_specs import ArrayInput, ImageInput, Input, NoiseInput
from engine.run.random_values import normal_values
from engine.shapes import Shape
from engine.text.notices import add_notice

_RESIZED_BYTES = 28
"""Memory per pixel of a resized photo: planes, and the copies between them and the volume."""

_LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in gray, as in ITU-R BT.601, by which Pillow converts bytes."""

LEAST_STD = 1e-12
"""Smaller divisors count as zero."""


def input_shape(spec: Input) -> Shape:
    """Shape of an input's volume, from settings and file headers alone; raises the first of `input_faults`."""
    for fault in input_faults(spec):
        raise fault
    return _array_shape(spec) if isinstance(spec, ArrayInput) else Shape(*spec.shape)


def input_faults(spec: Input) -> Iterator[FileFault]:
    """Everything that is wrong with an input, from settings and file headers alone."""
    try:
        if isinstance(spec, ImageInput):
            yield from _normalisation_faults(spec)
            yield from _crop_faults(spec)
            photo_header(spec.path, _sufficient_side(spec))
        elif isinstance(spec, ArrayInput):
            _array_shape(spec)
    except FileFault as fault:
        yield fault


def _array_shape(spec: ArrayInput) -> Shape:
    shape, axes = _shape_and_axes(spec)
    return array_axes.volume_shape(shape, axes)


def _shape_and_axes(spec: ArrayInput) -> tuple[tuple[int, ...], str]:
    """The shape of the array in its file, and its axes, stated or assumed."""
    shape = arrays.read_header(spec.path, spec.key, "key").shape
    return shape, array_axes.resolve_axes(shape, spec.axes, spec.item, arrays.array_subject(spec.path, spec.key))


def input_notices(spec: Input) -> Iterator[FileFault]:
    """What a user should know of an input without faults, from settings and file headers alone."""
    if isinstance(spec, ArrayInput):
        shape, _ = _shape_and_axes(spec)
        subject = arrays.array_subject(spec.path, spec.key)
        if text := array_axes.axes_notice(shape, spec.axes, spec.item, subject):
            yield FileFault(text, "axes")


def input_stamp(spec: Input) -> Stamp | None:
    """The state of the input's file; None if it has no file."""
    return None if isinstance(spec, NoiseInput) else paths.stamp_of(spec.path)


def reading_bytes(spec: Input) -> int:
    """Most memory that `load_input` needs besides its volume.

    That is the pixels of a photo, or another order of an array's axes; arrays are read in small blocks.
    """
    if isinstance(spec, ArrayInput):
        shape, axes = _shape_and_axes(spec)
        return 0 if axes.endswith("hw") else array_axes.volume_shape(shape, axes).bytes
    if isinstance(spec, NoiseInput):
        return 0
    height, width = spec.size
    return _RESIZED_BYTES * height * width + photo_header(spec.path, _sufficient_side(spec)).reading_bytes


def decoded_pixels(spec: ImageInput) -> int:
    """Number of pixels of a photo that are decoded, which may be fewer than it has."""
    return photo_header(spec.path, _sufficient_side(spec)).pixels


def load_input(spec: Input, checkpoint: Checkpoint) -> NDArray[np.float32]:
    """The input's volume (C×H×W)."""
    shape = input_shape(spec)
    if isinstance(spec, ArrayInput):
        return _load_array(spec, checkpoint)
    if isinstance(spec, ImageInput):
        pixels, white = read_image(spec, checkpoint)
        return normalise(pixels, spec, white)
    return normal_values(shape, spec.seed, checkpoint)


def _load_array(spec: ArrayInput, checkpoint: Checkpoint) -> NDArray[np.float32]:
    """The volume in an array, with a notice about values that are not finite."""
    _, axes = _shape_and_axes(spec)
    item = spec.item if axes[0] == "n" else None
    values = arrays.read_array(spec.path, spec.key, checkpoint, "key", item=item, finite=False)
    volume = array_axes.as_volume(values, axes)
    subject = arrays.array_subject(spec.path, spec.key)
    for noun, is_marked in (("not a number (NaN)", np.isnan), ("infinite", np.isinf)):
        count, first = 0, ""
        for channel, plane in enumerate(volume):
            checkpoint()
            marks = is_marked(plane)
            if marks.any():
                y, x = np.unravel_index(int(marks.argmax()), plane.shape)
                first = first or f"channel {channel}, y {y}, x {x}"
                count += int(np.count_nonzero(marks))
                if spec.nan_as_zero and is_marked is np.isnan:
                    plane[marks] = 0
        if count:
            add_notice(f"{subject}{_not_finite_text(count, noun, first, spec, is_nan=is_marked is np.isnan)}")
    return volume


def _not_finite_text(count: int, noun: str, first: str, spec: ArrayInput, *, is_nan: bool) -> str:
    values = f"{count:,} value that is" if count == 1 else f"{count:,} values that are"
    text = f" has {values} {noun}, the first at {first}"
    if not is_nan:
        return text
    return f"{text}: read as 0" if spec.nan_as_zero else f"{text}; nan_as_zero = true reads them as 0"


def read_image(spec: ImageInput, checkpoint: Checkpoint) -> tuple[NDArray[Any], float]:
    """The photo as H×W×3 (gray: H×W×1), upright, cropped, then resized; and its white.

    Photos of 8 bits are bytes, others float32.
    """
    height, width = spec.size
    photo = photos.read_photo(spec.path, _sufficient_side(spec), checkpoint)
    checkpoint()
    planes = [_crop(plane, spec) if spec.crop else _crop_middle(plane, height, width) for plane in photo.planes]
    checkpoint()
    gray = spec.channels == "gray"
    if not photo.header.is_deep:
        return np.atleast_3d(np.asarray(planes[0].convert("L" if gray else "RGB"))), photo.header.white
    pixels = np.dstack([np.asarray(plane) for plane in planes])
    if photo.header.dtype[0] != "f":  # the curve between two pixels may overshoot, as for bytes, which are cut
        pixels = pixels.clip(np.iinfo(photo.header.dtype).min, photo.header.white)
    if gray and len(planes) == 3:
        pixels = (pixels @ np.asarray(_LUMA, np.float32))[..., None]
    return pixels if gray or len(planes) == 3 else pixels.repeat(3, axis=2), photo.header.white


def _crop(plane: Image.Image, spec: ImageInput) -> Image.Image:
    """Crop a picture of the whole photo, perhaps a reduced one, then resize it; no pixel outside has an effect."""
    top, left, height, width = spec.crop
    photo_height, photo_width = photo_size(spec.path)
    x, y = plane.width / photo_width, plane.height / photo_height
    # In a reduced picture the edges of the crop may lie within pixels.
    box = (x * left, y * top, min(x * (left + width), plane.width), min(y * (top + height), plane.height))
    outer_left, outer_top = floor(box[0]), floor(box[1])
    part = plane.crop((outer_left, outer_top, ceil(box[2]), ceil(box[3])))
    inner = (box[0] - outer_left, box[1] - outer_top, box[2] - outer_left, box[3] - outer_top)
    return _resize(part, spec.size[0], spec.size[1], inner)


def _crop_middle(plane: Image.Image, height: int, width: int) -> Image.Image:
    """Crop a picture at its centre to the aspect of the size, then resize it."""
    scale = min(plane.width / width, plane.height / height)
    # A rounding error must not make the crop larger than the photo.
    crop_width, crop_height = min(scale * width, plane.width), min(scale * height, plane.height)
    left, top = (plane.width - crop_width) / 2, (plane.height - crop_height) / 2
    return _resize(plane, height, width, (left, top, left + crop_width, top + crop_height))


def _resize(plane: Image.Image, height: int, width: int, box: tuple[float, float, float, float]) -> Image.Image:
    """The part of a picture between left, top, right and bottom, in another size."""
    # A photo many times larger is shrunk by whole numbers first: invisible, and in a third of the time.
    return plane.resize((width, height), Image.Resampling.BICUBIC, box, reducing_gap=3.0)


def _sufficient_side(spec: ImageInput) -> int:
    """Pixels per side beyond which a larger photo would look the same; a part of it needs as many itself."""
    enough = 2 * max(spec.size)
    if not spec.crop or 0 in spec.crop[2:]:
        return enough
    return ceil(enough * min(photo_size(spec.path)) / min(spec.crop[2:]))


def normalise(pixels: NDArray[Any], spec: ImageInput, white: float = BYTE_WHITE) -> NDArray[np.float32]:
    """H×W×C → C×H×W: channels ordered, white as 255, then (value·scale − mean) / std."""
    ordered = pixels[..., ::-1] if spec.channels == "bgr" else pixels
    volume = np.ascontiguousarray(ordered.transpose(2, 0, 1), dtype=np.float32)
    with np.errstate(over="ignore"):  # the views mark and count overflow in the values
        volume *= np.float32(spec.scale * BYTE_WHITE / white)
        for values, operation in ((spec.mean, np.subtract), (spec.std, np.divide)):
            if values:
                operation(volume, np.asarray(values, np.float32).reshape(-1, 1, 1), out=volume)
    return volume


def _crop_faults(spec: ImageInput) -> Iterator[FileFault]:
    if not spec.crop:
        return
    top, left, height, width = spec.crop
    if not height or not width:
        text = f"is {list(spec.crop)}; top, left, height and width are expected, height and width at least 1"
        yield FileFault(f"crop {text}", "crop")
        return
    photo_height, photo_width = photo_size(spec.path)
    for side, end, edge, size in (("rows", top, height, photo_height), ("columns", left, width, photo_width)):
        if end + edge > size:
            text = f"is {list(spec.crop)} and ends after {end + edge:,} {side}"
            yield FileFault(f"crop {text}, but {spec.path} has {size:,}, upright; make it smaller", "crop")


def _normalisation_faults(spec: ImageInput) -> Iterator[FileFault]:
    channels = spec.shape.channels
    for setting, values in (("mean", spec.mean), ("std", spec.std)):
        if values and len(values) not in (1, channels):
            remedy = "1 is expected" if channels == 1 else f"1, or {channels}, one a channel, are expected"
            yield FileFault(f"{setting} has {len(values)} values; {remedy}", setting)
    if any(abs(value) < LEAST_STD for value in spec.std):
        yield FileFault(f"std is {list(spec.std)}; it divides, so values of at least {LEAST_STD} are expected", "std")

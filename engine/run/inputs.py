"""Reads images, arrays and noise as volumes."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from engine.files import arrays, paths
from engine.files.paths import FileFault, Stamp
from engine.kernels import Checkpoint
from engine.network.input_specs import ArrayInput, ImageInput, Input, NoiseInput
from engine.run.random_values import normal_values
from engine.shapes import Shape

_PIXEL_BYTES = 28
"""Memory per pixel of a photo while it is read: Pillow's copies, upright and on white, and those of its decoder."""

_LEAST_STD = 1e-12
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
            _photo_pixels(spec.path, paths.stamp_of(spec.path), _sufficient_side(spec))
        elif isinstance(spec, ArrayInput):
            _array_shape(spec)
    except FileFault as fault:
        yield fault


def _array_shape(spec: ArrayInput) -> Shape:
    head = arrays.read_header(spec.path, spec.key, "key")
    shape = head.shape[1:] if len(head.shape) == 4 and head.shape[0] == 1 else head.shape
    if len(shape) != 3 or min(shape) < 1:
        name = f", array {spec.key!r}," if spec.key else ""
        text = arrays.array_shape_text(head.shape)
        raise FileFault(
            f"{spec.path}{name} has shape {text}; a volume has 3 sizes of at least 1, C×H×W, or 1×C×H×W", "key"
        )
    return Shape(*shape)


def input_stamp(spec: Input) -> Stamp | None:
    """The state of the input's file; None if it has no file."""
    return None if isinstance(spec, NoiseInput) else paths.stamp_of(spec.path)


def reading_bytes(spec: Input) -> int:
    """Most memory that `load_input` needs besides its volume: the photo's pixels; arrays are read in small blocks."""
    if not isinstance(spec, ImageInput):
        return 0
    height, width = spec.size
    return _PIXEL_BYTES * (height * width + _photo_pixels(spec.path, paths.stamp_of(spec.path), _sufficient_side(spec)))


def load_input(spec: Input, checkpoint: Checkpoint) -> NDArray[np.float32]:
    """The input's volume (C×H×W)."""
    shape = input_shape(spec)
    if isinstance(spec, ArrayInput):
        return arrays.read_array(spec.path, spec.key, checkpoint, "key").reshape(shape)
    if isinstance(spec, ImageInput):
        return normalise(read_image(spec, checkpoint), spec)
    return normal_values(shape, spec.seed, checkpoint)


def read_image(spec: ImageInput, checkpoint: Checkpoint) -> NDArray[np.uint8]:
    """The photo as H×W×3 (gray: H×W×1), upright, centre-cropped to the aspect of `size`, then resized."""
    height, width = spec.size
    try:
        upright = _decode(spec.path, _sufficient_side(spec), checkpoint)
    except _Stopped as stopped:
        raise stopped.reason from None
    checkpoint()
    scale = min(upright.width / width, upright.height / height)
    # A rounding error must not make the crop larger than the photo.
    crop_width, crop_height = min(scale * width, upright.width), min(scale * height, upright.height)
    left, top = (upright.width - crop_width) / 2, (upright.height - crop_height) / 2
    box = (left, top, left + crop_width, top + crop_height)
    # A photo many times larger is shrunk by whole numbers first: invisible, and in a third of the time.
    resized = upright.resize((width, height), Image.Resampling.BICUBIC, box, reducing_gap=3.0)
    checkpoint()
    gray = spec.channels == "gray"
    return np.atleast_3d(np.asarray(resized.convert("L") if gray else resized))


def _sufficient_side(spec: ImageInput) -> int:
    """Pixels per side beyond which a larger photo would look the same."""
    return 2 * max(spec.size)


class _Stopped(BaseException):
    """Carries an exception of a checkpoint past `_image_fault`, which takes any Exception for a broken file."""

    def __init__(self, reason: Exception) -> None:
        super().__init__()
        self.reason = reason


class _WatchedFile(io.FileIO):
    """A file that calls a checkpoint per read: Pillow decodes as it reads, so decoding can be cancelled."""

    def __init__(self, path: Path, checkpoint: Checkpoint) -> None:
        super().__init__(path)
        self._checkpoint = checkpoint

    def readinto(self, buffer: Any, /) -> int:
        try:
            self._checkpoint()
        except Exception as reason:
            raise _Stopped(reason) from None
        return super().readinto(buffer)


def _decode(path: str, enough: int, checkpoint: Checkpoint) -> Image.Image:
    """The upright photo as RGB; a JPEG with sides far above `enough` is decoded at a fraction of its size."""
    with (
        _image_fault(path),
        io.BufferedReader(_WatchedFile(paths.resolve_path(path), checkpoint)) as file,
        Image.open(file) as photo,
    ):
        photo.draft("RGB", (enough, enough))
        ImageOps.exif_transpose(photo, in_place=True)
        return _flatten(photo)


def normalise(pixels: NDArray[np.uint8], spec: ImageInput) -> NDArray[np.float32]:
    """H×W×C bytes → C×H×W: channels ordered, then (value·scale − mean) / std."""
    ordered = pixels[..., ::-1] if spec.channels == "bgr" else pixels
    volume = np.ascontiguousarray(ordered.transpose(2, 0, 1), dtype=np.float32)
    with np.errstate(over="ignore"):  # the views mark and count overflow in the values
        volume *= np.float32(spec.scale)
        for values, operation in ((spec.mean, np.subtract), (spec.std, np.divide)):
            if values:
                operation(volume, np.asarray(values, np.float32).reshape(-1, 1, 1), out=volume)
    return volume


def _normalisation_faults(spec: ImageInput) -> Iterator[FileFault]:
    channels = spec.shape.channels
    for setting, values in (("mean", spec.mean), ("std", spec.std)):
        if values and len(values) not in (1, channels):
            remedy = "1 is expected" if channels == 1 else f"1, or {channels}, one a channel, are expected"
            yield FileFault(f"{setting} has {len(values)} values; {remedy}", setting)
    if any(abs(value) < _LEAST_STD for value in spec.std):
        yield FileFault(f"std is {list(spec.std)}; it divides, so values of at least {_LEAST_STD} are expected", "std")


@lru_cache(maxsize=64)
def _photo_pixels(path: str, _stamp: Stamp, enough: int) -> int:
    """Number of pixels that `_decode` reads; FileFault if the header is not that of a readable image."""
    with _image_fault(path), Image.open(paths.resolve_path(path)) as photo:
        photo.draft("RGB", (enough, enough))
        if photo.mode in ("I", "F"):
            raise FileFault(f"{path} has values of 32 bits; save it with 8 or 16, or as a .npy array")
        return photo.width * photo.height


@contextmanager
def _image_fault(path: str) -> Iterator[None]:
    """Turn Pillow's errors, and its warning of a decompression bomb, into a FileFault that names the file."""
    with paths.name_file_in_errors(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about oddities in a readable file
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        except UnidentifiedImageError:
            raise FileFault(f"{path} is not an image, or of a kind that cannot be read") from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise FileFault(f"{path} has more than {Image.MAX_IMAGE_PIXELS:,} pixels; make it smaller") from None
        except (FileFault, OSError):
            raise
        except Exception as error:  # on broken images Pillow's decoders raise exceptions of many types
            reason = str(error)[:200] or type(error).__name__
            raise FileFault(f"{path} is not an image that can be read: {reason}") from None


def _flatten(image: Image.Image) -> Image.Image:
    """Any image as RGB: transparency on white, of 16 bits the upper 8."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if "A" in image.mode or "transparency" in image.info:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    if image.mode != "RGB":
        return image.convert("RGB")
    image.load()
    return image

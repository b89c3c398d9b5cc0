"""Images, arrays and noise become volumes."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from engine import files
from engine.files import FileFault, Stamp
from engine.layers.base import Checkpoint
from engine.project import ArrayInput, ImageInput, Input, NoiseInput
from engine.shapes import Shape

BLOCK = 2**20


def shape_of(spec: Input) -> Shape:
    """Shape of the volume that an input gives, from settings and file headers alone; FileFault says what is wrong."""
    if isinstance(spec, NoiseInput):
        return Shape(*spec.shape)
    if isinstance(spec, ImageInput):
        _check_normalisation(spec)
        _check_image(spec.path, files.stamp(spec.path))
        return spec.shape
    head = files.header(spec.path, spec.key, "key")
    shape = head.shape[1:] if len(head.shape) == 4 and head.shape[0] == 1 else head.shape
    if len(shape) != 3 or min(shape) < 1:
        found = "×".join(map(str, head.shape)) or "a single value"
        raise FileFault(f"{spec.path} holds {found}; a volume has 3 sizes, C×H×W, or 1×C×H×W", "key")
    return Shape(*shape)


def stamp_of(spec: Input) -> Stamp | None:
    """What changes when the input's file does; None where there is no file."""
    return None if isinstance(spec, NoiseInput) else files.stamp(spec.path)


def load(spec: Input, checkpoint: Checkpoint) -> NDArray[np.float32]:
    """The input's volume (C×H×W)."""
    shape = shape_of(spec)
    if isinstance(spec, ArrayInput):
        return files.read(spec.path, spec.key, checkpoint, "key").reshape(shape)
    if isinstance(spec, ImageInput):
        return normalised(read_image(spec, checkpoint), spec)
    return noise(shape, spec.seed, checkpoint)


def noise(shape: Shape, seed: int, checkpoint: Checkpoint) -> NDArray[np.float32]:
    """Standard normal values."""
    generator = np.random.default_rng(seed)
    volume = np.empty(shape.size, np.float32)
    for start in range(0, volume.size, BLOCK):
        checkpoint()
        generator.standard_normal(dtype=np.float32, out=volume[start : start + BLOCK])
    return volume.reshape(shape)


def read_image(spec: ImageInput, checkpoint: Checkpoint) -> NDArray[np.uint8]:
    """The photo as H×W×3 (gray: H×W×1), upright, centre-cropped to the aspect of `size`, then resized."""
    with _image_fault(spec.path), Image.open(files.resolve(spec.path)) as opened:
        height, width = spec.size
        opened.draft("RGB", (2 * width, 2 * height))  # a JPEG can be decoded at a fraction of its size
        checkpoint()
        upright = _flattened(ImageOps.exif_transpose(opened))
    checkpoint()
    scale = min(upright.width / width, upright.height / height)
    left, top = (upright.width - scale * width) / 2, (upright.height - scale * height) / 2
    box = (left, top, left + scale * width, top + scale * height)
    resized = upright.resize((width, height), Image.Resampling.BICUBIC, box)
    checkpoint()
    gray = spec.channels == "gray"
    return np.atleast_3d(np.asarray(resized.convert("L") if gray else resized))


def normalised(pixels: NDArray[np.uint8], spec: ImageInput) -> NDArray[np.float32]:
    """H×W×C bytes → C×H×W: channels ordered, then (value·scale − mean) / std."""
    ordered = pixels[..., ::-1] if spec.channels == "bgr" else pixels
    volume = np.ascontiguousarray(ordered.transpose(2, 0, 1), dtype=np.float32)
    volume *= np.float32(spec.scale)
    for values, operation in ((spec.mean, np.subtract), (spec.std, np.divide)):
        if values:
            operation(volume, np.asarray(values, np.float32).reshape(-1, 1, 1), out=volume)
    return volume


def _check_normalisation(spec: ImageInput) -> None:
    channels = spec.shape.channels
    for setting, values in (("scale", (spec.scale,)), ("mean", spec.mean), ("std", spec.std)):
        if not np.isfinite(values).all():
            raise FileFault(f"{setting} is {list(values)}; finite numbers are needed", setting)
        if values and len(values) not in (1, channels):
            raise FileFault(f"{setting} has {len(values)} values; give 1, or {channels}, one a channel", setting)
    if any(abs(value) < 1e-12 for value in spec.std):
        raise FileFault(f"std is {list(spec.std)}; it divides, so no value may be 0", "std")


@lru_cache(maxsize=64)
def _check_image(path: str, stamp: Stamp) -> None:
    """FileFault where the header does not tell of an image that can be read."""
    with _image_fault(path), Image.open(files.resolve(path)):
        pass


@contextmanager
def _image_fault(path: str) -> Iterator[None]:
    """Say of Pillow's refusals which file they concern; its warning of a decompression bomb is one of them."""
    with files.fault_of(path):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                yield
        except UnidentifiedImageError:
            raise FileFault(f"{path} is not an image, or of a kind that cannot be read") from None
        except (
            Image.DecompressionBombError,
            Image.DecompressionBombWarning,
            SyntaxError,
            ValueError,
            EOFError,
        ) as error:
            raise FileFault(f"{path} is not an image that can be read: {error}") from None


def _flattened(image: Image.Image) -> Image.Image:
    """Any kind of picture as RGB; what is transparent lies on white, 16 bits keep their upper 8."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if "A" in image.mode or "transparency" in image.info:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")

"""What people see of an input before it runs: the photo as it is, and the volume that it becomes, in a bounded size."""

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from PIL import Image

from engine.files import photos
from engine.kernels import Checkpoint
from engine.network.input_specs import ImageInput, Input


def photo_pixels(path: str, longest: int, checkpoint: Checkpoint) -> NDArray[np.uint8]:
    """The whole photo, upright, as H×W×3 bytes with at most `longest` pixels per side."""
    photo = photos.read_photo(path, longest, checkpoint)
    checkpoint()
    planes = [_shrink(plane, longest) for plane in photo.planes]
    checkpoint()
    if not photo.header.is_deep:
        return np.asarray(planes[0], np.uint8)
    with np.errstate(invalid="ignore"):
        values = np.dstack([np.asarray(plane) for plane in planes]) * (255.0 / photo.header.white)
    pixels: NDArray[np.uint8] = np.nan_to_num(values.clip(0, 255)).astype(np.uint8)
    return pixels if pixels.shape[2] == 3 else pixels.repeat(3, axis=2)


def bounded(spec: Input, longest: int) -> Input:
    """The input with a photo resized to at most `longest` pixels per side: the same picture of it."""
    if not isinstance(spec, ImageInput) or max(spec.size) <= longest:
        return spec
    scale = longest / max(spec.size)
    height, width = (max(1, round(scale * side)) for side in spec.size)
    return replace(spec, size=(height, width))


def _shrink(plane: Image.Image, longest: int) -> Image.Image:
    scale = longest / max(plane.size)
    if scale >= 1:
        return plane
    width, height = (max(1, round(scale * side)) for side in plane.size)
    return plane.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)

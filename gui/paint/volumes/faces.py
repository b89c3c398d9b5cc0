"""Pictures on the faces of boxes: slices of a volume in the colours of the colour map."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter

from engine.network.input_specs import ImageInput
from gui.paint.basics import colours
from gui.paint.basics.derived_cache import CACHE
from gui.paint.basics.volume_numbers import numbers_of, remember_numbers
from gui.paint.maps.map_measures import volume_range
from gui.paint.volumes.camera import FaceSide
from gui.paint.volumes.colour_entropy import SAMPLED_PIXELS, find_most_varied
from gui.state.volume_at import Float32Volume

_MOST_PIXELS = 512
"""Most columns or rows of the picture of a face."""

_FLAT_SAMPLE = 256
"""Values in the sample for the colour of a box without faces."""


def most_varied_channel(volume: Float32Volume) -> int:
    """The channel that uses most of the colour map, the first of several; shown unless a channel is in focus.

    Measured by the entropy of its colours in 16 steps, since variance prefers maps with a few extremes.
    """
    return CACHE.get_or_make(
        (volume,), ("most varied channel",), lambda: _find_most_varied_channel(volume), lambda _: 256
    )


def _find_most_varied_channel(volume: Float32Volume) -> int:
    maps = volume.reshape(volume.shape[0], -1)
    sample = maps[:, :: -(-maps.shape[1] // SAMPLED_PIXELS)]
    return find_most_varied(sample, *volume_range(volume, zero_centred=False))


def _face_slice(volume: Float32Volume, side: FaceSide, channel: int) -> NDArray[Any]:
    """The slice on a face, with the rows and columns of the face.

    front: the channel (H×W); top: the row y = 0 of every channel (C×W); left and right: the column x = 0 or
    x = W − 1 of every channel, transposed (H×C).
    """
    values: NDArray[Any] = volume
    if side == "front":
        values = values[channel, :, :]
    elif side == "top":
        values = values[:, 0, :]
    else:
        values = values[:, :, 0 if side == "left" else -1].T
    return values


def face_image(
    volume: Float32Volume, side: FaceSide, channel: int, name: str, *, zero_centred: bool, columns: float, rows: float
) -> QImage:
    """The picture of a face of `columns` × `rows` device pixels.

    A pixel shows the mean of its values if there are several; otherwise each value is a pixel of the picture. A pixel
    with a value that is not finite is marked.
    """
    channels, map_height, map_width = volume.shape
    height = _halved(channels if side == "top" else map_height, int(min(rows, _MOST_PIXELS)))
    width = _halved(map_width if side in ("front", "top") else channels, int(min(columns, _MOST_PIXELS)))

    def make() -> QImage:
        ends = volume_range(volume, zero_centred=zero_centred)
        means = _block_means(_face_slice(volume, side, channel), height, width)
        return colours.value_image(means, *ends, name)

    key = ("face", side, channel if side == "front" else 0, name, zero_centred, height, width)
    return CACHE.get_or_make((volume,), key, make, QImage.sizeInBytes)


def flat_colour_of(name: str, *, zero_centred: bool) -> Callable[[Float32Volume], int]:
    """A function that returns the colour 0xffRRGGBB of a box without faces: that of the mean of a sample."""

    def compute(volume: Float32Volume) -> int:
        return int(colours.mean_colours(_flat_sample(volume)[np.newaxis], name, zero_centred=zero_centred)[0])

    return numbers_of(("flat", name, zero_centred), compute)


def compute_flat_colours(volumes: Iterable[Float32Volume], name: str, *, zero_centred: bool) -> None:
    """Compute what `flat_colour_of` returns for many volumes, in a fraction of the time."""
    samples: dict[int, list[tuple[Float32Volume, NDArray[Any]]]] = {}
    for volume in volumes:
        sample = _flat_sample(volume)
        samples.setdefault(len(sample), []).append((volume, sample))
    for pairs in samples.values():
        rgbs = colours.mean_colours(np.stack([sample for _, sample in pairs]), name, zero_centred=zero_centred)
        of_volumes = zip([volume for volume, _ in pairs], rgbs.tolist(), strict=True)
        remember_numbers(("flat", name, zero_centred), of_volumes)


def _flat_sample(volume: Float32Volume) -> NDArray[Any]:
    return volume.ravel()[:: max(1, volume.size // _FLAT_SAMPLE)]


def photo_face_image(volume: Float32Volume, spec: ImageInput, columns: float, rows: float) -> QImage:
    """The photo that a volume was made from, at the resolution of `face_image`."""
    height = _halved(volume.shape[1], int(min(rows, _MOST_PIXELS)))
    width = _halved(volume.shape[2], int(min(columns, _MOST_PIXELS)))

    def make() -> QImage:
        whole = colours.photo_image(volume, spec).convertToFormat(QImage.Format.Format_RGB32)
        if (whole.width(), whole.height()) == (width, height):
            return whole
        ignore, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        return whole.scaled(width, height, ignore, smooth)

    return CACHE.get_or_make((volume,), ("photo", spec, height, width), make, QImage.sizeInBytes)


def fade_image(volume: Float32Volume, image: QImage, ground: QColor, share: float) -> QImage:
    """The picture of a face with opacity `share` on a background."""

    def make() -> QImage:
        mixed = QImage(image.size(), QImage.Format.Format_RGB32)
        mixed.fill(ground)
        painter = QPainter(mixed)
        painter.setOpacity(share)
        painter.drawImage(0, 0, image)
        painter.end()
        return mixed

    return CACHE.get_or_make((volume,), ("faded face", image.cacheKey(), ground.rgb(), share), make, QImage.sizeInBytes)


def enlarge_pixels(image: QImage) -> QImage:
    """Enlarge each pixel to a block of pixels, since viewers of files would blur a small picture."""
    factors = [max(1, _MOST_PIXELS // length) for length in (image.width(), image.height())]
    size = image.width() * factors[0], image.height() * factors[1]
    return image.scaled(*size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.FastTransformation)


@lru_cache(maxsize=8192)
def _halved(count: int, max_count: int) -> int:
    """Halve `count` until it is at most `max_count`."""
    while count > max_count and count > 1:
        count = (count + 1) // 2
    return count


def _block_means(values: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """Means over blocks of nearly equal size."""
    for axis, size in ((0, height), (1, width)):
        if size < values.shape[axis]:
            starts, lengths = _blocks(values.shape[axis], size)
            with np.errstate(invalid="ignore"):  # ∞ − ∞ is not a number, which is marked
                sums = np.add.reduceat(values, starts, axis=axis, dtype=np.float64)
            values = sums / (lengths[:, np.newaxis] if axis == 0 else lengths)
    return values


@lru_cache(maxsize=1024)
def _blocks(count: int, size: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Where blocks of nearly equal size start, and how long they are."""
    starts = np.arange(size) * count // size
    return starts, np.diff(np.append(starts, count)).astype(np.float64)

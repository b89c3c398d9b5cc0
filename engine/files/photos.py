"""Reads photos with all their bits: upright planes of colour, and the value that is white."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from engine.files import paths, tiff
from engine.files.paths import FileFault
from engine.files.photo_formats import open_photo, photo_fault, silence_libraries
from engine.files.photo_headers import ORIENTATION, PhotoHeader, deep_tile, photo_header, ppm_white, raw_mode
from engine.files.precision import PrecisionLoss, as_float32
from engine.kernels import Checkpoint
from engine.text.notices import add_notice
from engine.text.units import number_text

_TURNS: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a[::-1].swapaxes(0, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a[:, ::-1].swapaxes(0, 1),
}
"""How to turn an array upright, by the orientation of EXIF."""


class Photo(Struct, frozen=True, eq=False):
    """An upright photo.

    One plane, gray or of three colours, if it has 8 bits; else a plane of 32-bit numbers per colour.
    """

    planes: tuple[Image.Image, ...]
    header: PhotoHeader


class _Stopped(BaseException):
    """Carries an exception of a checkpoint past `photo_fault`, which takes any Exception for a broken file."""

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


def read_photo(path: str, enough: int, checkpoint: Checkpoint) -> Photo:
    """The upright photo; a JPEG with sides far above `enough` is decoded at a fraction of its size.

    Transparent pixels lie on white. Adds notices about the range of values of more than 8 bits, and about what is lost.
    """
    header = photo_header(path, enough)
    try:
        with photo_fault(path), io.BufferedReader(_WatchedFile(paths.resolve_path(path), checkpoint)) as file:
            deep = tiff.deep_tiff(file, paths.stamp_of(path)[1])
            file.seek(0)
            if deep is not None:
                silence_libraries()
                return _deep_photo(path, header, _tiff_planes(file.read(), deep), deep.orientation)
            with open_photo(file) as photo:
                return _read_by_pillow(path, header, photo, file, enough)
    except _Stopped as stopped:
        raise stopped.reason from None


def _read_by_pillow(path: str, header: PhotoHeader, photo: Image.Image, file: IO[bytes], enough: int) -> Photo:
    if not header.is_deep:
        if header.file_bits:
            add_notice(f"{path}: {header.text()}; 16-bit PNG and TIFF photos are read in full")
        photo.draft("RGB", (enough, enough))
        ImageOps.exif_transpose(photo, in_place=True)
        return Photo((_flatten(photo),), header)
    tile = deep_tile(photo)
    if tile is None:
        planes = np.asarray(photo)[..., None]
        transparent = photo.info.get("transparency")
    elif photo.format == "PPM":
        file.seek(tile.offset)
        planes = np.frombuffer(file.read(6 * photo.width * photo.height), ">u2").reshape(photo.height, photo.width, 3)
        planes, transparent = planes * (header.white / ppm_white(tile)), None
    else:
        planes, transparent = _png_planes(photo, file), photo.info.get("transparency")
    alpha = None
    if planes.shape[2] in (2, 4):
        planes, alpha = planes[..., :-1], planes[..., -1:] / header.white
    elif transparent is not None:
        alpha = (planes != np.asarray(transparent)).any(axis=2, keepdims=True).astype(np.float32)
    orientation = photo.getexif().get(ORIENTATION, 1)
    return _deep_photo(path, header, _on_white(planes, alpha, header.white), orientation)


def _png_planes(photo: Image.Image, file: IO[bytes]) -> NDArray[np.uint16]:
    """The values of 16 bits as height × width × samples: Pillow decodes their halves, one after the other."""
    stored = raw_mode(photo)
    if stored == "LA;16B":  # four bytes per pixel, as in RGBA
        halves = _decode_as(photo, "RGBA", "RGBA")
        return _joined(halves[..., ::2], halves[..., 1::2])
    upper = _decode_as(photo, photo.mode, stored)
    file.seek(0)
    with open_photo(file) as again:
        # In the other byte order the lower half is the one that is kept.
        lower = _decode_as(again, again.mode, stored.replace("16B", "16L"))
    return _joined(upper, lower)


def _joined(upper: NDArray[np.uint8], lower: NDArray[np.uint8]) -> NDArray[np.uint16]:
    return upper * np.uint16(256) + lower


def _decode_as(photo: Image.Image, mode: str, stored: str) -> NDArray[np.uint8]:
    assert isinstance(photo, ImageFile.ImageFile)
    photo._mode = mode  # noqa: SLF001 (Pillow has no other way to read stored values in another mode)
    photo.tile = [tile._replace(args=stored) for tile in photo.tile]
    return np.asarray(photo)


def _tiff_planes(content: bytes, deep: tiff.DeepTiff) -> NDArray[Any]:
    """The colours of a TIFF as height × width × 1 or 3, on white, still in their own type if nothing is mixed."""
    values = tiff.read_values(content, deep)
    planes = values[..., : deep.colours]
    white = 1.0 if values.dtype.kind == "f" else float(np.iinfo(values.dtype).max)
    if deep.is_inverted and values.dtype.kind != "i":
        planes = white - planes if values.dtype.kind == "f" else np.iinfo(values.dtype).max - planes
    if not deep.alpha:
        return planes
    alpha = values[..., deep.colours : deep.colours + 1] / white
    if deep.alpha == 1:  # the colours are multiplied by it already
        return np.asarray(planes + white * (1 - alpha))
    return _on_white(planes, alpha, white)


def _on_white(planes: NDArray[Any], alpha: NDArray[Any] | None, white: float) -> NDArray[Any]:
    return planes if alpha is None else np.asarray(planes * alpha + white * (1 - alpha))


def _deep_photo(path: str, header: PhotoHeader, planes: NDArray[Any], orientation: int) -> Photo:
    """The photo of height × width × 1 or 3 values, with notices of their range and of what is lost."""
    converted = as_float32(planes)
    loss = PrecisionLoss()
    loss.add(planes.reshape(-1), converted.reshape(-1))
    if loss.first_overflow >= 0:
        value = planes.reshape(-1)[loss.first_overflow]
        raise FileFault(f"{path} has values like {value:.3g}, which are infinite as 32-bit numbers; scale them down")
    loss.report(path)
    _report_range(path, header, converted)
    upright = _TURNS.get(orientation, _TURNS[1])(converted)
    channels = (np.ascontiguousarray(upright[..., channel]) for channel in range(upright.shape[2]))
    return Photo(tuple([Image.fromarray(channel) for channel in channels]), header)


def _report_range(path: str, header: PhotoHeader, values: NDArray[np.float32]) -> None:
    finite = np.isfinite(values)
    if not finite.all():
        count = int(values.size - np.count_nonzero(finite))
        values_that = "value that is" if count == 1 else "values that are"
        add_notice(f"{path} has {count:,} {values_that} not finite; resizing spreads them to their neighbours")
    low, high = float(values.min(where=finite, initial=np.inf)), float(values.max(where=finite, initial=-np.inf))
    if low <= high:
        of_white = "" if header.dtype.startswith("f") else f" of {header.white:,.0f}"
        ends = [f"{end:,.0f}".replace("-", "−") if of_white else number_text(end) for end in (low, high)]
        add_notice(f"{path}: {header.text()}; its values are {ends[0]} to {ends[1]}{of_white}")
    if header.extra:
        add_notice(f"{path} has {header.extra}, which is not read")


def _flatten(image: Image.Image) -> Image.Image:
    """Any image of 8 bits as gray, if it is, or RGB, with transparency on white."""
    if image.mode in ("1", "L") and "transparency" not in image.info:
        return image.convert("L")
    if "A" in image.mode or "transparency" in image.info:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    if image.mode != "RGB":
        return image.convert("RGB")
    image.load()
    return image

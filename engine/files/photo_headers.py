"""What the header of a photo says: its pixels, the type of its values, and the value that is white."""

from functools import lru_cache
from typing import IO

import numpy as np
from msgspec import Struct
from PIL import Image, ImageFile

from engine.files import paths, tiff
from engine.files.paths import FileFault, Stamp
from engine.files.photo_formats import open_photo, photo_fault
from engine.text.units import byte_size, count_text

BYTE_WHITE = 255.0
_PIXEL_BYTES = {"1": 2, "L": 2, "P": 7, "RGB": 9}
"""Memory per pixel of a photo while it is read: Pillow's copies, upright and as RGB."""

_MIXED_PIXEL_BYTES = 16
"""The same for the other modes, which are laid on white or converted."""

_DECODER_PIXEL_BYTES = {"AVIF": 6, "JPEG2000": 16, "WEBP": 12}
"""Memory per pixel that the decoder of a format needs besides."""

_COEFFICIENT_BYTES = 2
"""Memory per value of a progressive JPEG, which is decoded at its full size first."""

_DEEP_SAMPLE_BYTES = 20
"""Memory per sample of more than 8 bits: halves, sums and planes, besides the stored ones."""

_HEAD_BYTES = 4096
ORIENTATION = 0x0112
"""The tag of EXIF that says how to turn a photo upright."""
_ON_ITS_SIDE = range(5, 9)
"""Its values for photos whose rows are columns when they are upright."""
_PNG_START, _PNG_NOTES = b"\x89PNG\r\n\x1a\n", (b"eXIf", b"iTXt", b"tEXt", b"zTXt")
_MOST_CHUNKS = 100_000
"""Chunks of a PNG after which its pixels are read to know its orientation."""

_MAX_EXPANSION = 240
"""Memory for reading per byte of the file. A photo needs much less; only files made of one colour need more."""

_SMALL_FILE = 2**20
"""Files up to this size may all need as much memory as the largest of them."""


class PhotoHeader(Struct, frozen=True):
    """What the header of a photo says. `dtype` is NumPy's name of the type of its values."""

    pixels: int
    """Number of pixels that are decoded."""
    dtype: str
    bits: int
    """Bits per value that are read."""
    white: float = BYTE_WHITE
    reading_bytes: int = 0
    """Memory that decoding needs."""
    file_bits: int = 0
    """Bits per value in the file, if more than are read."""
    extra: str = ""
    """What the file has besides, and is not read."""

    @property
    def is_deep(self) -> bool:
        return self.dtype != "u1"

    def text(self) -> str:
        """``16 bits per value, 65,535 is white``."""
        if self.file_bits:
            return f"{self.file_bits} bits per value, of which {self.bits} are read"
        if self.dtype.startswith("f"):
            return f"{self.bits}-bit floating point, 1 is white"
        sign = "signed " if self.dtype.startswith("i") else ""
        return f"{self.bits} {sign}bits per value, {self.white:,.0f} is white"


def photo_header(path: str, enough: int = 2**31) -> PhotoHeader:
    """The header of a photo, which `enough` pixels per side allow to decode smaller; FileFault if it is unreadable."""
    return _header(path, paths.stamp_of(path), enough)


@lru_cache(maxsize=64)
def _header(path: str, stamp: Stamp, enough: int) -> PhotoHeader:
    with photo_fault(path), paths.resolve_path(path).open("rb") as file:
        deep = tiff.deep_tiff(file, stamp[1])
        if deep is not None:
            width, height = deep.width, deep.height
            header = _tiff_header(deep, stamp[1])
        else:
            file.seek(0)
            with open_photo(file) as photo:
                width, height = photo.size
                header = _pillow_header(photo, file, enough)
    if header.reading_bytes > _MAX_EXPANSION * max(stamp[1], _SMALL_FILE):
        raise FileFault(
            f"{path} has {width:,} × {height:,} pixels in a file of {byte_size(stamp[1])}; reading it would need "
            f"{byte_size(header.reading_bytes)}, far more than a photo of that size does: make it smaller"
        )
    return header


def photo_size(path: str) -> tuple[int, int]:
    """Height and width of the whole photo as it is shown, upright; FileFault if it is unreadable."""
    return _size(path, paths.stamp_of(path))


@lru_cache(maxsize=64)
def _size(path: str, stamp: Stamp) -> tuple[int, int]:
    with photo_fault(path), paths.resolve_path(path).open("rb") as file:
        deep = tiff.deep_tiff(file, stamp[1])
        if deep is not None:
            is_turned, (width, height) = deep.orientation in _ON_ITS_SIDE, (deep.width, deep.height)
        else:
            file.seek(0)
            with open_photo(file) as photo:
                width, height = photo.size
                # Pillow turns this one format by itself.
                is_turned = photo.format != "TIFF" and _orientation(photo, file) in _ON_ITS_SIDE
        return (width, height) if is_turned else (height, width)


def _orientation(photo: Image.Image, file: IO[bytes]) -> int:
    # That of a PNG reads all pixels first, for what may come after them.
    knows_all = photo.format == "PNG" and not _has_late_notes(file)
    exif = Image.Image.getexif(photo) if knows_all else photo.getexif()
    return int(exif.get(ORIENTATION, 1))


def _has_late_notes(file: IO[bytes]) -> bool:
    """Whether a PNG has data that may contain its orientation after its pixels."""
    at, has_pixels, before = len(_PNG_START), False, file.tell()
    try:
        for _ in range(_MOST_CHUNKS):
            file.seek(at)
            head = file.read(8)
            if len(head) < 8 or head[4:] == b"IEND":
                return False
            has_pixels |= head[4:] == b"IDAT"
            if has_pixels and head[4:] in _PNG_NOTES:
                return True
            at += 12 + int.from_bytes(head[:4], "big")
        return True
    finally:
        file.seek(before)


def _tiff_header(deep: tiff.DeepTiff, file_bytes: int) -> PhotoHeader:
    pixels = deep.width * deep.height
    if pixels > (Image.MAX_IMAGE_PIXELS or pixels):
        raise Image.DecompressionBombError
    parts = []
    more = deep.samples - deep.colours - (deep.alpha > 0)
    if more:
        parts.append(count_text(more, "further sample") + " per pixel")
    if deep.has_more:
        parts.append("further pictures after the first")
    dtype = deep.dtype[1:]
    white = 1.0 if dtype.startswith("f") else float(np.iinfo(dtype).max)
    needed = _DEEP_SAMPLE_BYTES * deep.samples * pixels + 4 * tiff.claimed_bytes(deep, file_bytes) + 3 * file_bytes
    return PhotoHeader(pixels, dtype, 8 * deep.itemsize, white, needed, extra=" and ".join(parts))


def _pillow_header(photo: Image.Image, file: IO[bytes], enough: int) -> PhotoHeader:
    """The header of a photo that Pillow decodes."""
    samples = len(photo.getbands())
    coefficients = photo.width * photo.height * samples if photo.info.get("progressive") else 0
    photo.draft("RGB", (enough, enough))
    pixels = photo.width * photo.height
    deep_bytes = _DEEP_SAMPLE_BYTES * samples * pixels
    if photo.mode == "F":
        return PhotoHeader(pixels, "f4", 32, 1.0, deep_bytes)
    if photo.mode.startswith("I") or deep_tile(photo) is not None:
        bits = _file_bits(photo, file) if photo.format == "JPEG2000" else 12 if raw_mode(photo) == "I;12" else 16
        return PhotoHeader(pixels, "u2", bits, 2.0**bits - 1, deep_bytes)
    bits = _file_bits(photo, file)
    mode = "mixed" if "transparency" in photo.info else photo.mode
    pixel_bytes = _PIXEL_BYTES.get(mode, _MIXED_PIXEL_BYTES) + _DECODER_PIXEL_BYTES.get(photo.format or "", 0)
    needed = pixel_bytes * pixels + _COEFFICIENT_BYTES * coefficients
    return PhotoHeader(pixels, "u1", 1 if photo.mode == "1" else 8, BYTE_WHITE, needed, bits if bits > 8 else 0)


def raw_mode(photo: Image.Image) -> str:
    """Pillow's name of how values are stored."""
    args = photo.tile[0].args if isinstance(photo, ImageFile.ImageFile) and photo.tile else ""
    return args if isinstance(args, str) else str(args[0]) if args else ""


def deep_tile(photo: Image.Image) -> ImageFile._Tile | None:
    """The data of a PNG or PPM whose colours have 16 bits, of which Pillow would keep 8."""
    if not isinstance(photo, ImageFile.ImageFile) or not photo.tile:
        return None
    [tile, *_] = photo.tile
    is_png = photo.format == "PNG" and raw_mode(photo) in ("RGB;16B", "RGBA;16B", "LA;16B")
    is_ppm = photo.format == "PPM" and photo.mode == "RGB" and tile.codec_name == "ppm"
    return tile if is_png or (is_ppm and ppm_white(tile) > BYTE_WHITE) else None


def ppm_white(tile: ImageFile._Tile) -> int:
    return int(tile.args[-1]) if isinstance(tile.args, tuple) else 0


def _file_bits(photo: Image.Image, file: IO[bytes]) -> int:
    """Bits per value in a file of a format of which Pillow reads only 8 in colours; 8 for others."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if photo.format == "JPEG2000":
        at = head.find(b"\xff\x4f\xff\x51")
        return (head[at + 42] & 0x7F) + 1 if 0 <= at < len(head) - 42 else 8
    if photo.format == "AVIF":
        at = head.find(b"pixi")
        return head[at + 9] if 0 <= at < len(head) - 9 else 8
    if photo.format == "TIFF" and isinstance(photo, ImageFile.ImageFile):
        bits = getattr(photo, "tag_v2", {}).get(258, 8)
        return int(max(bits)) if isinstance(bits, tuple) else int(bits)
    if photo.format == "PPM" and isinstance(photo, ImageFile.ImageFile) and photo.mode == "RGB":
        return 16 if ppm_white(photo.tile[0]) > BYTE_WHITE else 8
    return 8

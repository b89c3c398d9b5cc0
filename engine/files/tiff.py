"""Reads TIFF photos whose values have more than 8 bits, in full: Pillow keeps only 8 of colours, and few types."""

from collections.abc import Mapping
from io import BytesIO
from math import prod
from struct import calcsize, iter_unpack, pack, unpack, unpack_from
from typing import IO, Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import ImageFile, TiffImagePlugin

from engine.text.units import byte_size

_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER = 256, 257, 258, 259, 262, 266
_STRIPS, _ORIENTATION, _SAMPLES, _STRIP_ROWS, _STRIP_BYTES, _PLANAR = 273, 274, 277, 278, 279, 284
_PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES, _EXTRA, _FORMAT = 317, 322, 323, 324, 325, 338, 339
_READ = {
    *(_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER, _STRIPS, _ORIENTATION, _SAMPLES, _STRIP_ROWS),
    *(_STRIP_BYTES, _PLANAR, _PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES, _EXTRA, _FORMAT),
}

_COMPRESSIONS = {1: 1, 5: 2**12, 8: 2**11, 32773: 2**7, 32946: 2**11, 34925: 2**16, 50000: 2**16}
"""None, LZW, deflate (two numbers), PackBits, LZMA, Zstandard: those that know nothing of the type of the values.

Each with the number of bytes, rounded up, that one of the file can stand for.
"""
_KINDS = {1: "u", 2: "i", 3: "f"}
_SIZES = {"u": (16, 32, 64), "i": (16, 32, 64), "f": (16, 32, 64)}
_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB = 0, 1, 2
_ALPHA = (1, 2)
"""Extra samples that are an alpha channel: 1 is multiplied into the colours already."""


class DeepTiff(Struct, frozen=True):
    """Where the values of the first picture of a file are, and what they mean."""

    width: int
    height: int
    dtype: str
    """NumPy's name, with the byte order of the file."""
    samples: int
    colours: int
    """1 or 3."""
    alpha: int
    """0: none; 1: multiplied into the colours; 2: separate."""
    is_inverted: bool
    """Whether 0 is white."""
    orientation: int
    compression: int
    predictor: int
    is_planar: bool
    has_more: bool
    """Whether further pictures follow."""
    tile: tuple[int, int] | None
    """(height, width) of tiles; None for strips of `strip_rows` rows."""
    strip_rows: int
    offsets: tuple[int, ...]
    lengths: tuple[int, ...]

    @property
    def itemsize(self) -> int:
        return np.dtype(self.dtype).itemsize


_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_INTEGERS = {1: "B", 3: "H", 4: "I", 16: "Q"}
"""Types of integers in a directory, with the letters of `struct`."""


def _read_tags(file: IO[bytes], file_bytes: int) -> tuple[dict[int, tuple[int, ...]], bool]:
    """The integers of the first directory by tag, and whether another one follows.

    Raises ValueError if the values claim more bytes than the file has: reading them would fill the memory.
    """
    head = file.read(16)
    order, is_big = ("<" if head[:2] == b"II" else ">"), b"+" in head[2:4]
    word, count_code, inline = ("Q", "Q", 8) if is_big else ("I", "H", 4)
    [start] = unpack_from(f"{order}{word}", head, inline)
    file.seek(start)
    [count] = unpack(f"{order}{count_code}", file.read(calcsize(f"{order}{count_code}")))
    entry = f"{order}HH{word}{inline}s"
    content = file.read(min(count, 2**16) * calcsize(entry))
    has_more = any(file.read(inline))
    claimed, tags = 0, {}
    for tag, kind, number, value in iter_unpack(entry, content[: len(content) // calcsize(entry) * calcsize(entry)]):
        length = _TYPE_BYTES.get(kind, 0) * number
        claimed += length if length > inline else 0
        if claimed > file_bytes:
            raise ValueError(f"its tags claim more than the {file_bytes:,} bytes of the file")
        if kind not in _INTEGERS or tag not in _READ:
            continue
        if length > inline:
            file.seek(*unpack(f"{order}{word}", value))
        stored = file.read(length) if length > inline else value[:length]
        tags[tag] = unpack(f"{order}{number}{_INTEGERS[kind]}", stored)
    return tags, has_more


def deep_tiff(file: IO[bytes], file_bytes: int) -> DeepTiff | None:
    """The first picture of a TIFF file if its values have more than 8 bits and can be read here, else None."""
    magic = file.read(4)
    file.seek(0)
    if magic not in _MAGICS:
        return None
    tags, has_more = _read_tags(file, file_bytes)
    bits, kinds = tags.get(_BITS, (1,)), tags.get(_FORMAT, (1,))
    samples, kind = _first(tags, _SAMPLES, 1), _KINDS.get(kinds[0], "")
    colours = {_MIN_IS_WHITE: 1, _MIN_IS_BLACK: 1, _RGB: 3}.get(_first(tags, _PHOTOMETRIC, 0), 0)
    is_tiled = _TILES in tags
    readable = (
        bits[0] in _SIZES.get(kind, ())
        and len({*bits}) == len({*kinds}) == 1
        and 0 < colours <= samples <= 100
        and _first(tags, _COMPRESSION, 1) in _COMPRESSIONS
        and _first(tags, _FILL_ORDER, 1) == 1
        and _first(tags, _PREDICTOR, 1) in (1, 2, 3)
    )
    if not readable:
        return None
    extra = _first(tags, _EXTRA, 0)
    height = tags[_HEIGHT][0]
    return DeepTiff(
        tags[_WIDTH][0],
        height,
        f"{'<' if magic[:2] == b'II' else '>'}{kind}{bits[0] // 8}",
        samples,
        colours,
        extra if samples > colours and extra in _ALPHA else 0,
        _first(tags, _PHOTOMETRIC, 0) == _MIN_IS_WHITE,
        _first(tags, _ORIENTATION, 1),
        _first(tags, _COMPRESSION, 1),
        _first(tags, _PREDICTOR, 1),
        _first(tags, _PLANAR, 1) == 2 and samples > 1,
        has_more,
        (tags[_TILE_HEIGHT][0], tags[_TILE_WIDTH][0]) if is_tiled else None,
        min(_first(tags, _STRIP_ROWS, height), height),
        tags[_TILES if is_tiled else _STRIPS],
        tags[_TILE_BYTES if is_tiled else _STRIP_BYTES],
    )


def _first(tags: Mapping[int, tuple[int, ...]], tag: int, default: int) -> int:
    return tags[tag][0] if tags.get(tag) else default


def read_values(content: bytes, tiff: DeepTiff) -> NDArray[Any]:
    """The samples as height × width × samples, in the type and byte order of the file."""
    if not tiff.is_planar:
        return _plane(content, tiff, tiff.samples, tiff.offsets, tiff.lengths)
    count = len(tiff.offsets) // tiff.samples
    parts = [slice(index * count, (index + 1) * count) for index in range(tiff.samples)]
    return np.concatenate([_plane(content, tiff, 1, tiff.offsets[part], tiff.lengths[part]) for part in parts], axis=2)


def _plane(
    content: bytes, tiff: DeepTiff, samples: int, offsets: tuple[int, ...], lengths: tuple[int, ...]
) -> NDArray[Any]:
    """The samples that are stored together, as height × width × samples."""
    tile_width = tiff.tile[1] if tiff.tile else tiff.width
    columns = -(-tiff.width // tile_width)
    pixel_bytes = samples * tiff.itemsize
    rows = _unpacked_rows(content, tiff, columns * tile_width * pixel_bytes, tile_width * pixel_bytes, offsets, lengths)
    parts = np.split(rows, columns, axis=1)
    values = [_without_predictor(part, tiff, samples) for part in parts]
    return np.concatenate(values, axis=1)[:, : tiff.width] if columns > 1 else values[0][:, : tiff.width]


def _unpacked_rows(
    content: bytes,
    tiff: DeepTiff,
    row_bytes: int,
    tile_bytes: int,
    offsets: tuple[int, ...],
    lengths: tuple[int, ...],
) -> NDArray[np.uint8]:
    """The bytes of every row, unpacked by Pillow, for which they are the pixels of a gray picture of 8 bits."""
    fields: dict[int, tuple[int, ...]] = {}
    fields |= {_WIDTH: (row_bytes,), _HEIGHT: (tiff.height,), _BITS: (8,), _COMPRESSION: (tiff.compression,)}
    fields |= {_PHOTOMETRIC: (_MIN_IS_BLACK,), _SAMPLES: (1,)}
    if tiff.tile is None:
        fields |= {_STRIP_ROWS: (tiff.strip_rows,), _STRIPS: offsets, _STRIP_BYTES: lengths}
    else:
        fields |= {_TILE_WIDTH: (tile_bytes,), _TILE_HEIGHT: (tiff.tile[0],), _TILES: offsets, _TILE_BYTES: lengths}
    file = BytesIO(_with_directory(content, fields))
    with _Bytes(file) as picture:
        return np.asarray(picture)


class _Bytes(TiffImagePlugin.TiffImageFile):
    """A picture without Pillow's limit of pixels: the caller has checked those, and these are bytes."""

    def load_prepare(self) -> None:
        ImageFile.ImageFile.load_prepare(self)


def _with_directory(content: bytes, fields: Mapping[int, tuple[int, ...]]) -> bytes:
    """The file with a directory of these tags, all 32-bit integers, in place of its first one."""
    order = "<" if content[:2] == b"II" else ">"
    start = len(content) + len(content) % 2
    lists_at = start + 2 + 12 * len(fields) + 4
    entries, lists = b"", b""
    for tag, numbers in sorted(fields.items()):
        values = pack(f"{order}{len(numbers)}I", *numbers)
        entries += pack(f"{order}HHI", tag, 4, len(numbers))
        entries += values if len(numbers) == 1 else pack(f"{order}I", lists_at + len(lists))
        lists += values if len(numbers) > 1 else b""
    head = content[:2] + pack(f"{order}HI", 42, start)
    directory = pack(f"{order}H", len(fields)) + entries + bytes(4) + lists
    return b"".join((head, content[8:], bytes(start - len(content)), directory))


def _without_predictor(rows: NDArray[np.uint8], tiff: DeepTiff, samples: int) -> NDArray[Any]:
    """Rows of bytes as height × width × samples; each sample may be stored as a difference to the pixel before."""
    height, row_bytes = rows.shape
    shape = height, row_bytes // (samples * tiff.itemsize), samples
    if tiff.predictor == 3:  # differences of bytes, the upper bytes of a row first
        summed = np.cumsum(rows.reshape(height, -1, samples), axis=1, dtype=np.uint8)
        values = np.ascontiguousarray(summed.reshape(height, tiff.itemsize, -1).transpose(0, 2, 1))
        return values.view(f">{tiff.dtype[1:]}").reshape(shape)
    values = np.ascontiguousarray(rows).view(tiff.dtype).reshape(shape)
    if tiff.predictor == 1:
        return values
    integers = np.dtype(f"{tiff.dtype[0]}u{tiff.itemsize}")
    summed = np.cumsum(values.view(integers), axis=1, dtype=integers.newbyteorder("="))
    return summed.astype(integers).view(tiff.dtype)


def claimed_bytes(tiff: DeepTiff, file_bytes: int) -> int:
    """Memory of the samples as stored, in whole tiles; ValueError if a file of this size cannot hold them."""
    tile_height, tile_width = tiff.tile or (1, tiff.width)
    if min(tiff.width, tiff.height, tile_height, tile_width) < 1:
        raise ValueError("a side of the picture or of its tiles has no pixels")
    rows, columns = -(-tiff.height // tile_height) * tile_height, -(-tiff.width // tile_width) * tile_width
    claim = prod((rows, columns, tiff.samples, tiff.itemsize))
    if claim > _COMPRESSIONS[tiff.compression] * file_bytes:
        raise ValueError(f"it claims {byte_size(claim)} of values and has {byte_size(file_bytes)}")
    return claim

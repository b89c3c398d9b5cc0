"""A file to which records are appended, each with its length and checksum: what a crash has cut off is noticed."""

import struct
import zlib
from typing import NamedTuple

_HEAD = struct.Struct("<II")
"""The number of bytes of a record, and their CRC-32."""


class Records(NamedTuple):
    """What a file contains: its whole records, and whether anything follows them that is none."""

    contents: list[bytes]
    is_complete: bool


def pack_record(content: bytes) -> bytes:
    """The bytes to append for a record."""
    return _HEAD.pack(len(content), zlib.crc32(content)) + content


def unpack_records(data: bytes) -> Records:
    """The records up to the first one that is cut off or damaged."""
    contents: list[bytes] = []
    position = 0
    while position < len(data):
        content = _record_at(data, position)
        if content is None:
            return Records(contents, is_complete=False)
        contents.append(content)
        position += _HEAD.size + len(content)
    return Records(contents, is_complete=True)


def _record_at(data: bytes, position: int) -> bytes | None:
    begin = position + _HEAD.size
    if begin > len(data):
        return None
    size, checksum = _HEAD.unpack_from(data, position)
    content = data[begin : begin + size]
    # A file system may lengthen a file before a crash and fill it with zeros: a record of no bytes is none of ours.
    return content if size and len(content) == size and zlib.crc32(content) == checksum else None

"""Splits messages of protobuf into their fields, so that those which nobody changes keep their bytes."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_SIZES = {_FIXED64: 8, _FIXED32: 4}


class WireField(NamedTuple):
    """A field of a message."""

    number: int
    raw: memoryview
    """All of its bytes."""
    content: memoryview
    """Those of the message, text or bytes in it; empty for numbers."""


def message_fields(message: memoryview) -> Iterator[WireField]:
    """Yield the fields of a message that protobuf can parse, in their order.

    Source: Protocol Buffers, Encoding.
    """
    start = 0
    while start < len(message):
        tag, end = _varint(message, start)
        kind, content = tag & 7, memoryview(b"")
        if kind == _VARINT:
            _, end = _varint(message, end)
        elif kind == _BYTES:
            size, begin = _varint(message, end)
            end = begin + size
            content = message[begin:end]
        else:
            end += _SIZES[kind]
        yield WireField(tag >> 3, message[start:end], content)
        start = end


def message_field(number: int, parts: Iterable[bytes | memoryview]) -> bytes:
    """A field that holds a message of these parts."""
    content = b"".join(parts)
    return b"".join((_varint_bytes(number << 3 | _BYTES), _varint_bytes(len(content)), content))


def _varint(message: memoryview, start: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = shift = 0
    while True:
        byte = message[start]
        value |= (byte & 0x7F) << shift
        start, shift = start + 1, shift + 7
        if byte < 0x80:
            return value, start


def _varint_bytes(value: int) -> bytes:
    digits = bytearray()
    while value >= 0x80:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)

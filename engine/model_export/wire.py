"""Splits messages of protobuf into their fields, so that those which nobody changes keep their bytes."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

Bytes = bytes | memoryview

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


def field_parts(number: int, parts: Sequence[Bytes]) -> list[Bytes]:
    """A field that holds a message of these parts, which are not copied."""
    size = sum(map(len, parts))
    return [_varint_bytes(number << 3 | _BYTES) + _varint_bytes(size), *parts]


def message_field(number: int, *parts: Bytes) -> bytes:
    """A field that holds a message of these parts."""
    return b"".join(field_parts(number, parts))


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

"""One case of the fuzzer: files to write, and the project to open."""

import random
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct


class Case(Struct, frozen=True):
    """Files by name; the first is the project."""

    kind: str
    files: dict[str, bytes]

    def write(self, folder: Path) -> Path:
        """Write the files; returns the path of the project."""
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return folder / next(iter(self.files))


Maker = Callable[[random.Random], dict[str, bytes]]


def damaged(content: bytes, rng: random.Random) -> bytes:
    """The content after a few changes: bytes replaced, removed, repeated, moved or inserted."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8, 30))):
        start = rng.randrange(len(data) + 1)
        stop = min(len(data), start + rng.choice((1, 1, 2, 4, 16, 200)))
        match rng.randrange(6):
            case 0:
                data[start:stop] = rng.randbytes(stop - start)
            case 1:
                del data[start:stop]
            case 2:
                data[start:start] = data[start:stop] * rng.choice((1, 3, 50, 3000))
            case 3:
                data[start:start] = rng.choice(_PIECES)
            case 4 if start < len(data):
                data[start] ^= 1 << rng.randrange(8)
            case _:
                del data[start + rng.randrange(len(data) - start + 1) :]
        del data[_MAX_BYTES:]
    return bytes(data)


_MAX_BYTES = 1_000_000
"""Size of a case's file; larger ones may take longer."""

_PIECES = (
    b"\0",
    b"\x1b[31m",
    b"\xff\xfe",
    b"\xc2\x9b",
    b"\xed\xa0\x80",
    b"99999999999999999999",
    b"-1",
    b"1e999",
    b"nan",
    b'"""',
    b"'''",
    b"[[",
    b"]]",
    b"{",
    b"}",
    b"\n",
    b".a" * 3000,
    b"[" * 3000,
    b'{"a":' * 3000,
    b"/" * 5000,
    b"\\" * 100,
    b"9" * 6000,
)

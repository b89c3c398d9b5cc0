"""Which state of a file this is: its stamp, which is quick to compare, and the digest of its content, which decides."""

from hashlib import file_digest, sha256
from pathlib import Path

from msgspec import Struct

from engine.files.paths import Stamp, name_file_in_errors, stamp_of


class FileVersion(Struct, frozen=True):
    """One state of a file: two have the same content if their digests are equal, whatever their stamps."""

    stamp: Stamp
    digest: bytes


def digest_of(content: bytes) -> bytes:
    """A short value that differs between contents."""
    return sha256(content).digest()


def version_of(path: Path, earlier: FileVersion | None = None) -> FileVersion:
    """The version of a file, which is read only if its stamp is not that of the earlier one; FileFault if it cannot."""
    stamp = stamp_of(str(path))
    if earlier is not None and earlier.stamp == stamp:
        return earlier
    with name_file_in_errors(str(path)), path.open("rb") as file:
        return FileVersion(stamp, file_digest(file, sha256).digest())

"""Atomic writing: files are replaced completely or not at all."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from errno import EACCES, EINVAL, EISDIR, ENOTSUP
from pathlib import Path
from urllib.parse import quote

from engine.files import unfinished
from engine.files.attributes import AttributeFault, copy_attributes, may_be_replaced, permissions_of
from engine.files.paths import Stamp
from engine.files.targets import file_fault, require_folder
from engine.text.problems import Problem, ProjectError

_BINARY = getattr(os, "O_BINARY", 0)
"""On Windows: write every byte as it is."""
_NOTHING_TO_SYNC = (EINVAL, ENOTSUP)


Content = bytes | Sequence[bytes | memoryview]
"""The bytes of a file, or parts of it in their order: large arrays need no copy then."""


def write_atomically(path: Path, content: Content, mode: int = 0o666) -> Stamp:
    """Replace a file by a complete new one; on failure the old one stays and no other file is left.

    A symbolic link stays one; its target is replaced. Owner, permissions and extended attributes stay. A file with
    several names (hard links), and one whose owner or folder forbids a replacement, is overwritten in its place. When
    this returns, content and name are on the disk.

    Raises OSError on failure, also if the file is write-protected although its folder is not, and for what is no file,
    such as a named pipe or a device.

    Parameters
    ----------
    mode
        The permissions of a new file, of which the system takes those away that the user's mask forbids.

    Returns
    -------
    The stamp of the new file.
    """
    fault = file_fault(path)
    if fault:
        raise OSError(EINVAL, fault)
    target = Path(os.path.realpath(path))
    exists = target.exists()
    if exists and not os.access(target, os.W_OK):
        raise PermissionError(EACCES, os.strerror(EACCES), str(target))
    unfinished.remove_leftovers(str(target.parent))
    if not exists or may_be_replaced(target):
        with suppress(AttributeFault):
            # Private from its first moment, since not every file system lets permissions be set later.
            return _replace(target, content, permissions_of(target) if exists else mode, exists=exists)
    return _overwrite(target, content)


def _replace(target: Path, content: Content, mode: int, *, exists: bool) -> Stamp:
    """Put a new file in the place of the old one; AttributeFault before that if it would have another owner."""
    temporary = unfinished.new_path(str(target.parent), unfinished.FILE_PREFIX)
    with unfinished.removed_on_failure(temporary):
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
        try:
            if exists:
                copy_attributes(str(target), temporary)
            stamp = _fill(descriptor, content)
        finally:
            os.close(descriptor)
        os.replace(temporary, target)
    sync_folder(target.parent)
    return stamp


def _overwrite(target: Path, content: Content) -> Stamp:
    """Write into the file itself, after a copy of the new content is safe beside it in case the power fails."""
    descriptor = os.open(target, os.O_RDWR | _BINARY)
    try:
        before = _read(descriptor)
        with unfinished.commit():
            copy = _copy_beside(target, content)
            try:
                stamp = _fill(descriptor, content)
            except OSError:
                _fill(descriptor, before)  # if this fails too, the copy stays
                _remove(copy)
                raise
            _remove(copy)
            return stamp
    finally:
        os.close(descriptor)


def _copy_beside(target: Path, content: Content) -> Path | None:
    """A new file with the content beside the target; None if the folder forbids it."""
    if not os.access(target.parent, os.W_OK | os.X_OK):
        return None
    copy = target.with_name(f"{target.name}.{os.urandom(4).hex()}.new")
    _replace(copy, content, 0o600, exists=False)
    return copy


def _remove(copy: Path | None) -> None:
    if copy is not None:
        with suppress(OSError):
            copy.unlink()


def _fill(descriptor: int, content: Content) -> Stamp:
    """Make this the whole content of an open file, on the disk."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    size = 0
    for part in (content,) if isinstance(content, bytes) else content:
        rest = memoryview(part).cast("B")
        size += len(rest)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    os.ftruncate(descriptor, size)
    os.fsync(descriptor)
    status = os.fstat(descriptor)
    return status.st_mtime_ns, status.st_size


def _read(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    parts = []
    while part := os.read(descriptor, size + 1):
        parts.append(part)
    return b"".join(parts)


def sync_folder(folder: Path) -> None:
    """Wait until the names of the files in a folder are on the disk, where the system can do that."""
    if os.name == "nt":  # where a folder cannot be opened
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOTHING_TO_SYNC:
            raise
    finally:
        os.close(descriptor)


@contextmanager
def write_folder_atomically(out: Path) -> Iterator[Path]:
    """A temporary folder inside `out`, whose files move to `out` in the end.

    On failure the temporary folder is removed, and `out` too if this function created it. Both are created before the
    work, which may be long, so that a read-only location raises ProjectError at once.
    """
    require_folder(out)
    temporary = Path(unfinished.new_path(str(out), unfinished.FOLDER_PREFIX))
    try:
        with unfinished.removed_on_failure(str(temporary), *unfinished.missing_folders(str(out))):
            out.mkdir(parents=True, exist_ok=True)
            unfinished.remove_leftovers(str(out))
            temporary.mkdir(mode=0o700)
            yield temporary
            with unfinished.commit():
                _move_files(temporary, out)
                temporary.rmdir()
    except OSError as error:
        reason = f"cannot be written to: {error.strerror or error}; choose another folder"
        raise ProjectError([Problem(reason, "")], out) from None


def _move_files(source: Path, target: Path) -> None:
    files = sorted(source.iterdir())
    for file in files:  # before the first one is moved
        if (target / file.name).is_dir():
            raise IsADirectoryError(EISDIR, f"{file.name} is a folder there")
    for file in files:
        os.replace(file, target / file.name)


def file_name(design: str) -> str:
    """A file name for a design; characters that a system forbids in file names are percent-encoded, "/" as %2F."""
    return re.sub(r'[\x00-\x1f\x7f%<>:"/\\|?*]', lambda match: quote(match[0], safe=""), design)

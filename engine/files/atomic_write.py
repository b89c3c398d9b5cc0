"""Atomic writing: files are replaced completely or not at all."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EACCES, EINVAL, EISDIR, ENOTSUP
from pathlib import Path
from urllib.parse import quote

from engine.files import unfinished
from engine.files.targets import file_fault, require_folder
from engine.text.problems import Problem, ProjectError

_BINARY = getattr(os, "O_BINARY", 0)
"""On Windows: write every byte as it is."""


def write_atomically(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Replace a file by a complete new one; on failure the old one stays and no other file is left.

    A link stays a link; its target is replaced. Raises OSError on failure, also if the file is write-protected
    although its folder is not, and for what is no file, such as a named pipe or a device. When it returns, the content
    is on the disk, and so is its name.

    Parameters
    ----------
    mode
        The permissions of a new file, of which the system takes those away that the user's mask forbids.
    """
    fault = file_fault(path)
    if fault:
        raise OSError(EINVAL, fault)
    target = Path(os.path.realpath(path))
    exists = target.exists()
    if exists and not os.access(target, os.W_OK):
        raise PermissionError(EACCES, os.strerror(EACCES), str(target))
    unfinished.remove_leftovers(str(target.parent))
    temporary = Path(unfinished.new_path(str(target.parent), unfinished.FILE_PREFIX))
    with unfinished.removed_on_failure(str(temporary)):
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode), "wb") as file:
            if exists:
                with suppress(PermissionError):  # some file systems have no permissions
                    os.chmod(temporary, target.stat().st_mode & 0o777)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names of the files in a folder are on the disk, where the system can do that."""
    if os.name == "nt":  # where a folder cannot be opened
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (EINVAL, ENOTSUP):  # some file systems have nothing to wait for
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

"""Atomic writing: files are replaced completely or not at all."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EACCES, EINVAL
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from urllib.parse import quote

from engine.files.targets import file_fault, require_folder
from engine.text.problems import Problem, ProjectError


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file by a complete new one; on failure the old one stays and no other file is left.

    A link stays a link; its target is replaced. Raises OSError on failure, also if the file is write-protected
    although its folder is not, and for what is no file, such as a named pipe or a device.
    """
    fault = file_fault(path)
    if fault:
        raise OSError(EINVAL, fault)
    target = Path(os.path.realpath(path))
    exists = target.exists()
    if exists and not os.access(target, os.W_OK):
        raise PermissionError(EACCES, os.strerror(EACCES), str(target))
    temporary = target.with_name(f".convolume-{token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            if exists:
                with suppress(PermissionError):  # some file systems have no permissions
                    os.chmod(temporary, target.stat().st_mode & 0o777)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):  # it may not exist
            temporary.unlink()
        raise


@contextmanager
def write_folder_atomically(out: Path) -> Iterator[Path]:
    """A temporary folder inside `out`, whose files move to `out` in the end.

    On failure the temporary folder is removed, and `out` too if this function created it. Both are created before the
    work, which may be long, so that a read-only location raises ProjectError at once.
    """
    require_folder(out)
    new_folders = [folder for folder in (out, *out.parents) if not os.path.exists(folder)]
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out, prefix=".unfinished-") as temporary:
            yield Path(temporary)
            for file in sorted(Path(temporary).iterdir()):
                os.replace(file, out / file.name)
    except BaseException as error:
        for folder in new_folders:
            with suppress(OSError):  # it may contain files already
                folder.rmdir()
        if isinstance(error, OSError):
            reason = f"cannot be written to: {error.strerror or error}; choose another folder"
            raise ProjectError([Problem(reason, "")], out) from None
        raise


def file_name(design: str) -> str:
    """A file name for a design; characters that a system forbids in file names are percent-encoded, "/" as %2F."""
    return re.sub(r'[\x00-\x1f\x7f%<>:"/\\|?*]', lambda match: quote(match[0], safe=""), design)

"""Where files can be written: asked before a long computation, and again when it ends."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from engine.text.names import quoted
from engine.text.problems import Problem, ProjectError

_MAX_NAME = 255
"""Bytes of a file name, on all common file systems."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFREG: "a file",
}


def file_name_fault(name: str) -> str:
    """Why a file or folder cannot have that name; "" if it can. Names are text: bytes that are not UTF-8 are none."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "its name is not valid UTF-8; choose another name"
    if "\0" in name:
        return "its name has a zero byte; choose another name"
    return f"its name has {size} bytes; at most {_MAX_NAME} are possible, shorten it" if size > _MAX_NAME else ""


def file_fault(path: Path) -> str:
    """Why a file cannot be written there; "" if nothing is known that forbids it."""
    return _path_fault(path) or _kind_fault(path, stat.S_IFREG)


def folder_fault(path: Path) -> str:
    """Why a folder cannot be created or used there; "" if nothing is known that forbids it."""
    return _path_fault(path) or _kind_fault(path, stat.S_IFDIR)


def _path_fault(path: Path) -> str:
    return next(filter(None, map(file_name_fault, path.parts)), "")


def _kind_fault(path: Path, required: int) -> str:
    """Why what exists there cannot be used: a pipe would never end, a device would be replaced by a file."""
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except OSError:  # it does not exist, or writing will tell more
        return ""
    return "" if kind == required else f"it is {_KINDS.get(kind, 'something else')}, not {_KINDS[required]}"


def same_file(path: Path, other: Path) -> bool:
    """Whether both are one existing file, however they are spelled: by a link, with "..", or in other letters."""
    try:
        return os.path.samefile(path, other)
    except OSError:
        return False


def require_file(path: Path, sources: Iterable[Path] = ()) -> None:
    """Raise ProjectError if a file cannot be written there, or if it is one of the `sources` that are read."""
    fault = file_fault(path)
    if fault:
        raise ProjectError([Problem(f"cannot be written: {fault}", "")], path)
    for source in sources:
        if same_file(path, source):
            text = f"cannot be written: it is {quoted(str(source))}, which is read; choose another place"
            raise ProjectError([Problem(text, "")], path)


def require_folder(path: Path, names: Iterable[str] = (), sources: Iterable[Path] = ()) -> None:
    """Raise ProjectError if a folder cannot hold files of these names, or if one of them is among the `sources`."""
    fault = folder_fault(path)
    if fault:
        raise ProjectError([Problem(f"cannot be written to: {fault}", "")], path)
    read = list(sources)
    for name in names:
        require_file(path / name, read)

"""Unfinished files and folders: what the end of the program removes, and what killed programs have left behind.

Imports little, as the program installs its signal handlers with it before anything else.
"""

import os
import re
import shutil
import stat
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

FILE_PREFIX, FOLDER_PREFIX = ".convolume-", ".unfinished-"
_HOUR, _DAY = 3600, 24 * 3600
_CLOCK_TOLERANCE = 5
"""Seconds by which two readings of a process's start may differ."""
_AGES = {"ended": _HOUR, "unknown": _DAY, "elsewhere": 7 * _DAY}
"""Seconds after which a leftover may be removed, by what is known about the process that made it."""
_PROCESS_NAME = re.compile("([0-9]+)-([0-9]+)-([0-9a-f]{8})")
_OWNED_NAME = re.compile(r"\.(?:convolume|unfinished)-([0-9]+)-([0-9]+)-([0-9a-f]{8})-[0-9a-f]{16}")
"""Its groups: the process, the second in which it started, and its computer."""
_FOLDER_NAME = re.compile(r"\.unfinished-[a-z0-9_]{8}")
"""The names that earlier versions gave to folders."""
_ENDINGS = (".png", ".svg", ".pdf", ".gif", ".npz")
"""Endings of the files in unfinished folders that nobody else puts into one."""

_registered: dict[str, None] = {}
"""The paths that are not complete yet."""
_waiting: list[Callable[[], object]] = []
_commits = 0
"""Number of commits in progress."""


def new_path(folder: str, prefix: str) -> str:
    """The path of a new temporary file or folder, whose name says which process owns it."""
    return os.path.join(folder, f"{prefix}{process_name()}-{os.urandom(8).hex()}")


def process_name() -> str:
    """The name of this process: its number, the second in which it started, and its computer."""
    process_id = os.getpid()
    return f"{process_id}-{_start_of(process_id) or 0}-{_host()}"


def has_ended(name: str) -> bool:
    """Whether the process of that name has ended for certain, which one of another computer never has."""
    match = _PROCESS_NAME.fullmatch(name)
    return match is not None and match[3] == _host() and not _is_running(int(match[1]), int(match[2]))


def _host() -> str:
    from platform import node

    return f"{zlib.crc32(node().encode()):08x}"


@contextmanager
def removed_on_failure(*paths: str) -> Iterator[None]:
    """Remove these paths in this order if the block fails, or if the program is ended meanwhile.

    Files, temporary folders with all they contain, other folders only if they are empty.
    """
    _registered.update(dict.fromkeys(paths))
    try:
        yield
    except BaseException:
        for path in paths:
            _remove(path)
        raise
    finally:
        for path in paths:
            _registered.pop(path, None)


def remove_all() -> None:
    """Remove everything that is not complete; the program ends after that."""
    for path in list(_registered):
        _remove(path)


def _remove(path: str) -> None:
    with suppress(OSError):  # it may not exist, or be in use
        if os.path.basename(path).startswith(FOLDER_PREFIX):
            shutil.rmtree(path)
        elif os.path.isdir(path) and not os.path.islink(path):
            os.rmdir(path)
        else:
            os.unlink(path)


def missing_folders(folder: str) -> tuple[str, ...]:
    """The folders that have to be created for this one, itself first."""
    missing = []
    path = os.path.abspath(folder)
    while not os.path.lexists(path):
        missing.append(path)
        path = os.path.dirname(path)
    return tuple(missing)


# The end of the program must not fall into the middle of a commit


@contextmanager
def commit() -> Iterator[None]:
    """Within this block several files are put in place: the program ends before it or after it."""
    global _commits
    _commits += 1
    try:
        yield
    finally:
        _commits -= 1
        if not _commits:
            while _waiting:
                _waiting.pop()()


def outside_commit(action: Callable[[], object]) -> None:
    """Do this now, or as soon as the commit in progress is complete."""
    if _commits:
        _waiting.append(action)
    else:
        action()


# Leftovers of killed programs


def remove_leftovers(folder: str) -> None:
    """Remove temporary files and folders that are old and have no owner; errors are no concern of the user."""
    with suppress(OSError):
        with os.scandir(folder) as entries:
            unfinished = [entry for entry in entries if entry.name.startswith((FILE_PREFIX, FOLDER_PREFIX))]
        for entry in unfinished:
            with suppress(OSError):
                if _is_leftover(entry):
                    _remove(entry.path)


def _is_leftover(entry: "os.DirEntry[str]") -> bool:
    status = entry.stat(follow_symlinks=False)
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        return False
    is_file = entry.name.startswith(FILE_PREFIX)
    if not (stat.S_ISREG if is_file else stat.S_ISDIR)(status.st_mode):
        return False
    age = time.time() - status.st_mtime
    owned = _OWNED_NAME.fullmatch(entry.name)
    if owned is None:
        return age > _AGES["unknown"] and (is_file or _is_ours(entry))
    process_id, started, host = owned.groups()
    if host != _host():
        return age > _AGES["elsewhere"]
    return age > _AGES["ended"] and not _is_running(int(process_id), int(started))


def _is_ours(entry: "os.DirEntry[str]") -> bool:
    """Whether a folder without the name of its owner has a name or content that only this program creates."""
    with os.scandir(entry.path) as inside:
        return _FOLDER_NAME.fullmatch(entry.name) is not None or all(
            other.is_file(follow_symlinks=False) and (other.name == "run.json" or other.name.endswith(_ENDINGS))
            for other in inside
        )


def _is_running(process_id: int, started: int) -> bool:
    """Whether that process is running; its number may be another one's by now."""
    start = _start_of(process_id)
    return start is not None and abs(start - started) <= _CLOCK_TOLERANCE


def _start_of(process_id: int) -> int | None:
    """The second in which a process started; None if there is none."""
    import psutil

    try:
        return int(psutil.Process(process_id).create_time())
    except (psutil.Error, OverflowError):
        return None

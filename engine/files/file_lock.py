"""A lock that ends with its process, however that ends."""

import os
import sys
from contextlib import suppress
from errno import EACCES, EAGAIN, EDEADLK
from pathlib import Path

from engine.files.unfinished import has_ended, process_name

_TAKEN = (EACCES, EAGAIN, EDEADLK)
_FAR = 2**30
"""The byte that is locked on Windows, where nobody can read a locked one: the name before it stays readable."""


class FileLock:
    """A lock that this process holds; its file contains the name of the process, for whoever looks into it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path) -> "FileLock | None":
        """The lock with this file; None if another window holds it. OSError if there can be no such file."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            name = os.read(descriptor, 100).decode("ascii", "replace")
            if not _lock(descriptor, name):
                os.close(descriptor)
                return None
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, process_name().encode())
        except BaseException:
            os.close(descriptor)
            raise
        return cls(path, descriptor)

    def release(self) -> None:
        """Let others take the lock."""
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        with suppress(OSError):
            os.close(self._descriptor)

    def remove(self) -> None:
        """Release the lock and remove its file; what it protects is gone."""
        if sys.platform != "win32":  # while it is held: nobody can have taken it meanwhile
            self._path.unlink(missing_ok=True)
        self.release()
        if sys.platform == "win32":  # where no open file can be removed
            with suppress(OSError):
                self._path.unlink(missing_ok=True)


def _lock(descriptor: int, name: str) -> bool:
    """Lock a file; False if another process has locked it, or by its name if the file system knows no locks."""
    try:
        _system_lock(descriptor)
    except OSError as error:
        return error.errno not in _TAKEN and (not name or has_ended(name))
    return True


if sys.platform == "win32":
    import msvcrt

    def _system_lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _system_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

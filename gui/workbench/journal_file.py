"""A journal as a file: each change is appended and on the disk when `write` returns; it is rewritten when it grows."""

import os
from contextlib import suppress
from pathlib import Path
from time import strftime, time

from msgspec import Struct

from engine.files.atomic_write import sync_folder, write_atomically
from engine.files.file_lock import FileLock
from engine.files.records import pack_record, unpack_records
from gui.state.history import History
from gui.workbench.journal_format import JournalEncoder, JournalFault, decode_journal

_MAGIC = b"convolume journal 1\n"
_MAGIC_START = b"convolume journal "
_SUFFIX, _LOCK_SUFFIX, _UNREADABLE_SUFFIX = ".journal", ".lock", ".unreadable"
_LEAST_LIMIT = 2**20
_GROWTH = 4
"""The file is written anew when it has grown to so many times its size after it was written last."""


class JournalFile:
    """The journal of one window, which holds its lock from the first write on. There is no file before that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path: Path | None = None
        self._lock: FileLock | None = None
        self._encoder = JournalEncoder()
        self._descriptor: int | None = None
        self._size = self._limit = 0

    @classmethod
    def claim(cls, path: Path) -> "JournalFile | None":
        """The journal at a path, with its lock; None if a window has it, or if it is gone."""
        lock = FileLock.take(path.with_suffix(_LOCK_SUFFIX))
        if lock is None:
            return None
        if not path.exists():  # another window had it, and has deleted it
            lock.remove()
            return None
        file = cls(path.parent)
        file._path, file._lock = path, lock
        return file

    @property
    def path(self) -> Path | None:
        return self._path

    def write(self, history: History) -> None:
        """Append what has changed since the last call; OSError or UnicodeError if that is not possible."""
        try:
            if self._descriptor is None:
                self._rewrite(history)
                return
            data = pack_record(self._encoder.encode(history, time()))
            if self._size + len(data) > self._limit:
                self._rewrite(history)
                return
            _write_all(self._descriptor, data)
            os.fsync(self._descriptor)
            self._size += len(data)
        except BaseException:  # the end of the file is unknown: the next call writes it anew
            self._close()
            raise

    def _rewrite(self, history: History) -> None:
        """Write the whole history as the only record of a new file, which takes the place of the old one at once."""
        self._close()
        self._encoder = JournalEncoder()
        data = _MAGIC + pack_record(self._encoder.encode(history, time()))
        if self._path is None:
            self._path, self._lock = self._new_path()
        write_atomically(self._path, data, mode=0o600)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        self._size, self._limit = len(data), max(_LEAST_LIMIT, _GROWTH * len(data))

    def _new_path(self) -> tuple[Path, FileLock]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            path = self._folder / f"{strftime('%Y-%m-%d-%H%M%S')}-{os.urandom(4).hex()}{_SUFFIX}"
            lock = FileLock.take(path.with_suffix(_LOCK_SUFFIX))
            if lock is not None:
                return path, lock

    def delete(self) -> None:
        """Remove the file: what it holds is saved or declined."""
        self._close()
        if self._path is not None:
            with suppress(FileNotFoundError):
                self._path.unlink()
                sync_folder(self._path.parent)
        if self._lock is not None:
            self._lock.remove()
        self._path = self._lock = None

    def release(self) -> None:
        """Leave the file for another window."""
        self._close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _close(self) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                os.close(self._descriptor)
        self._descriptor = None

    def read(self) -> "LostWork":
        """What the file holds; JournalFault if nothing of it can be read."""
        assert self._path is not None, "it is claimed"
        try:
            data = self._path.read_bytes()
        except OSError as error:
            raise JournalFault(f"it cannot be read: {error.strerror}") from None
        if not data.startswith(_MAGIC):
            raise JournalFault("it is no journal of this version of the program")
        records = unpack_records(data[len(_MAGIC) :])
        history, seconds = decode_journal(records.contents)
        return LostWork(history, seconds, records.is_complete)

    def set_aside(self) -> Path:
        """Rename the file, which cannot be read, so that it is not offered again; returns where it is."""
        assert self._path is not None, "it is claimed"
        path = self._path.with_name(f"{self._path.name}{_UNREADABLE_SUFFIX}")
        with suppress(OSError):
            os.replace(self._path, path)
        if self._lock is not None:
            self._lock.remove()
        self._path = self._lock = None
        return path


class LostWork(Struct, frozen=True, eq=False):
    """What a journal holds."""

    history: History
    time: float
    """When it was written last, in seconds since 1970."""
    is_complete: bool
    """Whether nothing of the file is cut off or damaged."""


def claim_journals(folder: Path) -> list[JournalFile]:
    """The journals of windows that have ended without saving or declining, the latest first."""
    files = []
    for path in sorted(folder.glob(f"*{_SUFFIX}"), key=_last_change, reverse=True):
        with suppress(OSError):  # a lock that cannot be taken protects a journal that cannot be restored
            file = None if _is_newer(path) else JournalFile.claim(path)
            if file is not None:
                files.append(file)
    _remove_locks_without_journal(folder)
    return files


def _remove_locks_without_journal(folder: Path) -> None:
    """Remove the locks of windows that were killed before they had written anything."""
    for path in folder.glob(f"*{_LOCK_SUFFIX}"):
        with suppress(OSError):
            if not path.with_suffix(_SUFFIX).exists() and (lock := FileLock.take(path)) is not None:
                lock.remove()


def _last_change(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _is_newer(path: Path) -> bool:
    """Whether another version of the program, which can read the journal, has written it."""
    with path.open("rb") as file:
        start = file.read(len(_MAGIC))
    return start.startswith(_MAGIC_START) and start != _MAGIC


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]

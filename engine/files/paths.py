"""Paths of files, stamps that change with their content, and faults of files that cannot be used."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
BUNDLED = "resources:"

Stamp = tuple[int, int]
"""(time of the last change in ns, size): differs between two states of a file."""


class FileFault(Exception):
    """A file that a project names cannot be used; the text includes its path, `setting` is where it is named."""

    def __init__(self, text: str, setting: str = "path") -> None:
        super().__init__(text)
        self.setting = setting


def resolve_path(path: str) -> Path:
    """The path of a file that a project names `path`."""
    return RESOURCES / path.removeprefix(BUNDLED) if path.startswith(BUNDLED) else Path(path)


@lru_cache(maxsize=64)
def suffix_of(path: str) -> str:
    """The suffix of a file in lower case, asked several times for each array."""
    return Path(path).suffix.lower()


def bundled_files(folder: str, suffix: str) -> tuple[str, ...]:
    """Bundled files of a resource folder, as projects name them: "resources:photos/chelsea.png"."""
    return tuple(f"{BUNDLED}{folder}/{path.name}" for path in sorted((RESOURCES / folder).glob(f"*{suffix}")))


_stamps: ContextVar[dict[str, Stamp | FileFault] | None] = ContextVar("_stamps", default=None)


@contextmanager
def stat_once() -> Iterator[Mapping[str, Stamp | FileFault]]:
    """Within this context, stat each file only once, which is slow on network drives; yields the stamps by path."""
    stamps: dict[str, Stamp | FileFault] = {}
    token = _stamps.set(stamps)
    try:
        yield stamps
    finally:
        _stamps.reset(token)


def stamp_of(path: str) -> Stamp:
    """The stamp of a file, to detect changes; FileFault if it cannot be read."""
    stamps = _stamps.get()
    if stamps is None:
        return _stamp(path)
    if path not in stamps:
        try:
            stamps[path] = _stamp(path)
        except FileFault as fault:
            stamps[path] = fault
    stamp = stamps[path]
    if isinstance(stamp, FileFault):
        raise FileFault(str(stamp), stamp.setting)
    return stamp


def _stamp(path: str) -> Stamp:
    if "\0" in path or path.encode(errors="replace").decode() != path:
        raise FileFault(
            f"{path!r} has a zero byte or bytes that are not UTF-8 in its name; rename the file or its folder"
        )
    with name_file_in_errors(path):
        status = resolve_path(path).stat()
    if not S_ISREG(status.st_mode):
        raise FileFault(f"{path} is not a file")
    return status.st_mtime_ns, status.st_size


@contextmanager
def name_file_in_errors(path: str) -> Iterator[None]:
    """Convert errors of the operating system and of file formats to FileFault with the path."""
    try:
        yield
    except FileNotFoundError:
        raise FileFault(f"{path} does not exist") from None
    except PermissionError:
        raise FileFault(f"{path} may not be read: its permissions forbid it") from None
    except OSError as error:
        raise FileFault(f"{path} cannot be read: {error.strerror or error}") from None

"""Where files are, what tells one state of them from another, and what is said of those that cannot be used."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from stat import S_ISREG

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
BUNDLED = "resources:"

Stamp = tuple[int, int]
"""(time of the last change in ns, size): what tells one state of a file from another."""


class FileFault(Exception):
    """A file that a project names cannot be used; the text names it. `setting` is where the project names it."""

    def __init__(self, text: str, setting: str = "path") -> None:
        super().__init__(text)
        self.setting = setting


def resolve_path(path: str) -> Path:
    """The file that a project means by `path`."""
    return RESOURCES / path.removeprefix(BUNDLED) if path.startswith(BUNDLED) else Path(path)


def bundled_files(folder: str, suffix: str) -> tuple[str, ...]:
    """What is bundled in a folder of the resources, as projects name it: "resources:photos/chelsea.png"."""
    found = sorted((RESOURCES / folder).glob(f"*{suffix}"))
    return tuple(f"{BUNDLED}{folder}/{path.name}" for path in found)


_stamps: ContextVar[dict[str, Stamp | FileFault] | None] = ContextVar("_looked", default=None)


@contextmanager
def stat_once() -> Iterator[Mapping[str, Stamp | FileFault]]:
    """Within this, look at each file once: on a network drive every look takes its time. Gives what was seen."""
    seen: dict[str, Stamp | FileFault] = {}
    before = _stamps.set(seen)
    try:
        yield seen
    finally:
        _stamps.reset(before)


def stamp_of(path: str) -> Stamp:
    """Tell whether a file changed; FileFault where it cannot be read."""
    seen = _stamps.get()
    if seen is None:
        return _stamp(path)
    if path not in seen:
        try:
            seen[path] = _stamp(path)
        except FileFault as fault:
            seen[path] = fault
    found = seen[path]
    if isinstance(found, FileFault):
        raise FileFault(str(found), found.setting)
    return found


def _stamp(path: str) -> Stamp:
    if "\0" in path or path.encode(errors="replace").decode() != path:
        raise FileFault(
            f"{path!r} has a zero byte or characters beyond Unicode in its name; rename the file or its folder"
        )
    with name_file_in_errors(path):
        found = resolve_path(path).stat()
    if not S_ISREG(found.st_mode):
        raise FileFault(f"{path} is not a file")
    return found.st_mtime_ns, found.st_size


@contextmanager
def name_file_in_errors(path: str) -> Iterator[None]:
    """Say of the operating system's and the formats' refusals which file they concern."""
    try:
        yield
    except FileNotFoundError:
        raise FileFault(f"{path} does not exist") from None
    except PermissionError:
        raise FileFault(f"{path} may not be read: its permissions forbid it") from None
    except OSError as error:
        raise FileFault(f"{path} cannot be read: {error.strerror or error}") from None

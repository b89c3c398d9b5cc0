"""Reads the names of classes: a text file with a class per line, in the order of the channels of the last volume."""

from functools import lru_cache

from engine.files import paths
from engine.files.paths import FileFault, Stamp
from engine.text.names import control_fault
from engine.text.units import byte_size

LABEL_SUFFIXES = (".txt",)
_MOST_BYTES = 2**22
_MOST_CLASSES = 100_000
_LONGEST = 500
"""Characters of the name of a class; ImageNet's lists of synonyms have up to 130."""


def read_labels(path: str) -> tuple[str, ...]:
    """The names of the classes in a file; FileFault if it is no such list. Cached until the file changes."""
    return _read(path, paths.stamp_of(path))


@lru_cache(maxsize=4)
def _read(path: str, stamp: Stamp) -> tuple[str, ...]:
    if stamp[1] > _MOST_BYTES:
        raise FileFault(f"{path} has {byte_size(stamp[1])}; a list of classes has at most {byte_size(_MOST_BYTES)}")
    with paths.name_file_in_errors(path), paths.resolve_path(path).open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"byte {content[error.start]:#04x} in line {line}"
        raise FileFault(f"{path}: {byte} is not UTF-8, the encoding of lists of classes") from None
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    if len(lines) > _MOST_CLASSES:
        raise FileFault(f"{path} has {len(lines):,} lines; a list of classes has at most {_MOST_CLASSES:,}")
    for number, name in enumerate(lines, 1):
        fault = _line_fault(name)
        if fault:
            raise FileFault(f"{path}: line {number:,} {fault}")
    return tuple(line.strip() for line in lines)


def _line_fault(line: str) -> str:
    """Why a line is no name of a class; "" if it is one."""
    if not line.strip():
        return "is empty; each line is the name of a class"
    if len(line) > _LONGEST:
        return f"has {len(line):,} characters; the name of a class has at most {_LONGEST}"
    fault = control_fault(line)
    return f"is no name of a class: {fault}" if fault else ""

"""Files whose names are like that of a missing one: a slip, another case, another ending."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice

from engine.files.paths import resolve_path

_MAX_FILES = 2
"""Maximum number of files that are proposed."""

_MAX_ENTRIES = 500
"""Maximum number of entries of a folder that are looked at."""


def similar_files(path: str, suffixes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield names and paths of files with these endings in the folder of a missing one, the most similar name first.

    None if there is such a file.
    """
    name = os.path.basename(path)
    folder = path[: len(path) - len(name)]
    try:
        if not folder or os.path.lexists(resolve_path(path)):
            return
        place = str(resolve_path(folder))
        names = _similar_names(place, os.stat(place).st_mtime_ns, name, suffixes)
    except (OSError, ValueError):  # no such folder, or no path at all
        return
    for similar in names:
        yield similar, folder + similar


@lru_cache(maxsize=16)
def _similar_names(folder: str, _changed: int, name: str, suffixes: tuple[str, ...]) -> tuple[str, ...]:
    """The names in a folder as it was when it changed last."""
    by_stem: dict[str, list[str]] = {}
    with os.scandir(folder) as entries:
        for entry in islice(entries, _MAX_ENTRIES):
            stem, suffix = os.path.splitext(entry.name)
            if suffix.lower() in suffixes:
                by_stem.setdefault(stem.casefold(), []).append(entry.name)
    stem, suffix = os.path.splitext(name.casefold())
    close = get_close_matches(stem, by_stem, _MAX_FILES)
    names = [
        similar for key in close for similar in sorted(by_stem[key], key=lambda n: not n.casefold().endswith(suffix))
    ]
    return tuple(names[:_MAX_FILES])

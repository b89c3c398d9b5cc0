"""Whether a file is a lesson: a start that takes none imports this and no reader."""

import re
from pathlib import Path

MOST_BYTES = 2**20
"""Size of a lesson file."""

_LESSON_TABLE = re.compile(
    r"^[ \t]*(?:\[\[[ \t]*steps[ \t]*\]\]|\[[ \t]*projects[ \t]*\]|(?:steps|projects)[ \t]*=)", re.MULTILINE
)
_PROJECT_TABLE = re.compile(
    r"^[ \t]*(?:\[\[?[ \t]*(?:designs|input|stem)\b|(?:designs|input|stem)[ \t]*=)", re.MULTILINE
)


def is_lesson(path: Path) -> bool:
    """Whether a file is a lesson and no project: it has steps or projects, and neither input nor designs.

    Only the text is looked at, so that a lesson with mistakes is one as well.
    """
    if path.suffix.lower() != ".toml":
        return False
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode("utf-8-sig", "replace")
    except (OSError, ValueError):
        return False
    return bool(_LESSON_TABLE.search(text)) and not _PROJECT_TABLE.search(text)

"""The pages of the manual: where they are, what they are called, and which of them a search finds."""

import re
from functools import cache
from pathlib import Path

from engine.files.paths import RESOURCES

MANUAL = RESOURCES / "manual"
START = MANUAL / "index.md"


@cache
def pages() -> tuple[Path, ...]:
    """The start page, then every page in the order in which the start page links to it."""
    links = re.findall(r"\]\(([\w-]+\.md)\)", START.read_text(encoding="utf-8"))
    return START, *(MANUAL / name for name in dict.fromkeys(links))


@cache
def title(page: Path) -> str:
    """The first heading of a page."""
    heading = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return heading[1] if heading else page.stem


def slug(heading: str) -> str:
    """What a link calls a heading, as on GitHub: ``The JSON of analyze`` is ``the-json-of-analyze``."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def words_of(query: str) -> tuple[str, ...]:
    """The words of a query, each once, in lower case."""
    return tuple(dict.fromkeys(query.casefold().split()))


def hit_count(text: str, words: tuple[str, ...]) -> int:
    """How often the words occur in a text; 0 unless it contains all of them."""
    counts = [text.casefold().count(word) for word in words]
    return sum(counts) if all(counts) else 0

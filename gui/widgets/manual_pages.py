"""The pages of the manual: their files, titles and headings, and the hits of a search."""

import re
from functools import cache
from pathlib import Path

from engine.files.paths import RESOURCES

MANUAL = RESOURCES / "manual"
START = MANUAL / "index.md"


@cache
def pages() -> tuple[Path, ...]:
    """Return the start page, then every page in the order of its links."""
    links = re.findall(r"\]\(([\w-]+\.md)\)", START.read_text(encoding="utf-8"))
    return START, *(MANUAL / name for name in dict.fromkeys(links))


@cache
def title(page: Path) -> str:
    """Return the first heading of a page."""
    heading = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return heading[1] if heading else page.stem


def slug(heading: str) -> str:
    """Return the anchor of a heading, as on GitHub: ``the-json-of-analyze`` for ``The JSON of analyze``."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def query_words(query: str) -> tuple[str, ...]:
    """Return the distinct words of a query in lower case."""
    return tuple(dict.fromkeys(query.casefold().split()))


def hit_count(text: str, words: tuple[str, ...]) -> int:
    """Return how often the words occur in a text; 0 unless it contains all of them."""
    counts = [text.casefold().count(word) for word in words]
    return sum(counts) if all(counts) else 0

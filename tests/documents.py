"""The README and the manual as text, parsed for the tests that compare them with the program."""

import re
from pathlib import Path

from engine.files.paths import RESOURCES
from gui.widgets.manual_pages import MANUAL, slug

ROOT = RESOURCES.parent
DOCUMENTS = (ROOT / "README.md", RESOURCES / "CREDITS.md", *sorted(MANUAL.glob("*.md")))


def text_of(document):
    return document.read_text(encoding="utf-8")


def page(name):
    return text_of(MANUAL / f"{name}.md")


def links(document):
    """The local links of a document: (absolute path, heading) of each."""
    targets = re.findall(r"\]\((?!https?:)([^)]+)\)", text_of(document))
    parts = [target.partition("#") for target in targets]
    return [((document.parent / path).resolve() if path else document, heading) for path, _, heading in parts]


def slugs(document):
    return {slug(heading.replace("`", "")) for heading in re.findall(r"^#+ (.+)$", text_of(document), re.MULTILINE)}


def code(document, language):
    """Every block of code in a language; "" for blocks without one."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text_of(document), re.DOTALL | re.MULTILINE)
    return [text for language_of_block, text in blocks if language_of_block == language]


def code_spans(text):
    return re.findall(r"`([^`]+)`", text)


def section(text, heading):
    """The text below a heading up to the next one of any level; "" if there is no such heading."""
    match = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", text, re.DOTALL | re.MULTILINE)
    return match[1] if match else ""


def tables(text):
    """Every table of a text as rows of cells, the head first."""
    matches = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    return [[_cells(line) for line in table.splitlines() if not line.startswith("|---")] for table in matches]


def _cells(line):
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def menu_paths(document):
    """Every path through the menus that a document names: **File › Export all…**."""
    return re.findall(r"\*\*([^*\n]+ › [^*\n]+)\*\*", text_of(document))


def files(documents, extract):
    """(document, item) for each item that a function extracts from each document, as parameters of a test."""
    return [(Path(document), item) for document in documents for item in extract(document)]

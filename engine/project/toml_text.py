"""The text of a TOML file as its statements, so that a changed project keeps what a person has written around it.

`tomllib` reads values without comments, and `tomlkit` attaches the comment above a table to the table before it. Here a
comment belongs to what follows it without an empty line, or stands on its line; whatever a project no longer has, its
comments go with it.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

_TOKEN = re.compile(
    r"""(?P<text>\"{3}(?:[^"\\]|\\.|"(?!""))*+\"{3,5}|'{3}(?:[^']|'(?!''))*+'{3,5}|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
    r"""|(?P<comment>\#[^\n]*+)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<comma>,)|(?P<line>\n)|(?P<other>[^"'\#\[\]{},\n]++)""",
    re.DOTALL,
)


class Entry(Struct):
    """A setting, ``key = value``, or an item of an array: its text, and the comments above it and behind it."""

    above: str
    """Whole lines."""
    text: str
    """Without the comment."""
    behind: str = ""
    """The comment on its last line, and the spaces before it."""
    key: str = ""

    @property
    def indent(self) -> str:
        return self.text[: len(self.text) - len(self.text.lstrip(" \t"))]


class Table(Struct):
    """A table with its header, or the top level of a file, which has none."""

    above: str = ""
    header: str = ""
    """The line of the header with its comment; "" for a table that only tables within it imply."""
    entries: list[Entry] = []
    below: str = ""
    """The comments behind the entries that belong to none."""
    children: dict[str, "Table | list[Table]"] = {}
    """Tables within it that have headers of their own, in their order."""


class TomlText(Struct):
    """A file: its top level, and the comments at its end."""

    top: Table
    end: str
    has_comments: bool


class UnknownFormError(Exception):
    """The text is valid, but has a form that is not taken apart here: dotted keys."""


def take_apart(text: str) -> TomlText:
    """The statements of a valid TOML text; UnknownFormError for dotted keys."""
    top = table = Table()
    waiting = ""
    for line, comment_start in _logical_lines(text if text.endswith("\n") else f"{text}\n"):
        statement = line[:comment_start].strip()
        if not statement:
            waiting += line
        elif statement.startswith("["):
            table.below, above = _split_before_header(waiting)
            table = _add_table(top, statement, above, line)
            waiting = ""
        else:
            content = line[:comment_start].rstrip()
            behind = line[len(content) :].rstrip("\n")
            table.entries.append(Entry(waiting, content, behind, _key_of(statement)))
            waiting = ""
    attached, separator, end = waiting.partition("\n\n") if not waiting.startswith("\n") else ("", "", waiting)
    table.below = attached + separator[:1]
    has_comments = any(match.lastgroup == "comment" for match in _TOKEN.finditer(text))
    return TomlText(top, f"{separator[1:]}{end}", has_comments)


def array_items(text: str) -> tuple[list[Entry], str] | None:
    """The items of an array in brackets, and the comments behind the last one; None if its items share lines."""
    items: list[Entry] = []
    above, item, depth, is_complete = "", "", 0, False
    for match in _TOKEN.finditer(text):
        token, kind = match[0], match.lastgroup
        depth += (kind == "open") - (kind == "close")
        if (kind == "open" and depth == 1) or (kind == "close" and depth == 0):
            continue
        if depth > 1 or kind in ("text", "close", "open"):
            item, is_complete = item + token, False
        elif kind == "comma":
            items.append(Entry(above, item.strip()))
            above, item, is_complete = "", "", True
        elif kind == "comment":
            if is_complete:
                items[-1].behind += f"  {token}"
            elif item.strip():  # the last item, without a comma
                items.append(Entry(above, item.strip(), f"  {token}"))
                above, item = "", ""
            else:
                above += f"{token}\n"
        elif kind == "line":
            is_complete = False
        else:
            item += token if token.strip() or item else ""
    if item.strip():
        items.append(Entry(above, item.strip()))
        above = ""
    return (items, above) if len(text.splitlines()) > len(items) else None


def _logical_lines(text: str) -> Iterator[tuple[str, int]]:
    """Yield each line, or lines if a value has several, and where its comment begins: at its end if it has none."""
    start = depth = 0
    comment_start: int | None = None
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        depth += (kind == "open") - (kind == "close")
        if kind == "comment" and depth == 0:
            comment_start = match.start() - start
        elif kind == "line" and depth == 0:
            line = text[start : match.end()]
            yield line, len(line) if comment_start is None else comment_start
            start, comment_start = match.end(), None


def _split_before_header(waiting: str) -> tuple[str, str]:
    """Split comments before a header: those of the table before, and those that directly precede the header."""
    lines = waiting.splitlines(keepends=True)
    position = len(lines)
    while position and lines[position - 1].strip():
        position -= 1
    while position and not lines[position - 1].strip():
        position -= 1
    return "".join(lines[:position]), "".join(lines[position:])


def _add_table(top: Table, header: str, above: str, line: str) -> Table:
    """Add a table below its parents, of which the last item of an array is one."""
    *parents, key = _header_path(tomllib.loads(header))
    table = top
    for parent in parents:
        child = table.children.setdefault(parent, Table())
        table = child[-1] if isinstance(child, list) else child
    if not header.startswith("[["):
        child = table.children.setdefault(key, Table())
        assert isinstance(child, Table), "tomllib has accepted it"
        child.above, child.header = above, line
        return child
    items = table.children.setdefault(key, [])
    assert isinstance(items, list), "tomllib has accepted it"
    items.append(Table(above, line))
    return items[-1]


def _header_path(data: Any) -> list[str]:
    path = []
    while data:
        if isinstance(data, list):
            data = data[0]
            continue
        ((key, data),) = data.items()
        path.append(key)
    return path


def _key_of(statement: str) -> str:
    bare = re.match(r"[A-Za-z0-9_-]+", statement)
    if bare is not None and statement[bare.end() :].lstrip(" \t").startswith("="):
        return bare[0]
    raise UnknownFormError(statement)

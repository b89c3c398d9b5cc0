"""Writes a project over the text of its file: what has not changed stays as it is written, with all comments."""

from collections.abc import Iterator, Sequence
from typing import Any

import tomli_w

from engine.project.table_reader import Data
from engine.project.toml_text import Entry, Table, TomlText, array_items, take_apart

_INDENT = "    "


def merge(text: str, before: Data, after: Data) -> str | None:
    """The text with the data `after` in it, where it contains `before`; None if it has no comments.

    Raises
    ------
    UnknownFormError
        The text has dotted keys.
    """
    file: TomlText = take_apart(text)
    if not file.has_comments:
        return None
    return "".join(_merged(file.top, before, after, ())) + file.end


_Path = tuple[str, ...]


def _merged(table: Table, before: Data, after: Data, path: _Path) -> Iterator[str]:
    """Yield the text of a table that stays, with those within it."""
    yield f"{table.above}{table.header}"
    for entry in table.entries:
        yield from _merged_entry(entry, before, after)
    yield from _new_entries(table, after, path)
    yield table.below
    for key, child in table.children.items():
        value = after.get(key)
        if isinstance(child, list) and isinstance(value, list | tuple):
            yield from _merged_items(child, before.get(key, []), value, (*path, key))
        elif isinstance(child, Table) and isinstance(value, dict):
            yield from _merged(child, before.get(key, {}), value, (*path, key))
    if not path:
        old_keys = {entry.key for entry in table.entries} | set(table.children)
        for key, value in after.items():
            if key not in old_keys and _has_tables(value):
                yield from _new_tables(key, value)


def _merged_entry(entry: Entry, before: Data, after: Data) -> Iterator[str]:
    """Yield a setting as it is written, or with its new value; nothing if the project has it no longer.

    One that is in neither is written although it is the default.
    """
    key = entry.key
    if _is_same(before.get(key), after.get(key)):
        yield f"{entry.above}{entry.text}{entry.behind}\n"
    elif key in after:
        value = _array_text(entry.text, before.get(key), after[key]) or _inline(after[key])
        yield f"{entry.above}{entry.indent}{key} = {value}{entry.behind}\n"


def _new_entries(table: Table, after: Data, path: _Path) -> Iterator[str]:
    """Yield the settings that have come since; at the top level, tables get headers of their own instead."""
    old_keys = {entry.key for entry in table.entries}
    for key, value in after.items():
        if key not in old_keys and not (value and (key in table.children or (not path and _has_tables(value)))):
            yield f"{key} = {_inline(value)}\n"


def _new_tables(key: str, value: Any) -> Iterator[str]:
    """Yield the table, or the tables, of a key of the top level that is new."""
    if isinstance(value, dict):
        yield f"\n[{key}]\n"
        yield from (f"{inner} = {_inline(item)}\n" for inner, item in value.items())
        return
    for item in value:
        yield from _new_table(item, (key,), has_headers=False)


def _merged_items(tables: Sequence[Table], before: Sequence[Data], after: Sequence[Data], path: _Path) -> Iterator[str]:
    has_headers = any(isinstance(child, list) for table in tables for child in table.children.values())
    for number, item in zip(_matches(before, after), after, strict=True):
        if number is None:
            yield from _new_table(item, path, has_headers=has_headers)
        else:
            yield from _merged(tables[number], before[number], item, path)


def _new_table(item: Data, path: _Path, *, has_headers: bool) -> Iterator[str]:
    """Yield an item of an array of tables that is new, in the form that the others have."""
    inner = {key: value for key, value in item.items() if has_headers and value and _is_table_list(value)}
    yield f"\n[[{'.'.join(path)}]]\n"
    yield from (f"{key} = {_inline(value)}\n" for key, value in item.items() if key not in inner)
    for key, values in inner.items():
        for value in values:
            yield from _new_table(value, (*path, key), has_headers=False)


def _array_text(text: str, before: Any, after: Any) -> str:
    """The text of an array of tables in brackets, with the comments of the items that stay; "" for other values."""
    if not _is_table_list(after) or not after or not isinstance(before, list | tuple):
        return ""
    apart = array_items(text[text.index("[") :])
    items, end = apart if apart is not None and len(apart[0]) == len(before) else ([Entry("", "")] * len(before), "")
    lines = ["["]
    for number, item in zip(_matches(before, after), after, strict=True):
        entry = Entry("", "") if number is None else items[number]
        is_kept = number is not None and entry.text and _is_same(before[number], item)
        lines += [f"{_INDENT}{line}" for line in entry.above.splitlines()]
        lines.append(f"{_INDENT}{entry.text if is_kept else _inline(item)},{entry.behind}")
    lines += [f"{_INDENT}{line}" for line in end.splitlines()]
    return "\n".join((*lines, "]"))


def _matches(before: Sequence[Data], after: Sequence[Data]) -> Iterator[int | None]:
    """Yield for each new item the number of the old one that it was: by its name, or in its place if of its kind."""
    numbers: dict[object, list[int]] = {}
    for number, item in enumerate(before):
        numbers.setdefault(_identity(item), []).append(number)
    named = [indices.pop(0) if (indices := numbers.get(_identity(item))) else None for item in after]
    free = {number for indices in numbers.values() for number in indices}
    for number, (match, item) in enumerate(zip(named, after, strict=True)):
        if match is None and number in free and before[number].get("kind") == item.get("kind"):
            match = number
        yield match


def _identity(item: Data) -> object:
    """What an item is recognised by: its name, else the node that it is about, else all of it."""
    return item.get("name") or tuple(item.get(key) for key in ("design", "node", "text", "kind", "path", "seed"))


def _is_same(before: Any, after: Any) -> bool:
    """Whether two values are written alike: 1 and 1.0 are not."""
    return before == after and repr(before) == repr(after)


def _is_table_list(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, dict) for item in value)


def _has_tables(value: Any) -> bool:
    return isinstance(value, dict) or (_is_table_list(value) and bool(value))


def _inline(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_inline(item)}' for key, item in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_inline, value))}]"
    return tomli_w.dumps({"value": value}).removeprefix("value = ").rstrip("\n")

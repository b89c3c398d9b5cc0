"""Parses the text of a project file, TOML or JSON, into plain tables; each mistake has its place in the text."""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from engine.project.table_reader import Data, key_text
from engine.text.messages import value_text
from engine.text.problems import MAX_LINES, Problem, ProjectError

_MAX_DEPTH = 20
"""Tables and lists within one another; a project has ten."""

_MAX_VALUES = 150_000
"""Keys and items of lists of a TOML file, whose parser takes seconds for more; a project of 7,500 layers has fewer."""


def parse_toml(text: str, path: Path) -> Data:
    """The tables of a TOML text; ProjectError if it is not valid."""
    problem = _excess_problem(text)
    if problem is not None:
        raise ProjectError([problem], path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error), re.DOTALL)
        place = f"line {match[2]}, column {match[3]}" if match and match[2] else _end_of(text)
        problem = Problem(f"not valid TOML: {_simplify(match[1] if match else str(error))}", place)
    except (ValueError, RecursionError) as error:
        problem = _size_problem(error)
    raise ProjectError([problem], path)


_TOML_TEXTS = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*+(?:"""|\Z)|\'\'\'(?:[^']|'(?!\'\'))*+(?:\'\'\'|\Z)'''
    r"""|"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?|\#[^\n]*+""",
    re.DOTALL,
)
# It begins where a word does: a search from within each word would take the square of its length.
_DOTTED_KEY = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{_MAX_DEPTH},}}")


def _excess_problem(text: str) -> Problem | None:
    """The problem of a text for which the parser would take long: keys like a.b.c of many parts, or many values."""
    if text.count(".") < _MAX_DEPTH and _value_count(text) < _MAX_VALUES:
        return None
    # Keys in quotes count as one letter, other texts and comments as well; line breaks stay.
    bare = _TOML_TEXTS.sub(lambda match: "x" + "\n" * match[0].count("\n"), text)
    if _value_count(bare) > _MAX_VALUES:
        return Problem(f"has more than {_MAX_VALUES:,} values; a project has fewer", "")
    key = _DOTTED_KEY.search(bare)
    if key is None:
        return None
    line = bare.count("\n", 0, key.start()) + 1
    return Problem(f"a key has more than {_MAX_DEPTH} parts; a project has tables of a few levels", f"line {line}")


def _value_count(text: str) -> int:
    """About how many keys and items there are; tables by dots take the parser twice as long."""
    return text.count(",") + text.count("=") + 2 * text.count(".")


def _end_of(text: str) -> str:
    lines = text.split("\n")
    return f"line {len(lines)}, column {len(lines[-1]) + 1}, the end of the file"


def _simplify(message: str) -> str:
    """A parser's message without its technical details."""
    if message == "Cannot overwrite a value":
        return "a key occurs twice"
    text = re.sub(r"\(('[^()]*'),?\)", lambda keys: keys[1].replace("', '", ".").strip("'"), message)
    return text[:1].lower() + text[1:]


def parse_json(text: str, path: Path) -> Data:
    """The objects of a JSON text; ProjectError if it is not valid."""
    try:
        data = json.loads(text, object_pairs_hook=_Object)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        problems = [Problem(f"not valid JSON: {_simplify(error.msg)}", place)]
    except (ValueError, RecursionError) as error:
        problems = [_size_problem(error)]
    else:
        problems = list(islice(_object_problems(data), MAX_LINES))
        if isinstance(data, _Object) and not problems:
            return data
    raise ProjectError(problems or [Problem(f"is {value_text(data)}; a project is an object, {{…}}")], path)


_TOO_DEEP = "lists or tables are nested too deeply for a project"


class _Object(Data):
    """An object of a JSON file, and its repeated keys."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs) if len(self) < len(pairs) else Counter[str]()
        self.repeated = [key for key, count in counts.items() if count > 1]


def _may_have_problems(value: Any) -> bool:
    return not value.isascii() if isinstance(value, str) else isinstance(value, list | dict)


def _object_problems(value: Any, place: str = "$", depth: int = 0) -> Iterator[Problem]:
    """Yield what JSON allows and TOML does not: repeated keys, halves of surrogate pairs, and deep nesting."""
    if isinstance(value, str):
        if re.search("[\ud800-\udfff]", value):
            yield Problem(f"is {value_text(value)}; half of a surrogate pair is not a character", place)
    elif isinstance(value, (list, _Object)) and depth == _MAX_DEPTH:
        yield Problem(_TOO_DEEP)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if _may_have_problems(item):
                yield from _object_problems(item, f"{place}[{index}]", depth + 1)
    elif isinstance(value, _Object):
        yield from (Problem(f"key {value_text(key)} occurs twice; keep one", place) for key in value.repeated)
        for key, item in value.items():
            if _may_have_problems(item):
                yield from _object_problems(item, f"{place}.{key_text(key)}", depth + 1)


def _size_problem(error: Exception) -> Problem:
    """The problem of a file that a parser rejects only for its size."""
    if isinstance(error, RecursionError):
        return Problem(_TOO_DEEP)
    return Problem("a number has thousands of digits; no setting accepts one that large")

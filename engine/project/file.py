"""Loads and saves project files: reports all mistakes at once, and replaces a file completely or not at all."""

import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import tomli_w
from msgspec import Struct
from msgspec.structs import replace

from engine.files import array_axes, arrays, paths
from engine.files.atomic_write import write_atomically
from engine.files.paths import BUNDLED, FileFault
from engine.files.versions import FileVersion, digest_of
from engine.network.graph import Node
from engine.network.input_specs import ArrayInput, Axes, Input
from engine.project.project import (
    FORMAT,
    MAX_LAYERS,
    Design,
    Project,
    has_too_many_layers,
    relocate,
    with_colours,
    with_inputs,
)
from engine.project.reader import Data, ProjectReader, key_text
from engine.text.messages import value_text
from engine.text.names import MAX_DESIGN_NAME, MAX_NODE_NAME, name_fault
from engine.text.problems import MAX_LINES, Problem, ProjectError

_MAX_BYTES = 8 * 2**20
_MAX_DEPTH = 20
"""Tables and lists within one another; a project has ten."""

_MAX_VALUES = 150_000
"""Keys and items of lists of a TOML file, whose parser takes seconds for more; a project of 7,500 layers has fewer."""


class ProjectFile(Struct, frozen=True):
    """A project from a file, with a version that shows whether the file has changed since."""

    project: Project
    format: int
    version: FileVersion

    @property
    def read_only(self) -> bool:
        """Whether a newer program wrote the file; saving it with this one would lose data."""
        return self.format > FORMAT


def load_project(path: Path) -> ProjectFile:
    """Read a project from TOML, or from JSON of the same structure; ProjectError lists all mistakes."""
    text, version = _text(path)
    data = _parse_json(text, path) if _is_json(path) else _parse_toml(text, path)
    reader = ProjectReader(_folder_of(path))
    project = reader.project(data)
    if project is None:
        raise ProjectError(reader.problems, path)
    return ProjectFile(project, data["format"], version)


def _folder_of(path: Path) -> Path:
    """The folder of the file itself, however its path is spelled: paths in the file are relative to it."""
    return Path(os.path.realpath(path)).parent


def _text(path: Path) -> tuple[str, FileVersion]:
    try:
        stamp = paths.stamp_of(str(path))
        if stamp[1] > _MAX_BYTES:
            raise FileFault(f"{path} has {stamp[1]:,} bytes, too many for a project; at most {_MAX_BYTES:,} are read")
        with paths.name_file_in_errors(str(path)):
            content = path.read_bytes()
        return content.decode("utf-8-sig"), FileVersion(stamp, digest_of(content))
    except FileFault as fault:
        raise ProjectError([Problem(str(fault), "")]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        text = f"byte {error.object[error.start]:#04x} is not UTF-8, the encoding of project files"
        raise ProjectError([Problem(text, f"line {line}")], path) from None


def save_project(project: Project, path: Path) -> FileVersion:
    """Write a project as TOML, or as JSON if the name ends in .json; on failure the old file stays."""
    return write_project(project_content(project, path), path)


def project_content(project: Project, path: Path) -> bytes:
    """What a file at this path contains of a project; ProjectError if it would not be read again."""
    reason = _save_refusal(project)
    if reason:
        raise ProjectError([Problem(f"cannot be saved: {reason}", "")], path)
    data = to_data(project, _folder_of(path))
    text = json.dumps(data, indent=2, ensure_ascii=False) if _is_json(path) else tomli_w.dumps(data)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        line = error.object[: error.end].splitlines()[-1].strip()
        reason = f"cannot be saved: {value_text(line)} is not valid Unicode; rename it"
        raise ProjectError([Problem(reason, "")], path) from None


def write_project(content: bytes, path: Path) -> FileVersion:
    """Write the content of a project file, which is on the disk when this returns; on failure the old file stays."""
    try:
        return FileVersion(write_atomically(path, content), digest_of(content))
    except OSError as error:
        reason = f"cannot be saved: {error.strerror or error}; choose another place"
        raise ProjectError([Problem(reason, "")], path) from None


def _save_refusal(project: Project) -> str:
    """Why the file would not be read again; "" if it would."""
    if has_too_many_layers(project):
        return f"the project has more than {MAX_LAYERS:,} designs and layers; save parts of it as several projects"
    names = [(design.name, MAX_DESIGN_NAME) for design in project.designs]
    names += [(node.name, MAX_NODE_NAME) for _, network in project.networks() for node in network.nodes]
    faults = (f"{value_text(name)}: {fault}" for name, longest in names if (fault := name_fault(name, longest)))
    return next(faults, "")


def _is_json(path: Path) -> bool:
    return path.suffix.lower() == ".json"


def to_data(project: Project, folder: Path) -> Data:
    """The project as plain tables, with paths relative to `folder` if they share a parent folder."""
    located = relocate(with_inputs(project, _with_stated_axes), lambda path: _relative(path, folder))
    data: Data = {"format": FORMAT}
    if project.title:
        data["title"] = project.title
    if project.seed:
        data["seed"] = project.seed
    data["input"] = msgspec.to_builtins(located.input)
    if located.stem is not None:
        data["stem"] = {"nodes": [_node_data(node) for node in located.stem.nodes]}
    data["designs"] = [
        {"name": design.name, **colour, "nodes": [_node_data(node) for node in design.network.nodes]}
        for design, colour in zip(located.designs, _colours_data(located.designs), strict=True)
    ]
    if project.source:
        data["source"] = project.source
    data |= {
        key: [msgspec.to_builtins(item) for item in items]
        for key, items in (("notes", project.notes), ("published", project.published))
        if items
    }
    return data


def _with_stated_axes(spec: Input) -> Input:
    """An array with the axes that it is read with, so that the file says so; unchanged if it cannot be read."""
    if not isinstance(spec, ArrayInput) or spec.axes:
        return spec
    try:
        shape = arrays.read_header(spec.path, spec.key).shape
        axes = array_axes.resolve_axes(shape, "", spec.item, spec.path)
    except FileFault:
        return spec
    return replace(spec, axes=msgspec.convert(axes, Axes))


def _relative(path: str, folder: Path) -> str:
    """The path relative to `folder` if both are in one folder below the root; else unchanged."""
    if path.startswith(BUNDLED) or not os.path.isabs(path):
        return path
    # Another spelling of the path, without links, may be within the folder.
    spellings = [_relative_to(spelling, folder) for spelling in (path, os.path.realpath(path))]
    within = [relative for relative in spellings if relative and not relative.startswith("../")]
    relative = next(iter((*within, *filter(None, spellings))), path)
    return f"./{relative}" if relative.startswith(BUNDLED) else relative


def _relative_to(path: str, folder: Path) -> str:
    """The path relative to `folder`; "" if only the root is common to both, or not even that."""
    try:
        shared = Path(os.path.commonpath([path, folder]))
    except ValueError:  # on another drive
        return ""
    return "" if shared == Path(shared.anchor) else Path(os.path.relpath(path, folder)).as_posix()


def _colours_data(designs: Sequence[Design]) -> Iterator[Data]:
    """The colour of each design, if the designs have others than without any in the file."""
    default = with_colours([replace(design, colour=0) for design in designs])
    is_default = tuple(designs) == default
    yield from ({} if is_default else {"colour": design.colour} for design in designs)


def _node_data(node: Node) -> Data:
    data = {"name": node.name, **msgspec.to_builtins(node.layer)}
    if node.inputs:
        data["inputs"] = list(node.inputs)
    if node.weights is not None:
        data["weights"] = msgspec.to_builtins(node.weights)
    return data


def _parse_toml(text: str, path: Path) -> Data:
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


def _parse_json(text: str, path: Path) -> Data:
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

"""Loads and saves project files: reports all mistakes at once, and replaces a file completely or not at all."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

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
from engine.project.embedded import MOST_REPORT_BYTES, embedded_project, is_report
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
from engine.project.reader import ProjectReader
from engine.project.syntax import parse_json, parse_toml
from engine.project.table_reader import Data
from engine.project.toml_merge import merge
from engine.project.toml_text import UnknownFormError
from engine.text.messages import value_text
from engine.text.names import MAX_DESIGN_NAME, MAX_NODE_NAME, name_fault
from engine.text.problems import Problem, ProjectError

_MAX_BYTES = 8 * 2**20


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
    """Read a project from TOML, from JSON of the same structure, or from a report; ProjectError lists all mistakes."""
    text, version = file_text(path)
    data = parse_json(text, path) if _is_json(path) else parse_toml(text, path)
    reader = ProjectReader(_folder_of(path))
    project = reader.project(data)
    if project is None:
        raise ProjectError(reader.problems, path)
    return ProjectFile(project, data["format"], version)


def _folder_of(path: Path) -> Path:
    """The folder of the file itself, however its path is spelled: paths in the file are relative to it."""
    return Path(os.path.realpath(path)).parent


def file_text(path: Path, noun: str = "project") -> tuple[str, FileVersion]:
    """The text of a project file, or of another one that `noun` names; ProjectError if it cannot be read."""
    try:
        stamp = paths.stamp_of(str(path))
        _require_size(path, noun, stamp[1], MOST_REPORT_BYTES if is_report(path) else _MAX_BYTES)
        with paths.name_file_in_errors(str(path)):
            content = path.read_bytes()
        version = FileVersion(stamp, digest_of(content))
        if is_report(path):
            content = embedded_project(content, path)
            _require_size(path, noun, len(content), _MAX_BYTES)
        return content.decode("utf-8-sig"), version
    except FileFault as fault:
        raise ProjectError([Problem(str(fault), "")]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        text = f"byte {error.object[error.start]:#04x} is not UTF-8, the encoding of {noun} files"
        raise ProjectError([Problem(text, f"line {line}")], path) from None


def _require_size(path: Path, noun: str, size: int, most: int) -> None:
    if size > most:
        raise FileFault(f"{path} has {size:,} bytes, too many for a {noun}; at most {most:,} are read")


def save_project(project: Project, path: Path) -> FileVersion:
    """Write a project as TOML, or as JSON if the name ends in .json; on failure the old file stays."""
    return write_project(project_content(project, path), path)


def project_content(project: Project, path: Path, source: Path | None = None) -> bytes:
    """What a file at this path contains of a project; ProjectError if it would not be read again.

    Parameters
    ----------
    source
        The file that the project was read from, if any: its comments stay, and whatever has not changed.
    """
    if is_report(path):
        text = f"cannot be saved: {path.suffix} is for reports; choose a name that ends in .toml"
        raise ProjectError([Problem(text, "")], path)
    return content_for_report(project, path, source)


def content_for_report(project: Project, path: Path, source: Path | None = None) -> bytes:
    """What a report at this path contains as its project file, see `project_content`."""
    reason = _save_refusal(project)
    if reason:
        raise ProjectError([Problem(f"cannot be saved: {reason}", "")], path)
    data = to_data(project, _folder_of(path))
    text = json.dumps(data, indent=2, ensure_ascii=False) if _is_json(path) else _toml_text(data, path, source)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        line = error.object[: error.end].splitlines()[-1].strip()
        reason = f"cannot be saved: {value_text(line)} is not valid Unicode; rename it"
        raise ProjectError([Problem(reason, "")], path) from None


def _toml_text(data: Data, path: Path, source: Path | None) -> str:
    """The data as TOML, in the text of the source if that has comments and nothing else comes of it."""
    if source is not None and not _is_json(source):
        with suppress(ProjectError, UnknownFormError):
            text = file_text(source)[0]
            merged = merge(text, _data_of(text, source, path), data) if "#" in text else None
            if merged is not None and _data_of(merged, path, path) == data:
                return merged
    return tomli_w.dumps(data)


def _data_of(text: str, path: Path, target: Path) -> Data:
    """The data of a TOML text at `path`, with paths as in a file at `target`."""
    reader = ProjectReader(_folder_of(path))
    project = reader.project(parse_toml(text, path))
    if project is None:
        raise ProjectError(reader.problems, path)
    return to_data(project, _folder_of(target))


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
    for _, network in project.networks():
        names += [(node.name, MAX_NODE_NAME) for node in network.nodes]
        names += [(node.group, MAX_NODE_NAME) for node in network.nodes if node.group]
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
    if located.labels:
        data["labels"] = located.labels
    data["input"] = msgspec.to_builtins(located.input)
    if located.stem is not None:
        data["stem"] = {"nodes": [node_data(node) for node in located.stem.nodes]}
    data["designs"] = [
        {"name": design.name, **colour, "nodes": [node_data(node) for node in design.network.nodes]}
        for design, colour in zip(located.designs, _colours_data(located.designs), strict=True)
    ]
    if project.source:
        data["source"] = project.source
    data |= {
        key: [msgspec.to_builtins(item) for item in items]
        for key, items in (("notes", project.notes), ("published", project.published))
        if items
    }
    if located.sweep is not None:
        data["sweep"] = msgspec.to_builtins(located.sweep)
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


def node_data(node: Node) -> Data:
    """A node as in a file."""
    data = {"name": node.name, **msgspec.to_builtins(node.layer)}
    if node.inputs:
        data["inputs"] = list(node.inputs)
    if node.weights is not None:
        data["weights"] = msgspec.to_builtins(node.weights)
    if node.group:
        data["group"] = node.group
    return data

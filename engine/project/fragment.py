"""Layers and designs as text of a project file, for the clipboard: what a person writes by hand is read as well."""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import tomli_w
from msgspec import Struct
from msgspec.structs import replace

from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import node_data
from engine.project.project import MAX_LAYERS, Design, Project, has_too_many_layers, relocate
from engine.project.reader import Data, ProjectReader, TooManyProblemsError
from engine.project.syntax import parse_json, parse_toml
from engine.text.names import quoted
from engine.text.problems import Problem, ProjectError

_MAX_CHARACTERS = 8 * 2**20
_HINT = 'write layers as [[designs.nodes]] with name = "…" and kind = "…", or designs as [[designs]] with name = "…"'
_HEADER = re.compile(r"\s*\[\[?([^\[\]]+)\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*[\"']?([\w-]+)[\"']?\s*=")


class Fragment(Struct, frozen=True):
    """Layers or designs from a text; paths of files are absolute."""

    nodes: tuple[Node, ...] = ()
    designs: tuple[Design, ...] = ()
    is_project: bool = False
    """Whether the designs are those of a whole project, whose input and stem are no part of this."""


def nodes_text(network: Network, names: tuple[str, ...]) -> str:
    """These nodes as they stand in a project file, to be put behind the nodes of any design."""
    return "\n".join(map(_node_text, fragment_nodes(network, names)))


def designs_text(designs: tuple[Design, ...]) -> str:
    """These designs as they stand in a project file."""
    return "\n".join(
        part
        for design in designs
        for part in (
            f"[[designs]]\n{tomli_w.dumps({'name': design.name})}",
            *map(_node_text, design.network.nodes),
        )
    )


def _node_text(node: Node) -> str:
    """A node as a table with a header, and so the tables within it; the library would write short ones in one line."""
    tables = re.sub(r"^(\[+)", r"\1designs.nodes.", tomli_w.dumps(node_data(node)), flags=re.MULTILINE)
    return f"[[designs.nodes]]\n{tables}"


def fragment_nodes(network: Network, names: tuple[str, ...]) -> tuple[Node, ...]:
    """Nodes that name their inputs, but for the first and for those whose input is the node before them here.

    The first does if another one receives the same.
    """
    nodes: list[Node] = []
    chosen = [index for index, node in enumerate(network.nodes) if node.name in names]
    received = [name for index in chosen[1:] for name in network.inputs_of(index)]
    for index in chosen:
        node, inputs = network.nodes[index], network.inputs_of(index)
        is_implied = inputs == (nodes[-1].name,) if nodes else len(inputs) == 1 and inputs[0] not in received
        nodes.append(replace(node, inputs=() if is_implied and (nodes or not node.inputs) else inputs))
    return tuple(nodes)


def read_fragment(text: str, folder: Path) -> Fragment:
    """The layers or designs in a text, whose paths are relative to `folder`.

    Raises
    ------
    ProjectError
        The text has mistakes; each has its line.
    """
    if len(text) > _MAX_CHARACTERS:
        raise ProjectError([Problem(f"has {len(text):,} characters; at most {_MAX_CHARACTERS:,} are read", "the text")])
    source = Path("clipboard")
    try:
        data = parse_json(text, source) if text.lstrip().startswith("{") else parse_toml(text, source)
    except ProjectError as error:
        raise ProjectError(error.problems) from None
    reader = ProjectReader(folder)
    fragment = None
    with suppress(TooManyProblemsError):
        fragment = _read(reader, data)
    if fragment is None or reader.problems:
        problems = reader.problems or [Problem(f"neither layers nor designs; {_HINT}", "the text")]
        lines = _lines_by_place(text)
        raise ProjectError([_with_line(problem, lines) for problem in problems])
    return _located(reader, fragment)


def _read(reader: ProjectReader, data: Data) -> Fragment | None:
    if "format" in data:
        project = reader.project(data)
        return None if project is None else Fragment(designs=project.designs, is_project=True)
    designs: Any = data.get("designs")
    if isinstance(designs, list):
        read = [reader.design(raw, f"$.designs[{index}]") for index, raw in enumerate(designs)]
        return Fragment(designs=tuple(design for design in read if design is not None))
    for place, table in (("$.designs", designs), ("$.stem", data.get("stem")), ("$", data)):
        if isinstance(table, Mapping) and "nodes" in table:
            network = reader.network(table, place, ("name", "colour", "nodes"))
            return None if network is None else Fragment(network.nodes)
    if "kind" in data:
        node = reader.node(data, "$")
        return None if node is None else Fragment((node,))
    return None


def _located(reader: ProjectReader, fragment: Fragment) -> Fragment:
    """The fragment with absolute paths; ProjectError if it has too many layers."""
    parts = (*fragment.designs, Design("nodes", Network(fragment.nodes)))
    project = Project(NoiseInput((1, 1, 1)), parts)
    if has_too_many_layers(project):
        raise ProjectError([Problem(f"has more than {MAX_LAYERS:,} designs and layers, those of blocks included", "")])
    if not fragment.is_project:  # the paths of a whole project are absolute already
        project = relocate(project, reader.absolute)
    *designs, nodes = project.designs
    return replace(fragment, nodes=nodes.network.nodes, designs=tuple(replace(d, colour=0) for d in designs))


def _lines_by_place(text: str) -> dict[str, int]:
    """The line of each table with a header and of each setting in it, by place: ``$.designs[0].nodes[1].filters``."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = "$"
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header:
            table = _table_place(header[1], counts, is_item=line.lstrip().startswith("[["))
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault(f"{table}.{key[1]}", number)
    return lines


def _table_place(path: str, counts: dict[str, int], *, is_item: bool) -> str:
    """The place of a table, of which the headers before it have been counted."""
    place = "$"
    keys = [key.strip().strip("\"'") for key in path.split(".")]
    for at, key in enumerate(keys):
        place = f"{place}.{key}"
        if is_item and at == len(keys) - 1:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = f"{place}[{counts[place]}]"
    return place


def _with_line(problem: Problem, lines: Mapping[str, int]) -> Problem:
    """The problem with its line as the place, and the name of its layer."""
    name = f" (layer {quoted(problem.node)})" if problem.node else ""
    return Problem(f"{problem.text}{name}", _line_text(problem.place, lines))


def _line_text(place: str, lines: Mapping[str, int]) -> str:
    """``line 4, filters`` for the place of a problem; the line of the table around it if its own is unknown."""
    around = place
    while around not in lines and "." in around:
        around = around.rpartition(".")[0]
    setting = place.rpartition(".")[2] if place != around or "." in place else ""
    setting = "" if setting.endswith("]") else setting
    if around not in lines:
        return setting or "the text"
    return f"line {lines[around]}, {setting}" if setting else f"line {lines[around]}"

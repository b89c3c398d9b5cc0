"""Layers and designs as text of a project file, for the clipboard: what a person writes by hand is read as well."""

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import tomli_w
from msgspec import Struct
from msgspec.structs import replace

from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM, NodeRef
from engine.project.file import node_data
from engine.project.project import MAX_LAYERS, Design, Note, Project, Published, has_too_many_layers, relocate
from engine.project.reader import ProjectReader
from engine.project.syntax import parse_json, parse_toml
from engine.project.table_reader import Data, TooManyProblemsError
from engine.text.names import quoted
from engine.text.problems import Problem, ProjectError

_MAX_CHARACTERS = 8 * 2**20
_HINT = 'write layers as [[designs.nodes]] with name = "…" and kind = "…", or designs as [[designs]] with name = "…"'
_HEADER = re.compile(r"\s*\[\[?([^\[\]]+)\]\]?\s*(?:#.*)?$")
_REMARKS = ("notes", "published")
"""Tables beside the nodes."""
_KEY = re.compile(r"\s*[\"']?([\w-]+)[\"']?\s*=")


class Fragment(Struct, frozen=True):
    """Layers or designs from a text; paths of files are absolute."""

    nodes: tuple[Node, ...] = ()
    designs: tuple[Design, ...] = ()
    notes: tuple[Note, ...] = ()
    """Of the nodes, then without a design, or of the designs and their nodes."""
    published: tuple[Published, ...] = ()
    """The figures of the nodes, with the same references as the notes."""
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


def remarks_text(project: Project, refs: Collection[NodeRef]) -> str:
    """The notes and published figures of these nodes and designs (node "") as they stand in a project file.

    Another project may have another source of figures: a note says what theirs is.
    """
    notes = [note for note in project.notes if (note.design, note.node) in refs]
    published = [entry for entry in project.published if (entry.design, entry.node) in refs]
    notes += _source_notes(project, published, refs)
    items = (*(("notes", note) for note in notes), *(("published", entry) for entry in published))
    return "".join(f"\n[[{key}]]\n{tomli_w.dumps(msgspec.to_builtins(item))}" for key, item in items)


def source_note(source: str) -> str:
    """The text of a note that says where published figures are from."""
    return f"Published figures: {source}"


def _source_notes(project: Project, published: Iterable[Published], refs: Collection[NodeRef]) -> list[Note]:
    """A note on the source of figures per design, or on the first of the nodes that have any."""
    first: dict[str, Note] = {}
    for entry in published if project.source else ():
        node = "" if (entry.design, "") in refs else entry.node
        first.setdefault(entry.design, Note(source_note(project.source), entry.design, node))
    return list(first.values())


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
        return None if project is None else _project_fragment(project)
    notes, published = reader.remarks(data)
    designs: Any = data.get("designs")
    if isinstance(designs, list):
        read = [reader.design(raw, f"$.designs[{index}]") for index, raw in enumerate(designs)]
        return Fragment((), tuple(design for design in read if design is not None), notes, published)
    for place, table in (("$.designs", designs), ("$.stem", data.get("stem")), ("$", data)):
        if isinstance(table, Mapping) and "nodes" in table:
            others = _REMARKS if place == "$" else ()
            network = reader.network(table, place, ("name", "colour", "nodes", *others))
            if network is None:
                return None
            # Whatever design they have been in, they are those of the nodes here.
            notes = tuple(replace(note, design=STEM) for note in notes if note.node)
            return Fragment(network.nodes, (), notes, tuple(replace(entry, design=STEM) for entry in published))
    if "kind" in data:
        node = reader.node(data, "$")
        return None if node is None else Fragment((node,))
    return None


def _project_fragment(project: Project) -> Fragment:
    """The designs of a project, with what is published and noted of them."""
    refs = {(design.name, "") for design in project.designs}
    notes = (*project.notes, *_source_notes(project, project.published, refs))
    return Fragment((), project.designs, notes, project.published, is_project=True)


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

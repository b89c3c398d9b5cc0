"""The records of a journal: each holds what has changed in an undo history since the one before. No Qt here.

Layers, designs and projects are stored once each and named by their number, so that an edit of one layer of a thousand
takes a few kilobytes, not the whole project, and a version that many steps share takes nothing.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Union

import msgspec
from msgspec import Struct, structs

from engine.files.versions import FileVersion
from engine.network.graph import Network, Node
from engine.project.project import Design, Project
from engine.project.reader import KINDS
from gui.state.focus import Focus
from gui.state.history import History, Step, Version


class JournalFault(Exception):
    """A journal cannot be read; the text says why."""


def _record_type(struct: type[Struct], **types: Any) -> type[Struct]:
    """The fields of a struct as a record, some of them with other types: what is added to the struct is stored too."""
    fields = [(field.name, types.get(field.name, field.type), field.default) for field in structs.fields(struct)]
    return msgspec.defstruct(f"{struct.__name__}Record", fields)


# As its classes are listed in a table, the type of a layer is made at run time.
_NodeRecord = _record_type(Node, layer=Union[tuple(KINDS.values())])  # noqa: UP007 (there is no | of a tuple)
_Numbers = tuple[int, ...]


class _DesignRecord(Struct):
    name: str
    colour: int
    nodes: _Numbers


_ProjectRecord = _record_type(Project, designs=_Numbers, stem=_Numbers | None)


class _VersionRecord(Struct, array_like=True):
    project: int
    focus: Focus


class _StepRecord(Struct, array_like=True):
    text: str
    before: _VersionRecord
    after: _VersionRecord


class _Update(Struct):
    """What a record holds. Numbers count the values of all records so far, from 0."""

    nodes: tuple[_NodeRecord, ...]  # type: ignore[valid-type]  # made at run time
    designs: tuple[_DesignRecord, ...]
    projects: tuple[_ProjectRecord, ...]  # type: ignore[valid-type]  # as above
    kept: int
    """Number of the first steps that are those of the record before."""
    steps: tuple[_StepRecord, ...]
    """The steps after those."""
    index: int
    clean_index: int
    current: _VersionRecord
    path: str | None
    file_version: FileVersion | None
    read_only: bool
    time: float
    """Seconds since 1970."""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Update)


class JournalEncoder:
    """Makes the records of one journal, in their order."""

    def __init__(self) -> None:
        self._nodes: dict[Node, int] = {}
        self._designs: dict[int, tuple[Design, int]] = {}
        """By identity, which is enough to find those that an edit has not touched."""
        self._projects: dict[int, tuple[Project, int]] = {}
        self._steps: tuple[Step, ...] = ()
        self._new_nodes: list[Struct] = []
        self._new_designs: list[_DesignRecord] = []
        self._new_projects: list[Struct] = []

    def encode(self, history: History, time: float) -> bytes:
        """The record that leads from the history before to this one."""
        self._new_nodes, self._new_designs, self._new_projects = [], [], []
        kept = _common_steps(self._steps, history.steps)
        steps = tuple(
            _StepRecord(step.text, self._version(step.before), self._version(step.after))
            for step in history.steps[kept:]
        )
        current = self._version(history.current)
        self._steps = history.steps
        update = _Update(
            tuple(self._new_nodes),
            tuple(self._new_designs),
            tuple(self._new_projects),
            kept,
            steps,
            history.index,
            history.clean_index,
            current,
            None if history.path is None else str(history.path),
            history.file_version,
            history.read_only,
            time,
        )
        return _ENCODER.encode(update)

    def _version(self, version: Version) -> _VersionRecord:
        return _VersionRecord(self._project(version.project), version.focus)

    def _project(self, project: Project) -> int:
        if id(project) not in self._projects:
            stem = None if project.stem is None else self._network(project.stem)
            designs = tuple(map(self._design, project.designs))
            self._new_projects.append(_ProjectRecord(**{**structs.asdict(project), "stem": stem, "designs": designs}))
            self._projects[id(project)] = project, len(self._projects)
        return self._projects[id(project)][1]

    def _design(self, design: Design) -> int:
        if id(design) not in self._designs:
            self._new_designs.append(_DesignRecord(design.name, design.colour, self._network(design.network)))
            self._designs[id(design)] = design, len(self._designs)
        return self._designs[id(design)][1]

    def _network(self, network: Network) -> _Numbers:
        return tuple(map(self._node, network.nodes))

    def _node(self, node: Node) -> int:
        number = self._nodes.get(node)
        if number is None:
            self._new_nodes.append(_NodeRecord(**structs.asdict(node)))
            number = self._nodes[node] = len(self._nodes)
        return number


def _common_steps(before: Sequence[Step], after: Sequence[Step]) -> int:
    """Number of the first steps that both have, by identity."""
    pairs = zip(before, after, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a is not b), min(len(before), len(after)))


def decode_journal(records: Iterable[bytes]) -> tuple[History, float]:
    """The history after all records, and when it was written; JournalFault if they are none."""
    decoder = _JournalDecoder()
    update = None
    for record in records:
        try:
            update = _DECODER.decode(record)
            decoder.add(update)
        except (msgspec.DecodeError, ValueError, IndexError, TypeError) as error:
            raise JournalFault(f"a record cannot be read: {error}") from None
    if update is None:
        raise JournalFault("it has no whole record")
    return decoder.history(update), update.time


class _JournalDecoder:
    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self._designs: list[Design] = []
        self._projects: list[Project] = []
        self._steps: list[Step] = []

    def add(self, update: _Update) -> None:
        self._nodes += [Node(**structs.asdict(record)) for record in update.nodes]
        self._designs += [Design(d.name, self._network(d.nodes), d.colour) for d in update.designs]
        self._projects += map(self._project, update.projects)
        del self._steps[update.kept :]
        self._steps += [Step(s.text, self._version(s.before), self._version(s.after)) for s in update.steps]
        if not 0 <= update.index <= len(self._steps):
            raise ValueError(f"step {update.index} of {len(self._steps)}")

    def history(self, update: _Update) -> History:
        path = None if update.path is None else Path(update.path)
        return History(
            tuple(self._steps),
            update.index,
            update.clean_index,
            self._version(update.current),
            path,
            update.file_version,
            update.read_only,
        )

    def _network(self, numbers: _Numbers) -> Network:
        return Network(tuple(self._nodes[number] for number in numbers))

    def _project(self, record: Any) -> Project:
        designs = tuple(self._designs[number] for number in record.designs)
        stem = None if record.stem is None else self._network(record.stem)
        return Project(**{**structs.asdict(record), "designs": designs, "stem": stem})

    def _version(self, record: _VersionRecord) -> Version:
        return Version(self._projects[record.project], record.focus)

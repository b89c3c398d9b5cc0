"""The project file ↔ Project: read in stages so that every mistake is found, written whole or not at all."""

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar

import msgspec
import tomli_w
from msgspec import Struct
from msgspec.structs import replace

from engine import files
from engine.files import BUNDLED, FileFault, Stamp
from engine.layers import LAYERS, tag_of
from engine.network import FileWeights, Network, Node, PresetWeights
from engine.problems import Problem, ProjectError
from engine.project import FORMAT, ArrayInput, Design, ImageInput, Input, NoiseInput, Project, Seed

MOST_BYTES = 32 * 2**20
NAME = re.compile(r"[A-Za-z0-9_.\-/]+")

Data = dict[str, Any]
AnyStruct = TypeVar("AnyStruct")


def _tags(*kinds: type[Struct]) -> dict[str, type[Any]]:
    return {tag_of(kind): kind for kind in kinds}


KINDS = _tags(*LAYERS)
INPUTS = _tags(ImageInput, ArrayInput, NoiseInput)
SOURCES = _tags(FileWeights, PresetWeights)


class ProjectFile(Struct, frozen=True):
    """A project as it was read, with what tells whether the file has changed since."""

    project: Project
    format: int
    stamp: Stamp

    @property
    def read_only(self) -> bool:
        """A newer program wrote it: what this one does not know would be lost by writing it again."""
        return self.format > FORMAT


def load(path: Path) -> ProjectFile:
    """Read a project from TOML, or from JSON of the same structure; ProjectError lists everything that is wrong."""
    try:
        stamp = files.stamp(str(path))
        if stamp[1] > MOST_BYTES:
            raise FileFault(f"{path} has {stamp[1]:,} bytes, too many for a project; at most {MOST_BYTES:,} are read")
        with files.fault_of(str(path)):
            text = path.read_bytes().decode()
    except FileFault as fault:
        raise ProjectError([Problem(str(fault))]) from None
    except UnicodeDecodeError as error:
        problem = Problem(f"byte {error.object[error.start]:#04x} is not UTF-8, the encoding of project files")
        raise ProjectError([replace(problem, place=f"byte {error.start}")], path) from None
    try:
        data = _parse_json(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProjectError([_syntax_problem(error)], path) from None
    reader = _Reader(path.absolute().parent)
    project = reader.project(data)
    if project is None or reader.problems:
        raise ProjectError(reader.problems, path)
    return ProjectFile(project, data["format"], stamp)


def save(project: Project, path: Path) -> Stamp:
    """Write a project as TOML, or as JSON where the name ends so: the whole file, or the old one stays."""
    data = to_data(project, path.absolute().parent)
    text = json.dumps(data, indent=2, ensure_ascii=False) if path.suffix.lower() == ".json" else tomli_w.dumps(data)
    try:
        write_atomically(path, text.encode())
        return files.stamp(str(path))
    except OSError as error:
        raise ProjectError([Problem(f"cannot be saved: {error.strerror or error}", "$")], path) from None


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file by a complete new one; on any failure the old one stays and nothing is left beside it."""
    target = path.resolve()
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            file.close()
            os.chmod(file.name, target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
            os.replace(file.name, target)
        except BaseException:
            file.close()
            os.unlink(file.name)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def to_data(project: Project, folder: Path) -> Data:
    """The project as plain tables, paths relative to `folder` where they share one."""
    located = relocated(project, lambda path: _relative(path, folder))
    data: Data = {"format": FORMAT}
    if project.title:
        data["title"] = project.title
    if project.seed:
        data["seed"] = project.seed
    data["input"] = msgspec.to_builtins(located.input)
    if located.stem is not None:
        data["stem"] = {"nodes": [_node_data(node) for node in located.stem.nodes]}
    data["designs"] = [
        {"name": design.name, "nodes": [_node_data(node) for node in design.network.nodes]}
        for design in located.designs
    ]
    return data


def relocated(project: Project, move: Callable[[str], str]) -> Project:
    """The project with `move` applied to every path in it."""

    def moved(network: Network) -> Network:
        return Network(
            tuple(
                replace(node, weights=replace(node.weights, path=move(node.weights.path)))
                if isinstance(node.weights, FileWeights)
                else node
                for node in network.nodes
            )
        )

    spec = project.input
    return replace(
        project,
        input=spec if isinstance(spec, NoiseInput) else replace(spec, path=move(spec.path)),
        stem=None if project.stem is None else moved(project.stem),
        designs=tuple(replace(design, network=moved(design.network)) for design in project.designs),
    )


def _relative(path: str, folder: Path) -> str:
    """As seen from `folder`, if both lie in one folder below the root; else as it is."""
    if path.startswith(BUNDLED) or not os.path.isabs(path):
        return path
    try:
        shared = Path(os.path.commonpath([path, folder]))
    except ValueError:  # another drive
        return path
    return path if shared == Path(shared.anchor) else Path(os.path.relpath(path, folder)).as_posix()


def _node_data(node: Node) -> Data:
    data = {"name": node.name, **msgspec.to_builtins(node.layer)}
    if node.inputs:
        data["inputs"] = list(node.inputs)
    if node.weights is not None:
        data["weights"] = msgspec.to_builtins(node.weights)
    return data


def _parse_json(text: str) -> Data:
    def unique(pairs: list[tuple[str, Any]]) -> Data:
        for number, (key, _) in enumerate(pairs):
            if any(key == other for other, _ in pairs[:number]):
                raise ValueError(f"key {key!r} is given twice in one object")
        return dict(pairs)

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not a number in JSON")

    data = json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
    if not isinstance(data, dict):
        raise ValueError(f"the file holds {type(data).__name__}; a project is an object, {{…}}")
    return data


def _syntax_problem(error: Exception) -> Problem:
    """The parser's complaint, its line and column as the place."""
    if isinstance(error, RecursionError):
        return Problem("tables are nested too deeply for a project")
    found = re.fullmatch(r"(.*?):? ?\(?(?:at )?(line \d+,? column \d+|end of document).*", str(error), re.DOTALL)
    return Problem(found[1], found[2]) if found else Problem(str(error))


class _Reader:
    """Turns plain tables into a Project and collects what is wrong on the way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []

    def project(self, data: Data) -> Project | None:
        if not self._format(data.get("format"), "format" in data):
            return None
        known = ("format", "title", "seed", "input", "stem", "designs")
        for key in data:
            if key not in known:
                self._add(f"$.{key}", f"unknown key {key!r}; {_suggestion(key, known)}")
        title = self._convert(data.get("title", ""), str, "$.title")
        seed = self._convert(data.get("seed", 0), Seed, "$.seed")
        spec = self._input(data)
        stem = self._network(data["stem"], "$.stem", ("nodes",)) if "stem" in data else None
        designs = [self._design(raw, f"$.designs[{i}]") for i, raw in self._items(data, "designs", "$")]
        if self.problems or spec is None or title is None or seed is None:
            return None
        project = Project(spec, tuple(d for d in designs if d is not None), stem, title, seed)
        return relocated(project, self._absolute)

    def _format(self, value: object, given: bool) -> bool:
        if not given:
            self._add("$.format", f"is missing; write format = {FORMAT}")
        elif not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self._add("$.format", f"is {_shown(value)}; {FORMAT} is expected")
        return not self.problems

    def _input(self, data: Data) -> Input | None:
        if "input" not in data:
            self._add("$.input", 'is missing; give an image, an array, or noise: kind = "noise", shape = [C, H, W]')
            return None
        spec: Input | None = self._tagged(data["input"], INPUTS, "kind", "$.input")
        return spec

    def _design(self, raw: object, place: str) -> Design | None:
        network = self._network(raw, place, ("name", "nodes"))
        if network is None or not isinstance(raw, dict):
            return None
        name = self._convert(raw.get("name"), str, f"{place}.name")
        if name is not None and not name.strip():
            self._add(f"{place}.name", "is empty; a design needs a name")
        return None if name is None else Design(name, network)

    def _network(self, raw: object, place: str, known: tuple[str, ...]) -> Network | None:
        if not isinstance(raw, dict):
            self._add(place, f"is {_shown(raw)}; a table with nodes is expected")
            return None
        for key in raw:
            if key not in known:
                self._add(f"{place}.{key}", f"unknown key {key!r}; {_suggestion(key, known)}")
        nodes = [self._node(node, f"{place}.nodes[{i}]") for i, node in self._items(raw, "nodes", place)]
        return Network(tuple(node for node in nodes if node is not None))

    def _node(self, raw: object, place: str) -> Node | None:
        if not isinstance(raw, dict):
            self._add(place, f"is {_shown(raw)}; a table with name and kind is expected")
            return None
        settings = {key: value for key, value in raw.items() if key not in ("name", "inputs", "weights")}
        layer = self._tagged(settings, KINDS, "kind", place, also=("name", "inputs", "weights"))
        name = self._name(raw.get("name"), f"{place}.name")
        inputs = self._inputs(raw, place)
        weights = self._tagged(raw["weights"], SOURCES, "source", f"{place}.weights") if "weights" in raw else None
        return None if layer is None or name is None or inputs is None else Node(name, layer, inputs, weights)

    def _inputs(self, raw: Data, place: str) -> tuple[str, ...] | None:
        if "inputs" not in raw:
            return ()
        inputs: tuple[str, ...] | None = self._convert(raw["inputs"], tuple[str, ...], f"{place}.inputs")
        if inputs == ():
            self._add(f"{place}.inputs", "is empty; name at least one node, or leave inputs out for the node before")
        return inputs

    def _name(self, value: object, place: str) -> str | None:
        if value is None:
            self._add(place, "is missing; each node needs a name")
        elif not isinstance(value, str) or not NAME.fullmatch(value):
            self._add(place, f"is {_shown(value)}; letters, digits and _ - . / make a name")
        else:
            return value
        return None

    def _items(self, raw: Data, key: str, place: str) -> Iterator[tuple[int, object]]:
        items = raw.get(key, [])
        if not isinstance(items, list):
            self._add(f"{place}.{key}", f"is {_shown(items)}; a list of tables is expected")
            items = []
        yield from enumerate(items)

    def _tagged(
        self, raw: object, kinds: Mapping[str, type[Any]], tag: str, place: str, also: tuple[str, ...] = ()
    ) -> Any:
        """A struct of the kind that the table names; every wrong key is told, then left out to find the next."""
        if not isinstance(raw, dict):
            self._add(place, f"is {_shown(raw)}; a table with {tag} is expected")
            return None
        if tag not in raw:
            self._add(f"{place}.{tag}", f"is missing; known are {', '.join(kinds)}")
            return None
        if not isinstance(raw[tag], str) or raw[tag] not in kinds:
            self._add(f"{place}.{tag}", f"is {_shown(raw[tag])}; {_suggestion(str(raw[tag]), tuple(kinds))}")
            return None
        kind = kinds[raw[tag]]
        known = (tag, *(field.name for field in msgspec.structs.fields(kind)), *also)
        left = {key: value for key, value in raw.items() if key != tag}
        for key in [key for key in left if key not in known]:
            del left[key]
            self._add(f"{place}.{key}", f"unknown key {key!r} for {raw[tag]}; {_suggestion(key, known)}")
        for field in msgspec.structs.fields(kind):
            if field.name not in left and field.required:
                self._add(f"{place}.{field.name}", f"is missing; {raw[tag]} needs {field.name}")
                return None
        return self._settings(left, kind, tag, raw, place)

    def _settings(self, left: Data, kind: type[Any], tag: str, raw: Data, place: str) -> Any:
        while True:
            try:
                return msgspec.convert({tag: raw[tag], **left}, kind)
            except msgspec.ValidationError as error:
                where, text = _explained(error, left)
                self._add(f"{place}{where}", text)
                key = re.match(r"\.(\w+)", where)
                required = {f.name for f in msgspec.structs.fields(kind) if f.required}
                if key is None or key[1] in required or key[1] not in left:
                    return None
                del left[key[1]]

    def _convert(self, value: object, type_: Any, place: str) -> Any:
        if value is None:
            self._add(place, "is missing")
            return None
        try:
            return msgspec.convert(value, type_)
        except msgspec.ValidationError as error:
            where, text = _explained(error, value)
            self._add(f"{place}{where}", text)
            return None

    def _absolute(self, path: str) -> str:
        return path if path.startswith(BUNDLED) else os.path.abspath(self.folder / path)

    def _add(self, place: str, text: str) -> None:
        self.problems.append(Problem(text, place))


def _explained(error: msgspec.ValidationError, value: Any) -> tuple[str, str]:
    """(path below the value, sentence): the value that stands there, and what msgspec expected."""
    text, _, path = str(error).partition(" - at `$")
    path = path.rstrip("`")
    if error.__cause__ is not None:  # a check of our own, which names its setting first
        setting = text.split()[0]
        return (f".{setting}" if isinstance(value, dict) and setting in value else path), text
    for step in re.findall(r"\w+", path):
        value = value[int(step)] if isinstance(value, list | tuple) else value[step]
    return path, f"is {_shown(value)}; {text[0].lower()}{text[1:].replace('`', '')}"


def _shown(value: object) -> str:
    """A value as the file writes it, cut where it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _suggestion(word: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(word, known, 1)
    return (f"did you mean {close[0]!r}? " if close else "") + f"Known are {', '.join(known)}"

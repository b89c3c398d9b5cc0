"""Reads a project from plain tables: collects all mistakes, each with its place in the file."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from engine.blocks import BLOCKS, Block
from engine.files.paths import BUNDLED
from engine.layers import LAYERS, Layer, tag_of
from engine.network.graph import Network, Node
from engine.network.input_specs import ArrayInput, ImageInput, Input, NoiseInput, Seed
from engine.network.weight_specs import FileWeights, LowRankWeights, PresetWeights, SeedWeights, WeightSource
from engine.project.project import (
    FORMAT,
    MAX_LAYERS,
    Colour,
    Design,
    Note,
    Project,
    Published,
    has_too_many_layers,
    relocate,
)
from engine.text.messages import accepted_text, suggestion, value_text
from engine.text.names import MAX_DESIGN_NAME, control_fault, name_fault
from engine.text.problems import MAX_LINES, Problem

Data = dict[str, Any]

_MAX_INPUTS = 1000
"""Inputs of a node."""

_NAMES_OF_FILES = ("path", "key", "weight", "bias", "gamma", "beta", "mean", "var")
"""Settings that name a file or an array in one: these are called what they are called."""

_MAX_FILE_NAME = 4096
"""Characters; no system accepts longer paths."""

_MAX_PROBLEMS = MAX_LINES - 1

_CONTROLS_IN = {"title": "\n\t", "source": "\n\t", "text": "\n\t", "note": "\n\t"}
"""Control characters that texts of more than one line may contain, by key."""

_TABLES = ("format", "title", "seed", "input", "stem", "designs", "source", "notes", "published")


def _tags(*kinds: type[Struct]) -> dict[str, type[Struct]]:
    return {tag_of(kind): kind for kind in kinds}


_KINDS: tuple[type[Layer | Block], ...] = (*LAYERS, *BLOCKS)
KINDS = {tag_of(kind): kind for kind in _KINDS}
_INPUTS = _tags(ImageInput, ArrayInput, NoiseInput)
_PLAIN_SOURCES = _tags(FileWeights, PresetWeights, SeedWeights)
_SOURCES = _PLAIN_SOURCES | _tags(LowRankWeights)


_NODE_PLACE = re.compile(r".*?nodes\[\d+\]")


class TooManyProblemsError(Exception):
    """There are as many problems as a message lists: the rest of the file is not read."""


class ProjectReader:
    """Reads the tables of a file in `folder` and collects its mistakes in `problems`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self._names: dict[str, str] = {}
        """The name of each node by its place."""
        self._newer = False
        """Whether the format is newer; its unknown keys are ignored, since the file is never overwritten."""

    def project(self, data: Data) -> Project | None:
        """The project with absolute paths; None if there are problems, of which only the first are collected."""
        project = None
        with suppress(TooManyProblemsError):
            project = self._project(data)
        if project is None and self._newer:
            text = f"is {value_text(data['format'])}; this program knows formats up to {FORMAT}, use a newer one"
            self.problems.insert(0, Problem(text, "$.format"))
        return project

    def _project(self, data: Data) -> Project | None:
        if not self._format(data):
            return None
        self._check_keys(data, _TABLES, "$")
        title = self._value(data, "title", str, "$", "")
        seed = self._value(data, "seed", Seed, "$", 0)
        spec = self._input(data)
        stem = self.network(data["stem"], "$.stem", ("nodes",)) if "stem" in data else None
        designs = [self.design(raw, f"$.designs[{i}]") for i, raw in self._items(data, "designs", "$")]
        source = self._value(data, "source", str, "$", "")
        notes, published = self.remarks(data)
        if self.problems or spec is None:
            return None
        valid_designs = tuple(design for design in designs if design is not None)
        project = Project(spec, valid_designs, stem, title, seed, source, notes, published)
        if has_too_many_layers(project):
            self._add("$", f"has more than {MAX_LAYERS:,} designs and layers, those of blocks included; split it")
            return None
        return relocate(project, self.absolute)

    def _format(self, data: Data) -> bool:
        value = data.get("format")
        if "format" not in data:
            self._add("$.format", f"is missing; write format = {FORMAT}")
        elif not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self._add("$.format", f"is {value_text(value)}; {FORMAT} is expected")
        else:
            self._newer = value > FORMAT
        return not self.problems

    def _input(self, data: Data) -> Input | None:
        if "input" not in data:
            self._add("$.input", 'is missing; add an image, an array, or noise: kind = "noise", shape = [C, H, W]')
            return None
        spec: Input | None = self._struct(data["input"], _INPUTS, "kind", "$.input")
        return spec

    def remarks(self, data: Data) -> tuple[tuple[Note, ...], tuple[Published, ...]]:
        """The notes and the published figures, without those that have mistakes."""
        return tuple(self._structs(data, "notes", Note)), tuple(self._structs(data, "published", Published))

    def design(self, raw: object, place: str) -> Design | None:
        """The design of a table; None if there are problems."""
        network = self.network(raw, place, ("name", "colour", "nodes"))
        if network is None or not isinstance(raw, dict):
            return None
        if "name" not in raw:
            self._add(f"{place}.name", "is missing; a design needs a name")
            return None
        name = self._value(raw, "name", str, place)
        if name is not None and (fault := name_fault(name, MAX_DESIGN_NAME)):
            self._add(f"{place}.name", f"is {value_text(name)}; {fault}")
        colour = self._value(raw, "colour", Colour, place, 0)
        return None if name is None or colour is None else Design(name, network, colour)

    def network(self, raw: object, place: str, keys: tuple[str, ...]) -> Network | None:
        """The nodes of a table, which may have these keys; None if it is none."""
        if not isinstance(raw, dict):
            self._add(place, f"is {value_text(raw)}; a table with nodes is expected")
            return None
        self._check_keys(raw, keys, place)
        nodes = [self.node(node, f"{place}.nodes[{i}]") for i, node in self._items(raw, "nodes", place)]
        return Network(tuple(node for node in nodes if node is not None))

    def node(self, raw: object, place: str) -> Node | None:
        """The node of a table; None if there are problems."""
        if not isinstance(raw, dict):
            self._add(place, f"is {value_text(raw)}; a table with name and kind is expected")
            return None
        name = self._name(raw, place)
        self._names[place] = name or ""
        layer = self._struct(raw, KINDS, "kind", place, ("name", "inputs", "weights"))
        inputs = self._inputs(raw, place)
        weights = self._weights(raw["weights"], f"{place}.weights") if "weights" in raw else None
        return None if layer is None or name is None or inputs is None else Node(name, layer, inputs, weights)

    def _inputs(self, raw: Data, place: str) -> tuple[str, ...] | None:
        inputs: tuple[str, ...] | None = self._value(raw, "inputs", tuple[str, ...], place, ())
        if inputs == () and "inputs" in raw:
            self._add(f"{place}.inputs", "is empty; name at least one node, or leave inputs out for the previous node")
        elif inputs is not None and len(inputs) > _MAX_INPUTS:
            self._add(f"{place}.inputs", f"has {len(inputs):,} names; a node has at most {_MAX_INPUTS:,} inputs")
        return inputs

    def _weights(self, raw: object, place: str) -> WeightSource | None:
        """The source of weights; the parts of a recipe are read first, each with its own place."""
        if not isinstance(raw, dict) or raw.get("source") != tag_of(LowRankWeights):
            source: WeightSource | None = self._struct(raw, _SOURCES, "source", place)
            return source
        before = len(self.problems)
        plain = {**raw, "of": {"source": "preset", "name": "identity"}, "calibration": ()}
        parts: Data = {"calibration": ()}
        if "of" in raw:
            parts["of"] = self._struct(raw["of"], _PLAIN_SOURCES, "source", f"{place}.of")
        else:
            self._add(f"{place}.of", "is missing; the weights of the original layer are expected")
        if "calibration" in raw:
            items = self._items(raw, "calibration", place)
            parts["calibration"] = tuple(
                self._struct(item, _INPUTS, "kind", f"{place}.calibration[{index}]") for index, item in items
            )
        recipe = self._struct(plain, _SOURCES, "source", place)
        return None if len(self.problems) > before else msgspec.structs.replace(recipe, **parts)

    def _name(self, raw: Data, place: str) -> str | None:
        name = raw.get("name")
        if "name" not in raw:
            self._add(f"{place}.name", "is missing; each node needs a name")
        elif not isinstance(name, str):
            self._add(f"{place}.name", f"is {value_text(name)}; {accepted_text(str)} is expected")
        elif fault := name_fault(name):
            self._add(f"{place}.name", f"is {value_text(name)}; {fault}")
        else:
            return name
        return None

    def _structs(self, data: Data, key: str, kind: type[Struct]) -> Iterator[Any]:
        """Yield the tables of a list as `kind`, without those that have mistakes."""
        keys = tuple(field.name for field in _fields_of(kind))
        for index, raw in self._items(data, key, "$"):
            place = f"$.{key}[{index}]"
            if not isinstance(raw, dict):
                self._add(place, f"is {value_text(raw)}; a table with {keys[0]} is expected")
                continue
            self._check_keys(raw, keys, place)
            struct = self._settings(raw, kind, place)
            if struct is not None:
                yield struct

    def _items(self, raw: Data, key: str, place: str) -> Iterator[tuple[int, object]]:
        items = raw.get(key, [])
        if not isinstance(items, list):
            self._add(f"{place}.{key}", f"is {value_text(items)}; a list of tables is expected")
            items = []
        yield from enumerate(items)

    def _struct(
        self, raw: object, kinds: Mapping[str, type[Struct]], tag: str, place: str, other_keys: tuple[str, ...] = ()
    ) -> Any:
        """A struct of the kind that the table names; None if it has mistakes."""
        if not isinstance(raw, dict):
            self._add(place, f"is {value_text(raw)}; a table with {tag} is expected")
            return None
        if tag not in raw:
            self._add(f"{place}.{tag}", f"is missing; known are {', '.join(kinds)}")
            return None
        kind = raw[tag]
        if not isinstance(kind, str) or kind not in kinds:
            word = kind if isinstance(kind, str) else ""
            self._add(f"{place}.{tag}", f"is {value_text(kind)}; {suggestion(word, kinds)}")
            return None
        settings = tuple(field.name for field in _fields_of(kinds[kind]))
        self._check_keys(raw, (tag, *other_keys, *settings), place, f" for {kind}")
        return self._settings(raw, kinds[kind], place)

    def _settings(self, raw: Data, kind: type[Struct], place: str) -> Any:
        before = len(self.problems)
        values: Data = {}
        for field in _fields_of(kind):
            if field.name in raw:
                value = self._value(raw, field.name, field.type, place)
            elif field.required:
                self._add(f"{place}.{field.name}", f"is missing; {accepted_text(field.type)} is expected")
                value = None
            else:
                continue
            if value is None and field.required:  # so that the kind's own check can report other settings at once
                value = _substitute(field.type)
                if value is None:
                    return None
            if value is not None:
                values[field.name] = value
        try:
            struct = kind(**values)
        except ValueError as error:  # the message of that check begins with the setting
            self._add(f"{place}.{str(error).split()[0]}", str(error))
        return struct if len(self.problems) == before else None

    def _value(self, raw: Data, key: str, type_: Any, place: str, default: Any = None) -> Any:
        """The value of a key, converted to the setting's type; None if that fails, which is reported."""
        if key not in raw:
            return default
        try:
            value = msgspec.convert(raw[key], type_)
        except msgspec.ValidationError:
            self._add(f"{place}.{key}", f"is {value_text(raw[key])}; {accepted_text(type_)} is expected")
            return None
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and (fault := _text_fault(key, text)):
                self._add(f"{place}.{key}", f"is {value_text(raw[key])}; {fault}")
                return None
        return value

    def _check_keys(self, raw: Data, keys: tuple[str, ...], place: str, context: str = "") -> None:
        for key in () if self._newer else raw:
            if key not in keys:
                self._add(f"{place}.{key_text(key)}", f"unknown key{context}; {suggestion(key, keys)}")

    def absolute(self, path: str) -> str:
        """A path of the file, which is relative to its folder."""
        return path if path.startswith(BUNDLED) else os.path.abspath(self.folder / path)

    def _add(self, place: str, text: str) -> None:
        if len(self.problems) == _MAX_PROBLEMS:
            self.problems.append(Problem("the rest of the file is not read; correct these mistakes first", ""))
            raise TooManyProblemsError
        node = _NODE_PLACE.match(place)
        self.problems.append(Problem(text, place, node=self._names.get(node[0], "") if node else ""))


@cache
def _fields_of(kind: type[Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of a kind. Without the cache, msgspec evaluates annotations for most of the time of reading a file."""
    return msgspec.structs.fields(kind)


@cache
def _substitute(type_: Any) -> Any:
    """A valid value for a setting whose own is wrong; None if no simple one is."""
    for value in (1, ""):
        with suppress(msgspec.ValidationError):
            return msgspec.convert(value, type_)
    return None


def _text_fault(key: str, text: str) -> str:
    """Why a setting cannot have this text; "" if it can."""
    if key in _NAMES_OF_FILES:
        is_long = len(text) > _MAX_FILE_NAME
        return f"at most {_MAX_FILE_NAME:,} characters are read, not {len(text):,}" if is_long else ""
    return control_fault(text, _CONTROLS_IN.get(key, ""))


def key_text(key: str) -> str:
    """A key as part of a place in the file: in quotes if TOML needs them."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key) else value_text(key)

"""Reads a project from plain tables: collects all mistakes, each with its place in the file."""

import os
from collections.abc import Container
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from engine.blocks import BLOCKS, Block
from engine.files.paths import BUNDLED
from engine.layers import IMPORTED_LAYERS, LAYERS, Layer, tag_of
from engine.layers.settings import setting_words
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
    SweepSettings,
    has_too_many_layers,
    relocate,
)
from engine.project.table_reader import Data, TableReader, TooManyProblemsError, fields_of
from engine.text.messages import accepted_text, value_text
from engine.text.names import MAX_DESIGN_NAME, name_fault
from engine.text.other_names import own_name
from engine.text.problems import Problem

_MAX_INPUTS = 1000
"""Inputs of a node."""

_TABLES = ("format", "title", "seed", "input", "stem", "designs", "source", "notes", "published", "labels", "sweep")


def _tags(*kinds: type[Struct]) -> dict[str, type[Struct]]:
    return {tag_of(kind): kind for kind in kinds}


_KINDS: tuple[type[Layer | Block], ...] = (*LAYERS, *BLOCKS, *IMPORTED_LAYERS)
KINDS = {tag_of(kind): kind for kind in _KINDS}
_INPUTS = _tags(ImageInput, ArrayInput, NoiseInput)
_PLAIN_SOURCES = _tags(FileWeights, PresetWeights, SeedWeights)
_SOURCES = _PLAIN_SOURCES | _tags(LowRankWeights)


@cache
def _taken_for_kinds() -> dict[str, tuple[str, str]]:
    """By word, the kind of which it is the value of a setting, and this setting; made for the first unknown kind.

    To look at the settings of all kinds takes longer than to read most projects.
    """
    return {
        word: (tag, kind.setting_taken_for_kind)
        for tag, kind in KINDS.items()
        for word in setting_words(kind, kind.setting_taken_for_kind)
    }


class ProjectReader(TableReader):
    """Reads the tables of a file in `folder` and collects its mistakes in `problems`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def project(self, data: Data) -> Project | None:
        """The project with absolute paths; None if there are problems, of which only the first are collected."""
        project = None
        with suppress(TooManyProblemsError):
            project = self._project(data)
        if project is None and self.is_newer:
            text = f"is {value_text(data['format'])}; this program knows formats up to {FORMAT}, use a newer one"
            self.problems.insert(0, Problem(text, "$.format"))
        return project

    def _project(self, data: Data) -> Project | None:
        if not self._format(data):
            return None
        self.check_keys(data, _TABLES, "$")
        title = self.value(data, "title", str, "$", "")
        seed = self.value(data, "seed", Seed, "$", 0)
        spec = self._input(data)
        stem = self.network(data["stem"], "$.stem", ("nodes",)) if "stem" in data else None
        designs = [self.design(raw, f"$.designs[{i}]") for i, raw in self.items(data, "designs", "$")]
        source = self.value(data, "source", str, "$", "")
        labels = self.value(data, "labels", str, "$", "")
        notes, published = self.remarks(data)
        sweep = self._sweep(data)
        if self.problems or spec is None:
            return None
        valid_designs = tuple(design for design in designs if design is not None)
        project = Project(spec, valid_designs, stem, title, seed, source, notes, published, labels, sweep)
        if has_too_many_layers(project):
            self.add("$", f"has more than {MAX_LAYERS:,} designs and layers, those of blocks included; split it")
            return None
        return relocate(project, self.absolute)

    def _format(self, data: Data) -> bool:
        value = data.get("format")
        if "format" not in data:
            self.add("$.format", f"is missing; write format = {FORMAT}")
        elif not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.add("$.format", f"is {value_text(value)}; {FORMAT} is expected")
        else:
            self.is_newer = value > FORMAT
        return not self.problems

    def _input(self, data: Data) -> Input | None:
        if "input" not in data:
            self.add("$.input", 'is missing; add an image, an array, or noise: kind = "noise", shape = [C, H, W]')
            return None
        spec: Input | None = self.struct(data["input"], _INPUTS, "kind", "$.input")
        return spec

    def _sweep(self, data: Data) -> SweepSettings | None:
        """The sweep as it is written; whether its axes fit the project is asked when it is to run."""
        raw = data.get("sweep")
        if raw is None:
            return None
        if not isinstance(raw, dict):
            self.add("$.sweep", f"is {value_text(raw)}; a table with axes is expected")
            return None
        self.check_keys(raw, tuple(field.name for field in fields_of(SweepSettings)), "$.sweep")
        sweep: SweepSettings | None = self.plain_struct(raw, SweepSettings, "$.sweep")
        return sweep

    def remarks(self, data: Data) -> tuple[tuple[Note, ...], tuple[Published, ...]]:
        """The notes and the published figures, without those that have mistakes."""
        return tuple(self.structs(data, "notes", Note)), tuple(self.structs(data, "published", Published))

    def design(self, raw: object, place: str) -> Design | None:
        """The design of a table; None if there are problems."""
        network = self.network(raw, place, ("name", "colour", "nodes"))
        if network is None or not isinstance(raw, dict):
            return None
        if "name" not in raw:
            self.add(f"{place}.name", "is missing; a design needs a name")
            return None
        name = self.value(raw, "name", str, place)
        if name is not None and (fault := name_fault(name, MAX_DESIGN_NAME)):
            self.add(f"{place}.name", f"is {value_text(name)}; {fault}")
        colour = self.value(raw, "colour", Colour, place, 0)
        return None if name is None or colour is None else Design(name, network, colour)

    def network(self, raw: object, place: str, keys: tuple[str, ...]) -> Network | None:
        """The nodes of a table, which may have these keys; None if it is none."""
        if not isinstance(raw, dict):
            self.add(place, f"is {value_text(raw)}; a table with nodes is expected")
            return None
        self.check_keys(raw, keys, place)
        nodes = [self.node(node, f"{place}.nodes[{i}]") for i, node in self.items(raw, "nodes", place)]
        return Network(tuple(node for node in nodes if node is not None))

    def node(self, raw: object, place: str) -> Node | None:
        """The node of a table; None if there are problems."""
        if not isinstance(raw, dict):
            self.add(place, f"is {value_text(raw)}; a table with name and kind is expected")
            return None
        name = self._name(raw, place)
        self.names[place] = name or ""
        layer = self.struct(raw, KINDS, "kind", place, ("name", "inputs", "weights", "group"))
        inputs = self._inputs(raw, place)
        weights = self._weights(raw["weights"], f"{place}.weights") if "weights" in raw else None
        group = self.value(raw, "group", str, place, "")
        if group and (fault := name_fault(group)):
            self.add(f"{place}.group", f"is {value_text(group)}; {fault}")
        if layer is None or name is None or inputs is None or group is None:
            return None
        return Node(name, layer, inputs, weights, group)

    def meant(self, word: str, kinds: Container[str]) -> str:
        """A function is no kind of its own."""
        functions = _taken_for_kinds()
        name = word if word in functions else own_name(word, tuple(functions))
        tag, setting = functions.get(name, ("", ""))
        return f'write kind = "{tag}", {setting} = "{name}"' if tag in kinds else ""

    def _inputs(self, raw: Data, place: str) -> tuple[str, ...] | None:
        inputs: tuple[str, ...] | None = self.value(raw, "inputs", tuple[str, ...], place, ())
        if inputs == () and "inputs" in raw:
            self.add(f"{place}.inputs", "is empty; name at least one node, or leave inputs out for the previous node")
        elif inputs is not None and len(inputs) > _MAX_INPUTS:
            self.add(f"{place}.inputs", f"has {len(inputs):,} names; a node has at most {_MAX_INPUTS:,} inputs")
        return inputs

    def _weights(self, raw: object, place: str) -> WeightSource | None:
        """The source of weights; the parts of a recipe are read first, each with its own place."""
        if not isinstance(raw, dict) or raw.get("source") != tag_of(LowRankWeights):
            source: WeightSource | None = self.struct(raw, _SOURCES, "source", place)
            return source
        before = len(self.problems)
        plain = {**raw, "of": {"source": "preset", "name": "identity"}, "calibration": ()}
        parts: Data = {"calibration": ()}
        if "of" in raw:
            parts["of"] = self.struct(raw["of"], _PLAIN_SOURCES, "source", f"{place}.of")
        else:
            self.add(f"{place}.of", "is missing; the weights of the original layer are expected")
        if "calibration" in raw:
            items = self.items(raw, "calibration", place)
            parts["calibration"] = tuple(
                self.struct(item, _INPUTS, "kind", f"{place}.calibration[{index}]") for index, item in items
            )
        recipe = self.struct(plain, _SOURCES, "source", place)
        return None if len(self.problems) > before else msgspec.structs.replace(recipe, **parts)

    def _name(self, raw: Data, place: str) -> str | None:
        name = raw.get("name")
        if "name" not in raw:
            self.add(f"{place}.name", "is missing; each node needs a name")
        elif not isinstance(name, str):
            self.add(f"{place}.name", f"is {value_text(name)}; {accepted_text(str)} is expected")
        elif fault := name_fault(name):
            self.add(f"{place}.name", f"is {value_text(name)}; {fault}")
        else:
            return name
        return None

    def absolute(self, path: str) -> str:
        """A path of the file, which is relative to its folder."""
        return path if path.startswith(BUNDLED) else os.path.abspath(self.folder / path)

"""Controls of a node that know networks: what it receives, and where its weights come from."""

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from msgspec import convert
from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.files import arrays, paths
from engine.files.paths import FileFault
from engine.layers import Kind, Layer
from engine.network.analysis import Report
from engine.network.graph import INPUT, Network, Node
from engine.network.weight_specs import (
    FileWeights,
    LowRankWeights,
    PresetName,
    PresetWeights,
    SeedWeights,
    WeightSource,
    source_text,
)
from engine.shapes import Shape
from gui.widgets.choice_controls import Checklist, ChoiceBox
from gui.widgets.fields import Field, FieldGrid
from gui.widgets.file_row import ARRAY_FILTER, FileRow

_SEEDED, _FILE, _KEPT = "seeded", "file", "kept"


def array_roles(layer: Kind) -> tuple[str, ...]:
    """Roles of the arrays that a layer runs with, whatever the shape of its input; a block has none of its own."""
    if not isinstance(layer, Layer):
        return ()
    probe = [Shape(1, 1, 1)] * layer.min_inputs
    return (*layer.param_shapes(probe), *layer.statistic_shapes(probe))


class InputFields(QObject):
    """What a node receives: one of a list, or, for a kind that joins, several of it."""

    changed = Signal(object)
    """Names of nodes; () for the node before."""

    def __init__(self, grid: FieldGrid) -> None:
        super().__init__(grid)
        self.one, self.many = ChoiceBox(), Checklist()
        self.one.setAccessibleName("Input")
        self.one.setSizeAdjustPolicy(ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.many.set_title("Inputs")
        self.one_field = grid.add("Input", self.one)
        self.many_field = grid.add("Inputs", self.many, wide=True)
        self.one.chosen.connect(self.changed)
        self.many.changed.connect(self.changed)

    def show_error(self, text: str) -> None:
        """Show what is wrong below the control that is shown."""
        for field in (self.one_field, self.many_field):
            field.show_error("" if field.widget.isHidden() else text)

    def show_node(self, network: Network, index: int, shapes: Mapping[str, Shape | None]) -> None:
        """Offer what the node can receive: nodes that depend on it would close a cycle."""
        node = network.nodes[index]
        refused = network.downstream(node.name) | {node.name}
        names = [INPUT, *(other.name for other in network.nodes if other.name != node.name)]
        names += [name for name in node.inputs if name not in names]  # unknown ones can be taken out
        joins = node.layer.max_inputs != 1
        self.one_field.set_visible(not joins)
        self.many_field.set_visible(joins)
        if joins:
            self.many.set_options(
                (name, _name_with_shape(name, shapes.get(name)), name not in refused) for name in names
            )
            self.many.show_value(network.inputs_of(index))
            return
        before = network.nodes[index - 1].name if index else INPUT
        options: list[tuple[tuple[str, ...], str]] = [((), f"the node before: {before}" if index else INPUT)]
        options += [((name,), _name_with_shape(name, shapes.get(name))) for name in names if index or name != INPUT]
        if len(node.inputs) > 1:
            options.append((node.inputs, ", ".join(node.inputs)))
        self.one.set_options(options)
        self.one.disable([(name,) for name in refused], "depends on this layer")
        self.one.show_value(() if not index and node.inputs == (INPUT,) else node.inputs)


def _name_with_shape(name: str, shape: Shape | None) -> str:
    return name if shape is None else f"{name}   {shape}"


class WeightsControl(QWidget):
    """Where weights come from: a seed, a preset kernel, or arrays of a file."""

    changed = Signal(object, str)
    """(source or None, its name in words)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = ChoiceBox(parent=self)
        self.source.setAccessibleName("Weights")
        self.file = FileRow("file of weights", ARRAY_FILTER)
        self.arrays = FieldGrid(("gamma",))
        self.roles: dict[str, Field] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.source)
        column.addWidget(self.file)
        column.addWidget(self.arrays)
        self.setFocusProxy(self.source)
        self.source.chosen.connect(self._on_source_chosen)
        self.file.chosen.connect(self._on_file_chosen)
        self._node: Node | None = None
        self._report: Report | None = None

    def show_node(self, node: Node, report: Report | None) -> None:
        self._node, self._report = node, report
        options = [(_SEEDED, "seeded")]
        if hasattr(node.layer, "kernel") and array_roles(node.layer):
            options += [(name, f"preset: {name}") for name in get_args(PresetName)]
        weights = node.weights
        if isinstance(weights, SeedWeights | LowRankWeights):
            options.append((_KEPT, source_text(weights)))
        self.source.set_options([*options, (_FILE, "from a file…")])
        self.source.show_value(_source_option(weights))
        from_file = isinstance(weights, FileWeights)
        for part in (self.file, self.arrays):
            part.setVisible(from_file)
        if isinstance(weights, FileWeights):
            self.file.show_file(weights.path, paths.resolve_path(weights.path))
            self._show_arrays(node.layer, weights)

    def _show_arrays(self, layer: Kind, weights: FileWeights) -> None:
        found = array_names(weights.path)
        wanted = array_roles(layer)
        for role in wanted:
            if role not in self.roles:
                choice = ChoiceBox()
                choice.setAccessibleName(f"Array of the {role}")
                choice.setSizeAdjustPolicy(ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
                choice.chosen.connect(lambda name, role=role: self._on_array_chosen(role, name))
                self.roles[role] = self.arrays.add(role, choice)
        for role, field in self.roles.items():
            field.set_visible(role in wanted)
            name = getattr(weights, role)
            options = [("", f"named {role!r}"), *((key, key) for key in found if key)]
            if name and name not in found:
                options.append((name, f"{name} (not in the file)"))
            if isinstance(field.widget, ChoiceBox):
                field.widget.set_options(options)
                field.widget.show_value(name)

    def _on_array_chosen(self, role: str, name: str) -> None:
        if self._node is not None and isinstance(self._node.weights, FileWeights):
            self.changed.emit(replace(self._node.weights, **{role: name}), f"other {role}")

    def _on_source_chosen(self, source: str) -> None:
        if source == _FILE:
            self.file.choose_file()
            if self._node is not None:  # no file was chosen: what is shown is what is so
                self.show_node(self._node, self._report)
            return
        if source == _KEPT:
            return
        weights = None if source == _SEEDED else convert({"source": "preset", "name": source}, PresetWeights)
        if self._node is not None and weights != self._node.weights:
            self.changed.emit(weights, source)

    def _on_file_chosen(self, path: str) -> None:
        if self._node is not None:
            self.changed.emit(match_arrays(path, self._node, self._report), Path(path).name)


def _source_option(weights: WeightSource | None) -> str:
    match weights:
        case None:
            return _SEEDED
        case PresetWeights():
            return weights.name
        case FileWeights():
            return _FILE
    return _KEPT


def array_names(path: str) -> tuple[str, ...]:
    """Names of a file's arrays; none where it cannot be read, which the project's check tells."""
    try:
        return tuple(arrays.read_headers(path))
    except FileFault:
        return ()


def match_arrays(path: str, node: Node, report: Report | None) -> FileWeights:
    """Weights from a file: for each role the array of the right shape that is named most like it."""
    try:
        headers = arrays.read_headers(path)
    except FileFault:
        return FileWeights(path)
    shapes = {} if report is None else report.array_shapes
    chosen = {}
    for role in array_roles(node.layer):
        fitting = [name for name, header in headers.items() if name and header.shape == shapes.get(role)]
        ranked = sorted(fitting, key=lambda name: (node.name not in name, role not in name))
        if ranked and role not in headers:
            chosen[role] = ranked[0]
    return FileWeights(path, **chosen)

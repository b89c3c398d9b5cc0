"""Controls of a node for its inputs and for the source of its weights."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import get_args

from msgspec import convert
from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.files import arrays, paths
from engine.files.arrays import Header
from engine.files.paths import FileFault
from engine.layers import Kind, Layer
from engine.network.analysis import Report
from engine.network.graph import INPUT, Network, Node
from engine.network.structure import Structure
from engine.network.weight_specs import (
    FileWeights,
    LowRankWeights,
    PresetName,
    PresetWeights,
    SeedWeights,
    WeightSource,
    source_text,
)
from engine.run.weight_layouts import LAYOUTS, fitting_layouts, layout_text
from engine.shapes import Shape
from engine.unchanged_items import LastResults
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.fields import Field, FieldGrid
from gui.widgets.file_row import ARRAY_FILTER, FileRow
from gui.widgets.ordered_list import OrderedList
from gui.widgets.texts import make_note, show_note

_SEEDED, _FILE, _UNCHANGED = "seeded", "file", "unchanged"


def array_roles(layer: Kind) -> tuple[str, ...]:
    """Roles of the arrays of a layer, for any shape of its input; a block has none of its own."""
    return tuple(_axis_counts(layer))


def _axis_counts(layer: Kind) -> dict[str, int]:
    """The number of axes of each array of a layer, by role."""
    if not isinstance(layer, Layer):
        return {}
    probe = [Shape(1, 1, 1)] * layer.min_inputs
    shapes = {**layer.param_shapes(probe), **layer.statistic_shapes(probe)}
    return {role: len(shape) for role, shape in shapes.items()}


class InputFields(QObject):
    """The inputs of a node: one of a list, or several for a kind that joins."""

    changed = Signal(object)
    """Names of nodes; () stands for the node before."""
    fix_chosen = Signal(int)
    """The index of a fix of their mistakes."""

    def __init__(self, grid: FieldGrid) -> None:
        super().__init__(grid)
        self.one, self.many = ChoiceBox(), OrderedList()
        self.one.setAccessibleName("Input")
        self.one.setSizeAdjustPolicy(ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.many.set_title("Inputs")
        self._options = LastResults[tuple[tuple[str, ...], str]]()
        self.one_field = grid.add("Input", self.one)
        self.many_field = grid.add("Inputs", self.many, wide=True)
        self.one.chosen.connect(self.changed)
        self.many.changed.connect(self.changed)
        for field in (self.one_field, self.many_field):
            field.fixes.chosen.connect(self.fix_chosen)

    def show_error(self, text: str, fixes: Sequence[str] = ()) -> None:
        """Show a mistake below the visible control."""
        for field in (self.one_field, self.many_field):
            field.show_error(*(("", ()) if field.widget.isHidden() else (text, fixes)))

    def show_node(self, network: Network, index: int, shapes: Mapping[str, Shape | None]) -> None:
        """Offer the possible inputs of a node; those that depend on it would close a cycle."""
        node = network.nodes[index]
        downstream = network.downstream(node.name) | {node.name}
        names = _possible_inputs(network.structure, node.name, node.inputs)
        joins = node.layer.max_inputs != 1
        self.one_field.set_visible(not joins)
        self.many_field.set_visible(joins)
        if joins:
            self.many.set_options(
                (name, _name_with_shape(name, shapes.get(name)), name not in downstream) for name in names
            )
            self.many.show_value(network.inputs_of(index))
            return
        before = network.nodes[index - 1].name if index else INPUT
        options: list[tuple[tuple[str, ...], str]] = [((), f"the node before: {before}" if index else INPUT)]
        offered = names if index else names[1:]
        options += self._options.map(_make_option, offered, list(map(shapes.get, offered)))
        if len(node.inputs) > 1:
            options.append((node.inputs, ", ".join(node.inputs)))
        self.one.set_options(options)
        self.one.disable([(name,) for name in downstream], "depends on this layer")
        self.one.show_value(() if not index and node.inputs == (INPUT,) else node.inputs)


@lru_cache(maxsize=2)
def _possible_inputs(structure: Structure, node: str, inputs: tuple[str, ...]) -> tuple[str, ...]:
    """The names of all volumes but that of a node, and of its inputs that are missing, which can be removed."""
    names = [name for name in (INPUT, *structure.names) if name != node]
    return (*names, *[name for name in inputs if name not in names])


def _make_option(name: str, shape: Shape | None) -> tuple[tuple[str, ...], str]:
    return (name,), _name_with_shape(name, shape)


def _name_with_shape(name: str, shape: Shape | None) -> str:
    return name if shape is None else f"{name}   {shape}"


class WeightsControl(QWidget):
    """The source of weights: a seed, a preset kernel, or arrays of a file."""

    changed = Signal(object, str)
    """(source, its name in words); the source is None for seeded weights."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = ChoiceBox(parent=self)
        self.source.setAccessibleName("Weights")
        self.file = FileRow("file of weights", ARRAY_FILTER)
        self.arrays = FieldGrid(("gamma", "layout"))
        self.layout_choice = ChoiceBox(longest=0)
        self.layout_choice.setAccessibleName("Layout of the weight")
        self.notices = make_note()
        self.notices.setForegroundRole(self.notices.palette().ColorRole.WindowText)
        self.roles: dict[str, Field] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.source)
        column.addWidget(self.file)
        column.addWidget(self.arrays)
        self.layout_field = self.arrays.add("layout", self.layout_choice, wide=True)
        self.layout_field.set_tip("Order of the weight's axes: O outputs, I inputs, H rows, W columns")
        column.addWidget(self.notices)
        self.setFocusProxy(self.source)
        self.source.chosen.connect(self._on_source_chosen)
        self.file.chosen.connect(self._on_file_chosen)
        self.layout_choice.chosen.connect(self._on_layout_chosen)
        self._node: Node | None = None
        self._report: Report | None = None

    def show_node(self, node: Node, report: Report | None) -> None:
        self._node, self._report = node, report
        options = [(_SEEDED, "seeded")]
        if hasattr(node.layer, "kernel") and array_roles(node.layer):
            options += [(name, f"preset: {name}") for name in get_args(PresetName)]
        weights = node.weights
        if isinstance(weights, SeedWeights | LowRankWeights):
            options.append((_UNCHANGED, source_text(weights)))
        self.source.set_options([*options, (_FILE, "from a file…")])
        self.source.show_value(_source_option(weights))
        from_file = isinstance(weights, FileWeights)
        for part in (self.file, self.arrays):
            part.setVisible(from_file)
        if isinstance(weights, FileWeights):
            self.file.show_file(weights.path, paths.resolve_path(weights.path))
            self._show_arrays(node.layer, weights)

    def _show_arrays(self, layer: Kind, weights: FileWeights) -> None:
        names, roles = array_names(weights.path), array_roles(layer)
        for role in roles:
            if role not in self.roles:
                choice = ChoiceBox(longest=0)
                choice.setAccessibleName(f"Array of the {role}")
                choice.setSizeAdjustPolicy(ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
                choice.chosen.connect(lambda name, role=role: self._on_array_chosen(role, name))
                self.roles[role] = self.arrays.add(role, choice)
        for role, field in self.roles.items():
            field.set_visible(role in roles)
            name = getattr(weights, role)
            options = [("", f"named {role!r}"), *((key, key) for key in names if key)]
            if name and name not in names:
                options.append((name, f"{name} (not in the file)"))
            if isinstance(field.widget, ChoiceBox):
                field.widget.set_options(options)
                field.widget.show_value(name)

        self._show_layout(layer, weights)

    def _show_layout(self, layer: Kind, weights: FileWeights) -> None:
        axes = _axis_counts(layer).get("weight")
        options = [("", "as the shape shows")]
        options += [
            (layout, f"{layout_text(layout)}: {writers}") for layout, writers in LAYOUTS.get(axes or 0, {}).items()
        ]
        if weights.layout not in dict(options):
            options.append((weights.layout, layout_text(weights.layout)))
        self.layout_choice.set_options(options)
        self.layout_choice.show_value(weights.layout)
        self.layout_field.set_visible(axes is not None or bool(weights.layout))

    def show_notices(self, texts: Iterable[str]) -> None:
        """Show what the user should know of the file."""
        show_note(self.notices, "\n".join(text.removeprefix("weights: ") for text in texts))

    def _on_layout_chosen(self, layout: str) -> None:
        if self._node is not None and isinstance(self._node.weights, FileWeights):
            words = f"layout {layout_text(layout)}" if layout else "the layout that the shape shows"
            self.changed.emit(replace(self._node.weights, layout=layout), words)

    def _on_array_chosen(self, role: str, name: str) -> None:
        if self._node is not None and isinstance(self._node.weights, FileWeights):
            self.changed.emit(replace(self._node.weights, **{role: name}), f"other {role}")

    def _on_source_chosen(self, source: str) -> None:
        if source == _FILE:
            self.file.choose_file()
            if self._node is not None:  # without a file, show the source that the node has
                self.show_node(self._node, self._report)
            return
        if source == _UNCHANGED:
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
    return _UNCHANGED


def array_names(path: str) -> tuple[str, ...]:
    """Names of the arrays in a file; empty if it cannot be read, which the check of the project reports."""
    try:
        return tuple(arrays.read_headers(path))
    except FileFault:
        return ()


def match_arrays(path: str, node: Node, report: Report | None) -> FileWeights:
    """Weights from a file: for each role, the array of the right shape with the most similar name."""
    try:
        headers = arrays.read_headers(path)
    except FileFault:
        return FileWeights(path)
    shapes = {} if report is None else report.array_shapes
    names: dict[str, str] = {}
    for role in array_roles(node.layer):
        fitting = [name for name, header in headers.items() if name and _fits_role(header.shape, shapes, role)]
        ranked = sorted(fitting, key=lambda name: (node.name not in name, role not in name))
        if ranked and role not in headers:
            names[role] = ranked[0]
    weight = headers.get(names.get("weight", "" if "" in headers else "weight"))
    layouts = fitting_layouts(weight.shape, shapes["weight"]) if weight is not None and "weight" in shapes else ()
    # Left open if several fit, so that a notice says which is used.
    return convert(
        {"source": "file", "path": path, **names, "layout": layouts[0] if len(layouts) == 1 else ""}, FileWeights
    )


def _fits_role(file_shape: tuple[int, ...], shapes: Mapping[str, tuple[int, ...]], role: str) -> bool:
    """Whether an array of this shape may have this role, the weight in any layout."""
    shape = shapes.get(role)
    if shape is None:
        return False
    return file_shape == shape or (role == "weight" and bool(fitting_layouts(file_shape, shape)))


def has_fitting_array(headers: Mapping[str, Header], report: Report) -> bool:
    """Whether any array of a file fits a role of a layer."""
    shapes = report.array_shapes
    return any(_fits_role(header.shape, shapes, role) for header in headers.values() for role in shapes)

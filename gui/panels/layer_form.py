"""The form of the selection: the settings of a layer or block, or the name and totals of a design."""

from collections.abc import Iterable, Iterator
from functools import partial

from msgspec import Struct
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.blocks import BLOCKS, Block
from engine.cost.metrics import METRICS
from engine.layers import IMPORTED_LAYERS, LAYERS, Kind, tag_of
from engine.network.analysis import Analysis, Report
from engine.network.graph import INPUT, Network, Node
from engine.network.node_ref import STEM, NodeRef
from engine.project.project import Project
from engine.text.names import name_within
from engine.text.problems import Problem
from engine.text.units import count_text, exact_text
from gui.panels.base import Edit, Panel
from gui.panels.block_row import BlockRow
from gui.panels.design_rows import mistakes_in_blocks
from gui.panels.setting_form import SETTING_TITLES, SettingForm
from gui.panels.source_fields import InputFields, WeightsControl, array_roles
from gui.panels.sweep_button import SweepButton
from gui.state import edits
from gui.state.focus import Focus
from gui.state.renames import Renames
from gui.state.view_state import ViewState
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.fields import Field, FieldGrid
from gui.widgets.fix_buttons import FixButtons
from gui.widgets.line_edit import LineEdit
from gui.widgets.number_controls import NumberControl, parse_seed
from gui.widgets.tab_order import chain_tab_order, focusable_in_reading_order
from gui.widgets.texts import ElidedLabel, NameField, make_error_note, make_note, show_note

_LOW_RANK_SETTINGS = ("low_rank.rank", "rank"), ("low_rank.form", "form"), ("low_rank.refit", "fit")
"""Settings of what can replace a convolution, and their titles."""
_SUMMARY_METRICS = ("macs", "params")
"""Ids of the metrics in the summary; FLOPs are twice the MACs."""


def mistakes_by_setting(problems: Iterable[Problem], ref: NodeRef) -> dict[str, str]:
    """The texts of the problems of a node by setting, one per line."""
    texts: dict[str, str] = {}
    for problem in problems:
        if (problem.design, problem.node) == ref:
            text = problem.text.removeprefix(f"{ref[1]}: ")
            texts[problem.setting] = "\n".join(filter(None, (texts.get(problem.setting, ""), text)))
    return texts


def _cost_texts(state: ViewState, report: Report) -> Iterator[str]:
    for metric in METRICS:
        if metric.id in _SUMMARY_METRICS:
            design = state.focus.design
            costs = state.picture_costs
            value = costs.amount(metric, design, report)
            yield f"{metric.title}  {costs.formula(metric, design, report) or costs.exact(metric, value)}"


def layer_summary(state: ViewState, report: Report | None) -> str:
    """``256×28×28 → 32×28×28``, then parameters and MACs with their formulas and exact integers."""
    if report is None:
        return ""
    if None in report.input_shapes:
        return "Shapes and costs are unknown: the input of this layer is unknown"
    received = ", ".join(map(str, report.input_shapes))
    if report.output_shape is None:
        return f"{received} → unknown"
    return "\n".join((f"{received} → {report.output_shape}", *_cost_texts(state, report)))


def network_summary(analysis: Analysis) -> str:
    """Number of layers, shapes of input and output, and the exact totals."""
    shapes = ["unknown" if shape is None else str(shape) for shape in (analysis.input_shape, analysis.output_shape)]
    return "\n".join(
        (
            count_text(len(analysis.reports), "layer"),
            " → ".join(shapes),
            f"MACs  {exact_text(analysis.macs)}",
            f"Params  {exact_text(analysis.params)}",
        )
    )


def _locate_node(project: Project, ref: NodeRef) -> tuple[Network | None, int | None]:
    """The network of a node and its index there; None for a missing one, and as the index of an input."""
    try:
        network = project.network(ref[0])
        return network, None if ref[1] == INPUT else network.index(ref[1])
    except KeyError:
        return None, None


class _Selection(Struct, frozen=True):
    """The selection: a node or a part of a block in a network; neither for an input."""

    network: Network | None
    node: Node | None = None
    part: Report | None = None

    @classmethod
    def of(cls, state: ViewState) -> "_Selection":
        ref = state.focus.ref
        network, index = _locate_node(state.project, state.editable_ref(ref))
        part = state.report(ref) if index is not None and state.editable_ref(ref) != ref else None
        node = None if network is None or index is None or part is not None else network.nodes[index]
        return cls(network, node, part)

    @property
    def layer(self) -> Kind | None:
        if self.part is not None:
            return self.part.layer
        return None if self.node is None else self.node.layer

    @property
    def kind(self) -> type[Kind] | None:
        return None if self.layer is None else type(self.layer)


def _shows_same(old: ViewState, new: ViewState) -> bool:
    return (
        old.project is new.project
        and old.check is new.check
        and (old.focus.ref, old.focus.others) == (new.focus.ref, new.focus.others)
        and old.look.convention == new.look.convention
        and old.run.problems is new.run.problems
        and old.notices_at(new.focus.ref) == new.notices_at(new.focus.ref)
    )


class LayerForm(Panel):
    """Shows the selection and proposes every change at once."""

    scrolls = True

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.setAccessibleName("Layer")
        self.heading = ElidedLabel(whole_words=False)  # the ends of both names stay visible
        font = self.heading.font()
        font.setBold(True)
        self.heading.setFont(font)
        self.general, self.general_fixes = make_error_note(), FixButtons()
        self._fixes: dict[str, dict[str, Edit]] = {}
        self.name = NameField(self._name_refusal)
        self.name.edit.setAccessibleName("Name")
        self._add_project_fields()
        self._add_node_fields()
        self.settings: dict[type[Kind], SettingForm] = {}
        self.help, self.summary = make_note(), make_note()
        self.summary.setForegroundRole(self.summary.palette().ColorRole.WindowText)
        self._lay_out()
        self.name.committed.connect(self._on_name_committed)
        for fixes, setting in (
            (self.name_field.fixes, "name"),
            (self.weights_field.fixes, "weights"),
            (self.general_fixes, ""),
        ):
            fixes.chosen.connect(partial(self._on_fix_chosen, setting))
        self.inputs.fix_chosen.connect(partial(self._on_fix_chosen, "inputs"))
        self._show_selection(reset=True)

    def _add_project_fields(self) -> None:
        self.project_fields = FieldGrid(SETTING_TITLES)
        self.title = LineEdit()
        self.title.drafts = False
        self.title.setAccessibleName("Title of the project")
        self.seed = NumberControl(parse_seed, str)
        self.seed.set_title("Seed of the weights")
        self.project_fields.add("Title", self.title)
        seed = self.project_fields.add("Seed", self.seed)
        seed.set_tip("Seeded weights depend on this seed and on the names of design and layer")
        self.seed.refused.connect(seed.show_error)
        SweepButton(seed, [("seed", "seed")], of_node=False).chosen.connect(
            partial(self.sweep_requested.emit, (STEM, ""))
        )
        self.title.textEdited.connect(lambda text: self._propose(edits.set_title(self._project, text)))
        self.seed.changed.connect(lambda seed: self._propose(edits.set_seed(self._project, seed)))

    def _add_node_fields(self) -> None:
        self.head = FieldGrid(SETTING_TITLES)
        self.name_field = self.head.add("Name", self.name)
        options = (*edits.kind_entries(LAYERS), ("", "", ""), *edits.kind_entries((*BLOCKS, *IMPORTED_LAYERS)))
        self.kind = ChoiceBox([(kind, title) for kind, title, _ in options])
        self.kind.set_help(text for *_, text in options)
        self.kind.disable([tag_of(kind) for kind in IMPORTED_LAYERS], "comes from an ONNX model")
        self.kind.setAccessibleName("Kind")
        self.kind_field = self.head.add("Kind", self.kind)
        self.block = BlockRow()
        self.block.take_apart_requested.connect(self._on_take_apart_requested)
        self.block.show_block_requested.connect(self._on_show_block_requested)
        self.foot = FieldGrid(SETTING_TITLES)
        self.inputs, self.weights = InputFields(self.foot), WeightsControl()
        self.weights_field = self.foot.add("Weights", self.weights)
        self.low_rank = SweepButton(self.weights_field, _LOW_RANK_SETTINGS, of_node=True)
        self.low_rank.set_tip("Sweep low-rank convolutions… (their rank, form or fit, in place of this one)")
        self.low_rank.chosen.connect(self._on_sweep_chosen)
        self.kind.chosen.connect(self._on_kind_chosen)
        self.inputs.changed.connect(lambda names: self._propose(edits.set_inputs(self._project, self._ref, names)))
        self.weights.changed.connect(
            lambda source, words: self._propose(edits.set_weights(self._project, self._ref, source, words))
        )

    def _lay_out(self) -> None:
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 8, 8, 8)
        self._column.setSpacing(5)
        general = self.general, self.general_fixes
        for widget in (self.heading, self.help, self.block, *general, self.project_fields, self.head):
            self._column.addWidget(widget)
        self._settings_at = self._column.count()
        self._column.addWidget(self.foot)
        self._column.addSpacing(6)
        self._column.addWidget(self.summary)
        self._column.addStretch(1)

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        if not _shows_same(old, new):
            # A layer whose name has followed a setting is the same one: the setting may still be typed.
            before = Renames(old.project, new.project).ref(old.focus.ref)
            self._show_selection(reset=(before, _Selection.of(old).kind) != (new.focus.ref, _Selection.of(new).kind))

    def _show_selection(self, *, reset: bool) -> None:
        """Show the selection; only another kind of layer needs other controls."""
        new, ref = self._state, self._ref
        selection = _Selection.of(new)
        network, node, part, layer = selection.network, selection.node, selection.part, selection.layer
        show_note(self.general, "")
        self.general_fixes.show_texts(())
        self._fixes = edits.fixes_by_setting(new, new.focus.ref)
        is_node = network is not None and node is not None
        is_project = not is_node and part is None and (network is None or ref[0] == STEM)
        # What is hidden and shown again is laid out and painted anew, with the whole form.
        self.head.setVisible(not is_project)
        self.foot.setVisible(is_node)
        self.project_fields.setVisible(is_project)
        is_group = edits.is_group(new, ref)
        self.head.setEnabled(part is None or is_group)
        self.block.setVisible(part is not None or isinstance(layer, Block))
        for type_, form in self.settings.items():
            form.setVisible(type_ is selection.kind)
        if network is not None and node is not None:
            self.name.show_name(node.name, reset=reset)
            self._show_sources(new, network, network.index(node.name), new.report(ref))
        elif part is not None:
            self.name.show_name(name_within(part.name, part.block or ""), reset=reset)
        elif network is not None and ref[0] != STEM:
            self._show_design(new, ref[0], reset)
        else:
            self._show_project(new, reset)
        if layer is not None:
            self._show_layer(new, layer, reset)

    def _show_layer(self, state: ViewState, layer: Kind, reset: bool) -> None:
        """Show what nodes and parts of blocks have in common; the settings of a part are read-only."""
        ref, report = state.focus.ref, state.report(state.focus.ref)
        node, form = state.editable_ref(ref)[1], self._setting_form(type(layer))
        form.setEnabled(node == ref[1])
        is_group = edits.is_group(state, ref)
        name = ref[1] if is_group else name_within(ref[1], node)
        self.heading.set_text(f"{name} in {edits.describe_design(ref[0]) if name == ref[1] else node}")
        count = len(state.selected_nodes)
        several = f"One of {count} selected layers: commands act on all of them, this form on {node}.\n"
        show_note(self.help, (several if count > 1 and not is_group else "") + layer.help)
        self.block.show_state(state, ref)
        self.kind_field.set_visible(not is_group)
        form.setVisible(bool(form.controls) and not is_group)
        self.kind.show_value(layer.kind)
        form.show_layer(layer, reset=reset)
        form.show_formula(
            "" if report is None else "\n".join(_cost_texts(state, report)) if report.output_shape else ""
        )
        mistakes = mistakes_by_setting(state.problems, ref)
        fixes = {setting: tuple(edits_by_words) for setting, edits_by_words in self._fixes.items()}
        form.show_mistakes(mistakes, fixes)
        for field, setting in self._node_fields:
            field.show_error(mistakes.get(setting, ""), fixes.get(setting, ()))
        shown_settings = {*(setting for _, setting in self._node_fields), *form.controls}
        self.general_fixes.show_texts(fixes.get("", ()))
        others = [text for setting, text in mistakes.items() if setting not in shown_settings]
        show_note(self.general, "\n".join((*others, *filter(None, (mistakes_in_blocks(state).get(ref),)))))
        show_note(self.summary, layer_summary(state, report))

    @property
    def _node_fields(self) -> "tuple[tuple[Field | InputFields, str], ...]":
        """Fields of nodes of every kind, with the settings whose mistakes they show."""
        return (self.name_field, "name"), (self.inputs, "inputs"), (self.weights_field, "weights")

    def _show_sources(self, state: ViewState, network: Network, index: int, report: Report | None) -> None:
        node = network.nodes[index]
        design = state.focus.design
        self.inputs.show_node(network, index, {} if state.analysis(design) is None else state.shapes(design))
        self.weights_field.set_visible(bool(array_roles(node.layer)) or node.weights is not None)
        self.weights.show_node(node, report)
        self.low_rank.setVisible(edits.has_low_rank_axes(node))
        self.weights.show_notices(self._state.notices_at(self._ref))

    def _show_design(self, state: ViewState, design: str, reset: bool) -> None:
        self.heading.set_text(f"Design {design}")
        show_note(self.help, "Its layers are in the list above; select one to edit it.")
        self.kind_field.set_visible(False)
        mistakes = mistakes_by_setting(state.problems, (design, ""))
        self.name_field.show_error(mistakes.get("name", ""), tuple(self._fixes.get("name", ())))
        self.name.show_name(design, reset=reset)
        analysis = state.analysis(design)
        show_note(self.summary, "" if analysis is None else network_summary(analysis))

    def _show_project(self, state: ViewState, reset: bool) -> None:
        stem = state.analysis(STEM)
        self.heading.set_text("Project" if stem is None else "Project and stem")
        words = "" if stem is None else "The stem runs once; every design receives its last volume."
        show_note(self.help, words)
        if state.project.title != self.title.text():
            self.title.setText(state.project.title)
            self.title.setCursorPosition(0)
        self.seed.show_value(state.project.seed, reset=reset)
        show_note(self.summary, "" if stem is None else network_summary(stem))

    def _setting_form(self, kind: type[Kind]) -> SettingForm:
        """The controls of a kind, cached from its first selection on."""
        if kind not in self.settings:
            form = self.settings[kind] = SettingForm(kind)
            form.changed.connect(self._on_setting_changed)
            form.fix_chosen.connect(self._on_fix_chosen)
            form.sweep_chosen.connect(self._on_sweep_chosen)
            self._column.insertWidget(self._settings_at, form)
            chain_tab_order(list(focusable_in_reading_order(self)))
        self.settings[kind].setVisible(bool(self.settings[kind].controls))
        return self.settings[kind]

    def visible_field(self, setting: str) -> Field | None:
        """The row of a setting of the selection, also of "name", "kind" and "weights"; None if it has none now."""
        own = {"name": self.name_field, "kind": self.kind_field, "weights": self.weights_field}
        kind = _Selection.of(self._state).kind
        form = None if kind is None else self.settings.get(kind)
        field = own.get(setting) or (None if form is None else form.fields.get(setting))
        return field if field is not None and field.widget.isVisible() else None

    @property
    def _project(self) -> Project:
        return self._state.project

    @property
    def _ref(self) -> NodeRef:
        return self._state.focus.ref

    def _propose(self, edit: Edit) -> None:
        if edit.project != self._project:
            self.edit_proposed.emit(edit)

    def _name_refusal(self, name: str) -> str:
        if edits.is_group(self._state, self._ref):
            return edits.group_refusal(self._project.network(self._ref[0]), self._ref[1], name)
        return edits.name_refusal(self._project, self._ref, name)

    def _on_setting_changed(self, setting: str, value: object) -> None:
        self._propose(edits.set_setting(self._project, self._ref, setting, value))

    def _on_sweep_chosen(self, setting: str, everywhere: bool) -> None:
        self.sweep_requested.emit(self._ref, setting, everywhere)

    def _on_fix_chosen(self, setting: str, index: int) -> None:
        self._propose(list(self._fixes[setting].values())[index])

    def _on_kind_chosen(self, kind: str) -> None:
        self._propose(edits.set_kind(self._project, self._ref, kind, self._state.shapes(self._ref[0])))

    def _on_take_apart_requested(self) -> None:
        edit = edits.take_selected_block_apart(self._state)
        if edit is not None:
            self._propose(edit)

    def _on_show_block_requested(self) -> None:
        self.focus_requested.emit(Focus(*self._state.editable_ref(self._ref)))

    def _on_name_committed(self, name: str) -> None:
        edit = edits.rename_at(self._state, self._ref, name)
        if edit is not None:
            self._propose(edit)

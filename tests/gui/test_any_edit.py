"""Any sequence of edits of any project: it can be saved and opened after each, and undo and redo restore every step."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.blocks import BLOCKS
from engine.layers import LAYERS, tag_of
from engine.network.graph import INPUT, Network, Node, topological_order
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM, NodeRef
from engine.network.weight_specs import SeedWeights
from engine.project.file import to_data
from engine.project.project import Design, Note, Project
from engine.project.reader import ProjectReader
from engine.shapes import Shape
from gui.state import edits
from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.state.layer_texts import match_layer
from gui.state.view_state import ViewState
from gui.workbench.workbench import Workbench
from tests.engine import strategies

SHAPE = Shape(3, 6, 6)
KINDS = [tag_of(kind) for kind in (*LAYERS, *BLOCKS)]
TEXTS = ("1x1 4", "3x3 8", "max 3x3 s1", "relu", "concat", "add", "inception 2 2 2 2 2 2")
SIDES: tuple[edits.Side, ...] = ("after", "before", "in parallel")


@st.composite
def projects(draw: st.DrawFn) -> Project:
    """Designs of layers of all kinds and of a block, perhaps with a stem; weights and a note refer to layers."""
    networks = [draw(strategies.networks(SHAPE, size=4)) for _ in range(draw(st.integers(1, 2)))]
    first = networks[0].nodes[0].name
    block = Node("block", edits.new_layer(draw(st.sampled_from([tag_of(kind) for kind in BLOCKS]))), (INPUT,))
    conv = Node("conv3x3", match_layer("3x3 4")[0].layer, (INPUT,), SeedWeights("d0", first))
    networks[-1] = Network((*networks[-1].nodes, block, conv))
    designs = tuple(Design(f"d{number}", network) for number, network in enumerate(networks))
    stem = Network((Node("stem_conv", match_layer("1x1 3")[0].layer),)) if draw(st.booleans()) else None
    return Project(NoiseInput(SHAPE), designs, stem, notes=(Note("first", "d0", first),))


class Step:
    """Choices of one edit, taken modulo what there is."""

    def __init__(self, numbers: list[int]) -> None:
        self.numbers = numbers

    def pick(self, at: int, options: list[str] | tuple[str, ...]) -> str:
        return options[self.numbers[at] % len(options)]

    def ref(self, state: ViewState, at: int) -> NodeRef:
        refs = [
            (design, name)
            for design, network in state.project.networks()
            for name in (INPUT, *(node.name for node in network.nodes))
        ]
        return refs[self.numbers[at] % len(refs)] if refs else (STEM, INPUT)

    def focus(self, state: ViewState) -> Focus:
        design, node = self.ref(state, 0)
        if node == INPUT:
            return Focus(design)
        names = [other.name for other in state.project.network(design).nodes]
        others = {self.pick(1, names), self.pick(2, names)} if self.numbers[3] % 2 else set()
        return Focus(design, node, others=frozenset(others - {node}))

    def layers(self):
        return [match_layer(self.pick(at, TEXTS))[0].layer for at in (1, 2)][: 1 + self.numbers[3] % 2]

    @property
    def after(self) -> bool:
        return bool(self.numbers[3] % 2)


def set_any_setting(state: ViewState, step: Step) -> Edit | None:
    ref = state.focus.ref
    if ref[1] == INPUT or state.editable_ref(ref) != ref:
        return None
    layer = state.project.network(ref[0]).node(ref[1]).layer
    names = [field.name for field in edits.layer_settings(type(layer))]
    other = edits.new_layer(layer.kind)
    if not names:
        return None
    name = step.pick(1, names)
    value = 1 + step.numbers[2] % 5 if name in ("kernel", "filters", "units") else getattr(other, name)
    return edits.set_setting(state.project, ref, name, value)


def set_any_kind(state: ViewState, step: Step) -> Edit | None:
    ref = state.focus.ref
    kind = step.pick(1, KINDS)
    return None if ref[1] == INPUT else edits.set_kind(state.project, ref, kind, state.shapes(ref[0]))


EDITS: tuple[Callable[[ViewState, Step], object], ...] = (
    lambda state, step: edits.add_layers(step.layers(), SIDES[step.numbers[2] % 3], state),
    lambda state, step: edits.add_layers(step.layers(), "in parallel", state),
    lambda state, step: edits.join_selection("concat", state),
    lambda state, step: edits.join_selection("add", state),
    lambda state, step: edits.remove_selection(state),
    lambda state, step: edits.duplicate_selection(state),
    lambda state, step: edits.move_selection(1 if step.after else -1, state),
    lambda state, step: edits.drop_selection(state, step.ref(state, 1), below=step.after),
    lambda state, step: edits.move_box(state, state.focus.ref, step.ref(state, 1), after=step.after),
    lambda state, step: edits.connect_boxes(state, step.ref(state, 1), step.ref(state, 2)),
    lambda state, step: edits.take_selected_block_apart(state),
    lambda state, step: edits.reduce_before_selection(state),
    set_any_setting,
    set_any_kind,
)

STEPS = st.lists(
    st.tuples(st.integers(0, len(EDITS) - 1), st.lists(st.integers(0, 30), min_size=4, max_size=4)), max_size=8
)


def reloaded(project: Project) -> Project | None:
    """The project as it is after it has been saved and opened."""
    return ProjectReader(Path("/")).project(to_data(project, Path("/")))


def check_references(project: Project) -> None:
    for _, network in project.networks():
        names = [node.name for node in network.nodes]
        assert len(set(names)) == len(names)
        order = topological_order(network)
        assert not order.stuck
        assert all(source is not None for sources in order.sources for source in sources)


@settings(max_examples=40)
@given(projects(), STEPS)
def test_any_edits_leave_a_project_that_opens_again_and_undo_restores_every_step(qapp, start: Project, steps):
    workbench = Workbench(start)
    versions = [(workbench.state.project, workbench.state.focus)]
    for number, numbers in steps:
        step = Step(numbers)
        workbench.set_focus(step.focus(workbench.state))
        state = workbench.state
        edit = EDITS[number](state, step)
        if edit is None or isinstance(edit, str) or edit.project == state.project:
            continue
        versions[-1] = (state.project, state.focus)
        workbench.edit(edit.text, edit.project, "", edit.focus)
        assert edit.text
        assert reloaded(workbench.state.project) == workbench.state.project
        check_references(workbench.state.project)
        assert workbench.state.focus.ref in workbench.state.check
        versions.append((workbench.state.project, workbench.state.focus))
    stack = workbench.document.undo_stack
    assert stack.count() == len(versions) - 1
    for project, focus in reversed(versions[:-1]):
        stack.undo()
        assert (workbench.state.project, workbench.state.focus) == (project, focus)
    for project, _ in versions[1:]:
        stack.redo()
        assert workbench.state.project == project
    workbench.close()
    workbench.deleteLater()

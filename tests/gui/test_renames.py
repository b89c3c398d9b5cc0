"""What the window remembers about a block follows its name, through renaming, undo and redo."""

import pytest
from msgspec.structs import replace

from engine.blocks import BasicResidual
from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from gui.state import edits
from gui.state.comparison import compared_pair
from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.workbench.workbench import Workbench

BLOCKS = Network((Node("conv", Conv2d(8, 3)), Node("block", BasicResidual(8)), Node("other", BasicResidual(8))))
PROJECT = Project(NoiseInput((3, 8, 8)), (Design("a", BLOCKS), Design("b", BLOCKS)))


@pytest.fixture
def workbench(workbench: Workbench) -> Workbench:
    """A workbench in which one block is closed among open ones."""
    workbench.show_project(PROJECT)
    workbench.set_look(replace(workbench.state.look, toggled_blocks=frozenset({("a", "block")})))
    return workbench


def closed(workbench: Workbench) -> set[tuple[str, str]]:
    state = workbench.state
    refs = {(design, name) for design, analysis in state.check.analyses.items() for name in analysis.blocks}
    return {ref for ref in refs if not state.is_open(ref)}


@pytest.mark.parametrize(
    ("edit", "block"),
    [
        (edits.rename_node(PROJECT, "a", "block", "unit"), ("a", "unit")),
        (edits.rename_node(PROJECT, "a", "conv", "first"), ("a", "block")),
        (edits.rename_design(PROJECT, "a", "c"), ("c", "block")),
        (Edit("Move", replace(PROJECT, designs=PROJECT.designs[::-1])), ("a", "block")),
        (Edit("Move", PROJECT.with_network("a", Network((BLOCKS.nodes[0], *BLOCKS.nodes[:0:-1])))), ("a", "block")),
        (Edit("Remove", replace(PROJECT, designs=PROJECT.designs[:1])), ("a", "block")),
    ],
)
def test_a_closed_block_stays_closed(workbench: Workbench, edit: Edit, block: tuple[str, str]) -> None:
    assert closed(workbench) == {("a", "block")}
    workbench.edit(edit.text, edit.project)
    assert closed(workbench) == {block}
    workbench.document.undo_stack.undo()
    assert closed(workbench) == {("a", "block")}
    workbench.document.undo_stack.redo()
    assert closed(workbench) == {block}


def test_the_selection_of_a_part_follows_the_name_of_its_block(workbench: Workbench) -> None:
    part = next(name for design, name in workbench.state.check.reports if (design, name[:6]) == ("a", "block/"))
    workbench.set_focus(Focus("a", part))
    workbench.edit("Rename", edits.rename_node(PROJECT, "a", "block", "unit").project)
    assert workbench.state.focus.ref == ("a", part.replace("block/", "unit/"))


def test_the_designs_that_are_compared_stay_so_when_one_is_renamed(workbench: Workbench) -> None:
    third = PROJECT.with_designs((*PROJECT.designs, Design("c", BLOCKS)))
    workbench.show_project(third)
    workbench.set_look(replace(workbench.state.look, pair=("a", "c")))
    workbench.edit("Rename", edits.rename_design(third, "c", "other").project)
    assert compared_pair(workbench.state) == ("a", "other")
    workbench.document.undo_stack.undo()
    assert compared_pair(workbench.state) == ("a", "c")

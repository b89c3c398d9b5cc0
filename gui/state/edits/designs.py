"""Edits of whole designs, and of the settings of the project: project → Edit."""

from pathlib import Path

from msgspec.structs import replace

from engine.network.graph import Network
from engine.network.node_ref import STEM, NodeRef
from engine.project.project import Design, Project
from engine.run.second_model import add_designs
from engine.text.names import MAX_DESIGN_NAME, unique_name, without_controls
from engine.text.short_names import shorten_middle
from gui.state.edit import Edit, change_text
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.view_state import ViewState

_LONGEST_TITLE = 40
"""Characters of a title in the name of a step."""


def add_design(project: Project) -> Edit:
    """An empty design at the end."""
    name = unique_name("design", [design.name for design in project.designs], MAX_DESIGN_NAME)
    changed = project.with_designs((*project.designs, Design(name, Network())))
    return Edit(f"Add {name}", changed, focus=Focus(name))


def add_designs_of(state: ViewState, other: Project, file: Path) -> tuple[Edit, tuple[str, ...]]:
    """The designs of another project at the end, and their names; ProjectError if they cannot be beside these."""
    project, names = add_designs(state.project, other, file)
    text = f"Add {names[0]}" if len(names) == 1 else f"Add {len(names)} designs of {file.name}"
    return Edit(text, project, focus=state.focus), names


def comparing(state: ViewState, design: str) -> Look:
    """The look that compares a design with that of the selection, or else with the first."""
    names = [other.name for other in state.project.designs if other.name != design]
    first = state.focus.design if state.focus.design in names else next(iter(names), None)
    return state.look if first is None else replace(state.look, pair=(first, design))


def duplicate_design(project: Project, name: str) -> Edit:
    """A copy right after the design, with its notes and published figures.

    Seeded weights depend on the name of the design, so the copy gets others.
    """
    at = _design_index(project, name)
    new_name = unique_name(name, [design.name for design in project.designs], MAX_DESIGN_NAME)
    copy = Design(new_name, project.designs[at].network)
    changed = project.with_designs((*project.designs[: at + 1], copy, *project.designs[at + 1 :]))
    changed = changed.with_remarks_copied(copies_of_design(copy, name), project.notes, project.published)
    return Edit(f"Duplicate {name}", changed, focus=Focus(copy.name))


def copies_of_design(copy: Design, original: str) -> dict[NodeRef, NodeRef]:
    """The reference of a copy and of each of its nodes by that of the original."""
    nodes = ("", *(node.name for node in copy.network.nodes))
    return {(original, node): (copy.name, node) for node in nodes}


def remove_design(project: Project, name: str) -> Edit:
    """The selection goes to the design that takes its row."""
    at = _design_index(project, name)
    remaining = (*project.designs[:at], *project.designs[at + 1 :])
    focus = Focus(remaining[min(at, len(remaining) - 1)].name) if remaining else Focus()
    return Edit(f"Remove {name}", project.with_designs(remaining), focus=focus)


def move_design(project: Project, name: str, by: int) -> Edit | None:
    """The design `by` rows further down; None if it is already at that end."""
    at = _design_index(project, name)
    designs = list(project.designs)
    to = max(0, min(len(designs) - 1, at + by))
    designs.insert(to, designs.pop(at))
    text = f"Move {name} {'down' if by > 0 else 'up'}"
    return None if to == at else Edit(text, project.with_designs(designs), focus=Focus(name))


def drop_design(project: Project, name: str, beside: str, *, below: bool) -> Edit | None:
    """The design above or below another one, or below the stem; None if it is there already."""
    if beside == STEM and not below:
        return None
    at, to = _design_index(project, name), 0 if beside == STEM else _design_index(project, beside) + below
    return move_design(project, name, to - at - (to > at))


def set_design_colour(project: Project, name: str, colour: int) -> Edit:
    """Another colour for a design; a design that has it gets the old one."""
    old = project.design(name).colour
    owner = next((design.name for design in project.designs if design.colour == colour), None)
    new = ({} if owner is None else {owner: old}) | {name: colour}
    designs = (replace(design, colour=new.get(design.name, design.colour)) for design in project.designs)
    return Edit(f"Change the colour of {name}", project.with_designs(designs))


def rename_design(project: Project, name: str, new_name: str) -> Edit:
    changed = project.with_design_renamed(name, new_name)
    return Edit(f"Rename {name} to {new_name}", changed, focus=Focus(new_name))


def set_title(project: Project, title: str) -> Edit:
    """Another title; control characters, which only a paste can contain, are left out."""
    title = without_controls(title)
    text = f"Title: {shorten_middle(title, lambda shorter: len(shorter) <= _LONGEST_TITLE)}"
    return Edit(text, replace(project, title=title), "title")


def set_seed(project: Project, seed: int) -> Edit:
    return Edit(change_text("Seed of the weights", project.seed, seed), replace(project, seed=seed), "seed")


def _design_index(project: Project, name: str) -> int:
    return project.designs.index(project.design(name))

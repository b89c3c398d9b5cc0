"""Edits of whole designs, and of the settings of the project: project → Edit."""

from msgspec.structs import replace

from engine.network.graph import Network
from engine.project.project import Design, Project
from engine.text.names import MAX_DESIGN_NAME, unique_name, without_controls
from gui.state.edit import Edit
from gui.state.view_state import Focus


def add_design(project: Project) -> Edit:
    """An empty design at the end."""
    name = unique_name("design", [design.name for design in project.designs], MAX_DESIGN_NAME)
    changed = project.with_designs((*project.designs, Design(name, Network())))
    return Edit(f"Add {name}", changed, focus=Focus(name))


def duplicate_design(project: Project, name: str) -> Edit:
    """A copy right after the design. Seeded weights depend on the name of the design, so the copy gets others."""
    at = _design_index(project, name)
    new_name = unique_name(name, [design.name for design in project.designs], MAX_DESIGN_NAME)
    copy = Design(new_name, project.designs[at].network)
    changed = project.with_designs((*project.designs[: at + 1], copy, *project.designs[at + 1 :]))
    return Edit(f"Duplicate {name}", changed, focus=Focus(copy.name))


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


def rename_design(project: Project, name: str, new_name: str) -> Edit:
    changed = project.with_design_renamed(name, new_name)
    return Edit(f"Rename {name} to {new_name}", changed, focus=Focus(new_name))


def set_title(project: Project, title: str) -> Edit:
    """Another title; control characters, which only a paste can contain, are left out."""
    return Edit("Change the title", replace(project, title=without_controls(title)), "title")


def set_seed(project: Project, seed: int) -> Edit:
    return Edit(f"Set the seed of the weights to {seed}", replace(project, seed=seed), "seed")


def _design_index(project: Project, name: str) -> int:
    return project.designs.index(project.design(name))

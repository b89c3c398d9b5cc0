"""Designs of a second model or project beside those of a project: all receive the same volume."""

from pathlib import Path

from msgspec.structs import replace

from engine.network.node_ref import STEM, NodeRef
from engine.project.project import Design, Note, Project
from engine.run.check import check
from engine.shapes import Shape
from engine.text.names import MAX_DESIGN_NAME, unique_name
from engine.text.problems import Problem, ProjectError


def add_designs(project: Project, other: Project, file: Path) -> tuple[Project, tuple[str, ...]]:
    """The project with the designs of another one at the end, and their names, which nothing else has.

    Their notes and published figures follow; a note about the other project is one about its first design.

    Raises
    ------
    ProjectError
        They receive volumes of another shape than those of the project, or have a stem of their own.
    """
    if other.stem is not None and other.stem != project.stem:
        raise ProjectError([Problem("has a stem of its own; designs behind another stem cannot be compared", "")], file)
    own_shape, other_shape = _received(project), _received(other)
    if None not in (own_shape, other_shape) and own_shape != other_shape:
        text = (
            f"its designs receive {other_shape}, those of the project {own_shape}; choose that size in the panel Input"
        )
        raise ProjectError([Problem(text, "")], file)
    names = {design.name for design in project.designs}
    copies: dict[NodeRef, NodeRef] = {}
    added: list[Design] = []
    for design in other.designs:
        name = unique_name(design.name, names, MAX_DESIGN_NAME)
        names.add(name)
        added.append(Design(name, design.network))
        copies |= {(design.name, node): (name, node) for node in ("", *(node.name for node in design.network.nodes))}
    changed = project.with_designs((*project.designs, *added)).with_remarks_copied(copies, other.notes, other.published)
    about_all = tuple(
        Note(note.text, added[0].name) for note in other.notes if added and not (note.design or note.node)
    )
    labels = project.labels or other.labels
    return replace(changed, notes=(*changed.notes, *about_all), labels=labels), tuple(d.name for d in added)


def _received(project: Project) -> Shape | None:
    """The shape that designs receive; None if it is unknown."""
    result = check(project.with_designs(()))
    stem = result.analyses.get(STEM)
    return result.input_shape if stem is None else stem.output_shape

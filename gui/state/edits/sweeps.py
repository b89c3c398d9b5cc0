"""Edits of sweeps: what a project sweeps, and a point that becomes a design."""

from collections.abc import Mapping

from msgspec.structs import replace

from engine.project.project import Project, SweepSettings
from engine.text.names import MAX_DESIGN_NAME, unique_name
from gui.state.edit import Edit
from gui.state.ghost import Ghost
from gui.state.view_state import Focus, ViewState


def set_sweep(project: Project, settings: SweepSettings | None) -> Edit | None:
    """The project with another sweep; None if it has this one already."""
    return None if settings == project.sweep else Edit("Change the sweep", replace(project, sweep=settings))


def add_point(state: ViewState, row: Mapping[str, object]) -> Edit | None:
    """The project with a point of the sweep as a design; None if it cannot be one."""
    from engine.sweep.designs import design_refusal, point_of, with_points  # here, since a start needs none of it

    sweep = state.sweep.sweep
    if sweep is None or design_refusal(sweep):
        return None
    design = with_points(sweep, [point_of(sweep, row)]).designs[-1]
    project = state.project
    name = unique_name(design.name, {other.name for other in project.designs}, MAX_DESIGN_NAME)
    added = replace(design, name=name, colour=0)
    return Edit(f"Add {name}", project.with_designs((*project.designs, added)), focus=Focus(name))


def without_ghost(ghost: Ghost | None, edit: Edit) -> Edit | None:
    """An edit that began in a picture with a ghost, without it; None if it changes nothing else."""
    if ghost is None:
        return edit
    designs = [design for design in edit.project.designs if design.name != ghost.design]
    project = edit.project.with_designs(designs)
    if project == ghost.base:
        return None
    focus = None if edit.focus is not None and edit.focus.design == ghost.design else edit.focus
    return replace(edit, project=project, focus=focus)

"""Edits of sweeps: what a project sweeps, its axes and conditions one by one, and a point that becomes a design."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from engine.network.graph import Node
from engine.network.node_ref import NodeRef
from engine.project.project import Project, SweepSettings
from engine.text.names import MAX_DESIGN_NAME, unique_name
from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.state.ghost import Ghost
from gui.state.view_state import ViewState

# The functions of `engine.sweep` are imported where they are used, since a start needs none of them.


def set_sweep(project: Project, settings: SweepSettings | None, text: str = "Change the sweep") -> Edit | None:
    """The project with another sweep; None if it has this one already."""
    return None if settings == project.sweep else Edit(text, replace(project, sweep=settings))


def has_low_rank_axes(node: Node) -> bool:
    """Whether low-rank convolutions replace a node, or can, so that their settings are axes."""
    from engine.sweep.setting_paths import has_low_rank_settings

    return has_low_rank_settings(node)


def axis_of(project: Project, axes: Sequence[str], ref: NodeRef, setting: str) -> int | None:
    """The index of the axis that changes a setting; None if there is none."""
    from engine.sweep.axis_edits import axis_of_setting, find_setting
    from engine.sweep.setting_paths import setting_paths

    paths = setting_paths(project)
    path = find_setting(paths, ref, setting)
    return None if path is None else axis_of_setting(axes, path, paths)


def add_axis(
    project: Project, settings: SweepSettings, ref: NodeRef, setting: str, *, everywhere: bool = False
) -> Edit | None:
    """The project with an axis of a setting, of all nodes of its design that have it if `everywhere`.

    None if an axis changes it already, or if none can.
    """
    from engine.sweep.axis_edits import axis_of_pattern, axis_of_setting, find_setting
    from engine.sweep.setting_paths import setting_paths
    from engine.sweep.suggestions import suggested_axis

    paths = setting_paths(project)
    path = find_setting(paths, ref, setting)
    if path is None or axis_of_setting(settings.axes, path, paths) is not None:
        return None
    axis = axis_of_pattern(project, path, paths) if everywhere else suggested_axis(project, path)
    changed = replace(settings, axes=(*settings.axes, axis))
    return set_sweep(project, changed, f"Sweep {axis.partition('=')[0]}")


def remove_axis(project: Project, settings: SweepSettings, index: int) -> Edit | None:
    """The project without an axis of its sweep; the last one takes a sweep without conditions with it."""
    axes = (*settings.axes[:index], *settings.axes[index + 1 :])
    return set_sweep(project, _or_none(replace(settings, axes=axes)), "Remove an axis")


def tie_axes(project: Project, settings: SweepSettings, first: int, second: int) -> Edit | None:
    """The project with one axis in place of two, whose settings take their values together; None after a mistake."""
    from engine.sweep.axis_edits import read_axis, tied_axis
    from engine.sweep.setting_paths import setting_paths

    paths = setting_paths(project)
    parts = [read_axis(settings.axes[index], paths) for index in (first, second)]
    if parts[0] is None or parts[1] is None:
        return None
    axes = list(settings.axes)
    axes[first] = tied_axis(project, parts[0], parts[1])
    del axes[second]
    return set_sweep(project, replace(settings, axes=tuple(axes)), "Tie two axes")


def separate_axis(project: Project, settings: SweepSettings, index: int) -> Edit | None:
    """The project with an axis per setting of one; None if it has only one."""
    from engine.sweep.axis_edits import read_axis, separate_axes
    from engine.sweep.setting_paths import setting_paths

    axis = read_axis(settings.axes[index], setting_paths(project))
    if axis is None or len(axis.targets) == 1:
        return None
    axes = (*settings.axes[:index], *separate_axes(axis), *settings.axes[index + 1 :])
    return set_sweep(project, replace(settings, axes=axes), "Take an axis apart")


def add_condition(project: Project, settings: SweepSettings, condition: str) -> Edit | None:
    """The project with another condition of its sweep; None if it has that one already."""
    if condition in settings.where:
        return None
    return set_sweep(project, replace(settings, where=(*settings.where, condition)), "Add a condition")


def possible_conditions(state: ViewState, settings: SweepSettings) -> tuple[str, ...]:
    """Conditions to choose from: no more than the design costs now, and groups that divide filters."""
    from engine.sweep.axis_edits import read_axis
    from engine.sweep.setting_paths import is_of_node, setting_paths
    from engine.sweep.suggestions import suggested_conditions

    paths = setting_paths(state.project)
    axes = [axis for axis in (read_axis(text, paths) for text in settings.axes) if axis is not None]
    targets = [path for axis in axes for path in axis.targets]
    swept = [path.ref[0] for path in targets if is_of_node(path) and path.ref[0]]
    design = settings.design or next(iter(swept), state.focus.design)
    return suggested_conditions(state.project, state.check, design, targets)


def _or_none(settings: SweepSettings) -> SweepSettings | None:
    return None if settings == SweepSettings(()) else settings


def add_point(state: ViewState, row: Mapping[str, object]) -> Edit | None:
    """The project with a point of the sweep as a design; None if it cannot be one."""
    from engine.sweep.designs import design_refusal, point_of, with_points

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

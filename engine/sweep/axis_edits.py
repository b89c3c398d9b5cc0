"""Changes to the texts of axes: a setting is added, two axes are tied or taken apart. What cannot be read stays."""

from collections.abc import Sequence

from engine.network.node_ref import NodeRef
from engine.project.project import Project
from engine.sweep.axes import TIE, AxisText, split_axis
from engine.sweep.faults import SweepFault
from engine.sweep.setting_paths import SettingPath, SettingPaths, is_of_node
from engine.sweep.suggestions import values_together


def find_setting(paths: SettingPaths, ref: NodeRef, setting: str) -> SettingPath | None:
    """The path of a setting; None if no axis can change it."""
    return next((path for path in paths.by_text.values() if (path.ref, path.setting) == (ref, setting)), None)


def read_axis(text: str, paths: SettingPaths) -> AxisText | None:
    """The parts of an axis; None if it has a mistake."""
    try:
        return split_axis(text, paths)
    except SweepFault:
        return None


def axis_of_setting(axes: Sequence[str], path: SettingPath, paths: SettingPaths) -> int | None:
    """The index of the first axis that changes a setting."""
    for index, text in enumerate(axes):
        axis = read_axis(text, paths)
        if axis is not None and path in axis.targets:
            return index
    return None


def pattern_of(path: SettingPath, paths: SettingPaths) -> tuple[str, tuple[SettingPath, ...]]:
    """A setting of all nodes of its design that have it: "net/*.filters", and which they are."""
    if not is_of_node(path):
        return path.text, (path,)
    text = f"{path.text.removesuffix(f'{path.ref[1]}.{path.setting}')}*.{path.setting}"
    axis = read_axis(f"{text}=1", paths)
    return (path.text, (path,)) if axis is None or len(axis.targets) == 1 else (text, axis.targets)


def axis_of_pattern(project: Project, path: SettingPath, paths: SettingPaths) -> str:
    """An axis of a setting of all nodes of the design together: "net/*.filters=x0.5, x1" if they differ."""
    text, targets = pattern_of(path, paths)
    return f"{text}={values_together(project, targets)}"


def tied_axis(project: Project, first: AxisText, second: AxisText) -> str:
    """One axis of the settings of two; its values are those of the first, or multiples if present values differ."""
    name = first.name or second.name
    settings = f"{first.setting}{TIE}{second.setting}"
    same = first.values.strip() == second.values.strip()
    together = (*first.targets, *second.targets)
    values = first.values.strip()
    return f"{f'{name}: ' if name else ''}{settings}={values if same else values_together(project, together, values)}"


def separate_axes(axis: AxisText) -> tuple[str, ...]:
    """An axis per setting of one; each has all its values."""
    return tuple(f"{path.text}={axis.values.strip()}" for path in axis.targets)

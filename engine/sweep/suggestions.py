"""Axes and conditions to begin with: the values of settings around their present ones."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args

from msgspec import inspect

from engine.low_rank.forms import as_convolution
from engine.network.node_ref import NodeRef
from engine.project.project import Project
from engine.run.check import ProjectCheck
from engine.sweep.axes import accepts
from engine.sweep.axis_values import label_of, label_text
from engine.sweep.setting_paths import SettingPath, is_of_node, setting_paths, value_of_setting

_MOST = 2
_PARTS = 4
"""Steps up to the present value; as many follow."""
_MULTIPLES = "x0.5, x1, x1.5"
WIDTHS = "x0.25, x0.5, x0.75, x1"
"""Multiples for counts that differ now."""
_LARGE = 4
"""The least number of which multiples make sense."""


def suggested_axes(project: Project, ref: NodeRef) -> tuple[str, ...]:
    """Axes for the counts of a layer or block, such as "net/conv.filters=8..64..8"; () if it has none above 1."""
    axes = []
    for path in setting_paths(project).by_text.values():
        if path.ref != ref or path.is_low_rank or get_args(path.type)[:1] != (int,):
            continue
        value = value_of_setting(project, path)
        if isinstance(value, int) and value > 1:
            axes.append(suggested_axis(project, path))
    return tuple(axes[:_MOST])


def suggested_axis(project: Project, path: SettingPath) -> str:
    """An axis with values around the present one of a setting, or with all its choices."""
    return f"{path.text}={suggested_values(project, path)}"


def suggested_values(project: Project, path: SettingPath) -> str:
    """Values around the present one of a setting, or all its choices; only such as it accepts."""
    value = value_of_setting(project, path)
    accepted = [item for item in _items(project, path, value) if accepts(project, path, item)]
    return ", ".join(accepted) or label_text(label_of(value))


def values_together(project: Project, paths: Sequence[SettingPath], values: str = "") -> str:
    """Values for several settings: these, or those suggested for the first; multiples of counts that differ now."""
    present = [value_of_setting(project, path) for path in paths]
    if len(set(present)) > 1 and all(isinstance(value, int) and value >= _LARGE for value in present):
        return WIDTHS
    return values or suggested_values(project, paths[0])


def _items(project: Project, path: SettingPath, value: Any) -> list[str]:
    type_ = inspect.type_info(path.type)
    type_ = type_.type if isinstance(type_, inspect.Metadata) else type_
    members = {type(member): member for member in (type_.types if isinstance(type_, inspect.UnionType) else (type_,))}
    literal = members.get(inspect.LiteralType)
    words = [str(word) for word in literal.values] if isinstance(literal, inspect.LiteralType) else []
    if value is None:
        return words or _unset_items(project, path, inspect.BoolType in members)
    if isinstance(value, bool):
        return ["true", "false"]
    if isinstance(value, str):
        return words or [value]
    return words + _number_items(path.setting, value)


def _unset_items(project: Project, path: SettingPath, is_switch: bool) -> list[str]:
    """Items for a setting that is left out: ranks up to the filters of the convolution to be replaced."""
    if is_switch:
        return ["true", "false"]
    if path.is_low_rank:
        convolution = as_convolution(project.network(path.ref[0]).node(path.ref[1]).layer)
        if convolution is not None and convolution.filters >= _PARTS:
            step = convolution.filters // _PARTS
            return [f"{step}..{convolution.filters}..{step}"]
    return ["1..4"]


def _number_items(setting: str, value: Any) -> list[str]:
    if isinstance(value, float):
        return [item.strip() for item in _MULTIPLES.split(",")] if value else ["0", "0.25", "0.5"]
    if isinstance(value, int):
        return [_RANGES.get(setting, _around)(value)]
    if len(value) == 2 and value[0] == value[1]:
        return [_RANGES.get(setting, _around)(value[0])]
    if len(value) == 2 and min(value) < _LARGE:
        height, width = value
        return [f"{height}x{width}", f"{width}x{height}"]
    return [json.dumps(list(value))] if len(value) != 2 else _MULTIPLES.split(", ")


def _around(value: int) -> str:
    """A range through a value, up to twice as much: "4..32..4" around 16."""
    if value < 2:
        return f"{value}..{value + 3}"
    step = max(1, value // _PARTS)
    return f"{value - (value - 1) // step * step}..{2 * value}..{step}"


_RANGES: dict[str, Callable[[int], str]] = {
    "kernel": lambda value: f"{2 - value % 2}..{value + 4}..2",
    "groups": lambda value: "1..8..*2" if value in (1, 2, 4, 8) else f"1, {value}",
    "seed": lambda value: f"{value}..{value + 4}",
}
"""Ranges of settings that do not grow in even steps, through the present value."""


def suggested_conditions(
    project: Project, check: ProjectCheck, design: str, paths: Iterable[SettingPath]
) -> tuple[str, ...]:
    """Conditions to begin with: no more than a design has now, and groups that divide the filters of swept layers."""
    analysis = check.analyses.get(design)
    budgets = () if analysis is None else (("macs", analysis.macs), ("params", analysis.params))
    conditions = [f"{name} <= {amount}" for name, amount in budgets if amount]
    by_text = setting_paths(project).by_text
    for path in paths:
        if is_of_node(path) and path.setting in ("filters", "groups"):
            stem = path.text.removesuffix(path.setting)
            if f"{stem}groups" in by_text and f"{stem}filters" in by_text and "'" not in stem:
                conditions.append(f"divides(setting('{stem}groups'), setting('{stem}filters'))")
    return tuple(dict.fromkeys(conditions))

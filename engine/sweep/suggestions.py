"""Axes to begin with: the numbers of a layer around their present values."""

from typing import get_args

from engine.network.node_ref import NodeRef
from engine.project.project import Project
from engine.sweep.setting_paths import setting_paths, value_of_setting

_MOST = 2
_PARTS = 4
"""Steps up to the present value; as many follow."""


def suggested_axes(project: Project, ref: NodeRef) -> tuple[str, ...]:
    """Axes for the counts of a layer or block, such as "net/conv.filters=8..64..8"; () if it has none above 1."""
    axes = []
    for text, path in setting_paths(project).by_text.items():
        if path.ref != ref or path.is_low_rank or get_args(path.type)[:1] != (int,):
            continue
        value = value_of_setting(project, path)
        if isinstance(value, int) and value > 1:
            step = max(1, value // _PARTS)
            axes.append(f"{text}={step}..{2 * value}..{step}")
    return tuple(axes[:_MOST])

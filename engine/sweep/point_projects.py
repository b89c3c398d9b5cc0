"""The projects of a sweep's points: the project with other settings, sharing with one another what is the same."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from engine.network.graph import Network, Node
from engine.network.input_specs import Input
from engine.network.node_ref import NodeRef
from engine.project.project import Project
from engine.run.check import check
from engine.sweep.axes import Axis, all_paths
from engine.sweep.faults import SweepFault
from engine.sweep.low_rank_axes import Group, Replaced, group_of, rank_changes, with_replacement
from engine.sweep.setting_paths import LOW_RANK, SettingPath, is_of_node, value_of_setting, with_project_setting

_Changes = dict[NodeRef, dict[str, Any]]
Point = tuple[int, ...]
"""A point of a sweep: for each axis the index of its value."""


class PointProjects:
    """Makes the project of each point.

    Equal nodes of two points are one object, by which an analysis knows what it need not compute again.

    Parameters
    ----------
    fit_inputs
        Inputs to which the weights of convolutions are fitted that are not fitted in the project.

    Raises
    ------
    SweepFault
        Two axes change the same, or a convolution cannot be replaced.
    """

    def __init__(self, project: Project, axes: Sequence[Axis], fit_inputs: Sequence[Input] = ()) -> None:
        self.project = project
        self.axes = axes
        self._fit_inputs = fit_inputs
        self._groups = self._find_groups()
        self._refuse_conflicts()
        self._templates: dict[tuple[Replaced, ...], Project] = {(): replace(project, sweep=None)}
        self._nodes: dict[tuple[Any, ...], Node] = {}

    def _find_groups(self) -> dict[NodeRef, Group]:
        """The group of each node of which an axis changes a setting of low-rank convolutions."""
        refs = dict.fromkeys(path.ref for path in all_paths(self.axes) if path.is_low_rank)
        if not refs:
            return {}
        project_check = check(self.project)
        groups = {ref: group_of(self.project, project_check, ref) for ref in refs}
        ranked = {groups[p.ref].ref for p in all_paths(self.axes) if p.setting == f"{LOW_RANK}rank"}
        for group in groups.values():
            if len(group.nodes) == 1 and group.ref not in ranked:
                raise SweepFault(f"{group.ref[1]} is not replaced yet and has no rank; add an axis for it")
        return groups

    def _refuse_conflicts(self) -> None:
        settings: set[tuple[NodeRef, str]] = set()
        inside = {(group.ref[0], name) for group in self._groups.values() for name in group.nodes}
        for path in all_paths(self.axes):
            ref = self._groups[path.ref].ref if path.is_low_rank else path.ref
            if (ref, path.setting) in settings:
                raise SweepFault(f"{path.text} is changed twice; leave it in one axis")
            if not path.is_low_rank and path.ref in inside:
                raise SweepFault(
                    f"{path.text} belongs to low-rank convolutions that another axis changes; leave it out"
                )
            settings.add((ref, path.setting))

    def changes(self, point: Point) -> dict[SettingPath, Any]:
        """What each setting of the axes is in a point."""
        return {
            path: value
            for axis, index in zip(self.axes, point, strict=True)
            for path, value in zip(axis.paths, axis.values[index].settings, strict=True)
        }

    def project_of(self, point: Point) -> Project:
        """The project of a point; SweepFault if there is none, as a form may not have that many ranks."""
        changes = self.changes(point)
        replacements = self._replacements(changes)
        project = self._template(tuple(replacements))
        node_changes: _Changes = {}
        for replaced, ranks in replacements.items():
            node_changes |= rank_changes(project, replaced, ranks)
        for path, value in changes.items():
            if not is_of_node(path):
                project = with_project_setting(project, path, value)
            elif not path.is_low_rank:
                node_changes.setdefault(path.ref, {})[path.setting] = value
        return self._with_nodes(project, node_changes)

    def _replacements(self, changes: Mapping[SettingPath, Any]) -> dict[Replaced, Any]:
        """The form of each group in a point, and its ranks."""
        settings: dict[Group, dict[str, Any]] = {}
        for path, value in changes.items():
            if path.is_low_rank:
                settings.setdefault(self._groups[path.ref], {})[path.setting.removeprefix(LOW_RANK)] = value
        replacements = {}
        for group, values in settings.items():
            rank = SettingPath(group.ref, f"{LOW_RANK}rank", None)
            replaced = Replaced(group, values.get("form", group.form), values.get("refit", group.refit))
            replacements[replaced] = values.get("rank", value_of_setting(self.project, rank))
            if replacements[replaced] is None:
                raise SweepFault(
                    f"{group.ref[1]} is not replaced yet, so its rank is unknown; add an axis for its rank"
                )
        return replacements

    def _template(self, replacements: tuple[Replaced, ...]) -> Project:
        """The project with these forms, and any ranks."""
        if replacements not in self._templates:
            project = self._templates[()]
            for replaced in replacements:
                project = with_replacement(project, replaced, self._fit_inputs)
            self._templates[replacements] = project
        return self._templates[replacements]

    def _with_nodes(self, project: Project, changes: _Changes) -> Project:
        by_design: dict[str, dict[str, dict[str, Any]]] = {}
        for (design, name), settings in changes.items():
            by_design.setdefault(design, {})[name] = settings
        for design, nodes in by_design.items():
            network = project.network(design)
            changed = list(network.nodes)
            for name, settings in nodes.items():
                index = network.index(name)
                changed[index] = self._node(network.nodes[index], settings)
            project = project.with_network(design, Network(tuple(changed)))
        return project

    def _node(self, node: Node, settings: dict[str, Any]) -> Node:
        """The node with other settings; the same object each time, and the node itself if nothing differs."""
        key = (id(node), *settings.items())  # templates hold the node, so that its id is its own
        if key not in self._nodes:
            try:
                layer = replace(node.layer, **settings)
            except ValueError as error:
                raise SweepFault(f"{node.name}: {error}") from None
            self._nodes[key] = node if layer == node.layer else replace(node, layer=layer)
        return self._nodes[key]

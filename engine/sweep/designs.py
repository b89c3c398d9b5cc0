"""Points of a sweep as designs of the project, to be opened, run and compared like any other."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from engine.network.graph import Network
from engine.network.node_ref import STEM
from engine.network.weight_specs import SeedWeights
from engine.project.project import Design, Project
from engine.sweep.answers import point_settings_text
from engine.sweep.axes import all_paths
from engine.sweep.axis_values import label_text
from engine.sweep.faults import SweepFault
from engine.sweep.point_projects import Point
from engine.sweep.setting_paths import is_of_node
from engine.sweep.sweep import Sweep
from engine.text.names import MAX_DESIGN_NAME, unique_name


def point_of(sweep: Sweep, row: Mapping[str, object]) -> Point:
    """The point of a row of the table."""
    labels = [[label_text(value.label) for value in axis.values] for axis in sweep.axes]
    return tuple(texts.index(label_text(row[axis.name])) for axis, texts in zip(sweep.axes, labels, strict=True))


def design_refusal(sweep: Sweep) -> str:
    """Why no point of a sweep can be a design beside the others; "" if each can."""
    for path in all_paths(sweep.axes):
        if not is_of_node(path) or path.ref[0] == STEM:
            return f"{path.text} belongs to all designs of a project"
        if path.ref[0] != sweep.design:
            return f"{path.text} belongs to another design than {sweep.design}"
    return ""


def with_points(sweep: Sweep, points: Iterable[Point]) -> Project:
    """The project with a design for each point behind its own, with the same weights as in the sweep.

    Raises
    ------
    SweepFault
        An axis changes what designs share, or a point has no project.
    """
    reason = design_refusal(sweep)
    if reason:
        raise SweepFault(reason)
    project = replace(sweep.project, sweep=None)
    for point in points:
        names = {design.name for design in project.designs}
        name = unique_name(_name(sweep, point), names, MAX_DESIGN_NAME)
        network = _with_seeds(sweep.projects.project_of(point).network(sweep.design), sweep.design)
        project = project.with_designs((*project.designs, Design(name, network)))
    return project


def _name(sweep: Sweep, point: Point) -> str:
    """The settings of a point, without the name of the design in their paths."""
    return point_settings_text(sweep, sweep.labels(point)).replace(f"{sweep.design}/", "")[:MAX_DESIGN_NAME]


def _with_seeds(network: Network, design: str) -> Network:
    """The network with the random weights that it has in a design of that name."""
    return Network(
        tuple(
            replace(node, weights=SeedWeights(design, node.name))
            if node.weights is None and node.layer.has_params
            else node
            for node in network.nodes
        )
    )

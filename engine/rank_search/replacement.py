"""Replaces convolutions of a project by fitted low-rank ones, and measures the error of the last volume."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from engine.layers import Conv2d
from engine.low_rank.forms import as_convolution
from engine.network.graph import INPUT, Network, Node
from engine.network.node_ref import STEM, NodeRef
from engine.network.weight_specs import Form, LowRankWeights, SeedWeights
from engine.project.project import Design, Project
from engine.rank_search.calibration import CalibrationSet
from engine.rank_search.candidates import rank_search_refusal
from engine.rank_search.error_curve import ErrorCurve
from engine.rank_search.search import RankSearch
from engine.run.request import RunRequest


class RankChoice(NamedTuple):
    """A convolution, and the rank of its replacement."""

    curve: ErrorCurve
    position: int
    """Index of the rank in the curve."""
    refit: bool = False

    @property
    def ranks(self) -> tuple[int, ...]:
        return self.curve.ranks[self.position]

    @property
    def macs(self) -> int:
        return self.curve.costs[self.position]


class Replacement(Struct, frozen=True, eq=False):
    """A design in which low-rank pairs replace some convolutions."""

    before: Project
    project: Project
    design: str
    choices: tuple[RankChoice, ...]
    macs_before: int
    macs: int
    errors: Mapping[str, float]
    """Relative error of the last volume of each design that changed, on the checking inputs."""


def apply_choices(
    project: Project, choices: Sequence[RankChoice], calibration: CalibrationSet, *, copy: bool = False
) -> tuple[Project, str]:
    """The project with all choices for one design applied to it, or to a copy of it; and that design's name.

    The stem is never copied.
    """
    design = choices[0].curve.ref[0]
    project, changed = copy_design(project, design) if copy and design != STEM else (project, design)
    for choice in choices:
        ref, form = (changed, choice.curve.ref[1]), choice.curve.form
        project = apply_low_rank(project, ref, form, choice.ranks, calibration, refit=choice.refit)
    return project, changed


def replace_and_measure(search: RankSearch, choices: Sequence[RankChoice]) -> Replacement:
    """Apply all choices for one design, and measure its last volume; for the stem, that of every design."""
    before = search.project
    project, design = apply_choices(before, choices, search.calibration)
    analyses = RunRequest.of(project).check.analyses
    names = [other.name for other in project.designs] if design == STEM else [design]
    specs = search.calibration.check_inputs or search.calibration.fit_inputs
    errors = {name: search.last_error(project, name, name, specs) for name in names or [STEM]}
    macs = search.request.check.analyses[design].macs or 0
    return Replacement(before, project, design, tuple(choices), macs, analyses[design].macs or 0, errors)


def apply_low_rank(
    project: Project,
    ref: NodeRef,
    form: Form,
    ranks: Sequence[int],
    calibration: CalibrationSet,
    *,
    refit: bool = False,
) -> Project:
    """The project with a layer replaced by fitted convolutions; a block that contains the layer is expanded.

    The last of them has the layer's bias, the others have none.
    """
    design, name = ref
    request = RunRequest.of(project)
    report = request.check.reports[ref]
    network = project.network(design)
    if report.block is not None:
        block = request.check.analyses[design].blocks[report.block]
        input_shape = block.input_shapes[0]
        assert input_shape is not None
        network = network.with_block_expanded(report.block, input_shape.channels)
    node = network.node(name)
    layer = as_convolution(node.layer)
    assert layer is not None, rank_search_refusal(report)
    parts = form.split("+")
    names = _part_names(network, name, parts)
    source = node.weights or SeedWeights(design, name)
    assert not isinstance(source, LowRankWeights), rank_search_refusal(report)
    recipe = LowRankWeights(form, tuple(names), source, calibration.fit_inputs, refit and "1x1+kxk" in form)
    filters = (*ranks, layer.filters)
    for part, part_name, count in zip(parts, names, filters, strict=True):
        last = part_name == names[-1]
        convolution = replace(layer, filters=count) if part == "kxk" else Conv2d(count, 1)
        convolution = replace(convolution, bias=last and layer.bias)
        if part == "kxk":
            network = network.with_node_replaced(name, replace(network.node(name), layer=convolution, weights=recipe))
        elif last:
            network = network.with_node_after(Node(part_name, convolution, (name,), recipe), name)
        else:
            network = _insert_before(network, name, Node(part_name, convolution, (), recipe))
    return project.with_network(design, network)


def _insert_before(network: Network, name: str, node: Node) -> Network:
    """Insert a node before another one, whose inputs it receives."""
    index = network.index(name)
    inputs = network.nodes[index].inputs
    extended = network.with_node(replace(node, inputs=inputs), index)
    return extended.with_inputs(name, (node.name,)) if inputs else extended


def _part_names(network: Network, name: str, parts: Sequence[str]) -> list[str]:
    """Unused names of the parts, after the layer's, which the k×k keeps."""
    existing = {node.name for node in network.nodes} | {INPUT}
    names = []
    for index, part in enumerate(parts):
        candidate = base = name if part == "kxk" else f"{name}_{'reduce' if index == 0 else 'expand'}"
        number = 2
        while part != "kxk" and candidate in existing:
            candidate, number = f"{base}_{number}", number + 1
        names.append(candidate)
    return names


def copy_design(project: Project, design: str) -> tuple[Project, str]:
    """The project with a copy of a design, with the same weights, behind it; and the copy's name."""
    names = {other.name for other in project.designs}
    name, number = f"{design}, fitted", 2
    while name in names:
        name, number = f"{design}, fitted {number}", number + 1
    network = project.design(design).network
    nodes = tuple(
        replace(node, weights=SeedWeights(design, node.name))
        if node.weights is None and node.layer.has_params
        else node
        for node in network.nodes
    )
    index = [other.name for other in project.designs].index(design) + 1
    designs = (*project.designs[:index], Design(name, Network(nodes)), *project.designs[index:])
    return project.with_designs(designs), name

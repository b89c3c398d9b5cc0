"""Low-rank convolutions as axes: a convolution, or what replaces it, in another form or with another rank."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from engine.low_rank.forms import as_convolution
from engine.network.input_specs import Input
from engine.network.node_ref import NodeRef
from engine.network.weight_specs import Form, LowRankWeights
from engine.project.project import Project
from engine.rank_search.calibration import CalibrationSet
from engine.rank_search.candidates import rank_search_refusal
from engine.rank_search.replacement import apply_low_rank
from engine.run.check import ProjectCheck
from engine.sweep.faults import SweepFault

_FORM: Form = "1x1+kxk"


class Group(NamedTuple):
    """A convolution that low-rank ones replace, or may replace."""

    ref: NodeRef
    """The k×k."""
    nodes: tuple[str, ...]
    """Names of the convolutions that stand for it in the project; its own if it is not replaced."""
    form: Form
    refit: bool


class Replaced(Struct, frozen=True):
    """A form of a group in a point: all but the ranks."""

    group: Group
    form: Form
    refit: bool


def group_of(project: Project, check: ProjectCheck, ref: NodeRef) -> Group:
    """The group of a node; SweepFault if it cannot be replaced."""
    design, name = ref
    recipe = project.network(design).node(name).weights
    if isinstance(recipe, LowRankWeights):
        core = recipe.nodes[recipe.form.split("+").index("kxk")]
        return Group((design, core), recipe.nodes, recipe.form, recipe.refit)
    reason = rank_search_refusal(check.reports.get(ref))
    if reason:
        raise SweepFault(f"{design}/{name} cannot be replaced: {reason}")
    return Group(ref, (name,), _FORM, False)


def with_replacement(project: Project, replaced: Replaced, fit_inputs: Sequence[Input]) -> Project:
    """The project with a group in a form; a form that it has already is not touched but for `refit`."""
    group = replaced.group
    design, core = group.ref
    network = project.network(design)
    recipe = network.node(core).weights
    if isinstance(recipe, LowRankWeights) and replaced.form == group.form:
        changed = replace(recipe, refit=replaced.refit)
        for name in group.nodes:
            network = network.with_node_replaced(name, replace(network.node(name), weights=changed))
        return project.with_network(design, network)
    calibration: Sequence[Input] = fit_inputs
    if isinstance(recipe, LowRankWeights):
        calibration = recipe.calibration
        project = _with_original(project, group)
    ranks = (1,) * replaced.form.count("+")
    return apply_low_rank(
        project, group.ref, replaced.form, ranks, CalibrationSet(tuple(calibration)), refit=replaced.refit
    )


def _with_original(project: Project, group: Group) -> Project:
    """The project with the original convolution in place of those that are fitted to it."""
    design, core = group.ref
    network = project.network(design)
    last, node = as_convolution(network.node(group.nodes[-1]).layer), network.node(core)
    layer, recipe = as_convolution(node.layer), node.weights
    assert last is not None, "a recipe without mistakes"
    assert layer is not None, "a recipe without mistakes"
    assert isinstance(recipe, LowRankWeights), "only such a group has an original"
    for name in group.nodes:
        if name != core:
            network = network.without(name)
    layer = replace(layer, filters=last.filters, bias=last.bias)
    original = replace(network.node(core), layer=layer, weights=recipe.of)
    return project.with_network(design, network.with_node_replaced(core, original))


def rank_changes(project: Project, replaced: Replaced, ranks: int | Sequence[int]) -> Mapping[NodeRef, dict[str, Any]]:
    """The settings of the layers of a group with these ranks; one number stands for both of a triple."""
    design = replaced.group.ref[0]
    recipe = project.network(design).node(replaced.group.ref[1]).weights
    assert isinstance(recipe, LowRankWeights), "the project has the replacement"
    names = recipe.nodes[:-1]
    numbers = [ranks] * len(names) if isinstance(ranks, int) else list(ranks)
    if len(numbers) != len(names):
        text = f"{replaced.group.ref[1]}: form {replaced.form} has one rank, not {len(numbers)}"
        raise SweepFault(text)
    return {(design, name): {"filters": number} for name, number in zip(names, numbers, strict=True)}

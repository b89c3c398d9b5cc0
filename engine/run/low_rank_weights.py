"""Fitted weights: checks their recipe, finds the layer that they replace, and computes the arrays."""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from engine.kernels import Checkpoint
from engine.layers import Conv2d
from engine.layers.windows import pair, size_text
from engine.low_rank.factorisation import Fitter, Volumes
from engine.low_rank.forms import as_convolution
from engine.network.analysis import Analysis, Report
from engine.network.input_specs import Input
from engine.network.weight_specs import FileWeights, LowRankWeights
from engine.project.project import Project
from engine.run import inputs, weights
from engine.run.weights import Weights


class FitPlan(Struct, frozen=True):
    """A convolution, the low-rank ones that replace it, and the volume that they are fitted to."""

    recipe: LowRankWeights
    layer: Conv2d
    """The replaced convolution."""
    shape: tuple[int, ...]
    """Shape of its weights, (F, C, kh, kw)."""
    ranks: tuple[int, ...]
    """Numbers of maps between the convolutions."""
    input_ref: str
    """Name of the node whose volume the first receives, or INPUT."""
    part: int
    """Index of this node among them."""
    part_biases: bool
    """Whether the last one has a bias, which is then the layer's."""


def fit_plan(analysis: Analysis, report: Report) -> FitPlan:
    """How to fit the weights of a node for which `recipe_mistakes` finds none."""
    recipe = report.weights
    assert isinstance(recipe, LowRankWeights)
    parts = [analysis.report_by_name.get(name) for name in recipe.nodes]
    convolutions = [None if part is None else as_convolution(part.layer) for part in parts]
    layers = [layer for layer in convolutions if layer is not None]
    assert len(layers) == len(recipe.nodes), "a recipe with mistakes has no plan"
    core = layers[recipe.form.split("+").index("kxk")]
    layer = replace(core, filters=layers[-1].filters, bias=False)
    first = parts[0]
    assert first is not None
    assert first.input_shapes[0] is not None
    shape = (layer.filters, first.input_shapes[0].channels, *pair(core.kernel))
    ranks = tuple(part.filters for part in layers[:-1])
    return FitPlan(recipe, layer, shape, ranks, first.inputs[0], recipe.nodes.index(report.name), layers[-1].bias)


def recipe_mistakes(project: Project, analysis: Analysis, report: Report) -> Iterator[str]:
    """What is wrong with the recipe of a node's weights; nothing if they have none."""
    recipe = report.weights
    if not isinstance(recipe, LowRankWeights) or report.output_shape is None:
        return
    mistakes = list(_form_mistakes(analysis, report, recipe))
    for spec in recipe.calibration:
        mistakes += [f"calibration: {text}" for text in _calibration_mistakes(project.input, spec)]
    if not mistakes:
        plan = fit_plan(analysis, report)
        mistakes += [
            text.removeprefix("weights: ")
            for text in weights.source_faults(recipe.of, _array_shapes(plan), plan.layer.kind)
        ]
    yield from (f"weights: {text}" for text in mistakes)


def recipe_notices(analysis: Analysis, report: Report) -> Iterator[str]:
    """What a user should know of the files of a recipe without mistakes; once, at the first of its nodes."""
    recipe = report.weights
    if not isinstance(recipe, LowRankWeights) or report.output_shape is None or report.name != recipe.nodes[0]:
        return
    for spec in recipe.calibration:
        yield from (f"weights: calibration: {notice}" for notice in inputs.input_notices(spec))
    if isinstance(recipe.of, FileWeights):
        yield from weights.source_notices(recipe.of, fit_plan(analysis, report).shape)


def _form_mistakes(analysis: Analysis, report: Report, recipe: LowRankWeights) -> Iterator[str]:
    if report.name not in recipe.nodes:
        yield f"nodes {list(recipe.nodes)} must name this node, {report.name}, too"
        return
    before: Report | None = None
    for name, kind in zip(recipe.nodes, recipe.form.split("+"), strict=True):
        part = analysis.report_by_name.get(name)
        layer = None if part is None else as_convolution(part.layer)
        if part is None or layer is None or layer.groups != 1:
            yield f"nodes names {name!r}; it must be a convolution of this design, without groups"
            return
        shape = part.input_shapes[0]
        if shape is None or part.output_shape is None:
            yield f"the shape at {name} is unknown; correct what lies before it"
            return
        kernel = pair(layer.kernel)
        if kind == "1x1" and kernel != (1, 1):
            yield f"{name} has a kernel of {size_text(kernel)}; in the form {recipe.form} it must be 1×1"
        if before is not None and not analysis.depends(part.name, before.name):
            yield f"{name} does not receive the output of {before.name}; in the form {recipe.form} it must"
        elif before is not None and before.output_shape is not None and shape.channels != before.output_shape.channels:
            yield f"{name} receives {shape.channels} channels and {before.name} returns {before.output_shape.channels}"
        before = part


def _calibration_mistakes(own: Input, spec: Input) -> Iterator[str]:
    """What is wrong with an input to fit to; it must have as many channels as the project's, as the layers require."""
    faults = list(inputs.input_faults(spec))
    yield from map(str, faults)
    if faults or list(inputs.input_faults(own)):
        return
    shape, own_shape = inputs.input_shape(spec), inputs.input_shape(own)
    if shape.channels != own_shape.channels:
        yield (
            f"{shape} has {shape.channels} channels; the project's input, {own_shape}, has {own_shape.channels}: "
            "fit to inputs of as many, or leave calibration out to fit to the project's"
        )


def _array_shapes(plan: FitPlan) -> dict[str, tuple[int, ...]]:
    """Shapes of the layer's arrays by role; in a file the bias is optional."""
    source = plan.recipe.of
    biased = plan.part_biases and (not isinstance(source, FileWeights) or bool(source.bias))
    return {"weight": plan.shape, **({"bias": (plan.shape[0],)} if biased else {})}


def recipe_identity(plan: FitPlan, project: Project) -> object:
    """All that the fit depends on besides the volumes, as a value for the digest."""
    stamps = [inputs.input_stamp(spec) for spec in plan.recipe.calibration]
    return replace(plan, part=0), weights.source_identity(plan.recipe.of, project.seed), stamps


def scratch_bytes(plan: FitPlan) -> int:
    """Memory that the fit needs at most besides one volume: covariances, and the matrices of a refit."""
    filters, channels, height, width = plan.shape
    refit_scratch = refit_bytes(plan.shape, plan.ranks[0]) if plan.recipe.refit else 0
    return refit_scratch + 8 * (6 * channels**2 + 3 * filters**2 + 4 * filters * channels * height * width)


def refit_bytes(shape: tuple[int, ...], rank: int) -> int:
    """Memory of the matrices that fit the k×k of weights (F, C, kh, kw) again behind a 1×1 to r maps.

    Three, with a row and a column per weight of one filter: the sum, a term of it, and its decomposition.
    """
    _, _, height, width = shape
    return 8 * 3 * (height * width * rank) ** 2


def original_weights(plan: FitPlan, project: Project, checkpoint: Checkpoint) -> Weights:
    """The arrays of the replaced layer; FileFault if a file does not have them."""
    return weights.weights_from_source(plan.recipe.of, _array_shapes(plan), seed=project.seed, checkpoint=checkpoint)


def fit_weights(plan: FitPlan, original: Weights, volumes: Volumes, checkpoint: Checkpoint) -> Sequence[Weights]:
    """The arrays of all parts in order, fitted to those of the layer; the last part has its bias.

    Raises
    ------
    NotFinite
        The volumes contain values to which nothing can be fitted.
    """
    fitter = Fitter(plan.layer, original["weight"], volumes, checkpoint)
    filters = fitter.weights(plan.recipe.form, plan.ranks, refit=plan.recipe.refit)
    parts: list[Weights] = [{"weight": weight, "bias": np.zeros(len(weight), np.float32)} for weight in filters]
    if "bias" in original:
        parts[-1]["bias"] = original["bias"]
    return parts

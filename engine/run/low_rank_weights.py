"""From the recipe of fitted weights to the layer that they stand for, and to the arrays."""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from engine.kernels import Checkpoint
from engine.layers import Conv2d
from engine.layers.windows import pair, size_text
from engine.low_rank.convolution import as_convolution
from engine.low_rank.factorisation import Fitter, Volumes
from engine.network.analysis import Analysis, Report
from engine.network.input_specs import Input
from engine.network.weight_specs import FileWeights, LowRankWeights
from engine.project.project import Project
from engine.run import inputs, weights
from engine.run.weights import Weights


class FitPlan(Struct, frozen=True):
    """A convolution, the narrower ones that do as it, and the volume that they are fitted to."""

    recipe: LowRankWeights
    layer: Conv2d
    """The one that they stand for."""
    shape: tuple[int, ...]
    """Of its weights: (F, C, kh, kw)."""
    ranks: tuple[int, ...]
    """Widths between the convolutions."""
    input_ref: str
    """Name of the node whose volume reaches the first, or INPUT."""
    part: int
    """Which of them this node is."""
    part_biases: bool
    """Whether the last has a bias, to be that of the layer."""


def fit_plan(analysis: Analysis, report: Report) -> FitPlan:
    """How the fitted weights of a node come about, where `mistakes` finds none."""
    recipe = report.weights
    assert isinstance(recipe, LowRankWeights)
    parts = [_report(analysis, name) for name in recipe.nodes]
    convolutions = [None if part is None else as_convolution(part.layer) for part in parts]
    layers = [layer for layer in convolutions if layer is not None]
    assert len(layers) == len(recipe.nodes), "what has mistakes has no plan"
    core = layers[recipe.form.split("+").index("kxk")]
    layer = replace(core, filters=layers[-1].filters, bias=False)
    first = parts[0]
    assert first is not None
    assert first.input_shapes[0] is not None
    shape = (layer.filters, first.input_shapes[0].channels, *pair(core.kernel))
    ranks = tuple(part.filters for part in layers[:-1])
    return FitPlan(recipe, layer, shape, ranks, first.inputs[0], recipe.nodes.index(report.name), layers[-1].bias)


def recipe_mistakes(project: Project, analysis: Analysis, report: Report) -> Iterator[str]:
    """What is wrong with the recipe of a node's weights; nothing for other weights."""
    recipe = report.weights
    if not isinstance(recipe, LowRankWeights) or report.output_shape is None:
        return
    found = list(_form_mistakes(analysis, report, recipe))
    for spec in recipe.calibration:
        found += [f"calibration: {text}" for text in _calibration_mistakes(project.input, spec)]
    if not found:
        made = fit_plan(analysis, report)
        found += [
            text.removeprefix("weights: ")
            for text in weights.source_mistakes(recipe.of, _arrays(made), made.layer.kind)
        ]
    yield from (f"weights: {text}" for text in found)


def _form_mistakes(analysis: Analysis, report: Report, recipe: LowRankWeights) -> Iterator[str]:
    if report.name not in recipe.nodes:
        yield f"nodes {list(recipe.nodes)} must name this node, {report.name}, too"
        return
    before: Report | None = None
    for name, kind in zip(recipe.nodes, recipe.form.split("+"), strict=True):
        part = _report(analysis, name)
        layer = None if part is None else as_convolution(part.layer)
        if part is None or layer is None or layer.groups != 1:
            yield f"nodes names {name!r}; a convolution in one group of this design is meant"
            return
        shape = part.input_shapes[0]
        if shape is None or part.output_shape is None:
            yield f"the shape at {name} is unknown; mend what lies before it"
            return
        kernel = pair(layer.kernel)
        if kind == "1x1" and kernel != (1, 1):
            yield f"{name} has a kernel of {size_text(kernel)}; in the form {recipe.form} it is 1×1"
        if before is not None and before.name not in _upstream(analysis, part):
            yield f"{name} does not receive what {before.name} gives; in the form {recipe.form} it does"
        elif before is not None and before.output_shape is not None and shape.channels != before.output_shape.channels:
            yield f"{name} receives {shape.channels} channels and {before.name} gives {before.output_shape.channels}"
        before = part


def _calibration_mistakes(own: Input, spec: Input) -> Iterator[str]:
    """What is wrong with an input to fit to; it has as many channels as the project's, for layers have them too."""
    faults = list(inputs.input_faults(spec))
    yield from map(str, faults)
    if faults or list(inputs.input_faults(own)):
        return
    found, wanted = inputs.input_shape(spec), inputs.input_shape(own)
    if found.channels != wanted.channels:
        yield (
            f"{found} has {found.channels} channels; the project's input, {wanted}, has {wanted.channels}: "
            "fit to inputs of as many, or leave calibration out to fit to the project's"
        )


def _upstream(analysis: Analysis, report: Report) -> set[str]:
    """Names of all that a node depends on."""
    sources = {other.name: other.inputs for other in analysis.reports}
    found: set[str] = set()
    waiting = [*report.inputs]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += sources.get(name, ())
    return found


def _report(analysis: Analysis, name: str) -> Report | None:
    return next((report for report in analysis.reports if report.name == name), None)


def _arrays(made: FitPlan) -> dict[str, tuple[int, ...]]:
    """Shapes of what the layer has by role; a file need not give a bias."""
    source = made.recipe.of
    biased = made.part_biases and (not isinstance(source, FileWeights) or bool(source.bias))
    return {"weight": made.shape, **({"bias": (made.shape[0],)} if biased else {})}


def recipe_identity(made: FitPlan, project: Project) -> object:
    """What the fit depends on beside the volumes, as a value to be digested."""
    stamps = [inputs.input_stamp(spec) for spec in made.recipe.calibration]
    return replace(made, part=0), weights.source_identity(made.recipe.of, project.seed), stamps


def scratch_bytes(made: FitPlan) -> int:
    """Memory that the fit needs at most, beside one volume: covariances, and the matrix of a refit."""
    filters, channels, height, width = made.shape
    again = refit_bytes(made.shape, made.ranks[0]) if made.recipe.refit else 0
    return again + 8 * (6 * channels**2 + 3 * filters**2 + 4 * filters * channels * height * width)


def refit_bytes(shape: tuple[int, ...], rank: int) -> int:
    """Memory of the matrices with which the k×k of weights (F, C, kh, kw) is fitted again behind a 1×1 to r maps.

    Three with a row and a column a weight of one filter: the sum, what is added to it, and its decomposition.
    """
    _, _, height, width = shape
    return 8 * 3 * (height * width * rank) ** 2


def original_weights(made: FitPlan, project: Project, checkpoint: Checkpoint) -> Weights:
    """The arrays of the layer that the parts stand for; FileFault where a file does not give them."""
    return weights.weights_from_source(made.recipe.of, _arrays(made), seed=project.seed, checkpoint=checkpoint)


def fit_weights(made: FitPlan, exact: Weights, volumes: Volumes, checkpoint: Checkpoint) -> Sequence[Weights]:
    """The arrays of all parts in their order, from those of the layer; the last has its bias.

    Raises
    ------
    NotFinite
        The volumes have values that nothing can be fitted to.
    """
    fitter = Fitter(made.layer, exact["weight"], volumes, checkpoint)
    found = fitter.weights(made.recipe.form, made.ranks, refit=made.recipe.refit)
    parts: list[Weights] = [{"weight": weight, "bias": np.zeros(len(weight), np.float32)} for weight in found]
    if "bias" in exact:
        parts[-1]["bias"] = exact["bias"]
    return parts

"""What a design computes without one map: set to 0, it reaches nothing behind it."""

from collections.abc import Iterator

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.explain.classes import Prediction, predict
from engine.explain.map_statistics import relative_error
from engine.files.paths import FileFault
from engine.kernels import Checkpoint
from engine.kernels.onnx_process import ModelFault
from engine.layers import Layer
from engine.network.node_ref import NodeRef
from engine.network.report import Report
from engine.project.project import Project
from engine.run.cache import VolumeCache
from engine.run.check import place_in_file
from engine.run.execute import NodeStarted, execute, weights_at
from engine.run.request import RunRequest
from engine.text.names import quoted
from engine.text.problems import Problem, ProjectError
from engine.text.units import relative_error_text

_Volume = NDArray[np.float32]


class LeftOut(Struct, frozen=True):
    """How the last volume of a design changes without a map."""

    ref: NodeRef
    channel: int
    maps: int
    error: float
    """‖a − b‖ / ‖a‖, b without the map."""
    before: Prediction | None = None
    """The most likely classes with the map; None if the design is no classifier."""
    after: Prediction | None = None

    @property
    def title(self) -> str:
        return f"{self.ref[0]} without map {self.channel} of {self.ref[1]}"

    def text(self) -> str:
        """Sentences: by how much the last volume changes, and what the classes are then."""
        percent = "" if self.error == float("inf") else relative_error_text(self.error)
        change = f"changes by {percent}" if percent else "is zero with the map"
        classes = "" if self.before is None or self.after is None else f" {_classes_text(self.before, self.after)}"
        return f"The last volume {change}.{classes}"


def _classes_text(before: Prediction, after: Prediction) -> str:
    return f"With the map: {before.text(3)}. Without it: {after.text(3)}."


def leave_map_out(
    project: Project, ref: NodeRef, channel: int, cache: VolumeCache, checkpoint: Checkpoint
) -> Iterator[NodeStarted | LeftOut]:
    """Run a design with and without a map of one of its nodes, blocks, or its input.

    Only what receives the node, perhaps through others, is computed again.

    Raises
    ------
    ProjectError
        The design has a mistake, or no such map.
    Cancelled
        From `checkpoint`.
    """
    design, name = ref
    request = RunRequest.of(project.with_designs([project.design(design)]))
    if any(problem.design == design for problem in request.check.problems) or (design, name) not in request.check.keys:
        block = request.check.block(ref)
        if block is None or (design, block.output) not in request.check.keys:
            raise ProjectError(request.check.problems or [Problem(f"{quoted(name)} cannot be run", "$.designs")])
        name = block.output
    volumes: dict[bytes, _Volume] = {}
    for event in execute(request, cache, checkpoint):
        if isinstance(event, NodeStarted):
            yield event
        else:
            volumes[event.key] = event.volume
    keys, analysis = request.check.keys, request.check.analyses[design]
    volume = volumes[keys[design, name]]
    if not 0 <= channel < len(volume):
        text = f"{quoted(ref[1])} has {len(volume)} maps and no map {channel}; 0 to {len(volume) - 1} are possible"
        raise ProjectError([Problem(text, "$.designs")])
    without = volume.copy()
    without[channel] = 0
    changed = {name: without}
    for report in analysis.reports:
        if any(source in changed for source in report.inputs) and report.name != name:
            inputs = [changed.get(source, volumes[keys[design, source]]) for source in report.inputs]
            changed[report.name] = _compute(request, design, report, inputs, cache, checkpoint)
    last = volumes[keys[design, analysis.output]]
    last_without = changed.get(analysis.output, last)
    predictions: tuple[Prediction | None, Prediction | None] = (None, None)
    if request.check.is_classifier(design):
        end, labels = analysis.reports[-1], request.check.labels
        predictions = (predict(end, last, labels), predict(end, last_without, labels))
    yield LeftOut(ref, channel, len(volume), relative_error(last, last_without), *predictions)


def _compute(
    request: RunRequest,
    design: str,
    report: Report,
    inputs: list[_Volume],
    cache: VolumeCache,
    checkpoint: Checkpoint,
) -> _Volume:
    checkpoint()
    layer = report.layer
    assert isinstance(layer, Layer), "reports of an analysis without closed blocks are those of layers"
    try:
        arrays = weights_at(request, (design, report.name), cache, checkpoint)
        with np.errstate(all="ignore"):
            return layer.forward(inputs, arrays, checkpoint)
    except (FileFault, ModelFault) as fault:
        place = place_in_file(request.project, design, report.index, "weights")
        raise ProjectError([Problem(f"{report.name}: {fault}", place, design, report.name)]) from None

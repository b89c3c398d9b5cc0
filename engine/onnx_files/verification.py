"""Compares the volumes of a run with those that ONNX Runtime computes of the model that a design came from.

Rounding grows from node to node, and a sigmoid makes much of little. So a node whose error is over the limit is
computed once more from ONNX Runtime's own volumes, which tells rounding before it from an error in it. If both are far
apart there as well, double precision decides which of them is.
"""

from collections.abc import Iterator, Mapping
from math import isfinite

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.files.paths import FileFault
from engine.kernels import Checkpoint
from engine.kernels.onnx_process import ModelFault
from engine.layers import Layer
from engine.network.graph import INPUT
from engine.network.node_ref import NodeRef
from engine.onnx_files.model_volumes import ComparableModel
from engine.project.project import Project
from engine.run.cache import VolumeCache
from engine.run.execute import NodeStarted, execute, weights_at
from engine.run.request import RunRequest
from engine.text.names import quoted
from engine.text.problems import Problem, ProjectError
from engine.text.units import count_text, number_text

_LARGEST_ERROR = 1e-5
"""Relative to the largest value of a volume: what rounding in another order explains in most volumes."""

_Volume = NDArray[np.float32]


class OwnInput(Struct, frozen=True):
    """Relative errors of a node that receives the volumes that ONNX Runtime has computed."""

    error: float
    """Ours against ONNX Runtime's."""
    exact_errors: tuple[float, float] | None = None
    """Ours and ONNX Runtime's against double precision, if the first is over 1e-5 and they can be computed."""

    @property
    def is_right(self) -> bool:
        """Whether the node computes what it should: as ONNX Runtime does, or no worse where that is inexact."""
        if self.error <= _LARGEST_ERROR or self.exact_errors is None:
            return self.error <= _LARGEST_ERROR
        ours, others = self.exact_errors
        return isfinite(ours) and ours <= max(_LARGEST_ERROR, others)

    @property
    def text(self) -> str:
        text = f"on ONNX Runtime's own input it is {number_text(self.error, 2)}"
        if self.exact_errors is None:
            return f"{text}: rounding has accumulated before that node" if self.is_right else text
        ours, others = (number_text(error, 2) for error in self.exact_errors)
        return f"{text}; there the volume is {ours} from double precision, and ONNX Runtime's {others}"


class Verification(Struct, frozen=True):
    """Relative errors by node, those without a counterpart in the model left out."""

    design: str
    errors: Mapping[str, float]
    own_inputs: Mapping[str, OwnInput]
    """Those of nodes with errors over 1e-5."""

    @property
    def _wrong_nodes(self) -> list[str]:
        return [node for node, errors in self.own_inputs.items() if not errors.is_right]

    @property
    def worst(self) -> str:
        """Of the wrong nodes the one with the largest error on ONNX Runtime's own input; if none is, of all nodes."""
        if self._wrong_nodes:
            return max(self._wrong_nodes, key=lambda node: self.own_inputs[node].error)
        return max(self.errors, key=lambda node: self.errors[node])

    @property
    def is_passed(self) -> bool:
        return not self._wrong_nodes

    @property
    def verdict(self) -> str:
        """``124 volumes equal to ONNX Runtime's, 2 of them up to rounding``."""
        count = count_text(len(self.errors), "volume")
        if not self.is_passed:
            return f"{count} NOT equal to ONNX Runtime's"
        rounded = f", {len(self.own_inputs)} of them up to rounding" if self.own_inputs else ""
        return f"{count} equal to ONNX Runtime's{rounded}"

    def text(self) -> str:
        return f"{self.design}: {self.verdict}; {self.worst_text}"

    @property
    def worst_text(self) -> str:
        """``the largest error is 0.00002 of the largest value, at 'conv'; on ONNX Runtime's own input it is 9e−08``."""
        kind = "largest error" if self.is_passed else "largest error that begins in a node"
        error = number_text(self.errors[self.worst], 2)
        parts = [f"the {kind} is {error} of the largest value, at {quoted(self.worst)}"]
        if self.worst in self.own_inputs:
            parts.append(self.own_inputs[self.worst].text)
        return "; ".join(parts)


def run_and_verify(
    project: Project, design: str, cache: VolumeCache, checkpoint: Checkpoint
) -> Iterator[NodeStarted | Verification]:
    """Run a design of a project without a stem, and then its model.

    Raises
    ------
    ProjectError
        One of them cannot run.
    Cancelled
        From `checkpoint`.
    """
    request = RunRequest.of(project.with_designs([project.design(design)]))
    if request.check.problems:
        raise ProjectError(request.check.problems)
    volumes: dict[str, _Volume] = {}
    for event in execute(request, cache, checkpoint):
        if isinstance(event, NodeStarted):
            yield event
        else:
            volumes[event.ref[1]] = event.volume
    yield verify(request, design, volumes, cache, checkpoint)


def verify(
    request: RunRequest,
    design: str,
    volumes: Mapping[str, _Volume],
    cache: VolumeCache,
    checkpoint: Checkpoint = lambda: None,
) -> Verification:
    """Run the model of a design on what the design has received; ProjectError if there is none, or it cannot run.

    Parameters
    ----------
    volumes
        Those of the design by the names of its nodes, and what it has received as that of `INPUT`.
    """
    model = ComparableModel.of(design, request.project.network(design), volumes)
    expected = model.volumes(volumes[INPUT], checkpoint)
    errors = {node: _relative_error(volumes[node], volume) for node, volume in expected.items()}
    again = {
        node: _computed_from({**volumes, **expected}, request, (design, node), cache, checkpoint)
        for node, error in errors.items()
        if error > _LARGEST_ERROR
    }
    own_inputs = {node: OwnInput(_relative_error(volume, expected[node])) for node, volume in again.items()}
    received = {INPUT: volumes[INPUT], **expected}
    # Double precision takes seconds for some layers; the first node that is wrong decides.
    for node in sorted(again, key=lambda node: -own_inputs[node].error):
        if not own_inputs[node].is_right and (exact := model.exact_volume(node, received, checkpoint)) is not None:
            exact_errors = _relative_error(again[node], exact), _relative_error(expected[node], exact)
            own_inputs[node] = OwnInput(own_inputs[node].error, exact_errors)
        if not own_inputs[node].is_right:
            break
    return Verification(design, errors, own_inputs)


def _computed_from(
    volumes: Mapping[str, _Volume], request: RunRequest, ref: NodeRef, cache: VolumeCache, checkpoint: Checkpoint
) -> _Volume:
    """What a node makes of these volumes; ProjectError if its file has changed, or ONNX Runtime cannot run it."""
    report = request.check.reports[ref]
    assert isinstance(report.layer, Layer), "what has a volume is a layer"
    try:
        arrays = weights_at(request, ref, cache, checkpoint)
        with np.errstate(all="ignore"):
            return report.layer.forward([volumes[source] for source in report.inputs], arrays, checkpoint)
    except (FileFault, ModelFault) as fault:
        raise ProjectError([Problem(f"{ref[1]}: {fault}", "", *ref)]) from None


def _relative_error(volume: _Volume, expected: _Volume) -> float:
    """The largest difference, over the largest finite one of the expected values; infinite if one alone is finite."""
    with np.errstate(invalid="ignore"):
        difference = np.abs(volume.astype(np.float64) - expected)
    difference[(volume == expected) | (np.isnan(volume) & np.isnan(expected))] = 0
    largest = float(np.abs(expected[np.isfinite(expected)]).max(initial=0))
    error = float(difference.max()) / largest if largest else float(difference.max())
    return error if isfinite(error) else float("inf")

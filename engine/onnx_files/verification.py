"""Compares the volumes of a run with those that ONNX Runtime computes of the model that a design came from."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.files.onnx_model import ONNX_SUFFIX, require_onnx
from engine.files.paths import FileFault, resolve_path
from engine.kernels import Checkpoint
from engine.kernels.onnx_process import ModelFault, run_model
from engine.network.graph import INPUT, Network
from engine.network.weight_specs import FileWeights
from engine.onnx_files.importer import ImportedModel, import_model
from engine.onnx_files.tensors import Tensor, volume_of
from engine.project.project import Project
from engine.run.cache import VolumeCache
from engine.run.execute import NodeStarted, execute
from engine.run.request import RunRequest
from engine.shapes import Shape
from engine.text.names import quoted
from engine.text.problems import Problem, ProjectError
from engine.text.units import count_text

_LARGEST_ERROR = 1e-5
"""Relative to the largest value of a volume: what rounding in another order explains in most volumes."""
_OWN_DIFFERENCES = 2
"""Errors up to so many times the difference of two ways in which ONNX Runtime itself computes a volume are rounding as
well: each of its ways, and ours, is that far from the exact values."""

_Volume = NDArray[np.float32]


class Verification(Struct, frozen=True):
    """Relative errors by node, those without a counterpart in the model left out."""

    design: str
    errors: Mapping[str, float]
    own_differences: Mapping[str, float]
    """How far ONNX Runtime's volumes with and without its optimisations differ, relatively, for errors over 1e-5."""

    @property
    def worst(self) -> str:
        """The node with the largest error, of those that rounding does not explain if there are any."""
        return max(self.errors, key=lambda node: (self._is_wrong(node), self.errors[node]))

    @property
    def is_passed(self) -> bool:
        return not self._is_wrong(self.worst)

    def _is_wrong(self, node: str) -> bool:
        limit = max(_LARGEST_ERROR, _OWN_DIFFERENCES * self.own_differences.get(node, 0.0))
        return self.errors[node] > limit or not isfinite(self.errors[node])

    @property
    def verdict(self) -> str:
        """``124 volumes equal to ONNX Runtime's``."""
        count = count_text(len(self.errors), "volume")
        return f"{count} {'equal' if self.is_passed else 'NOT equal'} to ONNX Runtime's"

    def text(self) -> str:
        worst = f"the largest error is {self.errors[self.worst]:.2g} at {self.worst}"
        return "; ".join(filter(None, (f"{self.design}: {self.verdict}", worst, self.own_sentence)))

    @property
    def own_sentence(self) -> str:
        """How far ONNX Runtime differs from itself at the worst node; "" if its error is small, or no rounding."""
        own = self.own_differences.get(self.worst)
        if own is None or not self.is_passed:
            return ""
        return f"ONNX Runtime differs from itself by {own:.2g} there, with its optimisations and without"


def model_path(network: Network) -> str:
    """The ONNX file that the weights of a network are in; "" if there is none."""
    sources = (node.weights for node in network.nodes)
    paths = (source.path for source in sources if isinstance(source, FileWeights))
    return next((path for path in paths if Path(path).suffix.lower() == ONNX_SUFFIX), "")


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
    received = volumes.pop(INPUT)
    yield verify(design, project.network(design), received, volumes, checkpoint)


def verify(
    design: str,
    network: Network,
    received: _Volume,
    volumes: Mapping[str, _Volume],
    checkpoint: Checkpoint = lambda: None,
) -> Verification:
    """Run the model of a design on what the design has received; ProjectError if there is none, or it cannot run.

    Parameters
    ----------
    received
        The volume C×H×W that the design received.
    volumes
        Those of the design by the names of its nodes.
    """
    path = model_path(network)
    if not path:
        text = f"design {quoted(design)} has no weights in an ONNX file; there is nothing to compare it with"
        raise ProjectError([Problem(text, "")])
    imported = import_model(Path(path), None if _has_own_size(path) else received.shape[1:])
    tensors = dict(_comparable(imported, network, volumes))
    entry = next(iter(imported.tensors.values()))
    if entry.volume != Shape(*received.shape) or not tensors:
        text = f"the model of design {quoted(design)} receives {entry.volume}, and the design {Shape(*received.shape)}"
        raise ProjectError([Problem(text, "")], path)
    model, inputs = _with_outputs(path, tuple(tensors)), [_as_tensor(received, entry)]

    def compute(*, optimised: bool) -> list[_Volume]:
        try:
            outputs = run_model(model, inputs, checkpoint, optimised=optimised)
        except (ModelFault, FileFault) as fault:
            raise ProjectError([Problem(f"ONNX Runtime cannot run it: {fault}", "")], path) from None
        return [volume_of(output.array, tensor) for tensor, output in zip(tensors.values(), outputs, strict=True)]

    sources, expected = [tensor.source for tensor in tensors.values()], compute(optimised=False)
    errors = _largest_errors(sources, [volumes[source] for source in sources], expected)
    if max(errors.values()) <= _LARGEST_ERROR:
        return Verification(design, errors, {})
    return Verification(design, errors, _largest_errors(sources, compute(optimised=True), expected))


def _largest_errors(
    sources: Sequence[str], volumes: Sequence[_Volume], expected: Sequence[_Volume]
) -> dict[str, float]:
    """The largest relative error of the volumes of each node; several tensors may come from one."""
    errors: dict[str, float] = {}
    for source, volume, exact in zip(sources, volumes, expected, strict=True):
        errors[source] = max(_relative_error(volume, exact), errors.get(source, 0.0))
    return errors


def _has_own_size(path: str) -> bool:
    try:
        import_model(Path(path))
    except ProjectError:
        return False
    return True


def _comparable(
    imported: ImportedModel, network: Network, volumes: Mapping[str, _Volume]
) -> Iterator[tuple[str, Tensor]]:
    """Yield the values of the model whose volume the design still has, by name and shape."""
    node_names = {node.name for node in network.nodes}
    compared_names: set[str] = set()
    for name, tensor in imported.tensors.items():
        if (
            tensor.source == INPUT
            or tensor.source in compared_names
            or any(tensor.margins)
            or tensor.source not in node_names
        ):
            continue
        if tensor.source in volumes and volumes[tensor.source].shape == tuple(tensor.volume):
            compared_names.add(tensor.source)
            yield name, tensor


def _with_outputs(path: str, names: tuple[str, ...]) -> bytes:
    """The model with these values as its outputs."""
    onnx = require_onnx()
    model = onnx.load(str(resolve_path(path)))  # with its external data, whose place has been checked by the import
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    return bytes(model.SerializeToString())


def _as_tensor(volume: NDArray[np.float32], tensor: Tensor) -> NDArray[np.float32]:
    """The values of a volume as the tensor that it is: the inverse of `volume_of`."""
    split = volume.reshape([tensor.sizes[letter] for letter in tensor.letters_in_order])
    return split.transpose([tensor.letters_in_order.index(letter) for letter in tensor.letters]).reshape(tensor.shape)


def _relative_error(volume: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """The largest difference, over the largest of the expected values; infinite if one of them is not finite."""
    difference = np.abs(volume.astype(np.float64) - expected)
    largest = float(np.abs(expected).max())
    error = float(difference.max()) / largest if largest else float(difference.max())
    return error if np.isfinite(error) else float("inf")

"""Writes a design as a model: MODEL_FORMATS lists the formats."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from engine.files.atomic_write import Content, write_atomically
from engine.files.paths import resolve_path
from engine.files.targets import require_file
from engine.files.unfinished import missing_folders, removed_on_failure
from engine.kernels import Checkpoint
from engine.model_export.edit_report import edit_report
from engine.model_export.edited_copy import EditedCopy
from engine.model_export.external_data import beside
from engine.model_export.keras_text import keras_module
from engine.model_export.onnx_writer import onnx_content
from engine.model_export.origin import find_origin
from engine.model_export.plan import ExportPlan, OnLayer, WeightLoader, export_plan
from engine.model_export.safetensors import safetensors_content, weight_arrays
from engine.model_export.torch_text import PythonModule, torch_module
from engine.run.cache import VolumeCache
from engine.run.request import RunRequest
from engine.text.problems import Problem, ProjectError
from engine.text.units import count_text

_WEIGHTS_SUFFIX = ".safetensors"


class ModelExport(NamedTuple):
    """A design, how and where it is to be written."""

    request: RunRequest
    design: str
    format: "ModelFormat"
    out: Path
    project: Path | None = None
    """The file of the project, if it has one."""

    @property
    def files_read(self) -> Iterator[Path]:
        """The project, and what it reads; none of it is written over."""
        if self.project is not None:
            yield self.project
        yield from map(resolve_path, self.request.check.files)

    def require_target(self) -> None:
        """Raise ProjectError if a file cannot be written there, or is one that the project reads, or the project."""
        if self.out.suffix.lower() != self.format.suffix:
            ending, needed = self.out.suffix or "nothing", self.format.suffix
            text = f"ends in {ending!r}; a file of this format, {self.format.title}, ends in {needed}"
            raise ProjectError([Problem(text, "")], self.out)
        for path in self.format.paths(self.out):
            require_file(path, self.files_read)


class MadeModel(NamedTuple):
    """The files of a model, those that others need first, and a report of some lines."""

    files: tuple[tuple[Path, Content], ...]
    report: str


class ModelFormat(NamedTuple):
    """A format, and the function that makes its files."""

    id: str
    title: str
    suffix: str
    make: Callable[[ModelExport, ExportPlan, WeightLoader], MadeModel]
    has_weights_file: bool = False
    """Whether the weights are in a file of their own beside the one that is named."""

    def paths(self, out: Path) -> tuple[Path, ...]:
        return (out, out.with_suffix(_WEIGHTS_SUFFIX)) if self.has_weights_file else (out,)


def _onnx(export: ModelExport, plan: ExportPlan, weights: WeightLoader) -> MadeModel:
    """A copy of the model that the design came from, with its edits; or a new one."""
    origin = find_origin(plan, weights.checkpoint)
    if origin is None or origin.before.input_shape != plan.input_shape:
        reason = ""
        if origin is not None:
            reason = (
                f"written anew: the input is {plan.input_shape}, that of {origin.path} {origin.before.input_shape}\n"
            )
        return _whole(export, plan, reason, onnx_content(weights.load(plan), weights.checkpoint))
    unchanged = [name for name, fate in origin.fates.items() if fate == "kept"]
    copy = EditedCopy(replace(origin, plan=weights.load(plan, but=unchanged)), weights.checkpoint)
    content = copy.content()
    files = beside(copy.external_files, Path(origin.path), export.out, export.files_read)
    return MadeModel((*files, (export.out, content)), f"{export.out.name}: {edit_report(origin)}")


def _python(
    make: Callable[[ExportPlan, Checkpoint], PythonModule], export: ModelExport, plan: ExportPlan, weights: WeightLoader
) -> MadeModel:
    module = make(weights.load(plan), weights.checkpoint)
    content = safetensors_content(module.arrays, weights.checkpoint)
    return _whole(export, plan, "", module.text.encode(), content)


def _safetensors(export: ModelExport, plan: ExportPlan, weights: WeightLoader) -> MadeModel:
    arrays = weight_arrays(weights.load(plan))
    return _whole(export, plan, "", safetensors_content(arrays, weights.checkpoint))


def _whole(export: ModelExport, plan: ExportPlan, reason: str, *contents: Content) -> MadeModel:
    """A model of the whole plan; the first content is that of the file that is named."""
    files = tuple(zip(export.format.paths(export.out), contents, strict=True))
    text = (
        f"{export.out.name}: {export.format.title}, {count_text(len(plan.layers), 'layer')} of {plan.design}\n{reason}"
    )
    return MadeModel(files[::-1], text)


MODEL_FORMATS: tuple[ModelFormat, ...] = (
    ModelFormat("onnx", "ONNX model", ".onnx", _onnx),
    ModelFormat("pytorch", "PyTorch module", ".py", partial(_python, torch_module), has_weights_file=True),
    ModelFormat("keras", "Keras 3 module", ".py", partial(_python, keras_module), has_weights_file=True),
    ModelFormat("safetensors", "weights alone", _WEIGHTS_SUFFIX, _safetensors),
)


def model_format(name: str) -> ModelFormat:
    """The format of that id; KeyError if there is none."""
    return {row.id: row for row in MODEL_FORMATS}[name]


def write_model(
    export: ModelExport,
    cache: VolumeCache | None = None,
    checkpoint: Checkpoint = lambda: None,
    on_layer: OnLayer = lambda *_: None,
) -> str:
    """Write a model, each of its files completely or not at all, and return a report of some lines.

    Raises
    ------
    ProjectError
        The design cannot run, or a layer has no counterpart in the format, or a file cannot be written.
    """
    export.require_target()
    plan = export_plan(export.request, export.design)
    weights = WeightLoader(export.request, cache or VolumeCache(), checkpoint, on_layer)
    model = export.format.make(export, plan, weights)
    checkpoint()
    for path, content in model.files:
        _write(path, content)
    return model.report


def _write(path: Path, content: Content) -> None:
    try:
        with removed_on_failure(*missing_folders(str(path.parent))):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)
    except OSError as error:
        text = f"cannot be written: {error.strerror or error}; choose another place"
        raise ProjectError([Problem(text, "")], path) from None

"""Writes a design as a model: MODEL_FORMATS lists the formats."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from engine.files.atomic_write import write_atomically
from engine.files.paths import resolve_path
from engine.files.targets import require_file
from engine.files.unfinished import missing_folders, removed_on_failure
from engine.kernels import Checkpoint
from engine.model_export.onnx_writer import onnx_content
from engine.model_export.plan import ExportPlan, OnLayer, export_plan, with_arrays
from engine.model_export.safetensors import safetensors_content, weight_arrays
from engine.run.cache import VolumeCache
from engine.run.execute import RunRequest
from engine.text.problems import Problem, ProjectError
from engine.text.units import count_text

WEIGHTS_SUFFIX = ".safetensors"


class WrittenFile(NamedTuple):
    """A file of an export."""

    path: Path
    content: bytes


class ModelFormat(NamedTuple):
    """A format, and the functions that say which files it has, and what is in them."""

    id: str
    title: str
    suffix: str
    make: Callable[[ExportPlan, Checkpoint], tuple[bytes, ...]]
    """The contents: of the file that is named, and of the one with its weights, if there is one."""
    has_weights_file: bool = False

    def paths(self, out: Path) -> tuple[Path, ...]:
        return (out, out.with_suffix(WEIGHTS_SUFFIX)) if self.has_weights_file else (out,)


def _onnx(plan: ExportPlan, checkpoint: Checkpoint) -> tuple[bytes, ...]:
    return (onnx_content(plan, checkpoint),)


def _safetensors(plan: ExportPlan, checkpoint: Checkpoint) -> tuple[bytes, ...]:
    return (safetensors_content(weight_arrays(plan), checkpoint),)


MODEL_FORMATS: tuple[ModelFormat, ...] = (
    ModelFormat("onnx", "ONNX model", ".onnx", _onnx),
    ModelFormat("safetensors", "Weights alone", WEIGHTS_SUFFIX, _safetensors),
)


def model_format(name: str) -> ModelFormat:
    """The format of that id; KeyError if there is none."""
    return {row.id: row for row in MODEL_FORMATS}[name]


class ModelExport(NamedTuple):
    """A design, how and where it is to be written."""

    request: RunRequest
    design: str
    format: ModelFormat
    out: Path
    project: Path | None = None
    """The file of the project, if it has one."""

    def require_target(self) -> None:
        """Raise ProjectError if a file cannot be written there, or is one that the project reads, or the project."""
        if self.out.suffix.lower() != self.format.suffix:
            ending, needed = self.out.suffix or "nothing", self.format.suffix
            text = f"ends in {ending!r}; a file of this format, {self.format.title}, ends in {needed}"
            raise ProjectError([Problem(text, "")], self.out)
        sources: Iterable[Path] = map(resolve_path, self.request.check.files)
        read = [*([] if self.project is None else [self.project]), *sources]
        for path in self.format.paths(self.out):
            require_file(path, read)


def write_model(
    export: ModelExport,
    cache: VolumeCache | None = None,
    checkpoint: Checkpoint = lambda: None,
    on_layer: OnLayer = lambda *_: None,
) -> str:
    """Write a model, each of its files completely or not at all, and return a report of some lines.

    Parameters
    ----------
    cache
        Volumes that are known already, for weights that are fitted to them.

    Raises
    ------
    ProjectError
        The design cannot run, or a layer has no counterpart in the format, or a file cannot be written.
    """
    export.require_target()
    plan = export_plan(export.request, export.design)
    plan = with_arrays(plan, export.request, cache or VolumeCache(), checkpoint, on_layer)
    contents = export.format.make(plan, checkpoint)
    checkpoint()
    files = [WrittenFile(*pair) for pair in zip(export.format.paths(export.out), contents, strict=True)]
    for file in reversed(files):  # the weights first: the file that is named needs them
        _write(file)
    return f"{export.format.title}: {count_text(len(plan.layers), 'layer')} of {plan.design}\n"


def _write(file: WrittenFile) -> None:
    try:
        with removed_on_failure(*missing_folders(str(file.path.parent))):
            file.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file.path, file.content)
    except OSError as error:
        text = f"cannot be written: {error.strerror or error}; choose another place"
        raise ProjectError([Problem(text, "")], file.path) from None

"""Files that are dropped or chosen, several at once: each goes where it belongs; what cannot be used is named once."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtWidgets import QWidget

from engine.files import arrays
from engine.files.array_axes import likely_axes
from engine.files.arrays import ARRAY_SUFFIXES, Header
from engine.files.onnx_model import ONNX_SUFFIX
from engine.files.paths import FileFault
from engine.files.photo_formats import PHOTO_SUFFIXES
from engine.network.input_specs import ArrayInput, ImageInput, Input, with_photo
from engine.network.node_ref import NodeRef
from engine.project.embedded import REPORT_SUFFIXES
from engine.text.problems import ProjectError
from gui.panels.array_choice import array_with_axes
from gui.panels.source_fields import has_fitting_array, match_arrays
from gui.state import edits
from gui.state.view_state import ViewState
from gui.workbench.workbench import Workbench

SAVED_SUFFIXES = (".toml", ".json")
PROJECT_SUFFIXES = (*SAVED_SUFFIXES, *REPORT_SUFFIXES, ONNX_SUFFIX)
"""Of the files that have a project: its own, reports, and ONNX models, of which one is made."""
_IMAGE_SUFFIXES = (*PHOTO_SUFFIXES, ".heic", ".heif")
"""Those of HEIC as well, so that a photo of an iPhone is refused with what to do."""
_KINDS = (PROJECT_SUFFIXES, _IMAGE_SUFFIXES, ARRAY_SUFFIXES)
"""In the order in which files of several kinds are used: the project first, as the others are for it."""


class NotUsed(Exception):
    """Why a file is not used."""


class DroppedFiles:
    """Uses files for the project of a workbench.

    Parameters
    ----------
    open_project
        Opens a project, and calls what comes then; raises ProjectError if it cannot be read.
    may_discard
        Asks about unsaved changes; False if the user stays.
    on_input
        Called when the input is another one.
    """

    def __init__(
        self,
        window: QWidget,
        workbench: Workbench,
        open_project: Callable[[Path, Callable[[], object]], object],
        may_discard: Callable[[], bool],
        on_input: Callable[[], object],
    ) -> None:
        self._window, self._workbench = window, workbench
        self._open_project, self._may_discard, self._on_input = open_project, may_discard, on_input

    def use(self, paths: Sequence[Path], report: Callable[[Sequence[str]], object]) -> None:
        """Use each file, a project first; report why some are not used, or use none if the user stays."""
        reasons = [f"{path}: {unknown}" for path in paths if (unknown := _unknown(path))]
        projects = [path for path in paths if is_project(path)]
        reasons += [f"{path}: only one project opens, {projects[0].name}" for path in projects[1:]]

        def use_inputs() -> None:
            report([*reasons, *self._use_inputs(paths)])

        if not projects:
            use_inputs()
        elif self._may_discard():
            try:
                self._open_project(projects[0], use_inputs)
            except (FileFault, ProjectError) as reason:
                reasons.append(_with_path(projects[0], reason))
                use_inputs()

    def _use_inputs(self, paths: Sequence[Path]) -> Iterator[str]:
        """Use photos and arrays for the project that is open now; yield why some are not used."""
        sources: list[Path] = []
        """Files that have become the input: there is one."""
        for path in sorted(filter(is_input, paths), key=lambda path: not is_photo(path)):  # photos first
            try:
                if is_photo(path):
                    _require_first(sources, "there is one input")
                    self._use_photo(path)
                    sources.append(path)
                elif self._use_arrays(path, sources, alone=len(paths) == 1):
                    sources.append(path)
            except (NotUsed, FileFault, ProjectError) as reason:
                yield _with_path(path, reason)

    def _use_photo(self, path: Path) -> None:
        spec = self._workbench.state.project.input
        self._use_input(
            with_photo(spec, str(path)) if isinstance(spec, ImageInput) else ImageInput(str(path)),
            f"Use photo {path.name}",
        )

    def _use_arrays(self, path: Path, sources: Sequence[Path], *, alone: bool) -> bool:
        """Use arrays as the weights of the layers that they fit, others as the input; returns whether that is so."""
        state, headers = self._workbench.state, arrays.read_headers(str(path))
        refs = fitted_layers(state, headers)
        if refs:
            self._use_weights(path, refs)
            return False
        name, header = next(iter(headers.items()), ("", None))
        if not alone and (sources or header is None or not likely_axes(header.shape)):
            raise NotUsed("its arrays fit no layer" + (f", and {sources[0].name} is the input" if sources else ""))
        spec = array_with_axes(self._window, ArrayInput(str(path), name))
        if spec is not None:
            self._use_input(spec, f"Use array {path.name}")
        return spec is not None

    def _use_weights(self, path: Path, refs: Sequence[NodeRef]) -> None:
        state = self._workbench.state
        project, text = state.project, ""
        for ref in refs:
            weights = match_arrays(str(path), project.network(ref[0]).node(ref[1]), state.report(ref))
            edit = edits.set_weights(project, ref, weights, path.name)
            project, text = edit.project, edit.text
        self._workbench.edit(text if len(refs) == 1 else f"Use {path.name} weights for {len(refs)} layers", project)

    def _use_input(self, spec: Input, text: str) -> None:
        self._workbench.edit(text, replace(self._workbench.state.project, input=spec))
        self._on_input()


def fitted_layers(state: ViewState, headers: Mapping[str, Header]) -> tuple[NodeRef, ...]:
    """The layers that a file of arrays has weights for: all that its arrays name and fit.

    If they name none, the selected one if it fits, or the only one that does.
    """
    fitting = [ref for ref in _own_layers(state) if has_fitting_array(headers, state.check.reports[ref])]
    named = tuple(ref for ref in fitting if any(_is_named(ref[1], array) for array in headers))
    if not named and state.focus.ref in fitting:
        return (state.focus.ref,)
    return named or (tuple(fitting) if len(fitting) == 1 else ())


def _own_layers(state: ViewState) -> Iterator[NodeRef]:
    """The layers of the project that may have weights, without those of blocks."""
    for design, network in state.project.networks():
        for node in network.nodes:
            report = state.check.reports.get((design, node.name))
            if report is not None and report.array_shapes and state.check.block((design, node.name)) is None:
                yield design, node.name


def _is_named(node: str, array: str) -> bool:
    """Whether an array's name begins with a node's, or contains it between dots or slashes."""
    return array.startswith((f"{node}.", f"{node}/", f"{node}_")) or node in re.split(r"[./]", array)


def is_project(path: Path) -> bool:
    return path.suffix.lower() in PROJECT_SUFFIXES


def is_photo(path: Path) -> bool:
    return path.suffix.lower() in _IMAGE_SUFFIXES


def is_input(path: Path) -> bool:
    """Whether a file can be the input of a project."""
    return is_photo(path) or path.suffix.lower() in ARRAY_SUFFIXES


def _unknown(path: Path) -> str:
    """Why the kind of a file is unknown, by its ending; "" if it is not."""
    known = [suffix for suffixes in _KINDS for suffix in suffixes]
    suffix = path.suffix.lower()
    return "" if suffix in known else f"{suffix or 'no ending'} is unknown; known are {', '.join(known)}"


def _with_path(path: Path, reason: Exception) -> str:
    text = str(reason)
    return text if str(path) in text else f"{path}: {text}"


def _require_first(used: Sequence[Path], words: str) -> None:
    if used:
        raise NotUsed(f"{words}, {used[0].name}")

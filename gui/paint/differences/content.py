"""What differs between two designs, with the relative errors of their volumes."""

from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from engine.explain.map_statistics import relative_error
from engine.kernels import Checkpoint
from engine.network.graph import INPUT
from engine.reports.difference_formats import DifferenceRow, pair_error_text
from engine.reports.differences import ComparedLayer, DesignDifferences, difference_text
from engine.reports.first_difference import first_difference
from gui.paint.basics.derived_cache import CACHE
from gui.state.comparison import design_differences
from gui.state.view_state import ViewState
from gui.state.volume_at import Float32Volume

COMPARE_HINT = "Two designs are compared here: add one with + Design, or duplicate one (Ctrl+Shift+D)"
_KEY = ("relative error",)
_COMPUTING = "computing …"
_Volumes = tuple[Float32Volume, Float32Volume]


class LayerError(Struct, frozen=True):
    """The relative error of a pair of layers, or why there is none."""

    value: float | None
    reason: str = ""

    @property
    def text(self) -> str:
        return self.reason if self.value is None else pair_error_text(self.value)

    @property
    def short(self) -> str:
        """The error; a dash without one, an ellipsis while it is computed."""
        return pair_error_text(self.value) or ("…" if self.reason == _COMPUTING else "–")


class DifferencesContent(Struct, frozen=True, eq=False, dict=True):
    """All that is shown of two designs."""

    differences: DesignDifferences | None
    """None if there are no two designs."""
    errors: tuple[LayerError, ...] = ()
    """By layer."""
    links: tuple[tuple[int, int], ...] = ()
    """Positions of layers whose errors a line joins: the second one receives the first, perhaps through others."""

    @cached_property
    def rows(self) -> tuple[DifferenceRow, ...]:
        """Every layer with its error."""
        layers = () if self.differences is None else self.differences.layers
        return tuple(DifferenceRow(layer, error.value) for layer, error in zip(layers, self.errors, strict=True))

    @cached_property
    def differing(self) -> tuple[DifferenceRow, ...]:
        """The layers that differ; while errors are computed none goes that a name alone makes one."""
        return tuple(row for row in self.rows if row.layer.differs_by(row.error if self.is_complete else None))

    @property
    def is_complete(self) -> bool:
        """Whether no error waits to be computed."""
        return all(error.reason != _COMPUTING for error in self.errors)

    @property
    def has_errors(self) -> bool:
        return any(error.value is not None for error in self.errors)

    @property
    def first_text(self) -> str:
        """The first layer with other values in words; "" before a run, and until all errors are computed."""
        if self.differences is None or not self.is_complete:
            return ""
        return first_difference(self.differences, [error.value for error in self.errors]).text

    @property
    def description(self) -> str:
        """The chart in words."""
        count = sum(error.value is not None for error in self.errors)
        return f"Errors of {count} layers; the table lists them"


def build_differences(state: ViewState) -> DifferencesContent:
    """Compare the two designs of a state, with the errors that are cached: it never waits for others."""
    differences = design_differences(state)
    if differences is None:
        return DifferencesContent(None)
    errors = tuple(_cached_error(state, differences, layer) for layer in differences.layers)
    return DifferencesContent(differences, errors, tuple(_links(state, differences, errors)))


def compute_errors(state: ViewState, checkpoint: Checkpoint = lambda: None) -> Iterator[None]:
    """Compute the errors that are not cached, one after another; this may take long."""
    differences = design_differences(state)
    for layer in () if differences is None else differences.layers:
        volumes = _volumes(state, differences, layer) if differences is not None else ""
        if not isinstance(volumes, str) and not CACHE.has(volumes, _KEY):
            _error_of(volumes, checkpoint)
            yield


def describe_layer(content: DifferencesContent, index: int) -> str:
    """A layer of the comparison in words, for the status bar."""
    differences = content.differences
    assert differences is not None, "without designs there is no layer"
    layer = differences.layers[index]
    error = content.errors[index]
    parts = [layer.name, difference_text(layer, differences)]
    return ": ".join(parts) + (f" · relative error {error.text}" if error.value is not None else f" · {error.reason}")


def _error_of(volumes: _Volumes, checkpoint: Checkpoint = lambda: None) -> float:
    return CACHE.get_or_make(volumes, _KEY, lambda: relative_error(*volumes, checkpoint), lambda _: 64)


def _cached_error(state: ViewState, differences: DesignDifferences, layer: ComparedLayer) -> LayerError:
    volumes = _volumes(state, differences, layer)
    if isinstance(volumes, str):
        return LayerError(None, volumes)
    if volumes[0] is volumes[1]:
        return LayerError(0.0)
    return LayerError(_error_of(volumes)) if CACHE.has(volumes, _KEY) else LayerError(None, _COMPUTING)


def _volumes(state: ViewState, differences: DesignDifferences, layer: ComparedLayer) -> _Volumes | str:
    """The fresh volumes of a layer in both designs, or why they cannot be compared."""
    first, second = differences.volume_refs(layer)
    if first is None or second is None:
        return "only one design has this layer"
    one, other = state.volume_at(first), state.volume_at(second)
    if one.shape != other.shape:
        return "outputs of different shapes"
    if one.volume is None or other.volume is None or not (one.is_fresh and other.is_fresh):
        return "run to compare the volumes (F5)"
    return one.volume, other.volume


def _links(
    state: ViewState, differences: DesignDifferences, errors: tuple[LayerError, ...]
) -> Iterator[tuple[int, int]]:
    """Yield which errors follow each other in the network of the second design, past layers without an error."""
    analysis = state.visible_analysis(differences.second)
    positions = {
        layer.pair.second.name: index for index, layer in enumerate(differences.layers) if layer.pair.second is not None
    }
    nearest: dict[str, frozenset[int]] = {INPUT: frozenset()}
    """By layer, the last positions with an error from which its output comes; itself if it has one."""
    for report in analysis.reports:
        before = frozenset().union(*(nearest.get(name, frozenset()) for name in report.inputs))
        index = positions.get(report.name)
        if index is None or errors[index].value is None:
            nearest[report.name] = before
            continue
        nearest[report.name] = frozenset({index})
        yield from ((source, index) for source in sorted(before))


def selected_layer(content: DifferencesContent, state: ViewState) -> int | None:
    """The position of the selected layer among those that are compared."""
    if content.differences is None:
        return None
    ref = state.visible_ref(state.focus.ref)
    layers = enumerate(content.differences.layers)
    return next((index for index, layer in layers if ref in content.differences.refs(layer)), None)

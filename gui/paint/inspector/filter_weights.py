"""The weights that an explanation needs: of a whole layer if that is small, else of one filter only."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.kernels import Checkpoint
from engine.layers.explanation import channel_weights
from engine.network.analysis import Report
from engine.network.weight_specs import LowRankWeights
from engine.run.check import NodeRef
from gui.paint.basics.derived_cache import CACHE, Key
from gui.paint.maps import layer_weights
from gui.state.view_state import ViewState

MOST_AT_ONCE = 1_000_000
"""Weights of a layer that are found while the window waits; of more it takes longer than a frame."""
_MOST_WHOLE = 8_000_000
"""Weights of a layer that the cache holds whole; of more only one filter's, and a picture of all."""
_MOST_ROWS, MOST_COLUMNS = 512, 1024
"""Of a matrix that is drawn; of more every 2nd, 3rd … is taken."""


class WeightMatrix(Struct, frozen=True, eq=False):
    """The weights of filters (rows) for the values of a vector (columns), every so-and-so-many-th of them."""

    values: NDArray[np.float32]
    rows: int
    columns: int
    row_step: int
    column_step: int
    first_row: int = 0
    """Filter of the first row: with groups those of one group are rows."""

    @property
    def largest_weight(self) -> float:
        """The largest absolute weight that is drawn."""
        return float(np.abs(self.values).max(initial=0.0)) or 1.0


class LayerWeights(Struct, frozen=True, eq=False):
    """The weights of a layer by role: of all filters, or of one with a picture of the others."""

    arrays: Mapping[str, NDArray[Any]]
    channel: int | None = None
    """The only filter that is held; None: all are."""
    matrix: WeightMatrix | None = None

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.arrays.values()) + (self.matrix.values.nbytes if self.matrix else 0)

    def filter_roles(self, channel: int) -> Mapping[str, NDArray[Any]]:
        """What belongs to one filter, which is the one that is held."""
        return self.arrays if self.channel is not None else channel_weights(self.arrays, channel)


def filter_weights_key(state: ViewState, place: NodeRef, channel: int) -> Key:
    """What the weights at a place depend on, and what of them is held; FileFault where their file is gone."""
    return (
        "explained weights",
        layer_weights.layer_weights_key(state, place),
        channel if _is_large(state, place) else None,
    )


def loads_quickly(report: Report) -> bool:
    """Whether the weights can be found while the window waits; fitted ones are at hand or not there at all."""
    return _weight_count(report) <= MOST_AT_ONCE or isinstance(report.weights, LowRankWeights)


def has_filter_weights(state: ViewState, place: NodeRef, channel: int) -> bool:
    """Whether they were found already; FileFault where their file is gone."""
    if _is_large(state, place):
        return CACHE.has((), filter_weights_key(state, place, channel))
    return layer_weights.has_layer_weights(state, place)


def load_filter_weights(state: ViewState, place: NodeRef, channel: int, checkpoint: Checkpoint) -> LayerWeights:
    """The weights at a place as an explanation of that channel needs them. It may take long.

    Raises
    ------
    FileFault
        A file does not give them, or only a run will.
    """
    report = state.check.reports[place]
    if not _is_large(state, place):
        return LayerWeights(layer_weights.load_layer_weights(state, place, checkpoint) if report.array_shapes else {})

    def make() -> LayerWeights:
        arrays = state.weights(place, checkpoint)
        return LayerWeights(channel_weights(arrays, channel), channel, make_weight_matrix(report, arrays, channel))

    return CACHE.get_or_make((), filter_weights_key(state, place, channel), make, lambda found: found.nbytes)


def make_weight_matrix(report: Report, arrays: Mapping[str, NDArray[Any]], channel: int) -> WeightMatrix | None:
    """The matrix of the filter's group, if the layer multiplies vectors by it, as a 1×1 convolution does."""
    layer, received = report.filter_layer, report.input_shapes[0]
    if layer is None or received is None or not layer.multiplies_vector(received):
        return None
    whole = arrays["weight"].reshape(len(arrays["weight"]), -1)
    read = layer.input_channels(channel, [received])
    groups = received.channels // (read.stop - read.start)
    rows, columns = len(whole) // groups, whole.shape[1]
    first = channel // rows * rows
    row_step, column_step = -(-rows // _MOST_ROWS), -(-columns // MOST_COLUMNS)
    values = whole[first : first + rows : row_step, ::column_step].copy()
    return WeightMatrix(values, rows, columns, row_step, column_step, first)


def _weight_count(report: Report) -> int:
    return report.weight_bytes // 4


def _is_large(state: ViewState, place: NodeRef) -> bool:
    return _weight_count(state.check.reports[place]) > _MOST_WHOLE

"""The weights that an explanation needs: of the whole layer if it is small, else of one filter."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.kernels import Checkpoint
from engine.layers import Layer
from engine.network.analysis import Report
from engine.network.node_ref import NodeRef
from engine.network.weight_specs import LowRankWeights
from gui.paint.basics.colours import largest_magnitude
from gui.paint.basics.derived_cache import CACHE, Key
from gui.paint.maps import layer_weights
from gui.state.view_state import ViewState

_MOST_AT_ONCE = 1_000_000
"""Weights of a layer that are loaded while the window waits; more take longer than a frame."""
_MOST_WHOLE = 8_000_000
"""Weights of a layer that is cached whole; of a larger one only one filter, and a picture of all."""
_MOST_ROWS, _MOST_COLUMNS = 512, 1024
"""Size of a matrix that is drawn whole; of a larger one every 2nd, 3rd … row or column."""


class WeightMatrix(Struct, frozen=True, eq=False):
    """The weights of filters (rows) for the values of a vector (columns), subsampled by steps."""

    values: NDArray[np.float32]
    rows: int
    columns: int
    row_step: int
    column_step: int
    first_row: int = 0
    """Filter of the first row; with groups, only the filters of one group are rows."""

    @property
    def largest_weight(self) -> float:
        """The largest absolute weight that is drawn; 1 if all are 0."""
        return largest_magnitude(self.values) or 1.0


class LayerWeights(Struct, frozen=True, eq=False):
    """The weights of a layer by role: of all filters, or of one with a picture of all."""

    arrays: Mapping[str, NDArray[Any]]
    channel: int | None = None
    """The only filter in `arrays`; None: all filters."""
    matrix: WeightMatrix | None = None

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.arrays.values()) + (self.matrix.values.nbytes if self.matrix else 0)

    def filter_roles(self, layer: Layer, channel: int) -> Mapping[str, NDArray[Any]]:
        """Return the layer's weights for one channel; if only those of one are stored, `channel` is that one."""
        return self.arrays if self.channel is not None else layer.weights_of(self.arrays, channel)


def filter_weights_key(state: ViewState, ref: NodeRef, channel: int) -> Key:
    """Return the cache key of a layer's weights, with the filter if the layer is large.

    Raises FileFault if their file is gone.
    """
    return (
        "explained weights",
        layer_weights.layer_weights_key(state, ref),
        channel if _is_large(state, ref) else None,
    )


def loads_quickly(report: Report) -> bool:
    """Whether the weights load while the window waits; fitted ones are at hand or do not exist yet."""
    return _weight_count(report) <= _MOST_AT_ONCE or isinstance(report.weights, LowRankWeights)


def has_filter_weights(state: ViewState, ref: NodeRef, channel: int) -> bool:
    """Whether the weights are cached. Raises FileFault if their file is gone."""
    if _is_large(state, ref):
        return CACHE.has((), filter_weights_key(state, ref, channel))
    return layer_weights.has_layer_weights(state, ref)


def load_filter_weights(state: ViewState, ref: NodeRef, channel: int, checkpoint: Checkpoint) -> LayerWeights:
    """Return the weights of a layer that an explanation of `channel` needs; may be slow.

    Raises
    ------
    FileFault
        A file lacks them, or a run must fit them first.
    """
    report = state.check.reports[ref]
    if not _is_large(state, ref):
        return LayerWeights(layer_weights.load_layer_weights(state, ref, checkpoint) if report.array_shapes else {})

    def make() -> LayerWeights:
        arrays = state.weights(ref, checkpoint)
        assert isinstance(report.layer, Layer), "a block has no weights"
        own = report.layer.weights_of(arrays, channel)
        return LayerWeights(own, channel, make_weight_matrix(report, arrays, channel))

    return CACHE.get_or_make((), filter_weights_key(state, ref, channel), make, lambda weights: weights.nbytes)


def make_weight_matrix(report: Report, arrays: Mapping[str, NDArray[Any]], channel: int) -> WeightMatrix | None:
    """Return the matrix of the filter's group, if the layer multiplies vectors, as a 1×1 convolution does."""
    layer, input_shape = report.filter_layer, report.input_shapes[0]
    if layer is None or input_shape is None or not layer.multiplies_vector(input_shape):
        return None
    whole = arrays["weight"].reshape(len(arrays["weight"]), -1)
    channels = layer.input_channels(channel, [input_shape])
    groups = input_shape.channels // (channels.stop - channels.start)
    rows, columns = len(whole) // groups, whole.shape[1]
    first = channel // rows * rows
    row_step, column_step = -(-rows // _MOST_ROWS), -(-columns // _MOST_COLUMNS)
    values = whole[first : first + rows : row_step, ::column_step].copy()
    return WeightMatrix(values, rows, columns, row_step, column_step, first)


def _weight_count(report: Report) -> int:
    return report.weight_bytes // 4


def _is_large(state: ViewState, ref: NodeRef) -> bool:
    return _weight_count(state.check.reports[ref]) > _MOST_WHOLE

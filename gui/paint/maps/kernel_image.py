"""The kernel of the selected map: the weights of one filter or unit, one tile per input channel."""

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.files.paths import FileFault
from engine.layers import Layer
from engine.layers.windows import size_text
from engine.network.analysis import Report
from engine.network.weight_specs import LowRankWeights, source_text
from engine.shapes import Shape
from gui.paint.basics.colours import DIVERGING
from gui.paint.maps.budget import COMPUTING_TEXT, Budget
from gui.paint.maps.layer_weights import get_layer_weights, too_large_reason
from gui.paint.maps.tiles import MapTiles
from gui.state.view_state import ViewState


class KernelTiles(Struct, frozen=True, eq=False):
    """A filter's weights as tiles (C/groups×kh×kw), or the reason why none are shown."""

    title: str
    source: str
    first_channel: int = 0
    """Input channel of the first tile; with groups, a filter reads only some."""
    tiles: MapTiles | None = None
    reason: str = ""
    is_mistake: bool = False
    """Whether the reason is a mistake."""

    @property
    def largest_weight(self) -> float:
        """The largest absolute weight: the end of the colour map."""
        return 0.0 if self.tiles is None else float(self.tiles.highs[0])

    @property
    def channel_norms(self) -> NDArray[np.float64]:
        """‖w‖ per input channel (C/groups,); values that are not finite count as 0."""
        if self.tiles is None or self.tiles.values is None:
            return np.zeros(0)
        values = _finite_values(self.tiles.values.astype(np.float64))
        sizes: NDArray[np.float64] = np.sqrt(np.einsum("cyx,cyx->c", values, values))
        return sizes


def load_selected_kernel(state: ViewState, budget: Budget | None = None) -> KernelTiles | None:
    """Return the kernel of the selected map, or the weights of the selected unit; None if no such map is selected.

    `budget` decides whether to wait for many weights; default: wait.
    """
    channel, report = state.focus.channel, state.report(state.focus.ref)
    layer = None if report is None else report.kernel_layer
    if channel is None or report is None or layer is None:
        return None
    shape, input_shape = report.array_shapes.get("weight"), report.input_shapes[0]
    if shape is None or input_shape is None or channel >= layer.output_shape([input_shape]).channels:
        return None
    source, channels = _source(report, state.project.seed), layer.input_channels(channel, [input_shape])
    first, title = channels.start, _title(layer, input_shape, channel, channels)
    if too_large_reason(shape):
        return KernelTiles(title, source, first, reason=f"kernel {too_large_reason(shape)}")
    try:
        weight = get_layer_weights(state, state.focus.ref, budget or Budget())
    except FileFault as fault:
        is_pending = isinstance(report.weights, LowRankWeights)  # a run will fit them: not a mistake
        return KernelTiles(title, source, first, reason=str(fault), is_mistake=not is_pending)
    if weight is None:
        return KernelTiles(title, source, first, reason=COMPUTING_TEXT)
    values = layer.kernel_weights(weight, channel, input_shape)
    limit = np.array([float(np.abs(_finite_values(values)).max()) or 1.0])
    return KernelTiles(title, source, first, MapTiles(Shape(*values.shape), values, -limit, limit, DIVERGING))


def _finite_values(values: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.isfinite(values), values, 0)


def _title(layer: Layer, input_shape: Shape, channel: int, channels: slice) -> str:
    first, inputs = channels.start, channels.stop - channels.start
    inputs_text = f"{inputs} input channels" if inputs > 1 else "1 input channel"
    if inputs < input_shape.channels:
        inputs_text = f"input channels {first}–{first + inputs - 1}" if inputs > 1 else f"input channel {first}"
    return f"{layer.filter_title} {channel} · {size_text(layer.kernel_size(input_shape))} · {inputs_text}"


def _source(report: Report, seed: int) -> str:
    return f"random weights, seed {seed}" if report.weights is None else source_text(report.weights)

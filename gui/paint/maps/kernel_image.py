"""The kernel of a chosen map: the weights of one filter or unit, for each input channel a tile."""

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.files.paths import FileFault
from engine.layers import Layer
from engine.layers.windows import size_text
from engine.network.analysis import Report
from engine.network.weight_specs import LowRankWeights, source_text
from engine.run.check import NodeRef
from engine.shapes import Shape
from gui.paint.basics.colours import DIVERGING
from gui.paint.maps.budget import COMPUTING_TEXT, Budget
from gui.paint.maps.layer_weights import has_layer_weights, load_layer_weights, too_large_reason
from gui.paint.maps.tiles import MapTiles
from gui.state.view_state import ViewState

_WEIGHT = 4
"""Values that are gone through in the time in which a weight is drawn at random or read."""


class KernelTiles(Struct, frozen=True, eq=False):
    """A filter's weights as tiles (C/groups×kh×kw), or the reason why there are none to show."""

    title: str
    source: str
    first_channel: int = 0
    """Input channel of the first tile; with groups a filter sees only some."""
    tiles: MapTiles | None = None
    reason: str = ""
    is_error: bool = False
    """Whether the reason is a mistake."""

    @property
    def largest_weight(self) -> float:
        """The largest absolute weight, where the colours end."""
        return 0.0 if self.tiles is None else float(self.tiles.highs[0])

    @property
    def channel_norms(self) -> NDArray[np.float64]:
        """How large the weights of each input channel are together: ‖w‖, (C/groups,); what is not finite left out."""
        if self.tiles is None or self.tiles.values is None:
            return np.zeros(0)
        values = _finite_values(self.tiles.values.astype(np.float64))
        sizes: NDArray[np.float64] = np.sqrt(np.einsum("cyx,cyx->c", values, values))
        return sizes


def load_chosen_kernel(state: ViewState, budget: Budget | None = None) -> KernelTiles | None:
    """The kernel of the chosen map, or the weights of a chosen unit; None where no map of such a layer is chosen.

    `budget` says whether to wait for many weights; left out: it waits.
    """
    channel, report = state.focus.channel, state.report(state.focus.ref)
    layer = None if report is None else report.filter_layer
    if channel is None or report is None or layer is None:
        return None
    shape, received = report.array_shapes.get("weight"), report.input_shapes[0]
    if shape is None or received is None or channel >= shape[0]:
        return None
    source, read = _source(report, state.project.seed), layer.input_channels(channel, [received])
    first, title = read.start, _title(layer, received, channel, read)
    if too_large_reason(shape):
        return KernelTiles(title, source, first, reason=f"kernel {too_large_reason(shape)}")
    try:
        weight = get_layer_weights(state, state.focus.ref, budget or Budget())
    except FileFault as fault:
        waits = isinstance(report.weights, LowRankWeights)  # for a run, which is no mistake
        return KernelTiles(title, source, first, reason=str(fault), is_error=not waits)
    if weight is None:
        return KernelTiles(title, source, first, reason=COMPUTING_TEXT)
    values = layer.filter_weights(weight, channel, received)
    limit = np.array([float(np.abs(_finite_values(values)).max()) or 1.0])
    return KernelTiles(title, source, first, MapTiles(Shape(*values.shape), values, -limit, limit, DIVERGING))


def _finite_values(values: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.isfinite(values), values, 0)


def _title(layer: Layer, received: Shape, channel: int, read: slice) -> str:
    first, inputs = read.start, read.stop - read.start
    of = f"{inputs} input channels" if inputs > 1 else "1 input channel"
    if inputs < received.channels:
        of = f"input channels {first}–{first + inputs - 1}" if inputs > 1 else f"input channel {first}"
    return f"{layer.filter_title} {channel} · {size_text(layer.windows(received).kernel)} · {of}"


def _source(report: Report, seed: int) -> str:
    return f"random weights, seed {seed}" if report.weights is None else source_text(report.weights)


def get_layer_weights(state: ViewState, place: NodeRef, budget: Budget) -> NDArray[np.float32] | None:
    """Weights of a layer, a filter or unit in each row; None where they are many and nobody waits.

    Raises
    ------
    FileFault
        A file, or a run, does not give them.
    """
    count = int(np.prod(state.check.reports[place].array_shapes["weight"], dtype=np.int64))
    if not has_layer_weights(state, place) and budget.postpones(_WEIGHT * count):
        return None
    return load_layer_weights(state, place, budget.proceed)["weight"]

"""The kernel of a chosen map: the weights of one filter, for each input channel a tile."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine import weights
from engine.analysis import Report
from engine.files import FileFault
from engine.layers import Conv2d
from engine.layers.windows import pair, times
from engine.shapes import Shape
from engine.sources import LowRankWeights, described
from gui.paint.colours import DIVERGING
from gui.paint.tiles import Tiles
from gui.state import ViewState

MOST_WEIGHTS = 5_000_000
"""Weights of a layer; more would take so long to get that the window would stand still."""

_last: dict[object, NDArray[np.float32]] = {}
"""The weights asked for last: going through the maps of one layer gets them once."""


class Kernel(Struct, frozen=True, eq=False):
    """A filter's weights as tiles (C/groups×kh×kw), or the reason why there are none to show."""

    title: str
    source: str
    first_channel: int = 0
    """Input channel of the first tile; with groups a filter sees only some."""
    tiles: Tiles | None = None
    fault: str = ""
    wrong: bool = False
    """Whether the reason is a mistake."""

    @property
    def limit(self) -> float:
        """The largest absolute weight, where the colours end."""
        return 0.0 if self.tiles is None else float(self.tiles.highs[0])


def chosen_kernel(state: ViewState) -> Kernel | None:
    """The kernel of the chosen map; None where no map of a convolution is chosen."""
    channel, report = state.focus.channel, state.report(state.focus.place)
    if channel is None or report is None or not isinstance(report.layer, Conv2d):
        return None
    shape = report.array_shapes.get("weight")
    if shape is None or channel >= shape[0]:
        return None
    inputs = shape[1]
    first = channel // (shape[0] // report.layer.groups) * inputs
    title, source = _title(report.layer, channel, first, inputs), _source(report, state.project.seed)
    if np.prod(shape, dtype=np.int64) > MOST_WEIGHTS:
        return Kernel(title, source, first, fault=f"kernel too large to show: the layer has {np.prod(shape):,} weights")
    try:
        values = _weights(state)[channel]
    except FileFault as fault:
        waits = isinstance(report.weights, LowRankWeights)  # for a run, which is no mistake
        return Kernel(title, source, first, fault=str(fault), wrong=not waits)
    limit = np.array([float(np.abs(values).max()) or 1.0])
    return Kernel(title, source, first, Tiles(Shape(*values.shape), values, -limit, limit, DIVERGING))


def _title(layer: Conv2d, channel: int, first: int, inputs: int) -> str:
    of = f"{inputs} input channels" if inputs > 1 else "1 input channel"
    if layer.groups > 1:
        of = f"input channels {first}–{first + inputs - 1}" if inputs > 1 else f"input channel {first}"
    return f"kernel of filter {channel} · {times(pair(layer.kernel))} · {of}"


def _source(report: Report, seed: int) -> str:
    return f"random weights, seed {seed}" if report.weights is None else described(report.weights)


def _weights(state: ViewState) -> NDArray[np.float32]:
    """Weights (filters, C/groups, kh, kw) of the chosen layer; FileFault where a file does not give them."""
    place = state.focus.place
    report = state.check.reports[place]
    if isinstance(report.weights, LowRankWeights):
        return state.weights(place, lambda: None)["weight"]
    key = weights.identity(report, state.project.seed, place[0]), report.array_shapes["weight"]
    if key not in _last:
        found = state.weights(place, lambda: None)["weight"]
        _last.clear()
        _last[key] = found
    return _last[key]

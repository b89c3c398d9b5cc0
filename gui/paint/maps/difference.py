"""The difference of two volumes as one more mosaic: where and how much two designs give something else."""

import numpy as np
from msgspec import Struct

from engine.explain.map_statistics import relative_error
from engine.kernels import Checkpoint
from engine.shapes import Shape
from gui.paint.basics.colours import DIVERGING, PERCENTILES_TEXT, value_range
from gui.paint.basics.text_drawing import number_text
from gui.paint.maps.budget import COMPUTING_TEXT, Budget
from gui.paint.maps.mosaic_panels import MosaicPanel
from gui.paint.maps.tiles import MapOrdering, MapTiles
from gui.state.volume_at import Float32Volume

_NAME = "difference"


class _Difference(Struct, frozen=True, eq=False):
    tiles: MapTiles
    error: float


def make_difference_panel(
    first: Float32Volume,
    second: Float32Volume,
    names: tuple[str, str],
    *,
    order: MapOrdering | None = None,
    budget: Budget | None = None,
    fresh: bool = True,
    note: str = "",
) -> MosaicPanel:
    """The plate of ``a − b`` for two volumes of one shape (C×H×W) called `names`.

    Its colours are its own: blue below zero, red above, white at zero, as far as its largest values (percentiles, as
    everywhere). Its words state them and the relative error ``‖a − b‖ / ‖a‖``, over all pairs of finite values.

    Parameters
    ----------
    budget
        Says whether to wait for large volumes; left out: it waits.
    """
    shape = Shape(*first.shape)
    found = (budget or Budget()).get(
        (first, second),
        ("difference",),
        lambda checkpoint: _compute_difference(first, second, checkpoint),
        2 * first.size,
        lambda made: 4 * made.tiles.shape.size,
    )
    if found is None:
        return MosaicPanel(None, _NAME, COMPUTING_TEXT, MapTiles(shape), order=order)
    return MosaicPanel(
        None,
        _NAME,
        f"error {number_text(found.error, 3)}",
        found.tiles,
        is_fresh=fresh,
        note=note,
        order=order,
        legend_text=_difference_text(found, names),
    )


def _compute_difference(first: Float32Volume, second: Float32Volume, checkpoint: Checkpoint) -> _Difference:
    with np.errstate(all="ignore"):  # ∞ − ∞ is shown as what it is: not a number
        values = first - second
    low, high = value_range(values, zero_centred=True)
    tiles = MapTiles(Shape(*values.shape), values, np.array([low]), np.array([high]), DIVERGING)
    return _Difference(tiles, relative_error(first, second, checkpoint))


def _difference_text(found: _Difference, names: tuple[str, str]) -> str:
    first, second = names
    return (
        f"difference: its own range ({PERCENTILES_TEXT}), white is zero · "
        f"relative error ‖{first} − {second}‖ / ‖{first}‖ = {number_text(found.error, 3)}"
    )

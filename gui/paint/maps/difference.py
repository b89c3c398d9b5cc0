"""The difference of two volumes as a further mosaic: where two designs disagree, and by how much."""

import numpy as np
from msgspec import Struct

from engine.explain.map_statistics import relative_error
from engine.kernels import Checkpoint
from engine.shapes import Shape
from engine.text.units import number_text
from gui.paint.basics.colours import DIVERGING, PERCENTILES_TEXT, value_range
from gui.paint.maps.budget import COMPUTING_TEXT, Budget
from gui.paint.maps.mosaic_panels import MosaicPanel
from gui.paint.maps.tile_grid import MapOrdering
from gui.paint.maps.tiles import MapTiles
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
    is_fresh: bool = True,
    note: str = "",
) -> MosaicPanel:
    """Return the panel of ``a − b`` for two volumes of the same shape (C×H×W), called `names`.

    It has its own colours: blue below zero, white at zero, red above, up to the largest values (percentiles, as
    everywhere). Its legend states them and the relative error ``‖a − b‖ / ‖a‖`` over all pairs of finite values.

    Parameters
    ----------
    budget
        Decides whether to wait for large volumes; default: wait.
    """
    shape = Shape(*first.shape)
    difference = (budget or Budget()).get(
        (first, second),
        ("difference",),
        lambda checkpoint: _compute_difference(first, second, checkpoint),
        2 * first.size,
        lambda difference: 4 * difference.tiles.shape.size,
    )
    if difference is None:
        return MosaicPanel(None, _NAME, COMPUTING_TEXT, MapTiles(shape), order=order)
    return MosaicPanel(
        None,
        _NAME,
        f"error {number_text(difference.error, 3)}",
        difference.tiles,
        is_fresh=is_fresh,
        note=note,
        order=order,
        legend_text=_difference_text(difference, names),
    )


def _compute_difference(first: Float32Volume, second: Float32Volume, checkpoint: Checkpoint) -> _Difference:
    with np.errstate(all="ignore"):  # ∞ − ∞ is not a number, and shown as such
        values = first - second
    low, high = value_range(values, zero_centred=True)
    tiles = MapTiles(Shape(*values.shape), values, np.array([low]), np.array([high]), DIVERGING)
    return _Difference(tiles, relative_error(first, second, checkpoint))


def _difference_text(difference: _Difference, names: tuple[str, str]) -> str:
    first, second = names
    return (
        f"difference: its own range ({PERCENTILES_TEXT}), white is zero · "
        f"relative error ‖{first} − {second}‖ / ‖{first}‖ = {number_text(difference.error, 3)}"
    )

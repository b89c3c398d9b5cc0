"""What the mosaics show: the chosen node's maps, a second design's to compare, their colours and what they say."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from engine.check import Place
from engine.network import INPUT
from engine.problems import STEM
from engine.project import ImageInput
from engine.shapes import Shape
from gui.paint.colours import PERCENTILES, PERCENTILES_IN_WORDS, map_name, photo_image, value_range
from gui.paint.comparison import shown_places
from gui.paint.tiles import Spot, Tiles
from gui.paint.words import number
from gui.state import Look, Result, ViewState

RUN_HINT = "Run (F5) to see what each filter gives"
STALE_HINT = "for earlier settings — run again (F5)"
SAMPLE = 4096
"""Values of a map that its own range is taken from."""

Ends = tuple[NDArray[np.float64], NDArray[np.float64]]


class Plate(Struct, frozen=True, eq=False):
    """One mosaic: the volume at a place, or the plain tiles of the volume that a run would give."""

    place: Place
    design: str
    """The design's name, "stem" or "input"."""
    title: str
    """What follows the name: node and shape."""
    tiles: Tiles | None
    """None where not even the shape is known."""
    photo: QImage | None = None
    channel_names: tuple[str, ...] = ()
    fresh: bool = True
    note: str = ""
    wrong: bool = False
    """Whether the note tells of a mistake."""

    @property
    def shape(self) -> Shape | None:
        return None if self.tiles is None else self.tiles.shape

    @property
    def lead(self) -> int:
        """Tiles before the first map."""
        return 0 if self.photo is None else 1


def plates(state: ViewState) -> tuple[Plate, ...]:
    """What to show for the chosen place, in one scale of colours."""
    places = shown_places(state)
    volumes = [None if result is None else result.volume for result in map(state.result, places)]
    ends = _shared_ends([volume for volume in volumes if volume is not None], state.look)
    return tuple(_plate(state, place, ends) for place in places)


def _plate(state: ViewState, place: Place, shared: Ends) -> Plate:
    result, shape = state.result(place), _known_shape(state, place)
    note, wrong = _note(state, place, result, shape)
    tiles = None if shape is None else Tiles(shape)
    photo: QImage | None = None
    names: tuple[str, ...] = ()
    if result is not None:
        shape = Shape(*result.volume.shape)
        lows, highs = _own_ends(result.volume, state.look) if _per_map(shape, state.look) else shared
        tiles = Tiles(shape, result.volume, lows, highs, map_name(state.look))
        photo, names = _photo(state, place, result)
    return Plate(
        place,
        place[0] or ("input" if place[1] == INPUT else "stem"),
        _title(state, place, shape),
        tiles,
        photo,
        names,
        state.fresh(place),
        note,
        wrong,
    )


def _known_shape(state: ViewState, place: Place) -> Shape | None:
    if place[1] != INPUT:
        report = state.report(place)
        return None if report is None else report.output_shape
    analysis = state.analysis(place[0])
    return state.check.input_shape if analysis is None else analysis.input_shape


def _title(state: ViewState, place: Place, shape: Shape | None) -> str:
    design, node = place
    parts = [] if place == (STEM, INPUT) else [node]
    origin = state.origin(place)
    if node == INPUT and design != STEM and origin[1] != INPUT:
        parts[0] = f"{INPUT}, {origin[1]} of the stem"
    parts.append("shape unknown" if shape is None else str(shape))
    return " · ".join(parts)


def _note(state: ViewState, place: Place, result: Result | None, shape: Shape | None) -> tuple[str, bool]:
    """(what to say above the maps, whether it tells of a mistake)."""
    origin = state.origin(place)
    found = [p.text for p in (*state.check.problems, *state.run.problems) if (p.design, p.node) == origin]
    if found:
        return "\n".join(found), True
    if shape is None:
        return "unknown: a layer before it has a mistake", True
    if result is None:
        return RUN_HINT, False
    return "" if state.fresh(place) else STALE_HINT, False


def _photo(state: ViewState, place: Place, result: Result) -> tuple[QImage | None, tuple[str, ...]]:
    """The photo and its channels' names, at the place where it comes in."""
    spec = state.project.input
    if state.origin(place) != (STEM, INPUT) or not isinstance(spec, ImageInput) or not state.fresh(place):
        return None, ()
    if spec.channels == "gray":
        return None, ("gray",)
    names = ("red", "green", "blue")
    return photo_image(result.volume, spec), names[::-1] if spec.channels == "bgr" else names


def _per_map(shape: Shape, look: Look) -> bool:
    """A map of one value has no range of its own."""
    return look.range == "per map" and shape.height * shape.width > 1


def _shared_ends(volumes: Sequence[NDArray[np.float32]], look: Look) -> Ends:
    ranges = [value_range(volume, zero_centred=look.zero_centred) for volume in volumes] or [(0.0, 1.0)]
    lows, highs = zip(*ranges, strict=True)
    return np.array([min(lows)]), np.array([max(highs)])


def _own_ends(volume: NDArray[np.float32], look: Look) -> Ends:
    """Percentiles of each map by rank, of its finite values; as `value_range`, but all maps at once."""
    maps = volume.reshape(len(volume), -1)
    maps = maps[:, :: -(-maps.shape[1] // SAMPLE)].copy()
    maps[~np.isfinite(maps)] = np.nan
    maps.sort(axis=1)  # what is not finite comes last
    last = np.count_nonzero(~np.isnan(maps), axis=1) - 1
    rows = np.arange(len(maps))
    ranks = [np.rint(last.clip(0) * share / 100).astype(int) for share in PERCENTILES]
    lows, highs = (maps[rows, rank].astype(np.float64) for rank in ranks)
    flat = lows == highs
    lows, highs = np.where(flat, maps[:, 0], lows), np.where(flat, maps[rows, last], highs)
    lows[last < 0] = highs[last < 0] = 0
    if look.zero_centred:
        most = np.maximum(np.abs(lows), np.abs(highs))
        most[most == 0] = 1
        return -most, most
    return lows, highs


def legend(shown: Sequence[Plate], look: Look) -> str:
    """What the colours mean, in words."""
    volumes = [plate.tiles for plate in shown if plate.tiles is not None and plate.tiles.values is not None]
    if not volumes:
        return ""
    first = volumes[0]
    name = "blue–white–red, white is zero" if look.zero_centred else look.colour_map
    if first.lows.size > 1:
        parts = [name, f"each map its own range ({PERCENTILES_IN_WORDS})"]
    else:
        both = " of both designs" if len(volumes) > 1 else ""
        low, high = first.lows[0], first.highs[0]
        ends = f"{number(low, 3)} … {number(high, 3)} ({PERCENTILES_IN_WORDS})"
        parts = [name, f"all values{both} {number(low, 3)}" if low == high else f"shared range{both} {ends}"]
    if first.shape.height * first.shape.width == 1:
        parts.append("each cell is one value")
    odd = sum(int(np.count_nonzero(~np.isfinite(tiles.values))) for tiles in volumes if tiles.values is not None)
    if odd:
        parts.append(f"magenta: {odd:,} value{'s are' if odd > 1 else ' is'} not finite")
    return " · ".join(parts)


def read_out(plate: Plate, spot: Spot) -> str:
    """The value under the mouse: "naive · conv5x5 · channel 3, y 12, x 7: 0.534"."""
    design, node = plate.place
    where = f"{plate.design} · {node}" if design or node != INPUT else plate.design
    if spot.channel < 0:
        assert plate.photo is not None
        colour = plate.photo.pixelColor(spot.x, spot.y)
        return (
            f"{where} · photo, y {spot.y}, x {spot.x}: red {colour.red()}, green {colour.green()}, blue {colour.blue()}"
        )
    return f"{where} · {spot_name(spot)}: {value_text(plate, spot)}"


def spot_name(spot: Spot) -> str:
    return f"channel {spot.channel}, y {spot.y}, x {spot.x}"


def value_text(plate: Plate, spot: Spot) -> str:
    """The value at a place of a volume; "not computed" before a run."""
    if plate.tiles is None or plate.tiles.values is None:
        return "not computed"
    shape = plate.tiles.shape
    if not (spot.channel < shape.channels and spot.y < shape.height and spot.x < shape.width):
        return "outside"
    return number(plate.tiles.values[spot])

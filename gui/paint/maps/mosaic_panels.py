"""The panels of the mosaics: the maps of the selected node and of other designs, with colours, notes and texts."""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from PySide6.QtGui import QImage

from engine.explain.map_statistics import MapOrder
from engine.layers.explanation import Spot
from engine.network.graph import INPUT
from engine.network.input_specs import ImageInput, Input
from engine.network.node_ref import STEM, NodeRef
from engine.shapes import Shape
from engine.text.units import number_text, range_texts
from gui.paint.basics.colours import PERCENTILES_TEXT, RangeEnds, colour_map_name, join_ranges, photo_image
from gui.paint.basics.note_drawing import STALE_HINT
from gui.paint.maps.budget import Budget
from gui.paint.maps.map_measures import (
    count_non_finite,
    find_constants,
    find_dead_maps,
    map_ranges,
    not_finite_text,
    order_maps,
    volume_range,
)
from gui.paint.maps.tile_grid import MapOrdering
from gui.paint.maps.tiles import MapTiles
from gui.state.comparison import compared_refs
from gui.state.look import Look
from gui.state.view_state import ViewState
from gui.state.volume_at import Float32Volume, VolumeAt

MISTAKES_HINT = "unknown until the mistakes are corrected"
MAPS_RUN_HINT = "Run (F5) to see the output of each filter"
_EARLIER_SETTINGS_NOTE = "The maps are for earlier settings."
_ORDERS: dict[MapOrder, str] = {
    "index": "in channel order",
    "mean": "largest mean first",
    "variance": "largest variance first",
    "zeros": "most zeros first",
    "likeness": "similar maps side by side",
}
"""The orders of maps in words."""
_FIGURES: dict[MapOrder, str] = {"mean": "mean", "variance": "variance", "zeros": "share of zeros"}


class MosaicPanel(Struct, frozen=True, eq=False):
    """One mosaic: the volume of a node, or the plain tiles of the volume that a run would compute."""

    ref: NodeRef | None
    """None for a difference."""
    design: str
    """The design's name, "stem" or "input"."""
    title: str
    """Node and shape, shown after the design's name."""
    tiles: MapTiles | None
    """None if not even the shape is known."""
    photo: QImage | None = None
    channel_names: tuple[str, ...] = ()
    is_fresh: bool = True
    note: str = ""
    note_is_mistake: bool = False
    """Whether the note reports a mistake."""
    order: MapOrdering | None = None
    """None: channel order."""
    dead_reasons: Mapping[int, str] = {}
    """Why dead maps are dead, by channel."""
    constants: Mapping[int, str] = {}
    """The one value of maps that are constant, but not dead, by channel and in words."""
    figure_name: str = ""
    """Name of the figure that sorts the maps, if they are sorted by this panel's own figures."""
    legend_text: str = ""
    """The meaning of its colours, if they are its own."""

    @property
    def shape(self) -> Shape | None:
        return None if self.tiles is None else self.tiles.shape

    @property
    def channels(self) -> int:
        return 0 if self.shape is None else self.shape.channels

    @property
    def has_values(self) -> bool:
        return self.tiles is not None and self.tiles.values is not None

    def map_note(self, channel: int) -> str:
        """Why a map is dead, or that it is constant; "" for others."""
        return self.dead_reasons.get(channel) or self.constants.get(channel, "")

    @property
    def lead_tiles(self) -> int:
        """Tiles before the first map."""
        return 0 if self.photo is None else 1


def build_mosaic_panels(state: ViewState, budget: Budget | None = None) -> tuple[MosaicPanel, ...]:
    """Build the panels of the selected node, in one colour scale and one order.

    `budget` decides whether to wait for the order; default: wait.
    """
    volumes = [state.volume_at(ref) for ref in compared_refs(state)]
    ends = _shared_range_ends(state, [at.volume for at in volumes if at.volume is not None])
    order = find_map_order(state, budget or Budget())
    return tuple(_build_panel(state, at, ends, order) for at in volumes)


def find_map_order(state: ViewState, budget: Budget) -> MapOrdering | None:
    """Return the order of the selected volume's maps, which compared volumes share."""
    volume = state.volume_at(state.focus.ref).volume
    return None if volume is None else order_maps(volume, state.look.order, state.focus.likeness_channel, budget)


def _build_panel(state: ViewState, at: VolumeAt, shared: RangeEnds, order: MapOrdering | None) -> MosaicPanel:
    ref, shape, volume = at.ref, at.shape, at.volume
    note, is_error = _note_text(at)
    tiles = None if shape is None else MapTiles(shape)
    photo: QImage | None = None
    names: tuple[str, ...] = ()
    dead_reasons: Mapping[int, str] = {}
    constants: Mapping[int, str] = {}
    if volume is not None:
        shape = Shape(*volume.shape)
        has_own = _has_own_ranges(shape, state.look)
        lows, highs = map_ranges(volume, zero_centred=state.look.zero_centred) if has_own else shared
        tiles = MapTiles(shape, volume, lows, highs, colour_map_name(state.look))
        photo, names = _photo_image(state.project.input, at, volume)
        if at.source[1] != INPUT:
            dead_reasons = find_dead_maps(volume, before_relu=_feeds_only_relus(state, at.source))
            constants = {
                channel: text for channel, text in find_constants(volume).items() if channel not in dead_reasons
            }
    return MosaicPanel(
        ref,
        ref[0] or ("input" if ref[1] == INPUT else "stem"),
        _title(at, shape, len(dead_reasons), len(constants)),
        tiles,
        photo,
        names,
        at.is_fresh,
        note,
        is_error,
        matching_order(order, shape),
        dead_reasons,
        constants,
        order_figure_name(state) if ref == state.focus.ref else "",
    )


def matching_order(order: MapOrdering | None, shape: Shape | None) -> MapOrdering | None:
    """Return the order if it fits the number of channels: a volume of earlier settings may have another."""
    return order if order is not None and shape is not None and shape.channels == len(order.channels) else None


def order_figure_name(state: ViewState) -> str:
    """Return the name of the figure that sorts the maps of the selected panel."""
    by, like = state.look.order, state.focus.likeness_channel
    return f"similarity to map {like}" if by == "likeness" else _FIGURES.get(by, "")


def _feeds_only_relus(state: ViewState, ref: NodeRef) -> bool:
    """Whether the output of a layer or input reaches only ReLUs within its design."""
    design, name = ref
    analysis = state.analysis(design)
    users = [] if analysis is None else [report.layer for report in analysis.reports if name in report.inputs]
    return bool(users) and all(user.zeroes_negatives for user in users)


def _title(at: VolumeAt, shape: Shape | None, dead: int, constant: int) -> str:
    design, node = at.ref
    parts = [] if at.ref == (STEM, INPUT) else [node]
    if node == INPUT and design != STEM and at.source[1] != INPUT:
        parts[0] = f"{INPUT}, {at.source[1]} of the stem"
    parts.append("shape unknown" if shape is None else str(shape))
    if shape is not None:
        counts = ((dead, "dead"), (constant, "constant"))
        parts += [f"{count} of {shape.channels} {word}" for count, word in counts if count]
    return " · ".join(parts)


def _note_text(at: VolumeAt) -> tuple[str, bool]:
    """(note above the maps, whether it reports a mistake)."""
    if at.problems:
        return "\n".join((*at.problems, _EARLIER_SETTINGS_NOTE) if at.result is not None else at.problems), True
    if at.shape is None:
        return "unknown: a layer before it has a mistake", True
    if at.result is None:
        return MAPS_RUN_HINT, False
    return "" if at.is_fresh else STALE_HINT, False


def _photo_image(spec: Input, at: VolumeAt, volume: Float32Volume) -> tuple[QImage | None, tuple[str, ...]]:
    """Return the photo and the names of its channels, if the volume is the project's input."""
    if not at.is_project_input or not isinstance(spec, ImageInput) or not at.is_fresh:
        return None, ()
    if spec.channels == "gray":
        return None, ("gray",)
    names = ("red", "green", "blue")
    return photo_image(volume, spec), names[::-1] if spec.channels == "bgr" else names


def _has_own_ranges(shape: Shape, look: Look) -> bool:
    """Whether each map has its own range; a map of a single value has none."""
    return look.range == "per map" and shape.height * shape.width > 1


def levels_set_by_hand(state: ViewState) -> tuple[float, float] | None:
    """Return the ends of the shared range if they are set by hand for the selected node or a companion.

    If zero is the middle, the larger end counts for both.
    """
    levels = state.look.levels
    if levels is None or levels.session != state.session or levels.ref not in compared_refs(state):
        return None
    most = max(abs(levels.low), abs(levels.high))
    return (-most, most) if state.look.zero_centred else (levels.low, levels.high)


def _shared_range_ends(state: ViewState, volumes: Sequence[Float32Volume]) -> RangeEnds:
    by_hand = levels_set_by_hand(state)
    if by_hand is not None:
        return np.array(by_hand[:1]), np.array(by_hand[1:])
    low, high = join_ranges([volume_range(volume, zero_centred=state.look.zero_centred) for volume in volumes])
    return np.array([low]), np.array([high])


def colour_legend_text(panels: Sequence[MosaicPanel], look: Look, *, is_set_by_hand: bool = False) -> str:
    """Return the meaning of the colours in words."""
    volumes = [
        panel.tiles for panel in panels if not panel.legend_text and panel.has_values and panel.tiles is not None
    ]
    if not volumes:
        return ""
    first = volumes[0]
    name = "blue–white–red, white is zero" if look.zero_centred else look.colour_map
    if first.lows.size > 1:
        parts = [name, f"each map its own range ({PERCENTILES_TEXT})"]
    else:
        both = {1: "", 2: " of both designs"}.get(len(volumes), " of all designs")
        low, high = first.lows[0], first.highs[0]
        source = "set by hand" if is_set_by_hand else PERCENTILES_TEXT
        ends = f"{' … '.join(range_texts(low, high))} ({source})"
        parts = [name, f"all values{both} {number_text(low, 3)}" if low == high else f"shared range{both} {ends}"]
        if not first.has_range:
            parts = [f"no value{both} is finite"]
    if first.shape.height * first.shape.width == 1:
        parts.append("each tile is one value")
    non_finite = sum(count_non_finite(tiles.values) for tiles in volumes if tiles.values is not None)
    if non_finite:
        parts.append(not_finite_text(non_finite))
    if any(panel.dead_reasons for panel in panels):
        parts.append("crossed out: dead on this input")
    return " · ".join(parts)


def order_text(state: ViewState, panels: Sequence[MosaicPanel]) -> str:
    """Return the order of the maps in words; "" for channel order."""
    by, like = state.look.order, state.focus.likeness_channel
    if by == "index" or not any(panel.has_values for panel in panels):
        return ""
    if all(panel.order is None for panel in panels):
        return "sorting …"
    words = _ORDERS[by] if by != "likeness" or like is None else f"most similar to map {like} first"
    return f"{words}, as in {state.focus.design}" if len(panels) > 1 else words


def describe_map_value(panel: MosaicPanel, spot: Spot) -> str:
    """Describe the value under the mouse: "naive · conv5x5 · channel 3, y 12, x 7: 0.534"."""
    where = panel.design
    if panel.ref is not None and (panel.ref[0] or panel.ref[1] != INPUT):
        where = f"{panel.design} · {panel.ref[1]}"
    if spot.channel < 0:
        assert panel.photo is not None
        colour = panel.photo.pixelColor(spot.x, spot.y)
        return (
            f"{where} · photo, y {spot.y}, x {spot.x}: red {colour.red()}, green {colour.green()}, blue {colour.blue()}"
        )
    parts = [where, f"{spot_name(spot)}: {map_value_text(panel, spot)}", panel.map_note(spot.channel)]
    if panel.figure_name and panel.order is not None and panel.order.figures is not None:
        parts.append(f"{panel.figure_name} {number_text(float(panel.order.figures[spot.channel]))}")
    return " · ".join(filter(None, parts))


def spot_name(spot: Spot) -> str:
    return f"channel {spot.channel}, y {spot.y}, x {spot.x}"


def map_value_text(panel: MosaicPanel, spot: Spot) -> str:
    """Return a value as text; "not computed" before a run."""
    if panel.tiles is None or panel.tiles.values is None:
        return "not computed"
    shape = panel.tiles.shape
    if not (spot.channel < shape.channels and spot.y < shape.height and spot.x < shape.width):
        return "outside"
    return number_text(panel.tiles.values[spot])

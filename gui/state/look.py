"""How things are drawn, as a person has chosen it. No Qt here."""

from typing import Literal

from msgspec import Struct

from engine.cost.counting import MACS, Convention
from engine.explain.map_statistics import MapOrder
from engine.network.node_ref import NodeRef

ThemeName = Literal["light", "dark"]
DepthScale = Literal["true", "sqrt", "log"]
ColourMap = Literal["viridis", "cividis", "gray"]
_ColourRange = Literal["shared", "per map"]
ComparisonMode = Literal["maps", "maps + difference"]
DetailKind = Literal["kernel", "kernel by size", "histogram", "histograms", "contributions", "none"]


class ColourLevels(Struct, frozen=True):
    """The values at the ends of the colour map that a person has set for the maps of a node."""

    session: int
    """The number of the opened project, as another may have a node of the same name."""
    ref: NodeRef
    low: float
    high: float


class Look(Struct, frozen=True):
    """How things are drawn. Neither saved nor undone, but an exported file has the look of the screen."""

    yaw: float = -34.0
    """Turn of the camera around the vertical axis, degrees; 0 looks straight at the feature maps."""
    pitch: float = 24.0
    """Height of the camera above the horizon, degrees; 90 looks from above."""
    scale: DepthScale = "sqrt"
    metric: str = "macs"
    convention: Convention = MACS
    logarithmic: bool = False
    colour_map: ColourMap = "viridis"
    range: _ColourRange = "shared"
    zero_centred: bool = False
    """A diverging colour map whose middle is zero."""
    levels: ColourLevels | None = None
    """The range of the colours that is set by hand; None: from the values."""
    order: MapOrder = "index"
    """How maps are sorted."""
    comparison: ComparisonMode = "maps"
    """What is shown of the maps of several designs."""
    pair: tuple[str, str] | None = None
    """The two designs whose differences are shown; None, or if one is gone: the first two."""
    detail: DetailKind = "kernel"
    """What is shown of the selected map."""
    theme: ThemeName = "light"
    blocks: Literal["auto", "open", "closed"] = "auto"
    """Whether blocks are drawn as their layers or as one box; "auto" closes them in designs of many layers."""
    toggled_blocks: frozenset[NodeRef] = frozenset()
    """The blocks that are drawn the other way."""

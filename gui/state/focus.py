"""What is selected in the window. No Qt here."""

from msgspec import Struct

from engine.network.graph import INPUT
from engine.network.node_ref import STEM, NodeRef


class Focus(Struct, frozen=True):
    """The one selection of the window. `channel` and `pixel` (y, x) refer to the output volume of the node.

    Commands for layers act on the node and on `others`; everything else refers to the node alone.
    """

    design: str = STEM
    node: str = INPUT
    channel: int | None = None
    pixel: tuple[int, int] | None = None
    order_anchor: int | None = None
    """The map that the others are sorted by if keys have moved on from it; None if that is the selected map."""
    others: frozenset[str] = frozenset()
    """Names of further selected layers and blocks of the same design."""

    @property
    def ref(self) -> NodeRef:
        return self.design, self.node

    @property
    def likeness_channel(self) -> int | None:
        """The map to which the others are sorted by likeness."""
        return self.channel if self.order_anchor is None else self.order_anchor

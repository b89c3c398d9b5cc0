"""The title of several layers of a network that are shown as one: no kind to add, but a name that nodes share."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta

from engine.blocks.base import Block, Part
from engine.text.units import count_text


class NodeGroup(Block, frozen=True, tag="group"):
    """Layers of a network that have the same `group`, and one output that others receive.

    Unlike those of a block, they are nodes of the network: each has its own settings, connections and weights.
    """

    title: ClassVar[str] = "Group"
    help: ClassVar[str] = "Layers that are shown as one; each can be edited by itself."
    max_inputs: ClassVar[int | None] = None

    layers: Annotated[int, Meta(ge=1, title="Layers", description="Number of layers")]

    @property
    def has_table_row(self) -> bool:
        return False

    def label(self) -> str:
        return count_text(self.layers, "layer")

    def expand(self, channels: int) -> Iterator[Part]:
        """Nothing: its layers are nodes already."""
        yield from ()

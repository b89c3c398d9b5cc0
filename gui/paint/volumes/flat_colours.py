"""The colours of boxes that are too small for faces."""

from collections.abc import Sequence
from typing import NamedTuple

from gui.paint.basics import colours
from gui.paint.volumes import faces
from gui.paint.volumes.design_graph import Vertex
from gui.paint.volumes.scene import VolumesScene
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeAt

PLAIN = -1
"""Stands for the colour of boxes without values."""


class FlatColour(NamedTuple):
    """The one colour of a box: that of the mean of its values, dimmed if they are stale, or PLAIN."""

    rgb: int
    is_fresh: bool


def flat_colours(state: ViewState, scene: VolumesScene, numbers: Sequence[int]) -> list[FlatColour]:
    """The colours of the boxes of these numbers."""
    name, zero_centred = colours.colour_map_name(state.look), state.look.zero_centred
    colour_of = faces.flat_colour_of(name, zero_centred=zero_centred)

    def colour(vertex: Vertex, at: VolumeAt) -> FlatColour:
        volume = at.volume_of(vertex.shape)
        return FlatColour(PLAIN, True) if volume is None else FlatColour(colour_of(volume), at.is_fresh)

    refs, vertices = scene.box_places.refs, scene.box_places.vertices
    last = state.run.last_results("flat colour", name, zero_centred)
    return last.map(colour, [vertices[at] for at in numbers], state.volumes_at([refs[at] for at in numbers]))

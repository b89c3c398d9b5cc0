"""The colours of boxes that are too small for faces."""

import numpy as np
from numpy.typing import NDArray

from gui.paint.basics import colours
from gui.paint.volumes import faces
from gui.paint.volumes.design_graph import Vertex
from gui.paint.volumes.scene import VolumesScene
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeAt

PLAIN = -1
"""Stands for the colour of boxes without values."""


def flat_colours(state: ViewState, scene: VolumesScene) -> NDArray[np.int64]:
    """The colours of all boxes if they are flat: that of the mean of their values, or that of dimmed ones, or PLAIN.

    Twice the RGB, and one more for values that are not stale.
    """
    name, zero_centred = colours.colour_map_name(state.look), state.look.zero_centred
    colour_of = faces.flat_colour_of(name, zero_centred=zero_centred)

    def colour(vertex: Vertex, at: VolumeAt) -> int:
        volume = at.volume_of(vertex.shape)
        return PLAIN if volume is None else 2 * colour_of(volume) + at.is_fresh

    places, last = scene.box_places, state.run.last_results("flat colour", name, zero_centred)
    return last.array(colour, places.vertices, state.volumes_at(places.refs), dtype=np.int64)

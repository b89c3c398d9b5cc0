"""Selects the values on a box: those of a result of its shape, with one channel or the photo on the front."""

from collections.abc import Mapping
from typing import NamedTuple

from engine.cost.receptive_fields import Region, regions_read
from engine.network.input_specs import ImageInput
from engine.network.node_ref import NodeRef
from gui.paint.volumes.faces import most_varied_channel
from gui.paint.volumes.scene import PlacedBox
from gui.state.comparison import find_companions, leading_ref
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.state.volume_at import Float32Volume, VolumeAt


def visible_focus(state: ViewState) -> Focus:
    """The visible focus: a closed block replaces its layers, with channel and pixel if it has the same output."""
    focus, ref = state.focus, state.visible_ref(state.focus.ref)
    if ref == focus.ref:
        return focus
    own = state.volume_at(ref).source == focus.ref
    return Focus(*ref, focus.channel, focus.pixel) if own else Focus(*ref)


def photo_at(state: ViewState, at: VolumeAt, focus: Focus) -> ImageInput | None:
    """The photo that a volume consists of; None for others, and if a channel of it is in focus."""
    spec, channel_in_focus = state.project.input, focus.ref == at.ref and focus.channel is not None
    return spec if at.is_project_input and isinstance(spec, ImageInput) and not channel_in_focus else None


def front_channel(state: ViewState, ref: NodeRef, volume: Float32Volume, focus: Focus) -> int:
    """The channel on the front face: that in focus, else the most varied one.

    Companion volumes show the same channel: that in focus in any, else the most varied one of the first.
    """
    count = len(volume)
    if focus.channel is not None and focus.channel < count and focus.ref in (ref, *find_companions(state, ref)):
        return focus.channel
    first = state.volume_at(leading_ref(state, ref)).volume
    channel = None if first is None else most_varied_channel(first)
    return channel if channel is not None and channel < count else most_varied_channel(volume)


def value_regions(state: ViewState) -> Mapping[NodeRef, Region]:
    """Receptive fields of the value in focus in all volumes before it; empty if no value is in focus."""
    focus, ref = state.focus, state.volume_at(state.focus.ref).source
    report = state.report(ref)
    shape = None if report is None else report.output_shape
    if focus.channel is None or focus.pixel is None or shape is None:
        return {}
    if not (focus.channel < shape.channels and focus.pixel[0] < shape.height and focus.pixel[1] < shape.width):
        return {}
    regions = regions_read(state.check, ref, focus.channel, *focus.pixel)
    itself = {ref, state.focus.ref, state.visible_ref(ref)}
    return {region_ref: region for region_ref, region in regions.items() if region_ref not in itself}


class FaceValues(NamedTuple):
    """The values on the faces of a box."""

    volume: Float32Volume
    is_fresh: bool
    channel: int
    photo: ImageInput | None
    """Origin of the photo that the front shows instead of a channel."""


def face_values(state: ViewState, box: PlacedBox, focus: Focus) -> FaceValues | None:
    """The values on a box, with the visible `focus`; None without a result of its shape."""
    at = state.volume_at(box.ref)
    volume = at.volume_of(box.vertex.shape)
    if volume is None:
        return None
    return FaceValues(volume, at.is_fresh, front_channel(state, box.ref, volume, focus), photo_at(state, at, focus))


def face_note(box: PlacedBox, values: FaceValues | None, *, slices: bool = True) -> str:
    """Note on the values of the front face or, if it is invisible and with `slices`, of another face."""
    brief = box.vertex.is_compact or not box.caption.name
    if box.caption.mistakes or (values is None and box.vertex.shape is not None and not box.vertex.is_earlier):
        return ""
    if values is None and box.vertex.shape is None:
        return "unknown"
    if values is None:
        return "" if brief or box.caption.note_beside_name else "for earlier settings"
    if not (values.is_fresh or brief or box.caption.note_beside_name):
        return "for earlier settings"
    side = max(box.prism.faces(), key=lambda face: (face.side == "front" and face.area > 1.0, face.area)).side
    if side == "front" and values.photo is not None:
        return "photo"
    if side == "front":
        return f"ch {values.channel}" if brief else f"channel {values.channel}"
    if not slices:
        return ""
    last = values.volume.shape[2] - 1
    return {"top": "row y = 0", "left": "column x = 0", "right": f"column x = {last}"}[side]

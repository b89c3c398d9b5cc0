"""Small boxes to scale inside a volume: the windows that read it, or the receptive field of the value in focus."""

from functools import lru_cache
from typing import NamedTuple

from engine.cost.receptive_fields import Region
from engine.layers import Layer
from engine.shapes import Shape
from gui.paint.volumes.camera import Prism
from gui.paint.volumes.design_graph import Vertex
from gui.paint.volumes.labels import TextRole
from gui.paint.volumes.operator_texts import operator_role
from gui.paint.volumes.scene import PlacedBox
from gui.state.focus import Focus

_NOTHING = Focus()

_Span = tuple[tuple[float, float, float], tuple[float, float, float]]
"""The lowest and highest fractions of a volume's width, height and depth."""


class KernelBox(NamedTuple):
    """A kernel on its input: its box on the screen, its design, and the colour of its operator."""

    box: Prism
    design: str
    role: TextRole


def find_kernel_boxes(box: PlacedBox, focus: Focus, region: Region | None = None) -> tuple[KernelBox, ...]:
    """The windows on a volume: only that of the reader in focus, else one of each size, the largest first.

    If the value in focus depends on a `region` of the volume, that is shown instead, except for the window that
    computes the value.
    """
    shape, design = box.vertex.shape, box.ref[0]
    readers = [vertex for vertex in box.targets if vertex.report is not None and vertex.report.output_shape is not None]
    if shape is None or not readers:
        return ()
    focus_node = focus.node if focus.design == design else None
    if region is not None and not any(_has_window(vertex) for vertex in readers if vertex.name == focus_node):
        return (KernelBox(box.prism.inner_prism(*_region_fractions(region, shape)), design, "accent"),)
    if any(vertex.name == focus_node for vertex in readers):
        readers = [vertex for vertex in readers if vertex.name == focus_node]
    boxes: dict[_Span, KernelBox] = {}
    for vertex in readers:
        span = _span_of(vertex, shape, focus if vertex.name == focus_node else _NOTHING)
        if span is not None:
            boxes.setdefault(span, KernelBox(box.prism.inner_prism(*span), design, operator_role(vertex)))
    order = sorted(boxes, key=lambda span: -sum(high - low for low, high in zip(*span, strict=True)))
    return tuple(boxes[span] for span in order)


def _has_window(vertex: Vertex) -> bool:
    return vertex.report is not None and vertex.report.sliding_windows is not None


def _span_of(vertex: Vertex, shape: Shape, focus: Focus) -> _Span | None:
    """The part of the volume that a value of a reader reads: that in focus, else the middle one of the first map."""
    layer, channel = None if vertex.report is None else vertex.report.layer, focus.channel or 0
    if not isinstance(layer, Layer) or not _has_window(vertex):
        return None
    if vertex.shape is None or channel >= vertex.shape.channels:
        return None
    return _window_fractions(layer, shape, channel, focus.pixel)


def _region_fractions(region: Region, shape: Shape) -> _Span:
    """The lowest and highest fractions of width, height and depth of a region."""
    low = region.left / shape.width, region.top / shape.height, region.first / shape.channels
    return low, (region.right / shape.width, region.bottom / shape.height, region.last / shape.channels)


@lru_cache(maxsize=1024)
def _window_fractions(layer: Layer, shape: Shape, channel: int, pixel: tuple[int, int] | None) -> _Span | None:
    """The part of an input of `shape` that one output value of a layer reads, without padding."""
    windows, channels = layer.windows(shape), layer.input_channels(channel, [shape])
    height, width = windows.output
    row, column = pixel or ((height - 1) // 2, (width - 1) // 2)
    rows, columns = windows.taps(0, row), windows.taps(1, column)
    if not rows or not columns:  # a transposed convolution whose stride is above its kernel leaves pixels out
        return None
    low = (max(0, columns[0]) / shape.width, max(0, rows[0]) / shape.height, channels.start / shape.channels)
    high = (
        min(shape.width, columns[-1] + 1) / shape.width,
        min(shape.height, rows[-1] + 1) / shape.height,
        channels.stop / shape.channels,
    )
    return (low, high) if all(before < after for before, after in zip(low, high, strict=True)) else None

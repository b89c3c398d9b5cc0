"""Finds the parts of a scene near an area, with the rectangles of all parts in one array each."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from gui.paint.volumes.camera import Rect
from gui.paint.volumes.scene import BlockFrame, ScenePoint, VolumesScene

_Part = TypeVar("_Part")


class NearParts(NamedTuple):
    """Parts of a scene; boxes and arrows by their numbers."""

    boxes: list[int]
    arrows: list[int]
    wires: list[tuple[ScenePoint, ...]]
    frames: list[BlockFrame]


class SceneIndex:
    """The rectangles of boxes, arrows, lines and frames: an overlap is tested for all of them at once."""

    def __init__(self, scene: VolumesScene) -> None:
        self._scene = scene
        self._boxes = scene.box_places.bounds
        start, end, y, _ = scene.arrow_places
        self._arrows = np.stack((start, y, end, y))
        self._wires = _rect_array([bounding_rect(wire) for wire in scene.wires])
        self._frames = _rect_array([frame.rect for frame in scene.frames])

    def near(self, area: Rect) -> NearParts:
        """The parts whose rectangles overlap an area or touch it."""
        scene = self._scene
        return NearParts(
            _overlapping(self._boxes, area),
            _overlapping(self._arrows, area),
            _select(scene.wires, _overlapping(self._wires, area)),
            _select(scene.frames, _overlapping(self._frames, area)),
        )


@lru_cache(maxsize=2)
def index_of(scene: VolumesScene) -> SceneIndex:
    """The index of a scene; cached, since many areas of a scene are visible one after the other."""
    return SceneIndex(scene)


def _rect_array(rects: Sequence[Rect]) -> NDArray[np.float64]:
    """Left, top, right and bottom of n rectangles, 4 × n."""
    return np.array(rects, dtype=np.float64).reshape(-1, 4).T


def _overlapping(rects: NDArray[np.float64], area: Rect) -> list[int]:
    """Numbers of the rectangles (4 × n) that overlap an area."""
    (left, top, right, bottom), (area_left, area_top, area_right, area_bottom) = rects, area
    overlaps = (left <= area_right) & (area_left <= right) & (top <= area_bottom) & (area_top <= bottom)
    return np.flatnonzero(overlaps).tolist()


def _select(parts: Sequence[_Part], numbers: Sequence[int]) -> list[_Part]:
    return [parts[number] for number in numbers]


def bounding_rect(points: tuple[ScenePoint, ...]) -> Rect:
    """The smallest rectangle around points."""
    across, down = zip(*points, strict=True)
    return min(across), min(down), max(across), max(down)

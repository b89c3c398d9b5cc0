"""Whether boxes, texts and lines of a scene of volumes overlap."""

import itertools

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPolygonF


def area(polygon):
    points = [polygon.at(i) for i in range(polygon.size())]
    return abs(sum(a.x() * b.y() - b.x() * a.y() for a, b in zip(points, points[1:] + points[:1], strict=True))) / 2


def polygon_of(rect):
    """The polygon of a rectangle (left, top, right, bottom)."""
    left, top, right, bottom = rect
    return QPolygonF([QPointF(left, top), QPointF(right, top), QPointF(right, bottom), QPointF(left, bottom)])


def polygons_overlap(first, second):
    """Whether two polygons share more than half a square pixel."""
    return area(first.intersected(second)) > 0.5


def rects_are_apart(first, second):
    """Whether two rectangles overlap by no more than 0.01 pixels."""
    return (
        first[2] <= second[0] + 0.01
        or second[2] <= first[0] + 0.01
        or first[3] <= second[1] + 0.01
        or second[3] <= first[1] + 0.01
    )


def assert_nothing_overlaps(scene, width, height):
    """Boxes, texts and lines of a scene are apart, and texts are inside the picture of that size."""
    outlines = [box.prism.outline() for box in scene.boxes]
    texts = [text for arrow in scene.arrows for text in arrow.texts]
    for box in scene.boxes:
        note = "ch 000" if box.vertex.is_compact else "channel 000"
        texts += box.texts_with_note("" if box.caption.mistakes else note)
    for number, box in enumerate(scene.boxes):
        for other in scene.boxes[number + 1 :]:
            assert rects_are_apart(box.bounds, other.bounds), (box.ref, other.ref)
    for number, text in enumerate(texts):
        for other in texts[number + 1 :]:
            assert rects_are_apart(text.rect, other.rect), (text, other)
        for box, outline in zip(scene.boxes, outlines, strict=True):
            assert rects_are_apart(text.rect, box.bounds) or not polygons_overlap(outline, polygon_of(text.rect)), (
                text,
                box.ref,
            )
        left, top, right, bottom = (edge * scene.shrink for edge in text.rect)
        assert min(left, top, width - right, height - bottom) >= -0.5, text
    lines = [pair for wire in scene.wires for pair in itertools.pairwise(wire)]
    lines += [((arrow.start, arrow.y), (arrow.end, arrow.y)) for arrow in scene.arrows]
    for start, end in lines:
        rect = (min(start[0], end[0]), min(start[1], end[1]), max(start[0], end[0]), max(start[1], end[1]))
        band = polygon_of((rect[0] - 1, rect[1] - 1, rect[2] + 1, rect[3] + 1))
        for box, outline in zip(scene.boxes, outlines, strict=True):
            assert rects_are_apart(rect, box.bounds) or not polygons_overlap(outline, band), (start, end, box.ref)
        for text in texts:
            assert rects_are_apart(rect, text.rect), (start, end, text)

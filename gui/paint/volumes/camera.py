"""The orthographic camera and boxes under it: every face of a box is a parallelogram."""

from collections.abc import Callable
from functools import lru_cache
from math import cos, log2, radians, sin, sqrt
from typing import Literal, NamedTuple

from PySide6.QtCore import QLineF, QPointF
from PySide6.QtGui import QPolygonF, QTransform

from engine.shapes import Shape

Vector = tuple[float, float]
Rect = tuple[float, float, float, float]
"""Left, top, right, bottom."""
FaceSide = Literal["front", "top", "left", "right"]

LENGTH_SCALES: dict[str, Callable[[float], float]] = {"true": float, "sqrt": sqrt, "log": lambda count: log2(count + 1)}
"""Length of an edge of `count` values."""

LENGTH_SCALE_TEXTS = {
    "true": "edges to scale",
    "sqrt": "edges ∝ √H, √W, √C",
    "log": "edges ∝ log₂(n + 1), n = H, W, C",
}


class Camera(NamedTuple):
    """Screen vectors of one unit along width, height (downward) and depth (away from the viewer)."""

    width: Vector
    height: Vector
    depth: Vector


def make_camera(yaw: float, pitch: float) -> Camera:
    """Turn by `yaw` around the vertical axis, then look down by `pitch`; degrees within ±90 and 0 … 90.

    At (0, 0) only the front face is visible, at (0, 90) only the top face, its width across and its depth upward.
    """
    turn, tilt = radians(-min(90.0, max(-90.0, yaw))), radians(min(90.0, max(0.0, pitch)))
    return Camera((cos(turn), sin(turn) * sin(tilt)), (0.0, cos(tilt)), (sin(turn), -cos(turn) * sin(tilt)))


class BoxFace(NamedTuple):
    """A face of a box: its corner, and the edges along the columns and rows of its picture."""

    side: FaceSide
    x: float
    y: float
    across: Vector
    down: Vector

    @property
    def area(self) -> float:
        return abs(self.across[0] * self.down[1] - self.across[1] * self.down[0])

    def transform(self, columns: int, rows: int) -> QTransform:
        """Maps a picture of `columns` × `rows` pixels onto the face, exactly."""
        (ax, ay), (dx, dy) = self.across, self.down
        return QTransform(ax / columns, ay / columns, dx / rows, dy / rows, self.x, self.y)

    def polygon(self) -> QPolygonF:
        (ax, ay), (dx, dy), x, y = self.across, self.down, self.x, self.y
        corners = ((x, y), (x + ax, y + ay), (x + ax + dx, y + ay + dy), (x + dx, y + dy))
        return QPolygonF([QPointF(*corner) for corner in corners])

    def fractions_at(self, x: float, y: float) -> Vector | None:
        """Position of a point along `across` and `down`, each 0 … 1, or None outside of the face."""
        (ax, ay), (dx, dy) = self.across, self.down
        determinant = ax * dy - ay * dx
        if abs(determinant) < 1e-9:
            return None
        px, py = x - self.x, y - self.y
        along, below = (px * dy - py * dx) / determinant, (py * ax - px * ay) / determinant
        return (along, below) if 0 <= along <= 1 and 0 <= below <= 1 else None


class Prism(NamedTuple):
    """A box on the screen: the top left corner of its front face, and the three edges from there."""

    x: float
    y: float
    width: Vector
    height: Vector
    depth: Vector

    def corner(self, width: float, height: float, depth: float) -> Vector:
        """The point at these fractions of the edges."""
        return (
            self.x + width * self.width[0] + height * self.height[0] + depth * self.depth[0],
            self.y + width * self.width[1] + height * self.height[1] + depth * self.depth[1],
        )

    def translate(self, x: float, y: float) -> "Prism":
        return Prism(self.x + x, self.y + y, self.width, self.height, self.depth)

    def inner_prism(self, low: tuple[float, float, float], high: tuple[float, float, float]) -> "Prism":
        """The box inside that spans these fractions of width, height and depth."""
        spans = [after - before for before, after in zip(low, high, strict=True)]
        edges = [(span * x, span * y) for span, (x, y) in zip(spans, self[2:], strict=True)]
        return Prism(*self.corner(*low), *edges)

    def bounds(self) -> Rect:
        """The rectangle around the box on the screen."""
        across = [edge[0] for edge in (self.width, self.height, self.depth)]
        upright = [edge[1] for edge in (self.width, self.height, self.depth)]
        return (
            self.x + sum(min(0.0, step) for step in across),
            self.y + sum(min(0.0, step) for step in upright),
            self.x + sum(max(0.0, step) for step in across),
            self.y + sum(max(0.0, step) for step in upright),
        )

    def faces(self) -> tuple[BoxFace, ...]:
        """The visible faces: the top, the right or left side, and the front."""
        side: FaceSide = "right" if self.depth[0] >= 0 else "left"
        corner = self.corner(1, 0, 0) if side == "right" else (self.x, self.y)
        return (
            BoxFace("top", self.x, self.y, self.width, self.depth),
            BoxFace(side, *corner, self.depth, self.height),
            BoxFace("front", self.x, self.y, self.width, self.height),
        )

    def inner_edges(self) -> list[tuple[Vector, Vector]]:
        """The three visible edges inside the outline, which meet in the nearest corner."""
        (wx, wy), right = self.width, self.depth[0] >= 0
        x, y = (self.x + wx, self.y + wy) if right else (self.x, self.y)
        across = (-wx, -wy) if right else (wx, wy)
        return [((x, y), (x + dx, y + dy)) for dx, dy in (across, self.height, self.depth)]

    def hidden_edges(self) -> list[tuple[Vector, Vector]]:
        """The three hidden edges, which meet in the farthest corner."""
        (wx, wy), right = self.width, self.depth[0] >= 0
        x, y = self.corner(0 if right else 1, 1, 1)
        across = (-wx, -wy) if right else (wx, wy)
        return [((x, y), (x - dx, y - dy)) for dx, dy in (across, self.height, self.depth)]

    def outline(self) -> QPolygonF:
        """The hexagon around the box."""
        return QPolygonF([QPointF(*corner) for corner in self._outline_corners()])

    def outer_edges(self) -> list[tuple[Vector, Vector]]:
        """The six edges of the outline."""
        corners = self._outline_corners()
        return list(zip(corners, (*corners[1:], corners[0]), strict=True))

    def extent_between(self, top: float, bottom: float) -> tuple[float, float]:
        """Left and right end of the box between two heights, one above and one below its middle."""
        ends: list[float] = []
        for (x, y), (to_x, to_y) in self.outer_edges():
            low, high = max(top, min(y, to_y)), min(bottom, max(y, to_y))
            if low <= high:
                steep = (to_x - x) / (to_y - y) if abs(to_y - y) > 1e-9 else None
                ends += [x, to_x] if steep is None else [x + (low - y) * steep, x + (high - y) * steep]
        return min(ends), max(ends)

    def _outline_corners(self) -> list[Vector]:
        """The corners of the outline, each an edge away from the one before."""
        (wx, wy), (hx, hy), (dx, dy) = self.width, self.height, self.depth
        right = dx >= 0
        x, y = self.x + hx, self.y + hy
        if not right:
            x, y = x + dx, y + dy
        corners = [(x, y)]
        ahead = ((wx, wy), (dx, dy)) if right else ((-dx, -dy), (wx, wy))
        behind = ((-wx, -wy), (-dx, -dy)) if right else ((dx, dy), (-wx, -wy))
        for step_x, step_y in (*ahead, (-hx, -hy), *behind):
            x, y = x + step_x, y + step_y
            corners.append((x, y))
        return corners


class BoxEdges(NamedTuple):
    """Lines and faces of a box whose front face has its top left corner at (0, 0).

    `size` is the shorter side of its bounds.
    """

    outer_edges: list[QLineF]
    inner_edges: list[QLineF]
    outline: QPolygonF
    faces: tuple[BoxFace, ...]
    size: float


@lru_cache(maxsize=4096)
def make_box_edges(width: Vector, height: Vector, depth: Vector) -> BoxEdges:
    """Lines and faces of a box with these edges; cached, since boxes of one shape share them."""
    box = Prism(0.0, 0.0, width, height, depth)
    left, top, right, bottom = box.bounds()
    border, ridges = (
        [QLineF(*start, *end) for start, end in lines] for lines in (box.outer_edges(), box.inner_edges())
    )
    outline = QPolygonF([line.p1() for line in border])
    return BoxEdges(border, ridges, outline, box.faces(), min(right - left, bottom - top))


def make_prism(shape: Shape, scale: str, unit: float, camera: Camera) -> Prism:
    """The box of a volume around the origin: H and W span its front face, C is its depth; `unit` pixels per length."""
    length = LENGTH_SCALES[scale]
    sizes = (length(shape.width), length(shape.height), length(shape.channels))
    edges = [(unit * size * x, unit * size * y) for size, (x, y) in zip(sizes, camera, strict=True)]
    prism = Prism(0.0, 0.0, *edges)
    left, top, right, bottom = prism.bounds()
    return prism.translate(-(left + right) / 2, -(top + bottom) / 2)

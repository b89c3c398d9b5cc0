"""Labels: placed lines of text, and the numbers at the edges of a box."""

from collections.abc import Sequence
from functools import lru_cache
from math import hypot
from typing import Literal, NamedTuple

from PySide6.QtGui import QFont, QFontMetricsF

from engine.text.short_names import shorten_middle, shorten_names, shorten_sentence
from gui.paint.volumes.camera import Camera, Prism, Rect, Vector
from gui.theme import font

TextRole = Literal["text", "muted", "error", "design", "pool", "accent"]
"""Colour names of the theme; "design" stands for the colour of the design."""

ASCENT = 0.78
"""Height of digits and capitals above the baseline, relative to the pixel size, with a small margin."""

LINE_SPACING = 1.22
"""Distance of lines, relative to the pixel size."""


class Label(NamedTuple):
    """A line of text; x is its left end, y its baseline."""

    text: str
    x: float
    y: float
    width: float
    size: int
    role: TextRole = "text"
    bold: bool = False

    @property
    def rect(self) -> Rect:
        return self.x, self.y - ASCENT * self.size, self.x + self.width, self.y + 0.22 * self.size

    def translate(self, x: float, y: float) -> "Label":
        return Label(self.text, self.x + x, self.y + y, self.width, self.size, self.role, self.bold)


@lru_cache(maxsize=64)
def cached_font(size: int, bold: bool) -> QFont:
    """The cached text font."""
    return font(size, bold=bold)


@lru_cache(maxsize=8192)
def measure_text(text: str, size: int, bold: bool = False) -> float:
    """Width of a line of text."""
    return QFontMetricsF(cached_font(size, bold)).horizontalAdvance(text)


def make_centred_label(text: str, x: float, y: float, size: int, role: TextRole = "text", bold: bool = False) -> Label:
    """A line of text centred at x with its baseline at y."""
    width = measure_text(text, size, bold)
    return Label(text, x - width / 2, y, width, size, role, bold)


@lru_cache(maxsize=1024)
def wrap_text(text: str, width: float, size: int, max_lines: int) -> tuple[str, ...]:
    """Break text between words into lines of at most `width`; the last of `max_lines` is elided if necessary."""
    wrapped = [""]
    for word in text.split():
        longer = f"{wrapped[-1]} {word}".strip()
        if measure_text(longer, size) <= width or not wrapped[-1]:
            wrapped[-1] = longer
        else:
            wrapped.append(word)
    if len(wrapped) > max_lines:
        wrapped = [*wrapped[: max_lines - 1], " ".join(wrapped[max_lines - 1 :])]
    return tuple(elide_sentence(line, width, size) for line in wrapped)


@lru_cache(maxsize=8192)
def elide_text(text: str, width: float, size: int, bold: bool = False) -> str:
    """Replace the middle of a text by an ellipsis if it is wider than `width`."""
    return shorten_middle(text, lambda shorter: measure_text(shorter, size, bold) <= width)


@lru_cache(maxsize=1024)
def elide_sentence(text: str, width: float, size: int) -> str:
    """Leave out words in the middle of a text if it is wider than `width`, so that no number is cut."""
    return shorten_sentence(text, lambda shorter: measure_text(shorter, size) <= width)


@lru_cache(maxsize=64)
def elide_names(names: tuple[str, ...], width: float, size: int, bold: bool = False) -> dict[str, str]:
    """Shorten names side by side so that all still differ, see `shorten_names`."""
    return shorten_names(names, lambda shorter: measure_text(shorter, size, bold) <= width)


def place_edge_labels(box: Prism, camera: Camera, numbers: Sequence[int], size: int) -> tuple[Label, ...]:
    """Place the numbers C, H and W beside their edges, outside of the box and without overlap.

    H is at the left edge of the front face (seen from the left: at the right), W below the front face, C below the
    side face. The number of an edge that points at the viewer is at the corner where the edge begins.
    """
    mirrored = camera.depth[0] < 0
    sign = -1 if mirrored else 1
    texts, widths = _edge_number_texts(box, numbers, size)
    high, gap = size, 0.3 * size
    left, _, right, _ = box.bounds()
    upright = box.corner(1 if mirrored else 0, 0.5, 0)
    height = ((right if mirrored else left) - sign * (gap + widths[1] / 2), upright[1])
    along = _unit_vector(camera.width[0] + 1e-3, camera.width[1], sign)
    across = _outer_centre(box.corner(0.5, 1, 0), (-sign * along[1], abs(along[0])), widths[2], high, gap)
    across = _slide_apart(across, widths[2], along, height, widths[1], high, gap, sign)
    away = _unit_vector(camera.depth[0] + sign * 0.02, camera.depth[1], 1)
    outward = _unit_vector(sign * (abs(camera.depth[1]) + 0.02), abs(camera.depth[0]) + 0.02, 1)
    depth = _outer_centre(box.corner(0 if mirrored else 1, 1, 0.5), outward, widths[0], high, gap)
    depth = _slide_apart(depth, widths[0], away, across, widths[2], high, gap, sign)
    drop = (ASCENT - 0.5) * size
    return tuple(
        Label(text, x - measure_text(text, size) / 2, y + drop, measure_text(text, size), size)
        for text, (x, y), width in zip(texts, (depth, height, across), widths, strict=True)
    )


def _edge_number_texts(box: Prism, numbers: Sequence[int], size: int) -> tuple[list[str], list[float]]:
    """Texts at the edges C, H, W, and the widths reserved for them.

    The number of an invisibly short edge follows its letter; the width for that grows as the edge shortens, so that
    nothing jumps while the camera turns.
    """
    texts, widths = [], []
    for letter, number, edge in zip("CHW", numbers, (box.depth, box.height, box.width), strict=True):
        shortness = min(1.0, max(0.0, 1.5 - hypot(*edge) / size))
        texts.append(f"{letter} {number}" if shortness == 1.0 else str(number))
        widths.append(measure_text(str(number), size) + shortness * measure_text(f"{letter} ", size))
    return texts, widths


def _unit_vector(x: float, y: float, sign: int) -> Vector:
    length = hypot(x, y)
    return sign * x / length, sign * y / length


def _outer_centre(middle: Vector, outward: Vector, wide: float, high: float, gap: float) -> Vector:
    """Centre of a label entirely on the outer side of the edge through `middle`."""
    reach = gap + (wide * abs(outward[0]) + high * abs(outward[1])) / 2
    return middle[0] + reach * outward[0], middle[1] + reach * outward[1]


def _slide_apart(
    at: Vector, wide: float, along: Vector, other: Vector, other_wide: float, high: float, gap: float, sign: int
) -> Vector:
    """Slide a label along its edge, to the right (if mirrored, to the left), until it clears another one."""
    inward = sign * (at[0] - other[0])
    short = (wide + other_wide) / 2 + gap - inward
    apart = high - abs(at[1] - other[1])
    if short <= 0 or apart <= 0:
        return at
    ways = []
    if abs(along[0]) > 1e-6:
        ways.append(short / abs(along[0]))
    if abs(along[1]) > 1e-6:
        upward = along[1] < 0
        ways.append((high + (at[1] - other[1]) * (1 if upward else -1)) / abs(along[1]))
    step = min(ways)
    return at[0] + step * along[0], at[1] + step * along[1]

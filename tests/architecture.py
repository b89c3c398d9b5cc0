"""Draws the architecture, folders and what they import, into resources/pictures: `make pictures`.

Every box is a folder or a module of the tree as it is, with the first line of its docstring; it is one level above the
highest of those that it imports. An import that follows from others is not drawn.
"""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath, QPen, QPolygonF

from engine.files.paths import RESOURCES
from gui.command_line.offscreen import offscreen_application
from gui.export.files import write_file
from gui.export.pictures import png_bytes
from gui.theme import THEMES, Theme
from tests.pictures import compress_png
from tests.source_tree import SourceTree, components_within, levels_of

ROOT = Path(__file__).resolve().parents[1]
OUT = RESOURCES / "pictures" / "architecture.png"
PIXELS = 2
"""Pixels of the file per pixel of the layout."""
BOX = 212, 76
GAP = 16
LEVEL_GAP = 34
MARGIN = 24
TITLE = 34


class Panel(NamedTuple):
    """One folder of the tree, drawn with what is directly in it."""

    folder: str
    title: str
    x: float
    y: float
    width: float


_GUI_WIDTH = 1140
PANELS = (
    Panel("gui", "gui/   imports engine/, which never imports gui/", MARGIN, MARGIN, _GUI_WIDTH),
    Panel("gui.paint", "gui/paint/", MARGIN, 800, _GUI_WIDTH),
    Panel("engine", "engine/", MARGIN + _GUI_WIDTH + 2 * MARGIN, MARGIN, 712),
)


def main() -> None:
    tree = SourceTree(ROOT)
    theme = THEMES["light"]
    with offscreen_application("light"):
        layouts = [(panel, place_boxes(tree, panel)) for panel in PANELS]
        right = max(rect.right() for _, boxes in layouts for rect in boxes.values())
        bottom = max(rect.bottom() for _, boxes in layouts for rect in boxes.values())
        image = QImage(int(right + 2 * MARGIN) * PIXELS, int(bottom + 2 * MARGIN) * PIXELS, QImage.Format.Format_RGB32)
        image.fill(QColor(theme.raised))
        painter = QPainter(image)
        painter.scale(PIXELS, PIXELS)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        for panel, boxes in layouts:
            draw_panel(painter, tree, panel, boxes, theme)
        painter.end()
        write_file(OUT, compress_png(png_bytes(image)))
    print(f"{OUT.name}: {OUT.stat().st_size // 1024} KiB")


def place_boxes(tree: SourceTree, panel: Panel) -> dict[str, QRectF]:
    """The boxes of a panel's components: a centred row per level, the highest level on top."""
    dependencies = tree.dependencies(components_within(panel.folder))
    level = levels_of(dependencies)
    rects: dict[str, QRectF] = {}
    width, height = BOX
    for number in range(max(level.values()), 0, -1):
        row = [component for component in dependencies if level[component] == number]
        row.sort(key=_centre(dependencies, rects))
        left = panel.x + (panel.width - len(row) * width - (len(row) - 1) * GAP) / 2
        top = panel.y + TITLE + (max(level.values()) - number) * (height + LEVEL_GAP)
        for index, component in enumerate(row):
            rects[component] = QRectF(left + index * (width + GAP), top, width, height)
    return rects


def _centre(dependencies: dict[str, set[str]], rects: dict[str, QRectF]) -> Callable[[str], float]:
    """A sort key that puts components below those that import them."""

    def centre(component: str) -> float:
        users = [rects[user].center().x() for user in dependencies if component in dependencies[user] and user in rects]
        return sum(users) / len(users) if users else 0.0

    return centre


def draw_panel(painter: QPainter, tree: SourceTree, panel: Panel, boxes: dict[str, QRectF], theme: Theme) -> None:
    painter.setFont(_font(15, bold=True))
    painter.setPen(QColor(theme.text))
    painter.drawText(QPointF(panel.x, panel.y + 14), panel.title)
    for start, ends in direct_dependencies(tree.dependencies(components_within(panel.folder))).items():
        for end in sorted(ends):
            draw_arrow(painter, boxes[start], boxes[end], theme)
    for component, rect in boxes.items():
        draw_box(painter, tree, component, rect, theme)


def direct_dependencies(dependencies: dict[str, set[str]]) -> dict[str, set[str]]:
    """The dependencies from which all others follow."""

    def below(component: str) -> set[str]:
        return dependencies[component].union(*(below(other) for other in dependencies[component]))

    return {component: ends - set().union(*(below(end) for end in ends)) for component, ends in dependencies.items()}


def draw_arrow(painter: QPainter, start: QRectF, end: QRectF, theme: Theme) -> None:
    """A curve from the bottom of one box to the top of another."""
    span = start.width() / 3
    shift = max(-span, min(span, (end.center().x() - start.center().x()) / 6))
    first = QPointF(start.center().x() + shift, start.bottom())
    last = QPointF(end.center().x() - shift, end.top())
    path = QPainterPath(first)
    middle = (first.y() + last.y()) / 2
    path.cubicTo(QPointF(first.x(), middle), QPointF(last.x(), middle), last)
    painter.setPen(QPen(QColor(theme.muted), 1.3))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.setBrush(QColor(theme.muted))
    painter.drawPolygon(QPolygonF([last, last + QPointF(-4, -8), last + QPointF(4, -8)]))


def draw_box(painter: QPainter, tree: SourceTree, component: str, rect: QRectF, theme: Theme) -> None:
    module = tree.modules[component]
    painter.setPen(QPen(QColor(theme.accent), 1.5))
    painter.setBrush(QColor(theme.base))
    painter.drawRoundedRect(rect, 6, 6)
    inner = rect.adjusted(9, 6, -9, -5)
    painter.setPen(QColor(theme.text))
    painter.setFont(_font(13, bold=True))
    name = component.rpartition(".")[2] + ("/" if module.is_folder else ".py")
    painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, name)
    first = (ast.get_docstring(module.tree) or "").split("\n")[0]
    painter.setFont(_font(10.5))
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
    painter.drawText(inner.adjusted(0, 18, 0, 0), flags, first)


def _font(pixels: float, *, bold: bool = False) -> QFont:
    font = QFont()
    font.setPixelSize(round(pixels))
    font.setBold(bold)
    return font


if __name__ == "__main__":
    main()

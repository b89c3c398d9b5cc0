"""Draws the architecture, folders and what they import, into resources/pictures: `make pictures`.

Every box is a folder or a module of the tree as it is, with the first line of its docstring; it stands one floor above
the highest of those that it imports. Of arrows that follow from others only the others are drawn.
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
from tests.pictures import smaller
from tests.source_tree import House, floors_of, room_within

ROOT = Path(__file__).resolve().parents[1]
OUT = RESOURCES / "pictures" / "architecture.png"
PIXELS = 2
"""Pixels of the file per pixel of the layout."""
BOX = 212, 76
GAP = 16
FLOOR_GAP = 34
MARGIN = 24
TITLE = 34


class Panel(NamedTuple):
    """One folder of the tree, drawn with what is directly in it."""

    folder: str
    title: str
    x: float
    y: float
    width: float


PANELS = (
    Panel("gui", "gui/   imports engine/, which never imports gui/", MARGIN, MARGIN, 940),
    Panel("gui.paint", "gui/paint/", MARGIN, 800, 940),
    Panel("engine", "engine/", MARGIN + 940 + 2 * MARGIN, MARGIN, 712),
)


def main() -> None:
    house = House(ROOT)
    theme = THEMES["light"]
    with offscreen_application("light"):
        placed = [(panel, place_rooms(house, panel)) for panel in PANELS]
        right = max(rect.right() for _, rooms in placed for rect in rooms.values())
        bottom = max(rect.bottom() for _, rooms in placed for rect in rooms.values())
        image = QImage(int(right + 2 * MARGIN) * PIXELS, int(bottom + 2 * MARGIN) * PIXELS, QImage.Format.Format_RGB32)
        image.fill(QColor(theme.raised))
        painter = QPainter(image)
        painter.scale(PIXELS, PIXELS)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        for panel, rooms in placed:
            draw_panel(painter, house, panel, rooms, theme)
        painter.end()
        write_file(OUT, smaller(png_bytes(image)))
    print(f"{OUT.name}: {OUT.stat().st_size // 1024} KiB")


def place_rooms(house: House, panel: Panel) -> dict[str, QRectF]:
    """Where each room of a panel stands: a row per floor, the highest on top; rooms of a floor are centred."""
    arrows = house.arrows(room_within(panel.folder))
    floor = floors_of(arrows)
    rects: dict[str, QRectF] = {}
    width, height = BOX
    for number in range(max(floor.values()), 0, -1):
        row = [room for room in arrows if floor[room] == number]
        row.sort(key=_centre(arrows, rects))
        left = panel.x + (panel.width - len(row) * width - (len(row) - 1) * GAP) / 2
        top = panel.y + TITLE + (max(floor.values()) - number) * (height + FLOOR_GAP)
        for index, room in enumerate(row):
            rects[room] = QRectF(left + index * (width + GAP), top, width, height)
    return rects


def _centre(arrows: dict[str, set[str]], rects: dict[str, QRectF]) -> Callable[[str], float]:
    """Sorts a floor so that rooms stand below those that import them."""

    def centre(room: str) -> float:
        users = [rects[user].center().x() for user in arrows if room in arrows[user] and user in rects]
        return sum(users) / len(users) if users else 0.0

    return centre


def draw_panel(painter: QPainter, house: House, panel: Panel, rooms: dict[str, QRectF], theme: Theme) -> None:
    painter.setFont(_font(15, bold=True))
    painter.setPen(QColor(theme.text))
    painter.drawText(QPointF(panel.x, panel.y + 14), panel.title)
    for start, ends in direct_arrows(house.arrows(room_within(panel.folder))).items():
        for end in sorted(ends):
            draw_arrow(painter, rooms[start], rooms[end], list(rooms.values()), theme)
    for room, rect in rooms.items():
        draw_room(painter, house, room, rect, theme)


def direct_arrows(arrows: dict[str, set[str]]) -> dict[str, set[str]]:
    """The arrows from which all others follow."""

    def below(room: str) -> set[str]:
        return arrows[room].union(*(below(other) for other in arrows[room]))

    return {room: ends - set().union(*(below(end) for end in ends)) for room, ends in arrows.items()}


def draw_arrow(painter: QPainter, start: QRectF, end: QRectF, boxes: list[QRectF], theme: Theme) -> None:
    """From the bottom of one box to the top of another; past floors between them on the side with fewer boxes."""
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


def draw_room(painter: QPainter, house: House, room: str, rect: QRectF, theme: Theme) -> None:
    module = house.modules[room]
    painter.setPen(QPen(QColor(theme.accent), 1.5))
    painter.setBrush(QColor(theme.base))
    painter.drawRoundedRect(rect, 6, 6)
    inner = rect.adjusted(9, 6, -9, -5)
    painter.setPen(QColor(theme.text))
    painter.setFont(_font(13, bold=True))
    name = room.rpartition(".")[2] + ("/" if module.is_folder else ".py")
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

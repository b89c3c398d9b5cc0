"""Draws the boxes of a scene, with values on their faces, and its arrows, lines and texts."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from math import hypot, inf
from operator import itemgetter

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPaintEngine, QPainter, QPainterPath, QPen, QTransform

from engine.network.node_ref import NodeRef
from gui.paint.basics import colours
from gui.paint.basics.many_shapes import draw_rects
from gui.paint.volumes import faces
from gui.paint.volumes.arrows import arrow_shapes, whole_arrow_shapes
from gui.paint.volumes.camera import BoxFace, Prism, make_box_edges
from gui.paint.volumes.face_values import FaceValues
from gui.paint.volumes.flat_colours import PLAIN
from gui.paint.volumes.kernel_boxes import KernelBox, find_kernel_boxes
from gui.paint.volumes.labels import TextRole, cached_font
from gui.paint.volumes.legend import arrow_widths
from gui.paint.volumes.readable_labels import AnchoredLabel, TextZoom
from gui.paint.volumes.scene import PlacedBox, VolumesScene
from gui.paint.volumes.stamps import draw_stamps
from gui.paint.volumes.visible_parts import VisibleParts
from gui.state.look import Look
from gui.state.view_state import ViewState
from gui.theme import Theme

_DIMMED = 0.38
"""Opacity of stale values on their face."""

_SMALL_WINDOW, _SMALLEST_WINDOW = 12.0, 3.0
"""Sizes in pixels below which a kernel box is only an outline, and below which it is left out."""

_LEAST_FOUND, _LEAST_FOCUS = 5.0, 2.4
"""Least widths in pixels of the marks of found and selected boxes beside flat boxes."""

_SMALLEST_HEAD = 0.7
"""Size in pixels below which the heads of arrows are left out beside flat boxes."""

_WINDOWED, _FULL_LINES = 1.5, 4.0
"""Sizes of maps in ems from which a kernel box is drawn in them, and from which its lines have full width."""

_SHADES = {"front": 100, "top": 108, "left": 90, "right": 90}


class ScenePainter:
    """One repaint of a scene, or of a part of it."""

    def __init__(
        self,
        painter: QPainter,
        state: ViewState,
        theme: Theme,
        scene: VolumesScene,
        part: VisibleParts,
        zoom: TextZoom,
        density: float,
    ) -> None:
        self.painter, self.state, self.theme, self.scene, self.zoom = painter, state, theme, scene, zoom
        self.device_pixels = zoom.pixels * density
        self.visible = part
        self.em = scene.line_breaks.text_sizes.em
        self.raster = painter.paintEngine().type() == QPaintEngine.Type.Raster
        self.line = 0.075 * self.em / zoom.text_fineness
        self._pens: dict[tuple[str, float], QPen] = {}
        self._designs = {
            design_row.name: theme.design(state.colour_index(design_row.name))
            for design_row in scene.line_breaks.design_rows
        }

    def draw(self, labels: Iterable[AnchoredLabel]) -> None:
        """Draw the visible parts, and over them these texts."""
        self._draw_frames()
        self._draw_wires()
        self._draw_arrows()
        self._draw_flat_boxes()
        self._draw_faces()
        self._draw_edges()
        for box, _ in self.visible.boxes:
            for window in find_kernel_boxes(box, self.visible.focus, self.visible.regions.get(box.ref)):
                self._draw_window(window, box.prism)
            if box.ref == self.visible.focus.ref:
                self._draw_pixel(box)
        self._draw_texts(labels)

    def _pen(self, colour: str, width: float) -> QPen:
        pen = self._pens.get((colour, width))
        if pen is None:
            join, cap = Qt.PenJoinStyle.RoundJoin, Qt.PenCapStyle.SquareCap  # lines with round ends take much longer
            pen = self._pens[colour, width] = QPen(QBrush(QColor(colour)), width, Qt.PenStyle.SolidLine, cap, join)
        return pen

    def _mark_pen(self, colour: str, width: float, least: float) -> QPen:
        """A pen for a mark, in lines; in an overview at least so many pixels wide, to be found there."""
        return self._pen(
            colour, max(width * self.line, least / self.zoom.pixels if self.visible.has_flat_boxes else 0.0)
        )

    def _colour(self, role: TextRole, design: str) -> str:
        return self._designs[design] if role == "design" else str(getattr(self.theme, role))

    def _draw_frames(self) -> None:
        """Draw a pale background behind the layers of each open block, with an accented border for that in focus."""
        radius = 0.6 * self.em
        for frame in self.visible.frames:
            left, top, right, bottom = frame.rect
            in_focus = self._is_selected(frame.ref)
            line = self._pen(self.theme.accent if in_focus else self.theme.grid, (3.0 if in_focus else 1.0) * self.line)
            self.painter.setPen(line)
            self.painter.setBrush(QColor(self.theme.window))
            self.painter.drawRoundedRect(QRectF(left, top, right - left, bottom - top), radius, radius)

    def _draw_wires(self) -> None:
        self.painter.setPen(self._pen(self.theme.muted, self.line))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        for wire in self.visible.wires:
            self.painter.drawPath(_rounded_path(wire, 0.45 * self.em))

    def _draw_arrows(self) -> None:
        """Draw all arrows, those of one colour together, which is faster."""
        em, arrows, widths = (
            self.em / self.zoom.text_fineness,
            self.visible.arrows,
            arrow_widths(self.state, self.scene),
        )
        least = _SMALLEST_HEAD / self.zoom.pixels if self.visible.has_flat_boxes else 0.0
        if len(arrows) == len(self.scene.arrows):
            shapes = whole_arrow_shapes(self.scene, widths, em, least)
        else:
            shapes = arrow_shapes(self.scene, arrows, widths, em, least)
        self.painter.setPen(Qt.PenStyle.NoPen)
        for (role, design), (shafts, heads) in sorted(shapes.items(), key=itemgetter(0)):
            self.painter.setBrush(QColor(self._colour(role, design)))
            draw_rects(self.painter, shafts)
            for head in heads:
                self.painter.drawPath(head)

    def _draw_flat_boxes(self) -> None:
        """Draw small boxes, found ones with a wide line around them, of which they cover the inner half."""
        flat, places, found = self.visible.flat_boxes, self.scene.box_places, self.state.found_boxes
        if found:
            marked = flat[[places.refs[number] in found for number in flat.tolist()]]
            line = QColor(self.theme.warning).rgb()
            draw_stamps(self.painter, self.scene, marked, np.zeros(len(marked), np.uint32), line, 7.0 * self.line)
        codes, code_of_each = np.unique(self.visible.flat_colours, return_inverse=True)
        fills = np.array([*map(self._flat_fill, codes.tolist())], np.uint32)[code_of_each]
        draw_stamps(self.painter, self.scene, flat, fills, QColor(self.theme.text).rgb(), 0.8 * self.line)

    def _flat_fill(self, code: int) -> int:
        """The colour of a flat box as ARGB; see `flat_colours`."""
        plain = QColor(self.theme.plain)
        if code == PLAIN:
            return plain.rgb()
        fresh = QColor.fromRgb(code >> 1)
        return (fresh if code & 1 else _mix(fresh, plain, _DIMMED)).rgb()

    def _draw_faces(self) -> None:
        """Draw all faces without antialiasing, which is much faster; lines cover their edges later."""
        painter, transform = self.painter, self.painter.transform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        for box, values, face in drawn_faces(self.visible, self.device_pixels):
            box_transform = QTransform.fromTranslate(box.prism.x, box.prism.y) * transform
            if values is None:
                plain = _plain_face(face, self.theme)
                painter.setTransform(box_transform)
                painter.setBrush(_mix(plain, QColor(self.theme.base), _DIMMED) if box.vertex.is_earlier else plain)
                painter.drawPolygon(face.polygon())
            else:
                pixels = self.device_pixels if self.raster else inf
                image = picture_of_face(face, values, self.state.look, self.theme, pixels)
                image = image if self.raster else faces.enlarge_pixels(image)
                painter.setTransform(face.transform(image.width(), image.height()) * box_transform)
                painter.drawImage(0, 0, image)
        painter.setTransform(transform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _draw_edges(self) -> None:
        """Draw edges and outlines, those of ordinary boxes together."""
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        boxes = [box for box, _ in self.visible.boxes]
        special = [box for box in boxes if self._is_special(box)]
        ordinary = [box for box in boxes if not self._is_special(box)] if special else boxes
        self._draw_lines(self.theme.edge, [(box.prism, make_box_edges(*box.prism[2:]).inner_edges) for box in boxes])
        self._draw_lines(self.theme.text, [(box.prism, make_box_edges(*box.prism[2:]).outer_edges) for box in ordinary])
        for box in special:
            self._draw_outline(box)

    def _draw_lines(self, colour: str, lines_by_prism: list[tuple[Prism, list[QLineF]]]) -> None:
        """Draw thin lines of boxes; moving the painter is faster than moving the lines."""
        transform = self.painter.transform()
        self.painter.setPen(self._pen(colour, 0.8 * self.line))
        for prism, lines in lines_by_prism:
            self.painter.setTransform(QTransform.fromTranslate(prism.x, prism.y) * transform)
            self.painter.drawLines(lines)
        self.painter.setTransform(transform)

    def _is_special(self, box: PlacedBox) -> bool:
        is_unknown = box.vertex.shape is None or box.vertex.is_earlier
        is_found = box.ref in self.state.found_boxes
        return is_unknown or is_found or bool(box.caption.mistakes) or self._is_selected(box.ref)

    def _is_selected(self, ref: NodeRef) -> bool:
        return ref == self.visible.focus.ref or ref in self.visible.others

    def _draw_outline(self, box: PlacedBox) -> None:
        """Draw the outline red if there is a mistake, thick if selected, and dashed if the shape is unknown now."""
        outline, in_focus = box.prism.outline(), self._is_selected(box.ref)
        if box.ref in self.state.found_boxes:
            self.painter.setPen(self._mark_pen(self.theme.warning, 7.0, _LEAST_FOUND))
            self.painter.drawPolygon(outline)
        marks = (self.theme.base, 4.5, 1.5 * _LEAST_FOCUS), (self.theme.accent, 3.0, _LEAST_FOCUS)
        for colour, width, least in marks if in_focus else ():
            self.painter.setPen(self._mark_pen(colour, width, least))
            self.painter.drawPolygon(outline)
        has_mistakes = bool(box.caption.mistakes)
        if in_focus and not has_mistakes:
            return
        pen = self._pen(
            self.theme.error if has_mistakes else self.theme.text, self.line * (2.2 if has_mistakes else 0.8)
        )
        if box.vertex.shape is None or box.vertex.is_earlier:
            pen = QPen(pen)
            pen.setStyle(Qt.PenStyle.DashLine)
        self.painter.setPen(pen)
        self.painter.drawPolygon(outline)

    def _draw_window(self, window: KernelBox, volume: Prism) -> None:
        """Draw a kernel box: translucent, strong visible edges on lighter lines, thin hidden edges.

        In a small volume all lines are thinner; in a very small one there is none, since it would hide the values.
        """
        side = max(hypot(*volume.width), hypot(*volume.height)) * self.zoom.text_fineness / self.em
        if side < _WINDOWED:
            return
        colour, edges = self._colour(window.role, window.design), make_box_edges(*window.box[2:])
        if edges.size * self.zoom.pixels < _SMALLEST_WINDOW:
            return
        line = self.line * max(0.35, min(1.0, side / _FULL_LINES, edges.size / (12 * self.line)))
        fill = QColor(colour)
        fill.setAlpha(46)
        self.painter.translate(window.box.x, window.box.y)
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(fill)
        self.painter.drawPolygon(edges.outline)
        strokes = [(edges.outer_edges, self.theme.raised, 3.6), (edges.outer_edges, colour, 1.9)]
        if edges.size * self.zoom.pixels < _SMALL_WINDOW:
            strokes = strokes[1:]
        elif edges.size > 10 * self.line:
            ridges = [(edges.inner_edges, self.theme.raised, 3.6), (edges.inner_edges, colour, 1.9)]
            behind = [QLineF(*start, *end) for start, end in Prism(0.0, 0.0, *window.box[2:]).hidden_edges()]
            strokes = [strokes[0], (behind, colour, 0.6), *ridges, strokes[1]]
        for lines, line_colour, width in strokes:
            self.painter.setPen(self._pen(line_colour, width * line))
            self.painter.drawLines(lines)
        self.painter.translate(-window.box.x, -window.box.y)

    def _draw_pixel(self, box: PlacedBox) -> None:
        """Mark the pixel in focus on the front face."""
        shape, pixel = box.vertex.shape, self.visible.focus.pixel
        if shape is None or pixel is None:
            return
        low = (pixel[1] / shape.width, pixel[0] / shape.height, 0.0)
        high = ((pixel[1] + 1) / shape.width, (pixel[0] + 1) / shape.height, 0.0)
        mark = box.prism.inner_prism(low, high).faces()[-1].polygon()
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((self.theme.base, 4.0), (self.theme.accent, 2.0)):
            self.painter.setPen(self._pen(colour, width * self.line))
            self.painter.drawPolygon(mark)

    def _draw_texts(self, labels: Iterable[AnchoredLabel]) -> None:
        """Draw all texts, those of one style together, since setting fonts and pens is expensive."""
        fineness = self.zoom.text_fineness
        texts = [(self._colour(item.text.role, item.design), item) for item in labels]
        self.painter.scale(1 / fineness, 1 / fineness)
        for (size, bold, colour), group in groupby(sorted(texts, key=_text_style), _text_style):
            self.painter.setFont(cached_font(size, bold))
            self.painter.setPen(self._pen(colour, 1.0))
            for _, (_, text, (x, y)) in group:
                self.painter.drawText(QPointF(text.x + (fineness - 1) * x, text.y + (fineness - 1) * y), text.text)
        self.painter.scale(fineness, fineness)


def drawn_faces(parts: VisibleParts, device_pixels: float) -> Iterator[tuple[PlacedBox, FaceValues | None, BoxFace]]:
    """The faces that are large enough to be drawn, with their boxes and the values on these."""
    least_area = 0.2 / device_pixels**2
    for box, values in parts.boxes:
        for face in make_box_edges(*box.prism[2:]).faces:
            if face.area > least_area:
                yield box, values, face


def picture_of_face(face: BoxFace, values: FaceValues, look: Look, theme: Theme, pixels: float) -> QImage:
    """The picture of a face at a number of pixels per unit of the scene; stale values fade into the plain colour."""
    columns, rows = pixels * hypot(*face.across), pixels * hypot(*face.down)
    if face.side == "front" and values.photo is not None:
        image = faces.photo_face_image(values.volume, values.photo, columns, rows)
    else:
        image = faces.face_image(
            values.volume,
            face.side,
            values.channel,
            colours.colour_map_name(look),
            zero_centred=look.zero_centred,
            columns=columns,
            rows=rows,
        )
    return image if values.is_fresh else faces.fade_image(values.volume, image, _plain_face(face, theme), _DIMMED)


def _plain_face(face: BoxFace, theme: Theme) -> QColor:
    """The colour of a face without values."""
    return QColor(theme.plain).lighter(_SHADES[face.side])


def _text_style(item: tuple[str, AnchoredLabel]) -> tuple[int, bool, str]:
    colour, (_, text, _) = item
    return text.size, text.bold, colour


def _mix(colour: QColor, ground: QColor, share: float) -> QColor:
    """The colour with opacity `share` on a background."""
    pairs = ((colour.red(), ground.red()), (colour.green(), ground.green()), (colour.blue(), ground.blue()))
    return QColor(*(round(share * part + (1 - share) * other) for part, other in pairs))


def _rounded_path(points: tuple[tuple[float, float], ...], radius: float) -> QPainterPath:
    """A line of vertical and horizontal pieces with rounded corners."""
    path = QPainterPath(QPointF(*points[0]))
    for before, at, after in zip(points, points[1:], points[2:], strict=False):
        ways = []
        for end in (before, after):
            dx, dy = end[0] - at[0], end[1] - at[1]
            length = abs(dx) + abs(dy)
            step = min(radius, length / 2) / length if length else 0.0
            ways.append(QPointF(at[0] + dx * step, at[1] + dy * step))
        path.lineTo(ways[0])
        path.quadTo(QPointF(*at), ways[1])
    path.lineTo(QPointF(*points[-1]))
    return path

"""The volumes of every design as boxes with their values on the faces: one painting for the screen and for files."""

from collections.abc import Iterator
from itertools import groupby
from math import hypot

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPaintEngine, QPainter, QPainterPath, QPen, QPolygonF

from gui.paint import colours
from gui.paint.scene import faces
from gui.paint.scene.camera import Face
from gui.paint.scene.frame import Frame, frame
from gui.paint.scene.kernels import Window, windows
from gui.paint.scene.labels import Role, Text, centred, text_font
from gui.paint.scene.layout import Arrow, PlacedBox
from gui.paint.scene.legend import arrow_widths, draw_headings, draw_legend, draw_text
from gui.paint.scene.values import Values, note, shown_values
from gui.paint.words import NO_DESIGN
from gui.state import ViewState
from gui.theme import Theme

DIMMED = 0.38
"""Opacity of values that earlier settings gave."""

READABLE, MOST_GROWTH = 9.0, 1.8
"""Pixels that operators are enlarged to where smaller texts are left out, and by how much at most."""

EMPTY_DESIGN = "Add a layer with + Layer"

_SHADES = {"front": 100, "top": 108, "left": 90, "right": 90}


def paint(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the boxes of all designs into `rect`, with every word of text."""
    draw(painter, rect, state, theme, frame(state, rect.width(), rect.height()), 0.0)


def draw(
    painter: QPainter,
    rect: QRectF,
    state: ViewState,
    theme: Theme,
    laid_out: Frame,
    smallest_text: float,
    zoom: float = 1.0,
) -> None:
    """Draw a frame.

    Text that would be smaller than `smallest_text` pixels on the device is left out. `zoom` is how much the painter
    enlarges the picture: what is written, and lines, then grow with its root only, to leave the faces the room.
    """
    painter.save()
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.translate(rect.topLeft())
    draw_headings(painter, state, laid_out, theme, rect.width())
    if state.project.designs:
        draw_legend(painter, state, laid_out, theme, QRectF(0, 0, rect.width(), rect.height()))
    else:
        text = centred(NO_DESIGN, rect.width() / 2, rect.height() / 2, laid_out.em)
        draw_text(painter, text, theme.muted)
    painter.scale(laid_out.scene.shrink, laid_out.scene.shrink)
    finer = max(1.0, zoom * laid_out.scene.shrink) ** 0.5
    _Painting(painter, state, theme, laid_out, smallest_text, rect.width(), finer).draw()
    painter.restore()


class _Painting:
    """One repaint: the painter, and all that drawing a box or an arrow looks up."""

    def __init__(
        self,
        painter: QPainter,
        state: ViewState,
        theme: Theme,
        laid_out: Frame,
        smallest: float,
        width: float,
        finer: float,
    ) -> None:
        self.painter, self.state, self.theme, self.scene = painter, state, theme, laid_out.scene
        self.em = laid_out.scene.plan.type.em
        self.smallest = smallest
        self.pixels = abs(painter.deviceTransform().determinant()) ** 0.5
        self.raster = painter.paintEngine().type() == QPaintEngine.Type.Raster
        self.finer = finer
        self.line = 0.075 * self.em / finer
        self.width = width / laid_out.scene.shrink
        self._pens: dict[tuple[str, float], QPen] = {}
        self._designs = {design.name: theme.design(index) for index, design in enumerate(state.project.designs)}
        self._values = [shown_values(state, box) for box in self.scene.boxes]

    def draw(self) -> None:
        self._draw_wires()
        self.painter.setPen(Qt.PenStyle.NoPen)
        for arrow, width in zip(self.scene.arrows, arrow_widths(self.state, self.scene), strict=True):
            self._draw_arrow(arrow, width * self.em / self.finer)
        self._draw_faces()
        self._draw_edges()
        for box in self.scene.boxes:
            for window in windows(box, self.state.focus):
                self._draw_window(window)
            if box.place == self.state.focus.place:
                self._draw_pixel(box)
        self._draw_texts()

    def _pen(self, colour: str, width: float) -> QPen:
        pen = self._pens.get((colour, width))
        if pen is None:
            join, cap = Qt.PenJoinStyle.RoundJoin, Qt.PenCapStyle.RoundCap
            pen = self._pens[colour, width] = QPen(QBrush(QColor(colour)), width, Qt.PenStyle.SolidLine, cap, join)
        return pen

    def _colour(self, role: Role, design: str) -> str:
        return self._designs[design] if role == "design" else str(getattr(self.theme, role))

    def _draw_wires(self) -> None:
        self.painter.setPen(self._pen(self.theme.muted, self.line))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        for wire in self.scene.wires:
            self.painter.drawPath(_rounded(wire, 0.45 * self.em))

    def _draw_arrow(self, arrow: Arrow, width: float) -> None:
        head = min(max(0.42 * self.em / self.finer, 1.5 * width), 0.6 * (arrow.end - arrow.start))
        stop = arrow.end - 1.5 * head
        self.painter.setBrush(self._pen(self._colour(arrow.role, arrow.place[0]), 1.0).brush())
        self.painter.drawRect(QRectF(arrow.start, arrow.y - width / 2, stop + 0.1 * head - arrow.start, width))
        corners = ((arrow.end, arrow.y), (stop, arrow.y - head), (stop, arrow.y + head))
        self.painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))

    def _draw_faces(self) -> None:
        """All faces without lines: their edges are covered later, and without smoothing they are drawn much faster."""
        whole = self.painter.transform()
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self.painter.setPen(Qt.PenStyle.NoPen)
        for box, values in zip(self.scene.boxes, self._values, strict=True):
            for face in box.prism.faces():
                if face.area * self.pixels**2 <= 0.2:
                    continue
                if values is None or not values.fresh:
                    self.painter.setTransform(whole)
                    self.painter.setBrush(QColor(self.theme.plain).lighter(_SHADES[face.side]))
                    self.painter.drawPolygon(face.polygon())
                if values is not None:
                    image = self._face_image(face, values)
                    self.painter.setOpacity(1.0 if values.fresh else DIMMED)
                    self.painter.setTransform(face.transform(image.width(), image.height()) * whole)
                    self.painter.drawImage(0, 0, image)
                    self.painter.setOpacity(1.0)
        self.painter.setTransform(whole)
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _face_image(self, face: Face, values: Values) -> QImage:
        """The picture on a face, as fine as the device shows it."""
        pixels = self.pixels if self.raster else float("inf")
        columns, rows = pixels * hypot(*face.across), pixels * hypot(*face.down)
        if face.side == "front" and values.photo is not None:
            image = faces.photo(values.volume, values.photo, columns, rows)
        else:
            image = faces.face_image(
                values.volume,
                face.side,
                values.channel,
                colours.map_name(self.state.look),
                zero_centred=self.state.look.zero_centred,
                columns=columns,
                rows=rows,
            )
        return image if self.raster else faces.enlarged(image)

    def _draw_edges(self) -> None:
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.setPen(self._pen(self.theme.edge, 0.8 * self.line))
        ridges = [QLineF(*start, *end) for box in self.scene.boxes for start, end in box.prism.ridges()]
        self.painter.drawLines(ridges)
        for box in self.scene.boxes:
            self._draw_outline(box)

    def _draw_outline(self, box: PlacedBox) -> None:
        """In red where there is a mistake, else thick around the chosen volume; dashed where the shape is unknown."""
        outline, chosen = box.prism.outline(), box.place == self.state.focus.place
        for colour, width in ((self.theme.base, 4.5), (self.theme.accent, 3.0)) if chosen else ():
            self.painter.setPen(self._pen(colour, width * self.line))
            self.painter.drawPolygon(outline)
        wrong = bool(box.caption.trouble)
        if chosen and not wrong:
            return
        pen = self._pen(self.theme.error if wrong else self.theme.text, self.line * (2.2 if wrong else 0.8))
        if box.vertex.shape is None:
            pen = QPen(pen)
            pen.setStyle(Qt.PenStyle.DashLine)
        self.painter.setPen(pen)
        self.painter.drawPolygon(outline)

    def _draw_window(self, window: Window) -> None:
        """Translucent, its edges strong on a lighter line, the hidden ones thin: it hides nothing of the volume."""
        colour = self._colour(window.role, window.design)
        left, top, right, bottom = window.box.bounds()
        size = min(right - left, bottom - top)
        line = self.line * max(0.5, min(1.0, size / (12 * self.line)))
        outline = window.box.outline()
        fill = QColor(colour)
        fill.setAlpha(46)
        self.painter.setPen(self._pen(self.theme.raised, 3.6 * line))
        self.painter.setBrush(fill)
        self.painter.drawPolygon(outline)
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        if size > 10 * self.line:
            ridges = [QLineF(*start, *end) for start, end in window.box.ridges()]
            behind = [QLineF(*start, *end) for start, end in window.box.hidden_edges()]
            for lines, ground, width in (
                (behind, colour, 0.6),
                (ridges, self.theme.raised, 3.6),
                (ridges, colour, 1.9),
            ):
                self.painter.setPen(self._pen(ground, width * line))
                self.painter.drawLines(lines)
        self.painter.setPen(self._pen(colour, 1.9 * line))
        self.painter.drawPolygon(outline)

    def _draw_pixel(self, box: PlacedBox) -> None:
        """A mark on the chosen pixel of the front face."""
        shape, pixel = box.vertex.shape, self.state.focus.pixel
        if shape is None or pixel is None:
            return
        low = (pixel[1] / shape.width, pixel[0] / shape.height, 0.0)
        high = ((pixel[1] + 1) / shape.width, (pixel[0] + 1) / shape.height, 0.0)
        mark = box.prism.part(low, high).faces()[-1].polygon()
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((self.theme.base, 4.0), (self.theme.accent, 2.0)):
            self.painter.setPen(self._pen(colour, width * self.line))
            self.painter.drawPolygon(mark)

    def _draw_texts(self) -> None:
        """All texts, those of one look together: fonts and pens are dear to set."""
        least = self.smallest / self.pixels
        texts = sorted((item for item in self._texts() if item[1].size >= least), key=_style)
        for (size, bold, colour), alike in groupby(texts, _style):
            self.painter.setFont(text_font(size, bold))
            self.painter.setPen(self._pen(colour, 1.0))
            for _, text in alike:
                self._draw_text(text)

    def _texts(self) -> Iterator[tuple[str, Text]]:
        """Every text with its colour."""
        for design, text in self._texts_by_design():
            yield self._colour(text.role, design), text

    def _texts_by_design(self) -> Iterator[tuple[str, Text]]:
        for box, values in zip(self.scene.boxes, self._values, strict=True):
            for text in box.texts_with(note(box, values)):
                inside = max(0.0, min(self.width - text.width, text.x))
                yield box.place[0], text if inside == text.x else text._replace(x=inside)
            if box.vertex.shape is None:
                yield box.place[0], centred("?", box.x, box.y + 0.4 * self.em, self.em, "muted")
        for arrow in self.scene.arrows:
            for text in arrow.texts:
                yield arrow.place[0], self._readable(text, arrow)
        for band in self.scene.plan.bands:
            if len(band.graph.vertices) == 1:
                box = next(box for box in self.scene.boxes if box.place[0] == band.name)
                yield band.name, Text(EMPTY_DESIGN, box.right + self.em, box.y + 0.3 * self.em, 0.0, self.em, "muted")

    def _readable(self, text: Text, arrow: Arrow) -> Text:
        """An operator takes the room of the smaller texts, where those are left out, as far as its arrow is long."""
        small = self.scene.plan.type.small
        if not text.bold or small * self.pixels >= self.smallest:
            return text
        room = (arrow.end - arrow.start) / max(text.width, 1.0)
        growth = min(READABLE / (text.size * self.pixels), MOST_GROWTH, room)
        larger = max(text.size, int(growth * text.size))
        baseline = text.y - 0.15 * (larger - text.size)
        return centred(text.text, text.x + text.width / 2, baseline, larger, text.role, text.bold)

    def _draw_text(self, text: Text) -> None:
        if self.finer == 1.0:
            self.painter.drawText(QPointF(text.x, text.y), text.text)
            return
        left, top, right, bottom = text.rect
        x, y = (left + right) / 2, (top + bottom) / 2
        self.painter.save()
        self.painter.translate(x, y)
        self.painter.scale(1 / self.finer, 1 / self.finer)
        self.painter.drawText(QPointF(text.x - x, text.y - y), text.text)
        self.painter.restore()


def _style(item: tuple[str, Text]) -> tuple[int, bool, str]:
    colour, text = item
    return text.size, text.bold, colour


def _rounded(points: tuple[tuple[float, float], ...], radius: float) -> QPainterPath:
    """A line of upright and level pieces, its corners rounded."""
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

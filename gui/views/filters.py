"""The filters view: what every filter of the chosen node gives, and the kernel that gives it."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, get_args

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QCheckBox,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.shapes import Shape
from gui.paint.comparison import shown_places
from gui.paint.kernel_image import chosen_kernel
from gui.paint.mosaic import Content, Scene, arrange, content_of, draw
from gui.paint.plates import Plate, read_out
from gui.paint.tiles import Projection, Spot, Zoom, fitting_scale, panned, zoomed
from gui.paint.words import number
from gui.state import ColourMap, Focus, ViewState
from gui.theme import THEMES
from gui.views.base import View
from gui.widgets.choices import Choice

MOST_ZOOM = 64.0
NARROW = 390
"""Width in pixels below which the controls take two rows."""

COLOUR_MAPS = tuple((name, name) for name in get_args(ColourMap))
RANGES = (("shared", "shared range"), ("per map", "range per map"))

LEAST_WIDTH = 240

_KEYS: dict[int, tuple[int, int, int]] = {
    Qt.Key.Key_Left: (0, 0, -1),
    Qt.Key.Key_Right: (0, 0, 1),
    Qt.Key.Key_Up: (0, -1, 0),
    Qt.Key.Key_Down: (0, 1, 0),
    Qt.Key.Key_PageUp: (-1, 0, 0),
    Qt.Key.Key_PageDown: (1, 0, 0),
}
"""How far a key moves the choice: channels, rows, columns."""


def moved(focus: Focus, shape: Shape, by: tuple[int, int, int]) -> Focus:
    """The choice after a key: within the volume; from nothing chosen to the first map and its middle."""
    channels, rows, columns = by
    if focus.channel is None:
        return replace(focus, channel=0, pixel=focus.pixel or (shape.height // 2, shape.width // 2))
    y, x = focus.pixel or (shape.height // 2, shape.width // 2)
    return replace(
        focus,
        channel=min(max(focus.channel + channels, 0), shape.channels - 1),
        pixel=(min(max(y + rows, 0), shape.height - 1), min(max(x + columns, 0), shape.width - 1)),
    )


class MosaicCanvas(QWidget):
    """The picture on the screen, with zoom: the wheel zooms about the mouse, dragging pans, a double click fits."""

    chosen = Signal(object)
    """A Focus that a person asks for."""
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.zoom = Zoom()
        self._state: ViewState | None = None
        self._content: Content | None = None
        self._scene: Scene | None = None
        self._pressed: QPointF | None = None
        self._dragged: QPointF | None = None
        self._said = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 160)
        self.setAccessibleName("Feature maps")

    def show_content(self, state: ViewState, content: Content) -> None:
        self._state, self._content, self._scene = state, content, None
        titles = "; ".join(f"{plate.design}, {plate.title} {plate.note}".strip() for plate in content.plates)
        self.setAccessibleDescription(f"{titles}. {content.legend}")
        self.update()

    def set_zoom(self, zoom: Zoom) -> None:
        self.zoom, self._scene = zoom, None
        self.update()

    def fit(self) -> None:
        self.set_zoom(Zoom())

    def show_true_size(self) -> None:
        """One pixel a value."""
        seen = self._first()
        if seen is not None:
            factor = 1 / (fitting_scale(seen.grid, seen.rect) * seen.grid.repeat)
            self.set_zoom(zoomed(seen, factor, seen.rect.topLeft()))

    def scene(self) -> Scene | None:
        """Where everything is now."""
        if self._scene is None and self._content is not None:
            self._scene = arrange(QRectF(self.rect()), self._content, self.zoom)
        return self._scene

    def read(self, point: QPointF) -> str:
        """What is under a point, in words; "" for nothing."""
        found = self._plate_at(point)
        if found is not None:
            return read_out(*found)
        return self._read_kernel(point)

    def _first(self) -> Projection | None:
        scene = self.scene()
        return next((frame.seen for frame in scene.frames if frame.seen is not None), None) if scene else None

    def _seen_at(self, point: QPointF) -> Projection | None:
        scene = self.scene()
        found = (
            [frame.seen for frame in scene.frames if frame.seen and frame.seen.rect.contains(point)] if scene else []
        )
        return found[0] if found else None

    def _plate_at(self, point: QPointF) -> tuple[Plate, Spot] | None:
        scene = self.scene()
        if scene is None or self._content is None:
            return None
        for frame, plate in zip(scene.frames, self._content.plates, strict=True):
            spot = frame.seen.spot(point) if frame.seen is not None else None
            if spot is not None:
                return plate, spot
        return None

    def _read_kernel(self, point: QPointF) -> str:
        scene = self.scene()
        if scene is None or scene.kernel_seen is None or self._content is None or self._content.kernel is None:
            return ""
        kernel, spot = self._content.kernel, scene.kernel_seen.spot(point)
        if spot is None or kernel.tiles is None or kernel.tiles.values is None:
            return ""
        focus = self._content.focus
        where = f"input channel {kernel.first_channel + spot.channel}, y {spot.y}, x {spot.x}"
        return f"{focus.design} · {focus.node} · filter {focus.channel}, {where}: {number(kernel.tiles.values[spot])}"

    def _say(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self.hovered.emit(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        scene = self.scene()
        if scene is None or self._content is None or self._state is None:
            return
        theme = THEMES[self._state.look.theme]
        painter = QPainter(self)
        draw(painter, QRectF(self.rect()), self._content, scene, theme)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._scene = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position(), None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        if self._pressed is None:
            self._say(self.read(point))
            return
        far = (point - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if self._dragged is None and far:
            self._dragged = self._pressed
        seen = self._seen_at(self._pressed)
        if self._dragged is not None and seen is not None:
            self.set_zoom(panned(seen, self.zoom.factor, point - self._dragged))
            self._dragged = point

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        clicked = self._pressed is not None and self._dragged is None
        self._pressed = self._dragged = None
        found = self._plate_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and clicked and found is not None:
            plate, spot = found
            if spot.channel >= 0:
                self.chosen.emit(Focus(*plate.place, spot.channel, (spot.y, spot.x)))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def leaveEvent(self, event: QEvent) -> None:
        self._say("")

    def wheelEvent(self, event: QWheelEvent) -> None:
        seen = self._seen_at(event.position())
        if seen is None:
            event.ignore()
            return
        self._zoom_by(2 ** (event.angleDelta().y() / 480), seen, event.position())

    def _zoom_by(self, times: float, seen: Projection, point: QPointF) -> None:
        least = min(1.0, 1 / (fitting_scale(seen.grid, seen.rect) * seen.grid.repeat))
        self.set_zoom(zoomed(seen, min(max(self.zoom.factor * times, least), MOST_ZOOM), point))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        seen = self._first()
        if event.key() in _KEYS:
            self._move(_KEYS[event.key()])
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Minus) and seen is not None:
            self._zoom_by(2.0 if event.key() == Qt.Key.Key_Plus else 0.5, seen, seen.rect.center())
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)

    def _move(self, by: tuple[int, int, int]) -> None:
        if self._content is None:
            return
        focus = self._content.focus
        shape = next((plate.shape for plate in self._content.plates if plate.place == focus.place), None)
        if shape is not None:
            self.chosen.emit(moved(focus, shape, by))


class FiltersView(View):
    """Every output map of the chosen node as a mosaic, with the controls of its colours and zoom."""

    id: ClassVar[str] = "filters"
    title: ClassVar[str] = "Filters"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state: ViewState | None = None
        self._content: Content | None = None
        self.canvas = MosaicCanvas(self)
        self.canvas.chosen.connect(self.focus_requested)
        self.canvas.hovered.connect(self.hovered)
        self.colour_map = self._choice("Colour map", COLOUR_MAPS, "colour_map")
        self.range = self._choice("Range of the colours: one for all maps, or one for each", RANGES, "range")
        self.zero_centred = QCheckBox("Zero-centred", self)
        self.zero_centred.setToolTip("Blue below zero, red above, white at zero")
        self.zero_centred.clicked.connect(lambda on: self._request(zero_centred=on))
        self.fit = self._button("Fit", "Show all maps (0, or a double click)", self.canvas.fit)
        self.true_size = self._button("1:1", "One screen pixel for each value", self.canvas.show_true_size)
        colours, zooms = QHBoxLayout(), QHBoxLayout()
        for choice in (self.colour_map, self.range):
            colours.addWidget(choice)
        for widget in (self.zero_centred, self.fit, self.true_size):
            zooms.addWidget(widget)
        zooms.addStretch(1)
        self._controls = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._controls.setContentsMargins(6, 4, 6, 4)
        self._controls.setSpacing(4)
        self._controls.addLayout(colours)
        self._controls.addLayout(zooms, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._controls)
        column.addWidget(self.canvas, 1)
        self.setFocusProxy(self.canvas)
        self.setMinimumWidth(LEAST_WIDTH)  # else the one row of controls would never let it get narrow

    def show_state(self, old: ViewState | None, new: ViewState) -> None:
        self._state = new
        if old is None or old.look is not new.look:
            self.colour_map.show_value(new.look.colour_map)
            self.range.show_value(new.look.range)
            self.zero_centred.setChecked(new.look.zero_centred)
            self.colour_map.setEnabled(not new.look.zero_centred)
        content = self._content
        if old is None or content is None or self._other_maps(old, new):
            content = content_of(new)
            if self._shapes(content) != self._shapes(self._content):
                self.canvas.fit()
        elif old.focus != new.focus:
            content = replace(content, focus=new.focus, kernel=chosen_kernel(new))
        if content is not self._content:
            self._content = content
            self.canvas.show_content(new, content)

    def resizeEvent(self, event: QResizeEvent) -> None:
        directions = QBoxLayout.Direction
        self._controls.setDirection(directions.TopToBottom if self.width() < NARROW else directions.LeftToRight)

    @staticmethod
    def _other_maps(old: ViewState, new: ViewState) -> bool:
        """Whether anything but the choice within the maps differs."""
        return (
            old.check is not new.check
            or old.look is not new.look
            or old.focus.place != new.focus.place
            or old.run.problems is not new.run.problems
            or any(old.result(place) is not new.result(place) for place in shown_places(new))
        )

    @staticmethod
    def _shapes(content: Content | None) -> tuple[Shape | None, ...]:
        return () if content is None else tuple(plate.shape for plate in content.plates)

    def _choice(self, name: str, options: Iterable[tuple[str, str]], setting: str) -> Choice:
        made = Choice(options, self)
        made.setAccessibleName(name)
        made.setToolTip(name)
        made.chosen.connect(lambda value: self._request(**{setting: value}))
        return made

    def _button(self, text: str, tip: str, action: Callable[[], None]) -> QToolButton:
        made = QToolButton(self)
        made.setText(text)
        made.setToolTip(tip)
        made.setAccessibleName(tip)
        made.clicked.connect(action)
        return made

    def _request(self, **changes: Any) -> None:
        if self._state is not None:
            self.look_requested.emit(replace(self._state.look, **changes))

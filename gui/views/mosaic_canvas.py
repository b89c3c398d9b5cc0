"""The canvas of the Filters view: a zoom box per mosaic on a painted page of captions, legends and details."""

from functools import partial
from itertools import zip_longest

from msgspec.structs import replace
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QShowEvent
from PySide6.QtWidgets import QWidget

from engine.layers.explanation import Spot
from engine.shapes import Shape
from gui.graphics.canvas import Canvas
from gui.graphics.painted_item import PaintedItem
from gui.graphics.text_scale import text_scale
from gui.graphics.zoom_box import ZoomBox
from gui.paint.maps.detail.base import PlacedBody
from gui.paint.maps.mosaic import MosaicContent, MosaicLayout, lay_out_mosaics
from gui.paint.maps.mosaic_drawing import draw_page, shared_legend
from gui.paint.maps.mosaic_panels import MosaicPanel, describe_map_value
from gui.paint.maps.tile_grid import MapOrdering
from gui.state import focus_steps
from gui.state.focus import Focus
from gui.state.focus_steps import FocusStep
from gui.state.look import DetailKind
from gui.state.view_state import ViewState
from gui.theme import THEMES
from gui.views.levels_bar import LevelsBar, move_levels
from gui.views.mosaic_frame import MosaicFrame
from gui.views.step_keys import KEY_STEPS

_BELOW_BOXES = -1000
"""A ViewBox has the z value −100."""
_MARGIN_OF_MAP = 0.05
"""Space around the selected map after zooming to it, in widths of the map."""
_LEVELS_HINT = " · drag an end of the bar to set it by hand"
_LEVEL_STEPS: dict[int, tuple[float, float]] = {
    Qt.Key.Key_Left: (-0.05, 0.0),
    Qt.Key.Key_Right: (0.05, 0.0),
    Qt.Key.Key_Down: (0.0, -0.05),
    Qt.Key.Key_Up: (0.0, 0.05),
}
"""How keys with Shift move the low and the high end of the colours, in widths of the range."""
_CLICK_SHOWS: dict[DetailKind, str] = {
    "kernel": "its kernel",
    "kernel by size": "its kernel",
    "histogram": "its histogram",
    "contributions": "contributions of its input channels",
}
"""What a click on a map shows, by the kind of details."""


def step_ordered_focus(focus: Focus, shape: Shape, by: FocusStep, order: MapOrdering | None = None) -> Focus:
    """Return the focus after a step, in the displayed order of maps; without a focus, the middle of the first map."""
    if order is None:
        return focus_steps.step_focus(focus, shape, by)
    tile = None if focus.channel is None else int(order.tiles[focus.channel])
    at = focus_steps.step_focus(replace(focus, channel=tile), shape, by)
    return replace(at, channel=int(order.channels[at.channel or 0]))


class MosaicCanvas(Canvas):
    """The mosaics in linked boxes; the rest of the picture is painted below them as in files."""

    focus_requested = Signal(object)
    """The requested Focus."""
    levels_requested = Signal(object)
    """The low and high end of the colours that a person sets by hand; None: automatic ends."""

    def __init__(self, state: ViewState, content: MosaicContent, parent: QWidget | None = None) -> None:
        super().__init__("Feature maps", THEMES[state.look.theme], parent)
        self._state, self._content = state, content
        self._layout: MosaicLayout | None = None
        """Cached layout, with the mosaics as they are zoomed; a hidden canvas needs none."""
        self._page = PaintedItem(self._paint_page)
        self._page.setZValue(_BELOW_BOXES)
        self.sceneObj.addItem(self._page)
        self._frames: list[MosaicFrame] = []
        self._levels_bar: LevelsBar | None = None
        """Made when there are levels to set, as a window may never show any."""
        self.keys[Qt.Key.Key_A] = partial(self.levels_requested.emit, None)
        self.keys |= {key: partial(self._step_focus, step) for key, step in KEY_STEPS.items()}
        self.keys |= {Qt.Key.Key_0 + number: partial(self._select_part, number) for number in range(1, 10)}
        self.setMinimumSize(160, 160)
        self.sigDeviceRangeChanged.connect(self._on_device_range_changed)
        self.sceneObj.sigPrepareForPaint.connect(self.current_layout)

    @property
    def zoom_box(self) -> ZoomBox:
        return self._main_frame.box

    @property
    def _main_frame(self) -> MosaicFrame:
        """The first mosaic; without any, a hidden one."""
        if not self._frames:
            self._add_frame()
        return next((frame for frame in self._frames if frame.projection is not None), self._frames[0])

    def _add_frame(self) -> None:
        self._frames.append(MosaicFrame(self.sceneObj))
        self._frames[-1].box.zoom_changed.connect(self._on_zoom_changed)

    def show_content(self, state: ViewState, content: MosaicContent) -> None:
        is_other_project = state.session != self._state.session
        self._state, self._content = state, content
        self.show_theme(THEMES[state.look.theme])
        self.setAccessibleDescription(content.description)
        self._invalidate_layout()
        if is_other_project:
            self.fit()

    # Layout

    def current_layout(self) -> MosaicLayout:
        """Return the position of everything, with the mosaics as they are zoomed."""
        if self._layout is None:
            self._layout = self._show_visible_maps(self._lay_out())
        return self._layout

    def _invalidate_layout(self) -> None:
        """Lay out again, before painting: items that move while they are painted are painted twice."""
        self._layout = None
        self._page.update()
        if self.isVisible():
            self.current_layout()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.current_layout()

    def _on_device_range_changed(self) -> None:
        if self._page.boundingRect() != self._picture_rect():
            self._invalidate_layout()

    def _picture_rect(self) -> QRectF:
        return QRectF(0, 0, self.width(), self.height())

    def _lay_out(self) -> MosaicLayout:
        """Place the mosaics on the page."""
        layout, zoom = lay_out_mosaics(self._picture_rect(), self._content, text_scale(self)), self.zoom_box.zoom
        while len(self._frames) < len(layout.panels):
            self._add_frame()
        for frame, panel_layout in zip_longest(self._frames, layout.panels):
            frame.place(None if panel_layout is None else panel_layout.projection, zoom)
        self._page.set_rect(self._picture_rect())
        main, boxes = self._main_frame, [frame.box for frame in self._frames]
        for box in boxes:
            box.link(boxes)
            box.least = 1.0 if main.projection is None else min(1.0, main.true_size_zoom)
        if zoom.across < main.box.least:
            main.box.fit()
        return layout

    def _show_visible_maps(self, layout: MosaicLayout) -> MosaicLayout:
        """Show the parts of the mosaics that the boxes show; return the layout with these."""
        layouts, density = [], self.devicePixelRatioF()
        for frame, panel, panel_layout in zip(self._frames, self._content.panels, layout.panels, strict=False):
            frame.show_panel(panel, self._content.focus, layout.text_size, density, self._theme)
            layouts.append(panel_layout._replace(projection=frame.projection))
        layout = layout._replace(panels=tuple(layouts))
        self._show_levels(layout, density)
        return layout

    def _show_levels(self, layout: MosaicLayout, density: float) -> None:
        """Put handles on the colour bar if its ends can be set by hand."""
        levels, legend = self._content.adjustable_levels, shared_legend(layout, self._content, density)
        bar, is_shown = self._levels_bar, levels is not None and legend is not None
        if levels is not None and legend is not None:
            if bar is None:
                bar = self._levels_bar = LevelsBar()
                bar.sigLevelsChanged.connect(self._on_levels_changed)
                bar.sigLevelsChangeFinished.connect(self._on_levels_change_finished)
                self.sceneObj.addItem(bar)
            bar.show_levels(levels, self._theme, density, zero_centred=self._state.look.zero_centred)
            if not bar.is_dragged:
                bar.place(legend.bar_rect)
        if bar is not None:
            bar.setVisible(is_shown)

    def _on_levels_changed(self, bar: LevelsBar) -> None:
        self.levels_requested.emit(bar.levels())

    def _on_levels_change_finished(self) -> None:
        self._invalidate_layout()  # the bar may have moved beside other numbers

    def _step_levels(self, low_by: float, high_by: float) -> None:
        levels = self._content.adjustable_levels
        if levels is not None:
            zero_centred = self._state.look.zero_centred
            self.levels_requested.emit(move_levels(levels, low_by, high_by, zero_centred=zero_centred))

    def _on_zoom_changed(self) -> None:
        if self._layout is not None:
            step = self._layout.value_step(self.devicePixelRatioF())
            self._layout = self._show_visible_maps(self._layout)
            if self._layout.value_step(self.devicePixelRatioF()) != step:
                self._page.update()  # it says which values the images leave out

    def show_true_size(self) -> None:
        """Zoom to one pixel per value."""
        frame = self._main_frame
        if frame.projection is not None:
            box = frame.box
            box.zoom_by(frame.true_size_zoom / box.zoom.across, box.viewRect().topLeft())

    def zoom_to_selection(self) -> None:
        """Zoom to the selected map."""
        channel, projection = self._content.focus.channel, self._main_frame.projection
        if channel is not None and projection is not None and channel < projection.grid.shape.channels:
            grid = projection.grid
            x, y = grid.tile_corner(channel)
            across, down = _MARGIN_OF_MAP * grid.tile_width, _MARGIN_OF_MAP * grid.tile_height
            tile = QRectF(x, y, grid.tile_width, grid.tile_height)
            self.zoom_box.zoom_to(tile.adjusted(-across, -down, across, down))

    def _paint_page(self, painter: QPainter) -> None:
        draw_page(painter, self._picture_rect(), self._content, self.current_layout(), self._theme)

    # What is under the mouse

    def describe(self, point: QPointF) -> str:
        hit = self._panel_at(point)
        if hit is not None:
            return describe_map_value(*hit) + self._click_hint(hit[1])
        body = self._detail_body()
        if self.current_layout().legend_rect.contains(point):
            return self._content.legend + (_LEVELS_HINT if self._content.adjustable_levels is not None else "")
        return "" if body is None else body.describe(point)

    def tip(self, point: QPointF) -> str:
        """Why a map is dead, or what a part of the details is."""
        hit, body = self._panel_at(point), self._detail_body()
        if hit is not None:
            return hit[0].map_note(hit[1].channel)
        return "" if body is None else body.describe(point)

    def _click_hint(self, spot: Spot) -> str:
        """Describe what a click shows, as long as no map is selected."""
        if self._state.focus.channel is not None or spot.channel < 0:
            return ""
        detail = _CLICK_SHOWS.get(self._state.look.detail, "")
        return f" · click: {detail}" if detail else ""

    def _detail_body(self) -> PlacedBody | None:
        """Return the details of the selected map."""
        detail = self.current_layout().detail
        return None if detail is None else detail.body

    def _panel_at(self, point: QPointF) -> tuple[MosaicPanel, Spot] | None:
        for layout, panel in zip(self.current_layout().panels, self._content.panels, strict=True):
            spot = layout.projection.spot_at(point) if layout.projection is not None else None
            if spot is not None:
                return panel, spot
        return None

    # Selection

    def click(self, point: QPointF) -> None:
        """Select a value, or what a part of the details stands for."""
        hit, body = self._panel_at(point), self._detail_body()
        if hit is not None:
            panel, spot = hit
            ref = panel.ref or self._content.focus.ref
            self._select(Focus(*ref, spot.channel, (spot.y, spot.x)) if spot.channel >= 0 else None)
        elif body is not None:
            self._select(body.focus_at(point))

    def _select_part(self, number: int) -> None:
        """Select what a numbered part of the details stands for."""
        body = self._detail_body()
        if body is not None:
            self._select(body.focus_for_key(number))

    def _select(self, focus: Focus | None) -> None:
        if focus is not None:
            self.focus_requested.emit(focus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _LEVEL_STEPS.get(event.key())
        if step is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._step_levels(*step)
        else:
            super().keyPressEvent(event)

    def _step_focus(self, by: FocusStep) -> None:
        focus = self._content.focus
        panel = next((panel for panel in self._content.panels if panel.ref == focus.ref), None)
        if panel is None or panel.shape is None:
            return
        if by[0] and self._state.look.order == "likeness":
            # Without an anchor each step would sort the maps again, and stepping would never get far.
            focus = replace(focus, order_anchor=focus.likeness_channel)
        self.focus_requested.emit(step_ordered_focus(focus, panel.shape, by, panel.order))

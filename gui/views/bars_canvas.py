"""The canvas of the Operations view: a fixed head, a plot of the totals, and a plot of the layers that zooms."""

from math import floor

import pyqtgraph as pg
from msgspec.structs import replace
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from engine.network.node_ref import NodeRef
from gui.graphics.canvas import Canvas
from gui.graphics.painted_item import PaintedItem
from gui.graphics.text_scale import text_scale
from gui.graphics.zoom import FIT, Zoom
from gui.graphics.zoom_box import ZoomBox
from gui.paint.bars.content import BarLine, BarsContent, build_bars_content
from gui.paint.bars.drawing import paint_grid, paint_head, paint_ticks
from gui.paint.bars.layout import LineColumn, PlacedAxis, PlacedLine, lay_out_bars_on_screen
from gui.paint.bars.line_drawing import paint_line_texts, paint_selection, paint_short_bar
from gui.paint.bars.visible_rows import COMPACT_LINE, VisibleRows
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.theme import THEMES, Theme
from gui.views.bars_plot import LayersPlot, TotalsPlot
from gui.views.rows_scroll_bar import RowsScrollBar

_AROUND_SELECTION = 7
"""Rows that are visible after zooming to the selection."""


class BarsCanvas(Canvas):
    """The figure: a click or the arrow keys select a layer, hovering shows exact numbers.

    Head, grid and the mark of the selection are painted below the plots by one item; the bars are BarGraphItems.
    """

    focus_requested = Signal(Focus)

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__("Bars of operations", THEMES[state.look.theme], parent)
        self._state = state
        self._content = build_bars_content(state)
        self._last_index = 0
        """Number of the line that was looked for last."""
        self.setAntialiasing(True)
        page = pg.GraphicsWidget()
        self._below = PaintedItem(self._paint_below)
        self.totals = TotalsPlot(self._paint_totals, self._paint_totals_axis)
        self.layers = LayersPlot(self._paint_rows, self._paint_rows_axis)
        for item in (self._below, self.totals, self.layers):
            item.setParentItem(page)
        self.scroll_bar = RowsScrollBar(self._theme, self)
        self.setCentralItem(page)
        self._layout = lay_out_bars_on_screen(self._content, QRectF(self.rect()), text_scale(self))
        self._show_content(self._content)
        page.geometryChanged.connect(self._lay_out)
        for plot in (self.totals, self.layers):
            plot.box.sigRangeChanged.connect(self._on_range_changed)
        self.scroll_bar.moved.connect(self.layers.box.scroll_to)
        self.keys |= {
            Qt.Key.Key_Up: lambda: self._select_neighbour(-1),
            Qt.Key.Key_Down: lambda: self._select_neighbour(1),
            Qt.Key.Key_PageUp: lambda: self._scroll_pages(-1),
            Qt.Key.Key_PageDown: lambda: self._scroll_pages(1),
            Qt.Key.Key_Home: lambda: self.layers.box.scroll_to(0),
            Qt.Key.Key_End: lambda: self.layers.box.scroll_to(self._row_count),
        }
        self.setMinimumSize(120, 40)

    @property
    def zoom_box(self) -> ZoomBox:
        return self.layers.box

    def show_state(self, old: ViewState, new: ViewState) -> None:
        """Rebuild the content if the costs differ; another focus only repaints it."""
        self._state = new
        self.show_theme(THEMES[new.look.theme])
        if old.costs_key != new.costs_key:
            self._show_content(build_bars_content(new))
        if old.session != new.session:
            self.fit()
        self._below.update()
        self.layers.rows_axis.update()

    def show_theme(self, theme: Theme) -> None:
        if theme is not self._theme:
            super().show_theme(theme)
            self.scroll_bar.show_theme(theme)

    def _show_content(self, content: BarsContent) -> None:
        self._content = content
        self.setAccessibleDescription(content.description)
        self.totals.box.show_lines(content.totals, content.total_scale, self._theme)
        self.layers.box.show_lines(content.lines, content.line_scale, self._theme)
        self.layers.show_scale(content.line_scale)
        self._lay_out()

    # Layout

    @property
    def _column(self) -> LineColumn | None:
        """The column of all layers."""
        return self._layout.columns[0] if self._layout.columns else None

    @property
    def _row_count(self) -> int:
        return 0 if self._column is None else len(self._column.lines)

    def _lay_out(self) -> None:
        """Lay out the figure for the size of the canvas.

        Rows keep their height if that is the readable one, and the selected row stays visible if it is.
        """
        box, focused = self.layers.box, self._focus_index()
        first, visible = box.viewRect().top(), box.viewRect().height()
        keeps_selection = focused is not None and -1 < focused - first < visible
        was_home = abs(box.zoom.down - box.home.down) < 1e-9
        self._layout = lay_out_bars_on_screen(self._content, QRectF(self.rect()), text_scale(self))
        self._place_plots()
        box.home = self._home()
        visible, focused = box.whole.height() / (box.home if was_home else box.zoom).down, self._focus_index()
        if keeps_selection and focused is not None:
            first = _scroll_to_row(first, visible, focused)
        zoom = box.rows_zoom(first, visible)
        if zoom != box.zoom or self.totals.box.zoom.across != zoom.across:
            box.set_zoom(zoom)
        self._below.set_rect(QRectF(self.rect()))
        self._update_scroll_bar()

    def _place_plots(self) -> None:
        layout = self._layout
        one_axis = len(layout.axes) == 1 and bool(layout.totals)
        self.totals.setVisible(bool(layout.totals))
        self.layers.setVisible(self._column is not None)
        self.totals.box.link([self.layers.box] if one_axis else [])
        self.layers.box.link([self.totals.box] if one_axis else [])
        if layout.totals:
            rect = layout.totals[0].row_rect.united(layout.totals[-1].row_rect)
            self.totals.place(rect, layout.totals[0].column, layout.axes[0].label_rect, len(layout.totals))
        if self._column is not None:
            axis = None if one_axis else layout.axes[-1].label_rect
            self.layers.place(self._column.rect, self._column.column, axis, self._row_count)

    def _home(self) -> Zoom:
        """The zoom that shows as many rows as are readable, from the first on."""
        if self._column is None:
            return FIT
        readable = max(floor(self._column.rect.height() / (COMPACT_LINE * self._layout.unit) + 1e-6), 1)
        zoom = self.layers.box.rows_zoom(0, readable)
        return FIT._replace(down=zoom.down, y=zoom.y)

    def _visible_rows(self) -> VisibleRows | None:
        """The rows as they are zoomed; None if there are none."""
        column, box = self._column, self.layers.box
        if column is None or column.rect.isEmpty():
            return None
        range_ = box.viewRect()
        return VisibleRows(column, range_.top(), range_.height(), box.zoom.across, self._layout.unit)

    def _placed_totals(self) -> list[PlacedLine]:
        across = self.totals.box.zoom.across
        return [replace(total, column=total.column.enlarged(across)) for total in self._layout.totals]

    def _axes(self) -> list[PlacedAxis]:
        """The axes as they are zoomed, that of the totals first if there is one."""
        boxes = [plot.box for plot, shown in ((self.totals, self._layout.totals), (self.layers, True)) if shown]
        return [
            replace(axis, column=axis.column.with_part_of_scale(box.zoom.across))
            for axis, box in zip(self._layout.axes, boxes, strict=False)
        ]

    # Painting, in pixels of the scene

    def _paint_below(self, painter: QPainter) -> None:
        """Paint the grid, the head, and the mark of the selected row."""
        layout, theme = self._layout, self._theme
        for axis in self._axes():
            paint_grid(painter, layout.unit, layout.content, axis, theme)
        paint_head(painter, layout, theme)
        visible, index = self._visible_rows(), self._focus_index()
        if visible is not None and index is not None and index in visible.indexes:
            painter.setClipRect(visible.column.rect.adjusted(-1, -1, 1, 1))
            paint_selection(painter, visible.unit, visible.strip(index).row_rect, theme)

    def _paint_totals(self, painter: QPainter) -> None:
        for total in self._placed_totals():
            paint_short_bar(painter, self._layout.unit, total, self._theme)
            paint_line_texts(painter, self._layout.unit, total, self._theme, selected=False)

    def _paint_totals_axis(self, painter: QPainter) -> None:
        paint_ticks(painter, self._layout.unit, self._content, self._axes()[0], self._theme)

    def _paint_rows_axis(self, painter: QPainter) -> None:
        paint_ticks(painter, self._layout.unit, self._content, self._axes()[-1], self._theme)

    def _paint_rows(self, painter: QPainter) -> None:
        """Paint names and numbers of visible rows; only names if the rows are too near to each other for numbers."""
        visible = self._visible_rows()
        if visible is None:
            return
        ref, numbers = self._focus_ref(), visible.has_values
        for placed_line in visible.named(ref):
            if numbers:
                paint_short_bar(painter, visible.unit, placed_line, self._theme)
            selected = placed_line.line.shows(ref)
            paint_line_texts(painter, visible.unit, placed_line, self._theme, selected=selected, value=numbers)

    # Rows

    def _focus_ref(self) -> NodeRef:
        return self._state.visible_ref(self._state.focus.ref)

    def _index_of(self, ref: NodeRef) -> int | None:
        lines = () if self._column is None else self._column.lines
        if not (self._last_index < len(lines) and lines[self._last_index].shows(ref)):  # mostly it is where it was
            self._last_index = next((index for index, line in enumerate(lines) if line.shows(ref)), len(lines))
        return self._last_index if self._last_index < len(lines) else None

    def _focus_index(self) -> int | None:
        return self._index_of(self._focus_ref())

    def _focus_rows(self) -> list[int]:
        """The selected row, or those of the parts of an open block that have one."""
        ref = self._focus_ref()
        block, index = self._state.check.block(ref), self._index_of(ref)
        parts = () if index is not None or block is None else block.parts
        indices = [index, *(self._index_of((ref[0], part.name)) for part in parts)]
        return sorted({each for each in indices if each is not None})

    def row_rect(self, ref: NodeRef) -> QRectF | None:
        """Return the rectangle of a layer or block, which may be outside the visible rows."""
        visible, index = self._visible_rows(), self._index_of(ref)
        return None if visible is None or index is None else visible.place(index).row_rect

    def visible_row_rect(self, ref: NodeRef) -> QRectF | None:
        """Return the part of the rectangle of a layer or block that is visible; None if nothing of it is."""
        rect, visible = self.row_rect(ref), self._visible_rows()
        if rect is None or visible is None or not rect.intersects(visible.column.rect):
            return None
        return rect & visible.column.rect

    def total_rect(self, design: str) -> QRectF | None:
        """Return the rectangle of the total of a design."""
        return next((total.row_rect for total in self._layout.totals if total.line.design == design), None)

    def line_at(self, point: QPointF) -> BarLine | None:
        """Return the line under a point, except headings."""
        for total in self._layout.totals:
            if total.row_rect.contains(point):
                return total.line
        visible = self._visible_rows()
        if visible is None or not visible.column.rect.contains(point):
            return None
        index = visible.index_at(point.y())
        line = None if index is None else visible.column.lines[index]
        return None if line is None or line.kind == "heading" else line

    def layer_lines(self) -> tuple[BarLine, ...]:
        """Return the lines of layers in the order of the arrow keys."""
        lines = () if self._column is None else self._column.lines
        return tuple(line for line in lines if line.ref() is not None)

    # Zoom

    def fit(self) -> None:
        """Show all rows if they are readable, or else as many as are, from the first on."""
        self.totals.box.fit()
        self.layers.box.fit()

    def zoom_to_selection(self) -> None:
        """Show the selected row and some around it."""
        index = self._focus_index()
        if index is not None:
            box = self.layers.box
            box.set_zoom(box.rows_zoom(index + 0.5 - _AROUND_SELECTION / 2, _AROUND_SELECTION))

    def scroll_to_focus(self) -> None:
        """Move the selected row, or those of an open block that is selected, into view, by as little as is needed."""
        rows = self._focus_rows()
        if rows:
            range_ = self.layers.box.viewRect()
            first = _scroll_to_row(range_.top(), range_.height(), rows[-1])
            self.layers.box.scroll_to(_scroll_to_row(first, range_.height(), rows[0]))

    def _scroll_pages(self, count: int) -> None:
        range_ = self.layers.box.viewRect()
        self.layers.box.scroll_to(range_.top() + count * max(range_.height() - 1, 1))

    def _on_range_changed(self) -> None:
        self._below.update()
        for plot in (self.totals, self.layers):
            plot.rows_axis.update()
            plot.amounts_axis.update()
        self._update_scroll_bar()

    def _update_scroll_bar(self) -> None:
        range_, area = self.layers.box.viewRect(), QRectF() if self._column is None else self._column.rect
        self.scroll_bar.show_rows(range_.top(), range_.height(), self._row_count, area, self.width())

    # Mouse and keys

    def describe(self, point: QPointF) -> str:
        line = self.line_at(point)
        return line.tip.replace("\n", ": ") if line else ""

    def tip(self, point: QPointF) -> str:
        line = self.line_at(point)
        return line.tip if line else ""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        line = self.line_at(event.position())
        selects = line is not None and line.ref() is not None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if selects else Qt.CursorShape.ArrowCursor)

    def click(self, point: QPointF) -> None:
        line = self.line_at(point)
        if line is not None:
            self._select(line)

    def _select_neighbour(self, step: int) -> None:
        """Select the previous or next layer, skipping folded layers."""
        lines = self.layer_lines()
        if not lines:
            return
        refs, ref = [line.ref() for line in lines], self._focus_ref()
        at = refs.index(ref) + step if ref in refs else (0 if step > 0 else len(lines) - 1)
        self._select(lines[min(max(at, 0), len(lines) - 1)])

    def _select(self, line: BarLine) -> None:
        ref = line.ref()
        if ref is not None:
            self.focus_requested.emit(Focus(*ref))


def _scroll_to_row(first: float, visible: float, index: int) -> float:
    """The first visible row, moved as little as is needed to show another one."""
    return min(max(first, index + 1 - visible), index)

"""Handles at the ends of a colour bar: dragging them sets the levels of the colours by hand."""

from math import floor, log10

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor

from gui.theme import Theme

Levels = tuple[float, float]
"""The values at the ends of a colour map."""

_LEAST_SPAN = 1 / 200
"""The smallest range that one drag or key leaves, in widths of the range before."""
_HANDLE = 3.0
"""Width of a handle in pixels, and how far it reaches beyond the bar."""


def move_levels(levels: Levels, low_by: float, high_by: float, *, zero_centred: bool) -> Levels:
    """Move the ends of a range by widths of the range; with `zero_centred`, they stay opposite.

    They are rounded to a fraction of the range that no eye can tell from another.
    """
    low, high = levels
    span = high - low
    digits = -floor(log10(span * _LEAST_SPAN))
    if zero_centred:
        high = round(max(high + (high_by - low_by) * span, span * _LEAST_SPAN), digits)
        return -high, high
    low, high = low + low_by * span, high + high_by * span
    if high - low < span * _LEAST_SPAN:
        low, high = (low, low + span * _LEAST_SPAN) if high_by else (high - span * _LEAST_SPAN, high)
    return round(low, digits), round(high, digits)


class LevelsBar(pg.ColorBarItem):
    """A colour bar of which only the handles are drawn.

    The bar itself and its texts are painted below, by the function that files use: pyqtgraph's bar has an axis with
    ticks in its place. The handles stand at the ends of the bar, where the levels are, and follow the mouse; those of
    pyqtgraph stand within it, and the levels move with the square of their distance. After a drag they return to the
    ends, which then stand for the new levels.
    """

    def __init__(self) -> None:
        super().__init__(values=(0.0, 1.0), interactive=False, orientation="horizontal", colorMapMenu=False)
        for side in ("left", "top", "right", "bottom"):
            self.hideAxis(side)
        self.bar.hide()
        self.layout.setContentsMargins(0, 0, 0, 0)
        self.vb.setFlag(self.vb.GraphicsItemFlag.ItemClipsChildrenToShape, False)  # a drag may lead beyond the bar
        self._ends = pg.LinearRegionItem((0.0, 1.0), swapMode="block", brush=QColor(Qt.GlobalColor.transparent))
        for line in self._ends.lines:
            line.setCursor(Qt.CursorShape.SizeHorCursor)
        self.vb.addItem(self._ends, ignoreBounds=True)
        self._bar_rect = QRectF()
        self._start: Levels = (0.0, 1.0)
        """The levels before the drag."""
        self._zero_centred = False
        self._returns = False
        """Whether the handles are being put back."""
        self._shown: tuple[object, ...] = ()
        """The arguments of `show_levels`, and whether a handle was dragged."""
        self._ends.sigRegionChanged.connect(self._on_ends_changed)
        self._ends.sigRegionChangeFinished.connect(self._on_ends_change_finished)

    @property
    def is_dragged(self) -> bool:
        return any(line.moving for line in self._ends.lines) or self._ends.moving

    def handle_rect(self, index: int) -> QRectF:
        """Return where a handle is in the scene: 0 is the lower end, 1 the upper one."""
        return self._ends.lines[index].sceneBoundingRect()

    def place(self, bar: QRectF) -> None:
        """Put the handles on a painted bar."""
        if self._bar_rect == bar:
            return
        self._bar_rect = bar
        self.layout.setRowFixedHeight(2, bar.height() + 2 * _HANDLE)
        self.setGeometry(bar.adjusted(0, -_HANDLE, 0, _HANDLE))
        self.layout.activate()
        self.vb.setRange(xRange=(0.0, 1.0), yRange=(0.0, 1.0), padding=0)

    def show_levels(self, levels: Levels, theme: Theme, density: float, *, zero_centred: bool) -> None:
        """Show the levels of the maps; while a handle is dragged, it stays under the mouse, and the other is hidden.

        Parameters
        ----------
        density
            Device pixels per pixel of the screen, in which pyqtgraph measures its lines.
        """
        is_dragged = self.is_dragged
        if self._shown == (levels, theme, density, zero_centred, is_dragged):
            return
        self._shown = levels, theme, density, zero_centred, is_dragged
        self._zero_centred = zero_centred
        self._ends.setMovable(not zero_centred)
        for line in self._ends.lines:
            line.setMovable(True)
            line.setPen(theme.accent if line.moving else theme.muted, width=_HANDLE * density)
            line.setHoverPen(theme.accent, width=_HANDLE * density)
            line.setVisible(line.moving or self._ends.moving or not is_dragged)
        self.setLevels(levels)
        if not is_dragged:
            self._start = levels

    def _on_ends_changed(self) -> None:
        if not self._returns:
            low, high = self._ends.getRegion()
            self.setLevels(move_levels(self._start, low, high - 1, zero_centred=self._zero_centred))
            self.sigLevelsChanged.emit(self)

    def _on_ends_change_finished(self) -> None:
        if not self._returns:
            self._returns = True
            self._ends.setRegion((0.0, 1.0))
            self._returns = False
            self._start = self.levels()
            self.sigLevelsChangeFinished.emit(self)

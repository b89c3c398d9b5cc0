"""The legend of mosaics: the colour bar between its ends, its meaning in words, and which values are left out."""

from typing import NamedTuple

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from engine.text.units import range_texts
from gui.paint.basics.colours import DIVERGING, PERCENTILES
from gui.paint.basics.text_drawing import draw_text, draw_wrapped_text, text_width
from gui.paint.maps.tile_drawing import colour_bar_rect, draw_colour_bar
from gui.paint.maps.tiles import MapTiles
from gui.theme import Theme

_BAR_SHARE = 0.5
"""Share of the width that the bar has at least with its ends, so that they can be dragged."""


class ColourLegend(NamedTuple):
    """A legend in a rectangle; without space below the bar, the words are left out."""

    rect: QRectF
    tiles: MapTiles
    words: str
    size: float
    """Height of the text in pixels."""
    step: int = 1
    """Only every step-th value is drawn."""
    is_steady: bool = False
    """Whether the bar stays in its place while the ends are changed by hand."""

    @property
    def ends(self) -> tuple[str, str]:
        """The texts at the ends of the bar."""
        tiles = self.tiles
        if tiles.lows.size == 1:
            return range_texts(tiles.lows[0], tiles.highs[0])
        low, high = (f"{share:g} %" for share in PERCENTILES)
        return ("−", "+") if tiles.colour_map == DIVERGING else (low, high)

    @property
    def step_text(self) -> str:
        """Which values are drawn, as long as fits beside the bar; "" if all are."""
        if self.step == 1:
            return ""
        every = f"every {self.step}{'nd' if self.step in (2, 32) else 'th'}"
        longest = f"{every} row and column of pixels shown"
        phrases = longest, f"{every} row and column shown", f"{every} value", every
        space = self.rect.width() - max(self.size * 9.2, self.rect.width() * _BAR_SHARE)
        return next((text for text in phrases if text_width(text, self.size) <= space), every)

    @property
    def row(self) -> QRectF:
        """The bar with its ends."""
        size, width = self.size, self.rect.width() - self._step_width
        return QRectF(self.rect.left(), self.rect.top(), max(width, size * 8), size * 1.5)

    @property
    def _step_width(self) -> float:
        """Space for the step with the gap before it."""
        return text_width(self.step_text, self.size) + self.size * 1.2 if self.step > 1 else 0.0

    @property
    def bar_rect(self) -> QRectF:
        return colour_bar_rect(self.row, *self.ends, is_steady=self.is_steady)

    def draw(self, painter: QPainter, theme: Theme) -> None:
        """Draw the bar, its meaning in words if there is space, and the step if values are skipped."""
        tiles, size, row = self.tiles, self.size, self.row
        if not tiles.has_range:  # no value is finite, as the words say: a bar would make up a scale
            draw_wrapped_text(painter, self.rect, self.words, size, theme.muted)
            return
        one_colour = tiles.lows.size == 1 and bool(tiles.lows[0] == tiles.highs[0])
        end = draw_colour_bar(
            painter, row, tiles.colour_map, *self.ends, theme, one_colour=one_colour, is_steady=self.is_steady
        )
        beside = QRectF(end + size * 1.2, row.top(), self._step_width, row.height())
        draw_text(painter, beside, self.step_text, size, theme.warning)
        if self.rect.height() > size * 2:
            draw_wrapped_text(painter, self.rect.adjusted(0, size * 1.7, 0, size), self.words, size, theme.muted)

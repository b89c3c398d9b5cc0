"""The contribution of each input channel to the selected map, as bars: the largest ones, and the rest together."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from engine.explain.contributions import Contributions, contributions, filter_input_of
from engine.files.paths import FileFault
from engine.shapes import Shape
from engine.text.units import number_text
from gui.paint.basics.note_drawing import STALE_HINT
from gui.paint.basics.text_drawing import ALIGN_RIGHT, draw_text, draw_wrapped_text, text_width, wrapped_text_height
from gui.paint.maps.budget import COMPUTING_TEXT, Budget
from gui.paint.maps.detail.base import MapDetail
from gui.paint.maps.layer_weights import get_layer_weights, too_large_reason
from gui.paint.maps.mosaic_panels import MAPS_RUN_HINT, MISTAKES_HINT
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.theme import Theme

_ROW = 1.45
"""Height of a bar's row, in text heights."""
_LEAST_ROWS = 3
"""Rows of bars below which the words under them are left out."""


def build_contributions_detail(state: ViewState, budget: Budget) -> MapDetail | None:
    """Build the shares of the selected map by input channel; None if no map of a layer with kernels is selected."""
    ref, channel, report = state.focus.ref, state.focus.channel, state.report(state.focus.ref)
    layer = None if report is None else report.kernel_layer
    if channel is None or report is None or layer is None:
        return None
    title = f"contributions of input channels to map {channel} of {ref[0] or 'the stem'}"
    source_ref = ref[0], report.inputs[0]
    output, source, shape = state.volume_at(ref), state.volume_at(source_ref), report.array_shapes.get("weight")
    if report.output_shape is None:
        return MapDetail(title, None, MISTAKES_HINT)
    if output.volume is None or source.volume is None or shape is None or channel >= len(output.volume):
        return MapDetail(title, None, MAPS_RUN_HINT)
    if not (output.is_fresh and source.is_fresh):
        return MapDetail(title, None, STALE_HINT)
    if too_large_reason(shape):
        return MapDetail(title, None, too_large_reason(shape))
    volume, maps = source.volume, output.volume
    try:
        weight = get_layer_weights(state, ref, budget)
    except FileFault as fault:
        return MapDetail(title, None, str(fault), is_mistake=True)
    if weight is None:
        return MapDetail(title, None, COMPUTING_TEXT)
    part = filter_input_of(layer, weight, volume, channel)
    work = part.weight.size * maps[0].size // 4 + 4 * len(part.weight) * maps[0].size
    result = budget.get(
        (maps, volume), ("contributions", channel), lambda checkpoint: contributions(part, checkpoint), work
    )
    if result is None:
        return MapDetail(title, None, COMPUTING_TEXT)
    body = ContributionsBody(result, source_ref, Shape(*volume.shape), state.colour_index(ref[0]), state.focus.pixel)
    return MapDetail(
        title, body, text=f"{title}: " + ", ".join(_share_words(result, int(index)) for index in body.channel_order[:5])
    )


def _share_text(value: float) -> str:
    """``12.3 %``, with a true minus sign."""
    return f"{number_text(100 * value, 3)} %"


def _share_words(result: Contributions, index: int) -> str:
    return f"channel {result.first + index} {_share_text(float(result.shares[index]))}"


class ContributionBar(NamedTuple):
    """One row: an input channel, or all channels without their own row (number −1)."""

    number: int
    label: str
    share: float
    rect: QRectF
    hover_text: str


class ContributionsBody(NamedTuple):
    """Shares of input channels, and their volume."""

    contributions: Contributions
    source_ref: tuple[str, str]
    shape: Shape
    colour_index: int
    pixel: tuple[int, int] | None

    @property
    def meaning_text(self) -> str:
        """The meaning of the shares in words."""
        odd = (
            f" · {self.contributions.non_finite:,} pixels that are not finite are left out"
            if self.contributions.non_finite
            else ""
        )
        return f"shares of the map without its bias, 100 % in total; negative: works against the rest{odd}"

    @property
    def channel_order(self) -> NDArray[np.intp]:
        """The channels that the filter reads, by descending magnitude of their share."""
        return np.argsort(-np.abs(self.contributions.shares), kind="stable")

    def lay_out(self, rect: QRectF, size: float) -> "PlacedContributions":
        """Lay out as many bars as fit, the rest in a last one, and the meaning below."""
        count = len(self.contributions.shares)
        below = wrapped_text_height(self.meaning_text, rect.width(), size) + size * 0.4
        rows = int((rect.height() - below) / (size * _ROW))
        explained = rows >= _LEAST_ROWS
        if not explained:
            rows = max(int(rect.height() / (size * _ROW)), 2)
        alone = count if count <= rows else rows - 1
        order = self.channel_order
        bars = [self._make_bar(int(index), rect, size, line) for line, index in enumerate(order[:alone])]
        if alone < count:
            bars.append(self._make_rest_bar(order[alone:], rect, size, alone))
        return PlacedContributions(self, rect, size, tuple(bars), explained)

    @staticmethod
    def _row_rect(rect: QRectF, size: float, line: int) -> QRectF:
        return QRectF(rect.left(), rect.top() + line * size * _ROW, rect.width(), size * _ROW)

    def _make_bar(self, index: int, rect: QRectF, size: float, line: int) -> ContributionBar:
        result = self.contributions
        share = float(result.shares[index])
        hover = (
            f"input channel {result.first + index}: {number_text(100 * share, 6)} % of the map · by itself "
            f"{number_text(100 * float(result.energies[index]), 4)} % of all channels' energy · "
            f"sum of its values {number_text(float(result.sums[index]))} · click to select it"
        )
        return ContributionBar(index, f"channel {result.first + index}", share, self._row_rect(rect, size, line), hover)

    def _make_rest_bar(self, indices: NDArray[np.intp], rect: QRectF, size: float, line: int) -> ContributionBar:
        result, count = self.contributions, len(indices)
        share = float(result.shares[indices].sum())
        hover = (
            f"the other {count} input channels: {number_text(100 * share, 6)} % of the map together · "
            f"by themselves {number_text(100 * float(result.energies[indices].sum()), 4)} % of all channels' energy"
        )
        return ContributionBar(-1, f"{count} others", share, self._row_rect(rect, size, line), hover)


class PlacedContributions(NamedTuple):
    """Position of each bar."""

    body: ContributionsBody
    rect: QRectF
    size: float
    bars: tuple[ContributionBar, ...]
    shows_meaning: bool
    """Whether there is space for the meaning of the shares."""

    @property
    def _bar_edges(self) -> tuple[float, float, float]:
        """(left end of the bars, zero, right end); the shares follow on the right."""
        size = self.size
        label = max(text_width(bar.label, size) for bar in self.bars) + size * 0.8
        value = max(text_width(_share_text(bar.share), size) for bar in self.bars) + size * 0.6
        left, right = self.rect.left() + label, max(self.rect.right() - value, self.rect.left() + label + size)
        low, high = self._axis_ends
        return left, left + (right - left) * -low / (high - low), right

    @property
    def _axis_ends(self) -> tuple[float, float]:
        """The shares at the ends of the axis."""
        low, high = min(0.0, *(bar.share for bar in self.bars)), max(0.0, *(bar.share for bar in self.bars))
        return (low, high) if low < high else (0.0, 1.0)

    def draw(self, painter: QPainter, theme: Theme) -> None:
        """Draw a bar to the right for a channel that adds to the map, to the left for one that works against it."""
        painter.save()
        size = self.size
        left, zero, right = self._bar_edges
        low, high = self._axis_ends
        colour = QColor(theme.muted if self.body.colour_index < 0 else theme.design(self.body.colour_index))
        for bar in self.bars:
            row = bar.rect
            draw_text(painter, row, bar.label, size, theme.text if bar.number >= 0 else theme.muted)
            draw_text(painter, row, _share_text(bar.share), size, theme.text, ALIGN_RIGHT)
            length = bar.share / (high - low) * (right - left)
            painter.setPen(QPen(colour, 1))
            painter.setBrush(colour if bar.number >= 0 else QColor(colour.red(), colour.green(), colour.blue(), 70))
            painter.drawRect(QRectF(zero, row.top() + size * 0.3, length, row.height() - size * 0.6).normalized())
        painter.setPen(QPen(QColor(theme.muted), 1))
        painter.drawLine(QPointF(zero, self.bars[0].rect.top()), QPointF(zero, self.bars[-1].rect.bottom()))
        below = QRectF(self.rect.left(), self.bars[-1].rect.bottom() + size * 0.3, self.rect.width(), size * 4)
        draw_wrapped_text(painter, below, self.body.meaning_text if self.shows_meaning else "", size, theme.muted)
        painter.restore()

    def _bar_at(self, point: QPointF) -> ContributionBar | None:
        return next((bar for bar in self.bars if bar.rect.contains(point)), None)

    def describe(self, point: QPointF) -> str:
        """Return the exact share of the channel under a point."""
        bar = self._bar_at(point)
        return "" if bar is None else bar.hover_text

    def focus_at(self, point: QPointF) -> Focus | None:
        """Return the channel of a bar, in the input volume of the layer."""
        return self._bar_focus(self._bar_at(point))

    def focus_for_key(self, number: int) -> Focus | None:
        """Return the channel of the first, second … bar."""
        return self._bar_focus(self.bars[number - 1]) if 1 <= number <= len(self.bars) else None

    def _bar_focus(self, bar: ContributionBar | None) -> Focus | None:
        if bar is None or bar.number < 0:
            return None
        body = self.body
        pixel = body.pixel
        if pixel is not None and not (pixel[0] < body.shape.height and pixel[1] < body.shape.width):
            pixel = None
        return Focus(*body.source_ref, body.contributions.first + bar.number, pixel)

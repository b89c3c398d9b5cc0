"""What each input channel gives to the chosen map, as bars: the largest by themselves, the others together."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from engine.explain.contributions import Contributions, contributions, filter_input_of
from engine.files.paths import FileFault
from engine.shapes import Shape
from gui.paint.basics.note_drawing import STALE_HINT
from gui.paint.basics.text_drawing import (
    ALIGN_RIGHT,
    draw_text,
    draw_wrapped_text,
    number_text,
    text_width,
    wrapped_text_height,
)
from gui.paint.maps.budget import COMPUTING_TEXT, Budget
from gui.paint.maps.detail.base import MapDetail
from gui.paint.maps.kernel_image import get_layer_weights
from gui.paint.maps.layer_weights import too_large_reason
from gui.paint.maps.mosaic_panels import MAPS_RUN_HINT, MISTAKES_HINT
from gui.state.view_state import Focus, ViewState
from gui.theme import Theme

_ROW = 1.45
"""Height of a bar's row, in heights of the text."""
_LEAST_SHOWN = 3


def build_contributions_detail(state: ViewState, budget: Budget) -> MapDetail | None:
    """Shares of the chosen map by input channel; None where none of a convolution or dense layer is chosen."""
    place, channel, report = state.focus.ref, state.focus.channel, state.report(state.focus.ref)
    layer = None if report is None else report.filter_layer
    if channel is None or report is None or layer is None:
        return None
    title = f"what input channels give to map {channel} of {place[0] or 'the stem'}"
    source = place[0], report.inputs[0]
    at, received, shape = state.volume_at(place), state.volume_at(source), report.array_shapes.get("weight")
    if report.output_shape is None:
        return MapDetail(title, None, MISTAKES_HINT)
    if at.volume is None or received.volume is None or shape is None or channel >= len(at.volume):
        return MapDetail(title, None, MAPS_RUN_HINT)
    if not (at.fresh and received.fresh):
        return MapDetail(title, None, STALE_HINT)
    if too_large_reason(shape):
        return MapDetail(title, None, too_large_reason(shape))
    volume, maps = received.volume, at.volume
    try:
        weight = get_layer_weights(state, place, budget)
    except FileFault as fault:
        return MapDetail(title, None, str(fault), is_error=True)
    if weight is None:
        return MapDetail(title, None, COMPUTING_TEXT)
    part = filter_input_of(layer, weight, volume, channel)
    work = part.weight.size * maps[0].size // 4 + 4 * len(part.weight) * maps[0].size
    found = budget.get(
        (maps, volume), ("contributions", channel), lambda checkpoint: contributions(part, checkpoint), work
    )
    if found is None:
        return MapDetail(title, None, COMPUTING_TEXT)
    body = ContributionsBody(found, source, Shape(*volume.shape), state.design_index(place[0]), state.focus.pixel)
    return MapDetail(
        title, body, text=f"{title}: " + ", ".join(_share_words(found, int(index)) for index in body.channel_order[:5])
    )


def _share_text(value: float) -> str:
    """``12.3 %``, with a true minus sign."""
    return f"{number_text(100 * value, 3)} %"


def _share_words(found: Contributions, index: int) -> str:
    return f"channel {found.first + index} {_share_text(float(found.shares[index]))}"


class ContributionBar(NamedTuple):
    """One row: an input channel, or all that have none of their own (number −1)."""

    number: int
    label: str
    share: float
    rect: QRectF
    hover_text: str


class ContributionsBody(NamedTuple):
    """Shares of input channels, and where these are."""

    contributions: Contributions
    source_ref: tuple[str, str]
    shape: Shape
    design_index: int
    pixel: tuple[int, int] | None

    @property
    def meaning_text(self) -> str:
        """What the shares are."""
        odd = (
            f" · {self.contributions.non_finite:,} pixels left out: they are not finite"
            if self.contributions.non_finite
            else ""
        )
        return f"shares of the map without its bias, together 100 %; below 0: works against the rest{odd}"

    @property
    def channel_order(self) -> NDArray[np.intp]:
        """The channels that the filter sees, the largest share first, whatever its sign."""
        return np.argsort(-np.abs(self.contributions.shares), kind="stable")

    def lay_out(self, rect: QRectF, size: float) -> "PlacedContributions":
        """As many bars as there is room for, the rest in a last one; below what they mean."""
        count = len(self.contributions.shares)
        below = wrapped_text_height(self.meaning_text, rect.width(), size) + size * 0.4
        rows = int((rect.height() - below) / (size * _ROW))
        explained = rows >= _LEAST_SHOWN
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
        found = self.contributions
        share = float(found.shares[index])
        hover = (
            f"input channel {found.first + index} gives {number_text(100 * share, 6)} % of the map · by itself "
            f"{number_text(100 * float(found.energies[index]), 4)} % of all channels' energy · "
            f"sum of its values {number_text(float(found.sums[index]))} · click: choose it"
        )
        return ContributionBar(index, f"channel {found.first + index}", share, self._row_rect(rect, size, line), hover)

    def _make_rest_bar(self, indices: NDArray[np.intp], rect: QRectF, size: float, line: int) -> ContributionBar:
        found, count = self.contributions, len(indices)
        share = float(found.shares[indices].sum())
        hover = (
            f"the other {count} input channels give {number_text(100 * share, 6)} % of the map together · "
            f"by themselves {number_text(100 * float(found.energies[indices].sum()), 4)} % of all channels' energy"
        )
        return ContributionBar(-1, f"{count} others", share, self._row_rect(rect, size, line), hover)


class PlacedContributions(NamedTuple):
    """Where each bar is."""

    body: ContributionsBody
    rect: QRectF
    size: float
    bars: tuple[ContributionBar, ...]
    shows_meaning: bool
    """Whether there is room for what the shares mean."""

    @property
    def _bar_edges(self) -> tuple[float, float, float]:
        """(left end of the bars, where zero is, right end); shares stand right of that."""
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
        """A bar to the right for what adds to the map, to the left for what works against it."""
        painter.save()
        size = self.size
        left, zero, right = self._bar_edges
        low, high = self._axis_ends
        colour = QColor(theme.muted if self.body.design_index < 0 else theme.design(self.body.design_index))
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
        """The exact share of the channel under a point."""
        bar = self._bar_at(point)
        return "" if bar is None else bar.hover_text

    def focus_at(self, point: QPointF) -> Focus | None:
        """The channel of a bar, in the volume that the layer receives."""
        return self._bar_focus(self._bar_at(point))

    def focus_for_key(self, number: int) -> Focus | None:
        """The channel of the first, second … bar."""
        return self._bar_focus(self.bars[number - 1]) if 1 <= number <= len(self.bars) else None

    def _bar_focus(self, bar: ContributionBar | None) -> Focus | None:
        if bar is None or bar.number < 0:
            return None
        body = self.body
        pixel = body.pixel
        if pixel is not None and not (pixel[0] < body.shape.height and pixel[1] < body.shape.width):
            pixel = None
        return Focus(*body.source_ref, body.contributions.first + bar.number, pixel)

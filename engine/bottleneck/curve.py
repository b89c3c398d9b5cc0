"""Error against cost, for every width of what can stand for a convolution."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.analysis import Report
from engine.check import Place
from engine.layers import Conv2d
from engine.layers.windows import pair
from engine.sources import Form

FORMS: dict[Form, str] = {
    "1x1+kxk": "1×1, then k×k",
    "kxk+1x1": "k×k, then 1×1",
    "1x1+kxk+1x1": "1×1, k×k, 1×1",
}
"""What can stand for a k×k, by its name in files."""

MANY, FEW = 48, 12
"""Widths to run: of pairs, whose directions add up in one run for all; and of triples, which run one by one."""


class Curve(Struct, frozen=True, eq=False):
    """What one convolution's replacements cost and lose, narrowest first; None where nothing was measured yet."""

    place: Place
    form: Form
    layer: Conv2d
    shape: tuple[int, ...]
    """Of its weights: (F, C, kh, kw)."""
    macs: int
    """What it costs itself."""
    widths: tuple[tuple[int, ...], ...]
    """Maps between the convolutions."""
    costs: tuple[int, ...]
    """MACs of each."""
    expected: tuple[float, ...]
    """The relative error that the covariance expects: a line, for it takes the k×k taps to be independent."""
    measured_at: tuple[int, ...] = ()
    """Which of the widths were run, as indices."""
    seen: tuple[float, ...] | None = None
    """Errors on what the weights were fitted to."""
    unseen: tuple[float, ...] | None = None
    """Errors on what only checks."""
    plain: tuple[float, ...] | None = None
    """Errors of plain singular value decomposition of the weights, on what checks, or else on what is fitted to."""

    @property
    def break_even(self) -> int | None:
        """Index of the widest that is still cheaper than the layer."""
        cheaper = [index for index, cost in enumerate(self.costs) if cost < self.macs]
        return cheaper[-1] if cheaper else None

    @property
    def told(self) -> dict[int, float]:
        """The error to go by at each width that was measured: that on unseen data where there is any."""
        errors = self.unseen or self.seen or ()
        return dict(zip(self.measured_at, errors, strict=False))

    def within(self, error: float) -> int | None:
        """Index of the cheapest that was measured to lose no more than that, and is cheaper than the layer."""
        fitting = [index for index, found in self.told.items() if found <= error and self.costs[index] < self.macs]
        return min(fitting, key=lambda index: self.costs[index]) if fitting else None

    def for_macs(self, budget: int) -> int | None:
        """Index of the one of least expected error that costs no more than that."""
        fitting = [index for index, cost in enumerate(self.costs) if cost <= budget]
        return min(fitting, key=lambda index: self.expected[index]) if fitting else None

    def saved(self, index: int | None) -> int:
        """MACs that a replacement saves; 0 for none."""
        return 0 if index is None else self.macs - self.costs[index]


def macs_of(report: Report, form: Form, ranks: Sequence[int]) -> int:
    """MACs of what stands for a convolution: H·W·C·r for a 1×1 before it, H'·W'·k²·… for the k×k, H'·W'·r·F behind."""
    received, given = report.input_shapes[0], report.output_shape
    assert received is not None
    assert given is not None
    assert isinstance(report.layer, Conv2d)
    height, width = pair(report.layer.kernel)
    channels = [received.channels, *ranks, given.channels]
    macs = 0
    for index, part in enumerate(form.split("+")):
        at = received if index == 0 and part == "1x1" else given
        taps = height * width if part == "kxk" else 1
        macs += at.height * at.width * taps * channels[index] * channels[index + 1]
    return macs


def frontier(
    report: Report, shape: tuple[int, ...], inputs: NDArray[np.float64], outputs: NDArray[np.float64]
) -> tuple[tuple[tuple[int, ...], ...], tuple[float, ...]]:
    """Of all pairs of widths those that none beats in both cost and expected error, cheapest first.

    The errors of the two sides add as squares, being orthogonal where the taps are independent.
    """
    first, second = np.arange(1, len(inputs)), np.arange(1, len(outputs))
    base = macs_of(report, "1x1+kxk+1x1", (0, 0))
    along = [
        np.array([macs_of(report, "1x1+kxk+1x1", r) for r in pairs]) - base
        for pairs in ([(int(r), 0) for r in first], [(0, int(r)) for r in second])
    ]
    cross = macs_of(report, "1x1+kxk+1x1", (1, 1)) - along[0][0] - along[1][0] - base
    costs = base + along[0][:, None] + along[1][None, :] + cross * np.outer(first, second)
    errors = np.sqrt(inputs[1:, None] ** 2 + outputs[None, 1:] ** 2)
    order = np.lexsort((errors.ravel(), costs.ravel()))
    best = np.minimum.accumulate(errors.ravel()[order])
    kept = order[np.append(True, best[1:] < best[:-1])]
    kept = kept[:: max(1, len(kept) // 256)]
    rows, columns = np.divmod(kept, len(second))
    widths = tuple((int(first[r]), int(second[c])) for r, c in zip(rows, columns, strict=True))
    return widths, tuple(map(float, errors.ravel()[kept]))


def measured_widths(count: int, most: int) -> tuple[int, ...]:
    """Indices of the widths to run: a third of them one after the other, the rest on a geometric scale to the last."""
    fine = min(most // 3, count)
    coarse = np.rint(np.geomspace(max(fine, 1), max(count, 1), most - fine)).astype(int) - 1
    return tuple(sorted({*range(fine), *(int(index) for index in coarse if index < count)}))

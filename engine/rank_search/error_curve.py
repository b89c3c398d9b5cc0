"""Error against cost, for every width of what can stand for a convolution."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.layers import Conv2d
from engine.layers.windows import pair
from engine.low_rank.convolution import as_convolution
from engine.network.analysis import Report
from engine.network.weight_specs import Form
from engine.run.check import NodeRef

FORMS: dict[Form, str] = {
    "1x1+kxk": "1×1, then k×k",
    "kxk+1x1": "k×k, then 1×1",
    "1x1+kxk+1x1": "1×1, k×k, 1×1",
}
"""What can stand for a k×k, by its name in files."""

_EACH = 16
"""Widths of pairs that are all run; of wider ones eight between a number and its double, powers of two among them."""
_FEW = 12
"""Widths of triples that are run: one by one, while the directions of pairs add up in one run for all."""

_MOST_PAIRS = 256
"""Pairs of widths of triples that are told, the cheapest and the widest among them."""


class CurvePoint(NamedTuple):
    """A width that was run, and the errors there; None for what was not measured."""

    position: int
    """Index of the width in the curve."""
    ranks: tuple[int, ...]
    macs: int
    expected_error: float
    fit_error: float | None
    check_error: float | None
    svd_error: float | None


class ErrorCurve(Struct, frozen=True, eq=False):
    """What one convolution's replacements cost and lose, narrowest first; None where nothing was measured yet."""

    ref: NodeRef
    form: Form
    key: bytes
    """A digest of the layer, its weights and what reaches it."""
    layer: Conv2d
    shape: tuple[int, ...]
    """Of its weights: (F, C, kh, kw)."""
    macs: int
    """What it costs itself."""
    ranks: tuple[tuple[int, ...], ...]
    """Maps between the convolutions."""
    costs: tuple[int, ...]
    """MACs of each."""
    expected_errors: tuple[float, ...]
    """The relative error that the covariance expects: a line, for it takes the k×k taps to be independent."""
    measured_at: tuple[int, ...] = ()
    """Which of the widths were run, as indices."""
    fit_errors: tuple[float, ...] | None = None
    """Errors on what the weights were fitted to."""
    check_errors: tuple[float, ...] | None = None
    """Errors on what only checks."""
    svd_errors: tuple[float, ...] | None = None
    """Errors of plain singular value decomposition of the weights, on what checks, or else on what is fitted to."""

    @property
    def break_even(self) -> int | None:
        """Index of the widest that is still cheaper than the layer."""
        cheaper = [index for index, cost in enumerate(self.costs) if cost < self.macs]
        return cheaper[-1] if cheaper else None

    @property
    def decisive_errors(self) -> dict[int, float]:
        """The error to go by at each width that was measured: that on unseen data where there is any."""
        errors = self.check_errors or self.fit_errors or ()
        return dict(zip(self.measured_at, errors, strict=False))

    @property
    def points(self) -> tuple["CurvePoint", ...]:
        """Every width that was run, narrowest first."""
        columns = (self.fit_errors, self.check_errors, self.svd_errors)
        blank = (None,) * len(self.measured_at)
        errors = zip(*(blank if column is None else column for column in columns), strict=True)
        return tuple(
            CurvePoint(index, self.ranks[index], self.costs[index], self.expected_errors[index], *found)
            for index, found in zip(self.measured_at, errors, strict=True)
        )

    def with_errors(
        self,
        indices: Sequence[int],
        seen: Sequence[float],
        unseen: Sequence[float] | None,
        plain: Sequence[float] | None,
    ) -> "ErrorCurve":
        """The curve with further widths measured."""
        order = sorted({*self.measured_at, *indices})

        def merged(known: Sequence[float] | None, found: Sequence[float] | None) -> tuple[float, ...] | None:
            if found is None:
                return None
            errors = dict(zip(self.measured_at, known or (), strict=False)) | dict(zip(indices, found, strict=True))
            return tuple(errors[index] for index in order)

        return replace(
            self,
            measured_at=tuple(order),
            fit_errors=merged(self.fit_errors, seen),
            check_errors=merged(self.check_errors, unseen),
            svd_errors=merged(self.svd_errors, plain),
        )

    def cheapest_within(self, error: float) -> int | None:
        """Index of the cheapest that was measured to lose no more than that, and is cheaper than the layer."""
        fitting = [
            index for index, found in self.decisive_errors.items() if found <= error and self.costs[index] < self.macs
        ]
        return min(fitting, key=lambda index: self.costs[index]) if fitting else None

    def best_for_macs(self, budget: int) -> int | None:
        """Index of the one of least expected error that costs no more than that."""
        fitting = [index for index, cost in enumerate(self.costs) if cost <= budget]
        return min(fitting, key=lambda index: self.expected_errors[index]) if fitting else None

    def macs_saved(self, index: int | None) -> int:
        """MACs that a replacement saves; 0 for none."""
        return 0 if index is None else self.macs - self.costs[index]


def macs_of(report: Report, form: Form, ranks: Sequence[int]) -> int:
    """MACs of what stands for a convolution: H·W·C·r for a 1×1 before it, H'·W'·k²·… for the k×k, H'·W'·r·F behind."""
    received, given = report.input_shapes[0], report.output_shape
    assert received is not None
    assert given is not None
    layer = as_convolution(report.layer)
    assert layer is not None
    height, width = pair(layer.kernel)
    channels = [received.channels, *ranks, given.channels]
    macs = 0
    for index, part in enumerate(form.split("+")):
        at = received if index == 0 and part == "1x1" else given
        taps = height * width if part == "kxk" else 1
        macs += at.height * at.width * taps * channels[index] * channels[index + 1]
    return macs


def frontier(
    report: Report, inputs: NDArray[np.float64], outputs: NDArray[np.float64]
) -> tuple[tuple[tuple[int, ...], ...], tuple[float, ...]]:
    """Of all pairs of widths those that none beats in both cost and expected error, cheapest first.

    The errors of the two sides add as squares, being orthogonal where the taps are independent.
    """
    first, second = np.arange(1, len(inputs)), np.arange(1, len(outputs))
    if not first.size or not second.size:  # where all that reaches the layer, or leaves it, is zero
        return (), ()
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
    kept = kept[np.linspace(0, len(kept) - 1, min(len(kept), _MOST_PAIRS)).astype(int)]
    rows, columns = np.divmod(kept, len(second))
    widths = tuple((int(first[r]), int(second[c])) for r, c in zip(rows, columns, strict=True))
    return widths, tuple(map(float, errors.ravel()[kept]))


def measured_ranks(form: Form, count: int) -> tuple[int, ...]:
    """Indices of the widths to run, the last one among them, of so many that there are."""
    if form == "1x1+kxk+1x1":
        few = np.rint(np.geomspace(1, max(count, 1), _FEW)).astype(int)
        return tuple(sorted({int(number) - 1 for number in few if number <= count}))
    wider = (eighths * 2**power for power in range(1, count.bit_length()) for eighths in range(8, 16))
    return tuple(sorted({*range(min(_EACH, count)), *(n - 1 for n in wider if n <= count), count - 1} - {-1}))

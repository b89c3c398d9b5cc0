"""The curve of error against cost, for every rank at which a convolution can be replaced."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.layers import Conv2d
from engine.layers.windows import pair
from engine.low_rank.forms import as_convolution
from engine.network.analysis import Report
from engine.network.node_ref import NodeRef
from engine.network.weight_specs import Form

_DENSE_PAIRS = 16
"""Up to this rank all pairs are run; beyond it eight ranks per octave, including powers of two."""
_TRIPLE_POINTS = 12
"""Number of triples that are run: each needs a run of its own, while one run serves all pairs."""

_MOST_PAIRS = 256
"""Number of triples in a curve, including the cheapest and those of the highest ranks."""


class CurvePoint(NamedTuple):
    """A rank that was run, and the errors there; None for those that were not measured."""

    position: int
    """Index of the rank in the curve."""
    ranks: tuple[int, ...]
    macs: int
    expected_error: float
    fit_error: float | None
    check_error: float | None
    svd_error: float | None


class ErrorCurve(Struct, frozen=True, eq=False):
    """Costs and errors of one convolution's replacements, lowest rank first; None for errors not measured yet."""

    ref: NodeRef
    form: Form
    key: bytes
    """A digest of the layer, its weights and its input."""
    layer: Conv2d
    shape: tuple[int, ...]
    """Shape of its weights, (F, C, kh, kw)."""
    macs: int
    """MACs of the layer itself."""
    ranks: tuple[tuple[int, ...], ...]
    """Per replacement, the numbers of maps between its convolutions."""
    costs: tuple[int, ...]
    """MACs of each replacement."""
    expected_errors: tuple[float, ...]
    """The relative error that the covariance predicts: a line, as it assumes independent k×k taps."""
    measured_at: tuple[int, ...] = ()
    """Indices of the ranks that were run."""
    fit_errors: tuple[float, ...] | None = None
    """Errors on the inputs to which the weights were fitted."""
    check_errors: tuple[float, ...] | None = None
    """Errors on the inputs that only check."""
    svd_errors: tuple[float, ...] | None = None
    """Errors of plain singular value decomposition of the weights, on the checking inputs, else on the others."""

    @property
    def break_even(self) -> int | None:
        """Index of the highest rank that is still cheaper than the layer."""
        cheaper = [index for index, cost in enumerate(self.costs) if cost < self.macs]
        return cheaper[-1] if cheaper else None

    @property
    def decisive_errors(self) -> dict[int, float]:
        """The error that decides at each rank that was measured: that on the checking inputs, if there are any."""
        errors = self.check_errors or self.fit_errors or ()
        return dict(zip(self.measured_at, errors, strict=False))

    @property
    def points(self) -> tuple["CurvePoint", ...]:
        """Every rank that was run, lowest first."""
        columns = (self.fit_errors, self.check_errors, self.svd_errors)
        blank = (None,) * len(self.measured_at)
        errors = zip(*(blank if column is None else column for column in columns), strict=True)
        return tuple(
            CurvePoint(index, self.ranks[index], self.costs[index], self.expected_errors[index], *point_errors)
            for index, point_errors in zip(self.measured_at, errors, strict=True)
        )

    def with_errors(
        self,
        indices: Sequence[int],
        fit_errors: Sequence[float],
        check_errors: Sequence[float] | None,
        svd_errors: Sequence[float] | None,
    ) -> "ErrorCurve":
        """The curve with further ranks measured."""
        order = sorted({*self.measured_at, *indices})

        def merged(before: Sequence[float] | None, new: Sequence[float] | None) -> tuple[float, ...] | None:
            if new is None:
                return None
            errors = dict(zip(self.measured_at, before or (), strict=False)) | dict(zip(indices, new, strict=True))
            return tuple(errors[index] for index in order)

        return replace(
            self,
            measured_at=tuple(order),
            fit_errors=merged(self.fit_errors, fit_errors),
            check_errors=merged(self.check_errors, check_errors),
            svd_errors=merged(self.svd_errors, svd_errors),
        )

    def cheapest_within(self, error: float) -> int | None:
        """Index of the cheapest replacement with a measured error of at most `error`; None if none is cheaper."""
        fitting = [
            index for index, loss in self.decisive_errors.items() if loss <= error and self.costs[index] < self.macs
        ]
        return min(fitting, key=lambda index: self.costs[index]) if fitting else None

    def best_for_macs(self, budget: int) -> int | None:
        """Index of the replacement of least expected error that costs at most `budget`."""
        fitting = [index for index, cost in enumerate(self.costs) if cost <= budget]
        return min(fitting, key=lambda index: self.expected_errors[index]) if fitting else None

    def macs_saved(self, index: int | None) -> int:
        """MACs that a replacement saves; 0 for None."""
        return 0 if index is None else self.macs - self.costs[index]


def macs_of(report: Report, form: Form, ranks: Sequence[int]) -> int:
    """MACs of a replacement: H·W·C·r for a 1×1 before the k×k, H'·W'·k²·… for the k×k, H'·W'·r·F for a 1×1 behind."""
    input_shape, output_shape = report.input_shapes[0], report.output_shape
    assert input_shape is not None
    assert output_shape is not None
    layer = as_convolution(report.layer)
    assert layer is not None
    height, width = pair(layer.kernel)
    channels = [input_shape.channels, *ranks, output_shape.channels]
    macs = 0
    for index, part in enumerate(form.split("+")):
        shape = input_shape if index == 0 and part == "1x1" else output_shape
        taps = height * width if part == "kxk" else 1
        macs += shape.height * shape.width * taps * channels[index] * channels[index + 1]
    return macs


def frontier(
    report: Report, inputs: NDArray[np.float64], outputs: NDArray[np.float64]
) -> tuple[tuple[tuple[int, ...], ...], tuple[float, ...]]:
    """The pairs of ranks that no other beats in both cost and expected error, and these errors, cheapest first.

    The errors of the two sides add as squares: they are orthogonal if the taps are independent.
    """
    first, second = np.arange(1, len(inputs)), np.arange(1, len(outputs))
    if not first.size or not second.size:  # the layer's input or output is all zero
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
    indices = order[np.append(True, best[1:] < best[:-1])]
    indices = indices[np.linspace(0, len(indices) - 1, min(len(indices), _MOST_PAIRS)).astype(int)]
    rows, columns = np.divmod(indices, len(second))
    ranks = tuple((int(first[r]), int(second[c])) for r, c in zip(rows, columns, strict=True))
    return ranks, tuple(map(float, errors.ravel()[indices]))


def measured_ranks(form: Form, count: int) -> tuple[int, ...]:
    """Indices of the ranks to run out of `count`, including the last one."""
    if form == "1x1+kxk+1x1":
        few = np.rint(np.geomspace(1, max(count, 1), _TRIPLE_POINTS)).astype(int)
        return tuple(sorted({int(number) - 1 for number in few if number <= count}))
    wider = (eighths * 2**power for power in range(1, count.bit_length()) for eighths in range(8, 16))
    return tuple(sorted({*range(min(_DENSE_PAIRS, count)), *(n - 1 for n in wider if n <= count), count - 1} - {-1}))

"""The most likely classes of a classifier: what its last volume says about an input."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from engine.network.report import Report

MOST_LIKELY = 5
"""Number of classes that are listed; published top-5 accuracies count an answer among as many."""


class LikelyClass(Struct, frozen=True):
    """A class, by its channel and its name, with its probability."""

    index: int
    label: str
    probability: float

    @property
    def text(self) -> str:
        """``Egyptian Mau 36.4 %``."""
        return f"{self.label} {percent_text(self.probability)}"


class Prediction(Struct, frozen=True):
    """The most likely classes, the likeliest first; none if a value is not finite."""

    classes: tuple[LikelyClass, ...]
    is_softmax_added: bool
    """Whether softmax was applied to the last volume, since the network does not end in it."""

    @property
    def source(self) -> str:
        """Where the probabilities come from."""
        return "softmax of the last volume" if self.is_softmax_added else "the last volume"

    def text(self, count: int = MOST_LIKELY) -> str:
        """The first classes on one line."""
        if not self.classes:
            return "no class: a value of the last volume is not finite"
        return ", ".join(likely.text for likely in self.classes[:count])


def predict(report: Report, volume: NDArray[np.float32], labels: Sequence[str]) -> Prediction:
    """The most likely classes by the last volume of a classifier.

    Parameters
    ----------
    report
        That of the last layer.
    volume
        Its output, C×1×1.
    labels
        The names of the C classes.
    """
    is_softmax_added = not report.yields_shares
    shares = class_probabilities(volume) if is_softmax_added else volume.reshape(-1).astype(np.float64)
    if not np.isfinite(shares).all():
        return Prediction((), is_softmax_added)
    # The sort is stable, so that of equal classes the first comes first.
    order = np.argsort(-shares, kind="stable")[:MOST_LIKELY]
    return Prediction(
        tuple(LikelyClass(int(index), labels[index], float(shares[index])) for index in order), is_softmax_added
    )


def class_probabilities(volume: NDArray[np.float32]) -> NDArray[np.float64]:
    """Softmax over all values: exp(x − m) / Σ exp(x − m), m the largest; NaN if one is not finite."""
    values = volume.reshape(-1).astype(np.float64)
    if not np.isfinite(values).all():
        return np.full(values.shape, np.nan)
    powers = np.exp(values - values.max())
    return np.asarray(powers / powers.sum())


def percent_text(share: float) -> str:
    """A probability as "36.4 %", or "less than 0.1 %"."""
    return f"{100 * share:.1f} %" if share >= 0.0005 else "less than 0.1 %"

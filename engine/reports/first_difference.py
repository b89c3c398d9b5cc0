"""The first layer at which two designs compute other values, beyond what rounding explains."""

from collections.abc import Sequence

from msgspec import Struct

from engine.reports.differences import ComparedLayer, DesignDifferences
from engine.text.names import quoted
from engine.text.units import ROUNDING, count_text, number_text, relative_error_text


class FirstDifference(Struct, frozen=True):
    """The first of the compared layers with a larger error, if any."""

    compared: int
    """Number of layers with an error, of which two have outputs of equal shape."""
    layer: ComparedLayer | None = None
    error: float = 0.0

    @property
    def text(self) -> str:
        if not self.compared:
            return ""
        volumes = count_text(self.compared, "pair")
        if self.layer is None:
            return (
                f"{volumes} of volumes compared: none differs by more than {number_text(100 * ROUNDING)} % of its size"
            )
        return (
            f"{volumes} of volumes compared: the first that differs is {quoted(self.layer.name)}, "
            f"by {relative_error_text(self.error)}"
        )


def first_difference(differences: DesignDifferences, errors: Sequence[float | None]) -> FirstDifference:
    """The first layer, in the order of the first network, whose error is more than rounding."""
    compared = [(layer, error) for layer, error in zip(differences.layers, errors, strict=True) if error is not None]
    for layer, error in compared:
        if error > ROUNDING:
            return FirstDifference(len(compared), layer, error)
    return FirstDifference(len(compared))

"""The explanation of a sum of weight × value, which convolutions and dense layers share."""

from engine.layers.explanation import Explanation, Numbers, Target, Terms, WindowProduct, signed
from engine.text.units import number_text

_FEW = 4
"""Products that a formula writes out."""


def explain_weighted_sum(
    target: Target, window: WindowProduct, symbols: str, over: str, what: str, *, vector: bool
) -> Explanation:
    """The explanation of a value that is the sum of a window's products, and a bias if there is one.

    Parameters
    ----------
    symbols
        The sum as a formula: "Σ w[3, n] · in[n]".
    over
        What the sum runs over: "4 channels × 3×3 taps".
    what
        What the layer does, in a sentence or two.
    vector
        Whether the value is one row of a matrix times a vector.
    """
    bias = float(target.weights["bias"]) if "bias" in target.weights else None
    sums: Numbers = window.products.sum(axis=(1, 2))
    terms = Terms("Sum per input channel", sums, first=window.first, offset=bias or 0.0)
    plus = "" if bias is None else f" + b[{target.at.channel}]"
    added = number_text(terms.sum) if bias is None else f"{number_text(terms.sum)} + {signed(bias)}"
    formula = (
        f"{target.title} = {symbols}{plus}",
        f"= Σ over {over} of weight × value{'' if bias is None else ' + bias'}",
        *_written_out(window),
        f"= {added} = {number_text(terms.total)}" if bias is not None else f"= {added}",
    )
    return Explanation(target.at, terms.total, what, formula, window, terms, bias, vector)


def _written_out(window: WindowProduct) -> tuple[str, ...]:
    assert window.filter is not None
    if window.values.size > _FEW:
        return ()
    pairs = zip(window.filter.ravel(), window.values.ravel(), strict=True)
    return ("= " + " + ".join(f"{signed(weight)} · {signed(value)}" for weight, value in pairs),)

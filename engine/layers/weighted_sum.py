"""The explanation of a sum of weight × value, shared by convolutions and dense layers."""

from engine.layers.explanation import Explanation, Numbers, Target, Terms, WindowProduct, operand_text
from engine.text.units import number_text

_FEW = 4
"""Maximum number of products that a formula writes out."""


def explain_weighted_sum(
    target: Target, window: WindowProduct, symbols: str, over: str, description: str, *, vector: bool
) -> Explanation:
    """Explain a value that is the sum of a window's products, plus a bias if there is one.

    Parameters
    ----------
    symbols
        The sum as a formula: "Σ w[3, n] · in[n]".
    over
        The range of the sum: "4 channels × 3×3 taps".
    description
        What the layer does, in a sentence or two.
    vector
        Whether the value is one row of a matrix times a vector.
    """
    bias = float(target.weights["bias"]) if "bias" in target.weights else None
    sums: Numbers = window.products.sum(axis=(1, 2))
    terms = Terms("Sum per input channel", sums, first=window.first, offset=bias or 0.0)
    plus = "" if bias is None else f" + b[{target.at.channel}]"
    addends = number_text(terms.sum) if bias is None else f"{number_text(terms.sum)} + {operand_text(bias)}"
    formula = (
        f"{target.title} = {symbols}{plus}",
        f"= Σ over {over} of weight × value{'' if bias is None else ' + bias'}",
        *_all_products(window),
        f"= {addends} = {number_text(terms.total)}" if bias is not None else f"= {addends}",
    )
    return Explanation(target.at, terms.total, description, formula, window, terms, bias, vector)


def _all_products(window: WindowProduct) -> tuple[str, ...]:
    assert window.filter is not None
    if window.values.size > _FEW:
        return ()
    pairs = zip(window.filter.ravel(), window.values.ravel(), strict=True)
    return ("= " + " + ".join(f"{operand_text(weight)} · {operand_text(value)}" for weight, value in pairs),)

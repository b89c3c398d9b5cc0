"""Numbers as text for people: decimal K, M, G, bytes, and ratios in words."""

from math import floor, isfinite, isnan, log10

PREFIXES = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "K"))
UNKNOWN = "unknown"
_PLAIN = 10**6
"""Values from here on are written as powers of ten."""
_MOST_DIGITS = 17
"""Digits that tell any two values apart."""

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def abbreviate(count: float | None, kilo: int = 1000) -> str:
    """``160563200`` as "160.6 M", ``13246464`` as "13.25 M": four significant digits; K is 1000, or 1024.

    Integers below 1,000 are exact, numbers beyond the prefixes are powers of ten; None is "unknown".
    """
    if count is None:
        return UNKNOWN
    if count < kilo:
        return str(count) if isinstance(count, int) else exact_text(count)
    if _reaches(count, 10**15):
        digits, exponent = f"{count:.3e}".split("e+")
        return f"{digits}×10{exponent.translate(SUPERSCRIPTS)}"
    sizes = ((kilo**power, prefix) for power, (_, prefix) in zip((4, 3, 2, 1), PREFIXES, strict=True))
    size, prefix = next(row for row in sizes if _reaches(count, row[0]))
    return f"{_digits(count / size)} {prefix}"


def exact_text(count: float | None) -> str:
    """``160563200`` as "160,563,200", ``93.2154`` as "93.22"; None is "unknown"."""
    if count is None:
        return UNKNOWN
    return f"{count:,}" if isinstance(count, int) else f"{count:.4g}" if count < 999.95 else f"{count:,.0f}"


def ratio_in_words(
    amount: float | None, reference: float | None, noun: str, than: str = "", *, mass: bool = False
) -> str:
    """How `amount` compares with `reference`: "12.1× fewer multiply-accumulates", "5 % fewer", "2.0× as many".

    `than` names the owner of the reference: "… than naive". Factors from 1.5 on, percentages below;
    "" if either number is unknown.
    """
    if amount is None or reference is None:
        return ""
    many, fewer = ("much", "less") if mass else ("many", "fewer")
    if amount == reference:
        return f"as {many} {noun}" + (than and f" as {than}")
    if not amount or not reference:
        amount_of = f"{exact_text(amount)} {noun}" if amount else f"no {noun}"
        return f"{amount_of} instead of {exact_text(reference) if reference else 'none'}" + (than and f" in {than}")
    if amount >= 1.5 * reference:
        return f"{factor_text(amount / reference)} as {many} {noun}" + (than and f" as {than}")
    word = fewer if amount < reference else "more"
    if reference >= 1.5 * amount:
        return f"{factor_text(reference / amount)} {word} {noun}" + (than and f" than {than}")
    percent = 100 * abs(amount - reference) / reference
    share = f"{percent:.2g}" if percent >= 0.1 else "less than 0.1"
    return f"{share} % {word} {noun}" + (than and f" than {than}")


def count_text(count: int, noun: str) -> str:
    """``1 channel``, ``1,024 channels``, ``10 classes``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}{'es' if noun.endswith('s') else 's'}"


def factor_text(ratio: float) -> str:
    """A factor: "12.1×", or from 100 on without a decimal, "1,044×"."""
    return f"{ratio:.1f}×" if ratio < 99.95 else f"{ratio:,.0f}×"


def number_text(value: float, digits: int = 4) -> str:
    """A value with `digits` significant digits and a true minus sign; zero has none.

    All digits before the point are shown up to a million: "1235", not "1.2e+03".
    """
    if not isfinite(value):
        return "not a number" if isnan(value) else f"{'−' if value < 0 else ''}∞"
    value = float(value) + 0.0
    if 1 <= abs(value) < _PLAIN:
        digits = max(digits, floor(log10(abs(value))) + 1)
        if 10**digits <= float(f"{abs(value):.{digits}g}") < _PLAIN:  # rounded up to a digit more: "100", not "1e+02"
            return f"{value:.0f}".replace("-", "−")
    return f"{value:.{digits}g}".replace("-", "−")


ROUNDING = 1e-5
"""Relative error of a volume up to which it counts as equal: what sums in another order differ by in a deep network."""


def relative_error_text(error: float) -> str:
    """A relative error in percent: "12.3 %", "0 %", "< 0.001 %" for rounding."""
    is_rounding = 0 < error < ROUNDING
    return f"< {number_text(100 * ROUNDING)} %" if is_rounding else f"{number_text(100 * error, 3)} %"


def fixed_text(value: float, decimals: int) -> str:
    """A value with that many decimals and a true minus sign, unless it is rounded to zero: "−0.5", but "0.0"."""
    text = f"{float(value):.{decimals}f}"
    return (text.lstrip("-") if not float(text) else text).replace("-", "−")


def range_texts(low: float, high: float, digits: int = 3) -> tuple[str, str]:
    """The ends of a scale with at least `digits` digits, and as many as show their difference: "293.15", "293.35"."""
    low, high = float(low), float(high)
    if isfinite(low) and isfinite(high) and low != high:
        places = floor(log10(max(abs(low), abs(high)))) - floor(log10(abs(high - low)))
        digits = min(max(digits, places + 2), _MOST_DIGITS)
    return number_text(low, digits), number_text(high, digits)


def byte_size(count: int) -> str:
    """Bytes with binary prefixes: "12.3 MiB"."""
    if count < 1024:
        return f"{count} byte" if count == 1 else f"{count} bytes"
    amount = count / 1024
    for unit in ("KiB", "MiB", "GiB"):
        if amount < 1023.95:
            return f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} TiB"


def _reaches(count: float, size: int) -> bool:
    """Whether a count, rounded to four digits, is at least `size`: 999,950 is "1.000 M", not "1000.0 K"."""
    return 20_000 * count >= 19_999 * size


def _digits(value: float) -> str:
    rounded = float(f"{value:.4g}")
    return f"{rounded:.{(rounded < 1000) + (rounded < 100) + (rounded < 10)}f}"

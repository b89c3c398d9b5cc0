"""Numbers as people read them: decimal K, M, G; ratios in words."""

from math import floor, log10

PREFIXES = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "K"))
UNKNOWN = "unknown"


def abbreviated(count: int | None) -> str:
    """``160563200`` as "160.6 M", ``13246464`` as "13.25 M": four significant digits, one decimal from 100 on.

    Below 1,000 the integer itself; None is "unknown".
    """
    if count is None:
        return UNKNOWN
    for size, prefix in PREFIXES:
        if count >= size * (1 - 5e-5) and count >= 1000:
            return f"{_digits(count / size)} {prefix}"
    return str(count)


def exact(count: int | None) -> str:
    """``160563200`` as "160,563,200"; None is "unknown"."""
    return UNKNOWN if count is None else f"{count:,}"


def ratio_in_words(amount: int | None, reference: int | None, more: str) -> str:
    """How `amount` compares with `reference`: "12.1× fewer multiply-accumulates"."""
    if amount is None or reference is None:
        return ""
    if amount == reference:
        return f"as many {more}"
    small, large = sorted((amount, reference))
    word = "fewer" if amount < reference else "more"
    if small == 0:
        return f"{word} {more} ({exact(amount)} instead of {exact(reference)})"
    ratio = large / small
    if ratio < 1.095:
        return f"{100 * (large - small) / reference:.2g} % {word} {more}"
    return f"{_short(ratio)}× {word} {more}"


def byte_size(count: int) -> str:
    """Bytes with binary prefixes: "12.3 MiB"."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} TiB"


def _digits(value: float) -> str:
    rounded = float(f"{value:.4g}")
    return f"{rounded:.{max(1, 3 - floor(log10(rounded)))}f}"


def _short(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio < 99.95 else f"{ratio:,.0f}"

"""What counts as an operation: conventions, and what each of them leaves out."""

from collections.abc import Callable, Iterable
from typing import Literal

from msgspec import Struct

from engine.analysis import Report
from engine.layers import Layer


class Term(Struct, frozen=True):
    """A sort of arithmetic, and how much of it a layer does on one input."""

    id: str
    title: str
    amount: Callable[[Report], int]
    """For a report whose shapes are known."""


def _biases(report: Report) -> int:
    return report.output_shape.size if report.output_shape is not None and "bias" in report.param_shapes else 0


TERMS: tuple[Term, ...] = (
    Term("macs", "multiply-accumulates", lambda report: report.macs or 0),
    Term("bias", "bias additions", _biases),
)


class Convention(Struct, frozen=True):
    """How often each term counts, for how many inputs, and what K stands for."""

    id: str
    title: str
    unit: Literal["MACs", "FLOPs"]
    factors: tuple[tuple[str, int], ...] = (("macs", 1),)
    """(term, operations of this convention's unit for each of it); a term that is not named is left out."""
    batch: int = 1
    kilo: Literal[1000, 1024] = 1000
    source: str = ""


MACS = Convention("macs", "MACs of convolutions and dense layers", "MACs")
CONVENTIONS: tuple[Convention, ...] = (MACS,)


def count(report: Report, convention: Convention) -> int | None:
    """Operations of a layer for a whole batch; None where its shapes are unknown."""
    if report.output_shape is None or not isinstance(report.layer, Layer):
        return None
    terms = {term.id: term for term in TERMS}
    return convention.batch * sum([factor * terms[id].amount(report) for id, factor in convention.factors])


def left_out(reports: Iterable[Report], convention: Convention) -> dict[str, int]:
    """Terms that the convention does not count, with their amounts where there are any."""
    counted = {id for id, factor in convention.factors if factor}
    known = [report for report in reports if report.output_shape is not None]
    amounts = {term.id: sum(term.amount(report) for report in known) for term in TERMS if term.id not in counted}
    return {id: amount for id, amount in amounts.items() if amount}

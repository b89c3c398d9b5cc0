"""The table of counting rules for a design: a row per rule, a column per kind of arithmetic that the design does."""

from collections.abc import Sequence

from msgspec import Struct

from engine.cost.counting import CONVENTIONS, CUSTOM, Convention, Tally, tally_amounts
from engine.cost.terms import TERM_BY_ID, TERMS, Term, term_amounts
from engine.network.analysis import Report
from engine.text.units import abbreviate, exact_text

TITLE_COLUMN, TOTAL_COLUMN = 0, 1
"""Positions of the columns to the left of those of the terms."""
LEFT_OUT = "–"
_COUNTED_ELSEWHERE = ""
"""In the column of a term whose arithmetic the rule counts in another column."""


class CountingTable(Struct, frozen=True):
    """The total of a design by each counting rule, and the terms that make it up."""

    conventions: tuple[Convention, ...] = ()
    tallies: tuple[Tally | None, ...] = ()
    """By rule; None while the design has mistakes."""
    terms: tuple[Term, ...] = ()
    current_row: int = 0
    """The row of the rule in use."""

    @property
    def heads(self) -> tuple[str, ...]:
        return ("Counted", "Total", *(term.title for term in self.terms))

    def text(self, row: int, column: int) -> str:
        """The text of a cell."""
        rule, counts = self.conventions[row], self.tallies[row]
        if column == TITLE_COLUMN:
            return rule.title
        if column == TOTAL_COLUMN:
            return f"{abbreviate(None if counts is None else counts.total)} {rule.unit}"
        term = self.terms[column - 2]
        if counts is not None and term.id in counts.counted:
            return abbreviate(counts.counted[term.id])
        return _COUNTED_ELSEWHERE if term.subject in rule.subjects else LEFT_OUT


def counting_table(reports: Sequence[Report], current: Convention) -> CountingTable:
    """Count a design by every rule, including the one in use, which comes last if it is the user's own."""
    ready = tuple(current if rule.id == current.id else rule for rule in CONVENTIONS)
    conventions = (*ready, current) if current.id == CUSTOM else ready
    amounts = term_amounts(report for report in reports if report.output_shape is not None)
    is_known = all(report.output_shape is not None for report in reports)
    return CountingTable(
        conventions,
        tuple(tally_amounts(amounts, rule) if is_known else None for rule in conventions),
        tuple(term for term in TERMS if term.id in amounts),
        next((row for row, rule in enumerate(conventions) if rule.id == current.id), 0),
    )


def describe_tally(design: str, counts: Tally | None) -> str:
    """Describe what a counting rule counts and leaves out, with amounts."""
    if counts is None:
        return f"{design}: unknown until its mistakes are corrected"
    rule = counts.convention
    inputs = "one input" if rule.batch == 1 else f"{rule.batch} inputs"
    parts = [f"{design}, {rule.title}: {exact_text(counts.total)} {rule.unit} for {inputs}."]
    if counts.uncounted:
        largest = sorted(counts.uncounted.items(), key=lambda item: -item[1])
        amounts = ", ".join(f"{abbreviate(amount)} {TERM_BY_ID[term].title}" for term, amount in largest)
        parts.append(f"Left out: {amounts}.")
    if rule.source:
        parts.append(f"Rule: {rule.source}.")
    return " ".join(parts)

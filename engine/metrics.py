"""What can be counted of layers. METRICS is the only list: table columns, bars, totals and files iterate it."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from engine import counting, receptive
from engine.analysis import Report
from engine.blocks import Block
from engine.check import Place, ProjectCheck
from engine.counting import Convention
from engine.receptive import Receptive

Amount = int | float


class Subject(Struct, frozen=True, eq=False):
    """A layer's report, and what else its amounts depend on."""

    report: Report
    convention: Convention
    receptive: Receptive | None = None
    milliseconds: float | None = None
    """What its arithmetic took when it last ran with today's settings."""


class Metric(Struct, frozen=True):
    """An amount that layers have, or None where it is unknown."""

    id: str
    title: str
    unit: str
    """ "" where the convention says it."""
    more: str
    """Names the amount in a comparison: "12.1× fewer multiply-accumulates"; "" where a comparison says nothing."""
    amount: Callable[[Sequence[Subject]], Amount | None]
    """Of one layer, of a block's or of a design's: subjects in the order in which they run."""
    formula: Callable[[Subject], str]
    """How the amount of one layer comes about, with its own numbers in it; "" where there is nothing to say."""
    derived: bool = False
    """In every file of numbers, but in a table for reading only when chosen."""
    measured: bool = False
    """Known only after a run."""


def _sum(value: Callable[[Subject], Amount | None]) -> Callable[[Sequence[Subject]], Amount | None]:
    """The sum over layers; unknown as soon as one of them is unknown."""

    def amount(subjects: Sequence[Subject]) -> Amount | None:
        total: Amount = 0
        for subject in subjects:
            found = value(subject)
            if found is None:
                return None
            total += found
        return total

    return amount


def _mac_product(subject: Subject, factor: str = "") -> str:
    if subject.report.mac_factors is None:
        return ""
    positions, weights = ("·".join(map(str, numbers)) for numbers in subject.report.mac_factors)
    return f"{factor}{positions} × {weights}"


def _mac_formula(subject: Subject) -> str:
    return f"{_mac_product(subject)} = {subject.report.macs:,}" if subject.report.mac_factors else ""


def _flop_formula(subject: Subject) -> str:
    return f"{_mac_product(subject, '2 × ')} = {_flops(subject):,}" if subject.report.mac_factors else ""


def _flops(subject: Subject) -> int | None:
    return None if subject.report.macs is None else 2 * subject.report.macs


def _param_formula(subject: Subject) -> str:
    report = subject.report
    if not report.params or not report.param_shapes:
        return ""
    parts = ["·".join(map(str, shape)) for shape in report.param_shapes.values()]
    return f"{' + '.join(parts)} = {report.params:,}"


METRICS: tuple[Metric, ...] = (
    Metric("macs", "MACs", "MACs", "multiply-accumulates", _sum(lambda subject: subject.report.macs), _mac_formula),
    Metric("params", "Params", "params", "parameters", _sum(lambda subject: subject.report.params), _param_formula),
    Metric(
        "flops", "FLOPs (2 per MAC)", "FLOPs", "floating-point operations", _sum(_flops), _flop_formula, derived=True
    ),
    Metric(
        "ops",
        "Operations",
        "",
        "operations",
        _sum(lambda subject: counting.count(subject.report, subject.convention)),
        lambda subject: "",
        derived=True,
    ),
)


def metric(id: str) -> Metric:
    """The metric of that id; KeyError where there is none."""
    return {metric.id: metric for metric in METRICS}[id]


class Ledger(Struct, frozen=True, eq=False):
    """Amounts of a checked project's layers, blocks and designs, by one convention."""

    check: ProjectCheck
    convention: Convention = counting.MACS
    milliseconds: Mapping[Place, float] = {}
    """What each layer took that has run with today's settings."""

    def amount(self, metric: Metric, design: str, report: Report) -> Amount | None:
        """Of a layer, or of a block together."""
        subjects = self._subjects(design, report)
        return metric.amount(subjects) if subjects else None

    def total(self, metric: Metric, design: str) -> Amount | None:
        """Of all layers of a design, or of the stem."""
        return metric.amount(self._all(design, self.check.analyses[design].reports))

    def formula(self, metric: Metric, design: str, report: Report) -> str:
        """How the amount of a layer comes about; "" for a block, and where there is nothing to say."""
        subjects = self._subjects(design, report)
        return metric.formula(subjects[0]) if len(subjects) == 1 and metric.amount(subjects) is not None else ""

    def title(self, metric: Metric) -> str:
        """What the amount is called, with the convention where it counts by one."""
        return metric.title if metric.unit else f"{metric.title}, {self.convention.title}"

    def unit(self, metric: Metric) -> str:
        return metric.unit or self.convention.unit

    def _subjects(self, design: str, report: Report) -> list[Subject]:
        if not isinstance(report.layer, Block):
            return self._all(design, (report,))
        block = self.check.block((design, report.name))
        return [] if block is None else self._all(design, block.parts)

    def _all(self, design: str, reports: Iterable[Report]) -> list[Subject]:
        seen = receptive.fields(self.check)
        return [
            Subject(
                report,
                self.convention,
                seen.get((design, report.name)),
                self.milliseconds.get((design, report.name)),
            )
            for report in reports
        ]

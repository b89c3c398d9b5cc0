"""What can be counted of layers. METRICS is the only list: table columns, bars, totals and files iterate it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod

from msgspec import Struct

from engine.blocks import Block
from engine.cost import counting, receptive_fields
from engine.cost.counting import Convention
from engine.cost.receptive_fields import ReceptiveField
from engine.network.analysis import Report
from engine.run.check import NodeRef, ProjectCheck
from engine.text.units import UNKNOWN, abbreviate, byte_size, exact_text, ratio_in_words

Amount = int | float
_BYTES = "bytes"
OPERATIONS = "ops"
"""Id of the metric that counts by the convention."""
_NOT_RUN = "not run"


class Costed(Struct, frozen=True):
    """A layer's report, and what else its amounts depend on."""

    report: Report
    convention: Convention
    check: ProjectCheck
    design: str
    milliseconds: float | None = None
    """What its arithmetic took when it last ran with today's settings."""

    @property
    def receptive_field(self) -> ReceptiveField | None:
        """Found when somebody asks for it: it goes through the whole project."""
        return receptive_fields.receptive_fields(self.check).get((self.design, self.report.name))


class Metric(Struct, frozen=True):
    """An amount that layers have, or None where it is unknown."""

    id: str
    title: str
    unit: str
    """Empty where the convention says it."""
    comparative_noun: str
    """Names the amount in a comparison: "12.1× fewer multiply-accumulates"."""
    amount: Callable[[Sequence[Costed]], Amount | None]
    """Of one layer, of a block's or of a design's: subjects in the order in which they run."""
    formula: Callable[[Costed], str]
    """How the amount of one layer comes about, with its own numbers in it; "" where there is nothing to say."""
    is_derived: bool = False
    """In every file of numbers, but in a table for reading only when chosen."""
    is_measured: bool = False
    """Known only after a run."""
    is_additive: bool = True
    """Whether amounts of layers side by side may be summed."""
    tip: str = ""
    """What the title leaves unsaid."""
    is_mass_noun: bool = False
    """Compared as less and much, not as fewer and many."""


def _sum(value: Callable[[Costed], Amount | None]) -> Callable[[Sequence[Costed]], Amount | None]:
    """The sum over layers; unknown as soon as one of them is unknown."""

    def amount(subjects: Sequence[Costed]) -> Amount | None:
        total: Amount = 0
        for subject in subjects:
            found = value(subject)
            if found is None:
                return None
            total += found
        return total

    return amount


def _mac_product(subject: Costed, factor: str = "") -> str:
    if subject.report.mac_factors is None:
        return ""
    positions, weights = ("·".join(map(str, numbers)) for numbers in subject.report.mac_factors)
    return f"{factor}{positions} × {weights}"


def _mac_formula(subject: Costed) -> str:
    return f"{_mac_product(subject)} = {subject.report.macs:,}" if subject.report.mac_factors else ""


def _flop_formula(subject: Costed) -> str:
    return f"{_mac_product(subject, '2 × ')} = {_flops(subject):,}" if subject.report.mac_factors else ""


def _flops(subject: Costed) -> int | None:
    return None if subject.report.macs is None else 2 * subject.report.macs


def _operations(subject: Costed) -> int | None:
    return counting.count_operations(subject.report, subject.convention)


def _operation_formula(subject: Costed) -> str:
    terms = counting.counted_terms(subject.report, subject.convention) or {}
    titles = {term.id: term.title for term in counting.TERMS}
    parts = " + ".join(f"{amount:,} ({titles[id]})" for id, amount in terms.items())
    return parts and f"{parts} = {sum(terms.values()):,}"


def _params(subject: Costed) -> int | None:
    if subject.report.params is None or not subject.convention.weights_only:
        return subject.report.params
    return prod(subject.report.param_shapes["weight"]) if "weight" in subject.report.param_shapes else 0


def _param_formula(subject: Costed) -> str:
    shapes, params = subject.report.param_shapes, _params(subject)
    if not params:
        return ""
    counted = [shape for role, shape in shapes.items() if role == "weight" or not subject.convention.weights_only]
    return f"{' + '.join('·'.join(map(str, shape)) for shape in counted)} = {params:,}"


def _param_bytes(subject: Costed) -> int | None:
    return None if subject.report.params is None else _FLOAT * subject.report.params


def _param_byte_formula(subject: Costed) -> str:
    params = subject.report.params
    return f"{_FLOAT} × {params} = {_FLOAT * params:,}" if params else ""


def _volume_bytes(subject: Costed) -> int | None:
    shape = subject.report.output_shape
    return None if shape is None else _FLOAT * subject.convention.batch * shape.size


def _volume_formula(subject: Costed) -> str:
    shape, batch = subject.report.output_shape, subject.convention.batch
    return (
        ""
        if shape is None
        else f"{_FLOAT} × {'·'.join(map(str, (*_batches(batch), *shape)))} = {_volume_bytes(subject):,}"
    )


def _batches(batch: int) -> tuple[int, ...]:
    return (batch,) if batch > 1 else ()


def _moved_bytes(subject: Costed) -> int | None:
    """What a layer reads and writes: its inputs and output for the whole batch, its parameters once."""
    report = subject.report
    known = [shape for shape in (*report.input_shapes, report.output_shape) if shape is not None]
    if report.params is None or len(known) <= len(report.input_shapes):
        return None
    return _FLOAT * (subject.convention.batch * sum([shape.size for shape in known]) + report.params)


def _intensity(subjects: Sequence[Costed]) -> float | None:
    macs, moved = _sum(lambda subject: subject.report.macs)(subjects), _sum(_moved_bytes)(subjects)
    return None if macs is None or not moved else macs * subjects[0].convention.batch / moved


def _intensity_formula(subject: Costed) -> str:
    macs, moved, intensity = subject.report.macs, _moved_bytes(subject), _intensity([subject])
    if not macs or moved is None or intensity is None:
        return ""
    return f"{macs * subject.convention.batch:,} MACs / {moved:,} bytes read and written = {exact_text(intensity)}"


def _receptive(subjects: Sequence[Costed]) -> int | None:
    field = subjects[-1].receptive_field if subjects else None
    return None if field is None else max(field.size)


def _receptive_formula(subject: Costed) -> str:
    field = subject.receptive_field
    if field is None:
        return ""
    (height, width), (down, right) = field.size, field.step
    step = f"{down}" if down == right else f"{down}×{right}"
    return f"{height}×{width} of the input, a step of {step} to the next = {max(field.size):,}"


def _milliseconds(subject: Costed) -> float | None:
    return subject.milliseconds


def _rate(subjects: Sequence[Costed]) -> float | None:
    """Of layers that multiply; without any MACs the rate is 0."""
    macs, time = _sum(lambda subject: subject.report.macs)(subjects), _sum(_milliseconds)(subjects)
    if macs is None or time is None:
        return None
    return macs / (1e6 * time) if macs and time else 0.0


def _rate_formula(subject: Costed) -> str:
    rate = _rate([subject])
    return f"{subject.report.macs:,} MACs / {exact_text(subject.milliseconds)} ms = {exact_text(rate)}" if rate else ""


def _nothing(_subject: Costed) -> str:
    return ""


_FLOAT = 4
"""Bytes of a float32."""

METRICS: tuple[Metric, ...] = (
    Metric("macs", "MACs", "MACs", "multiply-accumulates", _sum(lambda subject: subject.report.macs), _mac_formula,
           tip="Multiply-accumulates of convolutions and dense layers, for one input; 1 MAC = 2 FLOPs"),
    Metric("params", "Params", "params", "parameters", _sum(_params), _param_formula,
           tip="Weights and biases, and gamma and beta of batch norm"),
    Metric("flops", "FLOPs (2 per MAC)", "FLOPs", "floating-point operations", _sum(_flops), _flop_formula,
           is_derived=True, tip="1 MAC = 2 FLOPs"),
    Metric(OPERATIONS, "Operations", "", "operations", _sum(_operations), _operation_formula, is_derived=True),
    Metric("activation_bytes", "Activation memory", _BYTES, "activation memory", _sum(_volume_bytes), _volume_formula,
           is_derived=True, is_mass_noun=True, tip="All output volumes as float32, as training keeps them"),
    Metric("param_bytes", "Parameter memory", _BYTES, "parameter memory", _sum(_param_bytes), _param_byte_formula,
           is_derived=True, is_mass_noun=True, tip="Parameters as float32"),
    Metric("intensity", "Arithmetic intensity", "MACs per byte", "MACs per byte", _intensity, _intensity_formula,
           is_derived=True, is_additive=False, tip="MACs per byte that a layer reads and writes: inputs, parameters, output"),
    Metric("receptive_field", "Receptive field", "pixels", "pixels across", _receptive, _receptive_formula,
           is_derived=True, is_additive=False, tip="Pixels of the project's input, across, that one value depends on"),
    Metric("milliseconds", "Time", "ms", "time", _sum(_milliseconds), _nothing, is_derived=True, is_measured=True, is_mass_noun=True,
           tip="Milliseconds of the layers' arithmetic in the last run"),
    Metric("gmacs_per_second", "Speed", "GMAC/s", "GMAC/s", _rate, _rate_formula, is_derived=True, is_measured=True,
           is_additive=False, tip="Billions of multiply-accumulates a second in the last run"),
)  # fmt: skip


def metric_by_id(id: str) -> Metric:
    """The metric of that id; KeyError where there is none."""
    return {metric.id: metric for metric in METRICS}[id]


class Costs(Struct, frozen=True, eq=False):
    """Amounts of a checked project's layers, blocks and designs, by one convention."""

    check: ProjectCheck
    convention: Convention = counting.MACS
    milliseconds: Mapping[NodeRef, float] = {}
    """What each layer took that has run with today's settings."""

    def costed(self, design: str, report: Report) -> tuple[Costed, ...]:
        """What amounts of a layer, or of a block's layers together, are asked of."""
        block = self.check.block((design, report.name)) if isinstance(report.layer, Block) else None
        return self._costed(design, (report,) if block is None else block.parts)

    def costed_design(self, design: str) -> tuple[Costed, ...]:
        """Every layer of a design, or of the stem."""
        return self._costed(design, self.check.analyses[design].reports)

    def amount(self, metric: Metric, design: str, report: Report) -> Amount | None:
        """Of a layer, or of a block together."""
        return metric.amount(self.costed(design, report))

    def total(self, metric: Metric, design: str) -> Amount | None:
        """Of all layers of a design, or of the stem."""
        return metric.amount(self.costed_design(design))

    def formula(self, metric: Metric, design: str, report: Report) -> str:
        """How the amount of a layer comes about; "" for a block, and where there is nothing to say."""
        return formula_of(metric, self.costed(design, report))

    def title(self, metric: Metric) -> str:
        """What the amount is called, with the convention where it counts by one."""
        return title_of(metric, self.convention)

    def unit(self, metric: Metric) -> str:
        """What follows an amount; nothing where `short` says it already."""
        return "" if metric.unit == _BYTES else metric.unit or self.convention.unit_with_rule

    def short(self, metric: Metric, amount: Amount | None) -> str:
        """An amount in few characters, without its unit: "160.6 M", "12.3 MiB", "not run"."""
        if amount is None:
            return _NOT_RUN if metric.is_measured else UNKNOWN
        if metric.unit == _BYTES:
            return byte_size(int(amount))
        if isinstance(amount, float):  # no K of milliseconds
            return exact_text(amount)
        return abbreviate(amount, self.convention.kilo if metric.id == "params" else 1000)

    def exact(self, metric: Metric, amount: Amount | None) -> str:
        """An amount with all its digits, without its unit."""
        return exact_of(metric, amount)

    def text(self, metric: Metric, amount: Amount | None) -> str:
        """An amount in few characters, with its unit."""
        return (
            f"{self.short(metric, amount)} {self.unit(metric)}".rstrip()
            if amount is not None
            else self.short(metric, None)
        )

    def _costed(self, design: str, reports: Iterable[Report]) -> tuple[Costed, ...]:
        check, times, rule = self.check, self.milliseconds, self.convention
        return tuple([Costed(report, rule, check, design, times.get((design, report.name))) for report in reports])


def title_of(metric: Metric, convention: Convention) -> str:
    """What an amount is called, with the convention where it counts by one."""
    if metric.id == OPERATIONS:
        return f"{metric.title}, {convention.title}"
    return f"{metric.title} (weights only)" if metric.id == "params" and convention.weights_only else metric.title


def heading_of(metric: Metric, convention: Convention) -> str:
    """What heads a column of amounts: the title, and the unit where it does not say it."""
    title = title_of(metric, convention)
    return title if metric.unit.lower() in title.lower() else f"{title}, {metric.unit}"


def exact_of(metric: Metric, amount: Amount | None) -> str:
    """An amount with all its digits, without its unit."""
    return _NOT_RUN if amount is None and metric.is_measured else exact_text(amount)


def formula_of(metric: Metric, subjects: Sequence[Costed]) -> str:
    """Of a single layer whose amount is known; else ""."""
    if len(subjects) != 1 or metric.amount(subjects) is None:
        return ""
    return metric.formula(subjects[0])


def compare_amounts(
    metric: Metric, amount: Amount | None, reference: Amount | None, name: str | None = None, than: str = ""
) -> str:
    """How an amount compares with another one, in words; `name` stands in for the metric's."""
    return ratio_in_words(
        amount, reference, metric.comparative_noun if name is None else name, than, mass=metric.is_mass_noun
    )

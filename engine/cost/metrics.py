"""The metrics of layers. METRICS is the only list: table columns, bars, totals and files iterate over it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from math import prod

from msgspec import Struct

from engine.blocks import Block
from engine.cost import counting, receptive_fields
from engine.cost.counting import Convention
from engine.cost.receptive_fields import ReceptiveField
from engine.cost.terms import TERM_BY_ID
from engine.network.analysis import Report
from engine.network.node_ref import NodeRef
from engine.run.check import ProjectCheck
from engine.text.units import UNKNOWN, abbreviate, byte_size, exact_text, ratio_in_words
from engine.unchanged_items import last_results

Amount = int | float
_BYTES = "bytes"
OPERATIONS = "ops"
"""Id of the metric whose rule is the convention."""
_NOT_RUN = "not run"


class Costed(Struct, frozen=True):
    """A layer's report, and whatever else its amounts depend on."""

    report: Report
    convention: Convention
    check: ProjectCheck
    design: str
    milliseconds: float | None = None
    """Time of its arithmetic in the last run with the current settings."""

    @property
    def receptive_field(self) -> ReceptiveField | None:
        """Computed on request only, as it needs the whole project."""
        return receptive_fields.receptive_fields(self.check).get((self.design, self.report.name))


class Metric(Struct, frozen=True):
    """An amount of layers; None if it is unknown."""

    id: str
    title: str
    unit: str
    """Empty if the convention decides."""
    comparative_noun: str
    """The amount's name in a comparison: "12.1× fewer multiply-accumulates"."""
    amount: Callable[[Sequence[Costed]], Amount | None]
    """The amount of one layer, or of all layers of a block or design, in the order in which they run."""
    formula: Callable[[Costed], str]
    """The calculation of one layer's amount, with its numbers; "" if there is none."""
    is_derived: bool = False
    """Whether tables for reading show it only if it is selected; files for programs always have it."""
    is_measured: bool = False
    """Whether it is known only after a run."""
    is_additive: bool = True
    """Whether amounts of several layers may be summed."""
    tip: str = ""
    """Explanation of the title."""
    is_mass_noun: bool = False
    """Whether it is compared as "less", not "fewer"."""

    @property
    def is_of_layers(self) -> bool:
        """Whether the amount of a layer depends on nothing but its report and the counting rule, and may be summed."""
        return self.is_additive and not self.is_measured


def _sum(value: Callable[[Costed], Amount | None]) -> Callable[[Sequence[Costed]], Amount | None]:
    """The sum over layers; unknown if the value of any layer is unknown."""

    def amount(layers: Sequence[Costed]) -> Amount | None:
        total: Amount = 0
        for layer in layers:
            term = value(layer)
            if term is None:
                return None
            total += term
        return total

    return amount


def _mac_product(layer: Costed, factor: str = "") -> str:
    if layer.report.mac_factors is None:
        return ""
    positions, weights = ("·".join(map(str, numbers)) for numbers in layer.report.mac_factors)
    return f"{factor}{positions} × {weights}"


def _mac_formula(layer: Costed) -> str:
    return f"{_mac_product(layer)} = {layer.report.macs:,}" if layer.report.mac_factors else ""


def _flop_formula(layer: Costed) -> str:
    return f"{_mac_product(layer, '2 × ')} = {_flops(layer):,}" if layer.report.mac_factors else ""


def _flops(layer: Costed) -> int | None:
    return None if layer.report.macs is None else 2 * layer.report.macs


def _operations(layer: Costed) -> int | None:
    return counting.count_operations(layer.report, layer.convention)


def _operation_formula(layer: Costed) -> str:
    terms = counting.counted_terms(layer.report, layer.convention) or {}
    parts = " + ".join(f"{amount:,} ({TERM_BY_ID[term_id].title})" for term_id, amount in terms.items())
    return parts and f"{parts} = {sum(terms.values()):,}"


def _params(layer: Costed) -> int | None:
    if layer.report.params is None or not layer.convention.weights_only:
        return layer.report.params
    return prod(layer.report.param_shapes["weight"]) if "weight" in layer.report.param_shapes else 0


def _param_formula(layer: Costed) -> str:
    shapes, params = layer.report.param_shapes, _params(layer)
    if not params:
        return ""
    counted = [shape for role, shape in shapes.items() if role == "weight" or not layer.convention.weights_only]
    return f"{' + '.join('·'.join(map(str, shape)) for shape in counted)} = {params:,}"


def _param_bytes(layer: Costed) -> int | None:
    return None if layer.report.params is None else _FLOAT * layer.report.params


def _param_byte_formula(layer: Costed) -> str:
    params = layer.report.params
    return f"{_FLOAT} × {params} = {_FLOAT * params:,}" if params else ""


def _volume_bytes(layer: Costed) -> int | None:
    shape = layer.report.output_shape
    return None if shape is None else _FLOAT * layer.convention.batch * shape.size


def _volume_formula(layer: Costed) -> str:
    shape, batch = layer.report.output_shape, layer.convention.batch
    return (
        ""
        if shape is None
        else f"{_FLOAT} × {'·'.join(map(str, (*_batches(batch), *shape)))} = {_volume_bytes(layer):,}"
    )


def _batches(batch: int) -> tuple[int, ...]:
    return (batch,) if batch > 1 else ()


def _moved_bytes(layer: Costed) -> int | None:
    """Bytes that a layer reads and writes: its inputs and output for the whole batch, its parameters once."""
    report = layer.report
    shapes = [shape for shape in (*report.input_shapes, report.output_shape) if shape is not None]
    if report.params is None or len(shapes) <= len(report.input_shapes):
        return None
    return _FLOAT * (layer.convention.batch * sum([shape.size for shape in shapes]) + report.params)


def _intensity(layers: Sequence[Costed]) -> float | None:
    macs, moved = _sum(lambda layer: layer.report.macs)(layers), _sum(_moved_bytes)(layers)
    return None if macs is None or not moved else macs * layers[0].convention.batch / moved


def _intensity_formula(layer: Costed) -> str:
    macs, moved, intensity = layer.report.macs, _moved_bytes(layer), _intensity([layer])
    if not macs or moved is None or intensity is None:
        return ""
    return f"{macs * layer.convention.batch:,} MACs / {moved:,} bytes read and written = {exact_text(intensity)}"


def _receptive(layers: Sequence[Costed]) -> int | None:
    field = layers[-1].receptive_field if layers else None
    return None if field is None else max(field.size)


def _receptive_formula(layer: Costed) -> str:
    field = layer.receptive_field
    if field is None:
        return ""
    (height, width), (down, right) = field.size, field.step
    step = f"a step of {down if down == right else f'{down}×{right}'} to the next"
    moves = step if down or right else "the same for all values"
    return f"{height}×{width}, {_inside_text(layer, field)}; {moves} = {max(field.size):,}"


def _inside_text(layer: Costed, field: ReceptiveField) -> str:
    """The part of the receptive fields that is inside the input: of all values, or of the middle one."""
    output, shape = layer.report.output_shape, layer.check.input_shape
    assert output is not None, "known as the receptive field is"
    assert shape is not None, "known as the receptive field is"
    last_y, last_x = output.height - 1, output.width - 1
    middle, *corners = (
        receptive_fields.split_window(field.window(y, x), shape)
        for y, x in ((last_y // 2, last_x // 2), (0, 0), (last_y, last_x))
    )
    if not middle.has_padding:
        at_edges = any(corner.has_padding for corner in corners)
        return "inside the input" + (", at its edges partly padding" if at_edges else "")
    sides = (("above", middle.above), ("below", middle.below), ("left", middle.left), ("right", middle.right))
    padding = ", ".join(f"{count} {side}" for side, count in sides if count)
    whose = "" if output.height == output.width == 1 else " of the middle value"
    return f"{middle.height}×{middle.width} inside the input{whose}, the rest is padding ({padding})"


def _milliseconds(layer: Costed) -> float | None:
    return layer.milliseconds


def _rate(layers: Sequence[Costed]) -> float | None:
    """GMAC/s of several layers; 0 without any MACs."""
    macs, time = _sum(lambda layer: layer.report.macs)(layers), _sum(_milliseconds)(layers)
    if macs is None or time is None:
        return None
    return macs / (1e6 * time) if macs and time else 0.0


def _rate_formula(layer: Costed) -> str:
    rate = _rate([layer])
    return f"{layer.report.macs:,} MACs / {exact_text(layer.milliseconds)} ms = {exact_text(rate)}" if rate else ""


def _nothing(_layer: Costed) -> str:
    return ""


_FLOAT = 4
"""Bytes of a float32."""

METRICS: tuple[Metric, ...] = (
    Metric("macs", "MACs", "MACs", "multiply-accumulates", _sum(lambda layer: layer.report.macs), _mac_formula,
           tip="Multiply-accumulates of convolutions and dense layers, for one input; 1 MAC = 2 FLOPs"),
    Metric("params", "Params", "params", "parameters", _sum(_params), _param_formula,
           tip="Weights and biases, and what else is learned: gamma and beta of batch norm, slopes, scales"),
    Metric("flops", "FLOPs (2 per MAC)", "FLOPs", "floating-point operations", _sum(_flops), _flop_formula,
           is_derived=True, tip="1 MAC = 2 FLOPs"),
    Metric(OPERATIONS, "Operations", "", "operations", _sum(_operations), _operation_formula, is_derived=True),
    Metric("activation_bytes", "Activation memory", _BYTES, "activation memory", _sum(_volume_bytes), _volume_formula,
           is_derived=True, is_mass_noun=True, tip="All output volumes as float32, as training keeps them"),
    Metric("param_bytes", "Parameter memory", _BYTES, "parameter memory", _sum(_param_bytes), _param_byte_formula,
           is_derived=True, is_mass_noun=True, tip="Parameters as float32"),
    Metric("intensity", "Arithmetic intensity", "MACs per byte", "MACs per byte", _intensity, _intensity_formula,
           is_derived=True, is_additive=False,
           tip="MACs per byte that a layer reads and writes: inputs, parameters, output"),
    Metric("receptive_field", "Receptive field", "pixels", "pixels across", _receptive, _receptive_formula,
           is_derived=True, is_additive=False,
           tip="Extent across of what a value depends on, in pixels of the input; beyond it is padding"),
    Metric("milliseconds", "Time", "ms", "time", _sum(_milliseconds), _nothing,
           is_derived=True, is_measured=True, is_mass_noun=True,
           tip="Milliseconds of the layers' arithmetic in the last run"),
    Metric("gmacs_per_second", "Speed", "GMAC/s", "GMAC/s", _rate, _rate_formula, is_derived=True, is_measured=True,
           is_additive=False, tip="Billions of multiply-accumulates per second in the last run"),
)  # fmt: skip


def metric_by_id(metric_id: str) -> Metric:
    """The metric of that id; KeyError if there is none."""
    return {metric.id: metric for metric in METRICS}[metric_id]


class Costs(Struct, frozen=True, eq=False, dict=True):
    """Amounts of the layers, blocks and designs of a checked project, by one convention."""

    check: ProjectCheck
    convention: Convention = counting.MACS
    milliseconds: Mapping[NodeRef, float] = {}
    """Times of the layers that have run with the current settings."""

    def costed(self, design: str, report: Report) -> tuple[Costed, ...]:
        """A layer, or all layers of a block, with what their amounts depend on."""
        block = self.check.block((design, report.name)) if isinstance(report.layer, Block) else None
        return self._costed(design, (report,) if block is None else block.parts)

    def costed_design(self, design: str) -> tuple[Costed, ...]:
        """Every layer of a design, or of the stem."""
        if design not in self._designs:
            self._designs[design] = self._costed(design, self.check.analyses[design].reports)
        return self._designs[design]

    def amount(self, metric: Metric, design: str, report: Report) -> Amount | None:
        """The amount of a layer, or of a block as a whole."""
        return metric.amount(self.costed(design, report))

    def total(self, metric: Metric, design: str) -> Amount | None:
        """The amount of all layers of a design, or of the stem."""
        key = metric.id, design
        if key not in self._totals:
            self._totals[key] = self._compute_total(metric, design)
        return self._totals[key]

    def _compute_total(self, metric: Metric, design: str) -> Amount | None:
        if not metric.is_of_layers:
            return metric.amount(self.costed_design(design))
        amounts = self._amounts_now("total", metric, design, self.check.analyses[design].reports)
        known_amounts = [amount for amount in amounts if amount is not None]
        return None if len(known_amounts) < len(amounts) else sum(known_amounts)

    def amounts(self, metric: Metric, design: str, reports: Sequence[Report]) -> list[Amount | None]:
        """The amount of each of these layers and blocks of a design."""
        if not metric.is_of_layers:
            return [self.amount(metric, design, report) for report in reports]
        return self._amounts_now("amount", metric, design, reports)

    def _amounts_now(self, purpose: str, metric: Metric, design: str, reports: Sequence[Report]) -> list[Amount | None]:
        """Amounts of layers, computed of those alone that differ from the last time for this purpose."""
        last = last_results(purpose, metric.id, self.convention, design)
        return last.map(lambda report: self.amount(metric, design, report), reports)

    @cached_property
    def _totals(self) -> dict[tuple[str, str], Amount | None]:
        """Cache of `total`: pictures repeat them in every frame."""
        return {}

    @cached_property
    def _designs(self) -> dict[str, tuple[Costed, ...]]:
        """Cache of `costed_design`."""
        return {}

    def formula(self, metric: Metric, design: str, report: Report) -> str:
        """The calculation of a layer's amount; "" for a block, and if there is none."""
        return formula_of(metric, self.costed(design, report))

    def title(self, metric: Metric) -> str:
        """See `title_of`."""
        return title_of(metric, self.convention)

    def unit(self, metric: Metric) -> str:
        """The unit after an amount; "" if `short` includes it."""
        return "" if metric.unit == _BYTES else metric.unit or self.convention.unit_with_rule

    def short(self, metric: Metric, amount: Amount | None) -> str:
        """An amount in few characters, without its unit: "160.6 M", "12.3 MiB", "not run"."""
        if amount is None:
            return _NOT_RUN if metric.is_measured else UNKNOWN
        if metric.unit == _BYTES:
            return byte_size(int(amount))
        if isinstance(amount, float):  # milliseconds are not abbreviated
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
    """A metric's title, with the convention if it depends on one."""
    if metric.id == OPERATIONS:
        return f"{metric.title}, {convention.title}"
    return f"{metric.title} (weights only)" if metric.id == "params" and convention.weights_only else metric.title


def heading_of(metric: Metric, convention: Convention) -> str:
    """The heading of a column of amounts: the title, and the unit unless the title includes it."""
    title = title_of(metric, convention)
    return title if metric.unit.lower() in title.lower() else f"{title}, {metric.unit}"


def exact_of(metric: Metric, amount: Amount | None) -> str:
    """An amount with all its digits, without its unit."""
    return _NOT_RUN if amount is None and metric.is_measured else exact_text(amount)


def formula_of(metric: Metric, layers: Sequence[Costed]) -> str:
    """The calculation of a single layer's amount if that is known, else ""."""
    if len(layers) != 1 or metric.amount(layers) is None:
        return ""
    return metric.formula(layers[0])


def compare_amounts(
    metric: Metric, amount: Amount | None, reference: Amount | None, name: str | None = None, than: str = ""
) -> str:
    """How an amount compares with another one, in words; `name` replaces the metric's noun."""
    return ratio_in_words(
        amount, reference, metric.comparative_noun if name is None else name, than, mass=metric.is_mass_noun
    )

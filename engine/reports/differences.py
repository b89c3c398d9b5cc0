"""What differs between two designs: layers, settings, and what each difference costs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from engine.cost.metrics import Amount, Costs, Metric, metric_by_id
from engine.layers.settings import layer_settings, setting_title, setting_value_text
from engine.network.alignment import LayerPair, align
from engine.network.analysis import Analysis
from engine.network.node_ref import NodeRef
from engine.network.report import Report
from engine.network.weight_specs import SeedWeights, WeightSource, source_text
from engine.run.check import ProjectCheck
from engine.text.units import ROUNDING, UNKNOWN

METRIC_IDS = ("macs", "params", "activation_bytes")
"""The metrics in which every difference has a cost."""

_NO_FUNCTION = {"name", "weights"}
"""Settings that do not say what a layer computes: its name, and where its weights come from."""


class SettingChange(Struct, frozen=True):
    """A setting in which two corresponding layers differ."""

    setting: str
    """Its name in a project file; "name", "kind", "inputs" and "weights" are settings too."""
    title: str
    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.title.lower()} {self.first} → {self.second}"


class ComparedLayer(Struct, frozen=True):
    """A layer of two designs, or of one of them: its settings that differ, and its amounts in both."""

    pair: LayerPair
    changes: tuple[SettingChange, ...]
    amounts: tuple[tuple[Amount | None, Amount | None], ...]
    """Of the first and of the second design, by metric; 0 where a design has no such layer, None if unknown."""
    is_seeded: bool = False
    """Whether both have weights that the project's seed draws for each design anew."""

    @property
    def differs(self) -> bool:
        """Whether a setting or an amount differs, or only one design has the layer."""
        only_one = self.pair.first is None or self.pair.second is None
        return only_one or bool(self.changes) or any(first != second for first, second in self.amounts)

    def differs_by(self, error: float | None) -> bool:
        """Whether it differs, given the relative error of its volumes, None before a run.

        Another name, and weights from another file, make no difference if both compute the same.
        """
        is_equal = error is not None and error <= ROUNDING and all(first == second for first, second in self.amounts)
        return self.differs and not (is_equal and {change.setting for change in self.changes} <= _NO_FUNCTION)

    @property
    def name(self) -> str:
        """The name, or both if they differ."""
        first, second = self.pair.first, self.pair.second
        names = dict.fromkeys(report.name for report in (first, second) if report is not None)
        return " → ".join(names)

    def cost(self, metric: int) -> Amount | None:
        """How much more the second design has of a metric, by its position; None if unknown."""
        return _difference(*self.amounts[metric])


class DesignDifferences(Struct, frozen=True, eq=False):
    """Two designs compared layer by layer, in the order of both networks."""

    first: str
    second: str
    metrics: tuple[Metric, ...]
    layers: tuple[ComparedLayer, ...]
    totals: tuple[tuple[Amount | None, Amount | None], ...]
    """Of both designs, by metric."""
    normalized: Mapping[NodeRef, NodeRef] = {}
    """By layers of one design the batch norm behind them that the other design has folded into its weights."""

    @property
    def seeded(self) -> int:
        """Number of pairs whose weights are random, and therefore others in each design."""
        return sum(layer.is_seeded for layer in self.layers)

    @property
    def differing(self) -> tuple[ComparedLayer, ...]:
        """The layers that differ."""
        return tuple(layer for layer in self.layers if layer.differs)

    def total_cost(self, metric: int) -> Amount | None:
        """How much more the second design has in total: the sum of the costs of all differences."""
        return _difference(*self.totals[metric])

    def refs(self, layer: ComparedLayer) -> tuple[NodeRef | None, NodeRef | None]:
        """References to a layer in both designs."""
        pair = layer.pair
        return (
            None if pair.first is None else (self.first, pair.first.name),
            None if pair.second is None else (self.second, pair.second.name),
        )

    def volume_refs(self, layer: ComparedLayer) -> tuple[NodeRef | None, NodeRef | None]:
        """References to the volumes of a layer that can be equal: behind a batch norm that one design has folded."""
        first, second = self.refs(layer)
        if first is None or second is None:
            return first, second
        return self.normalized.get(first, first), self.normalized.get(second, second)


def compare_designs(
    costs: Costs,
    first: str,
    second: str,
    analyses: Mapping[str, Analysis] | None = None,
    metric_ids: tuple[str, ...] = METRIC_IDS,
) -> DesignDifferences:
    """Compare two designs of a checked project.

    Parameters
    ----------
    analyses
        By design, with closed blocks; without them every layer within a block is compared.
    metric_ids
        Metrics that may be summed.
    """
    networks = analyses or costs.check.analyses
    metrics = tuple(metric_by_id(metric_id) for metric_id in metric_ids)
    pairs = align(networks[first].reports, networks[second].reports)
    paths = _main_paths(pairs, networks[first], networks[second])
    layers = []
    for pair in pairs:
        sources = [_weight_sources(costs.check, *own) for own in ((first, pair.first), (second, pair.second))]
        changes = (*_changes(pair, *paths), *_weight_changes(pair, sources, first, second))
        amounts = tuple(_amounts(costs, metrics, first, second, pair))
        layers.append(ComparedLayer(pair, changes, amounts, all(None in own for own in sources)))
    totals = tuple((costs.total(metric, first), costs.total(metric, second)) for metric in metrics)
    normalized = dict(_folded_norms(first, networks[first], [pair.first for pair in pairs if pair.second is None]))
    normalized |= _folded_norms(second, networks[second], [pair.second for pair in pairs if pair.first is None])
    return DesignDifferences(first, second, metrics, tuple(layers), totals, normalized)


def _folded_norms(design: str, analysis: Analysis, own: Sequence[Report | None]) -> Iterator[tuple[NodeRef, NodeRef]]:
    """Yield each layer whose output only a batch norm receives that the other design has not, and this."""
    receivers = Counter(name for report in analysis.reports for name in report.inputs)
    only_here = {report.name for report in own if report is not None}
    for report in own:
        if report is not None and report.statistic_shapes:
            (source,) = report.inputs
            if receivers[source] == 1 and source not in only_here:
                yield (design, source), (design, report.name)


def _amounts(
    costs: Costs, metrics: tuple[Metric, ...], first: str, second: str, pair: LayerPair
) -> Iterator[tuple[Amount | None, Amount | None]]:
    for metric in metrics:
        yield (
            0 if pair.first is None else costs.amount(metric, first, pair.first),
            0 if pair.second is None else costs.amount(metric, second, pair.second),
        )


def _difference(first: Amount | None, second: Amount | None) -> Amount | None:
    return None if first is None or second is None else second - first


class _MainPaths:
    """Finds what a layer receives apart from layers that only its own design has.

    Parameters
    ----------
    common
        The number of the pair of each layer that both designs have, by its name in this one.
    """

    def __init__(self, analysis: Analysis, common: Mapping[str, int]) -> None:
        self._reports = analysis.report_by_name
        self._common = common

    def sources(self, report: Report) -> list[int | str]:
        """What each input comes from: the number of a pair, INPUT, or a name that is unknown."""
        return [self._source(name) for name in report.inputs]

    def _source(self, name: str) -> int | str:
        for _ in range(len(self._reports) + 1):
            if name in self._common:
                return self._common[name]
            report = self._reports.get(name)
            if report is None or not report.inputs:
                return name
            name = report.inputs[0]
        return name  # a cycle, which is a mistake


def _main_paths(pairs: tuple[LayerPair, ...], first: Analysis, second: Analysis) -> tuple[_MainPaths, _MainPaths]:
    own: dict[str, int] = {}
    other: dict[str, int] = {}
    for number, pair in enumerate(pairs):
        if pair.first is not None and pair.second is not None:
            own.setdefault(pair.first.name, number)
            other.setdefault(pair.second.name, number)
    return _MainPaths(first, own), _MainPaths(second, other)


def _changes(pair: LayerPair, first_paths: _MainPaths, second_paths: _MainPaths) -> Iterator[SettingChange]:
    """Every setting in which corresponding layers differ. A layer inserted before one does not change its inputs."""
    first, second = pair.first, pair.second
    if first is None or second is None:
        return
    names = _names(first, second)
    if names[0] != names[1]:
        yield SettingChange("name", "Name", *names)
    if first.layer.kind != second.layer.kind:
        yield SettingChange("kind", "Kind", first.layer.title.lower(), second.layer.title.lower())
    else:
        yield from _setting_changes(first, second)
    if first_paths.sources(first) != second_paths.sources(second):
        yield SettingChange("inputs", "Inputs", ", ".join(first.inputs), ", ".join(second.inputs))


def _names(first: Report, second: Report) -> tuple[str, str]:
    """The names of two layers, within their blocks if both are parts: that of a block is no setting of its layers."""
    if first.block is None or second.block is None:
        return first.name, second.name
    return first.name.removeprefix(f"{first.block}/"), second.name.removeprefix(f"{second.block}/")


def _setting_changes(first: Report, second: Report) -> Iterator[SettingChange]:
    for field in layer_settings(type(first.layer)):
        values = getattr(first.layer, field.name), getattr(second.layer, field.name)
        if values[0] != values[1]:
            yield SettingChange(field.name, setting_title(field), *map(setting_value_text, values))


_Sources = tuple[WeightSource | None, ...]


def _weight_sources(check: ProjectCheck, design: str, report: Report | None) -> _Sources:
    """Where the weights of a layer come from, or those of a closed group, layer by layer; None: from its own seed."""
    if report is None:
        return ()
    block = check.block((design, report.name)) if report.weights is None else None
    parts = (report,) if block is None else block.parts
    return tuple(part.weights for part in parts if part.layer.has_params or part.weights is not None)


def _weight_changes(
    pair: LayerPair, sources: Sequence[_Sources], first_design: str, second_design: str
) -> Iterator[SettingChange]:
    """The sources of weights, if they differ; two that are random for each design anew do not."""
    first, second = pair.first, pair.second
    if first is None or second is None or not all(sources) or sources[0] == sources[1]:
        return
    if _own_sources(sources[0], first_design, first) != _own_sources(sources[1], second_design, second):
        texts = [" and ".join(dict.fromkeys(map(_weights_text, own))) for own in sources]
        yield SettingChange("weights", "Weights", texts[0], texts[1] if texts[0] != texts[1] else f"others, {texts[1]}")


def _own_sources(sources: _Sources, design: str, report: Report) -> tuple[WeightSource, ...]:
    """The sources, with the seed of its own name where a layer has none."""
    return tuple(SeedWeights(design, report.name) if source is None else source for source in sources)


def _weights_text(weights: WeightSource | None) -> str:
    return "random" if weights is None else source_text(weights).removeprefix("weights of ")


def difference_text(layer: ComparedLayer, differences: DesignDifferences) -> str:
    """In words how a layer differs: "only in naive", "filters 16 → 32, receives 8×4×4 → 16×4×4"."""
    pair = layer.pair
    if pair.first is None or pair.second is None:
        report = pair.first or pair.second
        assert report is not None, "a pair has at least one layer"
        design = differences.second if pair.first is None else differences.first
        return f"only in {design}: {report.layer.label()}"
    texts = [str(change) for change in layer.changes if change.setting not in _NO_FUNCTION]
    texts += _received_text(pair.first, pair.second)  # weights say nothing about costs, so they come last
    texts += [str(change) for change in layer.changes if change.setting == "weights"]
    if not texts and len(layer.changes) == 1:
        return "another name"
    return ", ".join(texts) or ("the same settings" if layer.differs else "the same")


def _received_text(first: Report, second: Report) -> Iterator[str]:
    """Yield what the layers receive if that differs: it makes their amounts differ, too."""
    pairs = [pair for pair in zip(first.input_shapes, second.input_shapes, strict=False) if pair[0] != pair[1]]
    if pairs:
        yield f"receives {' → '.join(', '.join(map(_shape_text, shapes)) for shapes in zip(*pairs, strict=True))}"


def _shape_text(shape: object) -> str:
    return UNKNOWN if shape is None else str(shape)


def describe_seeds(differences: DesignDifferences) -> str:
    """Why equal layers may compute different values; "" if none do."""
    count = differences.seeded
    if not count:
        return ""
    verb = "layer has" if count == 1 else "layers have"
    return f"{count:,} common {verb} random weights, which are drawn for each design anew"

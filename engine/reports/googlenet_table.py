"""The table of GoogLeNet's paper for any design: a row per block or layer, with recounted and published figures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from math import prod
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from engine.blocks import Block
from engine.cost.counting import convention_by_id
from engine.layers import Kind, Layer
from engine.layers.windows import pair, setting_text, size_text
from engine.network.analysis import Report, analyze
from engine.network.graph import Network, Node
from engine.network.separable import form, make_full, make_separable, separable_refusal
from engine.project.project import Project, Published
from engine.reports.paper_columns import MAP_COUNT_COLUMNS, MapCount, map_counts_of
from engine.run.check import ProjectCheck
from engine.shapes import Shape
from engine.text.printed_figures import POWERS, agrees, relative_excess
from engine.text.units import SUPERSCRIPTS, UNKNOWN, exact_text, factor_text

_WEIGHTS, _MACS = "weights", "MACs"
_KILO = convention_by_id("paper").kilo
"""The value of K for weights."""
_MULTIPLIERS = range(1, 9)
"""Depth multipliers to try for published figures, the plain one first."""


class PrintedFigure(Struct, frozen=True):
    """A recounted amount, and the published figure ("" if there is none)."""

    unit: str
    count: int | None
    published: str = ""

    @property
    def kilo(self) -> int:
        """The value of K: for weights 1024, or 1000 if the published figure agrees with that; the paper has both."""
        return _compare(self).kilo

    @property
    def recounted(self) -> str:
        """``163328`` weights as "159.5K", with a decimal more than the paper prints; "" for 0."""
        if self.count is None:
            return UNKNOWN
        return abbreviate_as_printed(self.count, 1 if self.unit == _WEIGHTS else 2, self.kilo) if self.count else ""

    @property
    def agrees(self) -> bool | None:
        """Whether the count, rounded or truncated, is the published figure; None if there is nothing to compare."""
        return _compare(self).agrees

    @property
    def difference(self) -> str:
        """The difference of the recount: "=" if there is none, else "+7.5 %", "3.4×"."""
        comparison = _compare(self)
        if comparison.agrees is None:
            return ""
        if comparison.agrees:
            return "="
        part = comparison.part
        return factor_text(1 + part) if part >= 1 else f"{'+' if part > 0 else '−'}{_percent(part)}"

    @property
    def words(self) -> str:
        """The exact count, and its comparison with the published figure, in words."""
        count_text, comparison = f"{exact_text(self.count)} {self.unit}", _compare(self)
        if comparison.agrees is None:
            return count_text
        part = comparison.part
        if comparison.agrees:
            kilo = ", with K = 1000" if self.unit == _WEIGHTS and comparison.kilo != _KILO else ""
            return f"{count_text}, as published: {self.published}{kilo}"
        more = f"{1 + part:.1f} times" if part >= 1 else f"{_percent(part)} {'more' if part > 0 else 'less'} than"
        return f"{count_text}, {more} the published {self.published}"


class Comparison(NamedTuple):
    """Whether a count agrees with the published figure, with which K, and by which part of that it is larger."""

    agrees: bool | None
    kilo: int
    part: float


@lru_cache(maxsize=1024)
def _compare(figure: PrintedFigure) -> Comparison:
    kilos = (_KILO, 1000) if figure.unit == _WEIGHTS else (1000,)
    if figure.count is None:
        return Comparison(None, kilos[0], 0.0)
    matching_kilo = next((kilo for kilo in kilos if agrees(figure.count, figure.published, kilo)), None)
    part = relative_excess(figure.count, figure.published, matching_kilo or kilos[0])
    return Comparison(None if part is None else matching_kilo is not None, matching_kilo or kilos[0], part or 0.0)


class PaperRow(Struct, frozen=True):
    """A block or layer of a design, or without a layer the totals of the design."""

    design: str
    node: str
    name: str
    """Its name in the publication, else the node's name."""
    layer: Layer | Block | None
    parts: tuple[Report, ...]
    depth: int | None
    """Number of layers with weights on the longest path through it."""
    params: PrintedFigure
    ops: PrintedFigure
    note: str = ""
    mark: int = 0
    """Number of the note; 0 for none."""

    @property
    def is_total(self) -> bool:
        return self.layer is None

    @property
    def title(self) -> str:
        """The name with the mark of its note."""
        return f"{self.name} {_mark(self)}" if self.mark else self.name

    @property
    def map_counts(self) -> Mapping[str, MapCount]:
        """The settings that can be edited in the row, by the column's id."""
        return {} if self.layer is None else map_counts_of(self.layer)

    @property
    def figures(self) -> tuple[PrintedFigure, PrintedFigure]:
        return self.params, self.ops

    @property
    def patch(self) -> str:
        """Size and stride of its windows: "7×7/2"."""
        return "" if self.layer is None else _patch(self.layer, self.parts[0].input_shapes)

    @property
    def output_shape(self) -> Shape | None:
        return self.parts[-1].output_shape

    @property
    def problem(self) -> str:
        """Its mistakes, and how to correct them."""
        return "" if self.is_total else "; ".join(mistake.text for part in self.parts for mistake in part.mistakes)

    def formula(self, figure: PrintedFigure) -> str:
        """The calculation of a figure: "7·7·3·8 + 24·64 = 2,712 weights"; "" if there is none."""
        if self.is_total or not figure.count:
            return ""
        terms = [_product(part, figure.unit) for part in self.parts if "weight" in part.param_shapes]
        return f"{' + '.join(terms)} = {exact_text(figure.count)} {figure.unit}"


def paper_rows(project: Project, check: ProjectCheck, design: str) -> tuple[PaperRow, ...]:
    """The rows of a design, or of the stem, and last the totals; activations and normalizations have no row."""
    analysis = check.analyses.get(design)
    if analysis is None:
        return ()
    published = {entry.node: entry for entry in project.published if entry.design == design}
    nodes = project.network(design).nodes
    rows: list[PaperRow] = []
    marks = 0
    for index, group in groupby(analysis.reports, lambda report: report.index):
        node, parts = nodes[index], tuple(group)
        if not node.layer.has_table_row:
            continue
        entry = published.get(node.name, Published(design, node.name))
        marks += bool(entry.note)
        mark = marks if entry.note else 0
        figures = _figures(parts, entry.params, entry.ops)
        name = entry.row or node.name
        rows.append(PaperRow(design, node.name, name, node.layer, parts, _depth(parts), *figures, entry.note, mark))
    if rows:
        reports = analysis.reports
        rows.append(PaperRow(design, "", "total", None, reports, _depth(reports), *_figures(reports)))
    return tuple(rows)


def _figures(parts: Sequence[Report], params: str = "", ops: str = "") -> tuple[PrintedFigure, PrintedFigure]:
    """Weights without biases, and MACs."""
    weights = sum([prod(part.param_shapes["weight"]) for part in parts if "weight" in part.param_shapes])
    macs = sum([part.macs or 0 for part in parts])
    is_complete = None not in [part.params for part in parts]
    return PrintedFigure(_WEIGHTS, weights if is_complete else None, params), PrintedFigure(
        _MACS, macs if is_complete else None, ops
    )


def _depth(parts: Sequence[Report]) -> int | None:
    """Number of layers with weights on the longest path; None if a block's layers are unknown."""
    depths: dict[str, int] = {}
    for part in parts:
        if isinstance(part.layer, Block):
            return None
        before = max([depths.get(name, 0) for name in part.inputs], default=0)
        depths[part.name] = before + (part.layer.role == "weights")
    return max(depths.values(), default=0)


def _product(part: Report, unit: str) -> str:
    """Kernel and channels of a layer's weights, "7·7·3·64"; for MACs, times the number of output pixels."""
    out, *rest = part.param_shapes["weight"]
    in_channels, kernel = rest[0], [] if set(rest[1:]) == {1} else rest[1:]
    factors = [*kernel, in_channels, out]
    channels = part.input_shapes[0].channels if part.input_shapes[0] else 0
    if in_channels == 1 < channels:  # one kernel per channel
        factors = [*kernel, channels, *([out // channels] if out > channels else [])]
    shape = part.output_shape
    positions = f"{shape.height}·{shape.width} × " if unit == _MACS and shape and shape.height * shape.width > 1 else ""
    return positions + "·".join(map(str, factors))


def _patch(layer: Kind, input_shapes: tuple[Shape | None, ...]) -> str:
    """``7×7/2``; a dropout's rate."""
    text = layer.patch_size(input_shapes[0] if input_shapes else None)
    if text is not None:
        return text
    kernel, stride = getattr(layer, "kernel", None), getattr(layer, "step", getattr(layer, "stride", 1))
    if kernel is None:
        return "" if stride == 1 else f"/{setting_text(stride)}"
    return f"{size_text(pair(kernel))}/{setting_text(stride)}"


class PaperColumn(Struct, frozen=True):
    """A column, the same on the screen and in figures."""

    id: str
    head: tuple[str, str]
    """The two lines above it."""
    text: Callable[[PaperRow], str]
    figure: Literal["", "params", "ops"] = ""
    """The figure of the row that it shows."""

    @property
    def title(self) -> str:
        """Both lines of the head in one."""
        return " ".join(filter(None, self.head))

    @property
    def is_number(self) -> bool:
        return self.id not in ("type", "patch")


def paper_table_columns(rows: Sequence[PaperRow]) -> tuple[PaperColumn, ...]:
    """The paper's columns, without the settings and published figures that no row has."""
    filled = {column_id for row in rows for column_id in row.map_counts}
    return (
        PaperColumn("type", ("type", ""), lambda row: row.title),
        PaperColumn("patch", ("patch size", "/stride"), lambda row: row.patch),
        PaperColumn("output", ("output", "C×H×W"), _output),
        PaperColumn("depth", ("depth", ""), lambda row: UNKNOWN if row.depth is None else str(row.depth)),
        *(
            PaperColumn(column_id, head, _map_count_text(column_id))
            for column_id, head in MAP_COUNT_COLUMNS.items()
            if column_id in filled
        ),
        *_figure_columns("params", rows),
        *_figure_columns("ops", rows),
    )


def _output(row: PaperRow) -> str:
    return "" if row.is_total else UNKNOWN if row.output_shape is None else str(row.output_shape)


def _map_count_text(column_id: str) -> Callable[[PaperRow], str]:
    return lambda row: str(row.map_counts[column_id].value) if column_id in row.map_counts else ""


def _figure_columns(column_id: Literal["params", "ops"], rows: Sequence[PaperRow]) -> Iterator[PaperColumn]:
    published = any(getattr(row, column_id).published for row in rows)
    yield PaperColumn(
        column_id,
        (column_id, "recounted" if published else ""),
        lambda row: getattr(row, column_id).recounted,
        column_id,
    )
    if published:
        yield PaperColumn(
            f"{column_id}_published", (column_id, "published"), lambda row: getattr(row, column_id).published, column_id
        )
        yield PaperColumn(
            f"{column_id}_difference",
            (column_id, "difference"),
            lambda row: getattr(row, column_id).difference,
            column_id,
        )


def footnotes(project: Project, rows: Sequence[PaperRow]) -> Iterator[str]:
    """Explanations of the columns, and the notes of the rows."""
    yield f"params: weights without biases, K = {_KILO}; ops: multiply-accumulates; depth: layers with weights in a row"
    if any(figure.published for row in rows for figure in row.figures):
        source = f": {project.source}" if project.source else ""
        yield f"published{source}; difference: of the recount from it, = if they agree, rounded or truncated"
    for row in rows:
        if row.mark:
            yield f"{_mark(row)} {row.name}: {row.note}"


def _mark(row: PaperRow) -> str:
    return str(row.mark).translate(SUPERSCRIPTS)


def abbreviate_as_printed(count: int, power: int, kilo: int) -> str:
    """``163328`` as "159.5K", as papers print it: in units of that power of K, from 10,000 of them in the next one."""
    while power < max(POWERS.values()) and count >= 10_000 * kilo**power:
        power += 1
    while power and count < kilo**power:
        power -= 1
    prefix = next(prefix for prefix, of in POWERS.items() if of == power)
    return f"{count / kilo**power:.1f}{prefix}" if power else exact_text(count)


def _percent(part: float) -> str:
    percent = 100 * abs(part)
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.1f} %" if percent >= 0.05 else "less than 0.1 %"


class FormSwitch(Struct, frozen=True):
    """The change of a row's convolution to the other form, dense or separable."""

    text: str
    words: str
    """The new layer and its costs."""
    network: Network


def switch_form(project: Project, row: PaperRow) -> FormSwitch | str:
    """The change of a row's convolution to the other form; if there is none, a sentence that says why.

    A separable one gets the depth multiplier with which the figures agree with the published ones, else 1.
    """
    if row.is_total:
        return "Select a convolution larger than 1×1, or a separable one"
    network = project.network(row.design)
    reason = separable_refusal(network, row.node)
    if reason:
        return reason
    if row.layer is not None and form(row.layer) == "separable":
        return _switch(row, "dense", make_full(network, row.node))
    network = make_separable(network, row.node)
    plain = network.node(row.node).layer
    if any(figure.published for figure in row.figures):
        forms = (replace(plain, depth_multiplier=multiplier) for multiplier in _MULTIPLIERS)
        published = (form for form in forms if all(figure.agrees for figure in _with_layer(row, form).figures))
        network = network.with_layer(row.node, next(published, plain))
    return _switch(row, "separable", network)


def _switch(row: PaperRow, name: str, network: Network) -> FormSwitch:
    layer = network.node(row.node).layer
    new_row = _with_layer(row, layer)
    costs = [f"{new_row.formula(f).partition(' = ')[0]} = {f.words}" for f in new_row.figures if f.count]
    label = layer.label()
    return FormSwitch(f"Make {row.node} {name}", "\n".join((label[:1].upper() + label[1:], *costs)), network)


def _with_layer(row: PaperRow, layer: Layer | Block) -> PaperRow:
    """The row with that layer instead."""
    shape = row.parts[0].input_shapes[0] if row.parts[0].input_shapes else None
    parts = analyze(Network((Node(row.node, layer),)), shape).reports
    params, ops = _figures(parts, row.params.published, row.ops.published)
    return replace(row, layer=layer, parts=parts, params=params, ops=ops)

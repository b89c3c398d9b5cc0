"""The table of GoogLeNet's paper for any design: a row per block or layer, with recounted and published figures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Literal

from msgspec import Struct

from engine.blocks import Block
from engine.layers import Kind, Layer
from engine.layers.settings import settings_text
from engine.layers.windows import pair, setting_text, size_text
from engine.network.analysis import Report
from engine.project.project import Project, Published
from engine.reports.paper_columns import MAP_COUNT_COLUMNS, MapCount, map_counts_of
from engine.reports.recount import MAC_UNIT, PAPER_KILO, Recount, recount
from engine.run.check import ProjectCheck
from engine.shapes import Shape
from engine.text.units import SUPERSCRIPTS, UNKNOWN, exact_text


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
    params: Recount
    ops: Recount
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
    def figures(self) -> tuple[Recount, Recount]:
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

    def formula(self, figure: Recount) -> str:
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
        entry = published.get(node.name)
        if entry is None or entry.settings not in ("", settings_text(node.layer)):
            entry = Published(design, node.name)
        marks += bool(entry.note)
        mark = marks if entry.note else 0
        figures = recount(parts, entry.params, entry.ops)
        name = entry.row or node.name
        rows.append(PaperRow(design, node.name, name, node.layer, parts, _depth(parts), *figures, entry.note, mark))
    if rows:
        reports = analysis.reports
        rows.append(PaperRow(design, "", "total", None, reports, _depth(reports), *recount(reports)))
    return tuple(rows)


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
    positions = (
        f"{shape.height}·{shape.width} × " if unit == MAC_UNIT and shape and shape.height * shape.width > 1 else ""
    )
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
    yield (
        f"params: weights without biases, K = {PAPER_KILO}; ops: multiply-accumulates; "
        "depth: layers with weights in a row"
    )
    if any(figure.published for row in rows for figure in row.figures):
        source = f": {project.source}" if project.source else ""
        yield f"published{source}; difference: of the recount from it, = if they agree, rounded or truncated"
    for row in rows:
        if row.mark:
            yield f"{_mark(row)} {row.name}: {row.note}"


def _mark(row: PaperRow) -> str:
    return str(row.mark).translate(SUPERSCRIPTS)

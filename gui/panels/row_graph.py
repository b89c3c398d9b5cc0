"""The lines beside the names of layers that show branches, as beside commits: where they begin and where they join."""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from engine.network.analysis import Analysis
from engine.network.graph import INPUT, Network

_STEP = 9.0
"""Pixels between two columns."""
_MOST = 8
"""Columns that are drawn; further branches share the last one."""
_DOT = 2.6


class RowGraph(Struct, frozen=True):
    """The lines beside one row, by the columns in which they run."""

    column: int
    """Column of the row's own layer."""
    columns: int
    """Number of columns of its design."""
    passing: tuple[int, ...] = ()
    """Volumes that rows further down receive."""
    forks: tuple[int, ...] = ()
    """Volumes that the layer receives and others further down as well: here a branch begins."""
    ends: tuple[int, ...] = ()
    """Volumes that the layer is the last to receive."""
    goes_on: bool = False
    """Whether a row further down receives the layer."""

    @property
    def width(self) -> float:
        return _STEP * min(self.columns, _MOST)


_Wiring = tuple[tuple[str, tuple[str, ...]], ...]
"""Names of the nodes and of their inputs: lines depend on nothing else, so most edits leave them as they are."""


def folded_wiring(network: Network, analysis: Analysis) -> _Wiring:
    """The rows of a network with their inputs; a group has one row, where its last layer is in the list."""
    wiring = network.wiring
    if not analysis.groups:
        return wiring
    group_of = {node.name: node.group for node in network.nodes if node.group in analysis.groups}
    last = {group: name for name, group in group_of.items()}
    inputs: dict[str, list[str]] = {group: [] for group in last}
    rows = []
    for name, sources in wiring:
        group = group_of.get(name)
        mapped = tuple([group_of.get(source, source) for source in sources])
        if group is None:
            rows.append((name, mapped))
            continue
        inputs[group] += [source for source in mapped if source != group]
        if name == last[group]:
            rows.append((group, tuple(dict.fromkeys(inputs[group]))))
    return tuple(rows)


@lru_cache(maxsize=32)
def row_graphs(wiring: _Wiring) -> tuple[RowGraph | None, ...]:
    """The lines beside each row; None for each of a network without branches, whose list is the whole order."""
    rows = list(_rows(wiring))
    columns = 1 + max((column for row in rows for column in (row.column, *row.passing)), default=0)
    if columns == 1:
        return (None,) * len(rows)
    return tuple(RowGraph(row.column, columns, row.passing, row.forks, row.ends, row.goes_on) for row in rows)


def _rows(wiring: _Wiring) -> Iterator[RowGraph]:
    """The rows from above to below; what a layer receives from below has no line."""
    last_use: dict[str, int] = {}
    for at, (_, inputs) in enumerate(wiring):
        last_use.update(dict.fromkeys(inputs, at))
    columns: list[str | None] = [INPUT if INPUT in last_use else None]
    for at, (own_name, inputs) in enumerate(wiring):
        received = [columns.index(name) for name in dict.fromkeys(inputs) if name in columns]
        ends = [column for column in received if last_use[columns[column] or ""] == at]
        for column in ends:
            columns[column] = None
        free = (number for number, name in enumerate(columns) if name is None)
        own = min(ends) if ends else next(free, len(columns))
        passing = tuple(number for number, name in enumerate(columns) if name is not None)
        goes_on = last_use.get(own_name, -1) > at
        columns += [None] * (own + 1 - len(columns))
        columns[own] = own_name if goes_on else None
        forks = tuple(column for column in received if column not in ends)
        yield RowGraph(own, 0, passing, forks, tuple(ends), goes_on)


def paint_row_graph(painter: QPainter, graph: RowGraph, row: QRectF, middle: float, colour: QColor) -> None:
    """Draw the lines in the left of a row, with the dot of its layer at the height `middle`."""

    def x(column: int) -> float:
        return row.left() + _STEP * (min(column, _MOST - 1) + 0.5)

    path, dot = QPainterPath(), QPointF(x(graph.column), middle)
    for column in graph.passing:
        _add_line(path, QPointF(x(column), row.top()), QPointF(x(column), row.bottom()))
    for column in graph.ends:
        _add_curve(path, QPointF(x(column), row.top()), dot)
    for column in graph.forks:
        _add_curve(path, QPointF(x(column), row.top()), dot)
    if graph.goes_on:
        _add_line(path, dot, QPointF(dot.x(), row.bottom()))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.3))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.setBrush(colour)
    painter.drawEllipse(dot, _DOT, _DOT)
    painter.restore()


def _add_line(path: QPainterPath, start: QPointF, end: QPointF) -> None:
    path.moveTo(start)
    path.lineTo(end)


def _add_curve(path: QPainterPath, start: QPointF, end: QPointF) -> None:
    """A line that leaves downwards and arrives from the side, straight within one column."""
    path.moveTo(start)
    path.quadTo(QPointF(start.x(), end.y()), end)


@lru_cache(maxsize=32)
def branch_texts(wiring: _Wiring) -> tuple[str, ...]:
    """In words, for each row: the branch that begins there, or what it joins; "" for neither."""
    uses = Counter(name for _, inputs in wiring for name in set(inputs))

    def text(inputs: tuple[str, ...]) -> str:
        if len(set(inputs)) > 1:
            return f"joins {', '.join(dict.fromkeys(inputs))}"
        return f"branch of {inputs[0]}" if uses[inputs[0]] > 1 else ""

    return tuple([text(inputs) for _, inputs in wiring])

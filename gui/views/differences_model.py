"""The list of differences as an item model: a row per layer that differs, or per layer, and the sums."""

from typing import Any

from msgspec import Struct
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from engine.cost.metrics import Metric, exact_of
from engine.reports.difference_formats import DifferenceRow, cost_heading, short_cost
from engine.reports.differences import ComparedLayer, difference_text
from gui.paint.differences.content import DifferencesContent, LayerError
from gui.state.view_state import ViewState
from gui.views.report_model import ROLE, Index, ReportModel
from gui.widgets.plain_text import plain_tip

_LAYER_COLUMN, TEXT_COLUMN, _ERROR_COLUMN = 0, 1, 3
_LONGEST_LINE = 10
"""Characters."""
_FIRST_COST = 2
"""Position of the first metric; the error follows it, so that a narrow view shows both."""


def _metric_number(column: int) -> int | None:
    """The position of the metric of a column; None for other columns."""
    if column < _FIRST_COST or column == _ERROR_COLUMN:
        return None
    return column - _FIRST_COST - (column > _ERROR_COLUMN)


class ListedLayer(Struct, frozen=True):
    """A row: a layer by its position in the comparison, None for the sums."""

    position: int | None
    layer: ComparedLayer | None
    error: LayerError


class DifferencesModel(ReportModel):
    """Layer, what differs, relative error, and the cost of the difference in each metric."""

    def __init__(self, state: ViewState, content: DifferencesContent) -> None:
        super().__init__(state)
        self.rows: tuple[ListedLayer, ...] = ()
        self.columns: tuple[str, ...] = ()
        self.content = content
        self.every_layer = False
        """Whether layers that do not differ are listed too."""
        self.show_content(state, content, every_layer=False)

    def show_content(self, state: ViewState, content: DifferencesContent, *, every_layer: bool) -> None:
        """List another content. The rows stay if only errors differ, and with them the selection."""
        restyled = self._take_state(state)
        rows, columns = _list_layers(content, every_layer=every_layer), _columns_of(content)
        same = [row.position for row in rows] == [row.position for row in self.rows] and columns == self.columns
        if same and content.differences is self.content.differences:
            self.content, self.rows = content, rows
            column = 0 if restyled else _ERROR_COLUMN
            last = len(self.columns) - 1 if restyled else _ERROR_COLUMN
            if rows:
                self.dataChanged.emit(self.index(0, column), self.index(len(rows) - 1, last))
            return
        self.beginResetModel()
        self.content, self.every_layer, self.rows, self.columns = content, every_layer, rows, columns
        self.endResetModel()

    @property
    def listed(self) -> tuple[DifferenceRow, ...]:
        """The rows without the sums, to be copied."""
        return tuple(self.content.rows[row.position] for row in self.rows if row.position is not None)

    def row_of(self, position: int | None) -> int | None:
        """The row of a layer by its position in the comparison."""
        if position is None:
            return None
        return next((number for number, row in enumerate(self.rows) if row.position == position), None)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        match role:
            case ROLE.DisplayRole:
                return self.columns[section]
            case ROLE.TextAlignmentRole:
                return _alignment(section)
            case ROLE.ToolTipRole:
                return plain_tip(self._head_tip(section))
        return None

    def _head_tip(self, section: int) -> str:
        differences = self.content.differences
        if differences is None:
            return ""
        if section == _ERROR_COLUMN:
            return f"‖a − b‖ / ‖a‖ of the outputs, a: {differences.first}, b: {differences.second}"
        return "" if _metric_number(section) is None else f"{differences.second} minus {differences.first}"

    def text(self, row: ListedLayer, column: int) -> str:
        """The text of a cell."""
        differences = self.content.differences
        assert differences is not None, "there are rows only with designs"
        if column == _LAYER_COLUMN:
            return "total" if row.layer is None else row.layer.name
        if column == TEXT_COLUMN:
            return "" if row.layer is None else difference_text(row.layer, differences)
        if column == _ERROR_COLUMN:
            return "" if row.layer is None else row.error.short
        number = _metric_number(column) or 0
        cost = differences.total_cost(number) if row.layer is None else row.layer.cost(number)
        return short_cost(differences.metrics[number], cost)

    def _cell_data(self, index: Index, role: int) -> Any:
        row, column = self.rows[index.row()], index.column()
        match role:
            case ROLE.DisplayRole:
                return self.text(row, column)
            case ROLE.ToolTipRole:
                return plain_tip(self.tip(row, column))
            case ROLE.StatusTipRole:
                return self.tip(row, column)
            case ROLE.TextAlignmentRole:
                return _alignment(column)
            case ROLE.FontRole:
                return self._bold if row.layer is None else None
            case ROLE.BackgroundRole:
                return QColor(self._theme.window) if row.layer is None else None
            case ROLE.ForegroundRole:
                is_quiet = row.layer is not None and not row.layer.differs
                return QColor(self._theme.muted if is_quiet else self._theme.text)
            case ROLE.DecorationRole:
                return self._design_colour(row) if column == _LAYER_COLUMN else None
        return None

    def _design_colour(self, row: ListedLayer) -> QColor | None:
        """The colour of the design that alone has the layer."""
        differences = self.content.differences
        if row.layer is None or differences is None:
            return None
        first, second = row.layer.pair.first, row.layer.pair.second
        if first is not None and second is not None:
            return None
        design = differences.first if second is None else differences.second
        return QColor(self._theme.design(self._state.colour_index(design)))

    def tip(self, row: ListedLayer, column: int) -> str:
        """Details of a cell: both amounts of a cost, the reason for a missing error."""
        differences = self.content.differences
        if differences is None:
            return ""
        number = _metric_number(column)
        if number is not None:
            amounts = differences.totals[number] if row.layer is None else row.layer.amounts[number]
            names = differences.first, differences.second
            texts = (_exact(differences.metrics[number], amount) for amount in amounts)
            return ", ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))
        if column == _ERROR_COLUMN and row.layer is not None:
            return row.error.text if row.error.value is None else f"relative error {row.error.text}"
        return self.text(row, column)


def _exact(metric: Metric, amount: int | float | None) -> str:
    return f"{exact_of(metric, amount)} {metric.unit}".rstrip()


def _list_layers(content: DifferencesContent, *, every_layer: bool) -> tuple[ListedLayer, ...]:
    differences = content.differences
    if differences is None:
        return ()
    layers = zip(range(len(differences.layers)), differences.layers, content.errors, strict=True)
    differing = {id(row.layer) for row in content.differing}
    rows = [ListedLayer(*row) for row in layers if every_layer or id(row[1]) in differing]
    return (*rows, ListedLayer(None, None, LayerError(None))) if rows else ()


def _columns_of(content: DifferencesContent) -> tuple[str, ...]:
    metrics = () if content.differences is None else content.differences.metrics
    first, *others = [_two_lines(cost_heading(metric)) for metric in metrics] or [""]
    return ("Layer", "Difference", first, "Error", *others)


def _two_lines(heading: str) -> str:
    """A heading that is wider than its numbers, in two lines."""
    return heading if len(heading) <= _LONGEST_LINE else heading.replace(" ", "\n", 1)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column <= TEXT_COLUMN else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter

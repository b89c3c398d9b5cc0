"""The paper's table as an item model that changes in place; numbers of maps can be edited."""

from functools import cache
from typing import Any

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor

from engine.network.node_ref import NodeRef
from engine.reports.googlenet_table import PaperColumn, PaperRow, paper_rows, paper_table_columns
from engine.reports.paper_columns import MapCount
from gui.paint.basics.text_drawing import ALIGN_LEFT, ALIGN_RIGHT
from gui.paint.tables.googlenet_table import cell_colour
from gui.state.edit import Edit, change_text
from gui.state.view_state import ViewState
from gui.views.report_model import ROLE, Index, ReportModel
from gui.widgets.plain_text import plain_tip

TYPE_COLUMN = 0
"""Position of the column of names, which a view may show as row headers instead."""


class GooglenetTableModel(ReportModel):
    """One row per block or layer, and totals, as `engine.reports.googlenet_table` defines them."""

    edit_proposed = Signal(Edit)

    def __init__(self, state: ViewState, design: str) -> None:
        super().__init__(state)
        self.design = design
        self.rows: tuple[PaperRow, ...] = paper_rows(state.project, state.check, design)
        self.columns: tuple[PaperColumn, ...] = paper_table_columns(self.rows)

    def show_state(self, state: ViewState, design: str) -> list[PaperRow]:
        """Show a design and return the rows that changed; the model is reset only for other rows or another design."""
        rows = paper_rows(state.project, state.check, design)
        columns = paper_table_columns(rows)
        restyled = self._take_state(state)
        if self._row_keys(rows, columns) != self._row_keys(self.rows, self.columns) or design != self.design:
            self.beginResetModel()
            self.design, self.rows, self.columns = design, rows, columns
            self.endResetModel()
            return list(rows)
        changed = [row for row, (old, new) in enumerate(zip(self.rows, rows, strict=True)) if restyled or old != new]
        before, self.rows = self.rows, rows
        for row in changed:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(columns) - 1))
        if restyled or any(old.problem != new.problem for old, new in zip(before, rows, strict=True)):
            self.headerDataChanged.emit(Qt.Orientation.Vertical, 0, len(rows) - 1)
        return [rows[row] for row in changed]

    @staticmethod
    def _row_keys(rows: tuple[PaperRow, ...], columns: tuple[PaperColumn, ...]) -> object:
        return [row.node for row in rows], [column.id for column in columns], bool(rows)

    def row_of(self, ref: NodeRef) -> int | None:
        """Return the row of a node, or of the block that it belongs to."""
        design, node = ref
        names = (node, node.partition("/")[0])
        matches = (i for i, row in enumerate(self.rows) if not row.is_total and row.node in names)
        return next(matches, None) if design == self.design else None

    def map_count_at(self, index: Index) -> MapCount | None:
        """Return what can be edited in a cell, if anything."""
        return self.rows[index.row()].map_counts.get(self.columns[index.column()].id) if index.isValid() else None

    def first_editable_column(self, row: int) -> int:
        """Return the first column that can be edited in a row; if there is none, the one after the names."""
        map_counts = self.rows[row].map_counts
        return next((i for i, column in enumerate(self.columns) if column.id in map_counts), TYPE_COLUMN + 1)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags if self.map_count_at(index) is None else flags | Qt.ItemFlag.ItemIsEditable

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return self._row_header(self.rows[section], role) if section < len(self.rows) else None
        if section >= len(self.columns):
            return None
        column = self.columns[section]
        match role:
            case ROLE.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignBottom
            case ROLE.DisplayRole:
                return "\n".join(filter(None, column.head))
            case ROLE.ToolTipRole:
                return _HEAD_TIPS.get(column.id) or _HEAD_TIPS.get(column.id.rpartition("_")[2])
        return None

    def _row_header(self, row: PaperRow, role: int) -> Any:
        """Return data of a row header, which stays visible when columns scroll."""
        match role:
            case ROLE.DisplayRole:
                return row.title
            case ROLE.ToolTipRole:
                return plain_tip(googlenet_cell_tip(row, self.columns[TYPE_COLUMN]))
            case ROLE.TextAlignmentRole:
                return ALIGN_LEFT
            case ROLE.DecorationRole:
                return self._mistake if row.problem else None
            case ROLE.FontRole:
                return self._bold if row.is_total else None
        return None

    def _cell_data(self, index: Index, role: int) -> Any:
        row, column = self.rows[index.row()], self.columns[index.column()]
        match role:
            case ROLE.DisplayRole:
                return column.text(row)
            case ROLE.EditRole:
                map_count = self.map_count_at(index)
                return column.text(row) if map_count is None else str(map_count.value)
            case ROLE.ToolTipRole:
                return plain_tip(googlenet_cell_tip(row, column))
            case ROLE.StatusTipRole:
                return googlenet_cell_tip(row, column)
            case ROLE.AccessibleTextRole:
                return f"{column.title} of {row.name}: {googlenet_cell_tip(row, column) or 'none'}"
            case ROLE.TextAlignmentRole:
                return ALIGN_RIGHT if column.is_number else ALIGN_LEFT
            case ROLE.ForegroundRole:
                editable = not row.problem and column.id in row.map_counts
                return _cached_colour(self._theme.accent if editable else cell_colour(column, row, self._theme)[0])
            case ROLE.FontRole:
                return (
                    self._bold if (row.is_total or column.figure) and cell_colour(column, row, self._theme)[1] else None
                )
            case ROLE.BackgroundRole:
                return _cached_colour(self._theme.window) if row.is_total else None
        return None

    def setData(self, index: Index, value: Any, role: int = ROLE.EditRole) -> bool:
        """Propose an edit; the cell shows the number once the project has it."""
        map_count = self.map_count_at(index)
        if map_count is None or role != ROLE.EditRole:
            return False
        try:
            number = map_count.read(str(value))
        except ValueError:
            return False
        if number != map_count.value:
            self.edit_proposed.emit(make_map_count_edit(self._state, self.rows[index.row()], map_count, number))
        return True


_HEAD_TIPS = {
    "patch": "Height and width of the window, and its stride",
    "depth": "Number of layers with weights, one after another",
    "filters": "Filters of kernels without a column of their own, and units of dense layers: type to change",
    "1x1": "Maps of the 1×1 convolution: type to change",
    "3x3": "Maps of the 3×3 convolution: type to change",
    "5x5": "Maps of the 5×5 convolution: type to change",
    "reduce": "Maps of the 1×1 convolution before it: type to change; 0 for none",
    "proj": "Maps of the 1×1 convolution after the pooling: type to change; 0 for none",
    "params": "Weights without biases, K = 1024",
    "ops": "Multiply-accumulates, M = 1,000,000",
    "published": "As printed in the source",
    "difference": "Difference between the recount and the published figure; = if they agree, rounded or truncated",
}
"""By the id of the column, or by its last part."""


def make_map_count_edit(state: ViewState, row: PaperRow, map_count: MapCount, number: int) -> Edit:
    """Return the edit that changes one number of maps in a row."""
    network = state.project.network(row.design)
    old = network.node(row.node).layer
    layer = replace(old, **{map_count.setting: number})
    project = state.project.with_network(row.design, network.with_layer(row.node, layer))
    what = f"{map_count.title[:1].upper()}{map_count.title[1:]} of {row.node}"
    return Edit(change_text(what, getattr(old, map_count.setting), number), project)


def googlenet_cell_tip(row: PaperRow, column: PaperColumn) -> str:
    """Return details of a cell: a formula, a full label, notes and mistakes."""
    if column.figure:
        figure = row.params if column.figure == "params" else row.ops
        formula = row.formula(figure).rpartition(" = ")[0]
        parts = [f"{formula} = {figure.words}" if formula else figure.words, row.note]
        return "\n".join(part for part in parts if part)
    if column.id in row.map_counts:
        map_count = row.map_counts[column.id]
        return f"{map_count.title} of {row.node}: {map_count.value}; type to change"
    if column.id != "type":
        return column.text(row)
    label = "" if row.layer is None else f"{row.node}: {row.layer.label()}"
    return "\n".join(part for part in (label, row.note, row.problem) if part)


@cache
def _cached_colour(name: str) -> QColor:
    return QColor(name)

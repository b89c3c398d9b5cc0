"""Tables with whole rows selected, and delegates that draw rows of tables and lists."""

from functools import lru_cache

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetrics, QPalette
from PySide6.QtWidgets import QAbstractItemView, QFrame, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from engine.text.short_names import shorten_names
from gui.widgets.icons import colour_icon


class RowDelegate(QStyledItemDelegate):
    """Draws cells of which whole rows are selected.

    Fusion would tint the text of the cell with the keyboard focus, and a colour that decorates a selected cell.
    """

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus
        colour = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(colour, QColor):
            palette: QPalette = option.palette
            option.icon = colour_icon(colour.name(), palette.color(QPalette.ColorRole.HighlightedText).name())


class FittingDelegate(RowDelegate):
    """Draws texts that are too wide for their column: numbers smaller, others shortened so that they still differ."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        margin = option.widget.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, option.widget) + 1
        icon = 0 if option.icon.isNull() else option.decorationSize.width() + 2 * margin
        if option.features & QStyleOptionViewItem.ViewItemFeature.HasCheckIndicator:
            icon += option.widget.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth) + 2 * margin
        width, metrics = option.rect.width() - 2 * margin - icon, QFontMetrics(option.font)
        if width <= 0 or metrics.horizontalAdvance(option.text) <= width:
            return
        if option.displayAlignment & Qt.AlignmentFlag.AlignRight:
            option.font = _smaller_font(option.font, option.text, width)
        else:
            model = index.model()
            rows = (model.index(row, index.column(), index.parent()) for row in range(model.rowCount(index.parent())))
            texts = tuple(dict.fromkeys(str(cell.data() or "") for cell in rows))
            option.text = _short_texts(texts, option.font.toString(), width)[option.text]


@lru_cache(maxsize=64)
def _short_texts(texts: tuple[str, ...], font: str, width: int) -> dict[str, str]:
    measured = QFont()
    measured.fromString(font)
    metrics = QFontMetrics(measured)
    return shorten_names(texts, lambda text: metrics.horizontalAdvance(text) <= width)


def _smaller_font(font: QFont, text: str, width: int) -> QFont:
    """Return the largest font in which a text fits a width."""
    smaller = QFont(font)
    for pixels in range(QFontInfo(font).pixelSize() - 1, 1, -1):
        smaller.setPixelSize(pixels)
        if QFontMetrics(smaller).horizontalAdvance(text) <= width:
            break
    return smaller


class CheckDelegate(FittingDelegate):
    """Draws check boxes with visible frames; Fusion's are darker than the window, invisible in the dark theme."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        palette: QPalette = option.palette
        palette.setColor(QPalette.ColorRole.Window, palette.color(QPalette.ColorRole.PlaceholderText))
        option.palette = palette


class SpacedDelegate(QStyledItemDelegate):
    """Adds space between wrapped texts of a list; with the list's own spacing Qt cuts their last words."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return super().sizeHint(option, index) + QSize(0, 8)


def make_row_table(model: QAbstractItemModel, name: str, columns: str = "Columns of the table") -> QTableView:
    """Return a table without a grid, one row selected at a time; `name` and `columns` are for screen readers."""
    table = QTableView()
    table.setModel(model)
    table.setItemDelegate(FittingDelegate(table))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setAccessibleName(name)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 8)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setAccessibleName(columns)
    table.setMinimumSize(120, 40)
    return table

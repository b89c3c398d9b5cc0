"""A slim scroll bar for rows of which a part is visible: it shows and moves the part."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtWidgets import QScrollBar, QWidget

from gui.theme import Theme

_STEPS = 64
"""Values per row."""
_WIDTH = 8
_STYLE = """
QScrollBar {{ background: {base}; width: {width}px; border: none }}
QScrollBar::handle {{ background: {frame}; border-radius: 3px; min-height: 16px; margin: 0 1px }}
QScrollBar::handle:hover {{ background: {muted} }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0 }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: none }}
"""
"""Without buttons: it fits into the margin of a figure."""


class RowsScrollBar(QScrollBar):
    """At the right edge of its parent; hidden while all rows are visible."""

    moved = Signal(float)
    """The first row to show, counted from 0."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setAccessibleName("Visible rows")
        self.setSingleStep(_STEPS)
        self.show_theme(theme)
        self.valueChanged.connect(lambda value: self.moved.emit(value / _STEPS))

    def show_theme(self, theme: Theme) -> None:
        colours = {name: getattr(theme, name) for name in ("base", "frame", "muted")}
        self.setStyleSheet(_STYLE.format(width=_WIDTH, **colours))

    def show_rows(self, first: float, visible: float, count: int, area: QRectF, right: int) -> None:
        """Show that some of the rows are visible, beside the area in which they are, with its right edge at `right`."""
        hidden = round(_STEPS * (count - visible))
        self.setVisible(hidden > 0)
        if hidden > 0:
            self.blockSignals(True)  # the value follows the rows here, elsewhere the rows follow the value
            self.setRange(0, hidden)
            self.setPageStep(round(_STEPS * visible))
            self.setValue(round(_STEPS * first))
            self.blockSignals(False)
            self.setGeometry(right - _WIDTH, round(area.top()), _WIDTH, round(area.height()))

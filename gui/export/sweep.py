"""The picture of a sweep as the content of a file."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter

from gui.export.pictures import EXPORTERS
from gui.paint.sweep.content import SweepPlot
from gui.paint.sweep.drawing import paint_sweep
from gui.theme import THEMES

_SIZE = QSize(900, 600)


def render_sweep(plot: SweepPlot, title: str, theme_name: str = "light", file_format: str = "svg") -> bytes:
    """Points, front and designs as a picture."""
    theme = THEMES[theme_name]
    rect = QRectF(0, 0, _SIZE.width(), _SIZE.height())

    def draw(painter: QPainter) -> None:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.fillRect(rect, QColor(theme.base))
        paint_sweep(painter, rect, plot, theme)

    return EXPORTERS[file_format](draw, _SIZE, 1.0, title)

"""The picture of a sweep as the content of a file, and its points for an export of the view."""

from msgspec.structs import replace
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter

from engine.sweep.measured_designs import measured_designs
from engine.sweep.measuring import measure_here
from engine.sweep.running import finished_rows
from engine.sweep.sweep import plan_sweep, sweep_inputs
from gui.export.pictures import EXPORTERS
from gui.paint.sweep.content import SweepPlot
from gui.paint.sweep.drawing import paint_sweep
from gui.state.sweep import SweepState, with_rule
from gui.state.view_state import ViewState
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


def add_sweep(state: ViewState) -> ViewState:
    """The state with the points of the project's sweep, counted and measured now; may take long."""
    settings = state.project.sweep
    if settings is None:
        return state
    settings = with_rule(settings, state.look.convention)
    sweep = plan_sweep(state.project, settings, sweep_inputs(state.project, settings))
    rows = tuple(finished_rows(sweep, lambda labels: False, measure_here(sweep)))
    return replace(state, sweep=SweepState(sweep, rows, designs=measured_designs(sweep, rows)))

"""The picture of a sweep from the state of the window."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from engine.sweep.answers import answer_lines, default_pair
from gui.paint.sweep.content import empty_plot, sweep_plot
from gui.paint.sweep.drawing import paint_sweep
from gui.state.view_state import ViewState
from gui.theme import Theme


def paint_state_sweep(painter: QPainter, rect: QRectF, state: ViewState, theme: Theme) -> None:
    """Draw the points of the last sweep in the two metrics that matter most."""
    sweep, rows = state.sweep.sweep, state.sweep.rows
    costs = state.picture_costs
    plot = (
        empty_plot(state.project, ("macs", "params"), costs)
        if sweep is None
        else sweep_plot(sweep, rows, default_pair(sweep), costs, measured=state.sweep.measured_designs(state.project))
    )
    paint_sweep(painter, rect, plot, theme)


def describe_state_sweep(state: ViewState) -> str:
    """Say how many points there are, and which are best."""
    sweep = state.sweep.sweep
    return "" if sweep is None else ". ".join(answer_lines(sweep, state.sweep.rows, default_pair(sweep)))

"""For tests of views: a state before a run, a view whose requests are granted, and a painted picture as SVG."""

from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec.structs import replace
from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtSvg import QSvgGenerator
from pytestqt.qtbot import QtBot

from engine.project.project import Project
from engine.run.check import check
from gui.export.pictures import _PaintView
from gui.panels.base import Panel
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.theme import THEMES
from gui.views.base import View

SomeView = TypeVar("SomeView", bound=View)


def state_of(project: Project, focus: Focus | None = None, **look: object) -> ViewState:
    """A checked project that has not been run."""
    return ViewState(project, check(project), RunView(), focus or Focus(), Look(**look))


def svg(paint: _PaintView, state: ViewState, width: int = 1200, height: int = 700) -> str:
    """What a view paints of a state, as the text of an SVG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.ReadWrite)
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(width, height))
    generator.setViewBox(QRectF(0, 0, width, height))
    painter = QPainter(generator)
    paint(painter, QRectF(0, 0, width, height), state, THEMES[state.look.theme])
    painter.end()
    return bytes(buffer.data().data()).decode()


def update_view(view: View | Panel, new: ViewState) -> None:
    """Show another state, as the window does, after whatever the view shows now."""
    view.show_state(view._state, new)


class ViewHarness(Generic[SomeView]):
    """A view and its state, which follows the requests of the view as in the workbench."""

    def __init__(
        self, qtbot: QtBot, view_class: Callable[[ViewState], SomeView], state: ViewState, size: tuple[int, int]
    ) -> None:
        view = self.view = view_class(state)
        self.state = state
        qtbot.addWidget(view)
        view.resize(*size)
        self.focuses: list[Focus] = []
        view.focus_requested.connect(self._on_focus_requested)
        view.look_requested.connect(lambda look: self.show(replace(self.state, look=look)))
        view.show()

    def _on_focus_requested(self, focus: Focus) -> None:
        self.focuses.append(focus)
        self.show(replace(self.state, focus=focus))

    def show(self, new: ViewState) -> None:
        old, self.state = self.state, new
        self.view.show_state(old, new)

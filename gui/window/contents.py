"""The panels and views of the window: made from the tables, connected, and updated from state to state."""

from collections.abc import Callable, Mapping
from pkgutil import resolve_name

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QScrollArea, QWidget

from gui.catalogue.views import VIEWS
from gui.panels.base import Panel
from gui.panels.designs import DesignsPanel
from gui.panels.history import HistoryPanel
from gui.panels.input_panel import InputPanel
from gui.panels.layer_form import LayerForm
from gui.panels.notes import NotesPanel
from gui.panels.problems import ProblemsPanel
from gui.state.edit import Edit
from gui.state.view_state import ViewState
from gui.views.base import View
from gui.window.mnemonics import assign_mnemonics
from gui.workbench.workbench import Workbench


class Contents:
    """Shows the state of a workbench in all panels, and in the views that are visible; a hidden one waits."""

    def __init__(self, workbench: Workbench, actions: Mapping[str, QAction]) -> None:
        self._workbench, state = workbench, workbench.state
        self.designs = DesignsPanel(state, actions)
        for menu in (self.designs.after_menu, self.designs.before_menu, self.designs.parallel_menu):
            assign_mnemonics(menu.actions())
        self.form = LayerForm(state)
        self.input = InputPanel(state)
        self.notes = NotesPanel(state)
        self.history = HistoryPanel(state)
        self.problems = ProblemsPanel(state)
        self.panels: dict[str, Panel] = {
            "designs": self.designs,
            "layer": self.form,
            "input": self.input,
            "notes": self.notes,
            "history": self.history,
            "problems": self.problems,
        }
        self.views: dict[str, View] = {row.id: resolve_name(row.widget)(state) for row in VIEWS}
        self._last_shown: dict[str, ViewState] = dict.fromkeys(self.views, state)
        """The state that each view last showed."""

    @property
    def parts(self) -> dict[str, Panel | View]:
        """All panels and views by id."""
        return {**self.panels, **self.views}

    def docked(self) -> dict[str, QWidget]:
        """The widgets of the docks by id: panels and views, some of them in a new scroll area."""
        scrolled = {panel_id: _make_scroll_area(panel) for panel_id, panel in self.panels.items() if panel.scrolls}
        return {**self.parts, **scrolled}

    def connect(self, propose: Callable[[Edit], None], show_hover: Callable[[str], None]) -> None:
        """Connect all signals but those of a single panel."""
        bench = self._workbench
        for part in self.parts.values():
            part.edit_proposed.connect(propose)
            part.focus_requested.connect(bench.set_focus)
            part.hovered.connect(show_hover)
        for view in self.views.values():
            view.look_requested.connect(bench.set_look)
            view.requested.connect(bench.answer)
        self.designs.query_changed.connect(bench.set_query)
        self.history.index_requested.connect(bench.document.go_to)
        bench.document.history_changed.connect(self._show_history)

    def show_state(self, old: ViewState, new: ViewState) -> None:
        for panel in self.panels.values():
            panel.show_state(old, new)
        self.show_views()

    def show_views(self) -> None:
        """Update the views that are visible to the state of now."""
        for view_id in self.views:
            self.show_view(view_id)

    def show_view(self, view_id: str) -> None:
        """Update a view; a hidden one waits until it is visible."""
        view, now = self.views[view_id], self._workbench.state
        before = self._last_shown[view_id]
        if view.isEnabled() and now is not before:
            self._last_shown[view_id] = now
            view.show_state(before, now)

    def close_down(self) -> None:
        """End what works in the background, as the window closes."""
        for part in self.parts.values():
            part.close_down()

    def _show_history(self) -> None:
        self.history.show_history(self._workbench.document.history(self._workbench.state.focus))


def _make_scroll_area(widget: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(widget)
    return area

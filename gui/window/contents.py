"""The panels and views of the window: made from the tables, connected, and updated from state to state."""

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QScrollArea, QWidget

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
from gui.window.view_places import Views
from gui.workbench.workbench import Workbench


class Contents(QObject):
    """Shows the state of a workbench in all panels, and in the views that are visible; a hidden one waits.

    Parameters
    ----------
    propose, show_hover
        Take the edits that panels and views propose, and the texts for what is under the mouse.
    """

    made = Signal(str)
    """A view has been made, as it is visible for the first time."""

    sweep_requested = Signal(object, str, bool)
    """A panel asks for an axis: (reference of a node, its setting, whether in all nodes of the design)."""

    def __init__(
        self,
        workbench: Workbench,
        actions: Mapping[str, QAction],
        propose: Callable[[Edit], None],
        show_hover: Callable[[str], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._workbench, state = workbench, workbench.state
        self._propose, self._show_hover = propose, show_hover
        self.designs = DesignsPanel(state, actions)
        for menu in (self.designs.after_menu, *self.designs.after_menu.findChildren(QMenu)):
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
        self.views = Views(lambda: workbench.state, self._on_view_made)
        self._last_shown: dict[str, ViewState] = {}
        """The state that each view last showed."""
        self.makes_views = True
        """Whether a view is made when it is visible for the first time."""
        self._connect()

    def part(self, part_id: str) -> Panel | View:
        """The panel or view of that id."""
        return self.panels[part_id] if part_id in self.panels else self.views[part_id]

    def docked(self) -> dict[str, QWidget]:
        """The widgets of the docks by id: panels, some of them in a new scroll area, and the places of views."""
        scrolled = {panel_id: _make_scroll_area(panel) for panel_id, panel in self.panels.items() if panel.scrolls}
        return {**self.panels, **scrolled, **self.views.places}

    def _connect(self) -> None:
        """Connect all signals of panels but those of a single one."""
        for panel in self.panels.values():
            self._connect_part(panel)
            panel.sweep_requested.connect(self.sweep_requested)
        self.designs.query_changed.connect(self._workbench.set_query)
        self.history.index_requested.connect(self._workbench.document.go_to)
        self._workbench.document.history_changed.connect(self._show_history)

    def _connect_part(self, part: Panel | View) -> None:
        part.edit_proposed.connect(self._propose)
        part.focus_requested.connect(self._workbench.set_focus)
        part.hovered.connect(self._show_hover)

    def _on_view_made(self, view_id: str, view: View) -> None:
        self._last_shown[view_id] = self._workbench.state
        self._connect_part(view)
        view.look_requested.connect(self._workbench.set_look)
        view.requested.connect(self._workbench.answer)
        self.made.emit(view_id)

    def show_state(self, old: ViewState, new: ViewState) -> None:
        for panel in self.panels.values():
            panel.show_state(old, new)
        self.show_views()

    def show_views(self) -> None:
        """Update the views that are visible to the state of now."""
        for view_id in self.views:
            self.show_view(view_id)

    def show_view(self, view_id: str) -> None:
        """Update a view, or make it if it is visible for the first time; a hidden one waits."""
        if not self.views.places[view_id].isEnabled() or not (self.makes_views or view_id in self.views.made):
            return
        view, now = self.views[view_id], self._workbench.state
        before = self._last_shown[view_id]
        if now is not before:
            self._last_shown[view_id] = now
            view.show_state(before, now)

    def close_down(self) -> None:
        """End what works in the background, as the window closes."""
        parts: Iterable[Panel | View] = (*self.panels.values(), *self.views.made.values())
        for part in parts:
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

"""A harness for tests of panels, which applies the proposed edits to its state; projects and states."""

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.layers import Activation, Concat, Conv2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import ImageInput
from engine.project.project import Design, Project
from engine.run.check import check
from gui.panels.base import Edit, Panel
from gui.panels.designs import DesignsPanel
from gui.state import edits
from gui.state.focus import Focus
from gui.state.renames import Renames
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.window.actions import Action
from gui.window.qt_actions import QtActions
from tests.gui.view_harness import state_of

PHOTO = ImageInput("resources:photos/chelsea.png", (32, 32), "bgr", 1.0, (104.0, 116.0, 122.0), (1.0, 1.0, 1.0))
STEM_NETWORK = Network((Node("stem_conv", Conv2d(8, 3)), Node("stem_relu", Activation("relu"))))
NAIVE = Network((Node("conv5x5", Conv2d(32, 5)),))
BOTTLENECK = Network((Node("reduce", Conv2d(4, 1)), Node("relu", Activation("relu")), Node("conv5x5", Conv2d(32, 5))))
BRANCHES = Network(
    (
        Node("left", Conv2d(4, 1), (INPUT,)),
        Node("right", Conv2d(6, 3), (INPUT,)),
        Node("output", Concat(), ("left", "right")),
    )
)
PROJECT = Project(PHOTO, (Design("naive", NAIVE), Design("bottleneck", BOTTLENECK)), STEM_NETWORK)


class PanelHarness:
    """A panel on the screen and its state, to which the proposed edits are applied as by the workbench."""

    def __init__(self, qtbot: QtBot, panel: Panel) -> None:
        self.panel, self.state = panel, panel._state
        self.edits: list[Edit] = []
        self.focuses: list[Focus] = []
        qtbot.addWidget(panel, before_close_func=lambda _: panel.close_down())  # which keeps it alive until then
        panel.edit_proposed.connect(self.apply_edit)
        panel.focus_requested.connect(self.focuses.append)
        panel.resize(320, 700)
        with qtbot.waitActive(panel):
            panel.show()
            panel.activateWindow()

    def show(self, new: ViewState) -> None:
        old, self.state = self.state, new
        self.panel.show_state(old, new)

    def apply_edit(self, edit: Edit) -> None:
        self.edits.append(edit)
        focus = edit.focus or Renames(self.state.project, edit.project).focus(self.state.focus)
        self.show(ViewState(edit.project, check(edit.project), RunView(), focus, self.state.look))


class DesignsHarness(PanelHarness):
    """The panel of designs with the actions of the window."""

    def __init__(self, qtbot: QtBot, state: ViewState) -> None:
        self._host = QWidget()
        qtbot.addWidget(self._host)
        self.actions = QtActions(self._perform, self._host)
        self.designs = DesignsPanel(state, self.actions.by_id)
        self.actions.add_local_to(self.designs.tree)
        self.actions.show_state(state)
        super().__init__(qtbot, self.designs)

    def _perform(self, action: Action) -> None:
        if action.id == "rename":
            self.designs.edit_name()
        elif action.edit is not None:
            edit = action.edit(self.state)
            assert edit is not None
            self.apply_edit(edit)

    def trigger(self, action_id: str) -> None:
        """Trigger a command; nothing happens if it is disabled."""
        self.actions.by_id[action_id].trigger()

    def rename(self, name: str) -> None:
        """Give the focused layer or design another name."""
        edit = edits.rename_at(self.state, self.state.focus.ref, name)
        assert edit is not None
        self.apply_edit(edit)

    def show(self, new: ViewState) -> None:
        super().show(new)
        self.actions.show_state(new)


def open_designs(
    qtbot: QtBot, design: str, node: str = INPUT, project: Project = PROJECT
) -> tuple[DesignsPanel, DesignsHarness]:
    harness = DesignsHarness(qtbot, state_of(project, Focus(design, node)))
    return harness.designs, harness


def row_names(panel: DesignsPanel) -> list[list[str]]:
    """Names of each design and its layers, as listed."""
    root = panel.tree.invisibleRootItem()
    design_items = [root.child(index) for index in range(root.childCount())]
    return [[item.text(0), *(item.child(index).text(0) for index in range(item.childCount()))] for item in design_items]

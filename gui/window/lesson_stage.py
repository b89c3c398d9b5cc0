"""Takes a lesson in the window: its panel at the left, the views that a step needs, and frames around what it names."""

from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction, QCloseEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QMainWindow, QMenuBar, QToolBar, QWidget

from engine.project.project import Project
from gui.catalogue.workspaces import Arrangement
from gui.lessons.lesson import Lesson, Show
from gui.panels.designs import DesignsPanel
from gui.panels.layer_form import LayerForm
from gui.panels.lesson import LessonPanel
from gui.panels.status import StatusPanel
from gui.state.cameras import CAMERA_VIEWS
from gui.state.view_state import ViewState
from gui.views.bottleneck import BottleneckView
from gui.views.volumes import VolumesView
from gui.widgets.glyphs import GlyphButton
from gui.widgets.texts import ElidedLabel
from gui.window.docks import Docks
from gui.window.highlights import Highlights
from gui.window.lesson_arrangement import arrange_step
from gui.window.view_places import Views
from gui.window.workspaces import ArrangementKind, Workspaces
from gui.workbench.lesson_player import LessonPlayer
from gui.workbench.workbench import Workbench


class _Start(Protocol):
    """The parts of `StartHost` that a lesson uses."""

    def has_project(self, state: ViewState) -> bool: ...

    def forget_project(self, state: ViewState) -> None: ...


class _Window(Protocol):
    """The parts of `MainWindow` that a lesson uses: it imports this file, so it cannot be imported."""

    workbench: Workbench
    docks: Docks
    workspaces: Workspaces
    designs: DesignsPanel
    form: LayerForm
    status: StatusPanel
    views: Views
    actions_by_id: dict[str, QAction]
    layout_changed: SignalInstance

    @property
    def toolbar(self) -> QToolBar: ...

    @property
    def start(self) -> _Start: ...

    def menuBar(self) -> QMenuBar: ...

    def show_start_page(self) -> None: ...


class LessonStage(QObject):
    """The lesson of a window, if one is taken.

    The panel is a dock of the window itself, beside all others: layouts come and go without it.
    """

    def __init__(self, window: QMainWindow, parts: _Window) -> None:
        super().__init__(window)
        self._window, self._parts = window, parts
        self._docks, self._workspaces = parts.docks, parts.workspaces
        self._placeholder: Project | None = None
        """What the window had before the lesson, if that was no project of a person."""
        self.player = LessonPlayer(parts.workbench, self._open_views, self)
        self.panel = LessonPanel()
        self.dock = _LessonDock(self.panel, window)
        self.highlights = Highlights(
            window,
            lambda: parts.workbench.state,
            parts.docks,
            parts.designs,
            parts.form,
            parts.views,
            parts.actions_by_id,
            parts.toolbar,
            parts.menuBar(),
        )
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.dock)
        self.dock.hide()
        self._connect()

    def _connect(self) -> None:
        player, panel = self.player, self.panel
        player.begun.connect(self._on_player_begun)
        player.performed.connect(self._on_player_performed)
        player.changed.connect(self._on_player_changed)
        player.ended.connect(self._on_player_ended)
        self.dock.closed.connect(player.end)
        self._parts.layout_changed.connect(player.refresh)
        panel.back_requested.connect(player.go_back)
        panel.next_requested.connect(player.go_on)
        panel.restore_requested.connect(player.restore)
        panel.solution_requested.connect(player.solve)
        panel.guessed.connect(player.guess)
        panel.chosen.connect(player.choose)

    def start(self, lesson: Lesson, step: int = 0) -> None:
        """Begin a lesson; the person has been asked about unsaved changes."""
        if self.player.lesson is None:
            state = self._parts.workbench.state
            self._placeholder = None if self._parts.start.has_project(state) else state.project
        self.player.start(lesson, step)
        self.panel.begin()

    def close_down(self) -> None:
        self.highlights.clear()
        self.player.close()

    def _open_views(self) -> frozenset[str]:
        return frozenset((*self._docks.visible_ids, *self._docks.centre_ids))

    def _on_player_begun(self) -> None:
        step, lesson = self.player.step, self.player.lesson
        if step is None or lesson is None:
            return
        self.highlights.clear()
        self._show_dock(lesson.title)
        self._arrange(step.views)
        self._turn_camera()
        if "bottleneck" in step.views:
            self._search(step.show.rank)  # without a search the view shows nothing
        self.highlights.show(step.show.highlight)

    def _search(self, rank: int | None) -> None:
        bottleneck = self._parts.views["bottleneck"]
        assert isinstance(bottleneck, BottleneckView)
        bottleneck.begin(rank)

    def _show_dock(self, title: str) -> None:
        self.dock.title.set_text(title)
        if self.dock.isHidden():
            self.dock.show()
            self._window.resizeDocks([self.dock], [self.panel.preferred_width], Qt.Orientation.Horizontal)

    def _arrange(self, views: tuple[str, ...]) -> None:
        """Show these views and panels, unless exactly they are where they should be."""

        def arrangement(kind: ArrangementKind) -> Arrangement:
            return arrange_step(views, narrow=kind == "narrow")

        self._workspaces.borrow(arrangement)

    def _turn_camera(self) -> None:
        """Move the camera to where the step has it."""
        begin, state = self.player.start_of_step, self._parts.workbench.state
        if begin is None:
            return
        angles = begin.look.yaw, begin.look.pitch
        name = next((name for name, of_name in CAMERA_VIEWS.items() if of_name == angles), "")
        volumes = self._parts.views["volumes"]
        if angles == (state.look.yaw, state.look.pitch):
            return
        if name and isinstance(volumes, VolumesView) and self._docks.is_open("volumes"):
            volumes.turn_to(name)
        else:
            self._parts.workbench.set_look(begin.look)

    def _on_player_performed(self, show: Show) -> None:
        """Show what a solution shows."""
        for view in reversed(show.views):
            self._docks.bring_forward(view)
        volumes = self._parts.views["volumes"]
        if show.camera and isinstance(volumes, VolumesView):
            volumes.turn_to(show.camera)
        if show.rank is not None:
            self._search(show.rank)
        if show.highlight:
            self.highlights.show(show.highlight)

    def _on_player_changed(self) -> None:
        if self.player.page is not None:
            self.panel.show_page(self.player.page)
        self._parts.status.totals.setVisible(not self.player.awaits_number)

    def _on_player_ended(self, is_own_back: bool) -> None:
        self.highlights.clear()
        self._parts.status.totals.show()
        self.dock.hide()
        self._workspaces.give_back()
        state = self._parts.workbench.state
        if is_own_back and state.project is self._placeholder:
            self._parts.start.forget_project(state)
            self._parts.show_start_page()


class _LessonDock(QDockWidget):
    """Holds the panel; closing it ends the lesson."""

    closed = Signal()

    def __init__(self, panel: LessonPanel, window: QMainWindow) -> None:
        super().__init__("Lesson", window)
        self.setObjectName("lesson")
        self.setFeatures(self.DockWidgetFeature.DockWidgetClosable | self.DockWidgetFeature.DockWidgetMovable)
        self.setAllowedAreas(Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        self.title = ElidedLabel()
        self.close_button = GlyphButton("close", "End the lesson: your own project comes back")
        self.close_button.clicked.connect(self.close)
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 4, 4, 2)
        row.addWidget(self.title, 1)
        row.addWidget(self.close_button)
        self.setTitleBarWidget(bar)
        self.setWidget(panel)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()  # hidden once the lesson has ended
        self.closed.emit()

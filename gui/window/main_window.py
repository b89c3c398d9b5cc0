"""The main window: it composes docks, menus and toolbar from tables, and connects their signals."""

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QMenu

from gui.catalogue.panels import PANELS
from gui.panels.status import StatusPanel
from gui.state.edit import Edit
from gui.state.edits import Side
from gui.state.view_state import ViewState
from gui.theme import THEMES
from gui.window.actions import Action
from gui.window.banners import BannerArea
from gui.window.changed_file import ChangedFile
from gui.window.clipboard import Clipboard
from gui.window.contents import Contents
from gui.window.docks import Docks
from gui.window.export_commands import ExportCommands
from gui.window.file_commands import FileCommands
from gui.window.first_frame import FirstFrame
from gui.window.free_memory import FreeMemory
from gui.window.help_commands import HelpCommands
from gui.window.keyboard import Keyboard
from gui.window.leave_out import LeaveOut
from gui.window.menus import DynamicMenu, make_row_menu
from gui.window.onnx_check import OnnxCheck
from gui.window.part_commands import PartCommands
from gui.window.photo_comparison import PhotoComparisonCommand
from gui.window.qt_actions import QtActions
from gui.window.second_model import SecondModel
from gui.window.settings import Settings
from gui.window.start_host import StartHost
from gui.window.theme_choice import ThemeChoice
from gui.window.toolbar import Toolbar
from gui.window.window_layout import WindowLayout
from gui.window.window_menus import WindowMenus
from gui.window.workspace_commands import WorkspaceCommands
from gui.window.workspaces import Workspaces
from gui.workbench.automatic_run import AutomaticRun
from gui.workbench.edit_merging import EditMerging
from gui.workbench.workbench import Workbench

if TYPE_CHECKING:
    from gui.export.files import ExportStep
    from gui.window.lesson_stage import LessonStage

AUTOMATIC_RUN = "run/automatic"
"""The stored setting of automatic runs, "on" or "off"."""


class MainWindow(QMainWindow):
    """Shows a workbench."""

    closed = Signal()
    """The window closes; everything is saved or discarded."""
    layout_changed = Signal()
    """A panel or view has been opened, closed, or brought to the front."""
    stayed = Signal()
    """The user was asked about unsaved changes, and does not close the window."""

    def __init__(self, workbench: Workbench, settings: Settings, set_theme: Callable[[str], None]) -> None:
        super().__init__()
        self.workbench = workbench
        workbench.setParent(self)  # a workbench that outlives it would keep all of it by its connections
        self._settings = settings
        self._set_theme = set_theme
        self._is_closing = False
        self.files = FileCommands(self, workbench, settings)
        self.exports = ExportCommands(self, workbench, settings, self.files)
        self.edit_merging = EditMerging(self)
        self.clipboard = Clipboard(self, workbench, self.files, self._on_edit_proposed)
        self.theme_choice = ThemeChoice(workbench, settings, self)
        self.automatic_run = self._make_automatic_run()
        self.setObjectName("main")
        self.setAcceptDrops(True)
        state = workbench.state
        set_theme(state.look.theme)
        self.qt_actions = QtActions(self._perform, self)
        self.actions_by_id = self.qt_actions.by_id
        contents = Contents(workbench, self.actions_by_id, self._on_edit_proposed, self._show_hover, self)
        self._contents = contents
        self.panels, self.views = contents.panels, contents.views
        self.designs, self.form, self.input = contents.designs, contents.form, contents.input
        self.notes, self.history, self.problems = contents.notes, contents.history, contents.problems
        self.status = StatusPanel(state, self.actions_by_id, self)
        self.docks = Docks(self, contents.docked(), self._on_dock_visibility_changed, self._on_dock_moved)
        self.workspaces = Workspaces(self, self.docks, settings)
        self.parts = PartCommands(self, contents, self.docks, self.workspaces, self.exports)
        self.qt_actions.add_undo(workbench.document.undo_stack, self)
        self.qt_actions.add_local_to(self.designs.tree, contents.views.places["volumes"])
        self._make_menus_and_bars()
        self.changed_file = ChangedFile(self, workbench, self.files, self.banners)
        self.onnx_check = OnnxCheck(workbench, self.banners, self.show_message, self)
        self.leave_out = LeaveOut(workbench, self.banners, self.show_message, self)
        self.photo_comparison = PhotoComparisonCommand(self, workbench, self.banners, self.show_message)
        self.second_model = SecondModel(
            self, workbench, settings, self.show_message, partial(self.parts.begin, "differences")
        )
        self.start = StartHost(self, workbench, self.files, self.actions_by_id, settings)
        self.keyboard = Keyboard(self, self.docks, self.toolbar, self.banners, self.start)
        self._connect()
        FreeMemory(workbench, self)
        self._layout = WindowLayout(self, self.docks, self.workspaces, settings)
        self._layout.restore_size()
        self._paint_icons(state)
        self.qt_actions.show_state(state)
        self._show_counts()
        self._show_window_title(state)

    # Signals of panels, views and commands

    def _connect(self) -> None:
        self.workbench.changed.connect(self._show_state)
        self._contents.made.connect(self._on_contents_made)
        self.start.left.connect(self._leave_start_page)
        self.exports.all.stepped.connect(self._on_export_stepped)
        self.status.export.canceled.connect(self.exports.all.cancel)
        self.workspaces.changed.connect(self._on_workspaces_changed)
        self.files.recent_changed.connect(self.menus.dynamic["recent"].fill)
        for commands in (self.files, self.exports, self.clipboard, self.second_model):
            commands.done.connect(self.status.show_hover)
        self.files.input_chosen.connect(partial(self.docks.bring_forward, "input"))
        self.files.lesson_opened.connect(lambda lesson: self.lessons.start(lesson))

    def _on_edit_proposed(self, edit: Edit) -> None:
        self.workbench.edit(edit.text, edit.project, self.edit_merging.merge_key(edit.merge), edit.focus)

    def _show_hover(self, text: str) -> None:
        self.status.show_hover(text)

    def _on_contents_made(self, view_id: str) -> None:
        self.menus.add_to_drawings(view_id, self.views[view_id])
        self.keyboard.forget_chain()

    def _on_export_stepped(self, step: "ExportStep | None") -> None:
        self.status.show_export(*(("", 0, 0) if step is None else (step.name, step.done, step.total)))

    def _on_workspaces_changed(self) -> None:
        self.workspace_commands.fill()
        self.toolbar.show_workspaces(self.workspace_commands.choices)
        self.toolbar.fit_width(self.width())

    def _perform(self, action: Action) -> None:
        state = self.workbench.state
        if action.edit is not None:
            edit = action.edit(state)
            if edit is not None:
                self._on_edit_proposed(edit)
        if action.look is not None:
            self.workbench.set_look(action.look(state))
        if action.run is not None:
            action.run(self)
        if action.checked is not None:  # Qt has toggled it, even if nothing has changed
            self.qt_actions.show_state(self.workbench.state)

    # Composition

    def _make_menus_and_bars(self) -> None:
        self.menus = WindowMenus(self, self.views, self.actions_by_id)
        self.row_menu = make_row_menu(self.designs.tree, self.actions_by_id, self.menus.by_name)
        self.help = HelpCommands(self, self.docks, self.qt_actions.local, self.menus.fill)
        workspaces_menu = self.menus.by_name["Workspaces"]
        self.workspace_commands = WorkspaceCommands(self, self.workspaces, self.actions_by_id, workspaces_menu)
        self.toolbar = self._make_toolbar()
        self.addToolBar(self.toolbar)
        self.banners = BannerArea(self)
        self.setStatusBar(self.status)

    def _make_toolbar(self) -> Toolbar:
        counting = ("Metric", self.menus.by_name["Count"])  # "Count" is a workspace beside it
        menus = {"samples": ("Samples", self.menus.dynamic["samples"]), "count": counting}
        toolbar = Toolbar(self.actions_by_id, menus, self.menus.by_name["Workspaces"], self)
        toolbar.show_workspaces(self.workspace_commands.choices)
        return toolbar

    def _make_automatic_run(self) -> AutomaticRun:
        automatic = AutomaticRun(
            self.workbench,
            lambda on: self._settings.set(AUTOMATIC_RUN, "on" if on else "off"),
            lambda: "files are exported" if self.exports.all.progress is not None else "",
            enabled=self._settings.text(AUTOMATIC_RUN, "on", ("on", "off")) == "on",
        )
        for is_over in (self.exports.all.done, self.exports.all.failed):
            is_over.connect(automatic.reconsider)
        return automatic

    # State → window

    def _show_state(self, old: ViewState, new: ViewState) -> None:
        if old.look.theme != new.look.theme:
            self._set_theme(new.look.theme)
            self._paint_icons(new)
        self.status.show_state(old, new)
        self._contents.show_state(old, new)
        new = self.workbench.state  # a view may have changed it at once
        if new.session != old.session:
            self._leave_start_page()
        self.qt_actions.show_state(new)
        self.start.show_state(new)
        self._show_counts()
        if new.session != old.session:
            self.docks.raise_first_panels()  # the one in front was about the project before
        elif new.focus.ref != old.focus.ref:
            self.docks.uncover("layer")
        if new.run.problems and not old.run.problems:
            self.parts.raised.show("problems")  # the run has failed
        elif old.run.problems and not new.run.problems:
            self.parts.raised.end()
        if _named_by(old) != _named_by(new):
            self._show_window_title(new)

    def _show_counts(self) -> None:
        for row in PANELS:
            count = self.panels[row.id].count
            self.docks[row.id].setWindowTitle(f"{row.title} ({count})" if count else row.title)

    def _show_window_title(self, state: ViewState) -> None:
        name = state.path.name if state.path else state.project.title or "Untitled"
        if state.lesson is not None:
            name = f"Lesson: {state.lesson.title}"
        has_project = state.session or not self.start.is_shown
        self.setWindowTitle(f"{name}[*] – Convolume" if has_project else "Convolume[*]")
        self.setWindowModified(not state.clean)

    def _on_dock_visibility_changed(self, dock_id: str, visible: bool) -> None:
        """Disable what is behind another dock: the Tab key would go there, and edits would redraw it."""
        self.docks.contents[dock_id].setEnabled(visible)
        if dock_id == "volumes":
            self.status.show_boxes(visible)
        if visible and dock_id in self.views and not self.docks.frame.is_arranging:
            self._contents.show_view(dock_id)  # what is visible only while docks are arranged need not be made
        self.layout_changed.emit()

    def _on_dock_moved(self) -> None:
        self.workspaces.own()
        self._layout.store_soon()

    def _paint_icons(self, state: ViewState) -> None:
        theme = THEMES[state.look.theme]
        self.qt_actions.show_theme(theme)
        self.docks.show_theme(theme)
        self.toolbar.show_theme(theme)

    # Lessons

    @cached_property
    def lessons(self) -> "LessonStage":
        """Takes the lessons; made for the first one."""
        from gui.window.lesson_stage import LessonStage  # most windows take none, and all would load it

        stage = LessonStage(self, self)
        self.keyboard.add_beside(stage.panel)
        return stage

    def end_lessons(self) -> None:
        """Stop what a lesson computes, if one was taken."""
        if "lessons" in self.__dict__:
            self.lessons.close_down()

    # Commands and events of the window itself

    def step_panels(self, by: int) -> None:
        """Go with the keyboard focus to the next panel, or to the one before."""
        self.keyboard.step(by)

    def report_settings(self) -> None:
        """Show which stored settings are damaged, if any; their defaults are in use."""
        if self._settings.faults:
            lines = "\n".join((f"{self._settings.file_name}:", *self._settings.faults))
            self.show_message("Some settings could not be read", lines)

    def show_message(self, title: str, details: str) -> None:
        self.files.show_message(title, details)

    def type_layers(self, side: Side) -> None:
        """Open the dialog in which layers are typed that are added beside the selected one."""
        from gui.window.layer_chooser import LayerChooser  # a dialog that few windows show, and all would load

        LayerChooser(self.workbench.state, side, self._on_edit_proposed, self).open()

    def show_frame_first(self, then: Callable[[], None]) -> None:
        """Show the window with its panels; views, for which much more is loaded, and `then` follow the first frame."""
        self._contents.makes_views = False
        self.show()

        def make_views() -> None:
            self._contents.makes_views = True
            self._contents.show_views()
            self.menus.fill()  # the menu bar of a desktop may ask for entries before a menu opens
            then()

        FirstFrame(self, make_views)

    def show_start_page(self) -> None:
        """Show the start page in place of panels and views, until a project is shown."""
        self.start.show(self.workbench.state)
        self._show_window_title(self.workbench.state)

    def _leave_start_page(self) -> None:
        if self.start.is_shown:
            self.start.hide()
            if self.isVisible():
                self.workspaces.complete()
            self.qt_actions.show_state(self.workbench.state)
            self._contents.show_views()
            self._show_window_title(self.workbench.state)
            self.designs.tree.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.start.is_shown:  # docks behind the page are arranged as it is left
            self.workspaces.complete()
        if self.focusWidget() is None:
            self.designs.tree.setFocus()  # otherwise Qt takes the tabs in the middle

    def focusNextPrevChild(self, forward: bool) -> bool:
        return self.keyboard.tab(forward) or super().focusNextPrevChild(forward)

    def createPopupMenu(self) -> QMenu:
        """The context menu of the toolbar; Qt would offer to hide it."""
        menu = DynamicMenu("Panels", self.menus.panel_entries, self)
        menu.fill()  # Qt does not open an empty one
        return menu

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.toolbar.fit_width(self.width())
        self.workspaces.fit_size()

    def close(self) -> bool:
        """Close, unless the user is being asked about it: then Qt would close the window without the answer."""
        return not self._is_closing and super().close()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._is_closing = True
        try:
            may_close = self.files.may_discard()
        finally:
            self._is_closing = False
        if not may_close:
            event.ignore()
            self.stayed.emit()
            return
        self.automatic_run.close()
        self.workbench.close()
        self.files.close_down()
        self.exports.close_down()
        self.changed_file.close_down()
        for work in (self.onnx_check, self.leave_out, self.photo_comparison, self.second_model):
            work.close_down()
        self.end_lessons()
        self.help.manual.close_down()
        self._contents.close_down()
        self.start.close_down()
        self._layout.store()
        self.closed.emit()
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.start.use_files([Path(url.toLocalFile() or url.toString()) for url in event.mimeData().urls()])


def _named_by(state: ViewState) -> tuple[object, ...]:
    """What the title of the window depends on."""
    return state.path, state.clean, state.project.title, state.lesson

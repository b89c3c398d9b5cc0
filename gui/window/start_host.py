"""Shows the start page over the middle of the window, and decides what can be used of the window meanwhile."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QToolBar, QWidget

from gui.catalogue.samples import QUESTION, sample_path
from gui.state.view_state import ViewState
from gui.window.actions import HELP_MENUS
from gui.window.dropped_files import is_input, is_photo, is_project
from gui.window.file_commands import NEW_PROJECT, FileCommands
from gui.window.settings import Settings
from gui.workbench.workbench import Workbench

if TYPE_CHECKING:
    from gui.window.start_page import StartPage

_USABLE = ("new", "open", "start_page", "dark", "next_panel", "previous_panel", "quit", *HELP_MENUS["Help"])
"""Commands that need no project. The theme is one of them."""
_REOPEN = "start/reopen"
_ANSWERS = ("no", "yes")
_FITTING = (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.ChildAdded, QEvent.Type.ChildRemoved)
_AREAS = Qt.ToolBarArea


def may_reopen(settings: Settings) -> bool:
    """Whether the last project is opened at the start, in place of the start page."""
    return settings.text(_REOPEN, _ANSWERS[0], _ANSWERS) == _ANSWERS[1]


class StartHost(QObject):
    """The start page of a window; it is made when it is first shown.

    The page lies over panels and views, which stay where they are, so that no layout changes or is stored for it.
    They and the commands that need a project are disabled meanwhile.
    """

    left = Signal()
    """The user goes on with the open project."""

    def __init__(
        self,
        window: QMainWindow,
        workbench: Workbench,
        files: FileCommands,
        actions: Mapping[str, QAction],
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._workbench = workbench
        self._files = files
        self._actions = actions
        self._settings = settings
        self._enabled: dict[str, bool] = {}
        """Which commands were enabled before."""
        self.page: StartPage | None = None
        self._empty_session = 0
        """Number of the session in which the window has only the placeholder that it was made with."""
        files.recent_changed.connect(self._on_recent_changed)

    @property
    def is_shown(self) -> bool:
        return self.page is not None and not self.page.isHidden()

    def has_project(self, state: ViewState) -> bool:
        """Whether the window has a project, and not only a placeholder."""
        return bool(self._project_name(state))

    def forget_project(self, state: ViewState) -> None:
        """The window has only its placeholder again."""
        self._empty_session = state.session

    def _project_name(self, state: ViewState) -> str:
        """The name of the open project; "" if there is only a placeholder."""
        if state.project is NEW_PROJECT and state.session == self._empty_session:
            return ""
        title = state.project.title if state.lesson is None else state.lesson.title
        return state.path.name if state.path else title or "the project"

    def show(self, state: ViewState) -> None:
        """Show the page in place of panels and views."""
        page = self.page if self.page is not None else self._make_page()
        if not self.is_shown:
            self._window.statusBar().hide()
            self._enabled = {
                action_id: action.isEnabled() for action_id, action in self._actions.items() if action_id not in _USABLE
            }
        page.show_theme(state.look.theme)
        page.show_recent(self._files.recent())
        page.reopen.setChecked(may_reopen(self._settings))
        page.show_back(self._project_name(state))
        self._fit()
        page.show()
        page.begin()
        self.show_state(state)

    def hide(self) -> None:
        """Show panels and views again."""
        if self.page is None or not self.is_shown:
            return
        self.page.hide()
        self._window.statusBar().show()
        self._set_middle_enabled(True)
        for action_id, enabled in self._enabled.items():
            self._actions[action_id].setEnabled(enabled)

    def show_state(self, state: ViewState) -> None:
        """Follow the theme, and disable what the state has enabled."""
        if self.page is not None and self.is_shown:
            self.page.show_theme(state.look.theme)
            for action_id in self._enabled:
                self._actions[action_id].setEnabled(False)

    def use_files(self, paths: Sequence[Path]) -> None:
        """Use dropped files; on the page of a window without a project, a photo is for the first sample."""
        was_shown, before = self.is_shown, self._workbench.state
        if (
            was_shown
            and not self._project_name(before)
            and not any(map(is_project, paths))
            and any(map(is_input, paths))
        ):
            if any(map(is_photo, paths)):
                self._files.open_sample(sample_path(QUESTION))
            else:
                self._workbench.show_project(NEW_PROJECT)
        self._files.use_files(paths)
        if was_shown and self._workbench.state.project is not before.project:
            self.left.emit()
            self._workbench.run()

    def close_down(self) -> None:
        if self.page is not None:
            self.page.close_down()

    def _make_page(self) -> "StartPage":
        from gui.export.project_pictures import ProjectPictures, picture_folder  # a window of a project has no page
        from gui.lessons.head import lesson_heads
        from gui.window.start_page import StartPage

        page = self.page = StartPage(ProjectPictures(picture_folder(), self), lesson_heads(), self._window)
        page.hide()
        page.sample_chosen.connect(partial(self._open, self._files.open_sample))
        page.lesson_chosen.connect(self._files.open_lesson)
        page.recent_chosen.connect(partial(self._open, self._files.open_path))
        page.recent_removed.connect(self._files.forget)
        page.back_chosen.connect(self.left)
        page.new_chosen.connect(self._files.new)
        page.open_chosen.connect(self._files.open)
        page.reopen_chosen.connect(lambda on: self._settings.set(_REOPEN, _ANSWERS[on]))
        self._window.installEventFilter(self)
        return page

    def _set_middle_enabled(self, enabled: bool) -> None:
        docks = self._window.findChildren(QDockWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        for part in (self._window.centralWidget(), *docks):
            if part is not None:
                part.setEnabled(enabled)

    def _open(self, open_path: Callable[[Path], object], path: Path) -> None:
        """Open a project and run it, as at a start with a project."""
        before = self._workbench.state.session
        open_path(path)
        if self._workbench.state.session != before:
            self._workbench.run()

    def _fit(self) -> None:
        """Cover all but the bars of the window, and disable what is behind; that is made anew with each layout."""
        if self.page is not None:
            self._set_middle_enabled(False)
            self.page.setGeometry(_free_area(self._window))
            self.page.raise_()

    def _fit_if_shown(self) -> None:
        if self.is_shown:
            self._fit()

    def _on_recent_changed(self) -> None:
        if self.page is not None and self.is_shown:
            self.page.show_recent(self._files.recent())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.is_shown and event.type() in _FITTING:
            QTimer.singleShot(0, self, self._fit_if_shown)  # after the bars are where they will be
        return False


def _free_area(window: QMainWindow) -> QRect:
    """The window without its menu bar and toolbars; its status bar is hidden."""
    area = window.rect()
    bars: list[tuple[QWidget, Qt.ToolBarArea]] = []
    if not window.menuBar().isNativeMenuBar():
        bars.append((window.menuBar(), _AREAS.TopToolBarArea))
    toolbars = window.findChildren(QToolBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    bars += [(bar, window.toolBarArea(bar)) for bar in toolbars if not bar.isFloating()]
    for bar, place in bars:
        if bar.isHidden():
            continue
        geometry = bar.geometry()
        if place == _AREAS.TopToolBarArea:
            area.setTop(max(area.top(), geometry.bottom() + 1))
        elif place == _AREAS.BottomToolBarArea:
            area.setBottom(min(area.bottom(), geometry.top() - 1))
        elif place == _AREAS.LeftToolBarArea:
            area.setLeft(max(area.left(), geometry.right() + 1))
        else:
            area.setRight(min(area.right(), geometry.left() - 1))
    return area

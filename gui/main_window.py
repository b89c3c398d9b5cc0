"""The window: docks, menus and toolbar composed from tables; signals connected; nothing decided here."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QMessageBox, QScrollArea, QToolBar, QToolButton, QWidget

from engine.files import RESOURCES
from engine.layers import LAYERS, tag_of
from engine.metrics import METRICS
from gui.actions import ACTIONS, MENUS, SEPARATOR, TOOLBAR, Action
from gui.file_commands import FileCommands
from gui.icons import icon
from gui.panels.base import Edit
from gui.panels.designs import DesignsPanel
from gui.panels.input_panel import InputPanel
from gui.panels.layer_form import LayerForm
from gui.panels.problems import ProblemsPanel
from gui.panels.status import StatusPanel
from gui.state import ViewState
from gui.theme import THEMES
from gui.views import VIEWS
from gui.views.base import View
from gui.widgets.command_palette import CommandPalette
from gui.workbench import Workbench

LAYOUT_VERSION = 1
AREAS = Qt.DockWidgetArea


class MainWindow(QMainWindow):
    """Shows a workbench."""

    def __init__(self, workbench: Workbench, settings: QSettings, set_theme: Callable[[str], None]) -> None:
        super().__init__()
        self.workbench = workbench
        self._settings = settings
        self._set_theme = set_theme
        self.files = FileCommands(self, workbench, settings)
        self.setObjectName("main")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.designs = DesignsPanel()
        self.form = LayerForm()
        self.input = InputPanel()
        self.problems = ProblemsPanel()
        self.views: dict[str, View] = {kind.id: kind() for kind in VIEWS}
        self.status = StatusPanel(self)
        self.docks = self._make_docks()
        self.actions_by_id = self._make_actions()
        self._make_menus()
        self.toolbar = self._make_toolbar()
        self.setStatusBar(self.status)
        self._connect()
        self._default_layout = self.saveState(LAYOUT_VERSION)
        self._restore()
        self._show(None, workbench.state)

    # What the panels, views and actions are connected to

    @property
    def panels(self) -> tuple[DesignsPanel | LayerForm | InputPanel | ProblemsPanel, ...]:
        return self.designs, self.form, self.input, self.problems

    def _connect(self) -> None:
        self.workbench.changed.connect(self._show)
        for panel in self.panels:
            panel.edit_proposed.connect(self._on_edit_proposed)
            panel.focus_requested.connect(self.workbench.set_focus)
            panel.hovered.connect(self.status.show_hover)
        for view in self.views.values():
            view.focus_requested.connect(self.workbench.set_focus)
            view.look_requested.connect(self.workbench.set_look)
            view.hovered.connect(self.status.show_hover)
        self.status.cancel_requested.connect(self.workbench.cancel)
        self.files.recent_changed.connect(self._fill_recent)

    def _on_edit_proposed(self, edit: Edit) -> None:
        self.workbench.edit(edit.text, edit.project, edit.merge, edit.focus)

    def _commands(self) -> dict[str, Callable[[], object]]:
        """What each action does, by its id."""
        work, files = self.workbench, self.files

        def look(**changes: object) -> None:
            work.set_look(replace(work.state.look, **changes))

        return {
            "new": files.new,
            "open": files.open,
            "save": files.save,
            "save_as": files.save_as,
            "choose_photo": files.choose_photo,
            "choose_array": files.choose_array,
            "export_all": files.export_all,
            "copy_picture": self._copy_picture,
            "quit": self.close,
            **{f"add_{tag}": partial(self.designs.add_layer, tag) for tag in map(tag_of, LAYERS)},
            "duplicate": self.designs.duplicate,
            "remove": self.designs.remove,
            "move_up": lambda: self.designs.move_by(-1),
            "move_down": lambda: self.designs.move_by(1),
            "add_design": self.designs.add_design,
            "duplicate_design": self.designs.duplicate_design,
            "remove_design": self.designs.remove_design,
            "run": work.run,
            "cancel": work.cancel,
            **{f"metric_{metric.id}": partial(look, metric=metric.id) for metric in METRICS},
            "logarithmic": lambda: look(logarithmic=not work.state.look.logarithmic),
            "dark": lambda: look(theme="light" if work.state.look.theme == "dark" else "dark"),
            "reset_layout": self.reset_layout,
            "palette": self._find_command,
            "about": self._about,
        }

    # Composition

    def _make_docks(self) -> dict[str, QDockWidget]:
        self.setCentralWidget(self.views["volumes"])
        self.setCorner(Qt.Corner.BottomLeftCorner, AREAS.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, AREAS.RightDockWidgetArea)
        designs = self._dock("designs", "Designs", self.designs, AREAS.LeftDockWidgetArea)
        layer = self._dock("layer", "Layer", _scrolled(self.form), AREAS.LeftDockWidgetArea)
        tabs = {
            name: self._dock(name, title, widget, layer)
            for name, title, widget in (
                ("input", "Input", _scrolled(self.input)),
                ("problems", "Mistakes", self.problems),
            )
        }
        places = {
            "bars": AREAS.BottomDockWidgetArea,
            "table": AREAS.BottomDockWidgetArea,
            "filters": AREAS.RightDockWidgetArea,
        }
        views = {id: self._dock(id, self.views[id].title, self.views[id], place) for id, place in places.items()}
        docks = {"designs": designs, "layer": layer, **tabs, **views}
        docks["layer"].raise_()
        self.resizeDocks([docks["designs"], docks["filters"]], [290, 410], Qt.Orientation.Horizontal)
        self.resizeDocks([docks["bars"], docks["table"]], [370, 510], Qt.Orientation.Horizontal)
        self.resizeDocks([docks["bars"], docks["table"]], [330, 330], Qt.Orientation.Vertical)
        return docks

    def _dock(self, name: str, title: str, widget: QWidget, place: "Qt.DockWidgetArea | QDockWidget") -> QDockWidget:
        """A dock in an area, or as a tab behind another; one that has been in an area first leaves its tabs there."""
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(widget)
        if isinstance(place, QDockWidget):
            self.tabifyDockWidget(place, dock)
        else:
            self.addDockWidget(place, dock)
        return dock

    def _make_actions(self) -> dict[str, QAction]:
        commands = self._commands()
        made: dict[str, QAction] = {}
        metrics = QActionGroup(self)
        for action in ACTIONS:
            qt_action = QAction(action.text, self)
            qt_action.setShortcut(QKeySequence(action.shortcut))
            qt_action.setCheckable(action.checked is not None)
            _connect(qt_action, commands.pop(action.id))
            if action.id.startswith("metric_"):
                metrics.addAction(qt_action)
            self.addAction(qt_action)
            made[action.id] = qt_action
        if commands:
            raise AssertionError(f"no action calls {', '.join(commands)}")
        stack = self.workbench.document.undo_stack
        made["undo"] = stack.createUndoAction(self, "Undo")
        made["redo"] = stack.createRedoAction(self, "Redo")
        made["undo"].setShortcuts(QKeySequence.StandardKey.Undo)
        made["redo"].setShortcuts(QKeySequence.StandardKey.Redo)
        return made

    def _make_menus(self) -> None:
        menus = {title: self.menuBar().addMenu(f"&{title}") for title in MENUS}
        self._samples, self._recent = QMenu("Open sample", self), QMenu("Open recent", self)
        for action in ACTIONS:
            menus[action.menu].addAction(self.actions_by_id[action.id])
            if action.id == "open":
                menus["File"].addMenu(self._samples)
                menus["File"].addMenu(self._recent)
        for id in ("undo", "redo"):
            menus["Edit"].addAction(self.actions_by_id[id])
        exports = QMenu("Export a view", self)
        for id, view in self.views.items():
            _connect(exports.addAction(f"{view.title}…"), partial(self._export_view, id))
        menus["File"].insertMenu(self.actions_by_id["export_all"], exports)
        menus["View"].addSeparator()
        for dock in self.docks.values():
            menus["View"].addAction(dock.toggleViewAction())
        for path in sorted((RESOURCES / "projects").glob("*.toml")):
            _connect(self._samples.addAction(_readable(path)), partial(self.files.open_sample, path))
        self._fill_recent()
        self._count = menus["Count"]

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self.files.recent():
            entry = self._recent.addAction(str(path))
            _connect(entry, partial(self.files.open_path, path))
            entry.setEnabled(path.exists())
        self._recent.setEnabled(not self._recent.isEmpty())

    def _make_toolbar(self) -> QToolBar:
        bar = QToolBar("Toolbar", self)
        bar.setObjectName("toolbar")
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._menu_buttons: dict[str, QToolButton] = {}
        for id in TOOLBAR:
            if id == SEPARATOR:
                bar.addSeparator()
            elif id in ("samples", "count"):
                button = QToolButton(bar)
                button.setText({"samples": "Samples", "count": "Count"}[id])
                button.setMenu({"samples": self._samples, "count": self._count}[id])
                button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
                self._menu_buttons[id] = button
                bar.addWidget(button)
            else:
                bar.addAction(self.actions_by_id[id])
        self.addToolBar(bar)
        return bar

    # State → window

    def _show(self, old: ViewState | None, new: ViewState) -> None:
        if old is None or old.look.theme != new.look.theme:
            self._show_theme(new)
        for shown in (*self.panels, *self.views.values(), self.status):
            shown.show_state(old, new)
        for action in ACTIONS:
            self._show_action(action, new)
        mistakes = len(new.check.problems) + len(new.run.problems)
        self.docks["problems"].setWindowTitle(f"Mistakes ({mistakes})" if mistakes else "Mistakes")
        if old is None or (old.path, old.clean, old.project.title) != (new.path, new.clean, new.project.title):
            self.setWindowTitle(f"{new.path.name if new.path else new.project.title or 'Untitled'}[*] – Convolume")
            self.setWindowModified(not new.clean)

    def _show_action(self, action: Action, state: ViewState) -> None:
        qt_action = self.actions_by_id[action.id]
        qt_action.setEnabled(action.enabled(state))
        if action.checked is not None:
            qt_action.setChecked(action.checked(state))

    def _show_theme(self, state: ViewState) -> None:
        theme = THEMES[state.look.theme]
        self._set_theme(theme.name)
        icons = {action.id: action.icon for action in ACTIONS if action.icon} | {"undo": "undo", "redo": "redo"}
        for id, name in icons.items():
            self.actions_by_id[id].setIcon(icon(name, theme.text, theme.muted))
        for id, button in self._menu_buttons.items():
            button.setIcon(icon(id, theme.text, theme.muted))

    # The window's own matters

    def reset_layout(self) -> None:
        """Put every dock back where it was at first."""
        for dock in self.docks.values():
            dock.setFloating(False)
        self.restoreState(self._default_layout, LAYOUT_VERSION)

    def tell(self, title: str, details: str) -> None:
        self.files.tell(title, details)

    def _restore(self) -> None:
        if self._settings.contains("window/geometry"):
            self.restoreGeometry(self._settings.value("window/geometry"))
            self.restoreState(self._settings.value("window/state"), LAYOUT_VERSION)
        else:
            self.resize(1600, 1000)

    def _export_view(self, id: str) -> None:
        self.files.export_view(id, self.views[id].size())

    def _copy_picture(self) -> None:
        QGuiApplication.clipboard().setPixmap(self.views["volumes"].grab())

    def _find_command(self) -> None:
        palette = CommandPalette([action for action in self.actions_by_id.values() if action.isEnabled()], self)
        palette.open()

    def _about(self) -> None:
        box = QMessageBox(self)
        box.setWindowTitle("About Convolume")
        box.setText("<b>Convolume</b> shows what convolutions do and cost.")
        box.setInformativeText((RESOURCES / "CREDITS.md").read_text(encoding="utf-8"))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.files.may_discard():
            event.ignore()
            return
        self.workbench.close()
        self._settings.setValue("window/geometry", self.saveGeometry())
        self._settings.setValue("window/state", self.saveState(LAYOUT_VERSION))
        self._settings.setValue("look/theme", self.workbench.state.look.theme)
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls()[:1]:
            self.files.use(Path(url.toLocalFile()))


def _connect(action: QAction, run: Callable[[], object]) -> None:
    """Do it when the action is chosen; Qt's `checked` is not for us, the state says what holds."""
    action.triggered.connect(lambda _checked: run())


def _scrolled(widget: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidget(widget)
    return area


def _readable(path: Path) -> str:
    return path.stem.replace("_", " ")

"""The menus of the main window: those of the table of commands, those filled as they open, and those of drawings."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Protocol

from PySide6.QtCore import QSize
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenuBar

from gui.catalogue.views import VIEW_IDS, view_row
from gui.views.base import View
from gui.window.docks import CENTRE_VIEWS, Docks
from gui.window.export_commands import ExportCommands
from gui.window.file_commands import FileCommands
from gui.window.menu_entry import MenuEntry
from gui.window.menus import DynamicMenu, add_box_menu, add_canvas_menu, fill_menu_bar
from gui.window.part_commands import PartCommands
from gui.window.theme_choice import ThemeChoice


class _Window(Protocol):
    """The parts of `MainWindow` that menus use: it imports them, so they cannot import it."""

    files: FileCommands
    exports: ExportCommands
    parts: PartCommands
    docks: Docks
    theme_choice: ThemeChoice

    def menuBar(self) -> QMenuBar: ...


class WindowMenus:
    """Makes the menus of the window, and the context menus of its drawings."""

    def __init__(self, window: _Window, views: Mapping[str, View], actions: Mapping[str, QAction]) -> None:
        self._window, self._views, self._actions = window, views, actions
        files, exports = window.files, window.exports
        entries: dict[str, tuple[str, Callable[[], Iterable[MenuEntry]]]] = {
            "samples": ("Open sample", files.sample_entries),
            "lessons": ("Lessons", files.lesson_entries),
            "recent": ("Open recent", files.recent_entries),
            "export_view": ("Export a view", partial(self._view_entries, exports.export_view, "…")),
            "copy_view": ("Copy a view as a picture", partial(self._view_entries, exports.copy_view, "")),
            "scale": ("Scale of pictures", exports.scale_entries),
            "figure_width": ("Width of figures", exports.width_entries),
            "panels": ("Panels", self.panel_entries),
            "theme": ("Theme", window.theme_choice.entries),
        }
        bar = window.menuBar()
        self.dynamic = {menu_id: DynamicMenu(title, make, bar) for menu_id, (title, make) in entries.items()}
        """The menus that are filled as they open, by id."""
        self.dynamic["recent"].fill()  # without any file it is disabled
        self.by_name = fill_menu_bar(bar, actions, self.dynamic)
        """The menus of the table, by name."""

    def add_to_drawings(self, view_id: str, view: View) -> None:
        """Make the context menus of the drawings in a view."""
        from gui.graphics.canvas import Canvas  # pyqtgraph takes a quarter of the start, which may show no drawing

        for canvas in view.findChildren(Canvas):
            if view_id == "volumes":
                add_box_menu(canvas, self._actions, self.by_name)
            add_canvas_menu(canvas, self._actions, self._picture_entries(view_id))

    def fill(self) -> None:
        """List the current entries of the menus that are filled as they open."""
        for menu in self.dynamic.values():
            menu.fill()

    def panel_entries(self) -> Iterator[MenuEntry]:
        """Yield an entry for each panel and view, which brings it to the front."""
        docks = self._window.docks
        titles = {view_id: view_row(view_id).title for view_id in CENTRE_VIEWS}
        titles |= {dock_id: dock.windowTitle() for dock_id, dock in docks.items()}
        for part_id, title in titles.items():
            yield MenuEntry(title, partial(self._window.parts.open, part_id), checked=docks.is_open(part_id))

    def _run_at_size(self, run: Callable[[str, QSize], object], view_id: str) -> None:
        """Call `run` for a view at its current size."""
        run(view_id, self._views[view_id].size())

    def _view_entries(self, run: Callable[[str, QSize], object], more: str) -> Iterator[MenuEntry]:
        for view_id in VIEW_IDS:
            yield MenuEntry(f"{view_row(view_id).title}{more}", partial(self._run_at_size, run, view_id))

    def _picture_entries(self, view_id: str) -> Iterator[MenuEntry]:
        yield MenuEntry("Copy as a picture", partial(self._run_at_size, self._window.exports.copy_view, view_id))
        yield MenuEntry("Export…", partial(self._run_at_size, self._window.exports.export_view, view_id))

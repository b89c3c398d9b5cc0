"""Starts the window: the QApplication, its theme and the first project."""

import gc
import sys
from collections.abc import Iterable
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread

from PySide6.QtCore import QCoreApplication, QLocale, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from engine.files.unfinished import remove_leftovers
from engine.project.file import load_project
from gui.lessons.catalogue import open_lesson
from gui.lessons.file_kind import is_lesson
from gui.state.look import Look
from gui.theme import FIELDS, THEMES, field_palette, palette
from gui.widgets.icons import load_icon
from gui.widgets.number_controls import NUMBER_LOCALE
from gui.window.fault_report import FaultReport, log_path
from gui.window.file_commands import NEW_PROJECT
from gui.window.main_window import MainWindow
from gui.window.recovery import Recovery, state_folder
from gui.window.settings import Settings
from gui.window.signal_closer import SignalCloser
from gui.window.start_host import may_reopen
from gui.window.theme_choice import first_theme, theme_at_start
from gui.workbench.journal import Journal
from gui.workbench.workbench import Workbench

_LOOK_MS = 100
"""Milliseconds until the start page has certainly been painted."""


def make_application() -> QApplication:
    """Return the one QApplication, with our name and style."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    QCoreApplication.setApplicationName("Convolume")
    QCoreApplication.setOrganizationName("Convolume")
    theme_at_start()
    app.setStyle("Fusion")
    QLocale.setDefault(NUMBER_LOCALE)
    app.setWindowIcon(load_icon("convolume", THEMES["light"].accent, THEMES["light"].muted))
    return app


def set_theme(name: str) -> None:
    """Colour every widget. `setColorScheme` has no effect on bare X11 and offscreen."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        app.setPalette(palette(THEMES[name]))
        for field in FIELDS:
            app.setPalette(field_palette(THEMES[name]), field)  # type: ignore[arg-type]  # the stubs say bytes, it takes str


def open_window(path: Path | None) -> int:
    """Open the window on a project, in a lesson, or on the start page, and run until it closes.

    Raises
    ------
    ProjectError
        The file is invalid; no window has been opened.
    """
    lesson = open_lesson(path) if path is not None and is_lesson(path) else None
    file = None if path is None or lesson is not None else load_project(path)
    app = make_application()
    collector = collect_in_this_thread()
    settings = Settings(QSettings())
    project = NEW_PROJECT if file is None else file.project
    workbench = Workbench(project, Look(theme=first_theme(settings)))
    workbench.sweep.keep_rows_in(state_folder() / "sweeps")
    window = MainWindow(workbench, settings, set_theme)
    if file is not None and path is not None:
        workbench.show_project(file.project, path.absolute(), file)
        window.files.remember(path)
    elif lesson is not None and path is not None:
        window.lessons.start(lesson)
        window.files.remember(path)
    elif not (may_reopen(settings) and window.files.reopen_last()):
        window.show_start_page()
    faults, closer = FaultReport(window, log_path()), SignalCloser(window)
    journals = state_folder() / "journal"
    recovery = Recovery(window, Journal(workbench, journals), journals)
    faults.install()
    window.show_frame_first(partial(_begin, window, recovery))
    folders = window.files.recent_folders() | window.exports.recent_folders()
    Thread(target=_remove_leftovers_in, args=[folders], daemon=True).start()  # they may be on slow drives
    try:
        return app.exec() or (128 + closer.number if closer.number else 0)
    finally:
        closer.close_down()
        faults.close_down()
        collector.stop()
        gc.unfreeze()


def _begin(window: MainWindow, recovery: Recovery) -> None:
    """Do what the first frame does not wait for."""
    gc.freeze()  # modules and the window stay: to look through them for garbage stops the window for 0.1 s each time
    recovery.begin()
    window.report_settings()
    if window.start.is_shown:  # what a project is drawn with is loaded behind the page, not before it
        QTimer.singleShot(_LOOK_MS, partial(import_module, "gui.views.volumes"))
    elif window.workbench.state.lesson is None:
        window.workbench.run()


def collect_in_this_thread() -> QTimer:
    """Collect garbage at the events of the timer that is returned.

    Python collects it in any thread, but Qt may crash unless widgets in it are deleted in that of the window.
    """
    gc.disable()
    timer = QTimer(interval=1000)
    timer.timeout.connect(_collect_garbage)
    timer.start()
    return timer


def _collect_garbage() -> None:
    """Collect the generations that Python would."""
    counts = enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True))
    due = [generation for generation, (count, threshold) in counts if 0 < threshold < count]
    if due:
        gc.collect(max(due))


def _remove_leftovers_in(folders: Iterable[Path]) -> None:
    for folder in folders:
        remove_leftovers(str(folder))

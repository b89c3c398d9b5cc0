"""Draws figures and screenshots without a display."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QMessageLogContext, QSettings, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from engine.network.node_ref import NodeRef
from engine.project.project import Project
from engine.run.execute import NodeDone
from engine.run.request import RunRequest
from engine.text.problems import ProjectError
from gui.app import make_application, set_theme
from gui.command_line.output import print_message
from gui.export.files import write_file
from gui.export.pictures import png_bytes
from gui.state.initial_focus import initial_focus
from gui.state.look import DepthScale, Look, ThemeName
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeResult
from gui.window.main_window import AUTOMATIC_RUN, MainWindow
from gui.window.settings import Settings
from gui.workbench.workbench import Workbench


@contextmanager
def offscreen_application(theme: ThemeName) -> Iterator[QApplication]:
    """A QApplication that needs no display, whatever the value of DISPLAY."""
    if QApplication.instance() is None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    before = qInstallMessageHandler(_forward_qt_message)
    try:
        app = make_application()
        set_theme(theme)
        yield app
    finally:
        qInstallMessageHandler(before)


def _forward_qt_message(_kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    """Print Qt's messages on standard error, but not the one that its offscreen platform prints for every window."""
    if "propagateSizeHints" not in message:
        print_message(message)


def state_after_run(
    request: RunRequest, results: Mapping[NodeRef, NodeDone], theme: ThemeName, scale: DepthScale = "sqrt"
) -> ViewState:
    """The state of the window after a run, with that scale for edges."""
    project, project_check = request.project, request.check
    volumes = {
        ref: VolumeResult(done.key, done.volume, done.milliseconds, done.fitted_weights, done.notices)
        for ref, done in results.items()
    }
    return ViewState(
        project, project_check, RunView(volumes), initial_focus(project, project_check), Look(theme=theme, scale=scale)
    )


@contextmanager
def window_after_run(
    project: Project,
    path: Path,
    size: tuple[int, int],
    theme: ThemeName,
    *,
    run: bool = True,
    workspace: str = "compare",
) -> Iterator[MainWindow]:
    """The whole window of a project from `path` after a run, or before one, in a workspace.

    Raises
    ------
    ProjectError
        The run failed.
    """
    with temporary_window(project, theme) as window:
        workbench = window.workbench
        workbench.show_project(project, path.absolute())
        window.resize(*size)
        window.show()
        window.workspaces.switch_to(workspace)
        if run:
            workbench.run()
        while workbench.state.run.progress is not None:
            QApplication.processEvents()
        if workbench.state.run.problems:
            raise ProjectError(workbench.state.run.problems, path)
        QApplication.processEvents()
        yield window


def save_screenshot(
    project: Project,
    path: Path,
    out: Path,
    size: tuple[int, int],
    theme: ThemeName,
    *,
    run: bool = True,
    workspace: str = "compare",
) -> None:
    """Write the whole window in a workspace after a run, or before one, as a PNG file."""
    with window_after_run(project, path, size, theme, run=run, workspace=workspace) as window:
        write_file(out, png_bytes(window.grab().toImage()))


@contextmanager
def temporary_window(project: Project, theme: ThemeName) -> Iterator[MainWindow]:
    """A window that stores nothing, and runs nothing by itself."""
    settings = Settings(QSettings("", QSettings.Format.IniFormat))
    settings.set(AUTOMATIC_RUN, "off")
    workbench = Workbench(project, Look(theme=theme))
    window = MainWindow(workbench, settings, set_theme)
    try:
        yield window
    finally:
        window.end_lessons()
        workbench.close()
        window.hide()  # a window that is visible when it is deleted tells its event filters, which are gone by then
        window.deleteLater()
        QApplication.processEvents()

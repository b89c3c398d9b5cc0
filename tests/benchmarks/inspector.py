"""The time of a step from one value to the next while the inspector plays, until the window is repainted."""

import statistics
from time import perf_counter

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from engine.files.paths import RESOURCES
from engine.project.file import load_project
from gui.app import make_application, set_theme
from gui.state.focus import Focus
from gui.state.focus_steps import next_focus
from gui.window.main_window import AUTOMATIC_RUN, MainWindow
from gui.window.settings import Settings
from gui.workbench.workbench import Workbench

STEPS = 80
AIM = 16.0


def settle() -> None:
    QApplication.sendPostedEvents()
    QApplication.processEvents()


def step_ms(window: MainWindow, focus: Focus) -> tuple[float, float]:
    """Median time of a step: until every view has the new state, and until all is painted."""
    workbench = window.workbench
    workbench.set_focus(focus)
    settle()
    updates, paints = [], []
    for _ in range(STEPS):
        shape = workbench.state.volume_at(focus.ref).shape
        step = None if shape is None else next_focus(workbench.state.focus, shape)
        start = perf_counter()
        workbench.set_focus(step or focus)
        updates.append(1000 * (perf_counter() - start))
        settle()
        paints.append(1000 * (perf_counter() - start))
    return statistics.median(updates[5:]), statistics.median(paints[5:])


def main() -> None:
    make_application()
    workbench = Workbench(load_project(RESOURCES / "projects" / "inception_3a_5x5_branch.toml").project)
    settings = Settings(QSettings("", QSettings.Format.IniFormat))
    settings.set(AUTOMATIC_RUN, "off")
    window = MainWindow(workbench, settings, set_theme)
    window.resize(1600, 1000)
    window.show()
    workbench.run()
    while workbench.state.run.progress is not None:
        QApplication.processEvents()
    print(f"{'a step, 1600×1000 window, offscreen':<40} {'update':>8} {'paint':>8} {'aim':>8}  ms")
    for focus in (Focus("naive", "conv5x5", 2, (5, 0)), Focus("", "conv3_2", 2, (5, 0))):
        update, paint = step_ms(window, focus)
        name = f"{focus.design or 'stem'} · {focus.node}"
        print(f"{name:<40} {update:>8.1f} {paint:>8.1f} {AIM:>8.0f}  {'ok' if paint <= AIM else 'over'}")
    window.close()
    window.deleteLater()
    settle()


if __name__ == "__main__":
    main()

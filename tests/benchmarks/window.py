"""The window: the time of its start, and from an edit in a form or a turn of the camera to the repainted window."""

import gc
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Literal

from msgspec.structs import replace
from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication, QSpinBox

from engine.files.paths import RESOURCES
from engine.layers import Activation, Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project
from engine.project.project import Design, Project
from engine.run.cache import VolumeCache
from engine.run.execute import execute
from engine.run.request import RunRequest
from gui.app import collect_in_this_thread, make_application, set_theme
from gui.catalogue.workspaces import WORKSPACES
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.view_state import ViewState
from gui.window.main_window import AUTOMATIC_RUN, MainWindow
from gui.window.settings import Settings
from gui.workbench.workbench import Workbench

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 40
_PASSES = 30
"""Turns of the event loop in which all is painted that a state causes."""
Blocks = Literal["auto", "open", "closed"]
START = """
import gc, os, sys, time
gc.disable()  # as main.py does for the imports
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the same
start = time.perf_counter()
from gui.command_line.qt_import import import_qt
import_qt()
from PySide6.QtCore import QSettings
from engine.files.paths import RESOURCES
from gui.app import make_application, set_theme
from gui.window.file_commands import NEW_PROJECT
from gui.window.first_frame import FirstFrame
from gui.window.main_window import AUTOMATIC_RUN, MainWindow
from gui.window.settings import Settings
from gui.workbench.workbench import Workbench
from engine.project.file import load_project

def end(_drawn=False):
    if _drawn:
        for _ in range(5):
            app.processEvents()
    print(1000 * (time.perf_counter() - start))
    sys.stdout.flush()
    os._exit(0)

app = make_application()
project = load_project(RESOURCES / "projects" / "inception_3a_5x5_branch.toml").project
settings = Settings(QSettings("", QSettings.Format.IniFormat))
settings.set(AUTOMATIC_RUN, "off")
window = MainWindow(Workbench(project), settings, set_theme)
window.resize(1600, 1000)
window.show_frame_first(lambda: end(True))
FirstFrame(window, end)
app.exec()
"""
"""From the first import to the first frame of a project: all but the drawings."""

START_DRAWN = START.replace("FirstFrame(window, end)\n", "")
"""To the frame with the drawings."""

START_PAGE = START.replace("window.show_frame", "window.show_start_page(); window.show_frame").replace(
    'load_project(RESOURCES / "projects" / "inception_3a_5x5_branch.toml").project', "NEW_PROJECT"
)
"""The first frame of the start page in place of a project."""

FLOOR = """
import os, sys, time
start = time.perf_counter()
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
app.setStyle("Fusion")
window = QMainWindow()
window.resize(1600, 1000)
window.show()
for _ in range(5):
    app.processEvents()
print(1000 * (time.perf_counter() - start))
sys.stdout.flush()
os._exit(0)
"""
"""An empty window: no start in Python with Qt takes less."""


def chain(length: int) -> Project:
    """Convolutions and ReLUs by turns."""
    kinds = (Conv2d(filters=64, kernel=3), Activation("relu"))
    nodes = tuple(Node(f"{('conv', 'relu')[i % 2]}{i // 2 + 1}", kinds[i % 2]) for i in range(length))
    return Project(NoiseInput((64, 28, 28)), (Design("chain", Network(nodes)),))


def settle() -> None:
    for _ in range(3):
        QApplication.sendPostedEvents()
        QApplication.processEvents()


def median_ms(action: Callable[[int], object], rounds: int = ROUNDS) -> float:
    """Median time of an action and all the repainting that it causes."""
    durations = []
    gc.disable()  # as in the program, which collects between events
    for number in range(rounds):
        start = perf_counter()
        action(number)
        QApplication.sendPostedEvents()
        QApplication.processEvents()
        durations.append(1000 * (perf_counter() - start))
        gc.collect(1)
    gc.enable()
    return statistics.median(durations[3:])


@contextmanager
def window_of(project: Project, focus: Focus, blocks: Blocks = "auto") -> Iterator[MainWindow]:
    """A window after a run."""
    workbench = Workbench(project)
    workbench.set_look(Look(blocks=blocks))
    settings = Settings(QSettings("", QSettings.Format.IniFormat))
    settings.set(AUTOMATIC_RUN, "off")
    window = MainWindow(workbench, settings, set_theme)
    window.resize(1600, 1000)
    window.show()
    workbench.run()
    while workbench.state.run.progress is not None:
        QApplication.processEvents()
    workbench.set_focus(focus)
    settle()
    yield window
    workbench.document.undo_stack.setClean()
    window.close()
    window.deleteLater()
    settle()


def measure(project: Project, focus: Focus, blocks: Blocks = "auto") -> tuple[float, float]:
    """(edit, turn of the camera) in ms."""
    with window_of(project, focus, blocks) as window:
        box = next(box for box in window.form.findChildren(QSpinBox) if "ilters" in box.accessibleName())
        edit = median_ms(lambda number: box.setValue(20 + number % 2))
        workbench, look = window.workbench, window.workbench.state.look
        turn = median_ms(lambda number: workbench.set_look(replace(look, yaw=look.yaw + number % 7)))
    return edit, turn


def measure_workspaces(project: Project, focus: Focus) -> list[tuple[str, float]]:
    """In each workspace, ms of an edit in the form and of a selection of another layer, with what they are."""
    rows = []
    design = project.designs[0]
    names = [node.name for node in design.network.nodes if isinstance(node.layer, Conv2d)][-40:]
    with window_of(project, focus) as window:
        for workspace in WORKSPACES:
            window.workspaces.switch_to(workspace.id)
            window.workbench.set_focus(focus)
            settle()
            box = next(box for box in window.form.findChildren(QSpinBox) if "ilters" in box.accessibleName())
            edit = median_ms(lambda number, box=box: box.setValue(20 + number % 2), 12)
            select = median_ms(lambda number: window.workbench.set_focus(Focus(design.name, names[number])), 12)
            rows += [(f"edit in {workspace.title}", edit), (f"selection in {workspace.title}", select)]
    return rows


def measure_map_counts(project: Project, focus: Focus) -> dict[str, float]:
    """An edit of each number of maps in GoogLeNet's table, in ms, by row and column."""
    milliseconds = {}
    with window_of(project, focus) as window:
        window.docks.bring_forward("paper")
        settle()
        model = window.views["paper"].model
        for row, paper_row in enumerate(model.rows):
            for column, head in enumerate(model.columns):
                if head.id in paper_row.map_counts:
                    count = paper_row.map_counts[head.id].value
                    cell = model.index(row, column)
                    edit = partial(
                        lambda cell, count, number: model.setData(cell, str(count + number % 2)), cell, count
                    )
                    milliseconds[f"{paper_row.name}, {head.title}"] = median_ms(edit, 12)
    return milliseconds


def measure_run(project: Project, rounds: int = 5) -> tuple[float, float]:
    """(time of a run in the window against the run alone, longest gap of the event loop in ms): medians, by turns."""
    workbench = Workbench(project)
    settings = Settings(QSettings("", QSettings.Format.IniFormat))
    settings.set(AUTOMATIC_RUN, "off")
    window = MainWindow(workbench, settings, set_theme)
    window.resize(1600, 1000)
    window.show()
    settle()
    collector = collect_in_this_thread()
    gc.freeze()  # as the program does once its window stands
    ratios, gaps = [], []
    for _ in range(rounds):
        start = perf_counter()
        events = [*execute(RunRequest.of(project), VolumeCache(0))]  # with their volumes, as the command line has them
        alone = perf_counter() - start
        del events
        workbench.cache.clear()
        workbench.show_project(project)
        settle()
        seconds, gap = run_in_window(workbench)
        ratios.append(seconds / alone)
        gaps.append(1000 * gap)
    collector.stop()
    gc.unfreeze()
    gc.enable()
    window.close()
    window.deleteLater()
    settle()
    return statistics.median(ratios[1:]), statistics.median(gaps[1:])


def run_in_window(workbench: Workbench) -> tuple[float, float]:
    """Seconds of a run with all the painting that it causes, and of the longest gap between ticks of 5 ms."""
    loop, ticks = QEventLoop(), [perf_counter()]
    timer = QTimer(interval=5)
    timer.timeout.connect(lambda: ticks.append(perf_counter()))
    timer.start()

    def wait(turns: int) -> None:
        QTimer.singleShot(0, loop.quit if not turns else partial(wait, turns - 1))

    def end(_old: object, new: ViewState) -> None:
        if new.run.progress is None:
            wait(_PASSES)

    workbench.changed.connect(end)
    workbench.run()
    loop.exec()
    workbench.changed.disconnect(end)
    settle()
    ticks.append(perf_counter())
    return ticks[-1] - ticks[0], max(after - before for before, after in pairwise(ticks))


def run_rows() -> list[tuple[str, float, float]]:
    """Rows of the runs in the window."""
    rows = []
    projects = {
        name: load_project(RESOURCES / "projects" / f"{name}.toml").project for name in ("googlenet", "densenet121")
    }
    for name, project in {**projects, "chain of 1,000 layers": chain(1000)}.items():
        ratio, gap = measure_run(project)
        rows += [
            (f"{name}: run in the window, times the run alone", ratio, 1.2),
            (f"{name}: longest gap, ms", gap, 50.0),
        ]
    return rows


def start_ms() -> list[float]:
    """Medians of three starts in processes of their own, by turns: to a project, its drawings, and the start page."""
    durations: dict[str, list[float]] = {START: [], START_DRAWN: [], START_PAGE: []}
    for _ in range(4):
        for program, times in durations.items():
            run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
            times.append(float(run.stdout))
    return [statistics.median(times[1:]) for times in durations.values()]


def main() -> None:
    make_application()
    names = ("start to the window of a project", "start to its drawings", "start to the start page")
    rows = list(zip(names, start_ms(), (600.0, float("inf"), 600.0), strict=True))
    start_project = load_project(RESOURCES / "projects" / "inception_3a_5x5_branch.toml").project
    for name, project, focus, aim in (
        ("start project", start_project, Focus("naive", "conv5x5"), 16.0),
        ("chain of 100 layers", chain(100), Focus("chain", "conv25"), 33.0),
        ("chain of 1,000 layers", chain(1000), Focus("chain", "conv490"), 33.0),
    ):
        edit, turn = measure(project, focus)
        rows += [(f"{name}: edit in the form", edit, aim), (f"{name}: turn of the camera", turn, min(aim, 16.0))]
    rows += [
        (f"chain of 1,000 layers: {what}", milliseconds, 33.0)
        for what, milliseconds in measure_workspaces(chain(1000), Focus("chain", "conv490"))
    ]
    rows += run_rows()
    googlenet = load_project(RESOURCES / "projects" / "googlenet.toml").project
    design = googlenet.designs[0]
    first = next(node.name for node in design.network.nodes if isinstance(node.layer, Conv2d))
    modes: tuple[Blocks, ...] = ("closed", "open")
    for blocks in modes:
        edit, turn = measure(googlenet, Focus(design.name, first), blocks)
        name = f"GoogLeNet, blocks {blocks}"
        rows += [(f"{name}: edit in the form", edit, 33.0), (f"{name}: turn of the camera", turn, 16.0)]
    edits = measure_map_counts(googlenet, Focus(design.name, first))
    slowest = max(edits, key=edits.__getitem__)
    rows.append(
        (f"GoogLeNet, numbers of maps in the table: median of {len(edits)}", statistics.median(edits.values()), 33.0)
    )
    rows.append((f"  the slowest, {slowest}", edits[slowest], 33.0))
    print(f"{'1600×1000 window, offscreen; ms if nothing else is said':<60} {'is':>8} {'aim':>8}")
    for name, amount, aim in rows:
        verdict = "" if aim == float("inf") else f"{aim:>8.1f}  {'ok' if amount <= aim else 'missed'}"
        print(f"{name:<60} {amount:>8.1f} {verdict}")


if __name__ == "__main__":
    main()

"""Long networks in the window: edits, the camera, selections by keys, Find, opening a file, memory and the analysis.

Times are processor times of the window's thread, lower quartiles, so that other programs hardly disturb them.
"""

import gc
import resource
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import thread_time

from msgspec.structs import replace
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSpinBox

from engine.layers import Conv2d
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project, save_project
from engine.project.project import Project
from engine.run.check import EarlierCheck, check
from gui.app import make_application, set_theme
from gui.state.focus import Focus
from gui.window.main_window import AUTOMATIC_RUN, MainWindow
from gui.window.settings import Settings
from gui.workbench.workbench import Workbench
from tests.benchmarks.window import ROOT, chain, settle, window_of

Row = tuple[str, float, float]
"""What is measured, the amount, and the aim."""

ROUNDS = 24
EDIT_AIMS = {100: 33.0, 1000: 33.0, 7500: 100.0, 10_000: 100.0}
"""Milliseconds from an edit to the repainted window by number of layers; projects of 10,000 cannot be files."""


def quartile_ms(action: Callable[[int], object]) -> float:
    """Lower quartile of the processor time of an action and all the repainting that it causes."""
    durations = []
    gc.disable()  # as in the program, which collects between events
    for number in range(ROUNDS):
        start = thread_time()
        action(number)
        QApplication.sendPostedEvents()
        QApplication.processEvents()
        durations.append(1000 * (thread_time() - start))
        gc.collect(1)
    gc.enable()
    return sorted(durations[2:])[ROUNDS // 4]


def project_of(length: int) -> Project:
    """A chain; the volumes of a very long one are small, to be run in seconds."""
    return chain(length) if length <= 1000 else replace(chain(length), input=NoiseInput((64, 7, 7)))


def window_rows(length: int) -> list[Row]:
    """Rows of a chain after a run: each edit has a width that no edit before it had."""
    edit_aim, frame_aim = EDIT_AIMS[length], min(EDIT_AIMS[length], 33.0)
    number = length // 2 - 10
    with window_of(project_of(length), Focus("chain", f"conv{number}")) as window:
        box = next(box for box in window.form.findChildren(QSpinBox) if "ilters" in box.accessibleName())
        workbench, canvas = window.workbench, window.views["volumes"].canvas
        look = workbench.state.look
        tree = window.designs.tree
        actions: list[tuple[str, Callable[[int], object], float]] = [
            ("edit in the form", lambda _: box.setValue(box.value() + 1), edit_aim),
            ("turn of the camera", lambda at: workbench.set_look(replace(look, yaw=look.yaw + 0.37 * at)), 16.0),
            ("selection by keys, picture", lambda _: QTest.keyClick(canvas, Qt.Key.Key_Left), frame_aim),
            ("selection by keys, list", lambda _: QTest.keyClick(tree, Qt.Key.Key_Up), frame_aim),
            ("find", lambda at: workbench.set_query(f"conv{at + 1}"), edit_aim),
        ]
        rows = [(f"{length:,} layers: {name}", quartile_ms(action), aim) for name, action, aim in actions]
        workbench.set_query("conv")
        settle()
        next_match = quartile_ms(lambda _: window.designs.go_to_found(1))
        rows.append((f"{length:,} layers: next match", next_match, frame_aim))
        workbench.set_query("")
        canvas.zoom_to_selection()
        settle()
        rows.append((f"{length:,} layers: edit, zoomed in", quartile_ms(actions[0][1]), edit_aim))
        arrays = sum(result.volume.nbytes for result in workbench.state.run.results.values())
        weights = sum(report.weight_bytes for report in workbench.state.check.reports.values())
        arrays += weights if weights <= workbench.cache.weights.budget else 0
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - arrays / 2**20
        rows.append((f"{length:,} layers: most memory without volumes and cached weights, MiB", most, 400.0))
    return rows


def file_to_window_ms() -> float:
    """Milliseconds from the path of a file of 1,000 layers to the painted window, the first in this process."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "chain.toml"
        save_project(chain(1000), path)
        start = thread_time()
        settings = Settings(QSettings("", QSettings.Format.IniFormat))
        settings.set(AUTOMATIC_RUN, "off")
        window = MainWindow(Workbench(load_project(path).project), settings, set_theme)
        window.resize(1600, 1000)
        window.show()
        settle()
        milliseconds = 1000 * (thread_time() - start)
        window.close()
        window.deleteLater()
        settle()
    return milliseconds


def analysis_ms() -> float:
    """Milliseconds of the check after one width near the end of 1,000 layers has changed."""
    project = chain(1000)
    network = project.designs[0].network

    def with_width(filters: int) -> Callable[[], object]:
        other = project.with_network("chain", network.with_layer("conv495", Conv2d(filters=filters, kernel=3)))
        return partial(check, other, EarlierCheck(project, before))

    before, durations = check(project), []
    for filters in range(20, 60):
        check_now = with_width(filters)
        start = thread_time()
        check_now()
        durations.append(1000 * (thread_time() - start))
    return sorted(durations)[len(durations) // 4]


def print_rows(rows: list[Row]) -> None:
    for name, amount, aim in rows:
        print(f"{name:<60} {amount:>8.1f} {aim:>8.1f}  {'ok' if amount <= aim else 'missed'}", flush=True)


def main() -> None:
    """Print a table; with a number of layers, only the rows of that, in this process, with its memory."""
    make_application()
    if len(sys.argv) > 1:
        length = int(sys.argv[1])
        print_rows(window_rows(length))
        return
    print(f"{'1600×1000 window, offscreen; ms if nothing else is said':<60} {'is':>8} {'aim':>8}", flush=True)
    print_rows([("1,000 layers: analysis after one width near the end", analysis_ms(), 2.0)])
    print_rows([("1,000 layers: file to painted window", file_to_window_ms(), 1500.0)])
    for length in EDIT_AIMS:
        subprocess.run([sys.executable, __file__, str(length)], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()

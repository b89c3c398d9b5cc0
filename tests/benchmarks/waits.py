"""What a person waits for: the start, `analyze`, gaps in the event loop during a run, the curve of a bottleneck."""

import os
import subprocess
import sys
from statistics import median, quantiles
from time import perf_counter

from engine.files.paths import RESOURCES
from engine.project.file import load_project
from gui.app import make_application
from tests.benchmarks.bottleneck import seconds_of_curve, volumes_of_a_run
from tests.benchmarks.window import FLOOR, ROOT, START, START_DRAWN, START_PAGE, chain, measure_run
from tests.measuring import busy_cores

SAMPLE = RESOURCES / "projects" / "inception_3a_5x5_branch.toml"
ROUNDS = 7
IMPORTS = "import numpy, PySide6.QtWidgets, pyqtgraph"
"""What any window with a drawing has to import."""
ENGINE = "import argparse, numpy, msgspec"
"""What any command has to import: the lower bound of `analyze`."""
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
"""Compiled modules are kept, as for a person."""
Row = tuple[str, float, float]
"""A name, an amount and its aim."""


def process_ms(arguments: list[str]) -> float:
    """Milliseconds of a Python process from its start to its end."""
    start = perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL, check=True)
    return 1000 * (perf_counter() - start)


def start_rows() -> list[Row]:
    """Lower quartiles of processes of their own, in turn."""
    programs = {
        "floor of the start page: an empty window, ms": ["-c", FLOOR],
        "floor of a project: imports of NumPy, Qt and pyqtgraph, ms": ["-c", IMPORTS],
        "floor of analyze: imports of NumPy and msgspec, ms": ["-c", ENGINE],
        "start to the window of a project, ms": ["-c", START],
        "start to the drawings of a project, ms": ["-c", START_DRAWN],
        "start to the painted start page, ms": ["-c", START_PAGE],
        "analyze, ms": ["main.py", "analyze", str(SAMPLE)],
    }
    aims = (float("inf"), float("inf"), float("inf"), 600.0, float("inf"), 600.0, 200.0)
    times: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(ROUNDS + 1):
        for name, arguments in programs.items():
            times[name].append(process_ms(arguments))
    return [(name, quantiles(times[name][1:], n=4)[0], aim) for name, aim in zip(programs, aims, strict=True)]


def run_rows(aim: float, rounds: int = 5) -> list[Row]:
    """Medians of runs in the window and of the same runs alone, in turn."""
    names = ("inception_3a_5x5_branch", "googlenet", "densenet121")
    projects = {name: load_project(RESOURCES / "projects" / f"{name}.toml").project for name in names}
    rows = []
    for name, project in {**projects, "chain of 1,000 layers": chain(1000)}.items():
        ratio, gap = measure_run(project, rounds)
        rows += [(f"{name}: longest gap, ms", gap, aim), (f"{name}: run, times the run alone", ratio, 1.2)]
    return rows


def curve_rows(aim: float, rounds: int = ROUNDS) -> list[Row]:
    """Medians of the curve of conv3_3: with the stem's runs on three photos, and after a run of the first."""
    computed = volumes_of_a_run()
    pairs = [(seconds_of_curve()[0], seconds_of_curve(computed)[0]) for _ in range(rounds)]
    names = ("curve of conv3_3 without any run, ms", "curve of conv3_3 in the window, after a run, ms")
    return [(name, 1000 * median(times), aim) for name, times in zip(names, zip(*pairs, strict=True), strict=True)]


def print_rows(rows: list[Row]) -> None:
    for name, amount, aim in rows:
        verdict = "" if aim == float("inf") else f"{aim:>8.1f}  {'ok' if amount <= aim else 'missed'}"
        print(f"{name:<60} {amount:>8.1f} {verdict}")


def main() -> None:
    make_application()
    print(f"{'quiet':<60} {'is':>8} {'aim':>8}")
    print_rows([*start_rows(), *run_rows(50.0), *curve_rows(500.0)])
    print("as many busy loops as cores")
    with busy_cores(600):
        print_rows([*run_rows(100.0, 3), *curve_rows(1500.0, 3)])


if __name__ == "__main__":
    main()

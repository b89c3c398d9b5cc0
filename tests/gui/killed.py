"""Programs to be killed: one that saves without end, one that edits, and the whole window that edits.

A server has imported everything and forks for each of them: a start takes milliseconds, so that many can be killed.
`python -m tests.gui.killed` reads lines ``name folder seed`` and answers with the process id, and lines ``wait id``.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QTimer

from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import save_project
from engine.project.project import Design, Project
from gui.workbench.journal import Journal
from gui.workbench.workbench import Workbench

LAYERS = 40


def version(number: int) -> Project:
    """A project whose seed is a number, of a size that changes with it."""
    nodes = tuple(Node(f"conv{layer}", Conv2d(filters=8, kernel=3)) for layer in range(1 + number * 7 % LAYERS))
    return Project(NoiseInput((3, 16, 16)), (Design("design", Network(nodes)),), seed=number)


def note(folder: Path, number: int) -> None:
    """Write down what is done and when: a killed process does not lose what it has written."""
    with (folder / "log").open("a") as log:
        log.write(f"{number} {time.monotonic()}\n")


def save_without_end(folder: Path, random: Random) -> None:
    number = 0
    while True:
        number += 1
        save_project(version(number), folder / "p.toml")
        note(folder, number)


def edit_without_end(folder: Path, random: Random) -> None:
    """The model with its journal: an edit every few milliseconds."""
    app = QCoreApplication([])
    workbench = Workbench(version(0))
    workbench.journal = Journal(workbench, folder / "journal")

    def edit() -> None:
        number = workbench.state.project.seed + 1
        note(folder, number)  # before it: what the edit itself takes counts
        workbench.edit("Edit", replace(workbench.state.project, seed=number))
        timer.start(random.randrange(5, 40))

    timer = QTimer(singleShot=True)
    timer.timeout.connect(edit)
    timer.start(0)
    app.exec()


def use_the_window(folder: Path, random: Random) -> None:
    """The program itself, with an edit every few milliseconds."""
    from gui.app import make_application, open_window
    from gui.window.main_window import MainWindow

    os.environ |= {f"XDG_{name}_HOME": str(folder) for name in ("CONFIG", "DATA", "STATE")}
    app = make_application()

    def edit() -> None:
        window = next((widget for widget in app.topLevelWidgets() if isinstance(widget, MainWindow)), None)
        if window is not None and window.isVisible():
            number = window.workbench.state.project.seed + 1
            note(folder, number)
            window.workbench.edit("Edit", replace(window.workbench.state.project, seed=number))

    timer = QTimer(interval=random.randrange(20, 60))
    timer.timeout.connect(edit)
    timer.start()
    save_project(version(0), folder / "p.toml")
    open_window(folder / "p.toml")


PROGRAMS: dict[str, Callable[[Path, Random], None]] = {
    "save": save_without_end,
    "edit": edit_without_end,
    "window": use_the_window,
}


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        name, *arguments = line.split()
        if name == "wait":
            os.waitpid(int(arguments[0]), 0)
            print("ended", flush=True)
            continue
        child = os.fork()
        if not child:
            sys.stdin.close()
            PROGRAMS[name](Path(arguments[0]), Random(int(arguments[1])))
        print(child, flush=True)


if __name__ == "__main__":
    main()

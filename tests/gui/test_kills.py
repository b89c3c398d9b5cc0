"""A program that is killed while it saves loses no file; killed while it edits, it loses at most a second.

`make soak` kills more often than the 100 and 20 times here.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from engine.project.file import load_project, save_project
from gui.workbench.journal_file import claim_journals
from tests.gui.killed import version

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forked programs")
ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("SOAK_SEED", "0"))
SAVES = int(os.environ.get("SOAK_KILLS", "100"))
EDITS = max(1, SAVES // 5)
WINDOWS = max(1, SAVES // 100)
MORE_THAN_A_SECOND = 1.1
"""A program that has lived for less cannot lose a second of edits."""
AT_ONCE = 5
"""Programs that edit at the same time: most of the time they wait."""


class Server:
    """Starts programs to be killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.gui.killed"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        )
        assert self._read() == "ready"

    def start(self, name: str, folder: Path, seed: int) -> int:
        folder.mkdir(parents=True, exist_ok=True)
        assert self._process.stdin is not None
        print(name, folder, seed, file=self._process.stdin, flush=True)
        return int(self._read())

    def kill(self, process: int) -> float:
        """Kill a program and wait until all of it has ended; returns when it was killed."""
        os.kill(process, signal.SIGKILL)
        killed = time.monotonic()
        print("wait", process, file=self._process.stdin, flush=True)
        assert self._read() == "ended"
        return killed

    def close(self) -> None:
        self._process.communicate(timeout=60)

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def log(folder: Path) -> list[tuple[int, float]]:
    """Number and time of what a program has done."""
    path = folder / "log"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(int(number), float(when)) for number, when in map(str.split, lines)]


def wait_for_work(folders: list[Path]) -> None:
    end = time.monotonic() + 60
    while not all(log(folder) for folder in folders):
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.mark.parametrize("names", [1, 2], ids=["one name", "two names"])
def test_no_file_is_lost_when_the_program_is_killed_while_it_saves(
    server: Server, tmp_path: Path, names: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file with two names is written in its place, beside a copy, which may be what is left."""
    random, copies = Random(SEED), 0
    kills = SAVES - SAVES // 4 if names == 1 else SAVES // 4
    for number in range(kills):
        folder = tmp_path / str(number)
        folder.mkdir()
        save_project(version(0), folder / "p.toml")
        if names == 2:
            os.link(folder / "p.toml", folder / "other.toml")
        process = server.start("save", folder, number)
        wait_for_work([folder])
        time.sleep(random.uniform(0, 0.02))
        server.kill(process)
        saved = log(folder)[-1][0]
        texts = [folder / "p.toml", *folder.glob("p.toml.*.new")]
        copies += len(texts) > 1
        found = [project for path in texts if (project := read(path)) is not None]
        assert found, "the file is lost"
        assert max(project.seed for project in found) in (saved, saved + 1)
        assert names == 2 or len(texts) == 1
        assert all(project == version(project.seed) for project in found)
    with capsys.disabled():
        print(f"\n{kills} kills while saving a file with {names} name(s): 0 files lost, {copies} copies left beside")


def read(path: Path):
    try:
        return load_project(path).project
    except Exception:
        return None


def lost_seconds(folder: Path, killed: float) -> float:
    """How long before the kill the oldest edit began that the journal lacks; 0 if it has all.

    Without a journal, all edits are lost. A busy system is no excuse: the user has lost what was edited.
    """
    work = [file.read() for journal in folder.rglob("journal") for file in claim_journals(journal)]
    last = max((one.history.current.project.seed for one in work), default=0)
    assert all(len(one.history.steps) == one.history.current.project.seed for one in work)
    return next((killed - when for number, when in log(folder) if number > last), 0.0)


def test_at_most_a_second_of_edits_is_lost_when_the_program_is_killed(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random, lost = Random(SEED), []
    for first in range(0, EDITS, AT_ONCE):
        folders = [tmp_path / str(number) for number in range(first, min(first + AT_ONCE, EDITS))]
        processes = [server.start("edit", folder, first) for folder in folders]
        wait_for_work(folders)
        time.sleep(MORE_THAN_A_SECOND)
        for folder, process in zip(folders, processes, strict=True):
            time.sleep(random.uniform(0, 0.2))
            lost.append(lost_seconds(folder, server.kill(process)))
    with capsys.disabled():
        print(f"\n{len(lost)} kills while editing: at most {max(lost):.2f} s of edits lost")
    assert max(lost) <= 1


def test_a_killed_window_loses_neither_its_file_nor_more_than_a_second(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random, lost = Random(SEED), []
    for number in range(WINDOWS):
        folder = tmp_path / str(number)
        process = server.start("window", folder, number)
        wait_for_work([folder])
        time.sleep(random.uniform(MORE_THAN_A_SECOND, 2))
        lost.append(lost_seconds(folder, server.kill(process)))
        assert load_project(folder / "p.toml").project == version(0)
    with capsys.disabled():
        print(f"\n{len(lost)} kills of the window: at most {max(lost):.2f} s of edits lost")
    assert max(lost) <= 1

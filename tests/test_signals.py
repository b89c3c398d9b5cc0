"""Real signals to the program as a process: its exit status, and that nothing unfinished is left."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.test_command_line import MAIN, SMALL, START

STATUSES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
COMMANDS = {
    "run": ("run", str(START)),
    "export": ("export", str(START), "--format", "png,svg,pdf"),
    "bottleneck": ("bottleneck", str(START), "--design", "stem"),
}
OUT_OPTIONS = {"bottleneck": "--apply"}
MOMENTS = 4
"""Moments per command and signal."""


def start(command, out):
    words = [sys.executable, str(MAIN), *COMMANDS[command], OUT_OPTIONS.get(command, "--out"), str(out)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_signal_at_any_moment_ends_with_its_status_and_leaves_nothing_unfinished(command, number, tmp_path):
    moments = random.Random(f"{command} {number}")
    for moment in range(MOMENTS):
        out = tmp_path / str(moment) / "new" / "out.toml"
        process = start(command, out)
        first = process.stderr.readline()  # the handlers are installed, and the work has begun
        assert first.startswith(("run 1/", "search 1/"))
        time.sleep(moments.uniform(0, 0.9))
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
        assert "Traceback" not in errors
        assert "Fatal" not in errors
        if process.returncode == 0:  # it was complete already
            assert output
            continue
        assert process.returncode == STATUSES[number]
        assert errors.endswith("cancelled\n")
        assert not out.parent.parent.exists() or is_complete(out)


def is_complete(out):
    names = os.listdir(out) if out.is_dir() else [out.name]
    return bool(names) and not any(name.startswith(".") for name in names)


COMMIT = """
import os, signal, sys
from pathlib import Path
from engine.files.atomic_write import write_folder_atomically
from gui.command_line.signals import end_on_signals
end_on_signals()
move = os.replace
def interrupted_move(*paths):
    move(*paths)
    os.kill(os.getpid(), signal.Signals[sys.argv[2]])
os.replace = interrupted_move
with write_folder_atomically(Path(sys.argv[1])) as folder:
    for name in "abc":
        (folder / name).write_text(name)
print("not reached")
"""


@pytest.mark.parametrize("number", STATUSES, ids=lambda number: number.name)
def test_a_signal_while_files_are_put_in_place_waits_until_all_are(number, tmp_path):
    words = [sys.executable, "-c", COMMIT, str(tmp_path / "out"), number.name]
    process = subprocess.run(words, cwd=MAIN.parent, capture_output=True, text=True, timeout=60)
    assert (process.returncode, process.stdout, process.stderr) == (STATUSES[number], "", "cancelled\n")
    assert sorted(os.listdir(tmp_path / "out")) == ["a", "b", "c"]


END = """
import os, signal, sys
from gui.command_line.signals import end_on_signals
class KillerAtTheEnd:
    def __init__(self, number):
        self._kill = lambda kill=os.kill, me=os.getpid(), number=number: kill(me, number)
    def __del__(self):
        self._kill()
end_on_signals()
sys.last_to_go = KillerAtTheEnd(signal.Signals[sys.argv[1]])
sys.stdout.write("complete")
sys.exit(2)
"""


@pytest.mark.parametrize("number", STATUSES, ids=lambda number: number.name)
def test_a_signal_while_python_ends_changes_nothing_as_the_work_is_complete(number):
    words = [sys.executable, "-c", END, number.name]
    process = subprocess.run(words, cwd=MAIN.parent, capture_output=True, text=True, timeout=60)
    assert (process.returncode, process.stdout, process.stderr) == (2, "complete", "")


WRITE = """
import os, signal, sys
from pathlib import Path
from engine.files import atomic_write
from gui.command_line.signals import end_on_signals
end_on_signals()
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGINT)
atomic_write.write_atomically(Path(sys.argv[1]), b"new")
"""


def test_a_signal_during_a_save_keeps_the_old_file_and_no_other(tmp_path):
    (tmp_path / "p.toml").write_text("old")
    words = [sys.executable, "-c", WRITE, str(tmp_path / "p.toml")]
    assert subprocess.run(words, cwd=MAIN.parent, capture_output=True, timeout=60).returncode == 130
    assert os.listdir(tmp_path) == ["p.toml"]
    assert (tmp_path / "p.toml").read_text() == "old"


def test_a_program_that_was_started_to_ignore_ctrl_c_ignores_it(tmp_path):
    ignore = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)  # noqa: E731
    words = [sys.executable, str(MAIN), "run", str(START), "--out", str(tmp_path / "out")]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=ignore)
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0


# Leftovers of killed programs


def age(path, days):
    then = time.time() - days * 24 * 3600
    os.utime(path, (then, then), follow_symlinks=False)


def analyze(path):
    return subprocess.run([sys.executable, str(MAIN), "analyze", str(path)], capture_output=True, timeout=60)


def test_what_a_killed_run_leaves_is_removed_at_the_next_start_if_it_is_old(tmp_path):
    process = start("run", tmp_path)
    process.stderr.readline()
    process.kill()
    process.communicate()
    (leftover,) = tmp_path.glob(".unfinished-*")
    (tmp_path / "p.toml").write_text(SMALL, encoding="utf-8")
    assert analyze(tmp_path / "p.toml").returncode == 0
    assert leftover.exists()  # it is not old
    (leftover / "naive.npz").write_bytes(b"half")
    age(leftover, 1)
    assert analyze(tmp_path / "p.toml").returncode == 0
    assert os.listdir(tmp_path) == ["p.toml"]


def test_an_old_folder_of_a_running_program_stays(tmp_path):
    process = start("run", tmp_path)
    process.stderr.readline()
    process.send_signal(signal.SIGSTOP)
    try:
        (folder,) = tmp_path.glob(".unfinished-*")
        age(folder, 0.5)
        (tmp_path / "p.toml").write_text(SMALL, encoding="utf-8")
        assert analyze(tmp_path / "p.toml").returncode == 0
        assert folder.exists()
    finally:
        process.kill()
        process.communicate()


IMPORTS = """
import builtins, os, signal, sys
load = builtins.__import__
def interrupted_import(name, *more, **options):
    if name == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGINT)
    return load(name, *more, **options)
builtins.__import__ = interrupted_import
import main
main.main()
"""


@pytest.mark.parametrize("module", ["gui.command_line.signals", "shutil", "msgspec", "numpy", "PIL"])
def test_a_signal_during_the_imports_ends_without_a_traceback(module):
    words = [sys.executable, "-c", IMPORTS, module]
    process = subprocess.run(words, cwd=MAIN.parent, capture_output=True, text=True, timeout=60)
    assert process.returncode == 130
    assert process.stderr in ("", "cancelled\n")

"""The child process of the fuzzer: opens one project after the other, under limits, and reports each in a line."""

import contextlib
import io
import json
import os
import re
import resource
import shutil
import sys
import time
import traceback
import warnings
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from engine.project.file import load_project
from engine.run.check import check
from engine.text.names import control_fault
from engine.text.problems import ProjectError
from gui.command_line.command import DONE, WRONG
from gui.command_line.main import main
from gui.lessons.file_kind import is_lesson
from gui.lessons.reader import load_lesson
from gui.lessons.validation import lesson_problems, typed_figures

_ADDRESS_SPACE = 4 * 2**30
_MAX_RUN_VALUES = 2_000_000
_MAX_RUN_MACS = 50_000_000
_MAX_RUN_LAYERS = 300
_MAX_RUN_BYTES = 50_000
"""Larger projects are analysed and not run: a run may take its time."""

_MAX_MESSAGE = 250_000
"""Characters of a refusal: a hundred problems with long names."""


def examine(project: Path) -> str:
    """Analyse a project, and run it if it is small; returns "answered" or "refused", or raises."""
    if is_lesson(project):
        return _examine_lesson(project)
    formats = ("table", "csv", "json", "markdown", "latex", "netron")
    report_format = formats[sum(project.read_bytes()[:64]) % len(formats)]
    status, out, err = _call(["analyze", str(project), "--format", report_format])
    if status == WRONG:
        return "refused"
    only_notices = all(line.startswith("notice: ") for line in err.splitlines())
    _require(status == DONE and only_notices, f"analyze: status {status}, {err[:300]!r}")
    _require(bool(out) and not control_fault(out, "\n\t"), "analyze: an empty output, or a control character in it")
    if project.stat().st_size > _MAX_RUN_BYTES or not _is_small(project):
        return "answered"
    folder = project.parent / "out"
    status, _, err = _call(["run", str(project), "--out", str(folder)])
    _require(status in (DONE, WRONG), f"run: status {status}")
    _require(status == DONE or not folder.exists(), "run: a refused run left its folder behind")
    shutil.rmtree(folder, ignore_errors=True)
    return "answered" if status == DONE else "refused"


def _examine_lesson(path: Path) -> str:
    """Read a lesson, walk through it, and compute its numbers."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            lesson = load_lesson(path)
        except ProjectError as error:
            _require_clear(str(error))
            return "refused"
        problems = ProjectError([*lesson_problems(lesson), *typed_figures(lesson)], path)
    if problems.problems:
        _require_clear(str(problems))
    return "answered"


def _require_clear(message: str) -> None:
    """A refusal must be a message without control characters, of limited length."""
    _require(bool(message.strip()), "a refusal without a message")
    _require(len(message) <= _MAX_MESSAGE, f"a refusal of {len(message):,} characters")
    _require("Traceback" not in message and not re.search(r"\bobject at 0x", message), "a refusal with internals")
    _require(not control_fault(message, "\n\t"), f"a control character in a message: {control_fault(message)}")


def _is_small(path: Path) -> bool:
    """Whether a run is a matter of milliseconds."""
    try:
        project_check = check(load_project(path).project)
    except ProjectError:
        return False
    if len(project_check.reports) + len(project_check.analyses) > _MAX_RUN_LAYERS:
        return False
    values = sum(r.output_shape.size + r.weight_bytes for r in project_check.reports.values() if r.output_shape)
    macs = sum(report.macs or 0 for report in project_check.reports.values())
    return values < _MAX_RUN_VALUES and macs < _MAX_RUN_MACS


def _call(words: list[str]) -> tuple[int, str, str]:
    """Run a command; a refusal must be a message without control characters, of limited length, for each mistake."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.simplefilter("error")
        status = main(words)
    message = err.getvalue()
    if status == WRONG:
        _require_clear(message)
    _require(not control_fault(message, "\n\t"), f"a control character in a message: {control_fault(message)}")
    return status, out.getvalue(), message


def _require(condition: bool, text: str) -> None:
    if not condition:
        raise AssertionError(text)


def _reset_peak() -> None:
    """Let the peak of memory begin anew, where the system allows it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    """Peak of the memory since the last reset."""
    with contextlib.suppress(OSError):
        match = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        if match:
            return 1024 * int(match[1])
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def serve(target: str) -> None:
    """Read paths of projects from standard input, and write a line of JSON about each."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    function = resolve_name(target)
    for line in sys.stdin:
        _reset_peak()
        start = time.process_time()
        answer: dict[str, Any] = {"text": ""}
        try:
            answer["outcome"] = function(Path(json.loads(line)))
        except BaseException as error:  # whatever it is, it is what the fuzzer looks for
            answer |= {"outcome": "fault", "text": "".join(traceback.format_exception(error))[-3000:]}
        answer |= {"seconds": time.process_time() - start, "bytes": _peak_bytes()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])

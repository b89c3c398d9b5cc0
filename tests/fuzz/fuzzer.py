"""Makes cases from a seed, sends them to a child process, and counts what comes back."""

import json
import os
import random
import select
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from msgspec import Struct

from tests.fuzz.binary_files import array_input, image_input, weights_file
from tests.fuzz.case import Case, Maker
from tests.fuzz.lessons import lesson_file
from tests.fuzz.models import model_file
from tests.fuzz.projects import damaged_text, large_structure, strange_structure

MAKERS: dict[str, Maker] = {
    "project text": damaged_text,
    "structure": strange_structure,
    "large structure": large_structure,
    "array": array_input,
    "weights": weights_file,
    "image": image_input,
    "lesson": lesson_file,
    "model": model_file,
}
OUTCOMES = ("answered", "refused", "fault", "slow", "large", "died")
GOOD = OUTCOMES[:2]
TARGET = "tests.fuzz.child:examine"

_MAX_SECONDS = 2.0
"""Time of the processor per case."""
_MAX_BYTES = 2**30
_PATIENCE = 30.0
"""Seconds on the clock after which a case is given up; other programs may keep the processor busy."""


class Finding(Struct, frozen=True):
    """A case with its outcome."""

    number: int
    kind: str
    outcome: str
    seconds: float
    bytes: int
    text: str = ""


def make_case(seed: int, number: int) -> Case:
    """The case of that number, which depends on nothing else."""
    rng = random.Random(f"{seed}/{number}")
    kind = rng.choice(tuple(MAKERS))
    return Case(kind, MAKERS[kind](rng))


class Child:
    """A child process that examines projects; a new one starts after one has died or was given up."""

    def __init__(self, target: str = TARGET) -> None:
        self._target = target
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, project: Path, patience: float = _PATIENCE) -> dict[str, Any]:
        """What the child answers about a project, or "slow" or "died"."""
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(str(project)).encode() + b"\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], patience)
        line = process.stdout.readline() if ready else b""
        if line:
            return dict(json.loads(line))
        self.close()
        text = f"status {process.returncode}" if ready else f"no answer within {patience:g} s"
        return {"outcome": "died" if ready else "slow", "seconds": 0.0 if ready else patience, "bytes": 0, "text": text}

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        words = [sys.executable, "-m", "tests.fuzz.child", self._target]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        return self._process

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def judge(number: int, kind: str, answer: dict[str, Any]) -> Finding:
    """The outcome of a case under the limits."""
    outcome, seconds, size = answer["outcome"], answer["seconds"], answer["bytes"]
    # Memory first: on a busy machine, so much of it takes time as well.
    if outcome in GOOD and size > _MAX_BYTES:
        outcome = "large"
    elif outcome in GOOD and seconds > _MAX_SECONDS:
        outcome = "slow"
    return Finding(number, kind, outcome, seconds, size, answer["text"])


def fuzz(
    seed: int, *, cases: int | None = None, minutes: float | None = None, keep: Path | None = None
) -> Iterator[Finding]:
    """Yield the finding of each case, up to a number of cases or for some time; `keep` gets the files of bad ones."""
    end = None if minutes is None else monotonic() + 60 * minutes
    child, number = Child(), 0
    try:
        with TemporaryDirectory(prefix="fuzz-") as folder:
            while (cases is None or number < cases) and (end is None or monotonic() < end):
                case = make_case(seed, number)
                place = Path(folder) / str(number)
                place.mkdir()
                finding = judge(number, case.kind, child.ask(case.write(place)))
                if finding.outcome not in GOOD and keep is not None:
                    shutil.copytree(place, keep / f"{seed}-{number}", dirs_exist_ok=True)
                shutil.rmtree(place, ignore_errors=True)
                yield finding
                number += 1
    finally:
        child.close()


def counts_text(findings: list[Finding]) -> str:
    """A line per kind with its counts, and the slowest and the largest case of each."""
    lines = [f"{'':16}" + "".join(f"{outcome:>10}" for outcome in OUTCOMES) + "   slowest   largest"]
    for kind in MAKERS:
        own = [finding for finding in findings if finding.kind == kind]
        counts = Counter(finding.outcome for finding in own)
        slowest = max((finding.seconds for finding in own), default=0.0)
        largest = max((finding.bytes for finding in own), default=0)
        numbers = "".join(f"{counts[outcome]:>10,}" for outcome in OUTCOMES)
        lines.append(f"{kind:16}{numbers}{slowest:>8.2f} s{largest / 2**20:>7.0f} MB")
    return "\n".join(lines)

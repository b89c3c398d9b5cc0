"""Runs ONNX models in a child process with limits, so that no model can end the program or fill its memory."""

import atexit
import json
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Lock, Thread
from time import monotonic
from typing import IO, Any, NamedTuple

import numpy as np

from engine.kernels.blocks import Checkpoint, Volume

_SCRIPT = Path(__file__).with_name("onnx_child.py")
_SECONDS = 60.0
"""How long a model may take."""
_LEAST_BYTES = 2**30
_POLL = 0.05


class ModelFault(Exception):
    """A model cannot be run, for the reason that ONNX Runtime has stated, or for a limit."""


class Output(NamedTuple):
    """A tensor as float32, and its type in the model."""

    array: Volume
    dtype: str


class _Child:
    """A process that runs one model after the other."""

    def __init__(self) -> None:
        import subprocess  # an analysis, which needs neither, would take 20 ms more

        import psutil

        memory = max(_LEAST_BYTES, psutil.virtual_memory().available)
        self._process = subprocess.Popen(
            [sys.executable, str(_SCRIPT), str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._answers: Queue[tuple[dict[str, Any], bytes] | None] = Queue()
        Thread(target=self._read, name="answers of ONNX Runtime", daemon=True).start()

    def ask(self, model: bytes, inputs: Sequence[Volume], checkpoint: Checkpoint, *, exact: bool) -> list[Output]:
        """The outputs of a model; ModelFault if it has none, or takes too long or too much memory."""
        assert self._process.stdin is not None, "a pipe is asked for"
        head = {"model": len(model), "shapes": [list(array.shape) for array in inputs], "exact": exact}
        try:
            write_message(self._process.stdin, head, b"".join((model, *(_bytes(array) for array in inputs))))
        except OSError:
            raise ModelFault("ONNX Runtime has ended") from None
        end = monotonic() + _SECONDS
        while True:
            try:
                answer = self._answers.get(timeout=_POLL)
                break
            except Empty:
                checkpoint()
                if monotonic() > end:
                    raise ModelFault(f"it takes more than {_SECONDS:g} s") from None
        if answer is None:
            raise ModelFault("ONNX Runtime has crashed, or needs more memory than is free")
        reply, data = answer
        if "fault" in reply:
            raise ModelFault(str(reply["fault"]))
        outputs, start = [], 0
        for shape, dtype in reply["outputs"]:
            count = int(np.prod(shape, dtype=np.int64))
            outputs.append(Output(np.frombuffer(data, np.float32, count, start).reshape(shape), dtype))
            start += 4 * count
        return outputs

    def _read(self) -> None:
        assert self._process.stdout is not None, "a pipe is asked for"
        with suppress(OSError, ValueError):
            while (message := read_message(self._process.stdout)) is not None:
                self._answers.put(message)
        self._answers.put(None)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


_lock = Lock()
_children: list[_Child] = []
"""The process that waits for a model, if any."""


def run_model(model: bytes, inputs: Sequence[Volume], checkpoint: Checkpoint, *, exact: bool = False) -> list[Output]:
    """The outputs of a serialized model for float32 inputs.

    Parameters
    ----------
    exact
        Whether to compute in double precision, by the definitions of the operators in the ONNX package: slow.

    Raises
    ------
    ModelFault
        It cannot be run, or not within its limits.
    """
    with _lock:
        child = _children.pop() if _children else _Child()
    try:
        outputs = child.ask(model, inputs, checkpoint, exact=exact)
    except BaseException:
        child.end()
        raise
    with _lock:
        if not _children:
            _children.append(child)
            return outputs
    child.end()
    return outputs


@atexit.register
def end_children() -> None:
    """End the processes that wait."""
    with _lock:
        for child in _children:
            child.end()
        _children.clear()


def _bytes(array: Volume) -> bytes:
    return np.ascontiguousarray(array, np.float32).tobytes()


_HEAD = struct.Struct("<QQ")


def write_message(pipe: IO[bytes], head: dict[str, Any], data: bytes) -> None:
    """Write a table and bytes, with their lengths before them."""
    text = json.dumps(head).encode()
    pipe.write(_HEAD.pack(len(text), len(data)))
    pipe.write(text)
    pipe.write(data)
    pipe.flush()


def read_message(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """The next table and its bytes; None at the end."""
    lengths = pipe.read(_HEAD.size)
    if len(lengths) < _HEAD.size:
        return None
    text, data = _HEAD.unpack(lengths)
    return json.loads(pipe.read(text)), pipe.read(data)

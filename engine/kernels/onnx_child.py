"""The child process that runs ONNX models: a script of its own, which imports nothing of the program."""

import json
import os
import struct
import sys
from typing import Any

_HEAD = struct.Struct("<QQ")
_MAX_FAULT = 300
"""Characters of a reason."""


def answer_messages() -> None:
    """Answer each message with the outputs of its model, or with why there are none."""
    _limit_memory(int(sys.argv[1]))
    source, target = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    while len(lengths := source.read(_HEAD.size)) == _HEAD.size:
        text, size = _HEAD.unpack(lengths)
        head, data = json.loads(source.read(text)), source.read(size)
        try:
            answer, content = _run(head, data)
        except MemoryError:
            answer, content = {"fault": "it needs more memory than is free"}, b""
        except Exception as error:  # whatever the runtime raises is the answer
            lines = str(error).splitlines() or [type(error).__name__]
            answer, content = {"fault": lines[0][:_MAX_FAULT]}, b""
        words = json.dumps(answer).encode()
        target.write(_HEAD.pack(len(words), len(content)) + words + content)
        target.flush()


def _run(head: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 2, 4
    if not head["optimised"]:
        # The operators as the model has them: joined ones round in another way, and a single node gains nothing.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    start = head["model"]
    session = onnxruntime.InferenceSession(data[:start], options, ["CPUExecutionProvider"])
    feeds = {}
    for value, shape in zip(session.get_inputs(), head["shapes"], strict=True):
        count = int(np.prod(shape, dtype=np.int64))
        feeds[value.name] = np.frombuffer(data, np.float32, count, start).reshape(shape)
        start += 4 * count
    outputs = session.run(None, feeds)
    content = b"".join(np.ascontiguousarray(output, np.float32).tobytes() for output in outputs)
    return {"outputs": [[list(output.shape), output.dtype.name] for output in outputs]}, content


def _limit_memory(size: int) -> None:
    """At most so many bytes; only Unix has such a limit."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


if __name__ == "__main__":
    answer_messages()

"""The child process that runs ONNX models: a script of its own, which imports nothing of the program."""

import json
import os
import struct
import sys
from typing import Any

_HEAD = struct.Struct("<QQ")
_SHORT_FLOATS = (1, 10)
"""ONNX's numbers for types of 32 and 16 bits."""
_TYPES = {
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(uint8)": "uint8",
    "tensor(int8)": "int8",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}
"""NumPy's names of types by those of ONNX Runtime."""
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

    start = head["model"]
    model, arrays = data[:start], []
    for shape in head["shapes"]:
        count = int(np.prod(shape, dtype=np.int64))
        arrays.append(np.frombuffer(data, np.float32, count, start).reshape(shape))
        start += 4 * count
    outputs = (_exact_outputs if head["exact"] else _runtime_outputs)(model, arrays)
    content = b"".join(np.ascontiguousarray(output, np.float32).tobytes() for output in outputs)
    return {"outputs": [[list(output.shape), output.dtype.name] for output in outputs]}, content


def _runtime_outputs(model: bytes, arrays: list[Any]) -> list[Any]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 2, 4
    # The operators as the model has them: joined ones round in another way, and a single node gains nothing.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
    types = {value.name: _TYPES.get(value.type, "float32") for value in session.get_inputs()}
    feeds = {name: array.astype(types[name], copy=False) for name, array in zip(types, arrays, strict=True)}
    return list(session.run(None, feeds))


def _exact_outputs(model: bytes, arrays: list[Any]) -> list[Any]:
    """The outputs in double precision, by what the ONNX package defines the operators as."""
    import numpy as np
    import onnx
    from onnx.reference import ReferenceEvaluator

    proto = onnx.load_from_string(model)
    constants = [attribute.t for node in proto.graph.node for attribute in node.attribute if attribute.HasField("t")]
    for tensor in (*proto.graph.initializer, *constants):
        if tensor.data_type in _SHORT_FLOATS:
            values = onnx.numpy_helper.to_array(tensor).astype(np.float64)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    for node in proto.graph.node:
        for attribute in node.attribute:
            if (node.op_type, attribute.name) == ("Cast", "to") and attribute.i in _SHORT_FLOATS:
                attribute.i = onnx.TensorProto.DOUBLE
    evaluator = ReferenceEvaluator(proto)
    feeds = {name: array.astype(np.float64) for name, array in zip(evaluator.input_names, arrays, strict=True)}
    return [np.asarray(output) for output in evaluator.run(None, feeds)]


def _limit_memory(size: int) -> None:
    """At most so many bytes; only Unix has such a limit."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


if __name__ == "__main__":
    answer_messages()

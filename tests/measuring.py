"""What benchmarks measure with: functions in turn, quiet and busy, and ONNX Runtime and PyTorch beside ours."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from statistics import quantiles
from time import perf_counter, thread_time
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.kernels.threads import available_cores

Work = Callable[[], object]

_LOOP = "import time\nend = time.monotonic() + {seconds}\nwhile time.monotonic() < end: pass"


def in_turn(
    functions: Sequence[Work], seconds: float, fewest: int = 5, clock: Callable[[], float] = perf_counter
) -> list[float]:
    """Lower quartile of the milliseconds that each takes, run in turn so that what disturbs one disturbs all.

    With `thread_time` as the clock, what other programs take of the cores does not count.
    """
    for function in functions:
        function()
    times: list[list[float]] = [[] for _ in functions]
    end = perf_counter() + seconds
    while perf_counter() < end or len(times[0]) < fewest:
        for function, row in zip(functions, times, strict=True):
            start = clock()
            function()
            row.append(1000 * (clock() - start))
    return [quantiles(row, n=4)[0] for row in times]


def quiet_clock(threads: int) -> Callable[[], float]:
    """The clock for works that are measured quiet, so that other programs disturb those of one thread little."""
    return thread_time if threads == 1 else perf_counter


@contextmanager
def busy_cores(seconds: float) -> Iterator[None]:
    """As many busy loops as cores, in processes of their own that end after so many seconds at the latest."""
    command = [sys.executable, "-c", _LOOP.format(seconds=seconds)]
    loops = [subprocess.Popen(command) for _ in range(available_cores())]
    try:
        yield
    finally:
        for loop in loops:
            loop.terminate()
            loop.wait()


def has_onnx_runtime() -> bool:
    """Whether the packages onnxruntime and onnx, which makes its models, are installed."""
    return all(find_spec(package) is not None for package in ("onnx", "onnxruntime"))


def onnx_runtime_convolution(
    volume: npt.NDArray[np.float32],
    weight: npt.NDArray[np.float32],
    bias: npt.NDArray[np.float32],
    *,
    stride: int,
    padding: int,
    groups: int,
    threads: int,
) -> Work:
    """The same convolution by ONNX Runtime, with constant weights and threads that do not spin."""
    import onnx

    attributes = {"strides": [stride] * 2, "pads": [padding] * 4, "group": groups}
    node = onnx.helper.make_node("Conv", ["x", "weight", "bias"], ["y"], **attributes)
    kind, shape = onnx.TensorProto.FLOAT, [1, *volume.shape]
    arrays = {"weight": weight, "bias": bias}
    graph = onnx.helper.make_graph(
        [node],
        "convolution",
        [onnx.helper.make_tensor_value_info("x", kind, shape)],
        [onnx.helper.make_tensor_value_info("y", kind, None)],
        [onnx.numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    session = onnx_session(graph, threads)
    return lambda: session.run(None, {"x": volume[None]})


def onnx_session(graph: Any, threads: int) -> Any:
    """A session of ONNX Runtime for a graph, with threads that do not spin."""
    import onnx
    import onnxruntime

    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def has_torch() -> bool:
    """Whether PyTorch is installed, as in the environment of `make bench-peers`."""
    return find_spec("torch") is not None


def torch_convolution(
    volume: npt.NDArray[np.float32],
    weight: npt.NDArray[np.float32],
    bias: npt.NDArray[np.float32],
    *,
    stride: int,
    padding: int,
    groups: int,
    threads: int,
) -> Work:
    """The same convolution by PyTorch."""
    import torch

    torch.set_num_threads(threads)
    x, w, b = (torch.from_numpy(array) for array in (volume[None], weight, bias))

    def run() -> object:
        with torch.inference_mode():
            return torch.nn.functional.conv2d(x, w, b, stride=stride, padding=padding, groups=groups)

    return run

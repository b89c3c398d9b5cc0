"""Sessions of ONNX Runtime for convolutions and other layers, if it is installed: the only module that knows it.

A session computes one setting; weights are inputs, so that few sessions serve all layers. Each runs on the thread that
calls it, and on threads of its own if it is to: they sleep while they wait.

Its fastest operators read weights in an order of their own, by blocks of as many channels as a register holds. It would
reorder constant weights by itself, but making a session with these takes longer than a convolution. So we reorder them;
how many channels are a block, an example decides.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from engine.kernels.blocks import Volume
from engine.kernels.onnx_models import (
    Setting,
    blocked_convolution_model,
    convolution_model,
    max_pooling_model,
    scale_model,
)
from engine.kernels.tiling import Matrices
from engine.shapes import Margins, Pair

_SESSIONS = 64
"""Of about 0.1 MB each; to make one takes 0.5 ms, and 0.4 ms per thread."""

LIBRARY_BYTES = 2**25
"""Its code and sessions, which are in memory from the first convolution on: 28 MB were measured."""

_FATAL = 4
"""Level of messages on standard error. Others are exceptions as well."""


@cache
def is_installed() -> bool:
    """Whether ONNX Runtime can be imported, which takes 30 ms the first time."""
    try:
        import_module("onnxruntime")
    except ImportError:
        return False
    return True


def is_available() -> bool:
    """Whether it is installed, and `unused` does not say otherwise."""
    return _is_used and is_installed()


@contextmanager
def unused() -> Iterator[None]:
    """Compute by NumPy alone, for tests and benchmarks."""
    global _is_used
    before, _is_used = _is_used, False
    try:
        yield
    finally:
        _is_used = before


_is_used = True


@cache
def block_lanes() -> int:
    """Channels of a block on this processor; 0 if operators for blocks are missing or not as we know them."""
    rng = np.random.default_rng(0)
    x, weight = (rng.integers(-9, 10, shape).astype(np.float32) for shape in ((1, 64, 1, 1), (64, 64, 1, 1)))
    setting = Setting(64, (1, 1), (1, 1), (0, 0, 0, 0), (1, 1), 1)
    for lanes in (16, 8):
        output, ordered = np.empty((1, 64, 1, 1), np.float32), np.empty(weight.size, np.float32)
        try:
            run(setting, lanes, x, order(weight, lanes, ordered), np.zeros(64, np.float32), output)
        except Exception:  # of classes of its own, which an unknown operator or another number of channels raises
            continue
        if np.array_equal(output.ravel(), weight[:, :, 0, 0] @ x[0, :, 0, 0]):
            return lanes
    return 0


def run(setting: Setting, lanes: int, x: Volume, weight: Matrices, bias: Matrices, output: Matrices) -> None:
    """Fill ``output`` (1, filters, H', W') from x (1, C, H, W), all in one piece of memory.

    Without ``lanes``, weights are (filters, C / groups, kh, kw), else what `order` makes of these.
    """
    session = _session(setting, lanes, 1, setting.groups > 1 or x.shape[1] >= lanes)
    binding = session.io_binding()
    for name, array in ("x", x), ("w", weight), ("b", bias):
        binding.bind_cpu_input(name, array)
    binding.bind_output("y", "cpu", 0, np.float32, output.shape, output.ctypes.data)
    session.run_with_iobinding(binding)


def output(setting: Setting, lanes: int, threads: int, x: Volume, weight: Matrices, bias: Matrices) -> Volume:
    """The same on several threads, as a new array (filters, H', W') of ONNX Runtime's own.

    That takes less than to bind one of ours.
    """
    session = _session(setting, lanes, threads, setting.groups > 1 or x.shape[1] >= lanes)
    maps: Volume = session.run(("y",), {"x": x, "w": weight, "b": bias})[0][0]
    return maps


def max_pool(kernel: Pair, stride: Pair, padding: Margins, threads: int, x: Volume) -> Volume:
    """The maxima of the windows of x (1, C, H, W), all of it finite, as a new array (C, H', W')."""
    maps: Volume = _pooling_session(kernel, stride, padding, threads).run(("y",), {"x": x})[0][0]
    return maps


def affine(x: Volume, factors: Matrices, biases: Matrices) -> Volume:
    """``factors · x + biases`` of x (1, C, H, W) and arrays (C,), as a new array (C, H, W)."""
    zeros, ones = np.zeros_like(factors), np.ones_like(factors)
    maps: Volume = _scale_session().run(("y",), {"x": x, "w": factors, "b": biases, "0": zeros, "1": ones})[0][0]
    return maps


def whole(count: int, lanes: int) -> int:
    """The filters of whole blocks."""
    return -(-count // lanes) * lanes if lanes else count


def order(weight: Matrices, lanes: int, target: Matrices) -> Matrices:
    """Weights (filters, channels, kh, kw) by block of filters, block of channels, tap, channel, filter.

    Channels fewer than a block are not cut into blocks, as in depthwise layers: block of filters, channel, tap, filter.
    Filters that the last block lacks are 0.

    Parameters
    ----------
    target
        A flat array for the values.
    """
    filters, channels, *kernel = weight.shape
    if channels < lanes and filters % lanes == 0:
        target.reshape(filters // lanes, -1, lanes)[...] = weight.reshape(filters // lanes, lanes, -1).swapaxes(1, 2)
        return target.reshape(weight.shape)
    count = filters // lanes * lanes
    depth = lanes if channels >= lanes else 1
    blocks = target.reshape(-1, channels // depth, *kernel, depth, lanes)
    for first, end, width in (0, count, lanes), (count, filters, filters - count):
        if first < end:
            part = weight[first:end].reshape(-1, width, channels // depth, depth, *kernel)
            blocks[first // lanes : -(-end // lanes), ..., :width] = part.transpose(0, 2, 4, 5, 3, 1)
    if count < filters:
        blocks[-1, ..., filters - count :] = 0
    return target.reshape(-1, channels, *kernel)


@lru_cache(_SESSIONS)
def _session(setting: Setting, lanes: int, threads: int, reads_blocks: bool) -> Any:
    model = blocked_convolution_model(setting, reads_blocks=reads_blocks) if lanes else convolution_model(setting)
    return _session_of(model, threads)


@lru_cache(_SESSIONS)
def _pooling_session(kernel: Pair, stride: Pair, padding: Margins, threads: int) -> Any:
    return _session_of(max_pooling_model(kernel, stride, padding), threads)


@cache
def _scale_session() -> Any:
    return _session_of(scale_model(), 1)


def _session_of(model: bytes, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False  # it would keep the memory of the largest block, for each session
    options.log_severity_level = _FATAL
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

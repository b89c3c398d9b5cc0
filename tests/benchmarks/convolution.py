"""Convolutions, quiet and with as many busy loops as cores: beside ONNX Runtime if it is installed, else a product.

`make bench` prints the tables.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine.kernels import conv2d
from engine.kernels.threads import MOST_THREADS, available_cores, limit_blas, thread_limit
from tests.measuring import Work, busy_cores, has_onnx_runtime, in_turn, onnx_runtime_convolution

SECONDS = 0.8
"""For each layer, number of threads and load."""
AIM_BUSY = 2.5
"""Busy, as a multiple of the quiet time."""
AIM_BUSY_BESIDE = 1.5
"""Busy, as a multiple of ONNX Runtime's time under the same load."""


class Layer(NamedTuple):
    """A square convolution with "same" padding and a bias."""

    kernel: int
    channels: int
    filters: int
    extent: int
    groups: int = 1
    stride: int = 1

    def __str__(self) -> str:
        kind = "depthwise " if self.groups == self.channels else f"{self.groups} groups " if self.groups > 1 else ""
        stride = f"/{self.stride}" if self.stride > 1 else ""
        size = f"{self.kernel}×{self.kernel}{stride}"
        return f"{kind}{size} {self.channels}→{self.filters} @{self.extent}"

    @property
    def aim(self) -> float:
        """Limit, as a multiple of ONNX Runtime's time."""
        return 3.0 if self.groups == self.channels else 1.6


LAYERS = (
    Layer(5, 256, 32, 28),
    Layer(3, 96, 128, 28),
    Layer(3, 64, 192, 56),
    Layer(3, 512, 512, 14),
    Layer(3, 64, 64, 224),
    Layer(5, 64, 32, 360),
    Layer(7, 3, 64, 224, stride=2),
    Layer(1, 256, 16, 28),
    Layer(1, 192, 64, 28),
    Layer(3, 128, 128, 56, groups=32),
    Layer(3, 144, 144, 56, groups=144),
    Layer(3, 32, 32, 112, groups=32),
    Layer(3, 144, 144, 56, groups=144, stride=2),
)


def pair(layer: Layer, threads: int) -> tuple[Work, Work]:
    """Our convolution, and what it is compared with."""
    rng = np.random.default_rng(0)
    volume = rng.standard_normal((layer.channels, layer.extent, layer.extent), dtype=np.float32)
    shape = (layer.filters, layer.channels // layer.groups, layer.kernel, layer.kernel)
    weight = rng.standard_normal(shape, dtype=np.float32)
    bias = rng.standard_normal(layer.filters, dtype=np.float32)
    padding = layer.kernel // 2
    setting = {"stride": (layer.stride,) * 2, "padding": (padding,) * 4, "dilation": (1, 1), "groups": layer.groups}

    def ours() -> object:
        return conv2d(volume, weight, bias, **setting, checkpoint=lambda: None)

    if not has_onnx_runtime():
        return ours, (passes if shape[1] == 1 else product)(layer, rng)
    return ours, onnx_runtime_convolution(
        volume, weight, bias, stride=layer.stride, padding=padding, groups=layer.groups, threads=threads
    )


def product(layer: Layer, rng: np.random.Generator) -> Callable[[], object]:
    """(filters × C·k·k) @ (C·k·k × H·W) on ready arrays, on one thread."""
    depth = layer.channels // layer.groups * layer.kernel**2
    weight = rng.standard_normal((layer.filters, depth), dtype=np.float32)
    pixels = rng.standard_normal((depth, (layer.extent // layer.stride) ** 2), dtype=np.float32)
    result = np.empty((layer.filters, pixels.shape[1]), np.float32)
    return lambda: np.matmul(weight, pixels, out=result)


def passes(layer: Layer, rng: np.random.Generator) -> Callable[[], object]:
    """A multiplication into scratch and an addition in place over the whole output, for each tap."""
    extent = layer.extent // layer.stride
    volume = rng.standard_normal((layer.filters, extent, extent), dtype=np.float32)
    scratch = np.empty_like(volume)
    result = np.zeros_like(volume)

    def run() -> None:
        for _ in range(layer.kernel**2):
            np.multiply(volume, np.float32(0.5), out=scratch)
            np.add(result, scratch, out=result)

    return run


def verdict(value: float, aim: float) -> str:
    return f"{value:>6.2f}{' ' if value <= aim else '!'}"


def row(layer: Layer, threads: int) -> str:
    functions = pair(layer, threads)
    quiet, other = in_turn(functions, SECONDS)
    with busy_cores(10 * SECONDS):
        busy, other_busy = in_turn(functions, SECONDS)
    ratios = (
        verdict(quiet / other, layer.aim),
        verdict(busy / quiet, AIM_BUSY),
        verdict(busy / other_busy, AIM_BUSY_BESIDE),
    )
    times = "".join(f"{value:>9.2f}" for value in (quiet, other, busy, other_busy))
    return f"{layer!s:<34}{threads:>2}{times}  {' '.join(ratios)}"


def main() -> None:
    limit_blas()
    other = "ONNX Runtime" if has_onnx_runtime() else "a matrix product, or passes of multiply and add, on one thread"
    print(f"Milliseconds of ours and of {other}, lower quartile, quiet and with a busy loop per core.")
    print(f"Aims: 1.6 times the other's time (depthwise 3), busy {AIM_BUSY} times the quiet time and")
    print(f"{AIM_BUSY_BESIDE} times the other's under the same load. '!' marks a missed one.")
    heads = ("quiet", "other", "busy", "other")
    print(f"{'layer, threads':<36}{''.join(f'{head:>9}' for head in heads)}   q/o    b/q     b/o")
    for layer in LAYERS:
        for threads in sorted({1, min(available_cores(), MOST_THREADS)}):
            with thread_limit(threads):
                print(row(layer, threads), flush=True)


if __name__ == "__main__":
    main()

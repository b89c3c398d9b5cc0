"""Convolutions by both sets of kernels, quiet and with a busy loop per core: beside ONNX Runtime, else a product.

`make bench` prints the tables; `make bench-peers` has PyTorch in them as well.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine.kernels import conv2d, onnx_runtime
from engine.kernels.threads import MOST_THREADS, available_cores, limit_blas, thread_limit
from tests.measuring import (
    Work,
    busy_cores,
    has_onnx_runtime,
    has_torch,
    in_turn,
    onnx_runtime_convolution,
    quiet_clock,
    torch_convolution,
)

SECONDS = 0.6
"""For each layer, number of threads and load."""
AIM_BUSY = 2.5
"""Busy, as a multiple of the quiet time."""
AIM_BUSY_BESIDE = 1.5
"""Busy, as a multiple of ONNX Runtime's time under the same load."""
RATIOS = ("ours", "NumPy", "busy", "beside")


class Layer(NamedTuple):
    """A convolution with a square kernel, "same" padding and a bias."""

    kernel: int
    channels: int
    filters: int
    extent: int
    groups: int = 1
    stride: int = 1
    width: int = 0
    """Where the maps are not square; `extent` is their height."""

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.channels, self.extent, self.width or self.extent

    def __str__(self) -> str:
        kind = "depthwise " if self.groups == self.channels else f"{self.groups} groups " if self.groups > 1 else ""
        stride = f"/{self.stride}" if self.stride > 1 else ""
        size = f"{self.kernel}×{self.kernel}{stride}"
        return f"{kind}{size} {self.channels}→{self.filters} @{self.extent}{f'×{self.width}' if self.width else ''}"

    @property
    def aims(self) -> tuple[float, float]:
        """Limits as multiples of ONNX Runtime's time: with it as the second set of kernels, and by NumPy alone."""
        return (1.5, 3.0) if self.groups == self.channels else (1.1, 1.6)


LAYERS = (
    Layer(5, 256, 32, 28),
    Layer(3, 96, 128, 28),
    Layer(3, 64, 192, 56),
    Layer(3, 512, 512, 14),
    Layer(3, 64, 64, 224),
    Layer(5, 64, 32, 360, width=640),
    Layer(7, 3, 64, 224, stride=2),
    Layer(1, 256, 16, 28),
    Layer(1, 192, 64, 28),
    Layer(3, 128, 128, 56, groups=32),
    Layer(3, 144, 144, 56, groups=144),
    Layer(3, 32, 32, 112, groups=32),
    Layer(3, 144, 144, 56, groups=144, stride=2),
)


def works(layer: Layer, threads: int) -> dict[str, Work]:
    """Our convolution, that by NumPy alone, and those of others that are installed, by name."""
    rng = np.random.default_rng(0)
    volume = rng.standard_normal(layer.shape, dtype=np.float32)
    shape = (layer.filters, layer.channels // layer.groups, layer.kernel, layer.kernel)
    weight = rng.standard_normal(shape, dtype=np.float32)
    bias = rng.standard_normal(layer.filters, dtype=np.float32)
    padding = layer.kernel // 2
    setting = {"stride": (layer.stride,) * 2, "padding": (padding,) * 4, "dilation": (1, 1), "groups": layer.groups}
    others = {"stride": layer.stride, "padding": padding, "groups": layer.groups, "threads": threads}

    def ours() -> object:
        return conv2d(volume, weight, bias, **setting, checkpoint=lambda: None)

    def numpy() -> object:
        with onnx_runtime.unused():
            return ours()

    result: dict[str, Work] = {"ours": ours, "NumPy": numpy}
    if has_onnx_runtime():
        result["ORT"] = onnx_runtime_convolution(volume, weight, bias, **others)
    else:
        result["product"] = (passes if shape[1] == 1 else product)(layer, rng)
    if has_torch():
        result["torch"] = torch_convolution(volume, weight, bias, **others)
    return result


def product(layer: Layer, rng: np.random.Generator) -> Callable[[], object]:
    """(filters × C·k·k) @ (C·k·k × H·W) on ready arrays, on one thread."""
    depth = layer.channels // layer.groups * layer.kernel**2
    weight = rng.standard_normal((layer.filters, depth), dtype=np.float32)
    _, height, width = layer.shape
    pixels = rng.standard_normal((depth, (height // layer.stride) * (width // layer.stride)), dtype=np.float32)
    result = np.empty((layer.filters, pixels.shape[1]), np.float32)
    return lambda: np.matmul(weight, pixels, out=result)


def passes(layer: Layer, rng: np.random.Generator) -> Callable[[], object]:
    """A multiplication into scratch and an addition in place over the whole output, for each tap."""
    _, height, width = layer.shape
    shape = (layer.filters, height // layer.stride, width // layer.stride)
    volume = rng.standard_normal(shape, dtype=np.float32)
    scratch = np.empty_like(volume)
    result = np.zeros_like(volume)

    def run() -> None:
        for _ in range(layer.kernel**2):
            np.multiply(volume, np.float32(0.5), out=scratch)
            np.add(result, scratch, out=result)

    return run


def row(layer: Layer, threads: int) -> str:
    functions = works(layer, threads)
    quiet = in_turn([*functions.values()], SECONDS, clock=quiet_clock(threads))
    with busy_cores(10 * SECONDS):
        busy = in_turn([*functions.values()], SECONDS)
    ratios = (quiet[0] / quiet[2], quiet[1] / quiet[2], busy[0] / quiet[0], busy[0] / busy[2])
    aims = (*layer.aims, AIM_BUSY, AIM_BUSY_BESIDE)
    missed = [name for name, ratio, aim in zip(RATIOS, ratios, aims, strict=True) if ratio > aim]
    times = "".join(f"{value:>8.2f}" for value in (*quiet, *busy))
    verdict = f"  missed: {', '.join(missed)}" if missed else ""
    return f"{layer!s:<32}{threads:>2}{times}{''.join(f'{ratio:>7.2f}' for ratio in ratios)}{verdict}"


def main() -> None:
    limit_blas()
    names = [*works(LAYERS[0], 1)]
    print(
        "Milliseconds, lower quartile, in turn, quiet (of one thread its processor time) and with a busy loop per core."
    )
    print(f"Ratios: ours and NumPy alone to {names[2]} (aims 1.1 and 1.6, depthwise 1.5 and 3);")
    print(f"busy: ours to ours quiet (aim {AIM_BUSY}), beside: ours to {names[2]}, both busy (aim {AIM_BUSY_BESIDE}).")
    heads = "".join(f"{name:>8}" for name in names * 2) + "".join(f"{name:>7}" for name in RATIOS)
    print(f"{'layer, threads':<34}{heads}")
    for layer in LAYERS:
        for threads in sorted({1, min(available_cores(), MOST_THREADS)}):
            with thread_limit(threads):
                print(row(layer, threads), flush=True)


if __name__ == "__main__":
    main()

"""Convolutions against plain matrix products of the same size: `make bench` prints the table."""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple

import numpy as np

from engine.kernels import conv2d
from engine.shapes import same_padding

SECONDS_PER_LAYER = 1.0
FEWEST_ROUNDS = 15


class Layer(NamedTuple):
    """A square convolution with "same" padding, stride 1 and a bias."""

    kernel: int
    channels: int
    filters: int
    extent: int
    groups: int = 1

    def __str__(self) -> str:
        kind = "depthwise " if self.groups > 1 else ""
        return f"{kind}{self.kernel}×{self.kernel} {self.channels}→{self.filters} at {self.extent}×{self.extent}"


LAYERS = (
    Layer(5, 256, 32, 28),
    Layer(3, 96, 128, 28),
    Layer(3, 64, 192, 56),
    Layer(3, 512, 512, 14),
    Layer(3, 64, 64, 224),
    Layer(1, 256, 16, 28),
    Layer(1, 192, 64, 28),
    Layer(3, 144, 144, 56, groups=144),
)


def convolution(layer: Layer, rng: np.random.Generator) -> Callable[[], object]:
    volume = rng.standard_normal((layer.channels, layer.extent, layer.extent), dtype=np.float32)
    shape = (layer.filters, layer.channels // layer.groups, layer.kernel, layer.kernel)
    weight = rng.standard_normal(shape, dtype=np.float32)
    bias = rng.standard_normal(layer.filters, dtype=np.float32)
    before, after = same_padding(layer.extent, layer.kernel, 1)
    return lambda: conv2d(
        volume,
        weight,
        bias,
        stride=(1, 1),
        padding=(before, before, after, after),
        dilation=(1, 1),
        groups=layer.groups,
        checkpoint=lambda: None,
    )


def product(layer: Layer, rng: np.random.Generator) -> Callable[[], object]:
    """(filters × C·k·k) @ (C·k·k × H·W) on ready arrays."""
    depth = layer.channels * layer.kernel**2
    weight = rng.standard_normal((layer.filters, depth), dtype=np.float32)
    pixels = rng.standard_normal((depth, layer.extent**2), dtype=np.float32)
    result = np.empty((layer.filters, layer.extent**2), np.float32)
    return lambda: np.matmul(weight, pixels, out=result)


def passes(layer: Layer, rng: np.random.Generator) -> Callable[[], object]:
    """A multiplication into scratch and an addition in place over the whole output, for each tap."""
    volume = rng.standard_normal((layer.filters, layer.extent, layer.extent), dtype=np.float32)
    scratch = np.empty_like(volume)
    result = np.zeros_like(volume)

    def run() -> None:
        for _ in range(layer.kernel**2):
            np.multiply(volume, np.float32(0.5), out=scratch)
            np.add(result, scratch, out=result)

    return run


def milliseconds(function: Callable[[], object]) -> float:
    start = perf_counter()
    function()
    return 1000 * (perf_counter() - start)


def compare(layer: Layer) -> tuple[float, float]:
    """Median milliseconds of the convolution and of its yardstick, run in turn."""
    rng = np.random.default_rng(0)
    pair = convolution(layer, rng), (passes if layer.groups > 1 else product)(layer, rng)
    for function in pair:
        function()
    times = []
    end = perf_counter() + SECONDS_PER_LAYER
    while perf_counter() < end or len(times) < FEWEST_ROUNDS:
        times.append([milliseconds(function) for function in pair])
    ours, yardstick = (median(column) for column in zip(*times, strict=True))
    return ours, yardstick


def main() -> None:
    print("Convolution with bias against a matrix product of its size; depthwise against multiply-and-add passes.")
    print(f"{'layer':<34}{'ours ms':>10}{'other ms':>10}{'ratio':>8}{'aim':>6}")
    for layer in LAYERS:
        ours, yardstick = compare(layer)
        aim = 2.0 if yardstick < 1 and layer.groups == 1 else 1.5
        verdict = "ok" if ours <= aim * yardstick else "over"
        print(f"{layer!s:<34}{ours:>10.3f}{yardstick:>10.3f}{ours / yardstick:>8.2f}{aim:>6.1f}  {verdict}")


if __name__ == "__main__":
    main()

"""GoogLeNet on a photo: the time and memory of a run, and its convolutions beside matrix products of their sizes."""

import tracemalloc
from statistics import median
from time import perf_counter

import numpy as np

from engine.files.paths import RESOURCES
from engine.layers import Conv2d
from engine.network.analysis import Report
from engine.project.file import load_project
from engine.run.cache import VolumeCache
from engine.run.execute import NodeDone, RunRequest, execute

REQUEST = RunRequest.of(load_project(RESOURCES / "projects" / "googlenet.toml").project)
CONVOLUTIONS = tuple(report for report in REQUEST.check.reports.values() if isinstance(report.layer, Conv2d))
ROUNDS = 9


def run() -> tuple[float, float, float]:
    """Milliseconds of an uncached run: (total, with photo and weights; layers alone; convolutions alone)."""
    start = perf_counter()
    done = [event for event in execute(REQUEST, VolumeCache(0)) if isinstance(event, NodeDone)]
    total = 1000 * (perf_counter() - start)
    layers = [event for event in done if event.ref in REQUEST.check.reports]
    convolutions = [event for event in layers if isinstance(REQUEST.check.reports[event.ref].layer, Conv2d)]
    return total, sum(event.milliseconds for event in layers), sum(event.milliseconds for event in convolutions)


def product(report: Report, rng: np.random.Generator) -> float:
    """Milliseconds of (filters × C·k·k) @ (C·k·k × H·W) on ready arrays."""
    assert report.output_shape is not None
    filters, *weight = report.param_shapes["weight"]
    height, width = report.output_shape[1:]
    left = rng.standard_normal((filters, int(np.prod(weight))), dtype=np.float32)
    right = rng.standard_normal((left.shape[1], height * width), dtype=np.float32)
    result = np.empty((filters, height * width), np.float32)
    start = perf_counter()
    np.matmul(left, right, out=result)
    return 1000 * (perf_counter() - start)


def peak_mebibytes() -> float:
    """With all volumes in memory; the weights of a layer are dropped after it."""
    tracemalloc.start()
    for _ in execute(REQUEST, VolumeCache(0)):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def main() -> None:
    rng = np.random.default_rng(0)
    rounds = [(*run(), sum(product(report, rng) for report in CONVOLUTIONS)) for _ in range(ROUNDS)]
    total, layers, ours, products = (median(column) for column in zip(*rounds, strict=True))
    print(f"GoogLeNet on its photo: {total:.0f} ms with photo and weights, its layers alone {layers:.1f} ms")
    convolutions = f"{len(CONVOLUTIONS)} convolutions {ours:.1f} ms"
    print(f"  {convolutions}, matrix products {products:.1f} ms, ratio {ours / products:.2f}")
    print(f"  memory at its peak, with all volumes: {peak_mebibytes():.0f} MiB")


if __name__ == "__main__":
    main()

"""GoogLeNet on a photo: time and memory of a run, quiet and busy, and its convolutions beside ONNX Runtime's."""

import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from engine.files.paths import RESOURCES
from engine.kernels.threads import MOST_THREADS, available_cores, limit_blas, thread_limit
from engine.layers import Conv2d
from engine.network.analysis import Report
from engine.project.file import load_project
from engine.run.cache import VolumeCache
from engine.run.execute import NodeDone, execute
from engine.run.request import RunRequest
from engine.shapes import Shape
from tests.measuring import Work, busy_cores, has_onnx_runtime, in_turn, onnx_runtime_convolution

REQUEST = RunRequest.of(load_project(RESOURCES / "projects" / "googlenet.toml").project)
CONVOLUTIONS = tuple(report for report in REQUEST.check.reports.values() if isinstance(report.layer, Conv2d))
SECONDS = 4
"""For each number of threads and load."""
AIM = 1.6
"""Our convolutions, as a multiple of the other's time."""
AIM_BUSY = 2.5
"""Busy, as a multiple of the quiet time."""


def run() -> None:
    """An uncached run with photo and weights."""
    for _ in execute(REQUEST, VolumeCache(0)):
        pass


def run_again(cache: VolumeCache) -> None:
    """The same with cached weights, as on another photo."""
    cache.drop_volumes()
    for _ in execute(REQUEST, cache):
        pass


def arithmetic_ms() -> tuple[float, float]:
    """Milliseconds of (all layers, the convolutions) without photo and weights."""
    done = [event for event in execute(REQUEST, VolumeCache(0)) if isinstance(event, NodeDone)]
    layers = [event for event in done if event.ref in REQUEST.check.reports]
    convolutions = [event for event in layers if isinstance(REQUEST.check.reports[event.ref].layer, Conv2d)]
    return sum(event.milliseconds for event in layers), sum(event.milliseconds for event in convolutions)


def convolutions(threads: int) -> tuple[Work, Work]:
    """All convolutions one after the other: ours, and ONNX Runtime's or matrix products of the same sizes."""
    rng = np.random.default_rng(0)
    pairs = [convolution(report, rng, threads) for report in CONVOLUTIONS]

    def all_of(index: int) -> Callable[[], None]:
        def work() -> None:
            for functions in pairs:
                functions[index]()

        return work

    return all_of(0), all_of(1)


def convolution(report: Report, rng: np.random.Generator, threads: int) -> tuple[Work, Work]:
    layer, received = report.layer, report.input_shapes[0]
    assert isinstance(layer, Conv2d)
    arrays = {
        role: rng.standard_normal(shape, dtype=np.float32) for role, shape in layer.param_shapes([received]).items()
    }
    volume = rng.standard_normal(received, dtype=np.float32)

    def ours() -> object:
        return layer.forward([volume], arrays, lambda: None)

    if not has_onnx_runtime():
        return ours, product(arrays["weight"], layer.output_shape([received]), rng)
    windows = layer.windows(received)
    return ours, onnx_runtime_convolution(
        volume,
        arrays["weight"],
        arrays["bias"],
        stride=windows.stride[0],
        padding=windows.margins[0],
        groups=layer.groups,
        threads=threads,
    )


def product(weight: np.ndarray, output: Shape, rng: np.random.Generator) -> Work:
    """(filters × C·k·k) @ (C·k·k × H·W) on ready arrays."""
    left = weight.reshape(len(weight), -1)
    right = rng.standard_normal((left.shape[1], output.height * output.width), dtype=np.float32)
    result = np.empty((len(left), right.shape[1]), np.float32)
    return lambda: np.matmul(left, right, out=result)


def peak_mebibytes() -> float:
    """With all volumes and weights in memory."""
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def times_text(times: Sequence[float]) -> str:
    run, again, ours, other = times
    return f"run {run:.0f} ms, with cached weights {again:.0f} ms, convolutions {ours:.1f} ms, other {other:.1f} ms"


def verdict(value: float, aim: float) -> str:
    return f"{value:.2f} (aim {aim}{'' if value <= aim else ', missed'})"


def main() -> None:
    limit_blas()
    other = "ONNX Runtime" if has_onnx_runtime() else "matrix products on one thread"
    print(f"GoogLeNet on its photo; its {len(CONVOLUTIONS)} convolutions beside {other}. Lower quartiles.")
    for threads in sorted({1, min(available_cores(), MOST_THREADS)}):
        with thread_limit(threads):
            functions = (run, partial(run_again, VolumeCache()), *convolutions(threads))
            quiet = in_turn(functions, SECONDS)
            with busy_cores(5 * SECONDS):
                busy = in_turn(functions, SECONDS)
            layers, ours = arithmetic_ms()
        print(f"{threads} threads")
        print(f"  quiet: {times_text(quiet)}")
        print(f"  of one run its layers take {layers:.1f} ms, its convolutions {ours:.1f} ms")
        print(f"  busy: {times_text(busy)}")
        print(f"  convolutions against the other {verdict(quiet[2] / quiet[3], AIM)}")
        print(f"  run busy against quiet {verdict(busy[0] / quiet[0], AIM_BUSY)}", flush=True)
    print(f"memory at its peak, with all volumes: {peak_mebibytes():.0f} MiB")


if __name__ == "__main__":
    main()

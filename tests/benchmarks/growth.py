"""How cost grows: checks, edits and runs with the number of layers; a convolution with channels, pixels and threads."""

from collections.abc import Iterator
from statistics import median
from time import perf_counter

import numpy as np
from msgspec.structs import replace

from engine.kernels import conv2d
from engine.kernels.threads import MOST_THREADS, available_cores, limit_blas, thread_limit
from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.run.cache import VolumeCache
from engine.run.check import EarlierCheck, check
from engine.run.execute import execute
from engine.run.request import RunRequest
from tests.measuring import Work, in_turn

LAYERS = (10, 100, 1_000, 10_000)
CHANNELS = (16, 32, 64, 128, 256, 512)
EXTENTS = (14, 28, 56, 112, 224, 448)
SECONDS = 0.5
"""For each convolution."""
ROUNDS = 3
AIM_EDIT = 2.0
"""Milliseconds of the check after an edit near the end of 1,000 layers."""


def chain(length: int, last_kernel: int = 3) -> Project:
    """So many convolutions of 8×8×8, one after the other; the kernel of the last but one is an edit."""
    nodes = [Node(f"conv{number}", Conv2d(filters=8, kernel=3)) for number in range(length)]
    nodes[-2] = Node(nodes[-2].name, Conv2d(filters=8, kernel=last_kernel))
    return Project(NoiseInput((8, 8, 8)), (Design("chain", Network(tuple(nodes))),))


def median_ms(work: Work) -> float:
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work()
        times.append(1000 * (perf_counter() - start))
    return median(times)


def layer_rows() -> Iterator[str]:
    yield f"{'layers':>8}{'check ms':>11}{'edit ms':>10}{'run ms':>10}{'µs a layer: check':>20}{'run':>8}"
    for length in LAYERS:
        project, edited = chain(length), chain(length, 5)
        earlier = EarlierCheck(project, check(project))
        changed = replace(project, designs=(with_layers_of(project, edited),))
        request = RunRequest(project, earlier.check)

        def run(request: RunRequest = request) -> None:
            for _ in execute(request, VolumeCache(0)):
                pass

        whole = median_ms(lambda project=project: check(project))
        edit = median_ms(lambda changed=changed, earlier=earlier: check(changed, earlier))
        seconds = median_ms(run)
        missed = "  missed" if length == 1_000 and edit > AIM_EDIT else ""
        per_layer = f"{1000 * whole / length:>20.1f}{1000 * seconds / length:>8.1f}"
        yield f"{length:>8}{whole:>11.2f}{edit:>10.2f}{seconds:>10.1f}{per_layer}{missed}"


def with_layers_of(project: Project, edited: Project) -> Design:
    """The design with the last but one layer of the other, and its own other nodes, as an edit makes it."""
    nodes = project.designs[0].network.nodes
    return Design("chain", Network((*nodes[:-2], edited.designs[0].network.nodes[-2], nodes[-1])))


def convolution_rows(title: str, cases: tuple[tuple[int, int], ...], threads: tuple[int, ...]) -> Iterator[str]:
    """A 3×3 convolution of so many channels to as many at an extent."""
    heads = "".join(f"{f'threads {count}, ms':>15}{'GMAC/s':>9}" for count in threads)
    yield f"{title:>16}{heads}{'gain':>7}"
    for channels, extent in cases:
        rng = np.random.default_rng(0)
        volume = rng.standard_normal((channels, extent, extent), dtype=np.float32)
        weight = rng.standard_normal((channels, channels, 3, 3), dtype=np.float32)

        def convolve(volume: np.ndarray = volume, weight: np.ndarray = weight) -> object:
            setting = {"stride": (1, 1), "padding": (1, 1, 1, 1), "dilation": (1, 1), "groups": 1}
            return conv2d(volume, weight, None, **setting, checkpoint=lambda: None)

        times = []
        for count in threads:
            with thread_limit(count):
                times += in_turn([convolve], SECONDS)
        speed = [weight.size * extent**2 / time / 1e6 for time in times]
        pairs = "".join(f"{time:>15.2f}{rate:>9.1f}" for time, rate in zip(times, speed, strict=True))
        yield f"{f'{channels} @{extent}×{extent}':>16}{pairs}{times[0] / times[-1]:>7.2f}"


def main() -> None:
    limit_blas()
    threads = tuple(sorted({1, min(2, available_cores(), MOST_THREADS)}))
    print(f"Chains of 3×3 convolutions of 8×8×8, medians; an edit near the end of 1,000 is to take {AIM_EDIT} ms.")
    for line in layer_rows():
        print(line, flush=True)
    print("3×3 convolutions, lower quartiles; gain: from one thread to the last column.")
    for line in convolution_rows("channels", tuple((channels, 28) for channels in CHANNELS), threads):
        print(line, flush=True)
    for line in convolution_rows("pixels", tuple((32, extent) for extent in EXTENTS), threads):
        print(line, flush=True)


if __name__ == "__main__":
    main()

"""The rank search: time for the curve of a trained layer, quiet and busy; memory for few and for many photos."""

import tracemalloc
from collections import deque
from statistics import median
from time import perf_counter

from msgspec.structs import replace

from engine.files.paths import RESOURCES
from engine.network.input_specs import Input
from engine.network.node_ref import STEM, NodeRef
from engine.project.file import load_project
from engine.rank_search import CalibrationSet, RankSearch
from engine.run.cache import VolumeCache
from engine.run.execute import execute, volume_at
from engine.run.request import RunRequest
from tests.measuring import busy_cores

PROJECT = load_project(RESOURCES / "projects" / "inception_3a_5x5_branch.toml").project
REF: NodeRef = (STEM, "conv3_3")
ROUNDS = 5


def photos(*names: str) -> tuple[Input, ...]:
    return tuple(replace(PROJECT.input, path=f"resources:photos/{name}.png") for name in names)


def seconds_of_curve(computed: VolumeCache | None = None) -> tuple[float, int, int]:
    """(seconds including the stem's runs on three photos, ranks of the curve, ranks that were measured).

    Runs whose volumes are cached in `computed` are left out: in the window, that on the project's own photo.
    """
    start = perf_counter()
    calibration = CalibrationSet(photos("chelsea", "astronaut"), photos("coffee"))
    curve = RankSearch(PROJECT, calibration, computed=computed).curve(REF, "1x1+kxk")
    return perf_counter() - start, len(curve.ranks), len(curve.points)


def volumes_of_a_run() -> VolumeCache:
    """The volumes of the trunk on the project's own photo, as the window has them when a layer can be selected."""
    cache = VolumeCache()
    deque(execute(RunRequest.of(PROJECT), cache), maxlen=0)
    return cache


def seconds_of_runs() -> float:
    """The lower bound: computing the output of the layer on each photo once."""
    start = perf_counter()
    for spec in photos("chelsea", "astronaut", "coffee"):
        volume_at(RunRequest.of(replace(PROJECT, input=spec)), REF, VolumeCache(0))
    return perf_counter() - start


def peak_mebibytes(count: int) -> float:
    """For a curve that is fitted to so many inputs; beyond four, photos occur again with another mean."""
    names = ("chelsea", "astronaut", "coffee", "rocket")
    specs = tuple(
        replace(spec, mean=(*spec.mean[:2], spec.mean[2] + number))
        for number in range(count)
        for spec in photos(names[number % len(names)])
    )
    tracemalloc.start()
    RankSearch(PROJECT, CalibrationSet(specs)).curve(REF, "1x1+kxk")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def print_times(load: str, aim: float) -> None:
    pairs = [(seconds_of_curve(), seconds_of_runs()) for _ in range(ROUNDS)]
    curve, runs = median(curve_result[0] for curve_result, _ in pairs), median(run for _, run in pairs)
    _, ranks, measured = pairs[0][0]
    missed = "" if curve <= aim else ", missed"
    print(f"  {load}: curve {curve:.2f} s (aim {aim}{missed}), {ranks} ranks, {measured} of them measured")
    print(f"    the layer's outputs on its three photos alone {runs:.2f} s, ratio {curve / runs:.2f}", flush=True)


def main() -> None:
    print("conv3_3 of VGG-16's trunk")
    print_times("quiet", 0.5)
    with busy_cores(60):
        print_times("busy", 1.5)
    few, many = peak_mebibytes(2), peak_mebibytes(24)
    print(f"  memory at its peak: {few:.0f} MiB with 2 photos, {many:.0f} MiB with 24, ratio {many / few:.2f}")


if __name__ == "__main__":
    main()

"""Sweeps: time per counted design, what a point on a worker takes besides, and how time falls with workers."""

from itertools import islice
from time import perf_counter

from engine.files.paths import RESOURCES
from engine.kernels.threads import available_cores
from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project
from engine.project.project import Design, Project, SweepSettings
from engine.rank_search import CalibrationSet
from engine.sweep.cluster import has_dask, local_cluster, measure_on
from engine.sweep.counting import count_points
from engine.sweep.measuring import measure_here
from engine.sweep.sweep import Sweep, plan_sweep

MODULE = "with reductions/inception_3a."
WIDTHS = tuple(f"{MODULE}{name}=1..10" for name in ("n5x5", "n5x5_reduce", "n3x3", "n1x1", "pool_proj"))
COUNTED = (WIDTHS[:2], WIDTHS[:3], WIDTHS[:4], WIDTHS)
AIM_COUNTED = 15.0
"""Seconds for 10,000 designs in one process."""
MEASURED = 200
AIM_WORKERS = 1.7
"""Times as fast with two workers as with one."""
AIM_OVERHEAD = 10.0
"""Milliseconds per point besides what is measured."""
TINY = Project(NoiseInput((4, 8, 8)), (Design("tiny", Network((Node("conv", Conv2d(4, 1)),))),))


def plan(project: Project, *axes: str, **settings: object) -> Sweep:
    spec = SweepSettings(axes, **settings)  # type: ignore[arg-type]
    return plan_sweep(project, spec, CalibrationSet((project.input,)))


def trunk_sweep() -> Sweep:
    """Ranks of conv3_2 × conv3_3 of VGG's trunk, as a design of its own."""
    project = load_project(RESOURCES / "projects" / "inception_3a_5x5_branch.toml").project
    assert project.stem is not None
    trunk = Project(project.input, (Design("trunk", project.stem), Design("ranks", project.stem)))
    axes = "ranks/conv3_2.low_rank.rank=8..160..8", "ranks/conv3_3.low_rank.rank=16..160..16"
    return plan(trunk, *axes, measure=("error",), against="trunk")


def count() -> None:
    project = load_project(RESOURCES / "projects" / "inception_3a_192.toml").project
    for axes in COUNTED:
        sweep = plan(project, *axes)
        start = perf_counter()
        for _ in count_points(sweep):
            pass
        seconds = perf_counter() - start
        print(f"{len(sweep):,} points counted: {seconds:.2f} s, {1000 * seconds / len(sweep):.2f} ms each")
    print(f"aim: {AIM_COUNTED} s for 10,000")


def seconds_on(workers: int, sweep: Sweep, points: int) -> float:
    """Seconds for so many points on workers that have started, and have measured one point each."""
    with local_cluster(workers) as client:
        measure = measure_on(client, sweep)
        for _ in measure(islice(count_points(sweep), workers)):
            pass
        start = perf_counter()
        for _ in measure(islice(count_points(sweep), points)):
            pass
        return perf_counter() - start


def measure_trunk(points: int = MEASURED) -> None:
    sweep = trunk_sweep()
    one, two = (seconds_on(workers, sweep, points) for workers in (1, 2))
    print(f"{points} points of VGG's trunk: 1 worker {one:.1f} s, 2 workers {two:.1f} s, {one / two:.2f} times as fast")
    print(f"aim: {AIM_WORKERS} times, with {available_cores()} cores")


def measure_overhead(points: int = 1000) -> None:
    sweep = plan(TINY, f"seed=1..{points}", measure=("error",), against="tiny")
    here = plan(TINY, f"seed=1..{points}", measure=("error",), against="tiny")
    start = perf_counter()
    for _ in measure_here(here)(count_points(here)):
        pass
    alone = 1000 * (perf_counter() - start) / points
    for workers in (1, 2, 16, 64):
        each = 1000 * seconds_on(workers, sweep, points) / points
        print(f"{points:,} tiny points on {workers} workers: {each:.2f} ms each; in one process {alone:.2f} ms")
    print(f"aim: at most {AIM_OVERHEAD} ms per point more than in one process")


if __name__ == "__main__":
    count()
    if has_dask():
        measure_overhead()
        measure_trunk()

"""How long a run can continue after it is cancelled: the longest time between two checkpoints, in milliseconds."""

import itertools
from collections.abc import Callable
from time import perf_counter

import numpy as np

from engine.files import paths
from engine.layers import (
    Activation,
    Add,
    AvgPool2d,
    BatchNorm,
    Concat,
    Conv2d,
    Dense,
    GlobalAvgPool2d,
    Layer,
    LocalResponseNorm,
    MaxPool2d,
)
from engine.project import file
from engine.run import weights
from engine.run.cache import VolumeCache
from engine.run.execute import execute
from engine.run.request import RunRequest
from engine.shapes import Shape

AIM_MS = 200
START_PROJECT = paths.RESOURCES / "projects" / "inception_3a_5x5_branch.toml"

Work = Callable[[Callable[[], None]], object]


def longest_gap(work: Work) -> tuple[float, float]:
    """(longest gap, whole time) in milliseconds, from the call to its return."""
    times = [perf_counter()]
    work(lambda: times.append(perf_counter()))
    times.append(perf_counter())
    gaps = [after - before for before, after in itertools.pairwise(times)]
    return 1000 * max(gaps), 1000 * (times[-1] - times[0])


def start_project(checkpoint: Callable[[], None]) -> None:
    for _ in execute(RunRequest.of(file.load_project(START_PROJECT).project), VolumeCache(), checkpoint):
        pass


def forward(layer: Layer, shape: tuple[int, int, int], inputs: int = 1) -> Work:
    """Forward of a layer on normally distributed values; weights are prepared beforehand."""
    rng = np.random.default_rng(0)
    volumes = [rng.standard_normal(shape, dtype=np.float32) for _ in range(inputs)]
    shapes = [Shape(*shape)] * inputs
    roles = {**layer.param_shapes(shapes), **layer.statistic_shapes(shapes)}
    arrays = {role: np.ones(size, np.float32) for role, size in roles.items()}
    return lambda checkpoint: layer.forward(volumes, arrays, checkpoint)


LARGE = (256, 224, 224)

CASES: dict[str, Callable[[], Work]] = {
    "start project, from reading its file": lambda: start_project,
    "conv2d 3×3 512→512 at 112×112": lambda: forward(Conv2d(filters=512, kernel=3), (512, 112, 112)),
    "conv2d 3×3 depthwise 256 at 224×224": lambda: forward(Conv2d(filters=256, kernel=3, groups=256), LARGE),
    "conv2d 11×11 3→96, stride 4, at 1024×1024": lambda: forward(
        Conv2d(filters=96, kernel=11, stride=4), (3, 1024, 1024)
    ),
    "dense 25088→4096": lambda: forward(Dense(units=4096), (512, 7, 7)),
    "dense 150528→4096": lambda: forward(Dense(units=4096), (3, 224, 224)),
    "seeded weights, 100 M values": lambda: lambda checkpoint: weights.he_normal((4000, 25_000), 0, checkpoint),
    "lrn over 256×224×224": lambda: forward(LocalResponseNorm(), LARGE),
    "softmax over 256×224×224": lambda: forward(Activation(function="softmax"), LARGE),
    "gelu over 256×224×224": lambda: forward(Activation(function="gelu"), LARGE),
    "batch_norm over 256×224×224": lambda: forward(BatchNorm(), LARGE),
    "max_pool2d 2×2 over 256×224×224": lambda: forward(MaxPool2d(kernel=2), LARGE),
    "max_pool2d 223×223 over 64×224×224": lambda: forward(MaxPool2d(kernel=223, stride=1), (64, 224, 224)),
    "avg_pool2d 3×3 over 256×224×224": lambda: forward(AvgPool2d(kernel=3, stride=1, padding="same"), LARGE),
    "global_avg_pool2d over 256×224×224": lambda: forward(GlobalAvgPool2d(), LARGE),
    "add of two 256×224×224": lambda: forward(Add(), LARGE, inputs=2),
    "concat of two 256×224×224": lambda: forward(Concat(), LARGE, inputs=2),
}


def main() -> None:
    print(f"The longest time between two checkpoints; the aim is {AIM_MS} ms.")
    print(f"{'work':<44}{'longest ms':>12}{'whole ms':>12}")
    for name, make in CASES.items():
        gap, whole = longest_gap(make())
        print(f"{name:<44}{gap:>12.1f}{whole:>12.1f}  {'ok' if gap <= AIM_MS else 'over'}", flush=True)


if __name__ == "__main__":
    main()

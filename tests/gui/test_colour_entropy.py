"""The most varied map, found from the colours of few maps, is that of the definition."""

import numpy as np
import pytest

from gui.paint.volumes.colour_entropy import find_most_varied

RNG = np.random.default_rng(3)
NORMAL = RNG.standard_normal((300, 150)).astype(np.float32)
OFFSETS = RNG.uniform(-2, 1, (300, 1)).astype(np.float32)


def with_odd_values() -> np.ndarray:
    maps = NORMAL + OFFSETS
    maps[RNG.random(maps.shape) < 0.2] = np.nan
    maps[RNG.random(maps.shape) < 0.1] = np.inf
    maps[5] = -np.inf
    return maps


def with_a_map_of(first: int, last: int) -> np.ndarray:
    """Maps with zeros and seven steps between 0 and 2.5, and among them one that uses other steps evenly."""
    steps = np.where(RNG.random((300, 150)) < 0.5, 0, RNG.integers(1, 8, (300, 150)))
    steps[200] = np.arange(150) % (last + 1 - first) + first
    return (steps * (2.5 * 16 / 255)).astype(np.float32)


MAPS = {
    "one with high values alone": with_a_map_of(8, 15),
    "one without zeros": with_a_map_of(1, 7),
    "normal": NORMAL + OFFSETS,
    "after a ReLU": np.maximum(NORMAL + OFFSETS, 0),
    "with outliers": NORMAL**7,
    "whole numbers": np.round(NORMAL),
    "not finite": with_odd_values(),
    "no number": np.full((3, 200), np.nan, np.float32),
    "constant": np.full((3, 200), 0.5, np.float32),
    "coarser than a step": np.float32(1e6) + NORMAL / 8,
    "the greatest numbers": NORMAL * np.float32(6e37),
    "few pixels": np.maximum(NORMAL + OFFSETS, 0)[:, :9],
    "every second pixel": np.maximum(np.repeat(NORMAL, 2, axis=1), 0)[:, ::2],
    "one pixel": NORMAL[:, :1],
}


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize(
    "ends", [(0.0, 2.5), (-3.0, 3.0), (1e6 - 1, 1e6 + 1), (-3e38, 3e38), (0.5, 0.5), (np.nan,) * 2]
)
def test_the_most_varied_map_has_the_greatest_entropy_of_its_colours_in_16_steps(name, ends):
    maps, (low, high) = MAPS[name], ends
    step = 16 * (high - low) / 255
    with np.errstate(all="ignore"):
        steps = np.nan_to_num(((maps - np.float32(low - step / 32)) / np.float32(step or 1.0)).clip(0, 15), nan=0.0)
    shares = (steps.astype(np.uint8)[..., np.newaxis] == np.arange(16)).mean(axis=1)
    entropies = -(shares * np.log(np.where(shares > 0, shares, 1))).sum(axis=1)
    assert find_most_varied(maps, low, high) == np.argmax(np.round(entropies, 9))

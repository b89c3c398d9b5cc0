"""The bundled trunk on the bundled photos, against statistics that another program computed."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from engine.files import paths
from engine.low_rank.energies import energy
from engine.low_rank.factorisation import input_covariance
from engine.network.node_ref import STEM
from engine.project import file
from engine.run.execute import run_all
from engine.run.request import RunRequest
from tests.engine.checkpoints import proceed

REFERENCE = json.loads((Path(__file__).parent / "data" / "trunk_reference.json").read_text(encoding="utf-8"))["volumes"]
START_PROJECT = paths.RESOURCES / "projects" / "inception_3a_5x5_branch.toml"

TOLERANCE = 1e-4
"""A value is a float32 sum of at most 256·9 products: in another order it differs by up to 2304 · 2⁻²⁴ of their sizes,
if all are rounded one way. Measured differences of the statistics are about 3e-6."""


@cache
def results(photo):
    project = file.load_project(START_PROJECT).project
    project = replace(project, input=replace(project.input, path=f"resources:photos/{photo}.png"))
    return run_all(RunRequest.of(project), lambda started: None)


@pytest.mark.parametrize(("photo", "name"), [(photo, name) for photo in REFERENCE for name in REFERENCE[photo]])
def test_a_volume_of_the_trunk_has_the_statistics_of_the_reference(photo, name):
    expected = REFERENCE[photo][name]
    volume = results(photo)[STEM, name.replace("conv", "relu")].volume
    assert list(volume.shape) == expected["shape"]
    statistics = {"mean": volume.mean(dtype=np.float64), "std": volume.std(dtype=np.float64), "max": volume.max()}
    for statistic, value in statistics.items():
        assert value == pytest.approx(expected[statistic], rel=TOLERANCE), statistic
    # A map that is nearly empty is a small difference of large terms: its error is relative to the volume's mean.
    means = volume.mean(axis=(1, 2), dtype=np.float64)[: len(expected["channel_means"])]
    np.testing.assert_allclose(means, expected["channel_means"], rtol=TOLERANCE, atol=TOLERANCE * expected["mean"])


def test_both_designs_receive_the_trunks_256_maps_and_output_32():
    events = results("chelsea")
    assert events[STEM, "pool3"].volume.shape == (256, 28, 28)
    assert events["naive", "conv5x5"].volume.shape == events["bottleneck", "conv5x5"].volume.shape == (32, 28, 28)


def test_sixteen_directions_hold_most_of_the_energy_of_the_cat():
    received = results("chelsea")[STEM, "pool3"].volume
    energies = np.linalg.eigvalsh(input_covariance([received], proceed))[::-1]
    assert energies[:16].sum() / energies.sum() == pytest.approx(0.87, abs=0.005)


@pytest.mark.parametrize(("photo", "percent"), [("chelsea", 25), ("coffee", 42)])
def test_the_note_of_the_start_project_states_by_how_much_its_bottleneck_differs(photo, percent):
    naive, bottleneck = (results(photo)[name, "conv5x5"].volume for name in ("naive", "bottleneck"))
    assert round(100 * (energy(bottleneck - naive) / energy(naive)) ** 0.5) == percent
    (note,) = file.load_project(START_PROJECT).project.notes
    assert f"{percent} %" in note.text
    assert note.design == "bottleneck"


def test_designs_of_the_start_project_cost_what_the_paper_counts():
    request = RunRequest.of(file.load_project(START_PROJECT).project)
    costs = {name: (analysis.macs, analysis.params) for name, analysis in request.check.analyses.items() if name}
    assert costs == {"naive": (160_563_200, 204_832), "bottleneck": (13_246_464, 16_944)}
    assert request.check.problems == ()

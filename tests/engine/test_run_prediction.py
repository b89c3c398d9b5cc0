"""The prediction of what a run still has to compute, and the speed that is measured from runs."""

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image

from engine.layers import Activation, Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.network.weight_specs import LowRankWeights, SeedWeights
from engine.project.project import Design, Project
from engine.run.cache import CachedVolume, VolumeCache
from engine.run.execute import NodeDone, execute
from engine.run.prediction import Cost, LayerTime, Speed, remaining_work
from engine.run.request import RunRequest

FIRST, SECOND = Node("first", Conv2d(4, 3)), Node("second", Conv2d(8, 3))


def request_of(*nodes, source=None):
    return RunRequest.of(Project(source or NoiseInput((3, 16, 16)), (Design("a", Network(nodes)),)))


def run(request, cache):
    return [event for event in execute(request, cache) if isinstance(event, NodeDone)]


def test_only_what_is_not_cached_is_work():
    cache, request = VolumeCache(), request_of(FIRST, SECOND)
    before = remaining_work(request, cache)
    run(request, cache)
    assert remaining_work(request, cache).layers == 0
    assert remaining_work(request, cache).cost == Cost()
    edited = request_of(FIRST, replace(SECOND, layer=Conv2d(8, 5)))
    assert before.layers == 3
    assert remaining_work(edited, cache).layers == 1


def test_a_volume_that_several_designs_share_counts_once():
    project = request_of(FIRST, SECOND).project
    twin = replace(project.designs[0], name="b", colour=2)
    relu = Network((Node("relu", Activation("relu")),))
    shared = replace(project, stem=relu, designs=(Design("a", relu), replace(twin, network=relu)))
    assert remaining_work(RunRequest.of(shared), VolumeCache()).layers == 3  # input, stem, one relu


def test_more_arithmetic_and_more_weights_take_longer():
    def seconds(*nodes):
        return remaining_work(request_of(*nodes), VolumeCache()).cost.seconds

    assert seconds(FIRST) < seconds(FIRST, SECOND) < seconds(FIRST, replace(SECOND, layer=Conv2d(64, 5)))
    assert seconds(FIRST, Node("relu", Activation("relu"))) < seconds(FIRST, SECOND)


def test_a_larger_photo_takes_longer_to_read(tmp_path):
    def seconds(height, width):
        path = tmp_path / f"{height}.png"
        Image.new("RGB", (width, height)).save(path)
        work = remaining_work(request_of(FIRST, source=ImageInput(str(path), (16, 16))), VolumeCache())
        assert work.obstacle == ""
        return work.cost.seconds

    assert seconds(20, 20) < 0.01 < seconds(1000, 1000) < seconds(2000, 2000)


def test_reading_an_array_and_fitting_weights_are_obstacles_until_they_are_cached(tmp_path):
    cache = VolumeCache()
    np.save(tmp_path / "a.npy", np.ones((3, 16, 16), np.float32))
    array = request_of(FIRST, source=ArrayInput(str(tmp_path / "a.npy")))
    assert remaining_work(array, cache).obstacle == "the input has to be read from its file"
    run(array, cache)
    assert remaining_work(request_of(SECOND, source=array.project.input), cache).obstacle == ""
    recipe = LowRankWeights("1x1+kxk", ("reduce", "conv"), SeedWeights("a", "original"))
    fitted = request_of(Node("reduce", Conv2d(2, 1), (), recipe), Node("conv", Conv2d(4, 3), (), recipe))
    assert not fitted.check.problems
    assert remaining_work(fitted, cache).obstacle == "weights have to be fitted"
    run(fitted, cache)
    assert remaining_work(fitted, cache).layers == 0


SMALL = request_of(*(Node(f"conv{number}", Conv2d(2, 1)) for number in range(10)))
LARGE = request_of(*(Node(f"conv{number}", Conv2d(256, 3)) for number in range(10)))


def seconds_of(request, factor):
    """The time of each layer on a machine that takes `factor` times as long as predicted."""
    alone = {ref: after(Speed(), request, {ref: 1.0}) for ref in request.check.reports}
    return {ref: factor * (speed.small.predicted + speed.large.predicted) for ref, speed in alone.items()}


def after(speed, request, seconds, *, had_weights=False):
    """The speed after a run whose layers took so many seconds."""
    return speed.after(request, {ref: LayerTime(duration, had_weights) for ref, duration in seconds.items()})


def seconds_after(speed, request):
    """The predicted time of the layers of a request."""
    cache = VolumeCache()
    cache.put(request.check.keys["", "input"], CachedVolume(np.zeros((3, 16, 16), np.float32)))
    return speed.seconds(remaining_work(request, cache).cost)


@pytest.mark.parametrize("factor", [0.5, 1.0, 10.0])
@pytest.mark.parametrize("request_", [SMALL, LARGE, request_of(FIRST, SECOND)], ids=["small", "large", "mixed"])
def test_the_next_run_is_predicted_at_the_speed_of_the_last(request_, factor):
    seconds = seconds_of(request_, factor)
    assert seconds_after(after(Speed(), request_, seconds), request_) == pytest.approx(sum(seconds.values()))


@pytest.mark.parametrize(("measured", "other"), [(SMALL, LARGE), (LARGE, SMALL)], ids=["small", "large"])
def test_small_and_large_layers_do_not_tell_how_fast_the_others_are(measured, other):
    speed = after(Speed(), measured, seconds_of(measured, 10.0))
    assert seconds_after(speed, other) == pytest.approx(sum(seconds_of(other, 1.0).values()))
    speed = after(speed, other, seconds_of(other, 0.5))
    for request, factor in (measured, 10.0), (other, 0.5):
        assert seconds_after(speed, request) == pytest.approx(sum(seconds_of(request, factor).values()))


@pytest.mark.parametrize("request_", [SMALL, LARGE], ids=["small", "large"])
def test_a_layer_that_warms_up_counts_little(request_):
    seconds = seconds_of(request_, 1.0)
    first = next(iter(seconds))
    disturbed = after(Speed(), request_, seconds | {first: 100 * seconds[first]})
    assert 1 <= seconds_after(disturbed, request_) / sum(seconds.values()) < 1.5


@pytest.mark.parametrize("request_", [SMALL, LARGE], ids=["small", "large"])
def test_layers_that_are_slow_as_the_system_is_busy_count(request_):
    seconds = seconds_of(request_, 1.0)
    busy = seconds | {ref: 20 * seconds[ref] for ref in list(seconds)[2:8:2]}
    assert 0.7 < seconds_after(after(Speed(), request_, busy), request_) / sum(busy.values()) <= 1


def test_the_last_run_counts_most_and_earlier_ones_less():
    speed = Speed()
    for _ in range(5):
        speed = after(speed, SMALL, seconds_of(SMALL, 1.0))
    later = after(speed, SMALL, seconds_of(SMALL, 4.0))
    assert 1.0 < later.small.factor < 4.0
    for _ in range(20):
        later = after(later, SMALL, seconds_of(SMALL, 4.0))
    assert later.small.factor == pytest.approx(4.0, rel=0.01)


def test_the_time_of_the_input_does_not_count_and_a_run_from_the_cache_measures_nothing():
    request = request_of(FIRST, SECOND)
    assert after(Speed(), request, {("", "input"): 5.0}) == Speed()
    assert after(Speed(), request, {}) == Speed()


def test_a_run_reports_the_whole_time_of_each_node_that_it_computes():
    cache, request = VolumeCache(), request_of(FIRST, SECOND)
    first, second = run(request, cache), run(request, cache)
    assert all(event.seconds >= event.milliseconds / 1000 > 0 for event in first)
    assert all(event.is_reused for event in second)


def test_the_factor_stays_within_limits():
    assert Speed().small.factor == Speed().large.factor == 1.0
    assert after(Speed(), LARGE, seconds_of(LARGE, 1e9)).large.factor == 20.0
    assert after(Speed(), LARGE, seconds_of(LARGE, 0.0)).large.factor == 0.05


def test_a_run_with_cached_weights_measures_the_rest_of_the_time():
    cache = VolumeCache()
    run(LARGE, cache)
    cache.drop_volumes()
    cache.put(LARGE.check.keys["", "input"], CachedVolume(np.zeros((3, 16, 16), np.float32)))
    rest = remaining_work(LARGE, cache).cost.seconds
    assert rest < 0.5 * remaining_work(LARGE, VolumeCache()).cost.seconds
    seconds = dict.fromkeys(LARGE.check.reports, 3 * rest / len(LARGE.check.reports))
    speed = after(Speed(), LARGE, seconds, had_weights=True)
    assert speed.seconds(remaining_work(LARGE, cache).cost) == pytest.approx(3 * rest, rel=0.2)

"""The prediction of what a run still has to compute, and the speed that is measured from runs."""

import pytest
from msgspec.structs import replace

from engine.layers import Activation, Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import ImageInput, NoiseInput
from engine.network.weight_specs import LowRankWeights, SeedWeights
from engine.project.project import Design, Project
from engine.run.cache import VolumeCache
from engine.run.execute import NodeDone, RunRequest, execute
from engine.run.prediction import Speed, remaining_work

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
    assert remaining_work(request, cache).seconds == 0
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
        return remaining_work(request_of(*nodes), VolumeCache()).seconds

    assert seconds(FIRST) < seconds(FIRST, SECOND) < seconds(FIRST, replace(SECOND, layer=Conv2d(64, 5)))
    assert seconds(FIRST, Node("relu", Activation("relu"))) < seconds(FIRST, SECOND)


def test_reading_a_photo_and_fitting_weights_are_obstacles_until_they_are_cached():
    cache = VolumeCache()
    photo = request_of(FIRST, source=ImageInput("resources:photos/chelsea.png", (16, 16)))
    assert remaining_work(photo, cache).obstacle == "the input has to be read from its file"
    run(photo, cache)
    assert remaining_work(request_of(SECOND, source=photo.project.input), cache).obstacle == ""
    recipe = LowRankWeights("1x1+kxk", ("reduce", "conv"), SeedWeights("a", "original"))
    fitted = request_of(Node("reduce", Conv2d(2, 1), (), recipe), Node("conv", Conv2d(4, 3), (), recipe))
    assert not fitted.check.problems
    assert remaining_work(fitted, cache).obstacle == "weights have to be fitted"
    run(fitted, cache)
    assert remaining_work(fitted, cache).layers == 0


def seconds_of(request, factor):
    """The time of a layer on a machine that takes `factor` times as long as predicted."""
    ref = "a", "first"
    return {ref: factor * Speed().after(request, {ref: 1.0}).predicted}


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_speed_is_that_of_the_runs_so_far(factor):
    request = request_of(FIRST, SECOND)
    speed = Speed().after(request, seconds_of(request, factor))
    assert speed.factor == pytest.approx(factor)
    work = remaining_work(request, VolumeCache())
    assert speed.seconds(work) == pytest.approx(factor * work.seconds)


def test_the_last_run_counts_most_and_earlier_ones_less():
    request = request_of(FIRST, SECOND)
    speed = Speed()
    for _ in range(5):
        speed = speed.after(request, seconds_of(request, 1.0))
    later = speed.after(request, seconds_of(request, 4.0))
    assert 1.0 < later.factor < 4.0
    for _ in range(20):
        later = later.after(request, seconds_of(request, 4.0))
    assert later.factor == pytest.approx(4.0, rel=0.01)


def test_the_time_of_the_input_does_not_count_and_a_run_from_the_cache_measures_nothing():
    request = request_of(FIRST, SECOND)
    assert Speed().after(request, {("", "input"): 5.0}) == Speed()
    assert Speed().after(request, {}) == Speed()


def test_a_run_reports_the_whole_time_of_each_node_that_it_computes():
    cache, request = VolumeCache(), request_of(FIRST, SECOND)
    first, second = run(request, cache), run(request, cache)
    assert all(event.seconds >= event.milliseconds / 1000 > 0 for event in first)
    assert all(event.is_reused for event in second)


def test_the_factor_stays_within_limits():
    request = request_of(FIRST, SECOND)
    assert Speed().factor == 1.0
    assert Speed().after(request, seconds_of(request, 1e9)).factor == 20.0
    assert Speed().after(request, seconds_of(request, 0.0)).factor == 0.05

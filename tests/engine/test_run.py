"""Runs: what they compute, what they take from the cache, how they end, and what they refuse."""

import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from msgspec.structs import replace
from PIL import Image

from engine.kernels import BLOCK_BYTES, LIBRARY_BYTES
from engine.layers import Activation, Add, BatchNorm, Concat, Conv2d, Dense, Dropout, GlobalAvgPool2d, MaxPool2d
from engine.network.analysis import analyze
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.network.node_ref import STEM
from engine.network.weight_specs import FileWeights, PresetWeights
from engine.project.project import Design, Project
from engine.run import execute as execute_module
from engine.run import memory, weights
from engine.run.cache import VolumeCache
from engine.run.check import check
from engine.run.execute import Cancelled, NodeDone, NodeStarted, execute, run_all, volume_at
from engine.run.memory import require_memory, required_bytes
from engine.run.request import RunRequest
from engine.shapes import Shape
from engine.text.problems import ProjectError
from tests.engine import layer_oracle, strategies

RELU = Activation(function="relu")
SHAPE = Shape(3, 6, 6)


def design(name, *nodes):
    return Design(name, Network(nodes))


def small_project():
    """A stem of three nodes and two designs; one of them joins two branches."""
    stem = Network((Node("conv", Conv2d(filters=4, kernel=3)), Node("relu", RELU), Node("pool", MaxPool2d(kernel=2))))
    naive = design("naive", Node("conv", Conv2d(filters=2, kernel=3)), Node("relu", RELU))
    joined = design(
        "joined",
        Node("left", Conv2d(filters=2, kernel=1)),
        Node("right", MaxPool2d(kernel=3, stride=1, padding=1), (INPUT,)),
        Node("both", Concat(), ("left", "right")),
        Node("head", Dense(units=3)),
    )
    return Project(NoiseInput(tuple(SHAPE)), (naive, joined), stem)


def run(project, cache=None, checkpoint=lambda: None):
    """The results of a run, by node reference."""
    events = execute(RunRequest.of(project), VolumeCache() if cache is None else cache, checkpoint)
    return {event.ref: event for event in events if isinstance(event, NodeDone)}


def computed_refs(project, cache):
    """The nodes that a run does not take from the cache."""
    return {ref for ref, event in run(project, cache).items() if not event.is_reused}


def with_layer(project, design, node, layer):
    return project.with_network(design, project.network(design).with_layer(node, layer))


def with_node_renamed(project, design, node, name):
    return project.with_network(design, project.network(design).with_node_renamed(node, name))


@given(strategies.networks(SHAPE))
def test_a_run_of_a_network_equals_the_oracle_composed_node_by_node(network):
    project = Project(NoiseInput(tuple(SHAPE)), (Design("design", network),))
    analysis = analyze(network, SHAPE)
    events = run(project)
    volumes = {INPUT: events[STEM, INPUT].volume}
    for report in analysis.reports:
        event = events["design", report.name]
        inputs = [volumes[name] for name in report.inputs]
        arrays = weights.load_weights(report, seed=0, design="design", checkpoint=lambda: None)
        errors = layer_oracle.errors(event.volume, layer_oracle.forward(report.layer, inputs, arrays))
        assert np.all(errors <= layer_oracle.bound(report.layer, inputs, arrays))
        assert event.volume.shape == report.output_shape
        volumes[report.name] = event.volume
    assert len(events) == 1 + len(network.nodes)


def test_nodes_run_in_order_and_each_is_announced_before_it_is_computed():
    project = small_project()
    events = list(execute(RunRequest.of(project), VolumeCache()))
    starts, ends = events[::2], events[1::2]
    expected = [
        (STEM, INPUT),
        *[(STEM, name) for name in ("conv", "relu", "pool")],
        *[("naive", name) for name in ("conv", "relu")],
        *[("joined", name) for name in ("left", "right", "both", "head")],
    ]
    assert [event.ref for event in starts] == [event.ref for event in ends] == expected
    assert all(isinstance(event, NodeStarted) for event in starts)
    assert [(event.done, event.total) for event in starts] == [(number, 10) for number in range(10)]


def test_designs_receive_the_stems_last_volume():
    project = small_project()
    events = run(project)
    pooled = events[STEM, "pool"].volume
    np.testing.assert_array_equal(events["joined", "both"].volume[2:, 1, 1], pooled[:, :3, :3].max(axis=(1, 2)))
    alone = replace(project, stem=None)
    assert run(alone)["joined", "right"].volume.shape == SHAPE


def test_volumes_of_a_run_may_not_be_written_to():
    for event in run(small_project()).values():
        assert not event.volume.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            event.volume[...] = 0


def test_a_second_run_takes_everything_from_the_cache():
    cache = VolumeCache()
    first = run(small_project(), cache)
    second = run(small_project(), cache)
    assert all(event.is_reused for event in second.values())
    assert all(second[ref].volume is event.volume for ref, event in first.items())


def test_the_time_of_a_node_is_that_of_its_arithmetic_when_its_volume_was_computed(monkeypatch):
    clock = [0.0]

    def taking(seconds, function):
        def slow(*arguments, **options):
            clock[0] += seconds
            return function(*arguments, **options)

        return slow

    monkeypatch.setattr(execute_module, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(weights, "load_weights", taking(1000.0, weights.load_weights))
    monkeypatch.setattr(Conv2d, "forward", taking(2.0, Conv2d.forward))
    project, cache = Project(NoiseInput((2, 5, 5)), (design("d", Node("conv", Conv2d(3, 3))),)), VolumeCache()
    assert [event.milliseconds for event in run(project, cache).values()] == [0.0, 2000.0]
    monkeypatch.undo()
    assert [event.milliseconds for event in run(project, cache).values()] == [0.0, 2000.0]


def test_the_stem_runs_once_for_all_designs_and_edits():
    project, cache = small_project(), VolumeCache()
    run(project, cache)
    edited = with_layer(project, "naive", "conv", Conv2d(filters=5, kernel=1))
    assert computed_refs(edited, cache) == {("naive", "conv"), ("naive", "relu")}


def test_an_edit_computes_only_the_nodes_downstream():
    project, cache = small_project(), VolumeCache()
    run(project, cache)
    edited = with_layer(project, "joined", "left", Conv2d(filters=3, kernel=1))
    assert computed_refs(edited, cache) == {("joined", name) for name in ("left", "both", "head")}
    edited = with_layer(project, STEM, "pool", MaxPool2d(kernel=3))
    assert computed_refs(edited, cache) == {(STEM, "pool")} | {p for p in RunRequest.of(project).refs if p[0] != STEM}


def test_undoing_an_edit_computes_nothing():
    project, cache = small_project(), VolumeCache()
    run(project, cache)
    run(with_layer(project, STEM, "conv", Conv2d(filters=3, kernel=1)), cache)
    assert computed_refs(project, cache) == set()


def test_equal_settings_in_another_spelling_compute_nothing():
    project, cache = small_project(), VolumeCache()
    run(project, cache)
    assert computed_refs(with_layer(project, STEM, "conv", Conv2d(filters=4, kernel=(3, 3))), cache) == set()


def test_moving_a_node_in_the_list_computes_nothing():
    project, cache = small_project(), VolumeCache()
    run(project, cache)
    network = project.network("joined")
    nodes = [replace(node, inputs=network.inputs_of(index)) for index, node in enumerate(network.nodes)]
    assert computed_refs(project.with_network("joined", Network(tuple(reversed(nodes)))), cache) == set()


def test_renaming_a_node_without_weights_computes_nothing():
    project, cache = small_project(), VolumeCache()
    run(project, cache)
    assert computed_refs(with_node_renamed(project, "joined", "right", "pooled"), cache) == set()
    assert computed_refs(with_node_renamed(project, STEM, "relu", "bent"), cache) == set()


def test_a_new_node_name_recomputes_only_its_seeded_layer_and_the_nodes_downstream():
    project, cache = small_project(), VolumeCache()
    run(project, cache)
    edited = with_node_renamed(project, "joined", "left", "other")
    assert computed_refs(edited, cache) == {("joined", name) for name in ("other", "both", "head")}


def test_a_new_design_name_recomputes_only_its_seeded_layers_and_the_nodes_downstream():
    project, cache = small_project(), VolumeCache()
    run(project, cache)
    edited = project.with_designs(replace(d, name=f"{d.name}2") if d.name == "joined" else d for d in project.designs)
    assert computed_refs(edited, cache) == {("joined2", name) for name in ("left", "both", "head")}


def test_a_new_seed_recomputes_every_seeded_layer_and_nothing_before_it():
    project, cache = small_project(), VolumeCache()
    project = project.with_network(STEM, project.stem.with_node(Node("input_pool", MaxPool2d(kernel=1)), 0))
    run(project, cache)
    unchanged = {(STEM, INPUT), (STEM, "input_pool")}
    assert computed_refs(replace(project, seed=1), cache) == set(RunRequest.of(project).refs) - unchanged


def test_editing_one_layer_leaves_the_weights_of_every_other_as_they_were():
    def weight_of(project, node):
        report = check(project).reports["naive", node]
        return weights.load_weights(report, seed=0, design="naive", checkpoint=lambda: None)["weight"]

    nodes = (Node("a", Conv2d(filters=4, kernel=1)), Node("b", Conv2d(filters=2, kernel=3)))
    project = Project(NoiseInput(tuple(SHAPE)), (design("naive", *nodes),))
    edited = with_layer(project, "naive", "a", Conv2d(filters=4, kernel=5))
    np.testing.assert_array_equal(weight_of(project, "b"), weight_of(edited, "b"))


def test_initial_weights_are_he_normal_with_zero_bias_and_neutral_normalisation():
    nodes = (Node("conv", Conv2d(filters=64, kernel=3)), Node("norm", BatchNorm()))
    project = Project(NoiseInput((128, 4, 4)), (design("d", *nodes),))
    reports = check(project).reports
    conv = weights.load_weights(reports["d", "conv"], seed=0, design="d", checkpoint=lambda: None)
    deviation, count = np.sqrt(2 / (128 * 9)), conv["weight"].size
    assert abs(conv["weight"].std() / deviation - 1) < 5 / np.sqrt(2 * count)  # five standard errors
    assert abs(conv["weight"].mean()) < 5 * deviation / np.sqrt(count)
    assert not conv["bias"].any()
    norm = weights.load_weights(reports["d", "norm"], seed=0, design="d", checkpoint=lambda: None)
    assert {role: set(array.tolist()) for role, array in norm.items()} == {
        "gamma": {1.0},
        "beta": {0.0},
        "mean": {0.0},
        "var": {1.0},
    }


@pytest.mark.parametrize("source", ["file", "preset"])
def test_designs_of_equal_networks_with_named_weights_share_their_volumes(source, tmp_path):
    spec = PresetWeights("sobel") if source == "preset" else weights_file(tmp_path)
    nodes = (Node("conv", Conv2d(filters=2, kernel=3), weights=spec), Node("relu", RELU))
    project = Project(NoiseInput(tuple(SHAPE)), (design("a", *nodes), design("b", *nodes)))
    keys = check(project).keys
    assert keys["a", "relu"] == keys["b", "relu"]
    assert computed_refs(project, VolumeCache()) == {(STEM, INPUT), ("a", "conv"), ("a", "relu")}


def weights_file(folder, value=1.0):
    path = folder / "weights.npz"
    np.savez(path, weight=np.full((2, 3, 3, 3), value, np.float32), bias=np.zeros(2, np.float32))
    return FileWeights(str(path))


def file_project(folder):
    """A project whose input and one layer's weights are files."""
    np.save(folder / "input.npy", np.ones(SHAPE, np.float32))
    nodes = (
        Node("pool", MaxPool2d(kernel=2)),
        Node("conv", Conv2d(filters=2, kernel=3, padding=1), weights=weights_file(folder)),
        Node("other", Conv2d(filters=2, kernel=3, bias=False), (INPUT,)),
    )
    return Project(ArrayInput(str(folder / "input.npy")), (design("d", *nodes),))


def test_a_changed_weights_file_recomputes_only_its_layer(tmp_path):
    project, cache = file_project(tmp_path), VolumeCache()
    before = run(project, cache)
    assert computed_refs(project, cache) == set()
    weights_file(tmp_path, 2.0)
    os.utime(tmp_path / "weights.npz", ns=(1, 1))  # the size is the same; only the time differs
    after = run(project, cache)
    assert {ref for ref, event in after.items() if not event.is_reused} == {("d", "conv")}
    np.testing.assert_array_equal(after["d", "conv"].volume, 2 * before["d", "conv"].volume)


def test_a_changed_input_file_recomputes_everything(tmp_path):
    project, cache = file_project(tmp_path), VolumeCache()
    run(project, cache)
    status = os.stat(tmp_path / "input.npy")
    np.save(tmp_path / "input.npy", np.ones((3, 7, 7), np.float32))
    os.utime(tmp_path / "input.npy", ns=(status.st_atime_ns, status.st_mtime_ns))  # only the size differs
    assert computed_refs(project, cache) == set(RunRequest.of(project).refs)


def test_a_file_that_became_unreadable_after_the_check_is_reported_at_its_place(tmp_path):
    project = file_project(tmp_path)
    request = RunRequest.of(project)
    (tmp_path / "weights.npz").unlink()
    with pytest.raises(ProjectError) as error:
        list(execute(request, VolumeCache()))
    [problem] = error.value.problems
    assert (problem.place, problem.design, problem.node) == ("$.designs[0].nodes[1].weights", "d", "conv")
    assert "does not exist" in problem.text


@pytest.mark.parametrize(("name", "place"), [("input", "$.input.path"), ("weights", "$.designs[0].nodes[1].weights")])
def test_a_file_that_changes_after_the_check_is_reported_and_its_volume_is_not_cached(name, place, tmp_path):
    project, cache = file_project(tmp_path), VolumeCache()
    request = RunRequest.of(project)
    os.utime(tmp_path / {"input": "input.npy", "weights": "weights.npz"}[name], ns=(1, 1))
    with pytest.raises(ProjectError, match="changed after it was checked; run again") as error:
        list(execute(request, cache))
    assert [problem.place for problem in error.value.problems] == [place]
    ref = {"input": (STEM, INPUT), "weights": ("d", "conv")}[name]
    assert request.check.keys[ref] not in cache
    assert ref in run(project, cache)


def test_an_input_with_a_value_that_is_not_a_number_runs_and_is_noticed(tmp_path):
    project = file_project(tmp_path)
    volume = np.ones(SHAPE, np.float32)
    volume[1, 2, 3] = np.nan
    np.save(tmp_path / "input.npy", volume)
    request = RunRequest.of(project)
    results = {event.ref: event for event in execute(request, VolumeCache()) if isinstance(event, NodeDone)}
    np.testing.assert_array_equal(results[STEM, INPUT].volume, volume)
    [notice] = execute_module.run_notices(request, results)
    assert (notice.place, notice.design, notice.node) == ("$.input", STEM, INPUT)
    assert "1 value that is not a number (NaN), the first at channel 1, y 2, x 3; nan_as_zero" in notice.text
    zero = replace(project, input=replace(project.input, nan_as_zero=True))
    volume[1, 2, 3] = 0
    np.testing.assert_array_equal(run(zero)[STEM, INPUT].volume, volume)


def test_the_notices_of_a_volume_come_again_with_it_from_the_cache(tmp_path):
    project = file_project(tmp_path)
    np.save(tmp_path / "input.npy", np.full(SHAPE, 1e-60))
    request, cache = RunRequest.of(project), VolumeCache()
    first, again = (
        next(event for event in execute(request, cache) if isinstance(event, NodeDone) and event.ref == (STEM, INPUT))
        for _ in range(2)
    )
    assert (again.is_reused, again.notices) == (True, first.notices)
    assert "values become 0 without being 0 in the file" in first.notices[0]


def test_an_input_beyond_float32_is_refused_with_its_place(tmp_path):
    project = file_project(tmp_path)
    volume = np.ones(SHAPE)
    volume[0, 1, 1], volume[1, 2, 3] = np.nan, 1e40
    np.save(tmp_path / "input.npy", np.asfortranarray(volume))
    with pytest.raises(
        ProjectError, match=r"1 value .*not finite, as a 32-bit number; the first is at \[1, 2, 3\]"
    ) as e:
        run(project)
    assert e.value.problems[0].place == "$.input.key"


def test_nodes_with_a_mistake_and_those_behind_them_are_left_out_and_the_others_run():
    project = small_project()
    project = with_layer(project, "joined", "right", MaxPool2d(kernel=9))
    events = run(project)
    assert {name for design_name, name in events if design_name == "joined"} == {"left"}
    assert ("naive", "relu") in events


def test_dropout_passes_its_input_on():
    project = Project(NoiseInput(tuple(SHAPE)), (design("d", Node("drop", Dropout())),))
    events = run(project)
    np.testing.assert_array_equal(events["d", "drop"].volume, events[STEM, INPUT].volume)


@pytest.mark.filterwarnings("error")
def test_overflow_is_a_value_and_no_warning(tmp_path):
    np.save(tmp_path / "input.npy", np.full(SHAPE, 3e38, np.float32))
    nodes = (Node("relu", RELU), Node("sum", Add(), (INPUT, "relu")), Node("soft", Activation(function="softmax")))
    events = run(Project(ArrayInput(str(tmp_path / "input.npy")), (design("d", *nodes),)))
    assert np.isposinf(events["d", "sum"].volume).all()
    assert np.isnan(events["d", "soft"].volume).all()


def test_a_cache_of_a_small_budget_holds_only_the_last_volumes_and_the_run_is_complete():
    project = small_project()
    full = run(project)
    cache = VolumeCache(budget=2 * full[STEM, "conv"].volume.nbytes)
    events = run(project, cache)
    for ref, event in full.items():
        np.testing.assert_array_equal(events[ref].volume, event.volume)
    entries = (cache.get(event.key) for event in full.values())
    assert sum(timed.volume.nbytes for timed in entries if timed is not None) <= cache.budget
    assert full["joined", "head"].key in cache
    assert full[STEM, INPUT].key not in cache


def test_cancelling_at_any_checkpoint_ends_the_run_and_leaves_only_whole_volumes():
    project = small_project()
    calls = 0

    def count():
        nonlocal calls
        calls += 1

    whole = {event.key: event.volume for event in run(project, checkpoint=count).values()}
    for last in range(calls):
        left = last

        def cancel():
            nonlocal left
            if not left:
                raise Cancelled
            left -= 1

        cache = VolumeCache()
        with pytest.raises(Cancelled):
            run(project, cache, cancel)
        assert len(cache) < len(whole)
        for key in (key for key in whole if key in cache):
            np.testing.assert_array_equal(cache.get(key).volume, whole[key])
        again = run(project, cache)
        assert all(np.array_equal(event.volume, whole[event.key]) for event in again.values())


def test_a_run_whose_volumes_are_all_cached_can_be_cancelled_too():
    project, cache = small_project(), VolumeCache()
    run(project, cache)

    def cancel():
        raise Cancelled

    with pytest.raises(Cancelled):
        run(project, cache, cancel)


def test_a_run_can_be_abandoned_between_two_nodes():
    cache = VolumeCache()
    events = execute(RunRequest.of(small_project()), cache)
    first = next(event for event in events if isinstance(event, NodeDone))
    events.close()
    assert cache.get(first.key).volume is first.volume
    assert len(cache) == 1


def test_run_all_returns_every_node_and_announces_each():
    starts = []
    results = run_all(RunRequest.of(small_project()), starts.append)
    assert [event.ref for event in starts] == list(results) == list(RunRequest.of(small_project()).refs)


def huge(*nodes, shape=(10**4, 10**4, 10**4)):
    return RunRequest.of(Project(NoiseInput(shape), (design("d", *nodes),)))


def test_a_volume_of_a_million_million_values_is_refused_with_both_numbers_before_any_allocation():
    request = huge(Node("conv", Conv2d(filters=10**6, kernel=1)), shape=(1, 10**3, 10**3))
    assert request.check.reports["d", "conv"].output_shape.size == 10**12
    with pytest.raises(ProjectError, match=r"running needs 3\.6 TiB; 1\.0 GiB of memory are free") as error:
        require_memory(request, VolumeCache(), free=2**30)
    [problem] = error.value.problems
    assert (problem.place, problem.design, problem.node) == ("$.designs[0].nodes[0]", "d", "conv")
    assert "1000000×1000×1000" in problem.text
    with pytest.raises(ProjectError):
        next(execute(request, VolumeCache()))


def test_an_input_that_does_not_fit_in_memory_is_reported_at_the_input():
    request = huge(Node("mean", GlobalAvgPool2d()))
    with pytest.raises(ProjectError, match="The largest is the input, 10000×10000×10000") as error:
        require_memory(request, VolumeCache(), free=2**30)
    [problem] = error.value.problems
    assert (problem.place, problem.design, problem.node) == ("$.input", STEM, INPUT)


def test_weights_that_do_not_fit_in_memory_are_reported_with_their_node():
    request = huge(Node("dense", Dense(units=10**9)), shape=(1, 100, 100))
    with pytest.raises(ProjectError, match=r"The largest is dense, 1000000000×1×1, with weights of 36\.4 TiB"):
        require_memory(request, VolumeCache(), free=2**30)


def test_the_predicted_bytes_are_those_of_volumes_the_heaviest_weights_and_a_block():
    project = small_project()
    request = RunRequest.of(project)
    events = run(project)
    volumes = sum(event.volume.nbytes for event in events.values())
    needed = required_bytes(request, VolumeCache())
    heaviest = max(report.weight_bytes for report in request.check.reports.values())
    assert needed == volumes + heaviest + BLOCK_BYTES + LIBRARY_BYTES
    require_memory(request, VolumeCache(), free=needed)
    with pytest.raises(ProjectError):
        require_memory(request, VolumeCache(), free=needed - 1)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_run_takes_no_more_memory_than_was_predicted(order, tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "BLOCK_BYTES", 32 * 2**20)  # too small to hide a second copy of the weights
    monkeypatch.setattr(memory, "LIBRARY_BYTES", 0)
    weight = np.asarray(np.ones((1000, 16 * 32 * 32), ">f8"), order=order)
    np.save(tmp_path / "weight.npy", weight)
    np.save(tmp_path / "input.npy", np.asarray(np.ones((1, 16, 32, 32)), order=order))
    dense = Node("dense", Dense(units=1000, bias=False), weights=FileWeights(str(tmp_path / "weight.npy")))
    project = Project(ArrayInput(str(tmp_path / "input.npy")), (design("d", dense),))
    request, cache = RunRequest.of(project), VolumeCache()
    tracemalloc.start()
    try:
        list(execute(request, cache))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert weight.size * 4 < peak < required_bytes(request, VolumeCache())


def test_the_bytes_to_read_a_large_photo_are_predicted_and_reported(tmp_path):
    Image.new("RGBA", (3000, 2000)).save(tmp_path / "large.png")
    request = RunRequest.of(Project(ImageInput(str(tmp_path / "large.png"), size=(10, 10)), (design("d"),)))
    needed = required_bytes(request, VolumeCache())
    assert needed >= 3000 * 2000 * 4 * 4 + BLOCK_BYTES  # measured: as read, on white, and two intermediates
    with pytest.raises(ProjectError, match=r"the input, 3×10×10, with 91\.6 MiB to read its file"):
        require_memory(request, VolumeCache(), free=needed - 1)


def test_cached_volumes_and_their_weights_need_no_memory():
    project, cache = small_project(), VolumeCache()
    run(project, cache)
    request = RunRequest.of(project)
    assert required_bytes(request, cache) == 0
    require_memory(request, cache, free=0)


def test_volumes_of_one_key_are_counted_once():
    nodes = (Node("pool", MaxPool2d(kernel=2)), Node("sum", Add(), ("pool", "again")), Node("again", RELU, ("pool",)))
    project = Project(NoiseInput(tuple(SHAPE)), (design("a", *nodes), design("b", *nodes)))
    alone = replace(project, designs=project.designs[:1])
    assert required_bytes(RunRequest.of(project), VolumeCache()) == required_bytes(RunRequest.of(alone), VolumeCache())


def test_a_single_volume_of_branches_that_meet_is_that_of_the_whole_run():
    nodes = (
        Node("a", Conv2d(4, 1)),
        Node("b", Activation("relu"), ("a",)),
        Node("c", Activation("tanh"), ("a",)),
        Node("meet", Add(), ("b", "c", "a")),
        Node("last", Conv2d(2, 3)),
    )
    request = RunRequest.of(Project(NoiseInput((3, 6, 7)), (design("d", *nodes),)))
    results = run_all(request, lambda event: None)
    cache = VolumeCache()
    for name in ("meet", "last", "a"):
        for one_cache in (VolumeCache(0), cache):
            assert np.array_equal(volume_at(request, ("d", name), one_cache), results["d", name].volume)
    assert len(cache) == 3


def test_on_the_way_to_a_single_volume_those_that_nothing_needs_any_more_are_dropped():
    size = 4 * 8 * 200 * 200
    nodes = [Node(f"n{number}", Activation("relu")) for number in range(12)]
    request = RunRequest.of(Project(NoiseInput((8, 200, 200)), (design("d", *nodes),)))
    tracemalloc.start()
    try:
        volume_at(request, ("d", "n11"), VolumeCache(0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * size


def test_the_volume_of_a_node_with_a_mistake_is_refused_with_the_mistake():
    request = RunRequest.of(Project(NoiseInput((3, 6, 7)), (design("d", Node("a", Conv2d(4, 9, padding="valid"))),)))
    with pytest.raises(ProjectError, match="kernel 9×9 is larger than its padded input 6×7") as error:
        volume_at(request, ("d", "a"), VolumeCache())
    assert error.value.problems == request.check.problems

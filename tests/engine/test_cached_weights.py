"""Weights that one run leaves for the next: for which runs, and when a run does without."""

import os
from itertools import count
from threading import Event, Thread, current_thread
from time import monotonic
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from msgspec.structs import replace

from engine.kernels.threads import thread_limit
from engine.layers import Activation, BatchNorm, Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.weight_specs import FileWeights, LowRankWeights
from engine.project.project import Design, Project
from engine.run import weights
from engine.run.cache import CachedWeights, VolumeCache
from engine.run.cached_weights import has_cached_weights
from engine.run.execute import Cancelled, NodeDone, execute, run_notices, volume_at, weights_at
from engine.run.leave_out import leave_map_out
from engine.run.memory import required_bytes
from engine.run.prediction import remaining_work
from engine.run.request import RunRequest
from engine.text.problems import ProjectError
from tests.engine.checkpoints import proceed

CONV, NORM, LAST = ("d", "conv"), ("d", "norm"), ("d", "last")
HEAVIEST_BYTES = 4 * (4 * 3 * 9 + 4)
WEIGHT_BYTES = HEAVIEST_BYTES + 4 * (4 * 4 + (5 * 4 + 5))


def project_of(*, shape=(3, 8, 8), noise=0, seed=0, design="d", filters=4, source=None):
    nodes = (
        Node("conv", Conv2d(filters, 3), weights=source),
        Node("norm", BatchNorm()),
        Node("relu", Activation("relu")),
        Node("last", Conv2d(5, 1)),
    )
    return Project(NoiseInput(shape, noise), (Design(design, Network(nodes)),), seed=seed)


def run(project, cache):
    return {event.ref: event for event in execute(RunRequest.of(project), cache) if isinstance(event, NodeDone)}


def refs_from_cached_weights(project, cache):
    """The nodes whose weights are cached, after the volumes were compared with those of a run without a cache."""
    results = run(project, cache)
    for ref, expected in run(project, VolumeCache(0, 0)).items():
        np.testing.assert_array_equal(results[ref].volume, expected.volume)
    return {ref for ref, done in results.items() if done.had_weights}


@pytest.mark.parametrize(
    ("change", "refs"),
    [
        ({"noise": 1}, {CONV, NORM, LAST}),
        ({"noise": 1, "shape": (3, 20, 9)}, {CONV, NORM, LAST}),
        ({"filters": 6}, set()),  # also those behind have another number of channels
        ({"shape": (2, 8, 8)}, {NORM, LAST}),
        ({"seed": 1}, set()),
        ({"design": "e"}, set()),  # from another seed
    ],
    ids=["other noise", "other size", "filters", "channels", "seed", "design"],
)
def test_a_run_takes_the_weights_of_an_earlier_one_if_they_are_the_same(change, refs):
    cache = VolumeCache()
    assert refs_from_cached_weights(project_of(), cache) == set()
    assert refs_from_cached_weights(project_of(**change), cache) == refs


def test_weights_of_a_run_that_has_more_than_the_budget_are_not_cached():
    for budget, refs in (WEIGHT_BYTES, {CONV, NORM, LAST}), (WEIGHT_BYTES - 1, set()):
        cache = VolumeCache(weight_budget=budget)
        run(project_of(), cache)
        assert refs_from_cached_weights(project_of(noise=1), cache) == refs


def test_weights_that_do_not_fit_in_free_memory_beside_the_run_are_not_cached(monkeypatch):
    request, cache = RunRequest.of(project_of()), VolumeCache()
    for missing, layers in (1, 0), (0, 3):
        free = required_bytes(request, VolumeCache()) + WEIGHT_BYTES - HEAVIEST_BYTES - missing
        monkeypatch.setattr(psutil, "virtual_memory", lambda free=free: SimpleNamespace(available=free))
        cache.drop_volumes()
        run(project_of(), cache)
        cache.drop_volumes()
        assert len(refs_from_cached_weights(project_of(), cache)) == layers


def test_a_single_volume_needs_the_weights_of_what_it_is_computed_from_alone():
    cache = VolumeCache(weight_budget=HEAVIEST_BYTES)
    volume_at(RunRequest.of(project_of()), CONV, cache)
    assert is_cached(CONV, cache)
    volume_at(RunRequest.of(project_of(noise=1)), LAST, cache)
    assert not is_cached(LAST, cache)
    cache.drop_volumes()
    assert refs_from_cached_weights(project_of(), cache) == {CONV}  # which too large a run takes, and adds none


def is_cached(ref, cache):
    return has_cached_weights(RunRequest.of(project_of()), ref, cache)


def test_the_least_recently_used_weights_are_dropped_first():
    def put(cache, key, count):
        entry = CachedWeights({"weight": np.zeros(count, np.float32)})
        assert cache.weights.get_or_make(key, lambda: entry, proceed) == (entry, False)

    cache = VolumeCache(weight_budget=4 * 3)
    for key in "abc":
        put(cache, key, 1)
    cache.weights.get("a")
    put(cache, "d", 1)
    put(cache, "larger than the budget", 4)
    assert [cache.weights.get(key) is not None for key in "abcd"] == [True, False, True, True]
    cache.clear()
    assert cache.weights.get("a") is None


def test_cached_weights_cannot_be_written_to():
    cache, request = VolumeCache(), RunRequest.of(project_of())
    run(request.project, cache)
    arrays = weights_at(request, CONV, cache, proceed)
    with pytest.raises(ValueError, match="read-only"):
        arrays["weight"][:] = 0
    arrays["weight"] = np.zeros(1)  # the mapping is the caller's own
    assert weights_at(request, CONV, cache, proceed)["weight"].size > 1


def weights_file(folder, value):
    weight, bias = np.full((4, 3, 3, 3), value), np.zeros(4)
    weight[0, 0, 0, 0] = 1e-60
    np.savez(folder / "weights.npz", weight=weight, bias=bias)
    return FileWeights(str(folder / "weights.npz"))


def test_weights_of_a_changed_file_are_read_anew(tmp_path):
    cache, source = VolumeCache(), weights_file(tmp_path, 1.0)
    before = run(project_of(source=source), cache)
    assert CONV in refs_from_cached_weights(project_of(source=source, noise=1), cache)
    weights_file(tmp_path, 2.0)
    os.utime(tmp_path / "weights.npz", ns=(1, 1))
    after = run(project_of(source=source), cache)
    assert not after[CONV].had_weights
    np.testing.assert_array_equal(after[CONV].volume, 2 * before[CONV].volume)


def test_a_file_that_changes_after_the_check_is_reported_although_its_weights_are_cached(tmp_path):
    cache, source = VolumeCache(), weights_file(tmp_path, 1.0)
    run(project_of(source=source), cache)
    request = RunRequest.of(project_of(source=source, noise=1))
    os.utime(tmp_path / "weights.npz", ns=(1, 1))
    for _ in range(2):
        with pytest.raises(ProjectError, match="changed after it was checked; run again"):
            list(execute(request, cache))
        run(project_of(source=source), cache)  # now the changed file's are cached, too


def test_the_notices_of_a_file_come_again_with_its_cached_weights(tmp_path):
    cache, source = VolumeCache(), weights_file(tmp_path, 1.0)
    notices = []
    for noise in range(2):
        project = project_of(source=source, noise=noise)
        results = run(project, cache)
        notices.append(run_notices(RunRequest.of(project), results))
    assert results[CONV].had_weights
    assert "becomes 0 without being 0 in the file" in notices[0][0].text
    assert notices[0] == notices[1]


def test_the_notices_of_a_file_come_again_with_weights_fitted_to_it(tmp_path):
    recipe = LowRankWeights("1x1+kxk", ("reduce", "conv"), weights_file(tmp_path, 1.0), (NoiseInput((3, 8, 8)),))
    nodes = (Node("reduce", Conv2d(2, 1, bias=False), (), recipe), Node("conv", Conv2d(4, 3), (), recipe))
    cache, notices = VolumeCache(), []
    for noise in range(2):
        project = Project(NoiseInput((3, 8, 8), noise), (Design("d", Network(nodes)),))
        notices.append(run_notices(RunRequest.of(project), run(project, cache)))
    assert [notice.node for notice in notices[0]] == ["reduce"]
    assert "becomes 0 without being 0 in the file" in notices[0][0].text
    assert notices[0] == notices[1]


def test_weights_are_made_once_for_a_map_that_is_left_out(monkeypatch):
    made = []

    def count(report, **settings):
        made.append(report.name)
        return load(report, **settings)

    load = weights.load_weights
    monkeypatch.setattr(weights, "load_weights", count)
    list(leave_map_out(project_of(), CONV, 0, VolumeCache(), proceed))
    assert made == ["conv", "norm", "relu", "last", "relu"]


WIDE = Project(
    NoiseInput((96, 6, 6)), (Design("d", Network(tuple(Node(f"conv{n}", Conv2d(96, 3, padding=1)) for n in range(8)))),)
)


def started_threads(monkeypatch):
    """A list in which each thread is that draws weights."""
    started, start = [], Thread.start

    def note(thread):
        if thread.name == "weights":
            started.append(thread)
        start(thread)

    monkeypatch.setattr(Thread, "start", note)
    return started


@pytest.mark.parametrize("threads", [1, 2])
def test_weights_that_another_thread_draws_are_the_same(threads, monkeypatch):
    started = started_threads(monkeypatch)
    cache = VolumeCache()
    with thread_limit(threads):
        results = run(WIDE, cache)
        cache.drop_volumes()
        run(WIDE, cache)  # with nothing to draw
    assert len(started) == threads - 1
    assert not any(thread.is_alive() for thread in started)
    for ref, expected in run(WIDE, VolumeCache(0, 0)).items():
        np.testing.assert_array_equal(results[ref].volume, expected.volume)


def test_a_run_draws_all_weights_itself_if_the_system_refuses_a_thread(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    with thread_limit(2):
        expected = run(WIDE, VolumeCache())
        monkeypatch.setattr(Thread, "start", refuse)
        results = run(WIDE, VolumeCache())
    np.testing.assert_array_equal(results["d", "conv7"].volume, expected["d", "conv7"].volume)


@pytest.mark.parametrize("end", ["close", "cancel"])
def test_the_thread_that_draws_weights_ends_with_the_run(end, monkeypatch):
    started = started_threads(monkeypatch)
    calls, load, stopped = count(), weights.load_weights, []

    def draw_slowly(report, *, checkpoint, **settings):
        until = monotonic() + 5
        try:
            while started and current_thread() is started[0] and monotonic() < until:
                checkpoint()
        except Exception:
            stopped.append(report.name)
            raise
        return load(report, checkpoint=checkpoint, **settings)

    monkeypatch.setattr(weights, "load_weights", draw_slowly)

    def checkpoint():
        if end == "cancel" and next(calls) > 3:
            raise Cancelled

    with thread_limit(2):
        events = execute(RunRequest.of(WIDE), VolumeCache(), checkpoint)
        next(events)
        if end == "close":
            events.close()
        else:
            with pytest.raises(Cancelled):
                list(events)
    assert len(started) == 1
    assert not started[0].is_alive()
    assert stopped == ["conv7"]


def test_threads_that_ask_for_the_same_weights_wait_for_the_first_or_make_them_if_it_fails():
    cache, asked, may_end = VolumeCache(), Event(), Event()
    entry = CachedWeights({"weight": np.zeros(1, np.float32)})
    outcomes = []

    def fail():
        asked.set()
        may_end.wait()
        raise MemoryError

    def first():
        with pytest.raises(MemoryError):
            cache.weights.get_or_make("key", fail, proceed)
        outcomes.append("failed")

    def others():
        outcomes.append(cache.weights.get_or_make("key", lambda: made.append(1) or entry, proceed))

    made = []
    threads = [Thread(target=first)]
    threads[0].start()
    asked.wait()
    threads += [Thread(target=others) for _ in range(3)]
    for thread in threads[1:]:
        thread.start()
    may_end.set()
    for thread in threads:
        thread.join()
    assert outcomes.count("failed") == made.count(1) == 1
    assert all(outcome[0] is entry for outcome in outcomes if outcome != "failed")


def test_a_thread_that_waits_for_weights_can_be_cancelled():
    cache, asked, may_end = VolumeCache(), Event(), Event()

    def make():
        asked.set()
        may_end.wait()
        return CachedWeights({})

    def cancel():
        raise Cancelled

    thread = Thread(target=lambda: cache.weights.get_or_make("key", make, proceed))
    thread.start()
    asked.wait()
    with pytest.raises(Cancelled):
        cache.weights.get_or_make("key", make, cancel)
    may_end.set()
    thread.join()


def test_cached_weights_are_no_work():
    cache = VolumeCache()
    project = replace(project_of(), input=NoiseInput((3, 8, 8), 1))
    before = remaining_work(RunRequest.of(project), cache)
    run(project_of(), cache)
    after = remaining_work(RunRequest.of(project), cache)
    assert after.layers == before.layers
    assert after.cost.seconds < before.cost.seconds

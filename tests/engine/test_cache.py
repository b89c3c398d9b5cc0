"""The cache of volumes and fitted weights: entries by key, within a budget of bytes."""

from threading import Thread

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.run.cache import _FITS_BUDGET, CachedFit, CachedVolume, VolumeCache


def volume(values):
    return np.zeros((values, 1, 1), np.float32)


def test_a_volume_is_returned_for_its_key_and_for_no_other():
    cache = VolumeCache()
    original = volume(3)
    cache.put(b"key", CachedVolume(original))
    assert cache.get(b"key").volume is original
    assert cache.get(b"other") is None
    assert b"key" in cache
    assert b"other" not in cache


def test_least_recently_used_volume_is_dropped_first():
    cache = VolumeCache(budget=4 * 3)
    for key in (b"a", b"b", b"c"):
        cache.put(key, CachedVolume(volume(1)))
    cache.get(b"a")
    cache.put(b"d", CachedVolume(volume(1)))
    assert [key in cache for key in (b"a", b"b", b"c", b"d")] == [True, False, True, True]


def test_a_volume_larger_than_the_budget_is_not_cached_and_drops_nothing():
    cache = VolumeCache(budget=8)
    cache.put(b"small", CachedVolume(volume(2)))
    cache.put(b"large", CachedVolume(volume(3)))
    assert b"small" in cache
    assert b"large" not in cache


def test_first_volume_of_a_key_stays():
    cache = VolumeCache()
    first = volume(1)
    cache.put(b"key", CachedVolume(first))
    cache.put(b"key", CachedVolume(volume(1)))
    assert cache.get(b"key").volume is first
    assert len(cache) == 1


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(1, 5)), max_size=40), st.integers(1, 12))
def test_the_cache_holds_the_last_used_volumes_that_fit_its_budget(uses, capacity):
    cache = VolumeCache(budget=4 * capacity)
    recent = []
    for put, name, size in uses:
        key = bytes([name])
        sizes = dict(recent)
        if put and name not in sizes and size <= capacity:
            cache.put(key, CachedVolume(volume(size)))
            recent.append((name, size))
        elif name in sizes:
            assert cache.get(key).volume.size == sizes[name]
            recent.remove((name, sizes[name]))
            recent.append((name, sizes[name]))
        while sum(size for _, size in recent) > capacity:
            recent.pop(0)
        assert len(cache) == len(recent)
        assert all(bytes([name]) in cache for name, _ in recent)


def test_threads_that_share_a_cache_keep_it_within_its_budget():
    cache = VolumeCache(budget=4 * 10)

    def use(start):
        for number in range(start, start + 2000):
            cache.put(number.to_bytes(4), CachedVolume(volume(1 + number % 3)))
            cache.get((number // 2).to_bytes(4))

    threads = [Thread(target=use, args=(start,)) for start in (0, 500, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = [cache.get(number.to_bytes(4)) for number in range(4000)]
    assert sum(timed.volume.nbytes for timed in entries if timed is not None) <= cache.budget
    after = [number.to_bytes(4) for number in range(4000, 4011)]
    for key in after:
        cache.put(key, CachedVolume(volume(1)))
    assert [key in cache for key in after] == [False] + 10 * [True]


def test_fitted_weights_are_dropped_when_they_are_least_recently_used_and_the_newest_stay():
    cache = VolumeCache()
    parts = CachedFit([{"weight": np.broadcast_to(np.float32(0), (_FITS_BUDGET // 12,))}])  # a third of the budget
    for key in (b"a", b"b", b"c"):
        cache.put_fit(key, parts)
    assert cache.get_fit(b"a") is parts
    cache.put_fit(b"d", parts)
    assert [cache.get_fit(key) is parts for key in (b"a", b"b", b"c", b"d")] == [True, False, True, True]
    for _ in range(10):  # again and again the same entry counts once
        cache.put_fit(b"d", parts)
    assert cache.get_fit(b"a") is parts
    larger = CachedFit([{"weight": np.broadcast_to(np.float32(0), (_FITS_BUDGET,))}])
    cache.put_fit(b"e", larger)
    assert cache.get_fit(b"e") is larger
    assert cache.get_fit(b"d") is None

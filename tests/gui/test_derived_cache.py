"""The cache of derived values: each is computed once, within a capacity, and no volume stays alive because of it."""

import gc
import weakref

import numpy as np

from gui.paint.basics.derived_cache import DerivedCache


def volume():
    return np.zeros((1, 2, 2), np.float32)


def fetch(cache, key, size=10, volumes=()):
    return cache.get_or_make(volumes, key, lambda: key[0], lambda _: size)


def test_a_value_is_computed_once_per_volume():
    calls, cache, array = [], DerivedCache(1000), volume()
    for _ in range(2):
        cache.get_or_make((array,), ("range",), lambda: calls.append(1), lambda _: 10)
    assert calls == [1]
    cache.get_or_make((array.copy(),), ("range",), lambda: calls.append(2), lambda _: 10)
    assert calls == [1, 2]


def test_the_same_volume_has_a_value_per_key():
    cache, array = DerivedCache(1000), volume()
    names = ["range", "dead", "range"]
    assert [fetch(cache, (name,), volumes=(array,)) for name in names] == names


def test_the_least_recently_used_values_are_evicted():
    cache, array = DerivedCache(50), volume()
    for key in ("a", "b", "c", "d", "a", "e", "f"):
        fetch(cache, (key,), volumes=(array,))
    assert [key for key in "abcdef" if cache.has((array,), (key,))] == ["a", "c", "d", "e", "f"]


def test_a_large_value_does_not_evict_small_ones():
    cache = DerivedCache(100)
    for key in "abcdefghij":
        fetch(cache, (key,))
    fetch(cache, ("large",), 1000)
    assert all(cache.has((), (key,)) for key in "abcdefghij")
    assert cache.has((), ("large",))
    fetch(cache, ("k",))
    assert [key for key in "abcdefghijk" if not cache.has((), (key,))] == ["a"]
    assert cache.has((), ("large",))


def test_only_the_last_large_value_stays_cached():
    cache = DerivedCache(100)
    fetch(cache, ("first",), 1000)
    fetch(cache, ("second",), 26)
    assert not cache.has((), ("first",))
    assert fetch(cache, ("second",), 26) == "second"
    fetch(cache, ("small",), 25)
    assert cache.has((), ("second",))


def test_the_cache_does_not_keep_a_volume_alive():
    cache, array = DerivedCache(1000), volume()
    fetch(cache, ("range",), volumes=(array,))
    fetch(cache, ("large",), 900, volumes=(array,))
    reference = weakref.ref(array)
    del array
    gc.collect()
    assert reference() is None

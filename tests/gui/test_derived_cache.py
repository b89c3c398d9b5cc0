"""The cache of derived values: each is computed once, within a capacity, and no volume stays alive for it."""

import gc
import weakref

import numpy as np

from gui.paint.basics.derived_cache import DerivedCache


def volume():
    return np.zeros((1, 2, 2), np.float32)


def fetch(cache, key, size=10, volumes=()):
    return cache.get_or_make(volumes, key, lambda: key[0], lambda _: size)


def test_the_same_volume_is_measured_once():
    calls, cache, measured = [], DerivedCache(1000), volume()
    for _ in range(2):
        cache.get_or_make((measured,), ("range",), lambda: calls.append(1), lambda _: 10)
    assert calls == [1]
    cache.get_or_make((measured.copy(),), ("range",), lambda: calls.append(2), lambda _: 10)
    assert calls == [1, 2]


def test_another_key_of_the_same_volume_is_another_value():
    cache, measured = DerivedCache(1000), volume()
    names = ["range", "dead", "range"]
    assert [fetch(cache, (name,), volumes=(measured,)) for name in names] == names


def test_the_least_recently_used_gives_way():
    cache, measured = DerivedCache(50), volume()
    for key in ("a", "b", "c", "d", "a", "e", "f"):
        fetch(cache, (key,), volumes=(measured,))
    assert [key for key in "abcdef" if cache.has((measured,), (key,))] == ["a", "c", "d", "e", "f"]


def test_a_large_value_evicts_no_small_one():
    cache = DerivedCache(100)
    for key in "abcdefghij":
        fetch(cache, (key,))
    fetch(cache, ("large",), 1000)
    assert all(cache.has((), (key,)) for key in "abcdefghij")
    assert cache.has((), ("large",))
    fetch(cache, ("k",))
    assert [key for key in "abcdefghijk" if not cache.has((), (key,))] == ["a"]
    assert cache.has((), ("large",))


def test_of_large_values_only_the_last_is_held():
    cache = DerivedCache(100)
    fetch(cache, ("first",), 1000)
    fetch(cache, ("second",), 26)
    assert not cache.has((), ("first",))
    assert fetch(cache, ("second",), 26) == "second"
    fetch(cache, ("small",), 25)
    assert cache.has((), ("second",))


def test_a_volume_does_not_stay_alive():
    cache, measured = DerivedCache(1000), volume()
    fetch(cache, ("range",), volumes=(measured,))
    fetch(cache, ("large",), 900, volumes=(measured,))
    gone = weakref.ref(measured)
    del measured
    gc.collect()
    assert gone() is None

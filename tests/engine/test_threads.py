"""The threads that share blocks: same results however many, one exception, no deadlock, nothing left in a child."""

import gc
import os
import subprocess
import sys
import threading
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import numpy as np
import pytest
import threadpoolctl

from engine import kernels
from engine.kernels import BLOCK_BYTES, scratch, threads
from engine.kernels.scratch import scratch_array
from engine.kernels.threads import share, thread_limit
from tests.engine.checkpoints import proceed
from tests.engine.kernel_sets import each_set, needs_onnx_runtime

SAME = {"stride": (1, 1), "padding": (1, 1, 1, 1), "dilation": (1, 1), "groups": 1}
UNPADDED = SAME | {"padding": (0, 0, 0, 0)}
SHAPES = {
    "lines": ((64, 56, 56), (64, 64, 3, 3), SAME),
    "lines in turns": ((32, 100, 640), (16, 32, 5, 5), SAME | {"padding": (2, 2, 2, 2)}),
    "windows": ((256, 14, 14), (256, 256, 3, 3), SAME),
    "windows with stride": ((3, 224, 224), (64, 3, 7, 7), SAME | {"stride": (2, 2), "padding": (3, 3, 3, 3)}),
    "shifts": ((128, 28, 28), (32, 128, 3, 3), SAME),
    "in place": ((128, 56, 56), (64, 128, 1, 1), UNPADDED),
    "in place, larger than a call": ((256, 112, 112), (384, 256, 1, 1), UNPADDED),
    "in place, few pixels": ((1105, 14, 14), (100, 1105, 1, 1), UNPADDED),
    "in place, more filters than pixels": ((240, 14, 14), (320, 240, 1, 1), UNPADDED),
    "windows of few pixels": ((269, 11, 11), (38, 269, 5, 5), SAME | {"padding": (2, 2, 2, 2)}),
    "windows, more filters than pixels": ((200, 9, 9), (120, 200, 3, 3), SAME),
    "depthwise": ((96, 56, 56), (96, 1, 3, 3), SAME | {"groups": 96}),
    "groups": ((64, 56, 56), (64, 4, 3, 3), SAME | {"groups": 16}),
}


def convolve(name, checkpoint=proceed):
    shape, weights, setting = SHAPES[name]
    rng = np.random.default_rng(0)
    arrays = (rng.standard_normal(size, dtype=np.float32) for size in (shape, weights, weights[:1]))
    return kernels.conv2d(*arrays, **setting, checkpoint=checkpoint)


def run(parts, work, checkpoint=proceed):
    share(parts, lambda part, _: work(part), checkpoint)


@each_set
@pytest.mark.parametrize("name", SHAPES)
def test_a_convolution_has_the_same_bits_on_any_number_of_threads(kernel_set, name):
    results = []
    for count in (1, 2, 3, 4):
        with kernel_set(), thread_limit(count):
            results.append(convolve(name))
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


@pytest.mark.parametrize("count", [1, 2, 4])
def test_every_part_is_done_once(count):
    with thread_limit(count):
        for size in (0, 1, 2, 7, 300):
            done = []
            run(range(size), done.append)
            assert sorted(done) == [*range(size)]


def meet(count):
    """Work that ends when so many threads are at it."""
    barrier = threading.Barrier(count, timeout=20)
    seen = set()

    def work(part):
        if threading.get_ident() not in seen:
            seen.add(threading.get_ident())
            barrier.wait()

    return work, seen


def test_as_many_threads_as_allowed_compute_at_a_time():
    with thread_limit(3):
        work, seen = meet(3)
        run(range(30), work)
        assert len(seen) == 3


def test_threads_have_a_scratch_each_and_keep_it_unless_it_is_large():
    with thread_limit(3):
        arrays, (work, _) = {}, meet(3)

        def fill(part, checkpoint):
            with scratch_array(1000, np.float32) as outer, scratch_array(1000, np.float32) as inner:
                arrays.setdefault(threading.get_ident(), set()).add((outer.ctypes.data, inner.ctypes.data))
                work(part)

        share(range(30), fill, proceed)
        assert [len(pairs) for pairs in arrays.values()] == [1, 1, 1]
        assert len({address for pairs in arrays.values() for pair in pairs for address in pair}) == 6
    with scratch_array(BLOCK_BYTES, np.uint8) as large:
        assert large.shape == (BLOCK_BYTES,)
    assert all(array.nbytes < BLOCK_BYTES for array in scratch._FREE.arrays)


def test_only_the_calling_thread_calls_the_checkpoint():
    with thread_limit(3):
        callers, (work, _) = set(), meet(3)
        run(range(30), work, lambda: callers.add(threading.get_ident()))
        assert callers == {threading.get_ident()}


def test_an_exception_of_another_thread_is_raised_where_the_kernel_was_called():
    here, (work, _) = threading.get_ident(), meet(2)

    def fail(part):
        work(part)
        if threading.get_ident() != here:
            raise ZeroDivisionError

    with thread_limit(2), pytest.raises(ZeroDivisionError):
        run(range(1000), fail)


def test_nothing_holds_the_volumes_of_a_kernel_that_has_failed_on_another_thread():
    class Fault(Exception):
        pass

    def compute():
        here, (meet_others, _) = threading.get_ident(), meet(2)
        volume = np.zeros(8)
        held.append(weakref.ref(volume))

        def fail(part):
            meet_others(part)
            if threading.get_ident() != here:
                raise Fault(volume.size)

        with pytest.raises(Fault):
            run(range(1000), fail)

    held = []
    gc.disable()
    try:
        with thread_limit(2):
            compute()
            end = monotonic() + 20
            while held[0]() is not None and monotonic() < end:  # the other thread lets go of it a little later
                sleep(0.01)
            assert held[0]() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("count", [0, 1])
def test_threads_that_the_system_refuses_are_done_without(monkeypatch, count):
    class Limited(threading.Thread):
        started = 0

        def start(self):
            if Limited.started == count:
                raise RuntimeError("can't start new thread")
            Limited.started += 1
            super().start()

    monkeypatch.setattr(threads, "Thread", Limited)
    with thread_limit(4):
        for _ in range(2):
            done, (work, seen) = [], meet(count + 1)
            run(range(30), lambda part, work=work, done=done: (work(part), done.append(part)))
            assert sorted(done) == [*range(30)]
            assert len(seen) == count + 1


def test_after_an_exception_of_the_checkpoint_no_part_begins_and_none_continues():
    with thread_limit(3):
        begun, (work, _) = [], meet(3)

        def compute(part, checkpoint):
            begun.append(part)
            work(part)
            if threading.get_ident() != here:
                while True:  # a long block: only its own checkpoint ends it
                    checkpoint()

        def stop():
            raise InterruptedError

        here = threading.get_ident()
        with pytest.raises(InterruptedError):
            share(range(1000), compute, stop)
        assert len(begun) == 3


def test_a_kernel_within_a_kernel_is_done_on_the_same_threads():
    with thread_limit(3):
        done, idents = [], set()

        def inner(part):
            done.append(part)
            idents.add(threading.get_ident())

        run(range(8), lambda part: run(range(8), inner))
        assert sorted(done) == sorted([*range(8)] * 8)
        assert len(idents) <= 3


def test_many_callers_at_once_all_end_and_share_the_threads():
    with thread_limit(2), ThreadPoolExecutor(6) as callers:
        names = [name for name in SHAPES for _ in range(4)]
        results = [*callers.map(convolve, names, timeout=120)]
        expected = {name: convolve(name) for name in SHAPES}
        for name, result in zip(names, results, strict=True):
            np.testing.assert_array_equal(result, expected[name])
        assert threads._POOL._running == threads._POOL._invited == 0
        assert threads._POOL._threads <= 1


def test_other_python_code_goes_on_while_a_dense_layer_is_computed():
    turns, is_done = 0, threading.Event()

    def count():
        nonlocal turns
        while not is_done.wait(0.0001):
            turns += 1

    volume, weight = np.ones((20_000, 1, 1), np.float32), np.ones((1000, 20_000), np.float32)
    kernels.dense(volume, weight[:1], None, proceed)  # what is imported for the first layer takes turns as well
    interval = sys.getswitchinterval()
    other = threading.Thread(target=count)
    other.start()
    try:
        sys.setswitchinterval(60)  # no thread is interrupted: it runs if another releases the interpreter
        before = turns
        with thread_limit(1):
            for _ in range(100):  # on a busy machine the other thread may wait for a core
                kernels.dense(volume, weight, None, proceed)
                if turns > before:
                    break
        after = turns
    finally:
        sys.setswitchinterval(interval)
        is_done.set()
        other.join()
    assert after > before


def test_other_threads_inherit_how_floating_point_errors_are_handled():
    with thread_limit(3), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error")
        work, _ = meet(3)

        def divide(part):
            work(part)
            assert np.isinf(np.ones(3) / np.zeros(3)).all()

        run(range(30), divide)


def test_blas_uses_one_thread_once_a_kernel_was_called():
    run(range(2), lambda part: None)
    libraries = threadpoolctl.ThreadpoolController().select(user_api="blas").info()
    assert {library["num_threads"] for library in libraries} <= {1}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_computes_with_threads_of_its_own_and_ends():
    program = """
import os, threading
import numpy as np
from engine.kernels.threads import share, thread_limit

def work(part, checkpoint):
    pass

with thread_limit(3):
    share(range(100), work, lambda: None)
    child = os.fork()
    share(range(100), work, lambda: None)
    if child:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
    command = [sys.executable, "-W", "ignore", "-c", program]
    assert subprocess.run(command, timeout=60, check=False).returncode == 0


@needs_onnx_runtime
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_convolves_by_onnx_runtime_after_the_first_has_with_several_threads():
    program = """
import os
import numpy as np
from engine import kernels
from engine.kernels.threads import thread_limit

def convolve():
    volume, weight = np.ones((64, 56, 56), np.float32), np.ones((64, 64, 3, 3), np.float32)
    setting = {"stride": (1, 1), "padding": (1, 1, 1, 1), "dilation": (1, 1), "groups": 1}
    return kernels.conv2d(volume, weight, None, **setting, checkpoint=lambda: None)

with thread_limit(3):
    before = convolve()
    child = os.fork()
    assert np.array_equal(convolve(), before)
    if child:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    else:
        os._exit(0)
"""
    command = [sys.executable, "-W", "ignore", "-c", program]
    assert subprocess.run(command, timeout=30, check=False).returncode == 0


def test_the_program_ends_while_a_thread_computes():
    program = """
import threading, time
from engine.kernels.threads import share, thread_limit

with thread_limit(2):
    threading.Thread(
        target=lambda: share(range(10**6), lambda *_: time.sleep(0.01), lambda: None), daemon=True
    ).start()
    time.sleep(0.1)
"""
    result = subprocess.run([sys.executable, "-c", program], timeout=60, check=False, capture_output=True)
    assert (result.returncode, result.stderr) == (0, b"")

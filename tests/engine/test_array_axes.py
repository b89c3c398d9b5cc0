"""Arrays of every order of axes become the volume that they hold; what is assumed is noticed, what is open is asked."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.files import array_axes, arrays
from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import ArrayInput, NoiseInput
from engine.network.weight_specs import LowRankWeights, PresetWeights
from engine.project.file import load_project, save_project
from engine.project.project import Design, Project
from engine.run import inputs
from engine.run.check import check
from engine.shapes import Shape
from engine.text.notices import collect_notices
from tests.engine.array_files import npy, npz, safetensors_of
from tests.engine.checkpoints import Stopped, proceed

PICTURE = np.random.default_rng(3).standard_normal((3, 32, 48)).astype(np.float32)
BATCH = np.random.default_rng(4).standard_normal((5, 3, 6, 8)).astype(np.float32)
AS_AXES = {
    "chw": PICTURE,
    "hwc": PICTURE.transpose(1, 2, 0),
    "hw": PICTURE[0],
    "nchw": BATCH,
    "nhwc": BATCH.transpose(0, 2, 3, 1),
    "nhw": BATCH[:, 0],
}


def expected(axes, item=0):
    return {"hw": PICTURE[:1], "nhw": BATCH[item, :1]}.get(axes, BATCH[item] if axes[0] == "n" else PICTURE)


@pytest.fixture
def spec(tmp_path):
    def spec(array, name="a.npy", **settings):
        path = tmp_path / name
        content = {".npy": npy, ".npz": lambda a: npz(x=npy(a)), ".safetensors": lambda a: safetensors_of(x=a)}
        path.write_bytes(content[path.suffix](array))
        return ArrayInput(str(path), "" if path.suffix == ".npy" else "x", **settings)

    return spec


def notices(spec):
    return [str(notice) for notice in inputs.input_notices(spec)]


@pytest.mark.parametrize("axes", AS_AXES)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.safetensors"])
@pytest.mark.parametrize("chunk", [2**23, 28])
def test_the_axes_are_those_of_the_setting(axes, order, name, chunk, spec, monkeypatch):
    monkeypatch.setattr(arrays, "_CHUNK_BYTES", chunk)
    array = np.asarray(AS_AXES[axes], order=order)
    for item in (0, 2, 4) if axes[0] == "n" else (0,):
        source = spec(array, name, axes=axes, item=item)
        result = inputs.load_input(source, proceed)
        np.testing.assert_array_equal(result, expected(axes, item))
        assert result.flags.c_contiguous
        assert inputs.input_shape(source) == result.shape
        assert notices(source) == []


def test_the_case_of_pictures_as_opencv_and_keras_save_them_is_noticed(spec):
    """Files of earlier versions state no axes and mean C×H×W, also if that looks wrong."""
    for array, own, other in ((AS_AXES["hwc"], "C×H×W", "hwc"), (AS_AXES["hwc"][None], "N×C×H×W", "nhwc")):
        source = spec(array)
        assert inputs.input_shape(source) == Shape(32, 48, 3)
        [text] = notices(source)
        assert f"is read as {own}, 32 channels of 48×3; it looks like" in text
        assert f'3 channels of 32×48: write axes = "{other}", or axes = "{own.replace("×", "").lower()}"' in text
        assert inputs.input_shape(replace(source, axes=other)) == Shape(3, 32, 48)


def test_a_flat_array_is_one_channel(spec):
    source = spec(PICTURE[0])
    np.testing.assert_array_equal(inputs.load_input(source, proceed), PICTURE[:1])
    assert notices(source)[0].endswith('has shape (32, 48) and is read as H×W, one channel; axes = "hw" states it')


def test_an_unambiguous_batch_is_inferred_and_an_ambiguous_one_asked_for(spec):
    for axes in ("nchw", "nhwc"):
        source = spec(AS_AXES[axes], item=3)
        np.testing.assert_array_equal(inputs.load_input(source, proceed), BATCH[3])
        assert f'item 3 of 5; axes = "{axes}" states it' in notices(source)[0]
    [fault] = inputs.input_faults(spec(np.zeros((8, 3, 9, 4), np.float32)))
    assert fault.setting == "axes"
    assert 'write axes = "nchw" (3 channels of 9×4) or axes = "nhwc" (4 channels of 3×9)' in str(fault)


@pytest.mark.parametrize(
    ("shape", "likely"),
    [
        ((3, 32, 48), ("chw",)),
        ((64, 7, 7), ("chw",)),
        ((512, 1, 1), ("chw",)),
        ((10, 2, 2), ("chw",)),
        ((1, 28, 28), ("chw",)),
        ((28, 28, 1), ("hwc",)),
        ((32, 48, 4), ("hwc",)),
        ((3, 5, 3), ("chw", "hwc")),
        ((2, 8, 3, 9), ("nchw",)),
        ((2, 8, 9, 3), ("nhwc",)),
        ((60000, 28, 28), ("nhw", "chw")),
        ((9216, 1, 1), ("chw",)),
        ((4,), ()),
    ],
)
def test_the_axes_that_a_shape_suggests(shape, likely):
    assert array_axes.likely_axes(shape) == likely


@given(shape=st.lists(st.integers(1, 9), min_size=3, max_size=3).map(tuple))
def test_what_is_not_stated_means_what_it_always_did(shape):
    assert array_axes.assumed_axes(shape) == "chw"
    assert array_axes.assumed_axes((1, *shape)) == "nchw"


@pytest.mark.parametrize(
    ("settings", "setting", "words"),
    [
        ({"axes": "hw"}, "axes", 'shape (3, 32, 48), which is not H×W; axes = "chw" or "hwc" or "nhw" fits'),
        ({"axes": "nchw"}, "axes", "which is not N×C×H×W"),
        ({"axes": "chw", "item": 2}, "item", "no item 2; 0 to 0 are possible"),
        ({"axes": "nhw", "item": 3}, "item", "no item 3; 0 to 2 are possible"),
    ],
)
def test_axes_and_items_that_the_array_does_not_have_are_mistakes(settings, setting, words, spec):
    [fault] = inputs.input_faults(spec(PICTURE, **settings))
    assert (fault.setting, words in str(fault)) == (setting, True)
    [problem] = check(Project(spec(PICTURE, **settings))).problems
    assert problem.place == f"$.input.{setting}"


def test_values_that_are_not_finite_are_kept_counted_and_read_as_0_on_demand(spec):
    array = AS_AXES["hwc"].copy()
    array[4, 5, 2] = array[6, 7, 1] = np.nan
    array[1, 1, 0] = -np.inf
    source = spec(array, axes="hwc")
    with collect_notices() as found:
        result = inputs.load_input(source, proceed)
    np.testing.assert_array_equal(result, array.transpose(2, 0, 1))
    assert "has 2 values that are not a number (NaN), the first at channel 1, y 6, x 7; nan_as_zero = true" in found[0]
    assert "has 1 value that is infinite, the first at channel 0, y 1, x 1" in found[1]
    with collect_notices() as found:
        zero = inputs.load_input(replace(source, nan_as_zero=True), proceed)
    np.testing.assert_array_equal(zero, np.nan_to_num(array, nan=0, neginf=-np.inf).transpose(2, 0, 1))
    assert found[0].endswith("channel 1, y 6, x 7: read as 0")


LOSSES = {
    "tiny": (np.linspace(1e-60, 9e-60, 64).reshape(1, 8, 8), ["64 of its 64 values become 0 without being 0"]),
    "offset": (2**24 + np.arange(256.0).reshape(1, 16, 16), ["256 distinct values become 129"]),
    "int64": (np.array([2**62, 2**62 + 1, 5, 5]).reshape(1, 2, 2), ["3 distinct values become 2"]),
    "uint64": (np.array([2**63, 2**63 + 1, 5, 5], np.uint64).reshape(1, 2, 2), ["3 distinct values become 2"]),
    "int32": (np.array([2**30, 2**30 + 1, 7, 8], np.int32).reshape(1, 2, 2), ["4 distinct values become 3"]),
    "labels": (np.arange(1000).reshape(1, 10, 100), []),
    "exact": (np.linspace(0, 1, 257).reshape(1, 1, 257), []),
    "equal": (np.full((1, 4, 4), 0.1), []),
    "float32": (np.full((1, 4, 4), 1e-45, np.float32), []),
    "both": (
        np.array([1e-50, 1.0, 1 + 1e-12, 2.0]).reshape(1, 2, 2),
        ["1 of its 4 values becomes", "3 distinct values become 2"],
    ),
}


@pytest.mark.parametrize("case", LOSSES)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("chunk", [2**23, 48])
def test_what_32_bits_lose_is_counted(case, order, chunk, spec, monkeypatch):
    monkeypatch.setattr(arrays, "_CHUNK_BYTES", chunk)
    array, words = LOSSES[case]
    with collect_notices() as found:
        inputs.load_input(spec(np.asarray(array, order=order)), proceed)
    assert len(found) == len(words)
    for text, word in zip(found, words, strict=True):
        assert word in text
        assert "a.npy: as 32-bit numbers" in text


def test_only_the_chosen_item_of_a_large_batch_is_read_into_memory(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((400, 1, 128, 128), np.float32))
    source = ArrayInput(str(tmp_path / "a.npy"), axes="nchw", item=399)
    tracemalloc.start()
    try:
        inputs.load_input(source, proceed)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_reading_other_axes_stops_at_a_checkpoint(spec):
    source = spec(AS_AXES["nhwc"], axes="nhwc")
    calls = []

    def stop_later():
        calls.append(None)
        if len(calls) > 1:
            raise Stopped

    with pytest.raises(Stopped):
        inputs.load_input(source, stop_later)


def test_a_saved_file_states_the_axes_that_were_assumed(spec, tmp_path):
    flat, batch = spec(PICTURE[0], "flat.npy"), spec(BATCH, "batch.npy", item=1)
    recipe = LowRankWeights("1x1+kxk", ("a", "b"), PresetWeights("box"), (batch, NoiseInput((1, 2, 3))))
    for source, axes in ((flat, "hw"), (batch, "nchw"), (spec(AS_AXES["hwc"], "hwc.npy"), "chw")):
        project = Project(source, (Design("d", Network((Node("a", weights=recipe, layer=Conv2d(2, 1)),))),))
        save_project(project, tmp_path / "p.toml")
        loaded = load_project(tmp_path / "p.toml").project
        assert loaded.input == replace(source, axes=axes)
        assert inputs.input_shape(loaded.input) == inputs.input_shape(source)
        assert notices(loaded.input) == []
        [node] = loaded.designs[0].network.nodes
        assert node.weights.calibration == (replace(batch, axes="nchw"), NoiseInput((1, 2, 3)))


def test_a_file_of_an_array_that_is_missing_or_asked_for_is_saved_as_it_is(spec, tmp_path):
    for source in (ArrayInput(str(tmp_path / "no.npy")), spec(np.zeros((8, 3, 9, 4), np.float32))):
        save_project(Project(source), tmp_path / "p.json")
        assert load_project(tmp_path / "p.json").project.input == source

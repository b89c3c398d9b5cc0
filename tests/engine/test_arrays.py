"""Arrays in files: values are read exactly as the file holds them, and unreadable arrays are reported by name."""

import struct
import tracemalloc
import zipfile
from contextlib import suppress
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.files import arrays
from engine.files.paths import FileFault
from tests.engine.array_files import VOLUME, npy, npy_claiming, npz, safetensors, safetensors_of, tensor
from tests.engine.checkpoints import Stopped, proceed, stop

NUMBERS = count()
"""Numbers for file names: two files of one name and size, written within a tick of the clock, have one stamp."""


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return str(path)

    return write


def fault(path, name=""):
    with pytest.raises(FileFault) as error:
        arrays.read_array(path, name, proceed)
    assert path in str(error.value)
    return str(error.value)


ORDERS = st.sampled_from("CF")
DTYPES = st.sampled_from(["<f4", ">f4", "<f8", "<f2", "<i8", ">i2", "|u1", "|b1"])


@given(data=st.data(), order=ORDERS, dtype=DTYPES, compression=st.sampled_from([0, zipfile.ZIP_DEFLATED]))
def test_arrays_of_every_real_type_and_order_are_read_as_float32(data, order, dtype, compression, tmp_path_factory):
    elements = {"min_value": -99, "max_value": 99} if dtype[1] == "f" else None
    array = data.draw(hnp.arrays(dtype, hnp.array_shapes(max_dims=4, max_side=4), elements=elements))
    content = npy(np.asarray(array, order=order))
    folder = tmp_path_factory.getbasetemp()
    for suffix, key, file_content in ((".npy", "", content), (".npz", "it", npz(compression, it=content))):
        path = folder / f"array{next(NUMBERS)}{suffix}"
        path.write_bytes(file_content)
        result = arrays.read_array(str(path), key, proceed)
        assert result.dtype == np.float32
        assert result.flags.c_contiguous
        np.testing.assert_array_equal(result, array.astype(np.float32))


@pytest.mark.parametrize(
    ("dtype", "content"),
    [
        ("F64", np.array([1.5, -2, 1e-3], "<f8")),
        ("F32", np.array([1.5, -2, 1e-3], "<f4")),
        ("F16", np.array([1.5, -2, 6e-8], "<f2")),
        ("I64", np.array([2**40, -1, 0], "<i8")),
        ("I8", np.array([-128, 127, 0], "i1")),
        ("U16", np.array([65535, 1, 0], "<u2")),
        ("BOOL", np.array([True, False, True])),
    ],
)
def test_safetensors_of_every_type_are_read_exactly(dtype, content, write):
    entry = tensor(dtype, [3], 0, content.nbytes)
    path = write("a.safetensors", safetensors({"__metadata__": {"by": "me"}, "x": entry}, content.tobytes()))
    assert list(arrays.read_headers(path)) == ["x"]
    np.testing.assert_array_equal(arrays.read_array(path, "x", proceed), content.astype(np.float32))


def test_bfloat16_is_the_upper_half_of_a_float32(write):
    values = np.array([1.0, -2.5, 3.0e38, 1e-40], np.float32)
    halves = (values.view(np.uint32) >> 16).astype("<u2")
    path = write("a.safetensors", safetensors({"x": tensor("BF16", [2, 2], 0, 8)}, halves.tobytes()))
    expected = (halves.astype(np.uint32) << 16).view(np.float32).reshape(2, 2)
    np.testing.assert_array_equal(arrays.read_array(path, "x", proceed), expected)
    assert expected[0, 1] == -2.5


def test_tensors_that_share_bytes_are_read_as_they_claim(write):
    data = np.arange(4, dtype="<f4").tobytes()
    path = write("a.safetensors", safetensors({"a": tensor("F32", [3], 0, 12), "b": tensor("F32", [3], 4, 16)}, data))
    assert arrays.read_array(path, "b", proceed).tolist() == [1, 2, 3]


def test_an_array_larger_than_a_chunk_is_read_whole(write, monkeypatch):
    monkeypatch.setattr(arrays, "_CHUNK_BYTES", 12)
    for name, key, content in (("a.npy", "", npy(VOLUME)), ("a.npz", "v", npz(v=npy(VOLUME)))):
        np.testing.assert_array_equal(arrays.read_array(write(name, content), key, proceed), VOLUME)


def test_reading_stops_at_a_checkpoint(write):
    with pytest.raises(Stopped):
        arrays.read_array(write("a.npz", npz(v=npy(VOLUME))), "v", stop)


@pytest.mark.parametrize("order", ["C", "F"])
def test_reading_calls_the_checkpoint_for_every_chunk_and_again_for_its_values(order, write, monkeypatch):
    monkeypatch.setattr(arrays, "_CHUNK_BYTES", 24)
    calls = []
    arrays.read_array(write("a.npy", npy(np.asarray(VOLUME, order=order))), "", lambda: calls.append(None))
    assert len(calls) == 2 * (VOLUME.nbytes // 24)


def test_write_npz_keeps_names_of_any_kind(tmp_path):
    volumes = {"file": VOLUME, "inception/5x5": VOLUME[0], "self": VOLUME[1]}
    arrays.write_npz(tmp_path / "out.npz", volumes)
    with np.load(tmp_path / "out.npz") as archive:
        assert set(archive.files) == set(volumes)
        for name, array in volumes.items():
            np.testing.assert_array_equal(archive[name], array)


BROKEN = {
    "truncated": (npy(VOLUME)[:-10], ["claims the shape [2, 5, 6], 240 bytes, but holds 230 bytes"]),
    "terabytes": (npy_claiming((10**4,) * 3), ["3.6 TiB", "holds 0 bytes"]),
    "beyond bytes": (npy_claiming((10**300, 10**300)), ["more than any disk holds"]),
    "negative": (npy_claiming((3, -2, -3), data=b"x" * 99), ["[3, -2, -3]; sizes cannot be negative"]),
    "shape of text": (npy_claiming("x"), ["header that cannot be read", "shape is not valid"]),
    "unknown type": (npy_claiming((1,), "zz"), ["header that cannot be read"]),
    "broken header": (b"\x93NUMPY\1\0\x10\0{'descr': (((((((", ["header that cannot be read"]),
    "endless header": (b"\x93NUMPY\2\0\xff\xff\xff\xff{", ["claims a header of 4,294,967,295 bytes and has 13"]),
    "pickled": (npy(np.array([{}, 1], object)), ["pickled objects, which could run code", "numpy.save"]),
    "complex": (npy(VOLUME.astype(complex)), ["'complex128'; real numbers are needed"]),
    "text array": (npy(np.array(["a"])), ["'<U1'; real numbers are needed"]),
    "records": (npy(np.zeros(3, [("a", "f4")])), ["real numbers are needed"]),
    "empty": (b"", ["does not begin like one"]),
    "no array": (b"hello, world", ["does not begin like one"]),
    "too large for 32 bits": (npy(np.full((1, 2), 1e300)), ["2 values", "the first is inf at [0, 0], as a 32-bit"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_npy_is_reported_with_its_claim_alone_and_inside_an_archive(case, write):
    content, words = BROKEN[case]
    alone, inside = fault(write("a.npy", content)), fault(write("a.npz", npz(v=content)), "v")
    for word in words:
        assert word in alone
        assert word in inside
    assert "array 'v'" in inside


def test_values_that_are_not_finite_are_counted_and_the_first_is_located(write, monkeypatch):
    monkeypatch.setattr(arrays, "_CHUNK_BYTES", 40)
    array = VOLUME.copy()
    array[1, 2, 3] = array[1, 4, 4] = np.nan
    message = fault(write("a.npy", npy(np.asfortranarray(array))))
    assert "2 values that are not finite; the first is nan at [1, 2, 3]" in message
    array[1, 4, 4] = 0
    assert "1 value that is not finite" in fault(write("a.npy", npy(array)))


def test_one_unreadable_array_leaves_the_others_of_its_file_readable(write):
    members = {"a": npy(VOLUME), "label": npy(np.array("cat")), "meta": npy(np.array([{}], object))}
    path = write("a.npz", npz(**members))
    np.testing.assert_array_equal(arrays.read_array(path, "a", proceed), VOLUME)
    assert "pickled" in fault(path, "meta")
    data = VOLUME.tobytes()
    entries = {"q": tensor("F8_E4M3", [2], 0, 2), "x": tensor("F32", [2, 5, 6], 0, len(data)), "broken": 5}
    path = write("a.safetensors", safetensors(entries, data))
    np.testing.assert_array_equal(arrays.read_array(path, "x", proceed), VOLUME)
    assert "has type 'F8_E4M3'; supported are F64, F32, F16, BF16" in fault(path, "q")
    assert "dtype, shape and two data_offsets are expected" in fault(path, "broken")


def test_members_that_are_not_arrays_are_ignored(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("README.txt", "hello")
        archive.writestr("a.npy", npy(VOLUME))
    assert list(arrays.read_headers(str(path))) == ["a"]


ARCHIVES = {
    "no archive": b"hello",
    "empty": b"",
    "cut": npz(v=npy(VOLUME))[:100],
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_a_broken_archive_is_reported(case, write):
    assert "not a readable .npz archive" in fault(write("a.npz", ARCHIVES[case]), "v")


def test_corrupt_compressed_data_is_reported(write):
    content = bytearray(npz(zipfile.ZIP_DEFLATED, v=npy(VOLUME)))
    content[60:90] = b"\xff" * 30
    assert "not a readable .npz archive" in fault(write("a.npz", bytes(content)), "v")


def test_an_archive_that_lies_about_the_size_of_a_member_is_reported(write):
    header = npy_claiming((1000, 1000))
    content = bytearray(npz(zipfile.ZIP_DEFLATED, v=header + bytes(1000)))
    at = content.rindex(b"PK\1\2") + 24
    content[at : at + 4] = struct.pack("<I", len(header) + 4 * 10**6)
    path = write("a.npz", bytes(content))
    assert arrays.read_header(path, "v").shape == (1000, 1000)
    fault(path, "v")


def test_a_header_that_unpacks_to_gigabytes_is_refused_unread(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("v.npy", "w") as member:
        member.write(b"\x93NUMPY\2\0\xff\xff\xff\x0f")
        for _ in range(32):
            member.write(bytes(2**20))
    tracemalloc.start()
    try:
        assert "claims a header of 268,435,455 bytes" in fault(str(path), "v")
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()


X = VOLUME.tobytes()
TENSORS = {
    "absurd header length": (
        safetensors({}, size=2**60),
        "claims a header of 1,152,921,504,606,846,976 bytes and has 10",
    ),
    "short": (b"abc", "not a safetensors file: it has 3 bytes"),
    "not JSON": (safetensors(b"{nope"), "header that cannot be read"),
    "not UTF-8": (safetensors(b'{"\xff": 1}'), "header that cannot be read"),
    "a list": (safetensors(b"[]"), "a table of arrays, is expected"),
    "nested deeply": (safetensors(b'{"x":' * 100_000), "header that cannot be read"),
    "offsets outside": (
        safetensors({"x": tensor("F32", [60], 0, 240)}, X[:100]),
        "in bytes 0 to 240; the file holds 100",
    ),
    "offsets before": (safetensors({"x": tensor("F32", [60], -240, 0)}, X), "bytes -240 to 0"),
    "negative sizes": (safetensors({"x": tensor("F32", [-10, -6], 0, 240)}, X), "sizes cannot be negative"),
    "claims more": (safetensors({"x": tensor("F32", [61], 0, 240)}, X), "244 bytes, but holds 240 bytes"),
    "claims less": (safetensors({"x": tensor("F32", [59], 0, 240)}, X), "[59] of F32 in bytes 0 to 240"),
    "shape of text": (safetensors({"x": tensor("F32", "60", 0, 240)}, X), "dtype, shape and two data_offsets"),
    "three offsets": (
        safetensors({"x": {"dtype": "F32", "shape": [60], "data_offsets": [0, 8, 240]}}, X),
        "two data_off",
    ),
    "infinite size": (safetensors(b'{"x":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}}', X), "two data_off"),
    "no entry": (safetensors({"x": {}}), "dtype, shape and two data_offsets are expected"),
}


@pytest.mark.parametrize("case", TENSORS)
def test_a_broken_safetensors_file_is_reported(case, write):
    content, words = TENSORS[case]
    assert words in fault(write("a.safetensors", content), "x")


def test_a_missing_name_is_reported_with_the_names_in_the_file(write):
    path = write("a.safetensors", safetensors_of(one=VOLUME, two=VOLUME[0]))
    assert fault(path, "three").endswith("has no array 'three'; it holds 'one' (2, 5, 6), 'two' (5, 6)")
    assert "none is named here; it holds 'one'" in fault(path)
    many = write("b.safetensors", safetensors_of(**{f"a{i}": VOLUME[0] for i in range(20)}))
    assert fault(many, "b").endswith("'a7' (5, 6), …")


def test_the_only_array_of_a_npy_is_read_under_any_name(write):
    np.testing.assert_array_equal(arrays.read_array(write("a.npy", npy(VOLUME)), "weight", proceed), VOLUME)


@pytest.mark.parametrize("name", ["absent.npy", "text.txt", "nothing"])
def test_a_missing_file_and_an_unknown_ending_are_reported(name, tmp_path):
    words = "does not exist" if name == "absent.npy" else "; arrays are read from .npy, .npz, .safetensors"
    assert words in fault(str(tmp_path / name))


def test_forbidden_and_failing_reads_are_reported_with_the_reason(write, monkeypatch):
    path = write("a.npy", npy(VOLUME))
    for error, words in (
        (PermissionError(13, "Permission denied"), "permissions"),
        (OSError(5, "Input/output"), "Input"),
    ):
        monkeypatch.setattr(Path, "open", lambda *_, error=error: (_ for _ in ()).throw(error))
        assert words in fault(path)


def test_a_file_cut_after_its_header_was_read_is_reported(write):
    path = write("a.npy", npy(VOLUME))
    head = arrays.read_header(path, "")
    Path(path).write_bytes(npy(VOLUME)[:-42])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "read_header", lambda *_: head)
        assert "ends after 49 of its 60 values" in fault(path)


PREFIXES = st.sampled_from([b"", b"\x93NUMPY\1\0v\0", npy(VOLUME)[:40], npz(v=npy(VOLUME)), safetensors_of(v=VOLUME)])


@given(prefix=PREFIXES, noise=st.binary(max_size=300), suffix=st.sampled_from([".npy", ".npz", ".safetensors"]))
def test_random_bytes_are_read_as_an_array_or_refused(prefix, noise, suffix, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / f"random{next(NUMBERS)}{suffix}"
    path.write_bytes(prefix + noise)
    read_or_refuse(path)


WHOLE = {
    ".npy": npy(VOLUME),
    ".npz": npz(zipfile.ZIP_DEFLATED, v=npy(VOLUME)),
    ".safetensors": safetensors_of(v=VOLUME),
}


@given(
    suffix=st.sampled_from(sorted(WHOLE)),
    changes=st.lists(st.tuples(st.integers(0, 10**4), st.binary(min_size=1, max_size=4)), min_size=1, max_size=4),
)
def test_damaged_files_are_read_as_an_array_or_refused(suffix, changes, tmp_path_factory):
    content = bytearray(WHOLE[suffix])
    for at, new in changes:
        at %= len(content)
        content[at : at + len(new)] = new
    path = tmp_path_factory.getbasetemp() / f"damaged{next(NUMBERS)}{suffix}"
    path.write_bytes(content)
    read_or_refuse(path)


def read_or_refuse(path):
    """Reads all that a project could ask of a file; any error but a FileFault fails the test."""
    try:
        names = arrays.read_headers(str(path))
    except FileFault:
        return
    for name, head in names.items():
        if head.size < 10**7:
            with suppress(FileFault):
                assert arrays.read_array(str(path), name, proceed).shape == head.shape


def test_a_npy_of_python_2_is_read_without_its_long_integers(write):
    content = npy(VOLUME).replace(b"(2, 5, 6)", b"(2L,5L,6)")
    with pytest.warns(UserWarning, match="Python 2"):
        np.testing.assert_array_equal(arrays.read_array(write("a.npy", content), "", proceed), VOLUME)


@pytest.mark.parametrize("order", ["C", "F"])
def test_reading_does_not_hold_the_file_twice(order, tmp_path):
    array = np.zeros((64, 256, 256), np.float32, order)
    np.save(tmp_path / "a.npy", array)
    tracemalloc.start()
    try:
        arrays.read_array(str(tmp_path / "a.npy"), "", proceed)
        assert tracemalloc.get_traced_memory()[1] < array.nbytes + 5 * arrays._CHUNK_BYTES
    finally:
        tracemalloc.stop()

"""Reads arrays from files: headers are checked before any data is read, and nothing is unpickled."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from math import prod
from pathlib import Path
from typing import IO, Annotated, Any
from zipfile import ZipFile

import numpy as np
from msgspec import Meta, MsgspecError, Raw, Struct, json
from msgspec.structs import replace
from numpy.lib import format as npy
from numpy.typing import NDArray

from engine.files import onnx_constants, onnx_values, paths
from engine.files.onnx_model import ONNX_SUFFIX
from engine.files.paths import FileFault, Stamp
from engine.files.precision import PrecisionLoss, as_float32
from engine.kernels import Checkpoint
from engine.text.messages import value_text
from engine.text.units import byte_size

_CHUNK_BYTES = 8 * 2**20
_HEADER_BYTES = {".npy": 10_000, ".safetensors": 32 * 2**20}
"""Maximum size of a header; a valid one is smaller."""

_SAFETENSORS_TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "bf16",
    **{f"{kind}{8 * size}": f"<{kind.lower()}{size}" for kind in "IU" for size in (8, 4, 2, 1)},
    "BOOL": "|b1",
}


class Header(Struct, frozen=True):
    """An array's location in its file. `dtype` is NumPy's name, or "bf16"; `fault` is why it cannot be read, if so."""

    shape: tuple[int, ...] = ()
    dtype: str = "<f4"
    offset: int = 0
    """Position of the first byte, in the file or in the member of a .npz."""
    fortran: bool = False
    member: str = ""
    fault: str = ""

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def itemsize(self) -> int:
        return 2 if self.dtype == "bf16" else np.dtype(self.dtype).itemsize


def read_headers(path: str) -> dict[str, Header]:
    """All arrays of a file by name: the only one of a .npy is called "", those of .onnx are its constants."""
    suffix = paths.suffix_of(path)
    if suffix not in _WEIGHT_SUFFIXES:
        raise FileFault(f"{path} ends in {suffix or 'nothing'!r}; arrays are read from {', '.join(_WEIGHT_SUFFIXES)}")
    return _headers(path, paths.stamp_of(path))


@lru_cache(maxsize=64)
def _headers(path: str, stamp: Stamp) -> dict[str, Header]:
    if paths.suffix_of(path) == ONNX_SUFFIX:
        return {name: _constant_header(path, name, array) for name, array in onnx_constants.constants_of(path).items()}
    with paths.name_file_in_errors(path), paths.resolve_path(path).open("rb") as file:
        return _READERS[paths.suffix_of(path)](path, file, stamp[1])


def read_header(path: str, name: str, setting: str = "path") -> Header:
    """The header of a readable array; FileFault lists the arrays of the file if the name is missing."""
    headers = read_headers(path)
    if len(headers) == 1 and "" in headers:
        name = ""
    if name not in headers:
        reason = f"has no array {name!r}" if name else "holds arrays by name, and none is named here"
        raise FileFault(f"{path} {reason}; {list_arrays(headers)}", setting)
    if headers[name].fault:
        raise FileFault(headers[name].fault, setting)
    return headers[name]


def list_arrays(headers: Mapping[str, Header]) -> str:
    """The arrays of a file as text for a message."""
    shapes = [f"{name!r} {array_shape_text(head.shape)}" for name, head in headers.items() if not head.fault]
    return f"it holds {', '.join(shapes[:8]) or 'no array that can be read'}" + (", …" if len(shapes) > 8 else "")


def array_shape_text(shape: tuple[int, ...]) -> str:
    """A shape as in NumPy and PyTorch: ``(32, 16, 5, 5)``."""
    return f"({', '.join(map(str, shape))})"


def read_array(
    path: str, name: str, checkpoint: Checkpoint, setting: str = "path", *, item: int | None = None, finite: bool = True
) -> NDArray[np.float32]:
    """One array, or one item along its first axis, as float32, C-contiguous. Adds notices about lost precision.

    FileFault if it ends early, if it holds values beyond float32, or, with `finite`, NaN or infinity.
    """
    head = read_header(path, name, setting)
    subject = array_subject(path, name)
    shape = head.shape if item is None else head.shape[1:]
    array = np.empty(shape, np.float32)
    # Chunk by chunk in file order: a copy at the end would need twice the memory, and seconds without a checkpoint.
    flat = array.T.flat if head.fortran else array.reshape(-1)
    start, loss = 0, PrecisionLoss()
    for values in _value_blocks(path, head, item):
        checkpoint()
        converted = _as_float32(values, head.dtype)
        loss.add(values, converted)
        flat[start : start + converted.size] = converted
        start += converted.size
    if start < array.size:
        raise FileFault(f"{subject} ends after {start:,} of its {array.size:,} values", setting)
    if finite:
        require_finite(array, subject, checkpoint, setting)
    elif loss.overflows:
        index = np.unravel_index(loss.first_overflow, shape, order="F" if head.fortran else "C")
        noun = "value that is" if loss.overflows == 1 else "values that are"
        raise FileFault(
            f"{subject} has {loss.overflows:,} {noun} not finite, as a 32-bit number; the first is at "
            f"{[int(i) for i in index]}: values up to 3.4e38 are possible, scale them down",
            setting,
        )
    loss.report(subject)
    return array


def array_subject(path: str, name: str) -> str:
    """An array as the subject of a sentence."""
    return f"{path}{f', array {name!r},' if name else ''}"


def _value_blocks(path: str, head: Header, item: int | None) -> Iterator[NDArray[Any]]:
    """Yield an array's values, or those of one item along its first axis, in the order of the file."""
    dtype = np.dtype("<u2" if head.dtype == "bf16" else head.dtype)
    if paths.suffix_of(path) == ONNX_SUFFIX:
        yield from _constant_blocks(onnx_constants.constants_of(path)[head.member], dtype, item)
        return
    count = 1 if item is None else head.shape[0]
    if item is None or not head.fortran:
        size = head.size // count
        part = replace(head, shape=(size,), offset=head.offset + (item or 0) * size * head.itemsize)
        for data in _chunks(path, part):
            yield np.frombuffer(data, dtype)
        return
    start = 0
    for data in _chunks(path, head):  # the items alternate
        values = np.frombuffer(data, dtype)
        yield values[(item - start) % count :: count]
        start += values.size


def _constant_header(path: str, name: str, array: NDArray[Any]) -> Header:
    """The header of a constant of an .onnx file, which may be the result of a computation."""
    dtype = "bf16" if array.dtype.name == "bfloat16" else array.dtype.str
    kind = array.dtype.kind
    reason = f"holds values of type {array.dtype.name}; real numbers of 8 bits or more are needed"
    fault = "" if dtype == "bf16" or kind in "biuf" else f"{array_subject(path, name)} {reason}"
    return Header(array.shape, dtype if not fault else "<f4", member=name, fault=fault)


def _constant_blocks(array: NDArray[Any], dtype: np.dtype[Any], item: int | None) -> Iterator[NDArray[Any]]:
    """Yield the values of an array in memory, which may be one value with strides of 0."""
    array = array if item is None else array[item]
    if onnx_values.is_uniform(array):
        for start in range(0, array.size, _CHUNK_BYTES // dtype.itemsize):
            count = min(array.size - start, _CHUNK_BYTES // dtype.itemsize)
            yield np.full(count, array.flat[0], array.dtype).view(dtype)
        return
    flat, step = array.flat, _CHUNK_BYTES // dtype.itemsize
    contiguous = array.reshape(-1) if array.flags.c_contiguous else None
    for start in range(0, array.size, step):
        part = flat[start : start + step] if contiguous is None else contiguous[start : start + step]
        yield part.view(dtype)


def _chunks(path: str, head: Header) -> Iterator[bytes]:
    """Yield an array's bytes in whole values, as far as the file has them."""
    step = _CHUNK_BYTES // head.itemsize * head.itemsize
    total = head.size * head.itemsize
    with paths.name_file_in_errors(path), paths.resolve_path(path).open("rb") as file, _open(path, file, head) as data:
        for start in range(0, total, step):
            chunk = data.read(min(step, total - start))
            yield chunk[: len(chunk) // head.itemsize * head.itemsize]
            if len(chunk) < min(step, total - start):
                return


@contextmanager
def _open(path: str, file: IO[bytes], head: Header) -> Iterator[IO[bytes]]:
    """Open the file or its member at the first byte of the array."""
    if not head.member:
        file.seek(head.offset)
        yield file
        return
    with _zip_fault(path), ZipFile(file) as archive, archive.open(head.member) as member:
        member.seek(head.offset)  # reads in small parts what lies before
        yield member


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays with any names; numpy.savez takes names as keywords and reserves "file" for itself."""
    with ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)


def require_finite(array: NDArray[np.float32], subject: str, checkpoint: Checkpoint, setting: str = "path") -> None:
    """Raise FileFault with the number of NaN and infinite values and the index of the first."""
    flat = array.reshape(-1)
    bad, first = 0, -1
    step = _CHUNK_BYTES // 4
    for start in range(0, flat.size, step):
        checkpoint()
        indices = np.flatnonzero(~np.isfinite(flat[start : start + step]))
        if indices.size:
            first = start + int(indices[0]) if first < 0 else first
            bad += indices.size
    if bad:
        index = [int(i) for i in np.unravel_index(first, array.shape)]
        values = "value that is" if bad == 1 else "values that are"
        size = "" if np.isnan(flat[first]) else ", as a 32-bit number"
        text = f"{subject} has {bad:,} {values} not finite; the first is {flat[first]} at {index}{size}"
        raise FileFault(text, setting)


def _as_float32(values: NDArray[Any], dtype: str) -> NDArray[np.float32]:
    if dtype == "bf16":  # the upper half of a float32
        return (values.astype(np.uint32) << 16).view(np.float32)
    return as_float32(values)


def _npy_header(path: str, file: IO[bytes], length: int, member: str = "") -> Header:
    """Read the header of a .npy of `length` bytes and check its claims against the file."""
    name = member.removesuffix(".npy")
    subject = f"{path}, array {name!r}," if member else path
    start = file.read(10)
    if not start.startswith(npy.MAGIC_PREFIX):
        raise FileFault(f"{subject} is not a .npy array: it does not begin like one")
    start += file.read(2) if start[6:7] > b"\1" else b""
    size = int.from_bytes(start[8:], "little")
    if size > min(length, _HEADER_BYTES[".npy"]):
        raise FileFault(f"{subject} claims a header of {size:,} bytes and has {length:,}")
    text = BytesIO(start + file.read(size))
    try:
        version = npy.read_magic(text)
        reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = reader(text)
    except Exception as error:  # NumPy passes on whatever Python's parser raises for the header
        message = str(error).partition(": <")[0].splitlines()  # behind it are objects of Python's parser
        reason = f": {message[0]}" if isinstance(error, ValueError) and message else ""
        raise FileFault(f"{subject} has a .npy header that cannot be read{reason[:200]}") from None
    if dtype.hasobject:
        raise FileFault(f"{subject} holds pickled objects, which could run code; save numbers with numpy.save")
    if dtype.kind not in "biuf":
        raise FileFault(f"{subject} holds values of type {value_text(str(dtype))}; real numbers are needed")
    head = Header(tuple(int(n) for n in shape), dtype.str, len(text.getvalue()), bool(fortran), member)
    _check_size(subject, head, length - head.offset)
    return head


def _check_size(subject: str, head: Header, available: int) -> None:
    """Raise FileFault if a header claims an impossible shape, or more bytes than available."""
    claim = head.size * head.itemsize
    if min((*head.shape, 0)) < 0:
        raise FileFault(f"{subject} claims the shape {value_text(head.shape)}; sizes cannot be negative")
    if claim > available:
        amount = byte_size(claim) if claim < 2**70 else "more than any disk holds"
        raise FileFault(
            f"{subject} claims the shape {value_text(head.shape)}, {amount}, but holds {byte_size(max(available, 0))}"
        )


def _read_npy(path: str, file: IO[bytes], length: int) -> dict[str, Header]:
    return {"": _npy_header(path, file, length)}


@contextmanager
def _zip_fault(path: str) -> Iterator[None]:
    try:
        yield
    except (FileFault, OSError):
        raise
    except Exception as error:  # zipfile, zlib and struct raise various errors for a broken archive
        raise FileFault(f"{path} is not a readable .npz archive: {error or type(error).__name__}") from None


def _read_npz(path: str, file: IO[bytes], _length: int) -> dict[str, Header]:
    """Headers of all members; a fault of one is raised only when it is read, since the others may suffice."""
    headers = {}
    with _zip_fault(path), ZipFile(file) as archive:
        for info in archive.infolist():
            if not info.filename.endswith(".npy"):
                continue
            try:
                with _zip_fault(path), archive.open(info) as member:
                    head = _npy_header(path, member, info.file_size, info.filename)
            except FileFault as fault:
                head = Header(fault=str(fault))
            headers[info.filename.removesuffix(".npy")] = head
    return headers


class _Tensor(Struct):
    """An entry of a safetensors header."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: Annotated[tuple[int, ...], Meta(min_length=2, max_length=2)]


def _read_safetensors(path: str, file: IO[bytes], length: int) -> dict[str, Header]:
    size = int.from_bytes(file.read(8), "little")
    if length < 8 or size > min(length - 8, _HEADER_BYTES[".safetensors"]):
        claim = f"it claims a header of {size:,} bytes and has {length:,}" if length >= 8 else f"it has {length} bytes"
        raise FileFault(f"{path} is not a safetensors file: {claim}")
    try:
        entries = json.decode(file.read(size), type=dict[str, Raw])
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        raise FileFault(
            f"{path} has a safetensors header that cannot be read; JSON, a table of arrays, is expected"
        ) from None
    entries.pop("__metadata__", None)
    headers = {}
    for name, entry in entries.items():
        try:
            headers[name] = _tensor(f"{path}, array {name!r},", entry, size + 8, length)
        except FileFault as fault:
            headers[name] = Header(fault=str(fault))
    return headers


def _tensor(subject: str, raw: Raw, start: int, length: int) -> Header:
    try:
        entry = json.decode(raw, type=_Tensor)
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        reason = "has a broken entry in the header; dtype, shape and two data_offsets are expected"
        raise FileFault(f"{subject} {reason}") from None
    dtype = _SAFETENSORS_TYPES.get(entry.dtype)
    if dtype is None:
        raise FileFault(f"{subject} has type {value_text(entry.dtype)}; supported are {', '.join(_SAFETENSORS_TYPES)}")
    begin, end = entry.data_offsets
    head = Header(entry.shape, dtype, start + begin)
    _check_size(subject, head, end - begin)
    if begin < 0 or start + end > length or end - begin != head.size * head.itemsize:
        raise FileFault(
            f"{subject} claims the shape {value_text(head.shape)} of {entry.dtype} in bytes {begin:,} to {end:,}; "
            f"the file holds {length - start:,} bytes of data"
        )
    return head


_READERS = {".npy": _read_npy, ".npz": _read_npz, ".safetensors": _read_safetensors}
ARRAY_SUFFIXES = tuple(_READERS)
_WEIGHT_SUFFIXES = (*ARRAY_SUFFIXES, ONNX_SUFFIX)

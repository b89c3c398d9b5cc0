"""Where files are, and arrays in them: headers are read and checked before any data is, and nothing is unpickled."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from msgspec import Struct, json
from numpy.lib import format as npy
from numpy.typing import NDArray

from engine.layers.base import Checkpoint
from engine.units import byte_size

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
BUNDLED = "resources:"
CHUNK_BYTES = 8 * 2**20
HEADER_BYTES = 32 * 2**20
"""More than this no honest header takes."""

SAFETENSORS_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "bf16", "I64": "<i8", "I32": "<i4", "U8": "u1"}

Stamp = tuple[int, int]
"""(time of the last change in ns, size): what tells one state of a file from another."""


class FileFault(Exception):
    """A file that a project names cannot be used; the text names it. `setting` is where the project names it."""

    def __init__(self, text: str, setting: str = "path") -> None:
        super().__init__(text)
        self.setting = setting


class Header(Struct, frozen=True):
    """An array's place in its file. `dtype` is NumPy's name, or "bf16"."""

    shape: tuple[int, ...]
    dtype: str
    offset: int
    """Of the first byte, in the file or in the member of a .npz."""
    fortran: bool = False
    member: str = ""

    @property
    def size(self) -> int:
        count = 1
        for extent in self.shape:
            count *= extent
        return count

    @property
    def itemsize(self) -> int:
        return 2 if self.dtype == "bf16" else np.dtype(self.dtype).itemsize


def resolve(path: str) -> Path:
    """The file that a project means by `path`."""
    return RESOURCES / path.removeprefix(BUNDLED) if path.startswith(BUNDLED) else Path(path)


def bundled(folder: str, suffix: str) -> tuple[str, ...]:
    """What is bundled in a folder of the resources, as projects name it: "resources:photos/chelsea.png"."""
    found = sorted((RESOURCES / folder).glob(f"*{suffix}"))
    return tuple(f"{BUNDLED}{folder}/{path.name}" for path in found)


def stamp(path: str) -> Stamp:
    """Tell whether a file changed; FileFault where it cannot be read."""
    with fault_of(path):
        found = resolve(path).stat()
    if not S_ISREG(found.st_mode):
        raise FileFault(f"{path} is not a file")
    return found.st_mtime_ns, found.st_size


@contextmanager
def fault_of(path: str) -> Iterator[None]:
    """Say of the operating system's and the formats' refusals which file they concern."""
    try:
        yield
    except FileNotFoundError:
        raise FileFault(f"{path} does not exist") from None
    except PermissionError:
        raise FileFault(f"{path} may not be read: its permissions forbid it") from None
    except OSError as error:
        raise FileFault(f"{path} cannot be read: {error.strerror or error}") from None


def headers(path: str) -> dict[str, Header]:
    """Every array of a .npy, .npz or .safetensors file by name; a .npy's only one is called ""."""
    suffix = Path(path).suffix.lower()
    if suffix not in _READERS:
        raise FileFault(f"{path} ends in {suffix or 'nothing'!r}; arrays are read from {', '.join(_READERS)}")
    return _headers(path, stamp(path))


@lru_cache(maxsize=64)
def _headers(path: str, stamp: Stamp) -> dict[str, Header]:
    with fault_of(path), resolve(path).open("rb") as file:
        return _READERS[Path(path).suffix.lower()](path, file, stamp[1])


def header(path: str, name: str, setting: str = "path") -> Header:
    """The header of one array; where the name is missing, the fault lists what there is."""
    found = headers(path)
    if len(found) == 1 and "" in found:
        name = ""
    if name not in found:
        known = ", ".join(repr(key) for key in list(found)[:8]) + (", …" if len(found) > 8 else "")
        raise FileFault(f"{path} has no array {name!r}; it holds {known or 'none'}", setting)
    return found[name]


def read(path: str, name: str, checkpoint: Checkpoint, setting: str = "path") -> NDArray[np.float32]:
    """One array as float32, C-contiguous; FileFault if it ends early or holds NaN or infinity."""
    head = header(path, name, setting)
    flat = np.empty(head.size, np.float32)
    with fault_of(path), _opened(path, head) as file:
        step = max(1, CHUNK_BYTES // head.itemsize)
        for start in range(0, head.size, step):
            checkpoint()
            count = min(step, head.size - start)
            data = file.read(count * head.itemsize)
            if len(data) < count * head.itemsize:
                raise FileFault(f"{path} ends inside array {name!r}", setting)
            flat[start : start + count] = _as_float32(data, head.dtype)
    array = flat.reshape(head.shape, order="F" if head.fortran else "C")
    array = np.ascontiguousarray(array)
    require_finite(array, f"{path}{f', array {name!r},' if name else ''}", checkpoint, setting)
    return array


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays under names of any kind; numpy.savez takes them as keywords, where "file" means itself."""
    with ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)


def require_finite(array: NDArray[np.float32], what: str, checkpoint: Checkpoint, setting: str = "path") -> None:
    """FileFault with the number of NaN and infinite values and the place of the first."""
    flat = array.reshape(-1)
    bad, first = 0, -1
    step = CHUNK_BYTES // 4
    for start in range(0, flat.size, step):
        checkpoint()
        found = np.flatnonzero(~np.isfinite(flat[start : start + step]))
        if found.size:
            first = start + int(found[0]) if first < 0 else first
            bad += found.size
    if bad:
        index = [int(i) for i in np.unravel_index(first, array.shape)]
        values = "value that is" if bad == 1 else "values that are"
        raise FileFault(f"{what} has {bad:,} {values} not finite; the first is {flat[first]} at {index}", setting)


@contextmanager
def _opened(path: str, head: Header) -> Iterator[IO[bytes]]:
    with resolve(path).open("rb") as file:
        if not head.member:
            file.seek(head.offset)
            yield file
            return
        with _zip_fault(path), ZipFile(file) as archive, archive.open(head.member) as member:
            member.read(head.offset)
            yield member


def _as_float32(data: bytes, dtype: str) -> NDArray[np.float32]:
    if dtype == "bf16":  # the upper half of a float32
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
    with np.errstate(over="ignore"):  # what overflows becomes infinite, and is reported as such
        return np.frombuffer(data, np.dtype(dtype)).astype(np.float32)


def _npy_header(path: str, file: IO[bytes], length: int, member: str = "") -> Header:
    """Read the header of a .npy of `length` bytes and compare what it claims with what is there."""
    what = f"{path}{f', member {member!r},' if member else ''}"
    try:
        version = npy.read_magic(file)
        reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = reader(file)
    except (ValueError, EOFError, KeyError, TypeError, SyntaxError) as error:
        raise FileFault(f"{what} is not a readable .npy array: {str(error).splitlines()[0]}") from None
    if dtype.hasobject:
        raise FileFault(f"{what} holds pickled objects, which could run code; save numbers with numpy.save")
    if dtype.kind not in "biuf":
        raise FileFault(f"{what} holds values of type {dtype}; real numbers are needed")
    head = Header(tuple(int(n) for n in shape), dtype.str, file.tell(), bool(fortran), member)
    claimed, held = head.size * head.itemsize, length - head.offset
    if min((*head.shape, 0)) < 0 or claimed > held:
        raise FileFault(
            f"{what} claims {'×'.join(map(str, head.shape))} values of {dtype} ({byte_size(claimed)}) but holds "
            f"{byte_size(held)}"
        )
    return head


def _read_npy(path: str, file: IO[bytes], length: int) -> dict[str, Header]:
    return {"": _npy_header(path, file, length)}


@contextmanager
def _zip_fault(path: str) -> Iterator[None]:
    try:
        yield
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise FileFault(f"{path} is not a readable .npz archive: {error}") from None


def _read_npz(path: str, file: IO[bytes], length: int) -> dict[str, Header]:
    found = {}
    with _zip_fault(path), ZipFile(file) as archive:
        for info in archive.infolist():
            with archive.open(info) as member:
                found[info.filename.removesuffix(".npy")] = _npy_header(path, member, info.file_size, info.filename)
    return found


def _read_safetensors(path: str, file: IO[bytes], length: int) -> dict[str, Header]:
    size = int.from_bytes(file.read(8), "little")
    if length < 8 or size > min(length - 8, HEADER_BYTES):
        raise FileFault(f"{path} is not a safetensors file: it claims a header of {size:,} bytes and has {length:,}")
    try:
        entries: dict[str, Any] = json.decode(file.read(size), type=dict[str, dict[str, Any]])
        entries.pop("__metadata__", None)
        return {name: _tensor(path, name, entry, size + 8, length) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError) as error:
        raise FileFault(f"{path} has an unreadable safetensors header: {error}") from None


def _tensor(path: str, name: str, entry: dict[str, Any], start: int, length: int) -> Header:
    dtype = SAFETENSORS_TYPES.get(str(entry["dtype"]))
    if dtype is None:
        raise FileFault(f"{path}, array {name!r}, is of type {entry['dtype']}; read are {', '.join(SAFETENSORS_TYPES)}")
    begin, end = (int(offset) for offset in entry["data_offsets"])
    head = Header(tuple(int(n) for n in entry["shape"]), dtype, start + begin)
    if min((*head.shape, begin)) < 0 or end - begin != head.size * head.itemsize or start + end > length:
        raise FileFault(
            f"{path}, array {name!r}, claims {'×'.join(map(str, head.shape))} values of {entry['dtype']} in bytes "
            f"{begin:,} to {end:,}; the file holds {length - start:,} bytes of data"
        )
    return head


_READERS = {".npy": _read_npy, ".npz": _read_npz, ".safetensors": _read_safetensors}

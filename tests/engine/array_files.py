"""Files of arrays, valid and broken, for the tests of their readers."""

import io
import json
import struct
import zipfile

import numpy as np

VOLUME = np.random.default_rng(7).standard_normal((2, 5, 6)).astype(np.float32)


def npy(array):
    """The bytes of a .npy file."""
    out = io.BytesIO()
    np.lib.format.write_array(out, array)
    return out.getvalue()


def npy_claiming(shape, dtype="<f4", data=b""):
    """A .npy whose header claims this shape and type, whatever its data."""
    header = repr({"descr": dtype, "fortran_order": False, "shape": shape}).encode() + b" \n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


def npz(compression=zipfile.ZIP_STORED, **members):
    """A .npz of these members, each the bytes of a .npy."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # not of now: the same members make the same bytes
            archive.writestr(member, content, compression)
    return out.getvalue()


def safetensors(entries, data=b"", size=None):
    """A .safetensors with these header entries, or with this text as its header."""
    header = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return (len(header) if size is None else size).to_bytes(8, "little") + header + data


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def safetensors_of(**arrays):
    """A .safetensors of float32 arrays."""
    entries, data = {}, b""
    for name, array in arrays.items():
        content = array.astype("<f4").tobytes()
        entries[name] = tensor("F32", list(array.shape), len(data), len(data) + len(content))
        data += content
    return safetensors(entries, data)

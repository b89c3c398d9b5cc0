"""Hostile arrays, weights and images, each with a small project that reads them."""

import io
import json
import random
import zipfile
from typing import Any

import numpy as np
from PIL import Image

from tests.engine.array_files import npy, npy_claiming, npz, safetensors
from tests.fuzz.case import damaged

_NOISE = {"kind": "noise", "shape": [3, 8, 8]}
_CROPS: tuple[dict[str, Any], ...] = ({}, {}, {"crop": [0, 0, 4, 4]}, {"crop": [3, 9, 1, 1]}, {"crop": [0, 0, 0, 9**5]})
_TYPES = ("<f4", "<f8", "<f2", ">f4", "<i8", "|u1", "|b1", "<c8", "|O", "<U4", "<M8[s]", "|V8", "<f16")


def array_input(rng: random.Random) -> dict[str, bytes]:
    """An array as the input of a project."""
    name, content = _array_file(rng, (3, 8, 8), "x")
    key = rng.choice(("", "x", "missing", "\x1b[31m"))
    return {"p.json": _project({"kind": "array", "path": name, "key": key}), name: content}


def weights_file(rng: random.Random) -> dict[str, bytes]:
    """A file of arrays as the weights of a layer."""
    name, content = _array_file(rng, (4, 3, 3, 3), "weight")
    weights = {"source": "file", "path": name, **rng.choice(({}, {"weight": "weight"}, {"bias": "b"}, {"weight": "?"}))}
    return {"p.json": _project(_NOISE, weights), name: content}


def image_input(rng: random.Random) -> dict[str, bytes]:
    """A photo as the input of a project."""
    name, content = _image_file(rng)
    size = rng.choice(([8, 8], [1, 64], [32, 32]))
    channels = rng.choice(("rgb", "bgr", "gray"))
    settings = {"path": name, "size": size, "channels": channels, **rng.choice(_CROPS)}
    return {"p.json": _project({"kind": "image", **settings}), name: content}


def _project(given: dict[str, Any], weights: dict[str, Any] | None = None) -> bytes:
    node = {"name": "c", "kind": "conv2d", "filters": 4, "kernel": 3, "bias": False}
    if weights is not None:
        node["weights"] = weights
    data = {"format": 1, "input": given, "designs": [{"name": "a", "nodes": [node]}]}
    return json.dumps(data).encode()


def _array_file(rng: random.Random, shape: tuple[int, ...], name: str) -> tuple[str, bytes]:
    """A file of arrays, often of that shape, valid or not, whole or damaged."""
    if rng.random() < 0.3:
        shape = tuple(rng.choice((0, 1, 2, 3, 5, 2**31, 2**62, 10**18, -1)) for _ in range(rng.randrange(6)))
    claims = npy_claiming(shape, rng.choice(_TYPES), rng.randbytes(rng.choice((0, 10, 432, 768, 5000))))
    small = all(0 <= extent < 10 for extent in shape)
    valid = npy(_values(rng, shape)) if small and rng.random() < 0.7 else claims
    ending = rng.choice((".npy", ".npz", ".safetensors", ".npy"))
    if ending == ".npz":
        names = rng.choice(((name,), (name, name.upper()), ("a\x1b[31m",), ("../x", "/y"), ("n" * 3000,)))
        content = npz(rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)), **dict.fromkeys(names, valid))
    elif ending == ".safetensors":
        content = _safetensors(rng, shape, name)
    else:
        content = valid
    return f"file{ending}", damaged(content, rng) if rng.random() < 0.6 else content


def _values(rng: random.Random, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    values = np.random.default_rng(rng.randrange(2**32)).standard_normal(shape)
    with np.errstate(all="ignore"):
        values *= rng.choice((1.0, 0.0, 1e39, 1e-44, float("nan"), float("inf")))
        return values.astype(rng.choice(("<f4", "<f8", "<f2", ">f4", "<i4", "|u1", "|b1")))


def _safetensors(rng: random.Random, shape: tuple[int, ...], name: str) -> bytes:
    count = int(np.prod(np.array(shape, dtype=object))) if shape else 1
    end = rng.choice((4 * count, 4 * count, 0, -1, 2**63, 2**70))
    entry = {"dtype": rng.choice(("F32", "F32", "BF16", "F8", 3)), "shape": list(shape), "data_offsets": [0, end]}
    entries = {name: entry, **dict.fromkeys(map(str, range(rng.choice((0, 0, 3, 2000)))), entry)}
    data = rng.randbytes(min(max(4 * count, 0), 10_000))
    size = rng.choice((None, None, None, 0, 2**40, 2**64 - 1))
    return safetensors(entries, data, size)


def _image_file(rng: random.Random) -> tuple[str, bytes]:
    """An image, whole, damaged, or of another kind than its name says."""
    ending = rng.choice((".png", ".jpg", ".tif", ".webp", ".gif", ".bmp", ".ppm"))
    content = rng.choice(_OTHER_KINDS) if rng.random() < 0.1 else _image(rng, ending)
    return f"photo{rng.choice((ending, ending, '.png', '.jpg'))}", damaged(
        content, rng
    ) if rng.random() < 0.8 else content


def _image(rng: random.Random, ending: str) -> bytes:
    width, height = rng.randrange(1, 40), rng.randrange(1, 40)
    mode = rng.choice(("RGB", "L", "RGB", "1" if ending in (".png", ".tif", ".bmp") else "L"))
    image = Image.frombytes("RGB", (width, height), rng.randbytes(3 * width * height)).convert(mode)
    out = io.BytesIO()
    kind = {".jpg": "JPEG", ".tif": "TIFF"}.get(ending, ending[1:].upper())
    compression = {"compression": rng.choice(("raw", "tiff_lzw", "tiff_deflate", "packbits"))} if kind == "TIFF" else {}
    image.save(out, kind, **compression)
    return out.getvalue()


_OTHER_KINDS = (
    b"",
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n%%EOF\n",
    b"%PDF-1.4\n1 0 obj\n",
    b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    b"P6 99999 99999 255\n",
    b"P5 1000000000 1000000000 65535\n",
    b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    b"MZ" + b"\0" * 300,
)

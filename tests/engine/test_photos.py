"""Photos of more than 8 bits keep every bit, each file that cannot be read is named, and no other program starts."""

import io
import logging
import os
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from engine.files import photo_formats, photo_headers, precision, tiff
from engine.files.paths import FileFault
from engine.network.input_specs import ArrayInput, ImageInput
from engine.run import inputs
from engine.text.notices import collect_notices
from tests.engine.checkpoints import Stopped, proceed, stop

RNG = np.random.default_rng(11)
DEEP = RNG.integers(0, 2**16, (9, 20, 3), np.uint16)
COMPRESSIONS = {"raw": None, "lzw": "tiff_lzw", "deflate": "tiff_adobe_deflate", "packbits": "packbits", "zstd": "zstd"}


def png(values, colour_type, *, interlaced=False, transparent=b"", row_filter=0):
    """A PNG of 16 bits; every row has the filter, of which 0, 1 and 2 are written."""
    height, width = values.shape[:2]
    data = values.astype(">u2").tobytes()
    row = len(data) // height
    rows = np.frombuffer(data, np.uint8).reshape(height, row)
    pixel = row // width
    before = {
        0: np.zeros_like(rows),
        1: np.hstack([np.zeros((height, pixel), np.uint8), rows[:, :-pixel]]),
        2: np.vstack([np.zeros((1, row), np.uint8), rows[:-1]]),
    }[row_filter]
    packed = zlib.compress(b"".join(bytes([row_filter]) + line.tobytes() for line in rows - before))

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"tRNS", transparent) if transparent else b"", chunk(b"IDAT", packed)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def tiff_file(values, *, order="<", packing="raw", predictor=1, planar=False, tile=None, rows=4, **tags):
    """A TIFF of height × width × samples: strips or tiles packed by libtiff as pixels of 8 bits."""
    height, width, samples = values.shape
    planes = [values[..., index : index + 1] for index in range(samples)] if planar else [values]
    step = tile or (rows, width)
    parts = [
        _tile(plane[top : top + step[0], left : left + step[1]], step if tile else None, order, predictor)
        for plane in planes
        for top in range(0, height, step[0])
        for left in range(0, width, step[1])
    ]
    blocks = [_packed(part, packing) for part in parts]
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    codes = {"raw": 1, "lzw": 5, "deflate": 8, "packbits": 32773, "zstd": 50000}
    fields = {256: (width,), 257: (height,), 258: (8 * values.dtype.itemsize,) * samples, 259: (codes[packing],)}
    fields |= {262: (1 if samples < 3 else 2,), 277: (samples,), 284: (1 + planar,), 339: (kind,) * samples}
    fields |= {317: (predictor,)}
    content = (b"II*\0" if order == "<" else b"MM\0*") + bytes(4)
    offsets = []
    for block in blocks:
        offsets.append(len(content))
        content += block
    lengths = tuple(map(len, blocks))
    fields |= (
        {322: (step[1],), 323: (step[0],), 324: tuple(offsets), 325: lengths}
        if tile
        else {273: tuple(offsets), 278: (rows,), 279: lengths}
    )
    return tiff._with_directory(content, fields | {int(key[1:]): value for key, value in tags.items()})


def _tile(values, size, order, predictor):
    """The bytes of a tile or strip, padded to its size, with the differences of the predictor."""
    if size:
        values = np.pad(values, ((0, size[0] - len(values)), (0, size[1] - values.shape[1]), (0, 0)))
    height, _, samples = values.shape
    dtype = values.dtype.newbyteorder(order)
    if predictor == 2:
        integers = values.view(f"u{values.dtype.itemsize}")
        values = np.diff(integers, axis=1, prepend=np.zeros((height, 1, samples), integers.dtype)).view(values.dtype)
    if predictor == 3:
        size = values.dtype.itemsize
        content = values.astype(values.dtype.newbyteorder(">")).view(np.uint8).reshape(height, -1, size)
        content = content.transpose(0, 2, 1).reshape(height, -1, samples)
        return np.diff(content, axis=1, prepend=np.zeros((height, 1, samples), np.uint8)).reshape(height, -1)
    return np.ascontiguousarray(values.astype(dtype)).view(np.uint8).reshape(height, -1)


def _packed(rows, packing):
    if packing == "raw":
        return rows.tobytes()
    out = io.BytesIO()
    Image.fromarray(rows).save(
        out, "TIFF", compression=COMPRESSIONS[packing], tiffinfo={278: len(rows)}, strip_size=2**30
    )
    with TiffImagePlugin.TiffImageFile(io.BytesIO(out.getvalue())) as image:
        [start], [length] = (image.tag_v2[tag] for tag in (273, 279))
    return out.getvalue()[start : start + length]


@pytest.fixture
def volume(tmp_path):
    """Writes a photo and returns its volume, read without resizing, in units of white."""

    def volume(content, name="photo.png", size=DEEP.shape[:2], **settings):
        (tmp_path / name).write_bytes(content)
        return inputs.load_input(ImageInput(str(tmp_path / name), size, **settings), proceed)

    return volume


def expect(result, values, white):
    expected = values.astype(np.float64).transpose(2, 0, 1) / white
    np.testing.assert_allclose(result, np.broadcast_to(expected, result.shape), rtol=2e-7)
    assert len(np.unique(result)) == len(np.unique(result.astype(np.float64)))


@pytest.mark.parametrize("row_filter", [0, 1, 2])
def test_a_colour_png_of_16_bits_keeps_every_bit(row_filter, volume):
    expect(volume(png(DEEP, 2, row_filter=row_filter)), DEEP, 65535)


def test_a_gray_png_of_16_bits_keeps_every_bit(volume):
    expect(volume(png(DEEP[..., :1], 0)), DEEP[..., :1], 65535)
    gray = volume(png(DEEP[..., :1], 0), channels="gray", scale=1.0)
    np.testing.assert_allclose(gray[0], DEEP[..., 0] / 257, rtol=2e-7)


def test_the_case_of_a_12_bit_ramp_in_a_16_bit_png_keeps_its_levels(volume):
    ramp = np.linspace(0, 4095, 64).astype(np.uint16)[None, :, None].repeat(64, axis=0)
    with collect_notices() as notices:
        result = volume(png(ramp, 0), size=(64, 64), channels="gray", scale=1.0)
    assert len(np.unique(result)) == 64
    assert result.max() == pytest.approx(255 * 4095 / 65535)
    assert "16 bits per value, 65,535 is white; its values are 0 to 4,095 of 65,535" in notices[0]


def test_transparency_of_16_bits_lies_on_white(volume):
    alpha = np.array([0, 65535, 32768, 1], np.uint16).repeat(5).reshape(1, 20, 1).repeat(9, axis=0)
    for colours, colour_type in ((DEEP, 6), (DEEP[..., :1], 4)):
        share = alpha / 65535
        expected = colours * share + 65535 * (1 - share)
        expect(volume(png(np.concatenate([colours, alpha], axis=2), colour_type)), expected, 65535)
    clear = DEEP[3, 4]
    result = volume(png(DEEP, 2, transparent=clear.astype(">u2").tobytes()))
    assert result[:, 3, 4].tolist() == [1, 1, 1]
    expected = DEEP.copy()
    expected[3, 4] = 65535
    expect(result, expected, 65535)


TYPES = {"u2": 65535, "i2": 32767, "u4": 2**32 - 1, "i4": 2**31 - 1, "f2": 1, "f4": 1, "f8": 1}


def values_of(dtype, samples=3):
    if dtype.startswith("f"):
        return RNG.standard_normal((9, 20, samples)).astype(dtype)
    low = np.iinfo(dtype).min
    return RNG.integers(low, np.iinfo(dtype).max, (9, 20, samples), dtype, endpoint=True)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_of_every_type_keeps_its_values(dtype, samples, order, volume):
    values = values_of(dtype, samples)
    expect(volume(tiff_file(values, order=order), "photo.tif"), values, TYPES[dtype])


@pytest.mark.parametrize("packing", COMPRESSIONS)
@pytest.mark.parametrize("form", [{}, {"planar": True}, {"tile": (16, 16)}, {"tile": (16, 16), "planar": True}])
@pytest.mark.parametrize("predictor", [1, 2, 3])
def test_a_tiff_packed_in_any_way_keeps_its_values(packing, form, predictor, volume):
    for dtype in ("f4",) if predictor == 3 else ("u2", "f4"):
        values = values_of(dtype)
        for order in "<>":
            content = tiff_file(values, order=order, packing=packing, predictor=predictor, **form)
            expect(volume(content, f"{dtype}{order}.tif"), values, TYPES[dtype])


def test_a_tiff_written_by_pillow_is_read_by_both_alike(volume):
    gray = Image.fromarray(DEEP[..., 0])
    for compression in (None, "tiff_lzw", "tiff_deflate"):
        out = io.BytesIO()
        gray.save(out, "TIFF", compression=compression)
        expect(volume(out.getvalue(), f"{compression}.tif"), DEEP[..., :1], 65535)


def test_the_case_of_a_float_tiff_is_read_as_it_is(volume):
    values = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64, 1)
    with collect_notices() as notices:
        np.testing.assert_array_equal(
            volume(tiff_file(values), "float01.tif", (64, 64)), values.transpose(2, 0, 1).repeat(3, 0)
        )
    assert notices[0].endswith("float01.tif: 32-bit floating point, 1 is white; its values are 0 to 1")


def test_alpha_inverted_gray_and_further_samples_of_a_tiff(volume):
    values = values_of("u2", 4)
    share = values[..., 3:] / 65535
    expect(volume(tiff_file(values, t338=(2,)), "a.tif"), values[..., :3] * share + 65535 * (1 - share), 65535)
    premultiplied = np.minimum(values, values[..., 3:])
    expected = premultiplied[..., :3] + 65535 * (1 - premultiplied[..., 3:] / 65535)
    expect(volume(tiff_file(premultiplied, t338=(1,)), "b.tif"), expected, 65535)
    inverted = tiff_file(values[..., :1], t262=(0,))
    expect(volume(inverted, "c.tif"), 65535 - values[..., :1], 65535)
    with collect_notices() as notices:
        expect(volume(tiff_file(values, t338=(0,)), "d.tif"), values[..., :3], 65535)
    assert notices[-1].endswith("d.tif has 1 further sample per pixel, which is not read")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_deep_photo_stands_upright_as_one_of_8_bits_does(orientation, volume):
    small = (DEEP >> 8).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    Image.fromarray(small).save(out, "TIFF", exif=exif)
    size = DEEP.shape[:2] if orientation < 5 else DEEP.shape[1::-1]
    expected = volume(out.getvalue(), "small.tif", size)
    wide = small.astype(np.uint16) * 257
    np.testing.assert_allclose(volume(tiff_file(wide, t274=(orientation,)), "deep.tif", size), expected, rtol=1e-6)


def test_a_deep_photo_is_cropped_and_resized_as_one_of_8_bits(volume):
    small = np.tile(np.linspace(0, 255, 60).astype(np.uint8)[None, :, None], (40, 1, 3))
    out = io.BytesIO()
    Image.fromarray(small).save(out, "PNG")
    for channels in ("rgb", "bgr", "gray"):
        expected = volume(out.getvalue(), "small.png", (16, 16), channels=channels, scale=1.0)
        deep = volume(png(small.astype(np.uint16) * 257, 2), "deep.png", (16, 16), channels=channels, scale=1.0)
        np.testing.assert_allclose(deep, expected, atol=1.01)
    edge = np.zeros((8, 8, 1), np.uint16)
    edge[:, 4:] = 65535
    result = volume(png(edge, 0), "edge.png", (24, 24))
    assert (result.min(), result.max()) == (0, 1)


def test_a_ppm_of_16_bits_keeps_every_bit(volume):
    values = DEEP % 4096
    content = b"P6 20 9 4095\n" + values.astype(">u2").tobytes()
    np.testing.assert_allclose(volume(content, "a.ppm"), values.transpose(2, 0, 1) / 4095, rtol=1e-6)
    gray = b"P5 20 9 65535\n" + DEEP[..., 0].astype(">u2").tobytes()
    expect(volume(gray, "a.pgm"), DEEP[..., :1], 65535)


def test_bits_that_are_not_read_are_reported(volume):
    out = io.BytesIO()
    Image.fromarray(DEEP[..., 0]).save(out, "JPEG2000", irreversible=False)
    expect(volume(out.getvalue(), "gray.jp2"), DEEP[..., :1], 65535)
    cmyk = values_of("u2", 4)
    with collect_notices() as notices:
        volume(tiff_file(cmyk, t262=(5,)), "cmyk.tif")
    assert "cmyk.tif: 16 bits per value, of which 8 are read" in notices[0]


def test_values_that_are_not_finite_are_kept_and_counted(volume):
    values = np.ones((9, 20, 1), np.float32)
    values[2, 3], values[4, 5] = np.nan, np.inf
    with collect_notices() as notices:
        result = volume(tiff_file(values), "nan.tif")
    assert np.isnan(result[:, 2, 3]).all()
    assert (np.count_nonzero(~np.isfinite(result)), "2 values that are not finite" in notices[0]) == (6, True)


def test_a_float64_tiff_reports_what_32_bits_lose(volume):
    values = np.full((9, 20, 1), 1e-60)
    with collect_notices() as notices:
        assert not volume(tiff_file(values), "tiny.tif").any()
    assert "as 32-bit numbers, 180 of its 180 values become 0 without being 0" in notices[0]
    with pytest.raises(FileFault, match=r"values like 1e\+60, which are infinite as 32-bit numbers"):
        volume(tiff_file(1 / values), "large.tif")


UNREADABLE = {
    "photo.heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "is a HEIC photo", "save it as JPEG or PNG"),
    "photo.heif": (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "is a HEIC photo", "Most Compatible"),
    "renamed.png": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is a PostScript file", "export it as PNG"),
    "a.pdf": (b"%PDF-1.7\n", "is a PDF document", "export the page"),
    "a.jxl": (b"\xff\x0a\0\0", "is a JPEG XL photo", "save it as PNG"),
    "a.psd": (b"8BPS\0\1", "is a Photoshop document", "export it as PNG"),
    "a.exr": (b"\x76\x2f\x31\x01", "is an OpenEXR picture", "float TIFF"),
    "a.dcm": (bytes(128) + b"DICM", "is a DICOM picture", "pydicom"),
    "a.npy": (b"\x93NUMPY\1\0", "is a .npy array", 'kind = "array"'),
    "a.svg": (b"<svg xmlns=''/>", "is an SVG drawing", "export it as PNG"),
    "a.png": (b"\x89PNG\r\n\x1a\nrubbish", "begins like PNG", "damaged"),
    "empty.png": (b"", "the file is empty", "photos are read from PNG"),
    "text.png": (b"hello", "is not an image", "photos are read from PNG"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_named_with_what_to_do(name, tmp_path):
    content, noun, remedy = UNREADABLE[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFault) as error:
        inputs.input_shape(ImageInput(str(tmp_path / name)))
    assert str(tmp_path / name) in str(error.value)
    assert noun in str(error.value)
    assert remedy in str(error.value)


def test_a_postscript_file_starts_no_program(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(subprocess, "check_call", lambda *arguments, **_: started.append(arguments))
    monkeypatch.setattr(subprocess, "Popen", lambda *arguments, **_: started.append(arguments))
    script = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    binary = b"\xc5\xd0\xd3\xc6" + struct.pack("<6I", 30, len(script), 0, 0, 0, 0) + bytes(2) + script
    for name, content in (("a.png", script), ("a.jpg", binary)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FileFault, match="PostScript"):
            inputs.load_input(ImageInput(str(tmp_path / name)), proceed)
    assert started == []


def test_every_picture_is_opened_with_the_list_of_formats():
    """The source has no other place where Pillow guesses the format of a file."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    places = []
    for folder in ("engine", "gui"):
        for parent, _, names in os.walk(os.path.join(root, folder)):
            for name in names:
                if name.endswith(".py"):
                    with open(os.path.join(parent, name), encoding="utf-8") as file:
                        places += [name for line in file if "Image.open(" in line]
    assert places == ["photo_formats.py"]
    assert not {"EPS", "PDF", "WMF", "FPX", "MIC"} & set(photo_formats._available_formats())


def test_a_damaged_tiff_writes_nothing_to_standard_error(tmp_path):
    """In a process of its own, as libraries write past Python's own stream, and only if nobody listens to the log."""
    contents = []
    for values in (DEEP, (DEEP >> 8).astype(np.uint8)):
        content = bytearray(tiff_file(values, packing="lzw"))
        content[60:400] = b"\xff" * 340
        contents.append(bytes(content))
    contents += [tiff_file(DEEP, packing="deflate")[:900] + bytes(400), tiff_file(DEEP, t277=(300,))]
    for number, content in enumerate(contents):
        (tmp_path / f"{number}.tif").write_bytes(content)
    program = (
        "import sys\n"
        "from engine.files.paths import FileFault\n"
        "from engine.network.input_specs import ImageInput\n"
        "from engine.run.inputs import load_input\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        load_input(ImageInput(path, (8, 8)), lambda: None)\n"
        "    except FileFault:\n"
        "        print('refused')\n"
    )
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run([sys.executable, "-c", program, *paths], capture_output=True, text=True, check=True)
    assert (done.stderr, done.stdout.count("refused") > 0) == ("", True)
    assert logging.getLogger("PIL").handlers


def test_a_deep_photo_of_too_many_pixels_is_refused_before_it_is_read(volume):
    with pytest.raises(FileFault, match="pixels; make it smaller"):
        volume(tiff_file(DEEP, t256=(60_000,), t257=(60_000,)), "huge.tif")


def test_reading_a_deep_photo_stops_at_a_checkpoint(tmp_path):
    for name, content in (("a.png", png(DEEP, 2)), ("a.tif", tiff_file(DEEP))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Stopped):
            inputs.load_input(ImageInput(str(tmp_path / name)), stop)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_deep_photo_is_read_or_refused(seed, volume):
    random = np.random.default_rng(seed)
    content = bytearray(
        (png(DEEP, 2), tiff_file(DEEP), tiff_file(DEEP, packing="lzw"), tiff_file(DEEP, tile=(16, 16)))[seed % 4]
    )
    content = content[: random.integers(1, len(content) + 200)]
    for position in random.integers(0, len(content), 5):
        content[position] = random.integers(0, 256)
    with suppress(FileFault):
        assert volume(bytes(content), "damaged.png").shape == (3, 9, 20)


def test_the_memory_that_is_predicted_suffices(tmp_path):
    values = RNG.integers(0, 2**16, (400, 300, 3), np.uint16)
    for name, content in (("a.png", png(values, 2)), ("a.tif", tiff_file(values, packing="lzw"))):
        (tmp_path / name).write_bytes(content)
        spec = ImageInput(str(tmp_path / name), (300, 300))
        predicted = inputs.reading_bytes(spec)
        tracemalloc.start()
        try:
            inputs.load_input(spec, proceed)
            assert tracemalloc.get_traced_memory()[1] < predicted + 4 * 3 * 300 * 300
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("packing", ["raw", "deflate"])
def test_the_limit_of_pixels_is_none_of_bytes(packing, tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", DEEP[..., 0].size)
    path = tmp_path / "a.tif"
    path.write_bytes(tiff_file(DEEP, packing=packing))
    assert inputs.load_input(ImageInput(str(path), (9, 20)), proceed).shape == (3, 9, 20)


def test_a_signalling_nan_is_read_without_a_warning(tmp_path):
    values = np.full((2, 3), 0x7FF0000000000001, np.uint64).view(np.float64)
    np.save(tmp_path / "a.npy", values)
    spec = ArrayInput(str(tmp_path / "a.npy"), axes="hw")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(inputs.load_input(spec, proceed)).all()
        loss = precision.PrecisionLoss()
        loss.add(values.reshape(-1), precision.as_float32(values.reshape(-1)))
        loss.report("x")


def test_losses_are_counted_block_by_block(monkeypatch):
    monkeypatch.setattr(precision, "_MOST_COMPARED", 6)
    values = np.array([1.0, 1 + 1e-12, 1 + 2e-12, 2.0, 1e-60, 3.0, 3 + 1e-12])
    loss = precision.PrecisionLoss()
    for block in (values[:4], values[4:]):
        loss.add(block, block.astype(np.float32))
    with collect_notices() as notices:
        loss.report("x")
    assert "x: as 32-bit numbers, 1 of its 7 values becomes 0 without being 0 in the file" in notices
    assert "5 distinct values of the first 6 values become 3" in notices[1]


@pytest.mark.parametrize("blocks", [1, 3, 20])
def test_values_that_become_equal_are_found_wherever_they_stand(monkeypatch, blocks):
    monkeypatch.setattr(precision, "_MOST_COMPARED", 6)
    values = np.array([*np.arange(13.0), 0.1, 50.0, 50 + 1e-12, 60.0, 60.0 + 1e-12, 70.0, 70 + 1e-12])
    loss = precision.PrecisionLoss()
    for block in np.array_split(values, blocks):
        loss.add(block, block.astype(np.float32))
    with collect_notices() as notices:
        loss.report("x")
    (notice,) = notices
    assert "6 distinct values of the values 13 to 18 become 4" in notice


def test_header_texts():
    assert photo_headers.PhotoHeader(1, "u2", 16, 65535.0).text() == "16 bits per value, 65,535 is white"
    assert photo_headers.PhotoHeader(1, "i2", 16, 32767.0).text() == "16 signed bits per value, 32,767 is white"
    assert photo_headers.PhotoHeader(1, "f4", 32, 1.0).text() == "32-bit floating point, 1 is white"
    assert photo_headers.PhotoHeader(1, "u1", 8).text() == "8 bits per value, 255 is white"


def test_tags_that_claim_more_than_the_file_are_refused_before_they_are_read(tmp_path):
    """Each of 60,000 tags that points to the whole file would be read, 60 GB in all."""
    entries = b"".join(struct.pack("<HHII", 1000 + number, 7, 700_000, 8) for number in range(60_000))
    content = b"II*\0" + struct.pack("<IH", 8, 60_000) + entries + bytes(300_000)
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(FileFault, match="its tags claim more than the 1,020,010 bytes of the file"):
        inputs.input_shape(ImageInput(str(tmp_path / "a.tif")))


def test_a_bigtiff_is_read_like_any_other(volume):
    classic = tiff_file(DEEP, rows=9)
    offset = struct.unpack_from("<I", classic, 4)[0]
    [count] = struct.unpack_from("<H", classic, offset)
    entries = b""
    for tag, kind, number, value in struct.iter_unpack("<HHII", classic[offset + 2 : offset + 2 + 12 * count]):
        lists = struct.unpack_from(f"<{number}I", classic, value) if number > 1 else (value,)
        kind, lists = (3, lists) if number > 1 else (16, lists)
        data = struct.pack(f"<{number}{'H' if number > 1 else 'Q'}", *(n + 8 * (tag == 273) for n in lists))
        entries += struct.pack("<HHQ8s", tag, kind, number, data)
    body = classic[8:offset]
    start = 16 + len(body)
    content = b"II+\0" + struct.pack("<HHQ", 8, 0, start) + body + struct.pack("<Q", count) + entries + bytes(8)
    expect(volume(content, "big.tif"), DEEP, 65535)


def test_further_pictures_of_a_file_are_noticed(volume):
    out = io.BytesIO()
    pages = [Image.fromarray(DEEP[..., index]) for index in range(2)]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    with collect_notices() as notices:
        expect(volume(out.getvalue(), "two.tif"), DEEP[..., :1], 65535)
    assert notices[-1].endswith("two.tif has further pictures after the first, which is not read")


def test_a_tiff_of_12_bits_has_4095_for_white(volume):
    values = np.arange(0, 4000, 200, dtype=np.uint16)[None].repeat(9, axis=0)
    pairs = values.reshape(9, 10, 2).astype(np.uint32)
    packed = pairs[..., 0] << 12 | pairs[..., 1]
    rows = np.stack([packed >> 16, packed >> 8, packed], axis=2).astype(np.uint8).reshape(9, 30)
    content = tiff_file(rows[..., None], rows=9, t256=(20,), t258=(12,))
    with collect_notices() as notices:
        expect(volume(content, "a.tif"), values[..., None], 4095)
    assert "12 bits per value, 4,095 is white; its values are 0 to 3,800 of 4,095" in notices[0]


@pytest.mark.parametrize("tags", [{"t323": (2**31,)}, {"t322": (2**30,)}, {"t322": (0,)}, {"t257": (10**6,)}])
def test_tiles_and_sides_that_the_file_cannot_hold_are_refused_before_they_are_unpacked(tags, tmp_path):
    (tmp_path / "a.tif").write_bytes(tiff_file(DEEP, packing="deflate", tile=(16, 16), **tags))
    with pytest.raises(FileFault, match=r"it claims .* of values and has|has no pixels"):
        inputs.input_shape(ImageInput(str(tmp_path / "a.tif")))

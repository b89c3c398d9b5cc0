"""Photos, arrays and noise become exactly the volumes that the file format defines, or a fault at a setting."""

import io
import zlib
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.files import photo_headers, photos
from engine.files.paths import FileFault
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput, with_photo
from engine.run import inputs
from engine.shapes import Shape
from tests.engine.array_files import VOLUME, npy, npz, safetensors_of
from tests.engine.checkpoints import Stopped, proceed, stop

NUMBERS = count()
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def halves(left, right, size=(40, 20), mode="RGB"):
    """A picture (width, height) of two colours, side by side."""
    picture = Image.new(mode, size, left)
    picture.paste(right, (size[0] // 2, 0, *size))
    return picture


@pytest.fixture
def photo(tmp_path):
    """Saves a picture and returns the input that reads it, its bytes unscaled."""

    def photo(picture, name="photo.png", saving=(), **settings):
        picture.save(tmp_path / name, **dict(saving))
        settings = {"size": (picture.height, picture.width), "scale": 1.0, **settings}
        return ImageInput(str(tmp_path / name), **settings)

    return photo


def volume(spec):
    result = inputs.load_input(spec, proceed)
    assert result.dtype == np.float32
    assert result.flags.c_contiguous
    assert result.shape == inputs.input_shape(spec)
    return result


def colours(spec):
    """The pixels at the left and at the right edge of the middle row."""
    result = volume(spec)
    row = result[:, result.shape[1] // 2]
    return tuple(row[:, 0].tolist()), tuple(row[:, -1].tolist())


def test_a_photo_of_its_own_size_is_read_pixel_by_pixel(photo):
    pixels = np.random.default_rng(1).integers(0, 256, (7, 5, 3), np.uint8)
    spec = photo(Image.fromarray(pixels))
    np.testing.assert_array_equal(volume(spec), pixels.transpose(2, 0, 1))


def test_default_settings_are_224_by_224_rgb_between_0_and_1(photo):
    source = photo(halves(RED, WHITE, (300, 300)))
    spec = ImageInput(source.path)
    assert inputs.input_shape(spec) == Shape(3, 224, 224)
    result = volume(spec)
    np.testing.assert_allclose(result[:, 100, 0], [1, 0, 0], atol=1e-6)
    np.testing.assert_allclose(result[:, 100, -1], [1, 1, 1], atol=1e-6)


def test_channels_have_the_order_of_the_setting(photo):
    assert colours(photo(halves(RED, BLUE)))[0] == RED
    assert colours(photo(halves(RED, BLUE), channels="bgr")) == (BLUE, RED)
    gray = volume(photo(halves((10, 10, 10), (200, 200, 200)), channels="gray"))
    assert gray.shape == (1, 20, 40)
    assert gray[0, 0, [0, -1]].tolist() == [10, 200]


def test_mean_and_std_apply_after_the_scale_in_the_order_of_the_channels(photo):
    settings = {"channels": "bgr", "scale": 0.5, "mean": (1.0, 2.0, 3.0), "std": (2.0, 4.0, 8.0)}
    spec = photo(Image.new("RGB", (2, 2), (30, 20, 10)), **settings)
    assert volume(spec)[:, 0, 0].tolist() == [(5 - 1) / 2, (10 - 2) / 4, (15 - 3) / 8]
    one_for_all = photo(Image.new("RGB", (2, 2), (30, 20, 10)), mean=(10.0,), std=(10.0,))
    assert volume(one_for_all)[:, 0, 0].tolist() == [2, 1, 0]


def test_a_wide_photo_loses_its_sides_and_a_tall_one_its_top_and_bottom(photo):
    wide = Image.new("RGB", (60, 20), GREEN)
    wide.paste(RED, (0, 0, 20, 20))
    wide.paste(BLUE, (40, 0, 60, 20))
    assert volume(photo(wide, size=(20, 20))).tolist() == volume(photo(Image.new("RGB", (20, 20), GREEN))).tolist()
    tall = wide.transpose(Image.Transpose.ROTATE_90)
    assert volume(photo(tall, size=(20, 20))).tolist() == volume(photo(Image.new("RGB", (20, 20), GREEN))).tolist()


def test_the_crop_has_the_aspect_of_the_target_size(photo):
    spec = photo(halves(RED, BLUE, (80, 40)), size=(10, 20))
    result = volume(spec)
    assert (result[0, :, :8] > 250).all()
    assert (result[2, :, 12:] > 250).all()


@pytest.mark.parametrize(
    ("mode", "left", "right", "expected"),
    [
        ("L", 40, 200, (40, 200)),
        ("LA", (40, 255), (200, 255), (40, 200)),
        ("1", 0, 1, (0, 255)),
    ],
)
def test_gray_pictures_of_every_depth_have_three_equal_channels(mode, left, right, expected, photo):
    assert colours(photo(halves(left, right, mode=mode))) == tuple((value,) * 3 for value in expected)


def test_transparent_pixels_lie_on_white(photo):
    assert colours(photo(halves((0, 0, 255, 255), (0, 0, 255, 0), mode="RGBA"))) == (BLUE, WHITE)
    palette = halves(RED, BLUE).convert("P", palette=Image.Palette.ADAPTIVE)
    clear = palette.getpixel((0, 0))
    assert colours(photo(palette, saving={"transparency": clear})) == (WHITE, BLUE)


def test_a_palette_is_read_as_its_colours(photo):
    assert colours(photo(halves(RED, BLUE).convert("P", palette=Image.Palette.ADAPTIVE))) == (RED, BLUE)


def test_cmyk_is_read_as_rgb(photo):
    left, right = colours(photo(halves((0, 255, 255, 0), (255, 255, 0, 0), (64, 32), "CMYK"), "photo.tif"))
    assert (left, right) == (RED, BLUE)


@pytest.mark.parametrize(("orientation", "turn"), [(3, 180), (6, 90), (8, 270)])
def test_a_photo_taken_with_a_turned_camera_stands_upright(orientation, turn, photo):
    upright = halves(RED, BLUE, (64, 32))
    exif = Image.Exif()
    exif[274] = orientation
    spec = photo(upright.rotate(turn, expand=True), saving={"exif": exif}, size=(32, 64))
    assert colours(spec) == (RED, BLUE)


def test_a_large_jpeg_keeps_its_sides_when_it_is_read_small(photo):
    left, right = colours(photo(halves(RED, BLUE, (1600, 800)), "photo.jpg", size=(32, 64)))
    np.testing.assert_allclose(left, RED, atol=4)
    np.testing.assert_allclose(right, BLUE, atol=4)


def test_decoding_a_large_jpeg_takes_the_predicted_bytes(photo, monkeypatch):
    sizes, transpose = [], photos.ImageOps.exif_transpose
    monkeypatch.setattr(
        photos.ImageOps,
        "exif_transpose",
        lambda image, **options: sizes.append(image.size) or transpose(image, **options),
    )
    spec = photo(halves(RED, BLUE, (1600, 800)), "photo.jpg", size=(32, 64))
    volume(spec)
    [(width, height)] = sizes
    assert width < 1600
    decoded = photo_headers._PIXEL_BYTES["RGB"] * width * height
    assert inputs.reading_bytes(spec) == decoded + inputs._RESIZED_BYTES * 32 * 64


@given(
    photo_size=st.tuples(st.integers(1, 700), st.integers(1, 700)),
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
)
def test_any_photo_fits_any_size(photo_size, size, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / f"photo{next(NUMBERS)}.bmp"
    Image.new("RGB", photo_size, GREEN).save(path)
    result = volume(ImageInput(str(path), size, scale=1.0))
    assert result.shape == (3, *size)
    assert result[1].min() >= 254  # shrinking some 200 pixels to one by a whole factor rounds down


def test_an_array_is_read_with_or_without_a_leading_one(tmp_path):
    np.save(tmp_path / "a.npy", VOLUME)
    np.save(tmp_path / "b.npy", VOLUME[None])
    np.save(tmp_path / "c.npy", np.asfortranarray(VOLUME))
    (tmp_path / "d.npz").write_bytes(npz(x=npy(VOLUME), y=npy(VOLUME[0])))
    (tmp_path / "e.safetensors").write_bytes(safetensors_of(x=VOLUME[None]))
    for name in ("a.npy", "b.npy", "c.npy", "d.npz", "e.safetensors"):
        np.testing.assert_array_equal(volume(ArrayInput(str(tmp_path / name), "x")), VOLUME)


@pytest.mark.parametrize("shape", [(), (5,), (1, 1, 2, 5, 6), (0, 5, 6), (5, 0)])
def test_an_array_that_is_not_a_volume_is_reported_with_its_shape(shape, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(shape, np.float32))
    with pytest.raises(FileFault) as error:
        inputs.input_shape(ArrayInput(str(tmp_path / "a.npy")))
    assert f"shape ({', '.join(map(str, shape))}); a volume has sizes of at least 1: H×W, C×H×W" in str(error.value)


def test_noise_is_standard_normal_and_depends_on_its_seed_alone():
    result = volume(NoiseInput((4, 100, 100), 3))
    assert abs(result.mean()) < 0.02
    assert abs(result.std() - 1) < 0.02
    np.testing.assert_array_equal(result, volume(NoiseInput((4, 100, 100), 3)))
    assert (result != volume(NoiseInput((4, 100, 100), 4))).any()


@pytest.mark.parametrize("kind", ["image", "array", "noise"])
def test_loading_stops_at_a_checkpoint(kind, photo, tmp_path):
    np.save(tmp_path / "a.npy", VOLUME)
    specs = {
        "image": photo(halves(RED, BLUE)),
        "array": ArrayInput(str(tmp_path / "a.npy")),
        "noise": NoiseInput((1, 2, 3)),
    }
    with pytest.raises(Stopped):
        inputs.load_input(specs[kind], stop)


def encoded(picture, file_format):
    out = io.BytesIO()
    picture.save(out, file_format)
    return out.getvalue()


NOISY = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8))
PNG, JPEG = encoded(NOISY, "PNG"), encoded(NOISY, "JPEG")
HUGE = bytearray(PNG)
HUGE[16:24] = (60_000).to_bytes(4, "big") * 2
HUGE[29:33] = zlib.crc32(bytes(HUGE[12:29])).to_bytes(4, "big")

UNREADABLE = {
    "text.png": (b"hello", "is not an image, or of a kind that cannot be read"),
    "empty.png": (b"", "is not an image"),
    "only_a_header.png": (PNG[:30], "is not an image"),
    "cut.png": (PNG[:5000], "cannot be read: image file is truncated"),
    "cut.jpg": (JPEG[:1500], "cannot be read: image file is truncated"),
    "huge.png": (bytes(HUGE), "pixels; make it smaller"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_image_is_reported_with_the_reason(name, tmp_path):
    content, words = UNREADABLE[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFault) as error:
        inputs.load_input(ImageInput(str(tmp_path / name)), proceed)
    assert words in str(error.value)
    assert str(tmp_path / name) in str(error.value)
    assert error.value.setting == "path"


def test_a_missing_image_and_a_folder_are_reported(tmp_path):
    for path, words in ((tmp_path / "no.png", "does not exist"), (tmp_path, "is not a file")):
        with pytest.raises(FileFault, match=words):
            inputs.input_shape(ImageInput(str(path)))
    with pytest.raises(FileFault, match=r"resources:photos/no.png does not exist"):
        inputs.input_shape(ImageInput("resources:photos/no.png"))


def test_every_wrong_setting_of_an_image_is_reported_along_with_the_missing_file(tmp_path):
    spec = ImageInput(str(tmp_path / "no.png"), mean=(1.0, 2.0), std=(0.0, 1.0, 1.0))
    faults = {fault.setting: str(fault) for fault in inputs.input_faults(spec)}
    assert faults["mean"] == "mean has 2 values; 1, or 3, one a channel, are expected"
    assert faults["std"].startswith("std is [0.0, 1.0, 1.0]; it divides")
    assert "does not exist" in faults["path"]


def test_a_gray_image_needs_one_mean():
    spec = ImageInput("resources:photos/chelsea.png", channels="gray", mean=(1.0, 2.0, 3.0))
    assert [str(fault) for fault in inputs.input_faults(spec)] == ["mean has 3 values; 1 is expected"]


def test_the_stamp_of_noise_is_none_and_that_of_a_file_changes_with_it(tmp_path):
    assert inputs.input_stamp(NoiseInput((1, 2, 3))) is None
    np.save(tmp_path / "a.npy", VOLUME)
    before = inputs.input_stamp(ArrayInput(str(tmp_path / "a.npy")))
    np.save(tmp_path / "a.npy", VOLUME[:1])
    assert inputs.input_stamp(ArrayInput(str(tmp_path / "a.npy"))) != before


ENCODED = {file_format: encoded(NOISY, file_format) for file_format in ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP")}


@given(
    file_format=st.sampled_from(sorted(ENCODED)),
    cut=st.integers(0, 40_000),
    changes=st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=4)), max_size=4),
)
def test_a_damaged_image_is_read_as_a_volume_or_refused(file_format, cut, changes, tmp_path_factory):
    content = bytearray(ENCODED[file_format][:cut])
    for at, new in changes:
        content[at : at + len(new)] = new
    path = tmp_path_factory.getbasetemp() / f"damaged{next(NUMBERS)}.png"
    path.write_bytes(content)
    spec = ImageInput(str(path), (8, 8))
    try:
        result = inputs.load_input(spec, proceed)
    except FileFault:
        return
    assert result.shape == (3, 8, 8)


@pytest.mark.parametrize("name", ["photo.png", "photo.jpg", "photo.bmp"])
def test_decoding_a_large_photo_can_be_cancelled_at_every_checkpoint(photo, name):
    pixels = np.random.default_rng(5).integers(0, 256, (700, 900, 3), np.uint8)
    spec = photo(Image.fromarray(pixels), name)
    calls = count()
    inputs.load_input(spec, lambda: next(calls))
    last = next(calls)
    assert last > 5
    for number in (0, 1, last // 2, last - 1):
        # Raised only once: if the decoder swallowed it, no later checkpoint would end the reading.
        now = count()
        with pytest.raises(Stopped):
            inputs.load_input(spec, lambda now=now, number=number: next(now) == number and stop())


def bicubic(pixels, height, width):
    """Bicubic resizing of H×W×C pixels, written out: each output pixel is a weighted mean of its neighbours."""

    def curve(x):
        x = abs(x)
        if x < 1:
            return (1.5 * x - 2.5) * x * x + 1
        return ((-0.5 * x + 2.5) * x - 4) * x + 2 if x < 2 else 0.0

    def along(values, count):
        step = len(values) / count
        spread = max(step, 1.0)
        rows = []
        for index in range(count):
            centre = (index + 0.5) * step
            weights = np.array([curve((at + 0.5 - centre) / spread) for at in range(len(values))])
            rows.append(np.tensordot(weights / weights.sum(), values, 1))
        return np.array(rows)

    across = along(pixels.astype(float).swapaxes(0, 1), width).swapaxes(0, 1)
    return along(across, height)


CROPS = {
    "shrunk": ((2, 3, 20, 30), (8, 12)),
    "enlarged": ((5, 40, 4, 6), (16, 24)),
    "stretched": ((0, 0, 48, 9), (12, 12)),
    "a pixel": ((47, 63, 1, 1), (3, 2)),
    "the whole photo": ((0, 0, 48, 64), (10, 12)),
}


@pytest.mark.parametrize(("crop", "size"), CROPS.values(), ids=CROPS)
def test_a_crop_is_cut_out_and_resized_as_by_the_slow_oracle(crop, size, photo):
    pixels = np.random.default_rng(5).integers(64, 192, (48, 64, 3), np.uint8)  # the curve overshoots no byte
    top, left, height, width = crop
    expected = bicubic(pixels[top : top + height, left : left + width], *size)
    result = volume(photo(Image.fromarray(pixels), crop=crop, size=size)).transpose(1, 2, 0)
    assert np.abs(result - expected).max() <= 1.2  # Pillow rounds twice


def test_a_crop_of_the_size_of_the_input_is_the_pixels_themselves(photo):
    pixels = np.random.default_rng(6).integers(0, 2**16, (20, 30), np.uint16)
    spec = photo(Image.fromarray(pixels), crop=(4, 7, 9, 11), size=(9, 11), channels="gray", scale=257.0)
    np.testing.assert_allclose(volume(spec)[0], pixels[4:13, 7:18], rtol=1e-6)


def test_nothing_outside_the_crop_has_an_effect(photo):
    pixels = np.random.default_rng(7).integers(0, 256, (40, 40, 3), np.uint8)
    others = 255 - pixels
    others[10:30, 5:25] = pixels[10:30, 5:25]
    before, after = (
        volume(photo(Image.fromarray(values), name, crop=(10, 5, 20, 20), size=(6, 6)))
        for name, values in (("before.png", pixels), ("after.png", others))
    )
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["jpg", "png", "tif", "webp"])
def test_a_crop_is_in_the_picture_as_it_is_shown_whatever_its_orientation(orientation, file_format, photo):
    stored = Image.new("RGB", (64, 48), GREEN)
    stored.paste(RED, (0, 0, 16, 16))  # the corner that the file stores first
    exif = Image.Exif()
    exif[274] = orientation
    sides = (64, 48) if orientation > 4 else (48, 64)
    top, left = (
        sides[0] - 16 if orientation in (3, 4, 7, 8) else 0,
        sides[1] - 16 if orientation in (2, 3, 6, 7) else 0,
    )
    saving = {"exif": exif, **({"quality": 95, "subsampling": 0} if file_format == "jpg" else {})}
    spec = photo(stored, f"photo.{file_format}", saving, crop=(top, left, 16, 16), size=(16, 16))
    assert photo_headers.photo_size(spec.path) == sides
    np.testing.assert_allclose(volume(spec).mean(axis=(1, 2)), RED, atol=12)


def test_an_orientation_after_the_pixels_of_a_png_counts(photo, tmp_path):
    spec = photo(halves(RED, BLUE, (64, 32)), size=(32, 64))
    content = (tmp_path / "photo.png").read_bytes()
    exif = Image.Exif()
    exif[274] = 6
    note = exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = len(note).to_bytes(4, "big") + b"eXIf" + note + zlib.crc32(b"eXIf" + note).to_bytes(4, "big")
    end = content.index(b"IEND") - 4
    (tmp_path / "photo.png").write_bytes(content[:end] + chunk + content[end:])
    assert photo_headers.photo_size(spec.path) == (64, 32)
    assert photos.read_photo(spec.path, 1000, proceed).planes[0].size == (32, 64)


def test_a_crop_of_a_large_jpeg_is_read_with_enough_pixels(photo):
    picture = Image.new("RGB", (1600, 800), GREEN)
    picture.paste(RED, (400, 200, 450, 250))
    spec = photo(picture, "photo.jpg", crop=(200, 400, 50, 100), size=(25, 50))
    result = volume(spec)
    np.testing.assert_allclose(result[:, 12, 4], RED, atol=6)
    np.testing.assert_allclose(result[:, 12, 45], GREEN, atol=6)
    half = volume(photo(picture, "photo.jpg", crop=(0, 0, 800, 800), size=(16, 16)))
    np.testing.assert_allclose(half[:, 1, 1], GREEN, atol=6)


@pytest.mark.parametrize(
    ("crop", "words"),
    [
        ((0, 0, 0, 5), "crop is [0, 0, 0, 5]; top, left, height and width are expected, height and width at least 1"),
        ((10, 0, 11, 5), "crop is [10, 0, 11, 5] and ends after 21 rows, but {path} has 20, upright; make it smaller"),
        ((0, 40, 5, 1), "crop is [0, 40, 5, 1] and ends after 41 columns, but {path} has 40, upright; make it smaller"),
    ],
)
def test_a_crop_beyond_the_photo_is_reported_at_its_setting(crop, words, photo):
    spec = photo(halves(RED, BLUE), crop=crop)
    [fault] = inputs.input_faults(spec)
    assert (str(fault), fault.setting) == (words.format(path=spec.path), "crop")


def test_a_crop_is_not_for_another_photo():
    spec = ImageInput("a.png", (8, 8), crop=(1, 2, 3, 4))
    assert with_photo(spec, "a.png") is spec
    assert with_photo(spec, "b.png") == ImageInput("b.png", (8, 8))

"""The crop of a photo as it is dragged: moved, resized at its edges and corners, never beyond the photo. No Qt."""

from typing import NamedTuple

from msgspec.structs import replace

from engine.network.input_specs import ImageInput


class Crop(NamedTuple):
    """A part of a photo, in its pixels; equal to the tuple of the setting `crop`."""

    top: int
    left: int
    height: int
    width: int


class Handle(NamedTuple):
    """What is dragged: an edge if one of the two is 0, a corner if none, the whole crop if both are."""

    vertical: int
    """−1 for the top, 1 for the bottom."""
    horizontal: int
    """−1 for the left, 1 for the right."""


MOVE = Handle(0, 0)
HANDLES = tuple(Handle(v, h) for v in (-1, 0, 1) for h in (-1, 0, 1) if v or h)
_Photo = tuple[int, int]
"""Height and width of a photo."""


def aspect_of(spec: ImageInput) -> float:
    """Width ÷ height of the size that the crop is resized to."""
    return spec.size[1] / spec.size[0]


def current_crop(spec: ImageInput, photo: _Photo) -> Crop:
    """The part of the photo that is resized; the largest one in the middle if the setting is left out or wrong."""
    crop = Crop(*spec.crop) if spec.crop else None
    return crop if crop is not None and _is_within(crop, photo) else largest_crop(photo, aspect_of(spec))


def largest_crop(photo: _Photo, aspect: float) -> Crop:
    """The largest part in the middle with that aspect, which leaving out the setting stands for."""
    height, width = photo
    return _around((height / 2, width / 2), min(height, width / aspect), aspect, photo)


def is_stretched(crop: Crop, aspect: float) -> bool:
    """Whether the crop has another aspect by more than rounding to pixels."""
    return abs(crop.width - aspect * crop.height) > max(1.0, aspect)


def drag_crop(
    start: Crop, handle: Handle, down: float, right: float, photo: _Photo, aspect: float | None = None
) -> Crop:
    """The crop after its handle has been dragged by some pixels of the photo.

    The opposite edge or corner stays where it is. With an `aspect`, the crop has it: an edge then grows the other side
    around its middle, and a corner follows the side that is dragged further.
    """
    if handle == MOVE:
        top = min(max(round(start.top + down), 0), photo[0] - start.height)
        left = min(max(round(start.left + right), 0), photo[1] - start.width)
        return Crop(top, left, start.height, start.width)
    height = max(1.0, start.height + handle.vertical * down)
    width = max(1.0, start.width + handle.horizontal * right)
    rows = _space(start.top, start.height, handle.vertical, photo[0], centred=aspect is not None)
    columns = _space(start.left, start.width, handle.horizontal, photo[1], centred=aspect is not None)
    if aspect is not None:
        heights = [height] * (handle.vertical != 0) + [width / aspect] * (handle.horizontal != 0)
        height = min(max(heights), rows, columns / aspect)
        width = aspect * height
    tall, wide = _whole(height, rows), _whole(width, columns)
    top = _begin(start.top, start.height, handle.vertical, tall, photo[0])
    return Crop(top, _begin(start.left, start.width, handle.horizontal, wide, photo[1]), tall, wide)


def scale_crop(crop: Crop, factor: float, photo: _Photo, aspect: float) -> Crop:
    """The crop of that aspect, larger or smaller around its middle; at the border of the photo it makes room."""
    height = min(max(factor * crop.height, 1.0), photo[0], photo[1] / aspect)
    if round(height) == crop.height:  # a step of a small crop is a pixel at least
        height = min(max(crop.height + (1 if factor > 1 else -1), 1), photo[0])
    return _around(_middle(crop), height, aspect, photo)


def with_size(spec: ImageInput, size: tuple[int, int], photo: _Photo | None) -> ImageInput:
    """The photo resized to another size; a crop of the aspect of the former one gets that of the new, in its place.

    Its area stays, so that going through several sizes does not shrink it, unless the photo has no space for that.
    """
    resized = replace(spec, size=size)
    if not spec.crop or photo is None:
        return resized
    crop, aspect = Crop(*spec.crop), aspect_of(resized)
    if aspect == aspect_of(spec) or is_stretched(crop, aspect_of(spec)) or not _is_within(crop, photo):
        return resized
    height = min((crop.height * crop.width / aspect) ** 0.5, photo[0], photo[1] / aspect)
    return replace(resized, crop=tuple(_around(_middle(crop), height, aspect, photo)))


def crop_text(crop: Crop, aspect: float) -> str:
    """``200×200 from row 10, column 60``, and how much it is stretched if it is."""
    text = f"{crop.height:,}×{crop.width:,} from row {crop.top:,}, column {crop.left:,}"
    if not is_stretched(crop, aspect):
        return text
    factor = aspect * crop.height / crop.width
    return f"{text}, stretched {max(factor, 1 / factor):.2f}× {'across' if factor > 1 else 'down'}"


def _is_within(crop: Crop, photo: _Photo) -> bool:
    bottom, right = crop.top + crop.height, crop.left + crop.width
    return crop.height > 0 and crop.width > 0 and bottom <= photo[0] and right <= photo[1]


def _middle(crop: Crop) -> tuple[float, float]:
    return crop.top + crop.height / 2, crop.left + crop.width / 2


def _around(middle: tuple[float, float], height: float, aspect: float, photo: _Photo) -> Crop:
    """A crop around a point, moved into the photo."""
    tall, wide = _whole(height, photo[0]), _whole(aspect * height, photo[1])
    top, left = (
        min(max(round(at - size / 2), 0), whole - size)
        for at, size, whole in zip(middle, (tall, wide), photo, strict=True)
    )
    return Crop(top, left, tall, wide)


def _space(begin: int, size: int, direction: int, whole: int, *, centred: bool) -> float:
    """The largest size if the other side stays, or the middle if no side is dragged."""
    if direction < 0:
        return begin + size
    if direction > 0:
        return whole - begin
    return 2 * min(begin + size / 2, whole - begin - size / 2) if centred else whole


def _begin(begin: int, size: int, direction: int, new_size: int, whole: int) -> int:
    """Where the crop begins in its new size."""
    if direction > 0:
        return begin
    at = begin + size - new_size if direction < 0 else round(begin + (size - new_size) / 2)
    return min(max(at, 0), whole - new_size)


def _whole(size: float, most: float) -> int:
    return min(max(round(size), 1), max(int(most), 1))

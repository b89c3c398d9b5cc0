"""Explains where a value of the project's input comes from: a photo's pixel, an array in a file, noise."""

import numpy as np

from engine.files.paths import FileFault
from engine.files.photo_headers import BYTE_WHITE, photo_header
from engine.kernels import Volume
from engine.layers.explanation import Explanation, Spot, operand_text
from engine.network.input_specs import ArrayInput, ImageInput, Input, NoiseInput
from engine.text.units import number_text

_COLOURS = {"rgb": ("red", "green", "blue"), "bgr": ("blue", "green", "red"), "gray": ("gray",)}
_DEEP_DIGITS = 7
"""Digits of a value of more than 8 bits, which need not be whole after resizing."""
_ROUNDING = 1e-6
"""Largest difference of a float32 value from the one computed for its pixel, relative to the terms."""


def explain_input(spec: Input, volume: Volume, at: Spot) -> Explanation:
    """Where the value at (channel, y, x) of an input's volume (C×H×W) comes from."""
    value = float(volume[at])
    if isinstance(spec, ImageInput):
        return _explain_pixel(spec, value, at)
    return Explanation(at, value, *_explain_stored(spec, value, at))


def _explain_stored(spec: ArrayInput | NoiseInput, value: float, at: Spot) -> tuple[str, tuple[str, ...]]:
    position = ", ".join(map(str, at))
    if isinstance(spec, NoiseInput):
        text = f"Noise: a normal value of mean 0 and deviation 1, drawn from seed {spec.seed}. Nothing comes before it."
        return text, (f"input[{position}] = {number_text(value)}",)
    array = f", array {spec.key!r}" if spec.key else ""
    array += f", item {spec.item}" if spec.axes.startswith("n") else ""
    text = f"A number of an array: {spec.path}{array}. Nothing comes before it."
    return text, (f"input[{position}] = {number_text(value)}",)


def _explain_pixel(spec: ImageInput, value: float, at: Spot) -> Explanation:
    """Names the pixel of the cropped and resized photo: of one of 8 bits, the only byte that makes this value."""
    colour = _COLOURS[spec.channels][at.channel]
    mean, std = (_of_channel(values, at.channel, neutral) for values, neutral in ((spec.mean, 0.0), (spec.std, 1.0)))
    symbols = f"input[{', '.join(map(str, at))}] = (pixel · scale − mean) / std"
    where = f"{_part_text(spec)} resized to {spec.size[0]}×{spec.size[1]}"
    white, is_deep = _white(spec)
    scale = spec.scale * BYTE_WHITE / white
    pixel = (value * std + mean) / scale if scale else 0.0
    if not is_deep:
        pixel = _byte(pixel)
    result = (pixel * scale - mean) / std
    if not scale or not abs(result - value) <= _ROUNDING * (abs(pixel * scale) + abs(mean)) / abs(std):
        return Explanation(at, value, f"{where}: its {colour} here.", (symbols, f"= {number_text(value)}"))
    number = number_text(pixel, _DEEP_DIGITS) if is_deep else str(pixel)
    of_white = f" of {white:,.0f}, which is 255 in the formula" if is_deep else f" of {white:.0f}"
    text = f"{where}: its {colour} at y {at.y}, x {at.x} is {number}{of_white}."
    as_byte = number_text(pixel * BYTE_WHITE / white, _DEEP_DIGITS) if is_deep else number
    numbers = (
        f"= ({as_byte} · {number_text(spec.scale)} − {operand_text(mean)}) / {operand_text(std)} = "
        f"{number_text(result)}"
    )
    return Explanation(at, result, text, (symbols, numbers))


def _part_text(spec: ImageInput) -> str:
    """The beginning of a sentence about the part of the photo that is resized."""
    if not spec.crop:
        return "The photo, cropped and"
    top, left, height, width = spec.crop
    return f"The photo's {height}×{width} pixels from row {top}, column {left} on,"


def _white(spec: ImageInput) -> tuple[float, bool]:
    """The value of white in the photo's file, and whether its values have more than 8 bits."""
    try:
        header = photo_header(spec.path)
    except FileFault:  # the file is gone since it was read
        return BYTE_WHITE, False
    return header.white, header.is_deep


def _byte(pixel: float) -> int:
    return round(min(max(pixel, 0.0), BYTE_WHITE)) if np.isfinite(pixel) else 0


def _of_channel(values: tuple[float, ...], channel: int, neutral: float) -> float:
    """The channel's number; a single one is for all channels."""
    if not values:
        return neutral
    return values[channel] if len(values) > 1 else values[0]

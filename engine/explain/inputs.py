"""Explains where a value of the project's input comes from: a photo's pixel, an array in a file, noise."""

import numpy as np

from engine.kernels import Volume
from engine.layers.explanation import Explanation, Spot, operand_text
from engine.network.input_specs import ArrayInput, ImageInput, Input, NoiseInput
from engine.text.units import number_text

_COLOURS = {"rgb": ("red", "green", "blue"), "bgr": ("blue", "green", "red"), "gray": ("gray",)}
_BYTES = 255
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
    text = f"A number of an array: {spec.path}{array}. Nothing comes before it."
    return text, (f"input[{position}] = {number_text(value)}",)


def _explain_pixel(spec: ImageInput, value: float, at: Spot) -> Explanation:
    """Names the byte of the cropped and resized photo: the only one that makes this value."""
    colour = _COLOURS[spec.channels][at.channel]
    mean, std = (_of_channel(values, at.channel, neutral) for values, neutral in ((spec.mean, 0.0), (spec.std, 1.0)))
    symbols = f"input[{', '.join(map(str, at))}] = (pixel · scale − mean) / std"
    where = f"The photo, cropped and resized to {spec.size[0]}×{spec.size[1]}"
    byte = _byte((value * std + mean) / spec.scale) if spec.scale else 0
    result = (byte * spec.scale - mean) / std
    if not spec.scale or abs(result - value) > _ROUNDING * (abs(byte * spec.scale) + abs(mean)) / abs(std):
        return Explanation(at, value, f"{where}: its {colour} here.", (symbols, f"= {number_text(value)}"))
    text = f"{where}: its {colour} at y {at.y}, x {at.x} is {byte} of 255."
    numbers = (
        f"= ({byte} · {number_text(spec.scale)} − {operand_text(mean)}) / {operand_text(std)} = {number_text(result)}"
    )
    return Explanation(at, result, text, (symbols, numbers))


def _byte(pixel: float) -> int:
    return round(min(max(pixel, 0.0), _BYTES)) if np.isfinite(pixel) else 0


def _of_channel(values: tuple[float, ...], channel: int, neutral: float) -> float:
    """The channel's number; a single one is for all channels."""
    if not values:
        return neutral
    return values[channel] if len(values) > 1 else values[0]

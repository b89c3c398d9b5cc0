"""Mistakes of the project's input with what corrects each: a file of a similar name, other axes, a crop that fits."""

from collections.abc import Callable, Iterable, Iterator
from difflib import SequenceMatcher
from itertools import islice
from typing import Any

from msgspec import convert
from msgspec.structs import replace

from engine.files import array_axes, arrays
from engine.files.paths import FileFault
from engine.files.photo_formats import PHOTO_SUFFIXES
from engine.files.photo_headers import photo_size
from engine.files.similar_files import similar_files
from engine.layers import Mistake
from engine.network.input_specs import ArrayInput, Axes, ImageInput, Input
from engine.run.inputs import LEAST_STD, input_faults
from engine.text.problems import Fix

_MAX_ARRAYS = 2
"""Maximum number of arrays of a file that are proposed."""

_MAX_NAMES = 200
"""Maximum number of arrays of a file that are looked at."""


def input_mistakes(spec: Input) -> Iterator[Mistake]:
    """The mistakes of an input, each with the fixes after which it is gone."""
    faults = list(input_faults(spec))
    texts = {str(fault) for fault in faults}
    for fault in faults:
        propose = _PROPOSALS.get((type(spec), fault.setting), _nothing)
        fixes = (
            Fix(text, (("input", changed),))
            for text, changed in propose(spec)
            if _is_correct(changed, fault, texts - {str(fault)})
        )
        yield Mistake(fault.setting, str(fault), tuple(fixes))


def _is_correct(changed: Input, fault: FileFault, others: set[str]) -> bool:
    """Whether the setting that had a fault has none any more, apart from others that it had as well."""
    return all(str(left) in others for left in input_faults(changed) if left.setting == fault.setting)


_Proposals = Iterator[tuple[str, Input]]
"""What each changes in words, and the input that it leads to; not all of them are valid."""


def _nothing(_spec: Any) -> _Proposals:
    yield from ()


def _photos(spec: ImageInput) -> _Proposals:
    for name, path in similar_files(spec.path, PHOTO_SUFFIXES):
        yield f"Photo {name}", replace(spec, path=path)
    yield "Read it as an array", ArrayInput(spec.path)


def _files_of_arrays(spec: ArrayInput) -> _Proposals:
    for name, path in similar_files(spec.path, arrays.ARRAY_SUFFIXES):
        yield f"File {name}", replace(spec, path=path)
    yield "Read it as a photo", ImageInput(spec.path)


def _keys(spec: ArrayInput) -> _Proposals:
    """The arrays of the file that are volumes, those of similar names first."""
    headers = arrays.read_headers(spec.path)
    volumes = (name for name, header in headers.items() if not header.fault and len(header.shape) in (2, 3, 4))
    first = sorted(
        islice(volumes, _MAX_NAMES), key=lambda name: SequenceMatcher(None, name, spec.key).ratio(), reverse=True
    )
    for name in first[:_MAX_ARRAYS]:
        yield f"Array {name}", replace(spec, key=name)


def _axes(spec: ArrayInput) -> _Proposals:
    """The axes that the shape suggests, then the others of as many letters."""
    shape = arrays.read_header(spec.path, spec.key, "key").shape
    likely = array_axes.likely_axes(shape)
    others = (axes for axes in array_axes.AXES if len(axes) == len(shape))
    for axes in dict.fromkeys((*likely, *(others if spec.axes else ()))):
        yield f"Axes {array_axes.axes_text(axes)}", replace(spec, axes=convert(axes, Axes))


def _items(spec: ArrayInput) -> _Proposals:
    shape = arrays.read_header(spec.path, spec.key, "key").shape
    axes = spec.axes or array_axes.assumed_axes(shape)
    last = shape[0] - 1 if axes.startswith("n") else 0
    yield f"Item {last}", replace(spec, item=last)


def _crops(spec: ImageInput) -> _Proposals:
    """The same extent moved into the photo, then the part that lies in it, then the largest crop."""
    top, left, height, width = spec.crop
    if height and width:  # else nobody has asked how large the photo is, which may be missing
        rows, columns = photo_size(spec.path)
        moved = min(top, max(rows - height, 0)), min(left, max(columns - width, 0))
        crops = (
            (*moved, min(height, rows), min(width, columns)),
            (top, left, max(min(height, rows - top), 0), max(min(width, columns - left), 0)),
        )
        for crop in dict.fromkeys(crops):
            yield f"Crop {_numbers_text(crop)}", replace(spec, crop=crop)
    yield "The largest crop", replace(spec, crop=())


def _statistics(setting: str) -> Callable[[ImageInput], _Proposals]:
    """Proposals for the mean or the standard deviation of the channels."""

    def proposals(spec: ImageInput) -> _Proposals:
        values: tuple[float, ...] = getattr(spec, setting)
        channels = spec.shape.channels
        divisors = tuple(1.0 if abs(value) < LEAST_STD else value for value in values)
        candidates = [divisors] if setting == "std" else []
        if len(values) not in (1, channels):
            # One of several colours is not that of gray.
            candidates += [values[:channels]] if channels > 1 else []
            candidates.append((sum(values) / len(values),))
        for changed in dict.fromkeys(candidates):
            yield f"{setting.capitalize()} {_numbers_text(changed)}", replace(spec, **{setting: changed})
        yield f"No {setting}", replace(spec, **{setting: ()})

    return proposals


def _numbers_text(values: Iterable[float]) -> str:
    return ", ".join(f"{value:.6g}" for value in values)


_PROPOSALS: dict[tuple[type[Input], str], Callable[[Any], _Proposals]] = {
    (ImageInput, "path"): _photos,
    (ImageInput, "crop"): _crops,
    (ImageInput, "mean"): _statistics("mean"),
    (ImageInput, "std"): _statistics("std"),
    (ArrayInput, "path"): _files_of_arrays,
    (ArrayInput, "key"): _keys,
    (ArrayInput, "axes"): _axes,
    (ArrayInput, "item"): _items,
}
"""What may correct a mistake, by the kind of input and the setting that has it."""

"""Layers written as short texts, as in "1x1 96, 3x3 128": kinds and settings that fit what is typed. No Qt here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, get_args

import msgspec
from msgspec import inspect

from engine.blocks import BLOCKS, Block
from engine.layers import LAYERS, Activation, AvgPool2d, Conv2d, Kind, Layer, MaxPool2d, tag_of
from engine.layers.activation import Function
from gui.state.edits.settings import layer_settings, new_layer, setting_metadata

_VARIANTS: tuple[tuple[type[Kind], str, Mapping[str, Any]], ...] = (
    (Conv2d, "pointwise reduce", {"kernel": 1}),
    (Conv2d, "", {"kernel": 5}),
    (Conv2d, "", {"kernel": 7}),
    (MaxPool2d, "same size", {"kernel": 3, "stride": 1, "padding": "same"}),
    (MaxPool2d, "", {"kernel": 3, "stride": 2}),
    (AvgPool2d, "same size", {"kernel": 3, "stride": 1, "padding": "same"}),
    *((Activation, "", {"function": name}) for name in get_args(Function)[1:]),
)
"""Layers that are offered besides those with the defaults, with further words by which they are found.

The first function of activations is the default.
"""

_KERNEL = re.compile(r"(\d+)x(\d+)(?:/(\d+))?")
_STRIDE = re.compile(r"(?:s|/)(\d+)")


class LayerMatch(NamedTuple):
    """A layer that fits a text."""

    title: str
    layer: Layer | Block

    @property
    def text(self) -> str:
        """The kind and its settings: "Convolution: 1×1, 96 filters"."""
        label = self.layer.label()
        return self.title if label == self.title.lower() else f"{self.title}: {label}"


class _Entry(NamedTuple):
    title: str
    words: str
    layer: Layer | Block
    is_default: bool


@cache
def _entries() -> tuple[_Entry, ...]:
    """Every kind with its defaults, each followed by its variants."""

    def entries() -> Iterator[_Entry]:
        for kind in (*LAYERS, *BLOCKS):
            default = new_layer(tag_of(kind))
            words = f"{kind.title} {tag_of(kind)}".lower()
            yield _Entry(kind.title, f"{words} {default.label()}", default, True)
            for other, more, settings in _VARIANTS:
                if other is kind:
                    layer = msgspec.structs.replace(default, **settings)
                    yield _Entry(kind.title, f"{words} {more} {layer.label()}", layer, False)

    return tuple(entries())


class _Request(NamedTuple):
    """The parts of a text: words of the kind, then settings."""

    words: tuple[str, ...]
    counts: tuple[int, ...]
    sizes: Mapping[str, Any]


def split_layers(text: str) -> tuple[str, ...]:
    """The texts of several layers, one after the other."""
    return tuple(part.strip() for part in re.split(r"[,>→]", text))


def match_layer(text: str) -> tuple[LayerMatch, ...]:
    """The layers that a text may mean, the best first: words of the kind, a kernel, a stride, and counts in order."""
    request = _parse(text)
    matches: dict[Layer | Block, tuple[tuple[bool, bool], LayerMatch]] = {}
    for entry in _entries():
        if all(word in entry.words for word in request.words):
            layer = _with_settings(entry, request)
            if layer is not None and layer not in matches:
                matches[layer] = (_rank(entry, request.words), LayerMatch(entry.title, layer))
    return tuple(match for _, match in sorted(matches.values(), key=lambda pair: pair[0]))


def _parse(text: str) -> _Request:
    words, counts, sizes = list[str](), list[int](), dict[str, Any]()
    for token in text.lower().replace("×", "x").split():
        if kernel := _KERNEL.fullmatch(token):
            height, width, stride = (number and int(number) for number in kernel.groups())
            sizes["kernel"] = height if height == width else (height, width)
            sizes |= {"stride": stride} if stride else {}
        elif stride := _STRIDE.fullmatch(token):
            sizes["stride"] = int(stride[1])
        elif token.isdecimal():
            counts.append(int(token))
        else:
            words.append(token)
    return _Request(tuple(words), tuple(counts), sizes)


def _with_settings(entry: _Entry, request: _Request) -> Layer | Block | None:
    """The layer of an entry with the requested settings; None if it has no such setting or they are invalid."""
    kind = type(entry.layer)
    names = {field.name for field in layer_settings(kind)}
    count_names = _count_names(kind)
    if not set(request.sizes) <= names or len(request.counts) > len(count_names):
        return None
    own = {name: getattr(entry.layer, name) for name in names}
    if not entry.is_default and any(own[name] != value for name, value in request.sizes.items()):
        return None
    settings = {**own, **dict(zip(count_names, request.counts, strict=False)), **request.sizes}
    if settings.get("stride") == 1 and own.get("padding") == 0:
        settings["padding"] = "same"  # windows at every pixel are meant to keep the size
    try:
        return msgspec.convert({"kind": tag_of(kind), **msgspec.to_builtins(settings)}, kind)
    except msgspec.ValidationError:
        return None


@cache
def _count_names(kind: type[Kind]) -> tuple[str, ...]:
    """The settings of a kind that are numbers of maps or units, without which there is no such layer."""

    def is_count(field: inspect.Field) -> bool:
        type_ = field.type.type if isinstance(field.type, inspect.Metadata) else field.type
        return field.required and isinstance(type_, inspect.IntType) and bool(setting_metadata(field))

    return tuple(field.name for field in layer_settings(kind) if is_count(field))


def _rank(entry: _Entry, words: Sequence[str]) -> tuple[bool, bool]:
    """Sorts entries that have all words as whole words first, then those whose words begin with them."""
    own = entry.words.replace("_", " ").split()
    return (
        not all(word in (*entry.words.split(), entry.words) for word in words),
        not all(any(other.startswith(word) for other in own) for word in words),
    )

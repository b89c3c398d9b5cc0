"""The settings of layers and blocks: their descriptions, their defaults, and their values in words."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect
from msgspec.structs import asdict, replace

from engine.blocks import Block
from engine.layers import Kind, Layer, tag_of
from engine.layers.windows import size_text
from engine.project.reader import KINDS


def setting_metadata(field: inspect.Field) -> dict[str, object]:
    """A setting's title, description and examples."""
    type_ = field.type
    return dict(type_.extra_json_schema or {}) if isinstance(type_, inspect.Metadata) else {}


@cache
def layer_settings(layer: type[Kind]) -> tuple[inspect.Field, ...]:
    """The settings of a kind in their order of declaration."""
    info = inspect.type_info(layer)
    return info.fields if isinstance(info, inspect.StructType) else ()


def kind_entries(layers: Sequence[type[Kind]]) -> tuple[tuple[str, str, str], ...]:
    """(kind, title, help) of each kind, for menus."""
    return tuple((tag_of(layer), layer.title, layer.help) for layer in layers)


def new_layer(kind: str) -> Layer | Block:
    """A layer of that kind with its defaults; a setting without one gets the first example of its description."""
    type_: type[Layer | Block] = KINDS[kind]
    values: dict[str, Any] = {}
    for field in layer_settings(type_):
        examples = setting_metadata(field).get("examples")
        if field.required and isinstance(examples, list):
            values[field.name] = examples[0]
    return type_(**values)


def converted(layer: Kind, kind: str) -> Layer | Block:
    """A layer of another kind with its defaults, and with every setting of `layer` that fits."""
    result = new_layer(kind)
    old = asdict(layer)
    for field in msgspec.structs.fields(result):
        if field.name in old:
            try:
                value = msgspec.convert(msgspec.to_builtins(old[field.name]), field.type)
            except msgspec.ValidationError:
                continue
            result = replace(result, **{field.name: value})
    return result


def setting_value_text(value: object) -> str:
    """A setting's value in words: "on", "3×5", "[0, 1, 2, 1]", "its default"."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return size_text((value[0], value[1])) if len(value) == 2 else str(list(value))
    return "its default" if value is None else str(value)

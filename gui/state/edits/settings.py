"""The settings of new layers and blocks, and of those that change their kind."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from engine.blocks import Block
from engine.layers import Kind, Layer, tag_of
from engine.layers.settings import layer_settings as layer_settings
from engine.layers.settings import setting_metadata as setting_metadata
from engine.layers.settings import setting_value_text as setting_value_text
from engine.project.reader import KINDS


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

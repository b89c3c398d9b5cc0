"""The declared settings of kinds, and their values in words."""

import re
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from engine.layers.base import Kind
from engine.layers.windows import size_text

_encode = msgspec.json.Encoder().encode


@cache
def layer_settings(layer: type[Kind]) -> tuple[inspect.Field, ...]:
    """The settings of a kind in their order of declaration."""
    info = inspect.type_info(layer)
    return info.fields if isinstance(info, inspect.StructType) else ()


def setting_metadata(field: inspect.Field) -> dict[str, object]:
    """A setting's title, description and examples."""
    type_ = field.type
    return dict(type_.extra_json_schema or {}) if isinstance(type_, inspect.Metadata) else {}


def setting_words(layer: type[Kind], name: str) -> tuple[str, ...]:
    """The words that a setting can be; () if it is no choice among words."""
    types = (field.type for field in layer_settings(layer) if field.name == name)
    plain = (type_.type if isinstance(type_, inspect.Metadata) else type_ for type_ in types)
    return tuple(str(word) for type_ in plain if isinstance(type_, inspect.LiteralType) for word in type_.values)


def setting_title(field: inspect.Field) -> str:
    """A setting's title, or its name if it has none."""
    return str(setting_metadata(field).get("title", field.name))


def setting_titles(layer: type[Kind]) -> tuple[str, ...]:
    """The titles of all settings of a kind, in a third of the time that its `layer_settings` take."""
    return tuple(_title_in(field.type) or field.name for field in msgspec.structs.fields(layer))


def _title_in(annotation: Any) -> str:
    """The title in the metadata of a type; "" if it has none."""
    metadata = getattr(annotation, "__metadata__", ())
    return next((each.title for each in metadata if isinstance(each, msgspec.Meta) and each.title), "")


def settings_text(layer: Kind) -> str:
    """The kind and every setting that differs from its default, as in a project file: "conv2d filters=32 kernel=5"."""
    values = {
        field.name: getattr(layer, field.name)
        for field in layer_settings(type(layer))
        if field.required or getattr(layer, field.name) != field.default
    }
    return " ".join((layer.kind, *(f"{name}={_encode(value).decode()}" for name, value in values.items())))


def setting_value_text(value: object) -> str:
    """A setting's value in words: "on", "3×5", "[0, 1, 2, 1]", "hard swish", "its default"."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return size_text((value[0], value[1])) if len(value) == 2 else str(list(value))
    return "its default" if value is None else choice_text(str(value))


def choice_text(word: str) -> str:
    """One of the words that a setting can be, as text: "1×1" for "1x1", "hard swish" for "hard_swish"."""
    return re.sub(r"(\d)x(\d)", r"\1×\2", word.replace("_", " "))

"""Reads structs from the plain tables of a file: collects all mistakes, each with its place in the file."""

import re
from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from engine.text.messages import accepted_text, rejected_text, suggestion, value_text
from engine.text.names import control_fault
from engine.text.problems import MAX_LINES, Problem

Data = dict[str, Any]

_NAMES_OF_FILES = ("path", "key", "weight", "bias", "gamma", "beta", "mean", "var", "slope")
"""Settings that name a file or an array in one: these are called what they are called."""

_MAX_FILE_NAME = 4096
"""Characters; no system accepts longer paths."""

_MAX_PROBLEMS = MAX_LINES - 1

_NODE_PLACE = re.compile(r".*?nodes\[\d+\]")


class TooManyProblemsError(Exception):
    """There are as many problems as a message lists: the rest of the file is not read."""


class TableReader:
    """Collects the mistakes of a file in `problems`."""

    controls: ClassVar[Mapping[str, str]] = {"title": "\n\t", "source": "\n\t", "text": "\n\t", "note": "\n\t"}
    """Control characters that texts of more than one line may contain, by key."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.names: dict[str, str] = {}
        """The name of each node by its place."""
        self.is_newer = False
        """Whether the format is newer; its unknown keys are ignored, since the file is never overwritten."""

    def structs(self, data: Data, key: str, kind: type[Struct]) -> Iterator[Any]:
        """Yield the tables of a list as `kind`, without those that have mistakes."""
        keys = tuple(field.name for field in fields_of(kind))
        for index, raw in self.items(data, key, "$"):
            place = f"$.{key}[{index}]"
            if not isinstance(raw, dict):
                self.add(place, f"is {value_text(raw)}; a table with {keys[0]} is expected")
                continue
            self.check_keys(raw, keys, place)
            struct = self.plain_struct(raw, kind, place)
            if struct is not None:
                yield struct

    def items(self, raw: Data, key: str, place: str) -> Iterator[tuple[int, object]]:
        items = raw.get(key, [])
        if not isinstance(items, list):
            self.add(f"{place}.{key}", f"is {value_text(items)}; a list of tables is expected")
            items = []
        yield from enumerate(items)

    def struct(
        self, raw: object, kinds: Mapping[str, type[Struct]], tag: str, place: str, other_keys: tuple[str, ...] = ()
    ) -> Any:
        """A struct of the kind that the table names; None if it has mistakes."""
        if not isinstance(raw, dict):
            self.add(place, f"is {value_text(raw)}; a table with {tag} is expected")
            return None
        if tag not in raw:
            self.add(f"{place}.{tag}", f"is missing; known are {', '.join(kinds)}")
            return None
        kind = raw[tag]
        if not isinstance(kind, str) or kind not in kinds:
            word = kind if isinstance(kind, str) else ""
            self.add(f"{place}.{tag}", f"is {value_text(kind)}; {self.meant(word, kinds) or suggestion(word, kinds)}")
            return None
        settings = tuple(field.name for field in fields_of(kinds[kind]))
        self.check_keys(raw, (tag, *other_keys, *settings), place, f" for {kind}")
        return self.plain_struct(raw, kinds[kind], place)

    def meant(self, word: str, kinds: Container[str]) -> str:
        """What to write in place of a word that is no kind; "" if only similar ones are known."""
        return ""

    def plain_struct(self, raw: Data, kind: type[Struct], place: str) -> Any:
        before = len(self.problems)
        values: Data = {}
        for field in fields_of(kind):
            if field.name in raw:
                value = self.value(raw, field.name, field.type, place)
            elif field.required:
                self.add(f"{place}.{field.name}", f"is missing; {accepted_text(field.type)} is expected")
                value = None
            else:
                continue
            if value is None and field.required:  # so that the kind's own check can report other settings at once
                value = _substitute(field.type)
                if value is None:
                    return None
            if value is not None:
                values[field.name] = value
        try:
            struct = kind(**values)
            for name in sorted(values.keys() & getattr(struct, "unused_settings", ())):
                self.add(f"{place}.{name}", "means nothing beside the other settings; leave it out")
        except ValueError as error:  # the message of that check begins with the setting
            self.add(f"{place}.{str(error).split()[0]}", str(error))
        return struct if len(self.problems) == before else None

    def value(self, raw: Data, key: str, type_: Any, place: str, default: Any = None) -> Any:
        """The value of a key, converted to the setting's type; None if that fails, which is reported."""
        if key not in raw:
            return default
        try:
            value = msgspec.convert(raw[key], type_)
        except msgspec.ValidationError:
            self.add(f"{place}.{key}", rejected_text(raw[key], type_))
            return None
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and (fault := self._text_fault(key, text)):
                self.add(f"{place}.{key}", f"is {value_text(raw[key])}; {fault}")
                return None
        return value

    def check_keys(self, raw: Data, keys: tuple[str, ...], place: str, context: str = "") -> None:
        for key in () if self.is_newer else raw:
            if key not in keys:
                self.add(f"{place}.{key_text(key)}", f"unknown key{context}; {suggestion(key, keys)}")

    def add(self, place: str, text: str) -> None:
        if len(self.problems) == _MAX_PROBLEMS:
            self.problems.append(Problem("the rest of the file is not read; correct these mistakes first", ""))
            raise TooManyProblemsError
        node = _NODE_PLACE.match(place)
        self.problems.append(Problem(text, place, node=self.names.get(node[0], "") if node else ""))

    def _text_fault(self, key: str, text: str) -> str:
        """Why a setting cannot have this text; "" if it can."""
        if key in _NAMES_OF_FILES:
            is_long = len(text) > _MAX_FILE_NAME
            return f"at most {_MAX_FILE_NAME:,} characters are read, not {len(text):,}" if is_long else ""
        return control_fault(text, self.controls.get(key, ""))


@cache
def fields_of(kind: type[Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of a kind. Without the cache, msgspec evaluates annotations for most of the time of reading a file."""
    return msgspec.structs.fields(kind)


@cache
def _substitute(type_: Any) -> Any:
    """A valid value for a setting whose own is wrong; None if no simple one is."""
    for value in (1, ""):
        with suppress(msgspec.ValidationError):
            return msgspec.convert(value, type_)
    return None


def key_text(key: str) -> str:
    """A key as part of a place in the file: in quotes if TOML needs them."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key) else value_text(key)

"""Reads what lesson files consist of: texts and expressions that can be evaluated, and what a step shows."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, get_args

import msgspec
from msgspec import Meta

from engine.cost.counting import CONVENTIONS
from engine.cost.metrics import METRICS
from engine.explain.map_statistics import MapOrder
from engine.expressions.faults import ExpressionError
from engine.project.table_reader import Data, TableReader
from engine.text.messages import suggestion, value_text
from gui.lessons.expressions import Expression, parse_expression
from gui.lessons.lesson import Show, Target
from gui.lessons.texts import parse_text
from gui.lessons.window_functions import DOCK_IDS
from gui.state.cameras import CAMERA_VIEWS
from gui.state.look import ColourMap, ComparisonMode, DepthScale, DetailKind

Texts = tuple[str, ...]
_Index = Annotated[int, Meta(ge=0)]
_Count = Annotated[int, Meta(ge=1)]

SHOW_TYPES: Mapping[str, Any] = {
    "views": Texts,
    "camera": str,
    "blocks": str,
    "open_blocks": Texts,
    "select": str,
    "map": _Index,
    "value": Annotated[tuple[_Index, ...], Meta(min_length=2, max_length=2)],
    "metric": str,
    "rule": str,
    "edges": DepthScale,
    "logarithmic": bool,
    "colour_map": ColourMap,
    "order": MapOrder,
    "comparison": ComparisonMode,
    "pair": Annotated[Texts, Meta(min_length=2, max_length=2)],
    "detail": DetailKind,
    "zero_centred": bool,
    "rank": _Count,
    "highlight": Texts,
}
"""What a step can show, by its keys in the file."""

_TARGETS: tuple[str, ...] = get_args(Target.__annotations__["kind"])
_KNOWN: Mapping[str, tuple[str, ...]] = {
    "views": DOCK_IDS,
    "camera": tuple(CAMERA_VIEWS),
    "blocks": ("auto", "open", "closed"),
    "metric": tuple(metric.id for metric in METRICS),
    "rule": tuple(convention.id for convention in CONVENTIONS),
}
"""The words that a key of `show` accepts."""

_MAX_CHARACTERS = 20_000
"""Characters of a text."""


class LessonTables(TableReader):
    """Reads texts, expressions, and what is shown."""

    controls: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("title", "summary", "source", "text", "hint", "praise", "explanation", "reply", "done", "answer"), "\n\t"
    )

    def table(self, raw: object, place: str, content: str) -> Data | None:
        """A value that has to be a table with this content; None if it is none."""
        if isinstance(raw, dict):
            return raw
        self.add(place, f"is {value_text(raw)}; a table with {content} is expected")
        return None

    def required_value(self, raw: Data, key: str, type_: Any, place: str) -> Any:
        if key not in raw:
            self.add(f"{place}.{key}", "is missing")
        return self.value(raw, key, type_, place)

    def required(self, raw: Data, key: str, place: str) -> str:
        """A text that has to be there."""
        if key not in raw or raw[key] == "":
            self.add(f"{place}.{key}", "is missing; a text is expected" if key not in raw else "is empty")
        return self.text(raw, key, place)

    def text(self, raw: Data, key: str, place: str) -> str:
        """A text whose expressions can be read; "" if it is left out."""
        text = self.value(raw, key, str, place, "") or ""
        self.check_text(text, f"{place}.{key}")
        return text

    def check_text(self, text: str, place: str) -> None:
        """Collect the mistakes of a text of a lesson."""
        if len(text) > _MAX_CHARACTERS:
            self.add(place, f"has {len(text):,} characters; a text has at most {_MAX_CHARACTERS:,}")
            return
        try:
            parse_text(text)
        except ExpressionError as error:
            self.add(place, str(error))

    def expression(self, raw: Data, key: str, place: str, *, of_window: bool = False) -> Expression | None:
        text = self.required_value(raw, key, str, place)
        if text is None:
            return None
        try:
            return parse_expression(text, of_window=of_window)
        except ExpressionError as error:
            self.add(f"{place}.{key}", str(error))
        return None

    def word(self, raw: Data, key: str, place: str, words: tuple[str, ...]) -> str:
        word = self.value(raw, key, str, place)
        if word is not None and word not in words:
            self.add(f"{place}.{key}", f"is {value_text(word)}; {suggestion(word, words)}")
        return word or ""

    def show(self, value: object, place: str) -> Show:
        raw = self.table(value, place, "what is shown")
        if raw is None:
            return Show()
        self.check_keys(raw, tuple(SHOW_TYPES), place)
        values = {key: self.value(raw, key, SHOW_TYPES[key], place) for key in SHOW_TYPES if key in raw}
        for key, words in _KNOWN.items():
            given = values.get(key)
            for word in given if isinstance(given, tuple) else () if given is None else (given,):
                if word not in words:
                    self.add(f"{place}.{key}", f"is {value_text(given)}; {value_text(word)}: {suggestion(word, words)}")
        given = {key: value for key, value in values.items() if value is not None}
        targets = [self._target(text, f"{place}.highlight[{i}]") for i, text in enumerate(given.pop("highlight", ()))]
        return Show(**given, highlight=tuple(target for target in targets if target is not None))

    def _target(self, text: str, place: str) -> Target | None:
        kind, _, name = text.partition(":")
        if kind not in _TARGETS or not name:
            example = "box:design/layer"
            self.add(place, f"is {value_text(text)}; one of {', '.join(_TARGETS)} with a name is expected: {example}")
            return None
        if kind in ("view", "panel") and name not in DOCK_IDS:
            self.add(place, f"is {value_text(text)}; {suggestion(name, DOCK_IDS)}")
        return msgspec.convert({"kind": kind, "name": name}, Target)

"""Hostile lessons, each beside a small project: damaged texts, strange values, and expressions of all kinds."""

import random
import re
from copy import deepcopy
from typing import Any

import tomli_w

from gui.lessons.functions import LESSON_FUNCTIONS, LessonFunction
from tests.fuzz.case import damaged

_PROJECT = b"""format = 1
input = { kind = "noise", shape = [3, 8, 8] }
[[designs]]
name = "a"
[[designs.nodes]]
name = "c"
kind = "conv2d"
filters = 4
kernel = 3
[[designs.nodes]]
name = "r"
kind = "activation"
function = "relu"
"""
_WORDS = (
    *(
        "'a'",
        "'a/c'",
        "'a/input'",
        "'/x'",
        "'p:a/c'",
        "'filters'",
        "''",
        "0",
        "1",
        "9",
        "9e29",
        "1e-30",
        "0.5",
        "(1, 2)",
    ),
    *("+", "-", "*", "/", "**", "<", "==", "and", "or", "not", "(", ")", ",", "|", "exact", "}}", "{{", "`", "\n", "["),
    *("'", '"', "\\", "\x1b[31m", "卷", "9" * 400, "(" * 300, "**9" * 100, "import", "lambda", "__class__", "."),
)
_VALUES: tuple[Any, ...] = (
    *("", "a/c", "a", "x", "3-D", "macs", "x" * 30_000, "\x1b[31m", "{{ macs('a') }}", "a\u202eb", "../../p.toml"),
    *(0, 1, -1, 3, 10**9, 2**62, 0.5, 1e308, float("nan"), float("inf"), True, [], {}, ["a"], [1, 2], [[]]),
    *({"set": {"filters": 3}, "node": "a/c"}, {"remove": "a/c"}, ["volumes"] * 300, [{"text": "a"}] * 3),
)


def lesson_file(rng: random.Random) -> dict[str, bytes]:
    """A lesson with a few hostile values or expressions, or damaged bytes."""
    data = _lesson(rng)
    for _ in range(rng.choice((0, 0, 1, 1, 2, 6))):
        parent = rng.choice(list(_tables(data)))
        key = rng.choice([*parent, "show", "select", "set", "quoted"])
        parent[key] = deepcopy(rng.choice(_VALUES))
    content = tomli_w.dumps(data).encode("utf-8", "replace")
    if rng.random() < 0.3:
        content = damaged(content, rng)
    return {"lesson.toml": content, "p.toml": _PROJECT if rng.random() < 0.95 else damaged(_PROJECT, rng)}


def _lesson(rng: random.Random) -> dict[str, Any]:
    steps = [_step(rng, number) for number in range(rng.choice((1, 1, 2, 5, 30)))]
    return {"format": 1, "title": "T", "minutes": 3, "projects": {"p": "p.toml", "q": "p.toml"}, "steps": steps}


def _step(rng: random.Random, number: int) -> dict[str, Any]:
    step: dict[str, Any] = {"id": f"s{number}", "title": "T", "text": f"T {{{{ {_expression(rng)} }}}} T"}
    if rng.random() < 0.3:
        step["project"] = rng.choice("pq")
    if rng.random() < 0.5:
        step["show"] = {"select": "a/c", "map": 1, "views": ["volumes"], "highlight": ["box:a/c", "field:filters"]}
    if rng.random() < 0.4:
        done, filters = _expression(rng, of_window=True), rng.choice((1, 2, 3, 40))
        step["task"] = {"text": "T", "done": done, "solution": [{"node": "a/c", "set": {"filters": filters}}]}
    elif rng.random() < 0.4:
        step["question"] = {"text": "T", "answer": _expression(rng)}
    return step


def _expression(rng: random.Random, *, of_window: bool = False) -> str:
    """An expression, for a text or for a condition, that is often valid."""
    if rng.random() < 0.1:
        return " ".join(rng.choice(_WORDS) for _ in range(rng.randrange(12)))
    names = sorted(name for name, function in LESSON_FUNCTIONS.items() if function.of_window <= of_window)
    function = LESSON_FUNCTIONS[rng.choice(names)]
    arguments = [rng.choice(_ARGUMENTS.get(name, ("1", "2", *_WORDS[:13]))) for name in _argument_names(function)]
    return f"{function.name}({', '.join(arguments)}) {rng.choice(('', '== 1', '> 0', '* 2', '/ 2'))}"


def _argument_names(function: LessonFunction) -> list[str]:
    """The names of the arguments that a function needs at least."""
    words = re.split(r"[(),\[]", function.signature)[1:]
    return [word.strip() for word in words if word.strip() and word.strip() != "…"][: function.least]


_ARGUMENTS = {
    "ref": ("'a/c'", "'a'", "'p:a/c'", "'q:a'", "'a/input'"),
    "reference": ("'a/c'", "'a/r'"),
    "rule": ("'macs'", "'fvcore'"),
    "name": ("'filters'", "'kernel'", "'bias'"),
    "view": ("'bars'", "'volumes'"),
    **dict.fromkeys(("channel", "filter", "y", "x"), ("0", "1", "2")),
}
"""Arguments that are often valid, by name."""


def _tables(value: Any) -> list[dict[str, Any]]:
    """All tables of a tree."""
    found = [value] if isinstance(value, dict) else []
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        found += _tables(item)
    return [table for table in found if table]

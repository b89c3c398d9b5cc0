"""Hostile project files: damaged texts, and structures with values and networks of all kinds and sizes."""

import json
import random
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import tomli_w

from engine.files.paths import RESOURCES
from engine.project.reader import KINDS
from tests.fuzz.case import damaged

_SAMPLES = sorted((RESOURCES / "projects").glob("*.toml"))
_Data = dict[str, Any]


def damaged_text(rng: random.Random) -> dict[str, bytes]:
    """A bundled project, as TOML or JSON, with damaged bytes."""
    content = rng.choice(_SAMPLES).read_bytes()
    if rng.random() < 0.4:
        return {"p.json": damaged(json.dumps(tomllib.loads(content.decode())).encode(), rng)}
    return {"p.toml": damaged(content, rng)}


def strange_structure(rng: random.Random) -> dict[str, bytes]:
    """A valid project in which a few values, keys or tables are replaced by any others."""
    data = _project(_layers(rng, rng.randrange(1, 12)))
    for _ in range(rng.choice((1, 1, 2, 5))):
        places = list(_places(data))
        if not places:
            break
        parent, key = rng.choice(places)
        match rng.randrange(4):
            case 0:
                del parent[key]
            case 1 if isinstance(parent, dict):
                parent[rng.choice(_TEXTS)] = _value(rng)
            case 2 if isinstance(parent, list):
                parent[key:key] = [parent[key]] * rng.choice((1, 3, 2000))
            case _:
                parent[key] = _value(rng)
    return _file(data, rng)


def large_structure(rng: random.Random) -> dict[str, bytes]:
    """A project with as much of one thing as a megabyte holds: nodes, inputs, cycles, names, tables, keys or dots."""
    make = rng.choice(_LARGE)
    made = make(rng, int(10 ** rng.uniform(1, 4.6)))
    return {"p.toml": made[:1_000_000].encode()} if isinstance(made, str) else _file(made, rng, most=1_000_000)


def _project(nodes: list[_Data], **more: Any) -> _Data:
    noise = {"kind": "noise", "shape": [3, 8, 8]}
    return {"format": 1, "input": noise, "designs": [{"name": "a", "nodes": nodes}], **more}


def _layers(rng: random.Random, count: int) -> list[_Data]:
    """Nodes of random kinds with settings that are often valid."""
    nodes: list[_Data] = []
    for number in range(count):
        kind = rng.choice(sorted(KINDS))
        node: _Data = {"name": f"n{number}", "kind": kind}
        for field in msgspec.structs.fields(KINDS[kind]):
            if field.required or rng.random() < 0.3:
                node[field.name] = rng.choice((1, 2, 3, 3, 4, [3, 1], "relu", "same", 0.5, True, 1000, 10**9))
        if number and rng.random() < 0.5:
            node["inputs"] = [f"n{rng.randrange(count)}" for _ in range(rng.choice((1, 2, 2, 5)))]
        if rng.random() < 0.2:
            node["weights"] = _weights(rng, count)
        nodes.append(node)
    return nodes


def _weights(rng: random.Random, count: int) -> _Data:
    names = [f"n{rng.randrange(count)}" for _ in range(rng.choice((2, 2, 3)))]
    options: tuple[_Data, ...] = (
        {"source": "preset", "name": "box"},
        {"source": "seed", "design": "a", "node": names[0]},
        {"source": "file", "path": "missing.npy"},
        {"source": "low_rank", "nodes": names, "form": "1x1+kxk", "of": {"source": "preset", "name": "box"}},
        {"source": "low_rank", "nodes": names, "of": {"source": "seed", "design": "a", "node": names[0]}},
    )
    return rng.choice(options)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Parent and key of everything in a tree."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from _places(value[key])


def _value(rng: random.Random) -> Any:
    if rng.random() < 0.2:
        return [_value(rng) for _ in range(rng.choice((0, 1, 3)))]
    if rng.random() < 0.1:
        return {rng.choice(_TEXTS): _value(rng) for _ in range(rng.choice((0, 1, 3)))}
    return rng.choice((*_TEXTS, *_NUMBERS))


_TEXTS = (
    "",
    " ",
    "input",
    "a",
    "n0",
    "n1/conv",
    "/",
    "a\x1b[31m",
    "a\u202eb",
    "=1+1",
    "卷积",
    "same",
    "x" * 5000,
    "\ufffe",
)
_NUMBERS = (0, 1, -1, 3, 10**9, 10**18, 2**63, 10**40, 0.5, -0.0, 1e308, float("inf"), float("nan"), True, False)


def _file(data: _Data, rng: random.Random, most: int | None = None) -> dict[str, bytes]:
    """The file of a structure, as JSON or, if TOML can hold it, as TOML."""
    text = json.dumps(data, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")[:most]
    if rng.random() < 0.5 and len(text) < 100_000:
        try:
            return {"p.toml": tomli_w.dumps(data).encode("utf-8", "surrogatepass")}
        except (TypeError, ValueError):
            pass
    return {"p.json": text}


def _ring(rng: random.Random, count: int) -> _Data:
    return _project([_node(n, "add", [f"n{(n - 1) % count}", rng.choice(("input", f"n{n}"))]) for n in range(count)])


def _chain(rng: random.Random, count: int) -> _Data:
    kind = rng.choice(sorted(KINDS))
    settings: _Data = {field.name: 3 for field in msgspec.structs.fields(KINDS[kind]) if field.required}
    return _project([{"name": f"n{n}", "kind": kind, **settings} for n in range(count)])


def _doubling(rng: random.Random, count: int) -> _Data:
    times = rng.choice((2, 2, 10, 1000))
    count = min(count, 100_000 // times)
    return _project(
        [_node(n, rng.choice(("concat", "add")), [f"n{n - 1}" if n else "input"] * times) for n in range(count)]
    )


def _random_graph(rng: random.Random, count: int) -> _Data:
    count = min(count, 8000)
    return _project(
        [_node(n, "add", [f"n{rng.randrange(count)}" for _ in range(rng.choice((1, 2, 3)))]) for n in range(count)]
    )


def _dense_graph(rng: random.Random, count: int) -> _Data:
    count = min(count, 350)
    return _project(
        [_node(n, "concat", [f"n{m}" for m in range(count) if m != n or rng.random() < 0.5]) for n in range(count)]
    )


def _node(number: int, kind: str, inputs: list[str]) -> _Data:
    return {"name": f"n{number}", "kind": kind, "inputs": inputs}


def _slashes(rng: random.Random, count: int) -> _Data:
    names = ["/" * number for number in range(1, min(count, 1200))]
    return _project([{"name": name, "kind": "basic_residual", "filters": 3} for name in names])


def _long_name(rng: random.Random, count: int) -> _Data:
    name = rng.choice(("/", "x", "卷", "=")) * (count * 10)
    return _project([{"name": name, "kind": "lrn"}], title=name, notes=[{"text": name, "node": name}])


def _long_names(rng: random.Random, count: int) -> _Data:
    names = [rng.choice(("/", "n")) * 900 + str(number) for number in range(min(count, 480))]
    nodes: list[_Data] = [{"name": name, "kind": rng.choice(("lrn", "batch_norm"))} for name in names]
    return _project([*nodes, {"name": "all", "kind": "concat", "inputs": names}])


def _same_names(rng: random.Random, count: int) -> _Data:
    return _project([{"name": rng.choice(("a", "input")), "kind": rng.choice(("lrn", "lrrn"))} for _ in range(count)])


def _many_designs(rng: random.Random, count: int) -> _Data:
    return {**_project([]), "designs": [{"name": f"d{number % 9000}", "nodes": []} for number in range(count)]}


def _recipes(rng: random.Random, count: int) -> _Data:
    nodes: list[_Data] = []
    for number in range(min(count, 2300)):
        pair = [f"a{number}", rng.choice((f"b{number}", "b0"))]
        recipe = {"source": "low_rank", "form": "1x1+kxk", "nodes": pair, "of": {"source": "preset", "name": "box"}}
        nodes += [
            {"name": f"{letter}{number}", "kind": "conv2d", "filters": 2, "kernel": kernel, "weights": recipe}
            for letter, kernel in (("a", 1), ("b", 3))
        ]
    return _project(nodes)


def _keys(rng: random.Random, count: int) -> _Data:
    return {**_project([]), **{f"k{number}": number for number in range(count)}}


def _notes(rng: random.Random, count: int) -> _Data:
    figures = [{"design": "a", "node": "b", "params": rng.choice(("1K", "9" * 5000, "x"))} for _ in range(count // 4)]
    return _project([], notes=[{"text": "a"}] * count, published=figures)


def _dotted(rng: random.Random, count: int) -> str:
    key = rng.choice(('"a"', "a", "'a'", " a "))
    line = rng.choice(("{} = 1", "[{}]", "[[{}]]", "x = {{ {} = 1 }}")).format(f"{key}." * count + "b")
    return "\n".join([line] * rng.choice((1, 1, 1000)))


def _opened(rng: random.Random, count: int) -> str:
    return "x = " + rng.choice(("[", "{a = ", '"""', "'''", "[{a = [", "1_0", "[1,", '"\\u0041', "{a.b = ")) * (
        count * 5
    )


def _lines(rng: random.Random, count: int) -> str:
    pattern = rng.choice(
        ("k{0} = {0}", "[k{0}]", "[[k]]", "[k{0}.a.b.c.d.e]", "a.b.c.k{0} = 1", "# {0}", "k{0} = 07:32:00")
    )
    return "\n".join(pattern.format(number) for number in range(count * 2))


_LARGE: tuple[Callable[[random.Random, int], _Data | str], ...] = (
    _ring,
    _chain,
    _doubling,
    _random_graph,
    _dense_graph,
    _slashes,
    _long_name,
    _long_names,
    _same_names,
    _many_designs,
    _recipes,
    _keys,
    _notes,
    _dotted,
    _opened,
    _lines,
)

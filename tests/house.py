"""Measures the structure of the program and prints it beside its aims: `make house`.

Read by `ast` alone, so that any commit can be measured: ``python -m tests.house [--list METRIC] [CHECKOUT]``.
What counts is `main.py` and the modules under `engine/` and `gui/`; tests do not.
"""

import argparse
import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.source_tree import House, Place, circles, defines_kinds, floors, room_of

PARTICIPLES = frozenset(
    re.findall(
        r"\w+",
        "asked drawn found given held kept known made meant placed said seen shown taken told wanted written",
    )
)


def directly_in(folder: str) -> Callable[[House], list[Place]]:
    """Modules directly in a folder, beside its `__init__.py`."""
    return lambda house: [
        Place(module.name, 1, "")
        for module in house.modules.values()
        if not module.is_folder and module.name.rpartition(".")[0] == folder
    ]


def kinds_named(house: House) -> list[Place]:
    """Where code outside `engine/layers` and `engine/blocks` tells kinds apart.

    That is `isinstance`, `type(…) is`, class patterns, and their names as strings in comparisons, patterns and keys;
    also by a tuple of kinds with a name of its own.
    """
    places = []
    for module in house.modules.values():
        if defines_kinds(module.name):
            continue
        tables = {name: value for _, name, value in module.assignments() if value is not None}
        for node in module.nodes:
            if isinstance(node, ast.expr | ast.pattern):
                names = sorted({name for part in _tested(node) for name in _kinds_in(part, house.kinds, tables)})
                if names:
                    places.append(module.place(node, ", ".join(names)))
    return places


def _tested(node: ast.AST) -> list[ast.AST]:
    """The parts of an expression or pattern that a value is compared with."""
    match node:
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, kind]):
            return [kind]
        case ast.Compare():
            return [node.left, *node.comparators]
        case ast.MatchClass(cls=part) | ast.MatchValue(value=part):
            return [part]
        case ast.Dict():
            return [key for key in node.keys if key is not None]
    return []


def _kinds_in(node: ast.AST, kinds: dict[str, str], tables: dict[str, ast.expr]) -> Iterator[str]:
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name) if name in tables and name.isupper():
                yield from _kinds_in(tables[name], kinds, {})
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in kinds:
                yield name
            case ast.Constant(value=str(text)) if text and text in kinds.values():
                yield repr(text)


def shared_names(house: House) -> list[Place]:
    """Public names of top levels that two or more modules define, one line per module."""
    owners: dict[str, dict[str, Place]] = defaultdict(dict)
    for module in house.modules.values():
        for node, name in module.definitions():
            if name != "__all__":
                owners[name][module.name] = module.place(node, name)
    return [place for _, places in sorted(owners.items()) if len(places) > 1 for place in places.values()]


def _constants(house: House) -> list[Place]:
    return [
        module.place(node, name)
        for module in house.modules.values()
        for node, name, _ in module.assignments()
        if not name.startswith("_")
    ]


def private_constants(house: House) -> list[Place]:
    """Public constants that only their own module uses."""
    users: dict[str, set[str]] = defaultdict(set)
    for module in house.modules.values():
        for node in module.nodes:
            match node:
                case ast.ImportFrom(module=str(source)):
                    for alias in node.names:
                        users[f"{source}.{alias.name}"].add(module.name)
                case ast.Attribute(attr=name):
                    users[name].add(module.name)
    return [
        place
        for place in _constants(house)
        if not users[f"{place.module}.{place.text}"] and not users[place.text] - {place.module}
    ]


def participles(house: House) -> list[Place]:
    """Functions with a variable or parameter whose name is a bare participle."""
    places = []
    for module in house.modules.values():
        for function in module.functions():
            variables = {
                node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
            parameters = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
            if names := PARTICIPLES & (variables | parameters):
                places.append(module.place(function, f"{function.name}: {', '.join(sorted(names))}"))
    return places


def state_tests(house: House) -> list[Place]:
    """Lines that ask whether a panel or view has a state yet."""
    return [
        Place(module.name, number, line.strip())
        for module in house.modules.values()
        for number, line in enumerate(module.lines, 1)
        if re.search(r"\b_state is (not )?None", line)
    ]


def pyqtgraph_uses(house: House) -> list[Place]:
    """Lines that use pyqtgraph, by whatever name a module imports it or parts of it."""
    places = []
    for module in house.modules.values():
        names: set[str] = set()
        for node in module.nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                source = node.module if isinstance(node, ast.ImportFrom) else None
                for alias in node.names:
                    if (source or alias.name).partition(".")[0] == "pyqtgraph":
                        names.add(alias.asname or alias.name.partition(".")[0])
        lines = {node.lineno for node in module.nodes if isinstance(node, ast.Name) and node.id in names}
        places += [Place(module.name, line, module.lines[line - 1].strip()) for line in sorted(lines)]
    return places


def files_by_length(house: House) -> list[Place]:
    by_length = sorted(house.modules.values(), key=lambda module: -len(module.lines))
    return [Place(module.name, len(module.lines), "lines") for module in by_length]


def functions_by_length(house: House) -> list[Place]:
    lengths = [
        (node.end_lineno - node.lineno + 1, module.place(node, node.name))
        for module in house.modules.values()
        for node in module.functions()
        if node.end_lineno
    ]
    return [
        place._replace(text=f"{place.text}: {length} lines") for length, place in sorted(lengths, key=lambda x: -x[0])
    ]


def rooms(house: House) -> list[Place]:
    """Rooms of the whole house, each with the rooms that it imports."""
    return [Place(name, 1, ", ".join(sorted(others))) for name, others in sorted(house.arrows(room_of).items())]


def _count(places: list[Place], house: House) -> str:
    return f"{len(places):,}"


def _in_files(places: list[Place], house: House) -> str:
    return f"{len(places):,} in {len({place.module for place in places}):,}"


def _names(places: list[Place], house: House) -> str:
    return f"{len({place.text for place in places}):,}"


def _of_constants(places: list[Place], house: House) -> str:
    return f"{len(places):,} of {len(_constants(house)):,}"


def _of_functions(places: list[Place], house: House) -> str:
    return f"{len(places):,} of {sum(1 for module in house.modules.values() for _ in module.functions()):,}"


def _rooms_floors_arrows(places: list[Place], house: House) -> str:
    arrows = house.arrows(room_of)
    return f"{len(arrows)} / {floors(arrows)} / {sum(map(len, arrows.values()))}"


def _total_median_longest(places: list[Place], house: House) -> str:
    lengths = [len(module.lines) for module in house.modules.values()]
    return f"{sum(lengths):,} / {median(lengths):g} / {max(lengths)}"


def _median_longest(places: list[Place], house: House) -> str:
    lengths = [int(place.text.split()[-2]) for place in places]
    return f"{median(lengths):g} / {max(lengths)}"


class Metric(NamedTuple):
    """One row of the table; `places` are what `--list` prints."""

    id: str
    title: str
    places: Callable[[House], list[Place]]
    figure: Callable[[list[Place], House], str]
    aim: str


METRICS = (
    Metric("engine", "modules directly in engine/", directly_in("engine"), _count, "≤ 3"),
    Metric("gui", "modules directly in gui/", directly_in("gui"), _count, "≤ 3"),
    Metric("paint", "modules directly in gui/paint/", directly_in("gui.paint"), _count, "0"),
    Metric("rooms", "rooms / floors / arrows of the whole house", rooms, _rooms_floors_arrows, "about 13 / 8 / 44"),
    Metric("circles", "imports that run upward", circles, _count, "0"),
    Metric(
        "kinds",
        "places outside layers and blocks that tell kinds apart, in files",
        kinds_named,
        _in_files,
        "≤ 8",
    ),
    Metric("twice", "public top-level names that two or more modules define", shared_names, _names, "≤ 20"),
    Metric(
        "constants",
        "public constants that only their own module uses",
        private_constants,
        _of_constants,
        "< 5 %",
    ),
    Metric("participles", "functions with a bare participle as a name", participles, _of_functions, "< 40"),
    Metric("files", "lines / median file / longest file", files_by_length, _total_median_longest, "– / – / about 300"),
    Metric("functions", "median function / longest function", functions_by_length, _median_longest, "– / about 40"),
    Metric(
        "state",
        "`_state is None` or `is not None`, in files",
        state_tests,
        _in_files,
        "0",
    ),
    Metric("pyqtgraph", "lines that use pyqtgraph, in files", pyqtgraph_uses, _in_files, "the four drawing views"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the structure of the program beside its aims.")
    parser.add_argument("checkout", nargs="?", type=Path, default=Path(__file__).resolve().parents[1])
    metrics = {metric.id: metric for metric in METRICS}
    parser.add_argument("--list", metavar="METRIC", choices=metrics, help=f"print each place: {', '.join(metrics)}")
    arguments = parser.parse_args()
    house = House(arguments.checkout)
    if arguments.list:
        places = metrics[arguments.list].places(house)
        print("\n".join(f"{place.module}:{place.line}: {place.text}".rstrip(": ") for place in places))
        return
    rows = [("", "now", "aim", "--list")]
    rows += [(m.title, m.figure(m.places(house), house), m.aim, m.id) for m in METRICS]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()

"""Measures the structure of the program and prints it beside its aims: `make house`.

The source is only parsed, so that any commit can be measured: ``python -m tests.house [--list METRIC] [CHECKOUT]``.
`main.py` and the modules under `engine/` and `gui/` count; tests do not.
"""

import argparse
import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.source_tree import SourceLine, SourceTree, component_of, cyclic_imports, defines_kinds, level_count

PARTICIPLES = frozenset(
    re.findall(
        r"\w+",
        "asked drawn found given held kept known made meant placed said seen shown taken told wanted written",
    )
)


def directly_in(folder: str) -> Callable[[SourceTree], list[SourceLine]]:
    """A function that lists the modules directly in a folder, except its `__init__.py`."""
    return lambda tree: [
        SourceLine(module.name, 1, "")
        for module in tree.modules.values()
        if not module.is_folder and module.name.rpartition(".")[0] == folder
    ]


def kinds_named(tree: SourceTree) -> list[SourceLine]:
    """Lines outside `engine/layers` and `engine/blocks` that tell kinds apart.

    They do so by `isinstance`, `type(…) is` or class patterns, by their names as strings in comparisons, patterns and
    keys, or by a named tuple of kinds. An attribute is a kind if it is one of `layers` or `blocks`: `ast.Add` and
    `QEvent.Type.Resize` are none.
    """
    lines = []
    for module in tree.modules.values():
        if defines_kinds(module.name):
            continue
        tables = {name: value for _, name, value in module.assignments() if value is not None}
        for node in module.nodes:
            if isinstance(node, ast.expr | ast.pattern):
                names = sorted({name for part in _tested(node) for name in _kinds_in(part, tree.kinds, tables)})
                if names:
                    lines.append(module.source_line(node, ", ".join(names)))
    return lines


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
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="layers" | "blocks"), attr=name) if name in kinds:
                yield name
            case ast.Constant(value=str(text)) if text and text in kinds.values():
                yield repr(text)


def shared_names(tree: SourceTree) -> list[SourceLine]:
    """Public top-level names that two or more modules define, one line per module."""
    owners: dict[str, dict[str, SourceLine]] = defaultdict(dict)
    for module in tree.modules.values():
        for node, name in module.definitions():
            if name != "__all__":
                owners[name][module.name] = module.source_line(node, name)
    return [line for _, lines in sorted(owners.items()) if len(lines) > 1 for line in lines.values()]


def _constants(tree: SourceTree) -> list[SourceLine]:
    return [
        module.source_line(node, name)
        for module in tree.modules.values()
        for node, name, _ in module.assignments()
        if not name.startswith("_")
    ]


def private_constants(tree: SourceTree) -> list[SourceLine]:
    """Public constants that only their own module uses."""
    users: dict[str, set[str]] = defaultdict(set)
    for module in tree.modules.values():
        for node in module.nodes:
            match node:
                case ast.ImportFrom(module=str(source)):
                    for alias in node.names:
                        users[f"{source}.{alias.name}"].add(module.name)
                case ast.Attribute(attr=name):
                    users[name].add(module.name)
    return [
        constant
        for constant in _constants(tree)
        if not users[f"{constant.module}.{constant.text}"] and not users[constant.text] - {constant.module}
    ]


def participles(tree: SourceTree) -> list[SourceLine]:
    """Functions with a variable or parameter whose name is a bare participle."""
    lines = []
    for module in tree.modules.values():
        for function in module.functions():
            variables = {
                node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
            parameters = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
            if names := PARTICIPLES & (variables | parameters):
                lines.append(module.source_line(function, f"{function.name}: {', '.join(sorted(names))}"))
    return lines


def state_tests(tree: SourceTree) -> list[SourceLine]:
    """Lines that test whether a panel or view has a state yet."""
    return [
        SourceLine(module.name, number, line.strip())
        for module in tree.modules.values()
        for number, line in enumerate(module.lines, 1)
        if re.search(r"\b_state is (not )?None", line)
    ]


def pyqtgraph_uses(tree: SourceTree) -> list[SourceLine]:
    """Lines that use pyqtgraph or a part of it, under any name that it is imported as."""
    source_lines = []
    for module in tree.modules.values():
        names: set[str] = set()
        for node in module.nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                source = node.module if isinstance(node, ast.ImportFrom) else None
                for alias in node.names:
                    if (source or alias.name).partition(".")[0] == "pyqtgraph":
                        names.add(alias.asname or alias.name.partition(".")[0])
        lines = {node.lineno for node in module.nodes if isinstance(node, ast.Name) and node.id in names}
        source_lines += [SourceLine(module.name, line, module.lines[line - 1].strip()) for line in sorted(lines)]
    return source_lines


def files_by_length(tree: SourceTree) -> list[SourceLine]:
    by_length = sorted(tree.modules.values(), key=lambda module: -len(module.lines))
    return [SourceLine(module.name, len(module.lines), "lines") for module in by_length]


def functions_by_length(tree: SourceTree) -> list[SourceLine]:
    lengths = [
        (node.end_lineno - node.lineno + 1, module.source_line(node, node.name))
        for module in tree.modules.values()
        for node in module.functions()
        if node.end_lineno
    ]
    return [line._replace(text=f"{line.text}: {length} lines") for length, line in sorted(lengths, key=lambda x: -x[0])]


def components(tree: SourceTree) -> list[SourceLine]:
    """Components of the program, each with those that it imports."""
    dependencies = tree.dependencies(component_of)
    return [SourceLine(name, 1, ", ".join(sorted(others))) for name, others in sorted(dependencies.items())]


def _count(lines: list[SourceLine], tree: SourceTree) -> str:
    return f"{len(lines):,}"


def _in_files(lines: list[SourceLine], tree: SourceTree) -> str:
    return f"{len(lines):,} in {len({line.module for line in lines}):,}"


def _names(lines: list[SourceLine], tree: SourceTree) -> str:
    return f"{len({line.text for line in lines}):,}"


def _of_constants(lines: list[SourceLine], tree: SourceTree) -> str:
    return f"{len(lines):,} of {len(_constants(tree)):,}"


def _of_functions(lines: list[SourceLine], tree: SourceTree) -> str:
    return f"{len(lines):,} of {sum(1 for module in tree.modules.values() for _ in module.functions()):,}"


def _component_counts(lines: list[SourceLine], tree: SourceTree) -> str:
    dependencies = tree.dependencies(component_of)
    return f"{len(dependencies)} / {level_count(dependencies)} / {sum(map(len, dependencies.values()))}"


def _total_median_longest(lines: list[SourceLine], tree: SourceTree) -> str:
    lengths = [len(module.lines) for module in tree.modules.values()]
    return f"{sum(lengths):,} / {median(lengths):g} / {max(lengths)}"


def _median_longest(lines: list[SourceLine], tree: SourceTree) -> str:
    lengths = [int(line.text.split()[-2]) for line in lines]
    return f"{median(lengths):g} / {max(lengths)}"


class Metric(NamedTuple):
    """One row of the table; `--list` prints `lines`."""

    id: str
    title: str
    lines: Callable[[SourceTree], list[SourceLine]]
    figure: Callable[[list[SourceLine], SourceTree], str]
    aim: str


METRICS = (
    Metric("engine", "modules directly in engine/", directly_in("engine"), _count, "≤ 3"),
    Metric("gui", "modules directly in gui/", directly_in("gui"), _count, "≤ 3"),
    Metric("paint", "modules directly in gui/paint/", directly_in("gui.paint"), _count, "0"),
    Metric(
        "components", "components / levels / imports among them", components, _component_counts, "about 13 / 8 / 44"
    ),
    Metric("cycles", "imports that run upward", cyclic_imports, _count, "0"),
    Metric(
        "kinds",
        "lines outside layers and blocks that tell kinds apart, in files",
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
    parser.add_argument("--list", metavar="METRIC", choices=metrics, help=f"print each line: {', '.join(metrics)}")
    arguments = parser.parse_args()
    tree = SourceTree(arguments.checkout)
    if arguments.list:
        lines = metrics[arguments.list].lines(tree)
        print("\n".join(f"{line.module}:{line.number}: {line.text}".rstrip(": ") for line in lines))
        return
    rows = [("", "now", "aim", "--list")]
    rows += [(m.title, m.figure(m.lines(tree), tree), m.aim, m.id) for m in METRICS]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    main()

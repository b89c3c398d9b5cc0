"""The program's source as `ast` reads it: its modules, what they import and what they define."""

import ast
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

BASES_OF_KINDS = {"Kind", "Layer", "Block"}
"""Bases of every kind: to tell layers from blocks is not to know one kind."""


class SourceLine(NamedTuple):
    """A line of a file, and a text about it."""

    module: str
    number: int
    text: str


class Module:
    """One file: its dotted name, its text and its syntax tree."""

    def __init__(self, root: Path, path: Path) -> None:
        parts = path.relative_to(root).with_suffix("").parts
        self.is_folder = parts[-1] == "__init__"
        self.name = ".".join(parts[:-1] if self.is_folder else parts)
        self.lines = path.read_text(encoding="utf-8").splitlines()
        self.tree = ast.parse("\n".join(self.lines))
        self.nodes = tuple(ast.walk(self.tree))

    def source_line(self, node: ast.stmt | ast.expr | ast.pattern, text: str) -> SourceLine:
        return SourceLine(self.name, node.lineno, text)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        return (node for node in self.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    def assignments(self) -> Iterator[tuple[ast.stmt, str, ast.expr | None]]:
        """Names that are assigned at the top level, each with its statement and value."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name):
                            yield node, name.id, node.value

    def definitions(self) -> Iterator[tuple[ast.stmt, str]]:
        """Public names that are defined at the top level: functions, classes, constants."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                yield node, node.name
        yield from ((node, name) for node, name, _ in self.assignments() if not name.startswith("_"))


class SourceTree:
    """All modules of a checkout."""

    def __init__(self, root: Path) -> None:
        files = [root / "main.py", *sorted(path for top in ("engine", "gui") for path in (root / top).rglob("*.py"))]
        modules = (Module(root, path) for path in files)
        self.modules = {module.name: module for module in modules}

    @cached_property
    def imports(self) -> tuple[tuple[str, str, int], ...]:
        """(module, module that it imports, line) of the project's own modules, imports inside functions too."""
        pairs = []
        for module in self.modules.values():
            for node in module.nodes:
                targets: list[str] = []
                if isinstance(node, ast.Import):
                    targets = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module:
                    submodules = [f"{node.module}.{alias.name}" for alias in node.names]
                    targets = [name if name in self.modules else node.module for name in submodules]
                if isinstance(node, ast.Import | ast.ImportFrom):
                    pairs += [(module.name, name, node.lineno) for name in targets if name in self.modules]
        return tuple(pairs)

    def dependencies(self, component_of: Callable[[str], str | None]) -> dict[str, set[str]]:
        """Components that each component imports; `component_of` names the one that a module belongs to, or None."""
        dependencies: dict[str, set[str]] = {name: set() for name in map(component_of, self.modules) if name}
        for importer, imported, _ in self.imports:
            start, end = component_of(importer), component_of(imported)
            if start and end and start != end:
                dependencies[start].add(end)
        return dependencies

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Classes of layers and blocks, each with its name in project files, and their base families with ""."""
        classes = [
            node
            for module in self.modules.values()
            if defines_kinds(module.name)
            for node in module.tree.body
            if isinstance(node, ast.ClassDef)
        ]
        tags = {node.name: _tag(node) for node in classes}
        tagged = [node for node in classes if tags[node.name]]
        families = {base.id for node in tagged for base in node.bases if isinstance(base, ast.Name)} - BASES_OF_KINDS
        return {name: tag for name, tag in tags.items() if tag or name in families}


def defines_kinds(module: str) -> bool:
    return module.startswith(("engine.layers", "engine.blocks"))


def _tag(node: ast.ClassDef) -> str:
    values = [word.value for word in node.keywords if word.arg == "tag"]
    return str(values[0].value) if values and isinstance(values[0], ast.Constant) else ""


def component_of(module: str) -> str | None:
    """The component of the program that a module belongs to: `main`, the engine, or a folder or module in `gui/`."""
    if not module.startswith("gui"):
        return module.partition(".")[0]
    return ".".join(module.split(".")[:2]) if "." in module else None


def components_within(folder: str) -> Callable[[str], str | None]:
    """A function that names the folder or module directly in `folder` that a module belongs to."""
    depth = folder.count(".") + 2
    return lambda module: ".".join(module.split(".")[:depth]) if module.startswith(f"{folder}.") else None


def levels_of(dependencies: dict[str, set[str]]) -> dict[str, int]:
    """The level of each component, from 1: one above the highest of those that it imports."""
    levels: dict[str, int] = {}

    def level_of(component: str, path: tuple[str, ...] = ()) -> int:
        if component in path:  # `cyclic_imports` reports it
            return 0
        if component not in levels:
            below = (level_of(other, (*path, component)) for other in dependencies[component])
            levels[component] = 1 + max(below, default=0)
        return levels[component]

    for component in dependencies:
        level_of(component)
    return levels


def level_count(dependencies: dict[str, set[str]]) -> int:
    """The number of levels."""
    return max(levels_of(dependencies).values(), default=0)


def _reach(dependencies: dict[str, set[str]], start: str) -> set[str]:
    components: set[str] = set()
    queue = [start]
    while queue:
        queue += (new := dependencies[queue.pop()] - components)
        components |= new
    return components


def cyclic_imports(tree: SourceTree) -> list[SourceLine]:
    """Imports between components, in the program or any folder, whose target imports the importer in turn."""
    folders = [module.name for module in tree.modules.values() if module.is_folder]
    lines = []
    for component_of_module in (component_of, *map(components_within, folders)):
        dependencies = tree.dependencies(component_of_module)
        reach = {name: _reach(dependencies, name) for name in dependencies}
        for importer, imported, line in tree.imports:
            start, end = component_of_module(importer), component_of_module(imported)
            if start and end and start != end and start in reach[end]:
                lines.append(SourceLine(importer, line, f"{start} → {end}"))
    return lines

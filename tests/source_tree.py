"""The program's source as `ast` reads it: its modules, what they import and define. Measured by `tests.house`."""

import ast
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

BASES_OF_KINDS = {"Kind", "Layer", "Block"}
"""What every kind is: to tell layers from blocks is no knowledge of one kind."""


class Place(NamedTuple):
    """A line of a file, and what stands there."""

    module: str
    line: int
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

    def place(self, node: ast.stmt | ast.expr | ast.pattern, text: str) -> Place:
        return Place(self.name, node.lineno, text)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        return (node for node in self.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    def assignments(self) -> Iterator[tuple[ast.stmt, str, ast.expr | None]]:
        """Names that the module's top level assigns, each with its statement and value."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name):
                            yield node, name.id, node.value

    def definitions(self) -> Iterator[tuple[ast.stmt, str]]:
        """Public names that the module's top level defines: functions, classes, constants."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                yield node, node.name
        yield from ((node, name) for node, name, _ in self.assignments() if not name.startswith("_"))


class House:
    """All modules of a checkout."""

    def __init__(self, root: Path) -> None:
        files = [root / "main.py", *sorted(path for top in ("engine", "gui") for path in (root / top).rglob("*.py"))]
        modules = (Module(root, path) for path in files)
        self.modules = {module.name: module for module in modules}

    @cached_property
    def imports(self) -> tuple[tuple[str, str, int], ...]:
        """Module, module that it imports, line; of the project's own modules, those inside functions too."""
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

    def arrows(self, room: Callable[[str], str | None]) -> dict[str, set[str]]:
        """Rooms that each room imports; `room` says in which a module lies."""
        arrows: dict[str, set[str]] = {name: set() for name in map(room, self.modules) if name}
        for importer, imported, _ in self.imports:
            start, end = room(importer), room(imported)
            if start and end and start != end:
                arrows[start].add(end)
        return arrows

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Classes of layers and blocks, and the families that they derive from, each with what files call it."""
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


def room_of(module: str) -> str | None:
    """Room of the whole house: `main`, the engine, or a folder or module directly in `gui/`."""
    if not module.startswith("gui"):
        return module.partition(".")[0]
    return ".".join(module.split(".")[:2]) if "." in module else None


def room_within(folder: str) -> Callable[[str], str | None]:
    depth = folder.count(".") + 2
    return lambda module: ".".join(module.split(".")[:depth]) if module.startswith(f"{folder}.") else None


def floors_of(arrows: dict[str, set[str]]) -> dict[str, int]:
    """The floor of each room, from 1: a room stands one above the highest of those it imports."""
    floor: dict[str, int] = {}

    def of(room: str, above: tuple[str, ...] = ()) -> int:
        if room in above:  # a circle, which `circles` reports
            return 0
        if room not in floor:
            floor[room] = 1 + max((of(other, (*above, room)) for other in arrows[room]), default=0)
        return floor[room]

    for room in arrows:
        of(room)
    return floor


def floors(arrows: dict[str, set[str]]) -> int:
    """How many floors a stack has."""
    return max(floors_of(arrows).values(), default=0)


def _reach(arrows: dict[str, set[str]], start: str) -> set[str]:
    rooms: set[str] = set()
    queue = [start]
    while queue:
        queue += (new := arrows[queue.pop()] - rooms)
        rooms |= new
    return rooms


def circles(house: House) -> list[Place]:
    """Imports between rooms, at any level, whose target imports its way back: they run upward."""
    folders = [module.name for module in house.modules.values() if module.is_folder]
    places = []
    for room in (room_of, *map(room_within, folders)):
        arrows = house.arrows(room)
        reach = {name: _reach(arrows, name) for name in arrows}
        for importer, imported, line in house.imports:
            start, end = room(importer), room(imported)
            if start and end and start != end and start in reach[end]:
                places.append(Place(importer, line, f"{start} → {end}"))
    return places

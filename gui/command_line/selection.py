"""Finds the design, layer and value that options name; errors about unknown ones suggest what there is."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

from engine.network.analysis import Report
from engine.network.node_ref import STEM, NodeRef, design_text
from engine.project.project import Project
from engine.run.check import ProjectCheck
from engine.shapes import Shape
from engine.text.messages import suggestion
from engine.text.problems import Problem, ProjectError

if TYPE_CHECKING:
    from gui.state.focus import Focus

STEM_WORD = design_text(STEM)
_NOTHING = "the project has neither a design nor a stem; add one"
_ValueIndex = tuple[int, int, int]
"""Channel, row and column of one value of a volume."""


def find_design(name: str | None, project: Project, file: Path) -> str:
    """The design of that name, or the stem; for None the first design, or the stem if there is none."""
    names = [design.name for design in project.designs]
    name = None if name is None else _spelled(name, names)
    if name is None and names:
        return names[0]
    if name in names:
        return str(name)
    if project.stem is not None and name in (None, STEM_WORD):
        return STEM
    alternatives = [*names, *([STEM_WORD] if project.stem is not None else [])]
    text = f"--design {name!r} is unknown; {suggestion(str(name), alternatives)}" if alternatives else _NOTHING
    raise ProjectError([Problem(text, "$.designs")], file)


def find_named_design(name: str, project: Project, file: Path) -> str:
    """The design of that name; ProjectError if there is none."""
    names = [design.name for design in project.designs]
    spelled = _spelled(name, names)
    if spelled in names:
        return spelled
    text = f"design {name!r} is unknown; {suggestion(name, names)}" if names else "the project has no design; add one"
    raise ProjectError([Problem(text, "$.designs")], file)


def find_report(design: str, node: str, check: ProjectCheck, file: Path) -> Report:
    """The layer or block of that name in a design."""
    alternatives = [name for other, name in check.reports if other == design]
    report = check.reports.get((design, _spelled(node, alternatives)))
    if report is None:
        text = f"--node {node!r} is unknown in {design_text(design)}; {suggestion(node, alternatives)}"
        raise ProjectError([Problem(text, "$.designs")], file)
    return report


def _spelled(name: str, names: Sequence[str]) -> str:
    """The name as it is spelled among `names`; a terminal may compose its letters otherwise (é as one sign or two)."""
    if name in names:
        return name
    equal = [other for other in names if normalize("NFC", other) == normalize("NFC", name)]
    return equal[0] if len(equal) == 1 else name


def find_focus(
    design: str | None,
    node: str | None,
    value: _ValueIndex | None,
    project: Project,
    check: ProjectCheck,
    file: Path,
) -> "Focus | None":
    """The selection that options name; None if they name none."""
    from gui.state.focus import Focus  # `analyze`, which has none, would load it

    if design is None and node is None and value is None:
        return None
    design = find_design(design, project, file)
    report = find_report(design, node or check.analyses[design].output, check, file)
    ref = design, report.name
    if value is None:
        return Focus(*ref)
    channel, y, x = value
    if report.output_shape is None:
        text = f"--value: the shape of {report.name} is unknown; correct the mistakes first"
        raise ProjectError([Problem(text, "$.designs"), *check.problems], file)
    require_in_shape(value, report.output_shape, ref, file)
    return Focus(*ref, channel, (y, x))


def parse_value(text: str) -> _ValueIndex:
    """``7,12,9``: channel, row and column, each from 0; for argparse."""
    numbers = [part.strip() for part in text.split(",")]
    if len(numbers) != 3 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise argparse.ArgumentTypeError(f"{text!r} is no value; CHANNEL,Y,X is expected, each from 0: 7,12,9")
    channel, y, x = map(int, numbers)
    return channel, y, x


def require_in_shape(value: _ValueIndex, shape: Shape, ref: NodeRef, file: Path) -> None:
    """Raise ProjectError if a volume has no such value."""
    for axis, index, count in zip(("channel", "y", "x"), value, shape, strict=True):
        if index >= count:
            text = f"--value: {ref[1]} is {shape} and has no {axis} {index}; 0 to {count - 1} are possible"
            raise ProjectError([Problem(text, "$.designs")], file)
